"""Time and ids of a test: they move only when the test moves them, and every run gets the same ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import attrs

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
"""Where a manual clock stands unless it is told otherwise."""


@attrs.define
class ManualClock:
    """A clock that stands still until it is moved."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def move(self, **span: float) -> None:
        """Move the clock by a `timedelta`, backwards too."""
        self.now += timedelta(**span)


@attrs.define
class SequentialIds:
    """What takes the place of randomness in an engine: 1, 2, 3 and so on, so that each run makes the same ids."""

    last: int = 0

    def __call__(self, size: int) -> bytes:
        """Return the next number in *size* bytes; raises `OverflowError` when they cannot hold it."""
        self.last += 1
        return self.last.to_bytes(size, "big")
