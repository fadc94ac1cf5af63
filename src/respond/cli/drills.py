"""The commands of drills: planned, played and judged, on the database of reality and apart from it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import click

from respond.cli.answer import Answer
from respond.cli.drill_page import show_review, told_by
from respond.cli.explanations import command_of
from respond.cli.options import Question, Recording, in_language
from respond.cli.outcomes import recorded
from respond.cli.page import Page, cell_text, counted
from respond.cli.session import Session, plan_path
from respond.cli.statuses import BAD_NEWS, DONE
from respond.cli.targets import Target
from respond.engine.drill import DrillEngine
from respond.engine.handler import Outcome
from respond.errors import InvalidInput
from respond.plan.plan import Plan
from respond.plan.reader import shipped_plan
from respond.plan.scenario import Scenario, shipped_scenario
from respond.workflow.drill import DRILL_CATEGORY
from respond.workflow.drill.lint import lint_scenario
from respond.workflow.incident import INCIDENT_CATEGORY
from respond.workflow.plan_life import PLAN_CATEGORY


@click.group("drill")
def drill() -> None:
    """Hold drills: KEY names one.  Nothing that is done in it is real, and no answer about reality tells of it."""


@drill.command("lint", cls=Question)
@click.argument("file", metavar="SCENARIO")
def lint(session: Session, file: str) -> Answer:
    """Say what is wrong with SCENARIO, by code, key and line: a file, or the name of one that ships.

    It is judged by the plan that it names, of those that are given and those that ship.  Ends with 1 when there is
    something.
    """
    path = plan_path(file, shipped_scenario)
    found = lint_scenario(path, _plans(session, path))

    def show(page: Page) -> None:
        page.line(f"{path}: {counted(len(found), 'finding')}")
        if found:
            page.table(("code", "key", "line", "text"), [(one.code, one.place, one.line, one.text) for one in found])

    document = {"file": str(path), "findings": found}
    return Answer(document=document, show=show, status=BAD_NEWS if found else DONE)


@drill.command("plan", cls=Recording)
@click.argument("key")
@click.argument("file", metavar="SCENARIO")
def plan(session: Session, key: str, file: str) -> Answer:
    """Plan the drill KEY by SCENARIO: a file, or the name of one that ships."""
    scenario = Scenario.load(plan_path(file, shipped_scenario))
    return _carried_out(session, key, lambda held: held.prepare(scenario, **session.circumstances), create=None)


@drill.command("invite", cls=Recording)
@click.argument("key")
@click.argument("organisation")
@click.option("--partner", is_flag=True, help="It is another organisation than our own.")
@click.option("--note", default="")
def invite(session: Session, key: str, organisation: str, partner: bool, note: str) -> Answer:
    """Ask ORGANISATION, a department or a partner, to take part."""
    told = {"partner": partner, "note": note, **session.circumstances}
    return _carried_out(session, key, lambda held: held.invite(organisation, **told))


@drill.command("take-part", cls=Recording)
@click.argument("key")
@click.argument("organisation")
@click.argument("person")
@click.option("--plays", metavar="ROLE", help="The role of the plan; who plays none looks on.")
def take_part(session: Session, key: str, organisation: str, person: str, plays: str | None) -> Answer:
    """Tell that PERSON of ORGANISATION takes part."""
    told = {"plays": plays, **session.circumstances}
    return _carried_out(session, key, lambda held: held.record_participation(organisation, person, **told))


@drill.command("start", cls=Recording)
@click.argument("key")
def start(session: Session, key: str) -> Answer:
    """Begin: the pools of the drill are opened with the quantities of the plan."""
    return _carried_out(session, key, lambda held: held.start(**session.circumstances))


@drill.command("inject", cls=Recording)
@click.argument("key")
@click.argument("inject", required=False)
@in_language
def inject(session: Session, key: str, inject: str | None, language: str) -> Answer:
    """Bring INJECT in, the next one when none is named, and show what it tells people."""
    with session.engine() as engine:
        held = engine.drill(key)
        before = held.standing()
        held.raise_due()
        answer = recorded(held, Target(DRILL_CATEGORY, key), held.give(inject, **session.circumstances))
        given = [one for one in before.waiting() if one.id in held.standing().given]

    def show(page: Page) -> None:
        answer.show(page)
        for one in given:
            page.line(told_by(one, language))

    return attrs.evolve(answer, show=show)


@drill.command("skip", cls=Recording)
@click.argument("key")
@click.argument("inject")
@click.option("--reason", required=True)
def skip(session: Session, key: str, inject: str, reason: str) -> Answer:
    """Leave INJECT out."""
    return _carried_out(session, key, lambda held: held.skip(inject, reason=reason, **session.circumstances))


@drill.command("play", cls=Recording)
@click.argument("key")
@click.option("--real-time", is_flag=True, help="Wait for each; without it the clock of the drill is moved on.")
def play(session: Session, key: str, real_time: bool) -> Answer:
    """Bring in what waits, each inject at its time."""

    def wait(span: timedelta) -> None:
        time.sleep(span.total_seconds())

    with session.engine() as engine:
        held = engine.drill(key)
        outcomes = held.play(wait=wait if real_time else None, **session.circumstances)
        standing, at = held.standing(), held.clock()
        state, given = standing.status, list(standing.given)
    return Answer(
        document={"id": key, "state": state, "injects": len(outcomes), "given": given, "clock": at},
        show=lambda page: page.line(
            f"{key} is {state}: {counted(len(outcomes), 'inject')} given, it is {cell_text(at)} there"
        ),
    )


@drill.command("do", cls=Recording)
@click.argument("key")
@click.argument("trigger")
@click.option("--data", default="{}", show_default=True, metavar="JSON", help="The fields of the command.")
def do(session: Session, key: str, trigger: str, data: str) -> Answer:
    """Carry out the command TRIGGER on the incident that is played, as in reality `respond do` does."""
    with session.engine() as engine:
        held = engine.drill(key)
        incident = held.played()
        command = command_of(engine, INCIDENT_CATEGORY, trigger, data)
        outcome = incident.execute(command, **session.circumstances)
        return recorded(held, Target(INCIDENT_CATEGORY, incident.id), outcome)


@drill.command("end", cls=Recording)
@click.argument("key")
@click.option("--note", default="")
def end(session: Session, key: str, note: str) -> Answer:
    """Say that the drill is over."""
    return _carried_out(session, key, lambda held: held.end(note=note, **session.circumstances))


@drill.command("evaluate", cls=Recording)
@click.argument("key")
@click.option("--text", default="", help="The judgement in words.")
def evaluate(session: Session, key: str, text: str) -> Answer:
    """Measure every objective of the drill."""
    return _carried_out(session, key, lambda held: held.evaluate(text=text, **session.circumstances))


@drill.command("score", cls=Recording)
@click.argument("key")
@click.argument("person")
@click.argument("score", type=int)
@click.option("--training", help="The training of the plan that it counts for.")
@click.option("--note", default="")
def score(session: Session, key: str, person: str, score: int, **told: Any) -> Answer:
    """Judge the part of PERSON by SCORE, 0 to 100."""
    return _carried_out(session, key, lambda held: held.score_person(person, score, **told, **session.circumstances))


@drill.command("finding", cls=Recording)
@click.argument("key")
@click.argument("finding")
@click.argument("text")
@click.option("--proposal", default="", help="What is to change in the plan.")
def finding(session: Session, key: str, finding: str, text: str, proposal: str) -> Answer:
    """Tell by TEXT what the drill showed; FINDING is a key for it."""
    told = {"proposal": proposal, **session.circumstances}
    return _carried_out(session, key, lambda held: held.record_finding(finding, text, **told))


@drill.command("cancel", cls=Recording)
@click.argument("key")
@click.option("--reason", required=True)
def cancel(session: Session, key: str, reason: str) -> Answer:
    """Say that the drill is not held."""
    return _carried_out(session, key, lambda held: held.cancel(reason=reason, **session.circumstances))


@drill.command("record", cls=Recording)
@click.argument("key")
def record(session: Session, key: str) -> Answer:
    """Tell the life of the plan, which is real, what the drill KEY showed, and what its findings propose."""
    with session.engine() as engine:
        outcome = engine.record_drill(key, **session.circumstances)
        scenario = engine.drill(key).standing().scenario
        return recorded(engine, Target(PLAN_CATEGORY, "" if scenario is None else scenario.plan), outcome)


@drill.command("list", cls=Question)
def list_(session: Session) -> Answer:
    """List the drills on the database."""
    with session.engine() as engine:
        found = engine.drills()
    heads = ("id", "state", "scenario", "score")
    rows = [(key, one.status, one.scenario.name if one.scenario else None, one.score) for key, one in found.items()]

    def show(page: Page) -> None:
        page.line(counted(len(rows), "drill"))
        if rows:
            page.table(heads, rows)

    return Answer(document={"drills": [dict(zip(heads, row, strict=True)) for row in rows]}, show=show)


@drill.command("review", cls=Question)
@click.argument("key")
@in_language
def review(session: Session, key: str, language: str) -> Answer:
    """Show what became of every objective so far, who took part, what was found, and the course of the drill."""
    with session.engine() as engine:
        return judged(engine.drill(key), language)


def judged(held: DrillEngine, language: str) -> Answer:
    """Return what became of a drill as an answer."""
    key, standing, results, course = held.key, held.standing(), held.results(), held.course()
    document = {
        "id": key,
        "state": standing.status,
        "scenario": None if standing.scenario is None else standing.scenario.reference,
        "results": results,
        "score": standing.score,
        "invited": standing.invited,
        "participants": standing.participants,
        "scores": standing.scores,
        "findings": list(standing.findings.values()),
        "course": course.entries,
    }
    return Answer(document=document, show=lambda page: show_review(page, key, standing, results, course, language))


def _carried_out(
    session: Session, key: str, ask: Callable[[DrillEngine], Outcome], *, create: bool | None = False
) -> Answer:
    with session.engine(create=create) as engine:
        held = engine.drill(key)
        return recorded(held, Target(DRILL_CATEGORY, key), ask(held))


def _plans(session: Session, path: Path) -> list[Plan]:
    """Return the plans that are given, and the one that ships which the scenario at *path* names."""
    try:
        shipped = [Plan.load(shipped_plan(Scenario.load(path).plan))]
    except InvalidInput:
        shipped = []
    return [*session.plans(), *shipped]


COMMANDS = (drill,)
