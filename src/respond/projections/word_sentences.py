"""Sentences: what the events about words say, in one line for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from respond.domain.moments import format_utc
from respond.projections.phrases import followed_by
from respond.workflow.incident.messages import KeyMessagesApproved, KeyMessagesSet
from respond.workflow.incident.notices import (
    CommunicationEvaluated,
    FeedbackReceived,
    NoticeGiven,
    ObservationRecorded,
)
from respond.workflow.incident.said import Wording
from respond.workflow.incident.statements import (
    StatementApproved,
    StatementCorrected,
    StatementDrafted,
    StatementPublished,
    StatementRetracted,
)


def _set(data: KeyMessagesSet) -> str:
    stage = f", {data.stage}" if data.stage else ""
    return f"Key messages set, version {data.version}{stage}: {'; '.join(data.messages)}"


def _text(data: Wording) -> str:
    return data.text + ("" if data.next_update_at is None else f"; more at {format_utc(data.next_update_at)}")


def _drafted(data: StatementDrafted) -> str:
    return f"Statement {data.statement} to {data.audience} by {data.channel} drafted: {_text(data)}"


def _corrected(data: StatementCorrected) -> str:
    return f"Statement {data.statement} corrected, version {data.version}: {_text(data)} ({data.reason})"


def _published(data: StatementPublished) -> str:
    basis = "" if data.key_messages is None else f", on key messages {data.key_messages}"
    return f"Statement {data.statement}, version {data.version}, published to {data.audience} by {data.channel}{basis}"


def _noticed(data: NoticeGiven) -> str:
    people = f" ({', '.join(data.people)})" if data.people else ""
    return f"{data.audience or data.to_role or data.department}{people} told by {data.channel}: {data.text}"


def _heard(data: FeedbackReceived) -> str:
    count = "" if data.count == 1 else f", {data.count} times"
    return f"Feedback from {data.source} by {data.channel}{count}: {data.text}"


SENTENCES: Mapping[type, Callable[[Any], str]] = {
    KeyMessagesSet: _set,
    KeyMessagesApproved: lambda data: f"Key messages approved, version {data.version}",
    StatementDrafted: _drafted,
    StatementCorrected: _corrected,
    StatementApproved: lambda data: f"Statement {data.statement} approved, version {data.version}",
    StatementPublished: _published,
    StatementRetracted: lambda data: followed_by(f"Statement {data.statement} retracted", data.reason),
    NoticeGiven: _noticed,
    FeedbackReceived: _heard,
    ObservationRecorded: lambda data: f"Observed: {data.metric} {data.value} ({data.source})",
    CommunicationEvaluated: lambda data: f"Communication rated {data.rating} of 5: {data.text}",
}
