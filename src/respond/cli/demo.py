"""One incident, played through its whole life under a shipped plan; then what the log answers."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import attrs
import click
from click.core import ParameterSource

from respond.cli.answer import Answer
from respond.cli.audits import checked, replayed
from respond.cli.duties import owing, raised, staffed
from respond.cli.imports import imported
from respond.cli.options import Question, in_language
from respond.cli.page import Page
from respond.cli.played import Played, StoryClock, play
from respond.cli.questions import happened, stood
from respond.cli.reviews import reviewed
from respond.cli.scenario import KNOWN_AT, PLAN, WARNING
from respond.cli.session import Session
from respond.cli.targets import Target
from respond.engine.engine import Engine
from respond.errors import InvalidInput
from respond.plan.plan import Plan
from respond.transfer.mapping import LogMapping
from respond.workflow.warning import WARNING_CATEGORY


@attrs.frozen
class _Part:
    """One answer of the demo, under a heading."""

    name: str
    heading: str
    answer: Answer


@click.command("demo", cls=Question)
@click.option("--log", "log_file", metavar="FILE", help="A foreign log to import after the story.")
@click.option("--mapping", "mapping_file", metavar="FILE", help="What the columns of that log mean, as TOML.")
@in_language
@click.pass_context
def demo(
    context: click.Context, session: Session, log_file: str | None, mapping_file: str | None, language: str
) -> Answer:
    """Play one incident through its whole life, and show what the log answers.

    Without --db it is played on a SQLite file that is deleted afterwards; a database that is named must hold no event.
    The story is fixed: its clock stands in March 2026, and its plan is the service company's that ships.
    """
    if (log_file is None) != (mapping_file is None):
        raise click.UsageError("--log and --mapping belong together")
    mapping = None if mapping_file is None else LogMapping.load(mapping_file)
    if context.get_parameter_source("db") is ParameterSource.COMMANDLINE:
        return _perform(session.db, log_file, mapping, language)
    with tempfile.TemporaryDirectory(prefix="respond-demo-") as folder:
        return _perform(f"sqlite:///{Path(folder) / 'demo.db'}", log_file, mapping, language)


def _perform(url: str, log_file: str | None, mapping: LogMapping | None, language: str) -> Answer:
    from respond.store.sql import SqlEventStore  # noqa: PLC0415 - help and wrong usage need no database

    clock = StoryClock()
    store = SqlEventStore.open(url, clock=clock)
    with Engine(store, plans=[Plan.shipped(PLAN)], clock=clock, random=_fixed_random()) as engine:
        if store.head().position:
            raise InvalidInput("holds events; the demo wants an empty database", place="--db", value=url)
        target, played = play(engine, clock)
        parts = _answers(engine, target, language)
        if log_file is not None and mapping is not None:
            parts.append(_Part("import", "A foreign log", imported(engine, log_file, mapping)))
        parts += [
            _Part("replay", "The whole log, folded anew", replayed(engine)),
            _Part("check", "The whole log, checked", checked(store, engine.workflows, engine.plans)),
        ]
        title = target.title(engine)
    return Answer(
        document={
            "id": target.key,
            "number": title,
            "steps": [_told(one) for one in played],
            **{part.name: part.answer.document for part in parts},
        },
        show=lambda page: _show(page, title, played, parts),
        status=max(part.answer.status for part in parts),
    )


def _answers(engine: Engine, target: Target, language: str) -> list[_Part]:
    """Return what the log answers about the incident of the story."""
    known = f"{KNOWN_AT:%H:%M}"
    return [
        _Part("warning", "The warning before it", stood(engine, Target(WARNING_CATEGORY, WARNING))),
        _Part("show", "Where it stands", stood(engine, target)),
        _Part("known", f"What could be known at {known}", stood(engine, target, known_at=KNOWN_AT)),
        _Part(
            "staffing",
            f"Who was missing at {known}, and whom to look at",
            staffed(engine, target, known_at=KNOWN_AT, language=language),
        ),
        _Part("timeline", "What happened", happened(engine, target)),
        _Part("review", "The review", reviewed(engine, target)),
        _Part("obligations", "What was owed, and what became of it", owing(engine, target, language=language)),
        _Part("raised", "What the watcher raised on the way", raised(engine, target, language=language)),
    ]


def _told(one: Played) -> dict[str, Any]:
    return {
        "at": one.step.at,
        "actor": one.step.actor,
        "tells": one.step.tells,
        "command": one.trigger,
        "state": one.state,
        "level": one.level,
        "suggested": one.suggested,
        "because": one.because,
        "refusals": one.refusals,
    }


def _fixed_random() -> Callable[[int], bytes]:
    """Return a source of the same bytes in every run, so that the story's ids are always the same."""
    calls = count()
    return lambda size: hashlib.shake_128(f"demo {next(calls)}".encode()).digest(size)


def _show(page: Page, title: str, played: list[Played], parts: list[_Part]) -> None:
    page.line(f"The story of {title}, step by step.")
    for one in played:
        page.line()
        page.line(f"{one.step.at:%m-%d %H:%M}  {one.step.actor}: {one.step.tells}")
        for line in _came_of_it(one):
            page.line(f"             {line}")
    for part in parts:
        page.heading(f"== {part.heading} ==")
        part.answer.show(page)


def _came_of_it(one: Played) -> Iterator[str]:
    if one.refusals:
        yield f"{one.trigger} is refused:"
        yield from (f"- {refusal.text} [{refusal.code}]" for refusal in one.refusals)
        return
    yield f"{one.trigger} -> {one.state}"
    if one.level is not None:
        yield f"a person chooses level {one.level}"
    if one.suggested:
        yield f"the plan suggests {_suggestion(one.suggested)}" + (f": {'; '.join(one.because)}" if one.because else "")


def _suggestion(suggested: Any) -> str:
    match suggested:
        case int():
            return f"level {suggested}"
        case str():
            return f"the response {suggested!r}"
        case _:
            return f"a warning, by {', '.join(suggested)}"


COMMANDS = (demo,)
