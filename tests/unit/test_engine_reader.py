"""The reader: projections fed from a store, whatever the store holds."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import orjson
import pytest

from engines import REPORTED, engine_on, responding
from respond.domain.ids import hashed_id
from respond.domain.streams import StreamId
from respond.errors import InvalidInput, UnreadableEvent
from respond.projections.statistics import Statistics
from respond.store.memory import MemoryEventStore
from respond.store.records import NewEvent, Write
from respond.testing.conformance.samples import START, ManualClock
from respond.workflow.incident.commands import TakeCommand
from respond.workflow.incident.events import IncidentReported, ProgressNoted


@pytest.fixture
def clock():
    """A clock that stands still until it is moved."""
    return ManualClock()


@pytest.fixture
def store(clock):
    """An empty log in memory."""
    return MemoryEventStore(clock=clock)


@pytest.fixture
def engine(store, clock):
    """An engine on that log."""
    return engine_on(store, clock)


def foreign(name="LuggageLost", *, stream="luggage-7", data=None):
    """Return a write of an event that the engine's workflows do not have."""
    event = NewEvent(id=str(hashed_id(stream, name)), type=name, data=data or {"from": "new", "to": "lost"})
    return Write(StreamId(stream), [event])


def newer(store, position):
    """Let the event at *position* be one of a newer release."""
    row = store._log.rows[position - 1]
    body = orjson.dumps({**orjson.loads(row.body), "schema_version": 9}, option=orjson.OPT_SORT_KEYS)
    store._log.rows[position - 1] = changed = row._replace(body=body)
    rows = store._log.by_stream[row.tenant, StreamId(row.stream)]
    rows[row.version - 1] = changed


def drilled():
    """Return a write to an incident of a drill."""
    event = NewEvent(id=str(hashed_id("drill", "1")), type="ProgressNoted", data={"text": "x"})
    return Write(StreamId.of("incident", "drill", realm="drill"), [event])


class Counting:
    """A store that counts the pages that were read."""

    def __init__(self, store):
        self._store = store
        self.pages = 0

    def __getattr__(self, name):
        return getattr(self._store, name)

    def read_all(self, **options):
        """Return what the store does."""
        self.pages += 1
        return self._store.read_all(**options)


class TestWhen:
    """`as_of`, the world's time, and `known_at`, the log's."""

    def test_a_correction_counts_from_when_it_was_known(self, engine, clock):
        """Before the correction was recorded the log knew the original; later it knows the right value."""
        incident = engine.report(**REPORTED)
        clock.move(minutes=10)
        incident.correct(incident.events()[0].id, {"title": "Card terminals down in 15 shops"}, reason="one forgotten")
        assert incident.state(known_at=START + timedelta(minutes=9)).title == "Card terminals down in 14 shops"
        assert incident.state(known_at=START + timedelta(minutes=10)).title == "Card terminals down in 15 shops"
        assert incident.state().title == "Card terminals down in 15 shops"
        assert incident.state(as_of=START).title == "Card terminals down in 15 shops"

    def test_a_retraction_counts_from_when_it_was_known(self, engine, clock):
        """Before the retraction was recorded the log knew the fact; later it is withdrawn, and still to be read."""
        incident = engine.report(**REPORTED)
        incident.assess(affected_customers=9999)
        clock.move(minutes=10)
        incident.retract(incident.events()[1].id, reason="counted twice")
        before, now = START + timedelta(minutes=9), START + timedelta(minutes=10)
        assert incident.state(known_at=before).assessment.affected_customers == 9999
        assert incident.state(known_at=now).assessment is None
        shown = {one.type: one for one in incident.timeline(known_at=now).entries}
        assert shown["IncidentAssessed"].retracted_by.position == 3
        assert all(one.retracted_by is None for one in incident.timeline(known_at=before).entries)

    def test_an_answer_names_its_last_position(self, engine, clock):
        """What was known is a prefix of the log, and the answer says where it ends."""
        incident = engine.report(**REPORTED)
        clock.move(minutes=10)
        incident.note("Vendor called")
        states = [
            engine.reader.state_at("incident", incident.id, known_at=START + timedelta(minutes=n)) for n in (-1, 0, 10)
        ]
        assert [(one.last_position, one.value.status) for one in states] == [
            (0, "new"),
            (1, "reported"),
            (2, "reported"),
        ]

    def test_a_merge_joins_stories_from_when_it_was_known(self, engine, clock):
        """Before the merge was recorded, nobody knew that the two stories are one."""
        first, second = engine.report(**REPORTED), engine.report(category="other", title="Smoke", actor="chen.yu")
        clock.move(minutes=10)
        first.merge_into(second, reason="the same smoke", actor="li.na")
        before = second.timeline(known_at=START + timedelta(minutes=9))
        assert [one.type for one in before.entries] == ["IncidentReported"]
        assert len(second.timeline().entries) == len(second.timeline(clock="source").entries) == 4


