"""The handle of one lesson for asyncio: its commands and its answers, to be awaited."""

from __future__ import annotations

from respond.engine.async_handle import AsyncBegun
from respond.engine.lesson import LessonHandle
from respond.store.bridge import awaited


class AsyncLessonHandle(AsyncBegun[LessonHandle]):
    """Every method of a `LessonHandle`, as a coroutine."""

    execute = awaited(LessonHandle.execute)
    revise = awaited(LessonHandle.revise)
    withdraw = awaited(LessonHandle.withdraw)
    approve = awaited(LessonHandle.approve)
    state = awaited(LessonHandle.state)
    events = awaited(LessonHandle.events)
