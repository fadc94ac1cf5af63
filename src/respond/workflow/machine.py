"""The machine that decides: the only importer of `transitions`.

One machine serves every aggregate and every thread: it holds no model.  A decision fires the trigger on a throwaway
probe, and the conditions are the guards, which are pure.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from transitions import EventData, Machine, MachineError

from respond.workflow.definition import NEW, Guard, Situation

if TYPE_CHECKING:
    from respond.workflow.workflow import Workflow


class _Probe:
    """What the machine moves; the attribute has a name that no trigger may have."""

    __slots__ = ("_status",)

    def __init__(self, status: str) -> None:
        self._status = status

    @property
    def status(self) -> str:
        return self._status


class DecidingMachine:
    """Decides which transition a command takes."""

    def __init__(self, workflow: Workflow) -> None:
        self._states = frozenset((NEW, *workflow.states))
        machine = Machine(
            model=None,
            states=[NEW, *workflow.states],
            initial=NEW,
            auto_transitions=False,
            send_event=True,
            model_attribute="_status",
        )
        conditions = {code: _condition(guard) for code, guard in workflow.guard_of.items()}
        for transition in workflow.transitions:
            machine.add_transition(
                transition.trigger,
                list(transition.sources),
                transition.dest,
                conditions=[conditions[code] for code in transition.guards],
            )
        self._events = machine.events

    def dest(self, trigger: str, situation: Situation) -> str | None:
        """Return the state that *trigger* leads to; None when no transition leaves from here or its guards object."""
        state = situation.state.status
        if state not in self._states:
            return None
        probe = _Probe(state)
        try:
            moved = self._events[trigger].trigger(probe, situation=situation)
        except MachineError:
            return None
        return probe.status if moved else None


def _condition(guard: Guard) -> Callable[[EventData], bool]:
    check = guard.check
    return lambda event: check(event.kwargs["situation"]) is None
