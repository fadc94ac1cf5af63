"""Pools: what there is of a resource, who holds it, and what became of it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import attrs
import pytest

from engines import REPORTED, engine_on
from play import PLAN, Play
from respond.domain.money import Money
from respond.domain.quantities import flaw_of
from respond.errors import CommandRefused, InvalidInput, NotFound
from respond.plan.authority import AuthorityRule
from respond.plan.resources import Partner, Resource
from respond.plan.spans import Span
from respond.store.memory import MemoryEventStore
from respond.testing.conformance.samples import ManualClock
from respond.workflow.approvals import Approve
from respond.workflow.pool import POOL
from respond.workflow.pool import commands as c

STOCKED = attrs.evolve(
    PLAN,
    name="stocked",
    resources=(
        Resource(
            id="generator",
            title="Generators",
            kind="material",
            quantity=5,
            unit="sets",
            location="Depot",
            inspected_on=date(2026, 10, 1),
            inspect_every=Span(1, "month"),
        ),
        Resource(id="fund", title="Emergency fund", kind="money", amount=Money(Decimal(10000), "CNY")),
        Resource(id="crew", title="Repair crew", kind="people", quantity=8, partner="gridco"),
        Resource(id="expertise", title="Experts", kind="information"),
    ),
    partners=(Partner(id="gridco", title="Grid", agreement="A-7", agreement_until=date(2026, 11, 30)),),
    authority=(
        AuthorityRule(id="all", commands=("*",), roles=("anyone",)),
        AuthorityRule(id="two", commands=("write_off_stock",), roles=("anyone",), n_of=2),
    ),
)
FIVE, TWO, ONE = Decimal(5), Decimal(2), Decimal(1)
OPEN = c.OpenPool(resource="generator")
COMMIT = c.CommitStock(incident="i-1", quantity=TWO)
RETURN = c.ReturnStock(incident="i-1", quantity=ONE)
ROUTES: dict[str, tuple[object, ...]] = {
    "new": (),
    "open": (OPEN, COMMIT),
    "closed": (OPEN, c.ClosePool(reason="sold")),
}
COMMANDS: dict[str, Any] = {
    "open_pool": OPEN,
    "add_stock": c.AddStock(quantity=ONE, reason="bought"),
    "write_off_stock": c.WriteOffStock(quantity=ONE, reason="lost"),
    "commit_stock": COMMIT,
    "use_stock": c.UseStock(incident="i-1", quantity=ONE),
    "return_stock": RETURN,
    "consume_stock": c.ConsumeStock(incident="i-1", quantity=ONE),
    "inspect_pool": c.InspectPool(condition="usable"),
    "renew_agreement": c.RenewAgreement(until=date(2027, 12, 31)),
    "close_pool": c.ClosePool(reason="sold"),
    "approve": Approve(command="write_off_stock"),
}
# Written by hand: - is refused, = stays.
EXPECTED = """
command          new   open    closed
open_pool        open  -       open
add_stock        -     =       -
write_off_stock  -     =       -
commit_stock     -     =       -
use_stock        -     =       -
return_stock     -     =       -
consume_stock    -     =       -
inspect_pool     -     =       -
renew_agreement  -     =       -
close_pool       -     closed  -
approve          -     =       -
"""
HEAD, *ROWS = [line.split() for line in EXPECTED.strip().splitlines()]
CELLS = [(state, row[0], cell) for row in ROWS for state, cell in zip(HEAD[1:], row[1:], strict=True)]


def pool_in(state: str, resource: str = "generator") -> Play:
    """Return a pool of *resource* that stands at *state*."""
    play = Play(POOL, plan=STOCKED, key="p-1")
    for command in ROUTES[state]:
        play.do(attrs.evolve(command, resource=resource) if command is OPEN else command)
    assert play.state.status == state
    return play


def test_the_hand_written_table_is_full():
    """The table has every state and every command of the definition, once."""
    assert HEAD[1:] == ["new", *POOL.states]
    assert [row[0] for row in ROWS] == list(POOL.triggers)


@pytest.mark.parametrize(("state", "trigger", "cell"), CELLS)
def test_cell(state, trigger, cell):
    """A command leads where the table says, stays, or is refused; the table that verifies agrees."""
    play, command = pool_in(state, "crew" if trigger == "renew_agreement" else "generator"), COMMANDS[trigger]
    if trigger == "close_pool" and state == "open":
        play.do(c.ReturnStock(incident="i-1", quantity=TWO))
    if trigger == "write_off_stock" and state == "open":
        play.do(COMMANDS["approve"], actor="wu.bo")
    known = len(play.history)
    if cell == "-":
        with pytest.raises(CommandRefused) as caught:
            play.do(command, actor="li.na")
        assert "not-enabled" in [one.code for one in caught.value.refusals]
        assert len(play.history) == known
        return
    play.do(command, actor="li.na")
    assert play.state.status == (state if cell == "=" else cell)
    assert POOL.table.verify(state, play.history[-1]) is None
    assert POOL.fold(play.history) == play.state


GUARDS = [
    ("new", "generator", attrs.evolve(OPEN, resource="boats"), OPEN, "resource-unknown"),
    ("new", "generator", c.OpenPool(resource="expertise"), OPEN, "quantity-unknown"),
    (
        "new",
        "generator",
        attrs.evolve(OPEN, quantity=Decimal(-1)),
        attrs.evolve(OPEN, quantity=Decimal(0)),
        "quantity-invalid",
    ),
    ("open", "generator", attrs.evolve(COMMIT, quantity=Decimal(0)), COMMIT, "quantity-invalid"),
    ("open", "generator", attrs.evolve(COMMIT, quantity=Decimal("0.00001")), COMMIT, "quantity-invalid"),
    (
        "open",
        "generator",
        attrs.evolve(COMMIT, quantity=Decimal("3.0001")),
        attrs.evolve(COMMIT, quantity=Decimal(3)),
        "stock-short",
    ),
    ("open", "generator", c.WriteOffStock(quantity=Decimal(4), reason="x"), None, "stock-short"),
    ("open", "generator", attrs.evolve(COMMIT, incident=" "), COMMIT, "incident-missing"),
    (
        "open",
        "generator",
        attrs.evolve(RETURN, quantity=Decimal(3)),
        attrs.evolve(RETURN, quantity=TWO),
        "not-committed",
    ),
    ("open", "generator", attrs.evolve(RETURN, incident="i-2"), RETURN, "not-committed"),
    (
        "open",
        "generator",
        c.ConsumeStock(incident="i-1", quantity=Decimal(3)),
        COMMANDS["consume_stock"],
        "not-committed",
    ),
    ("open", "generator", c.UseStock(incident="i-1", quantity=Decimal(3)), COMMANDS["use_stock"], "used-already"),
    ("open", "generator", attrs.evolve(RETURN, condition="lost"), RETURN, "condition-unknown"),
    ("open", "generator", c.InspectPool(condition="fine"), COMMANDS["inspect_pool"], "condition-unknown"),
    ("open", "fund", c.ConsumeStock(incident="i-1", quantity=ONE, cost=Money(ONE, "EUR")), None, "cost-invalid"),
    ("open", "generator", c.ConsumeStock(incident="i-1", quantity=ONE, cost=Money(-ONE, "CNY")), None, "cost-invalid"),
    ("open", "generator", COMMANDS["renew_agreement"], None, "agreement-missing"),
    ("open", "crew", c.RenewAgreement(until=date(2026, 11, 30)), COMMANDS["renew_agreement"], "agreement-shortened"),
    ("open", "generator", c.ClosePool(reason="sold"), None, "still-committed"),
    ("open", "generator", c.AddStock(quantity=ONE, reason=" "), COMMANDS["add_stock"], "reason-missing"),
]


@pytest.mark.parametrize(("state", "resource", "wrong", "right", "code"), GUARDS)
def test_a_guard_refuses_and_lets_pass(state, resource, wrong, right, code):
    """Each guard refuses what breaks its rule, with the numbers, and lets pass what keeps it."""
    play = pool_in(state, resource)
    with pytest.raises(CommandRefused) as caught:
        play.decide(wrong, "li.na")
    assert code in [one.code for one in caught.value.refusals]
    assert right is None or len(play.decide(right, "li.na")) == 1


def test_a_pool_that_is_unusable_gives_nothing():
    """What the last inspection found unusable is not promised until it is inspected again."""
    play = pool_in("open").do(c.InspectPool(condition="unusable"))
    with pytest.raises(CommandRefused, match="pool-unusable"):
        play.decide(COMMIT)
    play.do(c.InspectPool(condition="damaged"))
    assert len(play.decide(COMMIT)) == 1


def test_every_guard_has_a_case():
    """No guard is left out above; those of approvals are cases of the incident's."""
    elsewhere = {"pool-unusable", "approval-unneeded", "approver-missing"}
    assert {guard.code for guard in POOL.guards} - {code for *_, code in GUARDS} == elsewhere
    assert all(guard.rule.startswith("Require ") for guard in POOL.guards)


