"""PostgreSQL: an append to one stream is one statement; the head's row lock is never held across a round trip."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, ClassVar

from respond.domain.streams import StreamId
from respond.errors import (
    StoreBusy,
    StoreError,
    StoreFull,
    StoreReadOnly,
    StoreUnavailable,
    WrongDatabase,
    WrongIsolation,
)
from respond.store.records import Recorded
from respond.store.sql.dialect import IDLE_SECONDS, ConnectionLost, Dialect, LockedUnit, Row, by_realm
from respond.store.sql.statements import statements

# Every statement here has its index; a table without statistics, as after an import, must not mislead the planner.  It
# takes every lookup for one row then, and two indexes for equals, but for the steps down to the row: what a step costs
# must not outweigh that an index has the rows in the order that is asked for.
_SETTINGS = """
SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED;
SET lock_timeout = {lock_timeout};
SET idle_in_transaction_session_timeout = {idle_timeout};
SET enable_seqscan = off;
SET enable_bitmapscan = off;
SET cpu_operator_cost = 0.0001;
SET jit = off
"""
# What a policy of row-level security asks; one that finds nothing set shows no row.  True: until the transaction ends.
_SET_TENANT = "SELECT set_config('respond.tenant', %s, %s)"
_PATIENCE = "SET LOCAL lock_timeout = {lock_timeout}"
_ISOLATION = "SELECT current_setting('transaction_isolation')"
_LOCK_STREAMS = """
SELECT pg_advisory_xact_lock(hashtextextended(key, 0))
FROM (SELECT key FROM unnest(%s::text[]) WITH ORDINALITY AS wanted(key, n) ORDER BY n) AS sorted
"""
ONE_TENANT = """
SELECT row_security_active(oid) AND NOT EXISTS (
  SELECT FROM pg_policy
  WHERE polrelid = pg_class.oid AND polcmd IN ('r', '*') AND pg_get_expr(polqual, polrelid) = 'true'
    AND EXISTS (SELECT FROM unnest(polroles) AS role WHERE role = 0 OR pg_has_role(role, 'USAGE')))
FROM pg_class WHERE oid = to_regclass({_})
"""
"""Whether row-level security keeps rows of other tenants from this account: no policy shows it all of them."""
_TAKE_HEAD = """
UPDATE {head} SET position = position + %s::bigint, recorded_at = greatest(recorded_at, %s::bigint)
WHERE id = 1 AND recorded_at <= %s::bigint
RETURNING position, recorded_at, current_setting('transaction_isolation')
"""
_VERSIONS = """
SELECT wanted.stream, (
  SELECT version FROM {events} AS event WHERE tenant = %s AND realm = %s AND event.stream = wanted.stream
  ORDER BY version DESC LIMIT 1)
FROM unnest(%s::text[]) AS wanted(stream)
"""
# One lookup for each stream, and for each id: for a list of them the planner would read all events of the tenant.
_BODIES_OF_STREAMS = """
SELECT wanted.stream, event.position, event.recorded_at, event.body, event.leaf
FROM unnest(%s::text[], %s::bigint[]) WITH ORDINALITY AS wanted(stream, past, n) CROSS JOIN LATERAL (
  SELECT version, position, recorded_at, body, leaf FROM {events} AS event
  WHERE tenant = %s AND realm = %s AND event.stream = wanted.stream AND event.version > wanted.past
  ORDER BY version) AS event
ORDER BY n, version
"""
# BETWEEN stands for an equals sign, which would make the order mean nothing.
_ROWS_BY_ID = """
SELECT event.* FROM unnest(%s::uuid[]) AS wanted(id) CROSS JOIN LATERAL (
  SELECT {columns} FROM {events} AS event WHERE tenant = %s AND event.id BETWEEN wanted.id AND wanted.id
  ORDER BY event.id LIMIT 1) AS event
"""
# %b sends an array in binary, twice as fast as text with its escapes.
_INSERT = """
WITH inserted AS (
  INSERT INTO {events} (position, recorded_at, tenant, realm, stream, version, id, type, subject, body, leaf)
  SELECT * FROM unnest(%b::bigint[], %b::bigint[], %b::text[], %b::text[], %b::text[], %b::bigint[], %b::uuid[],
                       %b::text[], %b::text[], %b::bytea[], %b::bytea[])
  RETURNING position)
