"""What the fault tests share: how they tell what they tried."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import perf_counter

import pytest

from fault_sizes import tell
from own_servers import own_mariadb, own_postgresql
from servers import fresh_postgresql


@pytest.fixture
def told(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Return a function that keeps what a test tried, for the table of a full run."""
    started = perf_counter()

    def keep(fault: str, *, case: str, rounds: int, **counted: int) -> None:
        tell(fault, test=request.node.nodeid, case=case, rounds=rounds, seconds=perf_counter() - started, **counted)

    return keep


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """Yield the URL of a server of our own: what is done to it is done to nobody else."""
    with own_postgresql() as server:
        yield server.cluster.url


@pytest.fixture
def postgresql_url(postgresql_server: str) -> Iterator[str]:
    """Yield the URL of an empty database there."""
    with fresh_postgresql(postgresql_server) as url:
        yield url


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[str]:
    """Yield the URL of a server of our own."""
    with own_mariadb() as server:
        yield server.url
