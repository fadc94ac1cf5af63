"""Checkpoints: one runner at a time, and none that was overtaken can write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from threading import Barrier, Thread

import attrs
import pytest
from sqlalchemy import Connection, Engine

from respond.errors import CheckpointLost, InvalidInput
from respond.store.checkpoint import PAUSED, RUNNING, Checkpoint, Patience, microseconds
from respond.store.records import Recorded
from respond.store.sql import create, engine_for, tables
from respond.store.sql.checkpoints import Checkpoints
from respond.testing.conformance.samples import START, id_of

LEASE = 30.0
EVENT = Recorded(7, 0, "default", "real", "incident-one", 1, id_of(7), "NoteAdded", "one", b"{}", bytes(32))


@attrs.define
class Desk:
    """One log's checkpoints, each call in a transaction of its own."""

    engine: Engine
    checkpoints: Checkpoints = attrs.field(factory=lambda: Checkpoints(tables(), "default"))

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        with self.engine.connect() as connection:
            sqlite = self.engine.dialect.name == "sqlite"  # its driver leaves transactions to us
            connection.exec_driver_sql("BEGIN IMMEDIATE" if sqlite else "SELECT 1")
            try:
                yield connection
            except BaseException:
                connection.exec_driver_sql("ROLLBACK")
                raise
            connection.exec_driver_sql("COMMIT")

    def do(self, name: str, *args: object, **options: object):
        with self.transaction() as connection:
            return getattr(self.checkpoints, name)(connection, *args, **options)

    def claim(self, owner: str, *, now=START, lease=LEASE) -> Checkpoint | None:
        return self.do("claim", "board", 1, owner=owner, now=now, lease_seconds=lease)

    def claimed(self, owner: str, **options) -> Checkpoint:
        held = self.claim(owner, **options)
        assert held is not None
        return held


@pytest.fixture
def desk(url: str) -> Iterator[Desk]:
    """Yield the checkpoints of a new log, with one for version 1 of `board`."""
    engine = engine_for(url)
    create(engine)
    desk = Desk(engine)
    desk.do("create", "board", 1, now=START)
    yield desk
    engine.dispose()


def later(seconds: float):
    """Return the time *seconds* after the tests' own."""
    return START + timedelta(seconds=seconds)


def test_created_once(desk: Desk) -> None:
    """A checkpoint is made where it is asked for, and left alone where it is there."""
    first = desk.do("load", "board", 1)
    assert (first.position, first.status, first.owner, first.fence) == (0, RUNNING, None, 0)
    assert desk.do("create", "board", 1, now=later(5), position=9) == first
    assert desk.do("create", "board", 2, now=START, position=9, status="filling").position == 9
    assert desk.do("load", "bOard", 1) is None
    assert [(one.name, one.version, one.status) for one in desk.do("listed")] == [
        ("board", 1, RUNNING),
        ("board", 2, "filling"),
    ]
    assert desk.do("listed", "other") == []


def test_one_holds_it(desk: Desk) -> None:
    """While one holds it no other can claim it; after its lease, or when it lets go, the next one can."""
    held = desk.claimed("first")
    assert (held.owner, held.fence, held.lease_until - held.updated_at) == ("first", 1, microseconds(LEASE))
    assert desk.claim("second", now=later(LEASE - 1)) is None
    assert desk.claimed("second", now=later(LEASE)).fence == 2
    assert desk.claim("first", now=later(LEASE)) is None
    desk.do("release", "board", owner="second", now=later(LEASE))
    assert desk.claimed("first", now=later(LEASE)).fence == 3


def test_a_lease_is_renewed(desk: Desk) -> None:
    """A runner that renews its lease, or advances with one, keeps the checkpoint; the fence stays."""
    held = desk.claimed("first")
    desk.do("renew", held, now=later(20), lease_seconds=LEASE)
    assert desk.claim("second", now=later(LEASE + 1)) is None
    desk.do("advance", held, 4, now=later(40), lease_seconds=LEASE)
    assert desk.claim("second", now=later(60)) is None
    kept = desk.do("load", "board", 1)
    assert (kept.fence, kept.position, kept.owner) == (1, 4, "first")


def test_a_lease_renewed_at_the_same_moment(desk: Desk) -> None:
    """Writing what stands there already is no loss: a clock may stand still."""
    held = desk.claimed("first")
    for _ in range(2):
        desk.do("renew", held, now=START, lease_seconds=LEASE)
        assert desk.do("advance", held, 0, now=START) == held


