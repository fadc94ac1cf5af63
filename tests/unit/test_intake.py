"""What every store asks of an append: the parts that a suite over whole stores cannot reach."""

from __future__ import annotations

from datetime import UTC, datetime

import attrs
import pytest

from respond.domain.streams import StreamId
from respond.errors import ClockSkew, IdempotencyConflict
from respond.store.intake import SKEW_MAX_US, check_skew, event_ids, replay_of
from respond.store.memory import MemoryEventStore
from respond.store.records import NewEvent, Recorded, Write

STREAM = StreamId.of("incident", "1")
EVENT = NewEvent(id="01938c2f-0000-8000-8000-000000000001", type="NoteAdded", data={"note": "a"})


@pytest.fixture
def stored() -> Recorded:
    """Return EVENT as a log keeps it."""
    store = MemoryEventStore(clock=lambda: datetime(2026, 11, 20, tzinfo=UTC), log="the log")
    store.append(Write(STREAM, [EVENT]))
    return store.read_all()[0]


def replay(event: NewEvent, record: Recorded) -> object:
    """Return what an append of *event* answers when *record* is in the log."""
    return replay_of([Write(STREAM, [event])], {event.id: record}, log="the log", tenant="default")


def test_retry_of_an_archived_event(stored: Recorded) -> None:
    """An event whose body was archived is known again by its leaf."""
    assert replay(EVENT, stored._replace(body=None)) == replay(EVENT, stored)


def test_altered_retry_of_an_archived_event(stored: Recorded) -> None:
    """Another event under the id of an archived one conflicts."""
    with pytest.raises(IdempotencyConflict, match="position 1"):
        replay(attrs.evolve(EVENT, data={"note": "b"}), stored._replace(body=None))


def test_stored_bytes_decide(stored: Recorded) -> None:
    """A stored body that was altered is another content, even where its leaf still fits the event."""
    with pytest.raises(IdempotencyConflict):
        replay(EVENT, stored._replace(body=(stored.body or b"").replace(b'"a"', b'"b"')))


def test_every_conflict_is_named() -> None:
    """The refusal names each id and what is wrong with it."""
    with pytest.raises(IdempotencyConflict) as conflict:
        event_ids([Write(STREAM, [EVENT, EVENT, attrs.evolve(EVENT, id=EVENT.id[:-1] + "2")])])
    assert conflict.value.ids == {EVENT.id: "stands twice in one append"}
    assert EVENT.id in str(conflict.value)


def test_skew() -> None:
    """A head up to five minutes ahead is accepted, a microsecond more is refused with both times."""
    check_skew(SKEW_MAX_US, 0)
    check_skew(0, 10**15)
    with pytest.raises(ClockSkew, match=r"1970-01-01T00:05:00\.000001.*1970-01-01T00:00:00"):
        check_skew(SKEW_MAX_US + 1, 0)
