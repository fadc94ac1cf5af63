"""Cases: what an incident knows of the customers whom it hurt; the rest stands in the stream of each."""

from __future__ import annotations

import attrs

from respond.plan.cases import SETTLES
from respond.plan.facts import CaseStep, Step


@attrs.frozen(kw_only=True, slots=False)
class Case:
    """The case of an affected party: one customer, or a number of them."""

    party: str
    """The key of the party."""
    customers: int = 1
    """How many customers it stands for."""
    steps: tuple[CaseStep, ...] = ()
    """In the order in which they were recorded."""

    def took(self, *steps: Step) -> bool:
        """Return whether one of *steps* was taken since the case was opened last."""
        since = [one.step for one in self.steps]
        last = max((place for place, step in enumerate(since) if step in ("registered", "reopened")), default=0)
        return not set(steps).isdisjoint(since[last:])

    @property
    def open(self) -> bool:
        """Whether somebody works on it."""
        return not self.took(*SETTLES)
