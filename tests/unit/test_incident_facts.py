"""Facts: what the events of an incident tell that its obligations rest on."""

from __future__ import annotations

from datetime import datetime, timedelta

import attrs
import pytest

from engines import REPORTED, engine_on
from play import DUTIES, PLAN, START, Play
from respond.domain.moments import Moment
from respond.errors import CommandRefused
from respond.plan.facts import Facts
from respond.plan.obligations import Clock, Obligation
from respond.plan.owed import owed, verdict
from respond.plan.spans import Span
from respond.store.memory import MemoryEventStore
from respond.testing.conformance.samples import ManualClock
from respond.workflow.incident import commands as c
from respond.workflow.incident import events as e
from respond.workflow.incident.facts import facts_of
from respond.workflow.incident.obligations import obligations_of
from respond.workflow.incident.triage import Acknowledge, Recategorise

EARLIER = START - timedelta(minutes=30)
FACETED = attrs.evolve(
    DUTIES,
    categories=tuple(
        attrs.evolve(one, facets={"network": ("technology",), "other": ("customers",)}.get(one.id, ()))
        for one in PLAN.categories
    ),
)
LIFE = (
    c.ReportIncident(category="other", title="x", discovered_at=Moment(EARLIER), began_at=Moment(EARLIER)),
    Acknowledge(),
    c.Assess(affected_customers=3),
    c.AssignLevel(level=2, basis="x"),
    c.StartResponse(),
    c.TakeCommand(commander="chen.yu"),
    c.ReportUpward(kind="initial", recipient="HQ", summary="x"),
    c.Note(text="x"),
    c.Fulfil(obligation="visit"),
    c.ChangeLevel(level=3, justification="x"),
    c.Resolve(resolution="x"),
    c.Reopen(reason="x"),
    c.Resolve(resolution="y"),
    c.CloseReview(summary="x"),
)


def lived(*commands: object) -> Play:
    """Return an incident that *commands* were carried out on, each a minute after the other."""
    play = Play(plan=FACETED)
    for command in commands:
        if isinstance(command, c.StartResponse | c.Resolve | c.CloseReview):
            play.plan = PLAN  # whose obligations bar nothing
        play.do(command)
        play.plan = FACETED
    return play


def facts(play: Play) -> Facts:
    """Return the facts of an incident."""
    return facts_of(FACETED, play.history)


def at(minutes: int) -> datetime:
    """Return the instant so many minutes after the report."""
    return START + timedelta(minutes=minutes)


def test_a_whole_life():
    """Each fact, act, level and state is there once, with its time, in the order of the world."""
    found = facts(lived(*LIFE))
    assert {fact: [one.at for one in times] for fact, times in found.facts.items()} == {
        "told": [at(0)],
        "discovered": [EARLIER],
        "aware": [EARLIER],
        "occurred": [EARLIER],
        "classified": [at(0)],
        "assessed": [at(2)],
        "level_assigned": [at(3), at(9)],
        "response_started": [at(4)],
        "response_ended": [at(10), at(12)],
        "reopened": [at(11)],
    }
    assert [(one.act, one.at) for one in found.done] == [
        ("acknowledge", at(1)),
        ("assess", at(2)),
        ("assign_level", at(3)),
        ("fill_roles", at(3)),
        ("start_response", at(4)),
        ("take_command", at(5)),
        ("report_upward", at(6)),
        ("tell_audience", at(6)),
        ("note_progress", at(7)),
        ("fulfil", at(8)),
        ("resolve", at(10)),
        ("resolve", at(12)),
        ("close_review", at(13)),
    ]
    report = next(one for one in found.done if one.act == "report_upward")
    assert (report.report, report.recipient) == ("initial", "HQ")
    assert [one.level for one in found.levels] == [2, 3]
    assert [one.state for one in found.states] == [
        "reported",
        "assessed",
        "level_assigned",
        "responding",
        "reported_upward",
        "resolved",
        "responding",
        "resolved",
        "reviewed",
    ]


def test_what_is_told_late_stands_where_it_happened():
    """Entries are taken in the order of the world, not in that of the log."""
    play = lived(LIFE[0])
    play.record(e.IncidentAssessed(from_="reported", to="assessed", affected_customers=5))
    late = Moment(at(-10)).to_json()
    play.do(c.Correct(entry=play.entry("IncidentAssessed"), changes={"occurred_at": late}, reason="clock"))
    assert [one.at for one in facts(play).facts["assessed"]] == [at(-10)]
    assert [one.at for one in facts(play).known] == [at(-10), at(0)]


