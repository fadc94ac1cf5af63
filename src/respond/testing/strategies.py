"""What tests of projections, exporters and mappings take with `@given`: commands, events, histories and whole logs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import cache
from itertools import chain
from typing import Any

from hypothesis import strategies as st

from respond.domain.canonical import canonical
from respond.domain.events import Event
from respond.domain.moments import Moment
from respond.domain.references import Actor
from respond.domain.streams import StreamId
from respond.errors import CommandRefused, InvalidRecord
from respond.plan.plan import Plan
from respond.store.codec import Codec
from respond.store.memory import MemoryEventStore
from respond.store.records import NewEvent, Recorded, Write, leaf_of
from respond.testing.actors import actors_of
from respond.testing.clocks import START, ManualClock, SequentialIds
from respond.testing.derived import Deriver
from respond.testing.drawn_plans import plans
from respond.testing.payloads import Overrides, Payloads
from respond.testing.spans import spans_of
from respond.testing.trial import Trial
from respond.workflow.workflow import Workflow

__all__ = ["commands", "events", "histories", "logs", "plans"]

STEPS = 12
"""How many commands a history is made of, at most."""
LATE = (timedelta(minutes=5), timedelta(hours=8), timedelta(days=3))
"""How long after it happened an entry is made."""


def commands(workflow: Workflow, plan: Plan | None = None, payloads: Overrides | None = None) -> st.SearchStrategy[Any]:
    """Return what draws any command of *workflow*; *payloads* as for `commands_of`, none of them a function."""
    known = Payloads(workflow, plan, payloads)
    return st.one_of([known.of(trigger, Trial(workflow, plan=plan)) for trigger in workflow.triggers])


@st.composite
def events(draw: st.DrawFn, workflow: Workflow) -> Event:
    """Draw one stored event of *workflow*, of any kind and with any content, decoded; its stream may not be possible.

    What reads events one by one (an exporter, a timeline) is tested with it.
    """
    payload = draw(_payloads(workflow))
    codec = Codec(workflow.event_types)
    name, schema_version, data = codec.encode(payload)
    event = NewEvent(
        id=str(draw(st.uuids())),
        type=name,
        schema_version=schema_version,
        data=data,
        occurred_at=draw(st.none() | st.sampled_from((timedelta(0), *LATE)).map(lambda span: Moment(START - span))),
        actor=draw(st.sampled_from((None, "ann", "bob"))),
    )
    store = MemoryEventStore(clock=ManualClock())
    store.append(Write(StreamId.of(workflow.category, "one"), [event]))
    return codec.decode(store.read_log()[0])


@cache
def _payloads(workflow: Workflow) -> st.SearchStrategy[Any]:
    derive = Deriver({"from_": workflow.states, "to": workflow.states})
    return st.one_of([derive.built(kind) for kind in workflow.evolvers])


def histories(
    workflow: Workflow,
    plan: Plan | None = None,
    payloads: Overrides | None = None,
    *,
    steps: int = STEPS,
    actors: Iterable[Actor | str | None] | None = None,
) -> st.SearchStrategy[tuple[Event, ...]]:
    """Return what draws the events of one aggregate, as up to *steps* commands cause them that the workflow allows."""
    lives = _Lives(workflow, plan, payloads, steps, actors)
    return lives.one("one").map(lambda trial: trial.log)


def logs(
    workflow: Workflow,
    plan: Plan | None = None,
    payloads: Overrides | None = None,
    *,
    aggregates: int = 2,
    steps: int = STEPS,
    dirty: bool = False,
) -> st.SearchStrategy[tuple[Recorded, ...]]:
    """Return what draws a log of some aggregates, as rows that are stored.

    The rows of a valid log are what a store returns.  A *dirty* one is what a reader may be handed that has no store
    behind it: some rows tell of times long before they were recorded, some stand twice, some in another place.
    """
    lives = _Lives(workflow, plan, payloads, steps, None)
    return _logs(lives, aggregates, dirty)


@st.composite
def _logs(draw: st.DrawFn, lives: _Lives, aggregates: int, dirty: bool) -> tuple[Recorded, ...]:
    number = draw(st.integers(1, aggregates))
    told = [draw(lives.one(f"{lives.workflow.category}-{index + 1}")).rows for index in range(number)]
    rows = _placed(_interleaved(draw, told))
    return tuple(_soiled(draw, rows)) if dirty else tuple(rows)


# -- lives -------------------------------------------------------------------------------------------------------------


class _Lives:
    """Draws trials that lived through some commands; those that are refused are left out."""

    def __init__(
        self,
        workflow: Workflow,
        plan: Plan | None,
        payloads: Overrides | None,
        steps: int,
        actors: Iterable[Actor | str | None] | None,
    ) -> None:
        self.workflow = workflow
        self.plan = Plan.example() if plan is None else plan
        self.payloads = Payloads(workflow, self.plan, payloads)
        self.steps = st.integers(1, steps)
        self.actors = st.sampled_from(actors_of(self.plan) if actors is None else tuple(actors))
        self.spans = st.sampled_from((timedelta(0), *spans_of(self.plan)))

    def one(self, key: str) -> st.SearchStrategy[Trial]:
        """Return what draws the life of the aggregate *key*."""
        return _lived(self, key)


@st.composite
def _lived(draw: st.DrawFn, lives: _Lives, key: str) -> Trial:
    clock = ManualClock()
    trial = Trial(lives.workflow, plan=lives.plan, clock=clock, key=key)
    table = lives.workflow.table
    for _ in range(draw(lives.steps)):
        enabled = [one for one in lives.workflow.triggers if table.candidates(trial.status, one)]
        if not enabled:
            break
        trigger = enabled[draw(_INDEX) % len(enabled)]
        command, actor = draw(lives.payloads.of(trigger, trial)), draw(lives.actors)
        clock.now += draw(lives.spans)
        with suppress(CommandRefused, InvalidRecord):
            trial.send(command, actor=actor)
    return trial


_INDEX = st.integers(0, 1000)
"""One strategy for every choice among some: one that is made anew each time is slow to check."""


# -- rows --------------------------------------------------------------------------------------------------------------


def _interleaved(draw: st.DrawFn, told: Sequence[Sequence[Recorded]]) -> list[Recorded]:
    """Return the rows of all aggregates in one order, those of each in their own."""
    turns = [index for index, rows in enumerate(told) for _ in rows]
    streams = [iter(rows) for rows in told]
    return [next(streams[index]) for index in draw(st.permutations(turns))]


def _placed(rows: Iterable[Recorded]) -> list[Recorded]:
    """Return *rows* as one log has them: positions run on, and time never goes back."""
    placed: list[Recorded] = []
    ids = SequentialIds()
    for position, row in enumerate(rows, 1):
        recorded_us = max(row.recorded_us, placed[-1].recorded_us if placed else 0)
        body = row.mapping() | {"id": _id(row, ids)}
        placed.append(_row(row, body, position, recorded_us))
    return placed


def _id(row: Recorded, ids: SequentialIds) -> str:
    """Return the id of *row* with a number of its own at its end: aggregates of trials count alike."""
    return row.id[:-6] + ids(3).hex()


def _row(row: Recorded, body: Any, position: int, recorded_us: int) -> Recorded:
    raw = canonical(body)
    return row._replace(
        position=position, recorded_us=recorded_us, id=body["id"], body=raw, leaf=leaf_of(raw, recorded_us, position)
    )


def _soiled(draw: st.DrawFn, rows: list[Recorded]) -> list[Recorded]:
    """Return *rows* with some told late, some twice, and some in another place."""
    late = [_late(row, span) if span else row for row, span in ((row, draw(_delays)) for row in rows)]
    doubled = list(chain.from_iterable((row, row) if draw(st.booleans()) else (row,) for row in late))
    return list(draw(st.permutations(doubled))) if draw(st.booleans()) else doubled


_delays = st.sampled_from((None, *LATE))


def _late(row: Recorded, span: timedelta) -> Recorded:
    """Return *row* as it tells of a time that lies *span* before it was recorded."""
    at = Moment(row.recorded_at - span).to_json()
    return _row(row, row.mapping() | {"occurred_at": at}, row.position, row.recorded_us)
