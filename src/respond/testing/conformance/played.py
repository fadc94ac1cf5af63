"""The logs that schedules are played on: that of a store, and one of the controls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Protocol

import attrs

from respond.domain.streams import NO_STREAM, StreamId
from respond.store.protocol import PAGE
from respond.store.records import Write
from respond.testing.clocks import START
from respond.testing.conformance.controls import Writer, WrongLog
from respond.testing.conformance.open_writers import OpenWriter
from respond.testing.conformance.samples import events, ids_of
from respond.testing.conformance.stores import TestedStore
from respond.testing.conformance.tailing import Placed, pages

WRITERS, READERS = 2, 2


class Played(Protocol):
    """A log as the machine plays with it."""

    exclusive: ClassVar[bool]
    """Whether a writer that takes a position waits until the one before has ended."""
    most: ClassVar[int]
    """How many events a writer can take positions for at once."""

    def take(self, writer: int, keys: Sequence[str]) -> None:
        """Let a writer take positions for the events called *keys*, and commit nothing."""
        ...

    def commit(self, writer: int) -> None: ...

    def rollback(self, writer: int) -> None: ...

    def append(self, keys: Sequence[str]) -> None:
        """Append as any caller does."""
        ...

    def read(self, reader: int, after: int, limit: int) -> Sequence[Placed]:
        """Return the events past position *after*, up to *limit*."""
        ...

    def end(self) -> int:
        """Return the last position that can be read."""
        ...


@attrs.frozen
class RightLog:
    """The log of a store, with writers whose transactions stay open, and with readers of their own."""

    exclusive: ClassVar[bool] = True
    most: ClassVar[int] = 3

    store: TestedStore
    writers: Sequence[OpenWriter]
    readers: Sequence[TestedStore]

    def take(self, writer: int, keys: Sequence[str]) -> None:
        write = Write(StreamId.of("schedule", keys[0]), events(*keys))
        self.writers[writer].append(write, version=0, at=START)

    def commit(self, writer: int) -> None:
        self.writers[writer].commit()

    def rollback(self, writer: int) -> None:
        self.writers[writer].rollback()

    def append(self, keys: Sequence[str]) -> None:
        """Append the first event to one stream, the others to another."""
        self.store.append(
            *(
                Write(StreamId.of("schedule", part[0]), events(*part), NO_STREAM)
                for part in (keys[:1], keys[1:])
                if part
            )
        )

    def read(self, reader: int, after: int, limit: int) -> Sequence[Placed]:
        return self.readers[reader].read_all(after=after, limit=limit)

    def end(self) -> int:
        return self.store.head().position


@attrs.define
class EarlyLog:
    """A log of the controls, where nobody waits for anybody."""

    exclusive: ClassVar[bool] = False
    most: ClassVar[int] = 1

    log: WrongLog
    writers: list[Writer] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.writers = [self.log.writer() for _ in range(WRITERS)]

    def take(self, writer: int, keys: Sequence[str]) -> None:
        for event_id in ids_of(*keys):
            self.writers[writer].take(event_id)

    def commit(self, writer: int) -> None:
        self.writers[writer].commit()

    def rollback(self, writer: int) -> None:
        self.writers[writer].rollback()

    def append(self, keys: Sequence[str]) -> None:
        raise NotImplementedError

    def read(self, reader: int, after: int, limit: int) -> Sequence[Placed]:  # noqa: ARG002 - one connection reads
        return self.log.read(after, limit)

    def end(self) -> int:
        return max((page[-1].position for page in pages(lambda after: self.log.read(after, PAGE))), default=0)
