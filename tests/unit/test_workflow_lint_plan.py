"""Lint of a workflow under a plan: deadlines that cannot be met, and commands that nobody may carry out."""

from __future__ import annotations

import attrs
import pytest

from lamp import made
from play import PLAN
from respond.plan.authority import AuthorityRule
from respond.plan.obligations import Clock, Obligation, Recurrence
from respond.plan.organisation import Role
from respond.plan.plan import Plan
from respond.plan.spans import Span
from respond.workflow.incident import INCIDENT
from respond.workflow.lint_codes import PLAN_ERRORS, PLAN_WARNINGS
from respond.workflow.lint_plan import lint_under
from respond.workflow.warning import WARNING
from respond.workflow.workflow import Workflow

ENDS = ("resolved", "reviewed", "cancelled", "merged")


def owing(**changes) -> Plan:
    """Return a plan with one obligation."""
    duty = {
        "id": "duty",
        "title": "Duty",
        "act": "note_progress",
        "due": (Clock(from_="told", within=Span(1, "hour")),),
    }
    return attrs.evolve(PLAN, obligations=(Obligation(**{**duty, **changes}),), authority=())


def ruled(**rule) -> Plan:
    """Return a plan with one rule of authority, and one role that one person may hold."""
    roles = (*PLAN.roles, Role(id="pilot", title="Pilot", holders=1), Role(id="nobody", title="Nobody", holders=0))
    return attrs.evolve(PLAN, roles=roles, authority=(AuthorityRule(**{"id": "rule", "commands": ("*",), **rule}),))


def without(workflow: Workflow, trigger: str) -> Workflow:
    """Return the incident's workflow without one command."""
    transitions = tuple(one for one in workflow.transitions if one.trigger != trigger)
    used = {code for one in transitions for code in one.guards}
    return attrs.evolve(
        workflow,
        version=99,
        transitions=transitions,
        guards=tuple(one for one in workflow.guards if one.code in used),
        handlers=tuple(one for name, one in workflow.handler_of.items() if name != trigger),
    )


def finishing(workflow: Workflow, state: str) -> Workflow:
    """Return the workflow with one more final state."""
    transitions = tuple(attrs.evolve(one, reopens=True) for one in workflow.transitions)
    return attrs.evolve(workflow, version=99, transitions=transitions, finals=(*workflow.finals, state))


def again(*until: str) -> Recurrence:
    """Return a recurrence that ends in these states."""
    return Recurrence(every=Span(1, "hour"), until=until)


WRONG: list[tuple[Workflow, Plan, str, str]] = [
    (
        INCIDENT,
        owing(recurs=again("resolved", "cancelled", "merged")),
        "deadline-on-final",
        "'duty' comes again in the final state 'reviewed': add it to until",
    ),
    (
        INCIDENT,
        owing(act="resolve", recurs=again(*ENDS)),
        "deadline-not-enabled",
        "'duty' comes again in 'reported', where resolve is not enabled: add it to until",
    ),
    (
        without(INCIDENT, "note"),
        owing(),
        "deadline-not-enabled",
        "'duty' asks for note, which is enabled in no state: name another act",
    ),
    (
        finishing(INCIDENT, "level_assigned"),
        owing(act="start_response"),
        "deadline-on-final",
        "'duty' asks for start_response, which is enabled in final states only",
    ),
    (INCIDENT, owing(recurs=again(*ENDS, "gone")), "state-unknown", "'gone' is not a state of the workflow"),
    (INCIDENT, owing(before=("vanish",)), "command-unknown", "'vanish' is not a command of the workflow"),
    (
        made(),
        ruled(commands=("install",), roles=("anyone",)),
        "command-unruled",
        "no rule names flip, so nobody may carry it out",
    ),
    (
        made(),
        ruled(roles=("nobody",)),
        "role-unfilled",
        "no one can fill what flip takes, 1 of nobody by 'rule'",
    ),
    (made(), ruled(roles=("pilot",), n_of=2), "role-unfilled", "2 of pilot by 'rule'"),
    (made(), ruled(roles=()), "role-unfilled", "1 of nobody by 'rule'"),
    (made(), ruled(roles=("ghost",)), "role-unfilled", "1 of ghost by 'rule'"),
]


@pytest.mark.parametrize(("workflow", "plan", "code", "says"), WRONG)
def test_what_is_wrong_under_a_plan_is_named(workflow, plan, code, says):
    """Each finding names the plan, the part of it, and what to write instead."""
    found = [one for one in lint_under(workflow, plan) if one.code == code]
    assert any(says in one.text for one in found), found
    assert all(one.place.startswith(f"plan {plan.reference}: ") for one in found)


@pytest.mark.parametrize(
    ("workflow", "plan"),
    [
        (INCIDENT, owing(recurs=again(*ENDS))),
        (INCIDENT, owing()),
        (made(), owing(act="resolve", recurs=again("gone"))),
        (WARNING, owing(before=("vanish",))),
        (made(), attrs.evolve(PLAN, authority=())),
        (made(), ruled(roles=("anyone",))),
        (made(), ruled(roles=("pilot",))),
        (made(), ruled(roles=("nobody", "pilot"))),
    ],
)
def test_what_is_in_order_has_no_finding(workflow, plan):
    """The control: deadlines that can be met and rules that can be filled; only incidents owe obligations."""
    assert lint_under(workflow, plan) == ()


def test_a_command_of_the_engine_asks_no_rule():
    """Nobody needs authority for what the engine asks by itself."""
    rules = tuple(
        AuthorityRule(id=name, commands=(name,), roles=("anyone",))
        for name, handler in INCIDENT.handler_of.items()
        if not handler.automatic
    )
    assert lint_under(INCIDENT, attrs.evolve(PLAN, authority=rules, obligations=())) == ()


@pytest.mark.parametrize("name", ["service-company", "customer-service"])
def test_shipped_plans_are_in_order(name):
    """The workflow of incidents and the shipped plans fit each other."""
    assert lint_under(INCIDENT, Plan.shipped(name)) == ()


def test_every_code_is_shown():
    """Each code of a workflow under a plan is found by one of the cases above."""
    assert {*PLAN_ERRORS, *PLAN_WARNINGS} <= {code for _, _, code, _ in WRONG}
