"""The library: lessons, and the incidents that they come of, where both are found again by what they say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from datetime import datetime
from itertools import islice
from typing import ClassVar, Literal, Self

import attrs

from respond.domain.events import Event, type_of
from respond.domain.moments import from_microseconds
from respond.domain.streams import StreamId
from respond.projections.document import Document
from respond.projections.listing import before, cut_page
from respond.projections.terms import Query, folded, terms_of
from respond.workflow import lesson as lessons
from respond.workflow.definition import TEXT_MAX
from respond.workflow.incident import INCIDENT_CATEGORY
from respond.workflow.incident import events as e
from respond.workflow.incident.reviewed import FindingRecorded
from respond.workflow.incident.state import MERGED, worse
from respond.workflow.incident.triage import IncidentRecategorised
from respond.workflow.lesson import LESSON_CATEGORY

Kind = Literal["lesson", "incident"]


@attrs.frozen(kw_only=True)
class LessonFound(Document):
    """One lesson, as it reads now."""

    lesson: str
    """Its key."""
    text: str
    tags: tuple[str, ...]
    category: str | None
    level: int | None
    site: str | None
    incident: str | None
    """The id of the incident that teaches it."""
    source: str
    """Where it was learnt, when it was not from an incident of this log."""
    recorded_at: datetime
    revised: bool


@attrs.frozen(kw_only=True)
class LessonPage(Document):
    """Some lessons, newest first."""

    rows: tuple[LessonFound, ...]
    next: str | None
    """Give it as `after` for the rows that follow; None when there are none."""


@attrs.define(eq=False)
class Item:
    """What the library remembers of a lesson or an incident."""

    stream: str
    position: int
    """Of its first event."""
    recorded_us: int
    """When the log took that."""
    status: str
    """What its first event says, or that it was merged or withdrawn."""
    category: str | None
    site: str | None
    level: int | None = None
    """Of an incident the worst one so far."""
    incident: str | None = None
    """The id of the incident that teaches a lesson."""
    source: str = ""
    tags: list[str] = attrs.field(factory=list)
    revised: bool = False
    texts: dict[str, dict[str, str]] = attrs.field(factory=dict)
    """What it says: by the id of the entry, and the field of that."""
    facets: dict[str, list[str]] = attrs.field(factory=dict)
    """What the assessments of an incident tell, by the id of the entry; the last one counts."""

    @property
    def kind(self) -> Kind:
        return "lesson" if self.stream.startswith(f"{LESSON_CATEGORY}-") else "incident"

    @property
    def key(self) -> str:
        """The id of the incident, or the key of the lesson."""
        return StreamId(self.stream).key

    @property
    def held(self) -> bool:
        """Whether it is to be found: a lesson that was withdrawn is not, nor an incident that was merged."""
        return self.status not in (lessons.WITHDRAWN, MERGED)

    @property
    def text(self) -> str:
        """All that it says, as far as it is searched."""
        said = "\n".join(text for fields in self.texts.values() for text in fields.values() if text)
        return said if len(said) * 4 <= TEXT_MAX else said.encode()[:TEXT_MAX].decode(errors="ignore")

    @property
    def aspects(self) -> frozenset[str]:
        """The facets of an incident by its last assessment."""
        return frozenset(next(reversed(self.facets.values()), ()))

    @property
    def title(self) -> str:
        """The title of an incident, or the text of a lesson."""
        return next((text for fields in self.texts.values() for text in fields.values()), "")

    def found(self) -> LessonFound:
        return LessonFound(
            lesson=self.key,
            text=self.text,
            tags=tuple(self.tags),
            category=self.category,
            level=self.level,
            site=self.site,
            incident=self.incident,
            source=self.source,
            recorded_at=from_microseconds(self.recorded_us),
            revised=self.revised,
        )


@attrs.frozen(kw_only=True)
class Wanted:
    """What the lessons of an answer have in common; None leaves it open."""

    query: Query | None = None
    categories: frozenset[str] | None = None
    level: int | None = None
    tags: frozenset[str] = frozenset()
    """Folded for comparison; a lesson has them all."""

    @classmethod
    def of(cls, query: str | None, *, categories: Iterable[str] | None, level: int | None, tags: Iterable[str]) -> Self:
        """Return what people ask for; raises `InvalidInput` for a query that holds nothing to look for."""
        return cls(
            query=None if query is None or not query.strip() else Query.of(query),
            categories=None if categories is None else frozenset(categories),
            level=level,
            tags=frozenset(map(folded, tags)),
        )

    def fits(self, item: Item) -> bool:
        """Return whether *item* is a lesson that is asked for."""
        return (
            item.kind == "lesson"
            and item.held
            and (self.categories is None or item.category in self.categories)
            and (self.level is None or item.level == self.level)
            and self.tags <= set(map(folded, item.tags))
            and (self.query is None or self.query.fits(item.text))
        )


@attrs.frozen(kw_only=True)
class Kin:
    """What an item must share something of to be looked at as a like one."""

    categories: frozenset[str]
    site: str | None
    terms: frozenset[str]

    def shares(self, item: Item, terms: frozenset[str]) -> bool:
        """Return whether *item*, which has these *terms*, shares something."""
        placed = self.site is not None and item.site == self.site
        return item.category in self.categories or placed or not self.terms.isdisjoint(terms)


def page_of(items: Iterable[Item], limit: int) -> LessonPage:
    """Return the first *limit* of *items*, given newest first, as a page; raises `InvalidInput`."""
    found, following = cut_page(items, limit)
    return LessonPage(rows=tuple(one.found() for one in found), next=following)


class Library:
    """The library of one realm's log, kept in memory event by event."""

    name: ClassVar[str] = "library"
    version: ClassVar[int] = 1
    handles: ClassVar[frozenset[str] | None]

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}
        """By the name of the stream."""

    def apply(self, event: Event) -> None:
        """Take one event on; an event of another realm, and of what nobody began, changes nothing."""
        if event.body["realm"] == "real":
            carry(self.items, event)

    def lessons(self, wanted: Wanted, *, after: str | None = None, limit: int = 20) -> LessonPage:
        """Return up to *limit* lessons that are *wanted*, newest first, from the cursor *after* on.

        Raises `InvalidInput` for a limit outside 1 to 1,000 and a cursor that is none.
        """
        end = before(after)
        items = (one for one in self._newest() if end is None or one.position < end)
        return page_of(filter(wanted.fits, items), limit)

    def item(self, stream: str) -> Item | None:
        """Return what is kept of the aggregate with this *stream*; None when nothing is."""
        return self.items.get(stream)

    def alike(self, kin: Kin, *, limit: int) -> Iterator[Item]:
        """Yield up to *limit* items that share something, newest first."""
        return islice((one for one in self._newest() if one.held and kin.shares(one, terms_of(one.text))), limit)

    def _newest(self) -> Iterator[Item]:
        return iter(sorted(self.items.values(), key=lambda one: -one.position))


