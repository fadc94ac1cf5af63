"""What if another plan had been in force: past incidents, judged by it."""

from __future__ import annotations

from pathlib import Path

import click

from respond.cli.answer import Answer
from respond.cli.options import Question
from respond.cli.page import Page
from respond.cli.session import Session, plan_path
from respond.plan.plan import Plan
from respond.projections.whatif import WhatIf


@click.command("whatif", cls=Question)
@click.argument("names", metavar="ID...", nargs=-1, required=True)
@click.option(
    "--under", required=True, type=click.Path(path_type=Path), help="The other plan: a file, or one that ships."
)
def whatif(session: Session, names: tuple[str, ...], under: Path) -> Answer:
    """Judge incidents by another plan, or another version of theirs, by what was done then."""
    other = Plan.load(plan_path(str(under)))
    with session.engine() as engine:
        found = [(incident.number, incident.what_if(other)) for incident in map(engine.incident, names)]
    return Answer(
        document={
            "other": other.reference,
            "incidents": [{"number": number, **one.to_json()} for number, one in found],
        },
        show=lambda page: _show(page, found),
    )


def _show(page: Page, found: list[tuple[str, WhatIf]]) -> None:
    for number, one in found:
        page.line(f"{number} under {one.other} in the place of {one.plan}")
        page.pairs([("level", one.level), ("suggested", one.suggested), ("by the other", one.other_suggested)])
        if one.obligations:
            page.table(
                ("obligation", "occurrence", "due", "became", "due by the other", "would have become"),
                [
                    (two.obligation, two.occurrence, two.due_at, two.verdict, two.other_due_at, two.other_verdict)
                    for two in one.obligations
                ],
            )


COMMANDS = (whatif,)
