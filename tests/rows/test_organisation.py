"""Rows 17 to 28: who commands, who acts, who steps in."""

from __future__ import annotations

from datetime import timedelta

from rehearsal import BASE, desk, found, lets, levelled, owes, plan, refused, reported, responding, verdicts
from respond import Plan
from respond.engine.incident import IncidentHandle
from respond.workflow.plan_life.commands import ApprovePlan, DraftPlan

WANTED = BASE.replace('id = "commander"', 'id = "commander"\nrequired_from = 3').replace(
    'id = "agent"', 'id = "agent"\nrequired_from = 2'
)
"""The same plan, with a commander at every level and an agent at level 2."""


def test_command_body():
    """Row 17: a body that commands is data of the plan, led by a role; its head takes command."""
    body = '[[bodies]]\nid = "centre"\ntitle = "Command centre"\nhead = "commander"\nmembers = ["duty_officer"]'
    assert "body-without-head" not in found(body)
    assert found(body.replace("commander", "chief"))["body-without-head"] == "bodies[0].head"
    incident = levelled(desk(plan(body)))
    incident.take_command(actor="zhao.min", role="commander")
    assert incident.state().commander == "zhao.min"


def test_team():
    """Row 18: a team takes part by its roles; that they are filled is owed, and told by who fills the last one."""
    incident = levelled(
        desk(plan(owes("team", 'from = "level_assigned", within = "1 h"', act="fill_roles"), base=WANTED))
    )
    incident.take_command(actor="zhao.min")
    assert verdicts(incident)["team"] == "open"
    incident.assign_role("agent", "li.na")
    assert verdicts(incident)["team"] == "met"
    incident.assign_team("front desk")
    assert incident.state().team == "front desk"
    templates = "".join(
        f'[[teams]]\nid = "{name}"\ntitle = "{name}"\nroles = ["agent", "duty_officer"]\n{keys}\n'
        for name, keys in (("desk_team", "levels = [2]"), ("system_team", 'categories = ["system_failure"]'))
    )
    second = levelled(desk(plan(templates)))
    assert [one.id for one in second.team_templates()] == ["desk_team"]
    assert levelled(second.engine, level=3).team_templates() == ()
    with refused("team-unfit"):
        second.form_team("system_team", members={"agent": "li.na"})
    with refused("member-unfit"):
        second.form_team("desk_team", members={"commander": "li.na"})
    second.form_team("desk_team", members={"agent": "li.na", "duty_officer": "wang.li"})
    assert second.state().holders("agent") == ("li.na",)
    assert [one.told.team for one in second.review().response.teams] == ["desk_team"]


def test_substitutes():
    """Row 19: a role has substitutes, who may act for it as long as it stands empty."""
    base = BASE.replace('id = "commander"', 'id = "commander"\nsubstitutes = ["duty_officer"]')
    rules = lets("report, assess, assign_level, take_command", "anyone")
    incident = levelled(desk(plan(rules + lets("start_response", "commander"), base=base)))
    with refused("not-authorised"):
        incident.start_response(actor="li.na", role="agent")
    incident.start_response(actor="chen.yu", role="duty_officer")
    filled = levelled(incident.engine)
    filled.take_command(actor="zhao.min", role="commander")
    with refused("not-authorised"):
        filled.start_response(actor="chen.yu", role="duty_officer")


def test_duty_officer():
    """Row 20: whoever is on duty passes the report on to those who command, and nobody else does."""
    rules = lets("report", "anyone") + lets("report_upward", "duty_officer")
    incident = reported(desk(plan(rules)))
    told = {"kind": "initial", "recipient": "command centre", "summary": "Terminals down in 14 shops"}
    with refused("not-authorised"):
        incident.report_upward(**told, actor="li.na", role="agent")
    incident.report_upward(**told, actor="chen.yu", role="duty_officer")
    assert incident.events()[-1].body["authority"] == {"rule": "report_upward"}


def test_empty_roles():
    """Row 21: roles are required by level, and those that stand empty are told."""
    engine = desk(plan(base=WANTED))
    incident = levelled(engine, 2)
    assert [role.id for role in incident.vacancies()] == ["commander", "agent"]
    incident.assign_role("agent", "li.na")
    assert [role.id for role in incident.vacancies()] == ["commander"]
    assert [role.id for role in levelled(engine, 3).vacancies()] == ["commander"]


def test_duties_of_departments():
    """Row 22: departments have duties by their roles, in each phase; a duty of nobody is a defect of the plan."""
    shipped = Plan.shipped("service-company")
    busy = {shipped.role(duty.role).department for duty in shipped.duties}
    assert {"management", "public_relations", "technology", "customer_service"} <= busy
    assert busy <= {None, *(one.id for one in shipped.departments)}
    duty = '[[duties]]\nid = "lead"\ntitle = "Lead"\nrole = "chief"\nphase = "respond"'
    assert found(duty)["duty-without-role"] == "duties[0].role"


def test_training_of_members():
    """Row 23: a roster tells who can be called, with which skills; who lacks training in force is told, not barred."""
    base = BASE.replace('id = "agent"', 'id = "agent"\ntraining = ["first_aid"]')
    member = (
        '[[roster]]\nid = "{}"\nroles = ["agent"]\nskills = {}\ntrained = [{{ training = "first_aid", until = {} }}]\n'
    )
    people = (("li.na", '["tills"]', "2026-11-19"), ("sun.wei", '["tills", "english"]', "2027-01-31"))
    roster = "".join(member.format(*person) for person in people) + '[[roster]]\nid = "he.na"\nroles = ["agent"]\n'
    training = '[[trainings]]\nid = "first_aid"\ntitle = "First aid"\nvalid = "2 years"\n'
    assert found(roster, base=base)["training-unknown"] == "roster[1].trained[0].training"
    assert "training-unknown" not in found(training + roster, base=base)
    assert found(training + roster.replace('"agent"', '"gardener"'))["role-unknown"] == "roster[2].roles[0]"
    incident = levelled(desk(plan(training + roster, base=base)))
    called = incident.candidates("agent", skills=["tills"])
    assert [(one.person, one.untrained) for one in called] == [("sun.wei", ()), ("li.na", ("first_aid",))]
    assert [one.person for one in incident.candidates("agent")] == ["sun.wei", "li.na", "he.na"]
    for one in called:
        incident.assign_role("agent", one.person)
    assert [(one.kind, one.person) for one in incident.concerns()] == [("untrained", "li.na")]
    assert incident.state().holders("agent") == ("sun.wei", "li.na")
    assert [one.person for one in incident.candidates("agent")] == ["he.na"]
    incident.assign_role("agent", "zhu.lin", trained_until={"first_aid": "2026-11-19"})
    assert [one.person for one in incident.concerns()] == ["li.na", "zhu.lin"]


def test_contacts():
    """Row 24: a department has a contact, which is verified again within a year."""
    bare = '[[departments]]\nid = "tech"\ntitle = "Technology"\n'
    unit = bare + 'contact = "+86 10 5555 0000"\n'
    assert "contact-missing" in found(bare)
    assert "contact-unverified" in found(f"{unit}contact_verified_on = 2025-11-01")
    assert "contact-unverified" not in found(f"{unit}contact_verified_on = 2026-11-01")


def test_one_commander():
    """Row 25: one person commands at any instant, and command is handed over with a briefing."""
    engine = desk()
    incident = responding(engine)
    incident.take_command("chen.yu")
    engine.clock.move(hours=2)
    incident.take_command("zhao.min", briefing="Vendor on the way; 14 shops down")
    with refused("earlier-than-last"):
        incident.take_command("li.na", at=engine.clock.now.replace(minute=0, hour=10))
    first, second = incident.review().commanders
    assert (first.holder, second.holder, first.until, second.until) == ("chen.yu", "zhao.min", second.since, None)
    assert incident.events()[-1].data.briefing == "Vendor on the way; 14 shops down"


