"""The recipe of grants: what each account may do to a log, and nothing beside it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from accounts import OWNER, Visitors, visitors
from respond.domain.streams import NO_STREAM
from respond.errors import InvalidInput, StoreError, StoreReadOnly, StoreUnavailable
from respond.store.records import Write
from respond.store.sql import create
from respond.store.sql.append_only import append_only
from respond.store.sql.checkpoints import Checkpoints
from respond.store.sql.roles import Accounts, apply_recipe, recipe
from respond.store.sql.schema import tables
from respond.testing.conformance.samples import ONE, START, TWO, events
from sql_logs import opened, raw

DENIED = r"denied|must be owner|does not own"
READ = ["log", "head", "events", "manifest", "checkpoints", "dead_letters", "snapshots", "alembic_version"]
HEAD = "UPDATE respond_head SET position = position WHERE id = 1"
CHECKPOINT = "UPDATE respond_checkpoints SET position = 0"
FORBIDDEN_TO_ALL = [
    "UPDATE respond_events SET version = 2 WHERE position = 1",
    "DELETE FROM respond_events WHERE position = 1",
    "TRUNCATE TABLE respond_events",
    "DROP TABLE respond_events",
    "ALTER TABLE respond_events ADD COLUMN remark text",
    "UPDATE respond_head SET id = 2",
    "DELETE FROM respond_head",
    "INSERT INTO respond_head (id, position, recorded_at) VALUES (1, 0, 0)",
    "UPDATE respond_log SET log = 'another'",
    "DELETE FROM respond_log",
    "DELETE FROM respond_manifest",
    "UPDATE respond_manifest SET last = 0",
    "UPDATE respond_alembic_version SET version_num = '0001'",
    "TRUNCATE TABLE respond_checkpoints",
]
BUILD = "respond_things_v1_1"
"""A table as a projection would make it."""


@pytest.fixture
def people(server_url: str) -> Iterator[Visitors]:
    """Return the accounts of a log that its owner has made, and that grants nothing yet."""
    with visitors(server_url, "writer", "reader") as found:
        create(found.at(OWNER))
        yield found


def refused(url: str, statement: str) -> None:
    """Make sure that an account may not run a statement."""
    with pytest.raises(DBAPIError, match=DENIED), raw(url) as connection:
        connection.execute(text(statement))


def test_the_writer_appends(people: Visitors) -> None:
    """After the recipe the writer appends to one stream and to several, and keeps checkpoints and dead letters."""
    apply_recipe(people.at(OWNER), people.accounts)
    with opened(people.at("writer"), create=False) as store:
        store.append(Write(ONE, events(1, 2), NO_STREAM))
        store.append(Write(ONE, events(3)), Write(TWO, events(4)))
        assert [row.position for row in store.read_all()] == [1, 2, 3, 4]
        checkpoints = Checkpoints(tables(), store.tenant)
        with store.transaction() as connection:
            checkpoints.create(connection, "board", 1, now=START)
            held = checkpoints.claim(connection, "board", 1, owner="a", now=START, lease_seconds=1)
            checkpoints.dead_letter(connection, held, store.read_all()[0], "torn", now=START)
            checkpoints.advance(connection, held, 1, now=START)
            checkpoints.delete(connection, "board", 1)


def test_neither_writer_nor_reader_changes_the_log(people: Visitors) -> None:
    """What is in the log stays as it is, whatever writer or reader tries."""
    apply_recipe(people.at(OWNER), people.accounts)
    for kind in ("writer", "reader"):
        for statement in FORBIDDEN_TO_ALL:
            refused(people.at(kind), statement)


def test_the_reader_reads(people: Visitors) -> None:
    """The reader reads every table and writes none; an append says what is missing."""
    apply_recipe(people.at(OWNER), people.accounts)
    with opened(people.at("reader"), create=False) as store:
        assert store.read_all() == []
        with pytest.raises(StoreReadOnly):
            store.append(Write(ONE, events(1)))
    with raw(people.at("reader")) as connection:
        for name in READ:
            connection.exec_driver_sql(f"SELECT * FROM respond_{name}")
    for statement in (HEAD, CHECKPOINT):
        refused(people.at("reader"), statement)
        with raw(people.at("writer")) as connection:  # the control
            connection.exec_driver_sql(statement)


def test_without_the_recipe_nobody_may_do_anything(people: Visitors) -> None:
    """The control: an account that was granted nothing can neither open the log nor read a table."""
    for kind in ("writer", "reader"):
        with pytest.raises(StoreError):
            opened(people.at(kind), create=False)
        refused(people.at(kind), "SELECT * FROM respond_events")


def test_the_tables_of_projections_are_granted_once_they_are_there(people: Visitors) -> None:
    """A table that a projection made is the writer's to change once the recipe was run again, the reader's to read."""
    owner, writer, reader = (people.at(kind) for kind in (OWNER, "writer", "reader"))
    apply_recipe(owner, people.accounts)
    with raw(owner) as connection:
        for name in (BUILD, "respond_things_v1_1_sums", "respond_things_of_others"):
            connection.exec_driver_sql(f"CREATE TABLE {name} (tenant varchar(9), n int)")
    change = f"INSERT INTO {BUILD} VALUES ('default', 1)"
    refused(writer, change)
    apply_recipe(owner, people.accounts)
    with raw(writer) as connection:
        connection.exec_driver_sql(change)
        connection.exec_driver_sql(f"UPDATE {BUILD} SET n = 2")
        connection.exec_driver_sql("DELETE FROM respond_things_v1_1_sums")
    with raw(reader) as connection:
        assert connection.exec_driver_sql(f"SELECT n FROM {BUILD}").scalar() == 2
    refused(reader, change)
    refused(writer, "SELECT * FROM respond_things_of_others")
    refused(writer, f"DROP TABLE {BUILD}")


def test_status_says_whom_the_account_is(people: Visitors) -> None:
    """Owner, writer and reader are told apart; triggers that MariaDB hides from an account are not called missing."""
    apply_recipe(people.at(OWNER), people.accounts)
    told = {kind: append_only(people.at(kind)) for kind in (OWNER, "writer", "reader")}
    assert {kind: account.value for kind, (_, account) in told.items()} == {
        OWNER: "owner: it can drop the triggers",
        "writer": "writer",
        "reader": "reader",
    }
    assert [triggers.danger for triggers, _ in told.values()] == ["", "", ""]
    assert told[OWNER][0].value.startswith("update, delete")


def test_what_was_granted_too_widely_is_told(people: Visitors) -> None:
    """An account that may change events is not called a writer; PostgreSQL's recipe takes back what was too much."""
    owner, writer = people.at(OWNER), people.at("writer")
    apply_recipe(owner, people.accounts)
    with raw(owner) as connection:
        account = people.name("writer")
        on_postgresql = connection.dialect.name == "postgresql"
        grantee = account if on_postgresql else f"{account}@'%%'"
        connection.exec_driver_sql(f"GRANT DELETE ON respond_events TO {grantee}")
    assert append_only(writer)[1].value == "granted more than to append: DELETE"
    apply_recipe(owner, people.accounts)
    assert append_only(writer)[1].value == ("writer" if on_postgresql else "granted more than to append: DELETE")


