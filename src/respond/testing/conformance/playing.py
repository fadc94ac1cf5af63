"""How the state machines of the suites are played: without a database of examples, a deadline or health checks."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test


def play(make: Callable[[], RuleBasedStateMachine], chosen: settings, *, steps: int) -> None:
    """Play one example after the other; raises what the first one that fails raised."""
    run_state_machine_as_test(
        make,  # type: ignore[arg-type]
        settings=settings(
            chosen,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
