"""The publisher on each database: what goes out, in which order, and what happens when it does not."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from threading import Event, Thread
from typing import Any

import attrs
import pytest

from respond.domain.streams import StreamId
from respond.errors import InvalidInput, StoreUnavailable, TargetUnavailable
from respond.integrations.publisher import Publisher
from respond.integrations.target import Outgoing, Refused
from respond.store.checkpoint import PAUSED, Checkpoint, DeadLetter, Patience
from respond.store.records import Write
from respond.store.sql import SqlEventStore, tables
from respond.store.sql.checkpoints import Checkpoints
from respond.testing.conformance.samples import ONE, THREE, TWO, ManualClock, event, events, id_of, ids_of
from sql_logs import opened

DRILL = StreamId("incident-one", "drill")
NAME = "publisher:bus"


@attrs.define
class Bus:
    """A target that remembers what it took, and refuses what it is told to."""

    taken: list[dict[str, Any]] = attrs.field(factory=list)
    refuses: dict[str, Exception] = attrs.field(factory=dict)

    def __call__(self, event: dict[str, Any]) -> None:
        if event["id"] in self.refuses:
            raise self.refuses[event["id"]]
        self.taken.append(event)

    @property
    def ids(self) -> list[str]:
        return [event["id"] for event in self.taken]


@pytest.fixture
def store(url: str) -> Iterator[SqlEventStore]:
    """Yield the store on a new log."""
    with opened(url) as store:
        yield store


@pytest.fixture
def clock() -> ManualClock:
    """Return the clock of the publishers."""
    return ManualClock()


@pytest.fixture
def bus() -> Bus:
    """Return a target that takes everything."""
    return Bus()


def published(publisher: Publisher) -> str:
    """Make steps as long as events go out; return why that ended."""
    while (step := publisher.step()).state == "published":
        pass
    return step.state


def checkpoint(store: SqlEventStore, name: str = NAME) -> Checkpoint:
    """Return the publisher's checkpoint as it stands in its table."""
    with store.reading() as connection:
        found = Checkpoints(tables(), store.tenant).load(connection, name, 1)
    assert found is not None
    return found


def dead_letters(store: SqlEventStore) -> list[DeadLetter]:
    """Return what publishers gave up on."""
    with store.reading() as connection:
        return Checkpoints(tables(), store.tenant).dead_letters(connection)


def resume(store: SqlEventStore, clock: ManualClock) -> None:
    """Let the publisher go on, as a person does."""
    with store.transaction() as connection:
        Checkpoints(tables(), store.tenant).resume(connection, NAME, 1, now=clock())


def test_real_events_in_order_once(store, clock, bus) -> None:
    """Every real event goes out once, in log order, also over several runs; a drill never does."""
    store.append(Write(ONE, events(1, 2)), Write(DRILL, events("play")), Write(TWO, events(3)))
    assert published(Publisher(store, bus, name="bus", clock=clock, batch=2)) == "idle"
    store.append(Write(DRILL, events("play again")))
    store.append(Write(ONE, events(4)))
    publisher = Publisher(store, bus, name="bus", clock=clock, owner="next")
    clock.move(seconds=30)
    assert published(publisher) == "idle"
    assert bus.ids == ids_of(1, 2, 3, 4)
    assert {one["realm"] for one in bus.taken} == {"real"}
    assert {one["source"] for one in bus.taken} == {f"urn:respond:{store.log}:default"}
    assert checkpoint(store).position == 6


def test_a_type_of_drills(store, clock, bus) -> None:
    """The realm is no option of a publisher: what is only played can never be told to the world."""
    with pytest.raises(TypeError):
        Publisher(store, bus, name="bus", clock=clock, realm="drill")


def test_filters_and_beginning(store, clock, bus) -> None:
    """A publisher tells only of what it was asked for, from where it was told to begin."""
    store.append(Write(ONE, [event(1), event(2, type="Escalated")]), Write(THREE, [event(3, type="Escalated")]))
    store.append(Write(TWO, [event(4, type="Escalated"), event(5)]))
    only = {"categories": {"incident"}, "types": {"Escalated"}}
    assert published(Publisher(store, bus, name="bus", clock=clock, after=1, **only)) == "idle"
    assert bus.ids == ids_of(2, 4)
    assert checkpoint(store).position == 5


def test_names_are_apart(store, clock) -> None:
    """Publishers of different names tell the same events, each from its own checkpoint."""
    store.append(Write(ONE, events(1)))
    buses = {name: Bus() for name in ("bus", "archive")}
    for name, bus in buses.items():
        assert published(Publisher(store, bus, name=name, clock=clock)) == "idle"
    assert [bus.ids for bus in buses.values()] == [ids_of(1)] * 2


