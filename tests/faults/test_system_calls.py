"""A writer of an SQLite file whose system calls fail, or are its last ones: each call in turn."""

from __future__ import annotations

import os
import shutil
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from multiprocessing.connection import Connection
from pathlib import Path

import attrs
import pytest

from fault_sizes import FAULTS, extent, size_of
from ledger import Ledger, Place
from respond.errors import RespondError
from respond.store.records import Write
from respond.store.sql import SqlEventStore
from sql_logs import opened
from syscalls import Injection, Trace, traced
from ticker import Batch
from writers import append, started

Append = Callable[[Connection, SqlEventStore, Batch], bool]


@attrs.frozen
class Way:
    """What a call does in place of its work, and what the writer does then."""

    action: str
    lasting: bool = False
    tries: int = 3
    """How often the writer asks for an append; 0 for one that is killed by its first error, and a reader with it."""


WAYS = {
    "killed": Way("signal=KILL"),
    "EIO": Way("error=EIO"),
    "EIO-then-killed": Way("error=EIO", tries=0),
    "ENOSPC": Way("error=ENOSPC"),
    "ENOSPC-for-good": Way("error=ENOSPC", lasting=True),
}


def acknowledged_early(line: Connection, store: SqlEventStore, batch: Batch) -> bool:
    """Append wrongly: tell that it is done before it is."""
    line.send(("asks", batch))
    head = store.head().position
    line.send(("acknowledged", batch, Place(head + 1, head + len(batch.ids))))
    store.append(*batch.writes)
    return True


def event_by_event(line: Connection, store: SqlEventStore, batch: Batch) -> bool:
    """Append wrongly: each event for itself."""
    line.send(("asks", batch))
    for write in batch.writes:
        for event in write.events:
            store.append(Write(write.stream, [event]))
    return True


def script(line: Connection, url: str, journal: str, appends: int, tries: int, one: Append) -> None:
    """Append one batch after the other; halfway all connections are closed, which folds a WAL back."""
    half = appends - appends // 2
    for numbers in (range(half), range(half, appends)):
        store = _opened(line, url, journal)
        if store is None:
            break
        for number in numbers:
            done = any(one(line, store, Batch("script", number)) for _ in range(tries or 1))
            if not tries and not done:
                os.kill(os.getpid(), signal.SIGKILL)
        store.close()
    os._exit(0)


def _opened(line: Connection, url: str, journal: str) -> SqlEventStore | None:
    """Return the log, opened at the second try when the first one fails; None when both do."""
    for _ in range(2):
        try:
            return opened(url, journal_mode=journal)
        except RespondError as error:
            line.send(("not opened", error.code))
    return None


@attrs.frozen
class Stage:
    """Where writers play the script, each on a copy of one empty log."""

    folder: Path
    journal: str

    @property
    def url(self) -> str:
        return f"sqlite:///{self.folder / 'log.db'}"

    def calls(self, tries: int, one: Append = append) -> Counter[str]:
        """Return how often a writer that nobody disturbs makes each call."""
        ledger, trace = self.played(tries=tries, one=one)
        assert len(ledger.acknowledged) == size_of("system-calls") or one is event_by_event
        return trace.calls()

    def played(self, *injections: Injection, tries: int, one: Append = append) -> tuple[Ledger, Trace]:
        """Let a writer play the script; return what it was told, and what it called."""
        for path in self.folder.glob("log.db*"):
            path.unlink()
        shutil.copyfile(self.folder / "empty.db", self.folder / "log.db")
        ledger = Ledger()
        with opened(self.url) if tries == 0 else nullcontext() as reader:
            if reader is not None:
                reader.head()
            with (
                started(script, self.url, self.journal, size_of("system-calls"), tries, one) as writer,
                traced(writer.pid, self.folder / "calls", *injections) as trace,
            ):
                writer.go()
                writer.listen(ledger)
            self._keep()
        return ledger, trace

    def _keep(self) -> None:
        """Keep the files as they are when every process that has them open is killed."""
        for path in self.folder.glob("kept.db*"):
            path.unlink()
        for end in ("", "-wal", "-journal"):
            if (file := Path(f"{self.folder}/log.db{end}")).exists():
                shutil.copyfile(file, f"{self.folder}/kept.db{end}")

    def faults(self, ledger: Ledger) -> list[str]:
        """Return what is wrong with the log that the writer left."""
        with opened(f"sqlite:///{self.folder / 'kept.db'}") as store:
            return ledger.faults(store)


@pytest.fixture(params=["wal", "delete"])
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Stage:
    """Return a stage for one journal mode."""
    opened(f"sqlite:///{tmp_path / 'empty.db'}", journal_mode=request.param).close()
    return Stage(tmp_path, request.param)


def each(calls: Counter[str], way: Way) -> Iterator[Injection]:
    """Yield every call in turn; in the short cut every fourth of the writes, and every sync."""
    for call, count in sorted(calls.items()):
        step = 4 if extent() == "short" and call == "pwrite64" else 1
        for nth in range(1, count + 1, step):
            yield Injection(call, nth, way.action, way.lasting)


NOT_YET = pytest.mark.xfail(
    raises=AssertionError,
    reason="a commit that ends with an I/O error is told as store-unavailable, though its events may come back",
)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=NOT_YET if name == "EIO-then-killed" else ()) for name in WAYS]
)
def test_each_call(stage, name, told):
    """Whatever becomes of a call: what was acknowledged is there, nothing is in half, what was refused is not there."""
    way = WAYS[name]
    tried, seen, found = 0, Counter(), []
    for injection in each(stage.calls(way.tries), way):
        ledger, trace = stage.played(injection, tries=way.tries)
        assert trace.injected() or name == "killed", injection
        found += [f"{injection}: {fault}" for fault in stage.faults(ledger)]
        tried += 1
        seen += Counter(acknowledged=len(ledger.acknowledged), refused=len(ledger.refused))
    assert not found, f"{len(found)} faults in {tried} tries, the first of them: {'; '.join(found[:5])}"
    told("system-calls", case=f"{stage.journal}, {name}", rounds=tried, **seen)


@pytest.mark.parametrize(("one", "expected"), [(acknowledged_early, "lost"), (event_by_event, "torn")])
def test_control(stage, one, expected, monkeypatch):
    """A writer that acknowledges too early, or appends event by event, is caught."""
    monkeypatch.setitem(FAULTS, "system-calls", attrs.evolve(FAULTS["system-calls"], sizes=(2, 2, 2)))
    for injection in each(stage.calls(1, one), WAYS["killed"]):
        ledger, _ = stage.played(injection, tries=1, one=one)
        if found := stage.faults(ledger):
            break
    assert {fault.partition(":")[0] for fault in found} == {expected}
