"""The options that commands share, and the class that gives them to a command."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import attrs
import click

from respond.cli.answer import Answer
from respond.cli.session import UNKNOWN_TIME, Session
from respond.domain.moments import parse_utc
from respond.errors import InvalidMoment

DEFAULT_DATABASE = "sqlite:///respond.db"
in_language = click.option(
    "--language", type=click.Choice(("en", "zh")), default="en", show_default=True, help="Of titles and sentences."
)
"""Give a command the option `--language`."""


class Time(click.ParamType[str]):
    """A time as RFC 3339 text with a zone."""

    name = "time"

    def __init__(self, *, unknown: bool = False) -> None:
        self._unknown = unknown

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return *value* when it is a time, or `unknown` where that may be said."""
        if self._unknown and value == UNKNOWN_TIME:
            return UNKNOWN_TIME
        try:
            parse_utc(value)
        except InvalidMoment as error:
            self.fail(str(error), param, ctx)
        return str(value)


class Names(click.ParamType[str]):
    """Text; an environment variable may hold several, with commas between them."""

    name = "name"

    def split_envvar_value(self, rv: str) -> list[str]:
        """Return the names that the variable holds."""
        return [name.strip() for name in rv.split(",") if name.strip()]


def _everywhere() -> list[click.Parameter]:
    return [
        click.Option(
            ["--db"],
            envvar="RESPOND_DATABASE_URL",
            default=DEFAULT_DATABASE,
            show_default=True,
            show_envvar=True,
            metavar="URL",
            help="The database.",
        ),
        click.Option(["--json", "as_json"], is_flag=True, help="Answer with one JSON document on standard output."),
        click.Option(
            ["--plan", "plan_files"],
            multiple=True,
            type=click.Path(),
            envvar="RESPOND_PLAN",
            show_envvar=True,
            metavar="FILE",
            help="A contingency plan, or the name of one that ships; the first is pinned by new incidents."
            "  [default: first-steps@1]",
        ),
        click.Option(
            ["--workflow", "workflow_names"],
            multiple=True,
            type=Names(),
            envvar="RESPOND_WORKFLOWS",
            show_envvar=True,
            metavar="MODULE_OR_PATH:NAME",
            help="A workflow of your own.",
        ),
        click.Option(
            ["--archives"],
            envvar="RESPOND_ARCHIVES",
            show_envvar=True,
            metavar="FOLDER",
            help="Where the files are that bodies left the log for.",
        ),
    ]


def _asking() -> list[click.Parameter]:
    return [
        click.Option(["--actor", "actor_id"], metavar="ID", help="Who acts.  [default: your login name]"),
        click.Option(["--role"], metavar="ROLE", help="In which role of the plan."),
        click.Option(["--break-glass"], default="", metavar="REASON", help="Why you do it in need, without the role."),
    ]


def _recording() -> list[click.Parameter]:
    return [
        click.Option(
            ["--at"],
            type=Time(unknown=True),
            metavar="TIME",
            help="When it happened, such as 2026-11-20T09:30:00+08:00, or 'unknown'.  [default: now]",
        ),
        click.Option(["--command-id"], metavar="ID", help="The same id a second time answers with the first outcome."),
    ]


class Question(click.Command):
    """A command whose function takes a session before its own parameters, and returns an answer."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        shared = self.shared_options()
        self._shared = [str(option.name) for option in shared]
        self.params = [*self.params, *shared]

    def shared_options(self) -> list[click.Parameter]:
        """Return the options that this kind of command shares with its like."""
        return _everywhere()

    def invoke(self, ctx: click.Context) -> Answer:
        """Ask, and return the answer in the form that was asked for."""
        given = {name: ctx.params.pop(name) for name in self._shared}
        as_json = given.pop("as_json")
        answer: Answer = ctx.invoke(cast("Callable[..., Answer]", self.callback), Session(**given), **ctx.params)
        return attrs.evolve(answer, as_json=as_json)


class Explanatory(Question):
    """A question whose answer depends on who asks."""

    def shared_options(self) -> list[click.Parameter]:
        """Return the options of a question, and who asks."""
        return [*_everywhere(), *_asking()]


class Recording(Question):
    """A command that records something."""

    def shared_options(self) -> list[click.Parameter]:
        """Return the options of a question, who acts, and when."""
        return [*_everywhere(), *_asking(), *_recording()]
