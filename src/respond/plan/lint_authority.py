"""Lint: who may do what."""

from __future__ import annotations

from collections.abc import Iterator

from respond.plan.authority import ANYONE, AuthorityRule
from respond.plan.finding import Finding, found
from respond.plan.flow import Flow
from respond.plan.lint_holding import without_holders
from respond.plan.lint_names import instead_of
from respond.plan.plan import Plan

_EVERY = "*"
_LEVELLING = "change_level"
_RAISE, _LOWER = f"{_LEVELLING}:raise", f"{_LEVELLING}:lower"
_OVERSEEING = frozenset(
    {
        *("report", "note", "pin_entry", "unpin_entry", "approve"),
        *("record_finding", "evaluate_response", "evaluate_plan"),
    }
)
"""What someone may do who oversees and commands nothing."""


def authority(plan: Plan) -> Iterator[Finding]:
    """Yield rules that let nobody or the wrong ones act, ask for more people than there are, or are never looked at."""
    for index, rule in enumerate(plan.authority):
        place = f"authority[{index}]"
        if not rule.roles:
            yield found(
                "rule-without-role", place, f'{rule.id!r} lets nobody do anything; write roles = ["…"], or "anyone"'
            )
            continue
        yield from _overseers(plan, rule, place)
        able = _able(plan, rule)
        if rule.n_of < 1 or (able is not None and rule.n_of > able):
            people = "at least 1" if rule.n_of < 1 else f"{able} at most: so many hold its roles"
            yield found(
                "n-of-too-many", f"{place}.n_of", f"{rule.n_of} people must agree by {rule.id!r}; write {people}"
            )
        if rule.break_glass and not _reviewed(plan, rule):
            yield found(
                "break-glass-unreviewed",
                f"{place}.break_glass",
                f"{rule.id!r} may be broken in need, and no review asks about it; write [review] with its levels",
            )
    raising, lowering = _roles(plan, _RAISE), _roles(plan, _LOWER)
    for role in sorted(lowering - raising) if raising and ANYONE not in raising else ():
        rank = getattr(plan.role(role), "rank", None)
        ranks = [one.rank for name in raising if (one := plan.role(name)) is not None and one.rank is not None]
        if rank is None or not ranks or rank > min(ranks):
            yield found(
                "lowering-easier",
                "authority",
                f"{role!r} may lower a level and not raise it; let it raise too, or not lower",
            )


def commands(plan: Plan, flow: Flow) -> Iterator[Finding]:
    """Yield commands that no workflow has, and those of an incident that nobody may carry out."""
    if not plan.authority:
        return
    known = {*flow.commands, *flow.further, _RAISE, _LOWER, _EVERY}
    for index, rule in enumerate(plan.authority):
        for key, names in (("commands", rule.commands), ("different_actor", rule.different_actor)):
            for number, name in enumerate(names):
                if name not in known:
                    yield found(
                        "command-unknown",
                        f"authority[{index}].{key}[{number}]",
                        f"{name!r} is not a command; {instead_of(name, (*flow.commands, *flow.further))}",
                    )
    early, unruled = without_holders(flow), []
    for command in (one for one in flow.commands if one not in flow.unasked):
        rules = [rule for rule in plan.authority if not (rule.held and command in early)]
        named = {name for rule in rules for name in rule.commands}
        ways = {_RAISE, _LOWER} if command == _LEVELLING else {command}
        if not {_EVERY, command} & named and not ways <= named:
            unruled.append(command)
    if unruled:
        yield found(
            "command-without-rule",
            "authority",
            f"no rule names {', '.join(unruled)}, so nobody may carry {'it' if len(unruled) == 1 else 'them'} out; "
            'add one with its roles, or with "anyone"',
        )


def _overseers(plan: Plan, rule: AuthorityRule, place: str) -> Iterator[Finding]:
    commands = [name for name in rule.commands if name not in _OVERSEEING]
    for number, name in enumerate(rule.roles):
        role = plan.role(name)
        if role is not None and role.reads_only and commands:
            yield found(
                "overseer-acts",
                f"{place}.roles[{number}]",
                f"{name!r} only oversees, and {rule.id!r} lets it {', '.join(commands)}; leave it out",
            )


def _able(plan: Plan, rule: AuthorityRule) -> int | None:
    """Return how many people can hold the roles of *rule*; None when there is no end to them."""
    roles = [plan.role(name) for name in rule.roles]
    if ANYONE in rule.roles or any(role is not None and role.holders is None for role in roles):
        return None
    return sum(role.holders or 0 for role in roles if role is not None)


def _reviewed(plan: Plan, rule: AuthorityRule) -> bool:
    if plan.review is None:
        return False
    owed = set(plan.review.levels) or {level.number for level in plan.levels}
    return bool(owed & (set(rule.levels) or owed))


def _roles(plan: Plan, command: str) -> frozenset[str]:
    return frozenset(
        role for rule in plan.authority if {command, _LEVELLING, _EVERY} & set(rule.commands) for role in rule.roles
    )
