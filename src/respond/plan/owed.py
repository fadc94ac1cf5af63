"""What is owed: each occurrence of each obligation, with its deadline and what became of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import pairwise
from math import ceil
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any, Literal

import attrs

from respond.plan.calendars import Calendar
from respond.plan.courses import Course, Occurrence
from respond.plan.facts import Done, Facts, Happened
from respond.plan.follow_up import action_date, action_dates
from respond.plan.obligations import TELLING, Clock, Fact, Obligation, Promise
from respond.plan.promises import promises
from respond.plan.recurrences import OnSchedule, course_of
from respond.plan.terms import Change, changes

if TYPE_CHECKING:
    from respond.plan.plan import Plan

Verdict = Literal["waiting", "paused", "open", "near", "met", "near_miss", "late", "missing", "waived", "dropped"]
"""What became of an occurrence, as seen at a moment.

`waiting`: no clock runs yet.  `paused`: its clock stands still.  `open`: not done and not due; `near` when the deadline
is as near as the obligation says.  `met`: done in time; `near_miss` when that was near the deadline.  `late` (迟报):
done after the deadline.  `missing` (漏报): not done, and past due.  `waived`.  `dropped`: no longer owed, and not due
before.
"""

_FACT, _OWED, _RAISED, _WAIVED, _DONE, _PREVIOUS, _SHED = range(7)
"""In which order a course is told of what happens at one instant."""
_ENDS: tuple[Fact, ...] = ("response_ended", "reopened")


@attrs.frozen(kw_only=True)
class Owed:
    """One occurrence of an obligation."""

    obligation: str
    """Its id."""
    occurrence: int
    """From 1."""
    since: datetime | None
    """When the clock that counts began; None while none runs."""
    fact: str | None
    """The fact at which it began."""
    entry: str | None
    """The id of the event that tells that fact."""
    due_at: datetime | None
    """The deadline; None while no clock runs, or it stands still."""
    near_at: datetime | None
    """From when on it is near."""
    done_at: datetime | None
    done_by: str | None
    """The id of the event that discharged it."""
    waived_at: datetime | None
    waived_by: str | None
    """The id of the event that waived it."""
    dropped_at: datetime | None
    """When it ceased to be owed, undone."""
    dropped_by: str | None
    dated: bool
    """Whether it has a deadline at all."""
    missed_before: int
    """How many occurrences right before it were missed and are not listed: of a schedule, the last 100 in a row are."""
    told_late_seconds: int | None
    """How long after the deadline it was told that it had been done before; None when it was not told late."""


def owed(
    plan: Plan, facts: Facts, *, until: datetime | None = None, only: Container[str] | None = None
) -> tuple[Owed, ...]:
    """Return every occurrence of every obligation of *plan*, in its order, that *facts* bring about.

    Behind them comes what it promises to each customer who was hurt, and the dates of action items.

    Given *only*, those of the obligations with these ids.

    Nothing depends on the time of asking, but how far a schedule is listed: up to the first occurrence that is not due
    before *until*, or before the last act that counts for it.  Of the occurrences of a schedule that were missed one
    after the other the last 100 are listed, and the others are counted in `missed_before`.
    """
    told = _Told(plan, facts, until)
    asked = [obligation for obligation in plan.all_obligations if only is None or obligation.id in only]
    found = [one for obligation in asked for one in told.owed(obligation)]
    for obligation, its_facts in promises(plan, facts, only=only):
        found += _Told(plan, its_facts, until).owed(obligation)
    for key, steps in facts.actions.items():
        date = action_date(plan.follow_up, key)
        if only is None or date.id in only:
            calendar = plan.calendar_of(date)
            found += (_as_owed(date, one, calendar, facts.told) for one in action_dates(facts, steps))
    return tuple(found)


def verdict(owed: Owed, now: datetime) -> Verdict:
    """Return what became of an occurrence, as seen at *now*: what comes later does not count yet."""
    done = owed.done_at is not None and owed.done_at <= now
    waived = owed.waived_at is not None and owed.waived_at <= now
    if done and owed.done_at is not None and (owed.due_at is None or owed.done_at <= owed.due_at):
        return "near_miss" if owed.near_at is not None and owed.done_at >= owed.near_at else "met"
    if done or waived:
        return "late" if done else "waived"
    if owed.dropped_at is not None and owed.dropped_at <= now:
        return "dropped"
    if owed.since is None or now < owed.since:
        return "waiting"
    if owed.due_at is None:
        return "paused" if owed.dated else "open"
    if now > owed.due_at:
        return "missing"
    return "near" if owed.near_at is not None and now >= owed.near_at else "open"


def due(plan: Plan, facts: Facts, now: datetime) -> tuple[Owed, ...]:
    """Return what is overdue or near at *now*, the earliest deadline first."""
    found = [one for one in owed(plan, facts, until=now) if verdict(one, now) in {"missing", "near"}]
    return tuple(sorted(found, key=lambda one: one.due_at or now))


class _Told:
    """What is told of one incident, sorted by what obligations ask of it."""

    def __init__(self, plan: Plan, facts: Facts, until: datetime | None) -> None:
        self._facts = facts
        self._until = until
        self._plan = plan
        self._found: dict[str, tuple[Owed, ...]] = {}
        self._raises = [new for old, new in pairwise(facts.levels) if new.level < old.level]
        self._acts: defaultdict[str, list[Done]] = defaultdict(list)
        for done in facts.done:
            self._acts[done.act].append(done)
        ends = {one.entry for fact in _ENDS for one in facts.facts.get(fact, ())}
        self._order = {one.entry: place for place, one in enumerate(facts.states) if one.entry in ends}
        """In which order the response ended and began again, at one instant too."""

    def owed(self, obligation: Obligation) -> tuple[Owed, ...]:
        """Return the occurrences of *obligation*; those on which its clocks wait are found first."""
        if obligation.id not in self._found:
            calendar = self._plan.calendar_of(obligation)
            pauses = [one for one in self._facts.paused if one.obligation == obligation.id]
            course = course_of(obligation, calendar, pauses)
            self._tell(obligation, course)
            self._found[obligation.id] = tuple(
                _as_owed(obligation, one, calendar, self._facts.told) for one in course.occurrences
            )
        return self._found[obligation.id]

    def _tell(self, obligation: Obligation, course: Course) -> None:
        story: list[tuple[datetime, int, int, Callable[[Any], None], Any]] = []

        def tell(rank: int, to: Callable[[Any], None], happened: Iterable[Happened | Change]) -> None:
            placed = enumerate(happened, len(story))
            story.extend((one.at, rank, self._order.get(one.entry, place), to, one) for place, one in placed)

        for number, clock in enumerate(obligation.due):
            rank = _PREVIOUS if clock.from_ == "previous_report" else _FACT
            tell(rank, partial(course.happened, number), self._starts(obligation, clock))
        if any(clock.from_ == "response_ended" for clock in obligation.due):
            tell(_FACT, course.undone, self._facts.facts.get("reopened", ()))
        for change in changes(obligation, self._facts):
            tell(*((_OWED, course.owed) if change.owed else (_SHED, course.shed)), [change])
        if obligation.on_raising == "restart":
            tell(_RAISED, course.raised, self._raises)
        if obligation.waivable:
            tell(_WAIVED, course.waived, [one for one in self._facts.waived if one.obligation == obligation.id])
        tell(_DONE, course.acted, self._discharges(obligation))
        story.sort(key=itemgetter(0, 1, 2))
        for _, _, _, to, one in story:
            to(one)
        if self._until is not None and isinstance(course, OnSchedule):
            course.follow(self._until)

    def _starts(self, obligation: Obligation, clock: Clock) -> Sequence[Happened]:
        if clock.from_ == "previous_report":
            return self._reports(obligation)
        if clock.from_ == "discharged":
            awaited = None if clock.of is None else self._plan.obligation(clock.of)
            ended = () if awaited is None else self.owed(awaited)
            done = [Happened(at=one.done_at, entry=one.done_by) for one in ended if one.done_at and one.done_by]
            return sorted(done, key=attrgetter("at"))
        return self._facts.facts.get(clock.from_, ())

    def _reports(self, obligation: Obligation) -> list[Done]:
        return [one for one in self._acts["report_upward"] if obligation.recipient in {None, one.recipient}]

    def _discharges(self, obligation: Obligation) -> list[Done]:
        """Return the acts that may discharge *obligation*; a first report is none where a previous one is asked for."""
        if obligation.act == "fulfil":
            return [one for one in self._acts["fulfil"] if one.obligation == obligation.id]
        if obligation.act == "start_measure":
            return [one for one in self._acts["start_measure"] if obligation.measure in {None, one.measure}]
        if obligation.act in TELLING:
            return [
                one
                for one in self._acts[obligation.act]
                if obligation.recipient in {None, one.recipient} and obligation.stage in {None, one.stage}
            ]
        if obligation.act != "report_upward":
            return self._acts[obligation.act]
        reports = self._reports(obligation)
        if all(clock.from_ == "previous_report" for clock in obligation.due):
            reports = reports[1:]
        return [one for one in reports if obligation.report in {None, one.report}]


def _as_owed(obligation: Obligation, one: Occurrence, calendar: Calendar, told: Mapping[str, datetime]) -> Owed:
    start, done, waived, dropped = one.start, one.done, one.waived, one.dropped
    dated = not isinstance(obligation, Promise) or obligation.dated
    near_at = None
    if obligation.near is not None and one.due_at is not None and start is not None:
        near_at = max(start.at, calendar.before(one.due_at, obligation.near))
    return Owed(
        obligation=obligation.id,
        occurrence=one.number,
        since=start.at if start else None,
        fact=start.fact if start else None,
        entry=start.entry if start else None,
        due_at=one.due_at if dated else None,
        near_at=near_at,
        done_at=done.at if done else None,
        done_by=done.entry if done else None,
        waived_at=waived.at if waived else None,
        waived_by=waived.entry if waived else None,
        dropped_at=dropped.at if dropped else None,
        dropped_by=dropped.entry if dropped else None,
        dated=dated,
        missed_before=one.missed_before,
        told_late_seconds=_told_late(one, told) if told else None,
    )


def _told_late(one: Occurrence, told: Mapping[str, datetime]) -> int | None:
    """Return how many seconds after the deadline a discharge in time was told; None when it was told by then."""
    if one.done is None or one.due_at is None or one.done.at > one.due_at:
        return None
    told_at = told.get(one.done.entry, one.done.at)
    return ceil((told_at - one.due_at).total_seconds()) if told_at > one.due_at else None
