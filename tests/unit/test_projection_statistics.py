"""Statistics: figures over the whole log."""

from __future__ import annotations

import pytest

from incident_logs import IncidentLog, after
from respond.domain.canonical import canonical
from respond.domain.moments import Moment
from respond.projections.statistics import Statistics, nearest_rank
from respond.workflow.incident import commands as c
from respond.workflow.incident import events as e


def figures(events):
    """Return the figures after *events*."""
    statistics = Statistics()
    for event in events:
        statistics.apply(event)
    return statistics.figures()


@pytest.fixture
def log():
    """Return the log of an incident: acknowledged after 10 minutes, resolved after 60 and, reopened, after 90."""
    log = IncidentLog()
    log.do(c.ReportIncident(category="network", title="Line down"))
    log.do(c.Assess(affected_customers=3), at=after(10))
    log.do(c.AssignLevel(level=3, basis="few"), at=after(11))
    log.do(c.StartResponse(), at=after(12))
    log.do(c.TakeCommand(), at=after(13))
    log.do(c.ChangeLevel(level=2, justification="more"), at=after(14))
    log.do(c.ChangeLevel(level=4, justification="fewer"), at=after(15))
    log.do(c.ReportUpward(kind="initial", recipient="board", summary="x"), at=after(16))
    log.do(c.Resolve(resolution="restarted"), at=after(60))
    log.do(c.Reopen(reason="no"), at=after(70))
    log.do(c.Resolve(resolution="replaced"), at=after(90))
    return log


def test_one_incident(log):
    """Everything that is counted of one incident."""
    found = figures(log.events)
    assert (found.events, found.incidents, found.open, found.last_position) == (11, 1, 0, 11)
    assert (found.states, found.categories) == ({"resolved": 1}, {"network": 1})
    assert (found.levels, found.worst_levels) == ({4: 1}, {2: 1})
    assert (found.reopened, found.reopened_incidents, found.raised, found.lowered) == (1, 1, 1, 1)
    assert (found.acknowledge.count, found.acknowledge.median_seconds) == (1, 600)
    assert (found.resolve.count, found.resolve.percentile_90_seconds) == (1, 5400)


def test_nothing():
    """Nothing happened: nothing is counted, and no time was taken."""
    found = figures([])
    assert (found.incidents, found.states, found.last_position) == (0, {}, 0)
    assert (found.acknowledge.count, found.acknowledge.median_seconds) == (0, None)


def test_reopened_is_not_resolved(log):
    """An incident that was reopened takes no time to resolve until it is resolved again."""
    assert figures(log.events[:9]).resolve.median_seconds == 3600
    assert figures(log.events[:10]).resolve.count == 0
    assert figures(log.events[:10]).open == 1


def test_drills_are_never_counted(log):
    """A drill changes no figure, however it is mixed with reality."""
    before = figures(log.events)
    log.do(c.ReportIncident(category="other", title="Drill"), realm="drill", key="d")
    log.do(c.Assess(), realm="drill", key="d")
    assert figures(log.events) == before


def test_strangers_are_not_counted(log):
    """An incident that nobody reported, and a stream of another category, change no figure."""
    before = figures(log.events)
    log.record(e.ProgressNoted(text="x"), key="unreported")
    first = log.events[0]
    desk = type(first)(99, first.recorded_us, {**first.body, "stream": "desk-a"}, first.data)
    assert figures([*log.events, desk]) == before


def test_time_of_the_world(log):
    """Times are those of the world: a late entry counts from when it happened, not from when it was recorded."""
    log.do(c.ReportIncident(category="other", title="x"), key="b", at=after(100), occurred_at=after(50))
    log.do(c.Assess(), key="b", at=after(200), occurred_at=Moment(at=after(55), until=after(56)))
    assert figures(log.events[11:]).acknowledge.median_seconds == 300


def test_unknown_time(log):
    """Where nobody knows when it happened, the recording counts."""
    log.do(c.ReportIncident(category="other", title="x"), key="b", at=after(100), occurred_at=None)
    log.do(c.Assess(), key="b", at=after(107), occurred_at=None)
    assert figures(log.events[11:]).acknowledge.median_seconds == 420


def test_acknowledged_before_it_was_reported(log):
    """Who acted before the report took no time at all."""
    log.do(c.ReportIncident(category="other", title="x"), key="b", at=after(100))
    log.do(c.Assess(), key="b", at=after(101), occurred_at=after(80))
    assert figures(log.events[11:]).acknowledge.median_seconds == 0


