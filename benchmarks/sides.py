"""The sides that meet in the benchmarks of the store: what each opens, who writes to it, how its log is judged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import attrs
from checking import Verdict, judge_peer, judge_store
from our_writers import BulkWriter, EngineWriter, RivalWriter, StoreWriter, Writer
from peer import Peer, on_postgresql, on_sqlite
from peer_writers import BulkRecorderWriter, BulkSaveWriter, RecorderWriter, SaveWriter
from sqlalchemy.engine import make_url

from respond import Engine
from respond.engine.clock import system_clock
from respond.store.sql import SqlEventStore
from respond.testing.conformance.tailing import Seen

Opened = Any
"""Our store or engine, or the peer's application."""


def opened_store(url: str, **options: Any) -> SqlEventStore:
    """Return our store on the database at *url*."""
    return SqlEventStore.open(url, clock=system_clock, **options)


def opened_peer(url: str, *, capped: bool = False) -> Peer:
    """Return the peer on the database at *url*; *capped* where many processes share a server's connections."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return on_sqlite(str(parsed.database))
    return on_postgresql(url, **({"POSTGRES_POOL_SIZE": "1", "POSTGRES_MAX_OVERFLOW": "1"} if capped else {}))


@attrs.frozen(kw_only=True)
class Side:
    """One way to write to a log."""

    name: str
    opens: Callable[[str], AbstractContextManager[Opened]]
    writer: Callable[[Opened, str], Writer]
    ours: bool = True

    def judge(self, opened: Opened, told: Sequence[Seen], seen: Sequence[Seen] | None, said: Iterable[str]) -> Verdict:
        """Return the verdict on the log that is *opened*."""
        if not self.ours:
            return judge_peer(opened.recorder, told, seen, said=said)
        return judge_store(opened.store if isinstance(opened, Engine) else opened, told, seen, said=said)


STORE = Side(name="store", opens=opened_store, writer=lambda store, name: StoreWriter(store=store, name=name))
UNGROUPED = attrs.evolve(STORE, name="ungrouped store", opens=lambda url: opened_store(url, group=False))
RIVALS = Side(name="rivals", opens=opened_store, writer=lambda store, name: RivalWriter(store=store, name=name))
BULK = Side(name="bulk", opens=opened_store, writer=lambda store, name: BulkWriter(store=store, name=name))
ENGINE = Side(name="engine", opens=Engine.open, writer=lambda engine, name: EngineWriter(engine=engine, name=name))
SAVE = Side(
    name="save",
    opens=opened_peer,
    writer=lambda application, name: SaveWriter(application=application, name=name),
    ours=False,
)
CAPPED_SAVE = attrs.evolve(SAVE, name="capped save", opens=lambda url: opened_peer(url, capped=True))
RECORDER = Side(
    name="recorder",
    opens=opened_peer,
    writer=lambda application, name: RecorderWriter(application=application, name=name),
    ours=False,
)
BULK_RECORDER = Side(
    name="bulk recorder",
    opens=opened_peer,
    writer=lambda application, name: BulkRecorderWriter(application=application, name=name),
    ours=False,
)
BULK_SAVE = Side(
    name="app.save of as many",
    opens=opened_peer,
    writer=lambda application, name: BulkSaveWriter(application=application, name=name),
    ours=False,
)
SIDES = {side.name: side for side in (STORE, ENGINE, CAPPED_SAVE)}
"""Those that processes work for, by the name that tells them."""
