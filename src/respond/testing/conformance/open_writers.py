"""Writers whose transactions a test ends: what a store lends whose writers are transactions of a database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

import pytest

from respond.store.records import Write
from respond.testing.conformance.stores import Tested, TestedStore


class OpenWriter(Protocol):
    """A writer on a connection of its own, whose transaction the test ends."""

    def append(self, write: Write, *, version: int, at: datetime) -> None:
        """Begin, take the head, and insert the events of *write* on top of *version*; commit nothing."""
        ...

    def commit(self) -> None: ...

    def rollback(self) -> None: ...


class OpenWriters(Tested):
    """The fixture that users override."""

    @pytest.fixture
    def open_writer(self, store: TestedStore) -> Callable[[], OpenWriter]:
        """Return a function that connects a writer to the log of *store*."""
        raise NotImplementedError(f"{type(self).__name__} must override the fixture open_writer")
