"""The handle of one incident for asyncio: its commands and its answers, to be awaited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from respond.engine.handler import Outcome
from respond.engine.incident import IncidentHandle
from respond.store.bridge import awaited

if TYPE_CHECKING:
    from respond.engine.async_engine import AsyncEngine


class AsyncIncidentHandle:
    """Every method of an `IncidentHandle`, as a coroutine."""

    def __init__(self, engine: AsyncEngine, inner: IncidentHandle) -> None:
        self.engine = engine
        self.inner = inner
        self.id = inner.id
        self.outcome = inner.outcome
        """What the report led to, when this handle reported it."""
        self.run = engine.run

    def __repr__(self) -> str:
        return repr(self.inner)

    execute = awaited(IncidentHandle.execute)
    assess = awaited(IncidentHandle.assess)
    assign_level = awaited(IncidentHandle.assign_level)
    change_level = awaited(IncidentHandle.change_level)
    acknowledge = awaited(IncidentHandle.acknowledge)
    recategorise = awaited(IncidentHandle.recategorise)
    set_response_level = awaited(IncidentHandle.set_response_level)
    start_response = awaited(IncidentHandle.start_response)
    take_command = awaited(IncidentHandle.take_command)
    assign_role = awaited(IncidentHandle.assign_role)
    release_role = awaited(IncidentHandle.release_role)
    hand_over_role = awaited(IncidentHandle.hand_over_role)
    assign_team = awaited(IncidentHandle.assign_team)
    report_upward = awaited(IncidentHandle.report_upward)
    record_receipt = awaited(IncidentHandle.record_receipt)
    fulfil = awaited(IncidentHandle.fulfil)
    waive = awaited(IncidentHandle.waive)
    pause_clock = awaited(IncidentHandle.pause_clock)
    resume_clock = awaited(IncidentHandle.resume_clock)
    approve = awaited(IncidentHandle.approve)
    activate_plan = awaited(IncidentHandle.activate_plan)
    rebase_plan = awaited(IncidentHandle.rebase_plan)
    note = awaited(IncidentHandle.note)
    resolve = awaited(IncidentHandle.resolve)
    reopen = awaited(IncidentHandle.reopen)
    close_review = awaited(IncidentHandle.close_review)
    cancel = awaited(IncidentHandle.cancel)
    correct = awaited(IncidentHandle.correct)
    retract = awaited(IncidentHandle.retract)

    async def merge_into(self, other: AsyncIncidentHandle | str, *, reason: str, **circumstances: Any) -> Outcome:
        """Merge this incident into *other*, which goes on."""
        into = other if isinstance(other, str) else other.id
        return await self.run(self.inner.merge_into, into, reason=reason, **circumstances)

    suggestion = awaited(IncidentHandle.suggestion)
    obligations = awaited(IncidentHandle.obligations)
    vacancies = awaited(IncidentHandle.vacancies)
    concerns = awaited(IncidentHandle.concerns)
    explain = awaited(IncidentHandle.explain)
    state = awaited(IncidentHandle.state)
    events = awaited(IncidentHandle.events)
    timeline = awaited(IncidentHandle.timeline)
    review = awaited(IncidentHandle.review)

    async def number(self) -> str:
        """Return its readable number, `INC-` and the position of its first event."""
        return await self.run(lambda: self.inner.number)
