"""Records: the golden bytes of a body, its leaf, and what is refused."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from respond.domain.moments import Moment
from respond.domain.references import Reference
from respond.domain.streams import ANY, StreamId
from respond.errors import InvalidRecord, UnreadableEvent
from respond.store.records import (
    BODY_MAX,
    NewEvent,
    Recorded,
    Write,
    body_of,
    encode,
    leaf_of,
    leaf_prefix,
)

STREAM = StreamId.of("incident", "7", "drill")
EVENT = NewEvent(
    id="01938c2f-0000-8000-8000-000000000001",
    type="IncidentReported",
    schema_version=2,
    subject="7",
    data={"title": "Kasse \u00e9 \U0001f600", "affected": 14, "\ue000": 1, "\U00010000": {"$dec": "12.50"}},
    occurred_at=Moment(datetime(2026, 11, 20, 9, 30, tzinfo=UTC)),
    actor="wang.li",
    role="duty_officer",
    on_behalf_of="chen.yu",
    authority={"rule": "7.2"},
    correlation_id="c-1",
    causation_id="c-0",
    command_id="order 66",
    definition=Reference("incident", "1", "aa"),
    plan=Reference("shop", "3", "bb"),
    source={"log": "servicenow", "row": 12, "recorded_at": None},
)
GOLDEN = (
    '{"actor":"wang.li","authority":{"rule":"7.2"},"causation_id":"c-0","command_id":"order 66","correlation_id":"c-1",'
    '"data":{"affected":14,"title":"Kasse \u00e9 \U0001f600","\U00010000":{"$dec":"12.50"},"\ue000":1},'
    '"definition":{"digest":"aa","name":"incident","version":"1"},"id":"01938c2f-0000-8000-8000-000000000001",'
    '"log":"the log","occurred_at":"2026-11-20T09:30:00.000000Z","on_behalf_of":"chen.yu",'
    '"plan":{"digest":"bb","name":"shop","version":"3"},"realm":"drill","role":"duty_officer","schema_version":2,'
    '"source":{"log":"servicenow","recorded_at":null,"row":12},"stream":"incident-7","subject":"7","tenant":"default",'
    '"type":"IncidentReported","v":1,"version":5}'
).encode()
GOLDEN_LEAF = "c76a17c0591a12b6c79f36b9d707f668f8b8b44b91d6450dca5497b3a9b2ec93"
RECORDED_US = 1_795_167_000_123_456
POSITION = 7


def body(event: NewEvent = EVENT, **changes: Any) -> dict[str, Any]:
    """Return the body of *event* with *changes*, as the fifth event of its stream."""
    return body_of(attrs.evolve(event, **changes), log="the log", tenant="default", stream=STREAM, version=5)


def recorded(raw: bytes | None) -> Recorded:
    """Return a row with this body."""
    return Recorded(
        position=9,
        recorded_us=RECORDED_US,
        tenant="default",
        realm="drill",
        stream="incident-7",
        version=5,
        id=EVENT.id,
        type="IncidentReported",
        subject="7",
        body=raw,
        leaf=bytes(32),
    )


def test_golden_body() -> None:
    """Format 1 is these bytes: a change here is a new format."""
    assert encode(body()) == GOLDEN


def test_golden_leaf() -> None:
    """The leaf of the golden body, computed from the format's words and pinned."""
    place = RECORDED_US.to_bytes(8, "big") + POSITION.to_bytes(8, "big")
    expected = hashlib.sha256(b"\x00" + hashlib.sha256(GOLDEN).digest() + place).digest()
    assert leaf_of(GOLDEN, RECORDED_US, POSITION) == expected
    assert expected.hex() == GOLDEN_LEAF


