"""Idempotency: ids are looked up before versions, in every mixture of known, new and altered ids."""

from __future__ import annotations

from itertools import product

import pytest

from respond.domain.moments import Moment
from respond.domain.streams import NO_STREAM, StreamId, exactly
from respond.errors import IdempotencyConflict, VersionConflict
from respond.store.records import NewEvent, Write
from respond.testing.clocks import START, ManualClock
from respond.testing.conformance.samples import ONE, TWO, event, events, id_of
from respond.testing.conformance.stores import StoreFactory, Tested, TestedStore

KINDS = ("known", "new", "altered")
LAYOUTS = [(0, 0, 0), (0, 0, 1), (0, 1, 1), (0, 1, 2)]
"""Which of the three events of an append go to the same stream."""


def writes(streams: list[StreamId], members: list[tuple[StreamId, NewEvent]]) -> list[Write]:
    """Return one write for each of *streams* that has members."""
    grouped = [(stream, [event for place, event in members if place == stream]) for stream in streams]
    return [Write(stream, group) for stream, group in grouped if group]


class Idempotency(Tested):
    """What a second append with the same ids does."""

    @pytest.mark.parametrize("layout", LAYOUTS, ids=str)
    def test_every_mixture(self, store: TestedStore, layout: tuple[int, ...]) -> None:
        """All known gives the stored result, all new is appended, anything else conflicts and writes nothing."""
        for kinds in product(KINDS, repeat=len(layout)):
            case = "/".join(kinds)
            streams = [StreamId.of("case", f"{case} {number}") for number in sorted(set(layout))]
            places = [streams[number] for number in layout]
            keys = [f"{case} {number}" for number in range(len(layout))]
            seeds = [
                (place, event(key, data={"note": "other"}) if kind == "altered" else event(key))
                for place, key, kind in zip(places, keys, kinds, strict=True)
                if kind != "new"
            ]
            stored = store.append(*writes(streams, seeds)) if seeds else None
            before = store.head()
            attempt = writes(streams, [(place, event(key)) for place, key in zip(places, keys, strict=True)])
            if set(kinds) == {"known"}:
                assert stored is not None
                again = store.append(*attempt)
                assert again.replayed, case
                assert (again.first, again.last, again.versions) == (stored.first, stored.last, stored.versions), case
                assert again.recorded_at == stored.recorded_at, case
            elif set(kinds) == {"new"}:
                appended = store.append(*attempt)
                assert (appended.first, appended.last) == (before.position + 1, before.position + len(layout)), case
                assert not appended.replayed, case
                continue
            else:
                with pytest.raises(IdempotencyConflict) as conflict:
                    store.append(*attempt)
                wrong = {id_of(key) for key, kind in zip(keys, kinds, strict=True) if kind == "altered"}
                assert wrong <= set(conflict.value.ids), case
            assert store.head() == before, case

    @pytest.mark.parametrize(
        "change",
        [
            {"data": {"note": "x", "more": 1}},
            {"type": "NoteRemoved"},
            {"schema_version": 2},
            {"subject": "someone else"},
            {"actor": "chen.yu"},
            {"occurred_at": Moment(START)},
            {"command_id": "another"},
            {"source": {"row": 1}},
        ],
        ids=lambda change: next(iter(change)),
    )
    def test_every_field_is_content(self, store: TestedStore, change: dict[str, object]) -> None:
        """An event that differs in any field from the one stored under its id conflicts."""
        store.append(Write(ONE, events("x")))
        with pytest.raises(IdempotencyConflict) as conflict:
            store.append(Write(ONE, [event("x", **change)]))
        assert set(conflict.value.ids) == {id_of("x")}
        assert store.head().position == 1

    def test_order_of_keys_is_not_content(self, store: TestedStore) -> None:
        """Data that is the same but for the order of its keys is the same content."""
        store.append(Write(ONE, [event("x", data={"a": 1, "b": 2})]))
        assert store.append(Write(ONE, [event("x", data={"b": 2, "a": 1})])).replayed

    def test_ids_before_versions(self, store: TestedStore, clock: ManualClock) -> None:
        """A retry answers with what was stored although the stream has moved on, and a required one too."""
        first = store.append(Write(ONE, events(1, 2), NO_STREAM), require={TWO: 0})
        clock.move(seconds=30)
        store.append(Write(ONE, events(3)), Write(TWO, events(4)))
        again = store.append(Write(ONE, events(1, 2), NO_STREAM), require={TWO: 0})
        assert again.replayed
        assert (again.first, again.last, again.versions, again.recorded_at) == (1, 2, {ONE: 2}, first.recorded_at)

    def test_altered_and_stale(self, store: TestedStore) -> None:
        """An altered id is told as such although the version does not fit either."""
        store.append(Write(ONE, events(1)))
        with pytest.raises(IdempotencyConflict):
            store.append(Write(ONE, [event(1, type="Other")], exactly(7)))

    def test_retry_after_a_refusal(self, store: TestedStore) -> None:
        """An append that was refused has used up nothing: the same ids can be appended later."""
        with pytest.raises(VersionConflict):
            store.append(Write(ONE, events(1), exactly(3)))
        assert not store.append(Write(ONE, events(1), NO_STREAM)).replayed

    def test_two_appends_retried_as_one(self, store: TestedStore, clock: ManualClock) -> None:
        """Known events of several appends answer with the span from the first to the last."""
        store.append(Write(ONE, events(1)))
        store.append(Write(TWO, events(2)))
        clock.move(seconds=1)
        last = store.append(Write(ONE, events(3)))
        again = store.append(Write(ONE, events(1, 3)), Write(TWO, events(2)))
        assert (again.first, again.last, again.versions) == (1, 3, {ONE: 2, TWO: 1})
        assert (again.recorded_at, again.replayed) == (last.recorded_at, True)

    def test_part_of_an_append_retried(self, store: TestedStore) -> None:
        """Some known events of a larger append answer with their own places."""
        store.append(Write(ONE, events(1, 2, 3)))
        again = store.append(Write(ONE, events(2)))
        assert (again.first, again.last, again.versions, again.replayed) == (2, 2, {ONE: 2}, True)

    def test_known_in_another_stream(self, store: TestedStore) -> None:
        """An id that is known in another stream, or in the other realm, conflicts."""
        store.append(Write(ONE, events(1)))
        for stream in (TWO, StreamId(ONE.name, "drill")):
            with pytest.raises(IdempotencyConflict):
                store.append(Write(stream, events(1)))
        assert store.head().position == 1

    def test_known_to_another_tenant(self, store: TestedStore, store_factory: StoreFactory, clock: ManualClock) -> None:
        """An id belongs to its tenant: another one may use it for its own event."""
        store.append(Write(ONE, events(1)))
        with store_factory(clock=clock, tenant="elsewhere") as other:
            appended = other.append(Write(ONE, events(1), NO_STREAM))
        assert (appended.first, appended.replayed) == (2, False)

    @pytest.mark.parametrize("apart", [False, True], ids=["one stream", "two streams"])
    def test_twice_in_one_append(self, store: TestedStore, apart: bool) -> None:
        """An id that stands twice in one append conflicts, and nothing is written."""
        twice = [Write(ONE, events(1)), Write(TWO, events(1))] if apart else [Write(ONE, events(1, 1))]
        with pytest.raises(IdempotencyConflict) as conflict:
            store.append(*twice)
        assert set(conflict.value.ids) == {id_of(1)}
        assert store.head().position == 0

    def test_retry_of_a_large_append(self, store: TestedStore) -> None:
        """A retry of an append of a thousand events is recognised."""
        large = Write(ONE, events(*range(1000)))
        store.append(large)
        again = store.append(large)
        assert (again.first, again.last, again.replayed) == (1, 1000, True)
        with pytest.raises(IdempotencyConflict):
            store.append(Write(ONE, events(*range(1001))))
        assert store.head().position == 1000
