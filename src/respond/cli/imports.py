"""Foreign logs in."""

from __future__ import annotations

from time import perf_counter

import click

from respond.cli.answer import Answer
from respond.cli.deviations import Heed, deviations_file
from respond.cli.options import Question
from respond.cli.page import Page, counted
from respond.cli.progress import progress_bar
from respond.cli.session import Session
from respond.engine.definitions import Plans
from respond.engine.engine import Engine
from respond.errors import InvalidMapping
from respond.transfer.importer import check_log, import_log
from respond.transfer.mapping import LogMapping
from respond.transfer.report import ImportReport

_SHOWN = 10
"""How many steps a page spells out; a document holds all that the report lists."""


@click.command("import", cls=Question)
@click.argument("file")
@click.option("--mapping", "mapping_file", required=True, metavar="FILE", help="What its columns mean, as TOML.")
@click.option("--deviations", metavar="FILE", help="Write every deviation there, one JSON object a line.")
@click.option("--dry-run", is_flag=True, help="Read and judge everything, and write nothing.")
def import_(session: Session, file: str, mapping_file: str, deviations: str | None, dry_run: bool) -> Answer:
    """Bring the log in FILE into the database: CSV or XES, `.gz` too.

    Importing a file again adds nothing.  What the workflow would have refused is recorded and reported.
    """
    mapping = LogMapping.load(mapping_file)
    try:
        check_log(file, mapping, plan=Plans(session.plans()).default)  # before a database is made
    except InvalidMapping as error:  # only here it is known which file the mapping came from
        raise InvalidMapping(str(error), place=mapping_file, value=error.value) from error
    with (
        deviations_file(deviations, file, mapping_file) as on_deviation,
        session.rehearsal() if dry_run else session.engine(create=None) as engine,
    ):
        return imported(engine, file, mapping, dry_run=dry_run, on_deviation=on_deviation)


def imported(
    engine: Engine, file: str, mapping: LogMapping, *, dry_run: bool = False, on_deviation: Heed | None = None
) -> Answer:
    """Import the log in *file* and return what was found as an answer."""
    with progress_bar("importing") as advance:
        started = perf_counter()
        report = import_log(
            file,
            mapping,
            engine.store,
            plan=engine.plans.default,
            dry_run=dry_run,
            progress=lambda _rows, done, end: advance(done, end),
            on_deviation=on_deviation,
        )
        seconds = perf_counter() - started
    return Answer(
        document={**report.as_dict(), "seconds": round(seconds, 3)},
        show=lambda page: _show(page, report, seconds),
    )


def _show(page: Page, report: ImportReport, seconds: float) -> None:
    verb = "would be added" if report.dry_run else "added"
    rows, incidents = counted(report.rows, "row"), counted(report.incidents, "incident")
    page.line(f"{rows} of {incidents}, {counted(report.events, 'event')} {verb}")
    page.pairs(
        (name.replace("_", " "), value)
        for name, value in report.as_dict().items()
        if isinstance(value, int) and name not in {"rows", "incidents", "events", "dry_run"}
    )
    page.pairs([("seconds", seconds), ("rows a second", report.rows / seconds if seconds else None)])
    if report.unknown_states:
        page.heading("states that the mapping does not know")
        page.table(("state", "rows"), report.unknown_states.items())
    if report.deviations:
        page.heading("steps that the workflow would have refused, by rule")
        page.table(("rule", "steps"), report.deviations_by_code.items())
        page.heading(f"the first {len(report.listed[:_SHOWN])} of these steps")
        page.table(
            ("row", "case", "rule", "from", "to", "event"),
            [(one.row, one.case, one.code, one.from_state, one.to_state, one.event) for one in report.listed[:_SHOWN]],
        )


COMMANDS = (import_,)
