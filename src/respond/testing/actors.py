"""Who asks in generated tests: nobody, or people in each role of the plan."""

from __future__ import annotations

from respond.domain.references import Actor
from respond.plan.authority import ANYONE, AuthorityRule
from respond.plan.plan import Plan

PEOPLE = ("ann", "bob")
"""Two people, so that rules of four eyes can be kept and broken."""


def actors_of(plan: Plan) -> tuple[Actor | None, ...]:
    """Return nobody; where *plan* asks who acts, also people without a role and with each of its roles."""
    if not plan.authority or any(rule == _freedom(rule.id) for rule in plan.authority):
        return (None,)
    return (None, Actor(PEOPLE[0]), *(Actor(person, role.id) for role in plan.roles for person in PEOPLE))


def _freedom(rule_id: str) -> AuthorityRule:
    """Return the rule of this id that lets everybody do everything."""
    return AuthorityRule(id=rule_id, commands=("*",), roles=(ANYONE,))
