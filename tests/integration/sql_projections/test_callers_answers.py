"""Questions within the caller's own transaction: from tables that are up to date there, else from all that it sees."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine as HostEngine
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from engines import REPORTED, responding
from projecting import SHIPPED, live, opened
from respond.domain.streams import StreamId
from respond.engine import folded
from respond.engine.async_engine import AsyncEngine
from respond.engine.engine import Engine
from respond.errors import InvalidInput
from respond.store.records import Write
from respond.store.sql import engine_for
from respond.testing.conformance.samples import ManualClock, events

on_servers = pytest.mark.parametrize("url", ["postgresql", "mariadb"], indirect=True)
"""SQLite keeps every other writer out as soon as the log joins the transaction."""


@pytest.fixture
def host(url: str) -> Iterator[HostEngine]:
    """Yield a host's own engine."""
    host = engine_for(url)
    if host.dialect.name != "sqlite":
        host = create_engine(host.url, isolation_level="READ COMMITTED")
    yield host
    host.dispose()


@contextmanager
def no_fold() -> Iterator[None]:
    """Let whoever folds in memory fail."""

    def refuse(*_: Any) -> None:
        raise AssertionError("it was folded in memory")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(folded.Folded, "take", refuse)
        yield


def answers(engine: Engine) -> tuple[Any, ...]:
    """Return what an engine answers over all incidents."""
    return (
        engine.incidents(),
        engine.incidents(text="shops", state="responding"),
        engine.board(),
        engine.statistics(),
        engine.incident("R-1").id,
    )


@pytest.mark.parametrize("projections", ["inline", "catch_up"])
def test_tables_answer_until_something_waits(url: str, host: HostEngine, projections: str) -> None:
    """Before the first command of a block tables answer as outside, drills beside them or not; then memory must."""
    with opened(url, ManualClock(), projections=projections) as engine:
        engine.projections.build_missing()
        responding(engine, reference="R-1")
        before = answers(engine)
        engine.store.append(Write(StreamId.of("incident", "played", "drill"), events("played")))
        with host.connect() as connection:
            connection.begin()
            with engine.transaction(connection) as joined, no_fold():
                assert answers(joined) == before
                joined.report(**REPORTED)
                with pytest.raises(AssertionError, match="folded in memory"):
                    joined.incidents()
            connection.rollback()


@pytest.mark.parametrize("projections", ["memory", "inline", "catch_up"])
def test_what_waits_is_in_the_answers(url: str, host: HostEngine, projections: str) -> None:
    """Each command of a block is in the answers that follow it, from the first event of a log on."""
    with opened(url, ManualClock(), projections=projections) as engine:
        with host.begin() as connection, engine.transaction(connection) as joined:
            for count in range(1, 4):
                incident = responding(joined, reference=f"R-{count}")
                assert len(joined.incidents(state="responding").rows) == joined.statistics().incidents == count
                assert joined.incident(f"R-{count}").id == incident.id
            within = answers(joined)
        assert answers(engine) == within


def test_what_the_transaction_has_written_is_in_its_tables(url: str, host: HostEngine) -> None:
    """After a block has ended, the next one in the same transaction reads what is not committed from the tables."""
    with opened(url, ManualClock(), projections="inline") as engine:
        with host.connect() as connection:
            connection.begin()
            with engine.transaction(connection) as joined:
                responding(joined, reference="R-1")
            with engine.transaction(connection) as joined, no_fold():
                assert joined.statistics().incidents == 1
                assert joined.incident("R-1").state().reference == "R-1"
            connection.rollback()
        assert engine.statistics().incidents == 0


def test_tables_that_are_behind_are_left_alone(url: str, host: HostEngine) -> None:
    """A question within a transaction brings no table up to date: it folds, and holds back nobody."""
    with opened(url, ManualClock(), projections="catch_up") as engine:
        engine.projections.build_missing()
        engine.report(**REPORTED)
        with host.begin() as connection, engine.transaction(connection) as joined:
            assert (len(joined.incidents().rows), joined.statistics().incidents) == (1, 1)
        assert [live(engine.store, kind).position for kind in SHIPPED] == [0, 0]


@on_servers
@pytest.mark.parametrize("projections", ["memory", "inline"])
def test_what_others_append_meanwhile(url: str, host: HostEngine, projections: str) -> None:
    """What others commit while something waits is in the answers once, as what waits is; the numbers move on."""
    with opened(url, ManualClock(), projections=projections) as engine:
        with host.begin() as connection, engine.transaction(connection) as joined:
            for count in range(1, 4):
                mine = joined.report(**REPORTED)
                other = engine.report(**REPORTED)
                assert len(joined.incidents().rows) == joined.statistics().incidents == 2 * count
                other.note("Looked at", actor="chen.yu")
                ids = [row.id for row in joined.incidents().rows]
                assert len(set(ids)) == len(ids) == 2 * count
                assert {mine.id, other.id} <= set(ids)
            within = joined.incidents()
        assert engine.incidents() == within


def test_projections_are_run_outside(url: str, host: HostEngine) -> None:
    """Who asks for the projections of an engine in a transaction is told to ask the engine that lent it."""
    with opened(url, ManualClock(), projections="inline") as engine:
        refused = pytest.raises(InvalidInput, match="ask the one that lent it")
        with host.begin() as connection, engine.transaction(connection) as joined, refused:
            joined.projections  # noqa: B018 - it is the question
        assert "listing" in engine.projections.names


def test_tasks_are_answered_alike(url: str) -> None:
    """In a transaction of a host for asyncio tables answer, and memory what waits."""
    drivers = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg", "mariadb": "mariadb+aiomysql"}
    made = make_url(url)

    async def run() -> None:
        host = create_async_engine(
            made.set(drivername=drivers[made.get_backend_name()]),
            **({} if url.startswith("sqlite") else {"isolation_level": "READ COMMITTED"}),
        )
        async with await AsyncEngine.open(host, clock=ManualClock(), projections="inline") as engine:
            await engine.report(**REPORTED)
            async with host.begin() as connection, engine.transaction(connection) as joined:
                with no_fold():
                    assert (await joined.statistics()).incidents == 1
                await joined.report(**REPORTED)
                assert (await joined.statistics()).incidents == 2
            with no_fold():
                assert (await engine.statistics()).incidents == 2
        await host.dispose()

    asyncio.run(run())
