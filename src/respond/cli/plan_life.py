"""The commands of a plan's own life: drafted, approved, drilled, evaluated, revised, retired."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

import attrs
import click

from respond.cli.answer import Answer
from respond.cli.options import Question, Recording
from respond.cli.outcomes import recorded
from respond.cli.page import Page, counted
from respond.cli.session import Session, plan_path
from respond.cli.targets import Target
from respond.engine.engine import Engine
from respond.plan.diff import diff
from respond.plan.plan import Plan
from respond.plan.upkeep import RevisionTrigger, Strategy
from respond.projections.document import document
from respond.workflow.plan_life import PLAN_CATEGORY, PLAN_LIFE
from respond.workflow.plan_life import commands as p
from respond.workflow.plan_life.events import Rating
from respond.workflow.plan_life.proposals import AcceptPlanChange, RejectPlanChange
from respond.workflow.plan_life.state import PlanLife, Upkeep
from respond.workflow.plan_life.state import overdue as overdue_of


@click.group("life")
def life() -> None:
    """Keep the life of a plan: FILE is the plan, or the name of one that ships."""


@life.command("draft", cls=Recording)
@click.argument("file")
def draft(session: Session, file: str) -> Answer:
    """Tell that the plan in FILE was written."""
    return _carry_out(session, file, lambda plan: p.DraftPlan(draft=plan.reference))


@life.command("approve", cls=Recording)
@click.argument("file")
@click.option("--note", default="")
def approve(session: Session, file: str, note: str) -> Answer:
    """Let the draft come into force: FILE has the very content that was drafted."""
    return _carry_out(session, file, lambda plan: p.ApprovePlan(approved=plan.reference, note=note))


@life.command("drill", cls=Recording)
@click.argument("file")
@click.argument("drill")
@click.option("--met", type=int, default=0, help="How many objectives were met.")
@click.option("--objectives", type=int, default=0, help="How many there were.")
@click.option("--findings", default="", help="What was found.")
def drill(session: Session, file: str, drill: str, met: int, objectives: int, findings: str) -> Answer:
    """Tell that the plan was rehearsed; DRILL is one of its drills."""
    command = p.RecordPlanDrill(drill=drill, objectives_met=met, objectives=objectives, findings=findings)
    return _carry_out(session, file, lambda _: command)


@life.command("evaluate", cls=Recording)
@click.argument("file")
@click.argument("rating", type=click.Choice(get_args(Rating)))
@click.option("--findings", default="", help="What was found.")
@click.option("--done", "tasks_done", multiple=True, metavar="TASK", help="A task of the plan that is done.")
def evaluate(session: Session, file: str, rating: Rating, findings: str, tasks_done: tuple[str, ...]) -> Answer:
    """Judge by RATING whether the plan fits and works, and tell which of its tasks are done."""
    command = p.EvaluatePlan(rating=rating, findings=findings, tasks_done=tasks_done)
    return _carry_out(session, file, lambda _: command)


@life.command("revise", cls=Recording)
@click.argument("file")
@click.option("--trigger", required=True, type=click.Choice(get_args(RevisionTrigger)), help="What called for it.")
@click.option("--because", default="", help="Which incident, drill or law.")
@click.option("--from", "old", metavar="FILE", help="The plan before it: what changed is told in sentences.")
def revise(session: Session, file: str, trigger: RevisionTrigger, because: str, old: str | None) -> Answer:
    """Tell that another version was drafted: FILE is the new one."""

    def command(plan: Plan) -> object:
        changes = () if old is None else diff(Plan.load(plan_path(old)), plan)
        told = tuple(change.text for change in changes)
        return p.RevisePlan(draft=plan.reference, trigger=trigger, because=because, changes=told)

    return _carry_out(session, file, command)


@life.command("reassess", cls=Recording)
@click.argument("file")
@click.argument("risk")
@click.option("--likelihood", type=int, required=True, help="1 to 5.")
@click.option("--impact", type=int, required=True, help="1 to 5.")
@click.option("--strategy", required=True, type=click.Choice(get_args(Strategy)), help="What is done about it.")
@click.option("--note", default="")
def reassess(session: Session, file: str, **told: Any) -> Answer:
    """Look at RISK of the plan again."""
    return _carry_out(session, file, lambda _: p.ReassessRisk(**told))


@life.command("accept", cls=Recording)
@click.argument("file")
@click.argument("proposal")
@click.option("--note", default="")
def accept(session: Session, file: str, proposal: str, note: str) -> Answer:
    """Tell that FILE, the draft or the version in force, does what PROPOSAL asks."""

    def command(plan: Plan, state: PlanLife) -> object:
        incident = _came_of(state, proposal)
        return AcceptPlanChange(proposal=proposal, revision=plan.reference, incident=incident, note=note)

    return _carried_out(session, file, command)


@life.command("reject", cls=Recording)
@click.argument("file")
@click.argument("proposal")
@click.option("--reason", required=True)
def reject(session: Session, file: str, proposal: str, reason: str) -> Answer:
    """Say why the plan is not changed as PROPOSAL asks."""
    return _carried_out(
        session,
        file,
        lambda _, state: RejectPlanChange(proposal=proposal, reason=reason, incident=_came_of(state, proposal)),
    )


@life.command("proposals", cls=Question)
@click.argument("file")
def proposals(session: Session, file: str) -> Answer:
    """List the proposals to change the plan, and what became of each."""
    plan, engine = _opened(session, file)
    with engine:
        state: PlanLife = PLAN_LIFE.fold(engine.events(PLAN_CATEGORY, plan.name))
    found = [{"proposal": key, **document(one)} for key, one in state.proposals.items()]

    def show(page: Page) -> None:
        page.line(f"{plan.name}: {counted(len(found), 'proposal')}")
        page.table(
            ("proposal", "state", "what", "by"),
            [(key, one.status, one.text, one.by) for key, one in state.proposals.items()],
        )

    return Answer(document={"plan": plan.name, "proposals": found}, show=show)


@life.command("retire", cls=Recording)
@click.argument("file")
@click.option("--reason", required=True)
def retire(session: Session, file: str, reason: str) -> Answer:
    """Record that the plan is out of force; it is yours to give it to no engine any more."""
    return _carry_out(session, file, lambda _: p.RetirePlan(reason=reason))


@life.command("overdue", cls=Question)
@click.argument("file")
def overdue(session: Session, file: str) -> Answer:
    """List what of the plan should have been approved, revised, rehearsed or assessed again by now."""
    plan, engine = _opened(session, file)
    with engine:
        state: PlanLife = PLAN_LIFE.fold(engine.events(PLAN_CATEGORY, plan.name))
        found = overdue_of(plan, state, engine.clock())
    return Answer(
        document={"plan": plan.reference, "state": state.status, "overdue": found},
        show=lambda page: _show(page, plan, state, found),
    )


def _show(page: Page, plan: Plan, state: PlanLife, found: tuple[Upkeep, ...]) -> None:
    page.line(f"{plan.reference} is {state.status}: {counted(len(found), 'thing')} overdue")
    if found:
        page.table(("what", "of", "due"), [(one.what, one.of, one.due_at or "never done") for one in found])


def _opened(session: Session, file: str, **options: Any) -> tuple[Plan, Engine]:
    """Return the plan in *file*, and an engine that knows it besides the plans of *session*."""
    plan = Plan.load(plan_path(file))
    return plan, attrs.evolve(session, plan_files=(*session.plan_files, file)).engine(**options)


def _came_of(state: PlanLife, proposal: str) -> str | None:
    """Return the incident that *proposal* came of."""
    known = state.proposals.get(proposal)
    return None if known is None else known.incident


def _carried_out(session: Session, file: str, command: Callable[[Plan, PlanLife], object]) -> Answer:
    """Carry out what *command* makes of the plan in *file* and of its life."""
    plan, engine = _opened(session, file, create=None)
    with engine:
        state: PlanLife = PLAN_LIFE.fold(engine.events(PLAN_CATEGORY, plan.name))
        outcome = engine.execute(PLAN_CATEGORY, plan.name, command(plan, state), **session.circumstances)
        return recorded(engine, Target(PLAN_CATEGORY, plan.name), outcome)


def _carry_out(session: Session, file: str, command: Callable[[Plan], object]) -> Answer:
    return _carried_out(session, file, lambda plan, _: command(plan))
