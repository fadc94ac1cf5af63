"""The lifecycle of an incident: which step is open from where, and what it asks."""

from __future__ import annotations

from respond.workflow import approvals
from respond.workflow.definition import NEW, Transition
from respond.workflow.incident import (
    actions,
    amendments,
    breaches,
    course,
    decide,
    decisions,
    dwell,
    effects,
    estimates,
    evolve,
    extension,
    guards,
    holds,
    links,
    measures,
    messages,
    notices,
    obligations,
    order,
    parties,
    people,
    pins,
    plans,
    proposals,
    recognition,
    resources,
    responses,
    review,
    situation,
    splitting,
    statements,
    teams,
    triage,
    unmerging,
    unplanned,
)
from respond.workflow.incident.corrections import retracted_entries
from respond.workflow.incident.events import UPCASTERS, PlanActivated, PlanRebased
from respond.workflow.incident.state import (
    ASSESSED,
    CANCELLED,
    LEVEL_ASSIGNED,
    MERGED,
    OPEN,
    REPORTED,
    REPORTED_UPWARD,
    RESOLVED,
    RESPONDING,
    REVIEWED,
    STATES,
    Incident,
)
from respond.workflow.workflow import Workflow

INCIDENT_CATEGORY = "incident"
"""The category of the streams of incidents."""

_STAY = None
_ASSESS = (
    "role-unknown",
    "estimate-negative",
    "in-the-future",
    "facet-unknown",
    "spread-unknown",
    *extension.FILLED,
    "field-required",
)
_REPORT = ("role-unknown", "category-unknown", "title-missing", "in-the-future", "plan-reason-missing")
_LEVEL = ("role-unknown", "level-unknown", "basis-missing", "earlier-than-last")
_UPWARD = (
    "report-kind-unknown",
    "recipient-missing",
    "recipient-unknown",
    "initial-report-missing",
    "initial-report-sent",
)
_REASON = ("role-unknown", "reason-missing")
_END = (*_REASON, "earlier-than-last")
_ABSORB = (*_REASON, "merge-into-itself")
_ENTRY = ("role-unknown", "reason-missing", "entry-unknown", "entry-retracted")
_CORRECT = ("entry-not-correctable", "correction-invalid", "correction-out-of-order", "clock-run-out")

_TRANSITIONS = (
    Transition("report", NEW, REPORTED, guards=_REPORT),
    Transition("assess", REPORTED, ASSESSED, guards=_ASSESS),
    Transition("assess", (ASSESSED, LEVEL_ASSIGNED, RESPONDING, REPORTED_UPWARD, RESOLVED), _STAY, guards=_ASSESS),
    Transition("assign_level", ASSESSED, LEVEL_ASSIGNED, guards=_LEVEL),
    Transition("assign_level", (RESPONDING, REPORTED_UPWARD), _STAY, guards=(*_LEVEL, "level-assigned-already")),
    Transition(
        "change_level",
        (LEVEL_ASSIGNED, RESPONDING, REPORTED_UPWARD),
        _STAY,
        guards=(
            "role-unknown",
            "level-unknown",
            "level-unassigned",
            "justification-missing",
            "earlier-than-last",
            "level-too-young",
        ),
    ),
    Transition("start_response", LEVEL_ASSIGNED, RESPONDING, guards=("role-unknown", "owed-before-start-response")),
    Transition("take_command", OPEN, _STAY, guards=("role-unknown", "commander-missing", "earlier-than-last")),
    Transition("assign_team", OPEN, _STAY, guards=("role-unknown", "team-missing")),
    Transition("report_upward", RESPONDING, REPORTED_UPWARD, guards=("role-unknown", *_UPWARD)),
    Transition(
        "report_upward",
        (REPORTED, ASSESSED, LEVEL_ASSIGNED, REPORTED_UPWARD, RESOLVED, REVIEWED, CANCELLED),
        _STAY,
        guards=("role-unknown", *_UPWARD),
    ),
    Transition(
        "note",
        (*OPEN, RESOLVED, REVIEWED, CANCELLED),
        _STAY,
        guards=("role-unknown", "note-empty", "attachment-invalid", *extension.FILLED),
    ),
    Transition(
        "resolve",
        (RESPONDING, REPORTED_UPWARD),
        RESOLVED,
        guards=(
            "role-unknown",
            "upward-report-owed",
            "owed-before-resolve",
            "mandatory-measure-open",
            "resolution-missing",
            "earlier-than-last",
        ),
    ),
    Transition("reopen", RESOLVED, RESPONDING, guards=_END),
    Transition("reopen", REVIEWED, RESPONDING, guards=_END, reopens=True),
    Transition("reopen", CANCELLED, REPORTED, guards=_END, reopens=True),
    Transition(
        "close_review",
        RESOLVED,
        REVIEWED,
        guards=(
            "role-unknown",
            "upward-report-owed-again",
            "summary-missing",
            "owed-before-close-review",
            "earlier-than-last",
        ),
    ),
    Transition("cancel", OPEN, CANCELLED, guards=_END),
    Transition("merge", (*OPEN, RESOLVED), MERGED, guards=(*_REASON, "merge-into-itself", "merge-outdated")),
    Transition("absorb", OPEN, _STAY, guards=_ABSORB),
    Transition("absorb", RESOLVED, _STAY, guards=(*_ABSORB, "absorbed-report-owed")),
    Transition("absorb", REVIEWED, _STAY, guards=(*_ABSORB, "absorbed-report-owed", "absorbed-case-open")),
    Transition(
        "correct",
        STATES,
        _STAY,
        guards=(*_ENTRY, *_CORRECT),
    ),
    Transition("retract", STATES, _STAY, guards=(*_ENTRY, "entry-not-retractable")),
)

_THEMES = (
    triage,
    people,
    plans,
    obligations,
    measures,
    unplanned,
    effects,
    situation,
    decisions,
    course,
    teams,
    holds,
    resources,
    parties,
    messages,
    statements,
    notices,
    actions,
    proposals,
    recognition,
    review,
    unmerging,
    links,
    splitting,
    pins,
)

INCIDENT = Workflow(
    name="incident",
    version=5,
    category=INCIDENT_CATEGORY,
    states=STATES,
    finals=(REVIEWED, CANCELLED, MERGED),
    transitions=(
        *_TRANSITIONS,
        *(one for theme in _THEMES for one in theme.TRANSITIONS),
        approvals.approving((*OPEN, RESOLVED, REVIEWED, CANCELLED), "role-unknown"),
    ),
    guards=(
        *guards.GUARDS,
        *estimates.GUARDS,
        *breaches.GUARDS,
        *dwell.GUARDS,
        *amendments.GUARDS,
        *order.GUARDS,
        *extension.GUARDS,
        *(one for theme in (*_THEMES, approvals) for one in theme.GUARDS),
    ),
    initial=Incident(),
    handlers=(*decide.HANDLERS, *(one for theme in (*_THEMES, approvals) for one in theme.HANDLERS)),
    evolvers={
        **evolve.EVOLVERS,
        **responses.EVOLVERS,
        **{payload: one for theme in _THEMES for payload, one in theme.EVOLVERS.items()},
    },
    upcasters=UPCASTERS,
    replanning=(PlanActivated, PlanRebased),
    retracted=retracted_entries,
)
