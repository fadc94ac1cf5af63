"""The handle of one action item for asyncio: its commands and its answers, to be awaited."""

from __future__ import annotations

from respond.engine.action import ActionHandle
from respond.engine.async_handle import AsyncBegun
from respond.store.bridge import awaited


class AsyncActionHandle(AsyncBegun[ActionHandle]):
    """Every method of an `ActionHandle`, as a coroutine."""

    execute = awaited(ActionHandle.execute)
    accept_action = awaited(ActionHandle.accept_action)
    refuse_action = awaited(ActionHandle.refuse_action)
    assign_action = awaited(ActionHandle.assign_action)
    reschedule_action = awaited(ActionHandle.reschedule_action)
    complete_action = awaited(ActionHandle.complete_action)
    verify_action = awaited(ActionHandle.verify_action)
    reopen_action = awaited(ActionHandle.reopen_action)
    drop_action = awaited(ActionHandle.drop_action)
    approve = awaited(ActionHandle.approve)
    incident = awaited(ActionHandle.incident)
    explain = awaited(ActionHandle.explain)
    state = awaited(ActionHandle.state)
    events = awaited(ActionHandle.events)
