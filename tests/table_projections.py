"""Read models in tables for tests: built from events without a log, in batches cut anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection

from respond.domain.events import Event
from respond.projections.listing import Listing
from respond.projections.sql import Build, Place, TableListing, TableProjection, TableStatistics
from respond.projections.statistics import Statistics

SHIPPED = (TableListing, TableStatistics)


def built(
    kind: type[TableProjection], connection: Connection, events: Sequence[Event], cuts: Iterable[int] = (), **place: Any
) -> Any:
    """Return the projection *kind* of *events*, the real ones, given to it in batches that end at *cuts*."""
    projection = kind(Place(**{"name": kind.name, "build": Build(kind.version), **place}))
    projection.create(connection)
    ends = sorted({0, len(events), *(cut for cut in cuts if cut < len(events))})
    for start, end in pairwise(ends):
        projection.apply(connection, [event for event in events[start:end] if event.body["realm"] == "real"])
    return projection


def folded(kind: type[Any], events: Iterable[Event]) -> Any:
    """Return the projection in memory *kind* of *events*."""
    projection = kind()
    for event in events:
        projection.apply(event)
    return projection


def pages(ask: Any, **options: Any) -> list[Any]:
    """Return every page that *ask* gives."""
    found = [ask(**options)]
    while found[-1].next is not None:
        found.append(ask(after=found[-1].next, **options))
    return found


def list_in_memory(events: Iterable[Event]) -> Listing:
    """Return the list of *events* in memory."""
    listing: Listing = folded(Listing, events)
    return listing


def statistics_in_memory(events: Iterable[Event]) -> Statistics:
    """Return the statistics of *events* in memory."""
    statistics: Statistics = folded(Statistics, events)
    return statistics
