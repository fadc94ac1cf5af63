"""Processes that commit from one pool at once, and the checker that finds what was promised though it is not there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, ClassVar, cast

import attrs

from engines import REPORTED, engine_on
from forks import FORKS
from outline import OUTLINE
from respond.domain.events import Event
from respond.domain.streams import StreamId
from respond.engine.engine import Engine
from respond.errors import CommandRefused
from respond.plan.resources import Resource
from respond.store.protocol import EventStore
from respond.store.records import Appended, Write
from respond.testing.conformance.samples import ManualClock
from respond.testing.conformance.stores import StoreFactory
from respond.testing.conformance.workers import JOIN_SECONDS
from respond.workflow.pool import POOL_CATEGORY
from respond.workflow.pool.events import StockCommitted
from rivals import Careless

PROCESSES = 4
STOCK = 7
STOCKED = attrs.evolve(
    OUTLINE, resources=(Resource(id="pump", title="Pumps", kind="material", quantity=STOCK),), name="stocked"
)
"""The example, with less than the processes want."""
WANTED = (2, 1, 1)
"""What each process asks for, one after the other."""
Racing = Callable[[EventStore], Any]
"""Makes of a store the one on which a process races."""


class Abreast:
    """A store as it is, on which all processes begin at the same moment."""

    start: ClassVar[Any] = None

    @classmethod
    def prepare(cls, start: Any) -> None:
        """Keep *start*, in a process that begins."""
        cls.start = start

    def __init__(self, store: EventStore) -> None:
        self.store = store
        self.waited = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    @contextmanager
    def exclusively(self, streams: Collection[StreamId]) -> Iterator[Any]:
        """Wait for the others once, then lend what the store lends."""
        self.arrive()
        with self.store.exclusively(streams) as store:
            yield store

    def arrive(self) -> None:
        """Wait until all processes are here, the first time."""
        if not self.waited:
            self.waited = True
            Abreast.start.wait(JOIN_SECONDS)


class Together(Abreast):
    """A store on which nobody is kept out, and all decide before the first one writes: a race each time."""

    @contextmanager
    def exclusively(self, streams: Collection[StreamId]) -> Iterator[Together]:
        """Lend this store to all at once."""
        del streams
        yield self

    def append(self, *writes: Write, require: Any = None) -> Appended:
        self.arrive()
        return self.store.append(*writes, require=require)


def reckless(store: EventStore) -> Together:
    """Return the control: a store that forgets, besides, what its writer expected."""
    return Together(cast("EventStore", Careless(store)))


def want(factory: StoreFactory, racing: Racing, number: int, incident: str) -> list[str]:
    """Ask for what is wanted in a process; return what became of each: `got`, or the code of the first refusal."""
    clock, told = ManualClock(), []
    with engine_on(racing(factory(clock=clock)), clock, seed=number, plans=[STOCKED]) as engine:
        for quantity in WANTED:
            try:
                engine.pool("pump").commit(incident, quantity)
                told.append("got")
            except CommandRefused as refused:
                told.append(refused.refusals[0].code)
    return told


def hoard(factory: StoreFactory, racing: Racing) -> tuple[list[str], Sequence[Event], Engine]:
    """Let processes commit at once; return what each was told, the events of the pool, and an engine to ask."""
    clock = ManualClock()
    engine = engine_on(factory(clock=clock), clock, seed=99, plans=[STOCKED])
    incidents = [engine.report(**REPORTED).id for _ in range(PROCESSES)]
    engine.pool("pump").open()
    start = FORKS.Barrier(PROCESSES)
    with ProcessPoolExecutor(PROCESSES, mp_context=FORKS, initializer=Abreast.prepare, initargs=(start,)) as pool:
        asked = [pool.submit(want, factory, racing, number, one) for number, one in enumerate(incidents)]
        told = [answer for future in asked for answer in future.result(JOIN_SECONDS)]
    return told, engine.events(POOL_CATEGORY, "pump"), engine


def overcommitted(history: Sequence[Event]) -> list[str]:
    """Return each moment at which more was committed than there is: none when all was checked."""
    faults, committed = [], Decimal(0)
    for event in history:
        if isinstance(event.data, StockCommitted):
            committed += event.data.quantity
            if committed > STOCK:
                faults.append(f"version {event.version}: {committed} of {STOCK}")
    return faults
