"""What is awaited has the names and the parameters of what it awaits."""

from __future__ import annotations

import inspect
from typing import get_args

import pytest
from sqlalchemy import Engine as HostEngine
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncEngine as AsyncHostEngine

from respond.engine.accountability import Accountability
from respond.engine.action import ActionHandle
from respond.engine.async_action import AsyncActionHandle
from respond.engine.async_drill import AsyncDrillEngine
from respond.engine.async_engine import AsyncEngine
from respond.engine.async_incident import AsyncIncidentHandle
from respond.engine.async_lesson import AsyncLessonHandle
from respond.engine.async_party import AsyncPartyHandle
from respond.engine.async_pool import AsyncPoolHandle
from respond.engine.async_projecting import AsyncProjecting
from respond.engine.async_watch import AsyncWatch
from respond.engine.drill import DrillEngine
from respond.engine.engine import Engine
from respond.engine.incident import IncidentHandle
from respond.engine.lesson import LessonHandle
from respond.engine.party import PartyHandle
from respond.engine.pool import PoolHandle
from respond.engine.projecting import Projecting
from respond.engine.watch import Watch
from respond.store.async_event_store import AsyncEventStore
from respond.store.protocol import EventStore, LogReader
from respond.store.sql import async_opening, opening

PAIRS = [
    (AsyncEventStore, EventStore),
    (AsyncEventStore, LogReader),
    (AsyncEngine, Engine),
    (AsyncIncidentHandle, IncidentHandle),
    (AsyncPartyHandle, PartyHandle),
    (AsyncProjecting, Projecting),
    (AsyncWatch, Watch),
    (AsyncPoolHandle, PoolHandle),
    (AsyncActionHandle, ActionHandle),
    (AsyncLessonHandle, LessonHandle),
    (AsyncDrillEngine, DrillEngine),
]
OWN = {
    (AsyncEventStore, "exclusively"),  # lends a view to be awaited
    (AsyncEngine, "log"),  # yields
    (AsyncEngine, "open"),  # also takes an engine for asyncio
    (AsyncEngine, "projections"),  # a property of both
    (AsyncEngine, "pool"),  # returns one for asyncio
    (AsyncEngine, "watch"),  # returns one for asyncio
    (AsyncEngine, "transaction"),  # takes a connection for asyncio
    (AsyncEngine, "split"),  # returns handles for asyncio
    (AsyncDrillEngine, "pool"),  # returns one for asyncio
    (AsyncDrillEngine, "split"),  # returns handles for asyncio
    (AsyncDrillEngine, "play"),  # awaits who waits, and who acts
    (AsyncIncidentHandle, "split"),  # returns handles for asyncio
    (AsyncIncidentHandle, "merge_into"),  # also takes a handle of its own kind
    (AsyncIncidentHandle, "number"),  # a property of the other
    (AsyncProjecting, "follower"),  # returns one for asyncio
    (AsyncProjecting, "names"),  # a property of both
}
"""What has the name and another signature, and why."""
INSIDE = {
    AsyncDrillEngine: {"steps"},
    AsyncEventStore: {"new_lock"},
    AsyncProjecting: {"answering", "listing", "runners", "statistics", "waits", "within"},
}
"""What lends something for a while: it is for code that is `run`, on what is inside."""
AT_ONCE = {"incident_id"}
"""What asks no database, and so is not awaited."""
NAMES = [
    (awaited, plain, name)
    for awaited, plain in PAIRS
    for name, member in inspect.getmembers(plain)
    if not name.startswith("_")
    and name not in INSIDE.get(awaited, ())
    and (callable(member) or isinstance(member, property))
]


@pytest.mark.parametrize(("awaited", "plain", "name"), NAMES, ids=[f"{pair[0].__name__}.{pair[2]}" for pair in NAMES])
def test_same_names_and_parameters(awaited, plain, name):
    """Every method is there to be awaited, with the same parameters, defaults and annotations."""
    method = getattr(awaited, name)
    if (awaited, name) in OWN:
        return
    assert inspect.iscoroutinefunction(method) is (name not in AT_ONCE)
    theirs, ours = inspect.signature(getattr(plain, name)), inspect.signature(method)
    assert [(one.name, one.kind, one.default, one.annotation) for one in ours.parameters.values()] == [
        (one.name, one.kind, one.default, one.annotation) for one in theirs.parameters.values()
    ]


@pytest.mark.parametrize("name", ["__init__", "open"])
def test_engines_are_made_alike(name):
    """Both engines take the same options, with the same defaults."""
    theirs, ours = (inspect.signature(getattr(one, name)).parameters.values() for one in (Engine, AsyncEngine))
    assert [(one.name, one.default) for one in ours if one.kind is one.KEYWORD_ONLY] == [
        (one.name, one.default) for one in theirs if one.kind is one.KEYWORD_ONLY
    ]


@pytest.mark.parametrize(
    ("engine", "home", "of_the_host"), [(Engine, opening, HostEngine), (AsyncEngine, async_opening, AsyncHostEngine)]
)
def test_engines_take_what_a_host_has(engine, home, of_the_host):
    """The types say that an engine is opened on a URL, as text or as an object, or on the host's own engine."""
    assert inspect.signature(engine.open).parameters["database"].annotation == "Database"
    assert set(get_args(home.Database)) == {str, URL, of_the_host}


def test_names_are_compared():
    """The control: all classes are looked into, and a method that only one has is none of the names."""
    assert {pair[0] for pair in NAMES} == {pair[0] for pair in PAIRS}
    assert len(NAMES) > 55
    assert "run" not in {name for _, _, name in NAMES}


@pytest.mark.parametrize("name", ["append", "read_log"])
def test_what_is_awaited_is_documented(name):
    """`help` shows what the plain method promises."""
    assert inspect.getdoc(getattr(AsyncEventStore, name))


@pytest.mark.parametrize(
    "handle", [Engine, IncidentHandle, PartyHandle, PoolHandle, ActionHandle, LessonHandle, Accountability]
)
def test_no_command_takes_a_circumstance_for_its_own(handle):
    """Whoever acts in a role can say so with every command: what a command names by itself is called otherwise."""
    asked = {"actor", "role", "on_behalf_of", "at", "break_glass"}
    for name, method in inspect.getmembers(handle, inspect.isfunction):
        own = inspect.signature(method).parameters.values()
        if any(one.kind is one.VAR_KEYWORD and one.name in {"circumstances", "who"} for one in own):
            assert asked.isdisjoint(one.name for one in own if one.kind is not one.POSITIONAL_ONLY), name
