"""Lint: obligations, their clocks, reports and ladders."""

from __future__ import annotations

from collections.abc import Iterator

from respond.plan.finding import Finding, found
from respond.plan.lint_dates import about
from respond.plan.obligations import TELLING, Clock, Obligation, Rung
from respond.plan.plan import Plan


def obligations(plan: Plan) -> Iterator[Finding]:
    """Yield obligations that nobody owes, whose clocks cannot run, and whose ladders lead nowhere."""
    for index, obligation in enumerate(plan.obligations):
        place = f"obligations[{index}]"
        if obligation.role is None:
            yield found("obligation-without-role", place, f'nobody owes {obligation.id!r}; write role = "…"')
        yield from _clocks(plan, obligation, place)
        yield from _report(plan, obligation, place)
        for number, rung in enumerate(obligation.ladder):
            if (why := _never(obligation, rung)) is not None:
                yield found("rung-never", f"{place}.ladder[{number}]", f"this rung is never climbed: {why}")
        yield from _rank(plan, obligation, place)


def _clocks(plan: Plan, obligation: Obligation, place: str) -> Iterator[Finding]:
    if not any(_may_start(plan, obligation, clock) for clock in obligation.due):
        yield found(
            "clock-never-starts",
            f"{place}.due",
            f"no clock of {obligation.id!r} can start; write one from a fact that comes before it",
        )
    spans = [*(clock.within for clock in obligation.due), *([obligation.recurs.every] if obligation.recurs else [])]
    working = obligation.shift not in {"none", "end_of_day"} or any(span.unit == "working_day" for span in spans)
    if working and obligation.calendar is None:
        yield found(
            "calendar-unnamed",
            place,
            f'{obligation.id!r} counts working days, and every day is one; write calendar = "…"',
        )
    longest = max((about(clock.within) for clock in obligation.due), default=None)
    if obligation.near is not None and longest is not None and about(obligation.near) >= longest:
        yield found(
            "near-always",
            f"{place}.near",
            f"{obligation.near} before the deadline, its clock has not begun; write less",
        )


def _may_start(plan: Plan, obligation: Obligation, clock: Clock) -> bool:
    return clock.from_ != "previous_report" or any(
        other.act == "report_upward" and other.recipient == obligation.recipient and other.id != obligation.id
        for other in plan.obligations
    )


def _report(plan: Plan, obligation: Obligation, place: str) -> Iterator[Finding]:
    told = (obligation.report is not None, obligation.recipient is not None)
    if obligation.stage is not None and obligation.act != "publish_statement":
        yield found(
            "stage-without-statement",
            f"{place}.stage",
            f'{obligation.id!r} has a stage, and is no statement; write act = "publish_statement"',
        )
    if obligation.act != "report_upward":
        if told[0] or (told[1] and obligation.act not in TELLING):
            yield found(
                "report-incomplete",
                place,
                f'{obligation.id!r} has a report or a recipient, and is no report; write act = "report_upward"',
            )
        return
    if not all(told):
        yield found("report-incomplete", place, f"{obligation.id!r} is a report; write both `report` and `recipient`")
        return
    if obligation.report == "initial":
        return
    initials = [
        other
        for other in plan.obligations
        if other.report == "initial" and other.recipient == obligation.recipient and _levels_meet(other, obligation)
    ]
    if not initials:
        yield found(
            "report-without-initial",
            place,
            f"{obligation.recipient!r} gets no initial report at these levels; add an obligation for it",
        )
    for initial in initials:
        if any(
            clock.from_ == first.from_ and about(clock.within) < about(first.within)
            for clock in obligation.due
            for first in initial.due
        ):
            yield found(
                "report-final-first",
                f"{place}.due",
                f"{obligation.id!r} is due before the initial report, {initial.id!r}; write a longer span",
            )


def _never(obligation: Obligation, rung: Rung) -> str | None:
    """Return why *rung* is never climbed; None when it may be."""
    if rung.after is not None and rung.before is not None:
        return "it is both before and after the deadline; leave one out"
    if rung.levels and obligation.levels and set(rung.levels).isdisjoint(obligation.levels):
        return f"{obligation.id!r} is not owed at its levels; write some of {', '.join(map(str, obligation.levels))}"
    if rung.before is not None and all(about(clock.within) <= about(rung.before) for clock in obligation.due):
        return f"{rung.before} before the deadline, no clock has begun; write less"
    return None


def _rank(plan: Plan, obligation: Obligation, place: str) -> Iterator[Finding]:
    owing = plan.role(obligation.role) if obligation.role else None
    late = any(rung.after is not None for rung in obligation.ladder)
    if not late or owing is None or owing.rank is None or owing.rank == 1:
        return
    told = [plan.role(name) for rung in obligation.ladder for name in rung.tell]
    if not any(role is not None and role.rank is not None and role.rank < owing.rank for role in told):
        yield found(
            "ladder-without-higher-rank",
            f"{place}.ladder",
            f"nobody of a higher rank than {owing.id!r} is told; add a rung that tells one",
        )


def _levels_meet(one: Obligation, other: Obligation) -> bool:
    return not one.levels or not other.levels or not set(one.levels).isdisjoint(other.levels)
