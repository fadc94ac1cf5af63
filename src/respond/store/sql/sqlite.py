"""SQLite: one writer at a time, on a connection that is held."""

from __future__ import annotations

import importlib
import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from enum import IntEnum
from types import ModuleType
from typing import Any, ClassVar

import orjson

from respond.domain.streams import StreamId
from respond.errors import StoreBusy, StoreError, StoreFull, StoreReadOnly, StoreUnavailable, WrongDatabase
from respond.store.sql.dialect import BytesId, Dialect, LockedUnit, Row, by_realm, by_version, chunks
from respond.store.sql.rows import placed
from respond.store.sql.statements import statements

WAL_SINCE = (3, 51, 3)
"""The first version without the corruption that two connections can cause when a WAL is reset."""

_CHECKPOINT_PAGES = 4000
"""How long the WAL grows before it is folded back: 16 MB; a page that is written often is then copied once."""
_WRITER_CACHE_KIB = 16_000
"""Room for the inner pages of four indexes of a large log."""

_TAKE_HEAD_AT = """
UPDATE {head} SET position = position + ?, recorded_at = max(recorded_at, ?)
WHERE id = 1 AND recorded_at <= ? AND (? = 0 OR EXISTS (
  SELECT 1 FROM {events} WHERE tenant = ? AND realm = ? AND stream = ? AND version = ?))
RETURNING position, recorded_at
"""
_VERSIONS = """
SELECT j.value, (SELECT max(version) FROM {events} WHERE tenant = ? AND realm = ? AND stream = j.value)
FROM json_each(?) AS j
"""
_BODIES_OF_STREAMS = """
SELECT stream, position, recorded_at, body, leaf FROM {events}
WHERE tenant = ? AND realm = ? AND version > ? AND stream IN (SELECT value FROM json_each(?))
ORDER BY stream, version
"""
_ROWS_BY_ID = "SELECT {columns} FROM {events} WHERE tenant = ? AND id IN ({marks})"


class _Code(IntEnum):
    """The result codes of SQLite that mean something to us."""

    BUSY = 5
    LOCKED = 6
    READONLY = 8
    IOERR = 10
    CORRUPT = 11
    FULL = 13
    CANTOPEN = 14
    CONSTRAINT = 19
    NOTADB = 26


def driver() -> ModuleType:
    """Return the newer of the `pysqlite3` package, where it is installed, and Python's own `sqlite3`."""
    try:
        current = importlib.import_module("pysqlite3.dbapi2")
    except ImportError:
        return sqlite3
    return current if current.sqlite_version_info > sqlite3.sqlite_version_info else sqlite3


def is_refusal_to_open(error: Exception) -> bool:
    """Return whether SQLite could not open a file that belongs to the database."""
    return _code(error) in {_Code.CANTOPEN, _Code.READONLY}


