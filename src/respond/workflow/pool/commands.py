"""What may be asked of a pool."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import attrs

from respond.domain.money import Money
from respond.workflow.definition import command_type
from respond.workflow.pool.events import Condition


@command_type("open_pool")
@attrs.frozen(kw_only=True)
class OpenPool:
    """Keep a resource of the plan as a pool."""

    resource: str
    quantity: Decimal | None = None
    """As much as the plan says when None."""


@command_type("add_stock")
@attrs.frozen(kw_only=True)
class AddStock:
    """Tell that there is more."""

    quantity: Decimal
    reason: str


@command_type("write_off_stock")
@attrs.frozen(kw_only=True)
class WriteOffStock:
    """Tell that there is less."""

    quantity: Decimal
    reason: str


@command_type("commit_stock")
@attrs.frozen(kw_only=True)
class CommitStock:
    """Promise some of it to an incident."""

    incident: str
    quantity: Decimal


@command_type("use_stock")
@attrs.frozen(kw_only=True)
class UseStock:
    """Put some of what was committed to use."""

    incident: str
    quantity: Decimal
    note: str = ""


@command_type("return_stock")
@attrs.frozen(kw_only=True)
class ReturnStock:
    """Give some of what was committed back."""

    incident: str
    quantity: Decimal
    condition: Condition = "usable"


@command_type("consume_stock")
@attrs.frozen(kw_only=True)
class ConsumeStock:
    """Tell that some of what was committed is gone."""

    incident: str
    quantity: Decimal
    cost: Money | None = None


@command_type("inspect_pool")
@attrs.frozen(kw_only=True)
class InspectPool:
    """Tell whether it can be used."""

    condition: Condition
    note: str = ""


@command_type("renew_agreement")
@attrs.frozen(kw_only=True)
class RenewAgreement:
    """Tell that its partner promised it for longer."""

    until: date


@command_type("close_pool")
@attrs.frozen(kw_only=True)
class ClosePool:
    """Keep it no longer."""

    reason: str
