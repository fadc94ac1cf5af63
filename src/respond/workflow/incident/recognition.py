"""Recognition: who did outstandingly well, as the review says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from respond.domain.events import Event, event_type
from respond.domain.values import replace
from respond.workflow.definition import Evolve, Handler, Situation, Transition, command_type, guard, not_blank
from respond.workflow.four_eyes import people
from respond.workflow.incident.state import RESOLVED, REVIEWED, Incident

# -- events ------------------------------------------------------------------------------------------------------------


@event_type()
@attrs.frozen(kw_only=True)
class RecognitionRecorded:
    """Somebody did outstandingly well."""

    person: str
    """The id of the person, or of a team."""
    text: str
    """What for."""


# -- commands ----------------------------------------------------------------------------------------------------------


@command_type("record_recognition")
@attrs.frozen(kw_only=True)
class RecordRecognition:
    """Say who did outstandingly well, and what for."""

    person: str
    text: str


# -- guards ------------------------------------------------------------------------------------------------------------


@guard("own-recognition")
def of_another(situation: Situation) -> str | None:
    """Require that nobody recognises themselves."""
    actor, person = situation.actor, situation.command.person
    if actor is None or person not in people(actor.id, actor.on_behalf_of):
        return None
    return f"{person!r} is who says so; somebody else has to"


GUARDS = (of_another, not_blank("recognition-empty", "person", "text"))


# -- deciding ----------------------------------------------------------------------------------------------------------


def _record(situation: Situation) -> Iterator[Any]:
    command: RecordRecognition = situation.command
    yield RecognitionRecorded(person=command.person, text=command.text)


def _recorded_already(situation: Situation) -> bool:
    """Whether the same was said of the same person, and not taken back."""
    command: RecordRecognition = situation.command
    said = RecognitionRecorded(person=command.person, text=command.text)
    return any(event.data == said and event.id in situation.state.recognised for event in situation.history)


HANDLERS = (Handler(command=RecordRecognition, decide=_record, emits=(RecognitionRecorded,), done=_recorded_already),)
TRANSITIONS = (
    Transition(
        "record_recognition",
        (RESOLVED, REVIEWED),
        None,
        guards=("role-unknown", "text-too-long", "recognition-empty", "own-recognition"),
    ),
)


# -- folding -----------------------------------------------------------------------------------------------------------


def _recorded(state: Incident, event: Event) -> Incident:
    return replace(state, recognised=(*state.recognised, event.id))


EVOLVERS: Mapping[type, Evolve] = {RecognitionRecorded: _recorded}
