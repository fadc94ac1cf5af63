"""Rereading: the whole log, decoded and folded from its first event, whatever is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import attrs

from respond.domain.events import Event
from respond.engine.definitions import Plans, Workflows
from respond.errors import EventArchived, UnreadableEvent
from respond.projections.replay import Failure, Replay, Totals
from respond.store.codec import Codec
from respond.store.records import StoredBody, leaf_of


class Rereading:
    """Reads a log once; an event that cannot be read is a failure, and the rest of the log still counts."""

    def __init__(
        self,
        codec: Codec,
        workflows: Workflows,
        plans: Plans,
        *,
        check_leaves: bool,
        stream_at: Callable[[int], str],
    ) -> None:
        """Name the stream of what cannot be read by *stream_at* a position."""
        self._stream_at = stream_at
        self._decode = codec.decode
        self._replay = Replay(workflows, plans.every)
        self._check_leaves = check_leaves
        self._unread: list[Failure] = []
        self._archived = 0
        self._last_position = 0

    def totals(self, pages: Iterable[Sequence[StoredBody]]) -> Totals:
        """Return what *pages*, the log in order, hold."""
        for page in pages:
            self._replay.take(self._readable(page))
            self._last_position = page[-1].position
        found = self._replay.totals()
        failures = sorted((*found.failures, *self._unread), key=lambda failure: failure.position)
        return attrs.evolve(
            found,
            events=found.events + len(self._unread) + self._archived,
            archived=self._archived,
            last_position=self._last_position,
            failures=tuple(failures),
        )

    def _readable(self, page: Sequence[StoredBody]) -> Iterator[Event]:
        decode, check_leaves = self._decode, self._check_leaves
        for row in page:
            if check_leaves and row.body is not None and _leaf(row) != row.leaf:
                self._fail(row, f"position {row.position}: the leaf does not fit the body, its time and its place")
                continue
            try:
                yield decode(row)
            except EventArchived:
                self._archived += 1
            except UnreadableEvent as error:
                self._fail(row, str(error))

    def _fail(self, row: StoredBody, text: str) -> None:
        self._unread.append(Failure(row.position, self._stream_at(row.position), text))


def _leaf(row: StoredBody) -> bytes:
    return leaf_of(row.body or b"", row.recorded_us, row.position)
