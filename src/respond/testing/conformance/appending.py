"""Appending: where events land, what is stored, and what is refused as a whole."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from respond.domain.moments import Moment, to_microseconds
from respond.domain.references import Reference
from respond.domain.streams import DEFAULT_TENANT, StreamId
from respond.errors import InvalidRecord
from respond.store.records import NewEvent, Write
from respond.testing.clocks import START
from respond.testing.conformance.samples import ONE, THREE, TWO, event, events, id_of, ids, ids_of
from respond.testing.conformance.stores import Tested, TestedStore


def everything(key: object) -> NewEvent:
    """Return an event that fills every field."""
    return event(
        key,
        type="FireReported",
        schema_version=3,
        subject="incident seven",
        data={"z": [1, None, True, {"ü": "𝄞"}], "a": "line\nbreak", "n": 2**53 - 1},
        occurred_at=Moment(START, precision="minute", offset_minutes=480),
        actor="wang.li",
        role="duty officer",
        on_behalf_of="chen.yu",
        authority={"rule": "r1"},
        correlation_id="correlation",
        causation_id="causation",
        command_id="command",
        definition=Reference("incident", "1", "d" * 64),
        plan=Reference("plan", "2", "e" * 64),
        source={"log": "helpdesk", "row": 7},
    )


class Appending(Tested):
    """What an append does to the log."""

    def test_first_append(self, store: TestedStore) -> None:
        """The first event of a log has position 1 and version 1, and the answer says so."""
        appended = store.append(Write(ONE, events("a")))
        assert (appended.first, appended.last, appended.versions) == (1, 1, {ONE: 1})
        assert (appended.recorded_at, appended.replayed) == (START, False)

    def test_positions_and_versions_are_dense(self, store: TestedStore) -> None:
        """Positions run on over all streams, versions within each."""
        store.append(Write(ONE, events(1, 2)))
        store.append(Write(TWO, events(3)))
        appended = store.append(Write(ONE, events(4, 5)))
        assert (appended.first, appended.last, appended.versions) == (4, 5, {ONE: 4})
        assert [(row.position, row.stream, row.version) for row in store.read_log()] == [
            (1, ONE.name, 1),
            (2, ONE.name, 2),
            (3, TWO.name, 1),
            (4, ONE.name, 3),
            (5, ONE.name, 4),
        ]

    def test_several_streams_at_once(self, store: TestedStore) -> None:
        """Writes to several streams land together, in the order given, and share their time."""
        store.append(Write(TWO, events("before")))
        appended = store.append(Write(THREE, events(1, 2)), Write(ONE, events(3)), Write(TWO, events(4, 5)))
        assert (appended.first, appended.last, appended.versions) == (2, 6, {THREE: 2, ONE: 1, TWO: 3})
        rows = store.read_log(after=1)
        assert ids(rows) == ids_of(1, 2, 3, 4, 5)
        assert [row.version for row in rows] == [1, 2, 1, 2, 3]
        assert {row.recorded_at for row in rows} == {appended.recorded_at}

    def test_stored_body(self, store: TestedStore) -> None:
        """The body is canonical JSON of all that the writer knew, and nothing else."""
        store.append(Write(ONE, [event("first"), everything("second")]))
        row = store.read_stream(ONE)[1]
        expected = {
            "v": 1,
            "log": store.log,
            "tenant": DEFAULT_TENANT,
            "realm": "real",
            "stream": ONE.name,
            "version": 2,
            "id": id_of("second"),
            "type": "FireReported",
            "schema_version": 3,
            "subject": "incident seven",
            "data": {"z": [1, None, True, {"ü": "𝄞"}], "a": "line\nbreak", "n": 2**53 - 1},
            "occurred_at": {"at": "2026-11-20T09:00:00.000000Z", "precision": "minute", "offset_minutes": 480},
            "actor": "wang.li",
            "role": "duty officer",
            "on_behalf_of": "chen.yu",
            "authority": {"rule": "r1"},
            "correlation_id": "correlation",
            "causation_id": "causation",
            "command_id": "command",
            "definition": {"name": "incident", "version": "1", "digest": "d" * 64},
            "plan": {"name": "plan", "version": "2", "digest": "e" * 64},
            "source": {"log": "helpdesk", "row": 7},
        }
        written = json.dumps(expected, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        assert row.body == written.encode()

    def test_absent_is_left_out(self, store: TestedStore) -> None:
        """A field that the writer did not give is not in the body, and the subject is the aggregate's own id."""
        store.append(Write(ONE, [event("a")]))
        body = store.read_stream(ONE)[0].mapping()
        assert set(body) == {
            "v", "log", "tenant", "realm", "stream", "version", "id", "type", "schema_version", "subject", "data",
        }  # fmt: skip
        assert body["subject"] == "one"

    def test_columns(self, store: TestedStore) -> None:
        """The columns of a row say what its body says."""
        drill = StreamId.of("incident", "one", "drill")
        store.append(Write(drill, [everything("a")]))
        (row,) = store.read_log()
        body = row.mapping()
        for column in ("tenant", "realm", "stream", "version", "id", "type", "subject"):
            assert getattr(row, column) == body[column], column

    def test_leaf(self, store: TestedStore) -> None:
        """The leaf is SHA-256(0x00 || SHA-256(body) || int64be(recorded_at) || int64be(position))."""
        appended = store.append(Write(ONE, [everything("a"), event("b")]), Write(TWO, [event("c")]))
        recorded = to_microseconds(appended.recorded_at).to_bytes(8, "big")
        for row in store.read_log():
            assert row.body is not None
            place = recorded + row.position.to_bytes(8, "big")
            assert row.leaf == hashlib.sha256(b"\x00" + hashlib.sha256(row.body).digest() + place).digest()

    def test_events_take_many_kinds_of_text(self, store: TestedStore) -> None:
        """Text comes back as it was given: never normalised, trimmed or cut."""
        texts = [
            "",
            " ",
            "a\0b",
            "\u00c5",
            "A\u030a",
            "\u212b",
            "\ufeffbom",
            "\u2028",
            "事件",
            "😀",
            "\x7f\x80",
            "\"'%?:",
        ]
        store.append(Write(ONE, [event(text, data={"text": text, text: 1}) for text in texts]))
        assert [row.mapping()["data"] for row in store.read_stream(ONE)] == [{"text": text, text: 1} for text in texts]

    def test_nothing_to_write(self, store: TestedStore) -> None:
        """An append without a write is refused, and so is a write without an event."""
        with pytest.raises(InvalidRecord):
            store.append()
        with pytest.raises(InvalidRecord):
            store.append(Write(ONE, []))
        assert store.head().position == 0

    def test_one_stream_in_two_writes(self, store: TestedStore) -> None:
        """A stream that stands in two writes of one append is refused, and nothing is written."""
        with pytest.raises(InvalidRecord, match=ONE.name):
            store.append(Write(ONE, events(1)), Write(TWO, events(2)), Write(ONE, events(3)))
        assert store.head().position == 0

    @pytest.mark.parametrize(
        "wrong",
        ["", "7", id_of("x").upper(), "{" + id_of("x") + "}", id_of("x").replace("-", ""), id_of("x") + " ", 7, None],
        ids=["empty", "number", "upper case", "braces", "no hyphens", "trailing blank", "not text", "none"],
    )
    def test_an_id_is_a_uuid(self, store: TestedStore, wrong: Any) -> None:
        """An id that is not a UUID in its lower-case text is refused by name, and nothing is written."""
        with pytest.raises(InvalidRecord) as refused:
            store.append(Write(ONE, [event("good"), event("bad", id=wrong)]))
        assert refused.value.place == "id"
        assert store.head().position == 0
