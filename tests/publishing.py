"""Publishers in processes of their own, to be killed."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence

import attrs

from respond.integrations.nats import NatsTarget
from respond.integrations.publisher import Publisher
from respond.integrations.target import Outgoing, Refused
from respond.testing.conformance.samples import START
from sql_logs import opened

PATIENT_SECONDS = 1.0


class WithoutIds(NatsTarget):
    """The control: a target that does not tell the broker which event a message is."""

    def _message(self, outgoing: Outgoing) -> tuple[dict[str, str], bytes]:
        headers, body = super()._message(outgoing)
        del headers["Nats-Msg-Id"]
        return headers, body


@attrs.define
class Killed:
    """A target whose process is killed when a batch was taken, before anyone can write that down."""

    inner: NatsTarget
    batches: int

    def publish(self, batch: Sequence[Outgoing]) -> Refused | None:
        refused = self.inner.publish(batch)
        self.batches -= 1
        if not self.batches:
            os.kill(os.getpid(), signal.SIGKILL)
        return refused


def publish_and_die(url: str, broker: str, target: type[NatsTarget], batches: int) -> None:
    """Publish some batches of 7 events, and die between the last and its checkpoint."""
    with opened(url) as store, target(broker) as bus:
        Publisher(store, Killed(bus, batches), name="bus", clock=lambda: START, batch=7, owner="one").run(live=False)


def publish_all(url: str, broker: str, owner: str, end: int) -> None:
    """Publish with others of the same name until the checkpoint is at *end*."""
    from respond.engine.clock import system_clock

    with opened(url) as store, NatsTarget(broker) as bus:
        publisher = Publisher(store, bus, name="bus", clock=system_clock, batch=7, owner=owner, lease_seconds=0.5)
        while publisher.step().state != "idle" or publisher._cursor.position < end:
            pass