SELECT pg_notify('{channel}', max(position)::text) FROM inserted
"""
# A version ahead of the stream takes no head, and so inserts nothing; one behind it meets the unique key.  The last
# version is asked for in its order: without statistics the planner would look for a given one by another index.
_APPEND = """
WITH taken AS (
  UPDATE {head} SET position = position + %(count)s::bigint, recorded_at = greatest(recorded_at, %(clock)s::bigint)
  WHERE id = 1 AND recorded_at <= %(limit)s::bigint AND (%(version)s::bigint = 0 OR %(version)s::bigint <= (
    SELECT version FROM {events} WHERE tenant = %(tenant)s AND realm = %(realm)s AND stream = %(stream)s
    ORDER BY version DESC LIMIT 1))
  RETURNING position - %(count)s::bigint AS base, recorded_at
), inserted AS (
  INSERT INTO {events} (position, recorded_at, tenant, realm, stream, version, id, type, subject, body, leaf)
  SELECT taken.base + new.n, taken.recorded_at, %(tenant)s, %(realm)s, %(stream)s, %(version)s::bigint + new.n, new.id,
         new.type, new.subject, new.body,
         sha256(new.prefix || int8send(taken.recorded_at) || int8send(taken.base + new.n))
  FROM taken, {new}
  RETURNING position, recorded_at)
SELECT max(position), max(recorded_at), pg_notify('{channel}', max(position)::text) FROM inserted HAVING count(*) > 0
"""
# Each append is checked against what the statement saw when it began; one that another process overtakes meets the
# unique key, and the whole statement is tried again.  The rows come back with their ids, for whose they are.
_APPEND_MANY = """
WITH wanted AS (
  SELECT n, (SELECT version FROM {events} AS event
             WHERE tenant = %(tenant)s AND event.realm = one.realm AND event.stream = one.stream
             ORDER BY version DESC LIMIT 1) AS found, version, realm, stream
  FROM unnest(%(realms)b::text[], %(streams)b::text[], %(versions)b::bigint[])
    WITH ORDINALITY AS one(realm, stream, version, n)
), fitting AS (
  SELECT new.*, wanted.realm, wanted.stream, wanted.version + new.offset_ AS place, row_number() OVER (ORDER BY m) AS k
  FROM unnest(%(append)b::bigint[], %(offset)b::bigint[], %(id)b::uuid[], %(type)b::text[], %(subject)b::text[],
              %(body)b::bytea[], %(prefix)b::bytea[])
    WITH ORDINALITY AS new(append, offset_, id, type, subject, body, prefix, m)
  JOIN wanted ON wanted.n = new.append
  WHERE wanted.version = coalesce(wanted.found, 0)
), taken AS (
  UPDATE {head} SET position = position + (SELECT count(*) FROM fitting),
                    recorded_at = greatest(recorded_at, %(clock)s::bigint)
  WHERE id = 1 AND recorded_at <= %(limit)s::bigint AND (SELECT count(*) FROM fitting) > 0
  RETURNING position - (SELECT count(*) FROM fitting) AS base, recorded_at, position AS last
), inserted AS (
  INSERT INTO {events} (position, recorded_at, tenant, realm, stream, version, id, type, subject, body, leaf)
  SELECT taken.base + fitting.k, taken.recorded_at, %(tenant)s, fitting.realm, fitting.stream, fitting.place,
         fitting.id, fitting.type, fitting.subject, fitting.body,
         sha256(fitting.prefix || int8send(taken.recorded_at) || int8send(taken.base + fitting.k))
  FROM taken, fitting
  RETURNING position, recorded_at, realm, stream)
