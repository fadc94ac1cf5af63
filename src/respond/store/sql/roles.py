"""What each account may do to a log: owner, writer, reader, auditor.

The owner makes the tables and upgrades them; programs come as the writer, which appends and can do no harm to what is
there.  Grants are the guard; triggers are the second one, for the owner itself.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence

import attrs
from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.engine import URL

from respond.domain.streams import restricted
from respond.errors import InvalidInput, StoreReadOnly
from respond.store.sql.append_only import owns
from respond.store.sql.engines import file_of, place_of, require_file
from respond.store.sql.installation import engine_of
from respond.store.sql.schema import DEFAULT_PREFIX, Tables, qualified, quoted, tables

_BESIDE = ("checkpoints", "dead_letters", "snapshots")
"""The tables whose rows come and go; those of projections are like them."""
_BUILD = re.compile(r"[a-z][a-z0-9_]*_v[0-9]+_[0-9]+(_[a-z0-9_]+)?")
"""What a projection calls its tables, after the prefix."""
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_HOST = re.compile(r"[A-Za-z0-9_.:%/-]{1,255}")
_COLUMNS_OF_HEAD = "position, recorded_at"
_CHANGE = "INSERT, UPDATE, DELETE"
_RIGHTS = {"writer": f"SELECT, {_CHANGE}", "reader": "SELECT"}
"""What each may do to the tables beside the log."""

_POLICY = "CREATE POLICY {name} ON {table} USING (tenant = current_setting('respond.tenant', true))"
_POLICY_OF_AUDITOR = "CREATE POLICY {name} ON {table} FOR SELECT TO {auditor} USING (true)"
_RESTRICTED = (
    "CREATE POLICY {name} ON {table} AS RESTRICTIVE "
    "USING (tenant NOT LIKE '%{suffix}' OR current_user = ANY (ARRAY[{allowed}]::text[]))"
)
_COMMENT = text("""
SELECT table_comment FROM information_schema.tables
WHERE table_schema = coalesce(:schema, database()) AND table_name = :hold
""")
_NOTED = re.compile(r"(writer|reader) ([^@\s]+@[^,\s]+)")
"""An account in the comment of the table that holds the events, which is where MariaDB's recipe notes them."""
# TRUNCATE fires no trigger on MariaDB; it refuses a table that a foreign key points to, even an empty one.
_HOLD = (
    "CREATE TABLE IF NOT EXISTS {hold} "
    "(position bigint PRIMARY KEY, FOREIGN KEY (position) REFERENCES {events} (position)) ENGINE = InnoDB"
)


@attrs.frozen(kw_only=True)
class Accounts:
    """Who comes to the log beside its owner; on MariaDB a name may be followed by @ and a host."""

    writer: str = "respond_writer"
    reader: str = "respond_reader"
    auditor: str | None = None
    """Who sees the rows of all tenants under row-level security; asked for nothing else."""
    accountable: str | None = None
    """Who reads and writes the restricted part under row-level security, as nobody else but the auditor is shown it."""

    def each(self) -> tuple[str, ...]:
        """Return all names."""
        return tuple(name for name in (self.writer, self.reader, self.auditor, self.accountable) if name is not None)


def recipe(
    database: str | URL | Engine,
    accounts: Accounts,
    *,
    row_security: bool = False,
    prefix: str = DEFAULT_PREFIX,
    schema: str | None = None,
) -> tuple[str, ...]:
    """Return the statements that give each of *accounts* its rights on the log in *database*, and no more; run nothing.

    On SQLite they are commands for a shell: who may write a file may change all of it.  With *row_security* PostgreSQL
    shows each connection the rows of one tenant.  The tables of projections that are there are part of it: ask again
    after one was made.  Raises `InvalidInput` for a name that is none, and for what the database does not have.
    """
    with engine_of(database, prefix, schema) as engine:
        require_file(engine)
        with engine.connect() as connection:
            return _recipe(connection, accounts, kept_apart=row_security, prefix=prefix, schema=schema)


