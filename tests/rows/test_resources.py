"""Rows 71 to 77: resources, as far as the plan tells of them."""

from __future__ import annotations

from rehearsal import BASE, desk, found, levelled, plan, responding

VAN = '[[resources]]\nid = "van"\ntitle = "Van with spare terminals"\nkind = "{}"\nquantity = 2\n'
PARTNER = '[[partners]]\nid = "vendor"\ntitle = "Vendor"\nagreement = "Framework of 2024"\nagreement_until = {}'


def test_kinds_of_resources():
    """Row 71: resources are people, material, technology, places, money or information."""
    for kind in ("people", "material", "technology", "place", "money", "information"):
        assert "value-invalid" not in found(VAN.format(kind))
    assert found(VAN.format("luck"))["value-invalid"] == "resources[0].kind"


def test_partners():
    """Row 72: some are partners', by an agreement that must not have ended."""
    van = VAN.format("technology") + 'partner = "vendor"\n'
    assert found(van)["partner-unknown"] == "resources[0].partner"
    assert "partner-expired" in found(van + PARTNER.format("2026-10-31"))
    assert {"partner-unknown", "partner-expired"}.isdisjoint(found(van + PARTNER.format("2027-10-31")))


def test_shifts():
    """Row 73: who is on duty for too long is told, and is not barred."""
    engine = desk(plan(base=BASE.replace('id = "agent"', 'id = "agent"\nshift = "8 h"')))
    incident = levelled(engine)
    incident.assign_role("agent", "li.na")
    engine.clock.move(hours=8)
    assert [(one.kind, one.person) for one in incident.concerns()] == [("shift-too-long", "li.na")]
    incident.hand_over_role("agent", "li.na", "sun.wei", briefing="Three shops left")
    assert incident.concerns() == ()


def test_inspections():
    """Row 74: stock has a place and a condition, and is inspected in time."""
    kept = VAN.format("technology") + 'location = "Depot"\ncondition = "ready"\ninspect_every = "6 months"\n'
    assert "inspection-overdue" in found(f"{kept}inspected_on = 2026-01-10")
    assert "inspection-overdue" not in found(f"{kept}inspected_on = 2026-08-10")


def test_spares():
    """Row 75: a measure names the spare equipment or the place that it needs, which the plan must have."""
    needs = '[[measures]]\nid = "swap"\ntitle = "Swap"\nrole = "agent"\nresources = ["van"]\n'
    assert found(needs)["resource-unknown"] == "measures[0].resources[0]"
    assert "resource-unknown" not in found(needs + VAN.format("technology"))


def test_money():
    """Row 76: money that is at hand is an amount with its currency."""
    cash = '[[resources]]\nid = "cash"\ntitle = "Cash"\nkind = "money"\namount = "{}"\n'
    assert "value-invalid" not in found(cash.format("50000.00 CNY"))
    assert found(cash.format("a lot"))["value-invalid"] == "resources[0].amount"


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
