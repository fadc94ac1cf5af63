"""What a check finds, and its report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import attrs

from respond.store.records import Head

FINDINGS_MAX = 10_000
"""How many findings a report keeps; later ones are only counted."""


@attrs.frozen
class Finding:
    """One thing that is wrong with a log."""

    code: str
    """Stable: programs and tests rely on it, never on the text."""
    position: int
    """The row that is wrong; for a row that is missing, the position where it should stand."""
    text: str


@attrs.frozen
class Unread:
    """A file of archived bodies that was not read."""

    file: str
    first: int
    """The position of its first event that was met."""
    last: int
    """The position of its last one."""
    events: int


@attrs.frozen(kw_only=True)
class CheckReport:
    """What a check read, and what it found."""

    events: int
    """The number of rows."""
    streams: int
    head: Head | None
    """The end of the log as it says itself; None when that row is missing."""
    findings: tuple[Finding, ...]
    """In the order in which they were met; the first 10,000."""
    counts: Mapping[str, int]
    """How many findings there are of each code, also of those that `findings` has no room for."""
    archived: int
    """How many events have an archived body."""
    unread: tuple[Unread, ...]
    """The files of these that were not read, for want of a folder or because they are unreadable."""
    deviations: Mapping[str, tuple[int, ...]]
    """For each rule of a workflow, the positions of the steps that broke it.  Reality, not damage."""
    plans_missing: Mapping[str, int]
    """For every plan that is pinned and was not given, how many streams were judged by their table alone."""

    @property
    def clean(self) -> bool:
        """Whether nothing was found; deviations do not count, nor archives that nobody read."""
        return not self.counts


class Findings:
    """Gathers what is found, in bounded memory."""

    def __init__(self) -> None:
        self.kept: list[Finding] = []
        self.counts: Counter[str] = Counter()

    def add(self, code: str, position: int, text: str) -> None:
        """Note that something is wrong at *position*."""
        self.counts[code] += 1
        if len(self.kept) < FINDINGS_MAX:
            self.kept.append(Finding(code, position, text))
