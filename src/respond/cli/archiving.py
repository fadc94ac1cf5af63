"""Finished incidents leave the log for files."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

import click

from respond.cli.answer import Answer
from respond.cli.options import Question
from respond.cli.page import Page, counted
from respond.cli.progress import progress_bar
from respond.cli.session import Session
from respond.domain.moments import format_utc
from respond.domain.streams import StreamId
from respond.engine.clock import system_clock
from respond.engine.engine import Engine
from respond.errors import InvalidInput
from respond.transfer.bundle import write_bundle
from respond.workflow.incident import INCIDENT_CATEGORY

_HOURS = {"h": 1, "d": 24, "w": 168}
_DAYS_MAX = 36_500
_REASONS = {
    "together": "belong to an incident that is not finished",
    "unread": "were not read yet by every projection and publisher",
    "moved": "moved on meanwhile",
}


class Span(click.ParamType[timedelta]):
    """A span of time, such as 365d."""

    name = "span"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Return *value* as a span."""
        if isinstance(value, timedelta):
            return value
        found = re.fullmatch(r"(\d{1,6})([hdw])", str(value))
        span = timedelta(hours=int(found[1]) * _HOURS[found[2]]) if found else None
        if span is None or span.days > _DAYS_MAX:
            self.fail(f"{value!r} is not a span of time; write hours, days or weeks: 36h, 365d, 52w", param, ctx)
        return span


@click.command("archive", cls=Question)
@click.option(
    "--older-than", "age", type=Span(), metavar="SPAN", help="Of which nothing was recorded since: 36h, 365d."
)
@click.option("--incident", "names", multiple=True, metavar="ID", help="This one, however young; may be repeated.")
@click.option("--to", "folder", required=True, metavar="FOLDER", help="Where the files are written.")
@click.option("--reason", help="What the manifest says.  [default: which were chosen]")
@click.option("--dry-run", is_flag=True, help="Say what would leave, and change nothing.")
def archive(
    session: Session, *, age: timedelta | None, names: tuple[str, ...], folder: str, reason: str | None, dry_run: bool
) -> Answer:
    """Let the bodies of finished incidents leave the log for files; their rows and leaves stay.

    Finished are reviewed, cancelled and merged ones, and what stands in a final state of a workflow of your own.  For
    the owner of the tables alone.
    """
    if (age is None) is (not names):
        raise click.UsageError("say which: --older-than SPAN, or --incident ID")
    before = None if age is None else system_clock() - age
    with session.engine() as engine:
        named = [_finished(engine, name) for name in names]
        return _archived(engine, folder, before, named, reason or _reason(before), dry_run=dry_run)


def _finished(engine: Engine, name: str) -> StreamId:
    """Return the stream of a finished incident; raises `InvalidInput` for another one."""
    incident_id = engine.reader.find(name)
    workflow = engine.workflows[INCIDENT_CATEGORY]
    status = engine.reader.states(INCIDENT_CATEGORY, [incident_id])[incident_id].status
    if status not in workflow.finals:
        raise InvalidInput(
            f"{name} is {status}; only what is {', '.join(workflow.finals)} can leave", place="--incident", value=name
        )
    return StreamId.of(INCIDENT_CATEGORY, incident_id)


def _reason(before: datetime | None) -> str:
    return "named" if before is None else f"finished, nothing recorded since {format_utc(before)}"


def _archived(
    engine: Engine, folder: str, before: datetime | None, named: list[StreamId], reason: str, *, dry_run: bool
) -> Answer:
    from respond.store.sql import SqlEventStore  # noqa: PLC0415 - help and wrong usage need no database
    from respond.transfer.archive import archive_log  # noqa: PLC0415

    assert isinstance(engine.store, SqlEventStore)  # noqa: S101 - a session opens no other
    started = perf_counter()
    with progress_bar("archiving") as advance:
        report = archive_log(
            engine.store,
            folder,
            workflows=engine.workflows,
            before=before,
            named=named,
            reason=reason,
            dry_run=dry_run,
            progress=lambda _what, done, end: advance(done, end),
        )
    seconds = perf_counter() - started
    files = [
        {"file": one.name, "digest": one.digest.hex(), "size": one.size, "events": one.events} for one in report.files
    ]
    return Answer(
        document={
            "streams": report.streams,
            "events": report.events,
            "size": report.size,
            "files": files,
            "unused": report.unused,
            "held_back": report.held_back,
            "behind": [
                {"name": one.name, "version": one.version, "status": one.status, "position": one.position}
                for one in report.behind
            ],
            "dry_run": report.dry_run,
            "seconds": round(seconds, 3),
        },
        show=lambda page: _show(page, folder, report),
    )


def _show(page: Page, folder: str, report: Any) -> None:
    verb = "would leave" if report.dry_run else "left"
    events, streams = counted(report.events, "event"), counted(report.streams, "stream")
    page.line(f"{events} of {streams} {verb}, {report.size:,} bytes of bodies")
    if report.files:
        page.table(("file", "events", "bytes"), [(one.name, one.events, one.size) for one in report.files])
    for name in report.unused:
        page.line(f"{name} was written for streams that moved on, and stays: another run may need it")
    for reason, number in report.held_back.items():
        page.line(f"{counted(number, 'finished stream')} stayed: {_REASONS[reason]}")
    for one in report.behind:
        page.line(
            f"{one.name} is at position {one.position} ({one.status}): let it read on, or, when nobody runs it now, "
            f"run `respond readers forget {one.name}`"
        )
    if report.files:
        page.line(f"keep the files with your backups; `respond check --archives {folder}` reads them")


@click.command("bundle", cls=Question)
@click.argument("name", metavar="ID")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The folder; empty, or not there yet.")
def bundle(session: Session, name: str, out: Path) -> Answer:
    """Write the archive bundle of incident ID: state, timeline, review, duties, and the events that they rest on.

    `respond check --bundle FOLDER` verifies it.
    """
    with session.engine() as engine:
        made = write_bundle(engine, name, out)
    events, leaves = len(made["events"]), made["leaves"]

    def show(page: Page) -> None:
        page.line(f"{made['number']}: {counted(events, 'event')} in {out}")
        page.line(f"keep the digest of all leaves elsewhere: {leaves}")

    document = {"number": made["number"], "folder": str(out), "events": events, "leaves": leaves}
    return Answer(document=document, show=show)


COMMANDS = (bundle, archive)
