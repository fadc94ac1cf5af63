"""Lint: what is wrong with a plan that can be read, and what should be better."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from respond.plan.finding import Finding
from respond.plan.flow import Flow
from respond.plan.lint_amounts import amounts
from respond.plan.lint_authority import authority, commands
from respond.plan.lint_classification import categories, conditions, levels
from respond.plan.lint_communication import communication, compensation, notices
from respond.plan.lint_completeness import languages, sections
from respond.plan.lint_holding import holding
from respond.plan.lint_measures import measures, resources
from respond.plan.lint_names import unknown_names
from respond.plan.lint_obligations import obligations
from respond.plan.lint_order import order
from respond.plan.lint_organisation import bodies, departments, roles
from respond.plan.lint_upkeep import calendars, indicators, review, rhythm, risks
from respond.plan.plan import Plan


def lint(plan: Plan, *, today: date | None = None, flow: Flow | None = None) -> tuple[Finding, ...]:
    """Return what is wrong with *plan*, in the order of its sections.

    Agreements, inspections and other dates are judged on the day *today*, or not at all; commands, states and the order
    in which obligations can be met by *flow*, or not at all.
    """
    return tuple(_found(plan, today, flow))


def _found(plan: Plan, today: date | None, flow: Flow | None) -> Iterator[Finding]:
    yield from sections(plan)
    yield from unknown_names(plan)
    yield from categories(plan)
    yield from levels(plan)
    yield from conditions(plan)
    yield from roles(plan)
    yield from bodies(plan)
    yield from departments(plan, today)
    yield from authority(plan)
    yield from measures(plan)
    yield from resources(plan, today)
    yield from communication(plan)
    yield from notices(plan)
    yield from amounts(plan)
    yield from compensation(plan)
    yield from obligations(plan)
    if flow is not None:
        yield from commands(plan, flow)
        yield from holding(plan, flow)
        yield from order(plan, flow)
    yield from calendars(plan, today)
    yield from risks(plan, today)
    yield from indicators(plan)
    yield from review(plan)
    yield from rhythm(plan)
    yield from languages(plan)
