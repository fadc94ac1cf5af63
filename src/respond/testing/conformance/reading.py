"""Reading: by stream, by many streams, by subject, and the whole log; always in order, always within a limit."""

from __future__ import annotations

import pytest

from respond.domain.streams import StreamId
from respond.store.protocol import PAGE
from respond.store.records import Write, stored_body
from respond.testing.clocks import ManualClock
from respond.testing.conformance.samples import ONE, THREE, TWO, event, events, id_of, ids, ids_of
from respond.testing.conformance.stores import StoreFactory, Tested, TestedStore
from respond.testing.conformance.tailing import pages

DRILL = StreamId(ONE.name, "drill")


def fill(store: TestedStore) -> None:
    """Append nine events to three real streams and one drill: positions 1 to 9 hold the events 1 to 9."""
    store.append(Write(ONE, events(1, 2)))
    store.append(Write(TWO, events(3)), Write(ONE, events(4)))
    store.append(Write(THREE, [event(5, subject="one")]))
    store.append(Write(DRILL, events(6, 7)))
    store.append(Write(ONE, events(8)), Write(TWO, [event(9, subject="one")]))


class Reading(Tested):
    """What readers see."""

    @pytest.mark.parametrize(
        ("after", "limit", "expected"),
        [
            (0, None, (1, 2, 4, 8)),
            (0, 2, (1, 2)),
            (1, 2, (2, 4)),
            (1, None, (2, 4, 8)),
            (3, 5, (8,)),
            (4, None, ()),
            (99, 1, ()),
        ],
    )
    def test_read_stream(self, store: TestedStore, after: int, limit: int | None, expected: tuple[int, ...]) -> None:
        """A stream is read past a version, oldest first, up to the limit."""
        fill(store)
        assert ids(store.read_stream(ONE, after=after, limit=limit)) == ids_of(*expected)

    def test_read_unknown_stream(self, store: TestedStore) -> None:
        """A stream that nobody wrote has no events."""
        fill(store)
        assert list(store.read_stream(StreamId.of("incident", "unknown"))) == []

    def test_read_streams(self, store: TestedStore) -> None:
        """Many streams are read at once, each oldest first; one without events is left out."""
        fill(store)
        found = store.read_streams([TWO, DRILL, StreamId.of("incident", "unknown"), ONE])
        assert {stream: ids(rows) for stream, rows in found.items()} == {
            ONE: ids_of(1, 2, 4, 8),
            TWO: ids_of(3, 9),
            DRILL: ids_of(6, 7),
        }
        assert dict(store.read_streams([])) == {}

    def test_read_streams_past_their_versions(self, store: TestedStore) -> None:
        """Of each stream only what is past the version that is named for it is read; others are read whole."""
        fill(store)
        past = {ONE: 2, DRILL: 2, StreamId.of("incident", "unknown"): 1, StreamId.of("incident", "not asked"): 1}
        found = store.read_streams([TWO, DRILL, StreamId.of("incident", "unknown"), ONE], after=past)
        assert {stream: ids(rows) for stream, rows in found.items()} == {ONE: ids_of(4, 8), TWO: ids_of(3, 9)}

    def test_read_more_streams_than_a_statement_binds(self, store: TestedStore) -> None:
        """Any number of streams is read at once, and their versions and ids looked up."""
        streams = [StreamId.of("many", str(number)) for number in range(1200)]
        store.append(*(Write(stream, events(stream)) for stream in streams))
        asked = [*streams, *(StreamId.of("none", str(number)) for number in range(1200))]
        assert {stream: len(rows) for stream, rows in store.read_streams(asked).items()} == dict.fromkeys(streams, 1)
        assert store.versions(asked) == {stream: int(stream in set(streams)) for stream in asked}
        assert set(store.known(id_of(stream) for stream in asked)) == {id_of(stream) for stream in streams}

    @pytest.mark.parametrize(
        ("after", "limit", "expected"),
        [(0, None, (1, 2, 4, 5, 8, 9)), (0, 4, (1, 2, 4, 5)), (2, 2, (4, 5)), (5, None, (8, 9)), (9, None, ())],
    )
    def test_read_subject(self, store: TestedStore, after: int, limit: int | None, expected: tuple[int, ...]) -> None:
        """A subject is read over all its streams, past a position, in log order."""
        fill(store)
        assert ids(store.read_subject("one", after=after, limit=limit)) == ids_of(*expected)

    def test_read_subject_of_one_realm(self, store: TestedStore) -> None:
        """A subject in a drill is another than the same one in reality."""
        fill(store)
        assert ids(store.read_subject("one", realm="drill")) == ids_of(6, 7)
        assert list(store.read_subject("nobody")) == []

    @pytest.mark.parametrize(
        ("after", "limit", "expected"),
        [(0, 100, range(1, 10)), (0, 3, (1, 2, 3)), (3, 3, (4, 5, 6)), (8, 3, (9,)), (9, 3, ()), (99, 3, ())],
    )
    def test_read_all(self, store: TestedStore, after: int, limit: int, expected: range | tuple[int, ...]) -> None:
        """The log is read past a position, in order, up to the limit."""
        fill(store)
        rows = store.read_all(after=after, limit=limit)
        assert [row.position for row in rows] == list(expected)
        assert ids(rows) == ids_of(*expected)

    def test_read_all_of_one_realm(self, store: TestedStore) -> None:
        """The log of one realm leaves the other out, and the limit counts what is returned."""
        fill(store)
        assert [row.position for row in store.read_all(realm="drill")] == [6, 7]
        assert [row.position for row in store.read_all(realm="real", after=4, limit=2)] == [5, 8]

    def test_read_bodies(self, store: TestedStore) -> None:
        """Bodies are those of the rows, past the same position, up to the same limit, of the same realm."""
        fill(store)
        for past in ({}, {"after": 3, "limit": 4}, {"realm": "drill"}, {"realm": "real", "after": 4, "limit": 2}):
            rows = store.read_all(**past)
            bodies = store.read_bodies(**past)
            assert [tuple(body) for body in bodies] == [
                (row.position, row.recorded_us, row.body, row.leaf) for row in rows
            ]

    @pytest.mark.parametrize("limit", [1, 2, 4, 9])
    def test_paging(self, store: TestedStore, limit: int) -> None:
        """Pages of any size, each past the last one, show every event once."""
        fill(store)
        seen: list[int] = []
        for page in pages(lambda after: store.read_all(after=after, limit=limit)):
            assert len(page) <= limit
            seen.extend(row.position for row in page)
        assert seen == list(range(1, 10))

    def test_a_reader_that_names_no_limit_gets_a_page(self, store: TestedStore) -> None:
        """Reading the log without a limit returns one page."""
        store.append(Write(ONE, events(*range(PAGE + 1))))
        assert len(store.read_all()) == PAGE
        assert len(store.read_log()) == PAGE
        assert len(store.read_stream(ONE)) == PAGE + 1

    def test_every_reader_shows_the_same_row(self, store: TestedStore) -> None:
        """A row is the same in every reading."""
        fill(store)
        for row in store.read_log():
            stream = StreamId(row.stream, "drill" if row.realm == "drill" else "real")
            assert store.read_stream(stream, after=row.version - 1, limit=1)[0] == row
            assert store.read_streams([stream])[stream][row.version - 1] == stored_body(row)
            assert store.read_subject(row.subject, realm=stream.realm, after=row.position - 1, limit=1)[0] == row
            assert store.read_all(after=row.position - 1, limit=1)[0] == row
            assert store.known([row.id])[row.id] == row

    def test_versions(self, store: TestedStore) -> None:
        """The version of a stream is the number of its events; 0 where there are none."""
        fill(store)
        unknown = StreamId.of("incident", "unknown")
        assert store.versions([ONE, TWO, DRILL, unknown]) == {ONE: 4, TWO: 2, DRILL: 2, unknown: 0}
        assert dict(store.versions([])) == {}

    def test_known(self, store: TestedStore) -> None:
        """Ids that are in the log are found with their records, others are left out."""
        fill(store)
        found = store.known([id_of(3), id_of("missing"), id_of(7)])
        assert {event_id: row.position for event_id, row in found.items()} == {id_of(3): 3, id_of(7): 7}
        assert dict(store.known([])) == {}

    def test_head(self, store: TestedStore) -> None:
        """The head is the position and the time of the last event; position 0 before there is one."""
        assert store.head().position == 0
        fill(store)
        last = store.read_log()[-1]
        assert (store.head().position, store.head().recorded_us) == (9, last.recorded_us)

    def test_stores_on_one_log_see_each_other(self, store: TestedStore, store_factory: StoreFactory) -> None:
        """What one store appended, another store on the log reads at once, and may build on."""
        with store_factory(clock=ManualClock()) as other:
            store.append(Write(ONE, events(1)))
            assert other.read_stream(ONE) == store.read_stream(ONE)
            assert other.log == store.log
            other.append(Write(ONE, events(2)))
        assert ids(store.read_all()) == ids_of(1, 2)

    def test_closing(self, store_factory: StoreFactory) -> None:
        """Closing twice does nothing, and the log outlives the store."""
        with store_factory(clock=ManualClock()) as store:
            store.append(Write(ONE, events(1)))
            log = store.log
            store.close()
        store.close()
        with store_factory(clock=ManualClock()) as again:
            assert (again.log, ids(again.read_all())) == (log, ids_of(1))
