"""Readers of the log, projections and publishers: how they stand, what they left out, and which are abandoned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from respond.cli.answer import Answer
from respond.cli.options import Question
from respond.cli.page import Page, counted
from respond.cli.session import Session
from respond.cli.standings import checkpoint_document, show_checkpoints
from respond.domain.moments import from_microseconds
from respond.domain.streams import DEFAULT_TENANT
from respond.engine.clock import system_clock

if TYPE_CHECKING:
    from respond.store.checkpoint import DeadLetter

_TENANT = click.option("--tenant", default=DEFAULT_TENANT, show_default=True, help="Whose readers they are.")


@click.group("readers")
def readers() -> None:
    """Look at what reads the log, projections and publishers, and put right what they left behind."""


@readers.command("list", cls=Question)
@_TENANT
def list_(session: Session, *, tenant: str) -> Answer:
    """List every projection and publisher: where it stands, how far behind it is, and what it left out."""
    from respond.store.sql.readers import Readers  # noqa: PLC0415 - help and wrong usage need no database

    with session.store(tenant=tenant) as store:
        found = Readers(store).listed()
    now = system_clock()
    documents = [checkpoint_document(one, now) for one in found]
    return Answer(document={"readers": documents}, show=lambda page: show_checkpoints(page, documents))


@readers.command("dead-letters", cls=Question)
@click.argument("name", required=False)
@click.option("--after", type=click.IntRange(min=0), default=0, help="Only events past this position.")
@_TENANT
def dead_letters(session: Session, *, name: str | None, after: int, tenant: str) -> Answer:
    """List the events that projections and publishers gave up on, or that NAME did, up to 1000 at a time."""
    from respond.store.sql.readers import Readers  # noqa: PLC0415 - help and wrong usage need no database

    with session.store(tenant=tenant) as store:
        letters = Readers(store).dead_letters(name, after=after)

    def show(page: Page) -> None:
        rows = [(one.name, f"#{one.position}", one.type, one.id, one.attempts, one.error) for one in letters]
        page.line(counted(len(letters), "dead letter"))
        if rows:
            page.table(("name", "position", "type", "id", "attempts", "error"), rows)

    return Answer(document={"dead_letters": [_letter(one) for one in letters]}, show=show)


@readers.command("settle", cls=Question)
@click.argument("name")
@click.argument("positions", metavar="POSITION...", type=click.IntRange(min=1), nargs=-1, required=True)
@_TENANT
def settle(session: Session, *, name: str, positions: tuple[int, ...], tenant: str) -> Answer:
    """Say that the events at POSITION that NAME left out were dealt with: `respond status` tells of them no more.

    All of them or none.  Nothing is tried again by it, and the events stay in the log.
    """
    from respond.store.sql.readers import Readers  # noqa: PLC0415 - help and wrong usage need no database

    with session.store(tenant=tenant) as store:
        settled = Readers(store).settle(name, positions)
    return Answer(
        document={"name": name, "settled": [_letter(one) for one in settled]},
        show=lambda page: page.line(f"{counted(len(settled), 'dead letter')} of {name} settled"),
    )


@readers.command("forget", cls=Question)
@click.argument("name")
@_TENANT
def forget(session: Session, *, name: str, tenant: str) -> Answer:
    """Forget NAME, which nobody runs any more: it holds back no archive, and `respond status` tells of it no more.

    A publisher begins anew when its name is used again, and tells everything once more.  A projection is retired: its
    tables stay until `respond projection prune`.
    """
    from respond.integrations.publisher import NAME_PREFIX  # noqa: PLC0415 - help and wrong usage need no database
    from respond.store.sql.readers import Readers  # noqa: PLC0415

    keeps_tables = not name.startswith(NAME_PREFIX)
    with session.store(tenant=tenant) as store:
        act = Readers(store).retire if keeps_tables else Readers(store).forget
        found = act(name, now=system_clock())
    outcome = "retired; `respond projection prune` drops its tables" if keeps_tables else "forgotten"
    return Answer(
        document={
            "name": name,
            "outcome": "retired" if keeps_tables else "forgotten",
            "checkpoints": [{"version": one.version, "position": one.position} for one in found],
        },
        show=lambda page: page.line(f"{name} is {outcome}"),
    )


def _letter(one: DeadLetter) -> dict[str, Any]:
    return {
        "name": one.name,
        "version": one.version,
        "position": one.position,
        "id": one.id,
        "type": one.type,
        "error": one.error,
        "attempts": one.attempts,
        "failed_at": from_microseconds(one.failed_at),
    }


COMMANDS = (readers,)
