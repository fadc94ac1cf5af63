"""Courses: how the occurrences of an obligation follow, one after the other, from what happened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import attrs

from respond.plan.calendars import FIRST, LAST, Calendar
from respond.plan.deadlines import deadline, shifted
from respond.plan.facts import Done, Happened, LevelSet, Paused, Waived
from respond.plan.obligations import Fact, Obligation, Recurrence
from respond.plan.terms import Change

OCCURRENCES_MAX = 10_000
"""How far a schedule is followed: a wrong year in one fact must not keep everybody waiting."""

_LATEST: frozenset[Fact] = frozenset({"classified", "previous_report", "response_ended"})
"""Of these the last counts while the obligation is open; of others the first."""
_ANEW: frozenset[Fact] = frozenset({"response_started", "response_ended", "reopened", "discharged"})
"""These begin another occurrence once the one before is over."""
_BY_THEN: frozenset[Fact] = _LATEST | _ANEW | {"level_assigned"}
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

    @property
    def open(self) -> bool:
        return self.done is None and self.waived is None and self.dropped is None

    def passed(self, at: datetime) -> bool:
        """Return whether its deadline lies before *at*."""
        return self.due_at is not None and self.due_at < at


class Course:
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

    def happened(self, number: int, what: Happened) -> None:
        """Begin the clock of this *number*, if *what* counts."""
        raise NotImplementedError

    def owed(self, change: Change) -> None:
        """Owe it from *change* on."""
        raise NotImplementedError

    def acted(self, done: Done) -> None:
        """Discharge what is open."""
        raise NotImplementedError

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
        for occurrence in self.occurrences[waived.occurrence - 1 : waived.occurrence]:
            if occurrence.open:
                self._close(occurrence, waived)

    def shed(self, change: Change) -> None:
        """Drop what is open, unless it was due before."""
        self._owed_from = None
        last = self.occurrences[-1]
        if last.open and not last.passed(change.at):
            last.dropped = change

    def follow(self, until: datetime) -> None:
        """Go on until *until*, where time alone makes occurrences."""

    # -- for the kinds of courses ----------------------------------------------------------------------------------

    def _by_clocks(self, at: datetime) -> bool:
        """Return whether the clocks of the plan still say when the last occurrence is due."""
        raise NotImplementedError

    def _restart(self, start: Start) -> None:
        for number in self._starts:
            self._begin(number, start)
        self._reckon(start.at)

    def _begin(self, number: int, start: Start) -> None:
        self._starts[number] = start, self._calendar.after(start.at, self._obligation.due[number].within)

    def _running(self, at: datetime) -> bool:
        last = self.occurrences[-1] if self.occurrences else None
        return last is not None and last.open and last.start is not None and not last.passed(at)

    def _next(self) -> Occurrence:
        occurrence = Occurrence(len(self.occurrences) + 1)
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
            elif fact not in (_BY_THEN if self._owed_from is None else _LATEST):
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


class _Recurring(Course):
    """An obligation that comes again; the clocks of the plan begin the first time only."""

    def __init__(
        self, obligation: Obligation, calendar: Calendar, pauses: Sequence[Paused], recurs: Recurrence
    ) -> None:
        super().__init__(obligation, calendar, pauses)
        self._every = recurs.every
        self._recurred = False

    def happened(self, number: int, what: Happened) -> None:
        """Begin the clock of this *number*, if *what* counts."""
        fact = self._obligation.due[number].from_
        moves = number not in self._starts or fact in (_BY_THEN if self._owed_from is None else _LATEST)
        if moves and self._by_clocks(what.at):
            self._begin(number, Start(what.at, fact, what.entry))
            self._reckon(what.at)

    def owed(self, change: Change) -> None:
        """Owe it; `every` after *change* when it began before, or would be due before."""
        self._owed_from = change.at
        if not self.occurrences:
            self._next()
        elif self.occurrences[-1].dropped is None:
            self._next()
            self._recurred = True
        last = self.occurrences[-1]
        self._revive(last)
        begun = self._recurred or last.start is not None
        if not begun:
            self._reckon(change.at)
        if begun or (last is self.occurrences[-1] and last.passed(change.at)):
            self._again(last, Start(change.at, change.fact, change.entry))

    def _by_clocks(self, at: datetime) -> bool:
        if self._recurred or not self.occurrences:
            return not self._recurred
        last = self.occurrences[-1]
        return last.start is None or (not last.passed(at) and last.done is None and last.waived is None)

    def _restart(self, start: Start) -> None:
        if self._recurred:
            self._again(self.occurrences[-1], start)
        else:
            super()._restart(start)

    def _again(self, occurrence: Occurrence, start: Start) -> None:
        self._recurred = True
        self._run(occurrence, start, self._calendar.after(start.at, self._every))


class AfterDischarge(_Recurring):
    """An obligation that is owed again so long after it was done."""

    def waived(self, waived: Waived) -> None:
        """Release from one occurrence; the next follows on its deadline, or on a waiver that comes later."""
        super().waived(waived)
        self._go_on(waived)

    def acted(self, done: Done) -> None:
        """Discharge it, once its clock runs, and begin the next."""
        last = self.occurrences[-1] if self.occurrences else None
        if last is None or not last.open or last.start is None or last.start.entry == done.entry:
            return
        self._close(last, done)
        if self._owed_from is not None:
            self._again(self._next(), Start(done.at, "discharged", done.entry))

    def _reckon(self, at: datetime) -> None:
        super()._reckon(at)
        self._go_on(self._waivers.get(1))

    def _go_on(self, waived: Waived | None) -> None:
        last = self.occurrences[-1] if self.occurrences else None
        if self._owed_from is None or waived is None or last is None or last.waived is not waived or not last.start:
            return
        begin = max(waived.at, last.due_at or waived.at)
        self._again(self._next(), Start(begin, "discharged", waived.entry))


class OnSchedule(_Recurring):
    """An obligation that is owed at fixed times, whatever was done."""

    def __init__(
        self, obligation: Obligation, calendar: Calendar, pauses: Sequence[Paused], recurs: Recurrence
    ) -> None:
        super().__init__(obligation, calendar, pauses, recurs)
        self._times: Iterator[datetime] = iter(())
        self._counted = 0
        """The last occurrence for which an act counted, or that an end left behind."""

    def owed(self, change: Change) -> None:
        """Owe it; what was due before an end stays missing."""
        super().owed(change)
        self._counted = self.occurrences[-1].number - 1

    def raised(self, level: LevelSet) -> None:
        """Begin the schedule again, for an obligation that asks for it."""
        self.follow(level.at)
        last = self.occurrences[-1] if self.occurrences else None
        if self._owed_from not in {None, level.at} and last is not None and last.start is not None and not last.open:
            self._next()
            self._again(self.occurrences[-1], Start(level.at, "level_assigned", level.entry))
        else:
            super().raised(level)

    def waived(self, waived: Waived) -> None:
        """Release from one occurrence."""
        self.follow(waived.at)
        super().waived(waived)

    def acted(self, done: Done) -> None:
        """Discharge the latest that is overdue, else the one that is next due; those before stay missing."""
        self.follow(done.at)
        left = [one for one in self.occurrences[self._counted :] if one.open and one.start is not None]
        overdue = [one for one in left if one.passed(done.at)]
        for one in overdue[-1:] or left[-1:]:
            if one.start is not None and one.start.entry != done.entry:
                self._close(one, done)
                self._counted = one.number

    def shed(self, change: Change) -> None:
        """Drop what is open, unless it was due before."""
        self.follow(change.at)
        super().shed(change)

    def follow(self, until: datetime) -> None:
        """Owe it at each time of the schedule, up to the first that is not before *until*."""
        while self._owed_from is not None and len(self.occurrences) < OCCURRENCES_MAX:
            last = self.occurrences[-1]
            if last.start is None or last.end is None or not last.passed(until):
                return
            self._recurred = True
            self._run(self._next(), Start(last.end, last.start.fact, last.start.entry), next(self._times, LAST))

    def _reckon(self, at: datetime) -> None:
        super()._reckon(at)
        self._plan_times()

    def _again(self, occurrence: Occurrence, start: Start) -> None:
        super()._again(occurrence, start)
        self._plan_times()

    def _plan_times(self) -> None:
        end = self.occurrences[-1].end if self.occurrences else None
        if end is not None:
            self._times = self._calendar.series(end, self._every)


def course_of(obligation: Obligation, calendar: Calendar, pauses: Sequence[Paused]) -> Course:
    """Return the course of *obligation*, at its beginning."""
    pauses = pauses if obligation.pausable else ()
    if obligation.recurs is None:
        return Once(obligation, calendar, pauses)
    kind = AfterDischarge if obligation.recurs.after == "discharge" else OnSchedule
    return kind(obligation, calendar, pauses, obligation.recurs)
