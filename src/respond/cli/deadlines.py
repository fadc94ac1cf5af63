"""What is owed and by when: of one incident, of all, and raised as it falls due."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Any

import attrs
import click

from respond.cli.answer import Answer
from respond.cli.notifiers import STANDARD_OUTPUT, notifier_for
from respond.cli.options import Question, Time, in_language
from respond.cli.page import Page, counted
from respond.cli.session import Session
from respond.cli.statuses import BAD_NEWS, DONE
from respond.cli.stopping import stopped_by_signals
from respond.cli.verdicts import verdict_text
from respond.domain.escaping import escaped
from respond.domain.moments import parse_utc
from respond.engine.clock import system_clock
from respond.engine.engine import Engine
from respond.errors import RespondError, StoreUnavailable
from respond.plan.labels import label
from respond.plan.obligations import Obligation
from respond.plan.owed import Owed, Verdict
from respond.store.waiting import Waiter

if TYPE_CHECKING:
    from respond.engine.watch import Failed, Round, Watch
    from respond.integrations.publisher import Publisher, Step

NAME = "people"
"""The name of the publisher that brings to people what was raised."""


@click.command("obligations", cls=Question)
@click.argument("name", metavar="ID")
@in_language
def obligations(session: Session, name: str, language: str) -> Answer:
    """Show what incident ID owes, and owed: each occurrence with its deadline, and what became of it."""
    with session.engine() as engine:
        incident = engine.incident(name)
        plan = engine.plans.in_force(incident.events())
        rows = [_row(plan.obligation(one.obligation), one, said, language) for one, said in incident.verdicts()]
        number = incident.number

    def show(page: Page) -> None:
        page.line(f"{number}: {counted(len(rows), 'obligation')}")
        if rows:
            columns = ("obligation", "title", "occurrence", "verdict_label", "due_at", "since", "fact_label", "done_at")
            heads = ("obligation", "title", "no.", "verdict", "due", "since", "by", "done")
            page.table(heads, [[one[column] for column in columns] for one in rows])

    return Answer(document={"id": incident.id, "number": number, "obligations": rows}, show=show)


@click.command("due", cls=Question)
@click.option("--until", type=Time(), metavar="TIME", help="Also what falls due by then, if nothing is done.")
@in_language
def due(session: Session, until: str | None, language: str) -> Answer:
    """List what is due and not done, or nearly due, of all incidents, the longest due first.

    Ends with 1 when something is past its deadline, or an incident could not be looked at.
    """
    with session.engine() as engine:
        found = engine.watch().due(until=None if until is None else parse_utc(until))
        rows = [
            {"id": one.incident, "number": engine.reader.number(one.incident)}
            | _row(one.obligation, one.owed, one.verdict, language)
            for one in found.due
        ]

    def show(page: Page) -> None:
        if rows:
            columns = ("number", "obligation", "title", "occurrence", "verdict_label", "due_at", "role")
            heads = ("number", "obligation", "title", "no.", "verdict", "due", "role")
            page.table(heads, [[one[column] for column in columns] for one in rows])
        else:
            page.line("nothing is due")
        _complain(found.failed)

    missing = any(one.verdict == "missing" for one in found.due)
    return Answer(
        document={"due": rows, "failed": list(map(_failure, found.failed))},
        show=show,
        status=BAD_NEWS if missing or found.failed else DONE,
    )


class Watching(Question):
    """A command that may write notifications where others write their answer."""

    def invoke(self, ctx: click.Context) -> Answer:
        """Refuse to write both to one place."""
        if ctx.params["as_json"] and ctx.params["notify"] == STANDARD_OUTPUT:
            raise click.UsageError("--json answers with one document, --notify stdout with lines: leave one out")
        return super().invoke(ctx)


@click.command("watch", cls=Watching)
@click.option("--once", is_flag=True, help="Make one round, and end.")
@click.option(
    "--every",
    type=click.FloatRange(min=0.1),
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="Between rounds.",
)
@click.option(
    "--notify", metavar="COMMAND", help="Run it for each notification, JSON on its standard input; or write stdout."
)
@in_language
def watch(session: Session, *, once: bool, every: float, notify: str | None, language: str) -> Answer:
    """Raise what falls due, each rung of its ladder once in the log, and tell people, each role at least once.

    Runs until it is interrupted; several may run at once.  An incident that cannot be looked at, or whose plan was not
    given, keeps nobody from the others.  With --once it ends with 1 when there was one, or somebody could not be told.
    """
    with session.engine() as engine, closing(Waiter()) as waiter:
        watching = _Watching(engine.watch(), _publisher(engine, notify, language), waiter)
        with stopped_by_signals(watching.stop):
            watching.run(every=every, once=once)

    return Answer(
        document=watching.document(),
        show=watching.show,
        status=BAD_NEWS if once and (watching.failed or watching.reason) else DONE,
    )


class _Watching:
    """Rounds, one after another, and what they came to."""

    def __init__(self, watch: Watch, publisher: Publisher | None, waiter: Waiter) -> None:
        self._watch = watch
        self._publisher = publisher
        self._waiter = waiter
        self._stopped = False
        self.rounds = self.raised = self.activated = 0
        self.failed: tuple[Failed, ...] = ()
        """By the last round."""
        self.reason: str | None = None
        """Why somebody could not be told, the last time."""

    def stop(self) -> None:
        """End after the round in hand; may be called from a signal handler."""
        self._stopped = True
        if self._publisher is not None:
            self._publisher.stop()
        self._waiter.wake()

    def run(self, *, every: float, once: bool) -> None:
        """Make rounds until stopped; a store that cannot be reached is waited for, unless it is *once*."""
        while True:
            try:
                self._take(self._watch.round())
                if self._publisher is not None and not self._stopped:
                    self._told(self._publisher.run(live=False))
            except StoreUnavailable as error:
                if once:
                    raise
                _say(str(error))
            if once or self._stopped:
                return
            self._waiter.wait(every)

    def document(self) -> Mapping[str, Any]:
        return {
            "rounds": self.rounds,
            "raised": self.raised,
            "activated": self.activated,
            "told": None if self._publisher is None else self._publisher.events,
            "reason": self.reason,
            "failed": list(map(_failure, self.failed)),
        }

    def show(self, page: Page) -> None:
        plans = f", {counted(self.activated, 'plan')} activated" if self.activated else ""
        line = f"{counted(self.raised, 'rung')} raised{plans} in {counted(self.rounds, 'round')}"
        if self._publisher is None:
            page.line(line)
        else:
            print(f"{line}, {counted(self._publisher.events, 'event')} told", file=sys.stderr)

    def _take(self, told: Round) -> None:
        self.rounds += 1
        self.raised += told.raised
        self.activated += told.activated
        known = {(one.incident, str(one.error)) for one in self.failed}
        _complain(one for one in told.failed if (one.incident, str(one.error)) not in known)
        self.failed = told.failed

    def _told(self, step: Step) -> None:
        if step.error is not None and step.error != self.reason:
            _say(step.error)
        self.reason = step.error


def _publisher(engine: Engine, notify: str | None, language: str) -> Publisher | None:
    if notify is None:
        return None
    from respond.integrations.publisher import Publisher  # noqa: PLC0415 - help and wrong usage need no database
    from respond.integrations.reminders import RAISED, NotifierTarget  # noqa: PLC0415

    target = NotifierTarget(engine, notifier_for(notify), language)
    store: Any = engine.store
    return Publisher(store, target, name=NAME, clock=system_clock, types=[RAISED])


def _row(obligation: Obligation | None, owed: Owed, said: Verdict, language: str) -> dict[str, Any]:
    return {
        "title": owed.obligation if obligation is None else obligation.titled(language),
        "role": None if obligation is None else obligation.role,
        "verdict": said,
        "verdict_label": verdict_text(owed, said, language),
        "fact_label": None if owed.fact is None else label("fact", owed.fact, language),
        **attrs.asdict(owed),
    }


def _failure(failed: Failed) -> dict[str, Any]:
    code = failed.error.code if isinstance(failed.error, RespondError) else "defect"
    return {"id": failed.incident, "code": code, "message": str(failed.error)}


def _complain(failed: Any) -> None:
    for one in failed:
        _say(f"incident {one.incident} cannot be looked at: {one.error}")


def _say(text: str) -> None:
    print(f"respond: {escaped(text)}", file=sys.stderr)


COMMANDS = (obligations, due, watch)
