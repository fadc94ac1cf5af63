"""The conformance suite of the engine: what it does on one store, it does on every store.

Its users override `store_factory`, as those of the store's own suite do.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

import attrs
import orjson
import pytest

from engines import REPORTED, engine_on, responding
from forks import FORKS
from outline import OUTLINE
from respond.domain.canonical import canonical
from respond.domain.moments import Moment, parse_utc
from respond.domain.money import Money
from respond.domain.references import Actor, Reference
from respond.domain.streams import StreamId, exactly
from respond.engine.circumstances import UNKNOWN
from respond.engine.engine import Engine
from respond.errors import (
    CommandRefused,
    IdempotencyConflict,
    IncidentNotFound,
    PlanNotFound,
    VersionConflict,
    WorkflowNotFound,
)
from respond.plan.resources import Resource
from respond.store.protocol import EventStore
from respond.store.records import NewEvent, Write
from respond.testing.conformance.samples import START, ManualClock
from respond.testing.conformance.stores import StoreFactory, Tested
from respond.testing.conformance.workers import JOIN_SECONDS, Kind
from respond.workflow.incident import INCIDENT
from respond.workflow.incident import commands as c
from respond.workflow.incident.events import Attachment
from rivals import CHEN, REPORT, WANG, Careless, Overtaken, Stumbling, do, handler_on, lost_updates

GOLDEN = Path(__file__).parent / "golden"
EXAMPLES = Path(__file__).parent.parent / "examples"
PHOTO = Attachment(name="photo.jpg", media_type="image/jpeg", size=9, sha256="ab" * 32, uri="s3://evidence/photo.jpg")
TEXT = "网络 \U0001f525 ' \" \\ % :x ? \t\0"
"""Text that a careless statement would trip over."""


_ANY = TEXT + "\u202eלאמשמ\u202c e\u0301 \U0010ffff \ufeff \ufffe \u2028 \r\n \ud7ff\ue000 "
LONGEST = (_ANY * (100_000 // len(_ANY.encode())) + "." * 100_000).encode()[:100_000].decode()
"""The longest text that a command takes: signs of direction, what combines, the last one, and NUL."""
HALF = "\ud83d"
"""Half a character, which no encoding has."""


STOCKED = attrs.evolve(
    OUTLINE, resources=(Resource(id="pump", title="Pumps", kind="material", quantity=3),), name="stocked"
)
"""The example, with three pumps."""


class Reporting:
    """Where a worker waits until all of them are there."""

    start: ClassVar[Any] = None

    @classmethod
    def prepare(cls, start: Any) -> None:
        """Keep *start*, in a process that begins or in this one."""
        cls.start = start


def report_some(factory: StoreFactory, worker: int, threads: int, turns: int) -> list[tuple[str, str]]:
    """Report from several threads at once through one engine; return the id and the number of each incident."""

    def work(thread: int) -> list[tuple[str, str]]:
        Reporting.start.wait(JOIN_SECONDS)
        told = []
        for turn in range(turns):
            incident = engine.report(**REPORTED, command_id=f"{worker} {thread} {turn}")
            told.append((incident.id, incident.number))
        return told

    clock = ManualClock()
    with engine_on(factory(clock=clock), clock, seed=worker) as engine, ThreadPoolExecutor(threads) as pool:
        return [one for result in pool.map(work, range(threads)) for one in result]


def doubles(numbers: Sequence[str]) -> list[str]:
    """Return the numbers that more than one incident has."""
    return sorted({number for number in numbers if numbers.count(number) > 1})


class EngineConformance(Tested):
    """What an engine promises, on the store that `store_factory` opens."""

    worker_kind: ClassVar[Kind] = "process"

    @pytest.fixture
    def open_engine(self, store_factory: StoreFactory, clock: ManualClock) -> Iterator[Callable[..., Engine]]:
        """Return a function that opens another engine on the same log; each is closed when the test ends."""
        with ExitStack() as stack:

            def opened(*, tenant: str = "default", **options: Any) -> Engine:
                store = store_factory(clock=clock, tenant=tenant)
                return stack.enter_context(engine_on(store, clock, **{"seed": len(seeds), **options}))

            seeds: list[None] = []

            def counted(**options: Any) -> Engine:
                seeds.append(None)
                return opened(**options)

            yield counted

    @pytest.fixture
    def engine(self, open_engine: Callable[..., Engine]) -> Engine:
        """Return an engine on an empty log."""
        return open_engine()

    # -- a whole life --------------------------------------------------------------------------------------------------

    def test_a_whole_life(self, engine, open_engine, clock):
        """An incident goes from its report to its closed review, and another engine reads it all back."""
        incident = engine.report(**REPORTED, narrative=TEXT, reference="HD-7", team="front desk")
        steps = (
            lambda: incident.assess(affected_customers=300, spread="regional", actor="chen.yu", role="assessor"),
            lambda: incident.assign_level(2, basis="regional", actor="chen.yu"),
            lambda: incident.start_response(actor="chen.yu"),
            lambda: incident.take_command("li.na", briefing="All shops told", actor="chen.yu"),
            lambda: incident.change_level(1, justification="it spreads", actor="li.na"),
            lambda: incident.report_upward("initial", recipient="ministry", summary="14 shops", actor="li.na"),
            lambda: incident.note(TEXT, attachments=(PHOTO,), fields={"crew": 6, "open": True}, actor="li.na"),
            lambda: incident.assign_team("network", actor="li.na"),
            lambda: incident.resolve("Terminals restarted", actor="li.na"),
            lambda: incident.reopen("Two shops are still down", actor="wang.li"),
            lambda: incident.resolve("Power supply replaced", actor="li.na"),
            lambda: incident.close_review("Buy a second one", actor="chen.yu"),
        )
        for version, step in enumerate(steps, start=2):
            clock.move(minutes=10)
            outcome = step()
            assert (outcome.position, list(outcome.versions.values())) == (version, [version])
        other = open_engine()
        found = other.incident("HD-7")
        state = found.state()
        assert state == incident.state() == INCIDENT.fold(other.log())
        assert (state.status, state.level, state.worst_level, state.reopened) == ("reviewed", 1, 1, 1)
        assert (state.commander, state.team, state.narrative) == ("li.na", "network", TEXT)
        shown = found.timeline().entries
        assert [(one.position, one.version) for one in shown] == [(number, number) for number in range(1, 14)]
        assert [one.happened_at for one in shown] == [START + timedelta(minutes=10 * n) for n in range(13)]
        assert next(one for one in shown if one.type == "ProgressNoted").data["text"] == TEXT
        review = found.review()
        assert (review.number, review.status, review.peak_level.level) == ("INC-1", "reviewed", 1)
        assert {tenure.holder for tenure in review.commanders} == {"li.na"}
        assert (review.upward_reports_missing, review.deviations) == ((), ())
        (row,) = other.incidents(level=1, state="reviewed").rows
        assert (row.id, row.reference, row.updated_at) == (incident.id, "HD-7", START + timedelta(hours=2))
        figures, totals = other.statistics(), other.replay(check_leaves=True)
        assert (figures.states, figures.reopened, figures.raised) == ({"reviewed": 1}, 1, 1)
        assert (totals.events, totals.states, totals.findings, totals.failures) == (13, {"reviewed": 1}, (), ())

    def test_any_text_survives(self, engine, open_engine):
        """The longest text of any characters comes back unchanged, also from another engine and as JSON."""
        incident = engine.report(**{**REPORTED, "title": LONGEST}, narrative=LONGEST)
        incident.note(LONGEST, actor="li.na")
        other = open_engine().incident(incident.id)
        assert (other.state().title, other.state().narrative) == (LONGEST, LONGEST)
        assert other.events()[-1].data.text == LONGEST
        assert orjson.loads(canonical(other.review().to_json()))["narrative"] == LONGEST
        assert other.review().notes[0].text == LONGEST

    def test_a_text_that_is_none(self, engine):
        """One byte more, and half a character, are refused by name and all together; nothing is written."""
        incident = engine.report(**REPORTED)
        head = engine.store.head()
        with pytest.raises(CommandRefused) as caught:
            incident.note(LONGEST + ".", fields={"crew": HALF}, actor="li.na")
        assert [(one.code, one.text.partition(";")[0]) for one in caught.value.refusals] == [
            ("text-too-long", "text has 100,001 bytes"),
            ("text-not-unicode", "fields: a lone surrogate is half a character"),
        ]
        with pytest.raises(CommandRefused, match=r"title has 100,001 bytes.*narrative: a lone surrogate"):
            engine.report(**{**REPORTED, "title": "x" * 100_001}, narrative=HALF)
        assert engine.store.head() == head

    def test_explain_and_refuse(self, engine, open_engine):
        """A refusal says all that stands in the way, an explanation says it before, and neither writes anything."""
        incident = responding(engine, level=1)
        before = engine.store.head()
        with pytest.raises(CommandRefused) as refused:
            incident.resolve(" ", actor=Actor("chen.yu", "magician"))
        command = c.Resolve(resolution=" ")
        explained = open_engine().explain(
            "incident", incident.id, "resolve", command, actor=Actor("chen.yu", "magician")
        )
        assert refused.value.refusals == explained.refusals
        assert [one.code for one in explained.refusals] == ["role-unknown", "upward-report-owed", "resolution-missing"]
        assert engine.store.head() == before

    def test_when_it_happened(self, engine, open_engine):
        """Intervals, coarse times, offsets, and that nobody knows: all of it is read back as it was told."""
        told = [
            Moment(START - timedelta(hours=3), until=START - timedelta(hours=1)),
            Moment(START - timedelta(days=1), precision="day", offset_minutes=480),
            Moment(parse_utc("0001-01-01T00:00:00Z")),
            Moment(START, precision="minute"),
        ]
        incident = engine.report(**REPORTED, at=UNKNOWN)
        for moment in told:
            incident.note("Seen by the cleaner", at=moment)
        events = open_engine().events("incident", incident.id)
        assert [event.occurred_at for event in events] == [None, *told]

    # -- the same command twice ----------------------------------------------------------------------------------------

    def test_a_retry_answers_with_the_first_outcome(self, engine, open_engine, clock):
        """A command id answers with its first outcome, from any engine, at any time, also after later events."""
        report = engine.report(**REPORTED, command_id="mail 17 (网络)")
        clock.move(minutes=1)
        assess = report.assess(injured=0, command_id="form 4", actor="chen.yu")
        for _ in range(3):
            clock.move(minutes=1)
            report.note("Vendor called")
        other = open_engine()
        again = other.report(**REPORTED, command_id="mail 17 (网络)")
        assert (again.id, again.outcome) == (report.id, attrs.evolve(report.outcome, replayed=True))
        assert again.assess(injured=0, command_id="form 4", actor="chen.yu") == attrs.evolve(assess, replayed=True)
        assert other.store.head().position == 5

    def test_an_id_stands_for_one_command(self, engine, open_engine):
        """Another command under a known id is a conflict, on the same incident and on another one."""
        one, two = engine.report(**REPORTED), engine.report(**REPORTED)
        one.note("Vendor called", command_id="x")
        for incident in (one, open_engine().incident(two.id)):
            with pytest.raises(IdempotencyConflict):
                incident.note("Vendor called again", command_id="x")
        assert engine.store.head().position == 3

    def test_two_calls_with_one_id_at_once(self, store_factory, engine, clock):
        """Of two calls with one id, at two instants, one writes, and both answer the same."""
        incident = engine.report(**REPORTED)
        outcomes = []

        def faster():
            clock.move(seconds=3)
            outcomes.append(incident.note("Vendor called", command_id="x"))

        with engine_on(Overtaken(store_factory(clock=clock), faster), ManualClock(), seed=9) as slower:
            outcomes.append(slower.incident(incident.id).note("Vendor called", command_id="x"))
        assert outcomes[1] == attrs.evolve(outcomes[0], replayed=True)
        assert engine.store.head().position == 2

    # -- at once -------------------------------------------------------------------------------------------------------

    def test_numbers_are_unique(self, engine, store_factory):
        """Eight reporters at once: every incident has a number of its own, and is found by it."""
        pool: Executor
        if self.worker_kind == "process":
            workers, threads = 4, 2
            start = FORKS.Barrier(workers * threads)
            pool = ProcessPoolExecutor(workers, mp_context=FORKS, initializer=Reporting.prepare, initargs=(start,))
        else:
            workers, threads = 8, 1
            Reporting.prepare(threading.Barrier(workers))
            pool = ThreadPoolExecutor(workers)
        with pool:
            futures = [pool.submit(report_some, store_factory, worker, threads, 4) for worker in range(workers)]
            told = [one for future in futures for one in future.result(JOIN_SECONDS)]
        assert len(told) == len(dict(told)) == 32
        assert doubles([number for _, number in told]) == []
        assert sorted(number for _, number in told) == sorted(f"INC-{position}" for position in range(1, 33))
        assert all(engine.incident(number).id == incident_id for incident_id, number in told)

    def test_numbers_that_are_counted_are_not_unique(self, engine, store_factory, clock):
        """The control: whoever numbers incidents by counting them gives a number twice."""
        numbers = []

        def report_and_count(teller):
            number = f"INC-{len(teller.incidents().rows) + 1}"
            teller.report(**REPORTED)
            numbers.append(number)

        overtaken = Overtaken(store_factory(clock=clock), lambda: report_and_count(engine))
        with engine_on(overtaken, clock, seed=9) as slower:
            report_and_count(slower)
        assert doubles(numbers) == ["INC-1"]

    def test_two_take_command_at_once(self, engine, store_factory, clock):
        """Of two who take command at once one is commander after the other: no update is lost."""
        incident = engine.report(**REPORTED)
        overtaken = Overtaken(store_factory(clock=clock), lambda: incident.take_command(actor=CHEN))
        with engine_on(overtaken, clock, seed=9) as slower:
            slower.incident(incident.id).take_command(actor=WANG)
        assert lost_updates(incident.events()) == []
        assert [tenure.holder for tenure in incident.review().commanders][-1] == incident.state().commander == "wang.li"

    def test_who_appends_with_any_loses_an_update(self, engine, store_factory, clock):
        """The control: a handler that does not say what it expects is caught by the same checker."""
        incident = engine.report(**REPORTED)
        careless = Overtaken(Careless(store_factory(clock=clock)), lambda: incident.take_command(actor=CHEN))
        with engine_on(careless, clock, seed=9) as slower:
            slower.incident(incident.id).take_command(actor=WANG)
        assert lost_updates(incident.events()) == ["wang.li took over from None, not chen.yu"]

    def test_who_takes_command_now_is_not_too_early(self, engine, store_factory, clock):
        """Another one takes command a minute later and is in the log first: now is later still, nobody is refused."""
        incident = engine.report(**REPORTED)

        def faster():
            clock.move(minutes=1)
            incident.take_command(actor=CHEN)

        with engine_on(Overtaken(store_factory(clock=clock), faster), clock, seed=9) as slower:
            slower.incident(incident.id).take_command(actor=WANG)
        taken = [(event.actor, event.happened_at) for event in incident.events()[1:]]
        assert taken == [("chen.yu", START + timedelta(minutes=1)), ("wang.li", START + timedelta(minutes=1))]
        assert incident.state().commander == incident.review().commanders[-1].holder == "wang.li"

    def test_many_take_command_through_one_engine(self, engine):
        """Threads that share an engine take command at once: everyone does, one after the other."""
        incident = engine.report(**REPORTED)
        people = [f"person {number}" for number in range(4)]
        start = threading.Barrier(len(people))

        def take(person):
            start.wait(JOIN_SECONDS)
            return incident.take_command(actor=person).position

        with ThreadPoolExecutor(len(people)) as pool:
            positions = list(pool.map(take, people))
        assert sorted(positions) == [2, 3, 4, 5]
        history = incident.events()
        assert lost_updates(history) == []
        assert {event.actor for event in history[1:]} == set(people)

    def test_the_conflict_is_raised_after_eight_attempts(self, engine, store_factory, clock):
        """Who is overtaken at every one of eight attempts is told so, and wrote nothing."""
        incident = engine.report(**REPORTED)
        overtaken = Overtaken(store_factory(clock=clock), *[lambda: incident.note("Faster")] * 8)
        with engine_on(overtaken, clock, seed=9) as slower, pytest.raises(VersionConflict):
            slower.incident(incident.id).note("Slower")
        assert overtaken.appends == 8
        assert engine.store.head().position == 9

    # -- resources -----------------------------------------------------------------------------------------------------

    def test_the_last_of_it_is_promised_once(self, open_engine, store_factory, clock):
        """Two who want all that is left at once: one gets it, the other one learns that it is gone."""
        engine = open_engine(plans=[STOCKED])
        first, second = engine.report(**REPORTED), engine.report(**REPORTED)
        engine.pool("pump").open()
        overtaken = Overtaken(store_factory(clock=clock), lambda: engine.pool("pump").commit(first.id, 2))
        refusal = pytest.raises(CommandRefused, match="stock-short")
        with engine_on(overtaken, clock, seed=9, plans=[STOCKED]) as slower, refusal:
            slower.pool("pump").commit(second.id, 2)
        assert (engine.pool("pump").state().available, second.resources()) == (1, {})

    def test_who_forgets_what_it_expected_promises_it_twice(self, open_engine, store_factory, clock):
        """The control: a handler that does not say what it expects promises more than there is."""
        engine = open_engine(plans=[STOCKED])
        first, second = engine.report(**REPORTED), engine.report(**REPORTED)
        engine.pool("pump").open()
        careless = Overtaken(Careless(store_factory(clock=clock)), lambda: engine.pool("pump").commit(first.id, 2))
        with engine_on(careless, clock, seed=9, plans=[STOCKED]) as slower:
            slower.pool("pump").commit(second.id, 2)
        assert engine.pool("pump").state().available == -1

    def test_many_want_it_at_once(self, open_engine):
        """Threads that share an engine: as many get one as there are, each of the others is refused."""
        engine = open_engine(plans=[STOCKED])
        incident = engine.report(**REPORTED)
        engine.pool("pump").open()
        start = threading.Barrier(5)

        def want(_):
            start.wait(JOIN_SECONDS)
            try:
                return engine.pool("pump").commit(incident.id, 1).position
            except CommandRefused as refused:
                return refused.refusals[0].code

        with ThreadPoolExecutor(5) as pool:
            told = list(pool.map(want, range(5)))
        assert sorted(map(str, told)) == ["4", "6", "8", "stock-short", "stock-short"]
        assert incident.resources()["pump"].held == engine.pool("pump").state().committed == 3

    # -- merging -------------------------------------------------------------------------------------------------------

    def test_merging_loses_nothing(self, engine, open_engine, clock):
        """The target shows both stories with authors and times, the old id answers, and again yields nothing."""
        first = engine.report(**REPORTED)
        second = engine.report(category="other", title="Smoke", actor="chen.yu")
        clock.move(minutes=10)
        first.note("Burnt cable", actor="li.na", at=START + timedelta(minutes=2))
        first.merge_into(second, reason="the same smoke", actor="zhao.min")
        other = open_engine()
        assert other.merge(first.id, second.id, reason="the same smoke").events == ()
        assert other.store.head().position == 5
        story = [
            (one.type, one.actor, one.happened_at) for one in other.incident(second.id).timeline(order="log").entries
        ]
        texts = [one.text for one in other.incident(second.id).timeline(order="log").entries]
        assert [text.partition(": ")[0] for text in texts] == [
            first.number,
            "Reported",
            first.number,
            first.number,
            f"Absorbed {first.id}",
        ]
        later = START + timedelta(minutes=10)
        assert story == [
            ("IncidentReported", "wang.li", START),
            ("IncidentReported", "chen.yu", START),
            ("ProgressNoted", "li.na", START + timedelta(minutes=2)),
            ("IncidentMerged", "zhao.min", later),
            ("IncidentAbsorbed", "zhao.min", later),
        ]
        old = other.incident(first.number)
        assert (old.state().status, old.state().merged_into) == ("merged", second.id)
        assert len(old.timeline().entries) == 3
        assert other.incident(second.id).state().absorbed == (first.id,)
        assert [row.merged_into for row in other.incidents().rows] == [None, second.id]

    def test_merging_sheds_no_duty(self, engine, open_engine):
        """A report that the merged incident owed is owed by the one that goes on, in its state, guard and review."""
        grave, slight = responding(engine, level=1), responding(engine, level=4)
        grave.merge_into(slight, reason="the same smoke", actor="zhao.min")
        other = open_engine().incident(slight.id)
        assert (other.state().level, other.state().worst_level) == (4, 1)
        with pytest.raises(CommandRefused) as refused:
            other.resolve("Restarted", actor="chen.yu")
        assert [one.code for one in refused.value.refusals] == ["upward-report-owed"]
        (duty,) = other.review().upward_reports_missing
        assert (duty.level, other.review().peak_level.level) == (1, 1)
        other.report_upward("initial", recipient="ministry", summary="14 shops", actor="chen.yu")
        other.resolve("Restarted", actor="chen.yu")
        assert other.review().upward_reports_missing == ()

    def test_a_report_that_was_sent_before_the_merge_counts(self, engine):
        """The control: what the merged incident reported upward meets the duty, through a second merge too."""
        grave, slight, last = (responding(engine, level=level) for level in (1, 4, 3))
        grave.report_upward("initial", recipient="ministry", summary="14 shops", actor="chen.yu")
        grave.merge_into(slight, reason="the same smoke", actor="zhao.min")
        slight.merge_into(last, reason="the same smoke", actor="zhao.min")
        last.resolve("Restarted", actor="chen.yu")
        (duty,) = last.review().upward_duties
        assert (duty.level, duty.met_by) == (1, duty.because_of)

    def test_a_merge_tells_of_the_incident_as_it_was_merged(self, engine, store_factory, clock):
        """When the level is raised between the look and the write, the merge looks again."""
        source, into = responding(engine, level=4), responding(engine, level=4)

        def raised():
            source.change_level(1, justification="all shops", actor="chen.yu")

        with engine_on(Overtaken(store_factory(clock=clock), raised), clock, seed=9) as slower:
            slower.merge(source.id, into.id, reason="same", actor="wang.li", command_id="merge-1")
            assert into.state().worst_level == 1
            again = slower.merge(source.id, into.id, reason="same", actor="wang.li", command_id="merge-1")
        assert again.replayed
        (absorbed,) = (event.data for event in into.events() if event.type == "IncidentAbsorbed")
        assert (absorbed.worst_level, absorbed.reported_upward) == (1, False)

    def test_half_a_merge_is_never_written(self, engine, store_factory, clock):
        """When the second of its two writes is refused, neither of them is in the log."""
        first, second = engine.report(**REPORTED), engine.report(**REPORTED)
        before = engine.store.head()
        stumbling = Stumbling(store_factory(clock=clock))
        with engine_on(stumbling, clock, seed=9) as rival, pytest.raises(VersionConflict):
            rival.merge(first.id, second.id, reason="same")
        assert engine.store.head() == before
        assert half_merges(engine, first.id) == []

    def test_a_merge_in_two_steps_is_caught(self, engine, store_factory, clock):
        """The control: a store that takes the two writes one after the other leaves half a merge behind."""
        first, second = engine.report(**REPORTED), engine.report(**REPORTED)
        with engine_on(Stumbling(store_factory(clock=clock), atomic=False), clock, seed=9) as stumbling:
            stumbling.merge(first.id, second.id, reason="same")
        assert half_merges(engine, first.id) == [second.id]

    def test_what_cannot_be_merged_is_refused(self, engine):
        """A missing incident, a circle, and itself: refused, and nothing is written."""
        first, second = engine.report(**REPORTED), engine.report(**REPORTED)
        for source, into in ((first.id, "nobody"), ("nobody", first.id)):
            with pytest.raises(IncidentNotFound, match="there is no incident 'nobody'"):
                engine.merge(source, into, reason="same")
        with pytest.raises(CommandRefused, match="merge-into-itself"):
            engine.merge(first.id, first.id, reason="same")
        engine.merge(first.id, second.id, reason="same")
        with pytest.raises(CommandRefused, match="absorb is refused in state 'merged'"):
            engine.merge(second.id, first.id, reason="same")
        assert engine.store.head().position == 4

    # -- amending ------------------------------------------------------------------------------------------------------

    def test_amendments_count_from_when_they_were_known(self, engine, open_engine, clock):
        """Before it was corrected and retracted the log knew the original; by now it knows better, and shows both."""
        incident = engine.report(**REPORTED)
        incident.assess(affected_customers=9999, actor="chen.yu")
        clock.move(minutes=10)
        report, wrong = (event.id for event in incident.events())
        incident.correct(report, {"title": "Card terminals down in 15 shops"}, reason="one forgotten", actor="li.na")
        incident.retract(wrong, reason="counted twice", actor="li.na")
        found = open_engine().incident(incident.id)
        before = found.state(known_at=START + timedelta(minutes=9))
        now = found.state(known_at=START + timedelta(minutes=10))
        assert (before.title, before.assessment.affected_customers) == (REPORTED["title"], 9999)
        assert (now.title, now.assessment) == ("Card terminals down in 15 shops", None)
        shown = found.timeline(order="log").entries
        assert shown[0].original["title"] == REPORTED["title"]
        assert shown[0].data["title"] == "Card terminals down in 15 shops"
        assert [one.position for one in shown[0].corrected_by] == [3]
        assert shown[1].retracted_by.position == 4
        assert not found.timeline(known_at=START + timedelta(minutes=9)).entries[0].corrected_by

    # -- apart ---------------------------------------------------------------------------------------------------------

    def test_tenants_do_not_see_each_other(self, open_engine):
        """Two tenants of one database: none sees, finds, counts or merges what is the other's."""
        ours, theirs = open_engine(tenant="ours"), open_engine(tenant="theirs")
        mine = ours.report(**REPORTED, reference="HD-1", command_id="same id")
        other = theirs.report(**{**REPORTED, "title": "Another"}, reference="HD-1", command_id="same id")
        other.note("Vendor called")
        assert mine.id == other.id
        assert [(row.number, row.title) for row in ours.incidents().rows] == [("INC-1", REPORTED["title"])]
        assert [(row.number, row.title) for row in theirs.incidents().rows] == [("INC-2", "Another")]
        assert (len(mine.events()), len(other.timeline().entries)) == (1, 2)
        assert (ours.replay().events, theirs.statistics().events) == (1, 2)
        assert ours.incident("HD-1").state().title == REPORTED["title"]
        with pytest.raises(IncidentNotFound):
            ours.incident("INC-2")
        unseen = theirs.report(**REPORTED)
        with pytest.raises(IncidentNotFound):
            ours.merge(mine.id, unseen.id, reason="same")

    def test_a_drill_never_meets_reality(self, engine, clock):
        """What happens in a drill is in no list, no figure, no replay, no timeline, and under no number."""
        incident = engine.report(**REPORTED, reference="HD-1")
        drill = handler_on(engine.store, clock, seed=9, realm="drill")
        do(drill, attrs.evolve(REPORT, reference="DRILL-1"), key="exercise")
        do(drill, REPORT, key=incident.id)
        do(drill, c.Note(text="Only a drill"), key=incident.id)
        assert len(drill.load(StreamId.of("incident", incident.id, "drill"))) == 2
        assert [row.id for row in engine.incidents().rows] == [incident.id]
        totals = engine.replay()
        assert (totals.events, totals.incidents, totals.drills, engine.statistics().events) == (1, 1, 0, 1)
        assert [event.position for event in engine.log()] == [1]
        assert len(incident.timeline().entries) == len(incident.events()) == 1
        for name in ("INC-2", "INC-3", "DRILL-1", "exercise"):
            with pytest.raises(IncidentNotFound):
                engine.incident(name)

    def test_the_pinned_plan_is_asked_for(self, open_engine):
        """An engine without the pinned plan, or with its content changed, says what to give it; it still reads."""
        plan = OUTLINE
        incident = open_engine(plans=[plan]).report(**REPORTED)
        raised = attrs.evolve(plan, version="2")
        for plans, text in (([raised], "was not given; open the engine"), ([attrs.evolve(plan, title="x")], "content")):
            other = open_engine(plans=plans)
            with pytest.raises(PlanNotFound, match=text):
                other.incident(incident.id).assess(injured=0)
            assert other.state("incident", incident.id).plan == plan.reference
        open_engine(plans=[raised, plan]).incident(incident.id).assess(injured=0)
        assert incident.state().status == "assessed"

    # -- what was stored before ----------------------------------------------------------------------------------------

    def test_events_of_schema_version_1_are_read(self, engine):
        """A stream that was stored in the first schema version folds, and goes through every projection."""
        stored = store_golden(engine.store, "incident-v1.jsonl")
        rows = engine.store.read_stream(StreamId.of("incident", "golden-1"))
        assert [row.mapping()["data"] for row in rows] == [body["data"] for body in stored]
        assert {event.schema_version for event in engine.events("incident", "golden-1")} == {1}
        found = engine.incident("INC-1")
        state = found.state()
        assert (state.status, state.level, state.commander) == ("resolved", 1, None)
        assert (state.assessment.affected_customers, state.assessment.findings) == (300, "14 shops, card payments only")
        assert [told.report.kind for told in state.upward_reports] == ["initial", "follow_up", "final"]
        shown = {one.position: one for one in found.timeline().entries}
        assert (shown[2].data["affected_customers"], shown[5].data["kind"]) == (300, "initial")
        review = found.review()
        assert (review.upward_reports_missing, len(review.upward_reports), review.deviations) == ((), 3, ())
        (row,) = engine.incidents().rows
        assert (row.id, row.state, row.level) == ("golden-1", "resolved", 1)
        figures, totals = engine.statistics(), engine.replay(check_leaves=True)
        assert (figures.states, figures.resolve.median_seconds) == ({"resolved": 1}, 420)
        assert (totals.states, totals.findings, totals.failures) == ({"resolved": 1}, (), ())

    def test_a_whole_life_of_schema_version_1_is_read(self, engine):
        """Every event that an incident could have before plans drove it is read as the first versions stored it."""
        stored = store_golden(engine.store, "incident-v1-whole-life.jsonl")
        later = [orjson.loads(line) for file in GOLDEN.glob("*.jsonl") for line in file.read_bytes().splitlines()]
        missing = {one.name for one in INCIDENT.event_types} - {body["type"] for body in stored}
        assert missing - {body["type"] for body in later} == set()
        incident = engine.incident("INC-1")
        state = incident.state()
        assert (state.status, state.reopened, len(state.upward_reports)) == ("reviewed", 2, 2)
        assert [one.assessment.affected_customers is not None for one in state.assessments] == [True] * 2
        assert [one.id for one in incident.timeline(order="log").entries] == [body["id"] for body in stored]
        totals = engine.replay(check_leaves=True)
        assert (totals.events, totals.states, totals.failures) == (23, {"reviewed": 1}, ())
        assert (engine.statistics().states, engine.incidents().rows[0].state) == ({"reviewed": 1}, "reviewed")

    def test_an_old_stream_goes_on(self, engine):
        """A stream of the first schema version takes new events, in the current one, and corrections of old ones."""
        store_golden(engine.store, "incident-v1.jsonl")
        incident = engine.incident("golden-1")
        old = incident.events()[1].id
        incident.correct(old, {"affected_customers": 310}, reason="ten were forgotten")
        incident.assess(affected_customers=320, actor="chen.yu")
        assert incident.events()[-1].schema_version == 2
        assert [one.assessment.affected_customers for one in incident.state().assessments] == [310, 320]

    # -- a user's own workflow -----------------------------------------------------------------------------------------

    def test_a_workflow_of_a_user(self, open_engine, clock, monkeypatch):
        """A user's workflow and the incident's share one log; a stranger to the one works with the other."""
        monkeypatch.syspath_prepend(EXAMPLES)
        desk = importlib.import_module("lost_luggage")
        engine = open_engine(workflows=[desk.WORKFLOW], plans=[OUTLINE, desk.PLAN])
        incident = engine.report(**REPORTED)
        lost = desk.ReportMissing(kind="instrument", tag="0125557777", flight="BA 117")
        first = engine.execute("bag", "BA-7", lost, actor="mo.farah", plan="lost-luggage-desk", command_id="desk 1")
        write_off = desk.WriteOff(compensation=Money(Decimal("1200.00"), "EUR"))
        with pytest.raises(CommandRefused) as refused:
            engine.execute("bag", "BA-7", write_off, actor="mo.farah", role="agent")
        explained = engine.explain("bag", "BA-7", "write_off", write_off, actor=Actor("mo.farah", "agent"))
        assert refused.value.refusals == explained.refusals
        assert [one.code for one in explained.refusals] == ["supervisor-needed", "search-too-short"]
        clock.move(days=21)
        engine.execute("bag", "BA-7", write_off, actor="li.na", role="supervisor")
        engine.execute("bag", "BA-7", desk.Trace(station="JFK"), actor="mo.farah", role="agent")
        other = open_engine(workflows=[desk.WORKFLOW], plans=[OUTLINE, desk.PLAN])
        bag = other.state("bag", "BA-7")
        assert (bag.status, bag.station, bag.compensation, bag.resurfaced) == (
            "traced",
            "JFK",
            Money(Decimal("1200.00"), "EUR"),
            True,
        )
        assert other.state("bag", "BA-7", known_at=START).status == "missing"
        again = other.execute("bag", "BA-7", lost, actor="mo.farah", plan="lost-luggage-desk", command_id="desk 1")
        assert again == attrs.evolve(first, replayed=True)
        totals = other.replay()
        assert (totals.aggregates, totals.findings) == ({"bag": {"traced": 1}, "incident": {"reported": 1}}, ())
        stranger = open_engine()
        assert stranger.incident(incident.number).state().status == "reported"
        assert [row.id for row in stranger.incidents().rows] == [incident.id]
        assert [failure.stream for failure in stranger.replay().failures] == ["bag-BA-7"] * 3
        with pytest.raises(WorkflowNotFound, match="no workflow is registered for 'bag'"):
            stranger.state("bag", "BA-7")

    # -- closing -------------------------------------------------------------------------------------------------------

    def test_closing_twice(self, store_factory, clock):
        """An engine may be closed twice, by hand and by the end of its block; what it wrote stays."""
        with engine_on(store_factory(clock=clock), clock) as engine:
            engine.report(**REPORTED)
            engine.close()
        engine.close()
        with engine_on(store_factory(clock=clock), clock, seed=1) as again:
            assert again.statistics().incidents == 1


def half_merges(engine: Engine, incident_id: str) -> list[str]:
    """Return where an incident says that it went, of those incidents that do not know of it."""
    into = engine.state("incident", incident_id).merged_into
    return [into] if into is not None and incident_id not in engine.state("incident", into).absorbed else []


def store_golden(store: EventStore, name: str) -> list[dict[str, Any]]:
    """Append the golden stream in the file *name* as it was written; return its bodies."""
    bodies = [orjson.loads(line) for line in (GOLDEN / name).read_bytes().splitlines()]
    plain = ("id", "type", "data", "schema_version", "subject", "actor", "source")
    read = {"occurred_at": Moment.from_json, "plan": Reference.from_json, "definition": Reference.from_json}
    events = [
        NewEvent(
            **{name: body[name] for name in plain if name in body},
            **{name: of(body[name]) for name, of in read.items() if name in body},
        )
        for body in bodies
    ]
    store.append(Write(StreamId(bodies[0]["stream"]), events, exactly(0)))
    return bodies
