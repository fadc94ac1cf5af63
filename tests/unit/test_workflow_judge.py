from __future__ import annotations

import attrs
import pytest

from lamp import GOOD, Dropped, Lamp, Switched, keep, made, moved
from play import PLAN, START, Play, incident_in
from respond.domain.events import Event, event_type
from respond.errors import Refusal
from respond.workflow.definition import Guard, Transition
from respond.workflow.incident import INCIDENT
from respond.workflow.incident import commands as c
from respond.workflow.incident import events as e
from respond.workflow.judge import Judge, Judges
from respond.workflow.table import NOT_ENABLED
from respond.workflow.versions import by_category

JUDGE = Judge(INCIDENT, PLAN)
GRAVE = incident_in("assessed").do(c.AssignLevel(level=1, basis="all shops"), c.StartResponse())


def codes(play: Play, payload: object) -> list[str]:
    """Return the codes of the rules that *payload* breaks for the incident of *play*."""
    return [refusal.code for refusal in JUDGE.broken(play.state, payload, START)]


@pytest.mark.parametrize(
    ("play", "payload", "broken"),
    [
        (incident_in("responding"), e.IncidentResolved(from_="responding", to="resolved"), []),
        (incident_in("assessed"), e.IncidentResolved(from_="assessed", to="resolved"), [NOT_ENABLED]),
        (GRAVE, e.IncidentResolved(from_="responding", to="resolved"), ["upward-report-owed"]),
        (incident_in("responding"), e.LevelChanged(from_level=3, to_level=2), []),
        (incident_in("assessed"), e.LevelChanged(from_level=3, to_level=2), [NOT_ENABLED]),
        (incident_in("responding"), e.StepRecorded(from_="responding", to="resolved", step="x"), []),
        (incident_in("responding"), e.StepRecorded(from_="responding", to="responding", step="x"), []),
        (incident_in("reported"), e.StepRecorded(from_="reported", to="resolved", step="x"), [NOT_ENABLED]),
        (
            incident_in("responding"),
            e.LevelAssigned(from_="responding", to="responding", level=1),
            ["level-assigned-already"],
        ),
    ],
)
def test_a_step_of_reality_is_judged_by_what_the_state_says(play, payload, broken):
    """Rules about state and plan are asked; what a command must say (a reason, a resolution) is not."""
    assert codes(play, payload) == broken
    assert codes(play, payload) == broken  # a second time, from what the judge remembers


def test_a_broken_rule_names_its_step():
    """A refusal says which rule, why, and which step."""
    assert JUDGE.broken(incident_in("assessed").state, e.IncidentResolved(from_="assessed", to="resolved"), START) == (
        Refusal(NOT_ENABLED, "IncidentResolved from 'assessed' to 'resolved'", "assessed -> resolved"),
    )


def last_step(play: Play) -> tuple[object, Event]:
    """Return where the incident of *play* stood before its last event, and that event."""
    return INCIDENT.fold(play.history[:-1]), play.history[-1]


@pytest.mark.parametrize(
    ("state", "payload", "codes"),
    [
        ("responding", e.IncidentResolved(from_="responding", to="resolved"), []),
        ("responding", e.TeamAssigned(to_team="network"), []),
        ("reviewed", e.TeamAssigned(to_team="network"), [NOT_ENABLED]),
        ("responding", e.LevelChanged(from_level=3, to_level=1), []),
        ("assessed", e.LevelChanged(from_level=3, to_level=1), [NOT_ENABLED]),
        ("assessed", e.IncidentResolved(from_="assessed", to="resolved"), [NOT_ENABLED]),
        ("assessed", e.IncidentResolved(from_="responding", to="resolved"), ["from-mismatch"]),
        ("assessed", e.StepRecorded(from_="assessed", to="parked", step="x"), ["foreign-state"]),
    ],
)
def test_a_recorded_step_is_found_by_table_and_state(state, payload, codes):
    """What the table and the guards of the state say of one event; a second time from what the judge remembers."""
    judge = Judge(INCIDENT, PLAN)
    before, event = last_step(incident_in(state).record(payload))
    for _ in range(2):
        found = judge.findings(before, event)
        assert [one.code for one in found] == codes
        assert all(one.position == event.position for one in found)
        ends = (getattr(payload, "from_", state), getattr(payload, "to", state))
        assert all((one.source, one.dest) == ends for one in found)


@pytest.mark.parametrize(("plan", "codes"), [(PLAN, ["upward-report-owed"]), (None, [])])
def test_guards_are_asked_of_every_state(plan, codes):
    """A step that was in order for one incident is found for another; without a plan the table alone judges."""
    judge = Judge(INCIDENT, plan)
    fine, resolved = last_step(incident_in("resolved"))
    owing = GRAVE.state
    for state, expected in ((fine, []), (owing, codes), (fine, [])):
        assert [one.code for one in judge.findings(state, resolved)] == expected


def test_each_aggregate_is_judged_by_the_plan_that_it_pins():
    """One judge for a workflow and a plan; what pins none goes by the first; what pins an unknown one by the table."""
    other = attrs.evolve(PLAN, version="2")
    first = incident_in("reported").history[0]
    unpinned = first._replace(body={**first.body, "plan": None})
    versions = by_category([INCIDENT])
    judges = Judges([other, PLAN], versions)
    assert judges.of("incident", first).plan is PLAN
    assert judges.of("incident", first) is judges.of("incident", first)
    assert judges.of("incident", unpinned).plan is other
    assert judges.missing == {}
    unknown = Judges([other], versions)
    assert [unknown.of("incident", first).plan for _ in range(2)] == [None, None]
    assert unknown.missing == {"service-company@1": 2}
    assert (Judges([], versions).of("incident", unpinned).plan, Judges([], versions).missing) == (None, {})


def power(text: str | None) -> Guard:
    """Return a guard that reads the state only and always says *text*."""
    return Guard("power", lambda _: text, reads="state")


def fuse(text: str | None) -> Guard:
    """Return another such guard."""
    return Guard("fuse", lambda _: text, reads="state")


@pytest.mark.parametrize(
    ("first", "second", "broken"),
    [(None, None, []), ("dark", None, []), (None, "blown", []), ("dark", "blown", ["power"])],
)
def test_a_step_is_fine_when_one_of_its_transitions_allows_it(first, second, broken):
    """Where two transitions make the same step, the reasons of the first are told only if both are barred."""
    steps = (*GOOD["transitions"][:3], Transition("flip", "off", "on", guards=("fuse",)), GOOD["transitions"][3])
    workflow = made(transitions=steps, guards=(power(first), fuse(second)))
    refusals = Judge(workflow, PLAN).broken(Lamp(status="off"), Switched(from_="off", to="on"), START)
    assert [refusal.code for refusal in refusals] == broken


@event_type()
@attrs.frozen(kw_only=True)
class Handed:
    """A fact with a field that happens to be called `to`."""

    to: str


@pytest.mark.parametrize("payload", [Dropped(), Handed(to="Paris")])
def test_a_fact_is_no_step(payload):
    """An event without `from` and `to` leaves the aggregate where it stands."""
    workflow = made(evolvers={Switched: moved, Dropped: keep, Handed: keep})
    assert Judge(workflow, PLAN).broken(Lamp(status="off"), payload, START) == ()
