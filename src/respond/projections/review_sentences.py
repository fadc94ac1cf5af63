"""Sentences of the review and of lessons: what each event says, in one line for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from respond.projections.phrases import followed_by
from respond.workflow import lesson
from respond.workflow.incident import reviewed as r


def _opened(data: r.ReviewOpened) -> str:
    absent = f"; absent: {', '.join(data.absent)}" if data.absent else ""
    facilitator = f"; facilitated by {data.facilitator}" if data.facilitator else ""
    return f"Review opened with {', '.join(data.participants)}{absent}{facilitator}"


def _found(data: r.FindingRecorded) -> str:
    shown = f"; {', '.join(data.evidence)}" if data.evidence else ""
    return f"Found, {data.kind.replace('_', ' ')} ({data.confidence} confidence): {data.text}{shown}"


def _evaluated(data: r.ResponseEvaluated) -> str:
    followed = "followed" if data.followed else "not followed"
    adequate = "adequate" if data.adequate else "not adequate"
    said = f"Response judged {data.effectiveness.replace('_', ' ')}; procedures {followed}, {adequate}"
    return followed_by(said, data.text)


def _learnt(data: lesson.LessonRecorded) -> str:
    source = f" from {data.source}" if data.source else ""
    tags = f" ({', '.join(data.tags)})" if data.tags else ""
    return f"Lesson{source}{tags}: {data.text}"


SENTENCES: Mapping[type, Callable[[Any], str]] = {
    r.ReviewOpened: _opened,
    r.FindingRecorded: _found,
    r.ResponseEvaluated: _evaluated,
    r.FixRecorded: lambda data: f"{data.kind.capitalize()} fix: {data.text}",
    r.ReviewSigned: lambda data: followed_by(f"Review signed by {data.person}", data.note),
    r.ReviewPublished: lambda data: f"Review published, {data.readership}: {data.place}",
    r.LessonDrawn: lambda data: f"Lesson {data.lesson} drawn",
    lesson.LessonRecorded: _learnt,
    lesson.LessonRevised: lambda data: f"Lesson revised: {data.text} ({data.reason})",
    lesson.LessonWithdrawn: lambda data: followed_by("Lesson withdrawn", data.reason),
}
