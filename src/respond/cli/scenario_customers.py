"""The part of the demo's story that is about the customers: told, spoken to, comforted."""

from __future__ import annotations

from typing import Any

from respond.cli.story import INCIDENT, Step, clock
from respond.workflow.party import PARTY_CATEGORY
from respond.workflow.party import commands as p

SHOPPERS = "shoppers"
"""The key of the customers, who are one party."""
UNVISITED = f"visit:{SHOPPERS}"
"""The promise that nobody can keep."""


def _step(tells: str, command: object, hours: int, minutes: int, *, days: int = 0) -> Step:
    told: dict[str, Any] = {"actor": "lin.tao", "role": "customer_care", "category": PARTY_CATEGORY, "key": SHOPPERS}
    return Step(**told, at=clock(hours, minutes, days=days), tells=tells, command=command)


CUSTOMERS = (
    _step(
        "The customers concerned are registered together: who pays in a shop leaves no name.",
        p.RegisterAffected(incident=INCIDENT, customers=1200, group="tried to pay by card in the north"),
        10,
        39,
    ),
    _step(
        "They are spoken to: the first contact that the plan promises.",
        p.ContactParty(incident=INCIDENT, channel="telephone, message", text="120 called, 1,080 written to"),
        10,
        40,
    ),
    _step(
        "They hear that it goes on.",
        p.ContactParty(incident=INCIDENT, channel="message", text="Two shops fail again; cash works everywhere."),
        11,
        30,
    ),
    _step(
        "The company says that it is sorry.",
        p.Apologise(incident=INCIDENT, by="the company", form="message", text="with a voucher of 20 CNY"),
        1,
        30,
        days=1,
    ),
    _step(
        "Those who were asked hold it to be settled.",
        p.SettleCase(incident=INCIDENT, solution="cards work again, and the voucher is taken"),
        5,
        30,
        days=4,
    ),
)
