from __future__ import annotations

from decimal import Decimal

import attrs
import pytest

from play import DUTIES, PLAN, RESOLVE, START, Play, incident_in
from respond.domain.events import Event
from respond.domain.moments import Moment, parse_utc
from respond.domain.money import Money
from respond.domain.values import replace
from respond.errors import CommandRefused, UnreadableEvent
from respond.workflow.approvals import Approve
from respond.workflow.incident import INCIDENT
from respond.workflow.incident import commands as c
from respond.workflow.incident import events as e
from respond.workflow.incident.cases import Case
from respond.workflow.incident.drawn import ExpenseRecorded, Spent
from respond.workflow.incident.followed import Followed
from respond.workflow.incident.marks import Mark
from respond.workflow.incident.recognition import RecordRecognition
from respond.workflow.incident.reviewed import (
    Evaluated,
    FindingRecorded,
    Fixed,
    FixRecorded,
    Found,
    ResponseEvaluated,
    Reviewing,
    Sitting,
)
from respond.workflow.incident.said import Said
from respond.workflow.incident.state import Incident, Judged, Told
from respond.workflow.incident.taken import Course, Effects
from respond.workflow.incident.triage import Acknowledge


def test_an_incident_remembers_how_it_began():
    """The state holds what the report told, who told it, and the plan and the definition that were in force."""
    told = {
        "category": "network",
        "title": "t",
        "narrative": "n",
        "discovered_at": Moment(START, precision="minute"),
        "began_at": Moment(START, precision="hour"),
        "site": "s",
        "unit": "u",
        "channel": "shop",
        "team": "first line",
        "reference": "INC0001",
        "warning": "w-1",
    }
    state = Play().do(c.ReportIncident(**told), actor="chen.yu").state
    assert (state.id, state.reporter) == ("i-1", "chen.yu")
    assert {name: getattr(state, name) for name in told} == told
    assert (state.plan, state.definition) == (PLAN.reference, INCIDENT.reference)


def test_the_worst_level_is_remembered():
    """Raising the level makes the worst level worse; lowering it leaves the worst as it was."""
    play = incident_in("level_assigned")
    seen = [(play.state.level, play.state.worst_level)]
    for level in (2, 4, 1, 3):
        play.do(c.ChangeLevel(level=level, justification="news"))
        seen.append((play.state.level, play.state.worst_level))
    assert seen == [(3, 3), (2, 2), (4, 2), (1, 1), (3, 1)]


def test_every_assessment_is_kept_and_the_last_one_counts():
    """A new assessment does not overwrite the one before."""
    play = incident_in("assessed").do(c.Assess(affected_customers=900))
    assert [one.assessment.affected_customers for one in play.state.assessments] == [300, 900]
    assert play.state.assessment.affected_customers == 900


def test_reopening_forgets_the_resolution_and_counts():
    """A reopened incident has no resolution, is nobody's yet, and knows how often that happened."""
    play = incident_in("level_assigned").do(Acknowledge(), c.StartResponse(), RESOLVE)
    assert (play.state.resolution, play.state.acknowledged) == ("Terminals restarted", True)
    play.do(c.Reopen(reason="It is back"))
    assert (play.state.resolution, play.state.resolution_entry, play.state.reopened) == ("", "", 1)
    assert play.state.acknowledged is False


def test_reopening_undoes_what_the_response_achieved():
    """What was contained and restored, a hold of work, who reviewed and who signed count no more."""
    play = incident_in("resolved")
    entry = Mark(entry="e-1", at=START, recorded_at=START)
    play.state = replace(
        play.state,
        effects=Effects(contained=entry, restored=entry),
        course=Course(held=entry),
        review=Reviewing(sitting=Sitting(participants=("li.na",), opened=entry), signatures={"li.na": entry}),
    )
    state = play.do(c.Reopen(reason="It is back")).state
    assert (state.effects, state.course, state.review) == (Effects(), Course(), Reviewing())


