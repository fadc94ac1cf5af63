"""The tables of the log: make them, bring them up to date, look at them."""

from __future__ import annotations

import click

from respond.cli.answer import Answer
from respond.cli.options import Question
from respond.cli.session import Session
from respond.cli.statuses import BAD_NEWS, DONE

_MEANINGS = {
    "empty": "is empty; `respond db init` makes a log in it",
    "foreign": "holds other tables and no log; `respond db init` makes one beside them",
    "unfinished": "holds a log whose making broke off; `respond db init` finishes it",
    "old": "holds a log of an older release; `respond db upgrade` brings it up to date",
    "current": "holds a log",
    "new": "holds a log of a newer release; upgrade respond",
}


@click.group("db")
def db() -> None:
    """Make, upgrade and look at the tables of the log."""


@db.command("init", cls=Question)
def init(session: Session) -> Answer:
    """Make a log in the database, beside the tables of other programs too; one that is there stays as it is."""
    from respond.store.sql import create  # noqa: PLC0415 - help and wrong usage need no database

    log = create(session.db)
    return Answer(document={"log": log}, show=lambda page: page.line(f"the log {log} is ready"))


@db.command("upgrade", cls=Question)
def upgrade_(session: Session) -> Answer:
    """Bring the tables of an older release up to date."""
    from respond.store.sql import schema_state, upgrade  # noqa: PLC0415 - help and wrong usage need no database

    before = upgrade(session.db)
    after = schema_state(session.db)
    done = "was up to date" if before.revision == after.revision else f"was upgraded from {before.revision}"
    return Answer(
        document={"log": after.log, "from_revision": before.revision, "revision": after.revision},
        show=lambda page: page.line(f"the log {after.log} {done}; its schema is {after.revision}"),
    )


@db.command("status", cls=Question)
def status(session: Session) -> Answer:
    """Say what the database holds.  Ends with 1 unless that is a log that this release can use."""
    from respond.store.sql import schema_state  # noqa: PLC0415 - help and wrong usage need no database

    state = schema_state(session.db)
    return Answer(
        document={"kind": state.kind, "revision": state.revision, "log": state.log},
        show=lambda page: page.pairs(
            [("the database", _MEANINGS[state.kind]), ("log", state.log), ("schema", state.revision)]
        ),
        status=DONE if state.kind == "current" else BAD_NEWS,
    )


COMMANDS = (db,)
