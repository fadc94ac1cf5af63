"""Lint: whatever a plan names, it has."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from respond.plan.access import AccessRule
from respond.plan.authority import ANYONE, AuthorityRule
from respond.plan.classification import Category, Level
from respond.plan.communication import Audience, KeyMessage, NoticeRule
from respond.plan.conditions import Condition
from respond.plan.contents import contents
from respond.plan.customer_care import CompensationLimit, CustomerCare
from respond.plan.finding import Finding, found
from respond.plan.follow_up import FollowUp
from respond.plan.measures import Measure
from respond.plan.obligations import Clock, Obligation, Rung
from respond.plan.organisation import Body, Duty, Member, Role, TeamTemplate, Trained
from respond.plan.plan import Plan
from respond.plan.resources import Resource
from respond.plan.upkeep import DrillRule, Indicator, ReviewRules, Revision, Risk, Task

NAMES: Mapping[tuple[type, str], tuple[str, str]] = {
    (Plan, "covers"): ("categories", "category-unknown"),
    (Category, "facets"): ("facets", "facet-unknown"),
    (Level, "response"): ("response_levels", "response-level-unknown"),
    (Condition, "categories"): ("categories", "category-unknown"),
    (Condition, "facets"): ("facets", "facet-unknown"),
    (Role, "department"): ("departments", "department-unknown"),
    (Role, "substitutes"): ("roles", "role-unknown"),
    (Role, "training"): ("trainings", "training-unknown"),
    (Body, "head"): ("roles", "body-without-head"),
    (Body, "members"): ("roles", "role-unknown"),
    (Duty, "role"): ("roles", "duty-without-role"),
    (TeamTemplate, "roles"): ("roles", "role-unknown"),
    (TeamTemplate, "categories"): ("categories", "category-unknown"),
    (Member, "roles"): ("roles", "role-unknown"),
    (Trained, "training"): ("trainings", "training-unknown"),
    (AuthorityRule, "roles"): ("roles", "role-unknown"),
    (AccessRule, "roles"): ("roles", "role-unknown"),
    (Measure, "role"): ("roles", "role-unknown"),
    (Measure, "categories"): ("categories", "category-unknown"),
    (Measure, "after"): ("measures", "measure-unknown"),
    (Measure, "resources"): ("resources", "resource-unknown"),
    (Resource, "partner"): ("partners", "partner-unknown"),
    (Audience, "channels"): ("channels", "channel-unknown"),
    (Audience, "speakers"): ("roles", "role-unknown"),
    (Audience, "approvers"): ("roles", "role-unknown"),
    (KeyMessage, "categories"): ("categories", "category-unknown"),
    (NoticeRule, "tellers"): ("roles", "role-unknown"),
    (NoticeRule, "audience"): ("audiences", "audience-unknown"),
    (NoticeRule, "role"): ("roles", "role-unknown"),
    (NoticeRule, "department"): ("departments", "department-unknown"),
    (NoticeRule, "channels"): ("channels", "channel-unknown"),
    (CompensationLimit, "role"): ("roles", "role-unknown"),
    (Obligation, "role"): ("roles", "role-unknown"),
    (Obligation, "recipient"): ("audiences", "recipient-unknown"),
    (Obligation, "measure"): ("measures", "measure-unknown"),
    (Obligation, "categories"): ("categories", "category-unknown"),
    (Obligation, "calendar"): ("calendars", "calendar-unknown"),
    (Clock, "of"): ("obligations", "obligation-unknown"),
    (Rung, "tell"): ("roles", "role-unknown"),
    (Risk, "category"): ("categories", "category-unknown"),
    (Indicator, "category"): ("categories", "category-unknown"),
    (CustomerCare, "role"): ("roles", "role-unknown"),
    (ReviewRules, "participants"): ("roles", "role-unknown"),
    (ReviewRules, "role"): ("roles", "role-unknown"),
    (FollowUp, "tell"): ("roles", "role-unknown"),
    (Task, "role"): ("roles", "role-unknown"),
    (DrillRule, "participants"): ("roles", "role-unknown"),
    (Revision, "approvers"): ("roles", "role-unknown"),
    (Revision, "overseen_by"): ("roles", "role-unknown"),
}
"""Which key of which part names what, and the code when the plan does not have it."""
_SHOWN = 12
"""How many of the known names a text lists."""
_SINGULAR = {"categories": "category", "facets": "facet", "audiences": "audience"}


def unknown_names(plan: Plan) -> Iterator[Finding]:
    """Yield each name of something that the plan does not have."""
    known = {section: _known(plan, section) for section, _ in NAMES.values()}
    numbers = {level.number for level in plan.levels}
    for place, part in contents(plan):
        for key, (section, code) in _keys(type(part)):
            for where, name in _listed(part, key, place):
                if name not in known[section] and not (
                    name == ANYONE and isinstance(part, (AuthorityRule, AccessRule))
                ):
                    yield found(code, where, _advice(name, section, known[section]))
        for key in ("levels", "required_from"):
            for where, number in _listed(part, key, place) if part is not plan else ():
                if number not in numbers:
                    yield found(
                        "level-unknown",
                        where,
                        f"{number} is not a level of the plan; write a number from 1 to {len(plan.levels)}",
                    )


def used_names(plan: Plan, section: str) -> frozenset[str]:
    """Return the ids of *section* that the plan names somewhere."""
    return frozenset(
        name
        for place, part in contents(plan)
        for key, (named, _) in _keys(type(part))
        if named == section
        for _, name in _listed(part, key, place)
    )


def _keys(kind: type) -> Iterable[tuple[str, tuple[str, str]]]:
    return _BY_KIND.get(kind, ())


_BY_KIND: Mapping[type, list[tuple[str, tuple[str, str]]]] = {
    kind: [(key, named) for (owner, key), named in NAMES.items() if owner is kind] for kind, _ in NAMES
}


def _listed(part: Any, key: str, place: str) -> Iterator[tuple[str, Any]]:
    where = f"{place}.{key}" if place else key
    value = getattr(part, key, None)
    if isinstance(value, tuple):
        yield from ((f"{where}[{index}]", one) for index, one in enumerate(value))
    elif value is not None:
        yield where, value


def _known(plan: Plan, section: str) -> list[str]:
    parts: Iterable[Any] = plan.all_obligations if section == "obligations" else getattr(plan, section)
    return [part.name if section == "calendars" else part.id for part in parts]


def instead_of(name: str, known: Sequence[str]) -> str:
    """Return which of the *known* names to write instead of *name*: the one that is most like it, or any."""
    near = difflib.get_close_matches(name, known, n=1)
    if near:
        return f"did you mean {near[0]}?"
    return f"write one of {', '.join([*known[:_SHOWN], *(['…'] if len(known) > _SHOWN else [])])}"


def _advice(name: str, section: str, known: list[str]) -> str:
    noun = _SINGULAR.get(section) or section.removesuffix("s").replace("_", " ")
    way = instead_of(name, known) if known else f"add it: [[{section}]]"
    if way.startswith("write"):
        way += f", or add it to [[{section}]]"
    return f"{name!r} is not {'an' if noun[0] in 'aeiou' else 'a'} {noun} of the plan; {way}"
