"""The options of questions about the past: as of when, known by when, by whose clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import click

from respond.cli.options import Time
from respond.domain.moments import parse_utc

LOG, SOURCE = "log", "source"
_OPTIONS = (
    click.option("--as-of", type=Time(), metavar="TIME", help="What had happened by then, in the world."),
    click.option("--known-at", type=Time(), metavar="TIME", help="What was known by then: a prefix of the log."),
    click.option(
        "--clock",
        type=click.Choice((LOG, SOURCE)),
        default=LOG,
        show_default=True,
        help="Who says when something was known: this log, or the log it was imported from.",
    ),
)


def about_the_past(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options `--as-of`, `--known-at` and `--clock`."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def times(when: Mapping[str, str | None]) -> dict[str, Any]:
    """Return the options of a question about the past, with their times read."""
    return {name: parse_utc(value) if name != "clock" and value is not None else value for name, value in when.items()}
