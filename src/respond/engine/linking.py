"""What is asked of two incidents at once: merging them, undoing that, splitting one, and relating one to the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

import attrs

from respond.domain.events import Event
from respond.domain.ids import derived_id, uuid7
from respond.domain.streams import StreamId
from respond.engine.circumstances import Circumstances, circumstances_of
from respond.engine.definitions import Plans, Workflows
from respond.engine.handler import ATTEMPTS, Ask, Handler, Outcome
from respond.engine.incident import IncidentHandle
from respond.errors import CommandRefused, IncidentNotFound
from respond.workflow.incident import INCIDENT_CATEGORY
from respond.workflow.incident.commands import Merge, ReportIncident
from respond.workflow.incident.decide import absorbing
from respond.workflow.incident.events import IncidentMerged
from respond.workflow.incident.guards import MERGE_OUTDATED
from respond.workflow.incident.links import INVERSE, LinkKind, Relate, Unrelate
from respond.workflow.incident.splitting import ReportPart, Split
from respond.workflow.incident.state import Incident
from respond.workflow.incident.unmerging import AbsorptionUndone, UndoAbsorption, UndoMerge, undoing

if TYPE_CHECKING:
    from respond.engine.desk import Desk


class Linking:
    """The part of a desk that asks something of several incidents in one atomic step, or of none of them.

    *circumstances* are those of `Desk.execute`, and so are the errors, besides `IncidentNotFound` when one of them is
    not there.
    """

    workflows: Workflows
    plans: Plans
    clock: Callable[[], datetime]
    random: Callable[[int], bytes]
    _handler: Handler

    def merge(self, /, source: str, into: str, *, reason: str, **circumstances: Any) -> Outcome:
        """Merge the incident *source* into *into*; the duties of *source* go over to *into*."""
        asked = circumstances_of(**circumstances)
        return self._together("merge", (source, into), lambda: self._halves(source, into, reason, asked), asked)

    def undo_merge(self, /, source: str, *, reason: str, **circumstances: Any) -> Outcome:
        """Let the incident *source*, which was merged into another one, go on by itself from where it was.

        Of a row of merges the last is undone first.
        """
        asked = circumstances_of(**circumstances)
        into = next(
            (one.data.into for one in reversed(self._history(source)) if type(one.data) is IncidentMerged), None
        )
        if into is None:
            ask = Ask(category=INCIDENT_CATEGORY, key=source, command=UndoMerge(into="", reason=reason))
            return self._together("undo_merge", (source,), lambda: [ask], asked)
        goal = into
        return self._together(
            "undo_merge", (source, goal), lambda: self._undone_halves(source, goal, reason, asked), asked
        )

    def relate(self, /, one: str, kind: LinkKind, other: str, *, reason: str = "", **circumstances: Any) -> Outcome:
        """Say that the incident *one* is *kind* to *other*; *other* is told the inverse."""
        return self._linked("relate", Relate, one, kind, other, reason, circumstances)

    def unrelate(self, /, one: str, kind: LinkKind, other: str, *, reason: str, **circumstances: Any) -> Outcome:
        """Take back that the incident *one* is *kind* to *other*, on both of them."""
        return self._linked("unrelate", Unrelate, one, kind, other, reason, circumstances)

    def split(
        self,
        /,
        source: str,
        parts: Iterable[ReportIncident],
        *,
        reason: str,
        command_id: str | None = None,
        **circumstances: Any,
    ) -> tuple[IncidentHandle, ...]:
        """Report *parts* as incidents that come of *source*, and return their handles; *source* goes on.

        Links are made both ways, and nothing is copied.  Each part runs under the plan that is the most special for it.
        The ids are made from the command id: a retry with the same *command_id* finds the same incidents.
        """
        if command_id is None:
            command_id = str(uuid7(self.clock(), self.random(10)))
        asked = circumstances_of(command_id=command_id, **circumstances)
        reports = {str(derived_id(command_id, f"part-{number}")): part for number, part in enumerate(parts, 1)}
        asks = [
            Ask(category=INCIDENT_CATEGORY, key=source, command=Split(into=tuple(reports), reason=reason)),
            *(
                Ask(
                    category=INCIDENT_CATEGORY,
                    key=key,
                    command=ReportPart(**attrs.asdict(part, recurse=False), source=source, reason=reason),
                    plan=self.plans.chosen(category=part.category, site=part.site, unit=part.unit),
                )
                for key, part in reports.items()
            ),
        ]
        outcome = self._together("split", (source,), lambda: asks, asked)
        return tuple(IncidentHandle(cast("Desk", self), key, outcome) for key in reports)

    def _linked(
        self,
        trigger: str,
        command: type[Relate | Unrelate],
        one: str,
        kind: LinkKind,
        other: str,
        reason: str,
        circumstances: Mapping[str, Any],
    ) -> Outcome:
        halves = [Ask(category=INCIDENT_CATEGORY, key=one, command=command(kind=kind, other=other, reason=reason))]
        if other != one:
            inverse = command(kind=INVERSE.get(kind, kind), other=one, reason=reason)
            halves.append(Ask(category=INCIDENT_CATEGORY, key=other, command=inverse))
        return self._together(trigger, (one, other), lambda: halves, circumstances_of(**circumstances))

    def _together(
        self, trigger: str, keys: Sequence[str], halves: Callable[[], list[Ask]], asked: Circumstances
    ) -> Outcome:
        """Carry out what *halves* makes of the incidents *keys*, and again when one moved on meanwhile."""
        for key in keys:
            if not self._history(key):
                raise IncidentNotFound(f"there is no incident {key!r}; {trigger} takes the ids of incidents")
        for _ in range(ATTEMPTS - 1):
            try:
                return self._handler.handle(halves(), asked)
            except CommandRefused as refused:
                if all(one.code != MERGE_OUTDATED for one in refused.refusals):
                    raise
        return self._handler.handle(halves(), asked)

    def _halves(self, source: str, into: str, reason: str, asked: Circumstances) -> list[Ask]:
        """Return both halves of a merge: the one that goes on is told what the other one's duties rest on."""
        before = _before(self._history(source), lambda event: type(event.data) is IncidentMerged, asked)
        merged: Incident = self._folded(before)
        merge = Merge(into=into, reason=reason, at_version=before[-1].version)
        return [
            Ask(category=INCIDENT_CATEGORY, key=source, command=merge),
            Ask(category=INCIDENT_CATEGORY, key=into, command=absorbing(source, merged, reason)),
        ]

    def _undone_halves(self, source: str, into: str, reason: str, asked: Circumstances) -> list[Ask]:
        """Return both halves of undoing a merge: the one that goes on by itself is told how its cases stand."""

        def undone(event: Event) -> bool:
            return type(event.data) is AbsorptionUndone and event.data.source == source

        before = _before(self._history(into), undone, asked)
        return [
            Ask(
                category=INCIDENT_CATEGORY,
                key=source,
                command=undoing(source, into, self._folded(before), before, reason),
            ),
            Ask(
                category=INCIDENT_CATEGORY,
                key=into,
                command=UndoAbsorption(source=source, reason=reason, at_version=before[-1].version),
            ),
        ]

    def _history(self, key: str) -> tuple[Event, ...]:
        return self._handler.load(StreamId.of(INCIDENT_CATEGORY, key))

    def _folded(self, history: Sequence[Event]) -> Any:
        return self.workflows[INCIDENT_CATEGORY].fold(history)


def _before(history: tuple[Event, ...], is_step: Callable[[Event], bool], asked: Circumstances) -> tuple[Event, ...]:
    """Return what stood in *history* before the step that is asked; all of it when that was not taken yet.

    A step that is sent again is told as it was told first: it is the one with the same command id.
    """
    taken = (event for event in history if is_step(event) and event.command_id == asked.command_id is not None)
    step = next(taken, None)
    return history if step is None else history[: step.version - 1]
