"""The learning view: a review and its timeline with roles in the place of people.  Blameless: it names nobody.

A person is whoever the events name as an actor, or in a field that holds a person.  Each is replaced wherever the name
stands, in texts too.  What people write of others in other words is theirs.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

import attrs

from respond.domain.events import Event
from respond.domain.payloads import to_data
from respond.projections.document import Document
from respond.projections.review import Review
from respond.projections.timeline import Timeline
from respond.workflow.incident.events import IncidentReported
from respond.workflow.incident.people import RoleAssigned
from respond.workflow.incident.state import COMMANDER

ValueT = TypeVar("ValueT")

_PEOPLE = frozenset(
    {
        *("person", "from_person", "to_person", "from_commander", "to_commander", "by", "received_by"),
        *("owner", "previous", "members", "recipients", "participants", "absent", "facilitator"),
    }
)
"""The fields of payloads that hold people; of `members` the people are the values."""
REPORTER = "reporter"
PARTICIPANT = "participant"
"""Who has no other role."""
_ASCII = re.compile(r"[\x00-\x7f]+")


@attrs.frozen(kw_only=True)
class LearningView(Document):
    """What may be read by everybody who is to learn from an incident."""

    review: Review
    timeline: Timeline
    roles: tuple[str, ...]
    """Who stands in it; of several in one role each has a number."""


def learning_view(review: Review, timeline: Timeline, events: Iterable[Event], roles: Iterable[str]) -> LearningView:
    """Return *review* and *timeline* with roles for people; *events* are what both rest on, *roles* those of the plan.

    A name that is a role of the plan stays: it is nobody's.
    """
    labels = labelled(tuple(events), frozenset(roles))
    veil = Veil(labels)
    return LearningView(review=veil(review), timeline=veil(timeline), roles=tuple(sorted(set(labels.values()))))


def labelled(events: tuple[Event, ...], roles: frozenset[str]) -> Mapping[str, str]:
    """Return a label for each person whom *events* name: a role, with a number where several have it."""
    held: dict[str, str] = {}
    for event in events:
        for person, role in _told_roles(event):
            held.setdefault(person, role)
    named = (person for event in events for person in _named(event))
    people = dict.fromkeys(person for person in named if person not in roles and person.strip())
    sharing = Counter(held.get(person, PARTICIPANT) for person in people)
    count: Counter[str] = Counter()
    labels = {}
    for person in people:
        role = held.get(person, PARTICIPANT)
        count[role] += 1
        labels[person] = role if sharing[role] == 1 else f"{role} {count[role]}"
    return labels


def _told_roles(event: Event) -> Iterator[tuple[str, str]]:
    """Yield the roles that *event* tells of people, the surest first."""
    data = event.data
    if isinstance(data, RoleAssigned):
        yield data.person, data.role
    for name in ("to_commander", "from_commander"):
        commander = getattr(data, name, None)
        if commander is not None:
            yield commander, COMMANDER
    if event.actor is not None and event.role is not None:
        yield event.actor, event.role
    elif event.actor is not None and isinstance(data, IncidentReported):
        yield event.actor, REPORTER


def _named(event: Event) -> Iterator[str]:
    """Yield the people whom *event* names."""
    yield from (name for name in (event.actor, event.body.get("on_behalf_of")) if name is not None)
    for field, value in to_data(event.data).items():
        if field in _PEOPLE:
            yield from _texts(value)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from (text for one in value.values() for text in _texts(one))
    elif isinstance(value, (list, tuple)):
        yield from (text for one in value for text in _texts(one))


class Veil:
    """Replaces people by their labels, wherever they stand."""

    def __init__(self, labels: Mapping[str, str]) -> None:
        self._labels = labels
        names = sorted(labels, key=len, reverse=True)
        self._names = re.compile("|".join(map(_pattern, names))) if names else None

    def __call__(self, value: ValueT) -> ValueT:
        """Return *value* with every text in it veiled."""
        veiled: ValueT = self._veiled(value)
        return veiled

    def _veiled(self, value: Any) -> Any:
        match value:
            case str():
                return self._text(value)
            case tuple() | list():
                return type(value)(map(self._veiled, value))
            case Mapping():
                return {self._veiled(key): self._veiled(one) for key, one in value.items()}
        kind: Any = type(value)
        if attrs.has(kind):
            told = {field.name: getattr(value, field.name) for field in attrs.fields(kind)}
            changed = {name: veiled for name, one in told.items() if (veiled := self._veiled(one)) != one}
            return attrs.evolve(value, **changed) if changed else value
        return value

    def _text(self, text: str) -> str:
        if self._names is None:
            return text
        return self._names.sub(lambda found: self._labels[found[0]], text)


def _pattern(name: str) -> str:
    """Return what finds *name*: a word of its own in ASCII, else wherever it stands, as where nothing parts words."""
    found = re.escape(name)
    if not _ASCII.fullmatch(name):
        return found
    before = r"(?<![A-Za-z0-9_])" if name[0].isalnum() else ""
    after = r"(?![A-Za-z0-9_])" if name[-1].isalnum() else ""
    return f"{before}{found}{after}"
