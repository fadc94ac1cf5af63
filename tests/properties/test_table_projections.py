"""Read models in tables answer as the fold in memory does, for every history and however it is cut into batches."""

from __future__ import annotations

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from respond.errors import InvalidInput
from respond.projections.sql import TableListing, TableStatistics
from respond.store.sql import create, engine_for
from respond.workflow.incident.state import STATES
from strategies import PLAN, histories
from table_projections import SHIPPED, built, list_in_memory, pages, statistics_in_memory

LOGS = histories(incidents=4, steps=45, realms=("real", "real", "drill"))
CUTS = st.lists(st.integers(1, 60), max_size=8)
FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "state": st.sampled_from(STATES),
        "level": st.integers(1, 4),
        "category": st.sampled_from([category.id for category in PLAN.categories]),
        "text": st.sampled_from(["", "INC-1", "inc-2", "R-", "TERMINALS", "店内", "%", "_", "stairs", "x"]),
    },
)


@pytest.fixture(scope="module")
def connection():
    """Yield a connection to a log in memory."""
    engine = engine_for("sqlite://")
    create(engine)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture(scope="module")
def tenants():
    """Return names of tenants, so that each example has rows of its own among those of all others."""
    return (f"tenant {number}" for number in count())


def asked(ask, *arguments):
    """Return what *ask* answers, or the words in which it refuses."""
    try:
        return ask(*arguments)
    except InvalidInput as error:
        return str(error)


@pytest.mark.parametrize("kind", SHIPPED)
@given(LOGS, CUTS)
def test_tables_hold_the_fold(kind, connection, tenants, events, cuts):
    """Whatever happened, and however the log was cut into batches, the tables hold what the fold says."""
    projection = built(kind, connection, events, cuts, tenant=next(tenants))
    assert list(projection.content(connection)) == list(projection.fold(events))


@given(LOGS, CUTS, FILTERS, st.integers(1, 3))
def test_the_list_gives_the_same_pages(connection, tenants, events, cuts, filters, limit):
    """Filters and cursors give the same pages from the table and from memory, and names find the same incidents."""
    listing = list_in_memory(events)
    table = built(TableListing, connection, events, cuts, tenant=next(tenants))
    assert pages(table.answers(connection).page, limit=limit, **filters) == pages(listing.page, limit=limit, **filters)
    for name in ("i0", "i3", "INC-1", "inc-7", "INC-0", "R-4", "nothing"):
        assert asked(table.answers(connection).find, name) == asked(listing.find, name)
        assert table.answers(connection).get(name) == listing.get(name)
    assert table.answers(connection).board(limit=limit) == listing.board(limit=limit)


@given(LOGS, CUTS)
def test_the_figures_are_the_same(connection, tenants, events, cuts):
    """The figures from the tables are those from memory."""
    table = built(TableStatistics, connection, events, cuts, tenant=next(tenants))
    assert table.answers(connection).figures() == statistics_in_memory(events).figures()
