"""Names: those that differ by case, blank, accent or width stay apart in every index of the log."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from respond.domain.streams import NO_STREAM, StreamId
from respond.store.records import Write
from respond.testing.clocks import ManualClock
from respond.testing.conformance.samples import ONE, event, events, ids, ids_of
from respond.testing.conformance.stores import StoreFactory, Tested, TestedStore

ALIKE = [
    "a",
    "A",
    "a ",
    " a",
    "a\t",
    "a\n",
    "\u00e1",
    "a\u0301",
    "\uff41",
    "\u0430",
    "a\u200b",
    "a\u00ad",
    "\u00aa",
    "ss",
    "\u00df",
    "I",
    "i",
    "\u0131",
    "\u0130",
    "\U0001f600",
    "\U0001f601",
    "\ufb01",
    "fi",
    "1",
    "01",
    "1.0",
    "\u4e00",
    "%",
    "_",
    "a%",
    "\\",
    "'",
    '"',
    "?",
    ":a",
    "null",
]
"""Names that some collation, or some careless statement, takes for one another."""


class Names(Tested):
    """Equal means equal to the last bit."""

    def test_streams_stay_apart(self, store: TestedStore) -> None:
        """Each of the names is a stream of its own."""
        streams = [StreamId(name) for name in ALIKE]
        for number, stream in enumerate(streams):
            store.append(Write(stream, [event(number, subject="s")], NO_STREAM))
        for number, stream in enumerate(streams):
            assert ids(store.read_stream(stream)) == ids_of(number), stream
            assert store.read_stream(stream)[0].stream == stream.name
        assert store.versions(streams) == dict.fromkeys(streams, 1)
        assert {stream: len(rows) for stream, rows in store.read_streams(streams).items()} == dict.fromkeys(streams, 1)

    def test_streams_stay_apart_in_one_append(self, store: TestedStore) -> None:
        """The names stay apart when they are written, and required, together."""
        streams = [StreamId(name) for name in ALIKE]
        store.append(*(Write(stream, [event(stream, subject="s")], NO_STREAM) for stream in streams))
        again = [Write(stream, [event(f"{stream} again", subject="s")]) for stream in streams]
        assert store.append(*again, require=dict.fromkeys(streams, 1)).versions == dict.fromkeys(streams, 2)

    def test_subjects_stay_apart(self, store: TestedStore) -> None:
        """Each of the names is a subject of its own."""
        store.append(Write(ONE, [event(number, subject=name) for number, name in enumerate(ALIKE)]))
        for number, name in enumerate(ALIKE):
            rows = store.read_subject(name)
            assert [(row.id, row.subject) for row in rows] == [(ids_of(number)[0], name)], repr(name)

    def test_tenants_stay_apart(self, store_factory: StoreFactory, clock: ManualClock) -> None:
        """Each of the names is a tenant of its own, for streams and for ids."""
        with ExitStack() as opened:
            stores = [opened.enter_context(store_factory(clock=clock, tenant=name)) for name in ALIKE]
            for position, store in enumerate(stores, start=1):
                assert store.append(Write(ONE, events("same id"), NO_STREAM)).first == position, repr(store.tenant)
            for position, (name, store) in enumerate(zip(ALIKE, stores, strict=True), start=1):
                assert [(row.position, row.tenant) for row in store.read_all()] == [(position, name)], repr(name)

    def test_types_are_kept(self, store: TestedStore) -> None:
        """A type is stored as it is written."""
        store.append(Write(ONE, [event(number, type=name) for number, name in enumerate(ALIKE)]))
        assert [row.type for row in store.read_stream(ONE)] == ALIKE

    @pytest.mark.parametrize("letter", ["x", "\u00e1", "\u4e00", "\U0001f600"], ids=["1", "2", "3", "4"])
    def test_long_names(self, store_factory: StoreFactory, clock: ManualClock, letter: str) -> None:
        """Names of 255 characters are kept and told apart by the last one, however many bytes a character takes."""
        long, other = letter * 255, letter * 254 + "y"
        with store_factory(clock=clock, tenant=long) as store:
            for number, name in enumerate([long, other]):
                store.append(Write(StreamId(name), [event(number, subject=name, type=letter * 128)], NO_STREAM))
            for number, name in enumerate([long, other]):
                assert ids(store.read_stream(StreamId(name))) == ids_of(number)
                assert ids(store.read_subject(name)) == ids_of(number)
            assert {(row.tenant, row.type) for row in store.read_log()} == {(long, letter * 128)}
        with store_factory(clock=clock, tenant=other) as stranger:
            assert list(stranger.read_all()) == []
