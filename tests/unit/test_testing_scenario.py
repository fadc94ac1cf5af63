"""Scenarios: what holds passes, and what does not is told in full."""

from __future__ import annotations

from datetime import timedelta

import attrs
import pytest

from leak import DRYING, LEAK, Close, CrewSent, Find, Inspect, LeakClosed, LeakFound, LeakRepaired, Repair, SendCrew
from respond.domain.references import Actor
from respond.errors import CommandRefused, InvalidInput
from respond.plan.plan import Plan
from respond.testing.clocks import START
from respond.testing.scenario import given, like
from respond.workflow.incident import INCIDENT
from respond.workflow.incident.commands import Assess, AssignLevel, ReportIncident, ReportUpward, Waive

REPAIRED = (Find(severity=3), SendCrew(), Repair())
PLAN = attrs.evolve(Plan.shipped("service-company@2"), authority=())
SEVERE = (
    ReportIncident(category="service_quality", title="shops down"),
    Assess(affected_customers=10**6),
    AssignLevel(level=1, basis="all shops"),
)
AUTHORITY = "authority_initial"


def test_events_of_a_command():
    """A command is held against the events that it causes: whole payloads, classes, or some fields."""
    asked = given(LEAK).when(Find(severity=2))
    asked.then(LeakFound(from_="new", to="found", severity=2))
    asked.then(LeakFound)
    asked.then(like(LeakFound, severity=2))


def test_a_refusal_is_held_against_all_its_codes():
    """A refusal is held against every code, in any order; without codes against any refusal."""
    asked = given(LEAK, *REPAIRED).when(Close())
    asked.then_refused("still-wet", "inspection-missing")
    asked.then_refused()


def test_a_code_that_is_left_out_fails():
    """A refusal with two reasons is not one with either of them."""
    asked = given(LEAK, *REPAIRED).when(Close())
    for codes in (["still-wet"], ["inspection-missing"], ["still-wet", "inspection-missing", "crew-missing"]):
        with pytest.raises(AssertionError, match="happened"):
            asked.then_refused(*codes)


def test_nothing_comes_of_what_was_done():
    """A command that was carried out before causes nothing."""
    given(LEAK, *REPAIRED, Inspect()).when(Inspect()).then_nothing()


def test_events_may_be_given():
    """Payloads of events are recorded as they come, whatever the rules say; time passes between them."""
    given(
        LEAK,
        LeakFound(from_="new", to="found", severity=1),
        CrewSent(from_="found", to="attended"),
        LeakRepaired(from_="attended", to="repaired"),
        timedelta(hours=2),
    ).then_state(status="repaired", severity=1).when(Close()).then(LeakClosed)


def test_a_given_event_pins_the_plan():
    """The first event that is given pins the plan, as the first event of a command does."""
    begun = given(
        LEAK, LeakFound(from_="new", to="found", severity=1), CrewSent(from_="found", to="attended"), plan=PLAN
    )
    assert [event.plan for event in begun.stage.log] == [PLAN.reference, None]


def test_a_scenario_goes_on():
    """A command may follow a command, and time may pass between them; the beginning stays as it was."""
    begun = given(LEAK, *REPAIRED)
    begun.when(Inspect()).after(hours=2).when(Close()).then(LeakClosed).then_state(status="closed", inspected=True)
    begun.then_state(status="repaired", inspected=False)
    begun.when(Close()).then_refused()


def test_actors_and_times_are_told():
    """The actor of a scenario sends its commands; a command may have another actor, in a role, and another time."""
    stage = given(LEAK, Find(severity=1), actor="chen.yu").when(SendCrew(), actor="wang.li", role="duty").stage
    assert [(event.actor, event.role) for event in stage.log] == [("chen.yu", None), ("wang.li", "duty")]
    given(LEAK, *REPAIRED, Inspect(), 2 * DRYING, actor=Actor("chen.yu")).when(Close(), at=START + DRYING).then(
        LeakClosed
    )


@pytest.mark.parametrize(
    ("fail", "message"),
    [
        (
            lambda: given(LEAK, Find(severity=1), timedelta(minutes=30)).when(SendCrew()).then(LeakClosed),
            """
given leak@1
    Find(severity=1)
    30 minutes pass
when
    SendCrew()
expected
    LeakClosed(...)
happened
    CrewSent(from_='found', to='attended')""",
        ),
        (
            lambda: given(LEAK).when(Find(severity=1), actor="chen.yu").then(like(LeakFound, severity=2)),
            """
given leak@1
    nothing
when
    Find(severity=1)  (actor='chen.yu')
expected
    LeakFound(severity=2, ...)
happened
    LeakFound(from_='new', to='found', severity=1)""",
        ),
        (
            lambda: given(LEAK, *REPAIRED, timedelta(hours=2)).when(Close()).then_refused("still-wet"),
            """
given leak@1
    Find(severity=3)
    SendCrew()
    Repair()
    2 hours pass
when
    Close()
expected
    refused: still-wet
happened
    refused: inspection-missing: a flood is closed after an inspection""",
        ),
        (
            lambda: given(LEAK, Find(severity=1)).when(Repair()).when(SendCrew()).then_nothing(),
            """
given leak@1
    Find(severity=1)
    Repair()  (refused)
when
    SendCrew()
expected
    nothing
happened
    CrewSent(from_='found', to='attended')""",
        ),
        (
            lambda: given(LEAK, Find(severity=1)).then_state(status="closed", severity=1),
            """
given leak@1
    Find(severity=1)
expected
    status='closed'
    severity=1
happened
    status='found'
    severity=1""",
        ),
    ],
    ids=["events", "fields", "codes", "nothing", "state"],
)
def test_a_failure_tells_what_was_expected_and_what_happened(fail, message):
    """What was given, what was asked, what was expected and what happened stand in the failure."""
    with pytest.raises(AssertionError) as failed:
        fail()
    assert f"\n{failed.value}" == message


