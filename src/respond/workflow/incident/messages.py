"""Key messages (统一口径): what is said with one voice, by version; the last that was approved is live."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, get_args

import attrs

from respond.domain.events import Event, event_type
from respond.domain.values import replace
from respond.plan.communication import Stage
from respond.workflow.definition import Evolve, Handler, Situation, Transition, command_type, guard
from respond.workflow.incident.marks import mark
from respond.workflow.incident.said import KeyMessages, Said
from respond.workflow.incident.state import CANCELLED, OPEN, RESOLVED, REVIEWED, Incident

STAGES: tuple[Stage, ...] = get_args(Stage)
SPEAKING = (*OPEN, RESOLVED, REVIEWED, CANCELLED)
"""The states in which something may be said of an incident."""

# -- events ------------------------------------------------------------------------------------------------------------


@event_type()
@attrs.frozen(kw_only=True)
class KeyMessagesSet:
    """Someone set the key messages, for the first time or anew."""

    version: int
    """From 1."""
    messages: tuple[str, ...]
    stage: Stage | None = None


@event_type()
@attrs.frozen(kw_only=True)
class KeyMessagesApproved:
    """A version of the key messages was approved: it is live from then on."""

    version: int


# -- commands ----------------------------------------------------------------------------------------------------------


@command_type("set_key_messages")
@attrs.frozen(kw_only=True)
class SetKeyMessages:
    """Set the key messages; this makes another version, which is not live before it is approved."""

    messages: tuple[str, ...]
    stage: Stage | None = None


@command_type("approve_key_messages")
@attrs.frozen(kw_only=True)
class ApproveKeyMessages:
    """Approve the last version of the key messages."""

    version: int


# -- guards ------------------------------------------------------------------------------------------------------------


@guard("message-missing")
def message_given(situation: Situation) -> str | None:
    """Require a message, and none that is blank."""
    messages = situation.command.messages
    if messages and all(one.strip() for one in messages):
        return None
    return "key messages need a message, and none may be blank"


@guard("stage-unknown")
def stage_known(situation: Situation) -> str | None:
    """Require a stage that is first, update, resolved or final, when one is named."""
    stage = situation.command.stage
    return None if stage is None or stage in STAGES else f"{stage!r} is not one of {', '.join(STAGES)}"


@guard("key-messages-unknown")
def version_known(situation: Situation) -> str | None:
    """Require a version of the key messages that was set, when one is named."""
    number, said = _named(situation), situation.state.said
    if number is None or said.has_version(number):
        return None
    versions = ", ".join(str(one) for one in range(1, len(said.key_messages) + 1)) or "none"
    return f"there is no version {number} of the key messages; there is {versions}"


@guard("key-messages-superseded")
def last_version(situation: Situation) -> str | None:
    """Require the last version of the key messages."""
    number, last = situation.command.version, len(situation.state.said.key_messages)
    if number == last or not situation.state.said.has_version(number):
        return None
    return f"version {number} of the key messages was set anew; approve version {last}"


GUARDS = (message_given, stage_known, version_known, last_version)


def _named(situation: Situation) -> int | None:
    command = situation.command
    number: int | None = command.version if isinstance(command, ApproveKeyMessages) else command.key_messages
    return number


# -- deciding ----------------------------------------------------------------------------------------------------------


def _set(situation: Situation) -> Iterator[Any]:
    command: SetKeyMessages = situation.command
    version = len(situation.state.said.key_messages) + 1
    yield KeyMessagesSet(version=version, messages=command.messages, stage=command.stage)


def _approve(situation: Situation) -> Iterator[Any]:
    yield KeyMessagesApproved(version=situation.command.version)


def _set_already(situation: Situation) -> bool:
    """Whether the last version says just that."""
    command: SetKeyMessages = situation.command
    told = [(one.messages, one.stage) for one in situation.state.said.key_messages[-1:]]
    return told == [(command.messages, command.stage)]


def _approved_already(situation: Situation) -> bool:
    said: Said = situation.state.said
    return said.has_version(situation.command.version) and bool(said.version(situation.command.version).approved)


HANDLERS = (
    Handler(command=SetKeyMessages, decide=_set, emits=(KeyMessagesSet,), done=_set_already),
    Handler(
        command=ApproveKeyMessages,
        decide=_approve,
        emits=(KeyMessagesApproved,),
        done=_approved_already,
        about=("version",),
    ),
)
_SAID = ("role-unknown", "text-too-long")
TRANSITIONS = (
    Transition("set_key_messages", SPEAKING, None, guards=(*_SAID, "message-missing", "stage-unknown")),
    Transition(
        "approve_key_messages", SPEAKING, None, guards=(*_SAID, "key-messages-unknown", "key-messages-superseded")
    ),
)


# -- folding -----------------------------------------------------------------------------------------------------------


def with_said(state: Incident, **changes: Any) -> Incident:
    """Return *state* with *changes* of what was said."""
    return replace(state, said=replace(state.said, **changes))


def _was_set(state: Incident, event: Event) -> Incident:
    data: KeyMessagesSet = event.data
    version = KeyMessages(messages=data.messages, stage=data.stage, drafted=mark(event))
    return with_said(state, key_messages=(*state.said.key_messages, version))


def _was_approved(state: Incident, event: Event) -> Incident:
    number = event.data.version
    if not state.said.has_version(number):  # a foreign log may approve what it never told
        return state
    approved = attrs.evolve(state.said.version(number), approved=mark(event))
    before, after = state.said.key_messages[: number - 1], state.said.key_messages[number:]
    return with_said(state, key_messages=(*before, approved, *after))


EVOLVERS: Mapping[type, Evolve] = {KeyMessagesSet: _was_set, KeyMessagesApproved: _was_approved}