def test_a_merged_incident_names_where_it_went():
    """The merged one knows the incident that goes on, and that one knows what it absorbed."""
    merged = incident_in("merged").state
    assert (merged.merged_into, merged.merged_from) == ("i-2", "reported")
    play = incident_in("level_assigned").do(c.Absorb(source="i-3", reason="same"))
    assert (play.state.absorbed, play.state.worst_level, play.state.reported_upward) == (("i-3",), 3, False)
    play.do(c.Absorb(source="i-4", reason="same", worst_level=2, reported_upward=True))
    play.do(c.Absorb(source="i-5", reason="same", worst_level=4))
    assert (play.state.absorbed, play.state.level) == (("i-3", "i-4", "i-5"), 3)
    assert (play.state.worst_level, play.state.reported_upward) == (2, True)


def test_an_absorbed_incident_leaves_its_cases_and_action_items():
    """They join those that are there; of the same one, what is told last counts."""
    play = incident_in("responding")
    for customers in (2, 3):
        case = Case(party="p-1", customers=customers)
        followed = Followed(action="a-1", owner=f"o-{customers}")
        play.do(c.Absorb(source=f"i-{customers}", reason="same", cases=(case,), actions=(followed,)))
    other = c.Absorb(source="i-9", reason="same", cases=(Case(party="p-9"),), actions=(Followed(action="a-9"),))
    state = play.do(other).state
    assert {key: one.customers for key, one in state.cases.items()} == {"p-1": 3, "p-9": 1}
    assert {key: one.owner for key, one in state.actions.items()} == {"a-1": "o-3", "a-9": ""}


def test_only_the_expense_that_is_corrected_changes():
    """Its entry stays, and so does every other expense."""
    play = incident_in("responding")
    for yuan in (1, 2):
        play.record(ExpenseRecorded(amount=Money(Decimal(yuan), "CNY"), purpose=f"p{yuan}"))
    first, second = play.state.expenses
    corrections = c.Correct(entry=second.entry, changes={"purpose": "fuel"}, reason="typo")
    fuel = attrs.evolve(second, expense=attrs.evolve(second.expense, purpose="fuel"))
    assert play.do(corrections).state.expenses == (first, fuel)
    assert play.do(c.Retract(entry=first.entry, reason="wrong")).state.expenses == (fuel,)


def test_only_the_finding_that_is_corrected_changes():
    """What else the review holds stays as it was told."""
    play = incident_in("resolved").record(
        FindingRecorded(kind="trigger", text="An update"), FindingRecorded(kind="lucky", text="It was night")
    )
    first, second = play.state.review.findings
    play.do(c.Correct(entry=first.entry, changes={"text": "A release"}, reason="typo"))
    assert play.state.review.findings == (attrs.evolve(first, told=attrs.evolve(first.told, text="A release")), second)


def corrected(play: Play, entry: str, **changes: object) -> Incident:
    """Return the state after *changes* to the last event called *entry*."""
    state: Incident = play.do(c.Correct(entry=play.entry(entry), changes=changes, reason="typo")).state
    return state


def test_a_corrected_report_reads_as_corrected():
    """The state shows the right values, the wrong ones stay in the original event."""
    play = incident_in("responding")
    state = corrected(play, "IncidentReported", title="Terminals", discovered_at="2026-03-01T07:00:00Z", site=None)
    assert (state.title, state.category) == ("Terminals", "facility_failure")
    assert state.discovered_at == Moment(parse_utc("2026-03-01T07:00:00Z"))
    assert state.status == "responding"
    assert play.history[0].data.title == "Card terminals down"
    assert corrected(play, "IncidentReported", category="network").title == "Terminals"


def test_a_corrected_assessment_reads_as_corrected():
    """Only the assessment that was corrected changes."""
    play = incident_in("assessed").do(c.Assess(affected_customers=900))
    state = corrected(play, "IncidentAssessed", affected_customers=90, fields={"shops": 14})
    assert [one.assessment.affected_customers for one in state.assessments] == [300, 90]
    assert state.assessment.fields == {"shops": 14}


