"""A naive simulation of obligations: it walks the clock, minute by minute, and day by day where days are counted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import count

import attrs

from respond.plan.calendars import Calendar
from respond.plan.obligations import Obligation
from respond.plan.spans import Span

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
LATEST = ("classified", "response_ended")
ANEW = ("response_ended", "reopened")
FACT_OF = {
    ("level", None): "level_assigned",
    ("state", "resolved"): "response_ended",
    ("state", "responding"): "reopened",
}
Pause = tuple[int, int | None]


# -- spans -------------------------------------------------------------------------------------------------------------


def end_of(calendar: Calendar, begin: datetime, span: Span) -> datetime:
    """Return where *span* ends, found by walking the calendar day by day and the clock second by second."""
    if span.unit in {"minute", "hour"}:
        return begin + span.count * (MINUTE if span.unit == "minute" else 60 * MINUTE)
    local = calendar.local(begin)
    return first_shown(calendar, datetime.combine(_day(calendar, local.date(), span), local.time()))


def _day(calendar: Calendar, day: date, span: Span) -> date:
    if span.unit in {"day", "working_day"}:
        for _ in range(span.count):
            day += DAY
            while span.unit == "working_day" and not _works(calendar, day):
                day += DAY
        return day
    wanted = day.day
    for _ in range(span.count * (12 if span.unit == "year" else 1)):
        month = day.month
        day += DAY
        while day.month == month:
            day += DAY
    for _ in range(wanted - 1):
        if (day + DAY).month == day.month:
            day += DAY
    return day


def _works(calendar: Calendar, day: date) -> bool:
    if day in calendar.workdays:
        return True
    return day not in calendar.holidays and f"{day:%a}".lower() in calendar.working_week


def first_shown(calendar: Calendar, wanted: datetime) -> datetime:
    """Return the first instant at which the calendar's clock shows *wanted* or, when it never does, more."""
    instant = wanted.replace(tzinfo=UTC) - DAY - (wanted - wanted.replace(second=0, microsecond=0))
    while calendar.local(instant) < wanted.replace(second=0, microsecond=0):
        instant += MINUTE
    rest = wanted - wanted.replace(second=0, microsecond=0)
    return instant + rest if calendar.local(instant + rest) == wanted else instant


# -- obligations -------------------------------------------------------------------------------------------------------


@attrs.define
class Seen:
    """An occurrence, as the walk saw it; all times in minutes."""

    clocks: dict[int, tuple[int, int]] = attrs.field(factory=dict)
    """By number, when each began and how long it runs."""
    entry: str = ""
    reckoned: int = 0
    done: int | None = None
    waived: int | None = None
    dropped: int | None = None

    @property
    def open(self) -> bool:
        return self.done is None and self.waived is None and self.dropped is None


