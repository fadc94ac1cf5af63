"""Group commit, without a database: who leads, who follows, and whom an error hurts."""

from __future__ import annotations

from threading import Event, Semaphore, Thread
from weakref import ref

import pytest

from respond.errors import OutcomeUnknown, StoreBusy, VersionConflict
from respond.store.sql import group as group_module
from respond.store.sql.group import BATCH, Append, Group
from respond.store.sql.turns import ThreadTurn


def rows(stream, *, size=10):
    """Return the prepared row of one event."""
    return [("tenant", "real", stream, 1, "id", "type", "subject", b"x" * size, b"prefix")]


def run_anyway():
    """Let no threads come: they do by themselves."""


class Carrier:
    """Lands everything, one position after the other, and can be made to stop in the middle of a batch."""

    def __init__(self):
        self.batches = []
        self.entered = Event()
        self.gate = Event()
        self.gate.set()
        self.raises = None

    def __call__(self, batch):
        self.batches.append([one.rows[0][2] for one in batch])
        self.entered.set()
        assert self.gate.wait(30)
        if self.raises is not None:
            raise self.raises
        for position, one in enumerate(batch, start=1):
            one.landing = (position, 0)


class Callers:
    """Threads that append, each with what it got."""

    def __init__(self, group):
        self.group = group
        self.threads = []
        self.answers = {}

    def start(self, name, stream, **options):
        def call():
            try:
                self.answers[name] = self.group.append(rows(stream, **options))
            except BaseException as error:  # noqa: BLE001 - it is the answer
                self.answers[name] = error

        thread = Thread(target=call)
        self.threads.append(thread)
        thread.start()

    def join(self):
        for thread in self.threads:
            thread.join(30)
            assert not thread.is_alive()
        return self.answers


@pytest.fixture
def carrier():
    """Return a carrier that lets everything pass."""
    return Carrier()


@pytest.fixture
def group(carrier):
    """Return a group of threads."""
    return Group(carrier, Waiting, run_anyway)


def held(carrier, callers):
    """Let a first caller lead, and stop it while it carries."""
    carrier.gate.clear()
    callers.start("leader", "first")
    assert carrier.entered.wait(30)


class Waiting(ThreadTurn):
    """A turn that tells when its caller stands in the queue."""

    queued = Semaphore(0)

    def wait(self):
        Waiting.queued.release()
        super().wait()


def test_lone_caller_carries_its_own(group, carrier):
    """Nobody waits for company."""
    assert group.append(rows("a")) == (1, 0)
    assert carrier.batches == [["a"]]


def test_those_who_meet_share(group, carrier):
    """What gathers while one is carried goes together, by the first of them."""
    callers = Callers(group)
    held(carrier, callers)
    for name in "bcd":
        callers.start(name, name)
        Waiting.queued.acquire()
    carrier.gate.set()
    answers = callers.join()
    assert carrier.batches == [["first"], ["b", "c", "d"]]
    assert answers == {"leader": (1, 0), "b": (1, 0), "c": (2, 0), "d": (3, 0)}


def test_one_append_of_a_stream_in_a_batch(group, carrier):
    """The second append to a stream waits for the next batch, those after it do not."""
    callers = Callers(group)
    held(carrier, callers)
    for name, stream in [("b1", "b"), ("b2", "b"), ("c", "c"), ("b3", "b")]:
        callers.start(name, stream)
        Waiting.queued.acquire()
    carrier.gate.set()
    callers.join()
    assert carrier.batches == [["first"], ["b", "c"], ["b"], ["b"]]


def test_batches_are_bounded(group, carrier):
    """A batch takes so many appends, and so many bytes, and leaves the rest."""
    callers = Callers(group)
    held(carrier, callers)
    for number in range(BATCH + 1):
        callers.start(number, f"s{number}")
        Waiting.queued.acquire()
    carrier.gate.set()
    callers.join()
    assert [len(batch) for batch in carrier.batches] == [1, BATCH, 1]


def test_bytes_of_a_batch_are_bounded(group, carrier):
    """Large bodies go apart."""
    callers = Callers(group)
    held(carrier, callers)
    for name in "bcd":
        callers.start(name, name, size=9 * 1024 * 1024)
        Waiting.queued.acquire()
    carrier.gate.set()
    callers.join()
    assert carrier.batches == [["first"], ["b"], ["c"], ["d"]]


def test_error_of_the_database_reaches_all_whom_it_concerns(group, carrier):
    """A batch that could not be carried failed for each of its callers; the next one is carried as ever."""
    callers = Callers(group)
    held(carrier, callers)
    callers.start("b", "b")
    Waiting.queued.acquire()
    carrier.raises = StoreBusy("locked")
    carrier.gate.set()
    answers = callers.join()
    assert {name: str(answer) for name, answer in answers.items()} == {"leader": "locked", "b": "locked"}
    carrier.raises = None
    assert group.append(rows("c")) == (1, 0)


