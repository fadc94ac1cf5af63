"""Engines for tests: a clock that stands still until it is moved, and ids from a seed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from respond.engine.engine import Engine
from respond.engine.incident import IncidentHandle
from respond.errors import CommandRefused
from respond.store.protocol import Clock, EventStore
from rivals import seeded

REPORTED = {"category": "facility_failure", "title": "Card terminals down in 14 shops", "actor": "wang.li"}
"""What `Engine.report` takes in most tests."""


def engine_on(store: EventStore, clock: Clock, *, seed: int = 0, **options: Any) -> Engine:
    """Return an engine on *store* whose time is *clock* and whose ids come from *seed*.

    A store that stands for one for asyncio makes an engine that stands for one for asyncio.
    """
    made = getattr(store, "engine_on", Engine)
    return made(store, clock=clock, random=seeded(seed), **options)


def responding(engine: Engine, *, level: int = 3, **reported: Any) -> IncidentHandle:
    """Return a new incident to which people respond."""
    incident = engine.report(**{**REPORTED, **reported})
    incident.assess(affected_customers=300, spread="regional", actor="chen.yu")
    incident.assign_level(level, basis="regional, under 1,000 customers", actor="chen.yu")
    incident.start_response(actor="chen.yu")
    return incident


def codes(ask: Callable[..., object], *args: object, **named: object) -> list[str]:
    """Return the codes with which *ask* is refused, each once."""
    with pytest.raises(CommandRefused) as caught:
        ask(*args, **named)
    return list(dict.fromkeys(one.code for one in caught.value.refusals))
