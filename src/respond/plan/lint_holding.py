"""Lint: rules for whoever holds a role, where nobody can hold it."""

from __future__ import annotations

from collections.abc import Iterator

from respond.plan.authority import ANYONE, AuthorityRule
from respond.plan.finding import Finding, found
from respond.plan.flow import Flow
from respond.plan.organisation import Role
from respond.plan.plan import Plan

_COMMANDER = "commander"
_TAKE, _GIVE = "take_command", "assign_role"
"""The commands that fill the commander's role, and every other one."""


def holding(plan: Plan, flow: Flow) -> Iterator[Finding]:
    """Yield rules of authority for the holder of a role that nobody can hold, or not when the command is asked for."""
    early, held = without_holders(flow), _held(plan, flow)
    for index, rule in enumerate(plan.authority):
        if not rule.held:
            continue
        for number, name in enumerate(rule.commands):
            if name in early:
                yield found(
                    "held-by-nobody",
                    f"authority[{index}].commands[{number}]",
                    f"nobody holds a role when {name} is asked for; give {name} a rule without held",
                )
        for number, name in enumerate(rule.roles):
            role = plan.role(name)
            if role is not None and not held & {name, *role.substitutes}:
                yield found(
                    "held-by-nobody",
                    f"authority[{index}].roles[{number}]",
                    f"{rule.id!r} asks for a holder of {name!r}, which nobody can come to hold; {_mend(role)}",
                )


def without_holders(flow: Flow) -> frozenset[str]:
    """Return the commands that are asked for while nobody holds a role: those that begin it, and of other workflows."""
    within = {step.command for step in flow.steps if step.source != flow.initial}
    return frozenset({*flow.commands, *flow.further} - within)


def _held(plan: Plan, flow: Flow) -> frozenset[str]:
    """Return the roles that somebody can come to hold, one after the other."""
    held: frozenset[str] = frozenset()
    while True:
        more = {role.id for role in plan.roles if _command(role) in flow.commands and _fillable(plan, role, held)}
        if more <= held:
            return held
        held |= more


def _fillable(plan: Plan, role: Role, held: frozenset[str]) -> bool:
    """Return whether some rule lets a person fill *role* while those that are *held* are."""
    if role.holders is not None and role.holders < 1:
        return False
    return any(rule.names(_command(role)) and _met(plan, rule, held) for rule in plan.authority)


def _met(plan: Plan, rule: AuthorityRule, held: frozenset[str]) -> bool:
    if not rule.held or rule.break_glass:
        return bool(rule.roles)
    if ANYONE in rule.roles:
        return bool(held)
    roles = (one for name in rule.roles if (one := plan.role(name)) is not None)
    return any(held & {role.id, *role.substitutes} for role in roles)


def _command(role: Role) -> str:
    return _TAKE if role.id == _COMMANDER else _GIVE


def _mend(role: Role) -> str:
    if role.holders is not None and role.holders < 1:
        return "write holders = 1 or more"
    return f"let somebody who holds nothing yet {_command(role)}"
