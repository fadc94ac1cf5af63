"""What a row names, taken out by kind: a command, an event, a guard, an act, a key of plans, a finding, an answer."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any
from unittest.mock import patch

import attrs

import respond
from respond.cli.plans import plan as plan_commands
from respond.domain.events import type_of
from respond.engine import handler
from respond.engine.definitions import Workflows
from respond.engine.incident import IncidentHandle
from respond.errors import InvalidPlan
from respond.plan import files, lint, owed
from respond.workflow import decider
from respond.workflow.definition import trigger_of
from respond.workflow.workflow import Workflow
from taken_out import swapped, without

Taken = contextlib.AbstractContextManager[Any]


def _deciding(change: Callable[[Any, Any], Any]) -> Taken:
    """Let *change* make another decision of each, given its command."""
    decision = decider.decision

    def changed(workflow: Workflow, situation: Any) -> Any:
        return change(situation.command, decision(workflow, situation))

    stack = contextlib.ExitStack()
    stack.enter_context(patch.object(decider, "decision", changed))
    stack.enter_context(patch.object(handler, "decision", changed))
    return stack


def command(name: str) -> Taken:
    """Let a command cause nothing."""
    return _deciding(
        lambda asked, decided: decider.Decision(()) if trigger_of(type(asked)) == name else decided,
    )


def event(name: str) -> Taken:
    """Let an event be recorded by nobody."""

    def kept(payloads: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(one for one in payloads if type_of(type(one)).name != name)

    return _deciding(lambda _, decided: attrs.evolve(decided, payloads=kept(decided.payloads)))


def guard(name: str) -> Taken:
    """Let a guard object to nothing, in every workflow."""
    stack = contextlib.ExitStack()
    for check in {one.check for workflow in Workflows() for one in workflow.guards if one.code == name}:
        stack.enter_context(swapped(check))
    return stack


def act(name: str) -> Taken:
    """Let an act discharge nothing."""
    init = owed._Told.__init__

    def forgetting(told: Any, *args: Any) -> None:
        init(told, *args)
        told._acts.pop(name, None)

    return patch.object(owed._Told, "__init__", forgetting)


def section(name: str) -> Taken:
    """Let nobody read a section or a key of it."""
    read, path = files._document, name.split(".")

    def shorter(*args: Any) -> dict[str, Any]:
        document = read(*args)
        _drop(document, path)
        return document

    return patch.object(files, "_document", shorter)


def _drop(table: Any, path: list[str]) -> None:
    if isinstance(table, list):
        for one in table:
            _drop(one, path)
    elif isinstance(table, dict):
        if len(path) == 1:
            table.pop(path[0], None)
        else:
            _drop(table.get(path[0]), path[1:])


@contextlib.contextmanager
def finding(name: str) -> Iterator[None]:
    """Let lint, and whoever reads a plan, not know a code."""
    found, made = lint._found, InvalidPlan.__init__

    def fewer(*args: Any) -> Iterator[Any]:
        return (one for one in found(*args) if one.code != name)

    def unnamed(error: InvalidPlan, *args: Any, **named: Any) -> None:
        made(error, *args, **{**named, "flaw": ""} if named.get("flaw") == name else named)

    with patch.object(lint, "_found", fewer), patch.object(InvalidPlan, "__init__", unnamed):
        yield


def answer(name: str) -> Taken:
    """Let an answer be empty."""
    if name.startswith("respond plan "):
        return swapped(plan_commands.commands[name.rpartition(" ")[2]].callback)
    owner, _, attribute = name.rpartition(".")
    public = IncidentHandle if owner == "IncidentHandle" else getattr(respond, owner, None)
    if public is None:
        made = getattr(import_module(owner), attribute, None) if attribute.istitle() else None
        return without(name if made is None else f"{name}.__init__")
    found = getattr(public, attribute)
    return swapped(getattr(found, "__func__", found))


TAKEN: Mapping[str, Callable[[str], Taken]] = {
    "commands": command,
    "events": event,
    "guards": guard,
    "acts": act,
    "sections": section,
    "findings": finding,
    "answers": answer,
}
"""How each kind of what a row names is taken out."""
