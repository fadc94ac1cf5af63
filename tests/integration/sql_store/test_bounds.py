"""What bounds the wait for a server that is silent: given to each connection of ours, unless the URL has it."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import URL, make_url

from proxy import proxied
from respond.errors import StoreUnavailable
from respond.store.async_event_store import AsyncEventStore
from respond.store.sql import mariadb_drivers
from respond.store.sql.engines import ANSWER_SECONDS, bounds, parsed
from respond.testing.conformance.samples import ManualClock
from sql_logs import opened

PATIENCE_SECONDS = 30
NOBODY = Path(__file__).parent.parent.parent / "nobody.pem"


def line_of(store: Any) -> socket.socket:
    """Return the socket of a connection of *store*, once more."""
    with store.reading() as connection:
        own = connection.connection.driver_connection
        if hasattr(own, "pgconn"):
            number = own.pgconn.socket
        else:
            number = (own._writer.get_extra_info("socket") if hasattr(own, "_writer") else own._sock).fileno()
        return socket.socket(fileno=os.dup(number))


def bounds_of(store: Any) -> tuple[int, ...]:
    """Return after how many seconds a line is probed, how often, how many times, and when it counts as lost."""
    with closing(line_of(store)) as line:
        names = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT, socket.TCP_USER_TIMEOUT)
        assert line.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        return tuple(line.getsockopt(socket.IPPROTO_TCP, name) for name in names)


def test_connections_of_ours(server_url: str) -> None:
    """Each connection that a store makes from a URL is given up when the line was dead for half a minute."""
    with proxied(server_url) as (behind, _), opened(behind, create=True) as store:
        assert bounds_of(store) == (10, 5, 4, 30_000)


def test_connections_of_tasks(server_url: str) -> None:
    """The same through the drivers that await."""

    async def asked(url: str) -> tuple[int, ...]:
        async with await AsyncEventStore.open(url, clock=ManualClock(), create=True) as store:
            return await store.bridge.run(bounds_of, store.inner)

    with proxied(server_url) as (behind, _):
        assert asyncio.run(asked(behind)) == (10, 5, 4, 30_000)


def test_the_url_says_otherwise(postgresql_url: str) -> None:
    """What stands in the URL counts."""
    with proxied(postgresql_url) as (behind, _):
        asked = "tcp_user_timeout=7000&keepalives_idle=3&keepalives_interval=2&keepalives_count=1"
        with opened(f"{behind}&{asked}", create=True) as store:
            assert bounds_of(store) == (3, 2, 1, 7000)


@pytest.mark.parametrize("name", ["connect_timeout", "read_timeout", "write_timeout"])
def test_options_of_pymysql(name: str) -> None:
    """PyMySQL is told how long to wait for an answer, unless the URL tells it."""
    assert bounds(parsed("mariadb://root@host/log"))[name] >= 10
    assert name not in bounds(parsed(f"mariadb://root@host/log?{name}=7"))


def opened_for_tasks(url: str) -> None:
    """Open a store as a task does."""
    asyncio.run(AsyncEventStore.open(url, clock=ManualClock()))


@pytest.fixture
def mute() -> Iterator[socket.socket]:
    """Yield a listener that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


@pytest.mark.parametrize("opening", [opened, opened_for_tasks])
def test_a_server_that_lets_nobody_in(mute: socket.socket, opening: Callable[[str], object]) -> None:
    """Who is not let in within the bound is told that the store cannot be reached, and has hung up."""
    with pytest.raises(StoreUnavailable):
        opening(f"mariadb://root@127.0.0.1:{mute.getsockname()[1]}/log?connect_timeout=1")
    heard, _ = mute.accept()
    with heard:
        heard.settimeout(PATIENCE_SECONDS)
        assert heard.recv(1) == b""


def test_the_bound_of_the_login_ends_with_it(mariadb_url: str) -> None:
    """The statements that follow have the bound of answers."""
    with (
        opened(make_url(mariadb_url).update_query_dict({"connect_timeout": "1"})) as store,
        store.reading() as connection,
    ):
        assert connection.connection.driver_connection._read_timeout == ANSWER_SECONDS


def test_one_url_for_both_drivers(mariadb_url: str) -> None:
    """What a URL tells PyMySQL of answers, aiomysql lets pass: a program may give both the same one."""

    async def head(url: URL) -> int:
        async with await AsyncEventStore.open(url, clock=ManualClock()) as store:
            return (await store.head()).position

    url = make_url(mariadb_url).update_query_dict({"read_timeout": "70", "write_timeout": "70"})
    with opened(url) as store:
        assert store.head().position == asyncio.run(head(url)) == 0


def test_certificates_are_read_once(mariadb_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections that look at no certificate share what they would look with; one that does reads them anew."""
    made = []
    making = ssl.create_default_context
    monkeypatch.setattr("ssl.create_default_context", lambda **asked: made.append(asked) or making(**asked))
    mariadb_drivers._mended.cache_clear()
    with opened(mariadb_url) as store, ExitStack() as lent:
        for _ in range(3):
            lent.enter_context(store.reading())
    assert len(made) <= 1
    asked = make_url(mariadb_url).update_query_dict({"ssl_ca": str(NOBODY)})
    made.clear()
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            opened(asked)
    assert [one["cafile"] for one in made] == [str(NOBODY)] * 2
