"""The engine for asyncio: the names of the engine, to be awaited; the code is that of the engine inside."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from copy import copy
from datetime import datetime
from itertools import islice
from types import TracebackType
from typing import TYPE_CHECKING, Any, ParamSpec, Self, TypeVar

from respond.domain.events import Event
from respond.domain.streams import DEFAULT_TENANT
from respond.engine.async_desk import AsyncDesk
from respond.engine.async_drill import AsyncDrillEngine
from respond.engine.async_watch import AsyncWatch
from respond.engine.clock import system_clock, system_random
from respond.engine.definitions import Plans, Workflows
from respond.engine.engine import Engine
from respond.engine.handed import handed
from respond.engine.modes import Mode, check_mode
from respond.errors import InvalidInput, RespondError
from respond.plan.plan import Plan
from respond.store.async_event_store import AsyncEventStore
from respond.store.bridge import awaited, lent
from respond.store.checkpoint import Patience
from respond.store.protocol import PAGE
from respond.workflow.authority import Policy
from respond.workflow.workflow import Workflow

if TYPE_CHECKING:
    from respond.engine.async_projecting import AsyncProjecting
    from respond.projections.sql import TableProjection
    from respond.store.sql.async_opening import Database, HostConnection

P = ParamSpec("P")
ResultT = TypeVar("ResultT")


class AsyncEngine(AsyncDesk):
    """Every method of an `Engine`, as a coroutine; safe to share between the tasks of one event loop.

    A command whose task is cancelled was carried out whole, or not at all; with the same `command_id` it may be sent
    again either way.
    """

    def __init__(
        self,
        store: AsyncEventStore,
        *,
        plans: Iterable[Plan] = (),
        workflows: Iterable[Workflow] = (),
        clock: Callable[[], datetime] = system_clock,
        random: Callable[[int], bytes] = system_random,
        policy: Policy | None = None,
        projections: Mode = "memory",
        tables: Iterable[type[TableProjection]] = (),
        patience: Patience | None = None,
    ) -> None:
        self.store = store
        self.inner: Engine = Engine(
            store.inner,
            plans=plans,
            workflows=workflows,
            clock=clock,
            random=random,
            policy=policy,
            projections=projections,
            tables=tables,
            patience=patience,
        )
        self.workflows = self.inner.workflows
        self.plans = self.inner.plans
        self.clock = clock
        self.random = random

    @classmethod
    async def open(
        cls,
        database: Database,
        *,
        plans: Iterable[Plan] = (),
        workflows: Iterable[Workflow] = (),
        clock: Callable[[], datetime] = system_clock,
        random: Callable[[int], bytes] = system_random,
        tenant: str = DEFAULT_TENANT,
        policy: Policy | None = None,
        projections: Mode = "memory",
        tables: Iterable[type[TableProjection]] = (),
        patience: Patience | None = None,
        **options: Any,
    ) -> Self:
        """Return an engine on *database*, a URL or the host's own engine for asyncio; see `Engine.open`."""
        check_mode(projections)
        plans, workflows = Plans.of(plans), Workflows(workflows)  # a bad one must not leave an empty log behind
        store = await AsyncEventStore.open(database, clock=clock, tenant=tenant, **options)
        try:
            engine = cls(
                store,
                plans=plans,
                workflows=workflows,
                clock=clock,
                random=random,
                policy=policy,
                projections=projections,
                tables=tables,
                patience=patience,
            )
            if projections == "inline":
                await engine.projections.keep_inline()
        except BaseException:
            await store.close()
            raise
        return engine

    @property
    def projections(self) -> AsyncProjecting:
        """The projections in tables: to run, rebuild and wait for; raises `InvalidInput` for a log without tables."""
        from respond.engine.async_projecting import AsyncProjecting  # noqa: PLC0415 - a log without tables needs none

        return AsyncProjecting(self, self.inner.projections)

    async def run(self, function: Callable[P, ResultT], /, *args: P.args, **kwargs: P.kwargs) -> ResultT:
        """Return what *function* returns, which may use `inner` as often as it likes; see `AsyncEventStore.run`."""
        return await self.store.run(function, *args, **kwargs)

    async def close(self) -> None:
        """Give back every connection; closing twice does nothing."""
        await self.store.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @asynccontextmanager
    async def transaction(self, connection: HostConnection) -> AsyncIterator[AsyncEngine]:
        """Lend an engine whose commands join the transaction that is open on *connection*; see `Engine.transaction`."""
        if not self.store.bridge.awaits:
            raise InvalidInput(
                "this log awaits no connection of yours; open it with the AsyncEngine that yours comes from",
                place="connection",
            )
        async with lent(self.store.bridge, self.inner.transaction(connection.sync_connection)) as inner:
            joined = copy(self)
            joined.store = AsyncEventStore(inner.store, self.store.bridge)
            joined.inner = inner
            yield joined

    def watch(self) -> AsyncWatch:
        """Return a watcher of deadlines; see `Engine.watch`."""
        return AsyncWatch(self, self.inner.watch())

    drill = handed(AsyncDrillEngine, Engine.drill)
    drills = awaited(Engine.drills)
    record_drill = awaited(Engine.record_drill)
    actions = awaited(Engine.actions)
    figures = awaited(Engine.figures)
    care = awaited(Engine.care)
    lessons = awaited(Engine.lessons)
    similar = awaited(Engine.similar)
    incidents = awaited(Engine.incidents)
    board = awaited(Engine.board)
    statistics = awaited(Engine.statistics)
    replay = awaited(Engine.replay)

    async def log(self, *, after: int = 0) -> AsyncIterator[Event]:
        """Yield every real event past position *after*, in log order, page by page; see `Reader.log`."""
        events = self.inner.log(after=after)
        while True:
            page, error = await self.run(_page, events)
            for event in page:
                yield event
            if error is not None:
                raise error
            if not page:
                return


def _page(events: Iterator[Event]) -> tuple[list[Event], RespondError | None]:
    """Return the next events, and the error that ends them, if one does."""
    page: list[Event] = []
    try:
        page.extend(islice(events, PAGE))  # keeps what came before an error
    except RespondError as error:
        return page, error
    return page, None
