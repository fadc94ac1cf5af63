"""Replay: a whole log under several workflows, with what does not fold."""

from __future__ import annotations

import attrs
import pytest

from incident_logs import PLAN, IncidentLog
from lamp import Switched, made
from lamp import moved as put
from respond.domain.canonical import canonical
from respond.domain.events import event_type
from respond.projections.replay import Replay, replay
from respond.workflow.incident import INCIDENT
from respond.workflow.incident import commands as c
from respond.workflow.incident import events as e


@pytest.fixture
def log():
    """Return a log of two incidents and a drill."""
    log = IncidentLog()
    log.do(c.ReportIncident(category="other", title="x"), key="a")
    log.do(c.ReportIncident(category="other", title="y"), key="b")
    log.do(c.Assess(), key="a")
    log.do(c.AssignLevel(level=2, basis="z"), key="a")
    log.do(c.Note(text="n"), key="a")
    log.do(c.ReportIncident(category="other", title="drill"), key="a", realm="drill")
    return log


def lamps(*steps):
    """Return the events of one lamp."""
    log = IncidentLog(workflow=made())
    for source, dest in steps:
        log.record(Switched(from_=source, to=dest), key="l")
    return log.events


def moved(event, **changes):
    """Return *event* with another body."""
    return event._replace(body={**event.body, **changes})


def test_totals(log):
    """The totals count real incidents by state and level, and drills apart."""
    totals = replay(log.events, workflows=[INCIDENT]).totals()
    assert (totals.events, totals.streams, totals.incidents, totals.drills, totals.last_position) == (6, 3, 2, 1, 6)
    assert totals.states == {"level_assigned": 1, "reported": 1}
    assert totals.levels == {2: 1, None: 1}
    assert (totals.findings, totals.findings_by_code, totals.failures, totals.unregistered) == ((), {}, (), {})


def test_nothing():
    """An empty log has nothing in it."""
    totals = replay([], workflows=[INCIDENT]).totals()
    assert (totals.events, totals.incidents, totals.states, totals.last_position) == (0, 0, {}, 0)


def test_states(log):
    """The state of every stream is that of its own fold; realms stay apart."""
    found = replay(log.events, workflows=[INCIDENT])
    assert found.states("incident") == {f"incident-{key}": INCIDENT.fold(log.of(key)) for key in ("a", "b")}
    assert found.states("incident", realm="drill") == {"incident-a": INCIDENT.fold(log.of("a", "drill"))}
    assert found.states("lamp") == {}


def test_tenants_stay_apart(log):
    """Streams of one name in two tenants are two streams."""
    other = [moved(event, tenant="other") for event in log.of("b")]
    assert replay([*log.events, *other], workflows=[INCIDENT]).totals().states["reported"] == 2


def test_several_workflows(log):
    """Each category of streams folds under its own workflow."""
    totals = replay([*log.events, *lamps(("new", "off"), ("off", "on"))], workflows=[INCIDENT, made()]).totals()
    assert totals.aggregates == {"incident": {"level_assigned": 1, "reported": 1}, "lamp": {"on": 1}}
    assert (totals.incidents, totals.drills) == (2, 1)


def test_drills_of_other_workflows_are_no_incidents():
    """A drill of a user's workflow is left out of the figures, and is no drill of an incident."""
    events = [moved(event, realm="drill") for event in lamps(("new", "off"))]
    totals = replay(events, workflows=[INCIDENT, made()]).totals()
    assert (totals.drills, totals.aggregates, totals.streams) == (0, {}, 1)


def test_unregistered(log):
    """Events of a category that no workflow claims are counted and left aside."""
    totals = replay([*log.events, *lamps(("new", "off"), ("off", "on"))], workflows=[INCIDENT]).totals()
    assert (totals.unregistered, totals.events, totals.streams) == ({"lamp": 2}, 8, 3)


def test_findings(log):
    """A step that the workflow would not have made is found and folds; found in order once is found again each time."""
    steps = [("new", "off"), ("off", "broken"), ("on", "off"), ("off", "burning"), ("burning", "off"), ("on", "off")]
    found = replay(lamps(*steps), workflows=[made()])
    totals = found.totals()
    assert [(finding.code, finding.position) for finding in totals.findings] == [
        ("from-mismatch", 3),
        ("foreign-state", 4),
        ("not-enabled", 5),
        ("from-mismatch", 6),
    ]
    assert totals.findings_by_code == {"foreign-state": 1, "from-mismatch": 2, "not-enabled": 1}
    assert found.states("lamp")["lamp-l"].status == "off"


