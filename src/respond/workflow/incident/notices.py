"""Notices: what people inside are told, what is heard and observed, and how well communication worked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import attrs

from respond.domain.events import Event, event_type
from respond.plan.communication import NoticeRule
from respond.workflow.definition import Evolve, Handler, Situation, Transition, command_type, guard, not_blank
from respond.workflow.incident.ledger import Ledger, Take
from respond.workflow.incident.messages import SPEAKING, with_said
from respond.workflow.incident.state import Incident
from respond.workflow.substitutes import fills

RATING_MAX = 5
"""How well communication worked at best; 1 is the worst."""

# -- events ------------------------------------------------------------------------------------------------------------


@event_type()
@attrs.frozen(kw_only=True)
class NoticeGiven:
    """People inside were told something: an audience, those in a role, or a department."""

    text: str
    channel: str
    audience: str | None = None
    to_role: str | None = None
    department: str | None = None
    people: tuple[str, ...] = ()
    """Who held the role then."""


@event_type()
@attrs.frozen(kw_only=True)
class FeedbackReceived:
    """People answered, by a survey, a hotline, a forum."""

    source: str
    channel: str
    text: str
    count: int = 1
    """How many said so."""


@event_type()
@attrs.frozen(kw_only=True)
class ObservationRecorded:
    """Something was measured of how it spreads and of what people think."""

    metric: str
    value: Decimal
    source: str


@event_type()
@attrs.frozen(kw_only=True)
class CommunicationEvaluated:
    """Someone judged how well communication worked."""

    rating: int
    """From 1, the worst, to 5."""
    text: str


# -- commands ----------------------------------------------------------------------------------------------------------


@command_type("notify")
@attrs.frozen(kw_only=True)
class Notify:
    """Tell people inside: an audience, those in a role, or a department."""

    text: str
    channel: str
    audience: str | None = None
    to_role: str | None = None
    department: str | None = None


@command_type("record_feedback")
@attrs.frozen(kw_only=True)
class RecordFeedback:
    """Take on what people answer."""

    source: str
    channel: str
    text: str
    count: int = 1


@command_type("record_observation")
@attrs.frozen(kw_only=True)
class RecordObservation:
    """Take on what was measured."""

    metric: str
    value: Decimal
    source: str


@command_type("evaluate_communication")
@attrs.frozen(kw_only=True)
class EvaluateCommunication:
    """Judge how well communication worked."""

    rating: int
    text: str


# -- guards ------------------------------------------------------------------------------------------------------------


@guard("addressee-missing")
def one_addressee(situation: Situation) -> str | None:
    """Require one of audience, role and department."""
    command = situation.command
    named = [one for one in (command.audience, command.to_role, command.department) if one is not None]
    return None if len(named) == 1 else "name one of audience, role and department"


@guard("addressee-unknown")
def addressee_known(situation: Situation) -> str | None:
    """Require a role or a department of the plan, when one is named."""
    command, plan = situation.command, situation.plan
    for what, named, parts in (
        ("role", command.to_role, plan.roles),
        ("department", command.department, plan.departments),
    ):
        known = [one.id for one in parts]
        if named is not None and named not in known:
            return f"{named!r} is not a {what} of the plan {plan.reference}; it has {', '.join(known) or 'none'}"
    return None


@guard("notice-outside")
def addressee_inside(situation: Situation) -> str | None:
    """Require an audience inside; others are told by statements."""
    name = situation.command.audience
    audience = None if name is None else situation.plan.audience(name)
    if audience is None or audience.inside:
        return None
    return f"{audience.id!r} are {audience.kind}, who are told by statements; draft one"


@guard("notice-not-planned")
def notice_planned(situation: Situation) -> str | None:
    """Require a line of the plan's communication matrix, when it has any: who tells whom by which channel."""
    rules = situation.plan.notices
    if not rules or any(_lets(rule, situation) for rule in rules):
        return None
    mine = [rule for rule in rules if _addresses(rule, situation.command)]
    told = "; ".join(
        f"{rule.id}: {' or '.join(rule.tellers) or 'anyone'} by {' or '.join(rule.channels) or 'any channel'}"
        for rule in mine
    )
    return f"no line of the communication matrix allows that; it has {told or 'none for them'}"


