"""What holds for every workflow, and for every life of an incident."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamp import Lamp, Switched, moved
from play import DUTIES, PLAN, START, Play
from respond.domain.references import Actor, Reference
from respond.errors import CommandRefused, Refusal
from respond.plan.authority import AuthorityRule
from respond.workflow.approvals import Approve
from respond.workflow.authority import authorise
from respond.workflow.decider import decide, explain
from respond.workflow.definition import NEW, Guard, Handler, Situation, Transition, command_type, trigger_of
from respond.workflow.incident import (
    INCIDENT,
    actions,
    course,
    decisions,
    effects,
    holds,
    links,
    measures,
    messages,
    notices,
    parties,
    proposals,
    recognition,
    resources,
    review,
    situation,
    splitting,
    statements,
    teams,
    unmerging,
    unplanned,
)
from respond.workflow.incident import commands as c
from respond.workflow.incident import events as e
from respond.workflow.incident.people import AssignRole, HandOverRole, ReleaseRole
from respond.workflow.incident.pins import PinEntry, UnpinEntry
from respond.workflow.incident.plans import ActivatePlan, RebasePlan
from respond.workflow.incident.triage import Acknowledge, Recategorise, SetResponseLevel
from respond.workflow.workflow import Workflow

# -- generated definitions ---------------------------------------------------------------------------------------------

STATES = ("a", "b", "c", "d")
TRIGGERS = ("go", "turn", "jump")
CODES = ("red", "green", "blue")


def asked(trigger: str) -> type:
    """Return a new command class for *trigger*; it says which guards object."""
    made = attrs.make_class(trigger.title(), {"objecting": attrs.field(type=frozenset)}, frozen=True)
    return command_type(trigger)(made)


COMMANDS = {trigger: asked(trigger) for trigger in (*TRIGGERS, *(f"enter_{state}" for state in STATES))}


def objects(code: str) -> Guard:
    """Return a guard that objects when the command says so."""
    return Guard(code, lambda situation: f"{code} objects" if code in situation.command.objecting else None)


def switched(situation: Situation) -> list[Switched]:
    """Say which step was taken."""
    return [Switched(from_=situation.state.status, to=situation.dest)]


@st.composite
def definitions(draw: st.DrawFn) -> Workflow:
    """Draw a sound workflow: random steps with random guards, and a way into each state."""
    drawn = draw(
        st.lists(
            st.builds(
                Transition,
                st.sampled_from(TRIGGERS),
                st.lists(st.sampled_from((NEW, *STATES)), min_size=1, max_size=3, unique=True),
                st.none() | st.sampled_from(STATES),
                guards=st.lists(st.sampled_from(CODES), unique=True, max_size=3),
                reopens=st.just(True),
            ),
            max_size=8,
        )
    )
    steps = [step for step in drawn if NEW not in step.sources or step.dest]
    kept = [step for index, step in enumerate(steps) if not any(forestalls(one, step) for one in steps[:index])]
    transitions = [*(Transition(f"enter_{state}", NEW, state) for state in STATES), *kept]
    used = sorted({code for step in transitions for code in step.guards})
    triggers = dict.fromkeys(step.trigger for step in transitions)
    return Workflow(
        name="generated",
        version=1,
        category="generated",
        states=STATES,
        finals=draw(st.sets(st.sampled_from(STATES)).map(sorted).map(tuple)),
        transitions=tuple(transitions),
        guards=tuple(objects(code) for code in used),
        initial=Lamp(),
        handlers=tuple(Handler(command=COMMANDS[one], decide=switched, emits=(Switched,)) for one in triggers),
        evolvers={Switched: moved},
    )


def outcome(workflow: Workflow, situation: Situation) -> tuple[tuple[Any, ...], tuple[Refusal, ...]]:
    """Return what is decided, or every reason why it is refused."""
    try:
        return decide(workflow, situation), ()
    except CommandRefused as refused:
        return (), refused.refusals


def forestalls(first: Transition, second: Transition) -> bool:
    """Return whether *second* is never tried from some state because *first* asks nothing more."""
    return (
        first.trigger == second.trigger
        and not set(first.sources).isdisjoint(second.sources)
        and set(first.guards) <= set(second.guards)
    )


def by_hand(workflow: Workflow, trigger: str, situation: Situation) -> str | None:
    """Return the state that the first step whose guards agree leads to, read off the declaration itself."""
    status = situation.state.status
    for step in workflow.transitions:
        if step.trigger == trigger and status in step.sources:
            checks = [one.check for one in workflow.guards if one.code in step.guards]
            if all(check(situation) is None for check in checks):
                return step.dest or status
    return None


def first_allowed(workflow: Workflow, trigger: str, situation: Situation) -> str | None:
    """Return the state that the table's first candidate whose guards agree leads to."""
    for step in workflow.table.candidates(situation.state.status, trigger):
        if all(workflow.guard_of[code].check(situation) is None for code in step.guards):
            return step.dest or situation.state.status
    return None


