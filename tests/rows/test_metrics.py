"""Rows 127 to 132: accounts and figures."""

from __future__ import annotations

from decimal import Decimal

from rehearsal import desk, levelled, owes, plan, refused, reported, responding
from respond import Plan
from respond.domain.money import Money
from respond.domain.streams import restricted
from respond.engine.accountability import Accountability
from respond.workflow.plan_life.commands import ApprovePlan, DraftPlan, RevisePlan


def test_accountability():
    """Row 127: who is to answer for what is found apart from the review, with notice and appeal, and shown to few."""
    engine = desk()
    incident = responding(engine)
    incident.resolve("New terminals", actor="li.na")
    store = engine.store.for_tenant(restricted("default"))
    kept = Accountability(store, plans=engine.plans, clock=engine.clock)
    case = kept.open_case(incident.id, "Who switched it off?", actor="zhou.min")
    found = {"in_role": "agent", "responsibility": "responsible", "basis": "Rule 7", "handling": "A warning"}
    with refused("own-case"):
        kept.determine(case, "li.na", actor="li.na", **found)
    kept.determine(case, "li.na", actor="zhou.min", **found)
    kept.notify(case, "in person", actor="zhou.min")
    with refused("not-the-person"):
        kept.appeal(case, "I was told to", actor="sun.wei")
    kept.appeal(case, "I was told to", actor="li.na")
    with refused("same-judge"):
        kept.decide_appeal(case, "dismissed", reason="x", actor="zhou.min")
    kept.decide_appeal(case, "upheld", reason="The order stands in the log", actor="he.ping")
    kept.close_case(case, "Nobody is to blame", actor="he.ping")
    assert [(one.person, one.responsibility) for one in kept.view(incident.id).cases] == [("li.na", "not_responsible")]
    assert kept.case(case).status == "closed"
    assert "Rule 7" not in str([incident.timeline().to_json(), incident.review().to_json(), list(engine.log())])
    assert "li.na" not in str(incident.learning_view().to_json())


def test_judged():
    """Row 128: a set of figures judges how incidents were handled: what was owed in time, by whom it was content."""
    engine = desk(plan(owes("judge", 'from = "told", within = "1 h"', act="assess")))
    for hours in (0, 2):
        incident = reported(engine)
        engine.clock.move(hours=hours)
        incident.assess(affected_customers=300)
    [duty] = engine.figures().duties
    assert (duty.obligation, duty.on_time_percent, duty.verdicts) == ("judge", 50, {"met": 1, "late": 1})


def test_figures():
    """Row 129: figures tell how soon incidents are taken up and resolved at each level, how content, at what cost."""
    engine = desk()
    incident = reported(engine)
    engine.clock.move(minutes=10)
    incident.assess(affected_customers=300, loss=Money(Decimal(900), "CNY"))
    incident.assign_level(2, basis="300 customers")
    incident.start_response()
    engine.clock.move(minutes=50)
    incident.record_expense(Money(Decimal(20), "CNY"), purpose="Taxi")
    party = incident.register_affected("c-1")
    party.contact_party("telephone")
    party.settle_case("The money is back")
    party.visit("satisfied")
    incident.resolve("New terminals")
    figures = engine.statistics()
    assert (figures.acknowledge.median_seconds, figures.resolve.median_seconds) == (600, 3600)
    handled = engine.figures()
    assert [(one.step, one.level, one.first.median_seconds) for one in handled.times] == [
        ("acknowledge", 2, 600),
        ("assess", 2, 600),
        ("resolve", 2, 3600),
    ]
    assert handled.customers.satisfied_percent == 100
    assert (handled.losses, handled.costs) == ({"CNY": Decimal(900)}, {"CNY": Decimal(20)})


def test_law():
    """Row 131: rules from outside come as profiles in a version, and a change of law calls for a revision."""
    fined = plan(head='profiles = ["gdpr@1"]')
    engine = desk(fined)
    assert any(one.id.startswith("gdpr.") for one in engine.plans.default.obligations)
    engine.execute("plan", "desk", DraftPlan(draft=fined.reference))
    engine.execute("plan", "desk", ApprovePlan(approved=fined.reference))
    engine.execute("plan", "desk", RevisePlan(draft=plan(version="2").reference, trigger="law", because="GDPR"))
    assert engine.events("plan", "desk")[-1].data.because == "GDPR"
    shipped = desk(Plan.shipped("service-company"))
    assert reported(shipped, "policy_change").state().category == "policy_change"


def test_information_system():
    """Row 132: what is recorded is at once in the list, on the board and in the log, and stays as it was."""
    engine = desk()
    incident = responding(engine)
    levelled(engine)
    assert [row.id for row in engine.incidents(state="responding").rows] == [incident.id]
    assert engine.replay().findings == ()
    assert [event.type for event in engine.log()][:2] == ["IncidentReported", "IncidentAssessed"]