def test_every_reason_is_told_at_once():
    """A command that breaks several rules learns of each."""
    with pytest.raises(CommandRefused) as caught:
        pool_in("open").do(c.InspectPool(condition="unusable")).decide(attrs.evolve(COMMIT, quantity=FIVE, incident=""))
    assert [one.code for one in caught.value.refusals] == ["incident-missing", "pool-unusable", "stock-short"]


@pytest.mark.parametrize(
    ("quantity", "flaw"),
    [
        (Decimal("1.5"), None),
        (Decimal("1E+3"), None),
        (Decimal(123456789012345678), None),
        (Decimal(1234567890123456789), "too many digits"),
        (Decimal("1E+18"), "too many digits"),
        (Decimal("0.12345"), "too many digits"),
        (Decimal("0.12340"), None),
        (Decimal("NaN"), "not a quantity"),
        (Decimal("Infinity"), "not a quantity"),
        (1.5, "not a quantity"),
        (Decimal(0), "not more than zero"),
    ],
)
def test_quantities_are_exact_and_bounded(quantity, flaw):
    """Eighteen digits, four of them after the point; what is no Decimal is refused."""
    told = flaw_of(quantity)
    assert (told is None) if flaw is None else flaw in str(told)


def test_money_costs_itself():
    """What is consumed of a fund is what it cost; the rule on amounts sees how much is promised."""
    play = pool_in("open", "fund").do(COMMANDS["consume_stock"])
    assert play.history[-1].data.cost == Money(ONE, "CNY")
    assert play.state.available == Decimal(9998)


