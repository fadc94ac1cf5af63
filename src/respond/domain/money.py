"""Money: an exact amount and its currency."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal

import attrs

from respond.errors import InvalidRecord

_CURRENCY = re.compile(r"[A-Z]{3}")
DIGITS_MAX = 15
"""The most digits before the point that an amount to be paid may have."""
_DECIMALS = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND"), 0),
    **dict.fromkeys(("VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}
"""The minor units of ISO 4217 that are not 2."""
_OTHERS = """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW
CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS
INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN
NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC
SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG
"""
CURRENCIES = frozenset(_DECIMALS).union(_OTHERS.split())
"""The currencies of ISO 4217 that have a minor unit, and two withdrawn of late, ANG and BGN."""


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


def decimals_of(currency: str) -> int:
    """Return how many digits behind the point amounts of *currency* have: the minor unit of ISO 4217."""
    return _DECIMALS.get(currency, 2)


def digits_behind(amount: Decimal) -> int:
    """Return how many digits *amount*, a finite one, has behind the point."""
    return max(0, -int(amount.as_tuple().exponent))


def digits_flaw(amount: Decimal, currency: str) -> str | None:
    """Return the digits that *amount* has too many of; None when *currency* has them, and books take them."""
    decimals = decimals_of(currency)
    if digits_behind(amount) > decimals:
        return f"{amount} {currency} has more than {decimals} digits behind the point; {currency} has no more"
    if amount.adjusted() >= DIGITS_MAX:
        return f"{currency} {amount:E} has more than {DIGITS_MAX} digits before the point"
    return None


def sums_of(amounts: Iterable[Money | None]) -> Mapping[str, Decimal]:
    """Return what *amounts* add up to, by currency; None is no money."""
    sums: dict[str, Decimal] = {}
    for one in amounts:
        if one is not None:
            sums[one.currency] = sums.get(one.currency, Decimal(0)) + one.amount
    return dict(sorted(sums.items()))
