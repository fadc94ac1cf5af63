"""Migration: an aggregate goes on under another version of its workflow.  For any workflow, and part of no definition.

A fold needs no definition, so that a migration changes no event: it records which state of the new definition the
aggregate stands in from now on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from respond.domain.events import Event, EventTypes, event_type
from respond.domain.references import Reference
from respond.domain.values import replace
from respond.workflow.definition import Handler, Situation, command_type, guard

if TYPE_CHECKING:
    from respond.workflow.workflow import Workflow

MIGRATE = "migrate_definition"
"""The trigger, which every workflow has."""


@event_type()
@attrs.frozen(kw_only=True)
class DefinitionMigrated:
    """From now on another version of the workflow decides; the actor says by whom it was done."""

    from_: str
    to: str
    """The state of the new definition that stands for the one that was left; often of the same name."""
    previous: Reference | None = None
    """None when no event named a definition before."""
    definition: Reference
    mapping: Mapping[str, str]
    """For every state of the old definition the one of the new definition that stands for it."""
    reason: str


@command_type(MIGRATE)
@attrs.frozen(kw_only=True)
class MigrateDefinition:
    """Let another version of the workflow decide from now on."""

    version: str
    """The version to go on under."""
    reason: str
    mapping: Mapping[str, str] = attrs.field(factory=dict)
    """New states by old ones; a state that is left out keeps its name."""


def governing(history: Sequence[Event]) -> Reference | None:
    """Return the definition under which an aggregate with this *history* goes on: the last that an event names.

    The first event pins one, every later step names it again, and a migration names the one that follows.
    """
    for event in reversed(history):
        named: Reference | None = event.definition
        if named is not None:
            return named
    return None


@guard("actor-missing")
def _actor_named(situation: Situation) -> str | None:
    """Require an actor."""
    return None if situation.actor else "say who migrates: name the actor"


@guard("reason-missing")
def _reason_given(situation: Situation) -> str | None:
    """Require reason not to be blank."""
    return None if situation.command.reason.strip() else "reason must not be blank"


@guard("definition-unknown")
def _definition_known(situation: Situation) -> str | None:
    """Require a version of the workflow that is registered."""
    if _target(situation) is not None:
        return None
    known = ", ".join(situation.versions or ()) or "none"
    return f"version {situation.command.version!r} is not registered; registered are {known}"


@guard("mapping-incomplete")
def _mapping_total(situation: Situation) -> str | None:
    """Require a state of the new definition for every state of the old one, and for the one that it stands in."""
    target = _target(situation)
    if target is None:
        return None
    lost = [state for state, other in _mapping(situation).items() if other not in target.states]
    if not lost:
        return None
    named = ", ".join(f"{state!r} -> {_mapping(situation)[state]!r}" for state in lost)
    return f"{target.reference} has no such state: {named}; map each of them to one of {', '.join(target.states)}"


@guard("mapping-unknown")
def _mapping_known(situation: Situation) -> str | None:
    """Require a mapping from states that the old definition has."""
    old = _old(situation)
    strange = sorted(set(situation.command.mapping) - {*(old.states if old else ()), situation.state.status})
    if not strange or old is None:
        return None
    return f"{', '.join(map(repr, strange))} is no state of {old.reference}; it has {', '.join(old.states)}"


GUARDS = (_actor_named, _reason_given, _definition_known, _mapping_total, _mapping_known)
"""What stands in the way of a migration; asked in this order."""


def destination(situation: Situation) -> str:
    """Return the state that the migration leads to; the one that it leaves when nobody knows."""
    status = str(situation.state.status)
    return status if situation.command is None else _mapping(situation).get(status, status)


def migrated(state: Any, event: Event) -> Any:
    """Return *state* after the migration *event*."""
    return replace(state, status=event.data.to)


def _target(situation: Situation) -> Workflow | None:
    return (situation.versions or {}).get(situation.command.version)


def _old(situation: Situation) -> Workflow | None:
    reference = governing(situation.history)
    return None if reference is None else (situation.versions or {}).get(reference.version)


def _mapping(situation: Situation) -> dict[str, str]:
    """Return the whole mapping: for every old state, and the one that it stands in, its own name or another one."""
    old = _old(situation)
    mapping = situation.command.mapping
    states = dict.fromkeys((*(old.states if old else mapping), situation.state.status))
    return {state: mapping.get(state, state) for state in states}


def _migrate(situation: Situation) -> Iterator[Any]:
    target = _target(situation)
    if target is not None:
        yield DefinitionMigrated(
            **situation.step,
            previous=governing(situation.history),
            definition=target.reference,
            mapping=_mapping(situation),
            reason=situation.command.reason,
        )


def _decides_already(situation: Situation) -> bool:
    target = _target(situation)
    return target is not None and target.reference == governing(situation.history)


HANDLER = Handler(command=MigrateDefinition, decide=_migrate, emits=(DefinitionMigrated,), done=_decides_already)
EVENT_TYPES = EventTypes([DefinitionMigrated])
"""What the streams of every workflow may hold beside its own events."""
