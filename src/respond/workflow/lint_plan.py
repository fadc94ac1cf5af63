"""Lint: a workflow under a plan: whether deadlines can be met, and whether anyone may carry out its commands."""

from __future__ import annotations

import math
from collections.abc import Iterator

import attrs

from respond.plan.authority import ANYONE, AuthorityRule
from respond.plan.finding import Finding
from respond.plan.flow import Flow, Step
from respond.plan.lint_order import commands_of, order
from respond.plan.obligations import Obligation
from respond.plan.plan import Plan
from respond.workflow.definition import NEW
from respond.workflow.lint_codes import found
from respond.workflow.workflow import Workflow

OWING = "incident"
"""The category of the streams that obligations are owed for."""


def lint_under(workflow: Workflow, plan: Plan) -> tuple[Finding, ...]:
    """Return what is wrong with *workflow* under *plan*; places are those of the plan.

    Obligations are owed by incidents, so that only a workflow of theirs is held to them: what `plan lint` says of the
    order of commands is among the findings, by its own codes.
    """
    findings = list(_commands(workflow, plan))
    if workflow.category == OWING:
        findings += order(plan, flow_of(workflow))
        for index, obligation in enumerate(plan.obligations):
            findings += _deadlines(workflow, obligation, f"obligations[{index}]")
    return tuple(attrs.evolve(one, place=f"plan {plan.reference}: {one.place}") for one in findings)


def flow_of(workflow: Workflow, further: tuple[str, ...] = ()) -> Flow:
    """Return the steps of *workflow* as plans take them; *further* are commands of others."""
    steps = (
        Step(transition.trigger, source, transition.dest or source, transition.reopens)
        for transition in workflow.transitions
        for source in transition.sources
    )
    unasked = frozenset(trigger for trigger, handler in workflow.handler_of.items() if handler.automatic)
    return Flow(tuple(steps), further=further, unasked=unasked)


def _deadlines(workflow: Workflow, obligation: Obligation, place: str) -> Iterator[Finding]:
    acts = commands_of(obligation)
    enabled = {state for act in acts for state in workflow.table.sources(act)} - {NEW}
    named = " or ".join(acts)
    if not enabled:
        text = f"{obligation.id!r} asks for {named}, which is enabled in no state: name another act"
        yield found("deadline-not-enabled", f"{place}.act", text)
        return
    if enabled <= set(workflow.finals):
        text = f"{obligation.id!r} asks for {named}, which is enabled in final states only: name another act"
        yield found("deadline-on-final", f"{place}.act", text)
    if obligation.recurs is None:
        return
    until = set(obligation.recurs.until)
    for state in workflow.states:
        if state in until:
            continue
        if state in workflow.finals:
            text = f"{obligation.id!r} comes again in the final state {state!r}: add it to until"
            yield found("deadline-on-final", f"{place}.recurs.until", text)
        elif state not in enabled:
            text = f"{obligation.id!r} comes again in {state!r}, where {named} is not enabled: add it to until"
            yield found("deadline-not-enabled", f"{place}.recurs.until", text)


def _commands(workflow: Workflow, plan: Plan) -> Iterator[Finding]:
    if not plan.authority:
        return
    for trigger, handler in workflow.handler_of.items():
        rules = [rule for rule in plan.authority if _names(rule, trigger)]
        if handler.automatic:
            continue
        if not rules:
            text = f'no rule names {trigger}, so nobody may carry it out: add one with its roles, or with "anyone"'
            yield found("command-unruled", "authority", text)
        elif not any(_filled(rule, plan) for rule in rules):
            asked = "; ".join(f"{rule.n_of} of {', '.join(rule.roles) or 'nobody'} by {rule.id!r}" for rule in rules)
            text = f"no one can fill what {trigger} takes, {asked}: name roles of the plan that enough people may hold"
            yield found("role-unfilled", f"authority[{plan.authority.index(rules[0])}].roles", text)


def _names(rule: AuthorityRule, trigger: str) -> bool:
    return any(one == "*" or one.partition(":")[0] == trigger for one in rule.commands)


def _filled(rule: AuthorityRule, plan: Plan) -> bool:
    """Return whether as many people as *rule* asks for can hold its roles, or those that step in for them."""
    if ANYONE in rule.roles:
        return True
    roles = [role for name in rule.roles if (role := plan.role(name)) is not None]
    stand_ins = [one for role in roles for name in role.substitutes if (one := plan.role(name)) is not None]
    holders = {role.id: math.inf if role.holders is None else role.holders for role in (*roles, *stand_ins)}
    people = sum(holders.values())
    return people >= max(rule.n_of, 1)
