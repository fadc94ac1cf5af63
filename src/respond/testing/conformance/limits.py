"""Limits: what just fits is stored, what is just too much is refused by name, and a refusal leaves no trace."""

from __future__ import annotations

from typing import Any

import pytest

from respond.domain.streams import StreamId
from respond.errors import InvalidRecord
from respond.store.records import BATCH_MAX, BODY_MAX, NewEvent, Write, body_of, encode
from respond.testing.clocks import ManualClock
from respond.testing.conformance.samples import ONE, TWO, event, events, ids, ids_of
from respond.testing.conformance.stores import StoreFactory, Tested, TestedStore


def sized(store: TestedStore, key: object, version: int, size: int) -> NewEvent:
    """Return an event whose body has exactly *size* bytes as the event *version* of stream ONE."""
    empty = event(key, data={"fill": ""})
    with_nothing = len(measure(store, empty, version))
    return event(key, data={"fill": "x" * (size - with_nothing)})


def measure(store: TestedStore, new: NewEvent, version: int) -> bytes:
    """Return the body that *store* would write."""
    return encode(body_of(new, log=store.log, tenant=store.tenant, stream=ONE, version=version))


def nested(depth: int) -> Any:
    """Return a value of *depth* lists within each other."""
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


REFUSED: dict[str, dict[str, Any]] = {
    "float": {"data": {"amount": 1.5}},
    "float that is whole": {"data": {"amount": 2.0}},
    "not a number": {"data": {"amount": float("nan")}},
    "float in a list": {"data": {"amounts": [1, [2, 3.5]]}},
    "float in the source": {"source": {"row": 1.0}},
    "integer beyond 2^53": {"data": {"count": 2**53}},
    "integer beyond -2^53": {"data": {"count": -(2**53)}},
    "lone surrogate": {"data": {"text": "\ud800"}},
    "lone surrogate in a key": {"data": {"\udfff": 1}},
    "lone surrogate in the actor": {"actor": "\udc00"},
    "lone surrogate in the subject": {"subject": "\ud800"},
    "lone surrogate in the type": {"type": "\ud800"},
    "key that is not text": {"data": {1: "one"}},
    "bytes": {"data": {"raw": b"x"}},
    "NUL in the type": {"type": "Note\0Added"},
    "NUL in the subject": {"subject": "inc\0ident"},
    "empty type": {"type": ""},
    "empty subject": {"subject": ""},
    "type too long": {"type": "x" * 129},
    "subject too long": {"subject": "x" * 256},
    "nested too deep": {"data": nested(65)},
}


class Limits(Tested):
    """The edges of what an event can hold."""

    @pytest.mark.parametrize("fields", REFUSED.values(), ids=REFUSED.keys())
    def test_refused(self, store: TestedStore, fields: dict[str, Any]) -> None:
        """An event that no record can hold is refused; the good ones beside it are not written either."""
        store.append(Write(TWO, events("before")))
        before = store.head()
        with pytest.raises(InvalidRecord):
            store.append(Write(ONE, [event(1), event(2, **fields)]), Write(TWO, events(3)))
        assert (store.head(), store.versions([ONE, TWO])) == (before, {ONE: 0, TWO: 1})
        assert store.append(Write(ONE, events(1))).first == before.position + 1

    @pytest.mark.parametrize(
        ("fields", "place"),
        [
            ({"data": {"costs": [{"amount": 1.5}]}}, "data.costs[0].amount"),
            ({"type": "a\0"}, "type"),
            ({"subject": "a\0"}, "subject"),
        ],
    )
    def test_refused_by_name(self, store: TestedStore, fields: dict[str, Any], place: str) -> None:
        """The refusal names the place."""
        with pytest.raises(InvalidRecord) as refused:
            store.append(Write(ONE, [event(1, **fields)]))
        assert refused.value.place == place

    @pytest.mark.parametrize("tenant", ["", "a\0b", "x" * 256, "\ud800"], ids=["empty", "NUL", "long", "surrogate"])
    def test_refused_tenant(self, store_factory: StoreFactory, clock: ManualClock, tenant: str) -> None:
        """A tenant that no index takes is refused by name when the store is opened."""
        with pytest.raises(InvalidRecord) as refused:
            store_factory(clock=clock, tenant=tenant)
        assert refused.value.place == "tenant"

    def test_the_largest_that_fit(self, store: TestedStore) -> None:
        """The largest integers, the deepest nesting and NUL in the data are stored and come back."""
        data = {"max": 2**53 - 1, "min": 1 - 2**53, "deep": nested(62), "nul": "a\0b", "\0": "\U0010ffff"}
        store.append(Write(ONE, [event(1, data=data, actor="wang\0li")]))
        body = store.read_stream(ONE)[0].mapping()
        assert (body["data"], body["actor"]) == (data, "wang\0li")

    def test_largest_body(self, store: TestedStore) -> None:
        """A body of 1 MiB is stored whole; one byte more is refused."""
        with pytest.raises(InvalidRecord):
            store.append(Write(ONE, [sized(store, 1, 1, BODY_MAX + 1)]))
        assert store.head().position == 0
        largest = sized(store, 1, 1, BODY_MAX)
        store.append(Write(ONE, [largest]))
        (row,) = store.read_stream(ONE)
        assert row.body == measure(store, largest, 1)
        assert len(row.body) == BODY_MAX

    def test_largest_batch(self, store: TestedStore) -> None:
        """Bodies of 16 MiB together are stored in one append; one byte more is refused."""
        count = BATCH_MAX // BODY_MAX
        full = [sized(store, number, number, BODY_MAX) for number in range(1, count)]
        half = [sized(store, count, count, BODY_MAX // 2), sized(store, count + 1, count + 1, BODY_MAX // 2)]
        over = sized(store, count + 1, count + 1, BODY_MAX // 2 + 1)
        with pytest.raises(InvalidRecord):
            store.append(Write(ONE, [*full, half[0], over]))
        assert store.head().position == 0
        store.append(Write(ONE, [*full, *half]))
        rows = store.read_stream(ONE)
        assert sum(len(row.body or b"") for row in rows) == BATCH_MAX
        assert ids(rows) == ids_of(*range(1, count + 2))

    def test_many_small_events(self, store: TestedStore) -> None:
        """An append of thousands of events lands whole, over more streams than a statement binds."""
        streams = [StreamId.of("many", str(number)) for number in range(50)]
        appended = store.append(
            *(Write(stream, events(*(f"{stream} {number}" for number in range(60)))) for stream in streams)
        )
        assert (appended.first, appended.last) == (1, 3000)
        assert appended.versions == store.versions(streams) == dict.fromkeys(streams, 60)
