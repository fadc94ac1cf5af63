"""Rows 1 to 10: kinds of incident."""

from __future__ import annotations

from rehearsal import BASE, desk, found, levelled, owed, owes, plan, refused, reported, unreadable
from respond import Plan


def test_kinds():
    """Row 1: the kinds of incident are data of the plan, as many as it wants."""
    engine = desk(plan('[[categories]]\nid = "lost_parcel"\ntitle = "Lost parcel"'))
    assert reported(engine, "lost_parcel").state().category == "lost_parcel"
    with refused("category-unknown"):
        reported(engine, "meteorite")


def test_kinds_that_ship():
    """Row 2: nature, technique, people, rules and public health each have a kind in the shipped plan."""
    engine = desk(Plan.shipped("service-company"))
    for kind in ("flood", "typhoon", "system_failure", "network", "operating_error", "policy_change", "epidemic"):
        assert reported(engine, kind).state().category == kind


def test_residual_kind():
    """Row 3: every plan has a residual kind, and the figures tell how many incidents fell into it."""
    with unreadable("category-other-missing"):
        plan(base=BASE.replace('id = "other"', 'id = "rest"'))
    engine = desk()
    for kind in ("other", "equipment_failure", "other"):
        reported(engine, kind)
    assert engine.statistics().categories == {"equipment_failure": 1, "other": 2}


def test_facility_and_technique():
    """Row 4: what breaks in a building and what breaks in a system are different kinds, with duties of their own."""
    engine = desk(plan(owes("call_vendor", 'from = "told", within = "1 h"', 'categories = ["technical_failure"]')))
    assert "call_vendor" in owed(reported(engine, "system_failure"))
    assert "call_vendor" not in owed(reported(engine, "equipment_failure"))


def test_facets():
    """Row 5: an incident has sides that cut across the kinds, several at once."""
    sides = "".join(f'[[facets]]\nid = "{one}"\ntitle = "{one}"\n' for one in ("law", "public_relations"))
    duties = "".join(
        owes(f"ask_{one}", 'from = "told", within = "1 h"', f'when = [{{ facets = ["{one}"] }}]')
        for one in ("law", "public_relations")
    )
    assert found(duties)["facet-unknown"] == "obligations[1].when[0].facets[0]"
    assert "facet-unknown" not in found(sides + duties)
    incident = reported(desk(plan(sides + duties)))
    assert owed(incident) == {}
    incident.assess(facets=("law", "public_relations"))
    assert set(owed(incident)) == {"ask_law", "ask_public_relations"}


def test_kinds_within_kinds():
    """Row 6: a kind may refine another one of the same plan, and no other."""
    parent = 'parent = "facility_failure"'
    with unreadable("category-unknown"):
        plan(base=BASE.replace(parent, 'parent = "facilities"'))
    with unreadable("category-cycle"):
        plan(base=BASE.replace(parent, 'parent = "equipment_failure"'))
    assert plan().ancestors("equipment_failure") == ("facility_failure",)


def test_definitions():
    """Row 7: a kind and a level are defined in words and by conditions that the engine judges."""
    conditions = "{ affected_customers = { from = 1000 } }, { injured = { from = 1 } }, { critical_facility = true }"
    engine = desk(plan(base=BASE.replace("{ affected_customers = { from = 1000 } }", conditions)))
    for known in ({"injured": 2}, {"critical_facility": True}, {"affected_customers": 5000}):
        incident = reported(engine)
        incident.assess(**known)
        assert incident.suggestion().level == 1
        assert len(incident.suggestion().because) == 1


def test_scene():
    """Row 8: the channel and the site of the service are told, and the site chooses the plan."""
    harbour = plan(head='kind = "on_site"\nsites = ["harbour"]', name="harbour")
    engine = desk(plan(), harbour)
    state = reported(engine, site="harbour", channel="shop").state()
    assert (state.site, state.channel, state.plan) == ("harbour", "shop", harbour.reference)
    assert reported(engine, site="hill", channel="online").state().plan.name == "desk"


def test_traits():
    """Row 9: traits of a crisis, such as strong feelings, are fields that the plan declares and its levels look at."""
    trait = '[[extension_fields]]\nid = "emotional"\ntitle = "Strong feelings"\nkind = "yes_no"'
    when = "{ affected_customers = { from = 1000 } }, { fields = { emotional = true } }"
    incident = reported(desk(plan(trait, base=BASE.replace("{ affected_customers = { from = 1000 } }", when))))
    with refused("field-invalid"):
        incident.assess(fields={"emotional": "very"})
    incident.assess(fields={"emotional": True})
    assert incident.suggestion().level == 1


def test_recategorise():
    """Row 10: the kind may turn out to be another one; what is owed follows, and the reason is kept."""
    duty = owes("call_vendor", 'from = "classified", within = "1 h"', 'categories = ["technical_failure"]')
    incident = levelled(desk(plan(duty)), category="equipment_failure")
    assert owed(incident) == {}
    with refused("reason-missing"):
        incident.recategorise("system_failure", reason=" ")
    incident.recategorise("system_failure", reason="The till software hangs")
    assert incident.state().category == "system_failure"
    assert owed(incident)["call_vendor"].since == incident.events()[-1].happened_at
