"""The space of the incident workflow: which commands a search tries on an incident, and what it tells apart.

exhaust(INCIDENT, plan=PLAN, payloads=incident_samples(PLAN), abstraction=incident_lifecycle)
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from decimal import Decimal
from itertools import chain
from typing import Any, get_args

from respond.domain.money import Money
from respond.plan.ladder import rungs
from respond.plan.owed import Owed, owed
from respond.plan.plan import Plan
from respond.testing.standing import Standing
from respond.workflow.approvals import Approve
from respond.workflow.incident import commands as c
from respond.workflow.incident.corrections import RETRACTABLE, retracted_entries
from respond.workflow.incident.events import IncidentReported, ReportKind
from respond.workflow.incident.facts import facts_of
from respond.workflow.incident.people import AssignRole, HandOverRole, ReleaseRole
from respond.workflow.incident.plans import ActivatePlan, RebasePlan
from respond.workflow.incident.resources import (
    CHANGES,
    RecordExpense,
    RecordResource,
    RequestResource,
    WithdrawRequest,
)
from respond.workflow.incident.state import COMMANDER, Incident
from respond.workflow.incident.triage import Acknowledge, Recategorise, SetResponseLevel

_TOLD = "headquarters"
_PERSON, _OTHER_PERSON = "chen.yu", "wang.li"
_OTHER = "another"
_SAID = "said in a search"
_LEFT_OUT = {
    "the space does not tell apart what they change": (
        *("start_measure", "tick_step", "complete_measure", "skip_measure", "add_measure"),
        *("mark_contained", "mark_restored", "record_head_count"),
        *("raise_hypothesis", "confirm_hypothesis", "reject_hypothesis"),
        *("receive_information", "confirm_information", "refute_information", "record_decision"),
        *("set_action_plan", "revise_action_plan", "request_help", "record_help_arrived", "form_team"),
        *("put_on_hold", "resume", "record_recognition", "relate", "unrelate", "split"),
        *("pin_entry", "unpin_entry"),
        *("open_review", "record_finding", "evaluate_response", "record_fix", "sign_review", "publish_review"),
        *("set_key_messages", "approve_key_messages", "draft_statement", "correct_statement", "approve_statement"),
        *("publish_statement", "retract_statement", "notify"),
        *("record_feedback", "record_observation", "evaluate_communication"),
    ),
    "they only go with what is asked of something else": (
        *("record_case_step", "record_action_step", "record_proposal_step", "draw_lesson"),
        *("undo_merge", "undo_absorption", "report_part"),
    ),
    "it comes of a plan that is in force by itself, and samples are of one plan": ("activate_due_plan",),
}
"""By the reason, the commands that have no samples."""
_NEEDED, _ONE = "generator", Decimal(1)


def incident_samples(plan: Plan, further: Iterable[Plan] = ()) -> dict[str, Any]:
    """Return samples of every command of an incident under *plan*, which may run under *further* plans.

    Commands that speak of entries, obligations and people speak of those of the incident as it stands.  Those of
    measures, of what is held true, of the course, of words, of customers' cases, of reviews and of what follows them
    have none: the space does not tell apart what they change.
    """
    left = dict.fromkeys(chain.from_iterable(_LEFT_OUT.values()), ())
    return {**left, **_steps(plan), **_facts(plan), **_duties(plan), **_people(plan), **_plans(further)}


def _steps(plan: Plan) -> dict[str, Any]:
    levels = [one.number for one in plan.levels]
    return {
        "report": [c.ReportIncident(category=plan.categories[0].id, title=_SAID)],
        "assess": [c.Assess(affected_customers=3), c.Assess(affected_customers=10**6, dead=30, critical_facility=True)],
        "assign_level": [c.AssignLevel(level=level, basis=_SAID) for level in levels],
        "change_level": [c.ChangeLevel(level=level, justification=_SAID) for level in levels],
        "start_response": [c.StartResponse()],
        "resolve": [c.Resolve(resolution=_SAID)],
        "reopen": [c.Reopen(reason=_SAID)],
        "close_review": [c.CloseReview(summary=_SAID)],
        "cancel": [c.Cancel(reason=_SAID)],
        "merge": [c.Merge(into=_OTHER, reason=_SAID)],
        "absorb": _absorptions,
    }


def _facts(plan: Plan) -> dict[str, Any]:
    return {
        "note": [c.Note(text=_SAID)],
        "correct": _corrections,
        "retract": _retractions,
        "acknowledge": [Acknowledge()],
        "recategorise": [Recategorise(category=one.id, reason=_SAID) for one in plan.categories[:2]],
        "set_response_level": [SetResponseLevel(response=one.id, basis=_SAID) for one in plan.response_levels[:2]],
        "request_resource": [RequestResource(resource=_NEEDED, quantity=_ONE, purpose=_SAID)],
        "withdraw_request": [WithdrawRequest(resource=_NEEDED, quantity=_ONE, reason=_SAID)],
        "record_resource": [RecordResource(change=change, pool=_NEEDED, quantity=_ONE) for change in CHANGES],
        "record_expense": [RecordExpense(amount=Money(_ONE, "CNY"), purpose=_SAID)],
    }


def _duties(plan: Plan) -> dict[str, Any]:
    recipients = dict.fromkeys([one.recipient for one in plan.obligations if one.recipient] or [_TOLD])
    return {
        "report_upward": [
            c.ReportUpward(kind=kind, recipient=recipient, summary=_SAID)
            for recipient in recipients
            for kind in get_args(ReportKind)
        ],
        "record_receipt": _receipts,
        "waive": _waivers,
        "pause_clock": [c.PauseClock(obligation=one.id, reason=_SAID) for one in plan.obligations if one.pausable],
        "resume_clock": _resumptions,
        "fulfil": _fulfilments,
        "raise_due": _raised,
    }


def _people(plan: Plan) -> dict[str, Any]:
    roles = [one.id for one in plan.roles if one.id != COMMANDER][:1]
    return {
        "take_command": [c.TakeCommand(commander=_PERSON)],
        "assign_team": [c.AssignTeam(team=_SAID)],
        "assign_role": [AssignRole(role=role, person=_PERSON) for role in roles],
        "release_role": [ReleaseRole(role=role, person=_PERSON, reason=_SAID) for role in roles],
        "hand_over_role": [
            HandOverRole(role=role, from_person=_PERSON, to_person=_OTHER_PERSON, briefing=_SAID) for role in roles
        ],
        "approve": [
            Approve(command=one, about=about)
            for rule in plan.authority
            if rule.n_of > 1
            for one in rule.commands
            for about in _approved(one, plan)
        ],
    }


def _approved(command: str, plan: Plan) -> list[str]:
    """Return what an approval of *command* may be about."""
    if command == "waive":
        return [f"{one.id} 1" for one in plan.obligations]
    return [one.id for one in plan.measures] if command.endswith("_measure") else [""]


def _plans(further: Iterable[Plan]) -> dict[str, Any]:
    references = [one.reference for one in further]
    return {
        "activate_plan": [ActivatePlan(plan=one, reason=_SAID) for one in references],
        "rebase_plan": [RebasePlan(plan=one, reason=_SAID) for one in references],
    }


def incident_lifecycle(standing: Standing) -> Hashable:
    """Return all that bears on the steps of an incident: the abstract state that it belongs to.

    It tells apart the status; the level, and the worst one so far; which kinds of upward report were sent to whom;
    whether one was sent of an incident that was merged into this one; and each obligation that bars a step: whether it
    is not owed yet, open, done, waived or dropped.
    """
    state: Incident = standing.state
    told = frozenset((one.report.kind, one.report.recipient) for one in state.upward_reports)
    return state.status, state.level, state.worst_level, told, state.told_by_absorbed, _bars(standing)


def _bars(standing: Standing) -> Hashable:
    barring = {one.id for one in standing.plan.obligations if one.before}
    if not barring:
        return ()
    found = owed(standing.plan, facts_of(standing.plan, standing.log), until=standing.now, only=barring)
    return frozenset((one.obligation, one.since is not None, _ended(one)) for one in found)


def _ended(one: Owed) -> str:
    return "done" if one.done_at else "waived" if one.waived_by else "dropped" if one.dropped_at else "open"


def _open(standing: Standing) -> list[Owed]:
    """Return what it owes and may still do."""
    found = owed(standing.plan, facts_of(standing.plan, standing.log), until=standing.now)
    return [one for one in found if one.since is not None and _ended(one) == "open"]


def _absorptions(standing: Standing) -> Iterator[c.Absorb]:
    """Take on one more incident: without a level, with each level, and with the worst one reported."""
    source = f"{_OTHER} {len(standing.state.absorbed)}"
    levels = [one.number for one in standing.plan.levels]
    yield c.Absorb(source=source, reason=_SAID)
    for level in levels:
        yield c.Absorb(source=source, reason=_SAID, worst_level=level)
    yield c.Absorb(source=source, reason=_SAID, worst_level=levels[0], reported_upward=True)


def _waivers(standing: Standing) -> Iterator[c.Waive]:
    """Waive what bars a step."""
    for one in _open(standing):
        obligation = standing.plan.obligation(one.obligation)
        if obligation is not None and obligation.before:
            yield c.Waive(obligation=one.obligation, occurrence=one.occurrence, reason=_SAID)


def _fulfilments(standing: Standing) -> Iterator[c.Fulfil]:
    for name in dict.fromkeys(one.obligation for one in _open(standing)):
        obligation = standing.plan.obligation(name)
        if obligation is not None and obligation.act == "fulfil":
            yield c.Fulfil(obligation=name)


def _resumptions(standing: Standing) -> Iterator[c.ResumeClock]:
    for name in standing.state.paused:
        yield c.ResumeClock(obligation=name, reason=_SAID)


def _receipts(standing: Standing) -> Iterator[c.RecordReceipt]:
    for told in standing.state.upward_reports[-1:]:
        yield c.RecordReceipt(report=told.entry, receipt="R-1")


def _raised(standing: Standing) -> Iterator[c.RaiseDue]:
    """Raise the rungs that are reached."""
    for one in _open(standing):
        for climb in rungs(standing.plan, one, standing.state.level):
            if one.due_at is not None and climb.at <= standing.now:
                yield c.RaiseDue(
                    obligation=one.obligation,
                    occurrence=one.occurrence,
                    rung=climb.number,
                    due_at=one.due_at,
                    tell=climb.rung.tell,
                )


def _corrections(standing: Standing) -> Iterator[c.Correct]:
    """Give the report another title."""
    for event in standing.log[:1]:
        if type(event.data) is IncidentReported:
            yield c.Correct(entry=event.id, changes={"title": "corrected"}, reason=_SAID)


def _retractions(standing: Standing) -> Iterator[c.Retract]:
    """Take back whatever can be taken back."""
    gone = retracted_entries(standing.log)
    for event in standing.log:
        if isinstance(event.data, RETRACTABLE) and event.id not in gone:
            yield c.Retract(entry=event.id, reason=_SAID)
