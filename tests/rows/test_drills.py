"""Rows 115 to 122: drills and training, as far as the plan's own life goes."""

from __future__ import annotations

from rehearsal import BASE, desk, found, levelled, plan, refused
from respond import Engine
from respond.workflow.plan_life.commands import ApprovePlan, DraftPlan, EvaluatePlan, RecordPlanDrill, RevisePlan
from respond.workflow.plan_life.state import overdue

YEARLY = '[[drills]]\nid = "general"\ntitle = "Drill of the plan"\nevery = "1 year"\nparticipants = ["commander"]\n'


def approved() -> Engine:
    """Return an engine whose plan, with a yearly drill, is in force."""
    written = plan(YEARLY)
    engine = desk(written)
    engine.execute("plan", "desk", DraftPlan(draft=written.reference))
    engine.execute("plan", "desk", ApprovePlan(approved=written.reference))
    return engine


def test_drills():
    """Row 115: drills come again and again, and one that was left out is told."""
    engine = approved()
    engine.clock.move(days=366)
    due = overdue(engine.plans.default, engine.state("plan", "desk"), engine.clock())
    assert [(one.what, one.of) for one in due] == [("drill", "general")]
    engine.execute("plan", "desk", RecordPlanDrill(drill="general"))
    assert overdue(engine.plans.default, engine.state("plan", "desk"), engine.clock()) == ()


def test_goals_of_a_drill():
    """Row 116: a drill has goals, and how many were met is recorded."""
    engine = approved()
    with refused("objectives-out-of-range"):
        engine.execute("plan", "desk", RecordPlanDrill(drill="general", objectives=3, objectives_met=4))
    engine.execute("plan", "desk", RecordPlanDrill(drill="general", objectives=4, objectives_met=3))
    drilled = engine.events("plan", "desk")[-1].data
    assert (drilled.objectives_met, drilled.objectives) == (3, 4)


def test_findings_of_a_drill():
    """Row 117: what a drill showed is kept, and the plan is judged by it."""
    engine = approved()
    engine.execute("plan", "desk", RecordPlanDrill(drill="general", findings="Nobody had the new numbers"))
    engine.execute("plan", "desk", EvaluatePlan(rating="needs_revision", findings="Contacts are out of date"))
    assert engine.events("plan", "desk")[-2].data.findings == "Nobody had the new numbers"
    assert engine.state("plan", "desk").rating == "needs_revision"


def test_participants():
    """Row 118: a drill names who takes part, by roles of the plan."""
    assert "role-unknown" not in found(YEARLY)
    assert found(YEARLY.replace("commander", "partner"))["role-unknown"] == "drills[0].participants[0]"


def test_lessons_of_a_drill():
    """Row 119: a drill leads to another version of the plan, which says so."""
    engine = approved()
    revision = RevisePlan(draft=plan(version="2").reference, trigger="drill", because="general, 3 March")
    engine.execute("plan", "desk", revision)
    revised = engine.events("plan", "desk")[-1].data
    assert (revised.trigger, revised.because, str(revised.previous)) == ("drill", "general, 3 March", "desk@1")
    assert engine.state("plan", "desk").status == "drafted"


def test_training():
    """Row 120: roles ask for trainings of the plan, and one that ran out is told."""
    base = BASE.replace('id = "agent"', 'id = "agent"\ntraining = ["fire"]')
    training = '[[trainings]]\nid = "fire"\ntitle = "Fire safety"\nvalid = "1 year"'
    assert found(base=base)["training-unknown"] == "roles[2].training[0]"
    incident = levelled(desk(plan(training, base=base)))
    incident.assign_role("agent", "li.na", trained_until={"fire": "2026-11-20"})
    assert incident.concerns() == ()
    incident.engine.clock.move(days=1)
    assert [(one.kind, one.training) for one in incident.concerns()] == [("untrained", "fire")]
