"""A recorded log through a changed workflow: what stays, what would be refused, what is not known any more."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import attrs
import pytest

import leak
from leak import (
    DRYING,
    LEAK,
    Close,
    Find,
    Inspect,
    LeakClosed,
    LeakFound,
    LeakRepaired,
    Reopen,
    Repair,
    RepairInspected,
    SendCrew,
    made,
)
from respond.engine.engine import Engine
from respond.errors import DatabaseMissing, InvalidInput
from respond.plan.plan import Plan
from respond.store.memory import MemoryEventStore
from respond.store.protocol import PAGE
from respond.testing.clocks import START, ManualClock
from respond.testing.log_replay import Replayed, replay_log
from respond.testing.stage import Stage
from respond.testing.trial import Trial
from respond.workflow.definition import Guard, Handler, Transition, guard
from respond.workflow.incident import INCIDENT

GOLDEN = Path(__file__).parent.parent / "golden"
EXAMPLE = Plan.example()


def play(trial: Trial, *commands: object) -> Trial:
    """Send *commands*, and let the repair dry before it is closed."""
    for command in commands:
        if isinstance(command, Close):
            trial.clock.now += DRYING
        trial.send(command, actor="chen.yu")
    return trial


WHOLE = (Find(severity=3), SendCrew(), Repair(), Inspect(), Close(), Reopen())
SMALL = (Find(severity=1), SendCrew(), Repair(), Close())


@pytest.fixture
def log(tmp_path) -> Path:
    """Return a log of two leaks: a flood that was reopened, and a small one that is closed."""
    path = tmp_path / "production.jsonl"
    bodies = [
        row.body for key, told in (("flood", WHOLE), ("drip", SMALL)) for row in play(Trial(LEAK, key=key), *told).rows
    ]
    path.write_bytes(b"\n".join(bodies) + b"\n")
    return path


def replayed(source: object, workflow=LEAK, **options: Any) -> Replayed:
    """Replay under the example plan, which a trial pins."""
    return replay_log(source, workflow, plans=[Plan.example()], **options)


def changed(guards: tuple[Guard, ...] = (), **asked: tuple[str, ...]):
    """Return the leak with further guards, asked by these triggers."""
    return made(
        version=2,
        guards=(*leak.GUARDS, *guards),
        transitions=tuple(
            Transition(
                one.trigger,
                one.sources,
                one.dest,
                guards=(*one.guards, *asked.get(one.trigger, ())),
                reopens=one.reopens,
            )
            for one in LEAK.transitions
        ),
    )


def test_the_same_rules_change_nothing(log):
    """A log that the workflow itself recorded stays the same, stream by stream."""
    found = replayed(log)
    assert found.same
    assert [(one.stream, one.status, one.events, one.verdict) for one in found.streams] == [
        ("leak-flood", "found", 6, "same"),
        ("leak-drip", "closed", 4, "same"),
    ]
    assert str(found) == "leak@1: 2 same"


def test_a_new_guard_on_the_state(log):
    """Where a new guard stands against a step, the stream would be refused there, with the code."""

    @guard("always-inspected", reads="state")
    def always(situation):
        """Require an inspection."""
        return None if situation.state.inspected else "inspect it first"

    found = replayed(log, changed((always,), close=("always-inspected",)))
    assert not found.same
    (differing,) = found.differing
    assert (differing.stream, differing.verdict) == ("leak-drip", "refused")
    assert [(one.version, one.type, one.codes) for one in differing.refused] == [
        (4, "LeakClosed", ("always-inspected",))
    ]
    assert str(found).splitlines() == [
        "leak@2: 1 same, 1 refused",
        "  leak-drip: would refuse version 4, LeakClosed: always-inspected",
    ]


def test_every_code_is_told(log):
    """A step against which several guards stand is told with all their codes."""

    @guard("one", reads="state")
    def one(_):
        """Refuse."""
        return "no"

    @guard("two", reads="state")
    def two(_):
        """Refuse."""
        return "never"

    found = replayed(log, changed((one, two), send_crew=("one", "two")))
    assert [step.codes for stream in found.streams for step in stream.refused] == [("one", "two")] * 2


def test_a_guard_on_the_command(log):
    """A guard that reads the command is asked, because the event says all that the command said."""

    @guard("small-only")
    def small(situation):
        """Require a small leak."""
        return None if situation.command.severity < 3 else "a flood is somebody else's"

    found = replayed(log, changed((small,), find=("small-only",)))
    assert [(one.stream, one.refused[0].codes) for one in found.differing] == [("leak-flood", ("small-only",))]
    assert found.not_asked == {}


def test_a_guard_on_time(log):
    """Guards see the time at which a step was taken, and what had happened before."""
    short = Path(log).read_bytes().replace(b"T11:00:00", b"T09:30:00")
    log.write_bytes(short)
    assert {one.refused[0].codes for one in replayed(log).differing} == {("still-wet",)}


def test_a_step_is_asked_at_the_time_it_tells():
    """A step that tells of another time than that of its recording is asked at the time that it tells."""
    trial = play(Trial(LEAK), Find(severity=1), SendCrew(), Repair())
    trial.clock.move(hours=3)
    trial.send(Close(), at=START + DRYING)
    found = replayed(trial.store)
    assert found.same, found


def test_the_events_of_a_command_are_one_step():
    """What a command causes beside its step is not asked for a transition of its own."""
    handlers = tuple(
        attrs.evolve(
            one,
            decide=lambda situation: [LeakRepaired(**situation.step), RepairInspected()],
            emits=(LeakRepaired, RepairInspected),
        )
        if one.command is Repair
        else one
        for one in LEAK.handlers
        if one.command is not Inspect
    )
    seen = made(handlers=handlers, transitions=tuple(one for one in LEAK.transitions if one.trigger != "inspect"))
    found = replayed(play(Trial(seen), *WHOLE[:3]).store, seen)
    assert [one.events for one in found.streams] == [4]
    assert found.same, found


def test_a_command_that_cannot_be_told(log):
    """A guard that reads a command which the event does not tell is listed as not asked, never passed in silence."""

    @guard("plumber-missing")
    def plumber(situation):
        """Require a plumber."""
        return None if situation.command.plumber else "name the plumber"

    @attrs.frozen(kw_only=True)
    class SendPlumber:
        plumber: str

    leak.command_type("send_crew")(SendPlumber)
    handlers = tuple(
        Handler(command=SendPlumber, decide=one.decide, emits=one.emits) if one.command is SendCrew else one
        for one in LEAK.handlers
    )
    workflow = attrs.evolve(changed((plumber,), send_crew=("plumber-missing",)), handlers=handlers)
    found = replayed(log, workflow)
    assert (found.same, found.not_asked) == (True, {"plumber-missing": 2})
    assert "guards not asked: plumber-missing (2)" in str(found)
    told = {leak.CrewSent: lambda event: SendPlumber(plumber="" if "drip" in event.stream.name else "mario")}
    found = replayed(log, workflow, commands=told)
    assert [(one.stream, one.refused[0].codes) for one in found.differing] == [("leak-drip", ("plumber-missing",))]
    assert found.not_asked == {}


def test_a_transition_that_is_gone(log):
    """A step that no transition makes any more would be refused as not enabled."""
    steps = tuple(one for one in LEAK.transitions if one.trigger != "reopen")
    handlers = tuple(one for one in LEAK.handlers if one.command is not Reopen)
    found = replayed(log, made(transitions=(*steps, Transition("find", "attended", "found")), handlers=handlers))
    assert [(one.stream, one.refused[0].codes) for one in found.differing] == [("leak-flood", ("not-enabled",))]


def test_a_state_that_is_gone(log):
    """A stream that ends in a state which the workflow does not have any more is told with that state."""
    renamed = made(
        states=("found", "attended", "repaired", "done"),
        finals=("done",),
        transitions=(
            *LEAK.transitions[:4],
            Transition("close", "repaired", "done", guards=("inspection-missing", "still-wet")),
            Transition("reopen", "done", "found", reopens=True),
        ),
    )
    flood, drip = replayed(log, renamed).streams
    assert (drip.verdict, drip.status, drip.refused[0].codes) == ("unknown_state", "closed", ("foreign-state",))
    assert (flood.verdict, [one.codes for one in flood.refused]) == ("refused", [("foreign-state",), ("not-enabled",)])
    assert "ends in an unknown state, 'closed'" in str(drip)


def test_an_event_that_cannot_be_read(log):
    """A stream with an event of no known type is left there, and says so."""
    log.write_bytes(log.read_bytes().replace(b'"LeakRepaired"', b'"LeakSealed"', 1))
    flood, drip = replayed(log).streams
    assert (flood.verdict, flood.events, drip.verdict) == ("unreadable", 2, "same")
    assert "'LeakSealed'" in flood.unreadable


def test_a_step_that_does_not_begin_where_the_stream_stood():
    """A step that leaves another state than the one that was reached is told as a mismatch."""
    stage = Stage(LEAK)
    stage.record(LeakFound(from_="new", to="found", severity=1))
    stage.record(LeakClosed(from_="repaired", to="closed"))
    (found,) = replayed(stage.store).streams
    assert [(one.version, one.codes) for one in found.refused] == [(2, ("from-mismatch",))]


def test_a_store_and_its_database(log, sqlite_url):
    """A store that is open and the URL of a database are read like a file."""
    trial = play(Trial(LEAK, key="flood"), *WHOLE)
    assert replayed(trial.store).same
    with Engine.open(sqlite_url, workflows=[LEAK], clock=ManualClock()) as engine:
        for command in SMALL[:3]:
            engine.execute("leak", "drip", command)
    found = replayed(sqlite_url)
    assert (found.same, [one.status for one in found.streams]) == (True, ["repaired"])


def test_a_file_may_be_compressed(log):
    """A gzipped file is read like any other."""
    packed = log.with_suffix(".jsonl.gz")
    packed.write_bytes(gzip.compress(log.read_bytes()))
    assert replayed(str(packed)).streams == replayed(log).streams


@pytest.mark.parametrize("name", ["incident-v1.jsonl", "incident-v1-whole-life.jsonl", "archive-1.jsonl.gz"])
def test_golden_logs_stay_the_same(name):
    """What an earlier version stored is allowed by the shipped workflow of today."""
    found = replay_log(GOLDEN / name, INCIDENT, plans=[EXAMPLE])
    assert found.same, found


def test_other_streams_are_counted():
    """Streams of other workflows are passed over and counted; a log without a stream of this one is not the same."""
    found = replay_log(GOLDEN / "plan-v1.jsonl", INCIDENT)
    assert (found.same, found.streams, list(found.others)) == (False, (), ["plan"])
    assert str(found).endswith("no stream of it")


def test_a_plan_that_is_missing_is_told(log):
    """Where the pinned plan was not given, steps are held against the table alone, and that is said."""
    found = replay_log(log, LEAK, plans=[Plan.shipped("customer-service@1")])
    assert found.plans_missing == {str(Plan.example().reference): 10}
    assert "plans not given" in str(found)


def test_archived_bodies_are_counted():
    """Bodies that are not there are counted."""
    trial = play(Trial(LEAK), *SMALL)
    rows = trial.store._log.rows
    rows[0] = rows[0]._replace(body=None)
    assert replayed(trial.store).unread == 1


@pytest.mark.parametrize(
    ("content", "message"), [(b'{"a": 1}\n', "neither a body"), (b"no\n", "not JSON"), (b"[1]\n", "neither a body")]
)
def test_what_is_no_log_is_refused(tmp_path, content, message):
    """A file of something else is refused with the place."""
    path = tmp_path / "other.jsonl"
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match=message) as refused:
        replayed(path)
    assert refused.value.place == f"{path}:1"


def test_a_missing_file_is_told(tmp_path):
    """A file that is not there is refused by name."""
    with pytest.raises(InvalidInput, match="cannot be read"):
        replayed(tmp_path / "nothing.jsonl")


def test_a_missing_database_is_not_made(tmp_path):
    """A database that is not there is an error, and no file is made."""
    with pytest.raises(DatabaseMissing):
        replayed(f"sqlite:///{tmp_path}/nothing.db")
    assert not list(tmp_path.iterdir())


def test_a_guard_that_fails_names_its_place(log):
    """A guard that cannot live with what was recorded raises, with a note of where it was asked."""

    @guard("broken", reads="state")
    def broken(situation):
        """Fail."""
        return situation.state.no_such_field

    with pytest.raises(AttributeError) as raised:
        replayed(log, changed((broken,), repair=("broken",)))
    assert raised.value.__notes__ == ["the guard 'broken' was asked about attended -> repaired, after 2 events"]


def test_the_log_of_a_store_is_read_page_by_page():
    """A log longer than a page is read to its end."""
    engine = Engine(MemoryEventStore(clock=ManualClock()), workflows=[LEAK])
    for number in range(PAGE + 1):
        engine.execute("leak", str(number), Find(severity=1))
    assert len(replayed(engine.store).streams) == PAGE + 1