@given(definitions(), st.sampled_from((NEW, *STATES, "elsewhere")), st.frozensets(st.sampled_from(CODES)))
def test_machine_and_table_agree(workflow, status, objecting):
    """For every trigger, state and guard outcome, the machine takes the first step of the table that is allowed."""
    for trigger in workflow.triggers:
        situation = Situation(
            state=Lamp(status=status), command=COMMANDS[trigger](objecting), plan=PLAN, at=START, now=START
        )
        dest = workflow.machine.dest(trigger, situation)
        assert dest == first_allowed(workflow, trigger, situation) == by_hand(workflow, trigger, situation)


@given(definitions(), st.sampled_from((NEW, *STATES, "elsewhere")), st.frozensets(st.sampled_from(CODES)))
def test_explain_agrees_with_decide_for_every_definition(workflow, status, objecting):
    """What explain allows is decided; what it bars is refused, for the reasons that it gives."""
    for trigger in workflow.triggers:
        situation = Situation(
            state=Lamp(status=status), command=COMMANDS[trigger](objecting), plan=PLAN, at=START, now=START
        )
        explanation = explain(workflow, trigger, situation)
        payloads, refusals = outcome(workflow, situation)
        assert explanation.refusals == refusals
        assert explanation.allowed == (not refusals)
        assert [step.to for step in payloads] == [one.dest for one in explanation.candidates if one.allowed][:1]


@given(
    definitions(),
    st.lists(st.tuples(st.sampled_from(sorted(COMMANDS)), st.frozensets(st.sampled_from(CODES))), max_size=12),
)
def test_what_was_decided_verifies_and_folds(workflow, asks):
    """A log that commands wrote holds no finding, and folds to where the decisions led."""
    play = Play(workflow)
    status = NEW
    for trigger, objecting in asks:
        if trigger in workflow.triggers:
            try:
                play.do(COMMANDS[trigger](objecting))
            except CommandRefused:
                continue
            event = play.history[-1]
            assert workflow.table.verify(status, event) is None
            status = play.state.status
            assert event.data.to == status
    assert workflow.fold(play.history) == play.state


def test_a_machine_that_takes_another_step_is_caught():
    """The control: a machine that asks no guard disagrees with the table of the workflow that does."""
    handlers = tuple(Handler(command=COMMANDS[one], decide=switched, emits=(Switched,)) for one in ("go", "enter_a"))
    workflow = Workflow(
        name="generated",
        version=1,
        category="generated",
        states=("a", "b", "c"),
        finals=(),
        transitions=(
            Transition("enter_a", NEW, "a"),
            Transition("go", "a", "b", guards=("red",)),
            Transition("go", "a", "c"),
        ),
        guards=(objects("red"),),
        initial=Lamp(),
        handlers=handlers,
        evolvers={Switched: moved},
    )
    careless = attrs.evolve(workflow, guards=(Guard("red", lambda _: None),))
    command = COMMANDS["go"](frozenset({"red"}))
    situation = Situation(state=Lamp(status="a"), command=command, plan=PLAN, at=START, now=START)
    assert workflow.machine.dest("go", situation) == first_allowed(workflow, "go", situation) == "c"
    assert careless.machine.dest("go", situation) == "b"


# -- lives of an incident ----------------------------------------------------------------------------------------------