def test_what_is_printed_does_what_is_applied(people: Visitors) -> None:
    """The statements that the recipe returns, run one by one by the owner, let the writer append."""
    statements = recipe(people.at(OWNER), people.accounts)
    refused(people.at("writer"), "SELECT * FROM respond_events")
    with raw(people.at(OWNER)) as connection:
        for statement in statements:
            connection.execute(text(statement.replace(":", r"\:")))
    assert apply_recipe(people.at(OWNER), people.accounts) == statements
    with opened(people.at("writer"), create=False) as store:
        store.append(Write(ONE, events(1)))


def test_a_log_in_a_schema_with_a_prefix_of_its_own(server_url: str) -> None:
    """The recipe speaks of the tables of one log: those of its schema, with its prefix."""
    with visitors(server_url, "writer", "reader") as people:
        schema = "secluded" if server_url.startswith("postgresql") else None
        create(people.at(OWNER), prefix="mine_", schema=schema)
        create(people.at(OWNER))
        apply_recipe(people.at(OWNER), people.accounts, prefix="mine_", schema=schema)
        with opened(people.at("writer"), create=False, prefix="mine_", schema=schema) as store:
            store.append(Write(ONE, events(1)))
        refused(people.at("writer"), "SELECT * FROM respond_events")


def test_an_account_that_does_not_exist_is_named(people: Visitors) -> None:
    """Granting to nobody is an error with the name in it, and PostgreSQL has granted nothing then."""
    with pytest.raises(StoreError, match=r"respond_nobody|matching row"):
        apply_recipe(people.at(OWNER), Accounts(writer=people.name("writer"), reader="respond_nobody"))
    if people.url.startswith("postgresql"):
        refused(people.at("writer"), "SELECT * FROM respond_events")


