"""The commands of an incident that are about what is known of it, and what was decided."""

from __future__ import annotations

from typing import Any

from respond.engine.executing import Executing
from respond.engine.handler import Outcome
from respond.workflow.incident.decisions import RecordDecision, RejectedOption
from respond.workflow.incident.situation import (
    ConfirmHypothesis,
    ConfirmInformation,
    RaiseHypothesis,
    ReceiveInformation,
    RefuteInformation,
    RejectHypothesis,
)
from respond.workflow.incident.taken import Confidence, InformationKind


class SituationCommands(Executing):
    """What people are told, which causes they suspect, and what they decide."""

    def raise_hypothesis(
        self,
        /,
        hypothesis: str,
        *,
        cause: str,
        evidence: str = "",
        confidence: Confidence = "medium",
        **circumstances: Any,
    ) -> Outcome:
        """Suspect a cause; *hypothesis* is a key for it, in this incident."""
        command = RaiseHypothesis(hypothesis=hypothesis, cause=cause, evidence=evidence, confidence=confidence)
        return self.execute(command, **circumstances)

    def confirm_hypothesis(self, /, hypothesis: str, *, evidence: str, **circumstances: Any) -> Outcome:
        """Say that a suspected cause is one, and what shows it."""
        return self.execute(ConfirmHypothesis(hypothesis=hypothesis, evidence=evidence), **circumstances)

    def reject_hypothesis(self, /, hypothesis: str, *, evidence: str, **circumstances: Any) -> Outcome:
        """Say that a suspected cause is none, and what shows it."""
        return self.execute(RejectHypothesis(hypothesis=hypothesis, evidence=evidence), **circumstances)

    def receive_information(
        self,
        /,
        information: str,
        *,
        text: str,
        source: str,
        kind: InformationKind = "claim",
        confidence: Confidence = "medium",
        **circumstances: Any,
    ) -> Outcome:
        """Take on what one is told: a fact, a claim or a rumour; *information* is a key for it, in this incident."""
        command = ReceiveInformation(
            information=information, text=text, kind=kind, source=source, confidence=confidence
        )
        return self.execute(command, **circumstances)

    def confirm_information(self, /, information: str, *, evidence: str, **circumstances: Any) -> Outcome:
        """Say that what one was told is so, and what shows it."""
        return self.execute(ConfirmInformation(information=information, evidence=evidence), **circumstances)

    def refute_information(self, /, information: str, *, evidence: str, **circumstances: Any) -> Outcome:
        """Say that what one was told is not so, and what shows it."""
        return self.execute(RefuteInformation(information=information, evidence=evidence), **circumstances)

    def record_decision(
        self,
        /,
        decision: str,
        *,
        rationale: str,
        options: tuple[str, ...] = (),
        rejected: tuple[RejectedOption, ...] = (),
        **circumstances: Any,
    ) -> Outcome:
        """Record what was decided and why, with the options that were considered and why others were rejected."""
        command = RecordDecision(decision=decision, rationale=rationale, options=options, rejected=rejected)
        return self.execute(command, **circumstances)
