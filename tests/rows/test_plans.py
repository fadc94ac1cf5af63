"""Rows 29 to 41: plans, and the system that they make."""

from __future__ import annotations

from datetime import date

from rehearsal import (
    BASE,
    desk,
    found,
    lets,
    levelled,
    owed,
    owes,
    plan,
    refused,
    reported,
    responding,
    text,
    typed,
    verdicts,
)
from respond import Plan
from respond.engine.watch import Watch
from respond.workflow.plan_life.commands import ApprovePlan, DraftPlan, EvaluatePlan, ReassessRisk
from respond.workflow.plan_life.state import overdue

NETWORK = {"head": 'kind = "special"\nunder = "desk"\ncovers = ["system_failure"]', "name": "network", "base": ""}
RISK = '[[risks]]\nid = "outage"\ntitle = "The tills hang"\nlikelihood = 4\nimpact = 5\n'


def test_plan_for_each_kind():
    """Row 29: a plan is for some kinds of incident; that a further one comes into force is an event."""
    special = plan(owes("call_vendor", 'from = "told", within = "1 h"'), **NETWORK)
    engine = desk(plan(), special)
    assert reported(engine, "system_failure").state().plan.name == "network"
    incident = reported(engine, "equipment_failure")
    assert (incident.state().plan.name, owed(incident)) == ("desk", {})
    incident.activate_plan("network", reason="The network is down too")
    assert [one.name for one in incident.state().activated] == ["network"]
    assert set(owed(incident)) == {"call_vendor"}


def test_activation():
    """Row 30: the response starts under a version of a plan, once there is a level."""
    incident = reported(desk(plan()))
    with refused("not-enabled"):
        incident.start_response()
    incident.assess(affected_customers=300)
    incident.assign_level(2, basis="300 customers")
    incident.start_response()
    assert incident.state().status == "responding"
    assert str(incident.state().plan) == "desk@1"
    storm = plan(head="[activation]\nlevels = [1]\nwhen = [{ affected_customers = { from = 1000 } }]", name="storm")
    engine = desk(plan(), storm)
    grave = levelled(engine, 1)
    assert Watch(engine).round().activated == 0
    grave.assess(affected_customers=4000)
    assert Watch(engine).round().activated == 1
    assert [str(one) for one in grave.state().activated] == ["storm@1"]


def test_system_of_plans():
    """Row 31: a special plan and one for a site add to the general one above them."""
    general = plan(owes("tell_customers", 'from = "told", within = "1 h"'))
    special = plan(owes("call_vendor", 'from = "told", within = "1 h"'), **NETWORK)
    engine = desk(general, special)
    assert set(owed(reported(engine, "system_failure"))) == {"tell_customers", "call_vendor"}
    assert set(owed(reported(engine, "equipment_failure"))) == {"tell_customers"}


def test_parts_of_a_plan():
    """Row 32: a plan has parts; which ones it lacks is told."""
    shipped = typed("plan", "lint", "service-company")
    assert (shipped["errors"], shipped["warnings"]) == (0, 0)
    missing = {one["place"] for one in _findings(text()) if one["code"] == "section-missing"}
    assert missing == {"measures", "channels", "obligations", "review", "revision"}


def test_sound_plan():
    """Row 33: a plan without anybody responsible, without a way to act or to reach people is not sound."""
    nobody = typed("plan", "lint", "{it}", it=text(base=BASE.partition("[[roles]]")[0]))
    assert nobody["errors"] > 0
    places = {one["place"] for one in nobody["files"][0]["findings"] if one["severity"] == "error"}
    assert {"roles", "measures", "channels"} <= places


def test_risks():
    """Row 34: risks have a likelihood and an impact from 1 to 5, and so a score."""
    assert found(RISK.replace("5", "6"))["risk-out-of-range"].startswith("risks[0]")
    engine = desk(plan(RISK))
    engine.execute("plan", "desk", DraftPlan(draft=engine.plans.default.reference))
    with refused("risk-out-of-range"):
        engine.execute("plan", "desk", ReassessRisk(risk="outage", likelihood=0, impact=5, strategy="reduce"))
    engine.execute("plan", "desk", ReassessRisk(risk="outage", likelihood=3, impact=5, strategy="transfer"))
    rated = engine.state("plan", "desk").risks["outage"]
    assert (rated.score, rated.strategy) == (15, "transfer")


