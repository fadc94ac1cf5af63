"""Warnings: signals, what they suggest, what is made ready, and the incident that comes of it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import attrs
import pytest

from engines import REPORTED, engine_on
from play import PLAN, START, Play
from respond.domain.references import Actor
from respond.errors import CommandRefused, InvalidInput
from respond.plan.authority import AuthorityRule
from respond.plan.conditions import Range
from respond.plan.upkeep import Indicator
from respond.store.memory import MemoryEventStore
from respond.testing.conformance.samples import ManualClock
from respond.workflow.approvals import Approve
from respond.workflow.warning import WARNING
from respond.workflow.warning import commands as c
from respond.workflow.warning import events as e
from respond.workflow.warning.state import preparations, suggested

WATCHFUL = attrs.evolve(
    PLAN,
    name="watchful",
    indicators=(
        Indicator(
            id="failing",
            title="Payments fail",
            metric="failed_payments",
            suggests=Range(from_=30),
            prepares=Range(from_=Decimal("12.5")),
            credibility_min="medium",
            preparations=("cash desks", "a call to the bank"),
        ),
        Indicator(id="storm", title="Storm", metric="wind", suggests=Range(from_=20, below=60), preparations=("tape",)),
    ),
    authority=(
        AuthorityRule(id="all", commands=("*",), roles=("anyone",)),
        AuthorityRule(id="two", commands=("confirm_warning",), roles=("anyone",), n_of=2),
    ),
)
SIGNAL = c.RecordSignal(source="monitor", metric="failed_payments", value=40)
RAISE = c.RaiseWarning(category="facility_failure", title="Card terminals may go down", basis="payments fail")
CONFIRM = c.ConfirmWarning(basis="the bank says so")
LIFT = c.LiftWarning(reason="the bank mended it")
ROUTES: dict[str, tuple[object, ...]] = {
    "new": (),
    "watched": (SIGNAL,),
    "raised": (SIGNAL, RAISE),
    "confirmed": (RAISE, CONFIRM),
    "lifted": (RAISE, LIFT),
    "converted": (RAISE, c.ConvertWarning(incident="i-1")),
}
COMMANDS: dict[str, Any] = {
    "record_signal": c.RecordSignal(source="staff", metric="failed_payments", value=10),
    "raise_warning": c.RaiseWarning(category="network", title="The line is slow", basis="staff says so"),
    "confirm_warning": c.ConfirmWarning(basis="staff says so too"),
    "prepare": c.Prepare(preparation="cash desks"),
    "lift_warning": c.LiftWarning(reason="a false alarm"),
    "convert_warning": c.ConvertWarning(incident="i-2"),
    "approve": Approve(command="confirm_warning"),
}
# Written by hand: - is refused, = stays.
EXPECTED = """
command          new      watched    raised     confirmed  lifted  converted
record_signal    watched  =          =          =          =       -
raise_warning    raised   raised     -          -          raised  -
confirm_warning  -        -          confirmed  -          -       -
prepare          -        =          =          =          -       -
lift_warning     -        lifted     lifted     lifted     -       -
convert_warning  -        converted  converted  converted  -       -
approve          -        =          =          =          =       -
"""
HEAD, *ROWS = [line.split() for line in EXPECTED.strip().splitlines()]
CELLS = [(state, row[0], cell) for row in ROWS for state, cell in zip(HEAD[1:], row[1:], strict=True)]


def warning_in(state: str) -> Play:
    """Return a warning that stands at *state*."""
    play = Play(WARNING, plan=WATCHFUL, key="w-1").do(*ROUTES[state])
    assert play.state.status == state
    return play


def test_the_hand_written_table_is_full():
    """The table has every state and every command of the definition, once."""
    assert HEAD[1:] == ["new", *WARNING.states]
    assert [row[0] for row in ROWS] == list(WARNING.triggers)


@pytest.mark.parametrize(("state", "trigger", "cell"), CELLS)
def test_cell(state, trigger, cell):
    """A command leads where the table says, stays, or is refused; the table that verifies agrees."""
    play, command = warning_in(state), COMMANDS[trigger]
    known = len(play.history)
    if cell == "-":
        with pytest.raises(CommandRefused) as caught:
            play.do(command, actor="li.na")
        assert [one.code for one in caught.value.refusals] == ["not-enabled"]
        assert len(play.history) == known
        return
    play.do(command, actor="li.na")
    assert play.state.status == (state if cell == "=" else cell)
    assert WARNING.table.verify(state, play.history[-1]) is None
    assert WARNING.fold(play.history) == play.state


GUARDS = [
    ("new", attrs.evolve(RAISE, category="nonsense"), RAISE, "category-unknown"),
    ("watched", attrs.evolve(SIGNAL, credibility="rumour"), SIGNAL, "credibility-unknown"),
    ("watched", attrs.evolve(SIGNAL, source=" "), SIGNAL, "signal-unnamed"),
    ("watched", attrs.evolve(SIGNAL, metric=""), SIGNAL, "signal-unnamed"),
    ("new", attrs.evolve(RAISE, title=""), RAISE, "warning-unnamed"),
    ("raised", c.ConfirmWarning(basis=" "), CONFIRM, "basis-missing"),
    ("raised", c.LiftWarning(reason=""), LIFT, "reason-missing"),
    ("raised", c.Prepare(preparation=""), c.Prepare(preparation="tape"), "preparation-missing"),
    ("raised", c.ConvertWarning(incident=""), c.ConvertWarning(incident="i-1"), "incident-missing"),
    ("raised", Approve(command="prepare"), Approve(command="confirm_warning"), "approval-unneeded"),
]


@pytest.mark.parametrize(("state", "wrong", "right", "code"), GUARDS)
def test_a_guard_refuses_and_lets_pass(state, wrong, right, code):
    """Each guard refuses what breaks its rule, and lets pass what keeps it."""
    play = warning_in(state)
    with pytest.raises(CommandRefused) as caught:
        play.decide(wrong, "li.na")
    assert [one.code for one in caught.value.refusals] == [code]
    assert len(play.decide(right, "li.na")) == 1


def test_every_guard_has_a_case():
    """No guard is left out above; an approval by nobody is a case of the incident's."""
    assert {guard.code for guard in WARNING.guards} - {code for *_, code in GUARDS} == {"approver-missing"}
    assert all(guard.rule.startswith("Require ") for guard in WARNING.guards)


