"""Board: what people look at on the wall: the open incidents by state and level."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

import attrs

from respond.errors import InvalidInput
from respond.projections.document import Document
from respond.projections.rows import Row, Standing
from respond.workflow.incident.state import OPEN

LIMIT_MAX = 1000
"""The most rows that one lane shows."""


@attrs.frozen(kw_only=True)
class Lane(Document):
    """The open incidents in one state."""

    state: str
    count: int
    levels: Mapping[int | None, int]
    """How many of them have each level, the worst first; None where none was assigned."""
    rows: tuple[Row, ...]
    """The first of them: the worst level first, and of one level the oldest."""


@attrs.frozen(kw_only=True)
class Board(Document):
    """The open incidents of one realm."""

    open: int
    lanes: tuple[Lane, ...]
    """One for each state in which people are at work, in the order of an incident's life."""


def board(standings: Iterable[Standing], *, limit: int = 20) -> Board:
    """Return the board of *standings*, at most *limit* rows in a lane; what is not open is left out.

    Raises `InvalidInput` for a limit outside 1 to 1,000.
    """
    if not 1 <= limit <= LIMIT_MAX:
        raise InvalidInput(f"{limit} is not between 1 and {LIMIT_MAX}", place="limit", value=limit)
    found: dict[str, list[Standing]] = {state: [] for state in OPEN}
    for standing in standings:
        if standing.state in found:
            found[standing.state].append(standing)
    lanes = tuple(_lane(state, lane, limit) for state, lane in found.items())
    return Board(open=sum(lane.count for lane in lanes), lanes=lanes)


def _lane(state: str, standings: list[Standing], limit: int) -> Lane:
    standings.sort(key=lambda one: (one.level is None, one.level or 0, one.position))
    return Lane(
        state=state,
        count=len(standings),
        levels=dict(Counter(one.level for one in standings)),
        rows=tuple(one.row() for one in standings[:limit]),
    )