def test_risks_again():
    """Row 35: a risk is looked at again in time, and who did not is told."""
    regular = plan(f'{RISK}assessed_on = 2026-06-01\nreassess_every = "6 months"')
    engine = desk(regular)
    engine.execute("plan", "desk", DraftPlan(draft=regular.reference))
    engine.clock.move(days=30)
    engine.execute("plan", "desk", ApprovePlan(approved=regular.reference))
    due = overdue(regular, engine.state("plan", "desk"), engine.clock())
    assert [(one.what, one.of, one.due_at.date()) for one in due] == [("risk", "outage", date(2026, 12, 1))]
    engine.execute("plan", "desk", ReassessRisk(risk="outage", likelihood=3, impact=5, strategy="reduce"))
    assert overdue(regular, engine.state("plan", "desk"), engine.clock()) == ()


def test_supervised_execution():
    """Row 37: a plan is put into effect by tasks with an owner and a date; who oversees it reports regularly."""
    tasks = "".join(
        f'[[tasks]]\nid = "{name}"\ntitle = "{name}"\nrole = "agent"\ndue_on = {day}\n'
        for name, day in (("spares", "2026-12-15"), ("leaflet", "2026-12-31"))
    )
    assert found(tasks.replace("agent", "gardener"))["role-unknown"] == "tasks[1].role"
    assert found('[revision]\noverseen_by = "gardener"\n')["role-unknown"] == "revision.overseen_by"
    rules = lets("draft_plan, approve_plan", "duty_officer") + lets("evaluate_plan", "commander")
    engine = desk(plan(tasks + rules + '[revision]\nreport_every = "1 month"\noverseen_by = "commander"\n'))
    officer = {"actor": "qian.fei", "role": "duty_officer"}
    engine.execute("plan", "desk", DraftPlan(draft=engine.plans.default.reference), **officer)
    engine.execute("plan", "desk", ApprovePlan(approved=engine.plans.default.reference), **officer)
    engine.clock.move(days=32)
    assert [(one.what, one.of) for one in engine.upkeep()[0].overdue] == [("report", "desk"), ("task", "spares")]
    found_out = EvaluatePlan(rating="needs_revision", findings="The leaflet is being written", tasks_done=("spares",))
    with refused("not-authorised"):
        engine.execute("plan", "desk", found_out, **officer)
    with refused("task-unknown"):
        engine.execute(
            "plan", "desk", EvaluatePlan(rating="adequate", tasks_done=("cake",)), actor="he.jun", role="commander"
        )
    engine.execute("plan", "desk", found_out, actor="he.jun", role="commander")
    assert engine.state("plan", "desk").rating == "needs_revision"
    assert engine.upkeep()[0].overdue == ()
    engine.clock.move(days=20)
    assert [one.of for one in engine.upkeep()[0].overdue] == ["leaflet"]


def test_owner():
    """Row 38: a plan names who interprets it."""
    shown = typed("plan", "show", "{it}", it=text(head='owner = "Service management"'))
    assert shown["plan"]["owner"] == "Service management"
    assert Plan.shipped("service-company").owner == "Service management department"


def test_core_service():
    """Row 39: keeping the core service going is a kind of measure, and a critical facility raises the level."""
    measure = (
        '[[measures]]\nid = "cash_tills"\ntitle = "Open the cash tills"\nkind = "{}"\npriority = 1\nrole = "agent"'
    )
    assert "value-invalid" not in found(measure.format("continue_service"))
    assert "value-invalid" in found(measure.format("keep_going"))
    incident = reported(desk(Plan.shipped("service-company")))
    incident.assess(critical_facility=True, actor="chen.yu", role="duty_officer")
    assert incident.suggestion().level == 2
    assert incident.suggestion().because == ("critical facility",)
    later = measure.format("continue_service").replace("cash_tills", "loudspeakers").replace("priority = 1", "")
    working = responding(desk(plan(later + "\n" + measure.format("continue_service"))))
    assert [one.measure.id for one in working.measures()] == ["cash_tills", "loudspeakers"]
    working.start_measure("cash_tills")
    assert [one.standing for one in working.measures()] == ["started", "ready"]


def test_recovery():
    """Row 41: when service is back there is a time of recovery, with duties that end before the review closes."""
    duty = owes("watch_quality", 'from = "response_ended", within = "3 days"', 'before = ["close_review"]')
    engine = desk(plan(duty))
    incident = responding(engine)
    assert verdicts(incident) == {"watch_quality": "waiting"}
    incident.resolve("New terminals")
    engine.clock.move(days=2)
    with refused("owed-before-close-review"):
        incident.close_review("Too early")
    incident.fulfil("watch_quality", note="No complaint in two days")
    incident.close_review("All shops sell again")
    assert verdicts(incident) == {"watch_quality": "met"}


def _findings(content: str) -> list[dict[str, str]]:
    [file] = typed("plan", "lint", "{it}", it=content)["files"]
    findings: list[dict[str, str]] = file["findings"]
    return findings
