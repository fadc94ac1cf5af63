"""What the tests of the rows stand on: plans as text, an engine under them in memory, and a clock that a test moves."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from engines import engine_on
from respond import CommandRefused, Engine, Plan
from respond.cli import main
from respond.engine.incident import IncidentHandle
from respond.errors import InvalidPlan
from respond.plan.owed import Owed, Verdict, verdict
from respond.store.memory import MemoryEventStore
from respond.testing.conformance.samples import ManualClock

BASE = """
[[categories]]
id = "facility_failure"
title = "Failure of a facility"

[[categories]]
id = "equipment_failure"
title = "Failure of equipment"
parent = "facility_failure"

[[categories]]
id = "technical_failure"
title = "Technical failure"

[[categories]]
id = "system_failure"
title = "Failure of a system"
parent = "technical_failure"

[[categories]]
id = "other"
title = "Other"

[[levels]]
number = 1
title = "Major"
when = [{ affected_customers = { from = 1000 } }]

[[levels]]
number = 2
title = "Serious"
when = [{ affected_customers = { from = 100, below = 1000 } }]

[[levels]]
number = 3
title = "Ordinary"

[[roles]]
id = "commander"
title = "Commander"

[[roles]]
id = "duty_officer"
title = "Duty officer"

[[roles]]
id = "agent"
title = "Agent"
"""
"""The least that most rows need: four kinds and the residual one, three levels, three roles."""


def text(rest: str = "", *, head: str = "", name: str = "desk", version: str = "1", base: str = BASE) -> str:
    """Return a plan as TOML: *head* is more of its own keys, *rest* more sections."""
    return f'name = "{name}"\nversion = "{version}"\ntitle = "Desk"\n{head}\n{base}\n{rest}\n'


def plan(rest: str = "", **parts: str) -> Plan:
    """Return the plan with the `text` of these parts."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "plan.toml"
        path.write_text(text(rest, **parts))
        return Plan.load(path)


def owes(name: str, due: str, *keys: str, act: str = "fulfil") -> str:
    """Return an obligation with one clock as TOML, with more of its *keys*."""
    head = f'[[obligations]]\nid = "{name}"\ntitle = "{name}"\nact = "{act}"\ndue = [{{ {due} }}]\n'
    return "\n".join((head, *keys, ""))


def lets(commands: str, *roles: str, more: str = "") -> str:
    """Return a rule of authority as TOML: these *roles* may do *commands*, which are parted by commas."""
    names = commands.replace(" ", "").split(",")
    return f'[[authority]]\nid = "{names[0]}"\ncommands = {json.dumps(names)}\nroles = {json.dumps(roles)}\n{more}\n'


def desk(*plans: Plan) -> Engine:
    """Return an engine under *plans* on an empty log in memory; its clock is moved by `engine.clock.move`."""
    clock = ManualClock()
    return engine_on(MemoryEventStore(clock=clock), clock, plans=plans or (plan(),))


def reported(engine: Engine, category: str = "other", **told: Any) -> IncidentHandle:
    """Return a new incident."""
    return engine.report(**{"category": category, "title": "Terminals down", "actor": "wang.li", **told})


def levelled(engine: Engine, level: int = 2, **told: Any) -> IncidentHandle:
    """Return a new incident with a level; the assessor is chen.yu."""
    incident = reported(engine, **told)
    incident.assess(affected_customers=300, actor="chen.yu")
    incident.assign_level(level, basis="300 customers", actor="chen.yu")
    return incident


def responding(engine: Engine, level: int = 2, **told: Any) -> IncidentHandle:
    """Return a new incident to which people respond."""
    incident = levelled(engine, level, **told)
    incident.start_response(actor="chen.yu")
    return incident


def owed(incident: IncidentHandle) -> Mapping[str, Owed]:
    """Return the last occurrence of each obligation of *incident*, by its id."""
    return {one.obligation: one for one in incident.obligations()}


def verdicts(incident: IncidentHandle) -> dict[str, Verdict]:
    """Return what became of the last occurrence of each obligation, as seen now."""
    return {name: verdict(one, incident.engine.clock()) for name, one in owed(incident).items()}


@contextlib.contextmanager
def refused(code: str) -> Iterator[None]:
    """Expect a command to be refused with *code*, among others."""
    with pytest.raises(CommandRefused) as caught:
        yield
    assert code in {one.code for one in caught.value.refusals}


@contextlib.contextmanager
def unreadable(code: str) -> Iterator[None]:
    """Expect a plan to be refused, when it is read, with the *code* that lint would find."""
    with pytest.raises(InvalidPlan) as caught:
        yield
    assert caught.value.flaw == code


def typed(*arguments: str, **plans: str) -> dict[str, Any]:
    """Return what `respond` answers to *arguments*; `{name}` in one stands for the file of the plan *name*."""
    with TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()) as said:
        for name, content in plans.items():
            (Path(folder) / f"{name}.toml").write_text(content)
        files = {name: str(Path(folder) / f"{name}.toml") for name in plans}
        main([*(one.format(**files) for one in arguments), "--json"])
    answer: dict[str, Any] = json.loads(said.getvalue())
    return answer


def found(rest: str = "", **parts: str) -> dict[str, str]:
    """Return what `respond plan lint` finds in the plan of these parts, on 20 November 2026: places by code."""
    answer = typed("plan", "lint", "{it}", "--today", "2026-11-20", it=text(rest, **parts))
    [file] = answer["files"]
    return {finding["code"]: finding["place"] for finding in file["findings"]}
