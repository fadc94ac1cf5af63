"""Events told to the world outside."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import click

from respond.cli.answer import Answer
from respond.cli.options import Question
from respond.cli.page import Page, counted
from respond.cli.session import Session
from respond.cli.statuses import BAD_NEWS, DONE
from respond.cli.stopping import stopped_by_signals
from respond.domain.escaping import escaped
from respond.engine.clock import system_clock
from respond.errors import InvalidInput

if TYPE_CHECKING:
    from respond.integrations.cloudevents import CloudEvent
    from respond.integrations.publisher import Publisher, Step

STANDARD_OUTPUT = "-"
_SCHEMES = ("nats://", "tls://", "ws://", "wss://")
_SAID = {
    "published": "stopped before the rest",
    "idle": "nothing is left",
    "waiting": "the rest waits for another try",
    "elsewhere": "another publisher of this name is at work",
    "paused": "paused; --resume goes on",
}


class Publishing(Question):
    """A command that may write events where others write their answer."""

    def invoke(self, ctx: click.Context) -> Answer:
        """Refuse to write both to one place."""
        if ctx.params["as_json"] and ctx.params["place"] == STANDARD_OUTPUT:
            raise click.UsageError("--json answers with one document, --to - with one event a line: leave one out")
        return super().invoke(ctx)


@click.command("publish", cls=Publishing)
@click.option("--to", "place", required=True, metavar="URL", help="nats://host:4222, or - for standard output.")
@click.option("--name", required=True, help="Whose checkpoint it is: the same name goes on where it ended.")
@click.option("--once", is_flag=True, help="End when nothing more is there, or something stands in the way.")
@click.option("--after", type=click.IntRange(min=0), default=0, help="Where a new name begins.  [default: 0]")
@click.option("--category", "categories", multiple=True, help="Only events of such streams.")
@click.option("--type", "types", multiple=True, help="Only events of this type.")
@click.option("--prefix", default="respond", show_default=True, help="How subjects begin.")
@click.option("--binary", is_flag=True, help="Attributes as headers, and the data alone as the message.")
@click.option("--credentials", type=click.Path(), metavar="FILE", help="The file that NATS knows you by.")
@click.option("--skip", is_flag=True, help="Keep what is refused as a dead letter, and go on.  [default: pause]")
@click.option("--resume", is_flag=True, help="Go on at once when the name is paused, or waits.")
@click.option("--retry", is_flag=True, help="First tell once more what was skipped, out of its order.")
def publish(
    session: Session,
    place: str,
    name: str,
    *,
    once: bool,
    after: int,
    categories: Sequence[str],
    types: Sequence[str],
    prefix: str,
    binary: bool,
    credentials: str | None,
    skip: bool,
    resume: bool,
    retry: bool,
) -> Answer:
    """Tell the world of real events, as CloudEvents 1.0.2: each at least once, those of a stream in order.

    Runs until it is interrupted.  On standard output it writes one event a line.  With --once it ends with 1 when
    events are left that could not be published.
    """
    from respond.integrations.publisher import Publisher  # noqa: PLC0415 - help and wrong usage need no database
    from respond.store.checkpoint import Patience  # noqa: PLC0415

    lines = Lines() if place == STANDARD_OUTPUT else None
    with ExitStack() as stack:
        target: Any = lines or stack.enter_context(_broker(place, prefix, binary=binary, credentials=credentials))
        publisher = Publisher(
            stack.enter_context(session.store()),
            target,
            name=name,
            clock=system_clock,
            after=after,
            categories=categories or None,
            types=types or None,
            patience=Patience(then="skip" if skip else "pause"),
        )
        if lines is not None:
            lines.when_unread = publisher.stop
        if resume:
            publisher.resume()
        stack.enter_context(stopped_by_signals(publisher.stop))
        if retry:
            publisher.retry()
        step = publisher.run(live=not once)
    return _answer(name, publisher, step, once=once, lines=lines)


class Lines:
    """Writes one event a line; whoever reads has it at once, or went away."""

    def __init__(self) -> None:
        self.unread: BrokenPipeError | None = None
        self.when_unread: Callable[[], None] | None = None

    def __call__(self, event: CloudEvent) -> None:
        """Write one event."""
        from respond.integrations.cloudevents import structured  # noqa: PLC0415 - help needs no database

        try:
            print(structured(event).decode(), flush=True)
        except BrokenPipeError as error:
            self.unread = error
            if self.when_unread is not None:
                self.when_unread()
            raise


@contextmanager
def _broker(place: str, prefix: str, *, binary: bool, credentials: str | None) -> Iterator[Any]:
    """Lend the broker at *place* as a target; raises `InvalidInput`."""
    if not place.startswith(_SCHEMES):
        raise InvalidInput(
            f"{place!r} is no place to publish to; write nats://host:4222, or -", place="--to", value=place
        )
    try:
        from respond.integrations.nats import NatsTarget  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise InvalidInput(
            f"{error.name} is not installed; run pip install 'respond-engine[nats]'", place="--to"
        ) from error
    options: dict[str, Any] = {} if credentials is None else {"user_credentials": credentials}
    with NatsTarget(place, prefix=prefix, mode="binary" if binary else "structured", **options) as target:
        yield target


def _answer(name: str, publisher: Publisher, step: Step, *, once: bool, lines: Lines | None) -> Answer:
    """Return what was published, and what stands in the way of the rest."""
    in_the_way = step.state not in {"published", "idle"}

    def show(page: Page) -> None:
        line = (
            f"{counted(publisher.events, 'event')} published up to position {publisher.position}: {_SAID[step.state]}"
        )
        if lines is None:
            page.line(line)
        elif lines.unread is not None:
            raise lines.unread
        else:
            print(line, file=sys.stderr)
        if step.error is not None:
            print(f"respond: {escaped(step.error)}", file=sys.stderr)

    return Answer(
        document={
            "name": name,
            "state": step.state,
            "position": publisher.position,
            "events": publisher.events,
            "reason": step.error,
        },
        show=show,
        status=BAD_NEWS if once and in_the_way else DONE,
    )


COMMANDS = (publish,)
