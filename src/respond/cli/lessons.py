"""The commands about lessons, and what is like an incident."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import click

from respond.cli.answer import Answer
from respond.cli.options import Question, Recording
from respond.cli.outcomes import carried_out, recorded
from respond.cli.page import Page
from respond.cli.session import Session
from respond.cli.targets import Target
from respond.projections.library import LessonPage
from respond.projections.similar import Similar
from respond.workflow.lesson import LESSON_CATEGORY, ReviseLesson, WithdrawLesson

if TYPE_CHECKING:
    from respond.engine.handler import Outcome

_KEY = click.argument("key")
_TAG = click.option("--tag", "tags", multiple=True, help="A word to find it by; may be repeated.")
_CATEGORY = click.option("--category", help="The category of incident that it is about.")
_LEVEL = click.option("--level", type=int, help="The level of incident that it is about.")
_SITE = click.option("--site", help="Where it holds.")
_REASON = click.option("--reason", required=True)


@click.group("lessons")
def lessons() -> None:
    """Write down what is learnt, and find it again; KEY names a lesson."""


@lessons.command("search", cls=Question)
@click.argument("query", required=False)
@click.option("--category", help="Only about this category, and those that refine it.")
@click.option("--level", type=int, help="Only about this level; 1 is the worst.")
@click.option("--tag", "tags", multiple=True, help="Only with this tag; may be repeated.")
@click.option("--limit", type=int, default=20, show_default=True, help="How many, up to 1000.")
@click.option("--after", metavar="CURSOR", help="Go on behind a page: its `next`.")
def search(session: Session, query: str | None, **options: Any) -> Answer:
    """Find lessons by every word of QUERY, newest first; all when none is given."""
    with session.engine() as engine:
        found = engine.lessons(query, **options)
    return Answer(document={"lessons": found.rows, "next": found.next}, show=lambda page: _show_found(page, found))


@lessons.command("record", cls=Recording)
@click.argument("text")
@click.option("--incident", metavar="ID", help="The incident that teaches it.")
@click.option("--source", default="", help="Where it was learnt, when no incident teaches it.")
@click.option("--key", help="Its key; made when none is given.")
@_TAG
@_CATEGORY
@_LEVEL
@_SITE
def record(
    session: Session, text: str, incident: str | None, source: str, key: str | None, site: str | None, **told: Any
) -> Answer:
    """Write down TEXT, which an incident or a case from outside teaches."""
    if (incident is None) == (not source) or (incident is not None and site is not None):
        raise click.UsageError("write --incident, whose site it takes, or --source with or without --site")
    with session.engine(create=None) as engine:
        if incident is not None:
            made = engine.incident(incident).record_lesson(text, lesson=key, **told, **session.circumstances)
        else:
            made = engine.record_lesson(text, source=source, lesson=key, site=site, **told, **session.circumstances)
        return recorded(engine, Target(LESSON_CATEGORY, made.key), cast("Outcome", made.outcome))


@lessons.command("revise", cls=Recording)
@_KEY
@click.argument("text")
@_REASON
@_TAG
@_CATEGORY
@_LEVEL
@_SITE
def revise(session: Session, key: str, **told: Any) -> Answer:
    """Write the lesson KEY anew: TEXT and what else is given stand in the place of all that it said."""
    return carried_out(session, Target(LESSON_CATEGORY, key), ReviseLesson(**told))


@lessons.command("withdraw", cls=Recording)
@_KEY
@_REASON
def withdraw(session: Session, key: str, reason: str) -> Answer:
    """Say that the lesson KEY holds no more."""
    return carried_out(session, Target(LESSON_CATEGORY, key), WithdrawLesson(reason=reason))


@lessons.command("show", cls=Question)
@_KEY
def show(session: Session, key: str) -> Answer:
    """Show what the lesson KEY says."""
    with session.engine() as engine:
        found = engine.lesson(key).state()
    told = {"key": key, "state": found.status, **{name: getattr(found, name) for name in _SHOWN}}
    shown = {**told, "tags": ", ".join(found.tags)}
    return Answer(document=told, show=lambda page: page.pairs(list(shown.items())))


_SHOWN = ("text", "tags", "category", "level", "site", "incident", "source", "revisions", "reason")


@click.command("similar", cls=Question)
@click.argument("name", metavar="ID")
@click.option("--limit", type=int, default=10, show_default=True, help="How many, up to 100.")
def similar(session: Session, name: str, limit: int) -> Answer:
    """Show the incidents and lessons that are most like incident ID, and why."""
    with session.engine() as engine:
        found = engine.similar(name, limit=limit)
    return Answer(document={"similar": found}, show=lambda page: _show_similar(page, found))


def _show_found(page: Page, found: LessonPage) -> None:
    page.table(
        ("key", "recorded", "category", "level", "tags", "from", "text"),
        [
            (
                one.lesson,
                one.recorded_at,
                one.category,
                one.level,
                ", ".join(one.tags),
                one.incident or one.source,
                one.text,
            )
            for one in found.rows
        ],
    )
    if found.next is not None:
        page.line(f"there are more: --after {found.next}")


def _show_similar(page: Page, found: tuple[Similar, ...]) -> None:
    page.table(
        ("what", "score", "why", "title"),
        [(one.number or f"lesson {one.key}", one.score, "; ".join(one.because), one.title) for one in found],
    )


COMMANDS = (lessons, similar)
