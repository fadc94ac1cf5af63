"""Watchers raise what falls due once, in memory and in every database, whoever else watches, writes or is killed."""

from __future__ import annotations

import asyncio
import random
import signal
import threading
from functools import partial

import attrs
import pytest

from mortal import at_point, child, ended
from respond.domain.streams import ANY, StreamId
from respond.engine.async_engine import AsyncEngine
from respond.engine.engine import Engine
from respond.engine.projecting import Projecting
from respond.engine.watch import WATCHER, Watch
from respond.errors import CommandRefused, InvalidInput, PlanNotFound, UnreadableEvent
from respond.plan.authority import ANYONE, AuthorityRule
from respond.projections.looks import Looked
from respond.projections.sql.due import TableDue
from respond.store.memory import MemoryEventStore
from respond.store.records import NewEvent, Write
from respond.testing.conformance.samples import START, ManualClock
from respond.transfer.archive import archive_log
from respond.workflow.approvals import Approve
from respond.workflow.incident import INCIDENT
from respond.workflow.incident.commands import RaiseDue
from respond.workflow.incident.events import ObligationRaised
from respond.workflow.migration import MigrateDefinition
from respond.workflow.warning.commands import RecordSignal
from rivals import Careless, Overtaken
from watching import (
    DATABASES,
    PLAN,
    SHORT,
    STORES,
    WithoutIds,
    raised,
    reported,
    stores,
    thorough,
    to_be_raised,
    watched,
)

FIRST, SECOND = (("assess", 1, rung, 10) for rung in (1, 2))


@pytest.fixture
def clock() -> ManualClock:
    """Return a clock that stands still until it is moved."""
    return ManualClock()


@pytest.fixture(params=STORES)
def store(request, clock):
    """Yield an empty store."""
    url = None if request.param == "memory" else str(request.getfixturevalue(f"{request.param}_url"))
    with stores(url, clock) as store:
        yield store


