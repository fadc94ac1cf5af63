"""The handler: load, fold, decide, append, and again when others were faster."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta

import attrs
import pytest

from outline import OUTLINE
from respond.domain.ids import event_id
from respond.domain.moments import Moment
from respond.domain.references import Actor
from respond.domain.streams import StreamId
from respond.engine.circumstances import Circumstances
from respond.engine.handler import ATTEMPTS, Ask
from respond.errors import (
    CommandRefused,
    IdempotencyConflict,
    InvalidRecord,
    OutcomeUnknown,
    PlanNotFound,
    StoreBusy,
    StoreUnavailable,
    VersionConflict,
    WorkflowNotFound,
)
from respond.store.memory import MemoryEventStore
from respond.store.records import Appended
from respond.testing.conformance.samples import START, ManualClock
from respond.workflow.incident import INCIDENT
from respond.workflow.incident import commands as c
from rivals import CHEN, REPORT, WANG, Careless, Overtaken, do, handler_on, incident, lost_updates, merge

PLAN = OUTLINE
NOTE = c.Note(text="Vendor called")
OTHER_PLAN = attrs.evolve(PLAN, version="2", title="Service company, second edition")


@pytest.fixture
def clock():
    """A clock that stands still."""
    return ManualClock()


@pytest.fixture
def store(clock):
    """An empty log in memory."""
    return MemoryEventStore(clock=clock)


@pytest.fixture
def handler(store, clock):
    """A handler on that log."""
    return handler_on(store, clock)


def types(handler, key="a"):
    """Return the types of an incident's events."""
    return [event.type for event in handler.load(incident(key))]


class TestOutcome:
    """What a command answers."""

    def test_it_names_position_version_and_events(self, handler):
        """An outcome names the last position, the version of the stream, and the ids of the events."""
        do(handler, REPORT, command_id="first")
        outcome = do(handler, NOTE, command_id="second")
        assert (outcome.position, outcome.versions) == (2, {incident(): 2})
        assert outcome.events == (str(event_id("second", 0)),)
        assert not outcome.replayed

    def test_a_command_that_was_carried_out_already_causes_nothing(self, handler, store):
        """Asking again for what already holds writes nothing, and tells where the incident stands."""
        do(handler, REPORT)
        do(handler, c.TakeCommand())
        do(handler, REPORT, key="b")
        outcome = do(handler, c.TakeCommand())
        assert (outcome.position, outcome.versions, outcome.events) == (2, {incident(): 2}, ())
        assert not outcome.replayed
        assert store.head().position == 3

    def test_a_command_without_an_id_gets_one_of_its_time(self, handler, clock):
        """Who gives no command id gets a UUIDv7 of the clock's time; two commands never share one."""
        do(handler, REPORT)
        do(handler, NOTE)
        first, second = (event.command_id for event in handler.load(incident()))
        assert first != second
        assert {first[14], second[14]} == {"7"}
        assert int(first.replace("-", "")[:12], 16) == int(clock.now.timestamp() * 1000)

    def test_an_event_keeps_its_circumstances(self, handler):
        """The event tells who, in which role, for whom, when, and in which conversation."""
        actor = Actor("wang.li", "commander", "the director")
        do(
            handler,
            REPORT,
            actor=actor,
            occurred_at=Moment(START - timedelta(hours=1), precision="hour"),
            command_id="x",
            correlation_id="call 7",
            causation_id="alarm 3",
            source={"log": "desk"},
        )
        (event,) = handler.load(incident())
        kept = {name: event.body[name] for name in ("actor", "role", "on_behalf_of", "correlation_id", "causation_id")}
        assert kept == {
            "actor": "wang.li",
            "role": "commander",
            "on_behalf_of": "the director",
            "correlation_id": "call 7",
            "causation_id": "alarm 3",
        }
        assert event.occurred_at == Moment(START - timedelta(hours=1), precision="hour")
        assert event.source == {"log": "desk"}
        assert event.recorded_at == START

    def test_a_step_names_its_definition_and_the_first_event_the_plan(self, handler):
        """Every step of the lifecycle names the definition in force; the plan is pinned once, by the first event."""
        do(handler, REPORT)
        do(handler, NOTE)
        do(handler, c.Assess(injured=0))
        report, note, assessment = handler.load(incident())
        assert (report.definition, report.plan) == (INCIDENT.reference, handler.plans.default.reference)
        assert (note.definition, note.plan) == (None, None)
        assert (assessment.definition, assessment.plan) == (INCIDENT.reference, None)

    def test_a_refused_command_writes_nothing(self, handler, store):
        """A refusal lists every reason and leaves the log as it was."""
        do(handler, REPORT)
        with pytest.raises(CommandRefused) as refused:
            do(handler, c.Assess(injured=-1), actor=Actor("wang.li", "magician"))
        assert [refusal.code for refusal in refused.value.refusals] == ["role-unknown", "estimate-negative"]
        assert store.head().position == 1

    def test_a_command_of_another_workflow_is_not_found(self, handler):
        """A command that no registered workflow has, and a category that none claims, are refused by name."""
        with pytest.raises(WorkflowNotFound, match="no workflow is registered for 'luggage'"):
            handler.handle([Ask(category="luggage", key="1", command=NOTE)], Circumstances())


