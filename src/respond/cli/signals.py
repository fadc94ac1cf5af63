"""The commands of a warning, from the first signal to the end of the danger."""

from __future__ import annotations

from typing import Any

import click

from respond.cli import written
from respond.cli.answer import Answer
from respond.cli.options import Question, Recording
from respond.cli.outcomes import carried_out
from respond.cli.page import Page
from respond.cli.session import Session
from respond.cli.targets import Target
from respond.workflow.warning import WARNING_CATEGORY
from respond.workflow.warning import commands as w
from respond.workflow.warning.events import CREDIBILITIES
from respond.workflow.warning.state import Warned, preparations, suggested


@click.group("warning")
def warning() -> None:
    """Watch signals, warn, and make ready; KEY is any name for the warning."""


@warning.command("signal", cls=Recording)
@click.argument("key")
@click.option("--source", required=True, help="Where it comes from: customers, a monitor, a newspaper, staff.")
@click.option("--metric", required=True, help="What was measured, as an indicator of the plan names it.")
@click.option("--value", required=True, metavar="NUMBER", help="Exact to the last digit: 42 or 4.75.")
@click.option("--credibility", type=click.Choice(CREDIBILITIES), default="medium", show_default=True)
@click.option("--text", default="", help="What was observed.")
def signal(session: Session, key: str, value: str, **told: Any) -> Answer:
    """Record what was observed; the plan may ask for preparations, or suggest a warning."""
    return _carry_out(session, key, w.RecordSignal(value=written.number(value, "--value"), **told))


@warning.command("raise", cls=Recording)
@click.argument("key")
@click.option("--category", required=True, help="A category of the plan.")
@click.option("--title", required=True)
@click.option("--basis", required=True, help="What the warning rests on.")
def raise_(session: Session, key: str, category: str, title: str, basis: str) -> Answer:
    """Warn."""
    return _carry_out(session, key, w.RaiseWarning(category=category, title=title, basis=basis))


@warning.command("confirm", cls=Recording)
@click.argument("key")
@click.option("--basis", required=True, help="What that rests on.")
def confirm(session: Session, key: str, basis: str) -> Answer:
    """Hold the warning to be right."""
    return _carry_out(session, key, w.ConfirmWarning(basis=basis))


@warning.command("prepare", cls=Recording)
@click.argument("key")
@click.argument("preparation")
@click.option("--note", default="")
def prepare(session: Session, key: str, preparation: str, note: str) -> Answer:
    """Tell that PREPARATION was made ready."""
    return _carry_out(session, key, w.Prepare(preparation=preparation, note=note))


@warning.command("lift", cls=Recording)
@click.argument("key")
@click.option("--reason", required=True)
def lift(session: Session, key: str, reason: str) -> Answer:
    """Say that the danger is over, or was none."""
    return _carry_out(session, key, w.LiftWarning(reason=reason))


@warning.command("show", cls=Question)
@click.argument("key")
def show(session: Session, key: str) -> Answer:
    """Show where the warning stands, which indicators suggest it, and what the plan still wants made ready."""
    with session.engine() as engine:
        state: Warned = engine.state(WARNING_CATEGORY, key)
        plan = engine.plans.in_force(engine.events(WARNING_CATEGORY, key))
    document = {
        "key": key,
        "state": state.status,
        "category": state.category,
        "title": state.title,
        "signals": state.signals,
        "suggested": [indicator.id for indicator in suggested(plan, state)],
        "prepared": state.prepared,
        "to_prepare": preparations(plan, state),
        "incident": state.incident,
    }
    return Answer(document=document, show=lambda page: _show(page, document))


def _show(page: Page, told: dict[str, Any]) -> None:
    page.line(f"{WARNING_CATEGORY}-{told['key']} is {told['state']}")
    page.pairs(
        (name.replace("_", " "), ", ".join(told[name]) if name in _LISTS else told[name])
        for name in ("category", "title", *_LISTS, "incident")
    )
    page.heading("signals")
    page.table(
        ("when", "source", "metric", "value", "credibility"),
        [(one.at, one.source, one.metric, one.value, one.credibility) for one in told["signals"]],
    )


_LISTS = ("suggested", "prepared", "to_prepare")


def _carry_out(session: Session, key: str, command: object) -> Answer:
    return carried_out(session, Target(WARNING_CATEGORY, key), command)


COMMANDS = (warning,)
