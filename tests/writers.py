"""Processes that append while something goes wrong, and tell what they were told."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

import attrs

from forks import FORKS, ensure_running
from ledger import Ledger, Place
from respond.errors import RespondError
from respond.store.sql import SqlEventStore
from syscalls import PATIENCE
from ticker import Batch


@attrs.frozen
class Process:
    """A process of ours, and a line to it."""

    process: Any
    line: Connection

    @property
    def pid(self) -> int:
        return int(self.process.pid)

    def go(self) -> None:
        """Let it begin."""
        self.line.send("go")

    def hear(self, patience: float = PATIENCE) -> Any:
        """Return the next thing it says; raises `EOFError` when it says nothing more."""
        try:
            if not self.line.poll(patience):
                raise TimeoutError(f"process {self.pid} said nothing for {patience} s")
            return self.line.recv()
        except ConnectionResetError as error:
            raise EOFError from error

    def listen(self, ledger: Ledger) -> None:
        """Write down all that it says, until it ends."""
        try:
            while True:
                note(ledger, self.hear())
        except EOFError:
            return

    def kill(self) -> None:
        """End it now."""
        os.kill(self.pid, signal.SIGKILL)


@contextmanager
def started(work: Callable[..., None], *arguments: Any) -> Iterator[Process]:
    """Start a process that does *work*, given a line and *arguments*; it waits for `go`, and is gone at the end."""
    ensure_running()
    ours, theirs = FORKS.Pipe()
    process = FORKS.Process(target=_begin, args=(theirs, work, arguments), daemon=True)
    process.start()
    theirs.close()
    try:
        assert ours.poll(PATIENCE), "the process did not begin"
        assert ours.recv() == "ready"
        yield Process(process, ours)
    finally:
        if process.is_alive():
            process.kill()
        process.join(PATIENCE)
        process.close()
        ours.close()


def _begin(line: Connection, work: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    line.send("ready")
    line.recv()
    work(line, *arguments)


def note(ledger: Ledger, said: tuple[Any, ...]) -> None:
    """Write into *ledger* what a writer said."""
    match said:
        case ("asks", batch):
            ledger.ask(batch)
        case ("acknowledged", batch, place):
            ledger.acknowledge(batch, place)
        case ("refused", batch, code):
            ledger.refuse(batch, code)
        case ("not opened", _):
            pass
        case other:
            raise AssertionError(f"a writer said {other}")


def append(line: Connection, store: SqlEventStore, batch: Batch) -> bool:
    """Append *batch* and tell what came of it; return whether it is acknowledged."""
    line.send(("asks", batch))
    try:
        place = Place.of(store.append(*batch.writes))
    except RespondError as error:
        line.send(("refused", batch, error.code))
        return False
    line.send(("acknowledged", batch, place))
    return True
