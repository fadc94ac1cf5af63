from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import attrs
import pytest

from guard_cases import Case, at, duties
from link_cases import ELSEWHERE, LINK_CASES, MERGED_IN, UNDO, merged_from
from play import DUTIES, PLAN, START, Play, incident_in
from resource_cases import RESOURCE_CASES
from respond.domain.moments import Moment
from respond.domain.money import Money
from respond.domain.references import Actor, Reference
from respond.errors import CommandRefused
from respond.plan.classification import Facet
from respond.plan.communication import Audience
from respond.plan.conditions import Condition
from respond.plan.extension import ExtensionField
from respond.plan.facts import CaseStep, Step
from respond.plan.obligations import Clock, Obligation
from respond.plan.plan import Plan
from respond.plan.spans import Span
from respond.workflow.approvals import Approve
from respond.workflow.decider import explain
from respond.workflow.incident import INCIDENT
from respond.workflow.incident import commands as c
from respond.workflow.incident import events as e
from respond.workflow.incident.actions import ActionStepRecorded, RecordActionStep
from respond.workflow.incident.cases import Case as CustomerCase
from respond.workflow.incident.parties import CaseStepRecorded, RecordCaseStep
from respond.workflow.incident.people import AssignRole, HandOverRole, ReleaseRole
from respond.workflow.incident.pins import PinEntry, UnpinEntry
from respond.workflow.incident.plans import ActivatePlan, RebasePlan
from respond.workflow.incident.proposals import RecordProposalStep
from respond.workflow.incident.recognition import RecordRecognition
from respond.workflow.incident.triage import Recategorise, SetResponseLevel
from response_cases import RESPONSE_CASES
from review_cases import REVIEW_CASES
from spoken_cases import SPOKEN_CASES

SHA256 = "0" * 64
FILE = e.Attachment(name="log.txt", media_type="text/plain", size=12, sha256=SHA256, uri="s3://files/log.txt")
INITIAL = c.ReportUpward(kind="initial", recipient="HQ", summary="14 shops")


SLOW = attrs.evolve(PLAN, levels=tuple(attrs.evolve(one, dwell=Span(10, "minute")) for one in PLAN.levels))
"""The example, in which an incident stays at its level for a while."""
TYPED = attrs.evolve(
    PLAN,
    name="typed",
    extension_fields=(
        ExtensionField(id="vendor", title="Vendor", kind="text", choices=("Acme", "Bolt"), required=True),
        ExtensionField(id="shops", title="Shops", kind="integer"),
        ExtensionField(id="share", title="Share", kind="decimal"),
        ExtensionField(id="open", title="Open", kind="yes_no"),
    ),
)
"""The example, with typed fields."""


FACETED = attrs.evolve(
    PLAN,
    name="faceted",
    facets=(Facet(id="law", title="Law"), Facet(id="data", title="Data")),
    audiences=(Audience(id="fire_brigade", title="Fire brigade", kind="authority"),),
    obligations=(
        Obligation(
            id="head",
            title="Tell the head office",
            act="report_upward",
            report="initial",
            recipient="head_office",
            when=(Condition(spread=("whole-region",)),),
            due=(Clock(from_="told", within=Span(1, "hour")),),
        ),
    ),
)
"""The example, with facets, a spread, and recipients."""


def staffed() -> Play:
    """Return an incident with a liaison, as of 08:04."""
    return duties("responding")().do(AssignRole(role="liaison", person="wu.bo"))


def recategorised() -> Play:
    """Return an incident that got another category."""
    return incident_in("assessed").do(Recategorise(category="network", reason="the line is cut"))


def knowing() -> Play:
    """Return an incident of an engine that has two plans."""
    play = incident_in("responding")
    play.plans = {PLAN.reference: PLAN, DUTIES.reference: DUTIES}
    return play


def raising(**changes: Any) -> c.RaiseDue:
    """Return the command that raises the first rung, with *changes*."""
    due_at = START + timedelta(minutes=1)
    raised = c.RaiseDue(obligation="visit", occurrence=1, rung=1, due_at=due_at, tell=("commander",))
    return attrs.evolve(raised, **changes)


def cared(state: str) -> Play:
    """Return an incident at *state* that hurt the party c-1."""
    return incident_in(state).record(CaseStepRecorded(party="c-1", step="registered"))


def followed(state: str) -> Play:
    """Return an incident at *state* whose review asked for the action item a-1."""
    return incident_in(state).record(ActionStepRecorded(action="a-1", step="opened", owner="li.na"))


def taken(*steps: Step) -> CustomerCase:
    """Return the case of the party c-1, which took *steps*."""
    return CustomerCase(party="c-1", steps=tuple(CaseStep(at=START, entry=step, step=step) for step in steps))


def levelless() -> Play:
    """Return an incident that responds and has no level, as a foreign log may tell."""
    return incident_in("reported").record(e.ResponseStarted(from_="reported", to="responding"))


def grave() -> Play:
    """Return an incident that was at level 1, was lowered to 4, and responds."""
    return incident_in("assessed").do(
        c.AssignLevel(level=1, basis="all shops"),
        c.StartResponse(),
        c.ChangeLevel(level=4, justification="one shop after all"),
    )


def told() -> Play:
    """Return an incident that was reported upward to HQ."""
    return incident_in("reported_upward")


def noted() -> Play:
    """Return an incident with a note."""
    return incident_in("responding").do(c.Note(text="Called the supplier"))


def commanded() -> Play:
    """Return an incident whose command was taken at 08:04."""
    return incident_in("responding").do(c.TakeCommand(commander="chen.yu"))


def handed_over() -> Play:
    """Return an incident whose command was taken at 08:04, and by somebody else at 08:05."""
    return commanded().do(c.TakeCommand(commander="li.na"))


def withdrawn() -> Play:
    """Return an incident whose note was retracted."""
    play = noted()
    return play.do(c.Retract(entry=play.entry("ProgressNoted"), reason="wrong incident"))


REPORTED_ID = incident_in("reported").entry("IncidentReported")
ASSESSED_ID = incident_in("assessed").entry("IncidentAssessed")
NOTE_ID = noted().entry("ProgressNoted")
FIRST_COMMAND_ID = commanded().entry("CommandTransferred")
SECOND_COMMAND_ID = handed_over().entry("CommandTransferred")


def correct(changes: dict[str, object], entry: str = REPORTED_ID, reason: str = "typo") -> c.Correct:
    """Return the command that corrects *entry*."""
    return c.Correct(entry=entry, changes=changes, reason=reason)


