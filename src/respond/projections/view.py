"""The view of one role: state, timeline and review of an incident, without what the plan does not show to it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import attrs

from respond.domain.events import Event
from respond.plan.access import Matter
from respond.projections.document import Document
from respond.projections.learning import Veil, labelled
from respond.projections.redaction import Redaction, Withheld
from respond.projections.review import Review
from respond.projections.timeline import Timeline
from respond.workflow.incident.state import Incident

ValueT = TypeVar("ValueT")


@attrs.frozen(kw_only=True)
class View(Document):
    """What a role is shown of an incident, and what it is not."""

    role: str | None
    withholds: tuple[Matter, ...]
    """What the plan does not show to it."""
    withheld: tuple[Withheld, ...]
    """Where something is left out; people are left out everywhere, and their roles stand in their place."""
    state: Incident
    timeline: Timeline
    review: Review


class Sight:
    """What somebody sees of *events*, which tell all there is of an incident, who is shown these matters."""

    def __init__(self, shown: frozenset[Matter], events: Iterable[Event], roles: Iterable[str]) -> None:
        self._events = tuple(events)
        self.redact = Redaction(shown, self._events)
        hidden = "people" in self.redact.hidden
        self._veil = Veil(labelled(self._events, frozenset(roles)) if hidden else {})

    def view(self, role: str | None, state: Incident, timeline: Timeline, review: Review) -> View:
        """Return what *role* is shown of read models that were folded from redacted events."""
        return View(
            role=role,
            withholds=self.redact.hidden,
            withheld=tuple(self.redact.withheld(self._events)),
            state=self._veil(state),
            timeline=self._veil(timeline),
            review=self._veil(review),
        )
