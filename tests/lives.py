"""A log of incidents that are finished, and of some that are not, a day apart.

`reviewed`, `cancelled` and `merged` are finished; `merged` ended in `reviewed`, `told twice` in `open`, which goes on.
"""

from __future__ import annotations

from respond.engine.engine import Engine
from respond.engine.incident import IncidentHandle
from respond.store.protocol import EventStore
from respond.testing.conformance.samples import ManualClock

FINISHED = ("reviewed", "cancelled", "merged")
STAYING = ("open", "told twice", "resolved")
NAMES = ("reviewed", "open", "merged", "cancelled", "told twice", "resolved")


def live(store: EventStore, clock: ManualClock) -> dict[str, str]:
    """Write the log and return the ids of the incidents by their names; each step is a day after the one before."""
    serial = iter(range(1, 1000))
    engine = Engine(store, clock=clock, random=lambda size: next(serial).to_bytes(size, "big"))
    found = {name: report(engine, clock, name) for name in NAMES}
    work(found["reviewed"], clock, review=True)
    work(found["resolved"], clock, review=False)
    for name, into in (("merged", "reviewed"), ("told twice", "open")):
        clock.move(days=1)
        engine.merge(found[name].id, into=found[into].id, reason="the same", actor="chen.yu")
    clock.move(days=1)
    found["cancelled"].cancel(reason="a drill of the neighbours", actor="chen.yu")
    return {name: incident.id for name, incident in found.items()}


def report(engine: Engine, clock: ManualClock, title: str) -> IncidentHandle:
    """Report an incident."""
    clock.move(days=1)
    return engine.report(category="network", title=title, actor="wang.li", reference=f"T-{title}")


def work(incident: IncidentHandle, clock: ManualClock, *, review: bool) -> None:
    """Bring an incident to its end."""
    steps = [
        lambda: incident.assess(affected_customers=3, actor="chen.yu"),
        lambda: incident.assign_level(3, basis="small", actor="chen.yu"),
        lambda: incident.start_response(actor="chen.yu"),
        lambda: incident.note("网络 \N{GRINNING FACE}", actor="chen.yu"),
        lambda: incident.resolve(resolution="restarted", actor="chen.yu"),
    ]
    if review:
        steps.append(lambda: incident.close_review(summary="keep a spare", actor="chen.yu"))
    for step in steps:
        clock.move(days=1)
        step()