def apply_recipe(
    database: str | URL | Engine,
    accounts: Accounts,
    *,
    row_security: bool = False,
    prefix: str = DEFAULT_PREFIX,
    schema: str | None = None,
) -> tuple[str, ...]:
    """Run what `recipe` returns, as an account that may grant; return what was run.

    Raises what `recipe` raises, `InvalidInput` on SQLite, and `StoreReadOnly` or `StoreUnavailable` when this account
    may not grant, or one of *accounts* does not exist.
    """
    with engine_of(database, prefix, schema) as engine:
        if engine.dialect.name == "sqlite":
            raise InvalidInput(
                "SQLite grants nothing; run the commands that are printed without it, as the owner of the file",
                place="--apply",
            )
        with engine.begin() as connection:
            statements = _recipe(connection, accounts, kept_apart=row_security, prefix=prefix, schema=schema)
            # PostgreSQL only warns when who may read a table, but does not own it, grants that to others.
            if engine.dialect.name == "postgresql" and not owns(connection, prefix=prefix, schema=schema):
                raise StoreReadOnly(f"{place_of(engine)}: this account does not own the tables; connect as their owner")
            for statement in statements:
                connection.exec_driver_sql(statement.replace("%", "%%"))
            return statements


def _recipe(
    connection: Connection, accounts: Accounts, *, kept_apart: bool, prefix: str, schema: str | None
) -> tuple[str, ...]:
    dialect = connection.dialect.name
    if dialect != "postgresql" and (kept_apart or accounts.auditor is not None or accounts.accountable is not None):
        raise InvalidInput(
            "only PostgreSQL has row-level security; give each tenant a database of its own, or leave it out",
            place="row_security",
        )
    ours = tables(prefix, schema)
    builds = _builds(connection, prefix, schema)
    match dialect:
        case "sqlite":
            return _commands(connection.engine, accounts)
        case "postgresql":
            granted = _on_postgresql(ours, builds, accounts, prefix, schema)
            if not kept_apart:
                return granted
            auditors = [] if accounts.auditor is None else [_role(accounts.auditor)]
            kept = [ours.events.name, *_changed(ours, builds)]
            return (*granted, *row_security(kept, auditors, schema), *_restricting(ours, accounts, schema))
        case _:
            return _on_mariadb(connection, ours, builds, accounts, prefix, schema)


def _builds(connection: Connection, prefix: str, schema: str | None) -> list[str]:
    """Return the tables of projections that are there."""
    found = inspect(connection).get_table_names(schema)
    return sorted(name for name in found if name.startswith(prefix) and _BUILD.fullmatch(name.removeprefix(prefix)))


def _read(ours: Tables, prefix: str) -> list[str]:
    """Return the tables that everyone reads: those of the log, and the one that says of which release they are."""
    return [*(getattr(ours, field.name).name for field in attrs.fields(Tables)), f"{prefix}alembic_version"]


def _changed(ours: Tables, builds: Sequence[str]) -> list[str]:
    """Return the tables whose rows the writer may change and delete."""
    return [*(getattr(ours, name).name for name in _BESIDE), *builds]


def _on_postgresql(
    ours: Tables, builds: Sequence[str], accounts: Accounts, prefix: str, schema: str | None
) -> tuple[str, ...]:
    """Return the grants of PostgreSQL, which begin from nothing: what was granted too widely before is taken back."""

    def places(names: Sequence[str]) -> str:
        return ", ".join(qualified(name, schema, "postgresql") for name in names)

    writers = [name for name in (accounts.writer, accounts.accountable) if name is not None]
    writer, everyone = (", ".join(map(_role, names)) for names in (writers, accounts.each()))
    read = [*_read(ours, prefix), *builds]
    usage = [] if schema is None else [f"GRANT USAGE ON SCHEMA {quoted(schema, 'postgresql')} TO {everyone}"]
    return (
        f"REVOKE ALL ON {places(read)} FROM {everyone}",
        *usage,
        f"GRANT SELECT ON {places(read)} TO {everyone}",
        f"GRANT INSERT ON {places([ours.events.name])} TO {writer}",
        f"GRANT UPDATE ({_COLUMNS_OF_HEAD}) ON {places([ours.head.name])} TO {writer}",
        f"GRANT {_CHANGE} ON {places(_changed(ours, builds))} TO {writer}",
    )


def row_security(names: Sequence[str], auditors: Sequence[str], schema: str | None) -> list[str]:
    """Return what lets a connection see and write the rows of the tenant that it names, and none when it names none.

    The tables called *names* are kept so; *auditors*, names in quotes, see the rows of all tenants.
    """
    statements = []
    for name in names:
        table = qualified(name, schema, "postgresql")
        statements += [
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
            f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
            f"DROP POLICY IF EXISTS {name}_tenant ON {table}",
            _POLICY.format(name=f"{name}_tenant", table=table),
            f"DROP POLICY IF EXISTS {name}_auditor ON {table}",
        ]
        if auditors:
            policy = _POLICY_OF_AUDITOR.format(name=f"{name}_auditor", table=table, auditor=", ".join(auditors))
            statements.append(policy)
    return statements


