"""A writer of an SQLite file whose system calls fail, or are its last ones: each call in turn."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from multiprocessing.connection import Connection
from pathlib import Path

import attrs
import pytest

from fault_sizes import extent, size_of
from ledger import Ledger, Place
from respond.errors import RespondError
from respond.store.records import Write
from respond.store.sql import SqlEventStore
from sql_logs import opened
from syscalls import Injection, Trace, mark, traced
from ticker import Batch
from writers import append, note, started

TRIES = 3
"""How often a writer asks for the same append."""
MEMORY = Path("/dev/shm")
AFTER = 5
"""How many steps are taken under a fault: the one that meets it, and those that must go on."""
Append = Callable[[Connection, SqlEventStore, Batch], bool]


@attrs.frozen
class Way:
    """What a call does in place of its work, and what the writer does then."""

    action: str
    lasting: bool = False
    tries: int = TRIES
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


@attrs.frozen(kw_only=True)
class Part:
    """Which part of the script is played under a fault; what comes before goes as always."""

    appends: int
    first: int = 0
    """The step before which the writer waits for the fault."""
    steps: int
    """How many steps it takes from there before it ends."""
    tries: int = TRIES
    one: Append = append


def steps(appends: int) -> list[int | str]:
    """Return the steps of the script: appends by their number; halfway it is closed, which folds a WAL back."""
    half = appends - appends // 2
    return ["open", *range(half), "close", "open", *range(half, appends), "close"]


def script(line: Connection, url: str, journal: str, part: Part) -> None:
    """Play the script up to the end of *part*."""
    store: SqlEventStore | None = None
    for index, step in enumerate(steps(part.appends)[: part.first + part.steps]):
        if index == part.first:
            line.send("waits")
            line.recv()
        mark()
        if step == "open":
            store = _opened(line, url, journal)
        elif store is None:
            break
        elif step == "close":
            store.close()
        else:
            done = any(part.one(line, store, Batch("script", int(step))) for _ in range(part.tries or 1))
            if not part.tries and not done:
                os.kill(os.getpid(), signal.SIGKILL)
    if store is not None:
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

    def each(self, way: Way, appends: int, one: Append = append) -> Iterator[tuple[Part, Injection]]:
        """Yield every call of the script in turn; in the short cut every fourth of the writes, and every other call."""
        whole = Part(appends=appends, steps=len(steps(appends)), tries=way.tries, one=one)
        _, trace = self.played(whole)
        for first, calls in enumerate(trace.calls()):
            part = attrs.evolve(whole, first=first, steps=AFTER)
            for call, count in sorted(calls.items()):
                stride = 4 if extent() == "short" and call == "pwrite64" else 1
                for nth in range(1, count + 1, stride):
                    yield part, Injection(call, nth, way.action, way.lasting)

    def played(self, part: Part, *injections: Injection) -> tuple[Ledger, Trace]:
        """Let a writer play *part* of the script; return what it was told, and what it called."""
        for path in self.folder.glob("log.db*"):
            path.unlink()
        shutil.copyfile(self.folder / "empty.db", self.folder / "log.db")
        ledger = Ledger()
        with opened(self.url) if part.tries == 0 else nullcontext() as reader:
            if reader is not None:
                reader.head()
            with started(script, self.url, self.journal, part) as writer:
                writer.go()
                while (said := writer.hear()) != "waits":
                    note(ledger, said)
                with traced(writer.pid, self.folder / "calls", *injections) as trace:
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
        """Return what is wrong with the log that the writer left, and with it once what was refused is asked again."""
        with opened(f"sqlite:///{self.folder / 'kept.db'}") as store:
            found = ledger.faults(store)
            for batch in list(ledger.refused):
                ledger.acknowledge(batch, Place.of(store.append(*batch.writes)))
            return found or ledger.faults(store)

    def came_back(self, ledger: Ledger) -> int:
        """Return how many appends that were refused are in the log that the writer left."""
        with opened(f"sqlite:///{self.folder / 'kept.db'}") as store:
            return sum(bool(store.known(batch.ids)) for batch in ledger.refused)


@pytest.fixture(params=["wal", "delete"])
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    """Yield a stage for one journal mode, in memory where there is a folder for that: no power is cut here."""
    with tempfile.TemporaryDirectory(prefix="respond-", dir=MEMORY if MEMORY.is_dir() else None) as name:
        opened(f"sqlite:///{name}/empty.db", journal_mode=request.param).close()
        yield Stage(Path(name), request.param)


@pytest.mark.parametrize("name", WAYS)
def test_each_call(stage, name, told):
    """Whatever becomes of a call: what was acknowledged is there, nothing is in half, what was refused is not there."""
    tried, seen, found = 0, Counter(), []
    for part, injection in stage.each(WAYS[name], size_of("system-calls")):
        ledger, trace = stage.played(part, injection)
        assert trace.struck(), (part, injection)
        seen += Counter(acknowledged=len(ledger.acknowledged), refused=len(ledger.refused))
        seen["came_back"] += stage.came_back(ledger)
        found += [f"step {part.first}, {injection}: {fault}" for fault in stage.faults(ledger)]
        tried += 1
    told("system-calls", case=f"{stage.journal}, {name}", rounds=tried, **seen)
    assert not found, f"{len(found)} faults in {tried} tries, the first of them: {'; '.join(found[:5])}"
    assert seen["came_back"] or name != "EIO-then-killed", "no commit that failed came back: the table tries too little"


@pytest.mark.parametrize(("one", "expected"), [(acknowledged_early, "lost"), (event_by_event, "torn")])
def test_control(stage, one, expected):
    """A writer that acknowledges too early, or appends event by event, is caught."""
    for part, injection in stage.each(WAYS["killed"], 2, one):
        ledger, _ = stage.played(part, injection)
        if found := stage.faults(ledger):
            break
    assert {fault.partition(":")[0] for fault in found} == {expected}
