"""Contingency plans: judged, shown, compared, which asks no log; in force in incidents, and their own life, in one."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from respond.cli.answer import Answer
from respond.cli.options import Question, in_language
from respond.cli.page import Page, counted
from respond.cli.plan_life import life
from respond.cli.plan_page import show_plan
from respond.cli.plans_in_force import activate, rebase
from respond.cli.session import Session, plan_path
from respond.cli.statuses import BAD_NEWS, DONE
from respond.engine.clock import system_clock
from respond.engine.definitions import Workflows
from respond.errors import InvalidInput, InvalidPlan, PlanNotFound
from respond.plan.composed import composed
from respond.plan.diff import Change, diff
from respond.plan.finding import Finding
from respond.plan.flow import Flow
from respond.plan.lint_file import lint_file
from respond.plan.plan import Plan
from respond.plan.reader import shipped_plan
from respond.plan.words import Words
from respond.workflow.incident import INCIDENT
from respond.workflow.lint_plan import flow_of
from respond.workflow.migration import MIGRATE


@click.group("plan")
def plan() -> None:
    """Judge, show and compare contingency plans, say which are in force in an incident, and keep their life."""


@plan.command("lint", cls=Question)
@click.argument("files", metavar="FILE", nargs=-1, required=True)
@click.option(
    "--today",
    type=click.DateTime(("%Y-%m-%d",)),
    metavar="DAY",
    help="The day on which agreements and inspections are judged.  [default: today, in UTC]",
)
def lint(_: Session, files: tuple[str, ...], today: datetime | None) -> Answer:
    """Say what is wrong with the plan in each FILE, by code, key and line.

    FILE may be the name of a plan that ships.  Name a special plan beside the general one that it is under.  Ends with
    1 when there are errors; warnings alone are no bad news.
    """
    day = system_clock().date() if today is None else today.date()
    paths = [plan_path(file) for file in files]
    generals = _generals(paths)
    found = {str(path): lint_file(path, today=day, flow=incident_flow(), generals=generals) for path in paths}
    severities = [one.severity for findings in found.values() for one in findings]
    return Answer(
        document={
            "files": [{"file": file, "findings": findings} for file, findings in found.items()],
            "errors": severities.count("error"),
            "warnings": severities.count("warning"),
            "today": day.isoformat(),
        },
        show=lambda page: _show_findings(page, found),
        status=BAD_NEWS if "error" in severities else DONE,
    )


@plan.command("show", cls=Question)
@click.argument("file", metavar="FILE")
@in_language
def show(_: Session, file: str, language: str) -> Answer:
    """Show the plan in FILE for people: levels in words, who does what, and what is owed by when.

    FILE may be the name of a plan that ships.  A special plan shows what it adds itself.
    """
    path = plan_path(file)
    shown = Plan.load(path)
    general = _generals([path]).get(shown.under or "")
    whole = shown if general is None else composed(shown, general)
    return Answer(
        document={
            "name": shown.name,
            "version": shown.version,
            "digest": shown.reference.digest,
            "plan": shown.to_json(),
        },
        show=lambda page: show_plan(page, shown, Words(whole, language)),
    )


@plan.command("diff", cls=Question)
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
def diff_(_: Session, old: str, new: str) -> Answer:
    """Say in sentences what changed from the plan OLD to the plan NEW: files, or names of plans that ship."""
    before, after = Plan.load(plan_path(old)), Plan.load(plan_path(new))
    changes = diff(before, after)
    return Answer(
        document={"old": before.reference, "new": after.reference, "changes": changes},
        show=lambda page: _show_changes(page, f"{before.reference} to {after.reference}", changes),
    )


@plan.command("copy", cls=Question)
@click.argument("name", metavar="NAME")
@click.argument("file", metavar="FILE")
def copy(_: Session, name: str, file: str) -> Answer:
    """Write the plan NAME that ships to FILE, to make one of your own of it; a file that is there stays as it is."""
    source = shipped_plan(name)
    try:
        with Path(file).open("xb") as written:
            written.write(source.read_bytes())
    except OSError as error:
        raise InvalidInput(f"cannot be written: {error.strerror}; name another file", place=file) from error
    return Answer(
        document={"plan": source.stem, "file": file},
        show=lambda page: page.line(f"{source.stem} is in {file}; give it a name of its own before you use it"),
    )


def _generals(paths: list[Path]) -> dict[str, Plan]:
    """Return the plans that special plans among *paths* may be under: among them too, or shipped."""
    plans = []
    for path in paths:
        try:
            plans.append(Plan.load(path))
        except InvalidPlan:
            continue
    generals = {one.name: one for one in plans if one.under is None}
    for name in {one.under for one in plans if one.under is not None} - set(generals):
        try:
            generals[name] = Plan.load(shipped_plan(name))
        except PlanNotFound:
            continue
    return generals


def incident_flow() -> Flow:
    """Return the steps of an incident, and the commands of the library's other workflows, as lint takes them."""
    others = (trigger for other in Workflows() if other is not INCIDENT for trigger in other.triggers)
    return flow_of(INCIDENT, further=tuple(dict.fromkeys((*others, MIGRATE))))


def _show_findings(page: Page, found: dict[str, tuple[Finding, ...]]) -> None:
    for file, findings in found.items():
        for one in findings:
            where = file if one.line is None else f"{file}:{one.line}"
            page.line(f"{where}: {one.severity}: {one.place + ': ' if one.place else ''}{one.text} [{one.code}]")
        errors = sum(one.severity == "error" for one in findings)
        page.line(f"{file}: {counted(errors, 'error')}, {counted(len(findings) - errors, 'warning')}")


def _show_changes(page: Page, between: str, changes: tuple[Change, ...]) -> None:
    page.line(f"{between}: {counted(len(changes), 'change')}")
    for change in changes:
        page.line(change.text)


for _command in (activate, rebase, life):
    plan.add_command(_command)

COMMANDS = (plan,)
