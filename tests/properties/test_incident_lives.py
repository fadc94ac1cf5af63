"""Whatever is asked of incidents under whatever plan, by whomever and whenever: what always holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Any

import attrs
import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from engines import engine_on
from naive_authority import allowing, holders, rules_of
from plan_commands import PEOPLE, TRIGGERS, Asker
from plan_strategies import IDS, WORKING, plans
from respond.domain.events import Event
from respond.domain.payloads import from_data, to_data
from respond.domain.references import Actor
from respond.engine import watch as watching
from respond.engine.watch import Watch
from respond.errors import CommandRefused
from respond.plan.authority import AuthorityRule
from respond.plan.calendars import EVERY_DAY
from respond.plan.owed import Owed, Verdict, owed, verdict
from respond.plan.plan import Plan
from respond.store.memory import MemoryEventStore
from respond.testing.conformance.samples import ManualClock
from respond.workflow import decider
from respond.workflow.definition import Situation, trigger_of
from respond.workflow.incident import INCIDENT
from respond.workflow.incident import commands as c
from respond.workflow.incident import events as e
from respond.workflow.incident.facts import facts_of
from respond.workflow.incident.state import COMMANDER, Incident

SEEDS = st.integers(0, 2**32 - 1)
USUAL = tuple(name for name in TRIGGERS for _ in range(1 if name in {"cancel", "report", "report_upward"} else 4))
"""How often each is asked for: what ends an incident, or what it allows everywhere, less often."""
FORWARD = ("assess", "assign_level", "start_response", "resolve", "close_review")
ALL = AuthorityRule(id="all", commands=("*",), roles=("clerk", "director", "deputy"))
"""Lets many do everything, so that a plan with random rules of authority gets an incident anywhere."""
ORDER: dict[Verdict, int] = {"waiting": 0, "paused": 0, "open": 1, "near": 2, "missing": 3}
"""How a verdict moves with the clock while the facts stay; all others are the last one."""
INSTANT = timedelta(microseconds=1)
INCIDENTS_MAX = 2


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

    # -- what happens --------------------------------------------------------------------------------------------------

    @initialize(
        plan=plans(sections=WORKING, full=True),
        further=plans(name="further", sections=WORKING, full=True),
        rules=st.sampled_from(["none", "none", "drawn", "clerk", "clerk"]),
        seed=SEEDS,
    )
    def begin(self, plan: Plan, further: Plan, rules: str, seed: int) -> None:
        """Open an engine with two plans, and report."""
        more = {"none": lambda _: (), "drawn": lambda rules: rules, "clerk": lambda rules: (*rules, ALL)}[rules]
        self.plans = tuple(attrs.evolve(one, authority=more(one.authority)) for one in (plan, further))
        self.engine = engine_on(self.store, self.clock, plans=self.plans)
        self.watches = (Watch(self.engine), Watch(self.engine))
        self.report(seed)

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
            told = attrs.asdict(command, recurse=False)
            incident = self.engine.report(**told, actor=actor, plan=plan.name)
        except CommandRefused as refused:
            assert self._rows() == before
            assert "role-unknown" in codes_of(refused) or may == set()  # noqa: PT017 - a refusal is no failure
            return
        assert may != set()
        self.states[incident.id] = INCIDENT.initial
        self._carry_on(incident.id)

    @precondition(lambda self: self.states)
    @rule(seed=SEEDS, steps=st.integers(1, 12))
    def ask(self, seed: int, steps: int) -> None:
        """Ask for anything, and now and then for a step ahead."""
        incident = sorted(self.states)[seed % len(self.states)]
        for step in range(steps):
            history, state = self._history(incident), self.states[incident]
            asker = Asker(f"{seed} {step} {len(history)}", self._plan(history), history, state)
            ahead = [name for name in FORWARD if INCIDENT.table.candidates(state.status, name)]
            trigger = asker.one_of(ahead if ahead and asker.chance(0.3) else USUAL)
            command = asker.command(trigger, tuple(plan.reference for plan in self.plans))
            self._ask(incident, command, self._circumstances(asker))
            self.clock.move(minutes=asker.random.randint(0, 9))

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
            assert set() not in may
        self._carry_on(source)
        self._carry_on(into)

    @rule(minutes=st.sampled_from([1, 20, 60, 150]))
    def wait(self, minutes: int) -> None:
        """Let time pass: no deadline moves by that."""
        told = {incident: self._owed(incident) for incident in self.states}
        self.clock.move(minutes=minutes)
        for incident, before in told.items():
            assert_prefix(before, self._owed(incident))

    @precondition(lambda self: self.states)
    @rule(which=st.integers(0, 1))
    def watch(self, which: int) -> None:
        """Let a watcher go round; the other finds nothing left, and neither does a naive look."""
        before = len(self._rows())
        assert self.watches[which].round().raised == len(self._rows()) - before
        assert self.watches[1 - which].round().raised == 0
        for incident in self.states:
            self._carry_on(incident)
            assert list(self._unraised(incident)) == []

    @precondition(lambda self: self.asked)
    @rule(seed=SEEDS)
    def repeat(self, seed: int) -> None:
        """Send a command again, with its id."""
        one = self.asked[seed % len(self.asked)]
        before = self._rows()
        answer = self.engine.execute("incident", one.incident, one.command, **one.circumstances)
        assert (answer.replayed, answer.events) == (True, one.events)
        assert self._rows() == before

    def teardown(self) -> None:
        """Look at what was left: who commanded when, and that the log tells the same again."""
        for incident in self.states:
            tenures = self.engine.incident(incident).review(now=self.clock.now).commanders
            assert all(one.until is not None and one.until <= two.since for one, two in pairwise(tenures))
            raised = Counter(self.states[incident].raised)
            assert all(number == 1 for number in raised.values())
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
            assert refused.refusals == explanation.refusals  # noqa: PT017 - a refusal is no failure
            assert self._rows() == before
            assert bool(explanation.denied) == (may == set())
            codes = codes_of(refused) - {one.code for one in explanation.denied}
            assert codes == against(situation)
            return
        assert explanation.allowed
        events = self._history(incident)[len(history) :]
        assert outcome.events == tuple(event.id for event in events)
        if events:
            assert may is None or (may and set(rules_of(events)) <= may)
            assert all(event.body.get("authority") is None for event in events) == (may is None)
            assert against(situation) == set()
            if circumstances["command_id"]:
                self.asked.append(Asked(incident, command, circumstances, outcome.events))
        self._carry_on(incident)

    def _carry_on(self, incident: str) -> None:
        """Carry the state over what is new, and check that everything agrees on it."""
        before, history = self.states[incident], self._history(incident)
        state = INCIDENT.initial
        for event in history:
            state = INCIDENT.evolve(state, event)
            assert from_data(type(event.data), to_data(event.data)) == event.data
        assert state == INCIDENT.fold(history) == self.engine.state("incident", incident)
        assert len(state.holders(COMMANDER)) <= 1
        assert {role: set(state.holders(role)) for role in IDS["roles"] if state.holders(role)} == holders(history)
        assert before.worst_level is None or (state.worst_level or 99) <= before.worst_level
        assert state.worst_level is None or state.level is None or state.worst_level <= state.level
        self.states[incident] = state
        for one in self._owed(incident):
            assert_forward(one)

    def _owed(self, incident: str) -> tuple[Owed, ...]:
        history = self._history(incident)
        plan = self._plan(history)
        return owed(plan, facts_of(plan, history), until=self.clock.now)

    def _unraised(self, incident: str) -> Iterator[tuple[str, int, int]]:
        """Yield each rung that is reached and was not raised, by walking the ladders one by one."""
        history = self._history(incident)
        plan, state = self._plan(history), self.states[incident]
        if state.status in {"reviewed", "cancelled", "merged"}:
            return  # a watcher of a log without tables does not look at an incident that was reviewed
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
                if (one.obligation, one.occurrence, number, one.due_at) not in state.raised:
                    yield one.obligation, one.occurrence, number

    # -- helpers -------------------------------------------------------------------------------------------------------

    def _circumstances(self, asker: Asker) -> dict[str, Any]:
        roles = [one.id for one in asker.plan.roles] if asker.chance(0.9) else [*IDS["roles"], "nobody"]
        role = asker.one_of((None, *roles, *roles))
        actor = Actor(asker.person(), role, asker.one_of((None, None, None, *PEOPLE)))
        late = asker.one_of((None, None, None, 5, 60))
        return {
            "actor": None if asker.chance(0.1) else actor,
            "at": None if late is None else self.clock.now - timedelta(minutes=late),
            "command_id": f"command {self.store.head().position} {self.clock.now}" if asker.chance() else None,
            "break_glass": "nobody else is here" if asker.chance(0.2) else "",
        }

    def _plan(self, history: tuple[Event, ...]) -> Plan:
        return self.engine.plans.in_force(history)

    def _history(self, incident: str) -> tuple[Event, ...]:
        return self.engine.events("incident", incident)

    def _rows(self) -> list[Any]:
        return list(self.store.read_log(limit=100_000))


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


def assert_prefix(before: tuple[Owed, ...], after: tuple[Owed, ...]) -> None:
    """Check that what was owed is owed in the same way later; a schedule may be listed further."""
    for name in {one.obligation for one in before}:
        old = [one for one in before if one.obligation == name]
        new = [one for one in after if one.obligation == name]
        assert new[: len(old)] == old


def assert_forward(one: Owed) -> None:
    """Check that as time passes over fixed facts a verdict moves forward only, and is never met once it was missing."""
    told = (one.since, one.near_at, one.due_at, one.done_at, one.waived_at, one.dropped_at)
    moments = sorted({at + step for at in told if at is not None for step in (-INSTANT, INSTANT * 0, INSTANT)})
    verdicts = [verdict(one, at) for at in moments]
    for old, new in pairwise(verdicts):
        if old not in ORDER:
            assert new == old
        elif new in ORDER:
            assert ORDER[old] <= ORDER[new]
        else:
            assert old != "missing" or new in {"late", "waived", "dropped"}
    assert not ("missing" in verdicts and {"met", "near_miss"} & set(verdicts))


BUDGET = settings(max_examples=30, stateful_step_count=20)
TestLives = Lives.TestCase
TestLives.settings = BUDGET


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


@pytest.mark.parametrize(
    "break_it", [nobody_asked, forgotten_commander, blind_watcher, forgetful_watcher, fallen_worst_level]
)
def test_a_broken_workflow_is_found(monkeypatch, break_it):
    """The control: the machine finds each of these defects."""
    break_it(monkeypatch)
    with pytest.raises((AssertionError, Flaky)):
        run_state_machine_as_test(
            Lives, settings=settings(BUDGET, max_examples=400, phases=[Phase.generate], database=None, derandomize=True)
        )
