"""What an engine and the handle of an incident hand out, for asyncio."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import update_wrapper
from typing import Any, Concatenate, ParamSpec, TypeVar

P = ParamSpec("P")
InnerT = TypeVar("InnerT")
OuterT = TypeVar("OuterT")


def handed(
    outer: Callable[[Any, InnerT], OuterT], method: Callable[Concatenate[Any, P], InnerT]
) -> Callable[Concatenate[Any, P], Coroutine[Any, Any, OuterT]]:
    """Return *method*, which hands out another handle, as one that is awaited and hands out *outer* of it."""

    async def call(self: Any, /, *args: P.args, **kwargs: P.kwargs) -> OuterT:
        engine = getattr(self, "engine", self)
        return outer(engine, await engine.run(method, self.inner, *args, **kwargs))

    update_wrapper(call, method)
    return call
