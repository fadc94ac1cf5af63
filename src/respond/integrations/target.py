"""Targets: where events are published to, and what may go wrong there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from inspect import isawaitable
from typing import Protocol

import attrs

from respond.errors import TargetUnavailable
from respond.integrations.cloudevents import CloudEvent
from respond.store.records import Recorded


@attrs.frozen
class Outgoing:
    """An event on its way out: the row of the log, and how the world reads it."""

    row: Recorded
    event: CloudEvent


@attrs.frozen
class Refused:
    """The first event of a batch that was not taken; all before it were."""

    index: int
    error: Exception

    @property
    def is_outage(self) -> bool:
        """Whether the target could not be reached: no fault of the event, which is tried until it is taken."""
        return isinstance(self.error, (TargetUnavailable, OSError))


class Target(Protocol):
    """Takes events; each may come more than once, with the same id."""

    def publish(self, batch: Sequence[Outgoing]) -> Refused | None:
        """Take all of *batch*, those of one stream in the order given; return the first that was not taken."""
        ...


class AsyncTarget(Protocol):
    """Takes events as a `Target` does, and is awaited."""

    async def publish(self, batch: Sequence[Outgoing]) -> Refused | None:
        """Take all of *batch*, those of one stream in the order given; return the first that was not taken."""
        ...


@attrs.frozen
class CallableTarget:
    """Calls a function with one event after the other; what it raises refuses the event.

    `TargetUnavailable`, `OSError` and `TimeoutError` say that it is out of reach, anything else that it does not take
    this event.
    """

    function: Callable[[CloudEvent], object]

    def publish(self, batch: Sequence[Outgoing]) -> Refused | None:
        """Take *batch* up to the first event that the function refuses."""
        for index, outgoing in enumerate(batch):
            try:
                self.function(outgoing.event)
            except Exception as error:  # noqa: BLE001 - whatever it is, the event was not taken
                return Refused(index, error)
        return None


@attrs.frozen
class AsyncCallableTarget:
    """Calls a function as `CallableTarget` does, and awaits what it returns where that can be awaited."""

    function: Callable[[CloudEvent], object]

    async def publish(self, batch: Sequence[Outgoing]) -> Refused | None:
        """Take *batch* up to the first event that the function refuses."""
        for index, outgoing in enumerate(batch):
            try:
                answer = self.function(outgoing.event)
                if isawaitable(answer):
                    await answer
            except Exception as error:  # noqa: BLE001 - whatever it is, the event was not taken
                return Refused(index, error)
        return None
