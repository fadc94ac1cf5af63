"""Gauges: how a log stands, observed by OpenTelemetry whenever metrics are collected."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from respond.errors import StoreError
from respond.integrations.telemetry import INSTALLED, SCOPE, Attributes
from respond.store.sql.event_store import SqlEventStore
from respond.store.sql.standing import CheckpointStanding, checkpoints, holes_between

if INSTALLED:
    from opentelemetry import metrics

if TYPE_CHECKING:
    from opentelemetry.metrics import CallbackOptions, MeterProvider, Observation

_LOGGER = logging.getLogger("respond.telemetry")


def watched(store: SqlEventStore, *, meter_provider: MeterProvider | None = None) -> SqlEventStore:
    """Return *store*, whose lag, dead letters and holes are observed whenever metrics are collected.

    One process of many need do that.  Collecting happens on a thread: give it a store of its own, none for asyncio.
    """
    if not INSTALLED:
        return store
    meter = metrics.get_meter(SCOPE, meter_provider=meter_provider)
    holes = _Holes()
    for name, unit, observe, description in (
        ("respond.lag", "{event}", _lag, "Real events that a projection or a publisher has not read"),
        ("respond.dead_letters", "{event}", _dead_letters, "Events that a projection or a publisher gave up on"),
        ("respond.holes", "{position}", holes.observe, "Positions without an event"),
    ):
        meter.create_observable_gauge(name, [_careful(name, store, observe)], unit=unit, description=description)
    return store


def _careful(
    name: str, store: SqlEventStore, observe: Callable[[SqlEventStore], Iterator[Observation]]
) -> Callable[[CallbackOptions], Iterable[Observation]]:
    """Return a callback that observes nothing, and says so, while the database cannot be asked."""

    def call(_options: CallbackOptions) -> Iterable[Observation]:
        try:
            return list(observe(store))
        except StoreError as error:
            _LOGGER.warning("%s cannot be observed: %s", name, error, extra={"metric": name, "code": error.code})
            return []

    return call


def _lag(store: SqlEventStore) -> Iterator[Observation]:
    for one in _checkpoints(store):
        yield metrics.Observation(one.lag, _of_checkpoint(one))


def _dead_letters(store: SqlEventStore) -> Iterator[Observation]:
    for one in _checkpoints(store):
        yield metrics.Observation(one.dead_letters, _of_checkpoint(one))


def _checkpoints(store: SqlEventStore) -> Iterable[CheckpointStanding]:
    with store.reading() as connection:
        found = checkpoints(connection, prefix=store.prefix, schema=store.schema)
    return [one for one in found if not one.is_retired]


def _of_checkpoint(one: CheckpointStanding) -> Attributes:
    of = one.checkpoint
    return {"respond.checkpoint": of.name, "respond.version": of.version, "respond.tenant": of.tenant}


class _Holes:
    """Counts the positions that have no event, each once: what was looked at is not looked at again."""

    def __init__(self) -> None:
        self._upto = 0
        self._found = 0

    def observe(self, store: SqlEventStore) -> Iterator[Observation]:
        """Yield how many holes there are up to the head; nothing for an account that is shown one tenant."""
        head = store.head().position
        if head < self._upto:  # put back from an older copy
            self._upto = self._found = 0
        with store.reading() as connection:
            found = holes_between(connection, self._upto, head, prefix=store.prefix, schema=store.schema)
        if found is not None:
            self._upto, self._found = head, self._found + found
            yield metrics.Observation(self._found)