class LostAtCommit(Overtaken):
    """A store that lets a first conflict happen, loses the line at the next commit, and then fails as *raises* says."""

    def __init__(self, store, step, raises, *, committed):
        super().__init__(store, step)
        self.raises = raises
        self.committed = committed
        self.lost = False

    @contextmanager
    def exclusively(self, streams):
        with self.store.exclusively(streams) as view:
            yield view if self.committed else Nowhere(view)
        self.lost = True
        raise OutcomeUnknown("the line was lost at the commit")

    def read_streams(self, streams, *, after=None):
        if self.lost and self.raises is not None:
            raise self.raises
        return self.store.read_streams(streams, after=after)


class Nowhere:
    """A store whose appends come to nothing."""

    def __init__(self, store):
        self.store = store

    def __getattr__(self, name):
        return getattr(self.store, name)

    def append(self, *writes, require=None):
        del require
        return Appended(0, 0, {write.stream: 0 for write in writes}, START)


class TestLostAtCommit:
    """The line is lost when a command commits that had its streams to itself."""

    @pytest.mark.parametrize("committed", [True, False])
    def test_it_is_settled(self, store, clock, committed):
        """The same command id finds what was committed, and carries out what was not."""
        other = handler_on(store, clock, seed=1)
        do(other, REPORT)
        lost = LostAtCommit(store, lambda: do(other, NOTE), None, committed=committed)
        assert do(handler_on(lost, clock), c.Assess(injured=0)).replayed is committed
        assert types(other) == ["IncidentReported", "ProgressNoted", "IncidentAssessed"]

    @pytest.mark.parametrize("error", [StoreBusy("locked"), StoreUnavailable("no route")])
    @pytest.mark.parametrize("committed", [True, False])
    def test_it_stays_unknown_when_nobody_can_be_asked(self, store, clock, committed, error):
        """While the store cannot tell, the caller hears that the outcome is unknown: busy would mean that it is not."""
        other = handler_on(store, clock, seed=1)
        do(other, REPORT)
        lost = LostAtCommit(store, lambda: do(other, NOTE), error, committed=committed)
        with pytest.raises(OutcomeUnknown, match="lost at the commit") as unknown:
            do(handler_on(lost, clock), c.Assess(injured=0))
        assert unknown.value.__cause__ is error


