"""A host's own engines and transactions for asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, select
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine as HostEngine
from sqlalchemy.ext.asyncio import create_async_engine

from engines import REPORTED
from respond.engine.async_engine import AsyncEngine
from respond.errors import HeadHeld, InvalidInput, VersionConflict
from respond.store.async_event_store import AsyncEventStore
from respond.store.records import Write
from respond.testing.conformance.samples import ONE, ManualClock, events

ORDERS = Table("orders", MetaData(), Column("id", Integer, primary_key=True), Column("incident", String(64)))
"""A table of the host's own."""
PATIENCE_SECONDS = 30


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def host_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL by which a host makes its own engine, of each kind of database in turn."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'host.db'}"
    url = make_url(request.getfixturevalue(f"{request.param}_url"))
    driver = {"postgresql": "postgresql+psycopg", "mariadb": "mariadb+aiomysql"}[request.param]
    return url.set(drivername=driver).render_as_string(hide_password=False)


@asynccontextmanager
async def hosted(url: str) -> AsyncIterator[tuple[HostEngine, AsyncEngine]]:
    """Lend a host's engine, with its table, and an engine of ours on it."""
    level = {} if url.startswith("sqlite") else {"isolation_level": "READ COMMITTED"}
    host = create_async_engine(url, **level)
    async with await AsyncEngine.open(host, clock=ManualClock()) as engine:
        async with host.begin() as connection:
            await connection.run_sync(ORDERS.create)
        yield host, engine
    await host.dispose()


def during(url: str, work: Callable[[HostEngine, AsyncEngine], Awaitable[None]]) -> None:
    """Await *work* with both engines; give up on what waits for ever."""

    async def run() -> None:
        async with asyncio.timeout(PATIENCE_SECONDS), hosted(url) as (host, engine):
            await work(host, engine)

    asyncio.run(run())


async def orders(host: HostEngine) -> list[Any]:
    """Return the rows of the host's table."""
    async with host.connect() as connection:
        return list(await connection.execute(select(ORDERS.c.id, ORDERS.c.incident)))


def test_both_or_neither(host_url: str) -> None:
    """A row of the host and the events of a command are there together, or not at all."""

    async def work(host: HostEngine, engine: AsyncEngine) -> None:
        async with host.begin() as connection:
            await connection.execute(ORDERS.insert().values(id=1, incident=engine.incident_id("order 1")))
            async with engine.transaction(connection) as joined:
                incident = await joined.report(**REPORTED, command_id="order 1")
                await incident.note("Ordered", actor="chen.yu")
                assert len(await incident.events()) == 2
        async with host.connect() as connection:
            transaction = await connection.begin()
            await connection.execute(ORDERS.insert().values(id=2))
            async with engine.transaction(connection) as joined:
                await joined.report(**REPORTED, command_id="order 2")
            await transaction.rollback()
        assert await orders(host) == [(1, engine.incident_id("order 1"))]
        assert [event.type async for event in engine.log()] == ["IncidentReported", "ProgressNoted"]
        assert (await engine.store.head()).position == 2

    during(host_url, work)


@pytest.mark.parametrize("host_url", ["postgresql", "mariadb"], indirect=True)  # a file has one writer
def test_overtaken(host_url: str) -> None:
    """A command in the host's transaction that was overtaken is refused at its end, and the host rolls back."""

    async def work(host: HostEngine, engine: AsyncEngine) -> None:
        incident = await engine.report(**REPORTED)
        async with host.connect() as connection:
            transaction = await connection.begin()
            lent = engine.transaction(connection)
            joined = await lent.__aenter__()
            await (await joined.incident(incident.id)).note("Slower")
            await incident.note("Faster")
            with pytest.raises(VersionConflict):
                await lent.__aexit__(None, None, None)
            await transaction.rollback()
        assert [event.data.text for event in (await incident.events())[1:]] == ["Faster"]

    during(host_url, work)


def test_head_is_held(host_url: str) -> None:
    """Who has appended in an open transaction is told not to append beside it, and does not wait for itself."""

    async def work(host: HostEngine, engine: AsyncEngine) -> None:
        async with host.begin() as connection:
            async with engine.transaction(connection) as joined:
                await joined.report(**REPORTED)
            with pytest.raises(HeadHeld):
                await engine.report(**REPORTED)
        await engine.report(**REPORTED)
        assert (await engine.store.head()).position == 2

    during(host_url, work)


def test_pool_of_the_host(host_url: str) -> None:
    """A store on the host's engine takes none of its connections, and leaves its pool open."""

    async def run() -> None:
        host = create_async_engine(host_url)
        async with await AsyncEventStore.open(host, clock=ManualClock()) as store:
            await store.append(Write(ONE, events(1)))
            assert host.pool.checkedout() == 0
            async with host.connect() as connection:
                assert (await connection.exec_driver_sql("SELECT count(*) FROM respond_events")).scalar() == 1
        async with host.connect() as connection:
            assert (await connection.exec_driver_sql("SELECT 1")).scalar() == 1
        await host.dispose()

    asyncio.run(run())


def test_tables_of_the_host(host_url: str) -> None:
    """What is `run` may use the store's own transactions, with SQLAlchemy's plain connections."""

    async def work(host: HostEngine, engine: AsyncEngine) -> None:
        inner = engine.store.inner

        def write() -> list[Any]:
            with inner.transaction() as connection:
                connection.execute(ORDERS.insert().values(id=1, incident="a"))
            with inner.reading() as connection:
                return list(connection.execute(select(ORDERS.c.incident)))

        assert await engine.run(write) == [("a",)]

    during(host_url, work)


def test_projected_inline(host_url: str) -> None:
    """Read models in tables are brought up to date within the appends of tasks, and waiting for them keeps none up."""

    async def run() -> None:
        host = create_async_engine(host_url)
        async with await AsyncEngine.open(host, clock=ManualClock(), projections="inline") as engine:
            incidents = await asyncio.gather(*(engine.report(**REPORTED) for _ in range(5)))
            await engine.projections.wait_for((await engine.store.head()).position)
            page = await engine.incidents()
            assert {row.id for row in page.rows} == {incident.id for incident in incidents}
            assert (await engine.statistics()).incidents == 5
        await host.dispose()

    asyncio.run(run())


def test_in_memory_of_the_host() -> None:
    """A host's engine in memory is refused: its one connection cannot be shared with the host's transactions."""

    async def run() -> None:
        host = create_async_engine("sqlite+aiosqlite://")
        with pytest.raises(InvalidInput, match="sqlite://"):
            await AsyncEventStore.open(host, clock=ManualClock())
        await host.dispose()

    asyncio.run(run())


def test_a_file_by_its_url(sqlite_url: str, tmp_path: Path) -> None:
    """A file that was opened by its URL cannot join a host's transaction, and says what can."""

    async def run() -> None:
        host = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'other.db'}")
        async with await AsyncEngine.open(sqlite_url, clock=ManualClock()) as engine, host.begin() as connection:
            with pytest.raises(InvalidInput, match="open it with the AsyncEngine"):
                async with engine.transaction(connection):
                    pass
        await host.dispose()

    asyncio.run(run())
