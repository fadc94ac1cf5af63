"""How the log stands: its end, its clock, and what is registered."""

from __future__ import annotations

import click

from respond.cli.answer import Answer
from respond.cli.options import Question
from respond.cli.session import Session
from respond.cli.statuses import BAD_NEWS, DONE
from respond.domain.moments import from_microseconds, to_microseconds
from respond.engine.clock import system_clock

_MICROSECONDS = 1_000_000


@click.command("status", cls=Question)
def status(session: Session) -> Answer:
    """Say how the log stands: its end, its clock and schema, what is registered, and how safe the database is set.

    Ends with 1 when a setting of the database endangers events that were acknowledged.
    """
    from respond.store.sql import durability, schema_state  # noqa: PLC0415 - help and wrong usage need no database

    with session.engine() as engine:
        head = engine.store.head()
        log, tenant = engine.store.log, engine.store.tenant
        workflows = [(workflow.category, str(workflow.reference)) for workflow in engine.workflows]
        plans = [str(plan.reference) for plan in engine.plans]
    ahead_us = max(0, head.recorded_us - to_microseconds(system_clock())) if head.position else 0
    recorded_at = from_microseconds(head.recorded_us) if head.position else None
    revision, settings = schema_state(session.db).revision, durability(session.db)
    return Answer(
        document={
            "log": log,
            "tenant": tenant,
            "revision": revision,
            "position": head.position,
            "recorded_at": recorded_at,
            "ahead_seconds": ahead_us / _MICROSECONDS,
            "workflows": [{"category": category, "definition": reference} for category, reference in workflows],
            "plans": plans,
            "settings": settings,
        },
        show=lambda page: page.pairs(
            [
                ("log", log),
                ("tenant", tenant),
                ("schema", revision),
                ("last position", head.position),
                ("recorded at", recorded_at),
                ("ahead of our clock, seconds", ahead_us / _MICROSECONDS if ahead_us else None),
                *(("workflow", f"{reference} for {category}") for category, reference in workflows),
                *(("plan", plan) for plan in plans),
                *((one.name, f"{one.value}: {one.danger}" if one.danger else one.value) for one in settings),
            ]
        ),
        status=BAD_NEWS if any(one.danger for one in settings) else DONE,
    )


COMMANDS = (status,)
