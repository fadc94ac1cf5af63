"""Rows 90 to 97: customers, from the first contact to the last visit."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from tempfile import TemporaryDirectory

import pytest

from rehearsal import BASE, desk, found, levelled, owes, plan, refused, reported, responding, verdicts
from respond import CommandRefused, Engine, Plan
from respond.audit.check import check
from respond.domain.money import Money
from respond.errors import EventErased, InvalidInput
from respond.transfer.erasing import erase_party

CONTRADICTIONS = {"compensation-currencies", "compensation-reversed", "compensation-twice"}
RANKED = BASE
for rank, role in enumerate(("commander", "agent"), 1):
    RANKED = RANKED.replace(f'id = "{role}"', f'id = "{role}"\nrank = {rank}')
LIMITS = 'limits = [{{ role = "agent", up_to = "{}" }}, {{ role = "commander", up_to = "{}" }}]'
LI = {"actor": "li.na", "role": "agent"}
CHEN = {"actor": "chen.yu", "role": "commander"}


def caring(*promises: str):
    """Return an engine whose plan promises this to customers."""
    return desk(plan("\n".join(("[customer_care]", *promises))))


def yuan(amount: str) -> Money:
    """Return an amount."""
    return Money(Decimal(amount), "CNY")


def test_first_contact():
    """Row 90: customers who are concerned are contacted within a time and heard; without any, nobody has to be."""
    engine = caring('first_contact = "2 h"')
    incident = reported(engine)
    assert verdicts(incident) == {}
    party, late = incident.register_affected("c-1"), incident.register_affected("c-2", customers=40, group="shop 7")
    engine.clock.move(hours=1)
    party.contact_party("telephone", "unreachable")
    assert (verdicts(incident)["first_contact:c-1"], party.state().status) == ("open", "registered")
    party.contact_party("telephone", text="We are on it")
    party.listen(need="To pay by card today", complaint="Paid twice", remedy="The money back")
    engine.clock.move(hours=2)
    late.contact_party("notice in the shop")
    assert (verdicts(incident)["first_contact:c-1"], verdicts(incident)["first_contact:c-2"]) == ("met", "late")
    assert incident.parties()["c-1"].heard[0].remedy == "The money back"
    assert incident.review().customers[0].contacted_in_time == "met"


def test_updates():
    """Row 91: customers hear how it goes on, so often as the plan says, until their case is settled or it is over."""
    engine = caring('update_every = "4 h"')
    incident = responding(engine)
    party = incident.register_affected("c-1")
    party.contact_party("telephone")
    engine.clock.move(hours=3)
    party.contact_party("telephone", text="Shops 1 to 7 can take cards again")
    engine.clock.move(hours=5)
    assert verdicts(incident)["update:c-1"] == "missing"
    party.contact_party("telephone", text="All shops can")
    told = [one.done_at for one in incident.obligations() if one.obligation == "update:c-1"]
    assert (len(told), told[-1]) == (3, None)
    party.settle_case("Paid by card")
    assert verdicts(incident)["update:c-1"] == "dropped"


def test_apology():
    """Row 92: an incident that hurt customers is not closed before somebody apologised."""
    incident = responding(caring("apology = true"))
    party = incident.register_affected("c-1")
    party.contact_party("telephone")
    party.settle_case("Paid back")
    incident.resolve("New terminals")
    with refused("owed-before-close-review"):
        incident.close_review("Done")
    with refused("apology-unsigned"):
        party.apologise("", "in person")
    party.apologise("chen.yu", "in person")
    incident.close_review("Done")
    assert [one.type for one in party.events()].count("ApologyMade") == 1


def test_amends():
    """Row 93: amends by the loss, in money, by a waiver of fees or an extra service, up to what each role may offer."""
    limits = "[customer_care]\n" + LIMITS + "\n"
    assert CONTRADICTIONS.isdisjoint(found(limits.format("200 CNY", "5000 CNY"), base=RANKED))
    assert "compensation-currencies" in found(limits.format("200 CNY", "5000 EUR"), base=RANKED)
    assert "compensation-reversed" in found(limits.format("5000 CNY", "200 CNY"), base=RANKED)
    party = responding(caring(LIMITS.format("200 CNY", "5000 CNY"))).register_affected("c-1")
    party.contact_party("telephone")
    with pytest.raises(CommandRefused) as caught:
        party.offer_compensation("money", Money(Decimal("6000.005"), "EUR"), **LI)
    assert {one.code for one in caught.value.refusals} == {"currency-wrong", "digits-too-many", "over-every-limit"}
    party.offer_compensation("fee_waiver", yuan("150"), **LI)
    party.accept_compensation(1)
    party.offer_compensation("money", yuan("300"), **LI)
    with refused("approval-missing"):
        party.accept_compensation(2)
    with refused("over-own-limit"):
        party.approve_compensation(2, actor="wu.bo", role="agent")
    party.approve_compensation(2, **CHEN)
    assert [one.approved_by for one in party.state().offers] == [None, CHEN["actor"]]
    party.reject_compensation(2, reason="A voucher would be better")
    party.offer_compensation("extra_service", yuan("50"), text="A year of support", **LI)
    party.accept_compensation(3)
    with refused("compensation-unpaid"):
        party.settle_case("Content")
    for offer in (1, 3):
        party.pay_compensation(offer, reference=f"B-{offer}")
    assert party.engine.care().paid == {"CNY": Decimal(200)}


def test_case():
    """Row 94: each customer's case goes from contact to offer, agreement, settlement and visit, and begins anew."""
    party = responding(caring()).register_affected("c-1")
    stood = []
    for step in (
        lambda: party.contact_party("telephone"),
        lambda: party.offer_compensation("money", yuan("90"), **LI),
        lambda: party.accept_compensation(1),
        lambda: party.pay_compensation(1, reference="B-1") and party.settle_case("The customer says so"),
        lambda: party.visit("dissatisfied", text="It failed again"),
        lambda: party.reopen_case("It failed again"),
    ):
        step()
        stood.append(party.state().status)
    assert stood == ["contacted", "offered", "agreed", "settled", "visited", "contacted"]
    with refused("not-enabled"):
        party.visit("satisfied")