def test_an_overtaken_runner_cannot_write(desk: Desk) -> None:
    """Who slept through its lease and wakes up after another took over writes nothing, and is told."""
    asleep = desk.claimed("first")
    awake = desk.claimed("second", now=later(LEASE))
    for name, arguments in {
        "advance": (1,),
        "fail": ("it broke",),
        "renew": (),
    }.items():
        options = {
            "renew": {"lease_seconds": LEASE},
            "fail": {"retry_at": later(LEASE)},
        }.get(name, {})
        with pytest.raises(CheckpointLost, match="board version 1"):
            desk.do(name, asleep, *arguments, now=later(LEASE), **options)
    desk.do("release", "board", owner="first", now=later(LEASE))
    assert desk.do("load", "board", 1) == awake


def test_without_a_fence_both_write(desk: Desk) -> None:
    """The control: a runner that names the fence of the other is let through, so the fence is what keeps it out."""
    asleep = desk.claimed("first")
    awake = desk.claimed("second", now=later(LEASE))
    forged = attrs.evolve(asleep, fence=awake.fence)
    assert desk.do("advance", forged, 1, now=later(LEASE)).position == 1


def test_compare_and_set(desk: Desk) -> None:
    """A checkpoint moves only from where its runner believes it is: a step is never made twice."""
    held = desk.claimed("first")
    moved = desk.do("advance", held, 5, now=START)
    with pytest.raises(CheckpointLost):
        desk.do("advance", held, 5, now=START)
    assert desk.do("advance", moved, 6, now=START).position == 6


def test_rolled_back_together(desk: Desk) -> None:
    """A checkpoint that moved in a transaction that is rolled back is where it was."""
    held = desk.claimed("first")
    with suppress(RuntimeError), desk.transaction() as connection:
        desk.checkpoints.advance(connection, held, 5, now=START)
        raise RuntimeError
    assert desk.do("load", "board", 1).position == 0


def test_only_one_of_many_claims(desk: Desk) -> None:
    """Of many that claim at the same moment one gets it."""
    rivals = 6
    start = Barrier(rivals)
    won: list[Checkpoint | None] = []

    def contend(number: int) -> None:
        start.wait()
        won.append(desk.claim(f"runner {number}"))

    threads = [Thread(target=contend, args=(number,)) for number in range(rivals)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.fence for one in won if one is not None] == [1]
    assert len(won) == rivals


def test_failures_are_counted(desk: Desk) -> None:
    """A failure is kept with its text and its turn; the next step forgets it."""
    held = desk.claimed("first")
    failed = desk.do("fail", held, "a\0b \ud800 医" + "x" * 5000, now=START, retry_at=later(8))
    assert (failed.attempts, failed.is_due(later(7)), failed.is_due(later(8))) == (1, False, True)
    assert failed == desk.do("load", "board", 1)
    assert failed.error.startswith("a\\0b \\ud800 医xxx")
    assert len(failed.error) == 4000
    again = desk.do("fail", failed, "again", now=later(8), retry_at=later(24))
    assert again.attempts == 2
    done = desk.do("advance", again, 1, now=later(24))
    assert (done.attempts, done.retry_at, done.error) == (0, 0, None)
    assert done.is_due(START)


def test_clock_set_back(desk: Desk) -> None:
    """A lease and a retry from a clock that ran ahead end at once when it is set back; fences keep writes apart."""
    ahead = later(3600)
    held = desk.claimed("first", now=ahead)
    desk.do("fail", held, "it broke", now=ahead, retry_at=ahead + timedelta(seconds=60))
    taken = desk.claimed("second", now=START)
    assert (taken.attempts, taken.is_due(START)) == (1, True)
    with pytest.raises(CheckpointLost):
        desk.do("advance", held, 1, now=ahead)


def test_paused(desk: Desk) -> None:
    """A paused reader cannot write and nobody can claim it, until it is resumed where it stood."""
    held = desk.do("advance", desk.claimed("first"), 3, now=START)
    paused = desk.do("pause", "board", 1, now=START, error="stopped by hand")
    assert (paused.status, paused.error, paused.position) == (PAUSED, "stopped by hand", 3)
    with pytest.raises(CheckpointLost):
        desk.do("advance", held, 4, now=START)
    assert desk.claim("first", now=later(3600)) is None
    resumed = desk.do("resume", "board", 1, now=START)
    assert (resumed.status, resumed.error, resumed.position) == (RUNNING, None, 3)
    assert desk.claimed("second").position == 3
    assert desk.do("pause", "nobody", 1, now=START) is None
    assert desk.do("resume", "nobody", 1, now=START) is None
    assert desk.do("claim", "nobody", 1, owner="first", now=START, lease_seconds=LEASE) is None