def test_a_corrected_upward_report_reads_as_corrected():
    """Who was told may be put right; the duties follow."""
    state = corrected(incident_in("reported_upward"), "UpwardReportSent", recipient="Regulator")
    assert state.told("initial", "Regulator")
    assert not state.told("initial", "HQ")
    assert state.told("initial")
    assert not state.told("final")


def test_a_corrected_resolution_reads_as_corrected():
    """The resolution is put right while it is the last one; one that was reopened since is past."""
    play = incident_in("resolved")
    assert corrected(play, "IncidentResolved", resolution="Replaced").resolution == "Replaced"
    play.do(c.Reopen(reason="It is back"))
    assert corrected(play, "IncidentResolved", resolution="Rebooted").resolution == ""


@pytest.mark.parametrize(
    ("state", "field", "name", "changes"),
    [
        ("reviewed", "review_summary", "IncidentReviewed", {"summary": "Mains"}),
        ("cancelled", "cancel_reason", "IncidentCancelled", {"reason": "A test"}),
    ],
)
def test_a_corrected_last_word_reads_as_corrected(state, field, name, changes):
    """The summary of the review and the reason of the false alarm are put right too."""
    play = incident_in(state)
    assert getattr(corrected(play, name, **changes), field) == next(iter(changes.values()))


def test_correcting_when_it_happened_changes_no_state():
    """A right time is for the timeline: the state stays as it is."""
    play = incident_in("resolved")
    before = play.state
    assert corrected(play, "IncidentResolved", occurred_at="2026-03-01T07:00:00Z") == before


def test_what_else_is_retracted_leaves_the_notes():
    """To take back an approval or a recognition takes no note away; what was recognised can be said again then."""
    play = incident_in("resolved", plan=attrs.evolve(PLAN, authority=DUTIES.authority)).do(c.Note(text="Called"))
    praise = RecordRecognition(person="wu.bo", text="drove to every shop")
    play.do(Approve(command="waive", about="visit 1"), praise, actor="li.na")
    assert play.decide(praise, "li.na") == ()
    for name in ("ApprovalGiven", "RecognitionRecorded"):
        play.do(c.Retract(entry=play.entry(name), reason="a mistake"))
    assert play.state.notes == 1
    assert play.decide(praise, "li.na")


def test_a_retracted_fact_is_gone_from_the_state_only():
    """Assessments, upward reports and notes that were withdrawn do not count, and stay in the log."""
    play = incident_in("reported_upward").do(c.Note(text="Called"))
    for name in ("IncidentAssessed", "UpwardReportSent", "ProgressNoted"):
        play.do(c.Retract(entry=play.entry(name), reason="wrong incident"))
    assert (play.state.assessments, play.state.upward_reports, play.state.notes) == ((), (), 0)
    assert play.state.assessment is None
    assert play.state.status == "reported_upward"
    assert len(play.history) == 9


ENTRIES = ("a-1", "u-1", "f-1", "x-1", "i-1", "j-1", "k-1", "n-1")
"""One of each kind of fact that the state keeps with its entry."""


def facts_but(gone: str) -> dict[str, object]:
    """Return the fields of a state that keeps all of them, and another of each, but *gone*."""
    kept = {one: one for one in (*ENTRIES, *(one.replace("1", "2") for one in ENTRIES)) if one != gone}
    step = {"from_": "new", "to": "reported"}
    judged = ResponseEvaluated(followed=True, adequate=True, effectiveness="effective", text="t")
    spent = ExpenseRecorded(amount=Money(Decimal(1), "CNY"), purpose="fuel")
    told = {
        "assessments": [Judged(entry=one, assessment=e.IncidentAssessed(**step)) for one in kept if one[0] == "a"],
        "upward_reports": [
            Told(entry=one, report=e.UpwardReportSent(**step, kind="initial", recipient="HQ", summary="s"))
            for one in kept
            if one[0] == "u"
        ],
        "fulfilled": [one for one in kept if one[0] == "f"],
        "expenses": [Spent(entry=one, expense=spent) for one in kept if one[0] == "x"],
    }
    review = Reviewing(
        findings=tuple(Found(entry=one, told=FindingRecorded(kind="lucky", text="t")) for one in kept if one[0] == "i"),
        evaluations=tuple(Evaluated(entry=one, told=judged) for one in kept if one[0] == "j"),
        fixes=tuple(Fixed(entry=one, told=FixRecorded(kind="permanent", text="t")) for one in kept if one[0] == "k"),
    )
    said = Said(noted=tuple(one for one in kept if one[0] == "n"))
    return {**{name: tuple(value) for name, value in told.items()}, "review": review, "said": said}


