"""Machines of the testing kit, lived through by tests of the kit itself."""

from __future__ import annotations

from typing import Any

from hypothesis import settings

from respond.testing import WorkflowMachine

LIVES = 200
"""How many lives a planted defect may hide in."""


def live(machine: type[WorkflowMachine], lives: int = LIVES, **options: Any) -> None:
    """Live through the same lives in each run."""
    known = settings(machine.TestCase.settings, max_examples=lives, derandomize=True, database=None, **options)
    machine.run(known)