CASES = [
    Case(
        code="category-unknown",
        on=Play,
        refused=c.ReportIncident(category="earthquake", title="Shaking"),
        passes=c.ReportIncident(category="natural_disaster", title="Shaking"),
        text="'earthquake' is not a category of the plan service-company@1; it has service_quality, customer_safety, "
        "facility_failure, technical_failure, network, human_error, natural_disaster, public_health, "
        "policy_change, other",
    ),
    Case(
        code="title-missing",
        on=Play,
        refused=c.ReportIncident(category="other", title=" "),
        passes=c.ReportIncident(category="other", title="Shaking"),
        text="an incident needs a title",
    ),
    Case(
        code="role-unknown",
        on=at("level_assigned"),
        refused=c.StartResponse(),
        passes=c.StartResponse(),
        actor=Actor("chen.yu", "emperor"),
        other_actor=Actor("chen.yu", "commander"),
        text="'emperor' is not a role of the plan service-company@1; "
        "it has commander, duty_officer, assessor, spokesperson, responder, reviewer",
    ),
    Case(
        code="estimate-negative",
        on=at("reported"),
        refused=c.Assess(affected_customers=-1),
        passes=c.Assess(affected_customers=0),
        text="affected_customers is -1; it must be 0 or more",
    ),
    Case(
        code="estimate-negative",
        on=at("reported"),
        refused=c.Assess(loss=Money(Decimal(-5), "CNY")),
        passes=c.Assess(loss=Money(Decimal(0), "CNY")),
        text="loss is -5 CNY; it must be 0 or more",
    ),
    Case(
        code="estimate-negative",
        on=at("resolved"),
        refused=c.Assess(injured=-2),
        passes=c.Assess(injured=0),
        text="injured is -2; it must be 0 or more",
    ),
    Case(
        code="facet-unknown",
        on=at("reported", FACETED),
        refused=c.Assess(facets=("Law", "press")),
        passes=c.Assess(facets=("law",)),
        text=f"'Law', 'press' is not a facet of the plan {FACETED.reference}; it has law, data",
    ),
    Case(
        code="facet-unknown",
        on=at("reported"),
        refused=c.Assess(facets="law"),
        passes=c.Assess(facets=("whatever",)),
        text="facets is the text 'law'; write a tuple of ids, such as ('law',)",
    ),
    Case(
        code="spread-unknown",
        on=at("reported", FACETED),
        refused=c.Assess(spread="Whole Region"),
        passes=c.Assess(spread="galaxy"),
        text="'Whole Region' is not a spread of the plan, which writes 'whole-region'",
    ),
    Case(
        code="recipient-unknown",
        on=at("responding", FACETED),
        refused=c.ReportUpward(kind="initial", recipient="head office", summary="x"),
        passes=c.ReportUpward(kind="initial", recipient="the mayor", summary="x"),
        text="'head office' is not a recipient of the plan, which writes 'head_office'",
    ),
    Case(
        code="recipient-unknown",
        on=at("responding", FACETED),
        refused=c.ReportUpward(kind="initial", recipient=" Fire Brigade ", summary="x"),
        passes=c.ReportUpward(kind="initial", recipient="fire_brigade", summary="x"),
        text="' Fire Brigade ' is not a recipient of the plan, which writes 'fire_brigade'",
    ),
    Case(
        code="in-the-future",
        on=at("reported"),
        refused=c.Assess(began_at=Moment(START + timedelta(hours=1))),
        passes=c.Assess(began_at=Moment(START)),
        text="began_at: 2026-03-01T09:00:00.000000Z is after now, 2026-03-01T08:01:00.000000Z; "
        "tell what has happened, with the time at which it did",
    ),
    Case(
        code="level-unknown",
        on=at("assessed"),
        refused=c.AssignLevel(level=5, basis="guess"),
        passes=c.AssignLevel(level=4, basis="guess"),
        text="5 is not a level of the plan; it has 1 (the worst) to 4",
    ),
    Case(
        code="level-unknown",
        on=at("responding"),
        refused=c.ChangeLevel(level=0, justification="guess"),
        passes=c.ChangeLevel(level=1, justification="guess"),
        text="0 is not a level of the plan; it has 1 (the worst) to 4",
    ),
    Case(
        code="level-unknown",
        on=at("assessed"),
        refused=c.AssignLevel(level="2", basis="guess"),  # type: ignore[arg-type]
        passes=c.AssignLevel(level=2, basis="guess"),
        text="'2' is not a level of the plan; it has 1 (the worst) to 4",
    ),
    Case(
        code="basis-missing",
        on=at("assessed"),
        refused=c.AssignLevel(level=2, basis="\t"),
        passes=c.AssignLevel(level=2, basis="regional"),
        text="a level needs a basis: say what it rests on",
    ),
    Case(
        code="level-unassigned",
        on=levelless,
        refused=c.ChangeLevel(level=2, justification="worse"),
        passes=c.AssignLevel(level=2, basis="worse"),
        text="no level was assigned yet; assign one first",
    ),
    Case(
        code="level-assigned-already",
        on=at("responding"),
        refused=c.AssignLevel(level=2, basis="worse"),
        passes=c.ChangeLevel(level=2, justification="worse"),
        text="level 3 was assigned already; change it instead",
    ),
    Case(
        code="justification-missing",
        on=at("level_assigned"),
        refused=c.ChangeLevel(level=2, justification=""),
        passes=c.ChangeLevel(level=2, justification="worse"),
        text="a change of level needs a justification",
    ),
    Case(
        code="commander-missing",
        on=at("reported"),
        refused=c.TakeCommand(),
        passes=c.TakeCommand(),
        other_actor="li.na",
        text="name the commander, or the actor who takes command",
    ),
    Case(
        code="earlier-than-last",
        on=commanded,
        refused=c.TakeCommand(commander="li.na"),
        passes=c.TakeCommand(commander="li.na"),
        told_at=START + timedelta(minutes=3),
        other_at=START + timedelta(minutes=4),
        text="2026-03-01T08:03:00.000000Z is before 2026-03-01T08:04:00.000000Z, when command was taken last; "
        "tell what happened in its order, or correct the earlier entry first",
    ),
    Case(
        code="earlier-than-last",
        on=at("responding"),
        refused=c.ChangeLevel(level=2, justification="worse"),
        passes=c.ChangeLevel(level=2, justification="worse"),
        told_at=START + timedelta(minutes=1),
        other_at=START + timedelta(minutes=2),
        text="2026-03-01T08:01:00.000000Z is before 2026-03-01T08:02:00.000000Z, when the level was set last; "
        "tell what happened in its order, or correct the earlier entry first",
    ),
    Case(
        code="earlier-than-last",
        on=lambda: incident_in("level_assigned").do(c.Cancel(reason="x"), c.Reopen(reason="y"), c.Assess(findings="z")),
        refused=c.AssignLevel(level=2, basis="regional"),
        passes=c.AssignLevel(level=2, basis="regional"),
        told_at=START + timedelta(minutes=1),
        text="2026-03-01T08:01:00.000000Z is before 2026-03-01T08:02:00.000000Z, when the level was set last; "
        "tell what happened in its order, or correct the earlier entry first",
    ),
    Case(
        code="team-missing",
        on=at("reported"),
        refused=c.AssignTeam(team=" "),
        passes=c.AssignTeam(team="network"),
        text="name the team",
    ),
    Case(
        code="report-kind-unknown",
        on=told,
        refused=c.ReportUpward(kind="second", recipient="HQ", summary="more"),  # type: ignore[arg-type]
        passes=c.ReportUpward(kind="follow_up", recipient="HQ", summary="more"),
        text="'second' is not one of initial, follow_up, final",
    ),
    Case(
        code="recipient-missing",
        on=at("responding"),
        refused=c.ReportUpward(kind="initial", recipient="", summary="14 shops"),
        passes=INITIAL,
        text="an upward report needs a recipient",
    ),
    Case(
        code="initial-report-missing",
        on=told,
        refused=c.ReportUpward(kind="final", recipient="Regulator", summary="over"),
        passes=c.ReportUpward(kind="final", recipient="HQ", summary="over"),
        text="'Regulator' got no initial report yet; send that first",
    ),
    Case(
        code="initial-report-sent",
        on=told,
        refused=c.ReportUpward(kind="initial", recipient="HQ", summary="15 shops"),
        passes=c.ReportUpward(kind="initial", recipient="Regulator", summary="15 shops"),
        text="'HQ' got the initial report already; send a follow_up",
    ),
    Case(
        code="upward-report-owed",
        on=grave,
        refused=c.Resolve(resolution="Restarted"),
        passes=INITIAL,
        text="level 1 owes an upward report, and none was sent",
    ),
    Case(
        code="upward-report-owed-again",
        on=lambda: told_and_retracted(),  # noqa: PLW0108 - defined below
        refused=c.CloseReview(summary="A fuse blew"),
        passes=INITIAL,
        text="level 1 owes an upward report, and none was sent",
    ),
    Case(
        code="note-empty",
        on=at("reported"),
        refused=c.Note(text=" "),
        passes=c.Note(fields={"terminals": 14}),
        text="a note needs text, an attachment or a field",
    ),
    Case(
        code="attachment-invalid",
        on=at("reported"),
        refused=c.Note(attachments=(FILE, attrs.evolve(FILE, sha256="A" * 64))),
        passes=c.Note(attachments=(FILE, FILE)),
        text="'log.txt': the SHA-256 must be 64 lower-case hexadecimal digits",
    ),
    Case(
        code="attachment-invalid",
        on=at("reported"),
        refused=c.Note(attachments=(attrs.evolve(FILE, size=-1),)),
        passes=c.Note(attachments=(attrs.evolve(FILE, size=0),)),
        text="'log.txt': an attachment needs a name, a media type, a URI, and a size of 0 or more",
    ),
    Case(
        code="attachment-invalid",
        on=at("reported"),
        refused=c.Note(attachments=(attrs.evolve(FILE, uri=""),)),
        passes=c.Note(attachments=(FILE,)),
        text="'log.txt': an attachment needs a name, a media type, a URI, and a size of 0 or more",
    ),
    Case(
        code="resolution-missing",
        on=at("responding"),
        refused=c.Resolve(resolution=""),
        passes=c.Resolve(resolution="Restarted"),
        text="say how it was resolved",
    ),
    Case(
        code="reason-missing",
        on=at("reviewed"),
        refused=c.Reopen(reason="\n"),
        passes=c.Reopen(reason="It is back"),
        text="give the reason",
    ),
    Case(
        code="summary-missing",
        on=at("resolved"),
        refused=c.CloseReview(summary=""),
        passes=c.CloseReview(summary="Power supply"),
        text="give a summary",
    ),
    Case(
        code="merge-into-itself",
        on=at("resolved"),
        refused=c.Merge(into="i-1", reason="same"),
        passes=c.Merge(into="i-2", reason="same"),
        text="an incident merges into another one",
    ),
    Case(
        code="merge-into-itself",
        on=at("reviewed"),
        refused=c.Absorb(source="", reason="same"),
        passes=c.Absorb(source="i-2", reason="same"),
        text="an incident merges into another one",
    ),
    Case(
        code="merge-outdated",
        on=at("resolved"),
        refused=c.Merge(into="i-2", reason="same", at_version=4),
        passes=c.Merge(into="i-2", reason="same", at_version=5),
        text="this incident stands at version 5, and what the other one is told of it is that of version 4",
    ),
    Case(
        code="party-unknown",
        on=lambda: cared("responding"),
        refused=RecordCaseStep(party="c-2", step="contacted"),
        passes=RecordCaseStep(party="c-1", step="contacted"),
        text="'c-2' is not among the affected parties of this incident; register it first",
    ),
    Case(
        code="incident-reviewed",
        on=lambda: cared("reviewed"),
        refused=RecordCaseStep(party="c-2", step="registered"),
        passes=RecordCaseStep(party="c-1", step="visited"),
        text="the incident is reviewed: reopen it before a case is registered",
    ),
    Case(
        code="action-unknown",
        on=lambda: followed("reviewed"),
        refused=RecordActionStep(action="a-2", step="done"),
        passes=RecordActionStep(action="a-1", step="done"),
        text="'a-2' is not among the action items of this incident; open it first",
    ),
    Case(
        code="incident-unresolved",
        on=lambda: followed("responding"),
        refused=RecordActionStep(action="a-2", step="opened"),
        passes=RecordActionStep(action="a-1", step="done"),
        text="the incident is responding: an action item is opened from its review, once it is resolved",
    ),
    Case(
        code="proposal-not-of-incident",
        on=at("reviewed"),
        refused=RecordProposalStep(plan="desk", proposal="p-1", step="rejected"),
        passes=RecordProposalStep(plan="desk", proposal="p-1", step="proposed"),
        text="'p-1' for the plan 'desk' did not come of this incident",
    ),
    Case(
        code="recognition-empty",
        on=at("reviewed"),
        refused=RecordRecognition(person="wu.bo", text=" "),
        passes=RecordRecognition(person="wu.bo", text="She stayed"),
        text="text must not be blank",
    ),
    Case(
        code="own-recognition",
        on=at("reviewed"),
        actor="wu.bo",
        other_actor="li.na",
        refused=RecordRecognition(person="wu.bo", text="I stayed"),
        passes=RecordRecognition(person="wu.bo", text="She stayed"),
        text="'wu.bo' is who says so; somebody else has to",
    ),
    Case(
        code="absorbed-case-open",
        on=at("reviewed"),
        refused=c.Absorb(source="i-2", reason="same", cases=(taken("registered", "closed"),)),
        passes=c.Absorb(source="i-2", reason="same", cases=(taken("registered", "settled"),)),
        text="'i-2' has open cases: c-1; finish them first, or reopen this incident",
    ),
    Case(
        code="absorbed-report-owed",
        on=at("resolved"),
        refused=c.Absorb(source="i-2", reason="same", worst_level=1),
        passes=c.Absorb(source="i-2", reason="same", worst_level=1, reported_upward=True),
        text="'i-2' owes an upward report at level 1, and none was sent; send one first, or reopen this incident",
    ),
    Case(
        code="absorbed-report-owed",
        on=at("reviewed"),
        refused=c.Absorb(source="i-2", reason="same", worst_level=2),
        passes=c.Absorb(source="i-2", reason="same", worst_level=3),
        text="'i-2' owes an upward report at level 2, and none was sent; send one first, or reopen this incident",
    ),
    Case(
        code="upward-report-owed",
        on=lambda: incident_in("responding").do(c.Absorb(source="i-2", reason="same", worst_level=1)),
        refused=c.Resolve(resolution="Restarted"),
        passes=INITIAL,
        text="level 1 owes an upward report, and none was sent",
    ),
    Case(
        code="entry-unknown",
        on=at("reported"),
        refused=correct({"title": "Terminals"}, entry="nowhere"),
        passes=correct({"title": "Terminals"}),
        text="'nowhere' is not an entry of this incident",
    ),
    Case(
        code="entry-unknown",
        on=noted,
        refused=c.Retract(entry="nowhere", reason="wrong"),
        passes=c.Retract(entry=NOTE_ID, reason="wrong"),
        text="'nowhere' is not an entry of this incident",
    ),
    Case(
        code="entry-unknown",
        on=noted,
        refused=PinEntry(entry="nowhere"),
        passes=PinEntry(entry=NOTE_ID),
        text="'nowhere' is not an entry of this incident",
    ),
    Case(
        code="entry-not-pinned",
        on=noted,
        refused=UnpinEntry(entry=NOTE_ID, reason="wrong"),
        passes=PinEntry(entry=NOTE_ID),
        text=f"{NOTE_ID!r} is not pinned; no entry of this incident is",
    ),
    Case(
        code="entry-not-pinned",
        on=lambda: noted().do(PinEntry(entry=NOTE_ID)),
        refused=UnpinEntry(entry="nowhere", reason="wrong"),
        passes=UnpinEntry(entry=NOTE_ID, reason="wrong"),
        text=f"'nowhere' is not pinned; {NOTE_ID!r} is",
    ),
    Case(
        code="entry-retracted",
        on=withdrawn,
        refused=correct({"text": "Called them"}, entry=NOTE_ID),
        passes=correct({"title": "Terminals"}),
        text=f"{NOTE_ID!r} was retracted already",
    ),
    Case(
        code="entry-not-correctable",
        on=lambda: incident_in("reported").do(c.Absorb(source="i-2", reason="same")),
        refused=correct({"reason": "twin"}, entry=incident_in("assessed").history[1].id),
        passes=correct({"title": "Terminals"}),
        text="this IncidentAbsorbed cannot be corrected",
    ),
    Case(
        code="entry-not-retractable",
        on=at("assessed"),
        refused=c.Retract(entry=REPORTED_ID, reason="wrong"),
        passes=c.Retract(entry=ASSESSED_ID, reason="wrong"),
        text="this IncidentReported is a step and cannot be retracted; correct it, or take the next step",
    ),
    Case(
        code="correction-invalid",
        on=at("reported"),
        refused=correct({}),
        passes=correct({"occurred_at": "2026-03-01T07:55:00Z"}),
        text="name at least one field with its right value",
    ),
    Case(
        code="correction-out-of-order",
        on=handed_over,
        refused=correct({"occurred_at": "2026-03-01T08:06:00Z"}, entry=FIRST_COMMAND_ID),
        passes=correct({"occurred_at": "2026-03-01T08:05:00Z"}, entry=FIRST_COMMAND_ID),
        text="2026-03-01T08:06:00.000000Z is after 2026-03-01T08:05:00.000000Z, when the step after it was; "
        "correct that first",
    ),
    Case(
        code="correction-out-of-order",
        on=handed_over,
        refused=correct({"occurred_at": "2026-03-01T08:03:00Z"}, entry=SECOND_COMMAND_ID),
        passes=correct({"occurred_at": "2026-03-01T08:04:00Z"}, entry=SECOND_COMMAND_ID),
        text="2026-03-01T08:03:00.000000Z is before 2026-03-01T08:04:00.000000Z, when the step before it was; "
        "correct that first",
    ),
    Case(
        code="response-level-unknown",
        on=duties("assessed"),
        refused=SetResponseLevel(response="III", basis="one shop"),
        passes=SetResponseLevel(response="II", basis="one shop"),
        text="'III' is not a response level of the plan; it has I, II",
    ),
    Case(
        code="earlier-than-last",
        on=lambda: duties("assessed")().do(SetResponseLevel(response="II", basis="one shop")),
        refused=SetResponseLevel(response="I", basis="all shops"),
        passes=SetResponseLevel(response="I", basis="all shops"),
        told_at=START + timedelta(minutes=1),
        text="2026-03-01T08:01:00.000000Z is before 2026-03-01T08:02:00.000000Z, when the response level was set last; "
        "tell what happened in its order, or correct the earlier entry first",
    ),
    Case(
        code="earlier-than-last",
        on=lambda: duties("responding")().do(c.PauseClock(obligation="visit", reason="a storm")),
        refused=c.ResumeClock(obligation="visit"),
        passes=c.ResumeClock(obligation="visit"),
        told_at=START + timedelta(minutes=3),
        text="2026-03-01T08:03:00.000000Z is before 2026-03-01T08:04:00.000000Z, when the clock was stopped or set "
        "going last; tell what happened in its order, or correct the earlier entry first",
    ),
    Case(
        code="clock-run-out",
        on=lambda: Play(plan=DUTIES).take(incident_in("responding").do(c.Note(text="x"))),
        refused=c.PauseClock(obligation="visit", reason="a storm"),
        passes=c.PauseClock(obligation="visit", reason="a storm"),
        told_at=START,
        text="the clock of 'visit' ran out at 2026-03-01T08:01:00.000000Z, and nothing moves a deadline that has "
        "passed; stop it from now on, or have the obligation waived",
    ),
    Case(
        code="level-too-young",
        on=at("responding", SLOW),
        refused=c.ChangeLevel(level=4, justification="it is over"),
        passes=c.ChangeLevel(level=1, justification="it spreads"),
        text="an incident stays at level 3 for 10 min at least: until 2026-03-01T08:12:00.000000Z",
    ),
    Case(
        code="level-too-young",
        on=at("responding", SLOW),
        refused=c.ChangeLevel(level=4, justification="it is over"),
        passes=c.ChangeLevel(level=4, justification="it is over"),
        other_at=START + timedelta(minutes=12),
        text="an incident stays at level 3 for 10 min at least: until 2026-03-01T08:12:00.000000Z",
    ),
    Case(
        code="role-not-in-plan",
        on=duties("responding"),
        refused=AssignRole(role="commander", person="wu.bo"),
        passes=AssignRole(role="liaison", person="wu.bo"),
        text="the commander takes command with take_command: there is one at any instant",
    ),
    Case(
        code="role-not-in-plan",
        on=at("responding"),
        refused=AssignRole(role="liaison", person="wu.bo"),
        passes=AssignRole(role="responder", person="wu.bo"),
        text="'liaison' is not a role of the plan service-company@1; "
        "it has commander, duty_officer, assessor, spokesperson, responder, reviewer",
    ),
    Case(
        code="person-missing",
        on=duties("responding"),
        refused=AssignRole(role="liaison", person=" "),
        passes=AssignRole(role="liaison", person="wu.bo"),
        text="name the person",
    ),
    Case(
        code="role-taken",
        on=staffed,
        refused=AssignRole(role="liaison", person="li.na"),
        passes=HandOverRole(role="liaison", from_person="wu.bo", to_person="li.na", briefing="all is told"),
        text="'liaison' is held by wu.bo; hand it over, or release it first",
    ),
    Case(
        code="role-not-held",
        on=staffed,
        refused=ReleaseRole(role="liaison", person="li.na", reason="shift over"),
        passes=ReleaseRole(role="liaison", person="wu.bo", reason="shift over"),
        text="'li.na' does not hold 'liaison'; wu.bo does",
    ),
    Case(
        code="role-not-held",
        on=staffed,
        refused=HandOverRole(role="liaison", from_person="wu.bo", to_person="li.na", briefing="all is told"),
        passes=HandOverRole(role="liaison", from_person="wu.bo", to_person="li.na", briefing="all is told"),
        told_at=START + timedelta(minutes=3),
        text="'wu.bo' holds 'liaison' since 2026-03-01T08:04:00.000000Z, not at 2026-03-01T08:03:00.000000Z yet",
    ),
    Case(
        code="successor-holds-it",
        on=lambda: duties("responding")().do(
            AssignRole(role="runner", person="wu.bo"), AssignRole(role="runner", person="li.na")
        ),
        refused=HandOverRole(role="runner", from_person="wu.bo", to_person="li.na", briefing="all is told"),
        passes=HandOverRole(role="runner", from_person="wu.bo", to_person="an.yu", briefing="all is told"),
        text="'li.na' holds 'runner' already; release 'wu.bo' instead",
    ),
    Case(
        code="briefing-missing",
        on=staffed,
        refused=HandOverRole(role="liaison", from_person="wu.bo", to_person="li.na", briefing=""),
        passes=HandOverRole(role="liaison", from_person="wu.bo", to_person="li.na", briefing="all is told"),
        text="a hand-over needs a briefing: say how things stand",
    ),
    Case(
        code="training-day-invalid",
        on=duties("responding"),
        refused=AssignRole(role="runner", person="wu.bo", trained_until={"first_aid": "May"}),
        passes=AssignRole(role="runner", person="wu.bo", trained_until={"first_aid": "2026-05-31"}),
        text="'first_aid' is in force until 'May'; write a day such as 2026-03-12",
    ),
    Case(
        code="plan-in-force",
        on=at("responding"),
        refused=ActivatePlan(plan=PLAN.reference, reason="all of it"),
        passes=ActivatePlan(plan=DUTIES.reference, reason="duties"),
        text="service-company@1 is in force already",
    ),
    Case(
        code="plan-unknown",
        on=knowing,
        refused=RebasePlan(plan=Reference("duties", "1", "0" * 64), reason="new telephone numbers"),
        passes=RebasePlan(plan=DUTIES.reference, reason="new telephone numbers"),
        text="duties@1 with digest 000000000000 is not a plan of this engine; it has service-company@1, duties@1",
    ),
    Case(
        code="plan-reason-missing",
        on=duties("new"),
        refused=c.ReportIncident(category="other", title="Shaking", passed_over=PLAN.reference, plan_reason=" "),
        passes=c.ReportIncident(category="other", title="Shaking", passed_over=PLAN.reference, plan_reason="a drill"),
        text="category, site and unit choose the plan service-company@1; leave duties@1 out, or say why it is that one",
    ),
    Case(
        code="approval-unneeded",
        on=duties("responding"),
        refused=Approve(command="resolve"),
        passes=Approve(command="waive", about="visit 1"),
        actor="li.na",
        other_actor="li.na",
        text="no rule of the plan asks for an approval of 'resolve'",
    ),
    Case(
        code="approver-missing",
        on=duties("responding"),
        refused=Approve(command="waive", about="visit 1"),
        passes=Approve(command="waive", about="visit 1"),
        other_actor="li.na",
        text="say who approves: name the actor",
    ),
    Case(
        code="obligation-unknown",
        on=duties("responding"),
        refused=c.Fulfil(obligation="visits"),
        passes=c.Fulfil(obligation="visit"),
        text="'visits' is not an obligation of the plan duties@1; it has visit, judge",
    ),
    Case(
        code="obligation-not-owed",
        on=duties("responding"),
        refused=c.Waive(obligation="visit", occurrence=2, reason="the shops are closed"),
        passes=c.Waive(obligation="visit", reason="the shops are closed"),
        text="occurrence 2 of 'visit' is not open; open: 1",
    ),
    Case(
        code="obligation-not-waivable",
        on=duties("reported"),
        refused=c.Waive(obligation="judge", reason="we know enough"),
        passes=c.Waive(obligation="visit", reason="the shops are closed"),
        text="'judge' cannot be waived: the plan does not allow it",
    ),
    Case(
        code="obligation-not-fulfillable",
        on=duties("reported"),
        refused=c.Fulfil(obligation="judge"),
        passes=c.Fulfil(obligation="visit"),
        text="'judge' is discharged by assess; do that",
    ),
    Case(
        code="clock-not-pausable",
        on=duties("reported"),
        refused=c.PauseClock(obligation="judge", reason="a storm"),
        passes=c.PauseClock(obligation="visit", reason="a storm"),
        text="the clock of 'judge' cannot be stopped",
    ),
    Case(
        code="clock-runs",
        on=lambda: duties("responding")().do(c.PauseClock(obligation="visit", reason="a storm")),
        refused=c.ResumeClock(obligation="judge"),
        passes=c.ResumeClock(obligation="visit"),
        text="the clock of 'judge' is not stopped",
    ),
    Case(
        code="report-unknown",
        on=told,
        refused=c.RecordReceipt(report="nowhere", receipt="R-1"),
        passes=c.RecordReceipt(report=told().entry("UpwardReportSent"), receipt="R-1"),
        text="'nowhere' is not an upward report of this incident; name the event that records it",
    ),
    Case(
        code="receipt-missing",
        on=told,
        refused=c.RecordReceipt(report=told().entry("UpwardReportSent"), receipt=""),
        passes=c.RecordReceipt(report=told().entry("UpwardReportSent"), receipt="R-1"),
        text="say what the recipient calls the report",
    ),
    Case(
        code="not-due",
        on=duties("responding"),
        refused=raising(due_at=START + timedelta(minutes=2)),
        passes=raising(),
        text="occurrence 1 of 'visit' is not open any more, or is due at another time",
    ),
    Case(
        code="not-due",
        on=duties("responding"),
        refused=raising(rung=2, tell=("liaison",)),
        passes=raising(),
        text="rung 2 of occurrence 1 of 'visit' is not reached yet",
    ),
    Case(
        code="not-due",
        on=duties("responding"),
        refused=raising(tell=("liaison",)),
        passes=raising(),
        text="rung 1 of occurrence 1 of 'visit' is not reached yet",
    ),
    *(
        Case(
            code=f"owed-before-{trigger.replace('_', '-')}",
            on=duties(state),
            refused=command,
            passes=c.Fulfil(obligation="visit"),
            text=f"still owed before {trigger}: visit; discharge it, or have it waived",
        )
        for trigger, state, command in (
            ("start_response", "level_assigned", c.StartResponse()),
            ("resolve", "responding", c.Resolve(resolution="Replaced")),
            ("close_review", "resolved", c.CloseReview(summary="Done")),
        )
    ),
    Case(
        code="field-unknown",
        on=at("reported", TYPED),
        refused=c.Assess(fields={"vendor": "Acme", "vendr": "Acme"}),
        passes=c.Assess(fields={"vendor": "Acme", "impact_start": "2026-03-01T07:00:00Z"}),
        text="vendr cannot be filled; the plan typed@1 has vendor, shops, share, open",
    ),
    Case(
        code="field-unknown",
        on=at("responding", TYPED),
        refused=c.Note(fields={"colour": "red"}),
        passes=c.Note(fields={"shops": 14}),
        text="colour cannot be filled; the plan typed@1 has vendor, shops, share, open",
    ),
    Case(
        code="field-invalid",
        on=at("responding", TYPED),
        refused=c.Note(fields={"vendor": "Nobody", "shops": True, "share": "half", "open": 1}),
        passes=c.Note(fields={"vendor": "Bolt", "shops": 14, "share": Decimal("0.5"), "open": True}),
        text="vendor is 'Nobody'; it must be one of Acme, Bolt; shops is True; it must be a whole number; "
        "share is 'half'; it must be a decimal number; open is 1; it must be true or false",
    ),
    Case(
        code="field-invalid",
        on=at("responding", TYPED),
        refused=c.Note(fields={"vendor": 7}),
        passes=c.Note(fields={"share": 1}),
        text="vendor is 7; it must be text",
    ),
    Case(
        code="field-required",
        on=at("reported", TYPED),
        refused=c.Assess(fields={"shops": 14}),
        passes=c.Assess(fields={"shops": 14, "vendor": "Acme"}),
        text="an assessment must fill vendor",
    ),
    *RESPONSE_CASES,
    *RESOURCE_CASES,
    *SPOKEN_CASES,
    *REVIEW_CASES,
    *LINK_CASES,
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.code)
def test_a_guard_refuses_alone_and_says_why(case):
    """Where nothing else is wrong, the one guard refuses with its code, its text and the transition."""
    play = case.on()
    with pytest.raises(CommandRefused) as caught:
        play.decide(case.refused, case.actor, case.told_at)
    (refusal,) = caught.value.refusals
    assert (refusal.code, refusal.text) == (case.code, case.text)
    assert refusal.transition.startswith(f"{play.state.status} -> ")
    assert case.text in str(caught.value)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.code)
