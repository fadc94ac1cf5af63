"""Incidents under each shipped plan live and keep every check of the testing kit.

In the suite a hundred lives of fifty steps, in `make test-long` two thousand.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant

from long_run import LONG
from respond.plan.composed import composed
from respond.plan.plan import Plan
from respond.plan.reader import SHIPPED
from respond.testing import Trial, commands_of, incident_samples, workflow_machine
from respond.testing.standing import Standing
from respond.workflow.incident import INCIDENT

PLANS = sorted(path.stem for path in SHIPPED.glob("*.toml"))
LIVES, STEPS = (2000 if LONG else 100) // len(PLANS), 50
KNOWN = ("correct", "retract", "record_receipt", "waive", "resume_clock", "fulfil", "raise_due")
"""Commands that speak of what was done or is owed: nothing that is drawn by itself does."""
REPEATABLE = ["fulfil", *(trigger for trigger, one in INCIDENT.handler_of.items() if one.accompanies)]
"""Duties that recur, and what is only ever said beside another command, which says when that was done."""


class IncidentRules:
    """What holds of every incident under every plan."""

    @invariant()
    def it_is_resolved_after_a_response(self) -> None:
        """What is resolved was responded to."""
        resolved = self.status in ("resolved", "reviewed")
        assert not resolved or "ResponseStarted" in {event.type for event in self.log}

    @invariant()
    def the_worst_level_is_the_least(self) -> None:
        """The level is one of the plan, and none was worse than the worst."""
        assert self.state.level in {None, *(level.number for level in self.plan.levels)}
        assert self.state.level is None or self.state.worst_level <= self.state.level


def standing(trial: Trial) -> Standing:
    """Return where *trial* stands."""
    return Standing(workflow=INCIDENT, plan=trial.plan, state=trial.state, log=trial.log, now=trial.clock())


def fitting(plan: Plan) -> dict[str, Any]:
    """Return what draws the commands that speak of what is there; where nothing is, they are drawn like all others."""
    derived, samples = commands_of(INCIDENT, plan), incident_samples(plan)

    def drawn(trigger: str) -> Any:
        kind, given = INCIDENT.handler_for(trigger).command, samples[trigger]

        def fits(trial: Trial) -> Any:
            found = list(given(standing(trial)))
            return st.sampled_from(found) if found else derived[kind]

        return fits

    return {trigger: drawn(trigger) for trigger in KNOWN}


@pytest.mark.parametrize("name", PLANS)
def test_incidents_live_under_the_shipped_plans(name):
    """Whatever is asked of them, incidents keep the rules of the kit and their own."""
    plan = Plan.shipped(name)
    whole = plan if plan.under is None else composed(plan, Plan.shipped(plan.under))
    machine = workflow_machine(INCIDENT, whole, fitting(whole), repeatable=REPEATABLE)
    rules = type("Rules", (IncidentRules, machine), {})
    seed(1)(rules)
    rules.run(settings(rules.TestCase.settings, max_examples=LIVES, stateful_step_count=STEPS, database=None))