@given(st.binary(), st.integers(min_value=-(2**63), max_value=2**63 - 1), st.integers(1, 2**63 - 1))
def test_leaf(raw: bytes, recorded_us: int, position: int) -> None:
    """The leaf hashes a zero byte, the digest of the body, and time and position as eight bytes each."""
    place = (recorded_us % 2**64).to_bytes(8, "big") + position.to_bytes(8, "big")
    assert leaf_of(raw, recorded_us, position) == hashlib.sha256(leaf_prefix(raw) + place).digest()
    assert leaf_prefix(raw) == b"\x00" + hashlib.sha256(raw).digest()


@given(*[st.tuples(st.binary(max_size=40), st.integers(0, 2**62), st.integers(1, 2**62))] * 2)
def test_leaf_tells_body_time_and_position(one: tuple[bytes, int, int], other: tuple[bytes, int, int]) -> None:
    """Another body, another time or another position gives another leaf."""
    assert (leaf_of(*one) == leaf_of(*other)) == (one == other)


def test_absent_is_left_out() -> None:
    """What the writer did not give is not in the body; the subject is the aggregate's own id."""
    bare = body(NewEvent(id=EVENT.id, type="NoteAdded", data={}))
    assert json.loads(encode(bare)) == {
        "v": 1,
        "log": "the log",
        "tenant": "default",
        "realm": "drill",
        "stream": "incident-7",
        "version": 5,
        "id": EVENT.id,
        "type": "NoteAdded",
        "schema_version": 1,
        "subject": "7",
        "data": {},
    }


def test_null_stands_only_in_data_and_source() -> None:
    """Text that is empty is kept, None is absent."""
    assert body(actor="", role=None)["actor"] == ""
    assert "role" not in body(actor="", role=None)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"type": ""}, "type"),
        ({"type": "x" * 129}, "type"),
        ({"type": "a\0"}, "type"),
        ({"type": None}, "type"),
        ({"subject": ""}, "subject"),
        ({"subject": "x" * 256}, "subject"),
        ({"subject": "a\0"}, "subject"),
        ({"data": {"a": [0.5]}}, "data.a[0]"),
        ({"source": {"row": 2**60}}, "source.row"),
        ({"data": {"$enc": "x", "a": 1}}, "data"),
    ],
)
def test_refused(changes: dict[str, Any], place: str) -> None:
    """What a record cannot hold is refused, and the refusal names the place."""
    with pytest.raises(InvalidRecord) as refused:
        encode(body(**changes))
    assert refused.value.place == place


def test_longest_names() -> None:
    """A type of 128 and a subject of 255 characters are taken."""
    assert encode(body(type="x" * 128, subject="\U0001f600" * 255))


def test_largest_body() -> None:
    """A body of 1 MiB is taken, one byte more is refused by the event's id."""
    room = BODY_MAX - len(encode(body(data={"fill": ""})))
    assert len(encode(body(data={"fill": "x" * room}))) == BODY_MAX
    with pytest.raises(InvalidRecord, match=EVENT.id):
        encode(body(data={"fill": "x" * (room + 1)}))


def test_write() -> None:
    """A write holds its events as a tuple, expects anything unless told, and is refused when it is empty."""
    write = Write(STREAM, [EVENT])
    assert (write.events, write.expected) == ((EVENT,), ANY)
    with pytest.raises(InvalidRecord, match="incident-7"):
        Write(STREAM, [])


def test_recorded() -> None:
    """A row tells its time as a datetime and its body as a mapping."""
    row = recorded(GOLDEN)
    assert row.recorded_at == datetime(2026, 11, 20, 9, 30, 0, 123456, tzinfo=UTC)
    assert row.mapping() == json.loads(GOLDEN)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (None, "archived"),
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[]", "format 1"),
        (b"{}", "format 1"),
        (b'{"v":2}', "format 1"),
        (b'{"v":"1"}', "format 1"),
        (b'{"v":null}', "format 1"),
    ],
)
def test_unreadable_body(raw: bytes | None, message: str) -> None:
    """A body that is archived, damaged or of another format is refused with its position."""
    with pytest.raises(UnreadableEvent, match=f"position 9: .*{message}"):
        recorded(raw).mapping()
