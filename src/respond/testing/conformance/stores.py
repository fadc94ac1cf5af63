"""The stores under test: how the suite opens one log again and again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Protocol

import pytest

from respond.domain.streams import DEFAULT_TENANT
from respond.store.protocol import Clock, EventStore, LogReader
from respond.testing.clocks import ManualClock


class TestedStore(EventStore, LogReader, Protocol):
    """What the suite needs of a store: it appends, reads, and shows its whole log."""

    __test__: ClassVar[bool] = False


class StoreFactory(Protocol):
    """Open the same log again, as often as it is called; the events of one are seen by all.

    Where a factory is handed to other processes it is pickled: make it a value of a class at the top of a module.
    """

    def __call__(self, *, clock: Clock, tenant: str = DEFAULT_TENANT, allow_skew: bool = False) -> TestedStore: ...


class Tested:
    """The fixtures that every part of the suite rests on."""

    @pytest.fixture
    def store_factory(self) -> StoreFactory:
        """Return a factory for one new and empty log."""
        raise NotImplementedError(f"{type(self).__name__} must override the fixture store_factory")

    @pytest.fixture
    def clock(self) -> ManualClock:
        """Return the clock of `store`, which stands still until a test moves it."""
        return ManualClock()

    @pytest.fixture
    def store(self, store_factory: StoreFactory, clock: ManualClock) -> Iterator[TestedStore]:
        """Return a store on the new log, closed when the test ends."""
        with store_factory(clock=clock) as store:
            yield store