def test_corrections_and_retractions_count():
    """An entry is taken as it reads now, and one that was retracted not at all."""
    play = lived(*LIFE[:3]).do(c.Assess(affected_customers=9))
    first, last = (event.id for event in play.history if event.type == "IncidentAssessed")
    play.do(c.Correct(entry=first, changes={"affected_customers": 7}, reason="typo"), c.Retract(entry=last, reason="x"))
    assert [one.impact.affected_customers for one in facts(play).known] == [None, 7]
    play.do(c.Fulfil(obligation="visit"))
    assert [one.act for one in facts(play).done][-1] == "fulfil"
    play.do(c.Retract(entry=play.entry("ObligationFulfilled"), reason="a mistake"))
    assert [one.act for one in facts(play).done][-1] == "assess"


@pytest.mark.parametrize(
    ("told", "at_last"),
    [
        ((c.Note(fields={"impact_start": "2026-03-01T07:00:00Z"}),), START - timedelta(hours=1)),
        ((c.Note(fields={"impact_start": "yesterday"}), c.Note(fields={"impact_start": 7})), EARLIER),
        ((c.Assess(began_at=Moment(at(-5))),), at(-5)),
        ((c.Assess(began_at=Moment(at(-5))), c.Note(fields={"impact_start": "2026-03-01T07:00:00Z"})), at(-60)),
    ],
)
def test_the_last_word_on_the_beginning_counts(told, at_last):
    """When the impact began is told by the report, an assessment or a note; what is no time tells nothing."""
    assert [one.at for one in facts(lived(LIFE[0]).do(*told)).facts["occurred"]] == [at_last]


def test_nobody_is_aware_before_it_is_told():
    """Without a discovery, or with one that is told to be later, being told makes aware."""
    for discovered in (None, Moment(at(9))):
        told = e.IncidentReported(from_="new", to="reported", category="other", title="x", discovered_at=discovered)
        play = Play().record(told)
        assert [one.at for one in facts(play).facts["aware"]] == [at(0)]


def test_what_is_known_of_the_impact():
    """The category brings its facets, unless an assessment tells others; each change of either is kept."""
    play = lived(c.ReportIncident(category="other", title="x"), c.Assess(sites=2))
    play.do(Recategorise(category="network", reason="x"), c.Assess(facets=("law",)))
    play.do(Recategorise(category="other", reason="y"), c.Assess())
    known = [one.impact for one in facts(play).known]
    assert [one.facets for one in known] == [
        ("customers",),
        ("customers",),
        ("technology",),
        ("law",),
        ("law",),
        ("customers",),
    ]
    assert (known[2].category, known[2].ancestors, known[2].sites) == ("network", ("technical_failure",), 2)
    assert [one.at for one in facts(play).facts["classified"]] == [at(0), at(2), at(4)]


def test_a_foreign_log_may_begin_anywhere():
    """An assessment of what nobody reported, and a category that the plan does not have, bring no facets."""
    play = Play(plan=FACETED).record(e.IncidentAssessed(from_="new", to="assessed"))
    play.record(e.IncidentReported(from_="assessed", to="reported", category="7", title="x"))
    assert [one.impact.facets for one in facts(play).known] == [(), ()]


def test_a_raised_level_starts_the_clocks_of_what_it_newly_owes():
    """What only level 1 owes is counted from the raise, not from the first level; what was owed keeps its clock."""
    hour = (Clock(from_="level_assigned", within=Span(1, "hour")),)
    grave = Obligation(id="grave", title="Tell all", act="fulfil", levels=(1,), due=hour)
    both = Obligation(id="both", title="Tell some", act="fulfil", levels=(1, 2), due=hour)
    plan = attrs.evolve(PLAN, obligations=(grave, both))
    play = lived(*LIFE[:5]).do(c.ChangeLevel(level=1, justification="x"))
    due = {one.obligation: one.due_at for one in owed(plan, facts_of(plan, play.history))}
    assert due == {"grave": at(5 + 60), "both": at(3 + 60)}


def test_waivers_and_pauses():
    """What was waived, with its occurrence and reason; what was paused, until when."""
    play = lived(LIFE[0]).do(c.PauseClock(obligation="visit", reason="a storm"))
    (paused,) = facts(play).paused
    assert (paused.at, paused.until, paused.reason) == (at(1), None, "a storm")
    play.do(c.ResumeClock(obligation="visit"), c.PauseClock(obligation="visit", reason="another"))
    play.do(c.Waive(obligation="visit", reason="closed"))
    assert [(one.at, one.until) for one in facts(play).paused] == [(at(1), at(2)), (at(3), None)]
    (waived,) = facts(play).waived
    assert (waived.obligation, waived.occurrence, waived.reason) == ("visit", 1, "closed")


