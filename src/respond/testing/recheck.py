"""Recheck: ask a workflow about a step that was recorded, in the situation in which it was taken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import attrs

from respond.domain.events import Event
from respond.domain.references import Actor
from respond.engine.definitions import Plans
from respond.errors import PlanNotFound, Refusal
from respond.plan.plan import Plan
from respond.workflow.definition import Handler, Situation, Transition, trigger_of
from respond.workflow.table import FOREIGN_STATE, FROM_MISMATCH, NOT_ENABLED
from respond.workflow.workflow import Workflow


@attrs.frozen(kw_only=True)
class Recorded:
    """An aggregate as far as its log was read."""

    state: Any
    history: tuple[Event, ...]

    def then(self, workflow: Workflow, event: Event) -> Recorded:
        """Return it after *event*."""
        return Recorded(state=workflow.evolve(self.state, event), history=(*self.history, event))


class Recheck:
    """Asks one workflow about recorded steps, and counts what it could not ask."""

    def __init__(
        self, workflow: Workflow, plans: Iterable[Plan], commands: Mapping[type, Callable[[Event], Any]]
    ) -> None:
        self.not_asked: Counter[str] = Counter()
        self.plans_missing: Counter[str] = Counter()
        self._workflow = workflow
        self._plans = Plans(plans)
        self._commands = commands

    def refusals(self, past: Recorded, event: Event) -> tuple[Refusal, ...]:
        """Return every reason against *event* as the next step; none when it would be taken, or goes with another.

        The events of one command are one step, which the first of them stands for.
        """
        if past.history and event.command_id is not None and past.history[-1].command_id == event.command_id:
            return ()
        status = past.state.status
        source, dest = getattr(event.data, "from_", None), getattr(event.data, "to", None)
        if source is not None and dest is not None:
            if source != status:
                return (Refusal(FROM_MISMATCH, f"{event.type} begins at {source!r}, the stream stood at {status!r}"),)
            if dest not in self._workflow.states:
                return (Refusal(FOREIGN_STATE, f"{event.type} enters {dest!r}, which is no state"),)
        else:
            source = dest = None
        return self._asked(past, event, dest)

    def _asked(self, past: Recorded, event: Event, dest: str | None) -> tuple[Refusal, ...]:
        status = past.state.status
        handlers = [one for one in self._workflow.handlers if type(event.data) in one.emits]
        if not handlers and self._workflow.table.allows(event.type, status, dest or status):
            return ()
        situation = self._situation(past, event)
        found: list[Refusal] = []
        for handler, transition in self._candidates(handlers, status, dest):
            if situation is None:
                return ()
            step = f"{status} -> {transition.dest or status}"
            command = self._command(handler, event)
            against = tuple(self._against(transition, attrs.evolve(situation, command=command), step))
            if not against:
                return ()
            found += against
        text = f"{event.type} from {status!r}" + (f" to {dest!r}" if dest else "")
        return tuple(found) or (Refusal(NOT_ENABLED, text),)

    def _candidates(
        self, handlers: Iterable[Handler], status: str, dest: str | None
    ) -> Iterator[tuple[Handler, Transition]]:
        for handler in handlers:
            for transition in self._workflow.table.candidates(status, trigger_of(handler.command)):
                if dest is None or (transition.dest or status) == dest:
                    yield handler, transition

    def _against(self, transition: Transition, situation: Situation, step: str) -> Iterator[Refusal]:
        for code in transition.guards:
            guard = self._workflow.guard_of[code]
            if situation.command is None and guard.reads == "command":
                self.not_asked[code] += 1
                continue
            try:
                reason = guard.check(situation)
            except Exception as error:
                error.add_note(f"the guard {code!r} was asked about {step}, after {len(situation.history)} events")
                raise
            if reason is not None:
                yield Refusal(code, reason, step)

    def _situation(self, past: Recorded, event: Event) -> Situation | None:
        """Return the situation in which the step was taken; None when the plan that was in force is not known."""
        try:
            plan = self._plans.in_force(past.history or (event,))
        except PlanNotFound:
            self.plans_missing[str(event.plan or (past.history and past.history[0].plan))] += 1
            return None
        return Situation(
            state=past.state,
            plan=plan,
            actor=None if event.actor is None else Actor(event.actor, event.role, event.body.get("on_behalf_of")),
            at=event.happened_at,
            now=event.recorded_at,
            history=past.history,
            plans=self._plans.by_reference,
        )

    def _command(self, handler: Handler, event: Event) -> Any:
        """Return the command that caused *event*; None when it cannot be told."""
        made = self._commands.get(type(event.data))
        if made is not None:
            command = made(event)
            return command if type(command) is handler.command else None
        fields = {field.name for field in attrs.fields(type(event.data))} - {"from_", "to"}
        told = {field.name: field.alias for field in attrs.fields(handler.command)}
        if not told.keys() <= fields:
            return None
        return handler.command(**{alias: getattr(event.data, name) for name, alias in told.items()})
