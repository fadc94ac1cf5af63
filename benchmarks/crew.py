"""A crew: processes that write when they are told to, all at the same moment."""

from __future__ import annotations

import multiprocessing
from contextlib import ExitStack
from itertools import chain
from time import monotonic, sleep
from types import TracebackType
from typing import Any, Self

import attrs
from crowds import Shift, Work
from our_writers import Writer
from sides import SIDES

from respond.testing.conformance.tailing import Seen

HEAD_START = 0.05
"""Seconds between the word and the moment, so that all have heard it."""
LONG = 120
"""Seconds after which a member that does not answer is given up."""


class Crew:
    """Processes that live as long as a row of the table is measured."""

    def __init__(self, size: int) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._pipes, self._members = [], []
        for number in range(size):
            pipe, other = spawn.Pipe()
            member = spawn.Process(target=_serve, args=(f"process{number}", other), daemon=True)
            member.start()
            self._pipes.append(pipe)
            self._members.append(member)

    def hire(self, side: str, url: str) -> None:
        """Give each process a writer of *side*, one after the other: the peer cannot be opened by many at once."""
        for pipe in self._pipes:
            pipe.send(("hire", side, url))
            _answer(pipe)

    def work(self, side: str, seconds: float) -> Work:
        """Let the writers of *side* work for *seconds*."""
        start = monotonic() + HEAD_START
        answers = self._all("work", side, start, start + seconds)
        latencies = list(chain.from_iterable(latencies for latencies, _ in answers))
        return Work(len(latencies), max(end for _, end in answers) - start, latencies)

    def told(self, side: str) -> tuple[list[Seen], list[str]]:
        """Return what the writers of *side* were told, and what went wrong with them."""
        answers = self._all("told", side)
        told = [Seen(*one) for one in chain.from_iterable(told for told, _ in answers)]
        return told, list(chain.from_iterable(faults for _, faults in answers))

    def dismiss(self, side: str) -> None:
        """Close what the writers of *side* opened."""
        self._all("dismiss", side)

    def _all(self, *message: object) -> list[Any]:
        for pipe in self._pipes:
            pipe.send(message)
        return [_answer(pipe) for pipe in self._pipes]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for pipe in self._pipes:
            pipe.close()
        for member in self._members:
            member.join(timeout=LONG)


def _answer(pipe: Any) -> Any:
    if not pipe.poll(LONG):
        raise RuntimeError("a process of the crew does not answer")
    answer = pipe.recv()
    if isinstance(answer, str):
        raise RuntimeError(f"a process of the crew fell over: {answer}")  # noqa: TRY004 - it tells by text what happened
    return answer


def _serve(name: str, pipe: Any) -> None:
    """Do what is asked, until nobody asks; the whole of a process."""
    member = Member(name)
    while True:
        try:
            word, *arguments = pipe.recv()
        except EOFError:
            return
        try:
            answer = getattr(member, word)(*arguments)
        except Exception as error:  # noqa: BLE001 - the run shows whatever it was
            answer = f"{type(error).__name__}: {error}"
        pipe.send(answer)


@attrs.define
class Member:
    """One process of a crew: a writer for each side that hired it."""

    name: str
    writers: dict[str, Writer] = attrs.field(factory=dict)
    closing: dict[str, ExitStack] = attrs.field(factory=dict)

    def hire(self, side: str, url: str) -> None:
        self.closing[side] = ExitStack()
        opened = self.closing[side].enter_context(SIDES[side].opens(url))
        self.writers[side] = SIDES[side].writer(opened, self.name)

    def work(self, side: str, start: float, end: float) -> tuple[list[float], float]:
        shift = Shift(self.writers[side])
        sleep(max(0.0, start - monotonic()))
        shift.until(end)
        return shift.latencies, monotonic()

    def told(self, side: str) -> tuple[list[tuple[int, str]], list[str]]:
        writer = self.writers[side]
        return [(one.position, one.id) for one in writer.told], writer.faults

    def dismiss(self, side: str) -> None:
        self.closing.pop(side).close()
        del self.writers[side]
