"""What bounds the wait for a server that is silent: given to each connection of ours, unless the URL has it."""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import closing
from typing import Any

import pytest

from proxy import proxied
from respond.store.async_event_store import AsyncEventStore
from respond.store.sql.engines import bounds, parsed
from respond.testing.conformance.samples import ManualClock
from sql_logs import opened


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
