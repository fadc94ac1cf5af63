"""What stands in the way of a command, guard by guard."""

from __future__ import annotations

from typing import Any

import click

from respond.cli import written
from respond.cli.answer import Answer
from respond.cli.options import Explanatory
from respond.cli.page import Page
from respond.cli.session import Session
from respond.cli.statuses import BAD_NEWS, DONE
from respond.cli.targets import Target
from respond.domain.payloads import from_input
from respond.engine.engine import Engine
from respond.workflow.decider import Explanation, Verdict
from respond.workflow.incident import INCIDENT_CATEGORY

TRIGGERS = {
    "start": "start_response",
    "command": "take_command",
    "team": "assign_team",
    "report-up": "report_upward",
    "review": "close_review",
    "pause": "pause_clock",
    "resume": "resume_clock",
    "receipt": "record_receipt",
    "response-level": "set_response_level",
}
"""The triggers of the incident workflow that have another name on the command line."""


@click.command("explain", cls=Explanatory)
@click.argument("name", metavar="ID")
@click.argument("command")
@click.option("--category", help="The workflow's category; ID is then the aggregate's key.")
@click.option("--data", metavar="JSON", help="The fields of the command; without them its own guards stay open.")
def explain(session: Session, name: str, command: str, category: str | None, data: str | None) -> Answer:
    """Say what stands in the way of COMMAND on ID: every transition it could take, and what each guard says.

    COMMAND is a command of this program, or a trigger of the workflow.  Ends with 1 when the command would be refused.
    """
    with session.engine() as engine:
        target = Target.of(engine, name, category)
        trigger = _trigger(engine, target, command)
        asked = None if data is None else command_of(engine, target.category, trigger, data)
        explanation = engine.explain(
            target.category, target.key, trigger, asked, actor=session.actor, break_glass=session.break_glass
        )
        return explained(target, target.title(engine), explanation)


def command_of(engine: Engine, category: str, trigger: str, data: str) -> object:
    """Return the command of *category* that *trigger* and its fields in JSON make.

    Raises `WorkflowNotFound` for an unknown trigger, and `InvalidInput` that lists every field that is wrong.
    """
    kind = engine.workflows.handler_for(category, trigger).command
    return from_input(kind, written.json_object(data, "--data"), place=f"{category} {trigger}")


def explained(target: Target, title: str, explanation: Explanation) -> Answer:
    """Return an explanation as an answer."""
    return Answer(
        document={
            "id": target.key,
            "number": title,
            "command": explanation.trigger,
            "state": explanation.state,
            "allowed": explanation.allowed,
            "done": explanation.done,
            "refusals": explanation.refusals,
            "denied": explanation.denied,
            "candidates": [
                {
                    "source": candidate.source,
                    "dest": candidate.dest,
                    "allowed": candidate.allowed,
                    "guards": candidate.verdicts,
                }
                for candidate in explanation.candidates
            ],
            "enabled_in": explanation.enabled_in,
        },
        show=lambda page: _show(page, title, explanation),
        status=DONE if explanation.allowed else BAD_NEWS,
    )


def _show(page: Page, title: str, explanation: Explanation) -> None:
    verdict = "was done already" if explanation.done else "is open" if explanation.allowed else "would be refused"
    page.line(f"{title} is {explanation.state}: {explanation.trigger} {verdict}")
    for refusal in explanation.denied:
        page.line(f"not allowed: {refusal.text} [{refusal.code}]")
    if not explanation.candidates:
        page.line(f"{explanation.trigger} is enabled in: {', '.join(explanation.enabled_in)}")
    for candidate in explanation.candidates:
        page.heading(f"{candidate.source} -> {candidate.dest}")
        page.table(("guard", "says", "because"), [_row(verdict) for verdict in candidate.verdicts])


def _row(verdict: Verdict) -> tuple[str, str, str]:
    says = {True: "yes", False: "no", None: "open"}[verdict.passed]
    return verdict.code, says, verdict.text


def _trigger(engine: Engine, target: Target, command: str) -> str:
    if target.category != INCIDENT_CATEGORY:
        return command
    if command == "level":
        state: Any = engine.state(target.category, target.key)
        return "assign_level" if state.level is None else "change_level"
    return TRIGGERS.get(command, command)


COMMANDS = (explain,)
