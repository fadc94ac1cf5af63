"""A whole log at once: what changes when a hundred thousand events pass instead of seven."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

_RARE = (50_000, 20, 100)
"""Thresholds of the garbage collector: a page of events and all that it is decoded into stay below the first."""

_lock = Lock()
_thresholds: list[tuple[int, int, int]] = []
"""One entry for each block that is under way; the first holds what the program had chosen."""


@contextmanager
def rare_collections() -> Iterator[None]:
    """Let the garbage collector look up rarely while a log is folded or written.

    What a fold makes holds no cycles, and looking for them took a fifth of the time.  The program's own thresholds come
    back when the last block ends, whichever thread that is in.
    """
    with _lock:
        _thresholds.append(gc.get_threshold())
        gc.set_threshold(*_RARE)
    try:
        yield
    finally:
        with _lock:
            if len(_thresholds) == 1:
                gc.set_threshold(*_thresholds[0])
            _thresholds.pop()
