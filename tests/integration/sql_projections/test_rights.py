"""Accounts that may only append, or only read: who makes the tables of a projection, and who may use them then."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import attrs
import pytest
from sqlalchemy.exc import DBAPIError

from accounts import OWNER, Visitors, visitors
from engines import REPORTED
from projecting import live, opened, wrong
from respond.errors import StoreReadOnly
from respond.projections.sql import Build, TableListing, TableStatistics, builds
from respond.store.sql import create
from respond.store.sql.roles import apply_recipe
from respond.testing.conformance.samples import ManualClock
from sql_logs import raw


@pytest.fixture
def clock() -> ManualClock:
    """Return a clock that stands still until it is moved."""
    return ManualClock()


@pytest.fixture
def people(server_url: str) -> Iterator[Visitors]:
    """Return the accounts of a log that was granted to a writer and a reader, and has no projections yet."""
    with visitors(server_url, "writer", "reader") as found:
        create(found.at(OWNER))
        apply_recipe(found.at(OWNER), found.accounts)
        yield found


def test_the_writer_is_told_who_builds_what_is_missing(people, clock):
    """Who may make no tables learns which are missing and what the owner runs, and leaves nothing begun behind."""
    with pytest.raises(StoreReadOnly, match=r"make no tables.*owner.*`respond projection rebuild listing`"):
        opened(people.at("writer"), clock, projections="inline").__enter__()
    with raw(people.at("reader")) as connection:
        assert connection.exec_driver_sql("SELECT name FROM respond_checkpoints").all() == []
    with opened(people.at(OWNER), clock) as owned:
        owned.projections.build_missing()
    with opened(people.at("writer"), clock, projections="inline") as engine:
        engine.report(**REPORTED)
        assert [live(engine.store, kind).position for kind in (TableListing, TableStatistics)] == [1, 1]
        assert [wrong(engine.store, kind) for kind in (TableListing, TableStatistics)] == [[], []]


def rebuilt_by_the_owner(people, clock):
    """Let the owner rebuild the list while the writer keeps it; return the build that answers, and how it is."""
    with opened(people.at(OWNER), clock, seed=1) as owned:
        owned.projections.build_missing()
        with opened(people.at("writer"), clock, projections="inline") as engine:
            told = []

            def progress(step):
                told.append(step)
                if len(told) < 4:
                    engine.report(**REPORTED)

            engine.report(**REPORTED)
            owned.projections.rebuild("listing", progress=progress)
            engine.report(**REPORTED)
            found = live(engine.store, TableListing)
            return str(Build.of(found.version)), engine.store.head().position - found.position, found.error


def test_the_writer_keeps_the_tables_through_a_rebuild_by_the_owner(people, clock):
    """What the owner has built anew is the writer's to keep from the first append on, and the reader's to read."""
    assert rebuilt_by_the_owner(people, clock) == ("1.2", 0, None)
    with opened(people.at("reader"), clock, projections="catch_up") as engine:
        assert wrong(engine.store, TableListing) == []
        with engine.projections.listing() as answers:
            assert len(answers.page().rows) == len(engine.reader.incidents().rows) >= 3
    with pytest.raises(DBAPIError, match=r"denied"), raw(people.at("reader")) as connection:
        connection.exec_driver_sql("DELETE FROM respond_listing_v1_2")


def test_without_rights_on_the_new_tables_the_writer_falls_behind(people, clock, monkeypatch):
    """The control: where the new tables are given to nobody, the writer cannot take its next event on."""
    monkeypatch.setattr(builds, "share", lambda *_, **__: None)
    with opened(people.at(OWNER), clock) as owned:
        owned.projections.build_missing()
    apply_recipe(people.at(OWNER), people.accounts)
    build, behind, error = rebuilt_by_the_owner(people, clock)
    assert (build, behind) == ("1.2", 1)
    assert "denied" in error


def test_every_account_that_was_granted_to_keeps_its_rights(server_url, clock):
    """Accounts of several recipes are granted to, and one that is gone is neither missed nor made again."""
    with visitors(server_url, "writer", "reader", "another") as people, raw(server_url) as connection:
        owner, gone = people.at(OWNER), people.name("gone")
        create(owner)
        on_postgresql = connection.dialect.name == "postgresql"
        connection.exec_driver_sql(f"CREATE ROLE {gone}" if on_postgresql else f"CREATE USER {gone}@'%%'")
        for writer in (people.name("writer"), people.name("another"), gone):
            apply_recipe(owner, attrs.evolve(people.accounts, writer=writer))
        if on_postgresql:
            connection.exec_driver_sql(f"DROP OWNED BY {gone}")
        connection.exec_driver_sql(f"DROP ROLE {gone}" if on_postgresql else f"DROP USER {gone}@'%%'")
        with opened(owner, clock) as owned:
            owned.projections.build_missing()
        for seed, kind in enumerate(("writer", "another")):
            with opened(people.at(kind), clock, projections="inline", seed=seed) as engine:
                engine.report(**REPORTED)
                assert live(engine.store, TableListing).error is None
        known = "rolname FROM pg_roles" if on_postgresql else "user FROM mysql.user"
        assert gone not in connection.exec_driver_sql(f"SELECT {known}").scalars().all()


def test_tenants_stay_apart_in_tables_that_are_new(postgresql_url, clock):
    """Under row-level security a table that was made later shows a connection the rows of its tenant alone, too."""
    with visitors(postgresql_url, "writer", "reader", "auditor") as people:
        create(people.at(OWNER))
        apply_recipe(people.at(OWNER), people.audited, row_security=True)
        for number, tenant in enumerate(("here", "there")):
            with opened(people.at(OWNER), clock, tenant=tenant, seed=number) as owned:
                owned.projections.build_missing()
            with opened(people.at("writer"), clock, tenant=tenant, projections="inline", seed=number) as engine:
                engine.report(**REPORTED)
        seen = "SELECT DISTINCT tenant FROM respond_listing_v1_1 ORDER BY tenant"
        with raw(people.at("writer")) as connection:
            assert connection.exec_driver_sql(seen).scalars().all() == []
            connection.exec_driver_sql("SET respond.tenant = 'here'")
            assert connection.exec_driver_sql(seen).scalars().all() == ["here"]
        with raw(people.at("auditor")) as connection:
            assert connection.exec_driver_sql(seen).scalars().all() == ["here", "there"]


def test_tables_of_tenants_that_are_hidden_stay(postgresql_url, clock):
    """Who is shown one tenant drops no tables, for others may use them; who sees all of them does."""
    with visitors(postgresql_url, "writer", "reader") as people:
        create(people.at(OWNER))
        apply_recipe(people.at(OWNER), people.accounts, row_security=True)
        with ExitStack() as stack:
            here, there = (
                stack.enter_context(opened(people.at(OWNER), clock, tenant=tenant, seed=number))
                for number, tenant in enumerate(("here", "there"))
            )
            for tenant in (here, there):
                tenant.report(**REPORTED)
                tenant.projections.rebuild("listing")
            here.projections.rebuild("listing")
            here.projections.prune()
            assert wrong(there.store, TableListing) == []
            with there.projections.listing() as answers:
                assert len(answers.page().rows) == 1
