"""Tasks, their event loop, and what belongs to neither."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from contextvars import ContextVar
from typing import Any

import attrs
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from engines import REPORTED
from respond.domain.streams import NO_STREAM, StreamId, exactly
from respond.engine.async_engine import AsyncEngine
from respond.errors import InvalidInput, StoreError, UnreadableEvent
from respond.store.async_event_store import AsyncEventStore
from respond.store.memory import MemoryEventStore
from respond.store.records import NewEvent, Write
from respond.testing.conformance.samples import ONE, TWO, ManualClock, event, events, id_of, ids, ids_of
from sql_logs import raw

PATIENCE_SECONDS = 30
REQUEST: ContextVar[str] = ContextVar("request", default="none")


@attrs.define
class Commits:
    """An observer that keeps how many appends each commit carried."""

    appends: list[int] = attrs.field(factory=list)

    def appended(self, *, appends: int, events: int, seconds: float, held_seconds: float) -> None:
        self.appends.append(appends)


# -- how tasks share ---------------------------------------------------------------------------------------------------


def test_tasks_share_commits(server_url: str) -> None:
    """Of sixteen tasks that append at once the first is carried alone, and the others together in one commit."""

    async def run() -> None:
        async with await AsyncEventStore.open(server_url, clock=ManualClock(), group=True) as store:
            commits = store.inner.observer = Commits()
            with raw(server_url) as other:
                other.execute(text("BEGIN"))
                other.execute(text("UPDATE respond_head SET position = position"))  # whoever appends waits for this
                tasks = [
                    asyncio.create_task(store.append(Write(StreamId.of("task", str(number)), [event(number)])))
                    for number in range(16)
                ]
                async with asyncio.timeout(PATIENCE_SECONDS):
                    while len(store.inner._group._queue) < 15:  # noqa: ASYNC110 - a queue tells nobody how long it is
                        await asyncio.sleep(0)
                other.execute(text("ROLLBACK"))
            answers = await asyncio.gather(*tasks)
            assert commits.appends == [1, 15]
            assert sorted(answer.first for answer in answers) == list(range(1, 17))

    asyncio.run(run())


def test_tasks_that_shared_a_commit_share_the_next(server_url: str) -> None:
    """The task that leads next lets those come first whom the last commit has answered: it commits for all."""

    async def run() -> None:
        async with await AsyncEventStore.open(server_url, clock=ManualClock(), group=True) as store:
            commits = store.inner.observer = Commits()

            async def work(name: str) -> None:
                for number in range(3):
                    await store.append(Write(StreamId.of("task", name), [event(f"{name}-{number}")], exactly(number)))

            await asyncio.gather(*(work(str(number)) for number in range(16)))
            assert commits.appends == [1, 16, 16, 15]

    asyncio.run(run())


def test_lone_task_waits_for_nobody(server_url: str) -> None:
    """A task that has shared a commit, and is alone from then on, lets others come once and no more."""

    async def run() -> None:
        async with await AsyncEventStore.open(server_url, clock=ManualClock(), group=True) as store:
            paused = []
            pause = store.inner._group._let_others_come
            store.inner._group._let_others_come = lambda: (paused.append(True), pause())
            streams = [StreamId.of("task", str(number)) for number in range(3)]
            await asyncio.gather(*(store.append(Write(one, [event(one.name)], NO_STREAM)) for one in streams))
            assert paused == []
            for number in range(3, 6):
                await store.append(Write(ONE, [event(number)]))
            assert len(paused) == 1

    asyncio.run(run())


def test_follower_outside_of_a_greenlet(server_url: str) -> None:
    """Who calls what is inside directly is refused as the store's own error, also where a task leads already."""

    async def run() -> None:
        async with await AsyncEventStore.open(server_url, clock=ManualClock(), group=True) as store:
            leader = asyncio.create_task(store.append(Write(ONE, events(1), NO_STREAM)))
            async with asyncio.timeout(PATIENCE_SECONDS):
                while store.inner._group._leader is None:  # noqa: ASYNC110 - a group tells nobody who leads it
                    await asyncio.sleep(0)
            with pytest.raises(StoreError, match="belongs to one event loop"):
                store.inner.append(Write(TWO, events(2), NO_STREAM))
            await leader
            with pytest.raises(StoreError, match="belongs to one event loop"):
                store.inner.append(Write(TWO, events(2), NO_STREAM))
            assert ids(await store.read_all()) == ids_of(1)

    asyncio.run(run())


