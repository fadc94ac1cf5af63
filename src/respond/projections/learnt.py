"""What people told for a review: who held it, what they found, how they judge the response, and what is learnt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

import attrs

from respond.domain.events import Event
from respond.projections.document import Document
from respond.projections.entries import Citation, Entry
from respond.workflow.incident import reviewed as r
from respond.workflow.incident.state import Incident
from respond.workflow.incident.taken import Confidence
from respond.workflow.lesson import LESSON


@attrs.frozen(kw_only=True)
class Held(Document):
    """Who reviewed."""

    participants: tuple[str, ...]
    absent: tuple[str, ...]
    facilitator: str | None
    unsigned: tuple[str, ...]
    """Who was there and has not signed."""
    at: datetime
    citation: Citation


@attrs.frozen(kw_only=True)
class FindingReviewed(Document):
    """What the review found."""

    kind: r.FindingKind
    text: str
    evidence: tuple[str, ...]
    cites: tuple[Citation, ...]
    """The entries of the incident among the evidence."""
    confidence: Confidence
    at: datetime
    actor: str | None
    role: str | None
    citation: Citation


@attrs.frozen(kw_only=True)
class Evaluation(Document):
    """How someone judged the response."""

    followed: bool
    adequate: bool
    effectiveness: r.Effectiveness
    text: str
    at: datetime
    actor: str | None
    role: str | None
    citation: Citation


@attrs.frozen(kw_only=True)
class Fix(Document):
    """What holds for now, or for good."""

    kind: r.FixKind
    text: str
    at: datetime
    citation: Citation


@attrs.frozen(kw_only=True)
class Signature(Document):
    """Someone who stands by the review."""

    person: str
    note: str
    at: datetime
    citation: Citation


@attrs.frozen(kw_only=True)
class Published(Document):
    """Where the review can be read."""

    readership: r.Readership
    place: str
    at: datetime
    citation: Citation


@attrs.frozen(kw_only=True)
class LessonReviewed(Document):
    """A lesson that was drawn from the incident, as it reads now."""

    lesson: str
    """Its key."""
    text: str
    tags: tuple[str, ...]
    status: str
    citation: Citation


@attrs.frozen(kw_only=True)
class Learnt(Document):
    """What people told for the review; what was retracted is left out."""

    held: Held | None
    """The last time that it was opened, since the incident was reopened last."""
    findings: tuple[FindingReviewed, ...]
    evaluation: Evaluation | None
    """The last one."""
    fixes: tuple[Fix, ...]
    signatures: tuple[Signature, ...]
    """Those that count, in the order in which they were given."""
    publications: tuple[Published, ...]
    lessons: tuple[LessonReviewed, ...]

    def kinds(self) -> frozenset[str]:
        """Return of which kinds something was found."""
        return frozenset(one.kind for one in self.findings)


def learnt(
    holding: Iterable[Entry], entries: Mapping[str, Citation], standing: Incident, lessons: Iterable[Event]
) -> Learnt:
    """Return what the entries that hold tell for the review, in the order of what happened.

    *entries* are those that evidence may cite, by id; *lessons* are the events of the lessons, stream by stream.
    """
    told = [entry for entry in holding if isinstance(entry.reading, _TOLD)]
    found = tuple(_findings(told, entries))
    evaluations = tuple(_evaluations(told))
    signatures = tuple(_signatures(told, standing))
    return Learnt(
        held=_held(told, standing),
        findings=found,
        evaluation=evaluations[-1] if evaluations else None,
        fixes=tuple(_fixes(told)),
        signatures=signatures,
        publications=tuple(_publications(told)),
        lessons=tuple(_lessons(told, lessons)),
    )


_TOLD = (
    r.ReviewOpened,
    r.FindingRecorded,
    r.ResponseEvaluated,
    r.FixRecorded,
    r.ReviewSigned,
    r.ReviewPublished,
    r.LessonDrawn,
)


def _held(told: Iterable[Entry], standing: Incident) -> Held | None:
    sitting = standing.review.sitting
    if sitting is None:
        return None
    entry = next((one for one in told if one.event.id == sitting.opened.entry), None)
    if entry is None:
        return None
    people = (*sitting.participants, *(() if sitting.facilitator is None else (sitting.facilitator,)))
    return Held(
        participants=sitting.participants,
        absent=sitting.absent,
        facilitator=sitting.facilitator,
        unsigned=tuple(person for person in dict.fromkeys(people) if person not in standing.review.signatures),
        at=entry.happened_at,
        citation=entry.citation,
    )


def _findings(told: Iterable[Entry], entries: Mapping[str, Citation]) -> Iterator[FindingReviewed]:
    for entry in told:
        data = entry.reading
        if isinstance(data, r.FindingRecorded):
            yield FindingReviewed(
                kind=data.kind,
                text=data.text,
                evidence=data.evidence,
                cites=tuple(entries[one] for one in data.evidence if one in entries),
                confidence=data.confidence,
                at=entry.happened_at,
                actor=entry.event.actor,
                role=entry.event.role,
                citation=entry.citation,
            )


def _evaluations(told: Iterable[Entry]) -> Iterator[Evaluation]:
    for entry in told:
        data = entry.reading
        if isinstance(data, r.ResponseEvaluated):
            yield Evaluation(
                followed=data.followed,
                adequate=data.adequate,
                effectiveness=data.effectiveness,
                text=data.text,
                at=entry.happened_at,
                actor=entry.event.actor,
                role=entry.event.role,
                citation=entry.citation,
            )


def _fixes(told: Iterable[Entry]) -> Iterator[Fix]:
    for entry in told:
        if isinstance(entry.reading, r.FixRecorded):
            fix = entry.reading
            yield Fix(kind=fix.kind, text=fix.text, at=entry.happened_at, citation=entry.citation)


def _signatures(told: Iterable[Entry], standing: Incident) -> Iterator[Signature]:
    counting = {one.entry for one in standing.review.signatures.values()}
    for entry in told:
        if isinstance(entry.reading, r.ReviewSigned) and entry.event.id in counting:
            data = entry.reading
            yield Signature(person=data.person, note=data.note, at=entry.happened_at, citation=entry.citation)


def _publications(told: Iterable[Entry]) -> Iterator[Published]:
    for entry in told:
        if isinstance(entry.reading, r.ReviewPublished):
            data = entry.reading
            yield Published(readership=data.readership, place=data.place, at=entry.happened_at, citation=entry.citation)


def _lessons(told: Iterable[Entry], lessons: Iterable[Event]) -> Iterator[LessonReviewed]:
    histories: dict[str, list[Event]] = {}
    for event in lessons:
        histories.setdefault(event.stream.key, []).append(event)
    for entry in told:
        if isinstance(entry.reading, r.LessonDrawn):
            state = LESSON.fold(histories.get(entry.reading.lesson, ()))
            yield LessonReviewed(
                lesson=entry.reading.lesson,
                text=state.text,
                tags=state.tags,
                status=state.status,
                citation=entry.citation,
            )
