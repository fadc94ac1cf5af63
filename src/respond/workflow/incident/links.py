"""Links between incidents: each of the two says what the other is to it.  Nothing is copied from one to the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import attrs

from respond.domain.events import Event, event_type
from respond.domain.values import replace
from respond.workflow.definition import Evolve, Handler, Situation, Transition, command_type, guard, one_of
from respond.workflow.incident.state import CANCELLED, OPEN, RESOLVED, REVIEWED, Incident, Link

LinkKind = Literal[
    "related",
    "duplicate_of",
    "has_duplicate",
    "child_of",
    "parent_of",
    "caused_by",
    "causes",
    "split_from",
    "split_into",
]
INVERSE: Mapping[LinkKind, LinkKind] = {
    "related": "related",
    "duplicate_of": "has_duplicate",
    "has_duplicate": "duplicate_of",
    "child_of": "parent_of",
    "parent_of": "child_of",
    "caused_by": "causes",
    "causes": "caused_by",
    "split_from": "split_into",
    "split_into": "split_from",
}
"""What this incident is to the other one."""
RELATIONS = tuple(kind for kind in INVERSE if not kind.startswith("split"))
"""The kinds that people give; the others come of a split."""
_BELOW: Mapping[str, str] = {"child_of": "parent_of", "duplicate_of": "has_duplicate"}
"""One that is below another has no second one above it, and none below itself."""

# -- events ------------------------------------------------------------------------------------------------------------


@event_type()
@attrs.frozen(kw_only=True)
class IncidentLinked:
    """Someone said what another incident is to this one."""

    kind: LinkKind
    other: str
    """The id of the other incident."""
    reason: str = ""


@event_type()
@attrs.frozen(kw_only=True)
class IncidentUnlinked:
    """Another incident is not to this one what was said."""

    kind: LinkKind
    other: str
    reason: str


# -- commands ----------------------------------------------------------------------------------------------------------


@command_type("relate")
@attrs.frozen(kw_only=True)
class Relate:
    """Say what another incident is to this one; the other one is told the inverse in the same step."""

    kind: LinkKind
    other: str
    reason: str = ""


@command_type("unrelate")
@attrs.frozen(kw_only=True)
class Unrelate:
    """Take a link back, on both incidents."""

    kind: LinkKind
    other: str
    reason: str


# -- guards ------------------------------------------------------------------------------------------------------------

kind_known = one_of("link-kind-unknown", "kind", RELATIONS, f"Require a kind that is one of {', '.join(RELATIONS)}.")


@guard("link-to-itself")
def another(situation: Situation) -> str | None:
    """Require another incident than this one."""
    return "an incident is linked to another one" if situation.command.other == situation.state.id else None


@guard("link-contradicts")
def not_contradicted(situation: Situation) -> str | None:
    """Require that the other incident is not the opposite to this one."""
    command: Relate = situation.command
    opposite = INVERSE.get(command.kind, command.kind)
    if opposite == command.kind or not situation.state.linked(opposite, command.other):
        return None
    return f"{command.other!r} was said to be the opposite: {opposite}; take that back first"


@guard("link-above-and-below")
def one_above(situation: Situation) -> str | None:
    """Require that a child or a duplicate has one incident above it, and none below it."""
    state, command = situation.state, situation.command
    for below, above in _BELOW.items():
        over, under = state.links_of(below), state.links_of(above)
        if command.kind == below and under:
            return f"it is {above} {', '.join(under)}; what is below another has none below itself"
        if command.kind in (below, above) and over:
            return f"it is {below} {', '.join(over)} already; take that back first"
    return None


@guard("link-unknown")
def link_there(situation: Situation) -> str | None:
    """Require a link that was made."""
    command: Unrelate = situation.command
    if situation.state.linked(command.kind, command.other):
        return None
    return f"no link says {command.kind} {command.other!r}"


GUARDS = (kind_known, another, not_contradicted, one_above, link_there)


# -- deciding ----------------------------------------------------------------------------------------------------------


def _relate(situation: Situation) -> Iterator[Any]:
    command: Relate = situation.command
    yield IncidentLinked(kind=command.kind, other=command.other, reason=command.reason)


def _unrelate(situation: Situation) -> Iterator[Any]:
    command: Unrelate = situation.command
    yield IncidentUnlinked(kind=command.kind, other=command.other, reason=command.reason)


def _related_already(situation: Situation) -> bool:
    return bool(situation.state.linked(situation.command.kind, situation.command.other))


def _unrelated_already(situation: Situation) -> bool:
    """Whether the last word on the link is that it does not hold."""
    command: Unrelate = situation.command
    told = [
        one.data
        for one in situation.history
        if type(one.data) in (IncidentLinked, IncidentUnlinked)
        and (one.data.kind, one.data.other) == (command.kind, command.other)
    ]
    return bool(told) and type(told[-1]) is IncidentUnlinked


HANDLERS = (
    Handler(command=Relate, decide=_relate, emits=(IncidentLinked,), done=_related_already, accompanies=True),
    Handler(command=Unrelate, decide=_unrelate, emits=(IncidentUnlinked,), done=_unrelated_already, accompanies=True),
)
_ANY = (*OPEN, RESOLVED, REVIEWED, CANCELLED)
_SAID = ("role-unknown", "text-too-long")
TRANSITIONS = (
    Transition(
        "relate",
        _ANY,
        None,
        guards=(*_SAID, "link-kind-unknown", "link-to-itself", "link-contradicts", "link-above-and-below"),
    ),
    Transition("unrelate", _ANY, None, guards=(*_SAID, "reason-missing", "link-kind-unknown", "link-unknown")),
)


# -- folding -----------------------------------------------------------------------------------------------------------


def _linked(state: Incident, event: Event) -> Incident:
    link = Link(kind=event.data.kind, other=event.data.other, entry=event.body["id"])
    return replace(state, links=(*state.links, link))


def _unlinked(state: Incident, event: Event) -> Incident:
    told = event.data.kind, event.data.other
    return replace(state, links=tuple(one for one in state.links if (one.kind, one.other) != told))


EVOLVERS: Mapping[type, Evolve] = {IncidentLinked: _linked, IncidentUnlinked: _unlinked}
