"""How the log stands: its end and its clock, what endangers it, and who is how far behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from respond.cli.answer import Answer
from respond.cli.options import Question
from respond.cli.page import Page
from respond.cli.session import Session
from respond.cli.statuses import BAD_NEWS, DONE
from respond.domain.moments import from_microseconds, to_microseconds
from respond.engine.clock import system_clock
from respond.engine.definitions import Plans, Workflows

if TYPE_CHECKING:
    from respond.store.sql.standing import CheckpointStanding, Standing

_MICROSECONDS = 1_000_000
_HEADS = ("name", "version", "tenant", "status", "position", "lag", "lag_seconds", "attempts", "dead_letters", "owner")


@click.command("status", cls=Question)
def status(session: Session) -> Answer:
    """Say how the log stands: its end and clock, holes, how safe the database is set, and who is how far behind.

    Ends with 1 when something is in danger: acknowledged events, by a setting of the database, a missing trigger or a
    hole; or a projection or a publisher, by an event that it could not take, given up on or still tried.
    """
    from respond.store.sql import schema_state  # noqa: PLC0415 - help and wrong usage need no database
    from respond.store.sql.standing import standing  # noqa: PLC0415

    plans, workflows = Plans(session.plans()), Workflows(session.workflows())
    with session.store(durability="ignore") as store:  # what opening would warn of is told below
        identity = {"log": store.log, "tenant": store.tenant, "revision": schema_state(session.db).revision}
        with store.reading() as connection:
            stands = standing(connection)
    now = system_clock()
    answer = {
        **identity,
        **_extent(stands, now),
        "workflows": [{"category": one.category, "definition": str(one.reference)} for one in workflows],
        "plans": [str(plan.reference) for plan in plans],
        "settings": stands.settings,
        "checkpoints": [checkpoint_document(one, now) for one in stands.checkpoints],
        "dead_letters": stands.dead_letters,
        "dangers": stands.dangers,
    }
    return Answer(
        document=answer, show=lambda page: _show(page, answer, stands), status=BAD_NEWS if stands.dangers else DONE
    )


def _extent(stands: Standing, now: datetime) -> dict[str, Any]:
    """Return where the log ends, and how whole it is."""
    head = stands.head
    ahead_us = max(0, head.recorded_us - to_microseconds(now)) if head.position else 0
    return {
        "position": head.position,
        "recorded_at": from_microseconds(head.recorded_us) if head.position else None,
        "ahead_seconds": ahead_us / _MICROSECONDS,
        "events": stands.events,
        "holes": stands.holes,
        "first_hole": stands.first_hole,
        "archived": stands.archived,
        "snapshots": stands.snapshots,
    }


def checkpoint_document(one: CheckpointStanding, now: datetime) -> dict[str, Any]:
    """Return how far a projection or a publisher is, and who is at work on it."""
    of = one.checkpoint
    waiting = one.waiting_since
    return {
        "tenant": of.tenant,
        "name": of.name,
        "version": of.version,
        "status": of.status,
        "position": of.position,
        "lag": one.lag,
        "lag_seconds": None if waiting is None else max(0.0, (now - waiting).total_seconds()),
        "dead_letters": one.dead_letters,
        "attempts": of.attempts,
        "retry_at": from_microseconds(of.retry_at) if of.retry_at else None,
        "error": of.error,
        "owner": of.owner,
        "lease_until": from_microseconds(of.lease_until) if of.lease_until else None,
        "updated_at": from_microseconds(of.updated_at),
        "danger": one.danger,
    }


def show_checkpoints(page: Page, documents: Sequence[Mapping[str, Any]]) -> None:
    """Write how far each projection and publisher is, as a table."""
    page.table([head.replace("_", " ") for head in _HEADS], [[one[head] for head in _HEADS] for one in documents])


def _show(page: Page, answer: dict[str, Any], stands: Standing) -> None:
    hidden = "not known: this account sees one tenant"
    page.pairs(
        [
            ("log", answer["log"]),
            ("tenant", answer["tenant"]),
            ("schema", answer["revision"]),
            ("last position", answer["position"]),
            ("recorded at", answer["recorded_at"]),
            ("ahead of our clock, seconds", answer["ahead_seconds"] or None),
            ("events", answer["events"]),
            ("holes", hidden if stands.holes is None else stands.holes),
            ("archived", stands.archived or None),
            ("snapshots", stands.snapshots or None),
            ("dead letters", stands.dead_letters or None),
            *(("workflow", f"{one['definition']} for {one['category']}") for one in answer["workflows"]),
            *(("plan", plan) for plan in answer["plans"]),
            *((one.name, one.value) for one in stands.settings),
        ]
    )
    if stands.checkpoints:
        page.heading("checkpoints")
        show_checkpoints(page, answer["checkpoints"])
    if stands.dangers:
        page.heading("in danger")
        for danger in stands.dangers:
            page.line(danger)


COMMANDS = (status,)