def test_a_guard_lets_pass_what_keeps_its_rule(case):
    """The control: on the same incident, a command that keeps the rule causes an event."""
    play = case.on()
    assert len(play.decide(case.passes, case.other_actor, case.other_at)) == 1


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.code)
def test_explain_says_which_guard_objects(case):
    """explain names every guard of the step, the one that objects with its text, the others as passed."""
    play = case.on()
    trigger = type(case.refused).__respond_trigger__
    explanation = play.explain(trigger, case.refused, case.actor, case.told_at)
    (candidate,) = explanation.candidates
    assert not explanation.allowed
    assert {verdict.code: verdict.text for verdict in candidate.verdicts if verdict.passed is False} == {
        case.code: case.text
    }
    assert all(verdict.passed for verdict in candidate.verdicts if verdict.code != case.code)


@pytest.mark.parametrize("guard", INCIDENT.guards, ids=lambda guard: guard.code)
def test_every_guard_has_a_case(guard):
    """No guard of the definition is left out above."""
    undoing = {"merged-elsewhere", *(f"merged-from-{state}" for state in MERGED_IN)}
    assert guard.code in undoing or any(case.code == guard.code for case in CASES)


@pytest.mark.parametrize("state", MERGED_IN)
def test_an_undone_merge_leads_back(state):
    """Of the guards that ask where an incident was merged one agrees, and the incident goes on from there."""
    play = merged_from(state)()
    found = [one for one in play.explain("undo_merge", UNDO).candidates if one.allowed]
    assert {one.code for one in play.explain("undo_merge", ELSEWHERE).refusals} > {"merged-elsewhere"}
    assert [one.dest for one in found] == [play.do(UNDO).state.status] == [state]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.code)
