"""Subscriptions: read the log from a position on, then go on as it grows; nothing is missed, nothing comes twice."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Sequence
from types import TracebackType
from typing import Generic, Self, TypeVar

import attrs

from respond.domain.streams import REALMS, Realm, indexed
from respond.errors import InvalidInput
from respond.store.protocol import EventStore
from respond.store.records import Recorded
from respond.store.waiting import Hearing, Waiter, WaiterT

StoreT = TypeVar("StoreT")

PAGE_EVENTS = 500
"""How many events a page reads at most, when its reader does not say."""
PAGE_BYTES = 8 * 1024 * 1024
"""How many bytes of bodies a page should hold; pages grow and shrink towards it."""

_FIRST_EVENTS = 64
_PARTITIONS_MAX = 1024


@attrs.frozen
class Partition:
    """One part of the streams: each stream is in exactly one of them, in every process and release alike."""

    index: int
    of: int

    def __attrs_post_init__(self) -> None:
        if not 1 <= self.of <= _PARTITIONS_MAX or not 0 <= self.index < self.of:
            raise InvalidInput(
                f"({self.index}, {self.of}) is not a partition; number at most {_PARTITIONS_MAX} of them from 0",
                place="partition",
                value=(self.index, self.of),
            )

    def holds(self, row: Recorded) -> bool:
        """Return whether the stream of *row* is in this part."""
        return partition_of(row.tenant, row.realm, row.stream, self.of) == self.index


def partition_of(tenant: str, realm: str, stream: str, of: int) -> int:
    """Return the number of the partition, of *of*, that a stream is in: the first 8 bytes of SHA-256 over its names."""
    names = f"{tenant}\0{realm}\0{stream}".encode()  # no name holds a NUL
    return int.from_bytes(hashlib.sha256(names).digest()[:8], "big") % of


@attrs.frozen(kw_only=True)
class Selection:
    """Which events a subscription lets through; None lets all through."""

    categories: frozenset[str] | None = None
    types: frozenset[str] | None = None
    realm: Realm | None = "real"
    partition: Partition | None = None

    @classmethod
    def of(
        cls,
        *,
        categories: Collection[str] | None = None,
        types: Collection[str] | None = None,
        realm: Realm | None = "real",
        partition: tuple[int, int] | None = None,
    ) -> Self:
        """Return the selection; raises `InvalidInput` for what selects nothing, or is not a name."""
        if realm is not None and realm not in REALMS:
            raise InvalidInput(f"{realm!r} is not one of {', '.join(REALMS)}, None", place="realm", value=realm)
        return cls(
            categories=_names(categories, "categories"),
            types=_names(types, "types"),
            realm=realm,
            partition=None if partition is None else Partition(*partition),
        )

    def lets(self, row: Recorded) -> bool:
        """Return whether *row* comes through; its realm is the reader's matter."""
        return (
            (self.types is None or row.type in self.types)
            and (self.categories is None or row.stream.partition("-")[0] in self.categories)
            and (self.partition is None or self.partition.holds(row))
        )


