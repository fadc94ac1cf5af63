"""Processes commit from one pool at once: never more than there is, and each is told what it got."""

from __future__ import annotations

from collections import Counter

import pytest

from hoarders import PROCESSES, STOCK, WANTED, Abreast, Together, hoard, overcommitted, reckless
from stores import SqlStores


@pytest.fixture(params=["sqlite_url", "postgresql_url"])
def factory(request):
    """Return what opens an empty log, in a file and on a server."""
    return SqlStores(request.getfixturevalue(request.param))


@pytest.mark.parametrize("racing", [Abreast, Together])
def test_never_more_than_there_is(factory, racing):
    """Four processes want sixteen pumps of seven: all seven are promised, once, and whoever got none was told so.

    So it is where each waits to be alone, and where all have decided before one writes.
    """
    told, history, engine = hoard(factory, racing)
    with engine:
        assert overcommitted(history) == []
        pool = engine.pool("pump").state()
        assert (pool.committed, pool.available) == (STOCK, 0)
        held = [engine.incident(one).resources()["pump"].held for one in pool.commitments]
    assert sum(held) == STOCK
    assert Counter(told).keys() == {"got", "stock-short"}
    assert len(told) == PROCESSES * len(WANTED)
    assert told.count("got") == len(history) - 1


def test_who_forgets_what_it_expected(factory):
    """The control: processes whose check is broken promise more than there is, and the same checker tells."""
    told, history, engine = hoard(factory, reckless)
    with engine:
        assert overcommitted(history)
        assert engine.pool("pump").state().available < 0
    assert told.count("got") > len(WANTED)
