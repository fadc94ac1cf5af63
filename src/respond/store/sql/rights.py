"""Rights on tables that were made after the recipe: they are given to those who have them on what is beside the log."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from respond.store.sql.roles import noted, row_security, user
from respond.store.sql.schema import DEFAULT_PREFIX, qualified, tables

_LOGGER = logging.getLogger("respond.store")

_GRANTS = text("""
SELECT coalesce(quote_ident(rolname), 'PUBLIC'), string_agg(DISTINCT privilege_type, ', ' ORDER BY privilege_type)
FROM pg_class, aclexplode(relacl) AS granted LEFT JOIN pg_roles ON pg_roles.oid = grantee
WHERE pg_class.oid = to_regclass(:place) AND privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
  AND rolname IS DISTINCT FROM current_user
GROUP BY 1 ORDER BY 1
""")
_MINE = text("SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = to_regclass(:place)")
_ROW_SECURITY = text("SELECT relrowsecurity FROM pg_class WHERE oid = to_regclass(:place)")
_AUDITORS = text("""
SELECT quote_ident(rolname) FROM pg_policy JOIN pg_roles ON pg_roles.oid = ANY (polroles)
WHERE polrelid = to_regclass(:place) AND polname = :policy
""")
# A connection of respond has an sql_mode of its own; without this word MariaDB makes an account that is not there.
_GRANT_ON_MARIADB = (
    "SET STATEMENT sql_mode = concat(@@sql_mode, ',NO_AUTO_CREATE_USER') FOR GRANT {rights} ON {table} TO {user}"
)

_REFUSED = {1044, 1133, 1142, 1410}
"""Who is granted to is gone, or this account may not grant."""


def share(
    connection: Connection, names: Sequence[str], *, prefix: str = DEFAULT_PREFIX, schema: str | None = None
) -> None:
    """Give those who keep checkpoints, or read them, the same rights on the tables called *names*, which are new.

    Row-level security, where it is on, too.  Where nothing was granted, or the tables are not this account's, nothing
    happens.  MariaDB shows nobody what others may do: there it goes by what the recipe has noted.
    """
    match connection.dialect.name:
        case "postgresql":
            _share_on_postgresql(connection, names, prefix, schema)
        case "mariadb" | "mysql":
            _share_on_mariadb(connection, names, prefix, schema)


def _share_on_postgresql(connection: Connection, names: Sequence[str], prefix: str, schema: str | None) -> None:
    beside = tables(prefix, schema).checkpoints.name
    like = {"place": qualified(beside, schema, "postgresql")}
    mine = [
        name for name in names if connection.execute(_MINE, {"place": qualified(name, schema, "postgresql")}).scalar()
    ]
    if not mine:
        return
    places = ", ".join(qualified(name, schema, "postgresql") for name in mine)
    for grantee, rights in connection.execute(_GRANTS, like).all():
        connection.exec_driver_sql(f"GRANT {rights} ON {places} TO {grantee}".replace("%", "%%"))
    if connection.execute(_ROW_SECURITY, like).scalar():
        auditors = connection.execute(_AUDITORS, {**like, "policy": f"{beside}_auditor"}).scalars().all()
        for statement in row_security(mine, auditors, schema):
            connection.exec_driver_sql(statement.replace("%", "%%"))


def _share_on_mariadb(connection: Connection, names: Sequence[str], prefix: str, schema: str | None) -> None:
    for account, rights in noted(connection, prefix, schema).items():
        for name in names:
            table = qualified(name, schema, "mariadb")
            grant = _GRANT_ON_MARIADB.format(rights=rights, table=table, user=user(account))
            try:
                connection.exec_driver_sql(grant.replace("%", "%%"))
            except DBAPIError as error:
                if error.orig is None or error.orig.args[0] not in _REFUSED:
                    raise
                _LOGGER.warning(
                    "%s may not use %s: %s; run `respond db init --roles`", account, name, error.orig.args[1]
                )