class TestStory:
    """The timeline of an incident that took others in."""

    def test_it_shows_all_stories(self, engine, clock):
        """Every entry of all of them is there with its author and time; the old ids show their own."""
        first, second, third = (engine.report(**{**REPORTED, "actor": actor}) for actor in ("a", "b", "c"))
        clock.move(minutes=1)
        first.note("Smoke", actor="d", at=START - timedelta(hours=1))
        first.merge_into(second, reason="same", actor="e")
        second.merge_into(third, reason="same", actor="f")
        shown = [(one.type, one.actor, one.happened_at) for one in third.timeline(order="log").entries]
        later = START + timedelta(minutes=1)
        assert shown == [
            ("IncidentReported", "a", START),
            ("IncidentReported", "b", START),
            ("IncidentReported", "c", START),
            ("ProgressNoted", "d", START - timedelta(hours=1)),
            ("IncidentMerged", "e", later),
            ("IncidentAbsorbed", "e", later),
            ("IncidentMerged", "f", later),
            ("IncidentAbsorbed", "f", later),
        ]
        assert [one.actor for one in first.timeline(order="log").entries] == ["a", "d", "e"]
        assert [one.actor for one in second.timeline(order="log").entries] == ["a", "b", "d", "e", "e", "f"]

    def test_a_log_that_merges_in_a_circle_ends(self, engine, store):
        """Reality wins: a log where two incidents took each other in still has a timeline."""
        first, second = engine.report(**REPORTED), engine.report(**REPORTED)
        for incident, other in ((first, second), (second, first)):
            stream = StreamId.of("incident", incident.id)
            absorbed = NewEvent(id=str(hashed_id(incident.id)), type="IncidentAbsorbed", data={"source": other.id})
            store.append(Write(stream, [absorbed]))
        assert len(first.timeline().entries) == 4