def test_one_is_at_work(store, clock) -> None:
    """Of two publishers with one name one publishes; the other takes over after its lease, or when it is released."""
    store.append(Write(ONE, events(1)))
    first, second = Bus(), Bus()
    one = Publisher(store, first, name="bus", clock=clock, lease_seconds=30)
    two = Publisher(store, second, name="bus", clock=clock, lease_seconds=30)
    assert [published(one), published(two)] == ["idle", "elsewhere"]
    store.append(Write(ONE, events(2)))
    assert two.step().state == "elsewhere"
    clock.move(seconds=30)
    assert published(two) == "idle"
    assert published(one) == "elsewhere"
    assert two.run(live=False).state == "idle"
    store.append(Write(ONE, events(3)))
    assert published(one) == "idle"
    assert (first.ids, second.ids) == (ids_of(1, 3), ids_of(2))


def test_overtaken_while_it_publishes(store, clock) -> None:
    """A publisher that was overtaken in the middle moves nothing: the other goes on from the checkpoint."""
    store.append(Write(ONE, events(1, 2)))
    told = Bus()
    other = Publisher(store, told, name="bus", clock=clock)

    def asleep(event: dict[str, Any]) -> None:
        told(event)
        if len(told.taken) == 1:
            clock.move(seconds=60)
            assert published(other) == "idle"
            store.append(Write(ONE, events(3)))

    assert published(Publisher(store, asleep, name="bus", clock=clock)) == "elsewhere"
    assert published(other) == "idle"
    assert list(dict.fromkeys(told.ids)) == ids_of(1, 2, 3)
    assert checkpoint(store).position == 3


def test_tried_again_then_paused(store, clock, bus) -> None:
    """An event that is refused is tried again ever later, then the publisher pauses before it until it is resumed."""
    store.append(Write(ONE, events(1, 2, 3)))
    bus.refuses[id_of(2)] = ValueError("no such place")
    publisher = Publisher(store, bus, name="bus", clock=clock, patience=Patience(attempts=3))
    assert published(publisher) == "waiting"
    assert "position 2, NoteAdded: ValueError: no such place" in checkpoint(store).error
    for wait in (1, 2):
        assert publisher.step().wait_seconds == wait
        clock.move(seconds=wait)
        state = published(publisher)
    assert (state, bus.ids, checkpoint(store).status, checkpoint(store).position) == ("paused", ids_of(1), PAUSED, 1)
    assert Publisher(store, bus, name="bus", clock=clock).run(live=False).state == "paused"
    bus.refuses.clear()
    resume(store, clock)
    assert published(publisher) == "idle"
    assert bus.ids == ids_of(1, 2, 3)


def test_tried_again_then_skipped(store, clock, bus) -> None:
    """Where patience skips, the event becomes a dead letter and those behind it go out."""
    store.append(Write(ONE, events(1, 2, 3)))
    bus.refuses[id_of(2)] = ValueError("no such place")
    publisher = Publisher(store, bus, name="bus", clock=clock, patience=Patience(attempts=2, then="skip"))
    assert published(publisher) == "waiting"
    clock.move(seconds=1)
    assert published(publisher) == "idle"
    assert bus.ids == ids_of(1, 3)
    (letter,) = dead_letters(store)
    assert (letter.name, letter.position, letter.id, letter.attempts) == (NAME, 2, id_of(2), 2)


def skipped(store, clock, bus, *numbers: int) -> Publisher:
    """Return a publisher of five events that has skipped those with *numbers*, and told the others."""
    store.append(Write(ONE, events(1, 2, 3)), Write(TWO, events(4, 5)))
    bus.refuses.update((id_of(number), ValueError("no such place")) for number in numbers)
    publisher = Publisher(store, bus, name="bus", clock=clock, patience=Patience(attempts=1, then="skip"))
    assert published(publisher) == "idle"
    return publisher


def test_what_was_skipped_is_told_when_it_is_tried_again(store, clock, bus) -> None:
    """Dead letters that the target takes now are none any more; they come late, and the checkpoint stays in place."""
    publisher = skipped(store, clock, bus, 2, 4)
    bus.refuses.clear()
    step = publisher.retry()
    assert (step.state, step.events, step.error) == ("published", 2, None)
    assert (bus.ids, dead_letters(store)) == (ids_of(1, 3, 5, 2, 4), [])
    assert checkpoint(store).position == 5
    assert (publisher.retry().events, published(publisher)) == (0, "idle")


def test_what_is_refused_again_stays_a_dead_letter(store, clock, bus) -> None:
    """One that the target still refuses keeps the new reason, counts the try, and stands in the way of no other."""
    publisher = skipped(store, clock, bus, 1, 2, 4)
    bus.refuses = {id_of(2): RuntimeError("still not")}
    step = publisher.retry()
    assert (step.events, bus.ids) == (2, ids_of(3, 5, 1, 4))
    (letter,) = dead_letters(store)
    assert (letter.position, letter.attempts) == (2, 2)
    assert "RuntimeError: still not" in letter.error == step.error


def test_an_outage_ends_the_retry(store, clock, bus) -> None:
    """While the target is out of reach the dead letters stay as they are."""
    publisher = skipped(store, clock, bus, 1, 2)
    before = dead_letters(store)
    bus.refuses = {id_of(1): TargetUnavailable("down")}
    step = publisher.retry()
    assert (step.state, step.events) == ("waiting", 0)
    assert dead_letters(store) == before


