"""Load: threads that append without a pause, and ask again for what they could not append."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Condition, Event, Thread

import attrs

from ledger import Ledger, Place
from respond.errors import StoreUnavailable
from respond.store.sql import SqlEventStore
from ticker import Batch

NOT_YET = "ignore:Can't invalidate an already-closed connection"
"""What a store warns of whose connection is lost while another thread of it renews them all; for a mark of pytest."""
PATIENCE = 60
"""Seconds after which a writer that says nothing counts as hung."""


@attrs.define
class Load:
    """What the writers do, and what they were told."""

    ledger: Ledger = attrs.field(factory=Ledger)
    outages: int = 0
    """How often a writer was told that its append could not be carried out, or perhaps was."""
    broken: list[BaseException] = attrs.field(factory=list)
    up: Event = attrs.field(factory=Event)
    """Set while the server runs: a writer that met an outage waits for it."""
    _stopped: bool = False
    _news: Condition = attrs.field(factory=Condition)

    def wait_for(self, appends: int) -> None:
        """Return when so many more appends are acknowledged."""
        with self._news:
            goal = len(self.ledger.acknowledged) + appends
            reached = self._news.wait_for(lambda: self.broken or len(self.ledger.acknowledged) >= goal, PATIENCE)
        assert reached, f"no append was acknowledged for {PATIENCE} s"
        assert not self.broken, self.broken

    def stop(self) -> None:
        """Let the writers end after their next answer."""
        self._stopped = True
        self.up.set()

    def write(self, name: str, store: SqlEventStore) -> None:
        """Append until it is stopped: the whole of a writer."""
        number = 0
        try:
            while not self._stopped:
                number += self._append(store, Batch(name, number))
        except BaseException as error:  # noqa: BLE001 - the test shows whatever it was
            with self._news:
                self.broken.append(error)
                self._news.notify_all()

    def _append(self, store: SqlEventStore, batch: Batch) -> bool:
        with self._news:
            self.ledger.ask(batch)
        try:
            place = Place.of(store.append(*batch.writes))
        except StoreUnavailable as error:
            with self._news:
                self.outages += 1
                self.ledger.refuse(batch, error.code)
            assert self.up.wait(PATIENCE), "the server was not started again"
            return False
        with self._news:
            self.ledger.acknowledge(batch, place)
            self._news.notify_all()
        return True


@contextmanager
def under_load(stores: Sequence[SqlEventStore]) -> Iterator[Load]:
    """Let a writer append to each of *stores*, which may stand there twice, until the end."""
    load = Load()
    load.up.set()
    writers = [
        Thread(target=load.write, args=(f"writer{number}", store), daemon=True) for number, store in enumerate(stores)
    ]
    for writer in writers:
        writer.start()
    try:
        yield load
    finally:
        load.stop()
        for writer in writers:
            writer.join(PATIENCE)
    assert not any(writer.is_alive() for writer in writers), "a writer hangs"
    assert not load.broken, load.broken