SELECT max(position), max(recorded_at), realm, stream, pg_notify('{channel}', (SELECT last FROM taken)::text)
FROM inserted GROUP BY realm, stream
"""
# Most appends are of one event, and arrays of one cost the driver more than the statement's other parameters together.
_ONE = """(VALUES (%(id)s::uuid, %(type)s::text, %(subject)s::text, %(body)b::bytea, %(prefix)b::bytea, 1::bigint))
  AS new(id, type, subject, body, prefix, n)"""
_MANY = """unnest(%(id)b::uuid[], %(type)b::text[], %(subject)b::text[], %(body)b::bytea[], %(prefix)b::bytea[])
  WITH ORDINALITY AS new(id, type, subject, body, prefix, n)"""
_NEW = ("id", "type", "subject", "body", "prefix")
"""The last columns of a prepared row."""
# Shut down, crashed, starting up, database dropped; idle for too long, in a transaction or out of one; too long in one.
_ENDED = {"57P01", "57P02", "57P03", "57P04", "57P05", "25P03", "25P04"}


class PostgresqlDialect(Dialect):
    """A PostgreSQL server, through psycopg."""

    names: ClassVar[Sequence[str]] = ("postgresql",)

    def __init__(
        self,
        *,
        events: str,
        head: str,
        log: str,
        dbapi: Any,
        place: str,
        lock_timeout: float,
        one_statement: bool,
        channel: str,
        tenant: str | None = None,
    ) -> None:
        self.sql = statements(events=events, head=head, log=log, mark="%s", id_column="id::text")
        self.error = dbapi.Error
        self._broken = (dbapi.OperationalError, dbapi.InterfaceError)
        self.one_statement = self.many_in_one_statement = one_statement
        self.channel = channel
        self._take_head = _TAKE_HEAD.format(head=head)
        self._versions = _VERSIONS.format(events=events)
        self._bodies_of_streams = _BODIES_OF_STREAMS.format(events=events)
        self._rows_by_id = _ROWS_BY_ID.format(columns=self.sql.columns, events=events)
        self._one_tenant = ONE_TENANT.format(_="%s")
        self._events = events
        self._insert = _INSERT.format(events=events, channel=channel)
        self._append_one = _APPEND.format(head=head, events=events, channel=channel, new=_ONE)
        self._append_several = _APPEND.format(head=head, events=events, channel=channel, new=_MANY)
        self._append_many = _APPEND_MANY.format(head=head, events=events, channel=channel)
        self._place = place
        self._lock_timeout = lock_timeout
        self._tenant = tenant

    def prepare(self, connection: Any) -> None:
        connection.autocommit = True
        connection.execute(
            _SETTINGS.format(lock_timeout=round(self._lock_timeout * 1000), idle_timeout=IDLE_SECONDS * 1000)
        )
        if self._tenant is not None:
            connection.execute(_SET_TENANT, (self._tenant, False))

    def cursor(self, connection: Any) -> Any:
        return connection.cursor(binary=True)

    def join(self, cursor: Any) -> None:
        cursor.execute("SAVEPOINT respond")  # an error outside of a transaction
        cursor.execute("RELEASE SAVEPOINT respond")
        cursor.execute(_PATIENCE.format(lock_timeout=round(self._lock_timeout * 1000)))
        cursor.execute(_ISOLATION)
        self._check_isolation(cursor.fetchone()[0])
        if self._tenant is not None:
            cursor.execute(_SET_TENANT, (self._tenant, True))

    def check_alive(self, cursor: Any, *, appended: bool) -> None:
        del appended
        cursor.execute("SELECT 1")  # an error where the transaction is broken; a commit would only end it

    def lock_streams(self, unit: LockedUnit, keys: Sequence[str]) -> None:
        unit.cursor.execute(_LOCK_STREAMS, (list(keys),))

    def take_head(self, cursor: Any, count: int, clock_us: int, limit_us: int) -> tuple[int, int] | None:
        row = cursor.execute(self._take_head, (count, clock_us, limit_us)).fetchone()
        if row is None:
            return None
        position, recorded_us, isolation = row
        self._check_isolation(isolation)
        return position, recorded_us

    def _check_isolation(self, isolation: str) -> None:
        if isolation != "read committed":
            raise WrongIsolation(
                f"{self._place}: the transaction runs at {isolation}, an append needs read committed; "
                "set isolation_level='READ COMMITTED'"
            )

    def append_to_one(self, cursor: Any, rows: Sequence[Row], clock_us: int, limit_us: int) -> tuple[int, int] | None:
        tenant, realm, stream, first = rows[0][:4]
        alone = len(rows) == 1
        new = rows[0][4:] if alone else _columns(row[4:] for row in rows)
        cursor.execute(
            self._append_one if alone else self._append_several,
            {
                "count": len(rows),
                "clock": clock_us,
                "limit": limit_us,
                "tenant": tenant,
                "realm": realm,
                "stream": stream,
                "version": first - 1,
                **dict(zip(_NEW, new, strict=True)),
            },
        )
        found = cursor.fetchone()
        return None if found is None else (found[0], found[1])

    def append_to_many(
        self, cursor: Any, appends: Sequence[Sequence[Row]], clock_us: int, limit_us: int
    ) -> list[tuple[int, int] | None]:
        """Append to several streams in one statement."""
        firsts = [rows[0] for rows in appends]
        numbered = [(n, m, *row[4:]) for n, rows in enumerate(appends, 1) for m, row in enumerate(rows, 1)]
        cursor.execute(
            self._append_many,
            {
                "clock": clock_us,
                "limit": limit_us,
                "tenant": firsts[0][0],
                "realms": [row[1] for row in firsts],
                "streams": [row[2] for row in firsts],
                "versions": [row[3] - 1 for row in firsts],
                **dict(zip(("append", "offset", *_NEW), _columns(numbered), strict=True)),
            },
        )
        landed = {(realm, stream): (last, recorded_us) for last, recorded_us, realm, stream, _ in cursor.fetchall()}
        return [landed.get(row[1:3]) for row in firsts]

    def versions(self, cursor: Any, tenant: str, streams: Collection[StreamId]) -> dict[StreamId, int]:
        found = {}
        for realm, names in by_realm(streams).items():
            cursor.execute(self._versions, (tenant, realm, names))
            for name, version in cursor.fetchall():
                if version is not None:
                    found[StreamId(name, realm)] = version  # type: ignore[arg-type]
        return found

    def rows_by_id(self, cursor: Any, tenant: str, ids: Sequence[str]) -> Iterable[Row]:
        rows: list[Row] = cursor.execute(self._rows_by_id, (list(ids), tenant)).fetchall()
        return rows

    def bodies_of_streams(self, cursor: Any, tenant: str, realm: str, after: Mapping[str, int]) -> Iterable[Row]:
        asked = (list(after), list(after.values()), tenant, realm)
        rows: list[Row] = cursor.execute(self._bodies_of_streams, asked).fetchall()
        return rows

    def insert(self, cursor: Any, rows: Sequence[Row]) -> None:
        cursor.execute(self._insert, _columns(rows))

    def log_rows(self, cursor: Any, after: int, limit: int) -> list[Row]:
        """Return rows past position *after*; raises `StoreError` rather than to leave out those of other tenants."""
        (hidden,) = cursor.execute(self._one_tenant, (self._events,)).fetchone()
        if hidden:
            raise StoreError(
                f"{self._place}: row-level security shows this account one tenant; read the whole log as the auditor"
            )
        return super().log_rows(cursor, after, limit)

    def id_value(self, event_id: str) -> str:
        return event_id

    def recorded(self, rows: Iterable[Row]) -> list[Recorded]:
        return list(map(Recorded._make, rows))

    def is_duplicate(self, error: Exception) -> bool:
        return _state(error) == "23505"

    def fault(self, error: Exception, *, writing: bool) -> StoreError:
        state = _state(error)
        text = str(error).partition("\n")[0]
        match state:
            case "55P03" | "40P01" | "40001" | "57014":
                return StoreBusy(f"{self._place}: {text}; try again")
            case "25P01":
                return WrongIsolation(
                    f"{self._place}: the connection commits each statement by itself; begin a transaction"
                )
            case "25006":
                return StoreReadOnly(f"{self._place}: the server takes no writes: {text}; connect to the primary")
            case "42501" if writing:
                return StoreReadOnly(f"{self._place}: {text}; connect as a role that may append")
            case "53100":
                return StoreFull(f"{self._place}: {text}; free space and try again")
            case "42P01" | "42703" | "3F000":
                return WrongDatabase(f"{self._place}: {text}; run `respond db status`")
        if self._is_loss(error, state):
            return ConnectionLost(f"{self._place}: the connection was lost: {text}")
        if state is not None and state[:2] in {"28", "3D", "42", "53", "58"}:
            return StoreUnavailable(f"{self._place}: {text}")
        return StoreError(f"{self._place}: {text}")

    def _is_loss(self, error: Exception, state: str | None) -> bool:
        if state is None:
            return isinstance(error, self._broken)
        return state.startswith("08") or state in _ENDED


def _columns(rows: Iterable[Row]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _state(error: Exception) -> str | None:
    return getattr(error, "sqlstate", None)
