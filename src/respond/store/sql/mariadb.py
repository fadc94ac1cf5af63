"""MariaDB: a transaction for every append, READ COMMITTED, one node that writes."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import closing
from functools import partial
from hashlib import sha256
from typing import Any, ClassVar

from respond.domain.streams import StreamId
from respond.errors import (
    StoreBusy,
    StoreError,
    StoreFull,
    StoreReadOnly,
    StoreUnavailable,
    UnsafeSettings,
    WrongDatabase,
    WrongIsolation,
)
from respond.store.sql.dialect import (
    IDLE_SECONDS,
    BytesId,
    ConnectionLost,
    Dialect,
    LockedUnit,
    Row,
    by_realm,
    by_version,
    chunks,
)
from respond.store.sql.statements import statements

_SETTINGS = (
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
    "SET SESSION innodb_lock_wait_timeout = {wait}, lock_wait_timeout = {wait}, idle_transaction_timeout = {idle}",
    "SET SESSION sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'",
)
_CLUSTER = "SHOW GLOBAL VARIABLES LIKE 'wsrep_on'"
# Said with the statement, for a connection of the caller may be set to wait for a minute.
_PATIENCE = "SET STATEMENT innodb_lock_wait_timeout = {wait} FOR"
_LOCK_STREAM = "SELECT get_lock(%s, %s)"
_UNLOCK_STREAM = "SELECT release_lock(%s)"
_HEAD = "SELECT position, recorded_at, @@tx_isolation FROM {head} WHERE id = 1"
_VERSIONS = """
SELECT stream, max(version) FROM {events} WHERE tenant = %s AND realm = %s AND stream IN ({marks}) GROUP BY stream
"""
_BODIES_OF_STREAMS = """
SELECT stream, position, recorded_at, body, leaf FROM {events}
WHERE tenant = %s AND realm = %s AND version > %s AND stream IN ({marks}) ORDER BY stream, version
"""
_ROWS_BY_ID = "SELECT {columns} FROM {events} WHERE tenant = %s AND id IN ({marks})"

_DUPLICATE = 1062
_BUSY = {1020, 1205, 1213, 1317, 1969, 3024}
_READ_ONLY = {1290, 1792, 1836, 4166}
_DENIED = {1044, 1142, 1143, 1227}
_FULL = {1021, 1041, 1114, 1025}
_LOST = {0, 1053, 1152, 1158, 1159, 1160, 1161, 1927, 2006, 2013, 2014, 2055}
_UNREACHABLE = {1040, 1045, 1049, 1129, 1130, 1203, 2002, 2003, 2005, 2026}
_UNKNOWN_TABLE = {1054, 1146}


class MariadbDialect(BytesId, Dialect):
    """A MariaDB server, through PyMySQL."""

    names: ClassVar[Sequence[str]] = ("mariadb", "mysql")

    def __init__(self, *, events: str, head: str, log: str, dbapi: Any, place: str, lock_timeout: float) -> None:
        self.sql = statements(events=events, head=head, log=log, mark="%s")
        self.error = dbapi.Error
        self._head = _HEAD.format(head=head)
        self._versions = _VERSIONS.format(events=events, marks="{marks}")
        self._bodies_of_streams = _BODIES_OF_STREAMS.format(events=events, marks="{marks}")
        self._rows_by_id = _ROWS_BY_ID.format(columns=self.sql.columns, events=events, marks="{marks}")
        self._place = place
        self._wait = max(1, math.ceil(lock_timeout))
        self._take_head = _PATIENCE.format(wait=self._wait) + self.sql.take_head

    def prepare(self, connection: Any) -> None:
        connection.autocommit(True)
        with closing(connection.cursor()) as cursor:
            for statement in _SETTINGS:
                cursor.execute(statement.format(wait=self._wait, idle=IDLE_SECONDS))
            self._refuse_cluster(cursor)

    def _refuse_cluster(self, cursor: Any) -> None:
        cursor.execute(_CLUSTER)
        if any(value == "ON" for _, value in cursor.fetchall()):
            raise UnsafeSettings(f"{self._place}: a Galera cluster loses updates; connect to a single server")

    def cursor(self, connection: Any) -> Any:
        return connection.cursor()

    def join(self, cursor: Any) -> None:
        self._refuse_cluster(cursor)
        cursor.execute("SELECT @@in_transaction, @@autocommit, @@tx_isolation")
        begun, autocommit, isolation = cursor.fetchone()
        if autocommit and not begun:
            raise WrongIsolation(f"{self._place}: each statement commits by itself; begin a transaction")
        self._check_isolation(isolation)

    def check_alive(self, cursor: Any, *, appended: bool) -> None:
        if not appended:  # making tables ends a transaction here, and is done in one of its own
            return
        cursor.execute("SELECT @@in_transaction")
        if cursor.fetchone() != (1,):
            raise StoreBusy(f"{self._place}: the transaction was rolled back, as to end a deadlock; try again")

    def lock_streams(self, unit: LockedUnit, keys: Sequence[str]) -> None:
        for name in map(_lock_name, keys):
            unit.cursor.execute(_LOCK_STREAM, (name, self._wait))
            if unit.cursor.fetchone() != (1,):
                raise StoreBusy(f"{self._place}: another writer kept the stream for {self._wait} s; try again")
            unit.ends.append(partial(unit.cursor.execute, _UNLOCK_STREAM, (name,)))

    def take_head(self, cursor: Any, count: int, clock_us: int, limit_us: int) -> tuple[int, int] | None:
        if not cursor.execute(self._take_head, (count, clock_us, limit_us)):
            return None
        cursor.execute(self._head)
        position, recorded_us, isolation = cursor.fetchone()
        self._check_isolation(isolation)
        return position, recorded_us

    def _check_isolation(self, isolation: str) -> None:
        if isolation != "READ-COMMITTED":
            raise WrongIsolation(
                f"{self._place}: the transaction runs at {isolation}, an append needs READ-COMMITTED; "
                "set isolation_level='READ COMMITTED'"
            )

    def versions(self, cursor: Any, tenant: str, streams: Collection[StreamId]) -> dict[StreamId, int]:
        return {
            StreamId(name, realm): version  # type: ignore[arg-type]
            for realm, names in by_realm(streams).items()
            for name, version in self._chunked(cursor, self._versions, (tenant, realm), names)
        }

    def rows_by_id(self, cursor: Any, tenant: str, ids: Sequence[str]) -> Iterable[Row]:
        return self._chunked(cursor, self._rows_by_id, (tenant,), [self.id_value(event_id) for event_id in ids])

    def bodies_of_streams(self, cursor: Any, tenant: str, realm: str, after: Mapping[str, int]) -> Iterable[Row]:
        for version, names in by_version(after).items():
            yield from self._chunked(cursor, self._bodies_of_streams, (tenant, realm, version), names)

    def insert(self, cursor: Any, rows: Sequence[Row]) -> None:
        """Insert; the driver splits the rows into statements of about 1 MB, far below `max_allowed_packet`."""
        cursor.executemany(self.sql.insert, rows)

    def is_duplicate(self, error: Exception) -> bool:
        return _number(error) == _DUPLICATE

    def fault(self, error: Exception, *, writing: bool) -> StoreError:
        number = _number(error)
        text = f"{self._place}: {error.args[1] if len(error.args) > 1 else error}"
        if number in _LOST:
            return ConnectionLost(f"{text}; the connection was lost")
        if number in _BUSY:
            return StoreBusy(f"{text}; try again")
        if number in _READ_ONLY:
            return StoreReadOnly(f"{text}; connect to a server that takes writes")
        if number in _DENIED:
            return StoreReadOnly(f"{text}; connect as a user that may append") if writing else StoreUnavailable(text)
        if number in _FULL:
            return StoreFull(f"{text}; free space and try again")
        if number in _UNKNOWN_TABLE:
            return WrongDatabase(f"{text}; run `respond db status`")
        return StoreUnavailable(text) if number in _UNREACHABLE else StoreError(text)

    def _chunked(
        self, cursor: Any, statement: str, fixed: tuple[object, ...], values: Sequence[object]
    ) -> Iterable[Row]:
        for chunk in chunks(values):
            cursor.execute(statement.format(marks=", ".join(["%s"] * len(chunk))), (*fixed, *chunk))
            yield from cursor.fetchall()


def _lock_name(key: str) -> str:
    """Return a name that is short enough, for locks of all databases of the server."""
    return f"respond:{sha256(key.encode()).hexdigest()[:40]}"


def _number(error: Exception) -> int | None:
    number = error.args[0] if error.args else None
    return number if isinstance(number, int) else None