def test_legal_advice():
    """Row 26: for some kinds the lawyers must have had their say, and sign what is told outside."""
    legal = '[[roles]]\nid = "legal"\ntitle = "Legal counsel"\n'
    say = owes("legal_say", 'from = "told", within = "4 h"', 'role = "legal"', 'before = ["resolve"]')
    press = '[[audiences]]\nid = "press"\ntitle = "Press"\nkind = "media"\nchannels = ["wire"]\nspeakers = ["agent"]\n'
    wire = '[[channels]]\nid = "wire"\ntitle = "Wire"\nmedium = "press"\n'
    head = 'kind = "special"\nunder = "desk"\ncovers = ["equipment_failure"]'
    grave = plan(say + press + 'approvers = ["legal"]\n', head=head, name="liable", base="")
    engine = desk(plan(legal + wire + press), grave)
    counsel, agent = {"actor": "qian.fei", "role": "legal"}, {"actor": "li.na", "role": "agent"}
    incident = responding(engine, category="equipment_failure")
    _draft(incident)
    with refused("not-an-approver"):
        incident.approve_statement("s1", **agent)
    incident.approve_statement("s1", **counsel)
    incident.publish_statement("s1", **agent)
    with refused("owed-before-resolve"):
        incident.resolve("New terminals")
    incident.fulfil("legal_say", note="No liability", **counsel)
    incident.resolve("New terminals")
    other = responding(engine, category="system_failure")
    _draft(other)
    other.approve_statement("s1", **agent)
    other.resolve("Restarted")


def _draft(incident: IncidentHandle) -> None:
    """Draft a statement to the press that lacks nothing."""
    incident.set_key_messages("We know, and act.", stage="first")
    incident.approve_key_messages(1)
    told = {"cause": "not known yet", "effect": "no cards", "measures": "technicians", "recovery": "by noon"}
    soon = incident.engine.clock() + timedelta(hours=1)
    incident.draft_statement("s1", audience="press", channel="wire", text="No cards", next_update_at=soon, **told)


def test_oversight():
    """Row 27: who oversees looks on: it may note and record what it finds, and no more."""
    watcher = '[[roles]]\nid = "supervisor"\ntitle = "Supervisor"\nreads_only = true\n'
    steps = "assign_level, start_response, report_upward, resolve"
    rules = lets("report, note, record_finding", "anyone") + lets(f"assess, {steps}", "duty_officer")
    incident = reported(desk(plan(watcher + rules)))
    seen = {"actor": "he.jun", "role": "supervisor"}
    incident.note("The list of contacts was out of date", **seen)
    with refused("not-authorised"):
        incident.assess(affected_customers=3, **seen)
    assert incident.review().notes[0].actor == "he.jun"
    officer = {"actor": "wang.li", "role": "duty_officer"}
    incident.assess(affected_customers=3, **officer)
    incident.assign_level(3, basis="few", **officer)
    incident.start_response(**officer)
    incident.resolve("New terminals", **officer)
    incident.record_finding("went_badly", "The list of contacts was out of date", **seen)
    assert [one.actor for one in incident.review().learnt.findings] == ["he.jun"]
    head = '[[bodies]]\nid = "centre"\ntitle = "Command centre"\nhead = "supervisor"'
    assert "body-without-head" in found(watcher + head)
    assert "overseer-acts" not in found(watcher + lets("record_finding", "supervisor"))
    assert found(watcher + lets("assess", "supervisor"))["overseer-acts"] == "authority[0].roles[0]"


def test_authors():
    """Row 28: who drafted and who approved a version of the plan is on record, and so is its owner."""
    written = plan(head='owner = "Service management"')
    assert written.owner == "Service management"
    engine = desk(written)
    engine.execute("plan", "desk", DraftPlan(draft=written.reference), actor="qian.fei")
    with refused("not-the-draft"):
        engine.execute("plan", "desk", ApprovePlan(approved=plan(version="2").reference), actor="zhao.min")
    engine.execute("plan", "desk", ApprovePlan(approved=written.reference), actor="zhao.min")
    assert [event.actor for event in engine.events("plan", "desk")] == ["qian.fei", "zhao.min"]
    assert engine.state("plan", "desk").in_force == written.reference
