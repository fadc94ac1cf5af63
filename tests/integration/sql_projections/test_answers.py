"""What the tables answer on each database, whatever text people wrote."""

from __future__ import annotations

import pytest

from incident_logs import IncidentLog
from respond.domain.events import Event
from respond.projections.sql import Build, Place, TableListing, TableStatistics
from respond.store.sql import create, engine_for
from respond.workflow.incident import commands as c
from respond.workflow.incident import events as e
from table_projections import SHIPPED, built, list_in_memory, pages, statistics_in_memory

LONG = "断电" * 200
LARGE = 2**53 - 1
TITLES = (
    "Línea CAÍDA",
    "línea caída",
    "Straße",
    "a\0b",
    "100 % \\ of _ 'all'",
    "\N{FIRE} in the hall",
    "é",
    "e\N{COMBINING ACUTE ACCENT}",
    "  blanks  ",
    "ﬃ",
)
FILTERS = (
    *({"text": text} for text in ("", "LÍNEA", "STRASSE", "a\0", "\0", "␀", "%", "_", "\\", "'", "É", "ffi", "🔥")),
    {"text": "e\N{COMBINING ACUTE ACCENT}"},
    {"text": "x" * 100_000},
    {"text": "x" * 100_001},
    {"text": "inc-1", "category": "network"},
    {"state": f"{LONG}1"},
    {"state": LONG},
    {"state": "REPORTED"},
    {"category": f"{LONG}2"},
    {"category": "Network"},
    {"category": "network "},
    {"state": "\ud800"},
    {"text": "\ud800"},
    {"level": 2},
    {"level": LARGE},
)


@pytest.fixture
def connection(url: str):
    """Yield a connection to a new log, each statement for itself."""
    engine = engine_for(url)
    create(engine)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        yield connection
    engine.dispose()


@pytest.fixture(scope="module")
def events() -> list[Event]:
    """Return a log of everything that a column may stumble over."""
    log = IncidentLog()
    for number, title in enumerate(TITLES):
        reference = None if number % 3 == 0 else "ref" if number % 3 == 1 else f"{LONG}{number}"
        log.do(c.ReportIncident(category="network", title=title, reference=reference), key=f"i{number}")
    log.record(
        e.IncidentReported(from_="new", to=f"{LONG}1", category=f"{LONG}1", title=LONG, reference="a\0b"), key="foreign"
    )
    log.record(
        e.IncidentReported(from_="new", to=f"{LONG}2", category=f"{LONG}2", title="x" * 100_000, reference="a␀b"),
        key="other",
    )
    log.do(c.Assess(), key="i1")
    log.do(c.AssignLevel(level=2, basis="x"), key="i1")
    log.record(e.LevelChanged(from_level=2, to_level=LARGE, justification="x"), key="i2")
    return log.events


@pytest.mark.parametrize("kind", SHIPPED)
@pytest.mark.parametrize("cuts", [(), range(1, 50)], ids=["one batch", "batches of one"])
def test_the_tables_hold_any_text(kind, cuts, connection, events):
    """Whatever people wrote is kept as it is, in one batch and in many."""
    projection = built(kind, connection, events, cuts)
    assert list(projection.content(connection)) == list(projection.fold(events))


def test_filters_find_the_same_on_every_database(connection, events):
    """A filter finds what it finds in memory, and nothing that only looks like it."""
    listing, table = list_in_memory(events), built(TableListing, connection, events)
    for filters in FILTERS:
        found = pages(table.answers(connection).page, limit=2, **filters)
        assert found == pages(listing.page, limit=2, **filters), filters


def test_names_find_the_same_on_every_database(connection, events):
    """An id, a number and a reference find the incident that they find in memory."""
    listing, table = list_in_memory(events), built(TableListing, connection, events)
    for name in (
        "i1",
        "I1",
        "INC-3",
        "a\0b",
        "a␀b",
        f"{LONG}2",
        f"{LONG}5",
        LONG,
        "Ref",
        "ref ",
        "foreign",
        "\ud800",
        "",
    ):
        assert table.answers(connection).find(name) == listing.find(name)
        assert table.answers(connection).get(name) == listing.get(name)
    assert table.answers(connection).board(limit=3) == listing.board(limit=3)


def test_figures_are_the_same_on_every_database(connection, events):
    """The figures are those from memory; of a log without events they are all zero."""
    empty = TableStatistics(Place(name="statistics", build=Build(1, 7)))
    empty.create(connection)
    assert empty.answers(connection).figures() == statistics_in_memory([]).figures()
    assert (
        built(TableStatistics, connection, events).answers(connection).figures()
        == statistics_in_memory(events).figures()
    )


def test_tenants_and_builds_share_nothing(connection, events):
    """The rows of one tenant, and of one build, are none of another's."""
    first = built(TableListing, connection, events[:2], tenant="a")
    second = built(TableListing, connection, events[:4], tenant="b")
    rebuilt = built(TableListing, connection, events[:1], tenant="a", build=Build(1, 2))
    counts = [len(one.answers(connection).page().rows) for one in (first, second, rebuilt)]
    assert counts == [2, 4, 1]