def test_tasks_without_a_group(server_url: str) -> None:
    """The control: without a group each append is a commit of its own."""

    async def run() -> None:
        async with await AsyncEventStore.open(server_url, clock=ManualClock(), group=False) as store:
            commits = store.inner.observer = Commits()
            await asyncio.gather(
                *(store.append(Write(StreamId.of("task", str(number)), [event(number)])) for number in range(16))
            )
            assert commits.appends == [1] * 16

    asyncio.run(run())


def test_other_tasks_go_on(url: str) -> None:
    """While one task waits for the database, others run: nothing holds the loop."""

    async def run() -> None:
        async with await AsyncEventStore.open(url, clock=ManualClock()) as store:
            turns = 0

            async def count() -> None:
                nonlocal turns
                while True:
                    turns += 1
                    await asyncio.sleep(0)

            counting = asyncio.create_task(count())
            for number in range(5):
                before = turns
                await store.append(Write(ONE, events(number)))
                assert turns > before
            counting.cancel()

    asyncio.run(run())


def test_one_call_for_many(url: str) -> None:
    """What is `run` may use the store inside as often as it likes, and returns what it finds."""

    async def run() -> None:
        async with await AsyncEventStore.open(url, clock=ManualClock()) as store:

            def work() -> list[str]:
                for number in range(3):
                    store.inner.append(Write(ONE, events(number)))
                return ids(store.inner.read_stream(ONE))

            assert await store.run(work) == ids_of(0, 1, 2)

    asyncio.run(run())


def test_context_of_the_task(url: str) -> None:
    """What is `run` sees the context variables of its task, in a thread too."""

    async def run() -> None:
        async with await AsyncEventStore.open(url, clock=ManualClock()) as store:
            REQUEST.set("a request")
            assert await store.run(REQUEST.get) == "a request"

    asyncio.run(run())


