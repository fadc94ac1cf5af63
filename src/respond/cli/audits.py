"""The whole log: folded anew, and checked row by row."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from time import perf_counter

import click

from respond.audit.check import check as check_log
from respond.audit.finding import CheckReport
from respond.audit.projected import Tables
from respond.cli.answer import Answer
from respond.cli.options import Question
from respond.cli.page import Page, counted
from respond.cli.progress import progress_bar
from respond.cli.session import Session
from respond.cli.statuses import BAD_NEWS, DONE
from respond.domain.payloads import from_input
from respond.engine.engine import Engine
from respond.errors import InvalidInput
from respond.plan.plan import Plan
from respond.projections.document import document
from respond.projections.ground import Ground
from respond.projections.replay import Totals
from respond.store.protocol import LogReader
from respond.transfer.bundle import verify_bundle
from respond.workflow.workflow import Workflow

_SHOWN = 50
"""How many findings a page spells out; a document holds all that were kept."""


@click.command("check", cls=Question)
@click.option("--bundle", type=click.Path(path_type=Path), metavar="FOLDER", help="Verify this archive bundle instead.")
@click.option(
    "--review", type=click.Path(path_type=Path), metavar="FILE", help="Compare this review, kept as JSON, with the log."
)
def check(session: Session, bundle: Path | None, review: Path | None) -> Answer:
    """Check the log from its first row to its last, and change nothing.

    No gap in positions and versions, every digest and column agrees, every event decodes, every stream folds,
    projections equal the fold.  Ends with 1 when something is wrong.  Steps that a workflow would have refused are told
    apart: reality, not damage.
    """
    if bundle is not None:
        return verified(bundle)
    if review is not None:
        with session.engine() as engine:
            return compared(engine, review)
    workflows, plans = session.workflows(), session.plans()
    from respond.projections.sql.audited import AuditedTables  # noqa: PLC0415 - help and wrong usage need no database

    with session.store() as store:
        return checked(store, workflows, plans, tables=AuditedTables(store))


def verified(folder: Path) -> Answer:
    """Verify the archive bundle in *folder*, which needs no database, and return what was found as an answer."""
    found = verify_bundle(folder)

    def show(page: Page) -> None:
        verdict = counted(len(found.flaws), "finding") if found.flaws else "nothing is wrong"
        page.line(f"bundle of {found.number}, {counted(found.events, 'event')}: {verdict}")
        page.line(f"digest of all leaves: {found.leaves}")
        if found.flaws:
            page.table(("place", "code", "finding"), [(one.place, one.code, one.text) for one in found.flaws])

    return Answer(
        document={
            "clean": not found.flaws,
            "number": found.number,
            "events": found.events,
            "leaves": found.leaves,
            "findings": found.flaws,
        },
        show=show,
        status=BAD_NEWS if found.flaws else DONE,
    )


def compared(engine: Engine, file: Path) -> Answer:
    """Compare the review in *file* with the log, and return as an answer whether it stands on it."""
    key, told = _ground_in(file)
    stands, number = engine.stands_on(key, told), engine.number(key)

    def show(page: Page) -> None:
        verdict = "they are in the log, unchanged" if stands else "the log does not hold them, or not so"
        page.line(f"review of {number}, {counted(told.events, 'event')} up to #{told.position}: {verdict}")

    return Answer(
        document={"clean": stands, "id": key, "number": number, "ground": told},
        show=show,
        status=DONE if stands else BAD_NEWS,
    )


def _ground_in(file: Path) -> tuple[str, Ground]:
    """Return the incident of the review in *file*, and its ground; raises `InvalidInput` when it is no review."""
    try:
        told = json.loads(file.read_bytes())
        return str(told["id"]), from_input(Ground, dict(told["ground"]), place="ground")
    except (OSError, ValueError, TypeError, KeyError) as error:
        text = "is no review that `respond review ID --json` wrote"
        raise InvalidInput(text, place="review", value=str(file)) from error


def checked(
    store: LogReader, workflows: Iterable[Workflow], plans: Iterable[Plan], *, tables: Tables | None = None
) -> Answer:
    """Check the log in *store* and return what was found as an answer."""
    with progress_bar("checking") as advance:
        head = store.head()
        started = perf_counter()
        report = check_log(
            store,
            workflows=workflows,
            plans=plans,
            progress=lambda done: advance(done, head.position),
            tables=tables,
        )
        seconds = perf_counter() - started
    return Answer(
        document={
            "clean": report.clean,
            "events": report.events,
            "streams": report.streams,
            "head": report.head,
            "findings": report.findings,
            "counts": report.counts,
            "archived": report.archived,
            "unread": report.unread,
            "deviations": report.deviations,
            "plans_missing": report.plans_missing,
            "seconds": round(seconds, 3),
        },
        show=lambda page: _show_check(page, report),
        status=DONE if report.clean else BAD_NEWS,
    )


def _show_check(page: Page, report: CheckReport) -> None:
    found = sum(report.counts.values())
    verdict = "nothing is wrong" if report.clean else counted(found, "finding")
    page.line(f"{counted(report.events, 'event')} in {counted(report.streams, 'stream')}: {verdict}")
    if report.findings:
        page.table(
            ("position", "code", "finding"),
            [(f"#{one.position}", one.code, one.text) for one in report.findings[:_SHOWN]],
        )
    if found > _SHOWN:
        page.line(f"and {found - _SHOWN:,} more; --json tells the first {len(report.findings):,}")
    if report.archived:
        unread = sum(one.events for one in report.unread)
        page.line(f"{counted(report.archived, 'event')} archived, {unread:,} of them not read")
    if report.unread:
        page.table(
            ("file that was not read", "from", "to", "events"),
            [(one.file, f"#{one.first}", f"#{one.last}", one.events) for one in report.unread[:_SHOWN]],
        )
    if report.deviations:
        page.heading("steps that their workflow would not have made")
        page.table(("rule", "steps"), [(code, len(positions)) for code, positions in report.deviations.items()])
    _show_missing(page, report.plans_missing)


@click.command("replay", cls=Question)
@click.option("--check-leaves", is_flag=True, help="Take no event whose digest does not fit.")
def replay(session: Session, *, check_leaves: bool) -> Answer:
    """Fold the whole log from its first event, and tell totals, rate, and what does not fold.

    Drills are left out.  Ends with 1 when an event does not fold, or belongs to no registered workflow.
    """
    with session.engine() as engine:
        return replayed(engine, check_leaves=check_leaves)


def replayed(engine: Engine, *, check_leaves: bool = False) -> Answer:
    """Replay the log of *engine* and return the totals as an answer."""
    with progress_bar("replaying") as advance:
        end = engine.store.head().position
        started = perf_counter()
        totals = engine.replay(check_leaves=check_leaves, progress=lambda position: advance(position, end))
        seconds = perf_counter() - started
    rate = totals.events / seconds if seconds else 0.0
    return Answer(
        document={
            **totals.to_json(),
            "seconds": round(seconds, 3),
            "events_per_second": round(rate),
        },
        show=lambda page: _show_replay(page, totals, rate),
        status=BAD_NEWS if totals.failures or totals.unregistered else DONE,
    )


def _show_replay(page: Page, totals: Totals, rate: float) -> None:
    page.line(f"{counted(totals.events, 'event')} in {counted(totals.streams, 'stream')} folded, {rate:,.0f} a second")
    counts = [(state, count) for states in totals.aggregates.values() for state, count in states.items()]
    page.table(("state", "aggregates"), counts)
    if totals.levels:
        page.table(("level", "incidents"), document(totals.levels).items())
    if totals.findings:
        page.heading("steps that their workflow would not have made")
        page.table(("rule", "steps"), totals.findings_by_code.items())
    _show_missing(page, totals.plans_missing)
    if totals.failures:
        page.heading(f"{counted(len(totals.failures), 'event')} that cannot be folded")
        page.table(
            ("position", "stream", "reason"),
            [(f"#{one.position}", one.stream, one.text) for one in totals.failures[:_SHOWN]],
        )
    if totals.archived:
        page.line(f"{counted(totals.archived, 'event')} archived and not folded: name their folder with --archives")
    for category, count in totals.unregistered.items():
        page.line(f"{counted(count, 'event')} of {category!r}: no workflow is registered; name it with --workflow")


def _show_missing(page: Page, plans: Mapping[str, int]) -> None:
    for plan, count in plans.items():
        page.line(f"{counted(count, 'stream')} judged without the rules of {plan}: name it with --plan")


COMMANDS = (replay, check)
