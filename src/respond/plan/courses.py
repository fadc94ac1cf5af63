"""Courses: how the occurrences of an obligation follow, one after the other, from what happened."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime

import attrs

from respond.plan.calendars import FIRST, LAST, Calendar
from respond.plan.deadlines import deadline, shifted
from respond.plan.facts import Done, Happened, LevelSet, Paused, Waived
from respond.plan.obligations import Fact, Obligation
from respond.plan.terms import Change

LATEST: frozenset[Fact] = frozenset({"classified", "previous_report", "response_ended"})
"""Of these the last counts while the obligation is open; of others the first."""
_ANEW: frozenset[Fact] = frozenset({"response_started", "response_ended", "reopened", "discharged", "case_opened"})
"""These begin another occurrence once the one before is over."""
BY_THEN: frozenset[Fact] = LATEST | _ANEW | {"level_assigned"}
"""Of these the last before the obligation is owed counts; of others the first."""


@attrs.frozen
class Start:
    """Where a clock begins."""

    at: datetime
    fact: Fact
    entry: str


@attrs.define
class Occurrence:
    """An obligation once, as far as it came."""

    number: int
    start: Start | None = None
    end: datetime | None = None
    """When the span is over, without pauses and shift."""
    due_at: datetime | None = None
    done: Done | None = None
    waived: Waived | None = None
    dropped: Change | None = None
    missed_before: int = 0
    """How many right before it were missed and are not listed."""

    @property
    def open(self) -> bool:
        return self.done is None and self.waived is None and self.dropped is None

    def passed(self, at: datetime) -> bool:
        """Return whether its deadline lies before *at*."""
        return self.due_at is not None and self.due_at < at


class Course(ABC):
    """What every obligation does; its methods are told what happened, in the order of time.

    Told of something, it does not see what comes after it: a deadline that has passed is moved by nothing.
    """

    def __init__(self, obligation: Obligation, calendar: Calendar, pauses: Sequence[Paused]) -> None:
        self.occurrences: list[Occurrence] = []
        self._obligation = obligation
        self._calendar = calendar
        self._pauses = pauses
        self._starts: dict[int, tuple[Start, datetime]] = {}
        """Where each clock begins, by its number, and where its span is over."""
        self._waivers: dict[int, Waived] = {}
        self._reckoned = FIRST
        self._owed_from: datetime | None = None
        """None while it is not owed."""

    @abstractmethod
    def happened(self, number: int, what: Happened) -> None:
        """Begin the clock of this *number*, if *what* counts."""

    @abstractmethod
    def owed(self, change: Change) -> None:
        """Owe it from *change* on."""

    @abstractmethod
    def acted(self, done: Done) -> None:
        """Discharge what is open."""

    def raised(self, level: LevelSet) -> None:
        """Begin the running clock again, for an obligation that asks for it."""
        if self._owed_from not in {None, level.at} and self._running(level.at):
            self._restart(Start(level.at, "level_assigned", level.entry))

    def undone(self, reopened: Happened) -> None:
        """Let the clocks that run from the end of the response wait for the next one, if they are not over."""
        clocks = self._obligation.due
        ended = [number for number in self._starts if clocks[number].from_ == "response_ended"]
        if ended and self._by_clocks(reopened.at):
            for number in ended:
                del self._starts[number]
            self._reckon(reopened.at)

    def waived(self, waived: Waived) -> None:
        """Release from one occurrence."""
        self._waivers.setdefault(waived.occurrence, waived)
        for occurrence in reversed(self.occurrences):
            if occurrence.number == waived.occurrence and occurrence.open:
                self._close(occurrence, waived)

    def shed(self, change: Change) -> None:
        """Drop what is open, unless it was due before."""
        self._owed_from = None
        last = self.occurrences[-1]
        if last.open and not last.passed(change.at):
            last.dropped = change

    # -- for the kinds of courses ----------------------------------------------------------------------------------

    @abstractmethod
    def _by_clocks(self, at: datetime) -> bool:
        """Return whether the clocks of the plan still say when the last occurrence is due."""

    def _restart(self, start: Start) -> None:
        for number in self._starts:
            self._begin(number, start)
        self._reckon(start.at)

    def _begin(self, number: int, start: Start) -> None:
        self._starts[number] = start, self._calendar.after(start.at, self._obligation.due[number].within)

    def _running(self, at: datetime) -> bool:
        last = self.occurrences[-1] if self.occurrences else None
        return last is not None and last.open and last.start is not None and not last.passed(at)

    def _next(self, *, skipped: int = 0) -> Occurrence:
        """Owe it once more, after *skipped* times that were missed and are not listed."""
        last = self.occurrences[-1].number if self.occurrences else 0
        occurrence = Occurrence(last + skipped + 1, missed_before=skipped)
        self.occurrences.append(occurrence)
        self._revive(occurrence)
        return occurrence

    def _revive(self, occurrence: Occurrence) -> None:
        """Owe *occurrence*, unless it was waived before."""
        occurrence.dropped = None
        occurrence.waived = self._waivers.get(occurrence.number)

    def _reckon(self, at: datetime) -> None:
        """Let the clock run that is the first to run out; one that ran out before *at* only when there is no other."""
        if self._owed_from is None:
            return
        self._reckoned = at
        occurrence = self.occurrences[-1]
        running = [(self._due(occurrence, start, end), end, start) for start, end in self._starts.values()]
        ahead = [one for one in running if one[0] is None or one[0] >= at]
        first = min(ahead or running, key=lambda one: (one[0] or LAST, one[1]), default=(None, None, None))
        occurrence.due_at, occurrence.end, occurrence.start = first

    def _run(self, occurrence: Occurrence, start: Start, end: datetime) -> None:
        occurrence.start, occurrence.end = start, end
        occurrence.due_at = self._due(occurrence, start, end)

    def _due(self, occurrence: Occurrence, start: Start, end: datetime) -> datetime | None:
        """Return the deadline; no pause moves it that began when the occurrence was closed already."""
        if not self._pauses:
            return shifted(end, self._obligation.shift, self._calendar)
        closing = occurrence.done or occurrence.waived
        return deadline(
            end,
            since=start.at,
            shift=self._obligation.shift,
            calendar=self._calendar,
            pauses=self._pauses if closing is None else [one for one in self._pauses if one.at < closing.at],
        )

    def _close(self, occurrence: Occurrence, by: Done | Waived) -> None:
        moves = bool(self._pauses) and not occurrence.passed(by.at)
        by_clocks = moves and self._by_clocks(by.at)
        if isinstance(by, Done):
            occurrence.done = by
        else:
            occurrence.waived = by
        if by_clocks:
            self._reckon(self._reckoned)
        elif moves and occurrence.start is not None and occurrence.end is not None:
            self._run(occurrence, occurrence.start, occurrence.end)


class Once(Course):
    """An obligation that is owed once, and again when what its clock starts at happens anew."""

    def __init__(self, obligation: Obligation, calendar: Calendar, pauses: Sequence[Paused]) -> None:
        super().__init__(obligation, calendar, pauses)
        self._unborn = True
        """Whether the next occurrence waits to be owed."""
        self._early: Done | None = None
        """What was done before it was owed."""

    def happened(self, number: int, what: Happened) -> None:
        """Begin the clock of this *number*, if *what* counts."""
        fact = self._obligation.due[number].from_
        if number in self._starts:
            if fact in _ANEW and self._over(what.at):
                self._starts.clear()
                self._early, self._unborn = None, True
            elif fact not in (BY_THEN if self._owed_from is None else LATEST):
                return
        self._begin(number, Start(what.at, fact, what.entry))
        if self._unborn:
            self._born(what.at)
        elif self._by_clocks(what.at):
            self._reckon(what.at)

    def owed(self, change: Change) -> None:
        """Owe it, by the deadline that it had when it was owed before."""
        self._owed_from = change.at
        last = self.occurrences[-1] if self.occurrences else None
        if self._unborn:
            self._born(change.at)
        elif last is not None and last.dropped is not None:
            self._revive(last)
            self._redeem(last)
            self._reckon(change.at)

    def acted(self, done: Done) -> None:
        """Discharge it; what is done before it is owed counts."""
        last = self.occurrences[-1] if self.occurrences else None
        if self._unborn or last is None or last.dropped is not None:
            self._early = self._early or done
        elif last.open and (last.start is None or last.start.entry != done.entry):
            self._close(last, done)

    def _by_clocks(self, at: datetime) -> bool:
        if self._unborn:
            return True
        last = self.occurrences[-1]
        return last.start is None or last.dropped is not None or (last.open and not last.passed(at))

    def _over(self, at: datetime) -> bool:
        return not self._unborn and not self._by_clocks(at)

    def _born(self, at: datetime) -> None:
        if self._owed_from is not None:
            self._unborn = False
            self._redeem(self._next())
            self._reckon(at)

    def _redeem(self, occurrence: Occurrence) -> None:
        """Count what was done before it was owed, unless it was waived still earlier."""
        early, self._early = self._early, None
        if early is not None and (occurrence.waived is None or early.at < occurrence.waived.at):
            occurrence.done, occurrence.waived = early, None