class TestList:
    """The list and the figures."""

    def test_they_catch_up_with_the_log(self, engine):
        """Whatever was written since the last question is there in the next one."""
        assert engine.incidents().rows == ()
        incident = responding(engine)
        assert [(row.id, row.state, row.level) for row in engine.incidents().rows] == [(incident.id, "responding", 3)]
        incident.resolve("Restarted")
        assert engine.incidents(state="resolved").rows[0].id == incident.id
        assert engine.incidents(state="responding").rows == ()
        assert (engine.statistics().incidents, engine.statistics().states) == (1, {"resolved": 1})

    def test_they_are_paged(self, engine):
        """Pages follow each other, newest first, and end."""
        ids = [engine.report(**REPORTED).id for _ in range(5)]
        first = engine.incidents(limit=3)
        second = engine.incidents(limit=3, after=first.next)
        assert [row.id for row in (*first.rows, *second.rows)] == ids[::-1]
        assert second.next is None

    def test_an_answer_stays_as_it_was(self, engine):
        """Figures that were handed out do not change when the log goes on."""
        engine.report(**REPORTED)
        figures = engine.statistics()
        engine.report(**REPORTED)
        assert figures.incidents == 1

    def test_events_of_other_workflows_are_none_of_their_business(self, engine, store):
        """An event of a workflow that is not registered stands in nobody's way."""
        store.append(foreign())
        engine.report(**REPORTED)
        assert (len(engine.incidents().rows), engine.statistics().incidents) == (1, 1)
        assert engine.incident("INC-2").state().status == "reported"

    def test_what_cannot_be_read_is_counted_and_left_out(self, engine, store):
        """One event of a newer release disables neither the list nor the figures, which tell that it is missing."""
        first = engine.report(**REPORTED, reference="T-1")
        first.note("one")
        first.cancel("A drill nobody announced")
        newer(store, 2)
        second = engine.report(**REPORTED)
        newer(store, 4)
        assert [(row.id, row.state) for row in engine.incidents().rows] == [(first.id, "cancelled")]
        figures = engine.statistics()
        assert (figures.incidents, figures.events, figures.unreadable) == (1, 2, 2)
        assert engine.incident("T-1").id == first.id
        assert engine.statistics().unreadable == 2
        with pytest.raises(UnreadableEvent, match="schema version 9"):
            second.events()

    def test_an_interrupt_leaves_nothing_half_done(self, engine, monkeypatch):
        """When an interrupt falls between an event and its position, the event is not counted twice."""
        engine.report(**REPORTED)
        engine.report(**REPORTED)
        apply = Statistics.apply
        with monkeypatch.context() as patched:

            def interrupted(self, event):
                apply(self, event)
                raise KeyboardInterrupt

            patched.setattr(Statistics, "apply", interrupted)
            with pytest.raises(KeyboardInterrupt):
                engine.incidents()
        assert (len(engine.incidents().rows), engine.statistics().events) == (2, 2)

    def test_what_is_no_business_of_theirs_is_passed_once(self, store, clock):
        """Rows of other tenants and of drills are read past once, not at each question."""
        engine = engine_on(Counting(store), clock)
        engine.report(**REPORTED)
        engine_on(store.for_tenant("other"), clock, seed=1).report(**REPORTED)
        store.append(drilled())
        assert engine.statistics().incidents == 1
        asked = engine.store.pages
        with engine.reader.folded() as folded:
            assert (folded.position, engine.store.pages) == (3, asked)
        engine.report(**REPORTED)
        assert engine.statistics().incidents == 2
        assert engine.store.pages > asked

    def test_an_event_behind_the_head_that_was_read_is_not_passed(self, engine, store, monkeypatch):
        """An event that is written after the head was read, and before an empty page, is in the next answer."""
        store.append(drilled())
        read_all = store.read_all

        def late(**options):
            page = read_all(**options)
            monkeypatch.undo()
            engine.report(**REPORTED)
            return page

        monkeypatch.setattr(store, "read_all", late)
        assert engine.statistics().incidents == 0
        assert engine.statistics().incidents == 1

    def test_threads_ask_while_others_write(self, engine):
        """One engine answers many threads while others write through it; in the end everything is listed."""
        threads, turns = 6, 25
        start = Barrier(threads)

        def work(number):
            start.wait()
            for turn in range(turns):
                if number % 2:
                    engine.report(**REPORTED, reference=f"{number}-{turn}")
                else:
                    assert len(engine.incidents(limit=1000).rows) <= engine.statistics().incidents

        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(work, range(threads)))
        assert len(engine.incidents(limit=1000).rows) == engine.statistics().incidents == threads // 2 * turns

    def test_a_forked_process_asks_while_the_other_is_at_it(self, tmp_path):
        """A process that was forked while a thread held the list still gets an answer, and the right one."""
        program = """
import os, signal
from respond import Engine
with Engine.open("sqlite:///log.db") as engine:
    for title in ("one", "two"):
        engine.report(category="other", title=title)
    with engine.reader.folded():
        child = os.fork()
        if child == 0:
            signal.alarm(20)
            engine.report(category="other", title="three")
            os._exit(len(engine.incidents().rows))
        _, status = os.waitpid(child, 0)
    print(status >> 8, status & 0x7F, len(engine.incidents().rows))
"""
        done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
        assert done.stdout.split() == ["3", "0", "3"]