WORDS = st.sampled_from(["", "why", "another reason"])
LEVELS = st.integers(0, 5)
PEOPLE = st.sampled_from([None, "chen.yu", "li.na", Actor("wang.li", "commander"), Actor("wang.li", "emperor")])
PLACES = st.integers(0, 11)
"""Which earlier event an entry command is about."""


@attrs.frozen
class OnEntry:
    """A command about the event at a place of the history; filled in when it is played."""

    kind: type
    place: int
    said: dict[str, Any]

    def on(self, play: Play) -> object:
        """Return the command, about an event that *play* has, or about none."""
        entry = play.history[self.place].id if self.place < len(play.history) else "nowhere"
        return self.kind(entry=entry, **self.said)


@attrs.frozen
class OnReport(OnEntry):
    """A command about the upward report at a place of the history."""

    def on(self, play: Play) -> object:
        """Return the command, about an event that *play* has, or about none."""
        entry = play.history[self.place].id if self.place < len(play.history) else "nowhere"
        return self.kind(report=entry, **self.said)


ROLES = st.sampled_from(["liaison", "runner", "commander", "juggler"])
HOLDERS = st.sampled_from(["", "wu.bo", "li.na", "an.yu"])
OBLIGATIONS = st.sampled_from(["visit", "judge", "nonsense"])
REFERENCES = st.sampled_from([PLAN.reference, DUTIES.reference, Reference("duties", "2", "2" * 64)])
CHANGES = st.sampled_from(
    [
        {},
        {"title": "Other"},
        {"occurred_at": "2026-03-01T07:00:00Z"},
        {"affected_customers": 7},
        {"summary": "other"},
        {"text": "other"},
        {"resolution": "other"},
        {"level": 1},
    ]
)
ASKS: dict[type, st.SearchStrategy[Any]] = {
    c.ReportIncident: st.builds(
        c.ReportIncident,
        category=st.sampled_from(["other", "network", "nonsense"]),
        title=st.sampled_from(["", "T", "U"]),
    ),
    c.Assess: st.builds(c.Assess, affected_customers=st.none() | st.integers(-1, 3), findings=WORDS),
    c.AssignLevel: st.builds(c.AssignLevel, level=LEVELS, basis=WORDS),
    c.ChangeLevel: st.builds(c.ChangeLevel, level=LEVELS, justification=WORDS),
    c.StartResponse: st.just(c.StartResponse()),
    c.TakeCommand: st.builds(c.TakeCommand, commander=st.sampled_from([None, "chen.yu", "li.na"])),
    c.AssignTeam: st.builds(c.AssignTeam, team=st.sampled_from(["", "network", "power"])),
    c.ReportUpward: st.builds(
        c.ReportUpward,
        kind=st.sampled_from(e.REPORT_KINDS),
        recipient=st.sampled_from(["", "HQ", "Regulator"]),
        summary=WORDS,
    ),
    c.Note: st.builds(c.Note, text=WORDS),
    c.Resolve: st.builds(c.Resolve, resolution=WORDS),
    c.Reopen: st.builds(c.Reopen, reason=WORDS),
    c.CloseReview: st.builds(c.CloseReview, summary=WORDS),
    c.Cancel: st.builds(c.Cancel, reason=WORDS),
    c.Merge: st.builds(c.Merge, into=st.sampled_from(["", "i-1", "i-2"]), reason=WORDS),
    c.Absorb: st.builds(
        c.Absorb,
        source=st.sampled_from(["", "i-1", "i-3"]),
        reason=WORDS,
        worst_level=st.none() | st.integers(1, 4),
        reported_upward=st.booleans(),
    ),
    c.Correct: st.builds(
        OnEntry, st.just(c.Correct), PLACES, st.fixed_dictionaries({"changes": CHANGES, "reason": WORDS})
    ),
    c.Retract: st.builds(OnEntry, st.just(c.Retract), PLACES, st.fixed_dictionaries({"reason": WORDS})),
    PinEntry: st.builds(OnEntry, st.just(PinEntry), PLACES, st.fixed_dictionaries({"note": WORDS})),
    UnpinEntry: st.builds(OnEntry, st.just(UnpinEntry), PLACES, st.fixed_dictionaries({"reason": WORDS})),
    Acknowledge: st.just(Acknowledge()),
    Recategorise: st.builds(Recategorise, category=st.sampled_from(["other", "network", "nonsense"]), reason=WORDS),
    SetResponseLevel: st.builds(SetResponseLevel, response=st.sampled_from(["I", "II", "III"]), basis=WORDS),
    AssignRole: st.builds(AssignRole, role=ROLES, person=HOLDERS),
    ReleaseRole: st.builds(ReleaseRole, role=ROLES, person=HOLDERS, reason=WORDS),
    HandOverRole: st.builds(HandOverRole, role=ROLES, from_person=HOLDERS, to_person=HOLDERS, briefing=WORDS),
    ActivatePlan: st.builds(ActivatePlan, plan=REFERENCES, reason=WORDS),
    RebasePlan: st.builds(RebasePlan, plan=REFERENCES, reason=WORDS),
    c.Waive: st.builds(c.Waive, obligation=OBLIGATIONS, occurrence=st.integers(0, 2), reason=WORDS),
    c.PauseClock: st.builds(c.PauseClock, obligation=OBLIGATIONS, reason=WORDS),
    c.ResumeClock: st.builds(c.ResumeClock, obligation=OBLIGATIONS),
    c.Fulfil: st.builds(c.Fulfil, obligation=OBLIGATIONS),
    c.RecordReceipt: st.builds(OnReport, st.just(c.RecordReceipt), PLACES, st.fixed_dictionaries({"receipt": WORDS})),
    c.RaiseDue: st.builds(
        c.RaiseDue,
        obligation=OBLIGATIONS,
        occurrence=st.integers(1, 2),
        rung=st.integers(0, 2),
        due_at=st.sampled_from([START + timedelta(minutes=1), START]),
        tell=st.sampled_from([(), ("commander",)]),
    ),
    Approve: st.builds(Approve, command=st.sampled_from(["waive", "resolve"]), about=st.sampled_from(["", "visit 1"])),
}
SPINE = (
    c.ReportIncident(category="other", title="T"),
    c.Fulfil(obligation="visit"),
    c.Assess(affected_customers=3),
    c.AssignLevel(level=2, basis="why"),
    c.StartResponse(),
    c.ReportUpward(kind="initial", recipient="HQ", summary="why"),
    c.Resolve(resolution="why"),
    c.CloseReview(summary="why"),
    c.Reopen(reason="why"),
    c.Resolve(resolution="another reason"),
)
"""A life that reaches the late states; what is drawn is put between its steps."""


