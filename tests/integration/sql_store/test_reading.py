"""Large bodies, plans and times, as the databases give them back."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from respond.domain.streams import NO_STREAM, StreamId
from respond.store.records import Write
from respond.store.sql import SqlEventStore
from respond.testing.conformance.samples import ONE, TWO, ManualClock, events, ids_of
from respond.testing.conformance.samples import event as sample
from sql_logs import opened, raw


@pytest.mark.parametrize("sign", ["x", '"', "\\", "医"])
def test_large_bodies(url: str, sign: str) -> None:
    """A body of 1 MiB and a batch of 16 MiB are stored as they are, however much a driver must escape."""
    size = len(sign.encode()) * (2 if sign in '"\\' else 1)
    text_ = sign * ((1024 * 1024 - 400) // size)
    large = [sample(number, data={"text": text_}) for number in range(16)]
    with opened(url) as store:
        store.append(Write(ONE, large[:1], NO_STREAM))
        appended = store.append(Write(ONE, large[1:]), Write(TWO, events("small")))
        assert appended.last == 17
        assert all(row.mapping()["data"]["text"] == text_ for row in store.read_stream(ONE))
        assert store.append(Write(ONE, large[1:]), Write(TWO, events("small"))).replayed


def test_clock_of_the_store(url: str) -> None:
    """A clock that is read once for each append: all events of one append share its time."""
    moved = ManualClock()
    with SqlEventStore.open(url, clock=moved) as store:
        store.append(Write(ONE, events(1, 2)))
        moved.move(seconds=1)
        store.append(Write(ONE, events(3)))
        first, second, third = (row.recorded_us for row in store.read_log())
    assert (first, third - first) == (second, 1_000_000)


def test_plan_without_statistics(postgresql_url: str) -> None:
    """Pages are read along the primary key even before the table was ever analysed; the control sorts them all."""
    with opened(postgresql_url) as store:
        for start in range(0, 3000, 1000):
            writes = [Write(StreamId.of("note", str(key)), events(key)) for key in range(start, start + 1000)]
            store.append(*writes)
        statement = f"EXPLAIN {store._dialect.sql.read_all}".replace("%s", "{}").format(500, "'default'", 1000)
        with store._connections.reading() as cursor:
            plan = " ".join(row[0] for row in cursor.execute(statement).fetchall())
    with raw(postgresql_url) as connection:
        control = " ".join(row[0] for row in connection.execute(text(statement)).all())
    assert "Index Scan using respond_events_pkey" in plan
    assert "Sort" not in plan
    assert "Sort" in control


def test_what_no_event_can_have(url: str) -> None:
    """Asking for a subject or an id that no event can have finds nothing, and troubles no driver."""
    with opened(url) as store:
        store.append(Write(ONE, events(1)))
        for subject in ("", "a\0b", "\ud800", "x" * 256):
            assert store.read_subject(subject) == []
        assert set(store.known(["", "x", ids_of(1)[0].upper(), "\ud800", *ids_of(1, 2)])) == set(ids_of(1))
