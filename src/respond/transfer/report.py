"""What an import found, and the running count of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import attrs

from respond.errors import Refusal
from respond.workflow.incident.state import OPEN, RESOLVED, REVIEWED

DEVIATIONS_LISTED = 100
"""How many deviations a report spells out; all are counted."""


@attrs.frozen(kw_only=True)
class Deviation:
    """A step that the workflow would have refused, recorded nevertheless."""

    row: int
    case: str
    event: str
    """The type of the event."""
    code: str
    """The rule."""
    from_state: str
    to_state: str
    text: str


@attrs.frozen(kw_only=True)
class ImportReport:
    """What a foreign log holds, counted over its rows, and how many events it added to the log."""

    rows: int
    """Records of the file, exact duplicates included."""
    incidents: int
    events: int
    """Events that were added; with `dry_run`, that would have been."""
    state_changes: int
    """Rows whose source state differs from that of the row before of the same case."""
    level_raises: int
    level_lowers: int
    team_moves: int
    """Moves between two named teams."""
    reopened_after_resolved: int
    """Rows that lead from resolved back to an open state."""
    reopened_after_closed: int
    """Rows that lead from reviewed to any other state."""
    duplicates: int
    """Rows that equal an earlier one of the same case in every cell; skipped."""
    late: int
    """New rows that stand before rows which are in the log already; recorded, without moving the incident."""
    deviations: int
    deviations_by_code: Mapping[str, int]
    listed: tuple[Deviation, ...]
    """The first deviations."""
    unknown_states: Mapping[str, int]
    """Source states that the mapping does not know, and how many rows had them."""
    dry_run: bool

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain data, for `--json`."""
        return attrs.asdict(self)


@attrs.define
class Tally:
    """The counts of an import that is under way."""

    rows: int = 0
    incidents: int = 0
    events: int = 0
    state_changes: int = 0
    level_raises: int = 0
    level_lowers: int = 0
    team_moves: int = 0
    reopened_after_resolved: int = 0
    reopened_after_closed: int = 0
    duplicates: int = 0
    late: int = 0
    codes: Counter[str] = attrs.field(factory=Counter)
    listed: list[Deviation] = attrs.field(factory=list)
    unknown_states: Counter[str] = attrs.field(factory=Counter)
    on_deviation: Callable[[Deviation], None] | None = None
    """Called with every deviation, also beyond those that the report lists."""

    def team(self, before: str | None, after: str | None) -> None:
        """Count a change of team."""
        if before is not None and after is not None and before != after:
            self.team_moves += 1

    def level(self, before: int | None, after: int | None) -> None:
        """Count a change of level; a smaller number is worse."""
        if before is not None and after is not None and before != after:
            self.level_raises += after < before
            self.level_lowers += after > before

    def standing(self, before: str, after: str) -> None:
        """Count what was reopened."""
        self.reopened_after_resolved += before == RESOLVED and after in OPEN
        self.reopened_after_closed += before == REVIEWED and after != REVIEWED

    def deviation(self, refusal: Refusal, *, row: int, case: str, event: str) -> None:
        """Count a step that broke a rule, tell of it, and list it when it is among the first."""
        self.codes[refusal.code] += 1
        is_listed = len(self.listed) < DEVIATIONS_LISTED
        if not (is_listed or self.on_deviation):
            return
        source, _, dest = refusal.transition.partition(" -> ")
        deviation = Deviation(
            row=row, case=case, event=event, code=refusal.code, from_state=source, to_state=dest, text=refusal.text
        )
        if is_listed:
            self.listed.append(deviation)
        if self.on_deviation is not None:
            self.on_deviation(deviation)

    def report(self, *, dry_run: bool) -> ImportReport:
        """Return the counts as they stand."""
        return ImportReport(
            rows=self.rows,
            incidents=self.incidents,
            events=self.events,
            state_changes=self.state_changes,
            level_raises=self.level_raises,
            level_lowers=self.level_lowers,
            team_moves=self.team_moves,
            reopened_after_resolved=self.reopened_after_resolved,
            reopened_after_closed=self.reopened_after_closed,
            duplicates=self.duplicates,
            late=self.late,
            deviations=self.codes.total(),
            deviations_by_code=dict(sorted(self.codes.items())),
            listed=tuple(self.listed),
            unknown_states=dict(sorted(self.unknown_states.items())),
            dry_run=dry_run,
        )
