"""Lessons are found on every database, in English and Chinese, from an index that goes with its table."""

from __future__ import annotations

import pytest
from sqlalchemy import inspect

from respond import Engine, Plan
from respond.engine.projecting import Projecting
from respond.projections.sql import TableLibrary, library_answers

LONG = "断" * 33_331 + "结尾"


@pytest.fixture
def engine(url):
    """Yield an engine on each database, with three lessons and one that was withdrawn."""
    with Engine.open(url, plans=[Plan.example()]) as engine:
        engine.record_lesson("Watch the certificates of ATM machines", source="the Bank", tags=("tls",), lesson="keys")
        engine.record_lesson("柜台断电后改用手工凭证", source="行业通报", tags=("电力",), lesson="slips")
        engine.record_lesson(LONG, source="x", lesson="long")
        engine.record_lesson("Watch the weather", source="x", lesson="gone").withdraw("wrong")
        yield engine


def found(engine, *query, **options):
    """Return the keys of the lessons that are found."""
    return [row.lesson for row in engine.lessons(*query, **options).rows]


@pytest.mark.parametrize("looked_at", [1, 1000])
def test_search(engine, looked_at, monkeypatch):
    """Each word whole, Chinese anywhere, whatever the length; what was withdrawn is gone, what was revised is new.

    So it is when an index that cannot begin with the newest is asked for most, and when it is asked for none.
    """
    monkeypatch.setattr(library_answers, "_LOOKED_AT", looked_at)
    assert found(engine, "watch the atm") == ["keys"]
    assert found(engine, "断电") == ["slips"]
    assert found(engine, "断") == ["long", "slips"]
    assert found(engine, "结尾") == ["long"]
    assert found(engine, tags=("电力",)) == ["slips"]
    assert found(engine, "weather") == []
    engine.lesson("keys").revise("Renew certificates", reason="clearer")
    assert (found(engine, "atm"), found(engine, "renew")) == ([], ["keys"])
    assert engine.lessons("断", limit=1, after=engine.lessons("断", limit=1).next).rows[0].lesson == "slips"
    assert found(engine) == ["long", "slips", "keys"]


def test_similar(engine):
    """What is alike is found by words and by what both are."""
    incident = engine.report(category="facility_failure", title="柜台断电 ATM", site="north")
    engine.report(category="facility_failure", title="ATM down", site="north")
    told = engine.similar(incident.id)
    assert {one.key for one in told} >= {"keys", "slips"}
    assert told[0].kind == "incident"


def test_built_anew(engine):
    """Another build holds the same, and the old one leaves neither table nor index."""
    assert found(engine, "断电") == ["slips"]
    projecting = Projecting(engine.store, engine.reader.codec, clock=engine.clock, kinds=[TableLibrary])
    assert projecting.rebuild("library").compared
    assert found(engine, "断电") == ["slips"]
    projecting.prune()
    with engine.store.reading() as connection:
        names = {name for name in inspect(connection).get_table_names() if "library" in name}
    assert {name[: len("respond_library_v1_2")] for name in names} == {"respond_library_v1_2"}
    assert found(engine, "certificates") == ["keys"]
