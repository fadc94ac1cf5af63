"""Fresh databases for both sides, and the settings that decide what a commit costs."""

from __future__ import annotations

import contextlib
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url

from respond.store.sql import SqlEventStore

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT / "tests"))

from servers import (  # noqa: E402 - tests are no package
    POSTGRESQL_VARIABLE,
    Cluster,
    fresh_postgresql,
    reachable_postgresql,
    remove_leftovers,
)

PACKAGES = ("respond-engine", "eventsourcing", "SQLAlchemy", "psycopg", "attrs", "cattrs", "orjson", "transitions")


@contextlib.contextmanager
def postgresql_server() -> Iterator[str]:
    """Yield the URL of the server that the environment names, else of one that is started for this run."""
    remove_leftovers()
    cluster = Cluster.planned()
    try:
        yield reachable_postgresql(cluster)
    finally:
        cluster.remove()


@contextlib.contextmanager
def two_postgresql(server: str) -> Iterator[tuple[str, str]]:
    """Yield the URLs of two empty databases of one server."""
    with fresh_postgresql(server) as ours, fresh_postgresql(server) as theirs:
        yield ours, theirs


def settings() -> list[str]:
    """Return the versions, the machine and the commit that the figures belong to."""
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    machine = f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    load = os.getloadavg()[0]
    asked = ["git", "-C", str(ROOT), "describe", "--always", "--dirty"]
    commit = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
    return [f"{machine}, load {load:.1f} at the start", packages, f"commit {commit or 'unknown'}"]


def sqlite_settings(store: SqlEventStore, theirs: object) -> str:
    """Return journal mode, durability and library of both sides on SQLite."""
    with store.transaction() as connection:  # what counts is the connection that writes
        ours = _sqlite_words(connection.connection.cursor())
    with theirs.factory.datastore.transaction(commit=False) as cursor:  # type: ignore[attr-defined]
        return f"SQLite: ours {ours}; peer {_sqlite_words(cursor)}"


def postgresql_settings(url: str) -> str:
    """Return the version of the server and what it does at a commit."""
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain) as connection:
        names = ("server_version", "fsync", "synchronous_commit", "full_page_writes")
        found = [f"{name} {connection.execute(f'SHOW {name}').fetchone()[0]}" for name in names]  # type: ignore[index]
    where = "named by the environment" if os.environ.get(POSTGRESQL_VARIABLE) else "from a wheel"
    return f"PostgreSQL {where}: {', '.join(found)}"


def _sqlite_words(cursor: object) -> str:
    def ask(question: str) -> object:
        cursor.execute(question)  # type: ignore[attr-defined]
        return next(iter(cursor.fetchone()))  # type: ignore[attr-defined]

    modes = {0: "OFF", 1: "NORMAL", 2: "FULL", 3: "EXTRA"}
    synchronous = modes[int(str(ask("PRAGMA synchronous")))]
    return f"{ask('SELECT sqlite_version()')} {ask('PRAGMA journal_mode')} synchronous {synchronous}"