def test_a_guard_that_reads_the_state_is_asked_without_a_command(case):
    """Without a command, a guard that reads it is left open, and one that reads the state says what it says."""
    trigger = type(case.refused).__respond_trigger__
    (candidate,) = case.on().explain(trigger, actor=case.actor).candidates
    verdict = next(verdict for verdict in candidate.verdicts if verdict.code == case.code)
    if INCIDENT.guard_of[case.code].reads == "state":
        assert (verdict.passed, verdict.text) == (False, case.text)
        assert not candidate.allowed
    else:
        assert (verdict.passed, verdict.text) == (None, "depends on what the command says")


@pytest.mark.parametrize(
    "changes",
    [{"briefing": "all is said"}, {"occurred_at": None}, {"occurred_at": "soon"}, {"occurred_at": 7}],
)
def test_only_a_time_can_be_out_of_order(changes):
    """Whatever else is corrected leaves the order alone, and so does a time that cannot be read."""
    refusals = handed_over().explain("correct", correct(changes, entry=FIRST_COMMAND_ID)).refusals
    assert "correction-out-of-order" not in [one.code for one in refusals]


def test_what_was_out_of_order_may_be_mended_step_by_step():
    """A step of a foreign log that stands out of order may be moved, also to where it is still out of order."""
    play = handed_over()
    wrong = {"occurred_at": "2026-03-01T08:09:00Z"}
    play.record(e.EntryCorrected(entry=FIRST_COMMAND_ID, changes=wrong, reason="x"))
    play.do(correct({"occurred_at": "2026-03-01T08:07:00Z"}, entry=FIRST_COMMAND_ID))
    play.do(correct({"occurred_at": "2026-03-01T08:03:00Z"}, entry=FIRST_COMMAND_ID))