def test_each_caller_raises_an_error_of_its_own(group, carrier):
    """Of those who share a failed batch each raises one like the first, caused by it: no two threads raise the same."""
    callers = Callers(group)
    held(carrier, callers)
    for name in "bcd":
        callers.start(name, name)
        Waiting.queued.acquire()
    cause = carrier.raises = VersionConflict("b", "version 1", 2)
    carrier.gate.set()
    callers.join()
    errors = [callers.answers[name] for name in "bcd"]
    assert len({id(error) for error in errors}) == 3
    assert {(type(error), str(error), error.actual) for error in errors} == {(VersionConflict, str(cause), 2)}
    assert sum(error is cause for error in errors) == 1
    assert all(error.__cause__ is cause for error in errors if error is not cause)


def test_error_of_one_stays_with_its_owner(group, carrier):
    """A carrier that settles some and blames one leaves the others alone."""

    def carry(batch):
        for one in batch:
            if one.rows[0][2] == "bad":
                one.error = ValueError("mine")
            elif one.rows[0][2] != "behind":
                one.landing = (7, 0)

    group = Group(carry, ThreadTurn, run_anyway)
    assert group.append(rows("good")) == (7, 0)
    assert group.append(rows("behind")) is None
    with pytest.raises(ValueError, match="mine"):
        group.append(rows("bad"))


def test_interrupted_leader_leaves_the_outcome_open(group, carrier):
    """Who was interrupted raises what interrupted it; for the others of its batch nobody knows."""
    callers = Callers(group)
    held(carrier, callers)
    callers.start("b", "b")
    Waiting.queued.acquire()
    callers.start("c", "c")
    Waiting.queued.acquire()
    carrier.raises = KeyboardInterrupt()
    carrier.gate.set()
    answers = callers.join()
    assert isinstance(answers["leader"], KeyboardInterrupt)
    kinds = sorted(type(answers[name]).__name__ for name in "bc")
    assert kinds == sorted([KeyboardInterrupt.__name__, OutcomeUnknown.__name__])


def test_who_gives_up_is_taken_back(carrier):
    """A caller that stops waiting leaves the queue; one that was to lead hands over first."""

    class Impatient(Waiting):
        patience = True

        def wait(self):
            super().wait()
            if Impatient.patience:
                Impatient.patience = False
                raise KeyboardInterrupt

    group = Group(carrier, Impatient, run_anyway)
    callers = Callers(group)
    held(carrier, callers)
    callers.start("b", "b")
    Waiting.queued.acquire()
    callers.start("c", "c")
    Waiting.queued.acquire()
    carrier.gate.set()
    answers = callers.join()
    assert isinstance(answers["b"], KeyboardInterrupt)
    assert answers["c"] == (1, 0)
    assert carrier.batches == [["first"], ["c"]]
    assert group._leader is None


@pytest.mark.parametrize("step", ["_join", "_lead", "_gather"])
def test_interrupted_between_steps(group, carrier, monkeypatch, step):
    """Who is interrupted once it leads, before it carries or while it takes its batch, leaves the lead to others."""
    taken = getattr(group, step)

    def interrupted(*given):
        monkeypatch.undo()
        if step != "_lead":
            taken(*given)
        raise KeyboardInterrupt

    callers = Callers(group)
    if step == "_gather":
        held(carrier, callers)
        for name in "bc":
            callers.start(name, name)
            Waiting.queued.acquire()
    monkeypatch.setattr(group, step, interrupted)
    if step == "_gather":
        carrier.gate.set()
        answers = callers.join()
        assert [type(answers[name]) for name in "bc"] == [KeyboardInterrupt, OutcomeUnknown]
    else:
        with pytest.raises(KeyboardInterrupt):
            group.append(rows("a"))
    assert group.append(rows("d")) == (1, 0)


def test_full_queue_pushes_back(carrier):
    """Who finds too many waiting is told so, and those who wait are served."""
    group = Group(carrier, Waiting, run_anyway, queue_max=2)
    callers = Callers(group)
    held(carrier, callers)
    for name in "bc":
        callers.start(name, name)
        Waiting.queued.acquire()
    with pytest.raises(StoreBusy, match="2 appends are waiting"):
        group.append(rows("d"))
    carrier.gate.set()
    assert callers.join()["c"] == (2, 0)


def test_child_starts_alone(group, carrier):
    """Where a leader of the parent was at work, a child leads for itself."""
    callers = Callers(group)
    held(carrier, callers)
    queue, lock = list(group._queue), group._lock
    group.begin()  # what a fork does in the child
    carrier.gate.set()
    assert group.append(rows("b")) == (1, 0)
    assert (queue, lock is group._lock) == ([], False)
    callers.join()


def test_fork_asks_for_those_that_live(carrier, monkeypatch):
    """A group leaves nothing behind: what a fork does in the child it does to those that are still in use."""
    registered = []
    monkeypatch.setattr("os.register_at_fork", lambda **handlers: registered.append(handlers))
    gone, kept = Group(carrier, Waiting, run_anyway), Group(carrier, Waiting, run_anyway)
    kept._leader = Append(rows("of the parent"))
    alive = ref(gone)
    del gone
    group_module._begin_anew()
    assert (registered, alive(), kept._leader) == ([], None, None)


def test_append_knows_its_stream_and_size():
    """A batch asks both of every append."""
    append = Append([*rows("a", size=3), *rows("a", size=4)])
    assert (append.stream, append.size) == (("tenant", "real", "a"), 7)
