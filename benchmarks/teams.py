"""Teams: one side at work on one log, by threads of this process or by processes of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import chain
from typing import Protocol

import attrs
from checking import Verdict
from crew import Crew
from crowds import Work, alone, together
from our_writers import Writer
from sides import Opened, Side

from respond.testing.conformance.tailing import Seen


class Team(Protocol):
    """Works piece by piece, and is judged at the end."""

    side: Side
    url: str

    def work(self, seconds: float) -> Work:
        """Work for *seconds*."""
        ...

    def verdict(self, seen: Sequence[Seen] | None) -> Verdict:
        """Return the verdict on all that was written; *seen* is what a follower saw."""
        ...


@attrs.frozen(kw_only=True)
class Threads:
    """Writers of this process that share one store, or one application of the peer."""

    side: Side
    url: str
    opened: Opened
    writers: Sequence[Writer]

    def work(self, seconds: float) -> Work:
        if len(self.writers) == 1:
            return alone(self.writers[0], seconds)
        return together(self.writers, seconds)

    def verdict(self, seen: Sequence[Seen] | None) -> Verdict:
        told = list(chain.from_iterable(writer.told for writer in self.writers))
        said = chain.from_iterable(writer.faults for writer in self.writers)
        return self.side.judge(self.opened, told, seen, said)


@contextmanager
def threads(side: Side, url: str, count: int) -> Iterator[Threads]:
    """Yield *count* writers of *side* on the database at *url*."""
    with side.opens(url) as opened:
        writers = [side.writer(opened, f"writer{number}") for number in range(count)]
        yield Threads(side=side, url=url, opened=opened, writers=writers)


@attrs.frozen(kw_only=True)
class Processes:
    """Writers in the processes of a crew, each with a store or an application of its own."""

    side: Side
    url: str
    crew: Crew

    def work(self, seconds: float) -> Work:
        return self.crew.work(self.side.name, seconds)

    def verdict(self, seen: Sequence[Seen] | None) -> Verdict:
        told, said = self.crew.told(self.side.name)
        with self.side.opens(self.url) as opened:
            return self.side.judge(opened, told, seen, said)


@contextmanager
def processes(side: Side, url: str, crew: Crew) -> Iterator[Processes]:
    """Yield a writer of *side* in each process of *crew*."""
    with ExitStack() as end:
        with side.opens(url):  # makes the tables, alone
            pass
        end.callback(crew.dismiss, side.name)
        crew.hire(side.name, url)
        yield Processes(side=side, url=url, crew=crew)