@pytest.mark.parametrize("trigger", ["raise_warning", "confirm_warning", "prepare", "lift_warning", "convert_warning"])
def test_a_repeated_command_causes_nothing(trigger):
    """What was done already is done, and is no error."""
    state = {"raise_warning": "watched", "confirm_warning": "raised"}.get(trigger, "confirmed")
    play = warning_in(state).do(COMMANDS[trigger])
    assert play.decide(COMMANDS[trigger]) == ()
    assert play.explain(trigger, COMMANDS[trigger]).done


def test_a_warning_that_was_raised_stays_so_when_confirmed():
    """Sending the raising again is harmless after the confirmation; raising another one is not."""
    play = warning_in("confirmed")
    assert play.decide(RAISE) == ()
    with pytest.raises(CommandRefused, match="not-enabled"):
        play.decide(COMMANDS["raise_warning"])


def test_a_warning_raised_anew_is_prepared_anew():
    """What was made ready for the warning that was lifted counts no more."""
    play = warning_in("raised").do(c.Prepare(preparation="cash desks"), LIFT, RAISE)
    assert play.state.prepared == ()
    assert len(play.decide(c.Prepare(preparation="cash desks"))) == 1


@pytest.mark.parametrize(
    ("signal", "found"),
    [
        (SIGNAL, ("failing",)),
        (attrs.evolve(SIGNAL, value=30), ("failing",)),
        (attrs.evolve(SIGNAL, value=Decimal("29.99")), ()),
        (attrs.evolve(SIGNAL, credibility="high"), ("failing",)),
        (attrs.evolve(SIGNAL, credibility="low"), ()),
        (attrs.evolve(SIGNAL, metric="wind", credibility="low"), ("storm",)),
        (attrs.evolve(SIGNAL, metric="wind", value=60), ()),
        (attrs.evolve(SIGNAL, metric="rain"), ()),
    ],
)
def test_a_signal_suggests_a_warning(signal, found):
    """A value within the bounds of an indicator, from a source that is believed enough, suggests a warning."""
    play = Play(WARNING, plan=WATCHFUL).do(signal)
    assert play.history[-1].data.suggested == found


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("Infinity"), 0.5, True, "5"])
def test_what_is_no_number_is_refused_by_name(value):
    """A value that no threshold can be compared with never becomes a signal."""
    with pytest.raises(
        InvalidInput, match=r"is not a number that can be compared; give an integer or a finite Decimal"
    ):
        attrs.evolve(SIGNAL, value=value)


def test_the_last_signal_of_each_source_counts():
    """What a source tells later takes the place of what it told before, in the order of the world."""
    play = Play(WARNING, plan=WATCHFUL).do(SIGNAL, attrs.evolve(SIGNAL, metric="wind", value=30))
    assert [one.id for one in suggested(WATCHFUL, play.state)] == ["failing", "storm"]
    play.do(attrs.evolve(SIGNAL, value=3))
    assert [one.id for one in suggested(WATCHFUL, play.state)] == ["storm"]
    late = attrs.evolve(play.state.signals[0], at=START - timedelta(hours=1))
    state = attrs.evolve(play.state, signals=(*play.state.signals, late))
    assert [one.id for one in suggested(WATCHFUL, state)] == ["storm"]


def test_raising_records_what_suggested_it():
    """The warning keeps the indicators that spoke for it at that time."""
    play = Play(WARNING, plan=WATCHFUL).do(SIGNAL, RAISE)
    assert play.history[-1].data.suggested == ("failing",)
    assert Play(WARNING, plan=WATCHFUL).do(RAISE).history[-1].data.suggested == ()


