"""The review of a drill, for people."""

from __future__ import annotations

from collections.abc import Iterable

from respond.cli.page import Page
from respond.plan.scenario import Inject
from respond.projections.timeline import Timeline
from respond.workflow.drill.events import Result
from respond.workflow.drill.state import Drill


def told_by(inject: Inject, language: str) -> str:
    """Return what *inject* tells people, and whom."""
    told = inject.titled(language)
    if inject.message is not None:
        return f"{told}, to {inject.message.to}: {inject.message.texts.get(language, inject.message.text)}"
    if inject.signal is not None:
        signal = inject.signal
        return f"{told}, by {signal.source}: {signal.metric} {signal.value}{f', {signal.text}' if signal.text else ''}"
    return f"{told}: {inject.command} was asked"


def show_review(
    page: Page, key: str, standing: Drill, results: Iterable[Result], course: Timeline, language: str
) -> None:
    """Show where the drill *key* stands, and what became of it."""
    title = "" if standing.scenario is None else f": {standing.scenario.titled(language)}"
    titles = {one.id: one.titled(language) for one in standing.scenario.objectives} if standing.scenario else {}
    score = "" if standing.score is None else f", score {standing.score}"
    page.line(f"{key} is {standing.status}{score}{title}")
    page.heading("objectives")
    rows = [
        (titles.get(one.objective, one.objective), "met" if one.met else "not met", one.points, one.text)
        for one in results
    ]
    page.table(("objective", "", "points", "measured"), rows)
    if standing.participants:
        page.heading("participants")
        page.table(
            ("organisation", "person", "role"),
            [(one.organisation, one.person, one.role or "looks on") for one in standing.participants],
        )
    if standing.scores:
        page.heading("scores")
        scored = [(one.person, one.score, one.training, one.note) for one in standing.scores]
        page.table(("person", "score", "training", "note"), scored)
    if standing.findings:
        page.heading("findings")
        rows_found = [(one.finding, one.text, one.proposal) for one in standing.findings.values()]
        page.table(("finding", "what was found", "proposal for the plan"), rows_found)
    page.heading("course")
    page.table(("when", "what", "who"), [(one.happened_at, one.text, one.actor or "") for one in course.entries])
