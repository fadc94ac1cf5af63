"""What may be recorded about a pool.  Stored format: change a class only with an upcaster and a golden file."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal

import attrs

from respond.domain.events import event_type
from respond.domain.money import Money
from respond.plan.resources import ResourceKind

Condition = Literal["usable", "damaged", "unusable"]
CONDITIONS: tuple[Condition, ...] = ("usable", "damaged", "unusable")


@event_type()
@attrs.frozen(kw_only=True)
class PoolOpened:
    """There is a pool of a resource."""

    from_: str
    to: str
    resource: str
    """The id of the resource in the plan."""
    kind: ResourceKind
    quantity: Decimal
    unit: str = ""
    """What the quantity counts; of money the currency."""
    location: str = ""
    partner: str | None = None
    """The id of the partner who gives it."""
    agreement_until: date | None = None
    """The last day of the partner's agreement, when it was opened."""
    inspected_on: date | None = None


@event_type()
@attrs.frozen(kw_only=True)
class StockAdded:
    """There is more of it: bought, lent, hired, counted anew."""

    quantity: Decimal
    reason: str


@event_type()
@attrs.frozen(kw_only=True)
class StockWrittenOff:
    """There is less of it: lost, spoilt, given away, counted anew."""

    quantity: Decimal
    reason: str


@event_type()
@attrs.frozen(kw_only=True)
class StockCommitted:
    """Some of it was promised to an incident."""

    incident: str
    quantity: Decimal


@event_type()
@attrs.frozen(kw_only=True)
class StockUsed:
    """Some of what was committed was put to use."""

    incident: str
    quantity: Decimal
    note: str = ""


@event_type()
@attrs.frozen(kw_only=True)
class StockReturned:
    """Some of what was committed came back."""

    incident: str
    quantity: Decimal
    condition: Condition = "usable"


@event_type()
@attrs.frozen(kw_only=True)
class StockConsumed:
    """Some of what was committed is gone: used up, spent."""

    incident: str
    quantity: Decimal
    cost: Money | None = None


@event_type()
@attrs.frozen(kw_only=True)
class PoolInspected:
    """Someone looked whether it can be used."""

    condition: Condition
    note: str = ""


@event_type()
@attrs.frozen(kw_only=True)
class AgreementRenewed:
    """The partner who gives it promised it for longer."""

    until: date


@event_type()
@attrs.frozen(kw_only=True)
class PoolClosed:
    """It is kept no longer."""

    from_: str
    to: str
    reason: str