class TestLog:
    """Every event, in order."""

    def test_it_goes_on_after_a_position(self, engine):
        """The log is read page by page from any position on, drills left out."""
        incident = engine.report(**REPORTED)
        incident.note("one")
        incident.note("two")
        assert [event.position for event in engine.log(after=1)] == [2, 3]
        assert [type(event.data) for event in engine.log()] == [IncidentReported, ProgressNoted, ProgressNoted]

    def test_it_goes_over_the_edge_of_a_page(self, engine, monkeypatch):
        """No event is lost or doubled between two pages."""
        monkeypatch.setattr("respond.engine.reader.PAGE", 2)
        for _ in range(5):
            engine.report(**REPORTED)
        assert [event.position for event in engine.log()] == [1, 2, 3, 4, 5]
        seen = []
        assert engine.replay(progress=seen.append).events == 5
        assert seen == [2, 4, 5]

    def test_what_cannot_be_read_is_named(self, engine, store):
        """An event of no registered workflow stops whoever reads all of the log, with its position."""
        engine.report(**REPORTED)
        store.append(foreign())
        with pytest.raises(UnreadableEvent, match="position 2: 'LuggageLost' is an event of no registered workflow"):
            list(engine.log())

    @pytest.mark.parametrize("after", [2**70, -1, "3", True, 1.0])
    def test_what_is_no_position_is_refused(self, engine, after):
        """A position that no log can have is refused by name, before anything is read."""
        engine.report(**REPORTED)
        with pytest.raises(InvalidInput, match="after: is not a position"):
            engine.log(after=after)


class TestReplay:
    """The whole log, folded from its first event."""

    def test_it_agrees_with_the_states(self, engine):
        """Totals count what each incident's own state says."""
        responding(engine).resolve("Restarted")
        engine.report(**REPORTED).cancel("A drill nobody announced")
        totals = engine.replay(check_leaves=True)
        assert (totals.events, totals.incidents, totals.states) == (7, 2, {"cancelled": 1, "resolved": 1})
        assert (totals.findings, totals.failures, totals.last_position) == ((), (), 7)

    def test_what_cannot_be_read_is_a_failure(self, engine, store):
        """An event that cannot be read is named, and the rest of the log still counts."""
        incident = engine.report(**REPORTED)
        store.append(foreign())
        incident.note("one")
        totals = engine.replay()
        assert [(one.position, one.stream) for one in totals.failures] == [(2, "luggage-7")]
        assert "no registered workflow" in totals.failures[0].text
        assert (totals.events, totals.incidents, totals.last_position) == (3, 1, 3)

    def test_an_altered_event_is_a_failure_when_leaves_are_checked(self, engine, store):
        """An event whose body no longer fits its leaf is not taken on; unchecked, nobody notices."""
        incident = engine.report(**REPORTED)
        incident.note("one")
        row = store._log.rows[1]
        store._log.rows[1] = row._replace(body=row.body.replace(b"one", b"two"))
        totals = engine.replay(check_leaves=True)
        assert [(one.position, one.text) for one in totals.failures] == [
            (2, "position 2: the leaf does not fit the body, its time and its place")
        ]
        assert engine.replay().failures == ()

    def test_an_archived_event_is_counted_apart(self, engine, store):
        """An event whose body was archived cannot be folded without its file: it is left aside, and is no failure."""
        engine.report(**REPORTED)
        store._log.rows[0] = store._log.rows[0]._replace(body=None)
        totals = engine.replay(check_leaves=True)
        assert (totals.events, totals.archived, totals.failures, totals.incidents) == (1, 1, (), 0)


def test_the_states_of_many_aggregates_are_read_at_once():
    """Many states are the states one by one; an aggregate without events is left out."""
    clock = ManualClock()
    engine = engine_on(MemoryEventStore(clock=clock), clock)
    incidents = [engine.report(**REPORTED) for _ in range(3)]
    incidents[1].assess(affected_customers=3)
    found = engine.states("incident", [incidents[1].id, "nobody", incidents[2].id])
    assert found == {incident.id: incident.state() for incident in incidents[1:]}


def test_explain_and_execute_agree_when_the_clock_fell_behind_the_log():
    """What happens now is never before what the log holds, for the one who asks as for the one who acts."""
    clock = ManualClock()
    engine = engine_on(MemoryEventStore(clock=clock), clock)
    incident = engine.report(**REPORTED)
    incident.take_command(actor="chen.yu")
    clock.move(minutes=-1)
    taking = TakeCommand(commander="wang.li")
    assert incident.explain("take_command", taking).allowed
    assert incident.execute(taking, actor="wang.li").events
