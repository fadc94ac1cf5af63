"""What the response refuses, by public calls: each with its code, and with every reason at once."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from drilling import SCENARIO, TRAINER, engine_for_drills
from engines import codes
from respond.domain.money import Money
from respond.engine.engine import Engine

DUTY, CARE = ({"actor": "li.na", "role": role} for role in ("duty_officer", "customer_care"))
STOCK, DESK = ({"actor": "zhao.min", "role": role} for role in ("logistics", "commander"))


@pytest.fixture
def engine() -> Engine:
    """An engine under a company's plan."""
    return engine_for_drills()


@pytest.fixture
def incident(engine: Engine) -> Any:
    """An incident with a party that was contacted."""
    found = engine.report(category="facility_failure", title="Card terminals down", **DUTY)
    found.register_affected("c-1", **CARE).contact_party("telephone", **CARE)
    return found


def offered(amount: str, currency: str) -> Callable[[Any], list[str]]:
    """Return what is against an offer of that much to the party."""
    money = Money(Decimal(amount), currency)
    return lambda incident: codes(incident.party("c-1").offer_compensation, "money", amount=money, **CARE)


def released(incident: Any) -> list[str]:
    """Return what is against giving back more than came."""
    pool = incident.engine.pool("generators")
    pool.open(**STOCK)
    return codes(pool.give_back, incident.id, 2, **STOCK) + codes(pool.consume, incident.id, 2, **STOCK)


def contradicting(incident: Any) -> list[str]:
    """Return what is against a statement to nobody that rests on key messages that nobody set."""
    told = {"audience": "nobody", "channel": "smoke", "text": " ", "key_messages": 7}
    return codes(incident.draft_statement, "s1", **told, **DESK)


def too_early(incident: Any) -> list[str]:
    """Return what is against the last inject of a drill that has not begun."""
    drill = incident.engine.drill("spring")
    drill.prepare(SCENARIO, **TRAINER)
    return codes(drill.give, "press", **TRAINER)


@pytest.mark.parametrize(
    ("ask", "reasons"),
    [
        (offered("1.50", "USD"), ["currency-wrong", "over-every-limit"]),
        (offered("1.505", "CNY"), ["digits-too-many"]),
        (offered("99999999", "CNY"), ["over-every-limit"]),
        (offered("99999999.123", "USD"), ["currency-wrong", "digits-too-many", "over-every-limit"]),
        (contradicting, ["audience-unknown", "channel-unknown", "statement-missing", "key-messages-unknown"]),
        (released, ["not-committed", "not-committed"]),
        (lambda incident: codes(incident.party("ghost").visit, "satisfied", **CARE), ["not-enabled", "party-unknown"]),
        (too_early, ["inject-before-drill", "inject-out-of-order"]),
    ],
    ids=["currency", "digits", "limit", "money", "words", "stock", "visit", "inject"],
)
def test_bad_input_is_refused(incident, ask, reasons):
    """Every reason is told at once, and the log holds no more than before of what was asked."""
    events = len(incident.events())
    assert ask(incident) == reasons
    assert len(incident.events()) == events
