"""Row-level security of PostgreSQL: a connection is shown the rows of the tenant that it names."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import psycopg
import pytest
from sqlalchemy import Connection
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from accounts import OWNER, Visitors, visitors
from respond.audit.check import check
from respond.domain.streams import restricted
from respond.errors import StoreError
from respond.store.records import Write
from respond.store.sql import create
from respond.store.sql.checkpoints import Checkpoints
from respond.store.sql.roles import apply_recipe
from respond.store.sql.schema import tables
from respond.store.sql.standing import standing
from respond.testing.conformance.idempotency import Idempotency
from respond.testing.conformance.samples import ONE, START, events, ids, ids_of
from sql_logs import opened, raw
from stores import SqlStores

BUILD = "respond_things_v1_1"
KEPT = ["events", "checkpoints", "dead_letters", "snapshots", "things_v1_1"]
FORGED = """
INSERT INTO respond_events (position, recorded_at, tenant, realm, stream, version, id, type, subject, body, leaf)
SELECT 9, 0, 'there', 'real', 'incident-one', 9, gen_random_uuid(), 'x', 'x', 'x', leaf FROM respond_events LIMIT 1
"""
SNAPSHOT = "INSERT INTO respond_snapshots VALUES ('{}', 'real', 's', 1, 1, 'd', 's', 'x')"


@pytest.fixture
def people(postgresql_url: str) -> Iterator[Visitors]:
    """Return the accounts of a log of two tenants whose rows are kept apart, in every table that has a tenant."""
    with visitors(postgresql_url, "writer", "reader", "auditor") as found:
        owner, writer = found.at(OWNER), found.at("writer")
        create(owner)
        with raw(owner) as connection:
            connection.exec_driver_sql(f"CREATE TABLE {BUILD} (tenant text, n int)")
        apply_recipe(owner, found.audited, row_security=True)
        for number, tenant in enumerate(("here", "there")):
            with opened(writer, create=False, tenant=tenant) as store:
                store.append(Write(ONE, events(number, number + 10)))
                checkpoints = Checkpoints(tables(), tenant)
                with store.transaction() as connection:
                    checkpoints.create(connection, "board", 1, now=START)
                    held = checkpoints.claim(connection, "board", 1, owner="a", now=START, lease_seconds=1)
                    checkpoints.dead_letter(connection, held, store.read_all()[0], "torn", now=START)
                    connection.exec_driver_sql(SNAPSHOT.format(tenant))
                    connection.exec_driver_sql(f"INSERT INTO {BUILD} VALUES ('{tenant}', 1)")
        yield found


def tenants_seen(connection: Connection) -> dict[str, set[str]]:
    """Return whose rows each table shows."""
    return {name: set(connection.exec_driver_sql(f"SELECT tenant FROM respond_{name}").scalars()) for name in KEPT}


def showing(tenants: set[str]) -> dict[str, set[str]]:
    """Return what `tenants_seen` does when each table shows the rows of *tenants*."""
    return dict.fromkeys(KEPT, tenants)


def test_the_store_names_its_tenant(people: Visitors) -> None:
    """Each store works as ever: it reads and writes the events of its tenant, and appends go on in one order."""
    with opened(people.at("writer"), tenant="here") as here, opened(people.at("writer"), tenant="there") as there:
        assert ids(here.read_all()) == ids_of(0, 10)
        assert ids(there.read_all()) == ids_of(1, 11)
        assert here.append(Write(ONE, events(2))).first == 5
        assert there.append(Write(ONE, events(3))).first == 6
        with here.reading() as connection:
            assert tenants_seen(connection) == showing({"here"})


def test_a_callers_transaction_is_told_whose_it_is(people: Visitors) -> None:
    """Within the caller's own transaction the store names its tenant, and only until that ends."""
    with opened(people.at("writer"), tenant="here") as store, raw(people.at("writer")) as connection:
        plain = connection.execution_options(isolation_level="READ COMMITTED")
        with plain.begin(), store.in_transaction(plain) as joined:
            joined.append(Write(ONE, events(2)))
            assert tenants_seen(plain) == showing({"here"})
            joined.flush()
        assert ids(store.read_all()) == ids_of(0, 10, 2)
        assert tenants_seen(plain) == showing(set())


def test_who_names_no_tenant_sees_nothing(people: Visitors) -> None:
    """A query without a filter shows the rows of the tenant that was named; none at all when none was."""
    for kind in (OWNER, "writer", "reader"):
        with raw(people.at(kind)) as connection:
            assert tenants_seen(connection) == showing(set())
            connection.exec_driver_sql("SET respond.tenant = 'there'")
            assert tenants_seen(connection) == showing({"there"})