def carry(items: MutableMapping[str, Item], event: Event) -> None:
    """Carry *items*, given by stream, over *event*."""
    stream = event.body["stream"]
    item = items.get(stream)
    if item is None:
        begin = _BEGINS.get((type(event.data), StreamId(stream).category))
        if begin is not None:
            items[stream] = begin(event)
    elif (take := _TAKES.get(type(event.data))) is not None:
        take(item, event)


def _incident(event: Event) -> Item:
    data: e.IncidentReported = event.data
    item = _item(event, data)
    item.texts[event.id] = {"title": data.title, "narrative": data.narrative}
    return item


def _lesson(event: Event) -> Item:
    data: lessons.LessonRecorded = event.data
    item = _item(event, data)
    item.incident, item.source = data.incident, data.source
    _written(item, event)
    return item


def _item(event: Event, data: e.IncidentReported | lessons.LessonRecorded) -> Item:
    return Item(
        stream=event.body["stream"],
        position=event.position,
        recorded_us=event.recorded_us,
        status=data.to,
        category=data.category,
        site=data.site,
    )


def _written(item: Item, event: Event) -> None:
    """Take on what a lesson says now."""
    data: lessons.LessonRecorded | lessons.LessonRevised = event.data
    item.texts = {"": {"text": data.text}}
    item.tags, item.category, item.level, item.site = list(data.tags), data.category, data.level, data.site


def _revised(item: Item, event: Event) -> None:
    _written(item, event)
    item.revised = True


def _moved(item: Item, event: Event) -> None:
    item.status = event.data.to


def _assessed(item: Item, event: Event) -> None:
    item.facets[event.id] = sorted(event.data.facets)


def _level_assigned(item: Item, event: Event) -> None:
    item.level = worse(item.level, event.data.level)


def _level_changed(item: Item, event: Event) -> None:
    item.level = worse(item.level, event.data.to_level)


def _absorbed(item: Item, event: Event) -> None:
    item.level = worse(item.level, event.data.worst_level)


def _recategorised(item: Item, event: Event) -> None:
    item.category = event.data.to_category


def _told(field: str) -> Callable[[Item, Event], None]:
    def take(item: Item, event: Event) -> None:
        item.texts[event.id] = {field: getattr(event.data, field)}

    return take


def _corrected(item: Item, event: Event) -> None:
    data: e.EntryCorrected = event.data
    if data.entry in item.facets and "facets" in data.changes:
        item.facets[data.entry] = sorted(data.changes["facets"])
    known = item.texts.get(data.entry)
    if known is None:
        return
    known.update({name: text for name, text in data.changes.items() if name in known})
    if "title" in known:  # it corrects the report
        item.category = data.changes.get("category", item.category)
        item.site = data.changes.get("site", item.site)


def _retracted(item: Item, event: Event) -> None:
    item.texts.pop(event.data.entry, None)
    item.facets.pop(event.data.entry, None)


_BEGINS: Mapping[tuple[type, str], Callable[[Event], Item]] = {
    (e.IncidentReported, INCIDENT_CATEGORY): _incident,
    (lessons.LessonRecorded, LESSON_CATEGORY): _lesson,
}
_TAKES: Mapping[type, Callable[[Item, Event], None]] = {
    e.IncidentAssessed: _assessed,
    e.LevelAssigned: _level_assigned,
    e.LevelChanged: _level_changed,
    e.IncidentAbsorbed: _absorbed,
    IncidentRecategorised: _recategorised,
    e.IncidentResolved: _told("resolution"),
    e.IncidentReviewed: _told("summary"),
    FindingRecorded: _told("text"),
    e.IncidentMerged: _moved,
    e.EntryCorrected: _corrected,
    e.EntryRetracted: _retracted,
    lessons.LessonRevised: _revised,
    lessons.LessonWithdrawn: _moved,
}
Library.handles = frozenset(type_of(kind).name for kind in (*(kind for kind, _ in _BEGINS), *_TAKES))
