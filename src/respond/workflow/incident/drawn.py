"""What an incident draws on and spends, as its state keeps it."""

from __future__ import annotations

from decimal import Decimal

import attrs

from respond.domain.events import event_type
from respond.domain.money import Money

NOTHING = Decimal(0)


@event_type()
@attrs.frozen(kw_only=True)
class ExpenseRecorded:
    """Money was spent besides what pools tell."""

    amount: Money
    purpose: str


@attrs.frozen(kw_only=True)
class Spent:
    """An expense, and the entry that records it."""

    entry: str
    expense: ExpenseRecorded


@attrs.frozen(kw_only=True)
class Drawn:
    """How much of one resource was asked for, came, and went, over the whole life of an incident."""

    requested: Decimal = NOTHING
    committed: Decimal = NOTHING
    used: Decimal = NOTHING
    returned: Decimal = NOTHING
    consumed: Decimal = NOTHING

    @property
    def held(self) -> Decimal:
        """What is committed and neither returned nor gone."""
        return self.committed - self.returned - self.consumed

    @property
    def short(self) -> Decimal:
        """How much more was asked for than was ever committed."""
        return max(NOTHING, self.requested - self.committed)
