"""What the handles for asyncio have in common: each wraps one that is called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from respond.engine.handler import Outcome

if TYPE_CHECKING:
    from respond.engine.async_desk import AsyncDesk


class _Keyed(Protocol):
    key: str


class _Begun(_Keyed, Protocol):
    outcome: Outcome | None


KeyedT = TypeVar("KeyedT", bound=_Keyed)
BegunT = TypeVar("BegunT", bound=_Begun)


class AsyncHandle(Generic[KeyedT]):
    """One aggregate of an engine for asyncio."""

    def __init__(self, engine: AsyncDesk, inner: KeyedT) -> None:
        self.engine = engine
        self.inner = inner
        self.key = inner.key
        self.run = engine.run

    def __repr__(self) -> str:
        return repr(self.inner)


class AsyncBegun(AsyncHandle[BegunT]):
    """One whose handle tells what its first command led to."""

    def __init__(self, engine: AsyncDesk, inner: BegunT) -> None:
        super().__init__(engine, inner)
        self.outcome = inner.outcome
        """What the first command led to, when this handle began it."""