class TestRetry:
    """The same command id a second time."""

    def test_it_answers_with_the_first_outcome(self, handler, store, clock):
        """A retry answers with the first outcome, marked as replayed, though the clock has moved."""
        do(handler, REPORT, command_id="first")
        clock.move(minutes=1)
        first = do(handler, NOTE, command_id="second")
        clock.move(minutes=1)
        assert do(handler, NOTE, command_id="second") == attrs.evolve(first, replayed=True)
        assert store.head().position == 2

    def test_it_answers_so_after_later_events(self, handler, clock):
        """A retry answers with the position and the version that the command led to, whatever came later."""
        report = do(handler, REPORT, command_id="first")
        assess = do(handler, c.Assess(injured=0), command_id="second")
        for minute in range(3):
            clock.move(minutes=1)
            do(handler, c.Note(text=f"minute {minute}"))
        assert do(handler, c.Assess(injured=0), command_id="second") == attrs.evolve(assess, replayed=True)
        assert do(handler, REPORT, command_id="first") == attrs.evolve(report, replayed=True)

    def test_it_is_decided_where_it_was_decided_first(self, handler):
        """A retry of what would be refused by now still answers: it was accepted then."""
        do(handler, REPORT, command_id="first")
        assess = do(handler, c.Assess(injured=0), command_id="second")
        do(handler, c.Cancel(reason="A drill"))
        with pytest.raises(CommandRefused):
            do(handler, c.Assess(injured=1), command_id="third")
        assert do(handler, c.Assess(injured=0), command_id="second").events == assess.events

    @pytest.mark.parametrize(
        "circumstances",
        [{"actor": CHEN}, {"actor": attrs.evolve(WANG, role="commander")}, {"occurred_at": Moment(START)}],
        ids=["actor", "role", "at"],
    )
    def test_another_actor_or_another_time_is_a_conflict(self, handler, clock, circumstances):
        """A command that names another actor, role or time is not the one that was recorded, and records nothing."""
        do(handler, REPORT)
        clock.move(minutes=1)
        do(handler, NOTE, command_id="second")
        with pytest.raises(IdempotencyConflict, match="by another actor, or for another time"):
            do(handler, NOTE, command_id="second", **circumstances)
        (_, note) = handler.load(incident("a"))
        assert (note.actor, note.happened_at) == (WANG.id, START + timedelta(minutes=1))

    def test_a_retry_may_name_the_time_again(self, handler, clock):
        """A caller who names the time names the same one in the retry; one who leaves it to the clock does again."""
        do(handler, REPORT)
        first = do(handler, NOTE, command_id="second", occurred_at=Moment(START))
        other = do(handler, NOTE, command_id="third")
        clock.move(minutes=1)
        assert do(handler, NOTE, command_id="second", occurred_at=Moment(START)) == attrs.evolve(first, replayed=True)
        assert do(handler, NOTE, command_id="third").events == other.events

    def test_another_actor_who_causes_something_else_is_a_conflict(self, handler):
        """Taking command means another commander when another actor takes it: that is no retry."""
        do(handler, REPORT)
        do(handler, c.TakeCommand(), command_id="second")
        with pytest.raises(IdempotencyConflict):
            do(handler, c.TakeCommand(), command_id="second", actor=CHEN)

    @pytest.mark.parametrize(
        "other",
        [
            c.Note(text="Another text"),
            c.Assess(injured=0),
            c.Resolve(resolution="refused at that time"),
        ],
        ids=["other content", "other command", "refused command"],
    )
    def test_another_command_under_its_id_is_a_conflict(self, handler, store, other):
        """A command id stands for one command: another one under it is refused, and nothing is written."""
        do(handler, REPORT)
        do(handler, NOTE, command_id="second")
        with pytest.raises(IdempotencyConflict, match="second: the command id was used for another command"):
            do(handler, other, command_id="second")
        assert store.head().position == 2

    def test_its_id_on_another_incident_is_a_conflict(self, handler, store):
        """A command id that was used for one incident cannot be used for another, not even for the same command."""
        do(handler, REPORT, command_id="first")
        with pytest.raises(IdempotencyConflict):
            do(handler, REPORT, key="b", command_id="first")
        assert store.head().position == 1

    @pytest.mark.parametrize("command_id", ["17", "网络-7", "a b", "C" * 255, "0192f0c1-0000-4000-8000-000000000000"])
    def test_any_text_is_a_command_id(self, handler, command_id):
        """A command id needs not be a UUID; its events have ids all the same, and a retry finds them."""
        first = do(handler, REPORT, command_id=command_id)
        assert do(handler, REPORT, command_id=command_id) == attrs.evolve(first, replayed=True)
        (event,) = handler.load(incident())
        assert (event.id, event.command_id) == (str(event_id(command_id, 0)), command_id)

    @pytest.mark.parametrize("command_id", ["", "nul\0", "x" * 256, "\ud800", 17])
    def test_what_is_no_command_id_is_refused(self, handler, store, command_id):
        """An id that is empty, too long, no text, or not storable is refused before anything is read."""
        with pytest.raises(InvalidRecord, match="command_id"):
            do(handler, REPORT, command_id=command_id)
        assert store.head().position == 0

    def test_a_retry_while_the_first_call_is_under_way_finds_its_outcome(self, store, clock):
        """Two calls with one id at two instants: the slower one answers with the outcome of the faster one."""
        do(handler_on(store, clock), REPORT)
        outcomes = []

        def the_first_call():
            outcomes.append(do(handler_on(store, ManualClock(START + timedelta(seconds=3))), NOTE, command_id="x"))

        late = do(handler_on(Overtaken(store, the_first_call), clock), NOTE, command_id="x")
        assert late == attrs.evolve(outcomes[0], replayed=True)
        assert store.head().position == 2

    def test_a_value_of_another_type_is_another_command(self, handler):
        """True is not 1: a command id that was used with the one is not answered with it for the other."""
        do(handler, REPORT)
        do(handler, c.Note(fields={"vip": True}), command_id="x")
        assert do(handler, c.Note(fields={"vip": True}), command_id="x").replayed
        with pytest.raises(IdempotencyConflict, match="x: the command id was used for another command"):
            do(handler, c.Note(fields={"vip": 1}), command_id="x")

    def test_another_command_under_way_with_its_id_is_a_conflict(self, store, clock):
        """The control: when the faster call was another command, the slower one is a conflict."""
        do(handler_on(store, clock), REPORT)

        def another_command():
            do(handler_on(store, clock), c.Note(text="Another text"), command_id="x")

        with pytest.raises(IdempotencyConflict, match="x: the command id was used for another command"):
            do(handler_on(Overtaken(store, another_command), clock), NOTE, command_id="x")

    def test_a_command_that_caused_nothing_is_decided_anew(self, handler):
        """A command that caused nothing left no trace: its id is free, and a retry is a new decision."""
        do(handler, REPORT)
        do(handler, c.TakeCommand())
        assert do(handler, c.TakeCommand(), command_id="x").events == ()
        do(handler, c.TakeCommand(), actor=CHEN)
        assert len(do(handler, c.TakeCommand(), command_id="x").events) == 1


