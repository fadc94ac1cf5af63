"""The handle of one incident: its commands and its answers, by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import attrs

from respond.domain.events import Event
from respond.domain.moments import Moment
from respond.domain.money import Money
from respond.domain.payloads import to_data
from respond.engine.definitions import Plans
from respond.engine.handler import Outcome
from respond.engine.incident_actions import FollowUpCommands
from respond.engine.incident_course import CourseCommands
from respond.engine.incident_customers import CustomerCommands
from respond.engine.incident_links import LinkCommands
from respond.engine.incident_measures import MeasureCommands
from respond.engine.incident_resources import ResourceCommands
from respond.engine.incident_review import ReviewCommands
from respond.engine.incident_situation import SituationCommands
from respond.engine.incident_words import WordCommands
from respond.plan.organisation import Role
from respond.plan.owed import Owed, Verdict, owed, verdict
from respond.plan.plan import Plan
from respond.projections.whatif import WhatIf, what_if
from respond.workflow.approvals import Approve
from respond.workflow.decider import Explanation
from respond.workflow.incident import INCIDENT_CATEGORY
from respond.workflow.incident import commands as c
from respond.workflow.incident.events import Attachment, FieldValue, ReportKind
from respond.workflow.incident.facts import facts_of
from respond.workflow.incident.levels import ResponseSuggestion, Suggestion, suggest, suggest_response
from respond.workflow.incident.people import AssignRole, HandOverRole, ReleaseRole
from respond.workflow.incident.pins import PinEntry, UnpinEntry
from respond.workflow.incident.plans import ActivatePlan, RebasePlan
from respond.workflow.incident.staffing import Candidate, Concern, candidates, concerns, vacancies
from respond.workflow.incident.state import Incident
from respond.workflow.incident.triage import Acknowledge, Recategorise, SetResponseLevel

if TYPE_CHECKING:
    from respond.engine.desk import Desk
    from respond.projections.learning import LearningView
    from respond.projections.review import Review
    from respond.projections.timeline import Timeline
    from respond.projections.view import View


class IncidentHandle(
    MeasureCommands,
    SituationCommands,
    CourseCommands,
    WordCommands,
    CustomerCommands,
    ResourceCommands,
    FollowUpCommands,
    ReviewCommands,
    LinkCommands,
):
    """One incident of an engine.

    Every command takes, besides what it names, the circumstances of `Engine.execute`: `actor`, `role`, `on_behalf_of`,
    `at`, `command_id`, `correlation_id`, `causation_id`, `break_glass`; returns an `Outcome`; and raises
    `CommandRefused` with every reason when the workflow does not allow it.
    """

    # Without the slash, mypy would not take the signatures over for the handle that is awaited.

    def __init__(self, engine: Desk, incident_id: str, outcome: Outcome | None = None) -> None:
        self.engine = engine
        self.id = incident_id
        self.outcome = outcome
        """What the report led to, when this handle reported it."""

    def __repr__(self) -> str:
        return f"<incident {self.id}>"

    # -- commands ------------------------------------------------------------------------------------------------------

    def assess(
        self,
        /,
        *,
        affected_customers: int | None = None,
        injured: int | None = None,
        dead: int | None = None,
        loss: Money | None = None,
        spread: str | None = None,
        sites: int | None = None,
        critical_facility: bool | None = None,
        facets: tuple[str, ...] = (),
        began_at: Moment | datetime | str | None = None,
        findings: str = "",
        fields: Mapping[str, FieldValue] | None = None,
        **circumstances: Any,
    ) -> Outcome:
        """Judge the impact, for the first time or again; every assessment is kept, the last one counts."""
        command = c.Assess(
            affected_customers=affected_customers,
            injured=injured,
            dead=dead,
            loss=loss,
            spread=spread,
            sites=sites,
            critical_facility=critical_facility,
            facets=facets,
            began_at=Moment.of(began_at),
            findings=findings,
            fields=dict(fields or {}),
        )
        return self.execute(command, **circumstances)

    def assign_level(self, /, level: int, *, basis: str, **circumstances: Any) -> Outcome:
        """Give the first level; 1 is the worst."""
        return self.execute(c.AssignLevel(level=level, basis=basis), **circumstances)

    def change_level(self, /, level: int, *, justification: str, **circumstances: Any) -> Outcome:
        """Raise or lower the level; the worst one so far is remembered."""
        return self.execute(c.ChangeLevel(level=level, justification=justification), **circumstances)

    def acknowledge(self, /, **circumstances: Any) -> Outcome:
        """Take the incident up."""
        return self.execute(Acknowledge(), **circumstances)

    def recategorise(self, /, category: str, *, reason: str, **circumstances: Any) -> Outcome:
        """Say that it is of another kind; what is owed is derived anew."""
        return self.execute(Recategorise(category=category, reason=reason), **circumstances)

    def set_response_level(self, /, response: str, *, basis: str, **circumstances: Any) -> Outcome:
        """Decide how much is set in motion; apart from how bad the incident is."""
        return self.execute(SetResponseLevel(response=response, basis=basis), **circumstances)

    def start_response(self, /, **circumstances: Any) -> Outcome:
        """Begin to act."""
        return self.execute(c.StartResponse(), **circumstances)

    def take_command(self, /, commander: str | None = None, *, briefing: str = "", **circumstances: Any) -> Outcome:
        """Make *commander*, or the actor, the one who commands."""
        return self.execute(c.TakeCommand(commander=commander, briefing=briefing), **circumstances)

    def assign_role(
        self, role: str, person: str, /, *, trained_until: Mapping[str, str] | None = None, **circumstances: Any
    ) -> Outcome:
        """Give *person* a role; *trained_until* tells, by training, the last day on which that is in force.

        `role=` is, as with every command, the one in which the actor does it.
        """
        command = AssignRole(role=role, person=person, trained_until=dict(trained_until or {}))
        return self.execute(command, **circumstances)

    def release_role(self, role: str, person: str, /, *, reason: str, **circumstances: Any) -> Outcome:
        """Relieve *person* of a role."""
        return self.execute(ReleaseRole(role=role, person=person, reason=reason), **circumstances)

    def hand_over_role(
        self,
        role: str,
        from_person: str,
        to_person: str,
        /,
        *,
        briefing: str,
        trained_until: Mapping[str, str] | None = None,
        **circumstances: Any,
    ) -> Outcome:
        """Hand a role over from one person to another; *trained_until* as for `assign_role`."""
        command = HandOverRole(
            role=role,
            from_person=from_person,
            to_person=to_person,
            briefing=briefing,
            trained_until=dict(trained_until or {}),
        )
        return self.execute(command, **circumstances)

    def assign_team(self, /, team: str, **circumstances: Any) -> Outcome:
        """Hand the incident to a team."""
        return self.execute(c.AssignTeam(team=team), **circumstances)

    def report_upward(self, /, kind: ReportKind, *, recipient: str, summary: str, **circumstances: Any) -> Outcome:
        """Tell a superior or an authority."""
        return self.execute(c.ReportUpward(kind=kind, recipient=recipient, summary=summary), **circumstances)

    def record_receipt(self, /, report: str, receipt: str, *, received_by: str = "", **circumstances: Any) -> Outcome:
        """Record that the upward report with the event id *report* arrived."""
        command = c.RecordReceipt(report=report, receipt=receipt, received_by=received_by)
        return self.execute(command, **circumstances)

    def fulfil(self, /, obligation: str, *, note: str = "", **circumstances: Any) -> Outcome:
        """Say that a duty is done which no other command tells."""
        return self.execute(c.Fulfil(obligation=obligation, note=note), **circumstances)

    def waive(self, /, obligation: str, *, reason: str, occurrence: int = 1, **circumstances: Any) -> Outcome:
        """Say that an obligation need not be discharged."""
        return self.execute(c.Waive(obligation=obligation, occurrence=occurrence, reason=reason), **circumstances)

    def pause_clock(self, /, obligation: str, *, reason: str, **circumstances: Any) -> Outcome:
        """Let the clock of an obligation stand still."""
        return self.execute(c.PauseClock(obligation=obligation, reason=reason), **circumstances)

    def resume_clock(self, /, obligation: str, *, reason: str = "", **circumstances: Any) -> Outcome:
        """Let the clock of an obligation run again."""
        return self.execute(c.ResumeClock(obligation=obligation, reason=reason), **circumstances)

    def approve(self, /, command: str, *, about: str = "", note: str = "", **circumstances: Any) -> Outcome:
        """Agree that the command with this trigger be carried out, once.

        *about* names the one of several things that it is about: a statement, a measure, an occurrence (`visit 1`).
        """
        return self.execute(Approve(command=command, about=about, note=note), **circumstances)

    def activate_plan(self, /, plan: str, *, reason: str, **circumstances: Any) -> Outcome:
        """Let a further plan of the engine, `name` or `name@version`, come into force."""
        reference = self.engine.plans.named(plan).reference
        return self.execute(ActivatePlan(plan=reference, reason=reason), **circumstances)

    def rebase_plan(self, /, plan: str, *, reason: str, **circumstances: Any) -> Outcome:
        """Let another version of the plan, or another plan, be in force from now on."""
        reference = self.engine.plans.named(plan).reference
        return self.execute(RebasePlan(plan=reference, reason=reason), **circumstances)

    def note(
        self,
        /,
        text: str = "",
        *,
        attachments: tuple[Attachment, ...] = (),
        fields: Mapping[str, FieldValue] | None = None,
        **circumstances: Any,
    ) -> Outcome:
        """Note progress."""
        return self.execute(c.Note(text=text, attachments=attachments, fields=dict(fields or {})), **circumstances)

    def resolve(self, /, resolution: str, **circumstances: Any) -> Outcome:
        """Say that service is restored, and how."""
        return self.execute(c.Resolve(resolution=resolution), **circumstances)

    def reopen(self, /, reason: str, **circumstances: Any) -> Outcome:
        """Say that it is not over."""
        return self.execute(c.Reopen(reason=reason), **circumstances)

    def close_review(self, /, summary: str, **circumstances: Any) -> Outcome:
        """Close the review."""
        return self.execute(c.CloseReview(summary=summary), **circumstances)

    def cancel(self, /, reason: str, **circumstances: Any) -> Outcome:
        """Say that it was a false alarm."""
        return self.execute(c.Cancel(reason=reason), **circumstances)

    def correct(self, /, entry: str, changes: Mapping[str, Any], *, reason: str, **circumstances: Any) -> Outcome:
        """Give the entry with the event id *entry* its right values; the original stays.

        A value is written as the entry has it, such as `Money`, or as it is stored.
        """
        stored = {name: to_data(value) if attrs.has(type(value)) else value for name, value in changes.items()}
        return self.execute(c.Correct(entry=entry, changes=stored, reason=reason), **circumstances)

    def retract(self, /, entry: str, *, reason: str, **circumstances: Any) -> Outcome:
        """Withdraw the entry with the event id *entry*; the original stays."""
        return self.execute(c.Retract(entry=entry, reason=reason), **circumstances)

    def pin_entry(self, /, entry: str, *, note: str = "", **circumstances: Any) -> Outcome:
        """Mark the entry with the event id *entry* as one that tells the story; *note* says why."""
        return self.execute(PinEntry(entry=entry, note=note), **circumstances)

    def unpin_entry(self, /, entry: str, *, reason: str, **circumstances: Any) -> Outcome:
        """Take that mark off the entry with the event id *entry*."""
        return self.execute(UnpinEntry(entry=entry, reason=reason), **circumstances)

    # -- questions -----------------------------------------------------------------------------------------------------

    def explain(self, /, trigger: str, command: object = None, **who: Any) -> Explanation:
        """Return what stands in the way of *trigger* now, guard by guard."""
        return self.engine.explain(INCIDENT_CATEGORY, self.id, trigger, command, **who)

    def suggestion(self) -> Suggestion:
        """Return the level that the plan suggests now, and what speaks for it."""
        return suggest(*self._standing())

    def response_suggestion(self) -> ResponseSuggestion:
        """Return the response level that the plan suggests now, and what speaks for it."""
        return suggest_response(*self._standing())

    def obligations(self) -> tuple[Owed, ...]:
        """Return what it owes, and owed: each occurrence with its deadline and what became of it."""
        history = self.events()
        plan = self.engine.plans.in_force(history)
        return owed(plan, facts_of(plan, history), until=self.engine.clock())

    def verdicts(self) -> tuple[tuple[Owed, Verdict], ...]:
        """Return what it owes, and owed, each with what became of it by now."""
        now = self.engine.clock()
        return tuple((one, verdict(one, now)) for one in self.obligations())

    def what_if(self, /, plan: Plan) -> WhatIf:
        """Return what *plan*, which the engine need not know, would have asked of it otherwise than its own."""
        history = self.events()
        other = Plans((*self.engine.plans.given, plan)).pinned(plan.reference)
        return what_if(history, self.engine.plans.in_force(history), other, self.engine.clock())

    def vacancies(self) -> tuple[Role, ...]:
        """Return the roles that the plan requires at its level and that nobody holds."""
        return vacancies(*self._standing())

    def candidates(self, /, role: str, *, skills: Iterable[str] = ()) -> tuple[Candidate, ...]:
        """Return who of the plan's roster may fill *role* and has all of *skills*, those first who lack no training."""
        return candidates(*self._standing(), role, self.engine.clock(), skills=skills)

    def concerns(self) -> tuple[Concern, ...]:
        """Return whose shift is too long now, and who holds a role without training in force."""
        return concerns(*self._standing(), self.engine.clock())

    def state(self, /, **when: Any) -> Incident:
        """Return where it stands, or stood; `as_of` is the world's time, `known_at` the log's."""
        state: Incident = self.engine.state(INCIDENT_CATEGORY, self.id, **when)
        return state

    def events(self) -> tuple[Event, ...]:
        """Return its events, oldest first."""
        return self.engine.events(INCIDENT_CATEGORY, self.id)

    @property
    def number(self) -> str:
        """Its readable number, `INC-` and the position of its first event: unique, however many report at once."""
        return self.engine.number(self.id)

    def timeline(self, /, *, known_at: datetime | None = None, **options: Any) -> Timeline:
        """Return what happened, entry by entry, with the incidents that were merged into it."""
        return self.engine.timeline(self.id, known_at=known_at, **options)

    def learning_view(self, /, **options: Any) -> LearningView:
        """Return the review and the timeline with roles in the place of people, for all who are to learn from it."""
        return self.engine.learning_view(self.id, **options)

    def view(self, /, role: str | None, **options: Any) -> View:
        """Return state, timeline and review as the plan shows them to *role*; what is left out is named."""
        return self.engine.view(self.id, role, **options)

    def review(self, /, **options: Any) -> Review:
        """Return the review: computed facts that cite their events, and the blanks that wait for people."""
        return self.engine.review(self.id, **options)
