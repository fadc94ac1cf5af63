"""The handle of one resource pool for asyncio: its commands and its answers, to be awaited."""

from __future__ import annotations

from respond.engine.async_handle import AsyncHandle
from respond.engine.pool import PoolHandle
from respond.store.bridge import awaited


class AsyncPoolHandle(AsyncHandle[PoolHandle]):
    """Every method of a `PoolHandle`, as a coroutine."""

    execute = awaited(PoolHandle.execute)
    open = awaited(PoolHandle.open)
    add = awaited(PoolHandle.add)
    write_off = awaited(PoolHandle.write_off)
    commit = awaited(PoolHandle.commit)
    use = awaited(PoolHandle.use)
    give_back = awaited(PoolHandle.give_back)
    consume = awaited(PoolHandle.consume)
    inspect = awaited(PoolHandle.inspect)
    renew_agreement = awaited(PoolHandle.renew_agreement)
    close = awaited(PoolHandle.close)
    state = awaited(PoolHandle.state)
    stock = awaited(PoolHandle.stock)
    events = awaited(PoolHandle.events)