def test_the_time_of_a_step_is_held_against_its_neighbours_alone():
    """A step of a foreign log may be moved behind one that came after the next, when the next happened later still."""
    play = handed_over().do(c.TakeCommand(commander="wu.bo"))
    late = {"occurred_at": "2026-03-01T08:07:30Z"}
    play.record(e.EntryCorrected(entry=SECOND_COMMAND_ID, changes=late, reason="x"))
    assert play.refused(correct({"occurred_at": "2026-03-01T08:07:00Z"}, entry=FIRST_COMMAND_ID)) == []
    assert play.refused(correct({"occurred_at": "2026-03-01T08:08:00Z"}, entry=FIRST_COMMAND_ID)) == [
        "correction-out-of-order"
    ]


@pytest.mark.parametrize(("minutes", "refused"), [(9, True), (10, False)])
def test_the_last_take_over_counts_as_corrected(minutes, refused):
    """An entry whose time was corrected holds its right place; one whose time is unknown, that of its recording."""
    play = commanded()
    correction = {"occurred_at": Moment(START + timedelta(minutes=10)).to_json()}
    play.record(e.EntryCorrected(entry=play.entry("CommandTransferred"), changes=correction, reason="clock"))
    told = play.situation(c.TakeCommand(commander="li.na"), at=START + timedelta(minutes=minutes))
    refusals = explain(INCIDENT, "take_command", told).refusals
    assert [one.code for one in refusals] == ["earlier-than-last"] * refused
    play.record(e.EntryCorrected(entry=play.entry("CommandTransferred"), changes={"occurred_at": None}, reason="guess"))
    (last,) = (event for event in play.history if event.type == "CommandTransferred")
    told = play.situation(c.TakeCommand(commander="li.na"), at=last.recorded_at)
    assert explain(INCIDENT, "take_command", told).refusals == ()


