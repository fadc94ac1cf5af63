"""What every test may ask for: databases of each kind, the real logs, and Hypothesis profiles."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, settings
from sqlalchemy.engine import make_url

from servers import (
    Cluster,
    KeptPostgresql,
    fresh_mariadb,
    in_ci,
    missing,
    reachable_mariadb,
    reachable_postgresql,
    remove_leftovers,
)

ROOT = Path(__file__).parent.parent
MATRIX_VARIABLE = "RESPOND_MATRIX"
"""Set to 1, all ways of appending and all real logs run on all databases; otherwise each runs on one."""
CLUSTER = pytest.StashKey[Cluster]()

# MariaDB's driver reads all authorities that the machine trusts whenever it connects; no test needs any.
os.environ["SSL_CERT_FILE"] = str(ROOT / "tests" / "nobody.pem")

# CI repeats the same examples, so that what it says holds again; developers' runs look for new ones.
settings.register_profile("dev", deadline=None)
settings.register_profile(
    "ci",
    deadline=None,
    derandomize=True,
    print_blob=True,
    phases=[phase for phase in Phase if phase is not Phase.explain],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if in_ci() else "dev"))


def pytest_configure(config: pytest.Config) -> None:
    """Plan one PostgreSQL server for the whole run; the first test that needs it starts it."""
    if hasattr(config, "workerinput"):
        config.stash[CLUSTER] = Cluster(Path(config.workerinput["postgresql"]))
    else:
        remove_leftovers()
        config.stash[CLUSTER] = Cluster.planned()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the tests marked `matrix`, what is shown already on one more database each, to `make test-matrix`."""
    if os.environ.get(MATRIX_VARIABLE) != "1":
        left = [item for item in items if item.get_closest_marker("matrix")]
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if not item.get_closest_marker("matrix")]


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a pytest-xdist worker where the server is."""
    node.workerinput["postgresql"] = str(node.config.stash[CLUSTER].folder)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server; workers have ended by now."""
    if not hasattr(config, "workerinput"):
        config.stash[CLUSTER].remove()


@pytest.fixture(scope="session")
def postgresql_server(request: pytest.FixtureRequest) -> str:
    """Return the URL of a PostgreSQL server's maintenance database."""
    return reachable_postgresql(request.config.stash[CLUSTER])


@pytest.fixture(scope="session")
def kept_postgresql(postgresql_server: str) -> Iterator[KeptPostgresql]:
    """Yield the database that `postgresql_url` lends."""
    kept = KeptPostgresql(make_url(postgresql_server))
    yield kept
    kept.drop()


@pytest.fixture
def postgresql_url(kept_postgresql: KeptPostgresql) -> Iterator[str]:
    """Yield the URL of an empty PostgreSQL database."""
    with kept_postgresql.lent() as url:
        yield url


@pytest.fixture(scope="session")
def mariadb_server() -> str:
    """Return the URL of a MariaDB server."""
    return reachable_mariadb()


@pytest.fixture
def mariadb_url(mariadb_server: str) -> Iterator[str]:
    """Yield the URL of an empty MariaDB database."""
    with fresh_mariadb(mariadb_server) as url:
        yield url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """Return the URL of a SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'respond.db'}"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of the real logs, beside the project."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        missing(f"no real logs: {os.path.relpath(folder, ROOT)} is not there")
    return folder
