"""Performance: how well incidents were handled: times by level, what was owed in time, customers, money, recurrence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import get_args

import attrs

from respond.domain.money import sums_of
from respond.plan.owed import Verdict
from respond.plan.plan import OTHER
from respond.projections.care import CareFigures, care_figures
from respond.projections.document import Document
from respond.projections.episodes import STEPS, Episode
from respond.projections.statistics import Spread, spread
from respond.workflow.incident.drawn import NOTHING
from respond.workflow.incident.state import CANCELLED, MERGED

RECURRENCE_DAYS = 90
"""Within how many days an incident of the same category at the same site is the same trouble again."""
_IN_TIME: tuple[Verdict, ...] = ("met", "near_miss")
_JUDGED: tuple[Verdict, ...] = (*_IN_TIME, "late", "missing")


@attrs.frozen(kw_only=True)
class StepTimes(Document):
    """How long one step took at one level."""

    step: str
    level: int | None
    """The worst level of the incidents; None of those that never had one."""
    first: Spread
    again: Spread
    """The same of the times after the first: of an incident that was reopened."""
    on_hold_seconds: int
    """How much of all these times work was on hold."""


@attrs.frozen(kw_only=True)
class DutyKept(Document):
    """How one obligation was kept, over all its occurrences."""

    obligation: str
    verdicts: Mapping[Verdict, int]
    on_time_percent: int | None
    """Those that were met of those that were met, late or missing, rounded down; None before one was."""


@attrs.frozen(kw_only=True)
class ResourceUse(Document):
    """What incidents drew of one resource or pool, against what the plan asks for."""

    resource: str
    planned: int
    """In how many incidents a measure needs it that the plan asks for."""
    drawn: int
    """In how many it came."""
    unplanned: int
    """In how many it came although no measure needs it."""
    unused: int
    """In how many a measure needs it, and it never came."""
    committed: Decimal
    used: Decimal
    returned: Decimal
    consumed: Decimal
    short: Decimal
    """How much was asked for and never came."""


@attrs.frozen(kw_only=True)
class Performance(Document):
    """The figures of how incidents were handled."""

    as_of: datetime
    incidents: int
    """Those that are counted: neither cancelled nor merged into another."""
    cancelled: int
    merged: int
    times: tuple[StepTimes, ...]
    on_hold_seconds: int
    duties: tuple[DutyKept, ...]
    customers: CareFigures
    losses: Mapping[str, Decimal]
    """By currency, what was lost by the last assessment of each."""
    compensation: Mapping[str, Decimal]
    """By currency, what customers were paid, waived or rendered."""
    costs: Mapping[str, Decimal]
    """By currency, what was spent, what was used up of pools included."""
    resources: tuple[ResourceUse, ...]
    other: int
    """How many are of the residual category."""
    other_percent: int | None
    """The share of those, rounded down: when it grows, the categories are wrong."""
    recurred: int
    """How many came again: of the same category at the same site as one before it, within `recurrence_days`."""
    recurrence_days: int


def performance(episodes: Iterable[Episode], now: datetime, *, recurrence_days: int = RECURRENCE_DAYS) -> Performance:
    """Return the figures over *episodes*, as seen *now*."""
    every = tuple(episodes)
    counted = tuple(one for one in every if one.counts)
    customers = care_figures(party for one in counted for party in one.parties)
    other = sum(one.category == OTHER for one in counted)
    return Performance(
        as_of=now,
        incidents=len(counted),
        cancelled=sum(one.status == CANCELLED for one in every),
        merged=sum(one.status == MERGED for one in every),
        times=tuple(_times(counted)),
        on_hold_seconds=sum(one.on_hold_seconds for one in counted),
        duties=tuple(_duties(counted)),
        customers=customers,
        losses=sums_of(one.loss for one in counted),
        compensation=customers.paid,
        costs=sums_of(cost for one in counted for cost in one.costs),
        resources=tuple(_resources(counted)),
        other=other,
        other_percent=100 * other // len(counted) if counted else None,
        recurred=_recurred(counted, timedelta(days=recurrence_days)),
        recurrence_days=recurrence_days,
    )


def _times(episodes: Sequence[Episode]) -> Iterator[StepTimes]:
    levels = sorted({one.level for one in episodes}, key=lambda level: (level is None, level))
    for level in levels:
        found = [interval for one in episodes if one.level == level for interval in one.intervals]
        for step, definition in STEPS.items():
            mine = [one for one in found if one.step == step]
            if mine:
                yield StepTimes(
                    step=step,
                    level=level,
                    first=spread((one.seconds for one in mine if not one.again), definition),
                    again=spread((one.seconds for one in mine if one.again), definition),
                    on_hold_seconds=sum(one.on_hold_seconds for one in mine),
                )


def _duties(episodes: Iterable[Episode]) -> Iterator[DutyKept]:
    found: dict[str, Counter[Verdict]] = {}
    for one in episodes:
        for obligation, said in one.verdicts:
            found.setdefault(obligation, Counter())[said] += 1
    for obligation, counts in sorted(found.items()):
        judged, kept = (sum(counts[one] for one in words) for words in (_JUDGED, _IN_TIME))
        yield DutyKept(
            obligation=obligation,
            verdicts={one: counts[one] for one in get_args(Verdict) if counts[one]},
            on_time_percent=100 * kept // judged if judged else None,
        )


def _resources(episodes: Sequence[Episode]) -> Iterator[ResourceUse]:
    names = {name for one in episodes for name in (*one.needed, *one.drawn)}
    for name in sorted(names):
        drawn = [one.drawn[name] for one in episodes if name in one.drawn]
        came = [one for one in episodes if name in one.drawn and one.drawn[name].committed]
        planned = [one for one in episodes if name in one.needed]
        yield ResourceUse(
            resource=name,
            planned=len(planned),
            drawn=len(came),
            unplanned=sum(name not in one.needed for one in came),
            unused=sum(one not in came for one in planned),
            committed=sum((one.committed for one in drawn), NOTHING),
            used=sum((one.used for one in drawn), NOTHING),
            returned=sum((one.returned for one in drawn), NOTHING),
            consumed=sum((one.consumed for one in drawn), NOTHING),
            short=sum((one.short for one in drawn), NOTHING),
        )


def _recurred(episodes: Iterable[Episode], within: timedelta) -> int:
    """Return how many incidents at a known site came within so long of the one before of their category there."""
    last: dict[tuple[str, str], datetime] = {}
    count = 0
    for one in sorted(episodes, key=lambda one: one.reported_at):
        if one.site is None:
            continue
        before = last.get((one.category, one.site))
        count += before is not None and one.reported_at - before <= within
        last[one.category, one.site] = one.reported_at
    return count
