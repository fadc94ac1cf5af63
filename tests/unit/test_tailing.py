"""The reader of the conformance suite comes to an end whatever a store answers."""

from __future__ import annotations

import pytest

from respond.testing.conformance.tailing import Seen, Tail

DISORDERED = [Seen(position, f"event {position}") for position in (1, 2, 5, 4)]


def following(log: list[Seen]) -> Tail:
    """Return a reader of pages of two rows, which come as they stand in the log."""
    return Tail(lambda after, limit: [row for row in log if row.position > after][:limit], limit=2)


def test_a_tail_reads_page_after_page():
    """Each page begins past the end of the one before."""
    tail = following(sorted(DISORDERED, key=lambda row: row.position))
    tail.catch_up()
    assert [row.position for row in tail.seen] == [1, 2, 4, 5]


def test_a_page_that_leads_back_is_told():
    """Read on from position 4, a log whose last rows stand the wrong way round shows them again, without end."""
    tail = following([*DISORDERED, Seen(3, "event 3")])
    tail.read, read = lambda after, limit: read(min(after, 3), limit), tail.read
    with pytest.raises(AssertionError, match="the page past position 4 ends at position 4"):
        tail.catch_up()
