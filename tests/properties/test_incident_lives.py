"""Whatever is asked of incidents under whatever plan, by whomever and whenever: what always holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count, pairwise
from random import Random
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import event as seen
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from engines import engine_on
from naive_authority import allowing, holders, rules_of
from plan_commands import PEOPLE, Asker
from plan_strategies import IDS, REFERRED, WORKING, plans, seeded_plan
from respond.domain.events import Event
from respond.domain.payloads import from_data, to_data
from respond.domain.references import Actor
from respond.engine import desk as explaining
from respond.engine import watch as watching
from respond.engine.handler import Handler
from respond.engine.watch import Watch
from respond.errors import CommandRefused, RespondError
from respond.plan import courses
from respond.plan import owed as owing
from respond.plan.authority import AuthorityRule
from respond.plan.calendars import EVERY_DAY
from respond.plan.obligations import Clock, Obligation, Rung
from respond.plan.organisation import Role
from respond.plan.owed import Owed, Verdict, owed
from respond.plan.plan import Plan
from respond.plan.spans import Span
from respond.store.memory import MemoryEventStore
from respond.testing.conformance.samples import ManualClock
from respond.workflow import decider
from respond.workflow.definition import Situation, trigger_of
from respond.workflow.incident import INCIDENT
from respond.workflow.incident import commands as c
from respond.workflow.incident import events as e
from respond.workflow.incident.facts import facts_of
from respond.workflow.incident.state import COMMANDER, OPEN, Incident
from workers import Barred, Worker

SEEDS = st.integers(0, 2**32 - 1)
ALL = AuthorityRule(id="all", commands=("*",), roles=("clerk", "director", "deputy"))
"""Lets many do everything, so that a plan with random rules of authority gets an incident anywhere."""
DESK = AuthorityRule(id="desk", commands=("report",), roles=("anyone",))
"""Lets anyone report, so that there is an incident under any rules."""
CLERK = Role(id="clerk", title="Clerk")
DUTY = Obligation(
    id="duty",
    title="Duty",
    act="fulfil",
    due=(Clock(from_="told", within=Span(40, "minute")),),
    pausable=True,
    before=("resolve",),
    ladder=(Rung(tell=("clerk",)),),
)
ORDER: dict[Verdict, int] = {"waiting": 0, "paused": 0, "open": 1, "near": 2, "missing": 3}
"""How a verdict moves with the clock while the facts stay; all others are the last one."""
INSTANT = timedelta(microseconds=1)
INCIDENTS_MAX = 2
OTHER_RULES = "the rules of authority say otherwise"
EXPLAINED = "a refusal says otherwise than its explanation"
COMMAND = "a role is held by others, or not by one commander"
FELL = "the worst level fell"
BACK = "a verdict went back, or was met and breached"
MOVED = "a deadline moved without an event"
NOT_ONCE = "a rung was not raised just once"
AGAIN = "a command that was repeated caused something"


@attrs.frozen
class Asked:
    """A command that wrote something, and how it was sent."""

    incident: str
    command: Any
    circumstances: dict[str, Any]
    events: tuple[str, ...]


class Lives(RuleBasedStateMachine):
    """People work on incidents, err, amend and repeat themselves, while watchers watch and time passes."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = ManualClock()
        self.store = MemoryEventStore(clock=self.clock)
        self.states: dict[str, Incident] = {}
        self.asked: list[Asked] = []
        self.barred: dict[str, Barred] = {}
        self.read: dict[str, int] = {}
        self.histories: dict[str, tuple[int, tuple[Event, ...]]] = {}

    # -- what happens --------------------------------------------------------------------------------------------------

    @initialize(
        plan=plans(sections=WORKING, full=True),
        further=plans(name="further", sections=WORKING, full=True),
        rules=st.sampled_from(["none", "drawn", "clerk", "desk"]),
        seed=SEEDS,
        steps=st.integers(40, 80),
    )
    def begin(self, plan: Plan, further: Plan, rules: str, seed: int, steps: int) -> None:
        """Open an engine with two plans, report, and begin to work."""
        more = {"none": (), "drawn": (DESK,), "clerk": (ALL,), "desk": (ALL, DESK)}[rules]
        self.plans = tuple(
            attrs.evolve(staffed(one), authority=(*one.authority, *more) if more else ()) for one in (plan, further)
        )
        self.engine = engine_on(self.store, self.clock, plans=self.plans)
        self.watches = (Watch(self.engine), Watch(self.engine))
        for number in range(9):
            if not self.states:
                self.report(seed + number)
        if self.states:
            self.ask(seed, steps)

    @precondition(lambda self: len(self.states) < INCIDENTS_MAX)
    @rule(seed=SEEDS)
    def report(self, seed: int) -> None:
        """Report an incident, if somebody may."""
        plan = self.plans[seed % 2]
        asker = Asker(seed, plan, (), INCIDENT.initial)
        command, actor = asker.command("report"), self._circumstances(asker)["actor"]
        may = allowing(plan, (), command, actor)
        before = self._rows()
        try:
            told = {**attrs.asdict(command, recurse=False), "plan_reason": "drawn"}
            del told["passed_over"]
            incident = self.engine.report(**told, actor=actor, plan=plan.name)
        except CommandRefused as refused:
            assert self._rows() == before
            assert "role-unknown" in codes_of(refused) or may == set(), OTHER_RULES  # noqa: PT017 - no failure
            return
        assert may != set(), OTHER_RULES
        self.states[incident.id] = INCIDENT.initial
        self._carry_on(incident.id)

    @precondition(lambda self: self.states)
    @rule(seed=SEEDS, steps=st.integers(4, 12))
    def ask(self, seed: int, steps: int) -> None:
        """Work on an incident: ask for what gets it on, and for anything else."""
        incident = sorted(self.states)[seed % len(self.states)]
        for step in range(steps):
            history, state = self._history(incident), self.states[incident]
            plan = self._plan(history)
            worker = Worker(f"{seed} {step} {len(history)} {plan.reference.digest}", plan, history, state)
            command = worker.next(tuple(plan.reference for plan in self.plans), self.barred.pop(incident, None))
            self._ask(incident, command, self._circumstances(worker))
            self.clock.move(minutes=worker.random.randint(0, 9))
            if worker.chance(0.05):
                self.wait(60)
                self.watch(seed % 2)

    @precondition(lambda self: len(self.states) > 1 and self.store.head().position > 20)
    @rule(seed=SEEDS)
    def merge(self, seed: int) -> None:
        """Merge an incident into the other."""
        source, into = sorted(self.states, reverse=bool(seed % 2))
        actor = Actor(PEOPLE[seed % 4], "clerk")
        before, two = self._rows(), (self._history(source), self._history(into))
        merge = c.Merge(into=into, reason="the same")
        absorb = c.Absorb(source=source, reason="the same")
        may = [allowing(self._plan(two[0]), two[0], merge, actor), allowing(self._plan(two[1]), two[1], absorb, actor)]
        try:
            self.engine.merge(source, into, reason="the same", actor=actor)
        except CommandRefused:
            assert self._rows() == before
            return
        if len(self._rows()) > len(before):
            assert set() not in may, OTHER_RULES
        self._carry_on(source)
        self._carry_on(into)

    @rule(minutes=st.sampled_from([1, 20, 60, 150]))
    def wait(self, minutes: int) -> None:
        """Let time pass: no deadline moves by that."""
        told = {incident: self._owed(incident) for incident in self.states}
        self.clock.move(minutes=minutes)
        for incident, before in told.items():
            assert prefixed(before, self._owed(incident)), MOVED

    @precondition(lambda self: self.states)
    @rule(which=st.integers(0, 1))
    def watch(self, which: int) -> None:
        """Let a watcher go round; the other finds nothing left, and neither does a naive look."""
        before = len(self._rows())
        found = self.watches[which].round()
        assert found.raised + found.activated == len(self._rows()) - before, NOT_ONCE
        assert self.watches[1 - which].round().raised == 0, NOT_ONCE
        for incident in self.states:
            self._carry_on(incident)
            assert list(self._unraised(incident)) == [], NOT_ONCE

    @precondition(lambda self: self.asked)
    @rule(seed=SEEDS)
    def repeat(self, seed: int) -> None:
        """Send a command again, with its id."""
        one = self.asked[seed % len(self.asked)]
        before = self._rows()
        try:
            answer = self.engine.execute("incident", one.incident, one.command, **one.circumstances)
        except RespondError:
            answer = None
        assert answer is not None, AGAIN
        assert (answer.replayed, answer.events) == (True, one.events), AGAIN
        assert self._rows() == before, AGAIN

    def teardown(self) -> None:
        """Look at what was left: who commanded when, and that the log tells the same again."""
        for incident, state in self.states.items():
            tenures = self.engine.incident(incident).review(now=self.clock.now).commanders
            assert all(one.until is not None and one.until <= two.since for one, two in pairwise(tenures)), COMMAND
            if state.commander is not None and state.status in OPEN:
                assert (tenures[-1].holder, tenures[-1].until) == (state.commander, None), COMMAND
            raised = Counter(state.raised)
            assert all(number == 1 for number in raised.values()), NOT_ONCE
            for name in {*reached(self._history(incident))}:
                seen(name)
        if self.states:
            assert self.engine.replay(check_leaves=True).failures == ()

    # -- what always holds ---------------------------------------------------------------------------------------------

    def _ask(self, incident: str, command: Any, circumstances: dict[str, Any]) -> None:
        before, history = self._rows(), self._history(incident)
        plan, actor = self._plan(history), circumstances["actor"]
        told = {name: value for name, value in circumstances.items() if name in {"actor", "at", "break_glass"}}
        explanation = self.engine.explain("incident", incident, trigger_of(type(command)), command, **told)
        situation = attrs.evolve(
            self.engine._handler.situation(INCIDENT, history, command=command, actor=actor),
            **({} if circumstances["at"] is None else {"at": circumstances["at"]}),
        )
        may = allowing(plan, history, command, actor, circumstances["break_glass"])
        try:
            outcome = self.engine.execute("incident", incident, command, **circumstances)
        except CommandRefused as refused:
            assert refused.refusals == explanation.refusals, EXPLAINED  # noqa: PT017 - a refusal is no failure
            assert self._rows() == before, "a refused command wrote something"
            assert bool(explanation.denied) == (may == set()), OTHER_RULES
            codes = codes_of(refused) - {one.code for one in explanation.denied}
            assert codes == against(situation), "the guards say otherwise"
            self.barred[incident] = Barred(trigger_of(type(command)), frozenset(codes))
            return
        assert explanation.allowed, EXPLAINED
        events = self._history(incident)[len(history) :]
        assert outcome.events == tuple(event.id for event in events)
        if events:
            assert may is None or (may and set(rules_of(events)) <= may), OTHER_RULES
            assert all(event.body.get("authority") is None for event in events) == (may is None), OTHER_RULES
            assert against(situation) == set(), "the guards say otherwise"
            if circumstances["command_id"]:
                self.asked.append(Asked(incident, command, circumstances, outcome.events))
        self._carry_on(incident)

    def _carry_on(self, incident: str) -> None:
        """Carry the state over what is new, and check that everything agrees on it."""
        before, history = self.states[incident], self._history(incident)
        state = INCIDENT.initial
        for event in history:
            state = INCIDENT.evolve(state, event)
        for event in history[self.read.get(incident, 0) :]:
            assert from_data(type(event.data), to_data(event.data)) == event.data
        assert state == INCIDENT.fold(history) == self.engine.state("incident", incident)
        held = {role: set(state.holders(role)) for role in IDS["roles"] if state.holders(role)}
        assert len(state.holders(COMMANDER)) <= 1, COMMAND
        assert held == holders(history), COMMAND
        assert before.worst_level is None or (state.worst_level or 99) <= before.worst_level, FELL
        assert state.worst_level is None or state.level is None or state.worst_level <= state.level, FELL
        self.states[incident], self.read[incident] = state, len(history)
        for one in self._owed(incident):
            assert forward(one), BACK

    def _owed(self, incident: str) -> tuple[Owed, ...]:
        history = self._history(incident)
        plan = self._plan(history)
        return owed(plan, facts_of(plan, history), until=self.clock.now)

    def _unraised(self, incident: str) -> Iterator[tuple[str, int, int]]:
        """Yield each rung whose last occurrence that reached it was not raised, by walking the ladders one by one."""
        history = self._history(incident)
        plan, state = self._plan(history), self.states[incident]
        if state.status in {"reviewed", "cancelled", "merged"}:
            return  # a watcher of a log without tables does not look at an incident that was reviewed
        reached: dict[tuple[str, int], Owed] = {}
        for one in self._owed(incident):
            obligation = plan.obligation(one.obligation)
            assert obligation is not None
            calendar = next((each for each in plan.calendars if each.name == obligation.calendar), EVERY_DAY)
            ended = [at for at in (one.done_at, one.waived_at, one.dropped_at) if at is not None]
            if one.due_at is None or one.since is None:
                continue
            for number, rung in enumerate(obligation.ladder, 1):
                if rung.levels and state.level not in rung.levels:
                    continue
                at = calendar.before(one.due_at, rung.before) if rung.before else one.due_at
                at = max(one.since, calendar.after(one.due_at, rung.after) if rung.after else at)
                if at > self.clock.now or any(end <= self.clock.now or end <= at for end in ended):
                    continue
                key = (one.obligation, number) if obligation.recurs else (f"{one.obligation} {one.occurrence}", number)
                reached[key] = one
        for (_, number), one in reached.items():
            if (one.obligation, one.occurrence, number, one.due_at) not in state.raised:
                yield one.obligation, one.occurrence, number

    # -- helpers -------------------------------------------------------------------------------------------------------

    def _circumstances(self, asker: Asker) -> dict[str, Any]:
        roles = [one.id for one in asker.plan.roles if one.id in ALL.roles] if asker.chance(0.7) else []
        role = asker.one_of(roles or (None, "nobody", *(one.id for one in asker.plan.roles for _ in range(3))))
        person = asker.one_of(asker.state.holders(role or "") or PEOPLE) if asker.chance(0.4) else asker.person()
        actor = Actor(person, role, asker.one_of((None, None, None, *PEOPLE)) if asker.chance(0.3) else None)
        late = asker.one_of((5, 60)) if asker.chance(0.15) else None
        return {
            "actor": None if asker.chance(0.05) else actor,
            "at": None if late is None else self.clock.now - timedelta(minutes=late),
            "command_id": f"command {self.store.head().position} {self.clock.now}" if asker.chance() else None,
            "break_glass": "nobody else is here" if asker.chance(0.2) else "",
        }

    def _plan(self, history: tuple[Event, ...]) -> Plan:
        return self.engine.plans.in_force(history)

    def _history(self, incident: str) -> tuple[Event, ...]:
        head = self.store.head().position
        if self.histories.get(incident, (0, ()))[0] != head:
            self.histories[incident] = (head, self.engine.events("incident", incident))
        return self.histories[incident][1]

    def _rows(self) -> list[Any]:
        return list(self.store.read_log(limit=100_000))