class TestConflict:
    """Others write between the load and the append."""

    def test_the_command_is_decided_anew_on_what_is_there_by_then(self, store, clock):
        """Of two who take command at once the second takes over from the first: no update is lost."""
        do(handler_on(store, clock), REPORT)
        rival = handler_on(store, clock, seed=1)
        overtaken = Overtaken(store, lambda: do(rival, c.TakeCommand(), actor=CHEN))
        outcome = do(handler_on(overtaken, clock, seed=2), c.TakeCommand(), actor=WANG)
        history = rival.load(incident())
        assert lost_updates(history) == []
        assert [(event.data.from_commander, event.data.to_commander) for event in history[1:]] == [
            (None, "chen.yu"),
            ("chen.yu", "wang.li"),
        ]
        assert (outcome.position, overtaken.appends) == (3, 2)

    def test_who_appends_with_any_loses_an_update(self, store, clock):
        """The control: a handler that does not say what it expects is caught by the same checker."""
        do(handler_on(store, clock), REPORT)
        rival = handler_on(store, clock, seed=1)
        overtaken = Overtaken(Careless(store), lambda: do(rival, c.TakeCommand(), actor=CHEN))
        do(handler_on(overtaken, clock, seed=2), c.TakeCommand(), actor=WANG)
        assert lost_updates(rival.load(incident())) == ["wang.li took over from None, not chen.yu"]

    def test_what_is_no_longer_allowed_is_refused(self, store, clock):
        """A command that the faster writer made impossible is refused, not appended."""
        do(handler_on(store, clock), REPORT)
        rival = handler_on(store, clock, seed=1)
        overtaken = Overtaken(store, lambda: do(rival, c.Cancel(reason="A drill")))
        with pytest.raises(CommandRefused, match="refused in state 'cancelled'"):
            do(handler_on(overtaken, clock, seed=2), c.Assess(injured=0))
        assert types(rival) == ["IncidentReported", "IncidentCancelled"]

    def test_what_the_other_did_causes_nothing(self, store, clock):
        """A command that the faster writer carried out causes nothing more."""
        do(handler_on(store, clock), REPORT)
        rival = handler_on(store, clock, seed=1)
        overtaken = Overtaken(store, lambda: do(rival, c.TakeCommand(commander="li.na")))
        assert do(handler_on(overtaken, clock, seed=2), c.TakeCommand(commander="li.na")).events == ()

    @pytest.mark.parametrize("faster", [ATTEMPTS - 1, ATTEMPTS])
    def test_it_is_tried_eight_times(self, store, clock, faster):
        """Who is overtaken seven times gets through at the eighth; overtaken once more, the conflict is raised."""
        do(handler_on(store, clock), REPORT)
        rival = handler_on(store, clock, seed=1)
        overtaken = Overtaken(store, *[lambda: do(rival, NOTE)] * faster)
        slow = handler_on(overtaken, clock, seed=2)
        if faster < ATTEMPTS:
            assert do(slow, NOTE).position == faster + 2
        else:
            with pytest.raises(VersionConflict, match="load it again and decide anew"):
                do(slow, NOTE)
            assert store.head().position == faster + 1
        assert overtaken.appends == ATTEMPTS

    def test_an_error_of_the_store_is_not_retried(self, store, clock):
        """Only a conflict is decided anew; what else the store says reaches the caller at once."""

        def fail():
            raise StoreBusy("another writer held the lock")

        overtaken = Overtaken(store, fail)
        with pytest.raises(StoreBusy):
            do(handler_on(overtaken, clock), REPORT)
        assert (overtaken.appends, store.head().position) == (1, 0)


