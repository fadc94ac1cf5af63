"""What it costs when many processes want the same stock at once: how fast it is given out, and never twice."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from functools import partial
from statistics import median, quantiles
from time import perf_counter
from typing import Any

import attrs
from grounds import Grounds
from harness import ROUNDS, Figure, spread

from respond import CommandRefused, Engine, Plan
from respond.engine.clock import system_clock
from respond.errors import VersionConflict
from respond.plan.resources import Resource
from respond.store.sql import SqlEventStore

PROCESSES = 16
WANTED = 20
"""How many each process asks for, one by one."""
STOCK = PROCESSES * WANTED * 3 // 4
"""Less than all of them want: the last ones are refused."""
MILLISECONDS = 1e3
WRONG = "the pool, the incidents and the processes do not tell the same, or more or less was given out than there was"
PLAN = attrs.evolve(
    Plan.example(),
    name="stocked",
    resources=(Resource(id="pump", title="Pumps", kind="material", quantity=STOCK, inspected_on=date(2026, 11, 1)),),
)
REPORT = {"category": "facility_failure", "title": "Water in the basement", "actor": "wang.li"}


class Counting:
    """A store that counts how often an append is tried; where *alone* is false, nobody waits for anybody."""

    def __init__(self, store: Any, counts: list[int], *, alone: bool) -> None:
        self.store, self.counts, self.alone = store, counts, alone

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    def append(self, *writes: Any, require: Any = None) -> Any:
        self.counts[-1] += 1
        return self.store.append(*writes, require=require)

    @contextmanager
    def exclusively(self, streams: Any) -> Iterator[Counting]:
        if not self.alone:
            yield self
            return
        with self.store.exclusively(streams) as view:
            yield Counting(view, self.counts, alone=True)


@attrs.frozen
class Want:
    """What one process reached."""

    got: int
    gave_up: int
    """How often the conflict was raised, after eight attempts."""
    ended: float
    milliseconds: list[float]
    tries: list[int]


@attrs.define
class Taken:
    """What all rounds of one way reached."""

    rates: list[float] = attrs.field(factory=list)
    p99: list[float] = attrs.field(factory=list)
    tries: list[float] = attrs.field(factory=list)
    most_tries: list[int] = attrs.field(factory=list)
    correct: bool = True


def figures_of_commitments(grounds: Grounds) -> Iterator[Figure]:
    """Yield the rate, the slowest and the tries of commitments under a stream's lock, beside optimism alone."""
    locked, hopeful = Taken(), Taken()
    spawn = multiprocessing.get_context("spawn")
    with spawn.Manager() as manager, spawn.Pool(PROCESSES) as workers:
        barrier = manager.Barrier(PROCESSES)
        for number in range(ROUNDS):
            for taken, alone in ((locked, True), (hopeful, False))[:: 1 if number % 2 else -1]:
                with grounds.empty("postgresql") as url:
                    _round(url, taken, partial(_want, url, barrier, alone=alone), workers)
    right = locked.correct
    name = f"{PROCESSES} processes commit from one pool, PostgreSQL"
    yield Figure(
        name=f"{name}: rate",
        value=median(locked.rates),
        unit="commitments/s",
        bar=200,
        peer=f"without a lock {median(hopeful.rates):,.0f}/s; {STOCK} of {PROCESSES * WANTED} were there",
        spread=spread(locked.rates),
        correct=right,
        why=WRONG,
    )
    yield Figure(
        name=f"{name}: p99",
        value=median(locked.p99),
        unit="ms",
        bar=500,
        least=False,
        peer=f"without a lock {median(hopeful.p99):,.0f} ms",
        spread=spread(locked.p99),
        correct=right,
        why=WRONG,
    )
    yield Figure(
        name=f"{name}: most tries",
        value=max(locked.most_tries),
        unit="tries",
        bar=2,
        least=False,
        peer=f"{median(locked.tries):.2f} on average; without a lock {median(hopeful.tries):.2f}, at most "
        f"{max(hopeful.most_tries)}",
        spread=spread(locked.tries),
        correct=right,
        why=WRONG,
    )


def _round(url: str, taken: Taken, want: Callable[[str], Want], workers: Any) -> None:
    with Engine.open(url, plans=[PLAN]) as engine:
        engine.pool("pump").open()
        incidents = [engine.report(**REPORT).id for _ in range(PROCESSES)]
        wants = workers.map(want, incidents, chunksize=1)
        pool = engine.pool("pump").state()
        got = sum(want.got for want in wants)
        held = sum(engine.incident(one).resources()["pump"].held for one in incidents)
    began = min(want.ended - sum(want.milliseconds) / MILLISECONDS for want in wants)
    milliseconds = [one for want in wants for one in want.milliseconds]
    tries = [one for want in wants for one in want.tries]
    taken.rates.append(got / (max(want.ended for want in wants) - began))
    taken.p99.append(quantiles(milliseconds, n=100)[98])
    taken.tries.append(sum(tries) / len(tries))
    taken.most_tries.append(max(tries))
    given_up = sum(want.gave_up for want in wants)
    if pool.available < 0 or pool.committed != got or held != got or (not given_up and got != STOCK):
        taken.correct = False


def _want(url: str, barrier: Any, incident: str, *, alone: bool) -> Want:
    counts: list[int] = []
    got = gave_up = 0
    milliseconds = []
    with SqlEventStore.open(url, clock=system_clock) as store:
        engine = Engine(Counting(store, counts, alone=alone), plans=[PLAN])
        engine.pool("pump").state()
        barrier.wait(60)
        for _ in range(WANTED):
            counts.append(0)
            started = perf_counter()
            try:
                engine.pool("pump").commit(incident, Decimal(1))
                got += 1
            except CommandRefused:
                counts[-1] = max(1, counts[-1])
            except VersionConflict:
                gave_up += 1
            milliseconds.append((perf_counter() - started) * MILLISECONDS)
        ended = perf_counter()
    return Want(got, gave_up, ended, milliseconds, counts)