def staffed(plan: Plan) -> Plan:
    """Return *plan* with a role that can be filled, and a duty that must be done."""
    roles = () if plan.role(CLERK.id) else (CLERK,)
    return attrs.evolve(plan, roles=(*plan.roles, *roles), obligations=(*plan.obligations, DUTY))


def codes_of(refused: CommandRefused) -> set[str]:
    """Return the codes of what speaks against a command."""
    return {one.code for one in refused.refusals}


def against(situation: Situation) -> set[str]:
    """Return the codes of every guard that objects, unless a transition is free; by the declaration itself."""
    command = situation.command
    if INCIDENT.handler(command).done(situation):
        return set()
    steps = [
        step
        for step in INCIDENT.transitions
        if step.trigger == trigger_of(type(command)) and situation.state.status in step.sources
    ]
    checks = {one.code: one.check for one in INCIDENT.guards}
    objecting = [{code for code in step.guards if checks[code](situation) is not None} for step in steps]
    if not steps:
        return {"not-enabled"}
    return set() if set() in objecting or not all(objecting) else set().union(*objecting)


def prefixed(before: tuple[Owed, ...], after: tuple[Owed, ...]) -> bool:
    """Return whether what was owed is owed in the same way later; a schedule may be listed further."""
    for name in {one.obligation for one in before}:
        old = [one for one in before if one.obligation == name]
        new = [one for one in after if one.obligation == name]
        if new[: len(old)] != old:
            return False
    return True