def test_a_refusal_lists_every_reason():
    """When several guards object, all of them are listed, in the order in which they are asked."""
    command = c.ReportIncident(category="earthquake", title="")
    with pytest.raises(CommandRefused) as caught:
        Play().do(command, actor=Actor("chen.yu", "emperor"))
    assert [refusal.code for refusal in caught.value.refusals] == ["role-unknown", "category-unknown", "title-missing"]
    assert caught.value.as_dict()["refusals"][2] == {
        "code": "title-missing",
        "text": "an incident needs a title",
        "transition": "new -> reported",
    }


@pytest.mark.parametrize("actor", [None, "chen.yu", Actor("chen.yu", "responder", "li.na")])
def test_an_actor_without_a_role_needs_none(actor):
    """Who names no role is not asked for one; who names a role of the plan may act."""
    assert incident_in("level_assigned").do(c.StartResponse(), actor=actor).state.status == "responding"


@pytest.mark.parametrize("level", [3, 4])
def test_a_level_that_owes_no_report_is_resolved_without_one(level):
    """From responding straight to resolved, where the plan asks for no upward report."""
    play = incident_in("assessed").do(c.AssignLevel(level=level, basis="few"), c.StartResponse())
    assert play.do(c.Resolve(resolution="Restarted")).state.status == "resolved"


