"""Offers: which steps a search tries from a standing.

For each command of the workflow that has a transition from there: the samples that the user gives, or else some that
are derived from its class.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any

import attrs
from hypothesis.strategies import SearchStrategy

from respond.domain.references import Actor
from respond.plan.plan import Plan
from respond.testing.options import by_trigger, command_in, people_in, several, spans_in, workflow_in
from respond.testing.payloads import Payloads, samples
from respond.testing.standing import Sent, Standing, Step, Waited
from respond.workflow.workflow import Workflow

Samples = Mapping[str | type, Any]
"""By trigger or command class: commands; or what draws the whole command, or some of its fields, as for
`workflow_machine`; or a function that returns one of these of a standing."""
_Given = Callable[[Standing], Iterable[Any]]


@attrs.frozen(kw_only=True)
class Offering:
    """Returns the steps that are tried from a standing: always the same, in the order of the workflow's handlers."""

    workflow: Workflow
    samples: Mapping[str, _Given]
    actors: tuple[Actor | None, ...]
    ticks: tuple[timedelta, ...]

    @classmethod
    def of(
        cls,
        workflow: Workflow,
        *,
        plan: Plan,
        payloads: Samples | None,
        actors: Iterable[Actor | str | None],
        ticks: Iterable[timedelta],
    ) -> Offering:
        """Return the offers of *workflow*; raises `InvalidInput` for an option that cannot be meant."""
        given = by_trigger(workflow_in(workflow), payloads)
        return cls(
            workflow=workflow,
            samples={trigger: _given(workflow, plan, trigger, given.get(trigger)) for trigger in workflow.triggers},
            actors=people_in(actors),
            ticks=spans_in("ticks", ticks),
        )

    def __call__(self, standing: Standing) -> Iterator[Step]:
        for trigger in self.workflow.triggers:
            if self.workflow.table.candidates(standing.status, trigger):
                for command in self.samples[trigger](standing):
                    yield from (Sent(command, actor) for actor in self.actors)
        yield from map(Waited, self.ticks)


def _given(workflow: Workflow, plan: Plan, trigger: str, chosen: Any) -> _Given:
    """Return what gives the samples of *trigger* for a standing, which is asked only where they hang on it."""
    kind = workflow.handler_for(trigger).command
    if chosen is None or isinstance(chosen, (Mapping, SearchStrategy)):
        return _drawn(Payloads(workflow, plan, {} if chosen is None else {trigger: chosen}), trigger)
    if callable(chosen):
        return lambda standing: _listed(chosen(standing), kind)
    fixed = _listed(chosen, kind)
    return lambda _: fixed


def _drawn(payloads: Payloads, trigger: str) -> _Given:
    found: list[Any] = []

    def draw(standing: Any) -> Iterable[Any]:
        if payloads.moves(trigger):
            return samples(payloads.of(trigger, standing))
        if not found:
            found.extend(samples(payloads.of(trigger, standing)))
        return found

    return draw


def _listed(given: Any, kind: type) -> tuple[Any, ...]:
    place = f"payloads of {kind.__name__}"
    drawn = samples(given) if isinstance(given, SearchStrategy) else several(place, given)
    return tuple(command_in(place, one, kind) for one in drawn)
