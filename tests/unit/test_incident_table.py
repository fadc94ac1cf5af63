from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import attrs
import pytest

from play import DUTIES, START, STORM, Play, incident_in
from respond.domain.ids import event_id
from respond.domain.money import Money
from respond.errors import CommandRefused
from respond.workflow.approvals import Approve
from respond.workflow.diagram import REFUSED, STAYS
from respond.workflow.incident import INCIDENT
from respond.workflow.incident import commands as c
from respond.workflow.incident import events as e
from respond.workflow.incident.actions import ActionStepRecorded, RecordActionStep
from respond.workflow.incident.course import (
    ActionPlanSet,
    HelpRequested,
    RecordHelpArrived,
    RequestHelp,
    ReviseActionPlan,
    SetActionPlan,
)
from respond.workflow.incident.decisions import RecordDecision
from respond.workflow.incident.effects import MarkContained, MarkRestored, RecordHeadCount
from respond.workflow.incident.holds import PutOnHold, Resume, WorkHeld
from respond.workflow.incident.links import IncidentLinked, Relate, Unrelate
from respond.workflow.incident.measures import CompleteMeasure, MeasureStarted, SkipMeasure, StartMeasure, TickStep
from respond.workflow.incident.messages import ApproveKeyMessages, KeyMessagesSet, SetKeyMessages
from respond.workflow.incident.notices import EvaluateCommunication, Notify, RecordFeedback, RecordObservation
from respond.workflow.incident.parties import CaseStepRecorded, RecordCaseStep
from respond.workflow.incident.people import AssignRole, HandOverRole, ReleaseRole, RoleAssigned
from respond.workflow.incident.pins import EntryPinned, PinEntry, UnpinEntry
from respond.workflow.incident.plans import ActivateDuePlan, ActivatePlan, RebasePlan
from respond.workflow.incident.proposals import RecordProposalStep
from respond.workflow.incident.recognition import RecordRecognition
from respond.workflow.incident.resources import (
    RecordExpense,
    RecordResource,
    RequestResource,
    ResourceRequested,
    WithdrawRequest,
)
from respond.workflow.incident.review import (
    DrawLesson,
    EvaluateResponse,
    OpenReview,
    PublishReview,
    RecordFinding,
    RecordFix,
    SignReview,
)
from respond.workflow.incident.reviewed import ReviewOpened
from respond.workflow.incident.situation import (
    ConfirmHypothesis,
    ConfirmInformation,
    HypothesisRaised,
    InformationReceived,
    RaiseHypothesis,
    ReceiveInformation,
    RefuteInformation,
    RejectHypothesis,
)
from respond.workflow.incident.splitting import ReportPart, Split
from respond.workflow.incident.statements import (
    ApproveStatement,
    CorrectStatement,
    DraftStatement,
    PublishStatement,
    RetractStatement,
    StatementApproved,
    StatementDrafted,
    StatementPublished,
)
from respond.workflow.incident.teams import FormTeam
from respond.workflow.incident.triage import Acknowledge, Recategorise, SetResponseLevel
from respond.workflow.incident.unmerging import UndoAbsorption, UndoMerge
from respond.workflow.incident.unplanned import AddMeasure
from respond.workflow.table import NOT_ENABLED
from workflow_pages import PAGES, PARTS, section

