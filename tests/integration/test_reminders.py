"""What was raised reaches each role at least once, in words, whatever is killed or out of reach."""

from __future__ import annotations

import asyncio
import os
import signal
from functools import partial
from pathlib import Path

import pytest

from mortal import child, ended
from respond.engine.async_engine import AsyncEngine
from respond.engine.notifier import CallableNotifier, MemoryNotifier, Notification
from respond.integrations.async_publisher import AsyncPublisher
from respond.integrations.publisher import Publisher
from respond.integrations.reminders import AsyncNotifierTarget, NotifierTarget
from respond.testing.conformance.samples import ManualClock
from watching import DATABASES, PLAN, SHORT, reported, stores, watched


@pytest.fixture(params=DATABASES)
def url(request) -> str:
    """Return the URL of an empty database."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def clock() -> ManualClock:
    """Return a clock that stands still until it is moved."""
    return ManualClock()


def life(url: str, clock: ManualClock) -> None:
    """Report an incident, give it a level, and raise what is due near its deadline and after it."""
    with stores(url, clock) as store:
        engine = watched(store, clock)
        incident, watch = reported(engine, plan="watched"), engine.watch()
        incident.assess(affected_customers=300, spread="regional", actor="chen.yu")
        incident.assign_level(3, basis="regional", actor="chen.yu")
        incident.fulfil("inform", actor="chen.yu")
        reported(engine)
        for minutes in (7, 18, 30):
            clock.move(minutes=minutes)
            watch.round()


def publish(url: str, clock: ManualClock, notifier, *, language: str = "en", batch: int = 2):
    """Bring what was raised to *notifier*, and return the last step."""
    with stores(url, clock) as store:
        target = NotifierTarget(watched(store, clock), notifier, language)
        return Publisher(store, target, name="people", clock=clock, batch=batch).run(live=False)


def test_each_role_learns_of_it_in_words(url, clock):
    """Each role learns which duty is due and when, of which incident, and how grave that is; also who comes later."""
    life(url, clock)
    receiver = MemoryNotifier()
    assert publish(url, clock, receiver).state == "idle"
    told = [(one.audience, one.text) for one in receiver.received.values()]
    late = "Assess the impact: was due 2026-11-20 09:10+00:00 and is not done. INC-5: Card terminals down"
    brief = "{}: due 2026-11-20 {}+00:00. INC-1, level 3 (Ordinary): Card terminals down"
    assert told == [
        ("duty_officer", "Assess the impact: due 2026-11-20 09:10+00:00. INC-5: Card terminals down"),
        ("duty_officer", late),
        ("commander", late),
        ("commander", brief.format("Brief the staff", "09:30")),
        ("commander", late),
        ("director", late),
        ("commander", brief.format("Brief the staff, no. 2 (1 before it missed)", "10:00")),
    ]
    assert receiver.calls == len(told)


def test_in_chinese(sqlite_url, clock):
    """Duties, levels and words are said in Chinese where that is asked for."""
    life(sqlite_url, clock)
    receiver = MemoryNotifier()
    publish(sqlite_url, clock, receiver, language="zh")
    texts = [one.text for one in receiver.received.values()]
    assert "研判影响" in texts[0]
    assert "前完成" in texts[0]
    assert "尚未完成" in texts[2]


def test_who_repeats_tells_the_same(sqlite_url, clock):
    """Told again under another name, after the incident went on, keys and texts are the same."""
    life(sqlite_url, clock)
    receiver = MemoryNotifier()
    publish(sqlite_url, clock, receiver)
    with stores(sqlite_url, clock) as store:
        engine = watched(store, clock)
        engine.incident("INC-1").change_level(1, justification="it spreads", actor="chen.yu")
        engine.incident("INC-5").assess(affected_customers=1, actor="chen.yu")
        again = Publisher(store, NotifierTarget(engine, receiver), name="again", clock=clock)
        assert again.run(live=False).state == "idle"
    assert receiver.calls == 2 * len(receiver.received)


def test_who_is_out_of_reach_is_told_later(url, clock):
    """What cannot be delivered waits, with all behind it, and is tried again until it is taken."""
    life(url, clock)
    receiver, reached = MemoryNotifier(), False

    def deliver(notification: Notification) -> None:
        if not reached and notification.audience == "commander":
            raise ConnectionError("no network")
        receiver.notify(notification)

    step = publish(url, clock, CallableNotifier(deliver))
    assert (step.state, len(receiver.received)) == ("waiting", 2)
    reached = True
    clock.move(hours=1)
    assert publish(url, clock, CallableNotifier(deliver)).state == "idle"
    assert len(receiver.received) == 7


def told_until(url: str, clock: ManualClock, heard: Path, mortal: int) -> None:
    """Notify by writing keys to a file, and be killed when *mortal* were written."""

    def deliver(notification: Notification) -> None:
        nonlocal mortal
        with heard.open("a") as file:
            file.write(f"{notification.key}\n")
        mortal -= 1
        if mortal == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    publish(url, clock, CallableNotifier(deliver))


@pytest.mark.parametrize("kept", [True, False], ids=["as it is", "control"])
def test_killed_at_each_delivery(url, clock, tmp_path, kept):
    """Killed behind each delivery, everybody learns of everything; the control believes that what began was done."""
    life(url, clock)
    heard = tmp_path / "heard"
    receiver = MemoryNotifier()
    publish(url, clock, receiver)
    with stores(url, clock) as store, store.transaction() as connection:
        store_forgets(store, connection)
    for attempt in range(1, 30):
        clock.move(hours=1)  # the lease of the dead is over
        if not kept:
            skip_batch(url, clock)
        if ended(child(partial(told_until, url, clock, heard, attempt))) == 0:
            break
    keys = heard.read_text().split("\n")[:-1] if heard.exists() else []
    assert (set(keys) == set(receiver.received)) is kept


def store_forgets(store, connection) -> None:
    """Forget how far the publisher came."""
    from respond.store.sql import tables
    from respond.store.sql.checkpoints import Checkpoints

    Checkpoints(tables(), store.tenant).delete(connection, "publisher:people", 1)


def skip_batch(url: str, clock: ManualClock) -> None:
    """Move the checkpoint behind the next batch, as one does that writes it down first."""
    with stores(url, clock) as store:
        Publisher(store, lambda _: None, name="people", clock=clock, batch=4).step()


def test_tasks(sqlite_url, clock):
    """A publisher for asyncio tells the same."""
    life(sqlite_url, clock)
    receiver, tasks = MemoryNotifier(), MemoryNotifier()
    publish(sqlite_url, clock, receiver)

    async def run() -> None:
        async with await AsyncEngine.open(sqlite_url, plans=[PLAN, SHORT], clock=clock) as engine:
            target = AsyncNotifierTarget(engine, tasks)
            await AsyncPublisher(engine.store, target, name="tasks", clock=clock).run(live=False)

    asyncio.run(run())
    assert tasks.received == receiver.received
