"""How much a pool holds, and what of it is promised to whom."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

import attrs

from respond.plan.resources import ResourceKind
from respond.workflow.definition import NEW
from respond.workflow.pool.events import Condition

OPEN = "open"
CLOSED = "closed"
STATES = (OPEN, CLOSED)

NOTHING = Decimal(0)


@attrs.frozen(kw_only=True)
class Commitment:
    """What one incident has of a pool."""

    committed: Decimal = NOTHING
    """What it holds now; what was returned or is gone no longer counts."""
    used: Decimal = NOTHING
    """What of that was put to use."""


@attrs.frozen(kw_only=True, slots=False)
class Pool:
    """A pool, folded from its events."""

    status: str = NEW
    resource: str = ""
    kind: ResourceKind = "material"
    unit: str = ""
    location: str = ""
    partner: str | None = None
    quantity: Decimal = NOTHING
    """How much there is, the committed included; what is damaged or gone is not."""
    damaged: Decimal = NOTHING
    """How much came back damaged, and is not counted in the quantity until it is added again."""
    commitments: Mapping[str, Commitment] = attrs.field(factory=dict)
    """By the id of the incident; those that have nothing any more left out."""
    condition: Condition = "usable"
    inspected_on: date | None = None
    inspected_at: datetime | None = None
    agreement_until: date | None = None

    @property
    def committed(self) -> Decimal:
        """How much is promised, to whomever."""
        return sum((one.committed for one in self.commitments.values()), NOTHING)

    @property
    def available(self) -> Decimal:
        """How much could be promised now."""
        return self.quantity - self.committed

    def of(self, incident: str) -> Commitment:
        """Return what *incident* has of it."""
        return self.commitments.get(incident, Commitment())