class SqliteDialect(BytesId, Dialect):
    """One database file, or one in memory."""

    names: ClassVar[Sequence[str]] = ("sqlite",)
    begin: ClassVar[str] = "BEGIN IMMEDIATE"

    def __init__(
        self,
        *,
        events: str,
        head: str,
        log: str,
        dbapi: Any,
        place: str,
        lock_timeout: float,
        journal_mode: str | None,
        one_statement: bool,
    ) -> None:
        self.one_statement = one_statement
        self.sql = statements(events=events, head=head, log=log, mark="?", greatest="max")
        self.error = dbapi.Error
        self._take_head = f"{self.sql.take_head} RETURNING position, recorded_at"
        self._take_head_at = _TAKE_HEAD_AT.format(head=head, events=events)
        self._versions = _VERSIONS.format(events=events)
        self._bodies_of_streams = _BODIES_OF_STREAMS.format(events=events)
        self._rows_by_id = _ROWS_BY_ID.format(columns=self.sql.columns, events=events, marks="{marks}")
        self._place = place
        self._lock_timeout = lock_timeout
        self._journal_mode = journal_mode or ("wal" if dbapi.sqlite_version_info >= WAL_SINCE else "delete")

    def prepare(self, connection: Any) -> None:
        """Take transactions into our own hands, and make every commit last."""
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {round(self._lock_timeout * 1000)}")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA recursive_triggers = ON")
        cursor.execute("PRAGMA trusted_schema = OFF")
        cursor.close()

    def prepare_writer(self, connection: Any) -> None:
        """Choose the journal, and how safe a commit is.  A database that others are using keeps the journal it has."""
        cursor = self.cursor(connection)
        mode = cursor.execute("PRAGMA journal_mode").fetchone()[0]
        if mode != self._journal_mode:
            cursor.execute("PRAGMA busy_timeout = 0")
            with suppress(self.error):
                mode = cursor.execute(f"PRAGMA journal_mode = {self._journal_mode}").fetchone()[0]
            cursor.execute(f"PRAGMA busy_timeout = {round(self._lock_timeout * 1000)}")
        # Without EXTRA the folder's entry of a deleted rollback journal may come back after a power cut.
        cursor.execute(f"PRAGMA synchronous = {'FULL' if mode == 'wal' else 'EXTRA'}")
        cursor.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
        cursor.execute(f"PRAGMA cache_size = -{_WRITER_CACHE_KIB}")
        cursor.close()

    def cursor(self, connection: Any) -> Any:
        return connection.cursor()

    def join(self, cursor: Any) -> None:
        if not cursor.connection.in_transaction:  # Python's driver begins with the first change, which may be too late
            cursor.execute(self.begin)

    def lock_streams(self, unit: LockedUnit, keys: Sequence[str]) -> None:
        """Do nothing: a transaction keeps every other writer out."""

    def take_head(self, cursor: Any, count: int, clock_us: int, limit_us: int) -> tuple[int, int] | None:
        found: tuple[int, int] | None = cursor.execute(self._take_head, (count, clock_us, limit_us)).fetchone()
        return found

    def append_to_one(self, cursor: Any, rows: Sequence[Row], clock_us: int, limit_us: int) -> tuple[int, int] | None:
        tenant, realm, name, first = rows[0][:4]
        found: tuple[int, int] | None = cursor.execute(
            self._take_head_at, (len(rows), clock_us, limit_us, first - 1, tenant, realm, name, first - 1)
        ).fetchone()
        if found is not None:
            last, recorded_us = found
            self.insert(cursor, placed(rows, first=last - len(rows) + 1, recorded_us=recorded_us))
        return found

    def versions(self, cursor: Any, tenant: str, streams: Collection[StreamId]) -> dict[StreamId, int]:
        found = {}
        for realm, names in by_realm(streams).items():
            cursor.execute(self._versions, (tenant, realm, orjson.dumps(names).decode()))
            for name, version in cursor.fetchall():
                if version is not None:
                    found[StreamId(name, realm)] = version  # type: ignore[arg-type]
        return found

    def rows_by_id(self, cursor: Any, tenant: str, ids: Sequence[str]) -> Iterable[Row]:
        for chunk in chunks(ids):
            statement = self._rows_by_id.format(marks=", ".join("?" * len(chunk)))
            yield from cursor.execute(statement, (tenant, *map(self.id_value, chunk))).fetchall()

    def bodies_of_streams(self, cursor: Any, tenant: str, realm: str, after: Mapping[str, int]) -> Iterable[Row]:
        rows: list[Row] = []
        for version, names in by_version(after).items():
            cursor.execute(self._bodies_of_streams, (tenant, realm, version, orjson.dumps(names).decode()))
            rows += cursor.fetchall()
        return rows

    def log_rows(self, cursor: Any, after: int, limit: int) -> list[Row]:
        """Return rows past position *after* in position order; text that is not UTF-8 as bytes."""
        try:
            return super().log_rows(cursor, after, limit)
        except self.error as error:
            if _code(error) is not None:  # only what the driver itself cannot decode has no code
                raise
            connection = cursor.connection
            connection.text_factory = _text_or_bytes
            try:
                return super().log_rows(cursor, after, limit)
            finally:
                connection.text_factory = str

    def insert(self, cursor: Any, rows: Sequence[Row]) -> None:
        cursor.executemany(self.sql.insert, rows)

    def is_duplicate(self, error: Exception) -> bool:
        return _code(error) == _Code.CONSTRAINT

    def may_have_committed(self, error: Exception) -> bool:
        """Return whether a COMMIT that ends with *error* may come back: what was not synced may be there all the same.

        Who opens the file anew takes what he finds in its journal, whatever the one who wrote it was told.
        """
        return _code(error) == _Code.IOERR

    def fault(self, error: Exception, *, writing: bool) -> StoreError:
        match _code(error):
            case _Code.BUSY | _Code.LOCKED:
                return StoreBusy(f"{self._place}: locked by another program for {self._lock_timeout:g} s; try again")
            case _Code.READONLY:
                return StoreReadOnly(f"{self._place}: the file or its folder cannot be written; give write access")
            case _Code.FULL:
                return StoreFull(f"{self._place}: the disk or the database is full; free space and try again")
            case _Code.NOTADB:
                return WrongDatabase(f"{self._place}: is not an SQLite database; name another file")
            case _Code.CANTOPEN if writing:
                return StoreReadOnly(f"{self._place}: no journal fits beside it; give write access to the folder")
            case _Code.IOERR | _Code.CORRUPT | _Code.CANTOPEN:
                return StoreUnavailable(f"{self._place}: cannot be {'written' if writing else 'read'}: {error}")
        return StoreError(f"{self._place}: {error}")


def _text_or_bytes(raw: bytes) -> str | bytes:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw


def _code(error: Exception) -> int | None:
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF
