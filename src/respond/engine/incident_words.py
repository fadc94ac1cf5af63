"""The commands and answers of an incident that are about words: key messages, statements, notices, what is heard."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from respond.domain.moments import parse_utc
from respond.engine.executing import Executing
from respond.engine.handler import Outcome
from respond.engine.pool import Quantity, exact
from respond.plan.communication import KeyMessage, Stage
from respond.workflow.incident.messages import ApproveKeyMessages, SetKeyMessages
from respond.workflow.incident.notices import EvaluateCommunication, Notify, RecordFeedback, RecordObservation
from respond.workflow.incident.statements import (
    ApproveStatement,
    CorrectStatement,
    DraftStatement,
    PublishStatement,
    RetractStatement,
)

if TYPE_CHECKING:
    from respond.projections.communication import Word


class WordCommands(Executing):
    """What is said of the incident, and what is heard."""

    def drafts(self, /, stage: Stage | None = None) -> tuple[KeyMessage, ...]:
        """Return the key messages of the plan for an incident of its kind: where people begin."""
        plan, standing = self._standing()
        return plan.drafts(standing.category, stage)

    def set_key_messages(self, /, *messages: str, stage: Stage | None = None, **circumstances: Any) -> Outcome:
        """Set the key messages: another version, which is live once it is approved."""
        return self.execute(SetKeyMessages(messages=messages, stage=stage), **circumstances)

    def approve_key_messages(self, /, version: int, **circumstances: Any) -> Outcome:
        """Approve the last version of the key messages: it is live from then on."""
        return self.execute(ApproveKeyMessages(version=version), **circumstances)

    def draft_statement(
        self,
        /,
        statement: str,
        *,
        audience: str,
        channel: str,
        text: str,
        key_messages: int | None = None,
        cause: str = "",
        effect: str = "",
        measures: str = "",
        recovery: str = "",
        next_update_at: datetime | str | None = None,
        **circumstances: Any,
    ) -> Outcome:
        """Write a statement on the live key messages, or on the version that is named; *statement* is a key for it.

        What people outside are told says cause, effect, measures and recovery, and, while the incident is open, when
        more is said.
        """
        command = DraftStatement(
            statement=statement,
            audience=audience,
            channel=channel,
            text=text,
            key_messages=key_messages,
            cause=cause,
            effect=effect,
            measures=measures,
            recovery=recovery,
            next_update_at=_moment(next_update_at),
        )
        return self.execute(command, **circumstances)

    def correct_statement(
        self,
        /,
        statement: str,
        *,
        text: str,
        reason: str,
        key_messages: int | None = None,
        cause: str | None = None,
        effect: str | None = None,
        measures: str | None = None,
        recovery: str | None = None,
        next_update_at: datetime | str | None = None,
        **circumstances: Any,
    ) -> Outcome:
        """Write a statement anew, on the live key messages; what is None stays.  It is to be approved again."""
        command = CorrectStatement(
            statement=statement,
            text=text,
            reason=reason,
            key_messages=key_messages,
            cause=cause,
            effect=effect,
            measures=measures,
            recovery=recovery,
            next_update_at=_moment(next_update_at),
        )
        return self.execute(command, **circumstances)

    def approve_statement(self, /, statement: str, *, version: int | None = None, **circumstances: Any) -> Outcome:
        """Approve a statement; *version* is the one that was read, and refused when another one stands."""
        return self.execute(ApproveStatement(statement=statement, version=version), **circumstances)

    def publish_statement(self, /, statement: str, **circumstances: Any) -> Outcome:
        """Say that an approved statement was published; the actor is who speaks."""
        return self.execute(PublishStatement(statement=statement), **circumstances)

    def retract_statement(self, /, statement: str, *, reason: str, **circumstances: Any) -> Outcome:
        """Withdraw a statement that was published."""
        return self.execute(RetractStatement(statement=statement, reason=reason), **circumstances)

    def notify(
        self,
        /,
        text: str,
        *,
        channel: str,
        audience: str | None = None,
        to_role: str | None = None,
        department: str | None = None,
        **circumstances: Any,
    ) -> Outcome:
        """Tell people inside: an audience, those in a role, or a department."""
        command = Notify(text=text, channel=channel, audience=audience, to_role=to_role, department=department)
        return self.execute(command, **circumstances)

    def record_feedback(
        self, /, text: str, *, source: str, channel: str, count: int = 1, **circumstances: Any
    ) -> Outcome:
        """Take on what people answer; *count* of them said so."""
        command = RecordFeedback(source=source, channel=channel, text=text, count=count)
        return self.execute(command, **circumstances)

    def record_observation(self, /, metric: str, value: Quantity, *, source: str, **circumstances: Any) -> Outcome:
        """Take on what was measured of how it spreads and of what people think; `at` says when."""
        command = RecordObservation(metric=metric, value=exact(value), source=source)
        return self.execute(command, **circumstances)

    def evaluate_communication(self, /, rating: int, *, text: str, **circumstances: Any) -> Outcome:
        """Judge how well communication worked, from 1, the worst, to 5."""
        return self.execute(EvaluateCommunication(rating=rating, text=text), **circumstances)

    def told(self, /, **when: Any) -> tuple[Word, ...]:
        """Return who was told what, when and by which channel; *when* as for `review`."""
        return self.engine.review(self.id, **when).communication.told


def _moment(at: datetime | str | None) -> datetime | None:
    return parse_utc(at) if isinstance(at, str) else at
