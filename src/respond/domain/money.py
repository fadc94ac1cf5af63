"""Money: an exact amount and its currency."""

from __future__ import annotations

import re
from decimal import Decimal

import attrs

from respond.errors import InvalidRecord

_CURRENCY = re.compile(r"[A-Z]{3}")


@attrs.frozen
class Money:
    """An amount of money; the currency is an ISO 4217 code."""

    amount: Decimal
    currency: str

    def __attrs_post_init__(self) -> None:
        given: object = self.amount
        if not isinstance(given, Decimal) or not given.is_finite():
            raise InvalidRecord(f"{given!r} is not an amount; give a finite Decimal", place="amount", value=given)
        if not _CURRENCY.fullmatch(self.currency):
            raise InvalidRecord(f"{self.currency!r} is not a currency; write a code such as CNY", place="currency")

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"
