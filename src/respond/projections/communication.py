"""Communication in a review: who was told what, when, by whom; how long nobody spoke; what was heard and observed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from operator import itemgetter
from typing import Any, Literal

import attrs

from respond.plan.communication import Audience, Stage
from respond.plan.implied import silence_duty
from respond.plan.owed import Owed, verdict
from respond.plan.plan import Plan
from respond.projections.document import Document
from respond.projections.entries import Citation, Entry
from respond.projections.tenures import CLOSED, Tenure, statuses
from respond.workflow.incident import events as e
from respond.workflow.incident import messages, notices
from respond.workflow.incident import statements as s
from respond.workflow.incident.said import StatementStatus, Wording

_SECOND = timedelta(seconds=1)
_FAILED = ("late", "missing")
_Moment = tuple[datetime, Citation | None]
"""When something was, and the event that tells it."""


@attrs.frozen(kw_only=True)
class KeyMessagesReviewed(Document):
    """A version of the key messages."""

    version: int
    stage: Stage | None
    messages: tuple[str, ...]
    set_at: datetime
    set_by: str | None
    approved_at: datetime | None = None
    approved_by: str | None = None
    citations: tuple[Citation, ...]


@attrs.frozen(kw_only=True)
class VersionReviewed(Document):
    """A version of a statement: who wrote, approved and published it, and when."""

    version: int
    text: str
    key_messages: int | None
    """The version of the key messages on which it rests."""
    next_update_at: datetime | None
    reason: str = ""
    """Why it was written anew."""
    written_at: datetime
    written_by: str | None
    approved_at: datetime | None = None
    approved_by: str | None = None
    published_at: datetime | None = None
    published_by: str | None = None
    citations: tuple[Citation, ...]


@attrs.frozen(kw_only=True)
class StatementReviewed(Document):
    """What became of a statement."""

    statement: str
    audience: str
    channel: str
    status: StatementStatus
    versions: tuple[VersionReviewed, ...]
    retracted_at: datetime | None = None
    retracted_by: str | None = None
    retracted_because: str = ""
    retracted: Citation | None = None


@attrs.frozen(kw_only=True)
class Word(Document):
    """Something that somebody was told."""

    by_way_of: Literal["statement", "notice", "upward_report"]
    audience: str | None = None
    role: str | None = None
    department: str | None = None
    people: tuple[str, ...] = ()
    """Who held the role then."""
    channel: str | None = None
    """None for an upward report."""
    text: str
    at: datetime
    actor: str | None
    actor_role: str | None
    citation: Citation


@attrs.frozen(kw_only=True)
class Silence(Document):
    """The longest time for which an audience was left without word while the incident was open."""

    audience: str
    longest_allowed: str | None
    """By the plan."""
    longest_seconds: int
    since: datetime
    until: datetime | None
    """None while it lasts."""
    breaches: int
    """How often it was longer than the plan allows."""
    citations: tuple[Citation, ...]
    """What it began with, and what ended it."""


@attrs.frozen(kw_only=True)
class Heard(Document):
    """What people answered."""

    source: str
    channel: str
    text: str
    count: int
    at: datetime
    citation: Citation


@attrs.frozen(kw_only=True)
class Point(Document):
    """A value of a metric."""

    value: Decimal
    source: str
    at: datetime
    citation: Citation


@attrs.frozen(kw_only=True)
class Rating(Document):
    """How well communication worked, as somebody judged it."""

    rating: int
    text: str
    at: datetime
    actor: str | None
    citation: Citation


@attrs.frozen(kw_only=True)
class Communication(Document):
    """What the events tell of the words of an incident."""

    key_messages: tuple[KeyMessagesReviewed, ...]
    statements: tuple[StatementReviewed, ...]
    told: tuple[Word, ...]
    """Who was told what, in the order of the world."""
    silences: tuple[Silence, ...]
    feedback: tuple[Heard, ...]
    observations: Mapping[str, tuple[Point, ...]]
    """By metric, over time."""
    evaluations: tuple[Rating, ...]


def communication(world: Sequence[Entry], plan: Plan, owes: Iterable[Owed], now: datetime) -> Communication:
    """Return the words of an incident as the entries tell them that hold, in *world* order; it *owes* this."""
    tenures = statuses(world, now=now)
    world = [entry for entry in world if entry.retracted_by is None]
    logged = sorted(world, key=lambda entry: entry.event.position)
    drafted = _statements(logged)
    told = tuple(_told(world, {one.statement: one for one in drafted}))
    return Communication(
        key_messages=_key_messages(logged),
        statements=drafted,
        told=told,
        silences=tuple(_silences(told, world, tenures, plan, owes, now)),
        feedback=tuple(_heard(world)),
        observations=_observations(world),
        evaluations=tuple(_ratings(world)),
    )


def _key_messages(logged: Iterable[Entry]) -> tuple[KeyMessagesReviewed, ...]:
    found: dict[int, KeyMessagesReviewed] = {}
    for entry in logged:
        match entry.reading:
            case messages.KeyMessagesSet(version=version) as told:
                found[version] = KeyMessagesReviewed(
                    version=version,
                    stage=told.stage,
                    messages=told.messages,
                    set_at=entry.happened_at,
                    set_by=entry.event.actor,
                    citations=(entry.citation,),
                )
            case messages.KeyMessagesApproved(version=version) if version in found:
                found[version] = _done(found[version], "approved", entry)
    return tuple(found.values())


def _done(known: Any, what: str, entry: Entry) -> Any:
    """Return *known* with when and by whom *what* was done, as *entry* tells."""
    told = {f"{what}_at": entry.happened_at, f"{what}_by": entry.event.actor}
    return attrs.evolve(known, **told, citations=(*known.citations, entry.citation))


def _statements(logged: Iterable[Entry]) -> tuple[StatementReviewed, ...]:
    found: dict[str, StatementReviewed] = {}
    for entry in logged:
        told = entry.reading
        match told:
            case s.StatementDrafted():
                found[told.statement] = StatementReviewed(
                    statement=told.statement,
                    audience=told.audience,
                    channel=told.channel,
                    status="draft",
                    versions=(_written(told, 1, entry),),
                )
            case s.StatementCorrected() if told.statement in found:
                version = attrs.evolve(_written(told, told.version, entry), reason=told.reason)
                known = found[told.statement]
                found[told.statement] = attrs.evolve(known, status="draft", versions=(*known.versions, version))
            case s.StatementApproved() if told.statement in found:
                found[told.statement] = _advanced(found[told.statement], "approved", entry)
            case s.StatementPublished() if told.statement in found:
                found[told.statement] = _advanced(found[told.statement], "published", entry)
            case s.StatementRetracted() if told.statement in found:
                found[told.statement] = attrs.evolve(
                    found[told.statement],
                    status="retracted",
                    retracted_at=entry.happened_at,
                    retracted_by=entry.event.actor,
                    retracted_because=told.reason,
                    retracted=entry.citation,
                )
    return tuple(found.values())


def _written(told: Wording, version: int, entry: Entry) -> VersionReviewed:
    return VersionReviewed(
        version=version,
        text=told.text,
        key_messages=told.key_messages,
        next_update_at=told.next_update_at,
        written_at=entry.happened_at,
        written_by=entry.event.actor,
        citations=(entry.citation,),
    )


def _advanced(known: StatementReviewed, to: Literal["approved", "published"], entry: Entry) -> StatementReviewed:
    versions = tuple(_done(one, to, entry) if one.version == entry.reading.version else one for one in known.versions)
    return attrs.evolve(known, status=to, versions=versions)


def _told(world: Iterable[Entry], statements: Mapping[str, StatementReviewed]) -> Iterator[Word]:
    for entry in world:
        match entry.reading:
            case s.StatementPublished() as told:
                known = statements.get(told.statement)
                texts = {one.version: one.text for one in known.versions} if known else {}
                text = texts.get(told.version, "")
                yield _word(entry, "statement", text, audience=told.audience, channel=told.channel)
            case notices.NoticeGiven() as told:
                yield _word(
                    entry,
                    "notice",
                    told.text,
                    audience=told.audience,
                    role=told.to_role,
                    department=told.department,
                    people=told.people,
                    channel=told.channel,
                )
            case e.UpwardReportSent() as told:
                yield _word(entry, "upward_report", told.summary, audience=told.recipient)


def _word(entry: Entry, by_way_of: Any, text: str, **to: Any) -> Word:
    return Word(
        by_way_of=by_way_of,
        text=text,
        at=entry.happened_at,
        actor=entry.event.actor,
        actor_role=entry.event.role,
        citation=entry.citation,
        **to,
    )


def _silences(
    told: Iterable[Word],
    world: Iterable[Entry],
    tenures: Sequence[Tenure],
    plan: Plan,
    owes: Iterable[Owed],
    now: datetime,
) -> Iterator[Silence]:
    """Yield the longest silence towards each audience that was told something, or should have been."""
    words: dict[str, list[_Moment]] = {}
    for word in told:
        if word.audience is not None:
            words.setdefault(word.audience, []).append((word.at, word.citation))
    levels = {getattr(one.reading, "level", getattr(one.reading, "to_level", None)) for one in world}
    asked = [one for one in plan.audiences if one.longest_silence and (not one.levels or levels & {*one.levels})]
    known: dict[str, Audience | None] = {one.id: one for one in asked}
    for name in words:
        known.setdefault(name, plan.audience(name))
    failed = [one.obligation for one in owes if verdict(one, now) in _FAILED]
    for name, audience in known.items():
        (since, before), (until, after) = _longest(words.get(name, []), tenures, now)
        allowed = audience.longest_silence if audience else None
        yield Silence(
            audience=name,
            longest_allowed=None if allowed is None else str(allowed),
            longest_seconds=(until - since) // _SECOND,
            since=since,
            until=None if after is None else until,
            breaches=failed.count(silence_duty(name)),
            citations=tuple(filter(None, (before, after))),
        )


def _longest(words: Iterable[_Moment], tenures: Sequence[Tenure], now: datetime) -> tuple[_Moment, _Moment]:
    """Return from when to when it was without *words* for the longest time while the incident was open."""
    gaps: list[tuple[_Moment, _Moment]] = []
    for begin, end in _open(tenures, now):
        spoken = sorted((word for word in words if begin[0] <= word[0] <= end[0]), key=itemgetter(0))
        gaps += pairwise((begin, *spoken, end))
    return max(gaps, key=lambda gap: gap[1][0] - gap[0][0])


def _open(tenures: Sequence[Tenure], now: datetime) -> list[tuple[_Moment, _Moment]]:
    """Return from when to when it was open; nothing tells of an end that has not come."""
    found: list[tuple[_Moment, _Moment]] = []
    for one in tenures:
        if one.holder in CLOSED:
            continue
        begin: _Moment = (one.since, one.began_by)
        end = now if one.until is None else min(one.until, now)
        if found and found[-1][1][0] == one.since:
            begin = found.pop()[0]
        found.append((begin, (max(begin[0], end), one.ended_by)))
    return found


def _heard(world: Iterable[Entry]) -> Iterator[Heard]:
    for entry in world:
        if isinstance(entry.reading, notices.FeedbackReceived):
            yield Heard(at=entry.happened_at, citation=entry.citation, **attrs.asdict(entry.reading))


def _observations(world: Iterable[Entry]) -> Mapping[str, tuple[Point, ...]]:
    found: dict[str, list[Point]] = {}
    for entry in world:
        told = entry.reading
        if isinstance(told, notices.ObservationRecorded):
            point = Point(value=told.value, source=told.source, at=entry.happened_at, citation=entry.citation)
            found.setdefault(told.metric, []).append(point)
    return {metric: tuple(points) for metric, points in found.items()}


def _ratings(world: Iterable[Entry]) -> Iterator[Rating]:
    for entry in world:
        if isinstance(entry.reading, notices.CommunicationEvaluated):
            yield Rating(
                at=entry.happened_at,
                actor=entry.event.actor,
                citation=entry.citation,
                **attrs.asdict(entry.reading),
            )
