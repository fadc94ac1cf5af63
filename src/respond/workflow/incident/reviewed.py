"""What people tell for the review of an incident: the events, and what its state keeps of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

import attrs

from respond.domain.events import event_type
from respond.workflow.incident.marks import Mark
from respond.workflow.incident.taken import Confidence

FindingKind = Literal[
    "trigger",
    "direct_cause",
    "indirect_cause",
    "contributing_factor",
    "nature",
    "missed_signal",
    "went_well",
    "went_badly",
    "lucky",
    "made_worse",
    "coordination",
    "surprise",
    "open_question",
]
FINDING_KINDS: tuple[FindingKind, ...] = get_args(FindingKind)
Effectiveness = Literal["effective", "partly_effective", "ineffective"]
EFFECTIVENESSES: tuple[Effectiveness, ...] = get_args(Effectiveness)
FixKind = Literal["temporary", "permanent"]
FIX_KINDS: tuple[FixKind, ...] = get_args(FixKind)
Readership = Literal["internal", "external"]
READERSHIPS: tuple[Readership, ...] = get_args(Readership)


@event_type()
@attrs.frozen(kw_only=True)
class FindingRecorded:
    """The review found something."""

    kind: FindingKind
    text: str
    evidence: tuple[str, ...] = ()
    """What shows it: ids of entries of the incident, or texts."""
    confidence: Confidence = "medium"


@event_type()
@attrs.frozen(kw_only=True)
class ResponseEvaluated:
    """Someone judged how well the response worked."""

    followed: bool
    """Whether the procedures of the plan were followed."""
    adequate: bool
    """Whether they were good enough."""
    effectiveness: Effectiveness
    text: str


@event_type()
@attrs.frozen(kw_only=True)
class FixRecorded:
    """Someone told what holds for now, or for good."""

    kind: FixKind
    text: str


@event_type()
@attrs.frozen(kw_only=True)
class ReviewOpened:
    """People came together to review the incident."""

    participants: tuple[str, ...]
    absent: tuple[str, ...] = ()
    """Who was asked and did not come."""
    facilitator: str | None = None


@event_type()
@attrs.frozen(kw_only=True)
class ReviewSigned:
    """Someone who reviewed stands by what the review says."""

    person: str
    note: str = ""


@event_type()
@attrs.frozen(kw_only=True)
class ReviewPublished:
    """The review can be read somewhere."""

    readership: Readership
    place: str


@event_type()
@attrs.frozen(kw_only=True)
class LessonDrawn:
    """A lesson was drawn from the incident; what it says stands in the stream of the lesson."""

    lesson: str
    """The key of the lesson."""


@attrs.frozen(kw_only=True)
class Found:
    """A finding, and the entry that records it."""

    entry: str
    told: FindingRecorded


@attrs.frozen(kw_only=True)
class Evaluated:
    """A judgement of the response, and the entry that records it."""

    entry: str
    told: ResponseEvaluated


@attrs.frozen(kw_only=True)
class Fixed:
    """A fix, and the entry that records it."""

    entry: str
    told: FixRecorded


@attrs.frozen(kw_only=True)
class Sitting:
    """Who reviews."""

    participants: tuple[str, ...]
    absent: tuple[str, ...] = ()
    facilitator: str | None = None
    opened: Mark


@attrs.frozen(kw_only=True)
class Publication:
    """Where the review can be read."""

    readership: Readership
    published: Mark
    """With the place as its text."""


@attrs.frozen(kw_only=True, slots=False)
class Reviewing:
    """What was told for the review so far; what was retracted is left out."""

    sitting: Sitting | None = None
    """The one that was opened last, since the incident was reopened last."""
    findings: tuple[Found, ...] = ()
    evaluations: tuple[Evaluated, ...] = ()
    """The last one counts."""
    fixes: tuple[Fixed, ...] = ()
    signatures: Mapping[str, Mark] = attrs.field(factory=dict)
    """By who signed, since the incident was reopened last."""
    publications: tuple[Publication, ...] = ()
    lessons: tuple[str, ...] = ()
    """The keys of the lessons that were drawn from the incident."""
