"""A reader that follows the logs of a run from a process of its own, as projections and publishers do."""

from __future__ import annotations

import multiprocessing
from collections.abc import Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

from checking import seen_at_peer
from sides import opened_peer, opened_store

from respond.testing.conformance.tailing import Seen, Tail

POLL_SECONDS = 0.02
PAGE = 1000
LONG = 60
"""Seconds after which a follower that does not answer is given up."""


class Follower:
    """Follows the logs that a round names until the round ends."""

    def __init__(self) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._pipe, other = spawn.Pipe()
        self._process = spawn.Process(target=_follow, args=(other,), daemon=True)
        self._process.start()

    def begin(self, logs: Mapping[str, tuple[str, bool]]) -> None:
        """Follow *logs*: by the name of a side the URL, and whether it is ours."""
        self._ask(dict(logs))

    def end(self) -> dict[str, list[Seen]]:
        """Return what was seen of each, to the end of the log."""
        return {name: [Seen(*one) for one in seen] for name, seen in self._ask(None).items()}

    def _ask(self, message: object) -> Any:
        self._pipe.send(message)
        if not self._pipe.poll(LONG):
            raise RuntimeError("the follower does not answer")
        answer = self._pipe.recv()
        if isinstance(answer, str):
            raise RuntimeError(f"the follower fell over: {answer}")  # noqa: TRY004 - it tells what happened as text
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pipe.close()
        self._process.join(timeout=LONG)


def _follow(pipe: Any) -> None:
    """Serve one round after another; the whole of the process."""
    while True:
        try:
            logs = pipe.recv()
        except EOFError:
            return
        try:
            with ExitStack() as opened:
                tails = {name: _tail(opened, url, ours=ours) for name, (url, ours) in logs.items()}
                pipe.send({})
                while not pipe.poll(POLL_SECONDS):
                    for tail in tails.values():
                        tail.catch_up()
                pipe.recv()
                for tail in tails.values():
                    tail.catch_up()
            pipe.send({name: [(one.position, one.id) for one in tail.seen] for name, tail in tails.items()})
        except Exception as error:  # noqa: BLE001 - the run shows whatever it was
            pipe.send(f"{type(error).__name__}: {error}")


def _tail(opened: ExitStack, url: str, *, ours: bool) -> Tail:
    if ours:
        store = opened.enter_context(opened_store(url, create=False))
        return Tail(lambda after, limit: store.read_all(after=after, limit=limit), limit=PAGE)
    recorder = opened.enter_context(opened_peer(url, capped=True)).recorder

    def read(after: int, limit: int) -> list[Seen]:
        return [seen_at_peer(one) for one in recorder.select_notifications(start=after + 1, limit=limit)]

    return Tail(read, limit=PAGE)