# Written by hand from what an incident means, not from the definition: - is refused, = stays, . was done already.  Of
# several states it is that of the guards which agree.
EXPECTED = """
command                 new       reported   assessed        level_assigned  responding       reported_upward  resolved    reviewed    cancelled  merged
report                  reported  -          -               -               -                -                -           -           -          -
assess                  -         assessed   =               =               =                =                =           -           -          -
assign_level            -         -          level_assigned  -               =                =                -           -           -          -
change_level            -         -          -               =               =                =                -           -           -          -
start_response          -         -          -               responding      .                .                -           -           -          -
take_command            -         =          =               =               =                =                -           -           -          -
assign_team             -         =          =               =               =                =                -           -           -          -
report_upward           -         =          =               =               reported_upward  =                =           =           =          -
note                    -         =          =               =               =                =                =           =           =          -
resolve                 -         -          -               -               resolved         resolved         -           -           -          -
reopen                  -         -          -               -               -                -                responding  responding  reported   -
close_review            -         -          -               -               -                -                reviewed    -           -          -
cancel                  -         cancelled  cancelled       cancelled       cancelled        cancelled        -           -           -          -
merge                   -         merged     merged          merged          merged           merged           merged      -           -          -
absorb                  -         =          =               =               =                =                =           =           -          -
correct                 -         =          =               =               =                =                =           =           =          =
retract                 -         =          =               =               =                =                =           =           =          =
acknowledge             -         =          =               =               =                =                -           -           -          -
recategorise            -         =          =               =               =                =                =           -           -          -
set_response_level      -         -          =               =               =                =                -           -           -          -
assign_role             -         =          =               =               =                =                -           -           -          -
release_role            -         =          =               =               =                =                =           -           -          -
hand_over_role          -         =          =               =               =                =                -           -           -          -
activate_plan           -         =          =               =               =                =                -           -           -          -
activate_due_plan       -         =          =               =               =                =                -           -           -          -
rebase_plan             -         =          =               =               =                =                =           -           -          -
waive                   -         =          =               =               =                =                =           =           -          -
pause_clock             -         =          =               =               =                =                =           -           -          -
resume_clock            -         =          =               =               =                =                =           =           -          -
fulfil                  -         =          =               =               =                =                =           =           -          -
record_receipt          -         =          =               =               =                =                =           =           =          -
raise_due               -         =          =               =               =                =                =           =           -          -
start_measure           -         =          =               =               =                =                =           -           -          -
tick_step               -         =          =               =               =                =                =           -           -          -
complete_measure        -         =          =               =               =                =                =           -           -          -
skip_measure            -         =          =               =               =                =                =           -           -          -
add_measure             -         =          =               =               =                =                =           -           -          -
mark_contained          -         =          =               =               =                =                =           -           -          -
mark_restored           -         =          =               =               =                =                =           -           -          -
record_head_count       -         =          =               =               =                =                =           -           -          -
raise_hypothesis        -         =          =               =               =                =                =           -           -          -
confirm_hypothesis      -         =          =               =               =                =                =           -           -          -
reject_hypothesis       -         =          =               =               =                =                =           -           -          -
receive_information     -         =          =               =               =                =                =           -           -          -
confirm_information     -         =          =               =               =                =                =           -           -          -
refute_information      -         =          =               =               =                =                =           -           -          -
record_decision         -         =          =               =               =                =                =           -           -          -
set_action_plan         -         =          =               =               =                =                -           -           -          -
revise_action_plan      -         =          =               =               =                =                -           -           -          -
request_help            -         =          =               =               =                =                -           -           -          -
record_help_arrived     -         =          =               =               =                =                =           -           -          -
form_team               -         =          =               =               =                =                -           -           -          -
put_on_hold             -         =          =               =               =                =                -           -           -          -
resume                  -         =          =               =               =                =                -           -           -          -
request_resource        -         =          =               =               =                =                -           -           -          -
withdraw_request        -         =          =               =               =                =                =           -           -          -
record_resource         -         =          =               =               =                =                =           =           =          =
record_expense          -         =          =               =               =                =                =           =           -          -
record_case_step        -         =          =               =               =                =                =           =           =          -
set_key_messages        -         =          =               =               =                =                =           =           =          -
approve_key_messages    -         =          =               =               =                =                =           =           =          -
draft_statement         -         =          =               =               =                =                =           =           =          -
correct_statement       -         =          =               =               =                =                =           =           =          -
approve_statement       -         =          =               =               =                =                =           =           =          -
publish_statement       -         =          =               =               =                =                =           =           =          -
retract_statement       -         =          =               =               =                =                =           =           =          -
notify                  -         =          =               =               =                =                =           =           =          -
record_feedback         -         =          =               =               =                =                =           =           =          -
record_observation      -         =          =               =               =                =                =           =           =          -
evaluate_communication  -         =          =               =               =                =                =           =           =          -
record_action_step      -         =          =               =               =                =                =           =           =          -
record_proposal_step    -         =          =               =               =                =                =           =           =          =
record_recognition      -         -          -               -               -                -                =           =           -          -
open_review             -         -          -               -               -                -                =           -           -          -
record_finding          -         -          -               -               -                -                =           -           -          -
evaluate_response       -         -          -               -               -                -                =           -           -          -
record_fix              -         -          -               -               -                -                =           =           -          -
sign_review             -         -          -               -               -                -                =           =           -          -
publish_review          -         -          -               -               -                -                -           =           -          -
draw_lesson             -         -          -               -               -                -                =           =           -          -
undo_merge          -         -          -               -               -                -                -           -           -          reported/assessed/level_assigned/responding/reported_upward/resolved
undo_absorption     -         =          =               =               =                =                =           =           =          -
relate              -         =          =               =               =                =                =           =           =          -
unrelate            -         =          =               =               =                =                =           =           =          -
split               -         =          =               =               =                =                =           -           -          -
report_part         reported  -          -               -               -                -                -           -           -          -
pin_entry               -         =          =               =               =                =                =           =           =          =
unpin_entry             -         =          =               =               =                =                =           =           =          =
approve                 -         =          =               =               =                =                =           =           =          -
"""  # noqa: E501
HEAD, *ROWS = [line.split() for line in EXPECTED.strip().splitlines()]
CELLS = [(state, row[0], cell) for row in ROWS for state, cell in zip(HEAD[1:], row[1:], strict=True)]
WORDS = {"-": REFUSED, ".": REFUSED, "=": STAYS}

