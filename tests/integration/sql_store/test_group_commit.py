"""Appends of many threads that share commits: each with a verdict of its own."""

from __future__ import annotations

from threading import Barrier, Thread

import pytest

from respond.domain.streams import ANY, NO_STREAM, StreamId, exactly
from respond.errors import IdempotencyConflict, ProjectionFailed, RespondError, VersionConflict
from respond.store.records import Write
from respond.testing.conformance.samples import event
from sql_logs import opened

THREADS = 8
ROUNDS = 25


@pytest.fixture(params=["statement", "transaction"])
def store(url, request):
    """Return a log on each kind of database, by each path."""
    with opened(url, group=True, append_path=request.param, lock_timeout=30) as store:
        yield store


class Watcher:
    """Counts what the commits carried."""

    def __init__(self):
        self.commits = []

    def appended(self, *, appends, events, seconds, held_seconds):
        self.commits.append((appends, events))
        assert held_seconds is None or 0 <= held_seconds <= seconds


def at_once(*calls):
    """Call them all in threads that start together, and return what each returned or raised."""
    answers = [None] * len(calls)
    barrier = Barrier(len(calls))

    def run(number, call):
        barrier.wait()
        try:
            answers[number] = call()
        except RespondError as error:
            answers[number] = error

    threads = [Thread(target=run, args=each) for each in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def log_of(store):
    """Return every row."""
    rows, after = [], 0
    while page := store.read_log(after=after):
        rows += page
        after = page[-1].position
    return rows


def test_everyone_gets_a_place(store):
    """Each append has a place of its own, its event stands there, and some commits carried several."""
    watcher = store.observer = Watcher()

    def writer(number):
        return lambda: [
            store.append(Write(StreamId(f"group-{number}"), [event((number, turn))], exactly(turn)))
            for turn in range(ROUNDS)
        ]

    answers = at_once(*map(writer, range(THREADS)))
    rows = log_of(store)
    assert (
        [row.position for row in rows]
        == list(range(1, THREADS * ROUNDS + 1))
        == list(range(1, store.head().position + 1))
    )
    for number, landed in enumerate(answers):
        for turn, appended in enumerate(landed):
            row = rows[appended.first - 1]
            assert (row.stream, row.version, row.id) == (f"group-{number}", turn + 1, event((number, turn)).id)
    assert sum(appends for appends, _ in watcher.commits) == THREADS * ROUNDS
    assert len(watcher.commits) < THREADS * ROUNDS


def test_conflict_hurts_only_its_owner(store):
    """Who expects another version is refused, whoever shares the commit gets its place, and no position is lost."""
    store.append(Write(StreamId("group-hot"), [event("hot")], NO_STREAM))

    def writer(number):
        def call():
            outcomes = []
            for turn in range(ROUNDS):
                name = "group-hot" if turn % 5 == 0 else f"group-{number}-{turn}"
                try:
                    outcomes.append(store.append(Write(StreamId(name), [event((number, turn))], NO_STREAM)).first)
                except VersionConflict as conflict:
                    outcomes.append(conflict.actual)
            return outcomes

        return call

    answers = at_once(*map(writer, range(THREADS)))
    refused = [outcome for outcomes in answers for outcome in outcomes[::5]]
    assert refused == [1] * (THREADS * ROUNDS // 5)
    rows = log_of(store)
    assert [row.position for row in rows] == list(range(1, store.head().position + 1))
    assert len(rows) == 1 + THREADS * ROUNDS - len(refused)


def test_same_append_at_once_is_one(store):
    """Threads that send the same append at the same time get the same place."""
    write = Write(StreamId("group-one"), [event("one"), event("two")], NO_STREAM)
    answers = at_once(*[lambda: store.append(write)] * THREADS)
    assert {(answer.first, answer.last) for answer in answers} == {(1, 2)}
    assert len(log_of(store)) == 2


def test_known_id_hurts_only_its_owner(store):
    """An id that stands elsewhere is a conflict for who brings it, and for nobody beside."""
    store.append(Write(StreamId("group-first"), [event("known")], NO_STREAM))

    def bring(number):
        key = "known" if number == 0 else number
        return lambda: store.append(Write(StreamId(f"group-{number}"), [event(key)], ANY))

    answers = at_once(*map(bring, range(THREADS)))
    assert isinstance(answers[0], IdempotencyConflict)
    assert sorted(answer.first for answer in answers[1:]) == list(range(2, THREADS + 1))


def test_one_stream_for_all(store):
    """Threads that append to one stream, whatever its version, follow each other without a gap."""
    stream = StreamId("group-shared")

    def writer(number):
        return lambda: [store.append(Write(stream, [event((number, turn))], ANY)) for turn in range(ROUNDS // 5)]

    at_once(*map(writer, range(THREADS)))
    assert [row.version for row in store.read_stream(stream)] == list(range(1, THREADS * (ROUNDS // 5) + 1))


def test_inline_projection_sees_every_row_once(store):
    """A read model that is kept inline is told of every row in the order of the log, within the commit."""
    seen = []
    store.project_inline(lambda connection, rows: seen.extend(row.position for row in rows))

    def writer(number):
        stream = StreamId(f"group-{number}")
        return lambda: [store.append(Write(stream, [event((number, turn))], exactly(turn))) for turn in range(5)]

    at_once(*map(writer, range(THREADS)))
    assert seen == list(range(1, THREADS * 5 + 1))


def test_failing_projection_hurts_only_its_owner(store):
    """Rows that a read model cannot take on are not appended; those that shared the batch are."""

    def project(connection, rows):
        if any(row.stream == "group-3" for row in rows):
            raise ValueError("no threes")

    store.project_inline(project)

    def bring(number):
        return lambda: store.append(Write(StreamId(f"group-{number}"), [event(number)], NO_STREAM))

    answers = at_once(*map(bring, range(THREADS)))
    failed = answers.pop(3)
    assert isinstance(failed, ProjectionFailed)
    assert "no threes" in str(failed)
    assert sorted(answer.first for answer in answers) == list(range(1, THREADS))
    assert store.head().position == THREADS - 1


def test_time_before_the_head_does_not_count_as_holding_it(url):
    """A commit that waited for another one held the head for its own part of that time, where that can be told."""
    told = []

    class Stopwatch:
        def appended(self, *, appends, events, seconds, held_seconds):
            told.append((seconds, held_seconds))

    with (
        opened(url, group=False, append_path="transaction", lock_timeout=30) as one,
        opened(url, lock_timeout=30) as two,
    ):
        one.append(Write(StreamId("group-0"), [event(0)], NO_STREAM))
        one.observer = Stopwatch()
        with two.exclusively([StreamId("group-2")]) as view:
            view.append(Write(StreamId("group-2"), [event(2)], NO_STREAM))
            waiting = Thread(target=one.append, args=[Write(StreamId("group-1"), [event(1)], NO_STREAM)])
            waiting.start()
            waiting.join(0.3)  # it cannot end before the other does: however long this takes is long enough
        waiting.join()
    ((seconds, held_seconds),) = told
    assert held_seconds is None or held_seconds < seconds / 2