def test_what_is_owed_bars_a_step_until_it_is_done_or_waived():
    """An open obligation bars the step that the plan names, and is discharged by its act, or by a waiver."""
    for way in (c.Fulfil(obligation="visit"), c.Waive(obligation="visit", reason="closed")):
        play = Play(plan=DUTIES).do(*LIFE[:1], c.Assess(), c.AssignLevel(level=3, basis="x"))
        with pytest.raises(CommandRefused, match=r"still owed before start_response: visit"):
            play.do(c.StartResponse())
        assert play.do(way, c.StartResponse()).state.status == "responding"
        assert play.decide(way) == ()


def test_a_duty_that_is_done_asks_no_waiver():
    """What was discharged is not open, and cannot be waived; nor is it raised."""
    play = lived(LIFE[0]).do(c.Fulfil(obligation="visit"))
    with pytest.raises(CommandRefused, match="occurrence 1 of 'visit' is not open; open: none"):
        play.do(c.Waive(obligation="visit", reason="closed"))
    raising = c.RaiseDue(obligation="visit", occurrence=1, rung=1, due_at=at(1), tell=("commander",))
    with pytest.raises(CommandRefused, match="not open any more"):
        play.do(raising)


def test_an_unknown_obligation_is_told_once():
    """An obligation that the plan does not have is refused for that, and not for what it would be."""
    with pytest.raises(CommandRefused) as caught:
        lived(LIFE[0]).do(c.Waive(obligation="visits", reason="closed"))
    assert [one.code for one in caught.value.refusals] == ["obligation-unknown"]


def test_a_rung_is_raised_once_and_not_too_early():
    """A rung is raised when its moment has come, once for each deadline."""
    play = Play(plan=DUTIES)
    raising = c.RaiseDue(obligation="visit", occurrence=1, rung=1, due_at=at(1), tell=("commander",))
    play.do(LIFE[0], raising)
    assert play.decide(raising) == ()
    early = Play(plan=DUTIES).do(LIFE[0])
    situation = attrs.evolve(early.situation(raising), now=at(1) - timedelta(microseconds=1))
    guard = early.workflow.guard_of["not-due"]
    assert guard.check(situation) == "rung 1 of occurrence 1 of 'visit' is not reached yet"
    assert [one.obligation for one in obligations_of(situation)] == ["visit", "judge"]


def test_the_handle_tells_what_is_owed():
    """What an incident owes is asked of its handle, and answered by events alone."""
    clock = ManualClock()
    engine = engine_on(MemoryEventStore(clock=clock), clock, plans=[DUTIES])
    incident = engine.report(**REPORTED)
    visit, judge = incident.obligations()
    assert (visit.due_at - visit.since, verdict(visit, clock.now)) == (timedelta(minutes=1), "open")
    incident.pause_clock("visit", reason="a storm")
    assert verdict(incident.obligations()[0], clock.now) == "paused"
    clock.now += timedelta(minutes=5)
    incident.resume_clock("visit", reason="it passed")
    clock.now += timedelta(seconds=30)
    incident.fulfil("visit", note="all shops")
    incident.assess(injured=0)
    assert [verdict(one, clock.now) for one in incident.obligations()] == ["met", "met"]
    assert judge.obligation == "judge"


def test_every_other_command_by_its_name():
    """Taking up, another category, how much is set in motion, receipts, waivers and approvals have names too."""
    clock = ManualClock()
    engine = engine_on(MemoryEventStore(clock=clock), clock, plans=[DUTIES])
    incident = engine.report(**REPORTED)
    incident.acknowledge()
    incident.recategorise("network", reason="the line is cut")
    incident.assess(injured=0, began_at=EARLIER, sites=3, facets=("law",))
    incident.set_response_level("II", basis="three shops")
    incident.approve("waive", about="visit 1", actor="li.na")
    incident.waive("visit", reason="the shops are closed", actor="chen.yu")
    incident.report_upward("initial", recipient="HQ", summary="3 shops")
    incident.record_receipt(incident.events()[-1].id, "R-1", received_by="desk")
    state = incident.state()
    assert (state.acknowledged, state.category, state.response_level) == (True, "network", "II")
    assert (state.waived, tuple(state.receipts.values())) == ((("visit", 1),), ("R-1",))
    assert state.assessment.began_at == Moment(EARLIER)
