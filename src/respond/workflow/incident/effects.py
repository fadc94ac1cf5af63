"""What the response achieves: the incident is contained, service is restored, people are counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from respond.domain.events import Event, event_type
from respond.domain.values import replace
from respond.workflow.definition import Evolve, Handler, Situation, Transition, command_type, guard
from respond.workflow.incident.marks import mark
from respond.workflow.incident.state import OPEN, RESOLVED, Incident
from respond.workflow.incident.taken import HeadCount

# -- events ------------------------------------------------------------------------------------------------------------


@event_type()
@attrs.frozen(kw_only=True)
class IncidentContained:
    """It does not spread any more."""

    note: str = ""


@event_type()
@attrs.frozen(kw_only=True)
class ServiceRestored:
    """Customers are served again."""

    note: str = ""


@event_type()
@attrs.frozen(kw_only=True)
class HeadsCounted:
    """People were counted, at an evacuation say."""

    place: str = ""
    """Where; empty when there is one place only."""
    expected: int
    accounted_for: int
    note: str = ""


# -- commands ----------------------------------------------------------------------------------------------------------


@command_type("mark_contained")
@attrs.frozen(kw_only=True)
class MarkContained:
    """Say that it does not spread any more."""

    note: str = ""


@command_type("mark_restored")
@attrs.frozen(kw_only=True)
class MarkRestored:
    """Say that customers are served again."""

    note: str = ""


@command_type("record_head_count")
@attrs.frozen(kw_only=True)
class RecordHeadCount:
    """Tell how many people should be somewhere, and how many were found."""

    place: str = ""
    expected: int
    accounted_for: int
    note: str = ""


# -- guards ------------------------------------------------------------------------------------------------------------


@guard("count-implausible")
def count_plausible(situation: Situation) -> str | None:
    """Require as many people as were expected, or fewer, and none below 0."""
    command: RecordHeadCount = situation.command
    if 0 <= command.accounted_for <= command.expected:
        return None
    return (
        f"{command.accounted_for} of {command.expected} people cannot be accounted for; "
        "write from 0 to as many as were expected"
    )


GUARDS = (count_plausible,)


# -- deciding ----------------------------------------------------------------------------------------------------------


def _contain(situation: Situation) -> Iterator[Any]:
    yield IncidentContained(note=situation.command.note)


def _restore(situation: Situation) -> Iterator[Any]:
    yield ServiceRestored(note=situation.command.note)


def _count(situation: Situation) -> Iterator[Any]:
    command: RecordHeadCount = situation.command
    yield HeadsCounted(
        place=command.place, expected=command.expected, accounted_for=command.accounted_for, note=command.note
    )


HANDLERS = (
    Handler(
        command=MarkContained,
        decide=_contain,
        emits=(IncidentContained,),
        done=lambda situation: situation.state.effects.contained is not None,
    ),
    Handler(
        command=MarkRestored,
        decide=_restore,
        emits=(ServiceRestored,),
        done=lambda situation: situation.state.effects.restored is not None,
    ),
    Handler(command=RecordHeadCount, decide=_count, emits=(HeadsCounted,)),
)
_AT_WORK = (*OPEN, RESOLVED)
_SAID = ("role-unknown", "text-too-long")
TRANSITIONS = (
    Transition("mark_contained", _AT_WORK, None, guards=_SAID),
    Transition("mark_restored", _AT_WORK, None, guards=_SAID),
    Transition("record_head_count", _AT_WORK, None, guards=(*_SAID, "count-implausible")),
)


# -- folding -----------------------------------------------------------------------------------------------------------


def _contained(state: Incident, event: Event) -> Incident:
    return replace(state, effects=replace(state.effects, contained=mark(event, "note")))


def _restored(state: Incident, event: Event) -> Incident:
    return replace(state, effects=replace(state.effects, restored=mark(event, "note")))


def _counted(state: Incident, event: Event) -> Incident:
    data: HeadsCounted = event.data
    count = HeadCount(expected=data.expected, accounted_for=data.accounted_for, counted=mark(event, "note"))
    counts = {**state.effects.head_counts, data.place: count}
    return replace(state, effects=replace(state.effects, head_counts=counts))


EVOLVERS: Mapping[type, Evolve] = {
    IncidentContained: _contained,
    ServiceRestored: _restored,
    HeadsCounted: _counted,
}