def _addresses(rule: NoticeRule, command: Notify) -> bool:
    return (rule.audience, rule.role, rule.department) == (command.audience, command.to_role, command.department)


def _lets(rule: NoticeRule, situation: Situation) -> bool:
    role = situation.actor.role if situation.actor else None
    return (
        _addresses(rule, situation.command)
        and (not rule.channels or situation.command.channel in rule.channels)
        and (not rule.levels or situation.state.level in rule.levels)
        and (not rule.tellers or fills(rule.tellers, role, situation.plan, situation.state))
    )


@guard("count-not-positive")
def count_positive(situation: Situation) -> str | None:
    """Require that at least one said so."""
    count = situation.command.count
    return None if count > 0 else f"{count} people say nothing; write how many said so"


@guard("value-not-finite")
def value_finite(situation: Situation) -> str | None:
    """Require a finite value."""
    value: Decimal = situation.command.value
    return None if value.is_finite() else f"{value} is no value; write a finite number"


@guard("rating-out-of-range")
def rating_in_range(situation: Situation) -> str | None:
    """Require a rating from 1, the worst, to 5."""
    rating = situation.command.rating
    return None if 1 <= rating <= RATING_MAX else f"{rating} is no rating; write 1, the worst, to {RATING_MAX}"


notice_told = not_blank("notice-missing", "text")
feedback_told = not_blank("feedback-missing", "source", "channel", "text")
observation_told = not_blank("observation-missing", "metric", "source")
rating_told = not_blank("rating-unexplained", "text")
GUARDS = (
    one_addressee,
    addressee_known,
    addressee_inside,
    notice_planned,
    notice_told,
    count_positive,
    feedback_told,
    value_finite,
    observation_told,
    rating_in_range,
    rating_told,
)


# -- deciding ----------------------------------------------------------------------------------------------------------


def _notify(situation: Situation) -> Iterator[Any]:
    command: Notify = situation.command
    people = () if command.to_role is None else situation.state.holders(command.to_role)
    yield NoticeGiven(**attrs.asdict(command), people=people)


def _feedback(situation: Situation) -> Iterator[Any]:
    yield FeedbackReceived(**attrs.asdict(situation.command))


def _observe(situation: Situation) -> Iterator[Any]:
    yield ObservationRecorded(**attrs.asdict(situation.command))


def _evaluate(situation: Situation) -> Iterator[Any]:
    yield CommunicationEvaluated(**attrs.asdict(situation.command))


HANDLERS = (
    Handler(command=Notify, decide=_notify, emits=(NoticeGiven,)),
    Handler(command=RecordFeedback, decide=_feedback, emits=(FeedbackReceived,)),
    Handler(command=RecordObservation, decide=_observe, emits=(ObservationRecorded,)),
    Handler(command=EvaluateCommunication, decide=_evaluate, emits=(CommunicationEvaluated,)),
)
_SAID = ("role-unknown", "text-too-long")
TRANSITIONS = (
    Transition(
        "notify",
        SPEAKING,
        None,
        guards=(
            *_SAID,
            "notice-missing",
            "addressee-missing",
            "addressee-unknown",
            "audience-unknown",
            "notice-outside",
            "channel-unknown",
            "channel-unfit",
            "notice-not-planned",
        ),
    ),
    Transition("record_feedback", SPEAKING, None, guards=(*_SAID, "feedback-missing", "count-not-positive")),
    Transition("record_observation", SPEAKING, None, guards=(*_SAID, "observation-missing", "value-not-finite")),
    Transition("evaluate_communication", SPEAKING, None, guards=(*_SAID, "rating-unexplained", "rating-out-of-range")),
)


# -- folding -----------------------------------------------------------------------------------------------------------


def _noted(state: Incident, event: Event) -> Incident:
    return with_said(state, noted=(*state.said.noted, event.id))


EVOLVERS: Mapping[type, Evolve] = {
    NoticeGiven: _noted,
    FeedbackReceived: _noted,
    ObservationRecorded: _noted,
    CommunicationEvaluated: _noted,
}


# -- what obligations rest on ------------------------------------------------------------------------------------------


def _told(ledger: Ledger, payload: NoticeGiven, at: datetime, entry: str) -> None:
    if payload.audience is not None:
        ledger.did("tell_audience", at, entry, recipient=payload.audience)


TAKES: Mapping[type, Take] = {NoticeGiven: _told}
