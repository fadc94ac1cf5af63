"""Redaction: the events of an incident as somebody may read them who is not shown everything.

It stands before all read models, so that none of them can tell what is withheld.  Texts of what is withheld are left
out, and say so; keys, times, numbers and the words of a fixed list stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import attrs

from respond.domain.events import Event
from respond.domain.payloads import to_data
from respond.domain.values import fields_of
from respond.plan.access import MATTERS, Matter
from respond.projections.document import Document
from respond.workflow.incident import events as e
from respond.workflow.incident import messages as m
from respond.workflow.incident import reviewed as r
from respond.workflow.incident import situation as s
from respond.workflow.incident import statements as w
from respond.workflow.incident.corrections import applied
from respond.workflow.incident.pins import EntryPinned, EntryUnpinned
from respond.workflow.party import PARTY_CATEGORY

_KEPT = frozenset(
    {
        *("from_", "to", "incident", "hypothesis", "information", "statement", "audience"),
        *("channel", "outcome", "form", "kind", "confidence", "effectiveness", "stage", "entry", "command", "by"),
    }
)
"""The fields of what is withheld that stay: keys, words of a fixed list, people, who have a matter of their own."""
_ABOUT_ENTRIES = (e.EntryCorrected, e.EntryRetracted, EntryPinned, EntryUnpinned)
"""What speaks of an earlier entry, and belongs to what that one belongs to."""


def mark_of(matter: Matter) -> str:
    """Return what stands where a text of *matter* is left out."""
    return f"[withheld: {matter}]"


@attrs.frozen(kw_only=True)
class Withheld(Document):
    """An event of which something is left out."""

    position: int
    id: str
    matter: Matter
    fields: tuple[str, ...]


class Redaction:
    """Redacts for somebody who is shown these matters; *events* are all that the read models will rest on."""

    def __init__(self, shown: frozenset[Matter], events: Iterable[Event]) -> None:
        self.hidden: tuple[Matter, ...] = tuple(one for one in MATTERS if one not in shown)
        every = tuple(events)
        public = frozenset((event.body["stream"], *key) for event in every for key in _published(event.data))
        self._payloads = {event.id: event.data for event in every}
        self._matters: dict[str, Matter] = {}
        for event in every:
            matter, *key = _belongs(event)
            if matter in self.hidden and (event.body["stream"], *key) not in public:
                self._matters[event.id] = matter
        for event in every:
            if isinstance(event.data, _ABOUT_ENTRIES) and event.data.entry in self._matters:
                self._matters[event.id] = self._matters[event.data.entry]

    def __call__(self, events: Iterable[Event]) -> tuple[Event, ...]:
        """Return *events* without what is withheld; what is shown is the same event."""
        return tuple(self._redacted(event) for event in events)

    def withheld(self, events: Iterable[Event]) -> Iterator[Withheld]:
        """Yield those of *events* of which something is left out."""
        for event in events:
            matter = self._of(event)
            fields = tuple(_changed(event.data, self._redacted(event).data))
            if matter is not None and fields:
                yield Withheld(position=event.position, id=event.id, matter=matter, fields=fields)

    def _of(self, event: Event) -> Matter | None:
        """Return what *event* belongs to, when that is withheld."""
        return self._matters.get(event.id)

    def _redacted(self, event: Event) -> Event:
        matter = self._of(event)
        if matter is None:
            return event
        mark = mark_of(matter)
        changes = {name: _blank(one, mark) for name, one in fields_of(event.data).items() if name not in _KEPT}
        if isinstance(event.data, e.EntryCorrected):
            changes["changes"] = self._corrected(event.data, mark)
        data = attrs.evolve(event.data, **changes)
        return event._replace(data=data, body={**event.body, "data": to_data(data)})

    def _corrected(self, correction: e.EntryCorrected, mark: str) -> Mapping[str, Any]:
        """Return the new values of a correction, blank where the entry itself is."""
        reading = applied(self._payloads[correction.entry], correction.changes)
        told = {**correction.changes}
        for name in told.keys() - _KEPT - {"occurred_at"}:
            value = getattr(reading, name)
            told[name] = _blank(value, mark) if isinstance(value, (str, tuple, Mapping)) else told[name]
        return told


def _belongs(event: Event) -> tuple[Any, ...]:
    """Return the matter of *event*, None for the course of things, and what makes it public."""
    match event.data:
        case s.HypothesisRaised() | s.HypothesisConfirmed() | s.HypothesisRejected():
            return "causes", "review"
        case r.FindingRecorded() | r.ResponseEvaluated() | r.FixRecorded():
            return "causes", "review"
        case (
            s.InformationReceived(information=key)
            | s.InformationConfirmed(information=key)
            | s.InformationRefuted(information=key)
        ):
            return "rumours", "information", key
        case w.StatementDrafted(statement=key):
            return "drafts", "statement", key, 1
        case w.StatementCorrected(statement=key, version=version):
            return "drafts", "statement", key, version
        case m.KeyMessagesSet(version=version):
            return "drafts", "messages", version
        case e.ProgressNoted():
            return ("notes",)
    return ("customers" if event.stream.category == PARTY_CATEGORY else None,)


def _published(data: Any) -> Iterator[tuple[Any, ...]]:
    """Yield what everybody may read once *data* is recorded."""
    match data:
        case e.IncidentReviewed():
            yield ("review",)
        case s.InformationConfirmed(information=key):
            yield "information", key
        case w.StatementPublished(statement=key, version=version):
            yield "statement", key, version
        case m.KeyMessagesApproved(version=version):
            yield "messages", version


def _blank(value: Any, mark: str) -> Any:
    """Return *value* without what it says: texts are marked, lists and tables are empty."""
    match value:
        case str():
            return mark if value else value
        case tuple():
            return ()
        case Mapping():
            return {}
    return value


def _changed(before: Any, after: Any) -> Iterator[str]:
    """Yield the fields in which two payloads differ."""
    told = fields_of(after)
    return (name for name, value in fields_of(before).items() if told[name] != value)
