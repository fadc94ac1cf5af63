"""Who waits to write alone: others wait too as long as somebody does, whatever becomes of it."""

from __future__ import annotations

from contextlib import suppress

import pytest

from respond.domain.streams import StreamId
from respond.engine.clock import system_clock
from respond.engine.engine import Engine
from respond.engine.queue import Queue
from respond.store.memory import MemoryEventStore

ONE, TWO = StreamId.of("incident", "1"), StreamId.of("incident", "2")


def test_a_stream_is_waited_for_as_long_as_somebody_does():
    """Two wait for one stream, one of them also for another; when the last has gone nobody is waited for."""
    queue = Queue()
    with queue.joined([ONE]):
        with suppress(RuntimeError), queue.joined([ONE, TWO]):
            assert ONE in queue
            assert TWO in queue
            raise RuntimeError
        assert ONE in queue
        assert TWO not in queue
    assert ONE not in queue


@pytest.mark.parametrize(("waiting", "alone"), [(False, 0), (True, 1)])
def test_who_comes_anew_does_not_overtake(monkeypatch, waiting, alone):
    """A command is tried beside others at first; as long as somebody waits for its stream, it waits too."""
    store = MemoryEventStore(clock=system_clock)
    engine = Engine(store)
    incident = engine.report(category="network", title="Tills offline")
    asked = []
    exclusively = store.exclusively
    monkeypatch.setattr(store, "exclusively", lambda streams: asked.append(streams) or exclusively(streams))
    stream = StreamId.of("incident", incident.id)
    with engine._handler._queue.joined([stream] if waiting else []):
        incident.note("All tills of the shop")
    assert asked == [[stream]] * alone
