"""Writers that get in each other's way on purpose, and the checker that finds an update that was lost."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from respond.domain.events import Event
from respond.domain.references import Actor
from respond.domain.streams import ANY, Realm, StreamId, exactly
from respond.engine.circumstances import Circumstances
from respond.engine.definitions import Plans, Workflows
from respond.engine.handler import Ask, Handler, Outcome
from respond.plan.plan import Plan
from respond.store.protocol import Clock, EventStore
from respond.store.records import Appended, Write
from respond.workflow.incident import INCIDENT_CATEGORY
from respond.workflow.incident import commands as c
from respond.workflow.incident.events import CommandTransferred
from respond.workflow.workflow import Workflow

REPORT = c.ReportIncident(category="facility_failure", title="Card terminals down in 14 shops")
WANG, CHEN = Actor("wang.li"), Actor("chen.yu")


def seeded(seed: int = 0) -> Callable[[int], bytes]:
    """Return a source of bytes that gives the same ones in every run."""
    return random.Random(seed).randbytes


def handler_on(
    store: EventStore,
    clock: Clock,
    *,
    seed: int = 0,
    plans: Iterable[Plan] = (),
    workflows: Iterable[Workflow] = (),
    realm: Realm = "real",
) -> Handler:
    """Return a handler whose time is *clock* and whose ids come from *seed*."""
    return Handler(
        store, workflows=Workflows(workflows), plans=Plans(plans), clock=clock, random=seeded(seed), realm=realm
    )


def do(handler: Handler, command: Any, *, key: str = "a", plan: Plan | None = None, **circumstances: Any) -> Outcome:
    """Carry out *command* on the incident *key*; wang.li asks unless another actor is given."""
    ask = Ask(category=INCIDENT_CATEGORY, key=key, command=command, plan=plan)
    return handler.handle([ask], Circumstances(**{"actor": WANG, **circumstances}))


def merge(handler: Handler, source: str, into: str, **circumstances: Any) -> Outcome:
    """Merge the incident *source* into *into*."""
    asks = [
        Ask(category=INCIDENT_CATEGORY, key=source, command=c.Merge(into=into, reason="the same smoke")),
        Ask(category=INCIDENT_CATEGORY, key=into, command=c.Absorb(source=source, reason="the same smoke")),
    ]
    return handler.handle(asks, Circumstances(**{"actor": WANG, **circumstances}))


def incident(key: str = "a") -> StreamId:
    """Return the stream of an incident."""
    return StreamId.of(INCIDENT_CATEGORY, key)


class Overtaken:
    """A store where others write between a load and the append that rests on it: one of *steps* before each append."""

    def __init__(self, store: EventStore, *steps: Callable[[], object]) -> None:
        self.store = store
        self.steps = list(steps)
        self.appends = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    @contextmanager
    def exclusively(self, streams: Collection[StreamId]) -> Iterator[Overtaken]:
        """Lend this store: these writers do not ask to be alone, and so nobody keeps them out."""
        del streams
        yield self

    def append(self, *writes: Write, require: Any = None) -> Appended:
        self.appends += 1
        if self.steps:
            self.steps.pop(0)()
        return self.store.append(*writes, require=require)


class Careless:
    """The control: a store that forgets what its writer expected, as a handler that appends with ANY would."""

    def __init__(self, store: EventStore) -> None:
        self.store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    def append(self, *writes: Write, require: Any = None) -> Appended:
        return self.store.append(*(Write(write.stream, write.events, ANY) for write in writes))


def lost_updates(history: Sequence[Event]) -> list[str]:
    """Return every transfer of command that does not take over from whoever held it: none when no update was lost."""
    faults, commander = [], None
    for event in history:
        if isinstance(event.data, CommandTransferred):
            if event.data.from_commander != commander:
                faults.append(f"{event.data.to_commander} took over from {event.data.from_commander}, not {commander}")
            commander = event.data.to_commander
    return faults


class Stumbling:
    """A store that refuses the second write of an append, as a database would that fails in the middle of it.

    When it is not *atomic*, the control, it has taken the first write by then.
    """

    def __init__(self, store: EventStore, *, atomic: bool = True) -> None:
        self.store = store
        self.atomic = atomic

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    @contextmanager
    def exclusively(self, streams: Collection[StreamId]) -> Iterator[Stumbling]:
        """Lend this store: it stumbles there too."""
        del streams
        yield self

    def append(self, first: Write, *rest: Write, require: Any = None) -> Appended:
        refused = [Write(write.stream, write.events, exactly(10_000)) for write in rest]
        if self.atomic or not refused:
            return self.store.append(first, *refused, require=require)
        self.store.append(first)
        return self.store.append(*refused)
