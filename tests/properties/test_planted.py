"""The testing kit finds what is planted, and lets pass what is sound.

In the suite with one seed and few lives of what is sound; `make test-long` has three seeds, and many.
"""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import seed, settings

import planted
from long_run import LONG
from machines import LIVES
from planted import DEFECTS, SOUND
from planting import Defect, Finder, Sound
from respond.testing import WorkflowMachine, assert_deterministic, workflow_machine
from respond.testing.settings import CI
from respond.workflow.workflow import Workflow

SEEDS = (1, 2, 3) if LONG else (1,)
SOUND_LIVES = {"claims": 5000, "ward": 5000, "ballots": 5000} if LONG else {}
"""How many lives of a sound workflow pass; of another one 500, and 10 in the suite."""
ANY_LIVES = 500 if LONG else 10


def machine(sound: Sound, workflow: Workflow, **options: object) -> type[WorkflowMachine]:
    """Return the machine of *workflow*, with the invariants of the sound one."""
    return type("Rules", (sound.rules, workflow_machine(workflow, **{**sound.options, **options})), {})


def live(rules: type[WorkflowMachine], lives: int, chosen: int) -> None:
    """Live through the same lives in each run."""
    seed(chosen)(rules)
    rules.run(settings(rules.TestCase.settings, max_examples=lives, database=None))


def sought(workflow: Workflow, lives: int, **options: object) -> None:
    """Search for guards that are ambiguous."""
    assert_deterministic(workflow, profile=settings(CI, max_examples=lives, database=None), **options)


def report_of(sound: Sound, defect: Defect, chosen: int) -> str:
    """Return what the kit says of *defect*; empty when it finds nothing."""
    try:
        workflow = defect.plant(sound.workflow)
        if defect.finder == "the definition":
            return " ".join(one.code for one in workflow.lint())
        if defect.finder == "a search":
            sought(workflow, LIVES, complete=["count"])
        else:
            live(machine(sound, workflow, **defect.options), LIVES, chosen)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the report
        return "\n".join([repr(error), *getattr(error, "__notes__", ())])
    return ""


@pytest.mark.parametrize("chosen", SEEDS)
@pytest.mark.parametrize("name", DEFECTS)
def test_a_planted_defect_is_found(name, chosen):
    """Each defect is found within 200 lives, by what finds such defects, and is named in the report."""
    sound, defect = DEFECTS[name]
    assert defect.told in report_of(sound, defect, chosen)


@pytest.mark.parametrize("chosen", SEEDS)
@pytest.mark.parametrize("name", SOUND)
def test_what_is_sound_passes(name, chosen):
    """A workflow without a defect raises no alarm."""
    sound = SOUND[name]
    live(machine(sound, sound.workflow), SOUND_LIVES.get(name, ANY_LIVES), chosen)
    sought(sound.workflow, ANY_LIVES)
    assert not sound.workflow.lint()


def test_every_finder_finds():
    """Forty defects and more in five workflows: each part of the kit finds some of them."""
    assert {defect.finder for _, defect in DEFECTS.values()} == set(get_args(Finder))
    assert len(DEFECTS) == sum(len(sound.defects) for sound in SOUND.values()) >= 40


def test_the_page_tells_of_every_defect():
    """The page has the table that `python tests/planted.py` writes."""
    assert planted.PAGE.read_text(encoding="utf-8") == planted.written()
