"""The publisher: real events from the log to a target, each at least once, those of a stream in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic

from respond.errors import StoreUnavailable
from respond.integrations.cloudevents import CloudEvent
from respond.integrations.publishing import NAME_PREFIX, Publishing, Step, Telling, go_on
from respond.integrations.target import CallableTarget, Outgoing, Refused, Target
from respond.store.sql.event_store import SqlEventStore
from respond.store.waiting import Hearing, Waiter

__all__ = ["NAME_PREFIX", "Publisher", "Step"]


class Publisher(Publishing[SqlEventStore, Target, Waiter]):
    """Publishes the log of a store to a target under a name; of several with one name, one is at work at a time.

    A target may be a function that is called with each event.  Drills are never published.  The checkpoint moves after
    the target took a batch: what a crash leaves in between is published again, with the same ids.
    """

    def resume(self) -> None:
        """Let publishers of this name go on at once: from a pause, or from waiting for another try."""
        self._resume()

    def run(self, *, live: bool = True) -> Step:
        """Publish until stopped, or, when not *live*, until there is nothing more or something stands in the way.

        Return the last step.  Raises `StoreUnavailable` when not *live*.
        """
        hearing = Hearing(self._store, Waiter)
        self._waiter = hearing.waiter
        try:
            if hearing.source is not None:  # before the first look: what comes after is heard of
                hearing.source.mend()
            while True:
                step = self._step_or_wait(live=live)
                if self._stopped or (not live and step.state != "published"):
                    return step
                if step.state == "idle":
                    hearing.waiter.wait(hearing.poll_seconds, hearing.source)
                elif step.wait_seconds:
                    self._rest(step.wait_seconds, hearing.waiter)
        finally:
            self._waiter = None
            hearing.close()
            self._release()

    def step(self) -> Step:
        """Publish the next batch, if there is one and this publisher may; return what it did, or waits for."""
        return self._carried_out(self._step())

    def retry(self) -> Step:
        """Tell once more what patience has skipped; what the target takes now is no dead letter any more.

        It comes behind later events of its stream, whose version tells its place.  What is refused again keeps the new
        reason, and stands in the way of no other.
        """
        return self._carried_out(self._retry())

    def _carried_out(self, work: Telling) -> Step:
        told = go_on(work)
        while not isinstance(told, Step):
            told = go_on(work, self._publish(told))
        return told

    def _publish(self, batch: Sequence[Outgoing]) -> Refused | None:
        try:
            return self._target.publish(batch)
        except Exception as error:  # noqa: BLE001 - a target's own defect takes nothing
            return Refused(0, error)

    def _step_or_wait(self, *, live: bool) -> Step:
        """Make a step; a store that cannot be reached is waited for."""
        try:
            return self.step()
        except StoreUnavailable as error:
            if not live:
                raise
            return self._cut_off(error)

    def _rest(self, seconds: float, waiter: Waiter) -> None:
        """Wait until the time is over or this publisher is stopped, whatever is appended meanwhile."""
        until = monotonic() + seconds
        while not self._stopped and (left := until - monotonic()) > 0:
            waiter.wait(left)

    def _log_of(self, store: SqlEventStore) -> SqlEventStore:
        return store

    def _target_of(self, target: Target | Callable[[CloudEvent], object]) -> Target:
        return CallableTarget(target) if callable(target) else target