def forward(one: Owed) -> bool:
    """Return whether a verdict only moves forward while the facts stay, and is not met once it was missing."""
    told = (one.since, one.near_at, one.due_at, one.done_at, one.waived_at, one.dropped_at)
    moments = sorted({at + step for at in told if at is not None for step in (-INSTANT, INSTANT * 0, INSTANT)})
    verdicts = [owing.verdict(one, at) for at in moments]
    for old, new in pairwise(verdicts):
        if old not in ORDER:
            if new != old:
                return False
        elif new in ORDER:
            if ORDER[old] > ORDER[new]:
                return False
        elif old == "missing" and new not in {"late", "waived", "dropped"}:
            return False
    return not ("missing" in verdicts and {"met", "near_miss"} & set(verdicts))


def reached(history: tuple[Event, ...]) -> Iterator[str]:
    """Yield what a life came to: its states, and what people did."""
    names = Counter(event.type for event in history)
    yield from (f"to {event.data.to}" for event in history if getattr(event.data, "to", None))
    yield from names
    if names["UpwardReportSent"] > 1:
        yield "several upward reports"


# How fast the machine is that runs this is no matter of the test.
BUDGET = settings(max_examples=15, stateful_step_count=20, suppress_health_check=[HealthCheck.too_slow])
CONTROL = settings(
    BUDGET,
    max_examples=200,
    phases=[Phase.generate],
    database=None,
    derandomize=True,
    report_multiple_bugs=False,
)
"""For controls: a defect that was planted is to be found, and nothing else about it matters."""
LIVES = 64
GOOD_SHARES = {
    **dict.fromkeys(("to responding", "UpwardReportSent", "ObligationFulfilled"), 0.5),
    **dict.fromkeys(("to resolved", "RoleAssigned", "EntryRetracted"), 0.4),
    **dict.fromkeys(("to reviewed", "RoleHandedOver", "ObligationRaised", "EntryCorrected"), 0.3),
    **dict.fromkeys(("several upward reports", "CommandTransferred", "PlanRebased", "ObligationWaived"), 0.25),
    **dict.fromkeys(("IncidentReopened", "ClockPaused", "LevelChanged"), 0.15),
    "ClockResumed": 0.1,
}
"""The share of lives in which an incident comes to each of these at least."""
TestLives = Lives.TestCase
TestLives.settings = BUDGET


