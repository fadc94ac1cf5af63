"""The desk: where incidents are worked, for real or in a drill.  Commands in, answers about one aggregate out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import attrs

from respond.domain.events import Event
from respond.domain.ids import derived_id, uuid7
from respond.domain.moments import Moment
from respond.domain.references import Actor
from respond.domain.streams import StreamId
from respond.engine.circumstances import When, circumstances_of
from respond.engine.definitions import Plans, Workflows
from respond.engine.handler import Ask, Handler, Outcome
from respond.engine.handles import Handles
from respond.engine.incident import IncidentHandle
from respond.engine.linking import Linking
from respond.engine.reader import Reader
from respond.errors import IncidentNotFound, InvalidInput
from respond.plan.plan import Plan
from respond.projections.learning import LearningView
from respond.projections.review import Review
from respond.projections.timeline import Timeline
from respond.projections.view import View
from respond.store.protocol import EventStore
from respond.workflow.authority import Policy
from respond.workflow.decider import Explanation, explain
from respond.workflow.definition import trigger_of
from respond.workflow.incident import INCIDENT_CATEGORY
from respond.workflow.incident.commands import ReportIncident
from respond.workflow.workflow import Workflow


class Desk(Handles, Linking):
    """What an engine and a drill have in common: the handles that they lend work on either.

    It leads to nothing outside: no list, no figures, no watcher, no store.
    """

    def __init__(
        self,
        store: EventStore,
        *,
        plans: Iterable[Plan],
        workflows: Iterable[Workflow],
        clock: Callable[[], datetime],
        random: Callable[[int], bytes],
        policy: Policy | None,
    ) -> None:
        self.workflows = Workflows(workflows)
        self.plans = Plans.of(plans)
        self.clock = clock
        self.random = random
        self._policy = policy
        self._handler = Handler(
            store, workflows=self.workflows, plans=self.plans, clock=clock, random=random, policy=policy
        )
        self._reader = Reader(store, self._handler.codec, self.workflows, self.plans)

    # -- commands ------------------------------------------------------------------------------------------------------

    def execute(
        self,
        category: str,
        key: str,
        command: object,
        *,
        actor: Actor | str | None = None,
        role: str | None = None,
        on_behalf_of: str | None = None,
        at: When = None,
        plan: str | None = None,
        command_id: str | None = None,
        correlation_id: str | None = None,
        causation_id: str | None = None,
        break_glass: str = "",
    ) -> Outcome:
        """Carry out *command* on the aggregate *key* of *category*.

        *at* is when it happened: now when it is None, `UNKNOWN` when nobody knows.  The same *command_id* a second time
        answers with the first outcome when the command causes the same, whatever actor and *at* say; one
        that caused nothing left no trace and is decided anew.  *break_glass* says why the actor does in need what his
        role does not allow; where the plan lets that pass, the event is flagged.  Raises `CommandRefused` with every
        reason, `VersionConflict` when others kept writing, `IdempotencyConflict`, `InvalidInput`, `PlanNotFound`,
        `WorkflowNotFound`, `InvalidWorkflow` when the definition that the aggregate goes on under is registered with
        another content, `StoreUnavailable`.
        """
        if self.workflows.handler_of(category, command).accompanies:
            trigger = trigger_of(type(command))
            text = f"{trigger} goes only in one step with what it belongs to: ask for that, or call {trigger}"
            raise InvalidInput(text, place="command")
        command, chosen = self.plans.asked(command, plan)
        circumstances = circumstances_of(
            actor=actor,
            role=role,
            on_behalf_of=on_behalf_of,
            at=at,
            command_id=command_id,
            correlation_id=correlation_id,
            causation_id=causation_id,
            break_glass=break_glass,
        )
        return self._handler.handle([Ask(category=category, key=key, command=command, plan=chosen)], circumstances)

    def report(
        self,
        /,
        *,
        category: str,
        title: str,
        narrative: str = "",
        discovered_at: Moment | datetime | str | None = None,
        began_at: Moment | datetime | str | None = None,
        site: str | None = None,
        unit: str | None = None,
        channel: str | None = None,
        team: str | None = None,
        reference: str | None = None,
        warning: str | None = None,
        plan: str | None = None,
        plan_reason: str = "",
        command_id: str | None = None,
        **circumstances: Any,
    ) -> IncidentHandle:
        """Report an incident and return its handle; *circumstances* as for `execute`.

        It runs under the most special of the engine's plans for its category, site and unit.  Another one is named as
        *plan*, with the reason *plan_reason*, and the review lists it as a deviation.  With *warning*, the key of one,
        it turns into this incident in the same step.  The incident's id is made from the command id: a retry with the
        same *command_id* finds the same incident.
        """
        if command_id is None:
            command_id = str(uuid7(self.clock(), self.random(10)))
        incident_id = self.incident_id(command_id)
        command = ReportIncident(
            category=category,
            title=title,
            narrative=narrative,
            discovered_at=Moment.of(discovered_at),
            began_at=Moment.of(began_at),
            site=site,
            unit=unit,
            channel=channel,
            team=team,
            reference=reference,
            warning=warning,
            plan_reason=plan_reason,
        )
        asked = {"plan": plan, "command_id": command_id, **circumstances}
        outcome = self.execute(INCIDENT_CATEGORY, incident_id, command, **asked)
        return IncidentHandle(self, incident_id, outcome)

    @staticmethod
    def incident_id(command_id: str) -> str:
        """Return the id of the incident that the command *command_id* reports."""
        return str(derived_id(command_id, "incident"))

    # -- questions -----------------------------------------------------------------------------------------------------

    def incident(self, name: str) -> IncidentHandle:
        """Return the handle of the incident with this id, number (`INC-17`) or foreign reference.

        Raises `IncidentNotFound`.  An incident that was merged answers under its old id.
        """
        return IncidentHandle(self, self._reader.find(name))

    def explain(
        self,
        category: str,
        key: str,
        trigger: str,
        command: object = None,
        *,
        actor: Actor | str | None = None,
        role: str | None = None,
        on_behalf_of: str | None = None,
        at: When = None,
        break_glass: str = "",
    ) -> Explanation:
        """Return what stands in the way of *trigger* now, guard by guard; its own guards stay open without *command*.

        Authority is asked with a *command* only.  The circumstances are as for `execute`.  Raises `IncidentNotFound`,
        `WorkflowNotFound` for an unknown category or trigger, and `InvalidWorkflow` as `execute` does.
        """
        history = self._handler.load(StreamId.of(category, key))
        workflow = self.workflows.deciding(category, history)
        if not history and category == INCIDENT_CATEGORY:
            raise IncidentNotFound(f"there is no incident {key!r}")
        asked = circumstances_of(actor=actor, role=role, on_behalf_of=on_behalf_of, at=at, break_glass=break_glass)
        situation = self._handler.situation(
            workflow, history, command=command, actor=asked.actor, break_glass=asked.break_glass
        )
        told = asked.occurred_at
        return explain(workflow, trigger, situation if told is None else attrs.evolve(situation, at=told.at))

    def state(self, /, category: str, key: str, **when: Any) -> Any:
        """Return the state of an aggregate, now or as `Reader.state_at` says."""
        return self._reader.state_at(category, key, **when).value

    def states(self, category: str, keys: Iterable[str]) -> dict[str, Any]:
        """Return the states of many aggregates by key, all read at once; one without events is left out."""
        return self._reader.states(category, keys)

    def events(self, category: str, key: str) -> tuple[Event, ...]:
        """Return the events of an aggregate, oldest first."""
        return self._handler.load(StreamId.of(category, key))

    def number(self, incident_id: str) -> str:
        """Return the readable number of an incident; raises `IncidentNotFound`."""
        return self._reader.number(incident_id)

    def timeline(self, /, incident_id: str, **options: Any) -> Timeline:
        """Return the timeline of an incident; *options* and errors as for `Reader.timeline`."""
        return self._reader.timeline(incident_id, **options)

    def learning_view(self, /, incident_id: str, **options: Any) -> LearningView:
        """Return the learning view of an incident; *options* and errors as for `Reader.learning_view`."""
        return self._reader.learning_view(incident_id, **options)

    def view(self, /, incident_id: str, role: str | None, **options: Any) -> View:
        """Return what the plan shows *role* of an incident; *options* and errors as for `Reader.view`."""
        return self._reader.view(incident_id, role, **options)

    def review(self, /, incident_id: str, **options: Any) -> Review:
        """Return the review of an incident; *options* and errors as for `Reader.review`."""
        return self._reader.review(incident_id, **options)
