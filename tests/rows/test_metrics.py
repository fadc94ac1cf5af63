"""Rows 127 to 132: accounts and figures."""

from __future__ import annotations

from rehearsal import desk, levelled, plan, reported, responding
from respond import Plan
from respond.workflow.plan_life.commands import ApprovePlan, DraftPlan, RevisePlan


def test_figures():
    """Row 129: figures tell how soon incidents are taken up and how soon they are resolved."""
    engine = desk()
    incident = reported(engine)
    engine.clock.move(minutes=10)
    incident.assess(affected_customers=300)
    incident.assign_level(2, basis="300 customers")
    incident.start_response()
    engine.clock.move(minutes=50)
    incident.resolve("New terminals")
    figures = engine.statistics()
    assert (figures.acknowledge.median_seconds, figures.resolve.median_seconds) == (600, 3600)


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
