"""The commands of an incident's handle that are about other incidents."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from respond.engine.executing import Executing
from respond.engine.handler import Outcome
from respond.workflow.incident.commands import ReportIncident
from respond.workflow.incident.links import LinkKind

if TYPE_CHECKING:
    from respond.engine.incident import IncidentHandle


class LinkCommands(Executing):
    """Into which incident it is merged, into which it is split, and what others are to it."""

    def merge_into(self, /, other: IncidentHandle | str, *, reason: str, **circumstances: Any) -> Outcome:
        """Merge this incident into *other*, which goes on."""
        into = other if isinstance(other, str) else other.id
        return self.engine.merge(self.id, into, reason=reason, **circumstances)

    def undo_merge(self, /, *, reason: str, **circumstances: Any) -> Outcome:
        """Let it go on by itself from where it was, after it was merged into another one."""
        return self.engine.undo_merge(self.id, reason=reason, **circumstances)

    def relate(self, /, kind: LinkKind, other: str, *, reason: str = "", **circumstances: Any) -> Outcome:
        """Say that it is *kind* to the incident *other*, which is told the inverse."""
        return self.engine.relate(self.id, kind, other, reason=reason, **circumstances)

    def unrelate(self, /, kind: LinkKind, other: str, *, reason: str, **circumstances: Any) -> Outcome:
        """Take back that it is *kind* to the incident *other*."""
        return self.engine.unrelate(self.id, kind, other, reason=reason, **circumstances)

    def split(
        self, /, parts: Iterable[ReportIncident], *, reason: str, **circumstances: Any
    ) -> tuple[IncidentHandle, ...]:
        """Report *parts* as incidents that come of it; see `Desk.split`."""
        return self.engine.split(self.id, parts, reason=reason, **circumstances)
