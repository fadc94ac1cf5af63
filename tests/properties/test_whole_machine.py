"""Whatever several people ask of everything at once, under whatever plans: what always holds.

In the suite a few lives, in `make test-long` many.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

import whole_machine
from long_run import LONG
from respond.domain.streams import StreamId
from respond.engine import handler as handling
from respond.engine.accountability import Accountability
from respond.engine.drill_view import DrillView
from respond.engine.engine import Engine
from respond.engine.handler import Handler
from respond.errors import CommandRefused, RespondError
from respond.plan.plan import Plan
from respond.store import memory
from respond.testing.clocks import SequentialIds
from respond.workflow import decider
from respond.workflow.incident import INCIDENT
from respond.workflow.incident.events import ProgressNoted
from respond.workflow.party import PARTY
from respond.workflow.pool import POOL
from respond.workflow.versions import by_category
from respond.workflow.workflow import Workflow
from whole_machine import Whole

LIVES, STEPS = 1500 if LONG else 48, 25
BUDGET = settings(
    max_examples=LIVES,
    stateful_step_count=STEPS,
    database=None,
    deadline=None,
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow],
)
SHORT = settings(BUDGET, max_examples=900, stateful_step_count=15, phases=[Phase.generate])
"""For controls: a defect that was planted is to be found, and nothing else about it matters."""
Plant = Callable[[pytest.MonkeyPatch], type[Whole]]
"""What plants a defect, and returns the machine that is to find it."""
ASKED = ("incident", "party", "pool", "action", "lesson", "plan", "warning", "accountability", "links", "drill")
FIXED = 30
"""How many lives show what is reached."""
REACHED = (
    *("StatementPublished", "StatementApproved", "CompensationOffered", "CompensationPaid", "PartyVisited"),
    *("IncidentReviewed", "CaseClosed", "CaseReopened", "PoolClosed", "AccountabilityClosed"),
    *("StockCommitted", "StockConsumed", "ActionOpened", "LessonRecorded", "PlanApproved", "WarningConverted"),
    *("IncidentMerged", "MergeUndone", "IncidentLinked", "ObligationRaised", "ApprovalGiven", "DrillStarted"),
)
"""What happens in some of the lives at least."""


def live(machine: type[Whole], budget: settings = BUDGET) -> Counter[tuple[str, str]]:
    """Let *machine* live, always the same lives, and return what was counted."""
    lives = type("Lives", (machine,), {"counts": Counter()})
    seed(1)(lives)
    run_state_machine_as_test(lives, settings=budget)
    return lives.counts


def test_the_whole_machine():
    """Whatever is asked, everything keeps its rules."""
    live(Whole)


def test_everything_is_reached():
    """Of each kind of thing some is accepted and some refused, and what matters most happens in some lives."""
    counts: Counter[tuple[str, str]] = Counter()
    happened: set[str] = set()
    for number in range(FIXED):
        life = type("Life", (Whole,), {"counts": counts})()
        life.begin(plan=number, further=number, seed=number, steps=60)
        for category in ("links", "action", "lesson", "plan", "warning", "accountability"):
            life.follow_up(seed=number, steps=12, category=category)
        life.wait(minutes=1500)
        life.drill(seed=number, steps=20)
        happened |= life.happened()
    assert {one for one in ASKED for word in ("accepted", "refused") if not counts[one, word]} == set()
    assert set(REACHED) - happened == set()


class OnSqlite(Whole):
    """The same on a file of SQLite, with tables that move with the log, and snapshots."""

    def opened(self, plans: tuple[Plan, ...]) -> tuple[Engine, Accountability]:
        """Return what is worked with, on an empty database."""
        self.folder = tempfile.TemporaryDirectory()
        url, ids = f"sqlite:///{Path(self.folder.name) / 'respond.db'}", SequentialIds()
        told = {"plans": plans, "clock": self.clock, "random": ids}
        engine = Engine.open(url, projections="inline", snapshot_every=3, **told)
        return engine, Accountability.open(url, **told)

    def teardown(self) -> None:
        """Look at what was left, and give back the file."""
        try:
            super().teardown()
        finally:
            if hasattr(self, "accountability"):
                self.accountability.close()
                self.engine.close()
                self.folder.cleanup()


def test_the_whole_machine_on_sqlite():
    """A short run on SQLite: tables, snapshots and folds from the beginning agree."""
    budget = settings(SHORT, max_examples=100 if LONG else 4, stateful_step_count=8)
    assert live(OnSqlite, budget)["incident", "accepted"]


# -- controls ----------------------------------------------------------------------------------------------------------


def torn_step(monkeypatch: pytest.MonkeyPatch) -> type[Whole]:
    """Let the first half of a step be written although the other half is refused."""
    attempt = Handler._attempt

    def torn(self: Handler, store: Any, asks: Any, circumstances: Any) -> Any:
        try:
            return attempt(self, store, asks, circumstances)
        except CommandRefused:
            with suppress(RespondError):
                attempt(self, store, asks[:1], circumstances)
            raise

    monkeypatch.setattr(Handler, "_attempt", torn)
    return Whole


def refused_for_nothing(monkeypatch: pytest.MonkeyPatch) -> type[Whole]:
    """Let a refusal tell no reason."""
    monkeypatch.setattr(handling, "_together", lambda refused: CommandRefused("x", "x", ()))
    return Whole


def loosened(workflow: Workflow, code: str) -> type[Whole]:
    """Return a machine whose engine never asks the guard *code*."""
    loose = attrs.evolve(workflow.guard_of[code], check=lambda _: None)
    guards = tuple(loose if one.code == code else one for one in workflow.guards)

    class Loose(Whole):
        def opened(self, plans: tuple[Plan, ...]) -> tuple[Engine, Accountability]:
            """Return an engine that decides by another workflow of the same name."""
            engine, accountability = super().opened(plans)
            engine.workflows.versions.update(by_category([attrs.evolve(workflow, guards=guards)]))
            return engine, accountability

    return Loose


def nobody_asked(monkeypatch: pytest.MonkeyPatch) -> type[Whole]:
    """Let everybody do everything."""
    monkeypatch.setattr(decider, "authorise", lambda *_: None)
    return Whole


def open_wall(monkeypatch: pytest.MonkeyPatch) -> type[Whole]:
    """Let the warnings of a drill be real ones."""
    inside = DrillView._inside

    def leaking(self: DrillView, stream: StreamId) -> StreamId:
        return stream if stream.category == "warning" else inside(self, stream)

    monkeypatch.setattr(DrillView, "_inside", leaking)
    return Whole


def fickle_fold(monkeypatch: pytest.MonkeyPatch) -> type[Whole]:
    """Let the fold of a note hang on how many were folded before."""
    told = count()
    monkeypatch.setitem(INCIDENT.evolvers, ProgressNoted, lambda state, _: attrs.evolve(state, team=f"{next(told)}"))
    return Whole


def wrong_column(monkeypatch: pytest.MonkeyPatch) -> type[Whole]:
    """Let a column say something else than the body."""
    made = memory.Recorded
    monkeypatch.setattr(memory, "Recorded", lambda **told: made(**{**told, "type": "Something"}))
    return Whole


def forgotten_command_id(monkeypatch: pytest.MonkeyPatch) -> type[Whole]:
    """Let the engine overlook that a command was carried out."""
    monkeypatch.setattr(Handler, "_replayed", lambda *_: None)
    return Whole


@pytest.mark.parametrize(
    ("plant", "found"),
    [
        (torn_step, whole_machine.LEFT),
        (refused_for_nothing, whole_machine.NO_CODE),
        (lambda _: loosened(POOL, "stock-short"), whole_machine.STOCK),
        (lambda _: loosened(INCIDENT, "not-a-speaker"), f"{whole_machine.RIGHTS}.*spoke"),
        (lambda _: loosened(INCIDENT, "statement-not-approved"), f"{whole_machine.RIGHTS}.*last word"),
        (lambda _: loosened(PARTY, "approval-missing"), f"{whole_machine.RIGHTS}.*approved"),
        (nobody_asked, f"{whole_machine.RIGHTS}.*those who let him"),
        (open_wall, whole_machine.REAL),
        (fickle_fold, whole_machine.REPLAYED),
        (wrong_column, whole_machine.UNCLEAN),
        (forgotten_command_id, "IdempotencyConflict|repeated"),
    ],
    ids=[
        *("torn step", "no reason", "stock", "speaker", "last word", "approval", "nobody asked", "wall"),
        *("fold", "column", "command id"),
    ],
)
def test_a_defect_is_found(monkeypatch: pytest.MonkeyPatch, plant: Plant, found: str) -> None:
    """The control: the machine finds each of these defects, and says what is wrong."""
    machine = plant(monkeypatch)
    with pytest.raises(AssertionError, match=found):
        live(machine, SHORT)
