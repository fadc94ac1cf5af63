"""The whole log: folded anew, and checked row by row."""

from __future__ import annotations

from time import perf_counter

import click

from respond.audit.check import check as check_log
from respond.audit.finding import CheckReport
from respond.cli.answer import Answer
from respond.cli.options import Question
from respond.cli.page import Page
from respond.cli.progress import progress_bar
from respond.cli.session import Session
from respond.cli.statuses import BAD_NEWS, DONE

_SHOWN = 50
"""How many findings a page spells out; a document holds all that were kept."""


@click.command("check", cls=Question)
def check(session: Session) -> Answer:
    """Check the log from its first row to its last, and change nothing.

    No gap in positions and versions, every digest and column agrees, every event decodes, every stream folds.  Ends
    with 1 when something is wrong.  Steps that a workflow would have refused are told apart: reality, not damage.
    """
    workflows = session.workflows()
    with session.store() as store, progress_bar("checking") as advance:
        total = store.head().position
        started = perf_counter()
        report = check_log(store, workflows=workflows, progress=lambda done: advance(done, total))
        seconds = perf_counter() - started
    return Answer(
        document={
            "clean": report.clean,
            "events": report.events,
            "streams": report.streams,
            "head": report.head,
            "findings": report.findings,
            "counts": report.counts,
            "deviations": report.deviations,
            "seconds": round(seconds, 3),
        },
        show=lambda page: _show_check(page, report),
        status=DONE if report.clean else BAD_NEWS,
    )


def _show_check(page: Page, report: CheckReport) -> None:
    found = sum(report.counts.values())
    verdict = "nothing is wrong" if report.clean else f"{found:,} findings"
    page.line(f"{report.events:,} events in {report.streams:,} streams: {verdict}")
    if report.findings:
        page.table(
            ("position", "code", "finding"), [(one.position, one.code, one.text) for one in report.findings[:_SHOWN]]
        )
    if found > _SHOWN:
        page.line(f"and {found - _SHOWN:,} more; --json tells the first {len(report.findings):,}")
    if report.deviations:
        page.heading("steps that their workflow would not have made")
        page.table(("rule", "steps"), [(code, len(positions)) for code, positions in report.deviations.items()])


COMMANDS = (check,)
