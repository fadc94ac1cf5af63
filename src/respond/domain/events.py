"""Events: the classes of their payloads, and the event as a fold sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

import attrs

from respond.domain.moments import Moment, from_microseconds, parse_utc
from respond.domain.references import Reference
from respond.domain.streams import StreamId
from respond.errors import InvalidWorkflow

PayloadT = TypeVar("PayloadT")
_EVENT_TYPE = "__respond_event_type__"


@attrs.frozen
class EventType:
    """The stored name and the current schema version of a payload class."""

    name: str
    schema_version: int
    payload: type


def event_type(*, schema_version: int = 1, name: str | None = None) -> Callable[[type[PayloadT]], type[PayloadT]]:
    """Declare a frozen attrs class as the payload of an event; its name and fields are a stored format."""

    def declare(payload: type[PayloadT]) -> type[PayloadT]:
        setattr(payload, _EVENT_TYPE, EventType(name or payload.__name__, schema_version, payload))
        return payload

    return declare


def type_of(payload: type) -> EventType:
    """Return what `event_type` declared of *payload*; raises `InvalidWorkflow`."""
    declared: EventType | None = payload.__dict__.get(_EVENT_TYPE)
    if declared is None:
        raise InvalidWorkflow(f"{payload.__name__} is not an event; decorate it with @event_type()", value=payload)
    return declared


Upcast = Callable[[dict[str, Any]], dict[str, Any]]
"""Turn the data of one schema version into that of the next; acts on the decoded mapping, never on stored bytes."""


class EventTypes:
    """The registry that turns a stored name and schema version into a payload class."""

    def __init__(
        self, payloads: Iterable[type] = (), upcasters: Mapping[tuple[str, int], Upcast] | None = None
    ) -> None:
        self._by_name: dict[str, EventType] = {}
        self.upcasters: dict[tuple[str, int], Upcast] = dict(upcasters or {})
        """Keyed by event name and the schema version that the upcaster reads."""
        for payload in payloads:
            self.add(payload)

    def add(self, payload: type) -> None:
        """Register *payload*; raises `InvalidWorkflow` when another class has its name or an upcaster is missing."""
        declared = type_of(payload)
        known = self._by_name.get(declared.name)
        if known is not None and known.payload is not payload:
            raise InvalidWorkflow(f"two classes are called {declared.name}: {known.payload} and {payload}")
        for version in range(1, declared.schema_version):
            if (declared.name, version) not in self.upcasters:
                raise InvalidWorkflow(
                    f"{declared.name} is at schema version {declared.schema_version}, "
                    f"and no upcaster reads version {version}"
                )
        self._by_name[declared.name] = declared

    def union(self, other: EventTypes) -> EventTypes:
        """Return a registry that knows both."""
        return EventTypes([known.payload for known in (*self, *other)], {**self.upcasters, **other.upcasters})

    def get(self, name: str) -> EventType | None:
        return self._by_name.get(name)

    def __iter__(self) -> Iterator[EventType]:
        return iter(self._by_name.values())

    def __contains__(self, name: object) -> bool:
        return name in self._by_name


class Event(NamedTuple):
    """One stored event, decoded: what a fold, a projection and a guard read."""

    position: int
    """Its place in the log, from 1, without gaps."""
    recorded_us: int
    """When the log took it, in microseconds since 1970."""
    body: Mapping[str, Any]
    """The stored body, decoded and not upcast."""
    data: Any
    """The payload, in its current schema version."""

    @property
    def id(self) -> str:
        return str(self.body["id"])

    @property
    def type(self) -> str:
        return str(self.body["type"])

    @property
    def schema_version(self) -> int:
        """The version that was stored, before any upcaster."""
        return int(self.body["schema_version"])

    @property
    def stream(self) -> StreamId:
        return StreamId(self.body["stream"], self.body["realm"])

    @property
    def version(self) -> int:
        """Its place in its stream, from 1."""
        return int(self.body["version"])

    @property
    def subject(self) -> str:
        return str(self.body["subject"])

    @property
    def recorded_at(self) -> datetime:
        return from_microseconds(self.recorded_us)

    @property
    def occurred_at(self) -> Moment | None:
        """When it happened, as claimed; None when that is not known."""
        body = self.body.get("occurred_at")
        return None if body is None else Moment.from_json(body)

    @property
    def happened_at(self) -> datetime:
        """When it happened, or when it was recorded if nobody knows: the time that orders a timeline."""
        body = self.body.get("occurred_at")
        if type(body) is str:  # most are, and a fold asks each
            return parse_utc(body)
        return self.recorded_at if body is None else Moment.from_json(body).at

    @property
    def actor(self) -> str | None:
        return self.body.get("actor")

    @property
    def role(self) -> str | None:
        return self.body.get("role")

    @property
    def command_id(self) -> str | None:
        return self.body.get("command_id")

    @property
    def source(self) -> Mapping[str, Any]:
        """Where an imported event came from; empty for one that was born here."""
        return self.body.get("source") or {}

    @property
    def inferred(self) -> bool:
        """Whether nobody did it: a foreign log merely implies it."""
        source = self.body.get("source")
        return source is not None and source.get("inferred") is True

    @property
    def definition(self) -> Reference | None:
        body = self.body.get("definition")
        return None if body is None else Reference.from_json(body)

    @property
    def plan(self) -> Reference | None:
        body = self.body.get("plan")
        return None if body is None else Reference.from_json(body)
