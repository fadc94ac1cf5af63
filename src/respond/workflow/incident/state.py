"""Where an incident stands."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import attrs

from respond.domain.moments import Moment
from respond.domain.references import Reference
from respond.workflow.definition import NEW
from respond.workflow.incident.cases import Case
from respond.workflow.incident.drawn import Drawn, Spent
from respond.workflow.incident.events import IncidentAssessed, UpwardReportSent
from respond.workflow.incident.followed import Followed
from respond.workflow.incident.marks import Mark
from respond.workflow.incident.proposed import Proposed
from respond.workflow.incident.reviewed import Reviewing
from respond.workflow.incident.said import Said
from respond.workflow.incident.taken import Course, Effects, Hypothesis, Information, MeasureTaken

COMMANDER = "commander"
"""The role of whoever commands; `take_command` fills it, so that there is one at any instant."""

REPORTED = "reported"
ASSESSED = "assessed"
LEVEL_ASSIGNED = "level_assigned"
RESPONDING = "responding"
REPORTED_UPWARD = "reported_upward"
RESOLVED = "resolved"
REVIEWED = "reviewed"
CANCELLED = "cancelled"
MERGED = "merged"

OPEN = (REPORTED, ASSESSED, LEVEL_ASSIGNED, RESPONDING, REPORTED_UPWARD)
"""The states in which people are at work on it."""
STATES = (*OPEN, RESOLVED, REVIEWED, CANCELLED, MERGED)


@attrs.frozen(kw_only=True)
class Told:
    """An upward report, and the entry that records it."""

    entry: str
    report: UpwardReportSent


@attrs.frozen(kw_only=True)
class Judged:
    """An assessment, and the entry that records it."""

    entry: str
    assessment: IncidentAssessed


@attrs.frozen(kw_only=True)
class Held:
    """A role that someone holds."""

    role: str
    person: str
    since: datetime
    entry: str
    """The id of the event that gave it."""
    recorded_at: datetime
    """When the log took that event."""
    trained_until: Mapping[str, str] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class Link:
    """What another incident is to this one."""

    kind: str
    other: str
    """The id of the other incident."""
    entry: str
    """The id of the event that tells it."""


@attrs.frozen(kw_only=True)
class Pin:
    """A mark on an entry that says that it tells the story."""

    entry: str
    """The id of the event that is pinned."""
    by: str | None
    """Who pinned it."""
    since: Mark
    """When it was pinned, and why."""
    until: Mark | None = None
    """When it was taken off, and why; None while it holds."""


@attrs.frozen(kw_only=True, slots=False)
class Incident:
    """An incident, folded from its events."""

    id: str = ""
    status: str = NEW
    category: str = ""
    title: str = ""
    narrative: str = ""
    discovered_at: Moment | None = None
    began_at: Moment | None = None
    site: str | None = None
    unit: str | None = None
    channel: str | None = None
    reference: str | None = None
    warning: str | None = None
    """The key of the warning that it came of."""
    reporter: str | None = None
    level: int | None = None
    worst_level: int | None = None
    """The worst level so far, also of what was merged into this one; lowering the level does not shed its duties."""
    response_level: str | None = None
    acknowledged: bool = False
    """Whether someone took it up, since it was reopened last."""
    commander: str | None = None
    commands_since: datetime | None = None
    """When the commander took command."""
    command_entry: str = ""
    """The id of the event that tells it."""
    command_recorded_at: datetime | None = None
    """When the log took that event."""
    roles: tuple[Held, ...] = ()
    """The roles that are filled, but the commander's."""
    team: str | None = None
    step: str | None = None
    """The last step that a foreign log told and this workflow has no event for."""
    resolution: str = ""
    report_entry: str = ""
    """The id of the event that reported it."""
    resolution_entry: str = ""
    """The id of the event that resolved it last."""
    review_summary: str = ""
    review_entry: str = ""
    """The id of the event that closed the review last."""
    cancel_reason: str = ""
    cancel_entry: str = ""
    """The id of the event that cancelled it last."""
    assessments: tuple[Judged, ...] = ()
    upward_reports: tuple[Told, ...] = ()
    fulfilled: tuple[str, ...] = ()
    """The entries that say that a duty is done, those that were retracted left out."""
    approvals: tuple[str, ...] = ()
    """The entries of the approvals, spent or not, those that were retracted left out."""
    recognised: tuple[str, ...] = ()
    """The entries that recognise somebody, those that were retracted left out."""
    notes: int = 0
    reopened: int = 0
    """How often it was reopened."""
    merged_into: str | None = None
    merged_from: str | None = None
    """The state in which it was merged, as long as it is."""
    absorbed: tuple[str, ...] = ()
    """The ids of the incidents that were merged into this one."""
    told_by_absorbed: bool = False
    """Whether an upward report of one of those was sent."""
    links: tuple[Link, ...] = ()
    """What other incidents are to this one, those that were taken back left out."""
    pins: tuple[Pin, ...] = ()
    """The pins of its entries as they were recorded, those that ended too, those that were retracted left out."""
    waived: tuple[tuple[str, int], ...] = ()
    """The obligations that were waived, with the occurrence."""
    paused: tuple[str, ...] = ()
    """The obligations whose clock stands still."""
    receipts: Mapping[str, str] = attrs.field(factory=dict)
    """What recipients call the upward reports that they received, by the entry of the report."""
    raised: tuple[tuple[str, int, int, datetime], ...] = ()
    """What watchers raised: obligation, occurrence, rung and deadline."""
    activated: tuple[Reference, ...] = ()
    """The plans in force besides its own."""
    measures: Mapping[str, MeasureTaken] = attrs.field(factory=dict)
    """The measures that were added, begun, done or skipped, by id."""
    effects: Effects = Effects()
    """What the response achieved."""
    hypotheses: Mapping[str, Hypothesis] = attrs.field(factory=dict)
    """The causes that were suspected, by key."""
    information: Mapping[str, Information] = attrs.field(factory=dict)
    """What people were told, by key."""
    decisions: tuple[Mark, ...] = ()
    course: Course = Course()
    """The action plan, help from outside, and whether work is on hold."""
    cases: Mapping[str, Case] = attrs.field(factory=dict)
    """The cases of the customers whom it hurt, by the key of each; those of incidents merged into it too."""
    actions: Mapping[str, Followed] = attrs.field(factory=dict)
    """The action items that its review asked for, by the key of each; those of incidents merged into it too."""
    proposals: tuple[Proposed, ...] = ()
    """The proposals to change a plan that it led to."""
    resources: Mapping[str, Drawn] = attrs.field(factory=dict)
    """What was asked for and came, by the name of the resource or pool."""
    expenses: tuple[Spent, ...] = ()
    """What was spent besides what pools tell, those that were retracted left out."""
    said: Said = Said()
    """Key messages, statements, and what else was told and heard."""
    review: Reviewing = Reviewing()
    """What was told for its review."""
    plan: Reference | None = None
    definition: Reference | None = None

    @property
    def assessment(self) -> IncidentAssessed | None:
        """The last assessment that was not retracted."""
        return self.assessments[-1].assessment if self.assessments else None

    @property
    def reported_upward(self) -> bool:
        """Whether an upward report was sent that was not retracted, of this one or of one that was merged into it."""
        return self.told_by_absorbed or bool(self.upward_reports)

    @property
    def pinned(self) -> tuple[str, ...]:
        """The ids of the entries that are pinned."""
        return tuple(dict.fromkeys(one.entry for one in self.pins if one.until is None))

    def is_pinned(self, entry: str) -> bool:
        """Return whether the entry with the id *entry* is pinned."""
        return entry in self.pinned

    def drawn(self, resource: str) -> Drawn:
        """Return how much of *resource* was asked for and came."""
        return self.resources.get(resource, Drawn())

    def held(self, role: str, person: str) -> Held | None:
        """Return how *person* holds *role*, which is not the commander's."""
        return next((one for one in self.roles if (one.role, one.person) == (role, person)), None)

    def holders(self, role: str) -> tuple[str, ...]:
        """Return who holds *role*; the commander holds the commander's."""
        if role == COMMANDER:
            return () if self.commander is None else (self.commander,)
        return tuple(held.person for held in self.roles if held.role == role)

    def links_of(self, kind: str) -> tuple[str, ...]:
        """Return the ids of the incidents that are *kind* to this one."""
        return tuple(link.other for link in self.links if link.kind == kind)

    def linked(self, kind: str, other: str) -> bool:
        """Return whether *other* is *kind* to this one."""
        return other in self.links_of(kind)

    def told(self, kind: str, recipient: str | None = None) -> bool:
        """Return whether an upward report of *kind* was sent, to *recipient* when one is named."""
        return any(
            told.report.kind == kind and recipient in (None, told.report.recipient) for told in self.upward_reports
        )


def worse(known: int | None, level: int | None) -> int | None:
    """Return the worse of two levels, the smaller number; None is no level."""
    return known if level is None else level if known is None else min(known, level)
