"""Who looks: the option of questions that shows no more than the plan shows to a role."""

from __future__ import annotations

from typing import Any

import click

from respond.cli.page import Page
from respond.cli.targets import Target
from respond.engine.engine import Engine
from respond.errors import InvalidInput
from respond.plan.authority import ANYONE
from respond.projections.view import View
from respond.workflow.incident import INCIDENT_CATEGORY

as_role = click.option(
    "--as", "seen_as", metavar="ROLE", help="Show no more than the plan shows to this role; 'anyone' for no role."
)


def view_of(engine: Engine, target: Target, seen_as: str, **options: Any) -> View:
    """Return what *target* is to somebody; raises `InvalidInput` for what is no incident, and as `Reader.view`."""
    if target.category != INCIDENT_CATEGORY:
        raise InvalidInput("shows incidents; leave it out for anything else", place="--as", value=target.category)
    role = None if seen_as == ANYONE else seen_as
    return engine.reader.view(target.key, role, now=engine.clock(), **options)


def told(view: View) -> dict[str, Any]:
    """Return what is told of a view besides what was asked for."""
    written = view.to_json()
    return {name: written[name] for name in ("role", "withholds", "withheld")}


def show_withheld(page: Page, view: View) -> None:
    """Write what is left out."""
    if view.withholds:
        page.line(f"withheld from {view.role or 'everybody without a role'}: {', '.join(view.withholds)}")
    if view.withheld:
        page.table(
            ("event", "left out", "because it is of"),
            [(f"#{one.position}", ", ".join(one.fields), one.matter) for one in view.withheld],
        )