DRAFT = DraftStatement(statement="s1", audience="staff", channel="line", text="Take cash")
DRAFTED = StatementDrafted(**attrs.asdict(DRAFT))
APPROVED = StatementApproved(statement="s1", version=1)
FIRST = str(event_id("play", 1))
PUBLISHED = StatementPublished(statement="s1", version=1, audience="staff", channel="line")

COMMANDS: dict[str, object] = {
    "report": c.ReportIncident(category="other", title="Another one"),
    "assess": c.Assess(affected_customers=7),
    "assign_level": c.AssignLevel(level=2, basis="one shop"),
    "change_level": c.ChangeLevel(level=2, justification="more customers"),
    "start_response": c.StartResponse(),
    "take_command": c.TakeCommand(commander="li.na"),
    "assign_team": c.AssignTeam(team="network"),
    "report_upward": c.ReportUpward(kind="initial", recipient="Regulator", summary="14 shops"),
    "note": c.Note(text="Called the supplier"),
    "resolve": c.Resolve(resolution="Replaced"),
    "reopen": c.Reopen(reason="It is back"),
    "close_review": c.CloseReview(summary="Done"),
    "cancel": c.Cancel(reason="False alarm"),
    "merge": c.Merge(into="i-9", reason="The same"),
    "absorb": c.Absorb(source="i-8", reason="The same"),
    "acknowledge": Acknowledge(),
    "recategorise": Recategorise(category="network", reason="The line is cut"),
    "set_response_level": SetResponseLevel(response="II", basis="One shop"),
    "assign_role": AssignRole(role="liaison", person="wu.bo"),
    "release_role": ReleaseRole(role="liaison", person="wu.bo", reason="Shift over"),
    "hand_over_role": HandOverRole(role="liaison", from_person="wu.bo", to_person="li.na", briefing="All is told"),
    "activate_plan": ActivatePlan(plan=STORM.reference, reason="Networks"),
    "rebase_plan": RebasePlan(plan=STORM.reference, reason="New telephone numbers"),
    "waive": c.Waive(obligation="visit", reason="The shops are closed"),
    "pause_clock": c.PauseClock(obligation="visit", reason="A storm"),
    "resume_clock": c.ResumeClock(obligation="visit"),
    "fulfil": c.Fulfil(obligation="visit"),
    "raise_due": c.RaiseDue(
        obligation="visit", occurrence=1, rung=1, due_at=START + timedelta(minutes=1), tell=("commander",)
    ),
    "activate_due_plan": ActivateDuePlan(plan=STORM.reference),
    "start_measure": StartMeasure(measure="patch"),
    "tick_step": TickStep(measure="patch", step=1),
    "complete_measure": CompleteMeasure(measure="patch", outcome="It holds"),
    "skip_measure": SkipMeasure(measure="patch", reason="No need"),
    "add_measure": AddMeasure(measure="sing", title="Sing", reason="Morale"),
    "mark_contained": MarkContained(),
    "mark_restored": MarkRestored(note="All but one"),
    "record_head_count": RecordHeadCount(expected=12, accounted_for=11),
    "raise_hypothesis": RaiseHypothesis(hypothesis="update", cause="The update"),
    "confirm_hypothesis": ConfirmHypothesis(hypothesis="update", evidence="Without it all works"),
    "reject_hypothesis": RejectHypothesis(hypothesis="update", evidence="It came later"),
    "receive_information": ReceiveInformation(information="smoke", text="Smoke", source="a caller"),
    "confirm_information": ConfirmInformation(information="smoke", evidence="Seen"),
    "refute_information": RefuteInformation(information="smoke", evidence="Steam"),
    "record_decision": RecordDecision(decision="Roll back", rationale="Quick"),
    "set_action_plan": SetActionPlan(objectives=("All shops take cards",)),
    "revise_action_plan": ReviseActionPlan(objectives=("Half of them",), reason="It takes longer"),
    "request_help": RequestHelp(help="crew", source="the supplier", what="A crew"),
    "record_help_arrived": RecordHelpArrived(help="crew"),
    "form_team": FormTeam(team="crew", members={"runner": "wu.bo"}),
    "put_on_hold": PutOnHold(reason="The supplier sleeps"),
    "resume": Resume(),
    "request_resource": RequestResource(resource="pump", quantity=Decimal(2), purpose="Water"),
    "withdraw_request": WithdrawRequest(resource="pump", quantity=Decimal(1), reason="Enough"),
    "record_resource": RecordResource(change="returned", pool="pump", quantity=Decimal(1)),
    "record_expense": RecordExpense(amount=Money(Decimal(9), "CNY"), purpose="Taxi"),
    "record_case_step": RecordCaseStep(party="c-1", step="contacted"),
    "set_key_messages": SetKeyMessages(messages=("We know",)),
    "approve_key_messages": ApproveKeyMessages(version=1),
    "draft_statement": DRAFT,
    "correct_statement": CorrectStatement(statement="s1", text="Take coins", reason="Clearer"),
    "approve_statement": ApproveStatement(statement="s1"),
    "publish_statement": PublishStatement(statement="s1"),
    "retract_statement": RetractStatement(statement="s1", reason="Wrong"),
    "notify": Notify(text="Take cash", channel="line", audience="staff"),
    "record_feedback": RecordFeedback(source="a shop", channel="line", text="Thanks"),
    "record_observation": RecordObservation(metric="posts", value=Decimal(12), source="a watch"),
    "evaluate_communication": EvaluateCommunication(rating=4, text="Quick"),
    "record_action_step": RecordActionStep(action="a-1", step="done"),
    "record_proposal_step": RecordProposalStep(plan="desk", proposal="p-1", step="proposed"),
    "record_recognition": RecordRecognition(person="wu.bo", text="She stayed all night"),
    "open_review": OpenReview(participants=("he.na",)),
    "record_finding": RecordFinding(kind="lucky", text="It was night"),
    "evaluate_response": EvaluateResponse(followed=True, adequate=True, effectiveness="effective", text="All went"),
    "record_fix": RecordFix(kind="temporary", text="Cash only"),
    "sign_review": SignReview(),
    "publish_review": PublishReview(readership="internal", place="wiki"),
    "draw_lesson": DrawLesson(lesson="keys"),
    "undo_merge": UndoMerge(into="i-2", reason="Two fires"),
    "undo_absorption": UndoAbsorption(source="i-8", reason="Two fires"),
    "relate": Relate(kind="related", other="i-8"),
    "unrelate": Unrelate(kind="related", other="i-8", reason="No"),
    "split": Split(into=("i-8",), reason="Two fires"),
    "report_part": ReportPart(category="other", title="Smoke", source="i-8", reason="Two fires"),
    "pin_entry": PinEntry(entry=FIRST, note="It began so"),
    "unpin_entry": UnpinEntry(entry=FIRST, reason="It did not"),
    "approve": Approve(command="waive", about="visit 1"),
}
UNDER_DUTIES = tuple(COMMANDS)[tuple(COMMANDS).index("acknowledge") :]
"""What the example plan, which has no duties, would not let anyone do."""
BEFORE: dict[str, object | tuple[object, ...]] = {
    "release_role": RoleAssigned(role="liaison", person="wu.bo"),
    "hand_over_role": RoleAssigned(role="liaison", person="wu.bo"),
    "resume_clock": e.ClockPaused(obligation="visit", reason="A storm"),
    "tick_step": MeasureStarted(measure="patch"),
    "complete_measure": MeasureStarted(measure="patch"),
    "confirm_hypothesis": HypothesisRaised(hypothesis="update", cause="The update"),
    "reject_hypothesis": HypothesisRaised(hypothesis="update", cause="The update"),
    "confirm_information": InformationReceived(information="smoke", text="Smoke", source="a caller"),
    "refute_information": InformationReceived(information="smoke", text="Smoke", source="a caller"),
    "revise_action_plan": ActionPlanSet(objectives=("All shops take cards",)),
    "record_help_arrived": HelpRequested(help="crew", source="the supplier", what="A crew"),
    "form_team": RoleAssigned(role="runner", person="wu.bo"),
    "resume": WorkHeld(reason="The supplier sleeps"),
    "withdraw_request": ResourceRequested(resource="pump", quantity=Decimal(2), purpose="Water"),
    "record_case_step": CaseStepRecorded(party="c-1", step="registered"),
    "approve_key_messages": KeyMessagesSet(version=1, messages=("We know",)),
    "correct_statement": DRAFTED,
    "approve_statement": DRAFTED,
    "publish_statement": (DRAFTED, APPROVED),
    "retract_statement": (DRAFTED, APPROVED, PUBLISHED),
    "record_action_step": ActionStepRecorded(action="a-1", step="opened", owner="li.na"),
    "sign_review": ReviewOpened(participants=("wang.li",)),
    "undo_absorption": e.IncidentAbsorbed(source="i-8"),
    "unrelate": IncidentLinked(kind="related", other="i-8"),
    "unpin_entry": EntryPinned(entry=FIRST),
}
"""What must have happened before the command."""


