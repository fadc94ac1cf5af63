"""Quantities: exact numbers of what can be counted, measured or paid."""

from __future__ import annotations

from decimal import Decimal

PLACES = 4
"""How many digits may follow the point."""
DIGITS = 18
"""How many digits there may be in all."""


def flaw_of(quantity: object, *, zero: bool = False) -> str | None:
    """Return what is wrong with *quantity*, None for a finite Decimal above zero; *zero* lets that pass too."""
    if not isinstance(quantity, Decimal) or not quantity.is_finite():
        return f"{quantity!r} is not a quantity; give a finite Decimal"
    if quantity < 0 or (quantity == 0 and not zero):
        return f"{quantity} is not {'zero or more' if zero else 'more than zero'}"
    _, digits, exponent = quantity.normalize().as_tuple()
    places = max(0, -int(exponent))
    if places > PLACES or max(len(digits), len(digits) + int(exponent)) > DIGITS:
        return f"{quantity} has too many digits; {DIGITS} are taken, {PLACES} of them after the point"
    return None
