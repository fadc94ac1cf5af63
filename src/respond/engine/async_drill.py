"""A drill for asyncio: the names of the drill, to be awaited; the code is that of the drill inside."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from respond.engine.async_desk import AsyncDesk
from respond.engine.async_incident import AsyncIncidentHandle
from respond.engine.drill import DrillEngine, Given
from respond.engine.handed import handed
from respond.engine.handler import Outcome
from respond.plan.scenario import Inject
from respond.store.bridge import awaited

if TYPE_CHECKING:
    from respond.engine.async_engine import AsyncEngine

P = ParamSpec("P")
ResultT = TypeVar("ResultT")


class AsyncDrillEngine(AsyncDesk):
    """Every method of a `DrillEngine`, as a coroutine; no `AsyncEngine`, and no way to reality."""

    def __init__(self, engine: AsyncEngine, inner: DrillEngine) -> None:
        self.inner: DrillEngine = inner
        self._store = engine.store
        self.key = inner.key
        self.time = inner.time
        """The clock of the drill, which can be moved on."""
        self.workflows = inner.workflows
        self.plans = inner.plans
        self.clock = inner.clock

    async def run(self, function: Callable[P, ResultT], /, *args: P.args, **kwargs: P.kwargs) -> ResultT:
        """Return what *function* returns, which may use `inner` as often as it likes; see `AsyncEventStore.run`."""
        return await self._store.run(function, *args, **kwargs)

    prepare = awaited(DrillEngine.prepare)
    invite = awaited(DrillEngine.invite)
    record_participation = awaited(DrillEngine.record_participation)
    start = awaited(DrillEngine.start)
    give = awaited(DrillEngine.give)
    skip = awaited(DrillEngine.skip)
    raise_due = awaited(DrillEngine.raise_due)
    end = awaited(DrillEngine.end)
    evaluate = awaited(DrillEngine.evaluate)
    score_person = awaited(DrillEngine.score_person)
    record_finding = awaited(DrillEngine.record_finding)
    cancel = awaited(DrillEngine.cancel)
    standing = awaited(DrillEngine.standing)
    played = handed(AsyncIncidentHandle, DrillEngine.played)
    results = awaited(DrillEngine.results)
    training = awaited(DrillEngine.training)
    for_plan = awaited(DrillEngine.for_plan)
    proposals = awaited(DrillEngine.proposals)
    course = awaited(DrillEngine.course)

    async def play(
        self,
        /,
        *,
        wait: Callable[[timedelta], Awaitable[object]] | None = None,
        then: Callable[[Inject], Awaitable[object]] | None = None,
        **circumstances: Any,
    ) -> tuple[Outcome, ...]:
        """Bring in what waits, each inject at its time, and await *then* after each; see `DrillEngine.play`."""
        outcomes = []
        steps = self.inner.steps(**circumstances)
        while (step := await self.run(next, steps, None)) is not None:
            if isinstance(step, Given):
                outcomes.append(step.outcome)
                if then is not None:
                    await then(step.inject)
            elif wait is None:
                self.time.move(step)
            else:
                await wait(step)
        return tuple(outcomes)
