"""Whatever is asked of affected parties and of their incidents, by whomever: what always holds."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from engines import engine_on, responding
from play import PLAN
from respond.domain.money import Money
from respond.errors import CommandRefused
from respond.plan.customer_care import CompensationLimit, CustomerCare
from respond.plan.organisation import Role
from respond.plan.owed import verdict
from respond.plan.spans import Span
from respond.store.memory import MemoryEventStore
from respond.testing.conformance.samples import ManualClock
from respond.workflow.incident import INCIDENT
from respond.workflow.incident.parties import CaseStepRecorded
from respond.workflow.party import PARTY
from respond.workflow.party import events as e
from respond.workflow.party.state import STANDING, total

LIMITS = {"agent": Decimal(200), "commander": Decimal(500)}
CARING = attrs.evolve(
    PLAN,
    name="caring",
    roles=tuple(Role(id=role, title=role) for role in LIMITS),
    customer_care=CustomerCare(
        first_contact=Span(2, "hour"),
        update_every=Span(5, "hour"),
        apology=True,
        visit_within=Span(2, "day"),
        limits=tuple(CompensationLimit(role=role, up_to=Money(limit, "CNY")) for role, limit in LIMITS.items()),
    ),
)
KEYS = ("c-1", "c-2")
PEOPLE = (("li.na", "agent"), ("chen.yu", "commander"), ("wu.bo", "agent"), ("wu.bo", "commander"), ("an.yu", None))
ABLE = {"chen.yu", "wu.bo"}
"""Who has the higher limit."""
AMOUNTS = ("300", "150", "300", "350.50", "501", "0.005")
BARS = frozenset({"settlement", "apology", "visit"})
APT: dict[str, tuple[str, ...]] = {
    "new": ("register",),
    "registered": ("contact", "contact", "contact", "miss"),
    "contacted": ("offer", "offer", "offer", "offer", "listen", "settle"),
    "offered": ("approve", "accept", "approve", "accept", "reject"),
    "agreed": ("pay", "settle", "pay", "settle", "offer"),
    "settled": ("visit", "visit", "absent", "reopen"),
    "visited": ("apologise", "close", "reopen"),
    "closed": ("reopen",),
}
"""What people do in each state of a case when they do not err."""
EVERY = tuple(dict.fromkeys(step for steps in APT.values() for step in steps))
LEADS = ("resolve", "close", "waive", "reopen")


@attrs.frozen
class Move:
    """What is asked next: the numbers pick from what there is."""

    kind: str
    pick: int
    key: str
    who: int
    amount: int
    errs: bool


MOVES = st.builds(
    Move,
    st.sampled_from(("care",) * 16 + ("lead",) * 3 + ("merge", "wait")),
    st.integers(0, 11),
    st.sampled_from(("c-1", "c-1", "c-1", "c-2")),
    st.integers(0, len(PEOPLE) - 1),
    st.integers(0, len(AMOUNTS) - 1),
    st.integers(0, 6).map(lambda number: number == 0),
)


class Customers:
    """People care for customers of two incidents that may be merged, err, and repeat themselves, while time passes."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.engine = engine_on(MemoryEventStore(clock=self.clock), self.clock, plans=(CARING,))
        self.incidents = [responding(self.engine), responding(self.engine)]
        self.incidents[0].register_affected("c-1").contact_party("telephone")
        self.done: Counter[str] = Counter()
        """What was carried out."""

    def make(self, move: Move) -> None:
        """Ask what *move* says, and see that a refusal tells reasons and leaves the log as it was."""
        name, ask = self.asked(move)
        before = len(tuple(self.engine.reader.log()))
        refused: CommandRefused | None = None
        try:
            ask()
        except CommandRefused as error:
            refused = error
        after = len(tuple(self.engine.reader.log()))
        self.done[name] += after > before
        if refused is not None:
            assert refused.refusals
            assert after == before

    def asked(self, move: Move) -> tuple[str, Any]:
        """Return the name of what is asked, and what asks it."""
        incident = self.incidents[move.pick % 2]
        if move.kind == "merge":
            return "merge", lambda: self.incidents[0].merge_into(self.incidents[1].id, reason="the same")
        if move.kind == "wait":
            return "wait", lambda: self.clock.move(hours=1 + move.pick * 5)
        if move.kind == "lead":
            lead = LEADS[move.pick % len(LEADS)]
            return lead, lambda: self.lead(self.incidents[1 if move.errs else 0], lead, move.key)
        known = self.engine.states("party", [move.key]).get(move.key)
        steps = EVERY if move.errs else APT["new" if known is None else known.status]
        step = steps[move.pick % len(steps)]
        party = incident.party(move.key) if known is None or move.errs else self.engine.party(move.key)
        return step, lambda: self.care(party, incident, step, move)

    def care(self, party: Any, incident: Any, step: str, move: Move) -> None:
        """Take a step of a case."""
        actor, role = PEOPLE[move.who]
        by: dict[str, Any] = {"actor": actor, "role": role}
        state = self.engine.states("party", [party.key]).get(party.key)
        offer = 1 + move.pick % 3 if move.errs or state is None else len(state.offers)
        amount = Money(Decimal(AMOUNTS[move.amount]), "EUR" if move.errs and move.pick % 2 else "CNY")
        asks: dict[str, Any] = {
            "register": lambda: incident.register_affected(party.key, customers=move.pick % 4, **by),
            "contact": lambda: party.contact_party("telephone", **by),
            "miss": lambda: party.contact_party("telephone", "unreachable", **by),
            "listen": lambda: party.listen(need="help", **by),
            "apologise": lambda: party.apologise("li.na", "in person", **by),
            "offer": lambda: party.offer_compensation("money", amount, **by),
            "approve": lambda: party.approve_compensation(offer, **by),
            "accept": lambda: party.accept_compensation(offer, **by),
            "reject": lambda: party.reject_compensation(offer, reason="too little", **by),
            "pay": lambda: party.pay_compensation(offer, reference="B-1", **by),
            "settle": lambda: party.settle_case("solved", **by),
            "visit": lambda: party.visit("satisfied", **by),
            "absent": lambda: party.visit("unreachable", **by),
            "close": lambda: party.close_case("done", **by),
            "reopen": lambda: party.reopen_case("not done", **by),
        }
        asks[step]()

    def lead(self, incident: Any, step: str, key: str) -> None:
        """Lead an incident on; its review is closed only when nothing is left."""
        left = self.left(incident)
        match step:
            case "resolve":
                incident.resolve("mended")
            case "reopen":
                incident.reopen("not over")
            case "waive":
                incident.waive(f"settlement:{key}", reason="moved away")
            case _:
                incident.close_review("done")
                assert left == []

    def left(self, incident: Any) -> list[str]:
        """Return the promises that bar the end of the review."""
        now = self.clock()
        return [
            one.obligation
            for one in incident.obligations()
            if one.obligation.partition(":")[0] in BARS and one.since and verdict(one, now) in {"open", "missing"}
        ]

    def check(self) -> None:
        """See that all of it holds."""
        parties = self.engine.states("party", KEYS)
        for key, party in parties.items():
            assert PARTY.fold(self.engine.events("party", key)) == party
            assert len([one for one in self.standing() if key in one.state().cases]) == 1
            assert total(party.offers_in(*STANDING), "CNY") <= max(LIMITS.values())
            assert all(one.amount is not None and one.amount.currency == "CNY" for one in party.offers)
            assert all(one.approved_by != one.by for one in party.offers)
            assert all(
                {one.approved_by, one.by} & ABLE or one.amount.amount <= LIMITS["agent"]
                for one in party.offers_in("accepted", "paid")
            )
            assert party.status not in {"settled", "visited", "closed"} or not party.offers_in("accepted")
        for one in self.incidents:
            assert INCIDENT.fold(one.events()) == one.state()
        self.check_both_streams()

    def standing(self) -> list[Any]:
        """Return the incidents that were not merged."""
        return [one for one in self.incidents if one.state().status != "merged"]

    def check_both_streams(self) -> None:
        """See that each step on which a promise rests stands in both streams, as often."""
        told: Counter[tuple[str, str]] = Counter()
        happened: Counter[tuple[str, str]] = Counter()
        for event in self.engine.reader.log():
            key = event.body["stream"].partition("-")[2]
            match event.data:
                case CaseStepRecorded(party=party, step=step) if step not in {"apologised", "visited"}:
                    told[party, step] += 1
                case e.PartyContacted(outcome="reached"):
                    happened[key, "contacted"] += 1
                case e.PartyRegistered():
                    happened[key, "registered"] += 1
                case e.CaseSettled():
                    happened[key, "settled"] += 1
                case e.CaseClosed():
                    happened[key, "closed"] += 1
                case e.CaseReopened():
                    happened[key, "reopened"] += 1
        assert told == happened


@settings(max_examples=80)
@given(st.lists(MOVES, min_size=30, max_size=60))
def test_customers(moves):
    """Refusals write nothing, limits hold, reviews wait, both streams agree, and a replay equals what is live."""
    customers = Customers()
    for move in moves:
        customers.make(move)
    customers.check()
