"""A log moved from one database to another."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

import click

from respond.cli.answer import Answer
from respond.cli.options import Question
from respond.cli.page import Page, counted
from respond.cli.progress import progress_bar
from respond.cli.session import Session
from respond.engine.clock import system_clock
from respond.errors import InvalidInput

if TYPE_CHECKING:
    from respond.store.sql import SqlEventStore
    from respond.transfer.copy import CopyReport


@click.command("copy", cls=Question)
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
def copy(session: Session, source: str, target: str) -> Answer:  # noqa: ARG001 - both databases are named
    """Copy the log in FROM into TO, between any two databases: positions, ids, times, bodies and leaves unchanged.

    TO is empty, or holds what an earlier copy brought there: then the copy goes on.  FROM may be written meanwhile.  In
    the end both are compared row by row; ends with 1 when they differ.
    """
    from respond.store.sql import create  # noqa: PLC0415 - help and wrong usage need no database

    if _is_one(source, target):
        raise InvalidInput("is the database to copy from; name another one", place="TO")
    with _opened(source) as ours:
        create(target, log=ours.log)
        with _opened(target) as theirs:
            return _copied(ours, theirs)


def _is_one(source: str, target: str) -> bool:
    """Return whether both are one database by their names, or one file."""
    from respond.store.sql.engines import engine_for, file_of  # noqa: PLC0415

    file, other = file_of(engine_for(source)), file_of(engine_for(target))
    return source == target or (file is not None and other is not None and file.resolve() == other.resolve())


def _opened(url: str) -> SqlEventStore:
    from respond.store.sql import SqlEventStore  # noqa: PLC0415 - help and wrong usage need no database

    return SqlEventStore.open(url, clock=system_clock, create=False)


def _copied(source: SqlEventStore, target: SqlEventStore) -> Answer:
    from respond.transfer.copy import copy_log  # noqa: PLC0415 - help and wrong usage need no database

    started = perf_counter()
    with progress_bar("copying") as advance:
        report = copy_log(source, target, progress=lambda what, done, end: advance(*_of_both(what, done, end)))
    seconds = perf_counter() - started
    return Answer(
        document={
            "log": report.log,
            "position": report.head.position,
            "resumed_after": report.resumed_after,
            "copied": report.copied,
            "archived": report.archived,
            "compared": report.compared,
            "source_position": report.source_position,
            "seconds": round(seconds, 3),
        },
        show=lambda page: _show(page, report, seconds),
    )


def _of_both(what: str, done: int, end: int) -> tuple[int, int]:
    """Return how far both halves of the work have come together: copying, then comparing."""
    return (done if what == "copying" else end + done), 2 * end


def _show(page: Page, report: CopyReport, seconds: float) -> None:
    page.line(
        f"the log {report.log}: {counted(report.copied, 'event')} copied, {report.compared:,} are the same in both"
    )
    if report.resumed_after:
        page.line(f"an earlier copy had come to position {report.resumed_after}")
    if behind := report.source_position - report.head.position:
        page.line(
            f"{counted(behind, 'event')} came meanwhile: the copy ends at position {report.head.position}; run it again"
        )
    page.pairs([("manifest rows", report.archived or None), ("seconds", seconds)])
