"""Review: computed facts that cite their events, and blanks."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import attrs
import pytest

from incident_logs import PLAN, IncidentLog, after
from respond.domain.canonical import canonical
from respond.domain.moments import Moment
from respond.domain.money import Money
from respond.errors import IncidentNotFound, InvalidMoment
from respond.projections.entries import Citation
from respond.projections.review import review
from respond.workflow.incident import INCIDENT
from respond.workflow.incident import commands as c
from respond.workflow.incident import events as e


@pytest.fixture
def log():
    """Return an incident that was resolved at 60, reopened at 70, resolved at 80 and reviewed at 100."""
    log = IncidentLog()
    discovered_at = Moment(after(-10), precision="minute")
    log.do(c.ReportIncident(category="network", title="Line down", team="desk", discovered_at=discovered_at))
    log.do(c.Assess(affected_customers=300, injured=0), at=after(5))
    log.do(c.AssignLevel(level=3, basis="few"), at=after(6))
    log.do(c.StartResponse(), at=after(7))
    log.do(c.TakeCommand(briefing="dead since nine"), at=after(8), actor="wang.li")
    log.do(c.AssignTeam(team="network"), at=after(10))
    log.do(c.ChangeLevel(level=2, justification="more shops"), at=after(20), actor="chen.yu")
    log.do(c.ReportUpward(kind="initial", recipient="board", summary="34 shops"), at=after(40))
    log.do(c.TakeCommand(commander="chen.yu"), at=after(50))
    log.do(c.Assess(affected_customers=2500, loss=Money(Decimal("12.50"), "CNY")), at=after(55))
    log.do(c.Resolve(resolution="spliced"), at=after(60))
    log.do(c.Reopen(reason="three shops"), at=after(70))
    log.do(c.Resolve(resolution="restarted"), at=after(80))
    log.do(c.CloseReview(summary="A cut fibre."), at=after(100))
    return log


def reviewed(log, **options):
    """Return the review of the log under the plan that ships."""
    return review(log.events, plan=PLAN, **options)


@pytest.mark.parametrize("name", ["now", "as_of", "known_at"])
def test_a_naive_time_is_refused(log, name):
    """A time without a zone names no instant, beside one that does too."""
    with pytest.raises(InvalidMoment, match="has no time zone"):
        reviewed(log, **{"now": after(200), "as_of": after(90), "known_at": after(90), name: datetime(2026, 3, 1)})  # noqa: DTZ001


def cited(log, position):
    """Return what cites the event at *position*."""
    return Citation(position, log.events[position - 1].id)


def spans(tenures):
    """Return tenures as (holder, since, until) in minutes from the start."""

    def minutes(at):
        return None if at is None else (at - after(0)) / timedelta(minutes=1)

    return [(one.holder, minutes(one.since), minutes(one.until)) for one in tenures]


def test_head(log):
    """The head says which incident it is, where it stands, and what pins it."""
    found = reviewed(log)
    assert (found.id, found.number, found.realm) == ("a", "INC-1", "real")
    assert (found.title, found.category) == ("Line down", "network")
    assert (found.status, found.level, found.resolution, found.summary) == ("reviewed", 2, "restarted", "A cut fibre.")
    assert (found.plan, found.reporter, found.first_event) == (PLAN.reference, "wang.li", cited(log, 1))
    assert (found.last_position, found.measured_until, found.clock_used) == (14, after(100), "log")


def test_milestones(log):
    """Each milestone stands with its time and its event, in the order of what happened."""
    assert [(one.name, one.at, one.citation) for one in reviewed(log).milestones] == [
        ("discovered", after(-10), cited(log, 1)),
        ("reported", after(0), cited(log, 1)),
        ("acknowledged", after(5), cited(log, 2)),
        ("assessed", after(5), cited(log, 2)),
        ("level_assigned", after(6), cited(log, 3)),
        ("response_started", after(7), cited(log, 4)),
        ("first_upward_report", after(40), cited(log, 8)),
        ("resolved_first", after(60), cited(log, 11)),
        ("reopened", after(70), cited(log, 12)),
        ("resolved_last", after(80), cited(log, 13)),
        ("reviewed", after(100), cited(log, 14)),
    ]
    assert reviewed(log).milestones[0].moment.precision == "minute"


@pytest.mark.parametrize(("source", "minutes"), [({"inferred": True}, 10), ({"row": 1}, 0)])
def test_what_a_log_merely_implies_acknowledges_nothing(source, minutes):
    """A step that a foreign log only implies is a milestone of its own, and shows nobody who took the incident up."""
    log = IncidentLog()
    log.do(c.ReportIncident(category="other", title="x"))
    log.record(e.IncidentAssessed(from_="reported", to="assessed"), source=source)
    log.do(c.AssignLevel(level=3, basis="few"), at=after(10))
    reached = {one.name: one.at for one in review(log.events, plan=PLAN).milestones}
    assert (reached["assessed"], reached["acknowledged"]) == (after(0), after(minutes))


def test_durations(log):
    """Durations run between milestones and cite both; a repeat runs from the reopening."""
    told = reviewed(log).durations
    found = {one.name: (one.since, one.until, one.seconds // 60) for one in told if one.ordinal == 1}
    again = [(one.name, one.ordinal, one.since, one.seconds // 60) for one in told if one.ordinal > 1]
    assert again == [("resolve_first", 2, "reopened", 10)]
    assert found == {
        "report": ("discovered", "reported", 10),
        "acknowledge": ("reported", "acknowledged", 5),
        "assess": ("reported", "assessed", 5),
        "assign_level": ("reported", "level_assigned", 6),
        "start_response": ("reported", "response_started", 7),
        "report_upward": ("reported", "first_upward_report", 40),
        "resolve_first": ("reported", "resolved_first", 60),
        "resolve_last": ("reported", "resolved_last", 80),
        "review": ("resolved_last", "reviewed", 20),
    }
    assert told[-1].citations == (cited(log, 13), cited(log, 14))


def test_reopened_each_time():
    """Every reopening is a milestone with its number; a cancelled and a merged incident say when."""
    log = IncidentLog()
    log.do(c.ReportIncident(category="other", title="x"))
    for minutes in (1, 3):
        log.do(c.Cancel(reason=f"nothing {minutes}"), at=after(minutes))
        log.do(c.Reopen(reason="something"), at=after(minutes + 1))
    log.do(c.Merge(into="b", reason="same"), at=after(5))
    found = [(one.name, one.ordinal, one.at) for one in reviewed(log).milestones]
    assert found == [
        ("reported", 1, after(0)),
        ("reopened", 1, after(2)),
        ("cancelled", 1, after(3)),
        ("reopened", 2, after(4)),
        ("merged", 1, after(5)),
    ]
    assert (reviewed(log).merged_into, reviewed(log).open_seconds) == ("b", 180)


@pytest.mark.parametrize(
    ("value", "at"),
    [("2026-11-20T16:40:00+08:00", after(-20)), ("this morning", None), (7, None)],
)
def test_impact_start(log, value, at):
    """People tell when the impact began in an extension field; until they do it is a blank."""
    log.do(c.Note(text="shop 4 said so", fields={"impact_start": value}))
    found = reviewed(log)
    told = [one.at for one in found.milestones if one.name == "impact_start"]
    assert told == ([] if at is None else [at])
    assert ("impact_start" in {blank.name for blank in found.blanks}) == (at is None)
    assert [one.seconds for one in found.durations if one.name == "detect"] == ([] if at is None else [600])


def test_negative_duration(log):
    """Two times that contradict each other are shown as they are."""
    changes = {"discovered_at": Moment(after(3)).to_json()}
    log.do(c.Correct(entry=log.events[0].id, changes=changes, reason="asked again"))
    assert next(one.seconds for one in reviewed(log).durations if one.name == "report") == -180


def test_status_and_time_open(log):
    """The statuses follow each other without a gap; open and resolved times are their sums."""
    found = reviewed(log)
    assert spans(found.statuses) == [
        ("reported", 0, 5),
        ("assessed", 5, 6),
        ("level_assigned", 6, 7),
        ("responding", 7, 40),
        ("reported_upward", 40, 60),
        ("resolved", 60, 70),
        ("responding", 70, 80),
        ("resolved", 80, 100),
        ("reviewed", 100, None),
    ]
    assert (found.open_seconds, found.resolved_seconds) == (70 * 60, 30 * 60)


def test_commanders(log):
    """Command ends with the next commander and with the incident, and goes on when it is reopened."""
    found = reviewed(log).commanders
    assert spans(found) == [("wang.li", 8, 50), ("chen.yu", 50, 60), ("chen.yu", 70, 80)]
    assert [(one.began_by, one.ended_by) for one in found] == [
        (cited(log, 5), cited(log, 9)),
        (cited(log, 9), cited(log, 11)),
        (cited(log, 12), cited(log, 13)),
    ]


def test_commander_of_an_instant(log):
    """Who took command in the very instant of the end held it for no time."""
    log.cut(10)
    log.do(c.TakeCommand(commander="li.na"), at=after(60))
    log.do(c.Resolve(resolution="x"), at=after(60))
    assert spans(reviewed(log).commanders)[-2:] == [("chen.yu", 50, 60), ("li.na", 60, 60)]


def test_command_taken_after_the_end():
    """A foreign log may hand over command after the end: it counts from the reopening, or not at all."""
    log = IncidentLog()
    log.do(c.ReportIncident(category="other", title="x"))
    log.do(c.Cancel(reason="nothing"), at=after(10))
    log.record(e.CommandTransferred(to_commander="li.na"), at=after(20))
    assert reviewed(log).commanders == ()
    log.do(c.Reopen(reason="something"), at=after(30))
    assert spans(reviewed(log).commanders) == [("li.na", 30, None)]
    log.record(e.CommandTransferred(to_commander="wu"), at=after(40), occurred_at=after(25))
    assert spans(reviewed(log).commanders) == [("wu", 30, None)]


def test_last_commander_lasts(log):
    """While an incident is open its commander's time runs, up to the time that is given."""
    log.cut(10)
    found = reviewed(log, now=after(90))
    assert spans(found.commanders)[-1] == ("chen.yu", 50, None)
    assert (found.commanders[-1].seconds, found.commanders[-1].ended_by) == (40 * 60, None)
    assert (found.open_seconds, found.measured_until) == (90 * 60, after(90))


