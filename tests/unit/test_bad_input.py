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
from respond.errors import CommandRefused, InvalidCircumstances

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


def worthless(incident: Any) -> list[str]:
    """Return what is against a service that does not say what it is worth."""
    return codes(incident.party("c-1").offer_compensation, "extra_service", text="free for ten years", **CARE)


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


def told(ask: Callable[..., object], *args: Any, **fields: Any) -> list[tuple[str, str]]:
    """Return the code of each reason against the command, with the first field that it names."""
    with pytest.raises(CommandRefused) as caught:
        ask(*args, **fields)
    return [(one.code, one.text.split(":")[0]) for one in caught.value.refusals]


def yuan(amount: str, currency: str = "CNY") -> Money:
    """Return that much money."""
    return Money(Decimal(amount), currency)


@pytest.mark.parametrize(
    ("amount", "flaws"),
    [
        (yuan("1.234"), ["digits-too-many"]),
        (yuan("1.5", "JPY"), ["digits-too-many"]),
        (yuan("1E+15"), ["digits-too-many"]),
        (yuan("5", "ZZZ"), ["currency-unknown"]),
        (yuan("5.001", "XXX"), ["currency-unknown", "digits-too-many"]),
    ],
    ids=str,
)
def test_money_of_any_command(engine, incident, amount, flaws):
    """What no books take is refused wherever a command holds money, by the name of its field."""
    generators = engine.pool("generators")
    generators.open(**STOCK)
    generators.commit(incident.id, 1, **STOCK)
    for ask, field in (
        (lambda: incident.record_expense(amount, purpose="taxi", **STOCK), "amount"),
        (lambda: incident.assess(loss=amount, **DUTY), "loss"),
        (lambda: generators.consume(incident.id, 1, cost=amount, **STOCK), "cost"),
    ):
        assert [one for one in told(ask) if one[0] in flaws] == [(code, field) for code in flaws]


def test_a_quantity_of_money(engine, incident):
    """A pool of money counts in the digits of its currency, from when it is opened."""
    fund = engine.pool("emergency_fund")
    part = Decimal("100.001")
    assert codes(fund.open, quantity=part, **STOCK) == ["quantity-invalid"]
    fund.open(**STOCK)
    fund.commit(incident.id, 1000, **STOCK)
    for ask in (fund.commit, fund.use, fund.give_back, fund.consume):
        assert "quantity-invalid" in codes(ask, incident.id, part, **STOCK)
    fund.consume(incident.id, Decimal("100.01"), **STOCK)


def test_money_that_books_take(incident):
    """Other currencies than those of the plan are taken, each with its own digits."""
    for amount in (yuan("1.23"), yuan("150", "JPY"), yuan("0.125", "KWD"), yuan("999999999999999.99", "EUR")):
        incident.record_expense(amount, purpose="taxi", **STOCK)
    assert len(incident.state().expenses) == 4


def test_money_that_is_corrected(incident):
    """A correction brings no amount in that the command would not."""
    incident.record_expense(yuan("5.00"), purpose="taxi", **STOCK)
    entry = incident.state().expenses[0].entry
    for wrong, why in ((yuan("5.001"), "digits behind the point"), (yuan("5", "ZZZ"), "no currency of ISO 4217")):
        for amount in (wrong, {"amount": str(wrong.amount), "currency": wrong.currency}):
            with pytest.raises(CommandRefused, match=f"{why}.*correction-invalid"):
                incident.correct(entry, {"amount": amount}, reason="receipt", **DESK)


@pytest.mark.parametrize("changes", [{"amount": yuan("-5.00")}, {"amount": yuan("0.00")}, {"purpose": " "}])
def test_an_expense_is_corrected_to_one_that_can_be(incident, changes):
    """A correction makes no expense negative, nor one for nothing."""
    incident.record_expense(yuan("5.00"), purpose="taxi", **STOCK)
    entry = incident.state().expenses[0].entry
    assert codes(incident.correct, entry, changes=changes, reason="receipt", **DESK) == ["correction-invalid"]
    assert incident.correct(entry, changes={"amount": yuan("4.00")}, reason="receipt", **DESK).events


LONG, HALF = "断" * 40_000, "\udc80"


@pytest.mark.parametrize(
    "field", ["actor", "role", "on_behalf_of", "command_id", "correlation_id", "causation_id", "break_glass"]
)
@pytest.mark.parametrize(("text", "code"), [(LONG, "text-too-long"), (HALF, "text-not-unicode")])
def test_circumstances(incident, field, text, code):
    """A text of who asks, and why, is refused by its name as those of commands are, before anything else."""
    events = len(incident.events())
    with pytest.raises(InvalidCircumstances, match=f"{field}.*{code}") as caught:
        incident.note("x", **{**DUTY, field: text})
    assert [one.code for one in caught.value.refusals] == [code]
    assert len(incident.events()) == events


def test_circumstances_tell_every_reason(incident):
    """What is too long and what is broken is told at once, as data too."""
    with pytest.raises(InvalidCircumstances) as caught:
        incident.explain("note", actor=LONG, break_glass=HALF)
    assert [one.code for one in caught.value.refusals] == ["text-too-long", "text-not-unicode"]
    assert caught.value.as_dict()["code"] == "invalid-circumstances"


def test_every_negative_estimate_is_named(incident):
    """Of several estimates below zero each is named."""
    with pytest.raises(CommandRefused, match=r"injured is -1, sites is -2, loss is -3 CNY; it must be 0 or more"):
        incident.assess(injured=-1, sites=-2, loss=yuan("-3"), **DUTY)


@pytest.mark.parametrize(
    ("ask", "reasons"),
    [
        (offered("1.50", "USD"), ["currency-wrong", "over-every-limit"]),
        (offered("1.505", "CNY"), ["digits-too-many"]),
        (offered("99999999", "CNY"), ["over-every-limit"]),
        (offered("99999999.123", "USD"), ["currency-wrong", "digits-too-many", "over-every-limit"]),
        (worthless, ["offer-undescribed"]),
        (contradicting, ["audience-unknown", "channel-unknown", "statement-missing", "key-messages-unknown"]),
        (released, ["not-committed", "not-committed"]),
        (lambda incident: codes(incident.party("ghost").visit, "satisfied", **CARE), ["not-enabled", "party-unknown"]),
        (too_early, ["inject-before-drill", "inject-out-of-order"]),
    ],
    ids=["currency", "digits", "limit", "money", "worth", "words", "stock", "visit", "inject"],
)
def test_bad_input_is_refused(incident, ask, reasons):
    """Every reason is told at once, and the log holds no more than before of what was asked."""
    events = len(incident.events())
    assert ask(incident) == reasons
    assert len(incident.events()) == events
