"""What stands in the way of a correction or a retraction: the entry, and what its own command would ask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from respond.domain.moments import Moment
from respond.domain.payloads import from_input, to_data
from respond.errors import InvalidInput
from respond.workflow.amounts import currency_known, digits_few
from respond.workflow.definition import Guard, Situation, guard, text_within
from respond.workflow.incident import events as e
from respond.workflow.incident.corrections import (
    CORRECTABLE,
    RETRACTABLE,
    applied,
    entry_of,
    reading,
    retracted_entries,
)
from respond.workflow.incident.course import ActionPlanRevised, HelpArrived, HelpRequested, help_told
from respond.workflow.incident.decisions import DecisionRecorded, decision_told
from respond.workflow.incident.drawn import ExpenseRecorded
from respond.workflow.incident.effects import HeadsCounted, IncidentContained, ServiceRestored
from respond.workflow.incident.estimates import (
    estimate_plausible,
    facets_known,
    impact_is_past,
    recipient_known,
    spread_known,
)
from respond.workflow.incident.extension import fields_complete, fields_known, fields_valid
from respond.workflow.incident.guards import (
    basis_given,
    category_known,
    justification_given,
    note_says_something,
    reason_given,
    recipient_named,
    resolution_given,
    summary_given,
    title_given,
)
from respond.workflow.incident.holds import WorkHeld, WorkResumed
from respond.workflow.incident.links import IncidentLinked, IncidentUnlinked
from respond.workflow.incident.measures import MeasureCompleted, MeasureSkipped, MeasureStepTicked
from respond.workflow.incident.notices import (
    CommunicationEvaluated,
    FeedbackReceived,
    NoticeGiven,
    ObservationRecorded,
    count_positive,
    feedback_told,
    notice_told,
    observation_told,
    rating_in_range,
    rating_told,
    value_finite,
)
from respond.workflow.incident.people import (
    RoleAssigned,
    RoleHandedOver,
    RoleReleased,
    briefing_given,
    training_days,
)
from respond.workflow.incident.pins import EntryPinned, EntryUnpinned
from respond.workflow.incident.resources import expense_valid, purpose_given
from respond.workflow.incident.review import (
    effectiveness_known,
    evaluation_told,
    finding_told,
    fix_told,
    kind_known,
    place_told,
)
from respond.workflow.incident.reviewed import (
    FindingRecorded,
    FixRecorded,
    ResponseEvaluated,
    ReviewPublished,
    ReviewSigned,
)
from respond.workflow.incident.situation import (
    HypothesisConfirmed,
    HypothesisRaised,
    HypothesisRejected,
    InformationConfirmed,
    InformationReceived,
    InformationRefuted,
    confidence_known,
    evidence_given,
    hypothesis_told,
    information_told,
)
from respond.workflow.incident.statements import StatementCorrected, StatementRetracted
from respond.workflow.incident.triage import IncidentRecategorised, ResponseLevelSet
from respond.workflow.incident.unmerging import MergeUndone
from respond.workflow.incident.unplanned import MeasureAdded
from respond.workflow.incident.wording import channel_known, channel_reaches
from respond.workflow.punctuality import told_of_the_future


@guard("entry-unknown")
def entry_known(situation: Situation) -> str | None:
    """Require an entry that is an event of this incident."""
    entry = situation.command.entry
    return None if entry_of(situation.history, entry) else f"{entry!r} is not an entry of this incident"


@guard("entry-retracted")
def entry_holds(situation: Situation) -> str | None:
    """Require an entry that was not retracted."""
    entry = situation.command.entry
    return f"{entry!r} was retracted already" if entry in retracted_entries(situation.history) else None


@guard("entry-not-correctable")
def entry_correctable(situation: Situation) -> str | None:
    """Require an entry of a kind that can be corrected."""
    event = entry_of(situation.history, situation.command.entry)
    if event is None or type(event.data) in CORRECTABLE:
        return None
    return f"this {event.type} cannot be corrected"


@guard("entry-not-retractable")
def entry_retractable(situation: Situation) -> str | None:
    """Require an entry that tells a fact: an assessment, a report, a note, a finding, or that a duty is done."""
    event = entry_of(situation.history, situation.command.entry)
    if event is None or isinstance(event.data, RETRACTABLE):
        return None
    return f"this {event.type} is a step and cannot be retracted; correct it, or take the next step"


@guard("correction-invalid")
def correction_valid(situation: Situation) -> str | None:
    """Require changes of correctable fields that fit the entry and break no rule that it kept."""
    command = situation.command
    if not command.changes:
        return "name at least one field with its right value"
    event = entry_of(situation.history, command.entry)
    if event is None or type(event.data) not in CORRECTABLE:
        return None
    foreign = sorted(set(command.changes) - CORRECTABLE[type(event.data)])
    if foreign:
        allowed = ", ".join(sorted(CORRECTABLE[type(event.data)]))
        return f"{', '.join(foreign)} cannot be corrected in this {event.type}; these can: {allowed}"
    if "category" in command.changes and any(type(one.data) is IncidentRecategorised for one in situation.history):
        return "the category was changed since; recategorise the incident instead"
    try:
        if command.changes.get("occurred_at") is not None:  # None says that nobody knows after all
            right_at: Moment = from_input(Moment, command.changes["occurred_at"], place="occurred_at")
            if (reason := told_of_the_future(right_at.at, situation.now)) is not None:
                return f"occurred_at: {reason}"
        known = reading(situation.history, event)
        right = applied(known, command.changes, strict=True)
        to_data(right)  # what cannot be written, such as NaN, no timeline could show
        return _new_reason(situation, known, right)
    except InvalidInput as error:
        return f"the correction does not fit: {error}"


def _new_reason(situation: Situation, known: Any, right: Any) -> str | None:
    """Return the reason that *right* gives a guard of its command and *known* does not."""
    for one in (*_CONTENT.get(type(known), ()), currency_known, digits_few):
        reason = one.check(attrs.evolve(situation, command=right))
        if reason is not None and reason != one.check(attrs.evolve(situation, command=known)):
            return reason
    return None


_CONTENT: Mapping[type, tuple[Guard, ...]] = {
    e.IncidentReported: (category_known, title_given, impact_is_past),
    e.IncidentAssessed: (
        estimate_plausible,
        impact_is_past,
        facets_known,
        spread_known,
        fields_known,
        fields_valid,
        fields_complete,
    ),
    e.LevelAssigned: (basis_given,),
    e.LevelChanged: (justification_given,),
    e.UpwardReportSent: (recipient_named, recipient_known),
    e.ProgressNoted: (note_says_something, fields_known, fields_valid),
    e.IncidentResolved: (resolution_given,),
    e.IncidentReopened: (reason_given,),
    e.IncidentReviewed: (summary_given,),
    e.IncidentCancelled: (reason_given,),
    e.IncidentMerged: (reason_given,),
    MergeUndone: (reason_given, text_within),
    IncidentLinked: (text_within,),
    IncidentUnlinked: (reason_given, text_within),
    IncidentRecategorised: (reason_given,),
    ResponseLevelSet: (basis_given,),
    RoleAssigned: (training_days,),
    RoleReleased: (reason_given,),
    RoleHandedOver: (briefing_given, training_days),
    e.PlanActivated: (reason_given,),
    e.PlanRebased: (reason_given,),
    e.ObligationWaived: (reason_given,),
    e.ClockPaused: (reason_given,),
    MeasureStepTicked: (text_within,),
    MeasureCompleted: (text_within,),
    MeasureSkipped: (reason_given, text_within),
    MeasureAdded: (reason_given, text_within),
    IncidentContained: (text_within,),
    ServiceRestored: (text_within,),
    HeadsCounted: (text_within,),
    HypothesisRaised: (hypothesis_told, text_within),
    HypothesisConfirmed: (evidence_given, text_within),
    HypothesisRejected: (evidence_given, text_within),
    InformationReceived: (information_told, text_within),
    InformationConfirmed: (evidence_given, text_within),
    InformationRefuted: (evidence_given, text_within),
    DecisionRecorded: (decision_told, text_within),
    ActionPlanRevised: (reason_given, text_within),
    HelpRequested: (help_told, text_within),
    HelpArrived: (text_within,),
    ExpenseRecorded: (expense_valid, purpose_given),
    StatementCorrected: (reason_given, text_within),
    StatementRetracted: (reason_given, text_within),
    NoticeGiven: (notice_told, channel_known, channel_reaches, text_within),
    FeedbackReceived: (feedback_told, count_positive, text_within),
    ObservationRecorded: (observation_told, value_finite, text_within),
    CommunicationEvaluated: (rating_told, rating_in_range, text_within),
    WorkHeld: (reason_given, text_within),
    WorkResumed: (text_within,),
    FindingRecorded: (kind_known, finding_told, confidence_known, text_within),
    ResponseEvaluated: (effectiveness_known, evaluation_told, text_within),
    FixRecorded: (fix_told, text_within),
    ReviewSigned: (text_within,),
    ReviewPublished: (place_told, text_within),
    EntryPinned: (text_within,),
    EntryUnpinned: (reason_given, text_within),
}
"""The guards of a command that look at nothing but what its event tells too: a correction must not get round them."""

GUARDS = (entry_known, entry_holds, entry_correctable, entry_retractable, correction_valid)
