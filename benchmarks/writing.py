"""The rows of the table that write: one writer, processes, threads, conflicts, many events an append."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import attrs
from contests import Enter, Length, contest
from crew import Crew
from following import Follower
from grounds import TITLES, Database, Grounds
from harness import Figure
from sides import BULK, BULK_RECORDER, BULK_SAVE, CAPPED_SAVE, ENGINE, RECORDER, RIVALS, SAVE, STORE, UNGROUPED, Side
from teams import Team, processes, threads

PROCESSES, THREADS, FEW_THREADS = 8, 16, 4
OFTEN = 10
"""How many pieces are made of one where one writer is alone: what else the machine does then hits both sides alike."""


def one_writer(grounds: Grounds, length: Length, *, database: Database, bar: float) -> Iterator[Figure]:
    """Measure one writer, one event an append, against `app.save`."""
    held = contest(_threads(grounds, database, STORE, SAVE, count=1), _often(length))
    yield held.ratio(
        f"{TITLES[database]}, 1 writer, one event, against save",
        STORE.name,
        SAVE.name,
        bar=bar,
        peer="app.save",
        unit="times the peer",
    )


def eight_processes(
    grounds: Grounds, length: Length, *, store_bar: float, engine_bar: float, p99_bar: float
) -> Iterator[Figure]:
    """Measure eight processes, one event an append, against `app.save`."""
    with Crew(PROCESSES) as crew, Follower() as follower:
        sides = (STORE, ENGINE, CAPPED_SAVE)

        @contextmanager
        def enter() -> Iterator[dict[str, Team]]:
            with ExitStack() as stack:
                urls = {side: stack.enter_context(grounds.empty("postgresql")) for side in sides}
                yield {side.name: stack.enter_context(processes(side, url, crew)) for side, url in urls.items()}

        held = contest(enter, length, follower=follower)
    for side, bar in ((STORE, store_bar), (ENGINE, engine_bar)):
        title = f"PostgreSQL, {PROCESSES} processes, one event, {side.name}"
        yield held.ratio(
            f"{title}, against save", side.name, CAPPED_SAVE.name, bar=bar, peer="app.save", unit="times the peer"
        )
        yield held.slowest(f"{title}, p99", side.name, bar=p99_bar)


def sixteen_threads(
    grounds: Grounds, length: Length, *, database: Database, bar: float, p99_bar: float
) -> Iterator[Figure]:
    """Measure sixteen threads that share a store, one event an append, against `recorder.insert_events`."""
    with Follower() as follower:
        held = contest(_threads(grounds, database, STORE, RECORDER, count=THREADS), length, follower=follower)
    title = f"{TITLES[database]}, {THREADS} threads, one event"
    yield held.ratio(
        f"{title}, against recorder", STORE.name, RECORDER.name, bar=bar, peer="insert_events", unit="times the peer"
    )
    yield held.slowest(f"{title}, p99", STORE.name, bar=p99_bar)


def lone_leader(grounds: Grounds, length: Length, *, database: Database, bar: float) -> Iterator[Figure]:
    """Measure what the group costs one writer, who finds nobody to share with."""
    held = contest(_threads(grounds, database, STORE, UNGROUPED, count=1), _often(length))
    title = f"{TITLES[database]}, 1 writer, one event, the median append with the group against without"
    yield held.middle(title, STORE.name, UNGROUPED.name, bar=bar)


def four_threads(grounds: Grounds, length: Length, *, database: Database, bar: float) -> Iterator[Figure]:
    """Measure four threads that share a store, with the group beside without."""
    held = contest(_threads(grounds, database, STORE, UNGROUPED, count=FEW_THREADS), length)
    yield held.ratio(
        f"{TITLES[database]}, {FEW_THREADS} threads, one event, with the group against without",
        STORE.name,
        UNGROUPED.name,
        bar=bar,
        peer="the same threads without the group",
        unit="times as many",
    )


def conflicts(grounds: Grounds, length: Length, *, database: Database, bar: float) -> Iterator[Figure]:
    """Measure the same threads where every tenth append must conflict, beside themselves where none does."""
    with Follower() as follower:
        held = contest(_threads(grounds, database, RIVALS, STORE, count=THREADS), length, follower=follower)
    yield held.ratio(
        f"{TITLES[database]}, {THREADS} threads, a tenth of the appends refused, answers against those without",
        RIVALS.name,
        STORE.name,
        bar=bar,
        peer="the same threads without conflicts",
        unit="times as many answers",
    )


def hundred_events(grounds: Grounds, length: Length, *, database: Database, bar: float) -> Iterator[Figure]:
    """Measure appends of a hundred events against `recorder.insert_events`, whose states were made beforehand."""
    held = contest(_threads(grounds, database, BULK, BULK_RECORDER, BULK_SAVE, count=1), _often(length))
    yield held.ratio(
        f"{TITLES[database]}, 100 events an append, against recorder",
        BULK.name,
        BULK_RECORDER.name,
        bar=bar,
        peer="insert_events",
        unit="times the peer",
    )


def _often(length: Length) -> Length:
    return attrs.evolve(length, pieces=length.pieces * OFTEN, seconds=length.seconds / OFTEN)


def _threads(grounds: Grounds, database: Database, *sides: Side, count: int) -> Enter:
    """Return how the teams of a round are made: *count* threads a side, each side on an empty database."""

    @contextmanager
    def enter() -> Iterator[dict[str, Team]]:
        with ExitStack() as stack:
            urls = {side: stack.enter_context(grounds.empty(database)) for side in sides}
            yield {side.name: stack.enter_context(threads(side, url, count)) for side, url in urls.items()}

    return enter
