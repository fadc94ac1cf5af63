"""Rows 115 to 121: drills and training."""

from __future__ import annotations

from datetime import timedelta

from rehearsal import BASE, desk, found, levelled, plan, refused
from respond import Engine
from respond.engine.drill import DrillEngine
from respond.plan.scenario import Inject, Message, Objective, Scenario
from respond.plan.spans import Span
from respond.workflow.plan_life.commands import ApprovePlan, DraftPlan, EvaluatePlan, RecordPlanDrill, RevisePlan
from respond.workflow.plan_life.state import overdue

YEARLY = '[[drills]]\nid = "general"\ntitle = "Drill of the plan"\nevery = "1 year"\nparticipants = ["commander"]\n'
SCENARIO = Scenario(
    name="smoke",
    version="1",
    title="Smoke",
    plan="desk",
    rule="general",
    injects=(
        Inject(id="call", title="A call", command="report", data={"category": "other", "title": "Smoke"}),
        Inject(id="press", title="Press", after=Span(1, "hour"), message=Message(to="commander", text="What burns?")),
    ),
    objectives=(
        Objective(id="taken_up", title="Taken up", act="acknowledge", within=Span(15, "minute")),
        Objective(id="led", title="Led", role="commander", within=Span(10, "minute"), points=3),
    ),
)


def approved(more: str = "") -> Engine:
    """Return an engine whose plan, with a yearly drill, is in force."""
    written = plan(YEARLY + more)
    engine = desk(written)
    engine.execute("plan", "desk", DraftPlan(draft=written.reference))
    engine.execute("plan", "desk", ApprovePlan(approved=written.reference))
    return engine


def held(engine: Engine) -> DrillEngine:
    """Return a drill that was played to its end: taken up in time, and led too late."""
    drill = engine.drill("spring")
    drill.prepare(SCENARIO)
    drill.invite("Fire brigade", partner=True)
    drill.start()
    drill.record_participation("Fire brigade", "wu.bo")
    drill.give()
    drill.time.move(timedelta(minutes=12))
    drill.played().acknowledge(actor="li.na")
    drill.played().take_command(actor="li.na")
    drill.play()
    drill.end()
    return drill


def test_drills():
    """Row 115: drills come again and again, and one that was left out is told; each is played by its script."""
    engine = approved()
    engine.clock.move(days=366)
    due = overdue(engine.plans.default, engine.state("plan", "desk"), engine.clock())
    assert [(one.what, one.of) for one in due] == [("drill", "general")]
    drill = engine.drill("spring")
    drill.prepare(SCENARIO)
    with refused("inject-before-drill"):
        drill.give()
    drill = held(engine)
    assert list(drill.standing().given) == ["call", "press"]
    assert drill.played().state().title == "Smoke"
    engine.execute("plan", "desk", drill.for_plan())
    assert overdue(engine.plans.default, engine.state("plan", "desk"), engine.clock()) == ()


def test_goals_of_a_drill():
    """Row 116: a drill has goals, measured by what it recorded; how many were met is told to the plan."""
    engine = approved('objectives = ["Taken up within a quarter of an hour"]\n')
    assert engine.plans.default.drills[0].objectives == ("Taken up within a quarter of an hour",)
    with refused("objectives-out-of-range"):
        engine.execute("plan", "desk", RecordPlanDrill(drill="general", objectives=3, objectives_met=4))
    drill = held(engine)
    drill.evaluate()
    assert [(one.objective, one.met, one.seconds) for one in drill.standing().results] == [
        ("taken_up", True, 720),
        ("led", False, 720),
    ]
    engine.execute("plan", "desk", drill.for_plan())
    drilled = engine.events("plan", "desk")[-1].data
    assert (drilled.objectives_met, drilled.objectives) == (1, 2)


def test_findings_of_a_drill():
    """Row 117: a drill has a score, what it showed is kept, and the plan is judged by it."""
    engine = approved()
    drill = held(engine)
    drill.evaluate(text="Slow to lead")
    assert drill.standing().score == 25
    drill.record_finding("numbers", "Nobody had the new numbers")
    assert drill.standing().findings["numbers"].text == "Nobody had the new numbers"
    engine.execute("plan", "desk", EvaluatePlan(rating="needs_revision", findings="Contacts are out of date"))
    assert engine.state("plan", "desk").rating == "needs_revision"


def test_participants():
    """Row 118: a drill names who takes part, by roles of the plan; departments and partners are invited, and come."""
    assert "role-unknown" not in found(YEARLY)
    assert found(YEARLY.replace("commander", "partner"))["role-unknown"] == "drills[0].participants[0]"
    drill = held(approved())
    assert drill.standing().invited == {"Fire brigade": True}
    assert [(one.organisation, one.person) for one in drill.standing().participants] == [("Fire brigade", "wu.bo")]
    with refused("organisation-not-invited"):
        drill.record_participation("The press", "li.na")


def test_lessons_of_a_drill():
    """Row 119: what a drill showed is told to the plan with what is proposed, and leads to another version of it."""
    engine = approved()
    drill = held(engine)
    drill.record_finding("numbers", "Nobody had the new numbers", proposal="Check them each month")
    engine.execute("plan", "desk", drill.for_plan())
    assert engine.events("plan", "desk")[-1].data.findings == "Nobody had the new numbers: Check them each month"
    engine.record_drill("spring")
    assert [one.text for one in engine.state("plan", "desk").proposals.values()] == ["Check them each month"]
    revision = RevisePlan(draft=plan(version="2").reference, trigger="drill", because="general, 3 March")
    engine.execute("plan", "desk", revision)
    revised = engine.events("plan", "desk")[-1].data
    assert (revised.trigger, revised.because, str(revised.previous)) == ("drill", "general, 3 March", "desk@1")
    assert engine.state("plan", "desk").status == "drafted"


def test_training():
    """Row 120: roles ask for trainings of the plan; who is trained until when is kept, and what ran out is told."""
    base = BASE.replace('id = "agent"', 'id = "agent"\ntraining = ["fire"]')
    training = '[[trainings]]\nid = "fire"\ntitle = "Fire safety"\nvalid = "1 year"'
    assert found(base=base)["training-unknown"] == "roles[2].training[0]"
    engine = desk(plan(YEARLY + training, base=base))
    drill = held(engine)
    drill.score_person("wu.bo", 90, training="fire")
    trained = drill.training()["wu.bo"]
    incident = levelled(engine)
    incident.assign_role("agent", "wu.bo", trained_until=trained)
    engine.clock.move(days=365)
    assert incident.concerns() == ()
    engine.clock.move(days=1)
    assert [(one.kind, one.training) for one in incident.concerns()] == [("untrained", "fire")]


def test_people_are_judged():
    """Row 121: whoever took part is judged, from 0 to 100."""
    drill = held(approved())
    drill.score_person("wu.bo", 80, note="Calm")
    assert [(one.person, one.score, one.note) for one in drill.standing().scores] == [("wu.bo", 80, "Calm")]
    with refused("score-out-of-range"):
        drill.score_person("wu.bo", 101)
    with refused("person-not-there"):
        drill.score_person("li.na", 80)