@pytest.mark.parametrize("entry", ENTRIES)
def test_only_the_entry_that_is_retracted_is_gone(entry):
    """What else the state keeps of that kind and of others stays, and no note is missed."""
    play = incident_in("reported")
    whole = replace(play.state, notes=3, **facts_but(""))
    play.state = whole
    play.record(e.EntryRetracted(entry=entry, reason="wrong"))
    assert play.state == replace(whole, **facts_but(entry))
    play.record(e.EntryRetracted(entry="a note", reason="wrong"))
    assert play.state == replace(whole, notes=2, **facts_but(entry))


def test_a_corrected_briefing_leaves_when_command_was_taken():
    """Who commands does so since then; told when, it is since when was told."""
    play = incident_in("reported").do(c.TakeCommand(commander="li.na", briefing="b"))
    since = play.state.commands_since
    assert since is not None
    assert corrected(play, "CommandTransferred", briefing="c").commands_since == since
    told = corrected(play, "CommandTransferred", occurred_at="2026-03-01T07:00:00Z").commands_since
    assert told == parse_utc("2026-03-01T07:00:00Z")


def test_reality_that_broke_the_rules_folds():
    """Steps that no command would make fold to where they lead, in any order and from any state."""
    play = Play().record(
        e.IncidentResolved(from_="nowhere", to="closed", resolution="?"),
        e.StepRecorded(from_="closed", to="vendor", step="Awaiting Vendor"),
        e.LevelChanged(from_level=2, to_level=3),
        e.TeamAssigned(from_team="a"),
    )
    assert (play.state.status, play.state.step, play.state.level, play.state.worst_level) == (
        "vendor",
        "Awaiting Vendor",
        3,
        3,
    )
    assert play.explain("start_response").candidates == ()
    with pytest.raises(CommandRefused, match="start_response is enabled in level_assigned, not in vendor"):
        play.do(c.StartResponse())


def test_every_event_of_the_incident_has_an_evolver():
    """No class of the events is left out."""
    declared = {
        value for value in vars(e).values() if isinstance(value, type) and hasattr(value, "__respond_event_type__")
    }
    assert declared <= set(INCIDENT.evolvers)


def test_an_event_of_another_workflow_does_not_fold():
    """A payload that the workflow has no evolver for is named with its position."""
    stranger = Event(7, 0, incident_in("reported").history[0].body, object())
    with pytest.raises(UnreadableEvent, match="position 7: IncidentReported is not an event of incident@5"):
        INCIDENT.evolve(Incident(), stranger)
    with pytest.raises(UnreadableEvent, match="position 7"):
        INCIDENT.fold([stranger])


def test_folding_goes_on_from_a_state():
    """A fold in two parts gives what the fold of the whole gives."""
    history = incident_in("reviewed").history
    assert INCIDENT.fold(history[3:], INCIDENT.fold(history[:3])) == INCIDENT.fold(history)


@pytest.mark.parametrize("field", ["team", "warning"])
def test_a_corrected_report_moves_nothing_that_was_said_elsewhere(field):
    """Whoever has the incident by now keeps it, and it came of the warning that it came of."""
    play = incident_in("reported").do(c.AssignTeam(team="network"))
    was, changes = play.state, {field: "another", "title": "Terminals"}
    state = play.record(e.EntryCorrected(entry=play.entry("IncidentReported"), changes=changes, reason="typo")).state
    assert (getattr(state, field), state.title) == (getattr(was, field), "Terminals")
