"""Stock: what pools hold, who has it, and what to see to: inspections, agreements, damage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Literal

import attrs

from respond.plan.lint_dates import passed
from respond.plan.plan import Plan
from respond.plan.resources import ResourceKind
from respond.projections.document import Document
from respond.workflow.pool.events import Condition
from respond.workflow.pool.state import Pool

Concern = Literal["inspection-overdue", "agreement-expired", "pool-unusable", "stock-damaged", "stock-exhausted"]


@attrs.frozen(kw_only=True)
class Stock(Document):
    """One pool."""

    pool: str
    resource: str
    state: str
    kind: ResourceKind
    unit: str
    location: str
    partner: str | None
    quantity: Decimal
    committed: Decimal
    available: Decimal
    damaged: Decimal
    held: Mapping[str, Decimal]
    """By the id of an incident, how much it holds."""
    condition: Condition
    inspected_on: date | None
    agreement_until: date | None
    concerns: tuple[Concern, ...]


def stock(key: str, pool: Pool, plans: Iterable[Plan], today: date) -> Stock:
    """Return what the pool called *key* holds, judged on the day *today* by the first of *plans* that has its resource.

    A pool closed has no concerns.
    """
    return Stock(
        pool=key,
        resource=pool.resource,
        state=pool.status,
        kind=pool.kind,
        unit=pool.unit,
        location=pool.location,
        partner=pool.partner,
        quantity=pool.quantity,
        committed=pool.committed,
        available=pool.available,
        damaged=pool.damaged,
        held={incident: one.committed for incident, one in sorted(pool.commitments.items())},
        condition=pool.condition,
        inspected_on=pool.inspected_on,
        agreement_until=pool.agreement_until,
        concerns=tuple(_concerns(pool, plans, today)) if pool.status == "open" else (),
    )


def _concerns(pool: Pool, plans: Iterable[Plan], today: date) -> Iterable[Concern]:
    resource = next((one for plan in plans for one in plan.resources if one.id == pool.resource), None)
    every = None if resource is None else resource.inspect_every
    if every is not None and (pool.inspected_on is None or passed(pool.inspected_on, every, today)):
        yield "inspection-overdue"
    if pool.agreement_until is not None and pool.agreement_until < today:
        yield "agreement-expired"
    if pool.condition == "unusable":
        yield "pool-unusable"
    if pool.damaged:
        yield "stock-damaged"
    if not pool.available:
        yield "stock-exhausted"
