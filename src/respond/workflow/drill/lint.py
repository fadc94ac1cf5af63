"""Lint of scenarios: what names nothing in the plan, and what the workflow of incidents cannot be asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import attrs

from respond.domain.payloads import from_input
from respond.errors import InvalidInput, InvalidPlan, WorkflowNotFound
from respond.plan.files import read_text
from respond.plan.finding import Finding, found
from respond.plan.lines import line_of, lines_of
from respond.plan.lint_file import refusal
from respond.plan.plan import Plan
from respond.plan.reader import FILE_MAX
from respond.plan.scenario import Inject, Objective, Scenario
from respond.workflow.incident import INCIDENT
from respond.workflow.incident.commands import ReportIncident
from respond.workflow.workflow import Workflow

CODES: Mapping[str, str] = {
    "scenario-empty": "no inject, or no objective",
    "scenario-plan-missing": "the plan of the scenario is not at hand",
    "inject-order": "an inject that comes before the one above it",
    "inject-unclear": "an inject with none of command, signal and message, or with several",
    "inject-report-missing": "no inject reports the incident",
    "inject-command-unknown": "a command that incidents do not have, or that goes only beside another",
    "inject-data-invalid": "fields that the command does not have, or values that do not fit",
    "inject-unknown": "an inject that the scenario does not have",
    "objective-unclear": "an objective with none or several of act, obligation, measure and role, or without its span",
    "drill-rule-unknown": "a drill that the plan does not have",
    "role-unknown": "a role that the plan does not have",
    "obligation-unknown": "an obligation that the plan does not have",
    "measure-unknown": "a measure that the plan does not have",
}
"""The codes of scenarios beside those of reading, and what each means."""


def lint(scenario: Scenario, plan: Plan, *, workflow: Workflow = INCIDENT) -> tuple[Finding, ...]:
    """Return what is wrong with *scenario* under *plan*, in its order."""
    return tuple(_found(scenario, plan, workflow))


def lint_scenario(path: Path, plans: Iterable[Plan]) -> tuple[Finding, ...]:
    """Return what is wrong with the scenario in the file at *path*, each with its line, by the one of *plans* it names.

    A scenario that cannot be read has the findings of reading and no others.  Raises `InvalidPlan` when there is no
    such file.
    """
    try:
        scenario = Scenario.load(path)
    except InvalidPlan as error:
        if error.flaw == "unreadable":
            raise
        return tuple(refusal(one, path) for one in (error, *error.others))
    lines = lines_of(read_text(path, bytes_max=FILE_MAX, invalid=InvalidPlan))
    plan = next((one for one in plans if one.name == scenario.plan), None)
    if plan is None:
        text = f"the plan {scenario.plan!r} is not at hand; name its file too"
        findings: tuple[Finding, ...] = (found("scenario-plan-missing", "plan", text),)
    else:
        findings = lint(scenario, plan)
    return tuple(attrs.evolve(one, line=line_of(lines, one.place)) for one in findings)


def _found(scenario: Scenario, plan: Plan, workflow: Workflow) -> Iterator[Finding]:
    rules = [one.id for one in plan.drills]
    if scenario.rule is not None and scenario.rule not in rules:
        yield _unknown("drill-rule-unknown", "rule", scenario.rule, rules)
    for index, inject in enumerate(scenario.injects):
        yield from _of_inject(inject, f"injects[{index}]", plan, workflow)
    if not any(_reports(one, workflow) for one in scenario.injects):
        yield found(
            "inject-report-missing", "injects", 'no inject reports the incident; write one with command = "report"'
        )
    for index, objective in enumerate(scenario.objectives):
        yield from _of_objective(objective, f"objectives[{index}]", scenario, plan)


def _of_inject(inject: Inject, place: str, plan: Plan, workflow: Workflow) -> Iterator[Finding]:
    roles = [one.id for one in plan.roles]
    if inject.role is not None and inject.role not in roles:
        yield _unknown("role-unknown", f"{place}.role", inject.role, roles)
    if inject.message is not None and inject.message.to not in roles:
        yield _unknown("role-unknown", f"{place}.message.to", inject.message.to, roles)
    if inject.command is None:
        return
    try:
        handler = workflow.handler_for(inject.command)
    except WorkflowNotFound:
        known = [name for name, one in workflow.handler_of.items() if not one.accompanies]
        yield _unknown("inject-command-unknown", f"{place}.command", inject.command, known)
        return
    if handler.accompanies:
        text = f"{inject.command!r} goes only in one step with what it belongs to; write another"
        yield found("inject-command-unknown", f"{place}.command", text)
        return
    try:
        from_input(handler.command, dict(inject.data), place="data")
    except InvalidInput as error:
        yield found("inject-data-invalid", f"{place}.data", str(error).removeprefix("data: "))


def _of_objective(objective: Objective, place: str, scenario: Scenario, plan: Plan) -> Iterator[Finding]:
    measures = [one.id for one in plan.measures]
    named = (
        ("obligation", objective.obligation, [one.id for one in plan.all_obligations], "obligation-unknown"),
        ("measure", objective.measure, measures, "measure-unknown"),
        ("before", objective.before, measures, "measure-unknown"),
        ("role", objective.role, [one.id for one in plan.roles], "role-unknown"),
        ("since", objective.since, [one.id for one in scenario.injects], "inject-unknown"),
    )
    for field, name, known, code in named:
        if name is not None and name not in known:
            yield _unknown(code, f"{place}.{field}", name, known)


def _reports(inject: Inject, workflow: Workflow) -> bool:
    handler = workflow.handler_of.get(inject.command or "")
    return handler is not None and handler.command is ReportIncident


def _unknown(code: str, place: str, name: str, known: Iterable[str]) -> Finding:
    return found(code, place, f"{name!r} is not known; there is {', '.join(known) or 'none'}")
