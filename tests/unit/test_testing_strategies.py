from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import claims
from play import PLAN
from respond.domain.payloads import from_data, to_data
from respond.errors import CommandRefused
from respond.plan.plan import Plan
from respond.store.codec import Codec
from respond.store.memory import MemoryEventStore
from respond.store.records import leaf_of
from respond.testing import Trial, commands, events, histories, logs, plans
from respond.testing.clocks import ManualClock
from respond.workflow.incident import INCIDENT
from respond.workflow.warning import WARNING

CODEC = Codec(claims.CLAIM.event_types)


def seen(strategy, examples: int = 60) -> list:
    """Return what a strategy draws."""
    found = []

    @settings(max_examples=examples, derandomize=True, database=None, deadline=None)
    @given(strategy)
    def take(value):
        found.append(value)

    take()
    return found


def test_commands_are_of_every_kind():
    """Each command of the workflow turns up, and any of them can be sent to a trial."""
    found = seen(commands(claims.CLAIM, PLAN), 100)
    assert {type(one) for one in found} == {handler.command for handler in claims.CLAIM.handlers}
    fixed = seen(commands(claims.CLAIM, PLAN, {"file": {"amount": st.just(7)}}))
    assert {one.amount for one in fixed if type(one) is claims.File} == {7}


@pytest.mark.parametrize("workflow", [claims.CLAIM, INCIDENT, WARNING], ids=lambda one: one.name)
def test_events_are_of_every_kind(workflow):
    """An event holds any content of its class, and is stored and decoded as one."""
    found = seen(events(workflow), 150)
    kinds = {type(event.data) for event in found}
    assert kinds <= set(workflow.evolvers)
    assert len(kinds) >= min(len(workflow.evolvers), 12)
    for event in found:
        assert event.data == from_data(type(event.data), to_data(event.data))
        assert event.version == 1


def test_histories_are_allowed():
    """A history is one that the workflow allows: it verifies step by step, and some are long."""
    found = seen(histories(claims.CLAIM, PLAN))
    for history in found:
        state = claims.CLAIM.initial
        for number, event in enumerate(history, 1):
            assert event.version == number
            assert claims.CLAIM.table.verify(state.status, event) is None
            state = claims.CLAIM.evolve(state, event)
    assert max(map(len, found)) > 3
    assert {event.type for history in found for event in history} >= {"ClaimFiled", "ClaimExamined", "ClaimMoved"}
    assert all(len(history) <= 2 for history in seen(histories(claims.CLAIM, steps=2), 20))


def test_histories_take_payloads_that_ask_the_trial():
    """What a command is drawn from may hang on how the aggregate stands."""
    rest = {"examine": {"owed": lambda trial: st.just(trial.state.amount), "finding": st.just("sound")}}
    found = seen(histories(claims.CLAIM, PLAN, rest), 30)
    examined = [event for history in found for event in history if event.type == "ClaimExamined"]
    assert examined
    assert all(event.data.finding == "sound" for event in examined)


def test_valid_logs_read_like_a_store():
    """Rows of a valid log stand as a store returns them: dense, ordered, each with its leaf, each stream foldable."""
    several = False
    for rows in seen(logs(claims.CLAIM, PLAN, aggregates=3)):
        assert [row.position for row in rows] == list(range(1, len(rows) + 1))
        recorded = [row.recorded_us for row in rows]
        assert recorded == sorted(recorded)
        assert len({row.id for row in rows}) == len(rows)
        streams = {row.stream for row in rows}
        several |= len(streams) > 1
        for row in rows:
            assert row.leaf == leaf_of(row.body, row.recorded_us, row.position)
            assert row.mapping()["id"] == row.id
        for stream in streams:
            own = [row for row in rows if row.stream == stream]
            assert [row.version for row in own] == list(range(1, len(own) + 1))
            assert claims.CLAIM.fold(CODEC.decode_all(own)).status != "new"
    assert several


def test_dirty_logs_are_dirty():
    """Dirty logs hold rows twice, in another order, and told late; each row can still be decoded."""
    twice = moved = late = False
    for rows in seen(logs(claims.CLAIM, PLAN, dirty=True), 100):
        ids = [row.id for row in rows]
        twice |= len(set(ids)) < len(ids)
        positions = [row.position for row in rows]
        moved |= positions != sorted(positions)
        for event in CODEC.decode_all(rows):
            late |= event.recorded_at - event.happened_at >= timedelta(minutes=5)
    assert (twice, moved, late) == (True, True, True)


def test_plans_can_be_tried():
    """A drawn plan can be read, and an incident can run under it."""
    for plan in seen(plans(), 20):
        assert type(plan) is Plan
        trial = Trial(INCIDENT, plan=plan)
        try:
            trial.send(seen(commands(INCIDENT, plan, {"report": {"title": st.just("T")}}), 1)[0])
        except CommandRefused:
            continue
        assert trial.log


def test_the_store_of_a_copy_is_apart():
    """A log in memory that is copied goes its own way, with the clock that it is given."""
    trial = Trial(claims.CLAIM)
    trial.send(claims.File(amount=1))
    copy = trial.store.copy(clock=ManualClock())
    assert isinstance(copy, MemoryEventStore)
    assert list(copy.read_log()) == list(trial.store.read_log())
    trial.send(claims.Withdraw())
    assert (copy.head().position, trial.store.head().position) == (1, 2)
    assert copy.known([trial.log[1].id]) == {}
    assert list(copy.read_stream(trial.stream)) == list(trial.store.read_stream(trial.stream))[:1]
