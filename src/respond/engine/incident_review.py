"""The commands of an incident that are about its review, and the lessons that it teaches."""

from __future__ import annotations

from typing import Any

from respond.engine.executing import Executing
from respond.engine.handler import Outcome
from respond.engine.lesson import LessonHandle
from respond.workflow.incident.review import (
    EvaluateResponse,
    OpenReview,
    PublishReview,
    RecordFinding,
    RecordFix,
    SignReview,
)
from respond.workflow.incident.reviewed import Effectiveness, FindingKind, FixKind, Readership
from respond.workflow.incident.taken import Confidence
from respond.workflow.lesson import RecordLesson


class ReviewCommands(Executing):
    """Who reviews, what they find, and what is learnt."""

    def open_review(
        self,
        /,
        *,
        participants: tuple[str, ...],
        absent: tuple[str, ...] = (),
        facilitator: str | None = None,
        **circumstances: Any,
    ) -> Outcome:
        """Say who reviews the incident, and who was asked and did not come; the facilitator took no part in it."""
        command = OpenReview(participants=participants, absent=absent, facilitator=facilitator)
        return self.execute(command, **circumstances)

    def record_finding(
        self,
        /,
        kind: FindingKind,
        text: str,
        *,
        evidence: tuple[str, ...] = (),
        confidence: Confidence = "medium",
        **circumstances: Any,
    ) -> Outcome:
        """Say what the review found; *evidence* holds ids of entries of the incident, or texts."""
        command = RecordFinding(kind=kind, text=text, evidence=evidence, confidence=confidence)
        return self.execute(command, **circumstances)

    def evaluate_response(
        self, /, *, followed: bool, adequate: bool, effectiveness: Effectiveness, text: str, **circumstances: Any
    ) -> Outcome:
        """Judge the response: were the procedures followed, were they good enough, and how well did they work."""
        command = EvaluateResponse(followed=followed, adequate=adequate, effectiveness=effectiveness, text=text)
        return self.execute(command, **circumstances)

    def record_fix(self, /, kind: FixKind, text: str, **circumstances: Any) -> Outcome:
        """Say what holds for now, or for good."""
        return self.execute(RecordFix(kind=kind, text=text), **circumstances)

    def sign_review(self, /, *, note: str = "", **circumstances: Any) -> Outcome:
        """Let the actor, who reviewed, stand by what the review says."""
        return self.execute(SignReview(note=note), **circumstances)

    def publish_review(self, /, readership: Readership, place: str, **circumstances: Any) -> Outcome:
        """Say where the closed review can be read, and by whom; `at` is since when."""
        return self.execute(PublishReview(readership=readership, place=place), **circumstances)

    def record_lesson(
        self,
        /,
        text: str,
        *,
        tags: tuple[str, ...] = (),
        category: str | None = None,
        level: int | None = None,
        lesson: str | None = None,
        command_id: str | None = None,
        **circumstances: Any,
    ) -> LessonHandle:
        """Write down what the incident teaches, and return the handle of the lesson.

        It is about incidents of this category and level, those of the incident when they are None, and of its site.
        *lesson* is its key, made from the command id when it is None.
        """
        _, state = self._standing()
        command = RecordLesson(
            text=text,
            tags=tags,
            category=state.category if category is None else category,
            level=state.worst_level if level is None else level,
            site=state.site,
            incident=self.id,
        )
        return self.engine.taught(command, lesson=lesson, command_id=command_id, **circumstances)
