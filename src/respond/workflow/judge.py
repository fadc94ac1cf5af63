"""Judge a step that reality took: which rules of the workflow it broke.  Pure, and never a reason not to record it.

Only rules that read state and plan are asked.  What a command must say (a reason, a justification) is no matter of the
step: a foreign log does not tell it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, cast

from respond.domain.events import Event, type_of
from respond.domain.references import Reference
from respond.errors import Refusal
from respond.plan.composed import all_together
from respond.plan.plan import Plan
from respond.workflow.definition import Guard, Situation, trigger_of
from respond.workflow.migration import DefinitionMigrated
from respond.workflow.table import NOT_ENABLED, Finding
from respond.workflow.versions import Versions
from respond.workflow.workflow import Workflow

_NO_TIME = datetime.min.replace(tzinfo=UTC)
"""A guard that reads the state reads no time; to read one of every event would cost more than the guard."""
_Candidates = tuple[tuple[Guard, ...], ...]
"""For each transition that makes the step, those of its guards that read nothing but state and plan."""
_InForce = tuple[Reference | None, ...]
"""The plan that an aggregate pins, and those that were activated besides."""
_Step = tuple[str, str, _Candidates]
"""Where a step begins, where it ends, and what makes it."""


class Judge:
    """Judges the steps of aggregates of one workflow under one plan; by the table alone when the plan is None."""

    def __init__(self, workflow: Workflow, plan: Plan | None) -> None:
        self.plan = plan
        self.workflow = workflow
        self._known: dict[tuple[type, Any, Any], _Candidates] = {}
        self._asks: dict[tuple[Any, ...], _Candidates] = {}
        """For each step that the table allows what makes it; empty when that is in order whatever the state holds."""

    def findings(self, state: Any, event: Event) -> tuple[Finding, ...]:
        """Return what is wrong with the step that *event* records for an aggregate in *state*."""
        data = event.data
        source = getattr(data, "from_", None)
        if source is None:
            step: tuple[Any, ...] = (type(data), state.status)
        else:
            step = (type(data), state.status, source, getattr(data, "to", None))
        asks = self._asks.get(step)
        if asks is None:
            found = self.workflow.table.verify(state.status, event)
            if found is not None:
                return (found,)
            if type(data) is DefinitionMigrated:
                return ()
            candidates = self._step(state, data)[2]
            if candidates:
                asks = self._asks[step] = candidates if all(candidates) else ()
        if asks is not None and (not asks or self._allowed(asks, state)):
            return ()
        source, dest, _ = self._step(state, data)
        refusals = self.broken(state, data, event.happened_at)
        return tuple(Finding(one.code, one.text, event.position, source, dest) for one in refusals)

    def broken(self, state: Any, payload: Any, at: datetime) -> tuple[Refusal, ...]:
        """Return every rule that *payload* breaks for an aggregate in *state*; none when a command would cause it."""
        source, dest, candidates = self._step(state, payload)
        if not candidates:
            name = type_of(type(payload)).name
            return (Refusal(NOT_ENABLED, f"{name} from {source!r} to {dest!r}", f"{source} -> {dest}"),)
        first: tuple[Refusal, ...] = ()
        for guards in candidates:
            refusals = self._asked(guards, state, at, f"{source} -> {dest}") if guards else ()
            if not refusals:
                return ()
            first = first or refusals
        return first

    def _allowed(self, asks: _Candidates, state: Any) -> bool:
        """Return whether one of the transitions asks for nothing that *state* lacks."""
        situation = self._situation(state, _NO_TIME)
        for guards in asks:
            for guard in guards:
                if guard.check(situation) is not None:
                    break
            else:
                return True
        return False

    def _step(self, state: Any, payload: Any) -> _Step:
        """Return where the step begins and ends, and what makes it; a fact ends where the aggregate stands."""
        source, dest = getattr(payload, "from_", None), getattr(payload, "to", None)
        step: tuple[type, Any, Any] = (type(payload), source, dest)
        if source is None or dest is None:
            source = dest = state.status
            step = (type(payload), source, None)
        candidates = self._known.get(step)
        if candidates is None:
            candidates = self._known[step] = self._candidates(*step)
        return source, dest, candidates

    def _asked(self, guards: tuple[Guard, ...], state: Any, at: datetime, step: str) -> tuple[Refusal, ...]:
        situation = self._situation(state, at)
        reasons = ((guard.code, guard.check(situation)) for guard in guards)
        return tuple(Refusal(code, reason, step) for code, reason in reasons if reason is not None)

    def _candidates(self, payload: type, source: str, dest: str | None) -> _Candidates:
        """Return what makes the step; a fact, which has no *dest*, may come with any of its command's steps."""
        workflow = self.workflow
        triggers = [trigger_of(handler.command) for handler in workflow.handlers if payload in handler.emits]
        if not triggers:
            return ((),) if workflow.table.allows(type_of(payload).name, source, dest or source) else ()
        return tuple(
            tuple(guard for code in transition.guards if self._applies(guard := workflow.guard_of[code]))
            for trigger in triggers
            for transition in workflow.table.candidates(source, trigger)
            if dest is None or (transition.dest or source) == dest
        )

    def _applies(self, guard: Guard) -> bool:
        return guard.reads == "state" and self.plan is not None

    def _situation(self, state: Any, at: datetime) -> Situation:
        plan = cast("Plan", self.plan)  # without one no guard applies
        return Situation(state=state, plan=plan, at=at, now=at)


class Judges:
    """The judges of a whole log: for each aggregate the one of the definition and of the plan in force for it."""

    def __init__(self, plans: Iterable[Plan], versions: Mapping[str, Versions]) -> None:
        """Take the plans that are known, of which the first judges what pins none; and the versions by category."""
        known = tuple(plans)
        self._versions = versions
        self._plans: dict[Reference | None, Plan] = {plan.reference: plan for plan in known}
        if known:
            self._plans[None] = known[0]
        self._judges: dict[tuple[Reference, _InForce], Judge] = {}
        self._in_force: dict[Judge, _InForce] = {}
        self._missing: Counter[str] = Counter()

    def of(self, category: str, first: Event) -> Judge:
        """Return the judge of the aggregate of *category* that begins with the event *first*."""
        judge = self._judge(self._versions[category].under(first.definition), (first.plan,))
        if judge.plan is None and first.plan is not None:
            self._missing[str(first.plan)] += 1
        return judge

    def after(self, judge: Judge, event: Event, state: Any) -> Judge:
        """Return who judges what follows *event*, which led to *state*: not *judge* when plan or definition changed."""
        workflow = judge.workflow
        if type(event.data) is DefinitionMigrated:
            return self._judge(self._versions[workflow.category].under(event.data.definition), self._in_force[judge])
        if type(event.data) not in workflow.replanning:
            return judge
        references = (state.plan, *state.activated)
        self._missing.update(str(one) for one in references[1:] if one not in self._plans)
        return self._judge(workflow, references)

    def _judge(self, workflow: Workflow, references: _InForce) -> Judge:
        judge = self._judges.get((workflow.reference, references))
        if judge is None:
            plan, *further = (self._plans.get(one) for one in references)
            known = [one for one in further if one is not None]
            whole = all_together(plan, known) if plan is not None and len(known) == len(further) else None
            judge = self._judges[workflow.reference, references] = Judge(workflow, whole)
            self._in_force[judge] = references
        return judge

    @property
    def missing(self) -> Mapping[str, int]:
        """The plans that are pinned and not known, and how many aggregates were judged by the table alone."""
        return dict(sorted(self._missing.items()))
