"""Guards that are code: whether two transitions agree at once, or none does, is sought by trying.

Lint decides the same exactly for guards that are comparisons.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from respond.domain.references import Actor
from respond.errors import CommandRefused, InvalidInput, WorkflowNotFound
from respond.plan.plan import Plan
from respond.testing.actors import actors_of
from respond.testing.afresh import AFRESH
from respond.testing.clocks import ManualClock
from respond.testing.payloads import Overrides, Payloads
from respond.testing.program import written
from respond.testing.spans import spans_of
from respond.testing.trial import Trial
from respond.workflow.definition import Situation, Transition
from respond.workflow.workflow import Workflow

STEPS = 20
"""How many commands a life has at most."""
_PROFILE = settings(phases=[phase for phase in Phase if phase is not Phase.explain])
"""A life is read as a program, and needs no explanation that costs more than finding it."""


def assert_deterministic(
    workflow: Workflow,
    plan: Plan | None = None,
    payloads: Overrides | None = None,
    *,
    complete: Collection[str] = (),
    actors: Sequence[Actor | None] | None = None,
    profile: settings | None = None,
) -> None:
    """Live random lives, and assert that at each step at most one of a trigger's transitions agrees.

    Two that lead to the same state, and one that asks only what an earlier one asks too, are no ambiguity.  Of the
    triggers in *complete* one transition must agree wherever the trigger is enabled.  *payloads* override what draws
    commands, as for `commands_of`; *actors* ask, by default nobody or people in each role of the plan; *profile* is the
    settings of Hypothesis.  Raises `AssertionError` with the shortest life that was found, and `InvalidInput` for a
    trigger that the workflow does not have.
    """
    for trigger in complete:
        if trigger not in workflow.triggers:
            known = ", ".join(workflow.triggers)
            raise InvalidInput(f"{trigger!r} is not a command; write some of {known}", place="complete")
    drawn = Payloads(workflow, plan, payloads)
    people = actors_of(drawn.plan) if actors is None else tuple(actors)
    spans = (None, *spans_of(drawn.plan))

    @settings(profile or _PROFILE, deadline=None, suppress_health_check=list(HealthCheck), backend=AFRESH)
    @given(st.data())
    def live(data: st.DataObject) -> None:
        clock = ManualClock()
        trial = Trial(workflow, plan=plan, clock=clock)
        lines = ["trial = Trial(workflow)"]
        for _ in range(data.draw(st.integers(1, STEPS))):
            enabled = [one for one in workflow.triggers if workflow.table.candidates(trial.status, one)]
            if not enabled:
                return
            span = data.draw(st.sampled_from(spans))
            if span is not None:
                clock.now += span
                lines.append(f"trial.clock.now += {written(span)}")
            trigger = data.draw(st.sampled_from(enabled))
            command = data.draw(drawn.of(trigger, trial))
            actor = data.draw(st.sampled_from(people))
            lines.append(f"trial.send({written(command)}{'' if actor is None else f', actor={written(actor)}'})")
            _look(workflow, trigger, trial.situation(command, actor=actor), lines, complete)
            with suppress(CommandRefused, WorkflowNotFound):  # what belongs to other workflows is not tried here
                trial.send(command, actor=actor)

    live()


def _look(
    workflow: Workflow, trigger: str, situation: Situation, lines: Sequence[str], complete: Collection[str]
) -> None:
    """Raise `AssertionError` when more than one transition agrees, or none where one must."""
    status = situation.state.status
    agreeing: list[Transition] = []
    for one in workflow.table.candidates(status, trigger):
        if any(workflow.guard_of[code].check(situation) is not None for code in one.guards):
            continue
        for first in agreeing:
            if (first.dest or status) != (one.dest or status) and not set(one.guards) < set(first.guards):
                dests = f"{first.dest or status!r} and {one.dest or status!r}"
                _tell(f"{trigger} from {status!r} may lead to {dests}, and {first.dest or status!r} is taken", lines)
        agreeing.append(one)
    if not agreeing and trigger in complete:
        _tell(f"{trigger} from {status!r} leads nowhere", lines)


def _tell(what: str, lines: Sequence[str]) -> None:
    raise AssertionError("\n".join([what, *(f"    {line}" for line in lines)]))
