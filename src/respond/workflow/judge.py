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
from respond.plan.plan import Plan
from respond.workflow.definition import Guard, Situation, trigger_of
from respond.workflow.table import NOT_ENABLED, Finding
from respond.workflow.workflow import Workflow

_NO_TIME = datetime.min.replace(tzinfo=UTC)
"""A guard that reads the state reads no time; to read one of every event would cost more than the guard."""
_Candidates = tuple[tuple[Guard, ...], ...]
"""For each transition that makes the step, those of its guards that read nothing but state and plan."""
_Step = tuple[str, str, _Candidates]
"""Where a step begins, where it ends, and what makes it."""


class Judge:
    """Judges the steps of aggregates of one workflow under one plan; by the table alone when the plan is None."""

    def __init__(self, workflow: Workflow, plan: Plan | None) -> None:
        self.plan = plan
        self._workflow = workflow
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
            found = self._workflow.table.verify(state.status, event)
            if found is not None:
                return (found,)
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
        workflow = self._workflow
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
    """The judges of a whole log: for each aggregate the one of its workflow and of the plan that it pins."""

    def __init__(self, plans: Iterable[Plan]) -> None:
        """Take the plans that are known; the first one judges what pins none."""
        known = tuple(plans)
        self._plans: dict[Reference | None, Plan] = {plan.reference: plan for plan in known}
        if known:
            self._plans[None] = known[0]
        self._judges: dict[tuple[str, Reference | None], Judge] = {}
        self._missing: Counter[str] = Counter()

    def of(self, workflow: Workflow, first: Event) -> Judge:
        """Return the judge of the aggregate of *workflow* that begins with the event *first*."""
        pinned = first.plan
        judge = self._judges.get((workflow.category, pinned))
        if judge is None:
            judge = self._judges[workflow.category, pinned] = Judge(workflow, self._plans.get(pinned))
        if judge.plan is None and pinned is not None:
            self._missing[str(pinned)] += 1
        return judge

    @property
    def missing(self) -> Mapping[str, int]:
        """The plans that are pinned and not known, and how many aggregates were judged by the table alone."""
        return dict(sorted(self._missing.items()))