class TestMerge:
    """One command over two incidents."""

    @pytest.fixture(autouse=True)
    def _two_incidents(self, handler):
        do(handler, REPORT, key="a")
        do(handler, REPORT, key="b")

    def test_it_writes_both_incidents_in_one_step(self, handler, store):
        """A merge appends both halves at once, under one command id, at one time."""
        outcome = merge(handler, "a", "b", command_id="m")
        assert outcome.versions == {incident("a"): 2, incident("b"): 2}
        assert (outcome.position, len(outcome.events)) == (4, 2)
        assert types(handler, "a") == ["IncidentReported", "IncidentMerged"]
        assert types(handler, "b") == ["IncidentReported", "IncidentAbsorbed"]
        assert len({row.recorded_us for row in store.read_log(after=2)}) == 1

    def test_nothing_is_written_when_the_second_half_conflicts(self, handler, store, clock):
        """Whoever writes to the other incident meanwhile makes the whole merge be decided anew."""
        rival = handler_on(store, clock, seed=1)
        overtaken = Overtaken(store, lambda: do(rival, c.Cancel(reason="A drill"), key="b"))
        with pytest.raises(CommandRefused, match="absorb is refused in state 'cancelled'"):
            merge(handler_on(overtaken, clock, seed=2), "a", "b")
        assert types(handler, "a") == ["IncidentReported"]
        assert overtaken.appends == 1

    def test_a_retry_answers_with_the_first_outcome(self, handler):
        """A retry of a merge finds both halves, also after later events."""
        first = merge(handler, "a", "b", command_id="m")
        do(handler, NOTE, key="b")
        assert merge(handler, "a", "b", command_id="m") == attrs.evolve(first, replayed=True)

    @pytest.mark.parametrize(("source", "into"), [("a", "c"), ("c", "b"), ("b", "a")])
    def test_its_id_for_another_merge_is_a_conflict(self, handler, store, source, into):
        """The id of one merge cannot stand for another, whichever half is the same."""
        do(handler, REPORT, key="c")
        merge(handler, "a", "b", command_id="m")
        with pytest.raises(IdempotencyConflict):
            merge(handler, source, into, command_id="m")
        assert store.head().position == 5

    def test_merging_twice_yields_nothing(self, handler, store):
        """Merging what is merged already is no error and writes nothing."""
        merge(handler, "a", "b")
        assert merge(handler, "a", "b").events == ()
        assert store.head().position == 4

    def test_half_a_merge_is_completed(self, handler, store):
        """Where a foreign log told only one half, merging writes the other one, and rests on the half that is there."""
        do(handler, c.Merge(into="b", reason="told by the desk"), key="a")
        outcome = merge(handler, "a", "b")
        assert outcome.versions == {incident("b"): 2}
        assert types(handler, "b") == ["IncidentReported", "IncidentAbsorbed"]

    def test_a_half_that_was_only_read_must_not_move(self, handler, store, clock):
        """A half that is there already is required to stay as it was read until the other half is written."""
        do(handler, c.Merge(into="b", reason="told by the desk"), key="a")
        rival = handler_on(store, clock, seed=1)
        entry = handler.load(incident("a"))[0].id
        correction = c.Correct(entry=entry, changes={"title": "Smoke"}, reason="mistyped")
        overtaken = Overtaken(store, lambda: do(rival, correction, key="a"))
        merge(handler_on(overtaken, clock, seed=2), "a", "b")
        assert overtaken.appends == 2

    def test_a_circle_is_refused(self, handler, store):
        """What was merged takes nothing in: two incidents cannot be merged into each other."""
        merge(handler, "a", "b")
        with pytest.raises(CommandRefused, match="absorb is refused in state 'merged'"):
            merge(handler, "b", "a")
        assert store.head().position == 4

    def test_an_incident_is_not_merged_into_itself(self, handler, store):
        """An incident merges into another one."""
        with pytest.raises(CommandRefused) as refused:
            merge(handler, "a", "a")
        assert {refusal.code for refusal in refused.value.refusals} == {"merge-into-itself"}
        assert store.head().position == 2


