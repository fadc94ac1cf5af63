"""Read models in tables: run, rebuilt, and put right."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import attrs
import click

from respond.cli.answer import Answer
from respond.cli.options import Names, Question
from respond.cli.page import Page, counted
from respond.cli.progress import Advance, progress_bar
from respond.cli.session import Session
from respond.cli.statuses import BAD_NEWS, DONE
from respond.cli.stopping import stopped_by_signals
from respond.domain.moments import from_microseconds

if TYPE_CHECKING:
    from respond.engine.projecting import Projecting
    from respond.projections.sql.control import Kept
    from respond.projections.sql.rebuild import Progress
    from respond.store.checkpoint import DeadLetter, Patience

_SKIP = click.option("--skip", is_flag=True, help="Keep an event that fails as a dead letter, and go on.")


class Kind(Question):
    """A command for the projections that ship, and those of the user."""

    def shared_options(self) -> list[click.Parameter]:
        """Return the options of a question, and which projections there are."""
        mine = click.Option(
            ["--projection", "projection_names"],
            multiple=True,
            type=Names(),
            envvar="RESPOND_PROJECTIONS",
            show_envvar=True,
            metavar="MODULE_OR_PATH:NAME",
            help="A projection of your own.",
        )
        return [*super().shared_options(), mine]


@click.group("projection")
def projection() -> None:
    """Run read models in tables, rebuild them, and put them right."""


@projection.command("list", cls=Kind)
def list_(session: Session) -> Answer:
    """List every build of every projection: where it stands, how far behind it is, and what it gave up on."""
    from respond.projections.sql import Build  # noqa: PLC0415 - help and wrong usage need no database

    with session.engine() as engine:
        kept, letters = engine.projections.listed(), engine.projections.dead_letters()

    def show(page: Page) -> None:
        _show(page, kept)
        if letters:
            page.heading("events that were given up on")
            rows = ((one, str(Build.of(one.version))) for one in letters)
            page.table(
                ("projection", "build", "position", "type", "id", "attempts", "error"),
                [
                    (one.name, build, f"#{one.position}", one.type, one.id, one.attempts, one.error)
                    for one, build in rows
                ],
            )
            names = " ".join(dict.fromkeys(one.name for one in letters))
            page.line(f"mend the cause; `respond projection rebuild {names}` takes them on, each in its place")

    return Answer(
        document={"projections": [_document(one) for one in kept], "dead_letters": [_letter(one) for one in letters]},
        show=show,
    )


@projection.command("run", cls=Kind)
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--follow", is_flag=True, help="Go on as the log grows, until it is interrupted.")
@_SKIP
def run(session: Session, names: tuple[str, ...], *, follow: bool, skip: bool) -> Answer:
    """Bring projections up to date with the log, all of them when no NAME is given; what has no tables yet is built.

    Of several programs that run the same one, one is at work; the others take over when it ends.  Ends with 1 when one
    could not be brought to the end of the log.
    """
    with session.engine() as engine, progress_bar("catching up") as advance:
        projections, chosen = engine.projections, names or None
        projections.build_missing(chosen, progress=_shown(advance))
        head = engine.store.head().position
        follower = projections.follower(
            chosen, patience=_patience(skip=skip), progress=lambda position: advance(position, head)
        )
        with follower, stopped_by_signals(follower.stop):
            if follow:
                follower.follow()
                reached = True
            else:
                reached = all(step == "idle" for step in follower.catch_up().values())
        return _standing(projections, names, status=DONE if reached else BAD_NEWS)


@projection.command("rebuild", cls=Kind)
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@click.option("--no-compare", is_flag=True, help="Do not compare the new tables with a fold of the log.")
@click.option("--afresh", is_flag=True, help="Give up what a rebuild that was broken off has filled, and begin anew.")
@click.option("--older", is_flag=True, help="Let this program replace what a newer one has built.")
@_SKIP
def rebuild(
    session: Session, names: tuple[str, ...], *, no_compare: bool, afresh: bool, older: bool, skip: bool
) -> Answer:
    """Build the tables of projections anew, beside those that answer, which the new ones then replace.

    One that was broken off goes on.  Others may write meanwhile.  Ends with 1 when an event cannot be taken on, and
    when the tables do not hold what a fold of the log says: then the old ones go on answering.
    """
    with session.engine() as engine, progress_bar("rebuilding") as advance:
        projections = engine.projections
        rebuilt = []
        for name in names:
            if afresh:
                projections.abandon(name)
            rebuilt.append(
                projections.rebuild(
                    name,
                    compare=not no_compare,
                    older=older,
                    patience=_patience(skip=skip),
                    progress=_shown(advance),
                )
            )

    def show(page: Page) -> None:
        for one in rebuilt:
            compared = ", and holds what a fold of the log says" if one.compared else ""
            page.line(f"{one.name} {one.build} answers, filled up to position {one.position}{compared}")

    return Answer(
        document={"rebuilt": [{**attrs.asdict(one, recurse=False), "build": str(one.build)} for one in rebuilt]},
        show=show,
    )


@projection.command("pause", cls=Kind)
@click.argument("name")
def pause(session: Session, name: str) -> Answer:
    """Stop projection NAME where it stands: it answers no more, and nobody moves it on."""
    with session.engine() as engine:
        engine.projections.pause(name)
        return _standing(engine.projections, (name,))


@projection.command("resume", cls=Kind)
@click.argument("name")
def resume(session: Session, name: str) -> Answer:
    """Let projection NAME go on, and try the event again that it was paused at."""
    with session.engine() as engine:
        engine.projections.resume(name)
        return _standing(engine.projections, (name,))


@projection.command("skip", cls=Kind)
@click.argument("name")
def skip(session: Session, name: str) -> Answer:
    """Let projection NAME go on behind the event that it was paused at, which stays a dead letter.

    Its tables take events on in order, so only a rebuild can make up for it.
    """
    with session.engine() as engine:
        letter = engine.projections.skip(name)
    return Answer(
        document=_letter(letter),
        show=lambda page: page.line(f"{name} goes on behind position {letter.position}: {letter.error}"),
    )


@projection.command("prune", cls=Kind)
def prune(session: Session) -> Answer:
    """Drop the tables that rebuilds have replaced."""
    with session.engine() as engine:
        pruned = {name: [str(build) for build in builds] for name, builds in engine.projections.prune().items()}
    count = sum(map(len, pruned.values()))
    return Answer(document={"pruned": pruned}, show=lambda page: page.line(f"{counted(count, 'build')} dropped"))


def _shown(advance: Advance) -> Any:
    def show(progress: Progress) -> None:
        advance(progress.position, progress.head)

    return show


def _patience(*, skip: bool) -> Patience:
    from respond.store.checkpoint import Patience  # noqa: PLC0415 - help and wrong usage need no database

    return Patience(then="skip" if skip else "pause")


def _standing(projections: Projecting, names: Iterable[str], *, status: int = DONE) -> Answer:
    """Return how the projections called *names* stand, all when there are none, as an answer."""
    chosen = set(names)
    kept = [one for one in projections.listed() if not chosen or one.name in chosen]
    return Answer(
        document={"projections": [_document(one) for one in kept]},
        show=lambda page: _show(page, kept),
        status=status,
    )


def _show(page: Page, kept: Iterable[Kept]) -> None:
    page.table(
        ("projection", "build", "status", "position", "behind", "given up", "next event"),
        [(one.name, one.build, one.status, one.position, one.lag, one.dead_letters, one.error) for one in kept],
    )


def _document(kept: Kept) -> dict[str, Any]:
    fields = attrs.asdict(kept)
    return {**fields, "updated_at": from_microseconds(fields.pop("updated_us"))}


def _letter(letter: DeadLetter) -> dict[str, Any]:
    from respond.projections.sql import Build  # noqa: PLC0415 - help and wrong usage need no database

    return {
        "name": letter.name,
        "build": str(Build.of(letter.version)),
        "position": letter.position,
        "id": letter.id,
        "type": letter.type,
        "error": letter.error,
        "attempts": letter.attempts,
        "failed_at": from_microseconds(letter.failed_at),
    }


COMMANDS = (projection,)
