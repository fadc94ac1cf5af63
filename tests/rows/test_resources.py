"""Rows 71 to 77: resources."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from rehearsal import BASE, desk, found, levelled, plan, refused, responding
from respond.domain.money import Money

VAN = '[[resources]]\nid = "van"\ntitle = "Van with spare terminals"\nkind = "{}"\nquantity = 2\n'
PARTNER = '[[partners]]\nid = "vendor"\ntitle = "Vendor"\nagreement = "Framework of 2024"\nagreement_until = {}'


def test_kinds_of_resources():
    """Row 71: resources are people, material, technology, places, money or information; pools tell what is free."""
    for kind in ("people", "material", "technology", "place", "money", "information"):
        assert "value-invalid" not in found(VAN.format(kind))
    assert found(VAN.format("luck"))["value-invalid"] == "resources[0].kind"
    engine = desk(plan(VAN.format("technology")))
    engine.pool("van").open()
    incident = responding(engine)
    engine.pool("van").commit(incident.id, 1)
    [told] = engine.pools()
    assert (told.kind, told.quantity, told.committed, told.available) == ("technology", 2, 1, 1)
    assert told.held == {incident.id: 1}


def test_partners():
    """Row 72: some are partners', by an agreement that must not have ended; they are asked for help, and it comes."""
    van = VAN.format("technology") + 'partner = "vendor"\n'
    assert found(van)["partner-unknown"] == "resources[0].partner"
    assert "partner-expired" in found(van + PARTNER.format("2026-10-31"))
    assert {"partner-unknown", "partner-expired"}.isdisjoint(found(van + PARTNER.format("2027-10-31")))
    engine = desk(plan(van + PARTNER.format("2026-11-30")))
    pool = engine.pool("van")
    pool.open()
    engine.clock.move(days=30)
    assert pool.stock().concerns == ("agreement-expired",)
    with refused("agreement-shortened"):
        pool.renew_agreement(date(2026, 11, 30))
    pool.renew_agreement(date(2027, 11, 30))
    assert (pool.stock().partner, pool.stock().concerns) == ("vendor", ())
    incident = responding(engine)
    incident.request_help("crew", source="vendor", what="Two technicians")
    with refused("help-unknown"):
        incident.record_help_arrived("cable")
    incident.record_help_arrived("crew")
    assert [one.kind for one in incident.review().response.help] == ["HelpRequested", "HelpArrived"]


def test_shifts():
    """Row 73: what is asked for is committed, never more than is free, and given back; who works too long is told."""
    base = BASE.replace('id = "agent"', 'id = "agent"\nshift = "8 h"')
    engine = desk(plan(VAN.format("technology"), base=base))
    incident, other = levelled(engine), responding(engine)
    incident.assign_role("agent", "li.na")
    engine.clock.move(hours=8)
    assert [(one.kind, one.person) for one in incident.concerns()] == [("shift-too-long", "li.na")]
    incident.hand_over_role("agent", "li.na", "sun.wei", briefing="Three shops left")
    assert incident.concerns() == ()
    pool = engine.pool("van")
    pool.open()
    incident.request_resource("van", 2, purpose="14 shops")
    pool.commit(other.id, 1)
    with refused("stock-short"):
        pool.commit(incident.id, 2)
    pool.commit(incident.id, 1)
    assert incident.resources()["van"].short == 1
    with refused("not-committed"):
        pool.give_back(incident.id, 2)
    pool.give_back(incident.id, 1)
    assert (incident.resources()["van"].held, pool.stock().available) == (0, 1)


def test_inspections():
    """Row 74: stock has a place and a condition, is inspected in time, taken from, and bought anew."""
    kept = VAN.format("technology") + 'location = "Depot"\ncondition = "ready"\ninspect_every = "6 months"\n'
    assert "inspection-overdue" in found(f"{kept}inspected_on = 2026-01-10")
    assert "inspection-overdue" not in found(f"{kept}inspected_on = 2026-08-10")
    engine = desk(plan(f"{kept}inspected_on = 2026-01-10"))
    assert engine.plans.default.resources[0].condition == "ready"
    pool, incident = engine.pool("van"), responding(engine)
    pool.open()
    assert (pool.stock().location, pool.stock().concerns) == ("Depot", ("inspection-overdue",))
    pool.inspect("unusable", note="Flat tyres")
    with refused("pool-unusable"):
        pool.commit(incident.id, 1)
    pool.inspect("usable")
    pool.commit(incident.id, 2)
    pool.consume(incident.id, 1)
    pool.give_back(incident.id, 1, condition="damaged")
    assert (pool.stock().available, pool.stock().damaged, pool.stock().committed) == (0, 1, 0)
    pool.add(3, reason="Bought")
    assert (pool.stock().available, pool.stock().concerns) == (3, ("stock-damaged",))


def test_spares():
    """Row 75: a measure names the spare equipment or place that it needs, which the plan has; it is put to use."""
    needs = '[[measures]]\nid = "swap"\ntitle = "Swap"\nrole = "agent"\nresources = ["van"]\n'
    assert found(needs)["resource-unknown"] == "measures[0].resources[0]"
    assert "resource-unknown" not in found(needs + VAN.format("technology"))
    engine = desk(plan(needs + VAN.format("technology")))
    incident, pool = responding(engine), engine.pool("van")
    with refused("resource-unknown"):
        engine.pool("tent").open()
    pool.open()
    [asked] = incident.measures()
    for resource in asked.measure.resources:
        engine.pool(resource).commit(incident.id, 1)
        engine.pool(resource).use(incident.id, 1)
    with refused("used-already"):
        pool.use(incident.id, 1)
    assert (incident.resources()["van"].used, pool.stock().available) == (1, 1)


def test_money():
    """Row 76: money at hand is an amount with its currency; what is spent of it, and besides it, is told."""
    cash = '[[resources]]\nid = "cash"\ntitle = "Cash"\nkind = "money"\namount = "{}"\n'
    assert "value-invalid" not in found(cash.format("50000.00 CNY"))
    assert found(cash.format("a lot"))["value-invalid"] == "resources[0].amount"
    engine = desk(plan(cash.format("50000.00 CNY")))
    incident, pool = responding(engine), engine.pool("cash")
    pool.open()
    pool.commit(incident.id, 800)
    with refused("cost-invalid"):
        pool.consume(incident.id, 300, cost=Money(Decimal(300), "EUR"))
    pool.consume(incident.id, 300)
    pool.give_back(incident.id, 500)
    with refused("expense-invalid"):
        incident.record_expense(Money(Decimal(0), "CNY"), purpose="Taxi")
    incident.record_expense(Money(Decimal("20.50"), "CNY"), purpose="Taxi")
    assert (pool.stock().available, pool.stock().unit) == (Decimal(49700), "CNY")
    assert engine.figures().costs == {"CNY": Decimal("320.50")}
    assert (pool.stock().committed, incident.resources()["cash"].consumed) == (0, 300)


def test_use_against_the_plan():
    """Row 77: afterwards the use of resources is held against the plan: needed and not used, used and not planned."""
    van = VAN.format("technology")
    kept = f"{van}\n{van.replace('van', 'pump')}"
    needs = '[[measures]]\nid = "swap"\ntitle = "Swap"\nrole = "agent"\nresources = ["van"]\n'
    engine = desk(plan(kept + needs))
    incident = responding(engine)
    engine.pool("pump").open()
    engine.pool("pump").commit(incident.id, 1)
    use = {one.resource: (one.planned, one.drawn, one.unplanned, one.unused) for one in engine.figures().resources}
    assert use == {"pump": (0, 1, 1, 0), "van": (1, 0, 0, 1)}