def test_only_who_is_at_work_tries_again(store, clock, bus) -> None:
    """A second publisher of the name tells nothing while the first one holds the checkpoint."""
    skipped(store, clock, bus, 1)
    bus.refuses.clear()
    assert Publisher(store, bus, name="bus", clock=clock).retry().state == "elsewhere"
    assert len(dead_letters(store)) == 1


@pytest.mark.parametrize("then", ["pause", "skip"])
@pytest.mark.parametrize("error", [TargetUnavailable("down"), ConnectionRefusedError("down"), TimeoutError("late")])
def test_an_outage_is_no_event_s_fault(store, clock, bus, then, error) -> None:
    """While the target is out of reach nothing is given up, however long it takes; the last error can be seen."""
    store.append(Write(ONE, events(1, 2)))
    bus.refuses[id_of(1)] = error
    publisher = Publisher(store, bus, name="bus", clock=clock, patience=Patience(attempts=1, then=then))
    for _ in range(12):
        assert published(publisher) == "waiting"
        clock.move(seconds=60)
    assert checkpoint(store).attempts == 12
    assert type(error).__name__ in checkpoint(store).error
    bus.refuses.clear()
    assert published(publisher) == "idle"
    assert (bus.ids, dead_letters(store), checkpoint(store).error) == (ids_of(1, 2), [], None)


def test_an_event_that_cannot_be_read(store, clock, bus) -> None:
    """An event whose body is gone is not tried again: it is for patience to say at once."""
    store.append(Write(ONE, events(1, 2, 3)))
    read = store.read_all

    def archived(**options):
        return [row._replace(body=None) if row.position == 2 else row for row in read(**options)]

    store.read_all = archived
    publisher = Publisher(store, bus, name="bus", clock=clock, patience=Patience(then="skip"))
    assert published(publisher) == "idle"
    assert bus.ids == ids_of(1, 3)
    assert [letter.position for letter in dead_letters(store)] == [2]


def test_a_target_with_a_defect(store, clock) -> None:
    """A target that raises in place of answering took nothing: all of the batch comes again."""
    store.append(Write(ONE, events(1, 2)))
    calls = count()
    taken: list[str] = []

    class Broken:
        """Fails once, after it took everything."""

        def publish(self, batch: list[Outgoing]) -> Refused | None:
            taken.extend(outgoing.row.id for outgoing in batch)
            if next(calls) == 0:
                raise RuntimeError("a defect")
            return None

    publisher = Publisher(store, Broken(), name="bus", clock=clock)
    assert published(publisher) == "waiting"
    clock.move(seconds=1)
    assert published(publisher) == "idle"
    assert taken == ids_of(1, 2, 1, 2)


def test_follows_the_log(url, store, clock) -> None:
    """A running publisher tells of what is appended meanwhile, by this program and others, until it is stopped."""
    told, more = Bus(), Event()

    def tell(event: dict[str, Any]) -> None:
        told(event)
        more.set()

    publisher = Publisher(store, tell, name="bus", clock=clock)
    runner = Thread(target=publisher.run, daemon=True)
    runner.start()
    with opened(url) as other:
        for number, writer in enumerate((store, other)):
            more.clear()
            writer.append(Write(ONE, events(number)))
            assert more.wait(60)
    publisher.stop()
    runner.join(60)
    assert not runner.is_alive()
    assert told.ids == ids_of(0, 1)
    assert checkpoint(store).owner is None


def test_stopped_while_it_waits(store, clock, bus) -> None:
    """A publisher that waits for its turn ends at once when it is stopped."""
    store.append(Write(ONE, events(1)))
    refused = Event()

    def refuse(event: dict[str, Any]) -> None:
        refused.set()
        raise TargetUnavailable("down")

    publisher = Publisher(store, refuse, name="bus", clock=clock, patience=Patience(first_seconds=60))
    runner = Thread(target=publisher.run, daemon=True)
    runner.start()
    assert refused.wait(60)
    publisher.stop()
    runner.join(30)
    assert not runner.is_alive()


def test_waits_for_the_log(store, clock, bus) -> None:
    """A running publisher waits for a log that cannot be reached; one that was asked to end tells of it."""
    store.append(Write(ONE, events(1)))
    head = store.head
    broken = [StoreUnavailable("down"), StoreUnavailable("down")]

    def lost():
        if broken:
            raise broken.pop()
        return head()

    store.head = lost
    publisher = Publisher(store, bus, name="bus", clock=clock)
    with pytest.raises(StoreUnavailable):
        publisher.run(live=False)
    assert publisher._step_or_wait(live=True).state == "waiting"
    assert published(publisher) == "idle"
    assert bus.ids == ids_of(1)


def test_a_name_is_needed(store, clock, bus) -> None:
    """A publisher without a name, or with one that no column takes, is refused."""
    for name in ("", "x" * 200):
        with pytest.raises(InvalidInput):
            Publisher(store, bus, name=name, clock=clock).step()