@attrs.define
class Walk:
    """One obligation with spans of minutes, through what happens at each minute."""

    duty: Obligation
    pauses: Sequence[Pause]
    seen: list[Seen] = attrs.field(factory=list)
    starts: dict[int, tuple[int, str]] = attrs.field(factory=dict)
    early: int | None = None
    waiver: int | None = None
    level: int | None = None
    holds: bool = False
    alive: bool = True
    owed: bool = False
    recurred: bool = False
    counted: int = 0
    unborn: bool = True
    raws: list[int] = attrs.field(factory=list)

    def due(self, one: Seen) -> int | None:
        """Return when the first clock of *one* runs out; None when none runs, or it stands still."""
        ends = [self._runs_out(one, *clock) for clock in one.clocks.values()]
        ahead = [end for end in ends if end is None or end >= one.reckoned]
        known = [end for end in ahead or ends if end is not None]
        return min(known) if known else None

    def _runs_out(self, one: Seen, begin: int, left: int) -> int | None:
        closed = one.done if one.done is not None else one.waived
        pauses = [pause for pause in self.pauses if closed is None or pause[0] < closed]
        for minute in count(begin):
            if left == 0:
                return minute
            standing = [until for at, until in pauses if at <= minute and (until is None or minute < until)]
            if None in standing:
                return None
            left -= not standing
        raise AssertionError

    def passed(self, one: Seen, minute: int) -> bool:
        """Return whether *one* was due before *minute*."""
        due = self.due(one)
        return due is not None and due < minute

    # -- one minute after the other ------------------------------------------------------------------------------------

    def go(self, events: Iterable[tuple[int, str, object]], until: int) -> list[Seen]:
        """Walk up to *until*, and return the occurrences."""
        told = list(events)
        if not self.duty.levels:
            self._owe(-1)
        for minute in range(until + 1):
            self._one(minute, [(kind, what) for at, kind, what in told if at == minute])
        self._schedule(until)
        return self.seen

    def _one(self, minute: int, told: Sequence[tuple[str, object]]) -> None:
        raised = False
        for kind, what in told:
            if kind == "level":
                assert isinstance(what, int)
                raised = self.level is not None and what < self.level
                kept = self.holds and self.duty.on_lowering == "keep" and what > min(self.duty.levels, default=0)
                self.level, self.holds = what, kept or what in self.duty.levels
            elif kind == "state":
                ends = {"cancelled", "merged", *(self.duty.recurs.until if self.duty.recurs else ())}
                self.alive = what not in ends
        before, now = self.owed, (self.holds or not self.duty.levels) and self.alive
        self._schedule(minute)
        facts = [FACT_OF.get((kind, what), FACT_OF.get((kind, None), what)) for kind, what in told]
        for number, clock in enumerate(self.duty.due):
            for _ in range(facts.count(clock.from_)):
                self._fact(minute, number)
        if "reopened" in facts:
            self._undo(minute)
        if now and not before:
            self._owe(minute)
        if raised and before and self.duty.on_raising == "restart":
            self._restart(minute)
        for _ in [kind for kind, _ in told if kind == "waived"]:
            self._waive(minute)
        for _ in [kind for kind, _ in told if kind == "done"]:
            self._act(minute)
        if before and not now:
            self.owed = False
            if self.seen[-1].open and not self.passed(self.seen[-1], minute):
                self.seen[-1].dropped = minute

    @property
    def rhythm(self) -> str:
        return "" if self.duty.recurs is None else self.duty.recurs.after

    @property
    def every(self) -> int:
        assert self.duty.recurs is not None
        return self.duty.recurs.every.count

    def _fact(self, minute: int, number: int) -> None:
        name = self.duty.due[number].from_
        if number in self.starts:
            if not self.rhythm and name in ANEW and not self._clocks_count(minute):
                self.starts, self.early, self.unborn = {}, None, True
            elif name not in (LATEST if self.owed else (*LATEST, *ANEW, "level_assigned")):
                return
        counts = self._clocks_count(minute)
        if self.rhythm and not counts:
            return
        self.starts[number] = (minute, name)
        if self.owed and self.unborn:
            self._born(minute)
        elif self.owed and counts:
            self._reckon(self.seen[-1], minute)

    def _undo(self, minute: int) -> None:
        ended = [number for number in self.starts if self.duty.due[number].from_ == "response_ended"]
        if ended and self._clocks_count(minute):
            for number in ended:
                del self.starts[number]
            if self.owed:
                self._reckon(self.seen[-1], minute)

    def _clocks_count(self, minute: int) -> bool:
        if self.unborn or not self.seen[-1].clocks:
            return not self.recurred
        if not self.rhythm and self.seen[-1].dropped is not None:
            return True
        return not self.recurred and self._movable(self.seen[-1], minute)

    def _born(self, minute: int) -> None:
        self.unborn = False
        self.seen.append(Seen(waived=self.waiver if not self.seen else None))
        self._redeem(self.seen[-1])
        self._first(self.seen[-1], minute)

    def _movable(self, one: Seen, minute: int) -> bool:
        return one.done is None and one.waived is None and not self.passed(one, minute)

    def _reckon(self, one: Seen, minute: int) -> None:
        one.clocks = {number: (at, self.duty.due[number].within.count) for number, (at, _) in self.starts.items()}
        one.reckoned = minute
        if self.rhythm == "schedule" and one.clocks:
            raw = {number: begin + length for number, (begin, length) in one.clocks.items()}
            chosen = min(raw, key=lambda number: (self._key(one, number), number))
            self.raws = [raw[chosen]]
        if self.rhythm == "discharge" and one.clocks and one.waived is not None:
            self._after_waiver(one)

    def _key(self, one: Seen, number: int) -> tuple[bool, float]:
        end = self._runs_out(one, *one.clocks[number])
        return end is not None and end < one.reckoned, float("inf") if end is None else end

    def _again(self, minute: int, one: Seen | None = None) -> None:
        self.recurred = True
        if one is None:
            one = Seen()
            self.seen.append(one)
        one.clocks, one.reckoned = {0: (minute, self.every)}, minute
        self.raws = [minute + self.every]

    def _schedule(self, minute: int) -> None:
        while self.rhythm == "schedule" and self.owed and self.seen[-1].clocks and self.passed(self.seen[-1], minute):
            self.recurred = True
            self.seen.append(Seen({0: (self.raws[-1], self.every)}, reckoned=self.raws[-1]))
            self.raws.append(self.raws[-1] + self.every)

    def _owe(self, minute: int) -> None:
        self.owed = True
        if self.unborn:
            self._born(minute)
        elif not self.rhythm:
            last = self.seen[-1]
            if last.dropped is not None:
                last.dropped = None
                last.waived = self.waiver if last is self.seen[0] else None
                self._redeem(last)
                self._reckon(last, minute)
        else:
            last = self.seen[-1]
            waiting = last.dropped is not None and not last.clocks
            if last.dropped is not None and last is self.seen[0]:
                last.waived = self.waiver
            if waiting:
                last.dropped = None
                self._first(last, minute)
            else:
                revived = last if last.dropped is not None else None
                if revived is not None:
                    revived.dropped = None
                self._again(minute, revived)
        self.counted = len(self.seen) - 1

    def _redeem(self, one: Seen) -> None:
        if not self.rhythm and self.early is not None and (one.waived is None or self.early < one.waived):
            one.done, one.waived = self.early, None
        self.early = None

    def _first(self, one: Seen, minute: int) -> None:
        self._reckon(one, minute)
        if self.rhythm and one is self.seen[-1] and self.passed(one, minute):
            self._again(minute, one)

    def _restart(self, minute: int) -> None:
        last = self.seen[-1]
        if not last.clocks or (last.open and self.passed(last, minute)):
            return
        if not last.open:
            if self.rhythm == "schedule":
                self._again(minute)
        elif self.recurred:
            self._again(minute, last)
        else:
            self.starts = dict.fromkeys(self.starts, (minute, "level_assigned"))
            self._reckon(last, minute)

    def _waive(self, minute: int) -> None:
        self.waiver = minute if self.waiver is None else self.waiver
        if self.seen and self.seen[0].open:
            self.seen[0].waived = minute
            if self.rhythm == "discharge" and self.owed and len(self.seen) == 1 and self.seen[0].clocks:
                self._after_waiver(self.seen[0])

    def _after_waiver(self, one: Seen) -> None:
        assert one.waived is not None
        due = self.due(one)
        self._again(one.waived if due is None else max(due, one.waived))

    def _act(self, minute: int) -> None:
        last = self.seen[-1] if self.seen else None
        if not self.rhythm:
            if self.unborn or last is None or last.dropped is not None:
                self.early = minute if self.early is None else self.early
            elif last.open:
                last.done = minute
        elif self.rhythm == "discharge":
            if last is not None and last.open and last.clocks:
                last.done = minute
                if self.owed:
                    self._again(minute)
        else:
            left = [n for n, one in enumerate(self.seen) if n >= self.counted and one.open and one.clocks]
            overdue = [n for n in left if self.passed(self.seen[n], minute)]
            for n in overdue[-1:] or left[-1:]:
                self.seen[n].done = minute
                self.counted = n + 1