def test_an_error_of_what_is_run(url: str) -> None:
    """An error of what is `run` is that of the call; the store goes on."""

    async def run() -> None:
        async with await AsyncEventStore.open(url, clock=ManualClock()) as store:
            with pytest.raises(ZeroDivisionError):
                await store.run(lambda: 1 // 0)
            assert (await store.head()).position == 0

    asyncio.run(run())


# -- who else may not use it -------------------------------------------------------------------------------------------


def test_another_loop(server_url: str) -> None:
    """A store belongs to the loop that it was opened in, and says so in another one."""

    async def opened() -> AsyncEventStore:
        store = await AsyncEventStore.open(server_url, clock=ManualClock())
        await store.append(Write(ONE, events(1)))
        return store

    with asyncio.Runner() as first, asyncio.Runner() as second:
        store = first.run(opened())
        with pytest.raises(StoreError, match="one event loop"):
            second.run(store.head())
        assert first.run(store.head()).position == 1
        first.run(store.close())


def test_without_being_awaited(server_url: str) -> None:
    """The store inside, called without `run`, says how it is used."""

    async def run() -> None:
        async with await AsyncEventStore.open(server_url, clock=ManualClock()) as store:
            with pytest.raises(StoreError, match="`run`"):
                store.inner.head()

    asyncio.run(run())


def test_a_forked_child(server_url: str) -> None:
    """A child process is told that the store is its parent's, whose connections stay as they were."""

    async def run() -> None:
        async with await AsyncEventStore.open(server_url, clock=ManualClock()) as store:
            await store.append(Write(ONE, events(1)))
            told, tell = os.pipe()
            child = os.fork()
            if child == 0:
                try:
                    asyncio.events._set_running_loop(None)
                    with asyncio.Runner() as runner, pytest.raises(StoreError, match="forked"):
                        runner.run(store.head())
                    os.write(tell, b"told")
                finally:
                    os._exit(0)
            await asyncio.to_thread(os.waitpid, child, 0)
            os.close(tell)
            assert os.read(told, 10) == b"told"
            os.close(told)
            await store.append(Write(ONE, events(2)))
            assert ids(await store.read_all()) == ids_of(1, 2)

    asyncio.run(run())


def test_closed(url: str) -> None:
    """A store that was closed says so; closing it again does nothing."""

    async def run() -> None:
        store = await AsyncEventStore.open(url, clock=ManualClock())
        await store.append(Write(ONE, events(1)))
        await store.close()
        await store.close()
        with pytest.raises(StoreError, match="closed"):
            await store.head()

    asyncio.run(run())


# -- opening -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("driver", ["postgresql", "postgresql+psycopg", "postgresql+psycopg_async"])
def test_urls_of_postgresql(postgresql_url: str, driver: str) -> None:
    """The URL that the plain store takes is as good as that of the driver for asyncio."""
    asyncio.run(_opens(make_url(postgresql_url).set(drivername=driver)))


@pytest.mark.parametrize("driver", ["mariadb", "mariadb+pymysql", "mariadb+aiomysql", "mysql+aiomysql"])
def test_urls_of_mariadb(mariadb_url: str, driver: str) -> None:
    """The URL that the plain store takes is as good as that of the driver for asyncio."""
    asyncio.run(_opens(make_url(mariadb_url).set(drivername=driver)))


@pytest.mark.parametrize("driver", ["sqlite", "sqlite+aiosqlite"])
def test_urls_of_sqlite(sqlite_url: str, driver: str) -> None:
    """A file is never opened by Python's own SQLite when another one may have it open in this process."""
    asyncio.run(_opens(make_url(sqlite_url).set(drivername=driver)))
    program = f"import sys; sys.path[:0] = {sys.path!r}; import asyncio; "
    program += (
        f"from test_async_tasks import _opens; asyncio.run(_opens('{driver}://')); print('aiosqlite' in sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": os.path.dirname(__file__)}  # noqa: PTH120
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


async def _opens(url: Any) -> None:
    async with await AsyncEventStore.open(url, clock=ManualClock()) as store:
        await store.append(Write(ONE, events(1)))
        assert ids(await store.read_all()) == [id_of(1)]


@pytest.mark.parametrize("url", ["oracle://host/name", "postgresql+asyncpg://host/name", "no url"])
def test_other_urls(url: str) -> None:
    """A database or a driver that is not supported is refused by name, and nothing is connected to."""
    with pytest.raises(InvalidInput) as refused:
        asyncio.run(AsyncEventStore.open(url, clock=ManualClock()))
    assert refused.value.place == "database"


@pytest.mark.parametrize(("missing", "url"), [("greenlet", "postgresql://h/n"), ("aiomysql", "mariadb://h/n")])
def test_a_driver_that_is_missing(monkeypatch: pytest.MonkeyPatch, missing: str, url: str) -> None:
    """What is not installed is named, with the extra that brings it."""
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(InvalidInput, match=rf"{missing} is not installed; run pip install 'respond-engine\[asyncio,"):
        asyncio.run(AsyncEventStore.open(url, clock=ManualClock()))


# -- the engine --------------------------------------------------------------------------------------------------------


def test_the_log_page_by_page(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The log is yielded page by page; an event that cannot be read ends it after all that came before."""
    monkeypatch.setattr("respond.engine.async_engine.PAGE", 2)

    async def run() -> None:
        async with await AsyncEngine.open(url, clock=ManualClock()) as engine:
            incident = await engine.report(**REPORTED)
            for number in range(4):
                await incident.note(f"Note {number}")
            assert [one.position async for one in engine.log()] == [1, 2, 3, 4, 5]
            assert [one.position async for one in engine.log(after=3)] == [4, 5]
            await engine.store.append(Write(ONE, [NewEvent(id=id_of(1), type="Unheard", data={})]))
            seen: list[int] = []

            async def read() -> None:
                async for one in engine.log():
                    seen.append(one.position)  # noqa: PERF401 - what came before the error is looked at

            with pytest.raises(UnreadableEvent):
                await read()
            assert seen == [1, 2, 3, 4, 5]

    asyncio.run(run())


def test_an_engine_in_memory() -> None:
    """A log in memory needs no database library, and waits for nobody."""

    async def run() -> None:
        clock = ManualClock()
        async with AsyncEngine(AsyncEventStore(MemoryEventStore(clock=clock)), clock=clock) as engine:
            incident = await engine.report(**REPORTED)
            other = await engine.report(**REPORTED)
            await incident.merge_into(other, reason="the same smoke")
            assert await other.number() == "INC-2"
            assert (await engine.incident("INC-1")).id == incident.id
            assert (await incident.state()).merged_into == other.id
            assert repr(incident) == f"<incident {incident.id}>"
            assert len((await engine.incidents()).rows) == 2

    asyncio.run(run())