def test_teams(log):
    """The team that the report names has it first; nobody has it when it was taken away."""
    assert spans(reviewed(log).teams) == [("desk", 0, 10), ("network", 10, 60), ("network", 70, 80)]
    log.cut(10)
    log.record(e.TeamAssigned(from_team="network"), at=after(57))
    assert spans(reviewed(log).teams) == [("desk", 0, 10), ("network", 10, 57)]


def test_the_end_is_cited(log):
    """The resolution and the summary that stand cite who told them; what a level lasted cites what began each time."""
    found = reviewed(log)
    assert (found.resolution, found.resolution_citation) == ("restarted", cited(log, 13))
    assert (found.summary, found.summary_citation) == ("A cut fibre.", cited(log, 14))
    assert [(one.level, one.citations) for one in found.level_times] == [
        (2, (cited(log, 7), cited(log, 12))),
        (3, (cited(log, 3),)),
    ]
    log.cut(12)
    found = reviewed(log)
    assert (found.resolution_citation, found.summary_citation) == (None, None)


def test_levels(log):
    """Every level stands with its reason and its event, the worst one apart, and how long the incident was at each."""
    found = reviewed(log)
    assert [(one.level, one.previous, one.reason, one.actor, one.citation) for one in found.levels] == [
        (3, None, "few", "wang.li", cited(log, 3)),
        (2, 3, "more shops", "chen.yu", cited(log, 7)),
    ]
    assert found.peak_level.citation == cited(log, 7)
    assert spans(found.level_tenures) == [(3, 6, 20), (2, 20, 60), (2, 70, 80)]
    assert [(one.level, one.seconds // 60) for one in found.level_times] == [(2, 50), (3, 14)]


def test_upward_reports(log):
    """What a level owes is met by the first report; a level that owes none is no duty."""
    found = reviewed(log)
    assert [(one.level, one.since, one.because_of, one.met_by) for one in found.upward_duties] == [
        (2, after(20), cited(log, 7), cited(log, 8))
    ]
    assert [(one.kind, one.recipient, one.summary, one.at, one.citation) for one in found.upward_reports] == [
        ("initial", "board", "34 shops", after(40), cited(log, 8))
    ]
    assert found.upward_reports_missing == ()


@pytest.mark.parametrize("told", [False, True])
def test_the_duty_of_an_absorbed_incident(told):
    """What it owed is owed here since the merge, which meets it too when it had reported; its level counts as peak."""
    log = IncidentLog()
    for command in (c.ReportIncident(category="other", title="x"), c.Assess(), c.AssignLevel(level=4, basis="one")):
        log.do(command)
    log.do(c.Absorb(source="b", reason="none", worst_level=None))
    log.do(c.Absorb(source="c", reason="same", worst_level=1, reported_upward=told), at=after(5), actor="li.na")
    found, state = reviewed(log), INCIDENT.fold(log.events)
    met_by = cited(log, 5) if told else None
    assert [(one.level, one.since, one.because_of, one.met_by) for one in found.upward_duties] == [
        (1, after(5), cited(log, 5), met_by)
    ]
    assert len(found.upward_reports_missing) == (not told)
    assert (found.peak_level.level, found.peak_level.reason, found.peak_level.actor) == (1, "same", "li.na")
    assert (state.level, state.worst_level, [one.level for one in found.levels]) == (4, 1, [4])


def test_missing_upward_report(log):
    """A level that owes a report is missing it until one is sent, and again when it is retracted."""
    log.do(c.Retract(entry=log.events[7].id, reason="never sent"))
    log.record(e.LevelChanged(from_level=2, to_level=1))
    log.record(e.LevelChanged(from_level=1, to_level=2))
    log.record(e.LevelChanged(from_level=2, to_level=9))
    found = reviewed(log)
    assert [one.level for one in found.upward_reports_missing] == [2, 1]
    assert found.upward_reports == ()


def test_estimates(log):
    """The first and the final estimate stand side by side; what nobody judged is left out."""
    assert [(one.name, one.first, one.final, one.final_citation) for one in reviewed(log).estimates] == [
        ("affected_customers", 300, 2500, cited(log, 10)),
        ("injured", 0, 0, cited(log, 2)),
        ("loss", Money(Decimal("12.50"), "CNY"), Money(Decimal("12.50"), "CNY"), cited(log, 10)),
    ]


def test_estimates_by_time(log):
    """Each judgement is kept with its time; what was told first stands, with the correction beside it."""
    log.do(c.Correct(entry=log.events[1].id, changes={"affected_customers": 310}, reason="counted"), at=after(130))
    customers = reviewed(log).estimates[0]
    assert (customers.first, customers.final) == (300, 2500)
    assert [(one.told, one.now, one.at, one.citation, one.corrected_by) for one in customers.judged] == [
        (300, 310, after(5), cited(log, 2), (cited(log, 15),)),
        (2500, 2500, after(55), cited(log, 10), ()),
    ]


def test_estimates_of_each_kind():
    """Sites, facilities, facets and the plan's own fields are judged too; what a correction adds was not told first."""
    log = IncidentLog()
    log.do(c.ReportIncident(category="network", title="Line down"))
    log.do(c.Assess(sites=14, critical_facility=False, facets=("media",), fields={"shelves": 2}), at=after(5))
    log.do(c.Correct(entry=log.events[1].id, changes={"dead": 0}, reason="nobody asked"), at=after(6))
    found = {one.name: one for one in reviewed(log).estimates}
    assert [(name, one.first) for name, one in found.items()] == [
        ("dead", 0),
        ("sites", 14),
        ("critical_facility", False),
        ("facets", ("media",)),
        ("fields.shelves", 2),
    ]
    (dead,) = found["dead"].judged
    assert (dead.told, dead.now, dead.corrected_by) == (None, 0, (cited(log, 3),))


def test_retracted_assessment_counts_for_nothing(log):
    """A retracted assessment is no estimate and no milestone, but the step that it took stands."""
    log.do(c.Retract(entry=log.events[1].id, reason="wrong"))
    found = reviewed(log)
    assert found.estimates[0].first == 2500
    assert next(one.at for one in found.milestones if one.name == "acknowledged") == after(6)
    assert ("assessed", 5, 6) in spans(found.statuses)


def test_notes_and_late_entries(log):
    """Notes are listed with what belongs to them; late entries with how late they were."""
    log.do(c.Note(text="smoke", fields={"floor": 3}), at=after(120), occurred_at=after(90), actor="wu")
    found = reviewed(log)
    assert [(one.text, one.fields, one.attachments, one.at, one.actor) for one in found.notes] == [
        ("smoke", {"floor": 3}, (), after(90), "wu")
    ]
    assert [(one.type, one.delay_seconds, one.citation) for one in found.late_entries] == [
        ("ProgressNoted", 1800, cited(log, 15))
    ]
    assert reviewed(log, late_after=timedelta(hours=1)).late_entries == ()


def test_amendments(log):
    """Corrections and retractions name their entry and what it said before."""
    changes = {"affected_customers": 30, "findings": "few", "occurred_at": Moment(after(4)).to_json()}
    log.do(c.Correct(entry=log.events[1].id, changes=changes, reason="typo"))
    log.do(c.Retract(entry=log.events[9].id, reason="wrong"))
    log.record(e.EntryRetracted(entry="elsewhere", reason="?"))
    first, second, third = reviewed(log).amendments
    assert (first.kind, first.position, first.reason, first.changes) == ("correction", 2, "typo", changes)
    assert first.original == {"affected_customers": 300, "occurred_at": "2026-11-20T09:05:00.000000Z"}
    assert (second.kind, second.entry, second.position) == ("retraction", log.events[9].id, 10)
    assert (second.changes, second.original, second.citation) == ({}, {}, cited(log, 16))
    assert (third.entry, third.position) == ("elsewhere", None)


def test_deviations_by_what_the_state_says():
    """A duty that was not met is a deviation of the review too, as it is of an import."""
    log = IncidentLog()
    for command in (c.ReportIncident(category="other", title="x"), c.Assess(), c.AssignLevel(level=1, basis="all")):
        log.do(command)
    log.do(c.StartResponse())
    log.record(e.IncidentResolved(from_="responding", to="resolved"))
    log.record(e.TeamAssigned(to_team="desk"))
    found = review(log.events, plan=PLAN).deviations
    assert [(one.code, one.citation) for one in found] == [
        ("upward-report-owed", cited(log, 5)),
        ("not-enabled", cited(log, 6)),
    ]
    assert found[1].source == found[1].dest == "resolved"


def test_deviations():
    """A step that the workflow would not have made is listed with its event, and the review goes on."""
    log = IncidentLog()
    log.record(e.IncidentReported(from_="new", to="reported", category="other", title="x"))
    log.record(e.IncidentResolved(from_="reported", to="resolved"), at=after(5))
    log.record(e.StepRecorded(from_="new", to="parked", step="Parked"), at=after(6))
    found = reviewed(log)
    assert [(one.code, one.source, one.dest, one.citation) for one in found.deviations] == [
        ("not-enabled", "reported", "resolved", cited(log, 2)),
        ("from-mismatch", "new", "parked", cited(log, 3)),
    ]
    assert spans(found.statuses) == [("reported", 0, 5), ("resolved", 5, 6), ("parked", 6, None)]


def test_blanks(log):
    """What no event can tell waits for people; the summary does until the review is closed."""
    assert [blank.name for blank in reviewed(log).blanks] == [
        "impact_start",
        "missed_signals",
        "trigger",
        "root_causes",
        "nature",
        "narrative",
        "made_worse",
        "went_well",
        "went_badly",
        "lucky",
        "coordination",
        "open_questions",
        "surprises",
        "lessons",
        "action_items",
        "plan_adequacy",
        "temporary_fix",
        "permanent_fix",
        "reviewers",
        "facilitator",
        "signatures",
        "publication",
    ]
    log.cut(13)
    assert reviewed(log).blanks[-1].name == "summary"


def test_known_at(log):
    """The review as it could be made at a time: nothing later, and what lasted is measured to then."""
    found = reviewed(log, known_at=after(30), now=after(500))
    assert (found.status, found.last_position, found.measured_until) == ("responding", 7, after(30))
    assert (found.open_seconds, found.known_at) == (30 * 60, after(30))
    assert [one.level for one in found.upward_reports_missing] == [2]


def test_as_of_before_the_report(log):
    """Before it was reported there is no incident to review; from that instant on there is."""
    with pytest.raises(IncidentNotFound, match="had not been reported yet at 2026-11-20T08:59:00"):
        reviewed(log, as_of=after(-1))
    assert reviewed(log, as_of=after(0)).status == "reported"


def test_as_of_leaves_out_amendments_of_what_had_not_happened(log):
    """A correction goes with its entry: one of an entry that had happened is told, whenever it was made."""
    early, late = log.events[1], log.events[9]
    for entry in (early, late):
        log.do(c.Correct(entry=entry.id, changes={"injured": 1}, reason="forgotten"), at=after(130))
    assert [one.entry for one in reviewed(log, as_of=after(30)).amendments] == [early.id]
    assert [one.entry for one in reviewed(log, as_of=after(55)).amendments] == [early.id, late.id]
    assert [one.entry for one in reviewed(log).amendments] == [early.id, late.id]


def test_as_of_leaves_out_deviations_that_had_not_happened():
    """A step that the workflow would not have made is told from when it happened on."""
    log = IncidentLog()
    log.do(c.ReportIncident(category="network", title="Line down"))
    log.record(e.IncidentResolved(from_="reported", to="resolved", resolution="x"), at=after(10))
    assert reviewed(log, as_of=after(9)).deviations == ()
    assert len(reviewed(log, as_of=after(10)).deviations) == len(reviewed(log).deviations) == 1


def test_as_of(log):
    """The review of what had happened by a time, by all that is known now."""
    log.do(c.Note(text="smoke"), at=after(120), occurred_at=after(25))
    found = reviewed(log, as_of=after(30))
    assert (found.status, found.last_position, found.as_of) == ("responding", 15, after(30))
    assert ([one.text for one in found.notes], len(found.late_entries)) == (["smoke"], 1)
    assert spans(found.commanders) == [("wang.li", 8, None)]


def test_nothing_known(log):
    """A review of nothing is refused."""
    with pytest.raises(IncidentNotFound, match="nothing of the incident was known then"):
        reviewed(log, known_at=after(-1))


def test_facts_cite_their_events(log):
    """Every fact of the review cites events that are in the log."""
    log.do(c.Note(text="smoke"), at=after(120), occurred_at=after(25))
    log.do(c.Correct(entry=log.events[0].id, changes={"title": "x"}, reason="y"))
    known = {cited(log, position) for position in range(1, len(log.events) + 1)}
    found = reviewed(log)
    for name in ("milestones", "statuses", "levels", "level_tenures", "commanders", "teams", "estimates", "notes"):
        for fact in getattr(found, name):
            cites = [value for value in attrs.asdict(fact, recurse=False).values() if isinstance(value, Citation)]
            assert cites, name
            assert set(cites) <= known
    for duration in found.durations:
        assert set(duration.citations) <= known


def test_json(log):
    """A review is written as canonical JSON can hold it, every key always there."""
    written = reviewed(log).to_json()
    canonical(written)
    assert list(written) == [field.name for field in attrs.fields(type(reviewed(log)))]
    assert written["estimates"][2]["final"] == {"amount": {"$dec": "12.50"}, "currency": "CNY"}
    assert written["plan"]["name"] == PLAN.name