def _restricting(ours: Tables, accounts: Accounts, schema: str | None) -> list[str]:
    """Return what shows the restricted part to the accounts that may see it, and to nobody else, the owner included.

    The tables of projections hold nothing of it.
    """
    named = (name for name in (accounts.auditor, accounts.accountable) if name is not None)
    allowed = ", ".join(f"'{_name(name)}'" for name in named)
    statements = []
    for name in (ours.events.name, *(getattr(ours, one).name for one in _BESIDE)):
        policy, table = f"{name}_restricted", qualified(name, schema, "postgresql")
        statements += [
            f"DROP POLICY IF EXISTS {policy} ON {table}",
            _RESTRICTED.format(name=policy, table=table, suffix=restricted(""), allowed=allowed),
        ]
    return statements


def _on_mariadb(
    connection: Connection,
    ours: Tables,
    builds: Sequence[str],
    accounts: Accounts,
    prefix: str,
    schema: str | None,
) -> tuple[str, ...]:
    """Return the grants of MariaDB, one table each: it takes nothing back that was never granted."""
    name = schema or str(connection.exec_driver_sql("SELECT database()").scalar())
    database = connection.dialect.identifier_preparer.quote_identifier(name)
    events, hold = (f"{database}.{name}" for name in (ours.events.name, f"{ours.events.name}_hold"))
    writer = user(accounts.writer)
    return (
        _HOLD.format(hold=hold, events=events),
        *(
            f"GRANT SELECT ON {database}.{name} TO {user(account)}"
            for account in accounts.each()
            for name in [*_read(ours, prefix), *builds]
        ),
        f"GRANT INSERT ON {events} TO {writer}",
        f"GRANT UPDATE ({_COLUMNS_OF_HEAD}) ON {database}.{ours.head.name} TO {writer}",
        *(f"GRANT {_CHANGE} ON {database}.{name} TO {writer}" for name in _changed(ours, builds)),
        _note(connection, accounts, hold, prefix, schema),
    )


def noted(connection: Connection, prefix: str, schema: str | None) -> Mapping[str, str]:
    """Return the accounts of MariaDB that the recipe granted to, and what each may do to the tables beside the log.

    The owner is shown no grants of others there.  Empty for who may not see the note.
    """
    found = connection.execute(_COMMENT, {"schema": schema, "hold": f"{tables(prefix).events.name}_hold"}).scalar()
    return {account: _RIGHTS[kind] for kind, account in _NOTED.findall(found or "")}


def _note(connection: Connection, accounts: Accounts, hold: str, prefix: str, schema: str | None) -> str:
    """Return what adds *accounts* to the note."""
    kinds = {rights: kind for kind, rights in _RIGHTS.items()}
    kept = {account: kinds[rights] for account, rights in noted(connection, prefix, schema).items()}
    kept |= {_full(accounts.reader): "reader", _full(accounts.writer): "writer"}
    listed = ", ".join(f"{kind} {account}" for account, kind in sorted(kept.items()))
    return f"ALTER TABLE {hold} COMMENT = '{listed}'"


def _commands(engine: Engine, accounts: Accounts) -> tuple[str, ...]:
    """Return what a shell does to the file: its owner writes, its group reads, nobody else does either."""
    path = file_of(engine)
    if path is None:
        raise InvalidInput("a log in memory has no accounts; name a file", place="database")
    file = shlex.quote(str(path.absolute()))
    return (f"chown {_name(accounts.writer)}:{_name(accounts.reader)} {file}", f"chmod 640 {file}")


def _name(account: str) -> str:
    """Return a name that is safe in any statement; raises `InvalidInput` for any other."""
    if not _NAME.fullmatch(account):
        raise InvalidInput(
            f"{account!r} is not an account; write a small letter or _, then up to 62 small letters, digits and _",
            place="account",
            value=account,
        )
    return account


def _role(account: str) -> str:
    return f'"{_name(account)}"'


def user(account: str) -> str:
    """Return a user of MariaDB: any host, where none is named."""
    name, _, host = _full(account).rpartition("@")
    return f"'{name}'@'{host}'"


def _full(account: str) -> str:
    """Return the name of an account of MariaDB with its host; raises `InvalidInput` for what is none."""
    name, _, host = account.partition("@")
    if not _HOST.fullmatch(host or "%"):
        raise InvalidInput(f"{host!r} is not a host; write {name}@host or {name}@%", place="account", value=account)
    return f"{_name(name)}@{host or '%'}"