def test_an_account_that_may_not_grant_is_refused(people: Visitors) -> None:
    """Who does not own the tables cannot hand out rights."""
    apply_recipe(people.at(OWNER), people.accounts)
    with pytest.raises((StoreUnavailable, StoreReadOnly), match=DENIED):
        apply_recipe(people.at("writer"), people.accounts)


NAMES = ["", "a b", "a;b", "a'b", 'a"b', "a`b", "A", "1a", "a-b", "ä", "a\0", "a" * 64, "public@x'", "a@b c"]


def test_what_is_no_name_is_refused(server_url: str) -> None:
    """No account's name is put into a statement that is not a plain name."""
    create(server_url)
    for name in NAMES:
        for accounts in (Accounts(writer=name), Accounts(reader=name)):
            with pytest.raises(InvalidInput, match=r"is not an account|is not a host"):
                recipe(server_url, accounts)


def test_a_host_of_mariadb(mariadb_url: str) -> None:
    """An account of MariaDB may be bound to a host."""
    create(mariadb_url)
    found = recipe(mariadb_url, Accounts(writer="desk@10.0.0.%", reader="wall@::1"))
    assert found[-2].endswith("TO 'desk'@'10.0.0.%'")
    assert found[-1].endswith("COMMENT = 'writer desk@10.0.0.%, reader wall@::1'")
    assert any(statement.endswith("TO 'wall'@'::1'") for statement in found)


def test_sqlite_has_files(sqlite_url: str) -> None:
    """On SQLite the recipe is what a shell does to the file; it is not applied, and a log in memory has none."""
    create(sqlite_url)
    path = sqlite_url.removeprefix("sqlite:///")
    assert recipe(sqlite_url, Accounts(reader="wall")) == (f"chown respond_writer:wall {path}", f"chmod 640 {path}")
    with pytest.raises(InvalidInput, match="SQLite grants nothing"):
        apply_recipe(sqlite_url, Accounts())
    with pytest.raises(InvalidInput, match="name a file"):
        recipe("sqlite://", Accounts())


def test_a_file_of_a_strange_name_is_quoted(tmp_path) -> None:
    """A shell takes the file's name for what it is."""
    url = f"sqlite:///{tmp_path}/a b; rm -rf $HOME.db"
    create(url)
    assert recipe(url, Accounts())[1] == f"chmod 640 '{tmp_path}/a b; rm -rf $HOME.db'"


@pytest.mark.parametrize("options", [{"row_security": True}, {"accounts": Accounts(auditor="judge")}])
def test_only_postgresql_has_row_security(sqlite_url: str, mariadb_url: str, options) -> None:
    """Where the database cannot keep tenants apart, it is not promised."""
    for url in (sqlite_url, mariadb_url):
        create(url)
        with pytest.raises(InvalidInput, match="only PostgreSQL has row-level security"):
            recipe(url, **{"accounts": Accounts(), **options})
