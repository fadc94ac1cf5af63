"""The case of an affected party: every state and command, every guard, and who may offer how much."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import attrs
import pytest

from play import PLAN, Play
from respond.domain.money import Money, decimals_of
from respond.domain.references import Actor
from respond.errors import CommandRefused
from respond.plan.authority import AuthorityRule
from respond.plan.customer_care import CompensationLimit, CustomerCare
from respond.plan.organisation import Role
from respond.workflow.approvals import Approve
from respond.workflow.definition import TEXT_MAX
from respond.workflow.party import PARTY
from respond.workflow.party import commands as c
from respond.workflow.party import events as e


def yuan(amount: str) -> Money:
    """Return an amount in the currency of the plan."""
    return Money(Decimal(amount), "CNY")


CARING = attrs.evolve(
    PLAN,
    name="caring",
    roles=(Role(id="agent", title="Agent"), Role(id="commander", title="Commander"), Role(id="guest", title="Guest")),
    customer_care=CustomerCare(
        limits=(
            CompensationLimit(role="agent", up_to=yuan("200")),
            CompensationLimit(role="commander", up_to=yuan("5000")),
        )
    ),
    authority=(
        AuthorityRule(id="all", commands=("*",), roles=("anyone",)),
        AuthorityRule(id="two", commands=("pay_compensation",), roles=("anyone",), n_of=2),
    ),
)
AGENT = Actor("li.na", role="agent")
COMMANDER = Actor("chen.yu", role="commander")
OF = {"incident": "i-1"}
REGISTER = c.RegisterAffected(**OF)
CONTACT = c.ContactParty(**OF, channel="telephone")
OFFER = c.OfferCompensation(**OF, form="money", amount=yuan("150.50"))
HIGH = c.OfferCompensation(**OF, form="money", amount=yuan("300"))
ACCEPT = c.AcceptCompensation(**OF, offer=1)
REJECT = c.RejectCompensation(**OF, offer=1, reason="too little")
PAY = c.PayCompensation(**OF, offer=1, reference="B-1")
SETTLE = c.SettleCase(**OF, solution="paid back")
VISIT = c.Visit(**OF, outcome="satisfied")
CLOSE = c.CloseCase(**OF, reason="done")
ROUTES: dict[str, tuple[object, ...]] = {
    "new": (),
    "registered": (REGISTER,),
    "contacted": (REGISTER, CONTACT),
    "offered": (REGISTER, CONTACT, OFFER),
    "agreed": (REGISTER, CONTACT, OFFER, ACCEPT),
    "settled": (REGISTER, CONTACT, SETTLE),
    "visited": (REGISTER, CONTACT, SETTLE, VISIT),
    "closed": (REGISTER, CONTACT, CLOSE),
}
COMMANDS: dict[str, Any] = {
    "register_affected": c.RegisterAffected(**OF, customers=7),
    "contact_party": c.ContactParty(**OF, channel="letter"),
    "listen": c.Listen(**OF, need="a receipt"),
    "apologise": c.Apologise(**OF, by="chen.yu", form="in person"),
    "offer_compensation": c.OfferCompensation(**OF, form="fee_waiver", amount=yuan("20")),
    "approve_compensation": c.ApproveCompensation(**OF, offer=1),
    "accept_compensation": ACCEPT,
    "reject_compensation": REJECT,
    "pay_compensation": PAY,
    "settle_case": c.SettleCase(**OF, solution="a new card"),
    "visit": c.Visit(**OF, outcome="dissatisfied"),
    "close_case": c.CloseCase(**OF, reason="moved away"),
    "reopen_case": c.ReopenCase(**OF, reason="it is not solved"),
    "approve": Approve(command="pay_compensation", about="1"),
}
# Written by hand: - is refused, = stays.
EXPECTED = """
command               new         registered  contacted  offered    agreed   settled    visited    closed
register_affected     registered  -           -          -          -        -          -          -
contact_party         -           contacted   =          =          =        =          =          -
listen                -           -           =          =          =        =          =          -
apologise             -           =           =          =          =        =          =          -
offer_compensation    -           -           offered    -          offered  -          -          -
approve_compensation  -           -           -          =          -        -          -          -
accept_compensation   -           -           -          agreed     -        -          -          -
reject_compensation   -           -           -          contacted  -        -          -          -
pay_compensation      -           -           -          =          =        -          -          -
settle_case           -           -           settled    -          settled  -          -          -
visit                 -           -           -          -          -        visited    =          -
close_case            -           closed      closed     closed     closed   closed     closed     -
reopen_case           -           -           -          -          -        contacted  contacted  contacted
approve               -           =           =          =          =        =          =          =
"""
HEAD, *ROWS = [line.split() for line in EXPECTED.strip().splitlines()]
CELLS = [(state, row[0], cell) for row in ROWS for state, cell in zip(HEAD[1:], row[1:], strict=True)]


def party_in(state: str) -> Play:
    """Return a party whose case stands at *state*."""
    play = Play(PARTY, plan=CARING, key="c-1").do(*ROUTES[state], actor=AGENT)
    assert play.state.status == state
    return play


def stage(state: str, trigger: str) -> tuple[Play, object]:
    """Return a party at *state*, and a command for *trigger* that no guard has anything against."""
    if (state, trigger) == ("offered", "approve_compensation"):
        return Play(PARTY, plan=CARING, key="c-1").do(REGISTER, CONTACT, HIGH, actor=AGENT), COMMANDS[trigger]
    if (state, trigger) == ("offered", "pay_compensation"):
        return party_in("agreed").do(HIGH, actor=AGENT), PAY
    if (state, trigger) in {("agreed", "settle_case"), ("agreed", "close_case")}:
        paid = e.CompensationPaid(offer=1, reference="B-1")
        return party_in("agreed").record(paid), COMMANDS[trigger]
    return party_in(state), COMMANDS[trigger]


def codes(caught: Any) -> list[str]:
    """Return the codes of a refusal."""
    return [one.code for one in caught.value.refusals]


def test_the_hand_written_table_is_full():
    """The table has every state and every command of the definition, once."""
    assert HEAD[1:] == ["new", *PARTY.states]
    assert [row[0] for row in ROWS] == list(PARTY.triggers)


@pytest.mark.parametrize(("state", "trigger", "cell"), CELLS)
def test_cell(state, trigger, cell):
    """A command leads where the table says, stays, or is refused; the table that verifies agrees."""
    play, command = stage(state, trigger)
    if trigger == "pay_compensation" and cell != "-":
        play.record(*play.decide(Approve(command=trigger, about="1"), "somebody"), actor="somebody")
    known = len(play.history)
    if cell == "-":
        if play.workflow.handler_of[trigger].done(play.situation(command)):
            assert play.decide(command) == ()
            return
        with pytest.raises(CommandRefused) as caught:
            play.do(command, actor=COMMANDER)
        assert "not-enabled" in codes(caught)
        assert len(play.history) == known
        return
    play.do(command, actor=COMMANDER)
    assert play.state.status == (state if cell == "=" else cell)
    assert PARTY.table.verify(state, play.history[-1]) is None
    assert PARTY.fold(play.history) == play.state


GUARDS = [
    ("new", c.RegisterAffected(**OF, customers=0), REGISTER, "customers-not-positive"),
    ("registered", attrs.evolve(CONTACT, channel=" "), CONTACT, "channel-missing"),
    ("registered", attrs.evolve(CONTACT, outcome="shouted"), CONTACT, "outcome-unknown"),
    ("contacted", c.Listen(**OF), COMMANDS["listen"], "nothing-heard"),
    ("contacted", c.Apologise(**OF, by="", form="in person"), COMMANDS["apologise"], "apology-unsigned"),
    ("contacted", attrs.evolve(OFFER, form="a song"), OFFER, "form-unknown"),
    ("contacted", attrs.evolve(OFFER, amount=None), OFFER, "offer-undescribed"),
    ("contacted", attrs.evolve(OFFER, form="extra_service", amount=None), OFFER, "offer-undescribed"),
    ("contacted", attrs.evolve(OFFER, form="extra_service", amount=None, text="free"), OFFER, "offer-undescribed"),
    (
        "contacted",
        attrs.evolve(OFFER, amount=yuan("0")),
        attrs.evolve(OFFER, amount=yuan("0.01")),
        "amount-not-positive",
    ),
    ("contacted", attrs.evolve(OFFER, amount=Money(Decimal(5), "EUR")), OFFER, "currency-wrong"),
    ("contacted", attrs.evolve(OFFER, amount=yuan("1.005")), OFFER, "digits-too-many"),
    ("contacted", attrs.evolve(OFFER, amount=yuan("1E+15")), OFFER, "digits-too-many"),
    ("contacted", attrs.evolve(OFFER, amount=yuan("5000.01")), OFFER, "over-every-limit"),
    ("contacted", attrs.evolve(OFFER, text="x" * (TEXT_MAX + 1)), OFFER, "text-too-long"),
    ("offered", attrs.evolve(ACCEPT, offer=2), ACCEPT, "offer-not-open"),
    ("offered", attrs.evolve(REJECT, reason=" "), REJECT, "reason-missing"),
    ("agreed", attrs.evolve(PAY, offer=2), PAY, "offer-not-accepted"),
    ("agreed", attrs.evolve(PAY, reference=""), PAY, "reference-missing"),
    ("agreed", SETTLE, None, "compensation-unpaid"),
    ("agreed", CLOSE, None, "compensation-unpaid"),
    ("contacted", attrs.evolve(SETTLE, solution=""), SETTLE, "solution-missing"),
    ("settled", attrs.evolve(VISIT, outcome="happy"), VISIT, "impression-unknown"),
    ("visited", attrs.evolve(CLOSE, reason=""), CLOSE, "reason-missing"),
    ("visited", c.ReopenCase(**OF, reason=""), COMMANDS["reopen_case"], "reason-missing"),
    ("offered", c.ApproveCompensation(**OF, offer=1), None, "approval-not-owed"),
]


@pytest.mark.parametrize(("state", "bad", "good", "code"), GUARDS)
def test_each_guard_refuses(state, bad, good, code):
    """What is wrong is refused by its code, and what is right is not."""
    play = party_in(state)
    if isinstance(bad, c.PayCompensation):
        play.do(Approve(command="pay_compensation", about="1"), actor="somebody")
    with pytest.raises(CommandRefused) as caught:
        play.do(bad, actor=COMMANDER)
    assert code in codes(caught)
    if good is not None:
        assert play.decide(good, COMMANDER)


def test_every_reason_is_told():
    """An offer in the wrong currency, with too many digits, above every limit: all at once, with the place."""
    play = party_in("contacted")
    with pytest.raises(CommandRefused) as caught:
        play.do(
            attrs.evolve(OFFER, amount=Money(Decimal("9000.005"), "EUR"), form="a song"), actor=Actor("x", role="y")
        )
    assert codes(caught) == ["role-unknown", "form-unknown", "currency-wrong", "digits-too-many", "over-every-limit"]
    assert "agent up to 200 CNY, commander up to 5000 CNY" in str(caught.value)
    assert len(play.history) == 2


class TestLimits:
    """Who may offer how much."""

    def test_an_offer_within_the_limit_needs_nobody(self):
        """Up to the limit of the role, the party may accept at once."""
        assert (
            not party_in("contacted")
            .do(attrs.evolve(OFFER, amount=yuan("200")), actor=AGENT)
            .state.offers[0]
            .approval_owed
        )

    @pytest.mark.parametrize("actor", [AGENT, Actor("guest", role="guest"), Actor("nobody")])
    def test_an_offer_above_it_waits(self, actor):
        """Above the limit of the role, or without any, the offer is made and cannot be accepted yet."""
        play = party_in("contacted").do(HIGH, actor=actor)
        assert play.state.offers[0].approval_owed
        with pytest.raises(CommandRefused) as caught:
            play.do(ACCEPT, actor=AGENT)
        assert codes(caught) == ["approval-missing"]
        play.do(COMMANDS["approve_compensation"], actor=COMMANDER).do(ACCEPT, actor=AGENT)
        assert (play.state.status, play.state.offers[0].approved_by) == ("agreed", "chen.yu")
        assert play.decide(COMMANDS["approve_compensation"], COMMANDER) == ()

    @pytest.mark.parametrize(
        ("actor", "why"),
        [
            (Actor("an.yu", role="agent"), ["over-own-limit"]),
            (Actor("an.yu"), ["over-own-limit"]),
            (None, ["over-own-limit", "approved-by-offerer"]),
            (Actor("li.na", role="commander"), ["approved-by-offerer"]),
            (Actor("an.yu", role="commander", on_behalf_of="li.na"), ["approved-by-offerer"]),
            (Actor("wu.bo", role="commander"), ["approved-by-offerer"]),
        ],
    )
    def test_who_may_not_approve(self, actor, why):
        """Not who has too low a limit, and not whoever made the offer."""
        play = party_in("contacted").do(HIGH, actor=attrs.evolve(AGENT, on_behalf_of="wu.bo"))
        with pytest.raises(CommandRefused) as caught:
            play.do(COMMANDS["approve_compensation"], actor=actor)
        assert codes(caught) == why

    def test_an_offer_is_somebody_s(self):
        """Where there are limits, whoever offers is named: else nobody could tell who else approves it."""
        with pytest.raises(CommandRefused) as caught:
            party_in("contacted").do(HIGH)
        assert codes(caught) == ["offerer-missing"]

    def test_the_limit_is_for_all_offers_together(self):
        """Small offers do not add up to more than the role may offer; what was rejected is free again."""
        play = party_in("agreed").do(attrs.evolve(OFFER, amount=yuan("49.50")), actor=AGENT)
        assert not play.state.offers[1].approval_owed
        play.do(attrs.evolve(REJECT, offer=2), actor=AGENT)
        assert play.state.status == "agreed"
        play.do(attrs.evolve(OFFER, amount=yuan("49.51")), actor=AGENT)
        assert play.state.offers[2].approval_owed
        with pytest.raises(CommandRefused, match="over-every-limit"):
            party_in("agreed").do(attrs.evolve(OFFER, amount=yuan("4849.51")), actor=COMMANDER)

    def test_a_plan_without_limits_bars_no_amount(self):
        """Nothing is above a limit that nobody set, in whatever currency; its digits count all the same."""
        free = attrs.evolve(CARING, customer_care=None)
        play = Play(PARTY, plan=free, key="c-1").do(REGISTER, CONTACT)
        yen = attrs.evolve(OFFER, amount=Money(Decimal(90000), "JPY"))
        assert not play.decide(yen)[0].approval_owed
        with pytest.raises(CommandRefused, match="digits-too-many"):
            play.do(attrs.evolve(OFFER, amount=Money(Decimal("9.5"), "JPY")))

    def test_rules_of_authority_see_the_amount(self):
        """A rule with `up_to` is asked with what the party is offered altogether, and a payment with what is paid."""
        rules = (
            AuthorityRule(
                id="small", commands=("offer_compensation", "pay_compensation"), roles=("anyone",), up_to=yuan("200")
            ),
            AuthorityRule(
                id="rest", commands=("contact_party", "accept_compensation", "register_affected"), roles=("anyone",)
            ),
        )
        ruled = attrs.evolve(CARING, authority=rules)
        play = Play(PARTY, plan=ruled, key="c-1").do(REGISTER, CONTACT, OFFER, ACCEPT, PAY, actor=AGENT)
        assert play.state.offers[0].status == "paid"
        with pytest.raises(CommandRefused, match=r"no rule of the plan lets anyone offer_compensation of 200\.50 CNY"):
            play.do(attrs.evolve(OFFER, amount=yuan("50.00")), actor=AGENT)

    @pytest.mark.parametrize(("currency", "digits"), [("CNY", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4), ("XXX", 2)])
    def test_digits_of_a_currency(self, currency, digits):
        """Each currency has its own minor unit."""
        assert decimals_of(currency) == digits


class TestCase:
    """How a case goes on."""

    def test_who_is_not_reached_is_not_contacted(self):
        """An attempt is kept, and the case stands where it stood."""
        play = party_in("registered").do(attrs.evolve(CONTACT, outcome="unreachable"), actor=AGENT)
        assert (play.state.status, len(play.state.contacts)) == ("registered", 1)
        play.do(CLOSE, c.ReopenCase(**OF, reason="an address was found"), actor=AGENT)
        assert play.state.status == "registered"

    def test_a_visit_that_meets_nobody_is_none(self):
        """It is kept, each time; the last word of those that met counts for satisfaction."""
        gone = attrs.evolve(VISIT, outcome="unreachable")
        play = party_in("settled").do(gone, gone, actor=AGENT)
        assert (play.state.status, len(play.state.visits), play.state.satisfied) == ("settled", 2, None)
        play.do(VISIT, gone, actor=AGENT)
        assert (play.state.status, play.state.satisfied) == ("visited", True)

    def test_an_offer_that_nobody_answered_lapses(self):
        """After the case is closed and reopened it can be neither accepted nor counted."""
        play = party_in("offered").do(CLOSE, c.ReopenCase(**OF, reason="a letter came"), actor=AGENT)
        assert (play.state.status, play.state.offers[0].status) == ("contacted", "lapsed")
        play.do(attrs.evolve(OFFER, amount=yuan("200")), actor=AGENT)
        assert not play.state.offers[1].approval_owed
        with pytest.raises(CommandRefused, match="offer-not-open"):
            play.do(ACCEPT, actor=AGENT)

    def test_done_already(self):
        """What was done is not done twice; two contacts in the same words are two."""
        listen, apologise = COMMANDS["listen"], COMMANDS["apologise"]
        play = party_in("contacted").do(listen, apologise, OFFER, actor=AGENT)
        assert [play.decide(one, AGENT) for one in (REGISTER, listen, apologise, OFFER)] == [(), (), (), ()]
        assert play.decide(CONTACT, AGENT)
        play.do(ACCEPT, Approve(command="pay_compensation", about="1"), actor=AGENT).do(PAY, actor=COMMANDER)
        play.do(SETTLE, actor=AGENT)
        assert [play.decide(one, AGENT) for one in (ACCEPT, PAY, SETTLE)] == [(), (), ()]
        play.do(VISIT, actor=AGENT)
        assert play.decide(VISIT, AGENT) == ()
        again = attrs.evolve(VISIT, text="once more")
        assert play.do(again, actor=AGENT).decide(again, AGENT) == ()
        play.do(CLOSE, actor=AGENT)
        assert play.decide(CLOSE, AGENT) == ()
        play.do(c.ReopenCase(**OF, reason="not solved"), actor=AGENT)
        assert play.decide(apologise, AGENT)
        rejected = party_in("offered").do(REJECT, actor=AGENT)
        assert rejected.decide(REJECT, AGENT) == ()

    def test_any_text_survives(self):
        """Text of 100 kB in any script is kept unchanged."""
        text = "客户说\u200e\U0001f600\n" * (TEXT_MAX // 24)
        play = party_in("contacted").do(c.Listen(**OF, complaint=text), actor=AGENT)
        assert play.state.heard[0].complaint == text