@attrs.define(kw_only=True)
class Cursor:
    """Where a subscription stands, and how much it reads at once.  Pure: its shell reads and waits."""

    selection: Selection
    position: int
    """The last position that was seen, let through or not."""
    page_events: int = PAGE_EVENTS
    limit: int = attrs.field(init=False)
    """How many events to read next."""
    more: bool = attrs.field(init=False, default=True)
    """Whether the last page was full."""

    def __attrs_post_init__(self) -> None:
        if self.position < 0:
            raise InvalidInput("is before the log; begin after 0", place="after", value=self.position)
        if self.page_events < 1:
            raise InvalidInput("is not a page; read at least 1 event", place="page_events", value=self.page_events)
        self.limit = min(self.page_events, _FIRST_EVENTS)

    def take(self, page: Sequence[Recorded], head: int = 0) -> list[Recorded]:
        """Go on past *page*, which was read after `position`, and return what is let through.

        A page that is not full was the end: when the *head* was looked up before it was read, all up to there is seen,
        whoever it belonged to.
        """
        self.more = len(page) >= self.limit
        self._fit(page)
        if page:
            self.position = page[-1].position
        if not self.more:
            self.position = max(self.position, head)
        return [row for row in page if self.selection.lets(row)]

    def _fit(self, page: Sequence[Recorded]) -> None:
        """Let the next page be larger or smaller: bodies have between a hundred bytes and a million."""
        size = sum(len(row.body) for row in page if row.body is not None)
        if size > PAGE_BYTES:
            self.limit = max(1, self.limit // 4)
        elif size < PAGE_BYTES // 4:
            self.limit = min(self.page_events, self.limit * 2)


class Following(ABC, Generic[StoreT, WaiterT]):
    """What a subscription and its twin for asyncio share: where it stands, how it is woken, and how it ends."""

    def __init__(
        self,
        store: StoreT,
        *,
        after: int = 0,
        categories: Collection[str] | None = None,
        types: Collection[str] | None = None,
        realm: Realm | None = "real",
        partition: tuple[int, int] | None = None,
        page_events: int = PAGE_EVENTS,
        poll_seconds: float | None = None,
        live: bool = True,
        waiter: WaiterT | None = None,
    ) -> None:
        selection = Selection.of(categories=categories, types=types, realm=realm, partition=partition)
        self._cursor = Cursor(selection=selection, position=after, page_events=page_events)
        self._store = store
        self._stopped = False
        new_waiter = self._new_waiter if waiter is None else lambda: waiter
        self._hearing = Hearing(self._log_of(store), new_waiter, poll_seconds) if live else None

    @property
    def position(self) -> int:
        """The last position that was seen, events that were filtered out included: the checkpoint to keep."""
        return self._cursor.position

    def stop(self) -> None:
        """End the iteration after the event in hand, at once when it waits; may be called from any thread."""
        self._stopped = True
        if self._hearing is not None:
            self._hearing.waiter.wake()

    def _end(self) -> None:
        """Give back what it listens with; a second time nothing happens."""
        self._stopped = True
        if self._hearing is not None:
            self._hearing.close()

    @abstractmethod
    def _log_of(self, store: StoreT) -> EventStore:
        """Return the store that tells of appends."""

    @abstractmethod
    def _new_waiter(self) -> WaiterT:
        """Return the waiter of a subscription that was given none."""


class Subscription(Following[EventStore, Waiter]):
    """Events past a position, in log order, as long as it is not stopped; one reader, in one thread.

        with Subscription(store, after=position, categories={"incident"}) as subscription:
            for record in subscription:
                ...                                # keep subscription.position with what was done

    When reading raises, the subscription stays where it was, and iterating again goes on from there.  A signal handler
    may stop it.
    """

    def pages(self) -> Iterator[list[Recorded]]:
        """Yield what comes through, page by page; a page may be empty, `position` is further on all the same.

        Ends when the subscription is stopped, or, when it is not *live*, at the end of the log.
        """
        cursor, hearing = self._cursor, self._hearing
        if hearing is not None and hearing.source is not None:  # before the first look: what comes after is heard of
            hearing.source.mend()
        head = self._store.head().position
        cursor.more = head > cursor.position
        while not self._stopped:
            if cursor.more:
                before = cursor.position
                page = self._store.read_all(after=before, limit=cursor.limit, realm=cursor.selection.realm)
                chosen = cursor.take(page, head)
                if cursor.position > before:
                    yield chosen
            elif hearing is None:
                return
            elif hearing.waiter.wait(hearing.poll_seconds, hearing.source):
                cursor.more = True  # whoever told of it, reading is the way to know
            else:
                head = self._store.head().position
                cursor.more = head > cursor.position

    def __iter__(self) -> Iterator[Recorded]:
        """Yield events one by one; `position` is that of the event in hand."""
        for page in self.pages():
            end = self._cursor.position
            for row in page:
                if self._stopped:
                    return
                self._cursor.position = row.position
                yield row
            self._cursor.position = end

    def close(self) -> None:
        """Give back what it listens with; closing twice does nothing."""
        self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _log_of(self, store: EventStore) -> EventStore:
        return store

    def _new_waiter(self) -> Waiter:
        return Waiter()


def _names(names: Collection[str] | None, place: str) -> frozenset[str] | None:
    if names is None:
        return None
    if isinstance(names, str) or not names:
        raise InvalidInput(f"{names!r} selects nothing; give a set of names, or leave it out", place=place, value=names)
    return frozenset(indexed(name, place) for name in names)
