"""Listing: all incidents as rows, paged, newest first."""

from __future__ import annotations

import binascii
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import ClassVar, Protocol, Self, TypeVar

import attrs

from respond.domain.events import Event
from respond.domain.streams import Realm
from respond.errors import InvalidInput
from respond.projections.board import Board, board
from respond.projections.document import Document
from respond.projections.rows import Row, Standing, carry
from respond.workflow.incident import INCIDENT, INCIDENT_CATEGORY

LIMIT_MAX = 1000
"""The most rows on one page."""

_NUMBER = re.compile(r"INC-([1-9][0-9]{0,17})", re.IGNORECASE)
_CURSOR = re.compile(rb"before:([1-9][0-9]{0,17})")


@attrs.frozen(kw_only=True)
class Page(Document):
    """Some rows, newest first."""

    rows: tuple[Row, ...]
    next: str | None
    """Give it as `after` for the rows that follow; None when there are none."""


class Listing:
    """The list of all incidents of one realm, kept up event by event."""

    name: ClassVar[str] = "listing"
    version: ClassVar[int] = 1
    handles: ClassVar[frozenset[str] | None] = frozenset(declared.name for declared in INCIDENT.stream_types)

    def __init__(self, realm: Realm = "real") -> None:
        self.realm = realm
        self._standings: dict[str, Standing] = {}
        self._order: list[Standing] = []
        """By position: the order in which they were reported."""
        self._referenced: dict[str, list[Standing]] = {}

    def __len__(self) -> int:
        return len(self._order)

    def apply(self, event: Event) -> None:
        """Take one event on; an event of an incident that nobody reported, and of another realm, changes nothing."""
        if event.body["realm"] != self.realm:
            return
        known = self._standings.get(event.body["stream"])
        reference = None if known is None else known.reference
        standing = carry(self._standings, event)
        if standing is None:
            return
        if known is None:
            self._order.append(standing)
        if standing.reference != reference:
            self._refer(standing, reference)

    def page(
        self,
        *,
        after: str | None = None,
        limit: int = 50,
        state: str | None = None,
        level: int | None = None,
        category: str | None = None,
        text: str | None = None,
    ) -> Page:
        """Return up to *limit* incidents that meet every filter, newest first, from the cursor *after* on.

        *text* is looked for in number, reference and title, whatever the case.  A cursor stays good while incidents
        come in.  Raises `InvalidInput` for a limit outside 1 to 1,000 and a cursor that is none.
        """
        filters = Filters.of(state=state, level=level, category=category, text=text)
        return page_of(filter(filters.fit, self._newest(before(after))), limit)

    def find(self, name: str) -> str | None:
        """Return the id of the incident with this id, number or foreign reference; None when there is none.

        Raises `InvalidInput` when several incidents have the reference.
        """
        standing = self._standings.get(f"{INCIDENT_CATEGORY}-{name}") or self._numbered(name)
        if standing is not None:
            return standing.id
        referenced = self._referenced.get(name, [])
        if len(referenced) > 1:
            raise several(name, referenced)
        return referenced[0].id if referenced else None

    def board(self, *, limit: int = 20) -> Board:
        """Return the open incidents by state and level; see `respond.projections.board`."""
        return board(self._order, limit=limit)

    def standings(self) -> Mapping[str, Standing]:
        """Return what is remembered of each incident, by the name of its stream."""
        return self._standings

    def get(self, incident_id: str) -> Row | None:
        """Return the row of the incident with this id; None when there is none."""
        standing = self._standings.get(f"{INCIDENT_CATEGORY}-{incident_id}")
        return None if standing is None else standing.row()

    def _numbered(self, name: str) -> Standing | None:
        position = numbered(name)
        if position is None:
            return None
        index = bisect_left(self._order, position, key=_position)
        found = self._order[index : index + 1]
        return found[0] if found and found[0].position == position else None

    def _newest(self, end_position: int | None) -> Iterator[Standing]:
        order = self._order
        end = len(order) if end_position is None else bisect_left(order, end_position, key=_position)
        return (order[index] for index in range(end - 1, -1, -1))

    def _refer(self, standing: Standing, before: str | None) -> None:
        """Let *standing* be found by its reference, and no more by the one it had *before*."""
        if before is not None:
            self._referenced[before].remove(standing)
        if standing.reference is not None:
            self._referenced.setdefault(standing.reference, []).append(standing)


@attrs.frozen(kw_only=True)
class Filters:
    """What the rows of a page have in common; None leaves a filter out."""

    state: str | None
    level: int | None
    category: str | None
    folded: str | None
    """The text to look for in number, reference and title, folded for comparison."""

    @classmethod
    def of(cls, *, state: str | None, level: int | None, category: str | None, text: str | None) -> Self:
        """Return the filters that people wrote."""
        return cls(state=state, level=level, category=category, folded=None if text is None else text.casefold())

    def fit(self, standing: Standing) -> bool:
        """Return whether the incident meets every filter."""
        return standing.matches(self.state, self.level, self.category, self.folded)


class Placed(Protocol):
    """What stands at a position of the log."""

    @property
    def position(self) -> int: ...


PlacedT = TypeVar("PlacedT", bound=Placed)


def cut_page(found: Iterable[PlacedT], limit: int) -> tuple[list[PlacedT], str | None]:
    """Return the first *limit* of *found*, given newest first, and the cursor of what follows; None when nothing does.

    Raises `InvalidInput`.
    """
    if not 1 <= limit <= LIMIT_MAX:
        raise InvalidInput(f"{limit} is not between 1 and {LIMIT_MAX}", place="limit", value=limit)
    first = list(islice(found, limit + 1))
    return first[:limit], _cursor_of(first[limit - 1].position) if len(first) > limit else None


def page_of(standings: Iterable[Standing], limit: int) -> Page:
    """Return the first *limit* of *standings*, given newest first, as a page; raises `InvalidInput`."""
    found, following = cut_page(standings, limit)
    return Page(rows=tuple(one.row() for one in found), next=following)


def several(reference: str, standings: Iterable[Standing]) -> InvalidInput:
    """Return the error that says which incidents have one *reference*."""
    numbers = ", ".join(one.number for one in sorted(standings, key=_position))
    return InvalidInput(f"{reference!r} is the reference of {numbers}; give one of these numbers", place="reference")


def numbered(name: str) -> int | None:
    """Return the position in a number such as `INC-17`; None when *name* is no number."""
    number = _NUMBER.fullmatch(name)
    return None if number is None else int(number[1])


def _position(standing: Standing) -> int:
    return standing.position


def _cursor_of(position: int) -> str:
    return urlsafe_b64encode(b"before:%d" % position).rstrip(b"=").decode()


def before(cursor: str | None) -> int | None:
    """Return the position that the rows behind *cursor* stand before; None for no cursor.  Raises `InvalidInput`."""
    if cursor is None:
        return None
    try:
        told = _CURSOR.fullmatch(urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)))
    except (UnicodeEncodeError, binascii.Error):
        told = None
    if told is None:
        raise InvalidInput(f"{cursor!r} is not a cursor; give the `next` of a page", place="after", value=cursor)
    return int(told[1])
