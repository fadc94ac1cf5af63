"""The row of the table that catches up a projection in a table: the whole log, batch by batch, with its checkpoint."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from statistics import median
from time import perf_counter

import attrs
from contests import Length
from filling import fill_with_lives
from grounds import TITLES, Database, Grounds
from harness import Figure, spread

from respond import Engine
from respond.projections.listing import LIMIT_MAX, Page

PROJECTIONS = ("listing", "statistics")


@attrs.define
class Caught:
    """The rates of one projection, round by round, and what was wrong with its tables."""

    rates: list[float] = attrs.field(factory=list)
    rebuilt: float = 0.0
    """The rate of a rebuild, which is compared with a fold."""
    faults: list[str] = attrs.field(factory=list)


def projection(grounds: Grounds, length: Length, *, database: Database, bar: float) -> Iterator[Figure]:
    """Measure each projection that ships, on logs of incidents that were worked from report to resolution."""
    caught = {name: Caught() for name in PROJECTIONS}
    for number in range(length.rounds):
        with grounds.empty(database) as url, Engine.open(url, projections="catch_up") as engine:
            engine.projections.build_missing()
            events = fill_with_lives(engine.store, length.read)
            for name, one in caught.items():
                _catch_up(engine, name, events, one)
            compare(engine, caught)
            if number == 0:
                for name, one in caught.items():
                    one.rebuilt = events / engine.projections.rebuild(name).seconds
    for name, one in caught.items():
        yield Figure(
            name=f"{TITLES[database]}, catch up the {name} in a table, a log of {events:,} events",
            value=median(one.rates),
            unit="events/s",
            bar=bar,
            peer=f"a rebuild, compared with a fold, {one.rebuilt:,.0f}/s",
            spread=spread(one.rates),
            correct=not one.faults,
            why="; ".join(one.faults),
        )


def _catch_up(engine: Engine, name: str, events: int, caught: Caught) -> None:
    started = perf_counter()
    with engine.projections.follower([name]) as follower:
        steps = follower.catch_up()
    caught.rates.append(events / (perf_counter() - started))
    at = [kept.position for kept in engine.projections.listed() if kept.name == name]
    if steps[name] != "idle" or at != [events]:
        caught.faults.append(f"it came to rest {steps[name]} at {at}, the log ends at {events}")


def compare(engine: Engine, caught: Mapping[str, Caught]) -> None:
    """Note where the tables answer nothing, or something else than a fold in memory."""
    folded = Engine(engine.store)
    with engine.projections.listing() as listing, engine.projections.statistics() as figures:
        if listing is None or _pages(listing.page) != _pages(folded.incidents):
            caught["listing"].faults.append("the list in the table is not that of a fold")
        if figures is None or figures.figures() != folded.statistics():
            caught["statistics"].faults.append("the statistics in the table are not those of a fold")


def _pages(page_of: Callable[..., Page]) -> list[object]:
    """Return the whole list."""
    page = page_of(limit=LIMIT_MAX)
    rows = list(page.rows)
    while page.next is not None:
        page = page_of(limit=LIMIT_MAX, after=page.next)
        rows += page.rows
    return rows
