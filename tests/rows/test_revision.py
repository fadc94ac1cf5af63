"""Rows 123 to 126: how a plan is revised."""

from __future__ import annotations

from rehearsal import BASE, desk, found, owes, plan, refused, reported, text, typed
from respond import Engine
from respond.workflow.plan_life.commands import ApprovePlan, DraftPlan, EvaluatePlan, RevisePlan
from respond.workflow.plan_life.state import overdue

YEARLY = '[revision]\nevery = "1 year"\n'


def approved() -> Engine:
    """Return an engine whose plan is in force, and is revised yearly."""
    written = plan(YEARLY)
    engine = desk(written)
    engine.execute("plan", "desk", DraftPlan(draft=written.reference))
    engine.execute("plan", "desk", ApprovePlan(approved=written.reference))
    return engine


def test_yearly():
    """Row 123: a plan is revised at least once a year, and one that was not is told."""
    engine = approved()
    engine.clock.move(days=364)
    assert overdue(engine.plans.default, engine.state("plan", "desk"), engine.clock()) == ()
    engine.clock.move(days=1)
    [due] = overdue(engine.plans.default, engine.state("plan", "desk"), engine.clock())
    assert (due.what, due.of) == ("revision", "desk")
    revised = plan(YEARLY, version="2")
    engine.execute("plan", "desk", RevisePlan(draft=revised.reference, trigger="yearly"))
    engine.execute("plan", "desk", ApprovePlan(approved=revised.reference))
    assert overdue(revised, engine.state("plan", "desk"), engine.clock()) == ()
    assert found(YEARLY.replace("1 year", "2 years"))["revision-rare"] == "revision.every"


def test_evaluation():
    """Row 124: whether a plan still fits is judged from time to time."""
    engine = approved()
    with refused("rating-unknown"):
        engine.execute("plan", "desk", EvaluatePlan(rating="superb"))
    engine.execute("plan", "desk", EvaluatePlan(rating="adequate", findings="Two incidents, both in time"))
    life = engine.state("plan", "desk")
    assert (life.rating, life.evaluated_at) == ("adequate", engine.clock())


def test_triggers():
    """Row 125: a drill, an incident, a law or other people in command call for a revision; it says which."""
    for trigger in ("drill", "incident", "law", "command_body", "risk", "resources", "yearly"):
        engine = approved()
        engine.execute("plan", "desk", RevisePlan(draft=plan(version="2").reference, trigger=trigger))
        assert engine.events("plan", "desk")[-1].data.trigger == trigger
    with refused("trigger-unknown"):
        approved().execute("plan", "desk", RevisePlan(draft=plan(version="2").reference, trigger="boredom"))


def test_differences():
    """Row 126: what changed between two versions reads as sentences, and is tried on past incidents."""
    lighter = BASE.replace("from = 1000", "from = 5000").replace("below = 1000", "below = 5000")
    answer = typed("plan", "diff", "{old}", "{new}", old=text(), new=text(version="2", base=lighter))
    sentences = [change["text"] for change in answer["changes"]]
    assert any("Level 1" in one and "5,000" in one.replace("5000", "5,000") for one in sentences)
    assert typed("plan", "diff", "{old}", "{new}", old=text(), new=text())["changes"] == []
    judge = 'from = "told", within = "{}"'
    engine = desk(plan(owes("judge", judge.format("30 min"), act="assess")))
    incident = reported(engine)
    engine.clock.move(minutes=45)
    incident.assess(affected_customers=2000)
    incident.assign_level(1, basis="2,000 customers")
    duties = owes("judge", judge.format("1 h"), act="assess") + owes("call", 'from = "told", within = "10 min"')
    told = incident.what_if(plan(duties, version="2", base=lighter))
    assert (told.level, told.suggested, told.other_suggested) == (1, 1, 2)
    became = {one.obligation: (one.verdict, one.other_verdict) for one in told.obligations}
    assert became == {"judge": ("late", "met"), "call": (None, "missing")}
    assert incident.what_if(engine.plans.default).obligations == ()