def stage(state: str, trigger: str) -> tuple[Play, object]:
    """Return an incident at *state*, and a command for *trigger* that no guard has anything against."""
    if trigger in UNDER_DUTIES:
        play = Play(plan=DUTIES).take(incident_in(state))
        play.plans = {DUTIES.reference: DUTIES, STORM.reference: STORM}
        if state != "new" and trigger in BEFORE:
            before = BEFORE[trigger]
            play.record(*(before if isinstance(before, tuple) else (before,)))
        return play, COMMANDS[trigger]
    play = incident_in(state)
    if trigger == "record_receipt":
        told = e.UpwardReportSent(from_=state, to=state, kind="initial", recipient="HQ")
        entry = "none" if state == "new" else play.record(told).entry("UpwardReportSent")
        return play, c.RecordReceipt(report=entry, receipt="R-1")
    if trigger == "assign_level" and state in ("responding", "reported_upward"):
        play = incident_in("assessed").record(e.ResponseStarted(from_="assessed", to="responding"))
        if state == "reported_upward":
            play.do(c.ReportUpward(kind="initial", recipient="HQ", summary="14 shops"))
    if trigger == "correct":
        entry = play.entry("IncidentReported") if state != "new" else "none"
        return play, c.Correct(entry=entry, changes={"title": "Card terminals"}, reason="typo")
    if trigger == "retract":
        entry = "none"
        if state != "new":
            # A note is a fact that can be withdrawn; reality may tell one in any state.
            entry = play.record(e.ProgressNoted(text="wrong")).entry("ProgressNoted")
        return play, c.Retract(entry=entry, reason="wrong incident")
    return play, COMMANDS[trigger]