@pytest.fixture(params=DATABASES)
def url(request) -> str:
    """Return the URL of an empty database."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def engine(store, clock) -> Engine:
    """Return an engine on the store."""
    return watched(store, clock)


@pytest.fixture
def memory(clock) -> Engine:
    """Return an engine on a log in memory."""
    return watched(MemoryEventStore(clock=clock), clock)


class TestRounds:
    """What one watcher does."""

    def test_each_reached_rung_is_raised_once(self, engine, clock):
        """A rung is raised at its moment, and never again; who is told, and that nobody decided it, is recorded."""
        incident, watch = reported(engine), engine.watch()
        assert watch.round().raised == 0
        clock.move(minutes=7)
        assert watch.round().raised == 1
        assert watch.round().raised == 0
        assert raised(engine, incident) == [FIRST]
        clock.move(minutes=3)
        assert (watch.round().raised, watch.round().raised) == (1, 0)
        assert raised(engine, incident) == [FIRST, SECOND]
        last = incident.events()[-1]
        assert (last.data.tell, last.actor) == (("duty_officer", "commander"), WATCHER)

    def test_a_watcher_that_was_away_raises_in_order(self, engine, clock):
        """After days what is still due is raised at once, in the order in which it was reached."""
        incident = reported(engine, plan="watched")
        clock.move(days=1)
        expected = to_be_raised(engine, incident, clock())
        assert len(expected) > 5
        assert engine.watch().round().raised == len(expected)
        assert raised(engine, incident) == expected

    def test_of_what_recurs_the_last_is_raised_with_how_many_were_missed(self, engine, clock):
        """A watcher that was away tells of the last occurrence, and that others were missed before it."""
        incident = reported(engine, plan="briefed")
        clock.move(minutes=5 * 30 + 27)
        engine.watch().round()
        [told] = [one.data for one in incident.events() if type(one.data) is ObligationRaised]
        assert (told.obligation, told.occurrence, told.missed_before) == ("brief", 6, 5)

    def test_a_schedule_from_long_ago_keeps_nobody_waiting(self, engine, clock):
        """A wrong year in one report costs one round as much as any other, and its last occurrence is raised."""
        wrong = reported(engine, plan="briefed", at="0026-03-01T08:10:00Z")
        other = reported(engine, plan="short")
        clock.move(minutes=30)
        watch = engine.watch()
        assert watch.round().raised == 1 + len(to_be_raised(engine, other, clock()))
        assert len(wrong.obligations()) <= 101
        assert watch.round().raised == 0

    def test_the_rungs_of_one_incident_are_spread_over_rounds(self, engine, clock, monkeypatch):
        """What one incident has too much of comes in the next rounds; the others have theirs in this one."""
        monkeypatch.setattr("respond.engine.watch.RUNGS_MAX", 2)
        incidents = [reported(engine, plan="watched"), reported(engine, plan="short")]
        clock.move(days=1)
        expected = [to_be_raised(engine, one, clock()) for one in incidents]
        watch = engine.watch()
        assert watch.round().raised == 4
        assert all(raised(engine, one) for one in incidents)
        while watch.round().raised:
            pass
        assert [raised(engine, one) for one in incidents] == expected

    def test_what_did_not_change_is_not_looked_at(self, engine, clock):
        """An incident is looked at when it changed, and when something of it comes; others are left alone."""
        incident, watch = reported(engine), engine.watch()
        for _ in range(5):
            reported(engine)
        assert watch.round().looked == 6
        assert watch.round().looked == 0
        incident.note("cables are checked", actor="chen.yu")
        assert watch.round().looked == 1
        clock.move(minutes=7)
        assert (watch.round().looked, watch.round().looked, watch.round().looked) == (6, 6, 0)

    def test_a_migrated_incident_is_looked_at(self, store, clock):
        """After a migration other duties may be owed, so the incident is looked at at once, and then left alone."""
        next_one = attrs.evolve(INCIDENT, version=INCIDENT.version + 1)
        engine = watched(store, clock, workflows=[next_one])
        incident, watch = reported(engine), engine.watch()
        assert (watch.round().looked, watch.round().looked) == (1, 0)
        over = MigrateDefinition(version=str(INCIDENT.version), reason="the old rules count")
        incident.execute(over, actor="wang.li")
        assert (watch.round().looked, watch.round().looked) == (1, 0)

    def test_many_incidents_come_page_by_page(self, engine, clock):
        """A round reaches every incident, however many there are, the most urgent first."""
        incidents = [reported(engine) for _ in range(105)]
        watch = engine.watch()
        clock.move(minutes=7)
        assert watch.round().raised == 105
        assert watch.round().raised == 0
        assert all(raised(engine, incident) == [FIRST] for incident in incidents[::20])

    def test_nobody_needs_authority_to_raise(self, store, clock):
        """The plan lets no one do anything, and the watcher still tells what is due: it decides nothing."""
        rule = AuthorityRule(id="all", commands=("report",), roles=(ANYONE,))
        engine = watched(store, clock, plans=[attrs.evolve(SHORT, authority=(rule,))])
        incident = reported(engine)
        clock.move(minutes=7)
        assert engine.watch().round().raised == 1
        with pytest.raises(CommandRefused, match="not-authorised"):
            incident.note("may I?", actor="chen.yu")

    def test_nobody_raises_before_the_time(self, memory, clock):
        """What is not reached yet is refused, whoever asks."""
        incident = reported(memory)
        [owed] = incident.obligations()
        rung = RaiseDue(obligation="assess", occurrence=1, rung=1, due_at=owed.due_at, tell=("duty_officer",))
        with pytest.raises(CommandRefused, match="not-due"):
            incident.execute(rung, actor="chen.yu")
        clock.move(minutes=7)
        incident.execute(rung, actor="chen.yu")
        assert memory.watch().round().raised == 0

    def test_several_plans(self, engine, clock):
        """Each incident is watched by its own plan, also one that comes into force later."""
        short, whole = reported(engine), reported(engine, plan="watched")
        clock.move(minutes=25)
        watch = engine.watch()
        watch.round()
        assert raised(engine, short) == [FIRST, SECOND]
        assert raised(engine, whole) == [FIRST, SECOND, ("brief", 1, 1, 30)]
        short.rebase_plan("watched", reason="it is worse than that", actor="chen.yu")
        watch.round()
        assert raised(engine, short) == [FIRST, SECOND, ("brief", 1, 1, 30)]

    def test_approvals_are_of_many_things(self, store, clock):
        """What is approved elsewhere, by an event that incidents have too, is no incident to look at."""
        rules = (
            AuthorityRule(id="all", commands=("*",), roles=(ANYONE,)),
            AuthorityRule(id="two", commands=("lift_warning",), roles=(ANYONE,), n_of=2),
        )
        engine = watched(store, clock, plans=[attrs.evolve(PLAN, authority=rules)])
        engine.execute("warning", "w", RecordSignal(source="staff", metric="calls", value=3), actor="a")
        incident = engine.report(category="other", title="Smoke", actor="a")
        looks = engine.watch()._looks
        looks.build()
        engine.execute("warning", "w", Approve(command="lift_warning"), actor="a")
        found = looks.looks("next", until=clock.now, after=None, limit=9)
        assert [one.incident for one in found] == [incident.id]


class TestMoved:
    """Deadlines that move, or are over."""

    @pytest.mark.parametrize(
        "over",
        [
            lambda one: one.waive("inform", reason="nobody is touched", actor="chen.yu"),
            lambda one: one.fulfil("inform", actor="chen.yu"),
            lambda one: one.pause_clock("inform", reason="the line is down", actor="chen.yu"),
            lambda one: one.cancel("a drill of the neighbours", actor="chen.yu"),
        ],
        ids=["waived", "fulfilled", "paused", "cancelled"],
    )
    def test_what_is_over_is_not_raised(self, engine, clock, over):
        """Waived, done, stopped or ended before the deadline, nothing of it is raised any more."""
        incident, left = reported(engine, plan="watched"), reported(engine, plan="watched")
        watch = engine.watch()
        clock.move(minutes=40)
        watch.round()
        over(incident)
        clock.move(minutes=50)
        watch.round()
        named = [[one[0] for one in raised(engine, one)].count("inform") for one in (incident, left)]
        assert named == [0, 2]

    def test_a_clock_that_runs_on_is_watched_again(self, engine, clock):
        """Stopped for 20 minutes, it is raised 20 minutes later, with its new deadline."""
        incident, watch = reported(engine, plan="watched"), engine.watch()
        clock.move(minutes=30)
        incident.pause_clock("inform", reason="the line is down", actor="chen.yu")
        clock.move(minutes=20)
        incident.resume_clock("inform", actor="chen.yu")
        found = {}
        for _ in range(40):
            clock.move(minutes=1)
            watch.round()
            found |= {one: (clock() - START).seconds // 60 for one in raised(engine, incident) if one not in found}
        assert {one: at for one, at in found.items() if one[0] == "inform"} == {("inform", 1, 1, 80): 80}

    def test_a_raised_level_starts_the_clock_again(self, engine, clock):
        """A restarted clock is raised at its new deadline, not at the old one, and rungs for the level are climbed."""
        incident, watch = reported(engine, plan="watched"), engine.watch()
        incident.assess(affected_customers=300, spread="regional", actor="chen.yu")
        incident.assign_level(3, basis="regional", actor="chen.yu")
        clock.move(minutes=20)
        incident.change_level(1, justification="it spreads", actor="chen.yu")
        clock.move(minutes=15)
        watch.round()
        assert "inform" not in [one[0] for one in raised(engine, incident)]
        clock.move(minutes=15)
        watch.round()
        assert ("inform", 1, 1, 50) in raised(engine, incident)

    def test_the_ladder_depends_on_the_level(self, engine, clock):
        """At the worst level the same person is asked again, then the next one, then the next rank; else fewer are."""
        incidents = {level: reported(engine, plan="watched") for level in (1, 3)}
        for level, incident in incidents.items():
            incident.assess(affected_customers=300, spread="regional", actor="chen.yu")
            incident.assign_level(level, basis="seen at once", actor="chen.yu")
        clock.move(minutes=45)
        engine.watch().round()
        told = {
            level: [
                one.data.tell
                for one in incident.events()
                if type(one.data) is ObligationRaised and one.data.obligation == "inform"
            ]
            for level, incident in incidents.items()
        }
        assert told == {
            1: [("commander",), ("commander",), ("deputy",), ("director",)],
            3: [("commander",), ("director",)],
        }


class TestDue:
    """What a watcher tells without raising it."""

    def test_it_tells_what_is_near_and_what_is_missing(self, engine, clock):
        """The longest due comes first, rounds or no rounds; nothing is written."""
        old = reported(engine)
        clock.move(minutes=9)
        new, watch = reported(engine), engine.watch()
        assert [(one.incident, one.verdict) for one in watch.due().due] == [(old.id, "near")]
        clock.move(minutes=8)
        head = engine.store.head().position
        due = [(one.incident, one.verdict) for one in watch.due().due]
        assert due == [(old.id, "missing"), (new.id, "near")]
        assert engine.store.head().position == head
        for _ in range(3):
            watch.round()
            assert [(one.incident, one.verdict) for one in watch.due().due] == due
        clock.move(days=1)
        for _ in range(3):
            watch.round()
        assert [one.verdict for one in watch.due().due] == ["missing", "missing"]
        old.assess(affected_customers=3, actor="chen.yu")
        assert [one.incident for one in watch.due().due] == [new.id]

    def test_it_looks_ahead(self, engine, clock):
        """What falls due up to a time is told as it stands now; a time that is past is refused."""
        incident, watch = reported(engine, plan="watched"), engine.watch()
        for _ in range(2):
            ahead = watch.due(until=START.replace(hour=11)).due
            assert [(one.owed.obligation, one.owed.occurrence, one.verdict) for one in ahead] == [
                ("assess", 1, "open"),
                ("brief", 1, "open"),
                ("brief", 2, "waiting"),
                ("inform", 1, "open"),
                ("brief", 3, "waiting"),
            ]
            watch.round()
        assert {one.incident for one in ahead} == {incident.id}
        with pytest.raises(InvalidInput, match="before now"):
            watch.due(until=START.replace(hour=8))


def test_an_incident_tells_what_became_of_its_duties(memory, clock):
    """Each occurrence comes with its verdict as of now."""
    incident = reported(memory)
    told = []
    for minutes in (0, 7, 4):
        clock.move(minutes=minutes)
        told += [said for _, said in incident.verdicts()]
    assert told == ["open", "near", "missing"]


class TestTrouble:
    """One incident that cannot be looked at keeps nobody from the others."""

    def spoilt(self, engine: Engine) -> str:
        """Report an incident, and append an event that nobody can read."""
        incident = reported(engine)
        event = NewEvent(id="0192f0c1-0000-7000-8000-000000000001", type="Unknown", data={})
        engine.store.append(Write(StreamId.of("incident", incident.id), [event], ANY))
        return incident.id

    def test_an_event_that_cannot_be_read(self, engine, clock):
        """It is told in each round, and the others are raised."""
        bad, good = self.spoilt(engine), reported(engine)
        clock.move(minutes=7)
        watch = engine.watch()
        for count in (1, 0):
            told = watch.round()
            assert told.raised == count
            assert [(one.incident, type(one.error)) for one in told.failed] == [(bad, UnreadableEvent)]
        assert raised(engine, good) == [FIRST]
        assert [one.incident for one in watch.due().failed] == [bad]
        assert [one.incident for one in watch.due().due] == [good.id]

    def test_a_plan_that_was_not_given(self, store, clock):
        """An incident under a plan that this watcher does not have is left to one that has it."""
        engine = watched(store, clock)
        other, mine = reported(engine, plan="watched"), reported(engine)
        clock.move(minutes=7)
        told = watched(store, clock, plans=[SHORT]).watch().round()
        assert [(one.incident, type(one.error)) for one in told.failed] == [(other.id, PlanNotFound)]
        assert (raised(engine, mine), told.raised) == ([FIRST], 1)
        assert engine.watch().round().raised == 1

    @pytest.mark.parametrize("known", [True, False], ids=["with its folder", "without"])
    def test_archived_incidents(self, url, clock, tmp_path, known):
        """What left the log is finished and keeps nobody, whether its files are there or not."""
        with stores(url, clock) as store:
            engine = watched(store, clock)
            gone = reported(engine)
            gone.cancel("a false alarm", actor="chen.yu")
            clock.move(days=30)
            incident = reported(engine)
            report = archive_log(store, tmp_path, workflows=engine.workflows, before=clock(), reason="finished")
            assert report.events == 2
        clock.move(minutes=7)
        folder = {"archives": tmp_path} if known else {}
        with Engine.open(url, plans=[PLAN, SHORT], clock=clock, create=False, **folder) as engine:
            watch = engine.watch()
            told = watch.round()
            assert (told.raised, told.failed) == (1, ())
            assert (watch.round().raised, watch.due().failed) == (0, ())
            assert raised(engine, incident) == [FIRST]


class TestTable:
    """The table of when to look next."""

    def test_a_rebuilt_table_raises_nothing_twice(self, url, clock):
        """After a rebuild each incident is looked at once more; what comes is raised as if nothing had been."""
        with stores(url, clock) as store:
            engine = watched(store, clock)
            incident, watch = reported(engine), engine.watch()
            clock.move(minutes=7)
            watch.round()
            projecting = Projecting(store, engine.reader.codec, clock=clock, kinds=[TableDue])
            assert projecting.rebuild("due").compared
            assert [watch.round().looked for _ in range(2)] == [1, 0]
            clock.move(minutes=3)
            assert watch.round().raised == 1
            assert raised(engine, incident) == [FIRST, SECOND]

    def test_a_paused_table_is_done_without(self, url, clock):
        """While the table is stopped, memory says when to look."""
        with stores(url, clock) as store:
            engine = watched(store, clock)
            incident, watch = reported(engine), engine.watch()
            watch.round()
            Projecting(store, engine.reader.codec, clock=clock, kinds=[TableDue]).pause("due")
            clock.move(minutes=7)
            assert [watch.round().raised for _ in range(2)] == [1, 0]
            assert watch.round().looked == 0
            assert raised(engine, incident) == [FIRST]


class TestTogether:
    """Several watchers at once."""

    def race(self, clock, kind, around):
        """Let a watcher of *kind* make a round between look and append of another; return what was raised."""
        store = MemoryEventStore(clock=clock)
        engine = watched(store, clock)
        incident = reported(engine)
        clock.move(minutes=7)
        other = kind(watched(around(store), clock, seed=1))
        first = kind(watched(Overtaken(around(store), other.round), clock, seed=2))
        first.round()
        return raised(engine, incident)

    @pytest.mark.parametrize("kind", [Watch, WithoutIds])
    def test_versions_keep_one_of_two(self, clock, kind):
        """Who appends second sees that somebody else was faster, and raises nothing."""
        assert self.race(clock, kind, lambda store: store) == [FIRST]

    def test_ids_keep_one_of_two(self, clock):
        """Where the store looks at no version, the id that follows from the rung keeps it from the log."""
        assert self.race(clock, Watch, Careless) == [FIRST]

    def test_control_without_either(self, clock):
        """The control: where the store looks at no version and each event has an id of its own, it is raised twice."""
        assert self.race(clock, WithoutIds, Careless) == [FIRST, FIRST]

    def test_threads(self, url, clock):
        """Watchers in threads, each with its own store, raise everything once between them."""
        with stores(url, clock) as store:
            engine = watched(store, clock)
            incidents = [reported(engine, plan="watched") for _ in range(12)]
            clock.move(minutes=70)
            expected = [to_be_raised(engine, one, clock()) for one in incidents]
            start, counts = threading.Barrier(3), []

            def watch() -> None:
                with stores(url, clock) as mine:
                    watch = watched(mine, clock).watch()
                    start.wait()
                    counts.append(sum(watch.round().raised for _ in range(3)))

            threads = [threading.Thread(target=watch) for _ in range(3)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert [sorted(raised(engine, one)) for one in incidents] == [sorted(one) for one in expected]
            assert sum(counts) == sum(map(len, expected))


class Hasty(Watch):
    """The control: a watcher that keeps that it looked before it raised what it found."""

    def _asked(self, page, failed, ask):
        self._looks.settle([Looked(look, None, None) for look in page])
        return super()._asked(page, failed, ask)


def watch_until(url: str, clock: ManualClock, kind: type[Watch], point: int) -> None:
    """Make rounds, and be killed at a point of them."""
    with stores(url, clock) as store:
        watch = kind(watched(store, clock, seed=point))
        at_point(point, signal.SIGKILL)
        for _ in range(3):
            watch.round()


class TestKilled:
    """Watchers that are killed."""

    def killed(self, url, clock, kind, points):
        """Return what was raised of each incident after watchers were killed at *points*, what should, and the dead."""
        with stores(url, clock) as store:
            engine = watched(store, clock)
            engine.watch().round()
        killed, incidents = 0, []
        for point in points:
            with stores(url, clock) as store:
                incidents.append(reported(watched(store, clock, seed=100 + point)).id)
            clock.move(minutes=26)
            killed += ended(child(partial(watch_until, url, clock, kind, point))) == -signal.SIGKILL
            clock.move(hours=1)  # what the dead held is free
        with stores(url, clock) as store:
            engine = watched(store, clock)
            watch = engine.watch()
            while watch.round().raised:
                pass
            found = [engine.incident(one) for one in incidents]
            return (
                [sorted(raised(engine, one)) for one in found],
                [sorted(to_be_raised(engine, one, clock())) for one in found],
                killed,
            )

    def test_nothing_twice_and_nothing_missed(self, url, clock):
        """Killed at any step, watchers leave to the next what they did not raise, and nothing that they did."""
        found, expected, killed = self.killed(url, clock, Watch, random.Random(url).sample(range(40), 12))
        assert found == expected
        assert killed > 3

    def test_control_that_settles_first(self, sqlite_url, clock):
        """The control: a watcher that is killed between the note that it looked and the event misses what it saw."""
        found, expected, _ = self.killed(sqlite_url, clock, Hasty, range(40))
        assert found != expected


def test_tasks(url, clock):
    """A watcher for asyncio does what the plain one does."""

    async def watch() -> tuple[int, list[str]]:
        async with await AsyncEngine.open(url, plans=[PLAN, SHORT], clock=clock) as engine:
            await engine.report(
                category="facility_failure", title="Terminals", actor="wang.li", plan="short", plan_reason="asked for"
            )
            clock.move(minutes=7)
            watch = engine.watch()
            told = await watch.round()
            return told.raised, [one.verdict for one in (await watch.due()).due]

    assert asyncio.run(watch()) == (1, ["near"])


def test_a_drill_with_a_clock_of_its_own(clock):
    """A life of a day is played in a moment: the clock is moved, and each rung comes at its minute."""
    engine = watched(MemoryEventStore(clock=clock), clock)
    incident, watch, minutes = reported(engine), engine.watch(), {}
    for minute in range(60):
        for _ in range(watch.round().raised):
            minutes[raised(engine, incident)[-1][2]] = minute
        clock.move(minutes=1)
    assert minutes == {1: 7, 2: 10, 3: 30, 4: 40}
    assert thorough(engine).round().raised == 0
