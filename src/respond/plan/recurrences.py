"""Recurrences: the courses of obligations that come again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import islice, takewhile

from respond.plan.calendars import Calendar
from respond.plan.courses import BY_THEN, LATEST, Course, Occurrence, Once, Start
from respond.plan.facts import Done, Happened, LevelSet, Paused, Waived
from respond.plan.obligations import Obligation, Recurrence
from respond.plan.rhythms import Rhythm
from respond.plan.spans import Span
from respond.plan.terms import Change

MISSED_MAX = 100
"""How many occurrences of a schedule that were missed one after the other are listed: the last; others are counted."""


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
        moves = number not in self._starts or fact in (BY_THEN if self._owed_from is None else LATEST)
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
        self._rhythm: Rhythm | None = None
        self._place = 0
        """Which time of the rhythm the last occurrence ends at."""
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
        left = []
        for one in reversed(self.occurrences):
            if one.number <= self._counted:
                break
            if one.open and one.start is not None:
                left.append(one)
        overdue = [one for one in left if one.passed(done.at)]
        for one in overdue[:1] or left[:1]:
            if one.start is not None and one.start.entry != done.entry:
                self._close(one, done)
                self._counted = one.number

    def shed(self, change: Change) -> None:
        """Drop what is open, unless it was due before."""
        self.follow(change.at)
        super().shed(change)

    def follow(self, until: datetime) -> None:
        """Owe it at each time of the schedule, up to the first that is not before *until*.

        Of those that were missed one after the other the last `MISSED_MAX` are kept, and it costs no more than they do.
        """
        passed = 0
        while self._owed_from is not None and self._rhythm is not None:
            last = self.occurrences[-1]
            if last.start is None or last.end is None or not last.passed(until):
                break
            self._recurred = True
            skipped = 0
            if passed and passed % MISSED_MAX == 0:
                self._forget()
                skipped = self._skippable(last, until)
            self._place += 1 + skipped
            begin = self._rhythm.time(self._place - 1) if skipped else last.end
            start = Start(begin, last.start.fact, last.start.entry)
            self._run(self._next(skipped=skipped), start, self._rhythm.time(self._place))
            passed += 1
        if passed:
            self._forget()

    def _skippable(self, last: Occurrence, until: datetime) -> int:
        """Return how many after *last* are missed by *until*, besides those that are kept; none that a pause moves."""
        if self._rhythm is None or last.end is None:
            return 0
        ahead = [one.at for one in self._pauses if one.until is None or one.until > last.end]
        first = self._rhythm.first_due(self._place, min([until, *ahead]), self._obligation.shift)
        waived = [number - last.number for number in self._waivers if number > last.number]
        return max(0, min([first - self._place, *waived]) - 1 - MISSED_MAX)

    def _forget(self) -> None:
        """Let those go that were missed before the last `MISSED_MAX` in a row, and count them."""
        if len(self.occurrences) < MISSED_MAX + 2 or not self.occurrences[-MISSED_MAX - 2].open:
            return
        missed = takewhile(lambda one: one.open, islice(reversed(self.occurrences), 1, None))
        gone = list(missed)[MISSED_MAX:]
        end = len(self.occurrences) - 1 - MISSED_MAX
        self.occurrences[end].missed_before += sum(1 + one.missed_before for one in gone)
        del self.occurrences[end - len(gone) : end]

    def _reckon(self, at: datetime) -> None:
        super()._reckon(at)
        last = self.occurrences[-1] if self.occurrences else None
        for number, clock in self._starts.items():
            if last is not None and clock == (last.start, last.end):
                self._plan_times(self._obligation.due[number].within)
                return

    def _again(self, occurrence: Occurrence, start: Start) -> None:
        super()._again(occurrence, start)
        self._plan_times(self._every)

    def _plan_times(self, first: Span) -> None:
        last = self.occurrences[-1]
        self._place = 0
        if last.start is not None and last.end is not None:
            self._rhythm = Rhythm(
                calendar=self._calendar, begin=last.start.at, first=first, end=last.end, every=self._every
            )


def course_of(obligation: Obligation, calendar: Calendar, pauses: Sequence[Paused]) -> Course:
    """Return the course of *obligation*, at its beginning."""
    pauses = pauses if obligation.pausable else ()
    if obligation.recurs is None:
        return Once(obligation, calendar, pauses)
    kind = AfterDischarge if obligation.recurs.after == "discharge" else OnSchedule
    return kind(obligation, calendar, pauses, obligation.recurs)
