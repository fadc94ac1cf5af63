"""The conformance suite that every store passes, as a class to inherit.

    class TestMyStore(StoreConformance):
        @pytest.fixture
        def store_factory(self, tmp_path):
            return MyStores(tmp_path / "log")        # called with clock=, tenant=, allow_skew=; opens that log again

The suite starts writing processes.  `store_factory` is sent to them: make it a value of a class at the top of a module,
or set `worker_kind = "thread"` for a log that lives in one process.  A store whose writers are transactions of a
database inherits `Interleavings` too.
"""

from __future__ import annotations

from typing import cast

import pytest

from respond.testing.async_facade import AsyncStoreFactory, Awaiting
from respond.testing.conformance.appending import Appending
from respond.testing.conformance.cancelling import Cancelling
from respond.testing.conformance.concurrency import Concurrency
from respond.testing.conformance.controls import Controls
from respond.testing.conformance.exclusive import Exclusive
from respond.testing.conformance.expectations import Expectations
from respond.testing.conformance.idempotency import Idempotency
from respond.testing.conformance.interleavings import Interleavings
from respond.testing.conformance.limits import Limits
from respond.testing.conformance.names import Names
from respond.testing.conformance.open_writers import OpenWriter
from respond.testing.conformance.reading import Reading
from respond.testing.conformance.sessions import SharedLog
from respond.testing.conformance.stores import StoreFactory, TestedStore
from respond.testing.conformance.subscribing import Subscribing
from respond.testing.conformance.tenants import Tenants
from respond.testing.conformance.times import Times

__all__ = [
    "AsyncStoreConformance",
    "AsyncStoreFactory",
    "Interleavings",
    "OpenWriter",
    "StoreConformance",
    "StoreFactory",
    "TestedStore",
]


class StoreConformance(
    Appending,
    Expectations,
    Idempotency,
    Reading,
    Times,
    Names,
    Limits,
    Tenants,
    Exclusive,
    Concurrency,
    SharedLog,
    Subscribing,
    Controls,
):
    """The promise of `respond.store.protocol`, test by test; override the fixture `store_factory`."""


class AsyncStoreConformance(StoreConformance, Cancelling):
    """The same promise of a store for asyncio, and that a task may be cancelled; override `async_store_factory`."""

    @pytest.fixture
    def async_store_factory(self) -> AsyncStoreFactory:
        """Return a factory for one new and empty log; what it returns is awaited."""
        raise NotImplementedError(f"{type(self).__name__} must override the fixture async_store_factory")

    @pytest.fixture
    def store_factory(self, async_store_factory: AsyncStoreFactory) -> StoreFactory:
        """Return a factory whose stores are called: each has an event loop of its own."""
        return cast("StoreFactory", Awaiting(async_store_factory))
