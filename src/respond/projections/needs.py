"""Needs: what an incident asks for, what it holds of that, and what pools could still give."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

import attrs

from respond.plan.plan import Plan
from respond.projections.document import Document
from respond.workflow.incident.agenda import asked, settled
from respond.workflow.incident.drawn import NOTHING
from respond.workflow.incident.state import Incident
from respond.workflow.pool.state import OPEN, Pool

_ONE = Decimal(1)
"""What a measure needs of a resource that it names: the plan does not say how much."""


@attrs.frozen(kw_only=True)
class Need(Document):
    """One resource that an incident needs, by the name of its pool."""

    resource: str
    measures: tuple[str, ...]
    """The measures that need it, are asked, and are neither done nor skipped."""
    needed: Decimal
    """How much was asked for; one at least when a measure needs it."""
    committed: Decimal
    """How much of that came, whatever was given back left out."""
    gap: Decimal
    available: Decimal | None
    """How much is free in its pool; None when no such pool is open."""
    uncovered: Decimal
    """How much of the gap no pool can give."""


def needs(plan: Plan, incident: Incident, pools: Mapping[str, Pool]) -> tuple[Need, ...]:
    """Return what *incident* needs by the measures of *plan* and by what was asked for, against its *pools*."""
    wanting: dict[str, list[str]] = {}
    for name, measure in asked(plan, incident).items():
        if not settled(incident, name):
            for resource in measure.resources:
                wanting.setdefault(resource, []).append(name)
    return tuple(_needs(incident, wanting, pools))


def named(plan: Plan, incident: Incident) -> Iterable[str]:
    """Return the names under which there may be pools of what *incident* needs."""
    return dict.fromkeys([*(one.id for one in plan.resources), *incident.resources])


def _needs(incident: Incident, wanting: Mapping[str, list[str]], pools: Mapping[str, Pool]) -> Iterator[Need]:
    for resource in dict.fromkeys([*wanting, *incident.resources]):
        drawn, pool = incident.drawn(resource), pools.get(resource)
        needed = max(drawn.requested, _ONE if resource in wanting else NOTHING)
        came = drawn.committed - drawn.returned
        gap = max(NOTHING, needed - came)
        available = pool.available if pool is not None and pool.status == OPEN else None
        yield Need(
            resource=resource,
            measures=tuple(wanting.get(resource, ())),
            needed=needed,
            committed=came,
            gap=gap,
            available=available,
            uncovered=max(NOTHING, gap - (available or NOTHING)),
        )