@pytest.mark.parametrize(
    "wrong",
    [
        lambda asked: asked.then(),
        lambda asked: asked.then(CrewSent, CrewSent),
        lambda asked: asked.then_nothing(),
        lambda asked: asked.then_refused(),
        lambda asked: asked.then(LeakFound),
        lambda asked: asked.then(CrewSent(from_="found", to="repaired")),
    ],
)
def test_what_does_not_hold_fails(wrong):
    """Too few events, too many, others, nothing, or a refusal: each fails."""
    with pytest.raises(AssertionError):
        wrong(given(LEAK, Find(severity=1)).when(SendCrew()))


@pytest.mark.parametrize(
    "wrong", [lambda asked: asked.then(), lambda asked: asked.then(LeakClosed), lambda asked: asked.then_nothing()]
)
def test_a_refusal_is_not_nothing(wrong):
    """A command that is refused did not cause nothing: that would mean that it was allowed."""
    with pytest.raises(AssertionError, match="refused: inspection-missing"):
        wrong(given(LEAK, *REPAIRED).when(Close()))


def test_what_is_given_must_be_allowed():
    """A command that is given and refused is raised, with its place."""
    with pytest.raises(CommandRefused) as refused:
        given(LEAK, Find(severity=1), Repair())
    assert refused.value.__notes__ == ["step 2 of what is given: Repair()"]


def test_an_unknown_field_is_refused():
    """A field that an event does not have is a mistake of the test, and told as such."""
    with pytest.raises(InvalidInput, match="deepness"):
        like(LeakFound, deepness=3)


def test_what_is_due():
    """By the clock, exactly these obligations are near or missed; before, and once done or waived, they are not."""
    severe = given(INCIDENT, *SEVERE, plan=PLAN, actor="chen.yu").then_owed(AUTHORITY)
    late = severe.after(days=40)
    with pytest.raises(AssertionError, match=f"{AUTHORITY} 1: missing, due 2026"):
        late.then_due()
    told = severe.when(ReportUpward(kind="initial", recipient="local_authority", summary="shops down")).after(days=40)
    with pytest.raises(AssertionError, match="due: "):
        told.then_due(AUTHORITY)


def narrow(*names: str) -> Plan:
    """Return the plan with these obligations only."""
    return attrs.evolve(PLAN, audiences=(), obligations=tuple(one for one in PLAN.obligations if one.id in names))


def test_due_exactly():
    """What is due is held as a whole: one too many or one too few fails; `until` looks ahead."""
    severe = given(INCIDENT, *SEVERE, plan=narrow(AUTHORITY, "visit"), actor="chen.yu")
    severe.then_due()
    severe.then_due(AUTHORITY, until=START + timedelta(days=40))
    late = severe.after(days=40).then_due(AUTHORITY)
    with pytest.raises(AssertionError, match=r"expected\n    due: nothing\nhappened\n    authority_initial 1: missing"):
        late.then_due()
    told = late.when(ReportUpward(kind="initial", recipient="local_authority", summary="late")).then_due()
    with pytest.raises(AssertionError):
        told.then_due(AUTHORITY)


def test_what_is_near_is_due():
    """An obligation is due as soon as its deadline is near: 15 minutes before, and not before that."""
    severe = given(INCIDENT, *SEVERE, plan=narrow(AUTHORITY), actor="chen.yu")
    severe.after(minutes=44).then_due()
    severe.after(minutes=45).then_due(AUTHORITY)
    severe.after(minutes=61).then_owed(AUTHORITY)


def test_owed_by():
    """An obligation is held against its deadline, told as a moment or as a span from now."""
    severe = given(INCIDENT, *SEVERE, plan=narrow(AUTHORITY), actor="chen.yu")
    severe.then_owed(AUTHORITY, by=timedelta(hours=1))
    severe.then_owed(AUTHORITY, by=START + timedelta(hours=1))
    severe.after(minutes=10).then_owed(AUTHORITY, by=timedelta(minutes=50))
    with pytest.raises(AssertionError, match="owed: authority_initial by 2026-11-20T09:01:00"):
        severe.then_owed(AUTHORITY, by=timedelta(minutes=1))


def test_a_waived_obligation_is_not_due():
    """What was waived is neither due nor owed any more."""
    waivable = "first_contact"
    severe = given(INCIDENT, *SEVERE, plan=narrow(waivable), actor="chen.yu").after(days=40).then_due(waivable)
    waived = severe.when(Waive(obligation=waivable, reason="nobody was affected")).then_due()
    with pytest.raises(AssertionError, match="waived"):
        waived.then_owed(waivable)


@pytest.mark.parametrize(
    "ask",
    [
        lambda: given(LEAK).then_due(),
        lambda: given(INCIDENT, *SEVERE, plan=PLAN).then_due("no-such-duty"),
        lambda: given(INCIDENT, *SEVERE, plan=PLAN).then_due(until=START - timedelta(days=1)),
    ],
    ids=["another workflow", "another id", "a past moment"],
)
def test_what_cannot_be_due_is_refused(ask):
    """Obligations of other workflows, unknown ids and past moments are mistakes of the test."""
    with pytest.raises(InvalidInput):
        ask()