def test_visit():
    """Row 95: customers are visited after it is over; the review waits for that, unless it is waived with a reason."""
    engine = caring('visit_within = "7 days"')
    visited, waived = responding(engine), responding(engine)
    for incident, key in ((visited, "c-1"), (waived, "c-2"), (visited, "c-3")):
        party = incident.register_affected(key)
        party.contact_party("telephone")
        party.settle_case("Paid back")
    for incident in (visited, waived):
        incident.resolve("New terminals")
        with refused("owed-before-close-review"):
            incident.close_review("Done")
    visited.party("c-3").visit("satisfied")
    engine.clock.move(days=8)
    assert verdicts(visited)["visit:c-1"] == "missing"
    visited.party("c-1").visit("unreachable")
    assert visited.parties()["c-1"].status == "settled"
    with refused("owed-before-close-review"):
        visited.close_review("Done")
    visited.party("c-1").visit("satisfied", text="4 of 5")
    with refused("reason-missing"):
        waived.waive("visit:c-2", reason="")
    waived.waive("visit:c-2", reason="They asked not to be called again")
    for incident in (visited, waived):
        incident.close_review("Done")
    assert (verdicts(visited)["visit:c-1"], verdicts(waived)["visit:c-2"]) == ("late", "waived")
    assert engine.care().satisfied_percent == 100


def test_data_apart():
    """Row 96: what customers say stands apart, in a stream of their own under an opaque key, and is erased for good."""
    engine = caring()
    incident = responding(engine)
    party = incident.register_affected("c-4711", reference="CRM-4711")
    party.contact_party("telephone", text="We are on it")
    party.listen(complaint="My salary card was charged twice")
    apart = {event.body["stream"] for event in engine.reader.story(incident.id) if "charged" in str(event.body["data"])}
    assert apart == {"party-c-4711"}
    assert [event.body["data"]["party"] for event in incident.events()[-2:]] == ["c-4711", "c-4711"]
    assert "CRM-4711" not in str([event.body for event in incident.events()])
    with TemporaryDirectory() as folder, Engine.open(f"sqlite:///{folder}/log.db") as kept:
        hurt = reported(kept)
        customer = hurt.register_affected("c-4711")
        customer.contact_party("telephone")
        customer.listen(complaint="My salary card was charged twice")
        with pytest.raises(InvalidInput, match="close the case first"):
            erase_party(kept.store, "c-4711", reason="request 17")
        customer.close_case("asked to be forgotten")
        assert erase_party(kept.store, "c-4711", reason="request 17") == 4
        assert "charged" not in str([hurt.timeline().to_json(), hurt.review().to_json(), list(kept.log())])
        assert check(kept.store, plans=kept.plans).findings == ()
        with pytest.raises(EventErased):
            customer.reopen_case("It failed again")


def test_open_account():
    """Row 97: a grave incident is not closed before an open account of it was published."""
    keys = ('recipient = "public"', 'stage = "final"', "levels = [1]", 'before = ["close_review"]')
    duty = owes("account", 'from = "response_ended", within = "3 days"', *keys, act="publish_statement")
    city = (
        '[[audiences]]\nid = "public"\ntitle = "Public"\nkind = "public"\nchannels = ["wire"]\nspeakers = ["agent"]\n'
    )
    wire = '[[channels]]\nid = "wire"\ntitle = "Wire"\nmedium = "press"\n'
    engine = desk(plan(duty + city + wire))
    grave, mild = levelled(engine, 1), levelled(engine, 2)
    for incident in (grave, mild):
        incident.start_response()
        publish(incident, "first")
        incident.resolve("New terminals")
    mild.close_review("Done")
    with refused("owed-before-close-review"):
        grave.close_review("Done")
    publish(grave, "final")
    grave.close_review("Done")
    owed = {one.id: one for one in Plan.shipped("service-company").obligations}["open_account"]
    assert (owed.act, owed.recipient, owed.levels, owed.before) == (
        "publish_statement",
        "public",
        (1,),
        ("close_review",),
    )


def publish(incident, stage):
    """Tell the public something on key messages of *stage*."""
    incident.set_key_messages(f"This is the {stage} word.", stage=stage)
    incident.approve_key_messages(1 if stage == "first" else 2)
    told = {"cause": "a bad update", "effect": "no cards", "measures": "new terminals", "recovery": "at noon"}
    soon = incident.engine.clock() + timedelta(hours=1)
    incident.draft_statement(
        stage, audience="public", channel="wire", text="What happened", next_update_at=soon, **told
    )
    incident.approve_statement(stage)
    incident.publish_statement(stage, actor="an.yu", role="agent")
