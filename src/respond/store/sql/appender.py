"""The appender: prepared rows into the log, those of one append or of several, and whoever watches is told."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Protocol

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from respond.domain.moments import to_microseconds
from respond.errors import ProjectionFailed, StoreError, StoreUnavailable
from respond.store.intake import SKEW_MAX_US
from respond.store.protocol import Clock
from respond.store.records import Recorded
from respond.store.sql.connections import Connections
from respond.store.sql.dialect import Dialect, Row
from respond.store.sql.group import Append
from respond.store.sql.landing import Landing, land
from respond.store.sql.rows import Prepared
from respond.store.sql.units import Taken, Unit
from respond.store.waiting import Listeners

_LOGGER = logging.getLogger("respond.store")

TRIES = 3
"""How often a batch is tried in one statement before its appends go one by one."""

Inline = Callable[[Connection, Sequence[Recorded]], None]
"""Brings a read model up to date within the transaction that appends these rows."""
_END_OF_TIME = 2**63 - 1


class Observer(Protocol):
    """Is told what commits cost."""

    def appended(self, *, appends: int, events: int, seconds: float, held_seconds: float | None) -> None:
        """Take note of one commit: how much it carried, how long it took, and how long it held the head.

        None where the database takes and gives back the head within one statement: nobody out here can tell.
        """
        ...


class _Misfit(StoreError):
    """None of the appends fits where its stream is: the transaction leaves no trace.  Never leaves this module."""


class Appender:
    """Carries rows into one log."""

    def __init__(self, connections: Connections, dialect: Dialect, *, clock: Clock, allow_skew: bool) -> None:
        self._connections = connections
        self._dialect = dialect
        self._clock = clock
        self._allow_skew = allow_skew
        self.inline: list[Inline] = []
        self.listeners = Listeners()
        self.observer: Observer | None = None
        self._skewed = False

    def one(self, rows: Sequence[Prepared]) -> Landing | None:
        """Append to one stream; None when it is not at the version below the first row, or the head is too late."""
        append = Append(rows)
        try:
            self._carry([append])
        except Taken:
            return None
        return append.landing

    def many(self, batch: Sequence[Append]) -> None:
        """Append to several streams in one commit and settle each; what hurts one leaves the others alone."""
        for _ in range(TRIES):
            try:
                return self._carry(batch)
            except Taken:  # another process was faster, or an id is known: whose, only the next look tells
                if len(batch) == 1:
                    return None
            except StoreUnavailable:
                raise
            except StoreError:  # a read model's, or what the database has against one of the rows
                if len(batch) == 1:
                    raise
                break
        for one in batch:
            try:
                one.landing = self.one(one.rows)
            except Exception as error:  # noqa: BLE001 - its caller raises it
                one.error = error
        return None

    def limit_us(self, clock_us: int) -> int:
        """Return how late the head may be."""
        return _END_OF_TIME if self._allow_skew else clock_us + SKEW_MAX_US

    def inserted(self, unit: Unit, rows: Sequence[Row]) -> None:
        """Bring the inline projections up to date with *rows*, which the transaction has just inserted."""
        if self.inline:
            connection, recorded = unit.connection(), self._dialect.recorded(rows)
            for project in self.inline:
                try:
                    project(connection, recorded)
                except Exception as error:
                    if self._is_unavailable(error):
                        raise
                    raise ProjectionFailed(f"{getattr(project, '__qualname__', project)}: {error}") from error

    def _is_unavailable(self, error: Exception) -> bool:
        """Return whether it is the database that failed, and not the projection."""
        cause = error.orig if isinstance(error, DBAPIError) else error
        return isinstance(cause, self._dialect.error) and isinstance(
            self._dialect.fault(cause, writing=True), StoreUnavailable
        )

    def committed(self, last: int, *, appends: int, events: int, seconds: float, held_seconds: float | None) -> None:
        """Tell those who watch that the log ends at *last* now, or further on."""
        if self.observer is not None:
            try:
                self.observer.appended(appends=appends, events=events, seconds=seconds, held_seconds=held_seconds)
            except Exception:
                _LOGGER.exception("an observer failed; the append is in the log all the same")
        self.listeners.tell(last)

    def _carry(self, batch: Sequence[Append]) -> None:
        """Append what fits and give each its landing, in one commit; raises `Taken` when nothing was written."""
        started = perf_counter()
        held_since = None
        clock_us = to_microseconds(self._clock())
        alone = len(batch) == 1
        if not self.inline and (self._dialect.one_statement if alone else self._dialect.many_in_one_statement):
            self._in_one_statement(batch, clock_us)
        else:
            try:
                held_since = self._in_transaction(batch, clock_us)
            except _Misfit:
                return
        landings = [one.landing for one in batch if one.landing is not None]
        if landings:
            ended = perf_counter()
            last, recorded_us = max(landings)
            self._tell_skew(recorded_us - clock_us)
            self.committed(
                last,
                appends=len(landings),
                events=sum(len(one.rows) for one in batch if one.landing is not None),
                seconds=ended - started,
                held_seconds=None if held_since is None else ended - held_since,
            )

    def _tell_skew(self, ahead_us: int) -> None:
        """Say that the log runs ahead of the clock, which the host allows, and that it does no longer; each once."""
        skewed = ahead_us > SKEW_MAX_US
        if skewed is not self._skewed:
            self._skewed = skewed
            text = "the log is %d s ahead of the clock" if skewed else "the clock has caught up; the log is %d s ahead"
            _LOGGER.warning(text, ahead_us // 1_000_000, extra={"ahead_seconds": ahead_us / 1_000_000})

    def _in_one_statement(self, batch: Sequence[Append], clock_us: int) -> None:
        limit_us = self.limit_us(clock_us)
        with self._connections.statement() as cursor:
            if len(batch) == 1:
                landings = [self._dialect.append_to_one(cursor, batch[0].rows, clock_us, limit_us)]
            else:
                landings = self._dialect.append_to_many(cursor, [one.rows for one in batch], clock_us, limit_us)
        _land(batch, landings)

    def _in_transaction(self, batch: Sequence[Append], clock_us: int) -> float:
        """Append in a transaction and return when it took the head; raises `_Misfit` when nothing fits."""
        with self._connections.unit() as unit:
            appends = [one.rows for one in batch]
            landings, rows = land(self._dialect, unit, appends, clock_us=clock_us, limit_us=self.limit_us(clock_us))
            if not rows:
                raise _Misfit("no append fits")
            self.inserted(unit, rows)
        _land(batch, landings)
        return unit.held_since


def _land(batch: Sequence[Append], landings: Sequence[Landing | None]) -> None:
    for one, landing in zip(batch, landings, strict=True):
        one.landing = landing
