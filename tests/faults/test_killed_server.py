"""A server is killed while it is written to, and started again."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from sqlalchemy import text

from fault_sizes import size_of
from load import NOT_YET, Load, under_load
from own_servers import OWN, OwnServer
from sql_logs import opened, raw

pytestmark = pytest.mark.filterwarnings(NOT_YET)

ATTEMPTS = 10
"""How often the control is killed at most, until it has lost something."""
WEAK = {
    "postgresql": ("ALTER SYSTEM SET synchronous_commit = off", "SELECT pg_reload_conf()"),
    "mariadb": ("SET GLOBAL innodb_flush_log_at_trx_commit = 0",),
}
"""What lets a server acknowledge a commit that is still in its memory."""


@pytest.fixture(params=OWN)
def server(request: pytest.FixtureRequest) -> Iterator[tuple[str, OwnServer]]:
    """Yield a server of our own, and what it is."""
    with OWN[request.param]() as own:
        yield request.param, own


def killed(server: OwnServer, url: str, rounds: int, *, begin: Callable[[], None] = lambda: None) -> Load:
    """Kill the server again and again under four writers, two of them on one store; return what they were told."""
    moments = random.Random(url.partition(":")[0])
    with ExitStack() as stack:
        one, two, three = (stack.enter_context(opened(url)) for _ in range(3))
        begin()
        with under_load([one, one, two, three]) as load:
            for _ in range(rounds):
                load.wait_for(moments.randint(10, 60))
                load.up.clear()
                server.kill()
                server.start()
                load.up.set()
            load.wait_for(1)
    return load


def test_nothing_acknowledged_is_lost(server, told):
    """A server that is killed under load loses nothing that it acknowledged, leaves no gap, and writers go on."""
    name, own = server
    with own.fresh() as url:
        load = killed(own, url, size_of("killed-server"))
        with opened(url) as store:
            found = load.ledger.faults(store)
    assert not found, f"{len(found)} faults, the first of them: {'; '.join(found[:5])}"
    acknowledged = len(load.ledger.acknowledged)
    told("killed-server", case=name, rounds=size_of("killed-server"), acknowledged=acknowledged, outages=load.outages)


def test_control(server):
    """A server that acknowledges what only its memory holds loses some of it."""
    name, own = server

    def weaken() -> None:
        with raw(url) as connection:
            for statement in WEAK[name]:
                connection.execute(text(statement))

    with own.fresh() as url:
        for _ in range(ATTEMPTS):
            load = killed(own, url, 1, begin=weaken)
            with opened(url) as store:
                if found := load.ledger.faults(store):
                    break
    assert "lost" in {fault.partition(":")[0] for fault in found}