def test_nothing_is_written_for_another_tenant(people: Visitors) -> None:
    """A row of another tenant cannot be inserted, changed or deleted; one of the named tenant can, as the control."""
    with raw(people.at("writer")) as connection:
        for tenant, allowed in (("here", True), ("there", False)):
            connection.exec_driver_sql("SET respond.tenant = 'here'")
            for statement in (f"INSERT INTO {BUILD} VALUES ('{tenant}', 2)", SNAPSHOT.format(tenant)):
                if allowed:
                    connection.exec_driver_sql(statement.replace("'s', 1", "'t', 1"))
                else:
                    with pytest.raises(DBAPIError, match="violates row-level security policy"):
                        connection.exec_driver_sql(statement)
            changed = connection.exec_driver_sql(f"UPDATE {BUILD} SET n = 3 WHERE tenant = '{tenant}'").rowcount
            assert bool(changed) is allowed
        with pytest.raises(DBAPIError, match="violates row-level security policy"):
            connection.exec_driver_sql(FORGED)
        with pytest.raises(DBAPIError, match="violates row-level security policy"):
            connection.exec_driver_sql(f"UPDATE {BUILD} SET tenant = 'there'")
    with raw(people.at("auditor")) as connection:
        assert sorted(connection.exec_driver_sql(f"SELECT tenant, n FROM {BUILD}").all()) == [
            ("here", 3),
            ("here", 3),
            ("there", 1),
        ]


def test_the_auditor_sees_all_and_writes_nothing(people: Visitors) -> None:
    """The auditor is shown every tenant's rows, so that a check finds no holes where others wrote."""
    with opened(people.at("auditor"), create=False) as store:
        report = check(store)
        assert (report.events, report.head.position) == (4, 4)
        assert "position-gap" not in report.counts
        with store.reading() as connection:
            assert standing(connection).holes == 0
            assert tenants_seen(connection) == showing({"here", "there"})
    with raw(people.at("auditor")) as connection, pytest.raises(DBAPIError, match="permission denied"):
        connection.exec_driver_sql(f"DELETE FROM {BUILD}")


def test_who_sees_one_tenant_cannot_check(people: Visitors) -> None:
    """Rows that are hidden are not called missing: the whole log is refused to whom it is not shown."""
    for kind in (OWNER, "writer"):
        with opened(people.at(kind), create=False, tenant="here") as store:
            with pytest.raises(StoreError, match="row-level security shows this account one tenant"):
                check(store)
            with store.reading() as connection:
                assert standing(connection).holes is None


def test_without_row_security_every_filter_is_the_programs_own(postgresql_url: str) -> None:
    """The control: in a log without it a query that forgets the tenant shows the rows of all."""
    for number, tenant in enumerate(("here", "there")):
        with opened(postgresql_url, tenant=tenant) as store:
            store.append(Write(ONE, events(number)))
    plain = make_url(postgresql_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain) as connection:
        assert connection.execute("SELECT tenant FROM respond_events ORDER BY position").fetchall() == [
            ("here",),
            ("there",),
        ]


class TestUnderRowSecurity(Idempotency):
    """The promises that rest on what an append finds there are kept when the database shows one tenant's rows."""

    @pytest.fixture
    def store_factory(self, postgresql_url: str) -> Iterator[SqlStores]:
        with visitors(postgresql_url, "writer", "reader") as found:
            create(found.at(OWNER))
            apply_recipe(found.at(OWNER), found.accounts, row_security=True)
            yield SqlStores(found.at("writer"))


def test_the_restricted_part_is_shown_to_its_account_alone(postgresql_url: str) -> None:
    """Not to who names its tenant, the owner included; its account reads and writes it, and the auditor sees all."""
    with visitors(postgresql_url, "writer", "reader", "auditor", "accountable") as found:
        create(found.at(OWNER))
        accounts = attrs.evolve(found.audited, accountable=found.name("accountable"))
        for _ in range(2):  # the recipe may be run again
            apply_recipe(found.at(OWNER), accounts, row_security=True)
        hidden = restricted("here")
        with opened(found.at("writer"), tenant="here") as store:
            store.append(Write(ONE, events(0)))
        with opened(found.at("accountable"), tenant=hidden) as store:
            store.append(Write(ONE, events(1)))
            assert ids(store.read_all()) == ids_of(1)
        for kind in (OWNER, "writer", "reader"):
            with raw(found.at(kind)) as connection:
                connection.exec_driver_sql(f"SET respond.tenant = '{hidden}'")
                assert connection.exec_driver_sql("SELECT count(*) FROM respond_events").scalar() == 0
                connection.exec_driver_sql("SET respond.tenant = 'here'")
                assert connection.exec_driver_sql("SELECT count(*) FROM respond_events").scalar() == 1
        with opened(found.at("writer"), tenant=hidden) as store, pytest.raises(StoreError):
            store.append(Write(ONE, events(2)))
        with raw(found.at("auditor")) as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM respond_events").scalar() == 2
