"""Judge a step that reality took: which rules of the workflow it broke.  Pure, and never a reason not to record it.

Only rules that read state and plan are asked.  What a command must say (a reason, a justification) is no matter of the
step: a foreign log does not tell it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from respond.domain.events import type_of
from respond.errors import Refusal
from respond.plan.plan import Plan
from respond.workflow.definition import Guard, Situation, trigger_of
from respond.workflow.table import NOT_ENABLED
from respond.workflow.workflow import Workflow

_Candidates = tuple[tuple[Guard, ...], ...]
"""For each transition that makes the step, those of its guards that read nothing but state and plan."""


class Judge:
    """Judges the steps of aggregates of one workflow under one plan."""

    def __init__(self, workflow: Workflow, plan: Plan) -> None:
        self._workflow = workflow
        self._plan = plan
        self._known: dict[tuple[type, str, str], _Candidates] = {}

    def broken(self, state: Any, payload: Any, at: datetime) -> tuple[Refusal, ...]:
        """Return every rule that *payload* breaks for an aggregate in *state*; none when a command would cause it."""
        source, dest = getattr(payload, "from_", None), getattr(payload, "to", None)
        if source is None or dest is None:
            source = dest = state.status
        step = (type(payload), source, dest)
        candidates = self._known.get(step)
        if candidates is None:
            candidates = self._known[step] = self._candidates(*step)
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

    def _asked(self, guards: tuple[Guard, ...], state: Any, at: datetime, step: str) -> tuple[Refusal, ...]:
        situation = Situation(state=state, plan=self._plan, at=at, now=at)
        reasons = ((guard.code, guard.check(situation)) for guard in guards)
        return tuple(Refusal(code, reason, step) for code, reason in reasons if reason is not None)

    def _candidates(self, payload: type, source: str, dest: str) -> _Candidates:
        workflow = self._workflow
        triggers = [trigger_of(handler.command) for handler in workflow.handlers if payload in handler.emits]
        if not triggers:
            return ((),) if workflow.table.allows(type_of(payload).name, source, dest) else ()
        return tuple(
            tuple(guard for code in transition.guards if (guard := workflow.guard_of[code]).reads == "state")
            for trigger in triggers
            for transition in workflow.table.candidates(source, trigger)
            if (transition.dest or source) == dest
        )