def test_dead_letters(desk: Desk) -> None:
    """An event that is given up is kept with its reason, once, until it is settled."""
    held = desk.claimed("first")
    for _ in range(2):
        desk.do("dead_letter", held, EVENT, "no such place", now=START)
    (letter,) = desk.do("dead_letters")
    assert (letter.position, letter.id, letter.type, letter.error, letter.attempts) == (
        7,
        EVENT.id,
        "NoteAdded",
        "no such place",
        1,
    )
    assert desk.do("dead_letters", "other") == desk.do("dead_letters", after=7) == []
    assert desk.do("settle", letter)
    assert not desk.do("settle", letter)
    assert desk.do("dead_letters") == []


def test_patience(desk: Desk) -> None:
    """A failing event is tried again ever later, then the reader pauses before it; resuming tries it again."""
    patience = Patience(attempts=3, first_seconds=2, longest_seconds=3)
    held = desk.claimed("first")
    waits = []
    for _ in range(2):
        held = desk.do("failed", held, EVENT, "it broke", now=START, patience=patience)
        waits.append(held.retry_at - held.updated_at)
    assert waits == [microseconds(2), microseconds(3)]
    paused = desk.do("failed", held, EVENT, "it broke", now=START, patience=patience)
    assert (paused.status, paused.attempts, paused.error, paused.position) == (PAUSED, 3, "it broke", 0)
    assert desk.do("dead_letters") == []
    resumed = desk.do("resume", "board", 1, now=START)
    assert (resumed.attempts, resumed.position) == (0, 0)


@pytest.mark.parametrize("final", [True, False])
def test_skipped(desk: Desk, final: bool) -> None:
    """A reader that skips keeps the event as a dead letter and is past it; at once where trying again is of no use."""
    patience = Patience(attempts=2, then="skip")
    held = desk.claimed("first")
    if not final:
        held = desk.do("failed", held, EVENT, "it broke", now=START, patience=patience)
    past = desk.do("failed", held, EVENT, "it broke", now=START, patience=patience, final=final)
    assert (past.status, past.attempts, past.error, past.position) == (RUNNING, 0, None, EVENT.position)
    assert [letter.attempts for letter in desk.do("dead_letters")] == [1 if final else 2]


@pytest.mark.parametrize("then", ["pause", "skip"])
def test_an_overtaken_runner_gives_up_nothing(desk: Desk, then: str) -> None:
    """Who lost the checkpoint neither pauses it nor skips an event: that is for the one who has it."""
    asleep = desk.claimed("first")
    awake = desk.claimed("second", now=later(LEASE))
    patience = Patience(attempts=1, then=then)
    with pytest.raises(CheckpointLost):
        desk.do("failed", asleep, EVENT, "it broke", now=later(LEASE), patience=patience)
    assert (desk.do("load", "board", 1), desk.do("dead_letters")) == (awake, [])


@pytest.mark.parametrize(
    "wrong",
    [{"attempts": 0}, {"first_seconds": 0}, {"first_seconds": 70}, {"longest_seconds": 601}, {"then": "cry"}],
)
def test_patience_has_bounds(wrong) -> None:
    """A patience that could never end, or is none, is refused."""
    with pytest.raises(InvalidInput):
        Patience(**wrong)


def test_deleted(desk: Desk) -> None:
    """Deleting a checkpoint takes its dead letters along, and nobody else's."""
    other = desk.do("create", "board", 2, now=START)
    for held in (desk.claimed("first"), other):
        desk.do("dead_letter", held, EVENT, "no", now=START)
    desk.do("delete", "board", 1)
    assert desk.do("load", "board", 1) is None
    assert [letter.version for letter in desk.do("dead_letters")] == [2]


def test_tenants_are_apart(desk: Desk) -> None:
    """A tenant sees and moves its own checkpoints only."""
    elsewhere = Desk(desk.engine, Checkpoints(tables(), "elsewhere"))
    assert elsewhere.do("load", "board", 1) is None
    elsewhere.do("create", "board", 1, now=START, position=5)
    desk.do("dead_letter", desk.claimed("first"), EVENT, "no", now=START)
    assert (elsewhere.do("load", "board", 1).owner, elsewhere.do("dead_letters")) == (None, [])
    assert desk.do("load", "board", 1).position == 0


@pytest.mark.parametrize("seconds", [0, -1, 601, float("nan")])
def test_a_lease_has_bounds(desk: Desk, seconds: float) -> None:
    """A lease that is not one, or longer than any may be, is refused."""
    with pytest.raises(InvalidInput, match="is not a lease"):
        desk.claim("first", lease=seconds)
