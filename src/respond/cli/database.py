"""The tables of the log: make them, bring them up to date, look at them."""

from __future__ import annotations

from collections.abc import Sequence

import click

from respond.cli.answer import Answer
from respond.cli.copying import copy
from respond.cli.options import Question
from respond.cli.page import Page
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
    """Make, upgrade, look at and copy the tables of the log."""


db.add_command(copy)


@db.command("init", cls=Question)
@click.option("--roles", is_flag=True, help="Print what gives writer and reader their rights, and no more.")
@click.option("--apply", "applied", is_flag=True, help="With --roles: run it instead.")
@click.option("--writer", metavar="NAME", default="respond_writer", show_default=True, help="The account that appends.")
@click.option("--reader", metavar="NAME", default="respond_reader", show_default=True, help="The account that reads.")
@click.option("--row-security", is_flag=True, help="PostgreSQL: show a connection the rows of its tenant only.")
@click.option("--auditor", metavar="NAME", help="PostgreSQL: the account that is shown all rows nevertheless.")
@click.option("--accountable", metavar="NAME", help="PostgreSQL: the account that keeps the restricted part.")
def init(session: Session, *, roles: bool, applied: bool, row_security: bool, **names: str | None) -> Answer:
    """Make a log in the database, beside the tables of other programs too; one that is there stays as it is.

    With --roles it prints the statements that let one account append and another one read, for the owner to run; on
    SQLite they are commands for a shell.
    """
    from respond.store.sql import create  # noqa: PLC0415 - help and wrong usage need no database
    from respond.store.sql.roles import Accounts, apply_recipe, recipe  # noqa: PLC0415

    if not roles and (applied or row_security or names["auditor"] or names["accountable"]):
        raise click.UsageError("--apply, --row-security, --auditor and --accountable go with --roles")
    accounts = Accounts(**names)  # type: ignore[arg-type]
    log = create(session.db)
    make = apply_recipe if applied else recipe
    statements = make(session.db, accounts, row_security=row_security) if roles else ()
    return Answer(
        document={"log": log, "statements": statements, "applied": applied},
        show=lambda page: _show_init(page, log, [] if applied else statements),
    )


def _show_init(page: Page, log: str, statements: Sequence[str]) -> None:
    """Write statements and nothing else, where there are any: a program that runs them may read the page."""
    if not statements:
        page.line(f"the log {log} is ready")
    for statement in statements:
        page.line(f"{statement};")


@db.command("upgrade", cls=Question)
def upgrade_(session: Session) -> Answer:
    """Bring the tables of an older release up to date, and restore the triggers that keep events as they are."""
    from respond.store.sql import schema_state, upgrade  # noqa: PLC0415 - help and wrong usage need no database
    from respond.store.sql.append_only import restore_triggers  # noqa: PLC0415

    before = upgrade(session.db)
    restored = restore_triggers(session.db)
    after = schema_state(session.db)
    done = "was up to date" if before.revision == after.revision else f"was upgraded from {before.revision}"
    return Answer(
        document={
            "log": after.log,
            "from_revision": before.revision,
            "revision": after.revision,
            "triggers_restored": restored,
        },
        show=lambda page: page.line(
            f"the log {after.log} {done}; its schema is {after.revision}{'; its triggers were restored' * restored}"
        ),
    )


@db.command("status", cls=Question)
def status(session: Session) -> Answer:
    """Say what the database holds.  Ends with 1 unless that is a log that this release can use and that keeps events.

    It keeps them while its triggers refuse to change and to delete any.
    """
    from respond.store.sql import schema_state  # noqa: PLC0415 - help and wrong usage need no database
    from respond.store.sql.append_only import append_only  # noqa: PLC0415

    state = schema_state(session.db)
    triggers = append_only(session.db)[0] if state.kind == "current" else None
    return Answer(
        document={"kind": state.kind, "revision": state.revision, "log": state.log, "triggers": triggers},
        show=lambda page: page.pairs(
            [
                ("the database", _MEANINGS[state.kind]),
                ("log", state.log),
                ("schema", state.revision),
                ("refuses", triggers.value if triggers else None),
                ("danger", triggers.danger if triggers else None),
            ]
        ),
        status=DONE if triggers and not triggers.danger else BAD_NEWS,
    )


COMMANDS = (db,)
