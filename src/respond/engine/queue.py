"""Who waits to write to a stream alone: as long as somebody does, those who come later wait too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from threading import Lock

from respond.domain.streams import StreamId


class Queue:
    """The waiting of one process, by stream: without it, who comes anew would overtake those who lost a race."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._waiting: Counter[StreamId] = Counter()

    def __contains__(self, stream: StreamId) -> bool:
        return self._waiting[stream] > 0

    @contextmanager
    def joined(self, streams: Collection[StreamId]) -> Iterator[None]:
        """Count as one who waits for *streams*, or writes to them alone."""
        with self._lock:
            self._waiting.update(streams)
        try:
            yield
        finally:
            with self._lock:
                self._waiting.subtract(streams)
                self._waiting += Counter()  # forgets those for which nobody waits any more
