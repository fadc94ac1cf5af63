"""The registry of event types, and the event as a fold sees it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import attrs
import pytest

from respond.domain.events import Event, EventTypes, event_type, type_of
from respond.domain.moments import Moment
from respond.domain.references import Reference
from respond.domain.streams import StreamId
from respond.errors import InvalidWorkflow

RECORDED_US = 1_795_167_000_123_456
RECORDED_AT = datetime(2026, 11, 20, 9, 30, 0, 123456, tzinfo=UTC)


@event_type()
@attrs.frozen(kw_only=True)
class BagLost:
    """A bag was lost."""

    tag: str


@event_type(name="BagFound", schema_version=3)
@attrs.frozen(kw_only=True)
class Found:
    """A bag was found."""

    tag: str


UPCASTERS: dict[tuple[str, int], Any] = {("BagFound", 1): dict, ("BagFound", 2): dict}


def event(**changes: Any) -> Event:
    """Return an event whose body has *changes*."""
    body = {
        "id": "i",
        "type": "BagLost",
        "schema_version": 2,
        "stream": "bag-7",
        "realm": "drill",
        "version": 4,
        "subject": "7",
        **changes,
    }
    return Event(position=9, recorded_us=RECORDED_US, body=body, data=BagLost(tag="t"))


def test_declared() -> None:
    """A class tells the name and version under which it is stored: its own name and 1 unless told."""
    assert (type_of(BagLost).name, type_of(BagLost).schema_version, type_of(BagLost).payload) == ("BagLost", 1, BagLost)
    assert (type_of(Found).name, type_of(Found).schema_version) == ("BagFound", 3)


def test_undeclared() -> None:
    """A class that was not declared is refused by name, and so is one that only inherits from an event."""

    class Heir(BagLost):
        """Inherits the fields, not the name."""

    with pytest.raises(InvalidWorkflow, match="Heir is not an event"):
        type_of(Heir)


def test_registry() -> None:
    """A registry finds a class by its stored name."""
    types = EventTypes([BagLost, Found], UPCASTERS)
    assert types.get("BagFound") == type_of(Found)
    assert types.get("Found") is None
    assert "BagLost" in types
    assert "Found" not in types
    assert [known.name for known in types] == ["BagLost", "BagFound"]


def test_same_class_twice() -> None:
    """A class may be registered again."""
    types = EventTypes([BagLost, BagLost])
    types.add(BagLost)
    assert len(list(types)) == 1


def test_two_classes_of_one_name() -> None:
    """Two classes under one stored name are refused."""

    @event_type(name="BagLost")
    class Other:
        """Another class."""

    with pytest.raises(InvalidWorkflow, match="two classes are called BagLost"):
        EventTypes([BagLost, Other])


@pytest.mark.parametrize("missing", [1, 2])
def test_missing_upcaster(missing: int) -> None:
    """A class past version 1 needs an upcaster for each version before."""
    upcasters = {key: upcast for key, upcast in UPCASTERS.items() if key[1] != missing}
    with pytest.raises(InvalidWorkflow, match=f"no upcaster reads version {missing}"):
        EventTypes([Found], upcasters)


def test_union() -> None:
    """The union of two registries knows the classes and upcasters of both, and changes neither."""
    one, other = EventTypes([BagLost]), EventTypes([Found], UPCASTERS)
    both = one.union(other)
    assert {known.name for known in both} == {"BagLost", "BagFound"}
    assert both.upcasters == UPCASTERS
    assert "BagFound" not in one
    assert "BagLost" not in other


def test_event() -> None:
    """An event tells what its body says."""
    seen = event(
        actor="wang.li",
        role="clerk",
        command_id="c",
        source={"log": "desk"},
        definition={"name": "bag", "version": "1", "digest": "d"},
        plan={"name": "p", "version": "2", "digest": "e"},
        occurred_at="2026-11-19T08:00:00.000000Z",
    )
    assert (seen.id, seen.type, seen.schema_version, seen.version, seen.subject) == ("i", "BagLost", 2, 4, "7")
    assert seen.stream == StreamId("bag-7", "drill")
    assert seen.recorded_at == RECORDED_AT
    assert seen.occurred_at == Moment(datetime(2026, 11, 19, 8, tzinfo=UTC))
    assert seen.happened_at == datetime(2026, 11, 19, 8, tzinfo=UTC)
    assert (seen.actor, seen.role, seen.command_id, seen.source) == ("wang.li", "clerk", "c", {"log": "desk"})
    assert (seen.definition, seen.plan) == (Reference("bag", "1", "d"), Reference("p", "2", "e"))


def test_bare_event() -> None:
    """What the body leaves out is None; when nobody knows when it happened, the time of recording orders it."""
    bare = event()
    assert (bare.occurred_at, bare.actor, bare.role, bare.command_id) == (None, None, None, None)
    assert (bare.definition, bare.plan, dict(bare.source)) == (None, None, {})
    assert bare.happened_at == RECORDED_AT