def test_lives_get_far():
    """In a good share of the lives incidents come to their end and back, and people do what there is to do."""
    found: list[set[str]] = []
    for number in range(LIVES):
        random, life = Random(number), Lives()
        plan, further = (
            seeded_plan({section: random.randrange(1, 2**32) for section in (*REFERRED, *WORKING)}, name=name)
            for name in ("drawn", "further")
        )
        rules = random.choice(("none", "drawn", "clerk", "desk"))
        life.begin(plan=plan, further=further, rules=rules, seed=number, steps=60)
        life.ask(seed=number, steps=10)
        found.append({name for incident in life.states for name in reached(life._history(incident))})
    shares = {name: round(sum(name in one for one in found) / len(found), 2) for name in GOOD_SHARES}
    short = {name: share for name, share in shares.items() if share < GOOD_SHARES[name]}
    assert short == {}, str(shares)


def nobody_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everybody do everything."""
    monkeypatch.setattr(decider, "authorise", lambda *_: None)


def forgotten_commander(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fold a transfer of command to nothing."""
    monkeypatch.setitem(INCIDENT.evolvers, e.CommandTransferred, lambda state, _: state)


def blind_watcher(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let watchers raise nothing."""
    monkeypatch.setattr(watching._Seen, "reached", lambda *_: ())


def forgetful_watcher(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what was raised be forgotten, so that it is raised again."""
    monkeypatch.setitem(INCIDENT.evolvers, e.ObligationRaised, lambda state, _: state)


def fallen_worst_level(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the last assessment wipe out the worst level."""
    assessed = INCIDENT.evolvers[e.IncidentAssessed]
    monkeypatch.setitem(
        INCIDENT.evolvers, e.IncidentAssessed, lambda *told: attrs.evolve(assessed(*told), worst_level=None)
    )


def forgiving_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what was done late be met."""
    verdict = owing.verdict
    monkeypatch.setattr(owing, "verdict", lambda *told: "met" if verdict(*told) == "late" else verdict(*told))


def drifting_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each look at a deadline move it by an instant."""
    deadline, looks = courses.deadline, count()

    def drifting(*told: Any, **more: Any) -> datetime | None:
        at = deadline(*told, **more)
        return None if at is None else at + next(looks) * INSTANT

    monkeypatch.setattr(courses, "deadline", drifting)


def silent_explanation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let an explanation forget what authority has against it."""
    explain = explaining.explain
    monkeypatch.setattr(explaining, "explain", lambda *told: attrs.evolve(explain(*told), denied=()))


def forgotten_command_id(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the engine overlook that a command was carried out."""
    monkeypatch.setattr(Handler, "_replayed", lambda *_: None)


@pytest.mark.parametrize(
    ("plant", "found"),
    [
        (nobody_asked, OTHER_RULES),
        (forgotten_commander, COMMAND),
        (blind_watcher, NOT_ONCE),
        (forgetful_watcher, NOT_ONCE),
        (fallen_worst_level, FELL),
        (forgiving_verdict, BACK),
        (drifting_deadline, MOVED),
        (silent_explanation, EXPLAINED),
        (forgotten_command_id, AGAIN),
    ],
)
def test_a_broken_workflow_is_found(monkeypatch, plant, found):
    """The control: the machine finds each of these defects, and says what is wrong."""
    plant(monkeypatch)
    with pytest.raises(AssertionError, match=found):
        run_state_machine_as_test(Lives, settings=CONTROL)
