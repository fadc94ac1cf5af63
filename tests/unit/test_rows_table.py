"""The page on coverage has every row, what is named there exists, and each test notices when its row is not served."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import get_args

import attrs
import pytest

import rehearsal
import respond
import rows_control
from respond.cli.plans import plan as plan_commands
from respond.engine.definitions import Workflows
from respond.engine.handler import Handler
from respond.engine.incident import IncidentHandle
from respond.errors import CommandRefused
from respond.plan.finding import CODES
from respond.plan.obligations import Act
from respond.plan.plan import Plan
from respond.plan.tables import fields_of
from respond.store.memory import MemoryEventStore
from respond.workflow.definition import trigger_of
from rows_control import main, named_by, noticed, noticed_name, the_test_of
from rows_table import PAGE, Row, filled, quoted, rows, sections
from taken_out import without

ROWS = rows()
SERVED = [row for row in ROWS if row.test]
WORKFLOWS = tuple(Workflows())
HANDLE = {"IncidentHandle": IncidentHandle}


@attrs.define
class Seen:
    """What went through an engine."""

    commands: set[str] = attrs.field(factory=set)
    events: set[str] = attrs.field(factory=set)
    refusals: set[str] = attrs.field(factory=set)

    def asking(self, handle):
        """Return *handle* of a handler, listened to."""

        def listened(handler, asks, circumstances):
            asks = list(asks)
            self.commands |= {trigger_of(type(ask.command)) for ask in handler.accompanied(asks)}
            try:
                return handle(handler, asks, circumstances)
            except CommandRefused as refused:
                self.refusals |= {one.code for one in refused.refusals}
                raise

        return listened

    def recording(self, append):
        """Return *append* of a store, listened to."""

        def listened(store, *writes, **options):
            self.events |= {event.type for write in writes for event in write.events}
            return append(store, *writes, **options)

        return listened


def test_the_page():
    """The page has the tables of today; `python tests/rows_table.py` writes them."""
    assert PAGE.read_text() == filled(PAGE.read_text())


def test_a_page_without_a_row_is_another_page():
    """The control: a page that lacks a row is seen."""
    page = PAGE.read_text()
    shorter = "\n".join(line for line in page.splitlines() if not line.startswith("| 25 |"))
    assert filled(shorter) != shorter


def test_every_row_stands_once():
    """All 132 rows are there, in their order, under 18 headings; none is two things at once."""
    assert [row.number for row in ROWS] == list(range(1, 133))
    assert len(sections()) == 18
    assert [row.number for row in ROWS if bool(row.test) == bool(row.words)] == []
    assert [row.number for row in ROWS if row.foreign and row.test] == []


@pytest.mark.parametrize("row", SERVED, ids=lambda row: row.number)
def test_a_test_quotes_its_row(row):
    """The docstring of each test begins with the number of its row, and a row has at least one part."""
    assert quoted(row.file)[row.function].startswith(f"Row {row.number}: ")
    assert row.parts


def test_no_test_without_a_row():
    """Every test beside them belongs to a row."""
    named = {(row.file, row.function) for row in SERVED}
    files = sorted((PAGE.parent.parent.parent / "tests" / "rows").glob("test_*.py"))
    assert named == {(file, name) for file in files for name in quoted(file)}


def test_names():
    """Commands, events, guards, acts, keys of a plan and findings are those that there are."""
    known = {
        "commands": {transition.trigger for workflow in WORKFLOWS for transition in workflow.transitions},
        "events": {declared.name for workflow in WORKFLOWS for declared in workflow.event_types},
        "guards": {one.code for workflow in WORKFLOWS for one in workflow.guards},
        "acts": set(get_args(Act)),
        "findings": set(CODES),
    }
    for kind, names in known.items():
        assert {row.number: name for row in SERVED for name in getattr(row, kind) if name not in names} == {}


@pytest.mark.parametrize("row", SERVED, ids=lambda row: row.number)
def test_a_test_does_what_its_row_names(row, monkeypatch):
    """While the test of a row runs, its commands are asked, its events recorded, and its guards speak.

    The keys of a plan and the findings that it names stand in its text.
    """
    seen = Seen()
    monkeypatch.setattr(Handler, "handle", seen.asking(Handler.handle))
    monkeypatch.setattr(MemoryEventStore, "append", seen.recording(MemoryEventStore.append))
    the_test_of(row)()
    assert set(row.commands) <= seen.commands
    assert set(row.events) <= seen.events
    assert set(row.guards) <= seen.refusals
    text = row.file.read_text()
    assert [code for code in row.findings if f'"{code}"' not in text] == []
    plans = (text + Path(rehearsal.__file__).read_text()).replace("\\n", "\n")
    keys = [place.rpartition(".")[2] for place in row.sections]
    assert [key for key in keys if not re.search(rf"\b{key}\b", plans)] == []


@pytest.mark.parametrize("place", sorted({place for row in SERVED for place in row.sections}))
def test_keys_of_a_plan(place):
    """A section or key that is named is one of plans."""
    section, _, key = place.partition(".")
    field = fields_of(Plan)[section]
    assert not key or any(key in fields_of(kind) for kind in _tables(field.type))


@pytest.mark.parametrize("name", sorted({name for row in SERVED for name in row.answers}))
def test_answers(name):
    """An answer that is named is a method of a public class, a command of `respond plan`, or a function."""
    if name.startswith("respond plan "):
        assert name.rpartition(" ")[2] in plan_commands.commands
    else:
        module, _, attribute = name.rpartition(".")
        assert callable(
            getattr(HANDLE.get(module) or getattr(respond, module, None) or import_module(module), attribute)
        )


@pytest.mark.parametrize(
    ("row", "part"),
    [pytest.param(row, part, id=f"{row.number}-{part}") for row in SERVED for part in row.parts],
)
def test_without_its_part(row, part):
    """Without any one of its parts the test of a row fails; with all of them it does not."""
    assert noticed(row, part)
    the_test_of(row)()


@pytest.mark.parametrize(
    ("row", "kind", "name"),
    [pytest.param(row, *named, id=f"{row.number}-{'-'.join(named)}") for row in SERVED for named in named_by(row)],
)
def test_without_what_it_names(row, kind, name):
    """Without any command, event, guard, act, key, finding or answer that a row names, its test fails."""
    assert noticed_name(row, kind, name)


OTHERS = {
    "commands": "close_accountability",
    "events": "AccountabilityOpened",
    "guards": "same-judge",
    "acts": "report_upward",
    "sections": "drills.objectives",
    "findings": "audience-without-channel",
    "answers": "Engine.lesson",
}


@pytest.mark.parametrize(("kind", "name"), OTHERS.items())
def test_what_a_row_does_not_name_goes_unnoticed(kind, name):
    """The control: each kind of thing can be taken out, and a row that does not need it does not fail."""
    assert not noticed_name(ROWS[0], kind, name)


def test_a_part_that_a_row_does_not_need_is_seen(monkeypatch, capsys):
    """The control of the control: a part that has nothing to do with a row goes unnoticed, and is told."""
    row = attrs.evolve(ROWS[0], parts=["respond.plan.diff.diff"])
    assert not noticed(row, "respond.plan.diff.diff")
    monkeypatch.setattr(rows_control, "rows", lambda: (row, ROWS[1]))
    assert main() == 1
    assert "does not notice that respond.plan.diff.diff is gone" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["respond.plan.diff.nothing", "respond.plan.plan.OTHER", "elsewhere.part"])
def test_a_part_that_is_none(name):
    """A name of no function is refused: it would go unnoticed."""
    with pytest.raises(LookupError, match=name), without(name):
        pass


def test_a_row_in_words():
    """A row says what serves it by kind, what is left, or that it is open."""
    row = Row(number=1, words="Kinds", commands=["report"], guards=["category-unknown"], left="more")
    assert row.served == "command `report`; guard `category-unknown`"
    assert str(row) == "| 1 | Kinds | open: the ledger of the response | |"
    assert str(Row(number=2, words="Posters", foreign=True)) == "| 2 | Posters | not the engine's | |"


def _tables(kind):
    """Return the classes of tables in a type."""
    inner = [one for argument in get_args(kind) for one in _tables(argument)]
    return [kind, *inner] if attrs.has(kind) else inner