def test_the_rules_of_the_state_are_asked(log):
    """What an import calls a deviation is found again: a duty that was not met, a fact that came too late."""
    log.record(e.ResponseStarted(from_="level_assigned", to="responding"), key="a")
    log.record(e.IncidentResolved(from_="responding", to="resolved"), key="a")
    log.record(e.TeamAssigned(to_team="network"), key="a")
    totals = replay(log.events, workflows=[INCIDENT], plans=[PLAN]).totals()
    assert [(finding.code, finding.position) for finding in totals.findings] == [
        ("upward-report-owed", 8),
        ("not-enabled", 9),
    ]
    assert totals.plans_missing == {}
    untold = replay(log.events, workflows=[INCIDENT], plans=[attrs.evolve(PLAN, version="2")]).totals()
    assert [(finding.code, finding.position) for finding in untold.findings] == [("not-enabled", 9)]
    assert untold.plans_missing == {"service-company@1": 3}


def test_sound_steps_are_verified_by_where_they_begin(log):
    """A step that was in order once is found when the stream stands elsewhere."""
    found = replay(lamps(("new", "off"), ("off", "on"), ("off", "on")), workflows=[made()])
    assert [finding.position for finding in found.totals().findings] == [3]


@event_type()
@attrs.frozen
class Lit:
    """A lamp was lit by hand: `to` without `from`."""

    to: str


def test_event_without_from():
    """An event whose `to` has no `from` is no step of the table, and folds unverified."""
    workflow = made(evolvers={Switched: put, Lit: put})
    events = [event._replace(data=Lit("on")) for event in lamps(("new", "off"), ("off", "on"))]
    found = replay(events, workflows=[workflow])
    assert found.states("lamp")["lamp-l"].status == "on"
    assert (found.totals().findings, found.totals().failures) == ((), ())


def test_failures(log):
    """What does not fold is told with its position and stream; the state stays, and the rest folds."""
    log.record(e.EntryCorrected(entry=log.events[0].id, changes={"titel": "z"}, reason="?"), key="a")
    foreign = lamps(("new", "off"))[0]._replace(position=8, body={**log.events[-1].body, "type": "Switched"})
    log.events.append(foreign)
    log.do(c.Note(text="m"), key="b")
    totals = replay(log.events, workflows=[INCIDENT]).totals()
    assert [(failure.position, failure.stream) for failure in totals.failures] == [(7, "incident-a"), (8, "incident-a")]
    assert "titel" in totals.failures[0].text
    assert "UnreadableEvent" in totals.failures[1].text
    assert totals.states == {"level_assigned": 1, "reported": 1}


@pytest.mark.parametrize("damage", [{"tenant": None}, {"stream": ["incident-a"]}, {"stream": 5}, {"realm": {}}])
def test_damaged_bodies(log, damage):
    """An event whose body lacks its place, or holds one that is none, is a failure, and the rest folds."""
    sound = replay(log.events, workflows=[INCIDENT]).totals()
    body = {name: value for name, value in {**log.events[1].body, **damage}.items() if value is not None}
    log.events.append(log.events[1]._replace(position=99, body=body))
    totals = replay(log.events, workflows=[INCIDENT]).totals()
    assert [failure.position for failure in totals.failures] == [99]
    assert (totals.events, totals.states) == (sound.events + 1, sound.states)


def test_apply_is_take(log):
    """Event by event ends where one go ends."""
    found = Replay([INCIDENT])
    for event in log.events:
        found.apply(event)
    assert found.totals() == replay(log.events, workflows=[INCIDENT]).totals()


def test_json(log):
    """The totals are written as canonical JSON can hold them."""
    written = replay([*log.events, *lamps(("on", "off"))], workflows=[INCIDENT, made()]).totals().to_json()
    canonical(written)
    assert written["levels"] == {"2": 1, "none": 1}
    assert written["findings"][0]["code"] == "from-mismatch"