def test_what_comes_back_damaged_counts_no_more():
    """It is neither free nor promised, until somebody mends it and adds it."""
    play = pool_in("open").do(attrs.evolve(RETURN, quantity=TWO, condition="damaged"))
    assert (play.state.quantity, play.state.damaged, play.state.commitments) == (Decimal(3), TWO, {})


def test_the_use_goes_with_what_is_used():
    """What is consumed was in use; what is given back is first what was not."""
    play = pool_in("open").do(COMMIT, c.UseStock(incident="i-1", quantity=Decimal(3)))
    play.do(c.ConsumeStock(incident="i-1", quantity=ONE))
    assert (play.state.of("i-1").committed, play.state.of("i-1").used) == (Decimal(3), TWO)
    play.do(RETURN)
    assert (play.state.of("i-1").committed, play.state.of("i-1").used) == (TWO, TWO)
    play.do(RETURN)
    assert (play.state.of("i-1").committed, play.state.of("i-1").used) == (ONE, ONE)


class TestEngine:
    """Pools and incidents in one log."""

    @pytest.fixture
    def engine(self):
        """An engine under the stocked plan, at noon of 20 November 2026."""
        clock = ManualClock(datetime(2026, 11, 20, 12, tzinfo=UTC))
        return engine_on(MemoryEventStore(clock=clock), clock, plans=[STOCKED])

    @pytest.fixture
    def incident(self, engine):
        """An incident that needs generators."""
        return engine.report(**REPORTED)

    def test_both_streams_tell_the_same(self, engine, incident):
        """What a pool gives stands in its stream, and in the incident's, once in the story."""
        pool = engine.pool("generator")
        pool.open()
        incident.request_resource("generator", 7, purpose="the shops are dark")
        pool.commit(incident.id, 5, actor="li.na")
        pool.use(incident.id, 3)
        pool.give_back(incident.id, 1)
        pool.consume(incident.id, "1.5", cost=Money(Decimal(300), "CNY"))
        drawn = incident.resources()["generator"]
        assert (drawn.requested, drawn.committed, drawn.returned, drawn.consumed) == (7, 5, 1, Decimal("1.5"))
        assert (drawn.held, drawn.short) == (Decimal("2.5"), 2)
        assert pool.state().of(incident.id).committed == drawn.held
        told = [event.type for event in engine.reader.story(incident.id)]
        assert told == [
            "IncidentReported",
            "ResourceRequested",
            *["ResourceMoved"] * 4,
        ]
        assert [event.type for event in pool.events()][1:] == [
            "StockCommitted",
            "StockUsed",
            "StockReturned",
            "StockConsumed",
        ]

    def test_money_that_is_gone_costs_its_incident_as_much(self, engine, incident):
        """Whoever spends from a fund need not say twice how much: pool, incident and figures know."""
        fund = engine.pool("fund")
        fund.open()
        fund.commit(incident.id, 800)
        fund.consume(incident.id, 300)
        assert incident.events()[-1].data.cost == fund.events()[-1].data.cost == Money(Decimal(300), "CNY")
        assert engine.figures().costs == {"CNY": Decimal(300)}

    def test_what_is_refused_is_written_nowhere(self, engine, incident):
        """Too much, an incident that is not there, and one that is over: the log stays as it was."""
        pool = engine.pool("generator")
        pool.open()
        before = tuple(engine.log())
        with pytest.raises(CommandRefused, match="stock-short"):
            pool.commit(incident.id, 6)
        with pytest.raises(CommandRefused, match="not-enabled"):
            pool.commit("nobody", 1)
        assert tuple(engine.log()) == before
        pool.commit(incident.id, 1)
        incident.cancel(reason="a false alarm")
        with pytest.raises(CommandRefused, match="incident-closed"):
            pool.commit(incident.id, 1)
        assert pool.give_back(incident.id, 1).events

    def test_half_of_it_cannot_be_asked(self, engine, incident):
        """The incident's half is written by the pool only; floats are not exact."""
        from respond.workflow.incident.resources import RecordResource

        with pytest.raises(InvalidInput, match="only in one step"):
            incident.execute(RecordResource(change="committed", pool="generator", quantity=ONE))
        with pytest.raises(InvalidInput, match="not exact"):
            engine.pool("generator").commit(incident.id, 0.5)
        with pytest.raises(InvalidInput, match="is not a number"):
            engine.pool("generator").commit(incident.id, "some")

    def test_stock_says_what_to_see_to(self, engine, incident):
        """Inspections that are overdue, agreements that ended, damage, and what is all given away."""
        with pytest.raises(NotFound):
            engine.pool("generator").stock()
        for name in ("generator", "crew"):
            engine.pool(name).open()
        assert [(one.pool, one.concerns) for one in engine.pools()] == [
            ("generator", ("inspection-overdue",)),
            ("crew", ()),
        ]
        engine.clock.move(days=11)
        engine.pool("generator").inspect("usable")
        engine.pool("generator").commit(incident.id, 5)
        engine.pool("generator").give_back(incident.id, 1, condition="damaged")
        generator, crew = engine.pools()
        assert generator.concerns == ("stock-damaged", "stock-exhausted")
        assert (generator.quantity, generator.held, crew.concerns) == (4, {incident.id: 4}, ("agreement-expired",))
        engine.pool("crew").renew_agreement(date(2027, 11, 30))
        assert engine.pool("crew").stock().concerns == ()

    def test_expenses_are_corrected_and_retracted(self, engine, incident):
        """What was spent besides pools is kept by its last word."""
        incident.record_expense(Money(Decimal(120), "CNY"), purpose="water")
        incident.record_expense(Money(Decimal(80), "CNY"), purpose="taxi")
        first, second = (one.entry for one in incident.state().expenses)
        incident.correct(first, {"purpose": "drinking water"}, reason="clearer")
        incident.retract(second, reason="was not paid")
        (left,) = incident.state().expenses
        assert (left.expense.purpose, left.expense.amount) == ("drinking water", Money(Decimal(120), "CNY"))
        with pytest.raises(CommandRefused, match="expense-invalid"):
            incident.record_expense(Money(Decimal(-1), "CNY"), purpose="water")
        with pytest.raises(CommandRefused, match="not-requested"):
            incident.withdraw_request("generator", 1, reason="none asked for")

    def test_a_pool_that_was_closed_is_opened_anew(self, engine, incident):
        """It begins with what the plan says, or with what is told."""
        pool = engine.pool("generator")
        pool.open()
        pool.commit(incident.id, 1)
        with pytest.raises(CommandRefused, match="still-committed"):
            pool.close(reason="sold")
        pool.consume(incident.id, 1)
        pool.close(reason="sold")
        pool.open(quantity=2)
        assert (pool.state().quantity, len(pool.events())) == (2, 5)
