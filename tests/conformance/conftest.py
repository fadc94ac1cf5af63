"""Each test gets an empty log whose tables are there already: making them takes longer than most tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from forks import ensure_running
from respond.store.sql.installation import create
from servers import fresh_mariadb, fresh_postgresql
from sql_logs import clear


@pytest.fixture(scope="session", autouse=True)
def _forks() -> None:
    """Let the processes of the suite begin with everything imported."""
    ensure_running()


@pytest.fixture(scope="session")
def postgresql_log(postgresql_server: str) -> Iterator[str]:
    """Yield the URL of the log that `postgresql_url` lends."""
    with fresh_postgresql(postgresql_server) as url:
        create(url)
        yield url


@pytest.fixture
def postgresql_url(postgresql_log: str) -> Iterator[str]:
    """Yield the URL of an empty log in PostgreSQL."""
    yield postgresql_log
    clear(postgresql_log)


@pytest.fixture(scope="session")
def mariadb_log(mariadb_server: str) -> Iterator[str]:
    """Yield the URL of the log that `mariadb_url` lends."""
    with fresh_mariadb(mariadb_server) as url:
        create(url)
        yield url


@pytest.fixture
def mariadb_url(mariadb_log: str) -> Iterator[str]:
    """Yield the URL of an empty log in MariaDB."""
    yield mariadb_log
    clear(mariadb_log)