@pytest.mark.parametrize(("inferred", "minutes"), [(True, 10), (False, 0)])
def test_what_a_log_merely_implies_acknowledges_nothing(inferred, minutes):
    """A foreign log's first row implies that someone judged the incident; nobody did anything yet."""
    log = IncidentLog()
    source = {"inferred": True} if inferred else {"row": 1}
    log.do(c.ReportIncident(category="other", title="x"))
    for payload in (
        e.IncidentAssessed(from_="reported", to="assessed"),
        e.LevelAssigned(from_="assessed", to="level_assigned", level=3),
        e.CommandTransferred(to_commander="li.na"),
    ):
        log.record(payload, source=source)
    log.do(c.StartResponse(), at=after(10))
    found = figures(log.events)
    assert (found.acknowledge.median_seconds, found.levels, found.states) == (minutes * 60, {3: 1}, {"responding": 1})
    assert "a foreign log merely implies" in found.acknowledge.definition


def test_the_worst_level_counts_what_was_absorbed(log):
    """An incident that went on after a merge counts with the worst level of both."""
    log.do(c.Absorb(source="b", reason="same", worst_level=1, reported_upward=True))
    found = figures(log.events)
    assert (found.levels, found.worst_levels) == ({4: 1}, {1: 1})


def test_corrected_times(log):
    """A corrected time moves what it measures: of the report, of what acknowledged it, of what resolved it."""
    for position, minutes in ((1, -10), (2, 5), (11, 80), (8, 17)):
        entry, right = log.events[position - 1].id, Moment(after(minutes)).to_json()
        log.do(c.Correct(entry=entry, changes={"occurred_at": right}, reason="clock"))
    found = figures(log.events)
    assert (found.acknowledge.median_seconds, found.resolve.median_seconds) == (15 * 60, 90 * 60)


def test_time_corrected_to_unknown(log):
    """A time that is corrected to unknown falls back to the recording."""
    changes = {"occurred_at": Moment(after(2)).to_json()}
    log.do(c.Correct(entry=log.events[1].id, changes=changes, reason="x"), at=after(95))
    assert figures(log.events).acknowledge.median_seconds == 120
    log.record(e.EntryCorrected(entry=log.events[1].id, changes={"occurred_at": None}, reason="y"))
    assert figures(log.events).acknowledge.median_seconds == 600


def test_corrected_category(log):
    """A corrected category moves the incident; other corrections do not."""
    log.do(c.Correct(entry=log.events[0].id, changes={"category": "other"}, reason="x"))
    log.do(c.Correct(entry=log.events[1].id, changes={"findings": "y"}, reason="x"))
    assert figures(log.events).categories == {"other": 1}


def test_retracted_assessment(log):
    """A retracted assessment acknowledges nothing; the next step does."""
    log.do(c.Retract(entry=log.events[1].id, reason="wrong"))
    assert figures(log.events).acknowledge.median_seconds == 660


def test_level_kept_by_a_foreign_log(log):
    """A change to the same level is neither raised nor lowered."""
    log.record(e.LevelChanged(from_level=4, to_level=4))
    assert (figures(log.events).raised, figures(log.events).lowered) == (1, 1)


@pytest.mark.parametrize(
    ("values", "median", "percentile_90"),
    [
        ([], None, None),
        ([7], 7, 7),
        ([1, 2], 1, 2),
        ([1, 2, 3], 2, 3),
        (list(range(1, 11)), 5, 9),
        (list(range(1, 12)), 6, 10),
        (list(range(1, 101)), 50, 90),
    ],
)
def test_nearest_rank(values, median, percentile_90):
    """The nearest rank is always one of the values."""
    assert (nearest_rank(values, 50), nearest_rank(values, 90)) == (median, percentile_90)


def test_unassigned_comes_last(log):
    """Levels are listed from the worst, then those without one."""
    log.do(c.ReportIncident(category="other", title="x"), key="b")
    log.record(e.LevelAssigned(from_="reported", to="reported", level=1), key="c")
    log.do(c.ReportIncident(category="other", title="x"), key="d")
    log.record(e.LevelAssigned(from_="reported", to="reported", level=1), key="d")
    assert list(figures(log.events).levels.items()) == [(1, 1), (4, 1), (None, 1)]


def test_json(log):
    """The figures are written with their definitions; what has no level stands under `none`."""
    statistics = Statistics()
    log.do(c.ReportIncident(category="other", title="x"), key="b")
    for event in log.events:
        statistics.apply(event)
    written = statistics.to_json()
    canonical(written)
    assert written["levels"] == {"4": 1, "none": 1}
    assert "first acknowledgement, assessment" in written["acknowledge"]["definition"]
    assert "nearest rank" in written["resolve"]["rank"]
