"""One incident, played through its whole life; then what the log answers."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable
from datetime import datetime
from itertools import count
from pathlib import Path

import attrs
import click
from click.core import ParameterSource

from respond.cli.answer import Answer
from respond.cli.audits import checked, replayed
from respond.cli.imports import imported
from respond.cli.options import Question
from respond.cli.page import Page
from respond.cli.questions import happened, stood
from respond.cli.reviews import reviewed
from respond.cli.scenario import KNOWN_AT, STEPS, Step
from respond.cli.session import Session
from respond.cli.targets import Target
from respond.domain.references import Actor
from respond.engine.engine import Engine
from respond.engine.handler import Outcome
from respond.errors import CommandRefused, InvalidInput, Refusal
from respond.transfer.mapping import LogMapping
from respond.workflow.definition import trigger_of
from respond.workflow.incident import INCIDENT_CATEGORY


@attrs.define
class _Clock:
    """The clock of the story."""

    now: datetime = STEPS[0].at

    def __call__(self) -> datetime:
        return self.now


@attrs.frozen
class _Played:
    """A step of the story, and what came of it."""

    step: Step
    trigger: str
    state: str
    refusals: tuple[Refusal, ...] = ()


@attrs.frozen
class _Part:
    """One answer of the demo, under a heading."""

    name: str
    heading: str
    answer: Answer


@click.command("demo", cls=Question)
@click.option("--log", "log_file", metavar="FILE", help="A foreign log to import after the story.")
@click.option("--mapping", "mapping_file", metavar="FILE", help="What the columns of that log mean, as TOML.")
@click.pass_context
def demo(context: click.Context, session: Session, log_file: str | None, mapping_file: str | None) -> Answer:
    """Play one incident through its whole life, and show what the log answers.

    Without --db it is played on a SQLite file that is deleted afterwards; a database that is named must hold no event.
    The story is fixed: its clock stands in March 2026, and it uses the plan that ships.
    """
    if (log_file is None) != (mapping_file is None):
        raise click.UsageError("--log and --mapping belong together")
    mapping = None if mapping_file is None else LogMapping.load(mapping_file)
    if context.get_parameter_source("db") is ParameterSource.COMMANDLINE:
        return _perform(session.db, log_file, mapping)
    with tempfile.TemporaryDirectory(prefix="respond-demo-") as folder:
        return _perform(f"sqlite:///{Path(folder) / 'demo.db'}", log_file, mapping)


def _perform(url: str, log_file: str | None, mapping: LogMapping | None) -> Answer:
    from respond.store.sql import SqlEventStore  # noqa: PLC0415 - help and wrong usage need no database

    clock = _Clock()
    store = SqlEventStore.open(url, clock=clock)
    with Engine(store, clock=clock, random=_fixed_random()) as engine:
        if store.head().position:
            raise InvalidInput("holds events; the demo wants an empty database", place="--db", value=url)
        target, played = _play(engine, clock)
        parts = [
            _Part("show", "Where it stands", stood(engine, target)),
            _Part("known", f"What could be known at {KNOWN_AT:%H:%M}", stood(engine, target, known_at=KNOWN_AT)),
            _Part("timeline", "What happened", happened(engine, target)),
            _Part("review", "The review", reviewed(engine, target)),
        ]
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
            "steps": [
                {
                    "at": one.step.at,
                    "actor": one.step.actor,
                    "tells": one.step.tells,
                    "command": one.trigger,
                    "state": one.state,
                    "refusals": one.refusals,
                }
                for one in played
            ],
            **{part.name: part.answer.document for part in parts},
        },
        show=lambda page: _show(page, title, played, parts),
        status=max(part.answer.status for part in parts),
    )


def _play(engine: Engine, clock: _Clock) -> tuple[Target, list[_Played]]:
    """Carry out every step of the story."""
    key = engine.incident_id("demo")
    target = Target(INCIDENT_CATEGORY, key)
    outcomes: list[Outcome] = []
    played = []
    for step in STEPS:
        clock.now = step.at
        command = step.command(outcomes) if callable(step.command) else step.command
        refusals: tuple[Refusal, ...] = ()
        try:
            outcomes.append(
                engine.execute(INCIDENT_CATEGORY, key, command, actor=Actor(step.actor, step.role), at=step.happened_at)
            )
        except CommandRefused as refused:
            if not step.refused:
                raise
            refusals = refused.refusals
        state: str = engine.state(INCIDENT_CATEGORY, key).status
        played.append(_Played(step, trigger_of(type(command)), state, refusals))
    return target, played


def _fixed_random() -> Callable[[int], bytes]:
    """Return a source of the same bytes in every run, so that the story's ids are always the same."""
    calls = count()
    return lambda size: hashlib.shake_128(f"demo {next(calls)}".encode()).digest(size)


def _show(page: Page, title: str, played: list[_Played], parts: list[_Part]) -> None:
    page.line(f"The story of {title}, step by step.")
    for one in played:
        page.line()
        page.line(f"{one.step.at:%m-%d %H:%M}  {one.step.actor}: {one.step.tells}")
        if one.refusals:
            page.line(f"             {one.trigger} is refused:")
            for refusal in one.refusals:
                page.line(f"             - {refusal.text} [{refusal.code}]")
        else:
            page.line(f"             {one.trigger} -> {one.state}")
    for part in parts:
        page.heading(f"== {part.heading} ==")
        part.answer.show(page)


COMMANDS = (demo,)