def test_what_is_left_to_prepare():
    """The preparations of what was signalled, without those that were made."""
    play = Play(WARNING, plan=WATCHFUL).do(SIGNAL)
    assert preparations(WATCHFUL, play.state) == ("cash desks", "a call to the bank")
    play.do(c.Prepare(preparation="cash desks"))
    assert preparations(WATCHFUL, play.state) == ("a call to the bank",)


@pytest.mark.parametrize(
    ("value", "credibility", "due"),
    [("12.49", "medium", 0), ("12.5", "low", 0), ("12.5", "medium", 2), ("29.99", "medium", 2), ("30", "medium", 2)],
)
def test_preparations_fall_due_below_the_threshold(value, credibility, due):
    """From `prepares` on they are due, though no warning is suggested yet; a source of little credit asks for none."""
    signal = attrs.evolve(SIGNAL, value=Decimal(value), credibility=credibility)
    play = Play(WARNING, plan=WATCHFUL).do(signal)
    assert len(preparations(WATCHFUL, play.state)) == due
    assert bool(suggested(WATCHFUL, play.state)) == (value == "30")
    assert play.state.signals[0].value == Decimal(value)


def test_preparations_where_low_values_are_bad():
    """A range below a value works as one from a value: what sinks calls for preparations first."""
    stock = Indicator(
        id="fuel",
        title="Fuel",
        metric="fuel",
        suggests=Range(below=20),
        prepares=Range(below=40),
        preparations=("buy",),
    )
    plan = attrs.evolve(PLAN, indicators=(stock,))

    def left(value: int) -> tuple[str, ...]:
        return preparations(plan, Play(WARNING, plan=plan).do(attrs.evolve(SIGNAL, metric="fuel", value=value)).state)

    assert [left(value) for value in (40, 39, 19)] == [(), ("buy",), ("buy",)]


@pytest.fixture
def engine():
    """An engine on an empty log in memory, under a plan that watches."""
    clock = ManualClock()
    return engine_on(MemoryEventStore(clock=clock), clock, plans=[WATCHFUL])


class TestConversion:
    """The incident that a warning announced."""

    def test_it_links_both_ways(self, engine):
        """One step reports the incident and converts the warning; each names the other."""
        engine.execute("warning", "w-1", RAISE, actor="li.na")
        incident = engine.report(**REPORTED, warning="w-1")
        assert incident.state().warning == "w-1"
        warned = engine.state("warning", "w-1")
        assert (warned.status, warned.incident) == ("converted", incident.id)
        assert {event.command_id for event in (incident.events()[0], engine.events("warning", "w-1")[-1])} == {
            incident.events()[0].command_id
        }

    @pytest.mark.parametrize("steps", [(), (RAISE, LIFT), (RAISE, c.ConvertWarning(incident="i-9"))])
    def test_a_warning_that_does_not_stand_is_refused(self, engine, steps):
        """No incident comes of a warning that is not there, was lifted, or turned into another; nothing is written."""
        for step in steps:
            engine.execute("warning", "w-1", step)
        before = engine.store.head()
        with pytest.raises(CommandRefused, match="convert_warning is refused"):
            engine.report(**REPORTED, warning="w-1")
        assert engine.store.head() == before

    def test_the_same_command_id_finds_the_same_incident(self, engine):
        """A retry writes nothing more."""
        engine.execute("warning", "w-1", RAISE)
        first = engine.report(**REPORTED, warning="w-1", command_id="report-1")
        second = engine.report(**REPORTED, warning="w-1", command_id="report-1")
        assert (second.id, second.outcome.replayed) == (first.id, True)
        assert engine.store.head().position == 3

    def test_two_must_agree_where_the_plan_says_so(self):
        """A warning is under authority as an incident is."""
        clock = ManualClock()
        plan = attrs.evolve(
            WATCHFUL,
            authority=(
                AuthorityRule(id="raising", commands=("raise_warning",), roles=("anyone",)),
                AuthorityRule(id="confirming", commands=("confirm_warning",), roles=("assessor",), n_of=2),
            ),
        )
        engine = engine_on(MemoryEventStore(clock=clock), clock, plans=[plan])
        engine.execute("warning", "w-1", RAISE)
        engine.execute("warning", "w-1", Approve(command="confirm_warning"), actor=Actor("li.na", "assessor"))
        engine.execute("warning", "w-1", CONFIRM, actor=Actor("wu.bo", "assessor"))
        events = engine.events("warning", "w-1")
        assert events[-1].body["authority"] == {"rule": "confirming", "approvals": [events[1].id]}


def test_reality_folds_whatever_the_rules_say():
    """A warning that was converted without ever being raised folds too."""
    play = Play(WARNING, plan=WATCHFUL).record(e.WarningConverted(from_="new", to="converted", incident="i-3"))
    assert (play.state.status, play.state.incident) == ("converted", "i-3")
