"""Paging: a log from a place on, page by page, to its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar


class Placed(Protocol):
    """What has a position in the log."""

    @property
    def position(self) -> int: ...


PlacedT = TypeVar("PlacedT", bound=Placed)


def pages(read: Callable[[int], Sequence[PlacedT]], after: int = 0) -> Iterator[Sequence[PlacedT]]:
    """Yield what *read* returns past *after*, then past the end of that page, and so on until a page is empty."""
    while page := read(after):
        yield page
        after = page[-1].position
