"""Rows 11 to 16: levels."""

from __future__ import annotations

from rehearsal import BASE, desk, lets, levelled, owed, owes, plan, refused, reported, unreadable

LIGHTER = BASE.replace("from = 1000", "from = 10000").replace("below = 1000", "below = 10000")
"""The same plan, with a level 1 that is harder to reach."""


def test_ordered_levels():
    """Row 11: levels are an ordered list without gaps, of which 1 is the worst."""
    incident = reported(desk())
    incident.assess(affected_customers=300)
    with refused("level-unknown"):
        incident.assign_level(4, basis="there is none")
    incident.assign_level(3, basis="few")
    incident.change_level(2, justification="more")
    assert (incident.state().level, incident.state().worst_level) == (2, 2)
    with unreadable("level-gap"):
        plan(base=BASE.replace("number = 3", "number = 4"))


def test_response_level():
    """Row 12: how much is set in motion is decided apart from how bad the incident is."""
    levels = "".join(f'[[response_levels]]\nid = "{one}"\ntitle = "{one}"\n' for one in ("full", "standard"))
    incident = levelled(desk(plan(levels)), 3)
    incident.set_response_level("full", basis="the press is there")
    assert (incident.state().level, incident.state().response_level) == (3, "full")
    with refused("response-level-unknown"):
        incident.set_response_level("enormous", basis="why not")


def test_who_decides_the_level():
    """Row 13: the plan suggests, a person with authority decides; suggestion, choice and basis are recorded."""
    incident = reported(desk(plan(lets("assign_level", "duty_officer") + lets("report, assess", "anyone"))))
    incident.assess(affected_customers=300, actor="chen.yu")
    with refused("not-authorised"):
        incident.assign_level(1, basis="regional press", actor="li.na", role="agent")
    with refused("basis-missing"):
        incident.assign_level(1, basis=" ", actor="chen.yu", role="duty_officer")
    incident.assign_level(1, basis="regional press", actor="chen.yu", role="duty_officer")
    decided = incident.events()[-1].data
    assert (decided.suggested, decided.level, decided.basis) == (2, 1, "regional press")
    assert decided.because == ("affected_customers 300 (from 100, below 1000)",)


def test_deadlines_by_level():
    """Row 14: the worse the level, the sooner it is due."""
    duties = owes("soon", 'from = "level_assigned", within = "30 min"', "levels = [1]")
    duties += owes("later", 'from = "level_assigned", within = "2 h"', "levels = [2, 3]")
    engine = desk(plan(duties))
    assert [set(owed(levelled(engine, level))) for level in (1, 2, 3)] == [{"soon"}, {"later"}, {"later"}]


def test_levels_are_of_a_version():
    """Row 15: an incident keeps the levels of its version of the plan until it is rebased to another one."""
    engine = desk(plan(), plan(version="2", base=LIGHTER))
    incident = reported(engine, plan="desk@1", plan_reason="asked for")
    incident.assess(affected_customers=5000)
    assert incident.suggestion().level == 1
    incident.rebase_plan("desk@2", reason="levels were revised")
    assert (incident.state().plan.version, incident.suggestion().level) == ("2", 2)


def test_raising_and_lowering():
    """Row 16: a level is raised or lowered with a justification, lowering takes more authority and some time."""
    base = BASE.replace("number = 1", 'number = 1\ndwell = "1 h"')
    rules = lets("report, assess, assign_level, start_response, change_level:raise", "duty_officer")
    engine = desk(plan(rules + lets("change_level:lower", "commander"), base=base))
    duty, head = {"actor": "chen.yu", "role": "duty_officer"}, {"actor": "zhao.min", "role": "commander"}
    incident = reported(engine, **duty)
    incident.assess(affected_customers=300, **duty)
    incident.assign_level(2, basis="300 customers", **duty)
    with refused("justification-missing"):
        incident.change_level(1, justification="", **duty)
    incident.change_level(1, justification="it spreads", **duty)
    with refused("level-too-young"):
        incident.change_level(2, justification="contained", **head)
    engine.clock.move(hours=1)
    with refused("not-authorised"):
        incident.change_level(2, justification="contained", **duty)
    incident.change_level(2, justification="contained", **head)
    changed = incident.events()[-1].data
    assert (changed.from_level, changed.to_level, changed.justification) == (1, 2, "contained")
    assert incident.state().worst_level == 1
