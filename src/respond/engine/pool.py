"""The handle of one resource pool: its commands and its answers, by name."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from respond.domain.money import Money
from respond.engine.handler import Outcome
from respond.errors import InvalidInput
from respond.projections.stock import Stock, stock
from respond.workflow.pool import POOL_CATEGORY
from respond.workflow.pool import commands as c
from respond.workflow.pool.events import Condition
from respond.workflow.pool.state import Pool

if TYPE_CHECKING:
    from respond.domain.events import Event
    from respond.engine.desk import Desk

Quantity = Decimal | int | str


def exact(quantity: Quantity) -> Decimal:
    """Return *quantity* as a Decimal; raises `InvalidInput` for a float and for what is no number."""
    if isinstance(quantity, (float, bool)):
        raise InvalidInput("is not exact; give an int, a Decimal or a text", place="quantity", value=quantity)
    try:
        return Decimal(quantity)
    except ArithmeticError:
        raise InvalidInput("is not a number", place="quantity", value=quantity) from None


class PoolHandle:
    """One pool of an engine; its key is the id of the plan's resource, unless one resource has several pools.

    Every command takes, besides what it names, the circumstances of `Engine.execute`, returns an `Outcome`, and raises
    `CommandRefused` with every reason.  What concerns an incident is written to the pool and to the incident in one
    step: of two commands that want the last of it at once, one is refused.
    """

    def __init__(self, engine: Desk, key: str) -> None:
        self.engine = engine
        self.key = key

    def __repr__(self) -> str:
        return f"<pool {self.key}>"

    def execute(self, /, command: object, **circumstances: Any) -> Outcome:
        """Carry out any command of pools."""
        return self.engine.execute(POOL_CATEGORY, self.key, command, **circumstances)

    def open(
        self, /, *, resource: str | None = None, quantity: Quantity | None = None, **circumstances: Any
    ) -> Outcome:
        """Keep the plan's *resource*, by default the one with its key, in the quantity of the plan or in another."""
        wanted = None if quantity is None else exact(quantity)
        return self.execute(c.OpenPool(resource=resource or self.key, quantity=wanted), **circumstances)

    def add(self, /, quantity: Quantity, *, reason: str, **circumstances: Any) -> Outcome:
        """Tell that there is more."""
        return self.execute(c.AddStock(quantity=exact(quantity), reason=reason), **circumstances)

    def write_off(self, /, quantity: Quantity, *, reason: str, **circumstances: Any) -> Outcome:
        """Tell that there is less."""
        return self.execute(c.WriteOffStock(quantity=exact(quantity), reason=reason), **circumstances)

    def commit(self, /, incident: str, quantity: Quantity, **circumstances: Any) -> Outcome:
        """Promise some of it to the incident with this id."""
        return self.execute(c.CommitStock(incident=incident, quantity=exact(quantity)), **circumstances)

    def use(self, /, incident: str, quantity: Quantity, *, note: str = "", **circumstances: Any) -> Outcome:
        """Put some of what was committed to use."""
        return self.execute(c.UseStock(incident=incident, quantity=exact(quantity), note=note), **circumstances)

    def give_back(
        self, /, incident: str, quantity: Quantity, *, condition: Condition = "usable", **circumstances: Any
    ) -> Outcome:
        """Return some of what was committed; what is not usable does not count until it is added again."""
        command = c.ReturnStock(incident=incident, quantity=exact(quantity), condition=condition)
        return self.execute(command, **circumstances)

    def consume(
        self, /, incident: str, quantity: Quantity, *, cost: Money | None = None, **circumstances: Any
    ) -> Outcome:
        """Tell that some of what was committed is gone; money costs itself."""
        gone = exact(quantity)
        command = c.ConsumeStock(incident=incident, quantity=gone, cost=cost or self._worth(gone))
        return self.execute(command, **circumstances)

    def _worth(self, quantity: Decimal) -> Money | None:
        """Return what *quantity* of it is worth, where it holds money."""
        pool: Pool | None = self.engine.states(POOL_CATEGORY, [self.key]).get(self.key)
        return Money(quantity, pool.unit) if pool is not None and pool.kind == "money" else None

    def inspect(self, /, condition: Condition, *, note: str = "", **circumstances: Any) -> Outcome:
        """Tell whether it can be used."""
        return self.execute(c.InspectPool(condition=condition, note=note), **circumstances)

    def renew_agreement(self, /, until: date, **circumstances: Any) -> Outcome:
        """Tell that the partner promised it up to and with the day *until*."""
        return self.execute(c.RenewAgreement(until=until), **circumstances)

    def close(self, /, *, reason: str, **circumstances: Any) -> Outcome:
        """Keep it no longer."""
        return self.execute(c.ClosePool(reason=reason), **circumstances)

    def state(self, /, **when: Any) -> Pool:
        """Return what it holds, now or as `Reader.state_at` says; raises `NotFound` before it was opened."""
        state: Pool = self.engine.state(POOL_CATEGORY, self.key, **when)
        return state

    def stock(self) -> Stock:
        """Return what it holds and what to see to; raises `NotFound` before it was opened."""
        return stock(self.key, self.state(), self.engine.plans, self.engine.clock().date())

    def events(self) -> tuple[Event, ...]:
        """Return its events, oldest first."""
        return self.engine.events(POOL_CATEGORY, self.key)
