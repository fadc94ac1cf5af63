"""Projections against the fold: what the list and the figures say of incidents must be what their events say.

So must their tables, where a log has some.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, Protocol

import attrs

from respond.audit.finding import Findings
from respond.domain.events import Event
from respond.projections.listing import Listing
from respond.projections.rows import Row
from respond.projections.statistics import Statistics
from respond.workflow.incident.state import Incident

_SAME = ("title", "category", "reference", "level", "worst_level", "commander", "team", "merged_into")
"""What a row of the list and the state of an incident both tell, by the same name."""


@attrs.define
class _Board:
    """The projections of one tenant and realm."""

    listing: Listing
    statistics: Statistics = attrs.field(factory=Statistics)
    states: Counter[str] = attrs.field(factory=Counter)
    """How many incidents the fold sees in each state."""
    whole: bool = True
    """Whether every incident could be folded."""
    last: int = 0
    """The position of the last event that was taken on."""


class Tables(Protocol):
    """The tables of projections."""

    def wrong(
        self, tenant: str, listing: Listing, statistics: Statistics, *, first: int, last: int
    ) -> Iterable[tuple[str, str]]:
        """Yield the name of each projection whose tables differ from these, and how; see `AuditedTables`."""


class Projected:
    """Rebuilds the projections of every tenant beside the fold, and compares them with it at the end."""

    def __init__(self, findings: Findings, tables: Tables | None = None) -> None:
        self._findings = findings
        self._tables = tables
        self._boards: dict[tuple[str, str], _Board] = {}

    def take(self, event: Event) -> None:
        """Take an event of an incident on that was folded."""
        board = self._board(event.body["tenant"], event.body["realm"])
        board.listing.apply(event)
        board.statistics.apply(event)
        board.last = event.position

    def compare(self, tenant: str, realm: str, stream: str, first: int, state: Incident | None) -> None:
        """Compare an incident, whose first event is at position *first*, with its row in the list.

        The projections know an incident from its report on.  One that does not begin with a report, and one that could
        not be folded soundly (*state* is None), is left aside.
        """
        board = self._board(tenant, realm)
        row = None if state is None else board.listing.get(stream.partition("-")[2])
        if state is None or row is None or row.number != f"INC-{first}":
            board.whole = False
            return
        board.states[state.status] += 1
        for name, folded, listed in _pairs(state, row):
            if folded != listed:
                text = f"{stream!r}: the fold says {name} {folded!r}, the list {listed!r}"
                self._findings.add("projection-listing", first, text)

    def finish(self, position: int) -> None:
        """Compare the figures of every tenant, and the tables; *position* is the last of the log."""
        for (tenant, realm), board in self._boards.items():
            if not board.whole or realm != "real":
                continue
            counted = board.statistics.figures().states
            if counted != dict(board.states):
                text = f"tenant {tenant!r}: the fold counts {dict(board.states)}, the statistics {dict(counted)}"
                self._findings.add("projection-statistics", position, text)
            if self._tables is not None:
                differences = self._tables.wrong(
                    tenant, board.listing, board.statistics, first=board.last, last=position
                )
                for name, difference in differences:
                    self._findings.add("projection-tables", board.last, f"tenant {tenant!r}: {name}: {difference}")

    def _board(self, tenant: str, realm: str) -> _Board:
        board = self._boards.get((tenant, realm))
        if board is None:
            board = self._boards[tenant, realm] = _Board(Listing(realm))  # type: ignore[arg-type]
        return board


def _pairs(state: Incident, row: Row) -> Iterable[tuple[str, Any, Any]]:
    yield "state", state.status, row.state
    for name in _SAME:
        yield name, getattr(state, name), getattr(row, name)
