"""What an engine and a drill for asyncio have in common: the names of the desk, to be awaited."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ParamSpec, TypeVar

from respond.engine.async_action import AsyncActionHandle
from respond.engine.async_incident import AsyncIncidentHandle
from respond.engine.async_lesson import AsyncLessonHandle
from respond.engine.async_party import AsyncPartyHandle
from respond.engine.async_pool import AsyncPoolHandle
from respond.engine.desk import Desk
from respond.engine.handed import handed
from respond.store.bridge import awaited
from respond.workflow.incident.commands import ReportIncident

P = ParamSpec("P")
ResultT = TypeVar("ResultT")


class AsyncDesk:
    """Every method of a `Desk`, as a coroutine."""

    inner: Desk

    async def run(self, function: Callable[P, ResultT], /, *args: P.args, **kwargs: P.kwargs) -> ResultT:
        """Return what *function* returns, which may use `inner` as often as it likes."""
        raise NotImplementedError

    def pool(self, key: str) -> AsyncPoolHandle:
        """Return the handle of the pool called *key*; see `Engine.pool`."""
        return AsyncPoolHandle(self, self.inner.pool(key))

    pools = awaited(Desk.pools)
    upkeep = awaited(Desk.upkeep)

    execute = awaited(Desk.execute)
    report = handed(AsyncIncidentHandle, Desk.report)
    merge = awaited(Desk.merge)
    undo_merge = awaited(Desk.undo_merge)
    relate = awaited(Desk.relate)
    unrelate = awaited(Desk.unrelate)
    number = awaited(Desk.number)
    timeline = awaited(Desk.timeline)
    review = awaited(Desk.review)
    learning_view = awaited(Desk.learning_view)
    view = awaited(Desk.view)

    async def split(
        self, source: str, parts: Iterable[ReportIncident], *, reason: str, **circumstances: Any
    ) -> tuple[AsyncIncidentHandle, ...]:
        """Report *parts* as incidents that come of *source*; see `Engine.split`."""
        handles = await self.run(self.inner.split, source, parts, reason=reason, **circumstances)
        return tuple(AsyncIncidentHandle(self, handle) for handle in handles)

    incident_id = staticmethod(Desk.incident_id)

    incident = handed(AsyncIncidentHandle, Desk.incident)

    async def party(self, key: str) -> AsyncPartyHandle:
        """Return the handle of the affected party with this key; raises `NotFound` when nobody registered it."""
        return AsyncPartyHandle(self, await self.run(self.inner.party, key))

    async def action(self, key: str) -> AsyncActionHandle:
        """Return the handle of the action item with this key; raises `NotFound` when nobody opened it."""
        return AsyncActionHandle(self, await self.run(self.inner.action, key))

    record_lesson = handed(AsyncLessonHandle, Desk.record_lesson)
    taught = handed(AsyncLessonHandle, Desk.taught)
    lesson = handed(AsyncLessonHandle, Desk.lesson)
    explain = awaited(Desk.explain)
    state = awaited(Desk.state)
    states = awaited(Desk.states)
    events = awaited(Desk.events)