@pytest.mark.parametrize("state", ["reported", "assessed", "level_assigned"])
def test_an_early_upward_report_satisfies_the_duty(state):
    """A report that was sent before the response is a fact: it moves nothing, and the duty is met."""
    play = Play().do(*grave_route()[: {"reported": 1, "assessed": 2, "level_assigned": 3}[state]])
    play.do(INITIAL)
    assert play.state.status == state
    play.do(*grave_route()[{"reported": 1, "assessed": 2, "level_assigned": 3}[state] :])
    assert play.do(c.Resolve(resolution="Restarted")).state.status == "resolved"


def grave_route() -> tuple[object, ...]:
    """Return commands that lead to responding at level 1."""
    return (
        c.ReportIncident(category="other", title="Fire"),
        c.Assess(injured=1),
        c.AssignLevel(level=1, basis="injured"),
        c.StartResponse(),
    )


def test_a_retracted_upward_report_does_not_count():
    """The duty stands again when the only report is withdrawn."""
    play = Play().do(*grave_route(), INITIAL)
    play.do(c.Retract(entry=play.entry("UpwardReportSent"), reason="sent to the wrong desk"))
    with pytest.raises(CommandRefused, match="level 1 owes an upward report"):
        play.do(c.Resolve(resolution="Restarted"))
    play.do(INITIAL)
    assert play.do(c.Resolve(resolution="Restarted")).state.status == "resolved"


def told_of_it():
    """Return a grave incident that was reported upward and resolved."""
    return Play().do(*grave_route(), INITIAL, c.Resolve(resolution="Restarted"))


def told_and_retracted():
    """Return the same after its only report was retracted."""
    play = told_of_it()
    return play.do(c.Retract(entry=play.entry("UpwardReportSent"), reason="the line was dead"))


def test_a_report_that_is_retracted_once_it_is_resolved_is_owed_again():
    """It was not sent, and that is told at any time; the review closes when another one was."""
    closing = c.CloseReview(summary="A fuse blew")
    assert len(told_of_it().decide(closing)) == 1
    play = told_and_retracted()
    with pytest.raises(CommandRefused) as caught:
        play.do(closing)
    assert [one.code for one in caught.value.refusals] == ["upward-report-owed-again"]
    assert play.do(INITIAL, closing).state.status == "reviewed"


def test_a_level_that_the_plan_no_longer_has_owes_nothing():
    """A foreign log may tell a level beyond the plan's; it bars nothing."""
    play = levelless().record(e.LevelAssigned(from_="responding", to="responding", level=9))
    assert play.do(c.Resolve(resolution="Restarted")).state.status == "resolved"


LOSS = {"amount": "12.50", "currency": "CNY"}
CORRECTIONS: list[tuple[Callable[[], Play], str, dict[str, object], str]] = [
    (
        at("reported"),
        "IncidentReported",
        {"titel": "x", "level": 1},
        "level, titel cannot be corrected in this IncidentReported",
    ),
    (at("reported"), "IncidentReported", {"title": 5}, "does not fit: IncidentReported: 5 is not of type str at title"),
    (at("reported"), "IncidentReported", {"title": ""}, "an incident needs a title"),
    (at("reported"), "IncidentReported", {"category": "earthquake"}, "'earthquake' is not a category of the plan"),
    (at("reported"), "IncidentReported", {"occurred_at": "yesterday"}, "does not fit: occurred_at: "),
    (at("reported"), "IncidentReported", {"occurred_at": 5}, "does not fit: occurred_at: "),
    (at("reported"), "IncidentReported", {"occurred_at": {}}, "does not fit: occurred_at: "),
    (at("reported"), "IncidentReported", {"discovered_at": "noon"}, "does not fit: IncidentReported: "),
    (at("assessed"), "IncidentAssessed", {"affected_customers": -1}, "affected_customers is -1"),
    (at("assessed"), "IncidentAssessed", {"affected_customers": True}, "True is not of type int at affected_customers"),
    (at("assessed"), "IncidentAssessed", {"loss": {"amount": "1"}}, "does not fit: IncidentAssessed: "),
    (
        at("assessed"),
        "IncidentAssessed",
        {"loss": {"amount": "x", "currency": "CNY"}},
        "does not fit: IncidentAssessed: ",
    ),
    (
        at("assessed"),
        "IncidentAssessed",
        {"fields": {"shops": 1.5}},
        "1.5 is not one of the types str, int, bool, Decimal",
    ),
    (at("assessed"), "IncidentAssessed", {"fields": {"shops": [1]}}, "[1] is not one of the types"),
    (at("assessed"), "IncidentAssessed", {"fields": 5}, "does not fit: IncidentAssessed: "),
    (at("assessed"), "IncidentAssessed", {"fields": {"share": {"$dec": "NaN"}}}, "NaN is not a finite number"),
    (at("assessed"), "IncidentAssessed", {"fields": {"share": {"$dec": "-Infinity"}}}, "not a finite number"),
    (told, "UpwardReportSent", {"kind": "second"}, "does not fit: UpwardReportSent: "),
    (told, "UpwardReportSent", {"recipient": ""}, "an upward report needs a recipient"),
    (at("level_assigned"), "LevelAssigned", {"level": 1}, "these can: basis, occurred_at"),
    (at("level_assigned"), "LevelAssigned", {"basis": ""}, "a level needs a basis"),
    (grave, "LevelChanged", {"justification": " "}, "a change of level needs a justification"),
    (noted, "ProgressNoted", {"text": ""}, "a note needs text, an attachment or a field"),
    (at("resolved"), "IncidentResolved", {"resolution": ""}, "say how it was resolved"),
    (at("reviewed"), "IncidentReviewed", {"summary": ""}, "give a summary"),
    (at("cancelled"), "IncidentCancelled", {"reason": ""}, "give the reason"),
    (at("merged"), "IncidentMerged", {"reason": ""}, "give the reason"),
    (at("responding"), "ResponseStarted", {"to": "resolved"}, "these can: occurred_at"),
    (recategorised, "IncidentReported", {"category": "other"}, "the category was changed since; recategorise"),
    (recategorised, "IncidentRecategorised", {"reason": ""}, "give the reason"),
    (staffed, "RoleAssigned", {"trained_until": {"first_aid": "May"}}, "write a day such as 2026-03-12"),
    (staffed, "RoleAssigned", {"person": "li.na"}, "these can: occurred_at, trained_until"),
    (at("assessed", TYPED), "IncidentAssessed", {"fields": {"vendor": "Nobody"}}, "must be one of Acme, Bolt"),
    (at("assessed", TYPED), "IncidentAssessed", {"fields": {"colour": "red"}}, "colour cannot be filled"),
]


