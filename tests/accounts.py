"""Accounts on a database server: made for one test, with its own names, and gone afterwards."""

from __future__ import annotations

import secrets  # noqa: TID251 - names of accounts that no other run may have
from collections.abc import Iterator
from contextlib import contextmanager

import attrs
from sqlalchemy.engine import make_url

from respond.store.sql.roles import Accounts
from sql_logs import raw

OWNER = "owner"


@attrs.frozen
class Visitors:
    """The accounts of one database, by what they are to its log."""

    url: str
    suffix: str

    def name(self, kind: str) -> str:
        """Return what the account is called."""
        return f"respond_{kind}_{self.suffix}"

    def at(self, kind: str) -> str:
        """Return the URL of the database for this account."""
        url = make_url(self.url).set(username=self.name(kind), password=kind)
        return url.render_as_string(hide_password=False)

    @property
    def accounts(self) -> Accounts:
        return Accounts(writer=self.name("writer"), reader=self.name("reader"))

    @property
    def audited(self) -> Accounts:
        return attrs.evolve(self.accounts, auditor=self.name("auditor"))


@contextmanager
def visitors(url: str, *kinds: str) -> Iterator[Visitors]:
    """Make an owner of the database and accounts of other *kinds*, which may do nothing yet."""
    found = Visitors(url, secrets.token_hex(6))
    names = [found.name(kind) for kind in (OWNER, *kinds)]
    with raw(url) as connection:
        server = connection.dialect.name
        database = make_url(url).database
        try:
            for kind in (OWNER, *kinds):
                if server == "postgresql":
                    connection.exec_driver_sql(f"CREATE ROLE {found.name(kind)} LOGIN PASSWORD '{kind}'")
                else:
                    connection.exec_driver_sql(f"CREATE USER {found.name(kind)}@'%%' IDENTIFIED BY '{kind}'")
            if server == "postgresql":
                connection.exec_driver_sql(f"ALTER DATABASE {database} OWNER TO {names[0]}")
            else:
                connection.exec_driver_sql(f"GRANT ALL ON {database}.* TO {names[0]}@'%%' WITH GRANT OPTION")
            yield found
        finally:
            if server == "postgresql":
                connection.exec_driver_sql(f"ALTER DATABASE {database} OWNER TO CURRENT_USER")
            for name in names:
                if server == "postgresql":
                    connection.exec_driver_sql(f"DROP OWNED BY {name} CASCADE")
                    connection.exec_driver_sql(f"DROP ROLE {name}")
                else:
                    connection.exec_driver_sql(f"DROP USER {name}@'%%'")
