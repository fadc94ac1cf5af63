"""Answers from the library: lessons by what they say, and what is like an incident."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import cached_property
from typing import TYPE_CHECKING, Protocol, cast

from respond.domain.streams import StreamId
from respond.engine.folded import Folding
from respond.errors import UnreadableEvent
from respond.plan.plan import Plan
from respond.projections.library import Item, Kin, LessonPage, Library, Wanted
from respond.projections.similar import SIMILAR_MAX, Similar, kin_of, ranked
from respond.store.codec import Codec
from respond.store.protocol import Joinable
from respond.store.records import Recorded
from respond.workflow.incident import INCIDENT_CATEGORY

if TYPE_CHECKING:
    from respond.engine.engine import Engine


class Lent(Protocol):
    """The library, wherever it is kept."""

    def lessons(self, wanted: Wanted, *, after: str | None = None, limit: int = 20) -> LessonPage:
        """Return a page of lessons, newest first."""

    def item(self, stream: str) -> Item | None:
        """Return what is kept of the aggregate with this stream."""

    def alike(self, kin: Kin, *, limit: int) -> Iterator[Item]:
        """Yield items that share something, newest first."""


class Lending(Protocol):
    """Who lends the library, up to date with the log."""

    def library(self) -> AbstractContextManager[Lent]:
        """Lend it, to one thread at a time."""


class FoldedLibrary:
    """The library in memory, and how far it has read."""

    def __init__(self) -> None:
        self.position = 0
        self.library = Library()

    def take(self, row: Recorded, codec: Codec) -> None:
        """Take one row on; what cannot be read is left out."""
        if Library.handles is None or row.type in Library.handles:
            with suppress(UnreadableEvent):
                self.library.apply(codec.decode(row))
        self.position = row.position


class MemoryLending:
    """Lends a library that is folded in memory."""

    def __init__(self, folding: Folding[FoldedLibrary]) -> None:
        self._folding = folding

    @contextmanager
    def library(self) -> Iterator[Lent]:
        """Lend it, caught up with the log."""
        with self._folding.lent() as folded:
            yield folded.library


class Libraries:
    """The part of an `Engine` that finds lessons, and what is like an incident."""

    @cached_property
    def _lending(self) -> Lending:
        engine = cast("Engine", self)
        memory = MemoryLending(Folding(engine.store, engine.reader.codec, FoldedLibrary))
        if not isinstance(engine.store, Joinable):
            return memory
        from respond.engine.table_library import TableLending  # noqa: PLC0415 - a log in memory needs no database

        return TableLending(engine.store, engine.reader.codec, engine.clock, memory)

    def lessons(
        self,
        query: str | None = None,
        /,
        *,
        category: str | None = None,
        level: int | None = None,
        tags: Iterable[str] = (),
        after: str | None = None,
        limit: int = 20,
    ) -> LessonPage:
        """Return up to *limit* lessons, newest first, from the cursor *after* on; withdrawn ones are left out.

        A lesson is found when each word of *query* stands in it, whatever the case, and each piece of Chinese, or of
        another script without blanks, as it is written; when it is about *category* or one that refines it, and about
        *level*; and when it has all of *tags*.  Raises `InvalidInput` for a limit outside 1 to 1,000, a cursor that is
        none, and a query that holds neither a letter nor a digit.
        """
        engine = cast("Engine", self)
        categories = None if category is None else refining(engine.plans, category)
        wanted = Wanted.of(query, categories=categories, level=level, tags=tags)
        with self._lending.library() as library:
            return library.lessons(wanted, after=after, limit=limit)

    def similar(self, name: str, /, *, limit: int = 10) -> tuple[Similar, ...]:
        """Return the incidents and lessons that are most like the incident with this id, number or reference.

        Each tells why: category, level, site, facets, and words in common.  Raises `IncidentNotFound`, and
        `InvalidInput` for a limit outside 1 to 100.
        """
        engine = cast("Engine", self)
        key = engine.reader.find(name)
        plan = engine.plans.in_force(engine.reader.events(INCIDENT_CATEGORY, key))
        with self._lending.library() as library:
            item = library.item(StreamId.of(INCIDENT_CATEGORY, key).name)
            if item is None:  # an incident that cannot be read
                return ()
            return ranked(item, library.alike(kin_of(item, plan), limit=SIMILAR_MAX), plan, limit=limit)


def refining(plans: Iterable[Plan], category: str) -> set[str]:
    """Return *category* and all that refine it in any of *plans*."""
    return {category} | {one.id for plan in plans for one in plan.categories if category in plan.ancestors(one.id)}
