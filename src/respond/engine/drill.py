"""A drill: incidents that are played by a scenario, on the log of an engine and apart from all that is real."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import attrs

from respond.domain.events import Event
from respond.domain.ids import derived_id, uuid7
from respond.domain.payloads import from_input
from respond.engine.circumstances import circumstances_of
from respond.engine.definitions import Plans
from respond.engine.desk import Desk
from respond.engine.drill_view import DrillView
from respond.engine.handler import Ask, Outcome
from respond.engine.incident import IncidentHandle
from respond.engine.reader import Reader
from respond.engine.watch import Watch
from respond.errors import IncidentNotFound, InvalidInput, NotFound
from respond.plan.plan import Plan
from respond.plan.scenario import Inject, Scenario
from respond.projections.timeline import Timeline, timeline
from respond.store.protocol import EventStore
from respond.workflow.authority import Policy
from respond.workflow.drill import DRILL_CATEGORY
from respond.workflow.drill import commands as c
from respond.workflow.drill.events import DrillFindingRecorded, Result
from respond.workflow.drill.objectives import results, trained_until
from respond.workflow.drill.state import Drill
from respond.workflow.incident import INCIDENT_CATEGORY
from respond.workflow.plan_life.commands import RecordPlanDrill
from respond.workflow.plan_life.proposals import ProposePlanChange
from respond.workflow.pool import POOL_CATEGORY
from respond.workflow.pool.commands import OpenPool
from respond.workflow.warning import WARNING_CATEGORY
from respond.workflow.warning.commands import RecordSignal
from respond.workflow.workflow import Workflow


@attrs.frozen
class Given:
    """An inject that was given, and what came of it."""

    inject: Inject
    outcome: Outcome


@attrs.frozen
class _Inside:
    """What the watcher of a drill works on; it leads nowhere else."""

    store: EventStore
    reader: Reader
    plans: Plans
    clock: Callable[[], datetime]
    execute: Callable[..., Outcome]


@attrs.define
class DrillClock:
    """The clock of a drill: that of the engine, and as far ahead of it as the drill was moved."""

    base: Callable[[], datetime]
    ahead: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        return self.base() + self.ahead

    def move(self, span: timedelta) -> None:
        """Move on by *span*; raises `InvalidInput` for one that is negative: a drill never goes back."""
        if span < timedelta(0):
            raise InvalidInput("a drill never goes back in time; write a span of 0 or more", place="span", value=span)
        self.ahead += span


class DrillEngine(Desk):
    """One drill: the same workflows, plans and answers as in reality, and no way there.

    It is no `Engine`: what watches, publishes, lists or counts takes none.  Its incidents, pools and parties lie in
    streams of their own in the realm of drills; its pools hold what the plan says and nothing real.  *circumstances*
    are those of `Desk.execute`, and so are the errors.
    """

    def __init__(
        self,
        store: EventStore,
        key: str,
        *,
        plans: Iterable[Plan],
        workflows: Iterable[Workflow],
        clock: Callable[[], datetime],
        random: Callable[[int], bytes],
        policy: Policy | None = None,
    ) -> None:
        """Play the drill *key*; *clock* is the engine's, which the drill may be ahead of."""
        self.key = key
        self.time = DrillClock(clock)
        """The clock of the drill, which can be moved on."""
        view = DrillView(store, key).as_store()
        super().__init__(view, plans=plans, workflows=workflows, clock=self.time, random=random, policy=policy)
        self.time.ahead = self._drill().ahead
        self._watch = Watch(_Inside(view, self._reader, self.plans, self.clock, self.execute))

    # -- commands ------------------------------------------------------------------------------------------------------

    def prepare(self, /, scenario: Scenario, **circumstances: Any) -> Outcome:
        """Plan the drill by *scenario*, for the plan of the engine that it names; raises `PlanNotFound`."""
        return self._do(c.PlanDrill(scenario=scenario), circumstances, plan=self.plans.named(scenario.plan))

    def invite(self, /, organisation: str, *, partner: bool = False, note: str = "", **circumstances: Any) -> Outcome:
        """Ask a department to take part, or a partner."""
        return self._do(c.Invite(organisation=organisation, partner=partner, note=note), circumstances)

    def record_participation(
        self, /, organisation: str, person: str, *, plays: str | None = None, **circumstances: Any
    ) -> Outcome:
        """Tell that *person* takes part: *plays* is a role of the plan; who plays none looks on."""
        command = c.RecordParticipation(organisation=organisation, person=person, role=plays)
        return self._do(command, circumstances)

    def start(self, /, *, command_id: str | None = None, **circumstances: Any) -> Outcome:
        """Begin: every resource of the plan that has a quantity becomes a pool of the drill that holds as much."""
        command_id = command_id or str(uuid7(self.clock(), self.random(10)))
        plan = self._plan()
        pools = tuple(one.id for one in plan.resources if one.quantity is not None)
        command = c.StartDrill(incident=str(derived_id(command_id, "incident")), pools=pools)
        opening = [
            Ask(category=POOL_CATEGORY, key=key, command=OpenPool(resource=key, quantity=None), plan=plan)
            for key in (() if self._drill().incident else pools)
        ]
        return self._do(command, {**circumstances, "command_id": command_id}, *opening)

    def give(self, /, inject: str | None = None, *, role: str | None = None, **circumstances: Any) -> Outcome:
        """Bring *inject* in, the next one when none is named, and ask in the same step what it asks."""
        drill = self._drill()
        waiting = [one.id for one in drill.waiting()]
        name = inject or next(iter(waiting), "")
        told = drill.scenario.inject(name) if drill.scenario else None
        asks = () if told is None or name not in waiting or drill.incident is None else self._asks(told, drill.incident)
        role = role if told is None or told.role is None else told.role
        return self._do(c.GiveInject(inject=name), {**circumstances, "role": role}, *asks)

    def skip(self, /, inject: str, *, reason: str, **circumstances: Any) -> Outcome:
        """Leave *inject* out."""
        return self._do(c.SkipInject(inject=inject, reason=reason), circumstances)

    def raise_due(self) -> int:
        """Raise every rung of a ladder that the clock of the drill reached, and return how many there were.

        They are told to nobody outside: what reminds people in reality takes no drill.
        """
        raised = 0
        while found := self._watch.round().raised:
            raised += found
        return raised

    def play(
        self,
        /,
        *,
        wait: Callable[[timedelta], None] | None = None,
        then: Callable[[Inject], None] | None = None,
        **circumstances: Any,
    ) -> tuple[Outcome, ...]:
        """Bring in what waits, each inject at its time, and call *then* after each: people may act there.

        *wait* lets time pass, until the next one is due or the next rung of a ladder is reached, which is raised then;
        without it the clock of the drill is moved, so that hours take a moment.
        """
        outcomes = []
        for step in self.steps(**circumstances):
            if isinstance(step, Given):
                outcomes.append(step.outcome)
                if then is not None:
                    then(step.inject)
            else:
                (wait or self.time.move)(step)
        return tuple(outcomes)

    def steps(self, /, **circumstances: Any) -> Iterator[Given | timedelta]:
        """Bring in what waits, step by step: yield each inject once it was given, and each span that is to pass first.

        Whoever asks for the next step lets the span pass before, or goes on ahead of time.
        """
        for inject in self._drill().waiting():
            due_at = self._drill().due_at(inject)
            if due_at is not None:
                yield from self._spans(due_at)
            yield Given(inject, self.give(inject.id, **circumstances))

    def end(self, /, *, note: str = "", **circumstances: Any) -> Outcome:
        """Say that the drill is over."""
        return self._do(c.EndDrill(note=note), circumstances)

    def evaluate(self, /, *, text: str = "", **circumstances: Any) -> Outcome:
        """Measure every objective, and judge in words."""
        return self._do(c.EvaluateDrill(results=self.results(), text=text), circumstances)

    def score_person(
        self, /, person: str, score: int, *, training: str | None = None, note: str = "", **circumstances: Any
    ) -> Outcome:
        """Judge the part of *person* from 0 to 100; *training* is one of the plan that it counts for."""
        return self._do(c.ScorePerson(person=person, score=score, training=training, note=note), circumstances)

    def record_finding(self, /, finding: str, text: str, *, proposal: str = "", **circumstances: Any) -> Outcome:
        """Tell what the drill showed, under a key; *proposal* says what is to change in the plan."""
        return self._do(c.RecordDrillFinding(finding=finding, text=text, proposal=proposal), circumstances)

    def cancel(self, /, *, reason: str, **circumstances: Any) -> Outcome:
        """Say that it is not held."""
        return self._do(c.CancelDrill(reason=reason), circumstances)

    # -- questions -----------------------------------------------------------------------------------------------------

    def standing(self) -> Drill:
        """Return where the drill stands; raises `NotFound` when nobody planned it."""
        drill = self._drill()
        if drill.scenario is None:
            raise NotFound(f"there is no drill {self.key!r}; plan it first")
        return drill

    def played(self) -> IncidentHandle:
        """Return the handle of the incident that is played; raises `IncidentNotFound` before it was reported."""
        incident = self._drill().incident
        if incident is None or not self.events(INCIDENT_CATEGORY, incident):
            raise IncidentNotFound(f"the incident of the drill {self.key!r} was not reported yet")
        return IncidentHandle(self, incident)

    def results(self) -> tuple[Result, ...]:
        """Return what became of each objective until the drill ended, or until now."""
        drill = self._drill()
        until = drill.ended_at or self.clock()
        history = () if drill.incident is None else self.events(INCIDENT_CATEGORY, drill.incident)
        history = tuple(event for event in history if event.happened_at <= until)
        return results(drill, self.plans.in_force(history) if history else self._plan(), history, until)

    def training(self) -> Mapping[str, Mapping[str, str]]:
        """Return by person and training the last day on which what was scored counts."""
        drill = self.standing()
        return {} if drill.ended_at is None else trained_until(drill, self._plan(), drill.ended_at)

    def for_plan(self) -> RecordPlanDrill:
        """Return what the life of the plan is to be told of the drill, which is real: a command for the engine."""
        drill = self.standing()
        return RecordPlanDrill(
            drill=(drill.scenario.rule if drill.scenario else None) or self.key,
            objectives_met=sum(one.met for one in drill.results),
            objectives=len(drill.results),
            findings="\n".join(
                f"{one.text}: {one.proposal}" if one.proposal else one.text for one in drill.findings.values()
            ),
        )

    def proposals(self) -> tuple[ProposePlanChange, ...]:
        """Return what the drill proposes to change in the plan: a command for the engine for each such finding."""
        told: dict[str, list[Event]] = {}
        for event in self.events(DRILL_CATEGORY, self.key):
            if isinstance(event.data, DrillFindingRecorded):
                told.setdefault(event.data.finding, []).append(event)
        return tuple(
            ProposePlanChange(
                proposal="/".join((self.key, name, *((str(len(events)),) if len(events) > 1 else ()))),
                text=events[-1].data.proposal,
                because=(self.key, events[-1].id),
            )
            for name, events in told.items()
            if events[-1].data.proposal.strip()
        )

    def course(self) -> Timeline:
        """Return what happened in the drill itself, entry by entry; what was played is told by `played`."""
        return timeline(self.events(DRILL_CATEGORY, self.key))

    # ------------------------------------------------------------------------------------------------------------------

    def _spans(self, until: datetime) -> Iterator[timedelta]:
        """Yield the spans that are to pass up to *until*, from rung to rung; none after one that was not let pass."""
        self.raise_due()
        while (now := self.clock()) < until:
            span = min(until, self._watch.next_at(until) or until) - now
            yield span
            self.raise_due()
            if self.clock() - now < span / 2:  # who waits may wake up a little early
                return

    def _drill(self) -> Drill:
        drill: Drill = self.workflows[DRILL_CATEGORY].fold(self.events(DRILL_CATEGORY, self.key))
        return drill

    def _plan(self) -> Plan:
        """Return the plan that the drill pinned."""
        return self.plans.in_force(self.events(DRILL_CATEGORY, self.key))

    def _asks(self, inject: Inject, incident: str) -> tuple[Ask, ...]:
        """Return what *inject* asks besides being given."""
        plan = self._plan()
        if inject.signal is not None:
            told = attrs.asdict(inject.signal)
            key = told.pop("warning")
            return (Ask(category=WARNING_CATEGORY, key=key, command=RecordSignal(**told), plan=plan),)
        if inject.command is None:
            return ()
        kind = self.workflows.handler_for(INCIDENT_CATEGORY, inject.command).command
        command: object = from_input(kind, dict(inject.data), place=f"inject {inject.id}")
        return (Ask(category=INCIDENT_CATEGORY, key=incident, command=command, plan=plan),)

    def _do(self, command: object, circumstances: Mapping[str, Any], *more: Ask, plan: Plan | None = None) -> Outcome:
        ask = Ask(category=DRILL_CATEGORY, key=self.key, command=command, plan=plan)
        return self._handler.handle([ask, *more], circumstances_of(**circumstances))
