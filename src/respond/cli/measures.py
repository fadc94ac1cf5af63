"""The commands that say what is done to end an incident, and what that achieves."""

from __future__ import annotations

from typing import Any, get_args

import click

from respond.cli.answer import Answer
from respond.cli.options import Question, Recording
from respond.cli.page import Page
from respond.cli.session import Session
from respond.cli.work import carry_out
from respond.domain.payloads import from_input
from respond.plan.measures import MeasureKind
from respond.projections.document import document
from respond.workflow.incident.agenda import MeasureStanding
from respond.workflow.incident.effects import MarkContained, MarkRestored, RecordHeadCount
from respond.workflow.incident.measures import CompleteMeasure, SkipMeasure, StartMeasure, TickStep
from respond.workflow.incident.unplanned import AddMeasure


@click.group("measure")
def measure() -> None:
    """Begin the measures of an incident, tick off their steps, complete or skip them, and add unplanned ones."""


@measure.command("list", cls=Question)
@click.argument("name", metavar="ID")
def list_(session: Session, name: str) -> Answer:
    """List the measures that are asked of incident ID now, the most urgent first, and how each stands."""
    with session.engine() as engine:
        found = engine.incident(name).measures()
    return Answer(document={"measures": [document(one) for one in found]}, show=lambda page: _show(page, found))


def _show(page: Page, found: tuple[MeasureStanding, ...]) -> None:
    page.table(
        ("measure", "title", "how it stands", "begin by", "steps open", "told"),
        [
            (one.measure.id, one.measure.title, _stands(one), one.due_at, ", ".join(map(str, one.steps_open)), one.told)
            for one in found
        ],
    )


def _stands(one: MeasureStanding) -> str:
    said = f"waiting for {', '.join(one.waits_for)}" if one.standing == "waiting" else one.standing
    flags = (("mandatory", one.measure.mandatory), ("unplanned", not one.planned), ("overdue", one.overdue))
    marked = [word for word, told in (*flags, ("out of order", one.out_of_order)) if told]
    return said + (f" ({', '.join(marked)})" if marked else "")


@measure.command("start", cls=Recording)
@click.argument("name", metavar="ID")
@click.argument("measure_id", metavar="MEASURE")
def start(session: Session, name: str, measure_id: str) -> Answer:
    """Begin MEASURE in incident ID."""
    return carry_out(session, name, StartMeasure(measure=measure_id))


@measure.command("tick", cls=Recording)
@click.argument("name", metavar="ID")
@click.argument("measure_id", metavar="MEASURE")
@click.argument("step", type=int)
@click.option("--note", default="")
def tick(session: Session, name: str, measure_id: str, step: int, note: str) -> Answer:
    """Tick STEP, a number from 1, off the checklist of MEASURE in incident ID."""
    return carry_out(session, name, TickStep(measure=measure_id, step=step, note=note))


@measure.command("complete", cls=Recording)
@click.argument("name", metavar="ID")
@click.argument("measure_id", metavar="MEASURE")
@click.option("--outcome", default="", help="What came of it.")
def complete(session: Session, name: str, measure_id: str, outcome: str) -> Answer:
    """Record that MEASURE in incident ID is done."""
    return carry_out(session, name, CompleteMeasure(measure=measure_id, outcome=outcome))


@measure.command("skip", cls=Recording)
@click.argument("name", metavar="ID")
@click.argument("measure_id", metavar="MEASURE")
@click.option("--reason", required=True)
def skip(session: Session, name: str, measure_id: str, reason: str) -> Answer:
    """Decide not to do MEASURE in incident ID, or not to go on with it."""
    return carry_out(session, name, SkipMeasure(measure=measure_id, reason=reason))


@measure.command("add", cls=Recording)
@click.argument("name", metavar="ID")
@click.argument("measure_id", metavar="MEASURE")
@click.option("--title", required=True)
@click.option("--reason", required=True)
@click.option("--kind", type=click.Choice(get_args(MeasureKind)), default="other", show_default=True)
@click.option("--by", "role", metavar="ROLE", help="The role that does it.")
@click.option("--step", "steps", multiple=True, help="A step of its checklist; may be repeated.")
@click.option("--after", multiple=True, metavar="MEASURE", help="A measure that comes before it; may be repeated.")
@click.option("--priority", type=int, default=100, show_default=True, help="The smallest comes first.")
@click.option("--mandatory", is_flag=True, help="The incident is not resolved before it is done or skipped.")
def add(session: Session, name: str, measure_id: str, **told: Any) -> Answer:
    """Decide to do MEASURE in incident ID, which the plan does not ask for."""
    lists = {key: list(told.pop(key)) for key in ("steps", "after")}
    return carry_out(session, name, from_input(AddMeasure, {"measure": measure_id, **lists, **told}))


@click.command("contained", cls=Recording)
@click.argument("name", metavar="ID")
@click.option("--note", default="")
def contained(session: Session, name: str, note: str) -> Answer:
    """Record that incident ID does not spread any more."""
    return carry_out(session, name, MarkContained(note=note))


@click.command("restored", cls=Recording)
@click.argument("name", metavar="ID")
@click.option("--note", default="")
def restored(session: Session, name: str, note: str) -> Answer:
    """Record that customers are served again in incident ID."""
    return carry_out(session, name, MarkRestored(note=note))


@click.command("head-count", cls=Recording)
@click.argument("name", metavar="ID")
@click.option("--expected", type=int, required=True, help="How many people should be there.")
@click.option("--accounted-for", type=int, required=True, help="How many of them were found; the others are missing.")
@click.option("--place", default="", help="Where people were counted.")
@click.option("--note", default="")
def head_count(session: Session, name: str, **told: Any) -> Answer:
    """Record how many people were counted in incident ID."""
    return carry_out(session, name, from_input(RecordHeadCount, told))


COMMANDS = (measure, contained, restored, head_count)