ENDINGS = ((), (c.Cancel(reason="why"),), (c.Merge(into="i-2", reason="why"),))


@st.composite
def lives(draw: st.DrawFn) -> list[tuple[Any, Any]]:
    """Draw what is asked of an incident, one after the other, each with who asks."""
    asks: list[tuple[Any, Any]] = []
    for step in SPINE[: draw(st.integers(0, len(SPINE)))]:
        asks.append((step, None))
        asks += draw(st.lists(st.tuples(st.one_of(list(ASKS.values())), PEOPLE), max_size=2))
    asks += [(step, None) for step in draw(st.sampled_from(ENDINGS))]
    return asks + draw(st.lists(st.tuples(st.one_of(list(ASKS.values())), PEOPLE), max_size=6))


_APART = (
    *(actions, course, decisions, effects, holds, links, measures, messages, notices, parties, proposals, recognition),
    *(resources, review, situation, splitting, statements, teams, unmerging, unplanned),
)
ELSEWHERE = {"activate_due_plan", *(trigger_of(one.command) for module in _APART for one in module.HANDLERS)}
"""What only watchers ask, and the commands of these modules: each has cells in `test_incident_table`, and tests of its
own beside the module's."""


def played(asks: list[tuple[Any, Any]], play: Play) -> Any:
    """Play *asks*, refused ones too; yield after each one the state before, the command, and the events."""
    for ask, actor in asks:
        command = ask.on(play) if isinstance(ask, OnEntry) else ask
        before, known = play.state, len(play.history)
        try:
            play.do(command, actor=actor)
        except CommandRefused:
            continue
        yield before, command, actor, play.history[known:]