def test_the_hand_written_table_is_full():
    """The table of this test has every state and every command of the definition, once."""
    assert HEAD[1:] == ["new", *INCIDENT.states]
    assert [row[0] for row in ROWS] == list(INCIDENT.triggers)
    assert len(CELLS) == len(HEAD[1:]) * len(ROWS)


@pytest.mark.parametrize(("state", "trigger", "cell"), CELLS)
def test_cell(state, trigger, cell):
    """A command leads where the table says, stays, was done already, or is not enabled; explain says the same."""
    play, command = stage(state, trigger)
    known = len(play.history)
    explanation = play.explain(trigger, command, "wang.li")
    if cell == "-":
        with pytest.raises(CommandRefused) as caught:
            play.do(command, actor="wang.li")
        assert [refusal.code for refusal in caught.value.refusals] == [NOT_ENABLED]
        assert caught.value.refusals == explanation.refusals
        assert (caught.value.command, caught.value.state) == (trigger, state)
        assert not explanation.allowed
        assert state not in explanation.enabled_in
        assert len(play.history) == known
    elif cell == ".":
        assert play.decide(command) == ()
        assert explanation.done
        assert explanation.allowed
        assert explanation.candidates == ()
    else:
        play.do(command, actor="wang.li")
        assert explanation.allowed
        assert not explanation.done
        assert explanation.refusals == ()
        assert state in explanation.enabled_in
        assert play.state.status == (state if cell == "=" else cell.partition("/")[0])
        assert len(play.history) == known + (2 if trigger == "report_part" else 1)
        assert INCIDENT.table.verify(state, play.history[-1]) is None


@pytest.mark.parametrize(("state", "trigger", "cell"), CELLS)
def test_printed_cell(state, trigger, cell):
    """The printed table shows in each cell what the hand-written one holds."""
    head, _, *rows = [[part.strip() for part in line.strip("| ").split("|")] for line in printed().splitlines()]
    row = next(row for row in rows if row[0] == f"**{state}**")
    assert row[head.index(trigger)] == WORDS.get(cell, cell.replace("/", " or "))


def printed() -> str:
    """Return the state table as it stands in the page."""
    return section("incident-workflow.md", "state-table")


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("part", PARTS)
def test_the_page_holds_what_is_generated(page, part):
    """Each page of a workflow prints its tables and its diagram exactly as the definition gives them."""
    assert section(page, part) == PARTS[part](PAGES[page])


def test_every_guard_of_the_page_says_its_rule():
    """No guard of the incident is printed without a rule."""
    assert [guard.code for guard in INCIDENT.guards if not guard.rule.startswith("Require ")] == []
