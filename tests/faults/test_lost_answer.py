"""The connection dies while an append commits: before the server heard of it, or before its answer came back."""

from __future__ import annotations

from typing import Any

import pytest

from proxy import proxied
from respond.domain.streams import ANY, NO_STREAM
from respond.errors import OutcomeUnknown
from respond.store.records import Write
from respond.testing.conformance.samples import ONE, TWO, events, ids, ids_of
from sql_logs import opened


@pytest.fixture(params=["postgresql-statement", "postgresql-transaction", "mariadb-transaction"])
def way(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Return the URL of an empty database, and a way to append to it."""
    name, _, path = request.param.partition("-")
    return str(request.getfixturevalue(f"{name}_url")), path


@pytest.mark.parametrize("cut", ["before", "after"])
@pytest.mark.parametrize("expected", [ANY, NO_STREAM], ids=str)
def test_cut_at_commit(way: tuple[str, str], cut: str, expected: Any) -> None:
    """An append that is cut at its commit is in the log once, and its caller gets the place it has."""
    url, path = way
    with proxied(url) as (behind, proxy), opened(behind, create=True, append_path=path) as store:
        store.append(Write(TWO, events("before")))
        proxy.cut = cut
        appended = store.append(Write(ONE, events(1, 2), expected))
        assert proxy.cuts == 1
        assert (appended.first, appended.last, appended.versions, appended.replayed) == (2, 3, {ONE: 2}, False)
        assert store.append(Write(ONE, events(1, 2), expected)).replayed
        assert ids(store.read_log()) == ids_of("before", 1, 2)


@pytest.mark.parametrize("cut", ["before", "after"])
def test_cut_and_gone(way: tuple[str, str], cut: str) -> None:
    """When nobody can be asked what became of it, the caller is told so; appending again later settles it."""
    url, path = way
    with proxied(url) as (behind, proxy), opened(behind, create=True, append_path=path) as store:
        store.append(Write(TWO, events("before")))
        proxy.cut, proxy.refuses = cut, True
        with pytest.raises(OutcomeUnknown) as unknown:
            store.append(Write(ONE, events(1, 2)))
        assert unknown.value.retryable
        proxy.refuses = False
        again = store.append(Write(ONE, events(1, 2)))
        assert (again.first, again.last, again.replayed) == (2, 3, cut == "after")
        assert ids(store.read_log()) == ids_of("before", 1, 2)
