"""Ids that sort by time and that a retry makes again."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from uuid import RFC_4122, UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from respond.domain.ids import event_id, event_ids, hashed_id, timed_id, timed_text, uuid7
from respond.errors import InvalidMoment

NOW = datetime(2026, 11, 20, 9, 30, 0, 123456, tzinfo=UTC)
MILLISECONDS = 1_795_167_000_123
RANDOM = bytes(range(10))

moments = st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(9999, 12, 31)).map(  # noqa: DTZ001 - see next
    lambda at: at.replace(tzinfo=UTC)
)
texts = st.text()


def test_uuid7_of_the_rfc() -> None:
    """The example of RFC 9562, appendix A.6 comes out."""
    at = datetime.fromisoformat("2022-02-22T14:22:22.000-05:00")
    random = (0xCC3 << 64 | 0x18C4DC0C0C07398F).to_bytes(10, "big")
    assert str(uuid7(at, random)) == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"


def test_uuid7_layout() -> None:
    """A UUIDv7 begins with the millisecond and is filled up with the random bytes."""
    made = uuid7(NOW, RANDOM)
    assert (made.version, made.variant) == (7, RFC_4122)
    assert made.int >> 80 == MILLISECONDS
    assert uuid7(NOW, RANDOM) == made
    assert uuid7(NOW, bytes(10)) != made


@given(moments, moments, st.binary(min_size=10, max_size=10), st.binary(min_size=10, max_size=10))
def test_uuid7_sorts_by_time(one: datetime, other: datetime, first: bytes, second: bytes) -> None:
    """The earlier id is the smaller one, as a number and as text."""
    if one + timedelta(milliseconds=1) <= other:
        assert uuid7(one, first) < uuid7(other, second)
        assert str(uuid7(one, first)) < str(uuid7(other, second))


@pytest.mark.parametrize("make", [lambda at: uuid7(at, RANDOM), lambda at: timed_id(at, "x")])
def test_naive_time_is_refused(make: object) -> None:
    """A time without a zone gives no id."""
    with pytest.raises(InvalidMoment):
        make(NOW.replace(tzinfo=None))


def test_timed_id() -> None:
    """A timed id begins with the millisecond and hashes its parts: the same call, the same id."""
    made = timed_id(NOW, "incident", "7")
    assert (made.version, made.variant, made.int >> 80) == (8, RFC_4122, MILLISECONDS)
    assert timed_id(NOW, "incident", "7") == made
    assert timed_id(NOW + timedelta(microseconds=100), "incident", "7") == made
    assert timed_id(NOW, "incident", "8") != made
    assert timed_id(NOW + timedelta(milliseconds=1), "incident", "7") != made


@given(moments, st.lists(texts, max_size=3))
def test_timed_text(at: datetime, parts: list[str]) -> None:
    """A timed id as text is the millisecond and the first 10 bytes of the hash, each part with its length before it."""
    raws = [part.encode() for part in parts]
    digest = hashlib.sha256(b"".join(len(raw).to_bytes(4, "big") + raw for raw in raws)).digest()
    milliseconds = (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    expected = milliseconds << 80 | int.from_bytes(digest[:10], "big")
    expected = expected & ~(0xF << 76) & ~(0x3 << 62) | 8 << 76 | 2 << 62
    assert timed_text(at, *parts) == str(timed_id(at, *parts)) == str(UUID(int=expected))


def test_hashed_id() -> None:
    """A hashed id is made of the hash of its parts alone, each with its length before it."""
    joined = b"\0\0\0\x01a\0\0\0\x02\xc3\xbc"
    value = int.from_bytes(hashlib.sha256(joined).digest()[:16], "big")
    expected = value & ~(0xF << 76) & ~(0x3 << 62) | 8 << 76 | 2 << 62
    assert hashed_id("a", "ü") == UUID(int=expected)
    assert hashed_id("a", "ü").version == 8


@given(st.lists(texts, max_size=4), st.lists(texts, max_size=4))
def test_other_parts_make_another_id(one: list[str], other: list[str]) -> None:
    """Ids are equal when their parts are, and only then: where one part ends and the next begins matters."""
    assert (hashed_id(*one) == hashed_id(*other)) == (one == other)


def test_event_id_of_a_timed_command() -> None:
    """An event of a command that is a UUIDv7 keeps its time and hashes the rest from command and index."""
    command = str(uuid7(NOW, RANDOM))
    rest = hashlib.sha256(b"\0\0\0\x24" + command.encode() + b"\0\0\0\x013").digest()[:10]
    expected = MILLISECONDS << 80 | int.from_bytes(rest, "big")
    expected = expected & ~(0xF << 76) & ~(0x3 << 62) | 8 << 76 | 2 << 62
    assert event_id(command, 3) == UUID(int=expected)


@given(moments, st.binary(min_size=10, max_size=10), st.integers(min_value=0, max_value=1000))
def test_event_ids_stay_near_their_command(at: datetime, random: bytes, index: int) -> None:
    """Events of a command share its millisecond, whether the command's id is of version 7 or 8."""
    for command in (uuid7(at, random), timed_id(at, "command")):
        made = event_id(str(command), index)
        assert made.version == 8
        assert made.int >> 80 == command.int >> 80


@given(texts, st.integers(min_value=0, max_value=50), texts, st.integers(min_value=0, max_value=50))
def test_a_retry_makes_the_same_ids(command: str, index: int, other: str, other_index: int) -> None:
    """The same command and index give the same id, any other gives another."""
    assert (event_id(command, index) == event_id(other, other_index)) == ((command, index) == (other, other_index))


@pytest.mark.parametrize(
    "command", ["", "order 66", "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "7f3e2a90-1c4b-4d5e-8f60-718293a4b5c6"]
)
def test_other_command_ids_are_only_hashed(command: str) -> None:
    """A command id that carries no time at its front, a UUID of another version included, is only hashed."""
    assert event_id(command, 2) == hashed_id(command, "2")


@given(st.one_of(texts, moments.map(lambda at: str(timed_id(at, "x")))), st.integers(0, 12))
def test_event_ids(command_id: str, count: int) -> None:
    """The ids of many events at once are those of each, as text, whatever the command id looks like."""
    assert event_ids(command_id, count) == [str(event_id(command_id, index)) for index in range(count)]
