"""The checker of the suite: a reader that follows the log, and what it missed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Protocol, TypeVar

import attrs

from respond.store import paging


class Placed(paging.Placed, Protocol):
    """What has a position in the log, and an id."""

    @property
    def id(self) -> str: ...


AnyPlaced = TypeVar("AnyPlaced", bound=Placed)


@attrs.frozen
class Seen:
    """An event as a reader saw it."""

    position: int
    id: str


def pages(read: Callable[[int], Sequence[AnyPlaced]], after: int = 0) -> Iterator[Sequence[AnyPlaced]]:
    """Yield page after page of what *read* returns past a position.

    Raises `AssertionError` at a page that ends no further on: whoever goes on from there never comes to an end.
    """
    for page in paging.pages(read, after):
        last = page[-1].position
        assert last > after, f"the page past position {after} ends at position {last}"
        after = last
        yield page


@attrs.define
class Tail:
    """A reader that goes on after the last position it saw, as projections and publishers do."""

    read: Callable[[int, int], Sequence[Placed]]
    """Returns the events past a position, up to a limit."""
    limit: int = 50
    seen: list[Seen] = attrs.field(factory=list)

    def catch_up(self) -> None:
        """Read on until there is nothing more."""
        after = self.seen[-1].position if self.seen else 0
        for page in pages(lambda last: self.read(last, self.limit), after):
            self.seen.extend(Seen(row.position, row.id) for row in page)


def faults(seen: Sequence[Placed], log: Sequence[Placed]) -> list[str]:
    """Return what is wrong with what a reader saw of *log*, which begins at position 1; nothing when all is well.

    It saw every event once, in order, and the positions of the log have no hole.
    """
    shown = [Seen(row.position, row.id) for row in seen]
    stored = [Seen(row.position, row.id) for row in log]
    counts, known = Counter(shown), set(stored)
    missed = [f"missed {row}" for row in stored if row not in counts]
    ghosts = [f"saw {row}, which is not in the log" for row in counts if row not in known]
    twice = [f"saw {row} {count} times" for row, count in counts.items() if count > 1]
    disorder = [
        f"saw {later} after {earlier}" for earlier, later in pairwise(shown) if later.position < earlier.position
    ]
    return [*missed, *ghosts, *twice, *disorder, *holes(log)]


def holes(log: Sequence[Placed]) -> list[str]:
    """Return where the positions of *log* do not run 1, 2, 3 ...; nothing when they do."""
    return [
        f"found position {row.position} where {expected} belongs"
        for expected, row in enumerate(log, start=1)
        if row.position != expected
    ]


def assert_prefix(seen: Sequence[Placed], log: Sequence[Placed]) -> None:
    """Assert that a reader saw every event of *log* once, in order, and that the log has no hole."""
    found = faults(seen, log)
    assert not found, f"{len(found)} faults, the first of them: " + "; ".join(found[:5])
