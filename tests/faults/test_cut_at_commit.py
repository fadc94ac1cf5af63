"""Connections are cut at the commit again and again, before the server heard of it or before its answer came back."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from fault_sizes import size_of
from ledger import Ledger, Place
from load import NOT_YET, under_load
from proxy import Cut, proxied
from respond.store.sql import engine_for
from sql_logs import opened
from ticker import Batch

CUTS: tuple[Cut | None, ...] = ("before", "after", None)
WAYS = [("postgresql", "statement"), ("postgresql", "transaction"), ("mariadb", None)]
WRITERS, GROUPED = 4, 10
"""How many threads share a store, and how many appends there are to a cut of theirs, about."""
AGAIN = 10
"""One append in so many is asked for once more."""


@pytest.mark.parametrize(("database", "path"), WAYS, ids=str)
def test_each_exactly_once(database, path, told, request):
    """Each append is in the log once, at the place that its caller was told, however its commit was cut."""
    chance = random.Random(f"{database} {path}")
    ledger, counted = Ledger(), Counter()
    url = request.getfixturevalue(f"{database}_url")
    with proxied(url) as (behind, proxy), opened(behind, create=True, append_path=path) as store:
        for number in range(size_of("cut-at-commit")):
            batch, expected = Batch("writer", number), store.head().position + 1
            proxy.cut = cut = chance.choice(CUTS)
            appended = store.append(*batch.writes)
            assert (appended.first, appended.replayed, proxy.cut) == (expected, False, None), (batch, cut)
            ledger.ask(batch)
            ledger.acknowledge(batch, Place.of(appended))
            counted["asked"] += 1
            if cut is not None:
                counted[f"cut {cut}"] += 1
            if number % AGAIN == 0:
                again = store.append(*batch.writes)
                assert (Place.of(again), again.replayed) == (Place.of(appended), True)
        found = ledger.faults(store)
    assert not found, f"{len(found)} faults, the first of them: {'; '.join(found[:5])}"
    assert proxy.cuts == counted["cut before"] + counted["cut after"] > 0
    case = database if path is None else f"{database}, {path}"
    told("cut-at-commit", case=case, rounds=size_of("cut-at-commit"), **counted)


@pytest.mark.filterwarnings(NOT_YET)
@pytest.mark.parametrize("database", ["postgresql", "mariadb"])
def test_a_group(database, told, request):
    """Of appends that share a commit which is cut, each is in the log once, at the place that its caller was told."""
    chance, cuts = random.Random(database), max(1, size_of("cut-at-commit") // GROUPED)
    with proxied(request.getfixturevalue(f"{database}_url")) as (behind, proxy), opened(behind, create=True) as store:
        with under_load([store] * WRITERS) as load:
            for _ in range(cuts):
                proxy.cut = chance.choice(CUTS[:2])
                load.wait_for(WRITERS)
            proxy.cut = None
            load.wait_for(1)
        found = load.ledger.faults(store)
    assert not found, f"{len(found)} faults, the first of them: {'; '.join(found[:5])}"
    assert proxy.cuts > 0
    case = f"{database}, {WRITERS} threads on one store"
    told("cut-at-commit", case=case, rounds=len(load.ledger.acknowledged), cut=proxy.cuts, told_of=load.outages)


@pytest.mark.parametrize("database", ["postgresql", "mariadb"])
def test_control(database, request):
    """Who asks again without an id that the database knows has it twice when the answer was lost, once otherwise."""
    with proxied(request.getfixturevalue(f"{database}_url")) as (behind, proxy):
        engine = engine_for(behind)
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE wrong_log (name VARCHAR(10))"))
        for cut in CUTS:
            proxy.cut = cut
            while True:
                try:
                    with engine.begin() as connection:
                        connection.execute(text("INSERT INTO wrong_log VALUES (:name)"), {"name": str(cut)})
                    break
                except DBAPIError:
                    engine.dispose()
        with engine.connect() as connection:
            found = Counter(connection.execute(text("SELECT name FROM wrong_log")).scalars())
        engine.dispose()
    assert found == {"before": 1, "after": 2, "None": 1}
