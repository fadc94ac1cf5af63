"""What an incident owes, how it is staffed, and what a watcher raised: in the words of its plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from respond.cli.answer import Answer
from respond.cli.page import Page
from respond.cli.targets import Target
from respond.cli.verdicts import verdict_text
from respond.engine.engine import Engine
from respond.plan.owed import Owed, verdict
from respond.plan.plan import Plan
from respond.plan.promises import CUSTOMER_PROMISES
from respond.plan.words import Words
from respond.workflow.incident import INCIDENT
from respond.workflow.incident.events import ObligationRaised
from respond.workflow.incident.staffing import Concern, concerns, stand_ins, vacancies
from respond.workflow.incident.state import COMMANDER, Incident


def owing(engine: Engine, target: Target, *, language: str = "en") -> Answer:
    """Return what *target* owes, and what became of it by now, the earliest deadline first."""
    words, now = _words(engine, target, language), engine.clock()
    found = sorted(
        (one for one in engine.incident(target.key).obligations() if one.since is not None),
        key=lambda one: one.due_at or one.since or now,
    )
    rows = [_duty(words, one, now) for one in found]
    return Answer(
        document={"obligations": rows},
        show=lambda page: _table(
            page,
            words,
            ("title", "deadline", "done_at", "verdict"),
            [*_one_by_one(rows), *_together(words, rows)],
        ),
    )


def held(engine: Engine, target: Target, *, language: str = "en") -> Answer:
    """Return who holds which role now, the commander first."""
    words = _words(engine, target, language)
    state: Incident = INCIDENT.fold(engine.events(target.category, target.key))
    rows: list[dict[str, Any]] = [
        {"role": role, "title": words.name("roles", role), "person": person, "since": since}
        for role, person, since in (
            (COMMANDER, state.commander, state.commands_since),
            *((one.role, one.person, one.since) for one in state.roles),
        )
        if person is not None
    ]
    return Answer(
        document={"holders": rows},
        show=lambda page: _table(
            page, words, ("role", "person", "since"), [(row["title"], row["person"], row["since"]) for row in rows]
        ),
    )


def staffed(engine: Engine, target: Target, *, known_at: datetime | None = None, language: str = "en") -> Answer:
    """Return which required roles stand empty, who stands in, and whom people should look at; now, or at *known_at*."""
    words = _words(engine, target, language)
    history = engine.events(target.category, target.key)
    at = engine.clock() if known_at is None else known_at
    state: Incident = INCIDENT.fold([event for event in history if known_at is None or event.recorded_at <= known_at])
    empty = [
        {"role": role.id, "title": words.title(role), "stand_ins": stand_ins(words.plan, state, role.id)}
        for role in vacancies(words.plan, state)
    ]
    doubts = [_doubt(words, one) for one in concerns(words.plan, state, at)]
    return Answer(
        document={"vacancies": empty, "concerns": doubts},
        show=lambda page: _table(
            page,
            words,
            ("role", "person", "concern", "since"),
            [
                *((one["title"], ", ".join(one["stand_ins"]), words.phrase("vacant"), None) for one in empty),
                *((one["title"], one["person"], one["concern_title"], one["since"]) for one in doubts),
            ],
        ),
    )


def raised(engine: Engine, target: Target, *, language: str = "en") -> Answer:
    """Return what watchers raised about *target*: when, which obligation, and who was told."""
    words = _words(engine, target, language)
    rows: list[dict[str, Any]] = [
        {
            "at": event.recorded_at,
            "obligation": data.obligation,
            "title": words.name("obligations", data.obligation),
            "occurrence": data.occurrence,
            "rung": data.rung,
            "due_at": data.due_at,
            "missed_before": data.missed_before,
            "tell": data.tell,
            "event": event.id,
        }
        for event in engine.events(target.category, target.key)
        if isinstance(data := event.data, ObligationRaised)
    ]
    return Answer(
        document={"raised": rows},
        show=lambda page: _table(
            page,
            words,
            ("raised_at", "title", "deadline", "told"),
            [(row["at"], _numbered(row), row["due_at"], words.names("roles", row["tell"])) for row in rows],
        ),
    )


def _words(engine: Engine, target: Target, language: str) -> Words:
    plan: Plan = engine.plans.in_force(engine.events(target.category, target.key))
    return Words(plan, language)


def _duty(words: Words, one: Owed, now: datetime) -> dict[str, Any]:
    said = verdict(one, now)
    return {
        "obligation": one.obligation,
        "title": words.name("obligations", one.obligation),
        "occurrence": one.occurrence,
        "since": one.since,
        "due_at": one.due_at,
        "done_at": one.done_at,
        "verdict": said,
        "told_late_seconds": one.told_late_seconds,
        "missed_before": one.missed_before,
        "verdict_title": verdict_text(one, said, words.language),
        "done_by": one.done_by or one.waived_by or one.dropped_by,
    }


def _one_by_one(rows: list[dict[str, Any]]) -> Iterator[tuple[Any, ...]]:
    """Yield a line for each duty but those to single customers."""
    for row in rows:
        if not _is_to_customer(row):
            yield _numbered(row), row["due_at"], row["done_at"], row["verdict_title"]


def _together(words: Words, rows: list[dict[str, Any]]) -> Iterator[tuple[Any, ...]]:
    """Yield a line for all customers who are promised the same: how many they are, and what became of it."""
    promised: dict[str, list[dict[str, Any]]] = {}
    for row in filter(_is_to_customer, rows):
        promised.setdefault(row["obligation"].partition(":")[0], []).append(row)
    for promise, made in promised.items():
        many = words.phrase("customers", count=len({row["obligation"] for row in made}))
        verdicts = Counter(row["verdict_title"] for row in made)
        said = words.phrase("comma").join(f"{count} {verdict}" for verdict, count in verdicts.most_common())
        yield words.name("obligations", f"{promise}:{many}"), None, None, said


def _is_to_customer(row: dict[str, Any]) -> bool:
    promise, colon, _ = row["obligation"].partition(":")
    return bool(colon) and promise in CUSTOMER_PROMISES


def _doubt(words: Words, one: Concern) -> dict[str, Any]:
    training = "" if one.training is None else words.name("trainings", one.training)
    return {
        "kind": one.kind,
        "role": one.role,
        "title": words.name("roles", one.role),
        "person": one.person,
        "since": one.since,
        "training": one.training,
        "concern_title": words.phrase(one.kind.replace("-", "_"), training=training),
    }


def _numbered(row: dict[str, Any]) -> str:
    """Return the title, with the number of any occurrence but the first."""
    title: str = row["title"]
    return title if row["occurrence"] == 1 else f"{title} ({row['occurrence']})"


def _table(page: Page, words: Words, heads: Iterable[str], rows: Iterable[tuple[Any, ...]]) -> None:
    page.table([words.phrase(f"col_{head}") for head in heads], rows)
