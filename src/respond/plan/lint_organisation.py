"""Lint: roles, bodies, departments."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from respond.plan.finding import Finding, found
from respond.plan.lint_dates import YEAR, passed
from respond.plan.lint_names import used_names
from respond.plan.organisation import Department
from respond.plan.plan import Plan


def roles(plan: Plan) -> Iterator[Finding]:
    """Yield roles without substitutes, without anything to do, and substitutes that lead back."""
    used = used_names(plan, "roles")
    substitutes = {role.id: role.substitutes for role in plan.roles}
    for index, role in enumerate(plan.roles):
        place = f"roles[{index}]"
        if role.required_from is not None and not role.substitutes:
            yield found(
                "role-without-substitute",
                place,
                f'{role.id!r} must be filled, and nobody steps in; write substitutes = ["…"]',
            )
        if role.id not in used:
            yield found(
                "role-unused", place, f"{role.id!r} has nothing to do; give it a duty or a measure, or leave it out"
            )
        if role.id in reachable(substitutes, role.id):
            yield found(
                "substitute-cycle",
                f"{place}.substitutes",
                f"the substitutes of {role.id!r} lead back to it; write others, so that the line ends",
            )


def bodies(plan: Plan) -> Iterator[Finding]:
    """Yield bodies whose head commands nothing."""
    for index, body in enumerate(plan.bodies):
        head = plan.role(body.head)
        if head is not None and head.reads_only:
            yield found(
                "body-without-head",
                f"bodies[{index}].head",
                f"{body.head!r} reads only and cannot lead {body.id!r}; write a role that commands",
            )


def departments(plan: Plan, today: date | None) -> Iterator[Finding]:
    """Yield departments that nobody can reach, as far as is known."""
    for index, department in enumerate(plan.departments):
        place = f"departments[{index}]"
        if department.contact is None:
            yield found("contact-missing", place, f'{department.id!r} has no contact; write contact = "…"')
        elif not _verified(department, today):
            yield found(
                "contact-unverified",
                f"{place}.contact",
                f"the contact of {department.id!r} was not verified within a year; "
                "verify it and write contact_verified_on",
            )


def reachable(edges: dict[str, tuple[str, ...]], start: str) -> frozenset[str]:
    """Return what can be reached from *start* in one step or more."""
    seen: set[str] = set()
    waiting = [*edges.get(start, ())]
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen.add(one)
            waiting.extend(edges.get(one, ()))
    return frozenset(seen)


def _verified(department: Department, today: date | None) -> bool:
    verified = department.contact_verified_on
    return verified is not None and not passed(verified, YEAR, today)