@pytest.mark.parametrize(("on", "entry", "changes", "text"), CORRECTIONS)
def test_a_correction_that_does_not_fit_is_refused(on, entry, changes, text):
    """A correction names fields that its entry has, fits their types, and breaks no rule of the entry's command."""
    play = on()
    with pytest.raises(CommandRefused) as caught:
        play.do(correct(changes, entry=play.entry(entry)))
    assert [refusal.code for refusal in caught.value.refusals] == ["correction-invalid"]
    assert text in caught.value.refusals[0].text


RIGHT: list[tuple[Callable[[], Play], str, dict[str, object]]] = [
    (at("reported"), "IncidentReported", {"title": "Terminals", "category": "network", "site": "Shop 3"}),
    (at("reported"), "IncidentReported", {"discovered_at": "2026-03-01T07:00:00Z", "site": None}),
    (at("reported"), "IncidentReported", {"occurred_at": {"at": "2026-03-01T07:00:00Z", "precision": "hour"}}),
    (at("assessed"), "IncidentAssessed", {"loss": LOSS, "fields": {"shops": 14, "share": {"$dec": "0.5"}}}),
    (at("assessed"), "IncidentAssessed", {"fields": {"share": Decimal("0.5")}}),
    (told, "UpwardReportSent", {"kind": "final", "recipient": "Regulator", "summary": ""}),
    (noted, "ProgressNoted", {"text": "", "fields": {"done": True}}),
    (at("responding"), "ResponseStarted", {"occurred_at": "2026-03-01T09:00:00+08:00"}),
    (recategorised, "IncidentReported", {"title": "Line down"}),
    (recategorised, "IncidentRecategorised", {"reason": "the line is cut", "occurred_at": None}),
    (staffed, "RoleAssigned", {"trained_until": {"first_aid": "2026-05-31"}}),
    (at("assessed", TYPED), "IncidentAssessed", {"fields": {"vendor": "Acme"}}),
    (at("assessed", TYPED), "IncidentAssessed", {"spread": "local"}),
]


@pytest.mark.parametrize(("on", "entry", "changes"), RIGHT)
def test_a_correction_that_fits_is_recorded_once(on, entry, changes):
    """The control: a correction that fits is recorded, and the same one a second time causes nothing."""
    play = on()
    command = correct(changes, entry=play.entry(entry))
    play.do(command)
    assert play.history[-1].type == "EntryCorrected"
    assert play.decide(command) == ()


def test_a_correction_is_judged_on_top_of_the_earlier_ones():
    """What an earlier correction put right counts: the text may go once there is a field."""
    play = noted()
    entry = play.entry("ProgressNoted")
    play.do(correct({"fields": {"called": True}}, entry=entry), correct({"text": ""}, entry=entry))
    with pytest.raises(CommandRefused, match="a note needs text"):
        play.do(correct({"fields": {}}, entry=entry))


def test_a_correction_may_leave_what_was_wrong_before():
    """An imported entry that never kept a rule can still be corrected elsewhere."""
    play = Play().record(e.IncidentReported(from_="new", to="reported", category="7", title=""))
    play.do(correct({"site": "Shop 3"}))
    assert play.state.site == "Shop 3"
    with pytest.raises(CommandRefused, match="'8' is not a category"):
        play.do(correct({"category": "8"}))


def test_a_damaged_correction_in_the_history_is_named():
    """A correction that reality recorded and that does not fit bars further ones with a reason, not with a crash."""
    play = incident_in("resolved")
    damaged = e.EntryCorrected(entry=play.entry("LevelAssigned"), changes={"basis": 5}, reason="?")
    play.record(damaged)
    with pytest.raises(CommandRefused, match="5 is not of type str at basis"):
        play.do(correct({"basis": "few"}, entry=play.entry("LevelAssigned")))


def test_a_plan_without_roles_knows_no_role():
    """Where the plan lists no roles, naming one is refused."""
    plan = Plan(name="bare", version="1", categories=PLAN.categories, levels=PLAN.levels)
    with pytest.raises(CommandRefused, match="role-unknown"):
        Play(plan=plan).do(c.ReportIncident(category="other", title="x"), actor=Actor("a", "commander"))


def test_an_incident_is_worth_its_money():
    """An assessment keeps an exact loss."""
    play = incident_in("reported").do(c.Assess(loss=Money(Decimal("12.50"), "CNY")))
    assert str(play.state.assessment.loss) == "12.50 CNY"


ENDED = {
    "reopen a resolved one": ("resolved", c.Reopen(reason="x"), "IncidentResolved"),
    "reopen a closed one": ("reviewed", c.Reopen(reason="x"), "IncidentReviewed"),
    "reopen a cancelled one": ("cancelled", c.Reopen(reason="x"), "IncidentCancelled"),
    "close the review": ("resolved", c.CloseReview(summary="x"), "IncidentResolved"),
}


@pytest.mark.parametrize("what", ENDED)
def test_an_end_is_told_after_the_one_before(what):
    """Nobody reopens or closes at a time before the end: the state would tell another story than the review."""
    status, command, before = ENDED[what]
    play = incident_in(status)
    (last,) = (event.happened_at for event in play.history if event.type == before)
    assert play.refused(command, last - timedelta(seconds=1)) == ["earlier-than-last"]
    assert play.refused(command, last) == []


@pytest.mark.parametrize(
    ("status", "command"),
    [("responding", c.Resolve(resolution="x")), ("reported", c.Cancel(reason="x"))],
)
def test_an_end_is_told_after_the_last_reopening(status, command):
    """What was reopened is resolved or cancelled at a time that is not before that."""
    play = incident_in(status).do(command, c.Reopen(reason="y"))
    last = play.history[-1].happened_at
    assert play.refused(command, last - timedelta(seconds=1)) == ["earlier-than-last"]
    assert play.refused(command, last) == []


def test_the_time_of_an_end_is_corrected_between_its_neighbours():
    """A resolution is not moved behind the reopening that followed."""
    play = incident_in("resolved").do(c.Reopen(reason="y"))
    behind = Moment(play.history[-1].happened_at + timedelta(seconds=1)).to_json()
    moved = c.Correct(entry=play.entry("IncidentResolved"), changes={"occurred_at": behind}, reason="x")
    assert play.refused(moved) == ["correction-out-of-order"]