def test_every_command_is_asked():
    """The control: the lives below ask every command of the workflow but those that have tests of their own."""
    assert {trigger_of(kind) for kind in ASKS} | ELSEWHERE == set(INCIDENT.triggers)
    assert not {trigger_of(kind) for kind in ASKS} & ELSEWHERE


@given(lives())
def test_a_repeated_command_causes_nothing(asks):
    """A command decided on the state that it made yields nothing or is refused; notes and approvals are new facts."""
    play = Play(plan=DUTIES)
    for _, command, actor, _ in played(asks, play):
        if not isinstance(command, c.Note | Approve):
            payloads, _ = outcome(INCIDENT, play.situation(command, actor))
            assert payloads == ()


@given(lives())
def test_what_was_done_would_not_move_the_incident(asks):
    """A command counts as done only where its step would leave the state alone, upward reports excepted."""
    play = Play(plan=DUTIES)
    for _ in played(asks, play):
        for ask, actor in asks:
            command = ask.on(play) if isinstance(ask, OnEntry) else ask
            situation = play.situation(command, actor)
            handler = INCIDENT.handler(command)
            if handler.done(situation) and not isinstance(command, c.ReportUpward):
                dest = INCIDENT.machine.dest(trigger_of(type(command)), situation)
                assert dest in (None, play.state.status)


@given(lives(), st.integers(0, 40))
def test_a_fold_is_determined_by_its_events(asks, cut):
    """Folding again, or in two parts, gives the same state, and every step is one that the table knows."""
    play = Play(plan=DUTIES)
    for before, _, _, events in played(asks, play):
        for event in events:
            assert INCIDENT.table.verify(before.status, event) is None
    assert INCIDENT.fold(play.history) == play.state
    assert INCIDENT.fold(play.history[cut:], INCIDENT.fold(play.history[:cut])) == play.state


@given(lives())
def test_machine_and_table_agree_on_the_incident(asks):
    """In every state that an incident reaches, for every command, the machine takes the table's first allowed step."""
    play = Play(plan=DUTIES)
    for _ in played(asks, play):
        for ask, actor in asks:
            situation = play.situation(ask.on(play) if isinstance(ask, OnEntry) else ask, actor)
            trigger = trigger_of(type(situation.command))
            assert INCIDENT.machine.dest(trigger, situation) == first_allowed(INCIDENT, trigger, situation)


@given(lives())
def test_explain_agrees_with_decide_on_the_incident(asks):
    """What explain allows is decided, what it calls done causes nothing, what it bars is refused with its reasons."""
    play = Play(plan=DUTIES)
    for ask, actor in asks:
        command = ask.on(play) if isinstance(ask, OnEntry) else ask
        explanation = play.explain(trigger_of(type(command)), command, actor)
        payloads, refusals = outcome(INCIDENT, play.situation(command, actor))
        assert explanation.refusals == refusals
        assert explanation.allowed == (not refusals)
        assert explanation.done == (not payloads and not refusals)
        play.record(*payloads, actor=actor)


RULED = attrs.evolve(
    DUTIES,
    authority=(
        AuthorityRule(id="steps", commands=("report", "assess", "fulfil", "start_response"), roles=("anyone",)),
        AuthorityRule(id="levels", commands=("assign_level", "change_level:raise"), roles=("anyone",), levels=(2, 3)),
        AuthorityRule(id="ending", commands=("resolve", "reopen"), roles=("anyone",), different_actor=("assess",)),
        AuthorityRule(id="waiving", commands=("waive", "close_review"), roles=("commander",), n_of=2, break_glass=True),
        AuthorityRule(id="telling", commands=("report_upward", "note"), roles=("commander",), not_in_chain=True),
    ),
)


@given(lives(), st.sampled_from(["", "need"]))
def test_explain_agrees_with_decide_under_authority(asks, break_glass):
    """Where the plan has rules, what explain allows is decided, and what it bars is refused for the same reasons."""
    play = Play(plan=RULED)
    for ask, actor in asks:
        command = ask.on(play) if isinstance(ask, OnEntry) else ask
        situation = attrs.evolve(play.situation(command, actor or "an.yu"), break_glass=break_glass)
        explanation = explain(INCIDENT, trigger_of(type(command)), situation)
        payloads, refusals = outcome(INCIDENT, situation)
        assert explanation.refusals == refusals
        assert explanation.allowed == (not refusals)
        assert not payloads or not isinstance(authorise(INCIDENT, situation), tuple)
        play.record(*payloads, actor=actor or "an.yu")