class TestPlan:
    """The plan that an incident pins."""

    def test_the_pinned_plan_decides(self, store, clock):
        """An incident goes on under the plan that it pins, whichever is the default by now."""
        strict = attrs.evolve(PLAN, name="strict", levels=PLAN.levels[:2])
        do(handler_on(store, clock, plans=[strict]), REPORT)
        later = handler_on(store, clock, seed=1, plans=[PLAN, strict])
        do(later, c.Assess(injured=0))
        with pytest.raises(CommandRefused, match="not a level of the plan"):
            do(later, c.AssignLevel(level=3, basis="few customers"))

    def test_a_plan_can_be_chosen_for_a_new_incident(self, store, clock):
        """A report may pin another plan than the default one."""
        handler = handler_on(store, clock, plans=[PLAN, OTHER_PLAN])
        do(handler, REPORT, plan=OTHER_PLAN)
        assert handler.load(incident())[0].plan == OTHER_PLAN.reference

    def test_without_the_pinned_plan_nothing_is_decided(self, store, clock):
        """Without the pinned plan the message says which one is needed; the incident is judged by no other."""
        do(handler_on(store, clock, plans=[OTHER_PLAN]), REPORT)
        with pytest.raises(PlanNotFound, match="service-company@2 is pinned and was not given; open the engine with"):
            do(handler_on(store, clock, plans=[PLAN]), c.Assess(injured=0))
        assert store.head().position == 1

    def test_the_pinned_plan_with_another_content_is_another_plan(self, store, clock):
        """A plan whose content was changed under the same version does not pass for the pinned one."""
        do(handler_on(store, clock, plans=[PLAN]), REPORT)
        changed = attrs.evolve(PLAN, title="Changed under the same version")
        with pytest.raises(PlanNotFound, match="has another content than the pinned one"):
            do(handler_on(store, clock, plans=[changed]), c.Assess(injured=0))

    def test_a_retry_is_decided_under_the_pinned_plan(self, store, clock):
        """A report that is retried after the default plan changed answers with the first outcome."""
        first = do(handler_on(store, clock, plans=[PLAN]), REPORT, command_id="x")
        again = do(handler_on(store, clock, plans=[OTHER_PLAN, PLAN]), REPORT, command_id="x")
        assert again == attrs.evolve(first, replayed=True)


def test_a_drill_is_another_stream(store, clock):
    """The same incident in a drill and in reality are two streams: neither sees the other's events."""
    do(handler_on(store, clock), REPORT)
    drill = handler_on(store, clock, seed=1, realm="drill")
    do(drill, REPORT)
    do(drill, NOTE)
    assert len(drill.load(StreamId.of("incident", "a", "drill"))) == 2
    assert len(drill.load(incident())) == 1
