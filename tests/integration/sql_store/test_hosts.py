"""The host's engines, metadata and databases in memory."""

from __future__ import annotations

import pytest
from sqlalchemy import MetaData, create_engine, text
from sqlalchemy.pool import StaticPool

from respond.errors import (
    InvalidInput,
)
from respond.store.records import Write
from respond.store.sql import create, engine_for, tables
from respond.testing.conformance.samples import ONE, TWO, events, ids, ids_of
from sql_logs import opened


def test_engine_of_the_host(url: str) -> None:
    """A store on the host's engine leaves its connections as they were, and its pool open."""
    create(url)
    engine = engine_for(url)
    try:
        with opened(engine) as store:
            store.append(Write(ONE, events(1)))
            assert engine.pool.checkedout() == 0
        with engine.connect() as connection:
            assert connection.execute(tables().events.select()).all() != []
            if engine.dialect.name == "postgresql":
                assert connection.execute(text("SHOW lock_timeout")).scalar() == "0"
                assert connection.execute(text("SHOW enable_seqscan")).scalar() == "on"
    finally:
        engine.dispose()


def test_metadata_of_the_host() -> None:
    """The tables join the host's metadata under their prefix."""
    metadata = MetaData()
    tables("drill_", "ops", metadata)
    names = ("log", "head", "events", "manifest", "checkpoints", "dead_letters", "snapshots")
    assert set(metadata.tables) == {f"ops.drill_{name}" for name in names}


def test_memory_shared() -> None:
    """Stores on one engine in memory share the log; each URL is a log of its own."""
    engine = engine_for("sqlite://")
    with opened(engine) as one, opened(engine) as two, opened("sqlite://") as other:
        one.append(Write(ONE, events(1)))
        assert (ids(two.read_stream(ONE)), other.read_all()) == (ids_of(1), [])


def test_memory_of_many_connections() -> None:
    """An engine in memory that gives each thread its own database is refused."""
    engine = create_engine("sqlite://")
    with pytest.raises(InvalidInput, match="StaticPool"):
        opened(engine)
    engine.dispose()


def test_static_pool_of_the_host() -> None:
    """A host's engine in memory with one connection is taken as it is."""
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    with opened(engine) as store:
        assert store.append(Write(ONE, events(1)), Write(TWO, events(2))).last == 2
    engine.dispose()
