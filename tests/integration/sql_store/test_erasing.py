"""Erased parties: their words are nowhere any more, and everything else stands as it stood."""

from __future__ import annotations

from pathlib import Path

import pytest

from engines import engine_on, responding
from respond.audit.check import check
from respond.engine.engine import Engine
from respond.errors import EventErased, InvalidInput, NotFound
from respond.store.manifest import ERASED
from respond.store.sql import SqlEventStore, create
from respond.testing.conformance.samples import ManualClock
from respond.transfer.archive import archive_log
from respond.transfer.bundle import verify_bundle, write_bundle
from respond.transfer.copy import copy_log
from respond.transfer.erasing import erase_party

SECRET = "My salary card was charged twice"


@pytest.fixture
def clock() -> ManualClock:
    """Return a clock that stands still until it is moved."""
    return ManualClock()


@pytest.fixture
def engine(url, clock):
    """An engine on a log with an incident that hurt two parties, one of whom is closed."""
    with SqlEventStore.open(url, clock=clock) as store:
        made = engine_on(store, clock, seed=1, projections="catch_up")
        incident = responding(made)
        for key in ("c-1", "c-2"):
            party = incident.register_affected(key)
            party.contact_party("telephone")
            party.listen(complaint=f"{SECRET}: {key}")
        incident.party("c-1").close_case("asked to be forgotten")
        yield made


def only(engine: Engine):
    """Return the one incident."""
    return engine.incident(engine.incidents().rows[0].id)


def test_what_is_erased_is_nowhere(engine, tmp_path):
    """No row, no answer, no bundle holds a word of it; the other party, positions, leaves and checks stand."""
    before = [(row.position, row.leaf) for row in engine.store.read_log()]
    kept = [row.position for row in engine.store.read_log() if row.stream != "party-c-1"]
    assert erase_party(engine.store, "c-1", reason="request 17") == 4
    rows = engine.store.read_log()
    assert [(row.position, row.leaf) for row in rows] == before
    assert [row.position for row in rows if row.body is not None] == kept
    assert not any(f"{SECRET}: c-1" in str(row.body) for row in rows)
    assert {(one.file, one.reason) for one in engine.store.manifest()} == {(ERASED, "request 17")}
    incident = only(engine)
    assert list(incident.parties()) == ["c-2"]
    assert list(incident.state().cases) == ["c-1", "c-2"]
    told = str([incident.timeline().to_json(), incident.review().to_json()])
    assert (f"{SECRET}: c-1" in told, f"{SECRET}: c-2" in told) == (False, True)
    write_bundle(engine, incident.id, tmp_path / "file")
    assert verify_bundle(tmp_path / "file").flaws == ()
    assert check(engine.store, plans=engine.plans).findings == ()
    assert engine.replay().findings == ()
    assert engine.care().parties == 1


def test_nothing_goes_on_after_it(engine):
    """Nobody records anything about the party again, nor under its key; erasing it again finds nothing."""
    erase_party(engine.store, "c-1", reason="request 17")
    incident = only(engine)
    with pytest.raises(NotFound):
        engine.party("c-1").state()
    with pytest.raises(NotFound):
        engine.party("c-1").reopen_case("it failed again")
    with pytest.raises(EventErased):
        incident.register_affected("c-1")
    assert erase_party(engine.store, "c-1", reason="request 18") == 0
    incident.note("work goes on")
    incident.party("c-2").close_case("Done")
    assert erase_party(engine.store, "c-2", reason="request 19") == 4
    assert incident.parties() == {}
    assert incident.state().status == "responding"


def test_what_must_not_be_erased(engine, tmp_path, clock):
    """An open case, a party that nobody knows, no reason, one whose bodies are in a file: refused, nothing changed."""
    before = engine.store.read_log()
    for key, reason, message in (("c-2", "x", "close the case first"), ("c-1", " ", "write a reason")):
        with pytest.raises(InvalidInput, match=message):
            erase_party(engine.store, key, reason=reason)
    with pytest.raises(NotFound):
        erase_party(engine.store, "c-9", reason="x")
    assert engine.store.read_log() == before
    incident = only(engine)
    incident.cancel("a false alarm")
    engine.party("c-2").close_case("Done")
    clock.move(days=400)
    archive_log(engine.store, tmp_path, workflows=engine.workflows, before=clock())
    with pytest.raises(InvalidInput, match="is archived in archive-"):
        erase_party(engine.store, "c-1", reason="x")


def test_tables_are_built_anew_without_it(engine):
    """A projection that is rebuilt reads past what was erased, with a folder of archives or without."""
    engine.projections.build_missing(["listing", "statistics"])
    before = engine.incidents().rows, engine.statistics()
    erase_party(engine.store, "c-1", reason="request 17")
    assert engine.projections.rebuild("listing").compared
    assert (engine.incidents().rows, engine.statistics()) == before


def test_a_reader_that_is_behind_holds_it_back(engine):
    """Whoever follows the log reads it first."""
    engine.projections.build_missing(["listing"])
    party = only(engine).register_affected("c-3")
    party.close_case("asked to be forgotten")
    with pytest.raises(InvalidInput, match="was not read yet by listing"):
        erase_party(engine.store, "c-3", reason="x")


def test_with_a_folder_of_archives_nothing_is_missed(engine, url, clock, tmp_path: Path):
    """A check that reads archives looks for no file of what was erased."""
    erase_party(engine.store, "c-1", reason="request 17")
    with SqlEventStore.open(url, clock=clock, archives=tmp_path) as store:
        report = check(store, plans=engine.plans)
    assert report.findings == ()


@pytest.mark.parametrize("copied", ["before", "after"])
def test_a_copy_holds_no_word_of_it(engine, clock, tmp_path, copied):
    """Whether the log was copied before or after, the next copy lets the same bodies go."""
    there = f"sqlite:///{tmp_path / 'copy.db'}"
    create(there, log=engine.store.log)
    with SqlEventStore.open(there, clock=clock) as target:
        if copied == "before":
            copy_log(engine.store, target)
        erase_party(engine.store, "c-1", reason="request 17")
        copy_log(engine.store, target)
        assert [row.body is None for row in target.read_log()] == [row.body is None for row in engine.store.read_log()]
        assert check(target, plans=engine.plans).findings == ()
