"""An incident, played through its whole life under a shipped plan, and a drill of it; then what the log answers."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from respond.cli.answer import Answer
from respond.cli.audits import checked, replayed
from respond.cli.demo_page import Part, show_story
from respond.cli.drills import judged
from respond.cli.duties import owing, raised, staffed
from respond.cli.imports import imported
from respond.cli.options import Question, in_language
from respond.cli.performance import figured
from respond.cli.played import Played, Stage, StoryClock
from respond.cli.questions import happened, stood
from respond.cli.rehearsed import rehearse
from respond.cli.reviews import reviewed
from respond.cli.scenario import DRILLED, KNOWN_AT, PLAN, STEPS, WARNING
from respond.cli.scenario.plan import PLAN_NAME
from respond.cli.scenario.step import INCIDENT
from respond.cli.session import Session
from respond.cli.targets import Target
from respond.engine.drill import DrillEngine
from respond.engine.engine import Engine
from respond.errors import InvalidInput
from respond.plan.plan import Plan
from respond.transfer.mapping import LogMapping
from respond.workflow.incident import INCIDENT_CATEGORY
from respond.workflow.party import PARTY
from respond.workflow.plan_life import PLAN_CATEGORY
from respond.workflow.warning import WARNING_CATEGORY

_COUNTED = frozenset(declared.name for declared in PARTY.event_types) | {
    "ActionStepRecorded",
    "CaseStepRecorded",
    "FindingRecorded",
    "KeyMessagesApproved",
    "KeyMessagesSet",
    "ObligationRaised",
    "ObservationRecorded",
    "ProposalStepRecorded",
    "ResourceMoved",
    "ReviewSigned",
    "RoleAssigned",
    "StatementApproved",
    "StatementDrafted",
}
"""What the page of the timeline only counts: another part of the page tells it in full."""


@click.command("demo", cls=Question)
@click.option("--log", "log_file", metavar="FILE", help="A foreign log to import after the story.")
@click.option("--mapping", "mapping_file", metavar="FILE", help="What the columns of that log mean, as TOML.")
@in_language
@click.pass_context
def demo(
    context: click.Context, session: Session, log_file: str | None, mapping_file: str | None, language: str
) -> Answer:
    """Play an outage of two days through its whole life, then a drill, and show what the log answers.

    Without --db it is played on a SQLite file that is deleted afterwards; a database that is named must hold no event.
    The story is fixed: its clock stands in March 2026, and its plan is the service company's that ships.
    """
    if (log_file is None) != (mapping_file is None):
        raise click.UsageError("--log and --mapping belong together")
    mapping = None if mapping_file is None else LogMapping.load(mapping_file)
    if context.get_parameter_source("db") is ParameterSource.COMMANDLINE:
        return _perform(session.db, log_file, mapping, language, kept=True)
    with tempfile.TemporaryDirectory(prefix="respond-demo-") as folder:
        return _perform(f"sqlite:///{Path(folder) / 'demo.db'}", log_file, mapping, language, kept=False)


def _perform(url: str, log_file: str | None, mapping: LogMapping | None, language: str, *, kept: bool) -> Answer:
    from respond.store.sql import SqlEventStore  # noqa: PLC0415 - help and wrong usage need no database

    clock = StoryClock()
    store = SqlEventStore.open(url, clock=clock)
    with Engine(store, plans=[Plan.shipped(PLAN)], clock=clock, random=_fixed_random()) as engine:
        if store.head().position:
            raise InvalidInput("holds events; the demo wants an empty database", place="--db", value=url)
        stage = Stage(engine, clock)
        played = stage.play(STEPS)
        drill = rehearse(engine, clock)
        played += stage.play(DRILLED)
        target = Target(INCIDENT_CATEGORY, INCIDENT)
        parts = _answers(engine, target, drill, language)
        if log_file is not None and mapping is not None:
            parts.append(Part("import", "A foreign log", imported(engine, log_file, mapping)))
        parts += [
            Part("replay", "The whole log, folded anew", replayed(engine)),
            Part("check", "The whole log, checked", checked(store, engine.workflows, engine.plans)),
        ]
        title = target.title(engine)
    return Answer(
        document={
            "id": target.key,
            "number": title,
            "steps": [_told(one) for one in played],
            **{part.name: part.answer.document for part in parts},
        },
        show=lambda page: show_story(page, title, played, parts, kept=kept),
        status=max(part.answer.status for part in parts),
    )


def _answers(engine: Engine, target: Target, drill: DrillEngine, language: str) -> list[Part]:
    """Return what the log answers about the story."""
    known = f"{KNOWN_AT:%H:%M}"
    return [
        Part("warning", "The warning before it", stood(engine, Target(WARNING_CATEGORY, WARNING))),
        Part("show", "Where the incident stands", stood(engine, target)),
        Part("known", f"What could be known at {known} of the first day", stood(engine, target, known_at=KNOWN_AT)),
        Part(
            "staffing",
            f"Who was missing at {known}, and whom to look at",
            staffed(engine, target, known_at=KNOWN_AT, language=language),
        ),
        Part("timeline", "What happened", happened(engine, target, counting=_COUNTED)),
        Part("review", "The review", reviewed(engine, target)),
        Part("obligations", "What was owed, and what became of it", owing(engine, target, language=language)),
        Part("raised", "What the watcher raised on the way", raised(engine, target, language=language)),
        Part("figures", "The figures, drills apart", figured(engine)),
        Part("plan", "The life of the plan", stood(engine, Target(PLAN_CATEGORY, PLAN_NAME))),
        Part("drill", "The drill of the plan", judged(drill, language)),
    ]


def _told(one: Played) -> dict[str, Any]:
    return {
        "at": one.step.at,
        "actor": one.step.actor,
        "role": one.step.role,
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


COMMANDS = (demo,)