@given(lives())
def test_the_worst_level_never_improves(asks):
    """The worst level so far is the smallest that was assigned here or absorbed, and only ever gets worse."""
    play = Play(plan=DUTIES)
    seen: list[int] = []
    for before, _, _, events in played(asks, play):
        seen += [event.data.level for event in events if isinstance(event.data, e.LevelAssigned)]
        seen += [event.data.to_level for event in events if isinstance(event.data, e.LevelChanged)]
        levels = [event.data.worst_level for event in events if isinstance(event.data, e.IncidentAbsorbed)]
        seen += [level for level in levels if level is not None]
        assert play.state.worst_level == min(seen, default=None)
        assert before.worst_level is None or play.state.worst_level <= before.worst_level


@given(lives())
def test_there_is_one_commander_at_any_instant(asks):
    """Each transfer takes command from whoever held it, so that the transfers form one chain."""
    play = Play(plan=DUTIES)
    commander = None
    for _, _, _, events in played(asks, play):
        for event in events:
            if isinstance(event.data, e.CommandTransferred):
                assert event.data.from_commander == commander
                assert event.data.to_commander not in (commander, "")
                commander = event.data.to_commander
        assert play.state.commander == commander


@given(lives())
def test_each_role_is_held_by_as_many_as_the_plan_says(asks):
    """Nobody holds a role twice, no role is held by more people than the plan lets, and it is one of the plan's."""
    play = Play(plan=DUTIES)
    for _ in played(asks, play):
        held = [(one.role, one.person) for one in play.state.roles]
        assert len(set(held)) == len(held)
        for role in {role for role, _ in held}:
            allowed = DUTIES.role(role).holders
            assert allowed is None or len(play.state.holders(role)) <= allowed


@given(lives())
def test_a_level_that_owes_a_report_is_not_resolved_without_one(asks):
    """Whenever an incident is resolved whose worst level owes an upward report, one was sent and still counts."""
    play = Play(plan=DUTIES)
    for before, _, _, events in played(asks, play):
        for event in events:
            if isinstance(event.data, e.IncidentResolved) and before.worst_level is not None:
                owes = DUTIES.level(before.worst_level).owes_upward_report
                assert not owes or before.upward_reports or before.told_by_absorbed


@given(lives())
def test_a_merged_incident_is_corrected_or_pinned_at_most(asks):
    """No command but those about its entries leaves a mark on a merged incident, and none moves it."""
    play = Play(plan=DUTIES)
    for before, command, _, events in played(asks, play):
        if before.status == "merged" and events:
            assert isinstance(command, c.Correct | c.Retract | PinEntry | UnpinEntry)
            assert play.state.status == "merged"


@given(lives())
def test_a_log_folds_without_its_definition(asks):
    """The state goes where the events say, whatever a definition of today would make of them."""
    play = Play(plan=DUTIES)
    for _ in played(asks, play):
        steps = [event.data.to for event in play.history if hasattr(event.data, "to")]
        assert play.state.status == (steps[-1] if steps else NEW)


@given(
    st.lists(st.tuples(st.sampled_from(["a", "resolved", "Closed", "merged"]), st.sampled_from(["b", "reported", "?"])))
)
def test_whatever_reality_told_folds(steps):
    """Steps between states that no definition knows fold to the last `to`; each one is at most a finding."""
    play = Play(plan=DUTIES).record(*(e.StepRecorded(from_=source, to=dest, step="told") for source, dest in steps))
    assert play.state.status == (steps[-1][1] if steps else NEW)
    assert all(INCIDENT.table.verify(NEW, event) is not None for event in play.history)


@pytest.mark.parametrize("state", ["reviewed", "resolved", "merged", "cancelled"])
def test_lives_reach_the_late_states(state):
    """The control: what is drawn gets far enough for the properties to bite."""
    reached: set[str] = set()

    @given(lives())
    def live(asks):
        play = Play(plan=DUTIES)
        reached.update(play.state.status for _ in played(asks, play))

    live()
    assert state in reached
