"""Whatever is asked of an engine, in whatever order: the log, the states and the lists agree."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import attrs
from hypothesis import assume, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from engines import engine_on
from respond.engine.circumstances import UNKNOWN
from respond.engine.handler import Outcome
from respond.errors import CommandRefused, IdempotencyConflict, Refusal
from respond.store.memory import MemoryEventStore
from respond.testing.conformance.samples import ManualClock
from respond.workflow.definition import trigger_of
from respond.workflow.incident import INCIDENT
from respond.workflow.incident import commands as c
from respond.workflow.incident.state import worse
from strategies import COMMANDS, PEOPLE, words

INCIDENTS_MAX = 3
INCIDENTS = st.integers(0, INCIDENTS_MAX - 1)
STEPS = tuple(name for name in COMMANDS if name not in {"merge", "absorb"})
"""What is asked of one incident; `report` too, which is refused where there is one."""
ACTORS = st.none() | st.sampled_from(PEOPLE)
WRONG = st.sampled_from(
    [
        c.Assess(injured=-1),
        c.AssignLevel(level=9, basis="x"),
        c.AssignLevel(level=3, basis=" "),
        c.ChangeLevel(level=0, justification="x"),
        c.TakeCommand(),
        c.AssignTeam(team=""),
        c.ReportUpward(kind="initial", recipient="", summary="x"),
        c.Note(),
        c.Resolve(resolution=" "),
        c.Cancel(reason=""),
        c.Retract(entry="nobody's", reason="x"),
    ]
)
"""Commands that lack something wherever the incident stands; the actor may make up for it in one of them."""


@attrs.frozen
class Asked:
    """A command that wrote something, and what it answered."""

    incident: str
    command: Any
    circumstances: dict[str, Any]
    outcome: Outcome


class EngineMachine(RuleBasedStateMachine):
    """People report, work, merge and amend incidents, repeat themselves, and ask for what is not allowed."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = ManualClock()
        self.store = MemoryEventStore(clock=self.clock)
        self.engine = engine_on(self.store, self.clock)
        self.live: dict[str, Any] = {}
        self.asked: list[Asked] = []

    # -- what people do ------------------------------------------------------------------------------------------------

    @initialize(command=COMMANDS["report"])
    def begin(self, command: c.ReportIncident) -> None:
        self._report(command, "wang.li")

    @precondition(lambda self: len(self.live) < INCIDENTS_MAX)
    @rule(command=COMMANDS["report"], actor=ACTORS)
    def report(self, command: c.ReportIncident, actor: str | None) -> None:
        self._report(command, actor)

    @rule(
        which=INCIDENTS,
        drawn=st.data(),
        actor=ACTORS,
        at=st.sampled_from([None, UNKNOWN, timedelta(minutes=-45)]),
        named=st.booleans(),
    )
    def work(self, which: int, drawn: st.DataObject, actor: str | None, at: Any, named: bool) -> None:
        """Take some steps that are open from where the incident stands; what they need may still be missing."""
        incident = self._incident(which)
        for forward in drawn.draw(st.lists(st.booleans(), min_size=1, max_size=4)):
            status = self.live[incident].status
            usual = [name for name in STEPS if name != "cancel" and INCIDENT.table.candidates(status, name)]
            moving = [name for name in usual if any(one.dest for one in INCIDENT.table.candidates(status, name))]
            trigger = drawn.draw(st.sampled_from((moving if forward else usual) or STEPS))
            circumstances = {
                "actor": actor,
                "at": self.clock.now + at if isinstance(at, timedelta) else at,
                "command_id": f"command {self.store.head().position} {len(self.asked)}" if named else None,
            }
            self.clock.move(minutes=7)
            self._ask(incident, drawn.draw(COMMANDS[trigger]), circumstances)

    @rule(which=INCIDENTS, command=st.one_of(*(COMMANDS[name] for name in STEPS), WRONG), actor=ACTORS)
    def err(self, which: int, command: Any, actor: str | None) -> None:
        """Ask for anything at all; most of it is refused where the incident stands."""
        self._ask(self._incident(which), command, {"actor": actor})

    @rule(which=INCIDENTS, entry=st.integers(0, 20), title=words, reason=words, retract=st.booleans())
    def amend(self, which: int, entry: int, title: str, reason: str, retract: bool) -> None:
        incident = self._incident(which)
        events = self.engine.events("incident", incident)
        named = events[entry % len(events)].id
        changes = {"title": title} if entry % len(events) == 0 else {"findings": title}
        correction = c.Correct(entry=named, changes=changes, reason=reason)
        self._ask(incident, c.Retract(entry=named, reason=reason) if retract else correction, {"actor": "chen.yu"})

    @precondition(lambda self: len(self.live) > 1)
    @rule(which=INCIDENTS, other=INCIDENTS, reason=words)
    def merge(self, which: int, other: int, reason: str) -> None:
        source, into = self._incident(which), self._incident(other)
        before, two = self._rows(), (self.live[source], self.live[into])
        try:
            outcome = self.engine.merge(source, into, reason=reason, actor="chen.yu")
        except CommandRefused:
            assert self._rows() == before
            return
        assert len(outcome.events) == len(self._rows()) - len(before) in {0, 2}
        self._carry_on()
        assert self.live[source].merged_into == into
        assert source in self.live[into].absorbed
        assert self.live[into].worst_level == worse(two[0].worst_level, two[1].worst_level)
        assert self.live[into].reported_upward == (two[0].reported_upward or two[1].reported_upward)

    @precondition(lambda self: self.asked)
    @rule(which=st.integers(0, 50), again=st.booleans(), which_other=st.integers(0, 50))
    def repeat(self, which: int, again: bool, which_other: int) -> None:
        """Send a command again; or another one under its id, which is a conflict."""
        first, other = self.asked[which % len(self.asked)], self.asked[which_other % len(self.asked)]
        command_id = first.circumstances.get("command_id")
        assume(command_id is not None)
        before = self._rows()
        if again:
            answer = self.engine.execute("incident", first.incident, first.command, **first.circumstances)
            assert answer == attrs.evolve(first.outcome, replayed=True)
        else:
            assume((other.incident, other.command) != (first.incident, first.command))
            try:
                answer = self.engine.execute(
                    "incident", other.incident, other.command, actor=other.circumstances["actor"], command_id=command_id
                )
            except (IdempotencyConflict, CommandRefused):
                note("refused")
            else:
                assert answer.replayed or answer.events == ()
        assert self._rows() == before

    # -- what always holds ---------------------------------------------------------------------------------------------

    @invariant()
    def states_are_folds(self) -> None:
        """The state that was carried along is the fold of the log, and what the engine answers."""
        for incident, state in self.live.items():
            events = self.engine.events("incident", incident)
            answer = self.engine.reader.state_at("incident", incident)
            assert state == INCIDENT.fold(events) == answer.value
            assert answer.last_position == events[-1].position
            known = self.engine.reader.state_at("incident", incident, known_at=self.clock.now)
            assert known.value == state

    @invariant()
    def every_step_is_one_of_the_workflow(self) -> None:
        """Each step begins where the incident stood and ends where the workflow leads: the table finds nothing."""
        for incident in self.live:
            status = INCIDENT.initial.status
            for event in self.engine.events("incident", incident):
                assert INCIDENT.table.verify(status, event) is None
                status = getattr(event.data, "to", status) if hasattr(event.data, "from_") else status
            assert status == self.live[incident].status

    @invariant()
    def lists_and_figures_agree(self) -> None:
        """The list, the figures and the replay say what the states say."""
        rows = {row.id: (row.state, row.level, row.commander, row.title) for row in self.engine.incidents().rows}
        assert rows == {
            incident: (state.status, state.level, state.commander, state.title) for incident, state in self.live.items()
        }
        totals, figures = self.engine.replay(check_leaves=True), self.engine.statistics()
        assert (totals.findings, totals.failures) == ((), ())
        assert totals.events == figures.events == self.store.head().position
        assert dict(totals.states) == dict(figures.states)
        assert sum(totals.states.values()) == len(self.live)

    # -- helpers -------------------------------------------------------------------------------------------------------

    def _incident(self, which: int) -> str:
        return list(self.live)[which % len(self.live)]

    def _report(self, command: c.ReportIncident, actor: str | None) -> None:
        told = attrs.asdict(command, recurse=False)
        del told["passed_over"]  # the engine finds that out by itself
        incident = self.engine.report(**told, actor=actor)
        self.live[incident.id] = INCIDENT.initial
        self._carry_on()
        assert incident.number == f"INC-{incident.outcome.position}"

    def _rows(self) -> list[Any]:
        return list(self.store.read_log(limit=100_000))

    def _ask(self, incident: str, command: Any, circumstances: dict[str, Any]) -> None:
        """Carry out *command*; a refusal leaves the log as it was, and was explained before."""
        before = self._rows()
        trigger, actor = trigger_of(type(command)), circumstances["actor"]
        explanation = self.engine.explain(
            "incident", incident, trigger, command, actor=actor, at=circumstances.get("at")
        )
        refusals: tuple[Refusal, ...] = ()
        try:
            outcome = self.engine.execute("incident", incident, command, **circumstances)
        except CommandRefused as refused:
            refusals = refused.refusals
        assert refusals == explanation.refusals
        assert explanation.allowed == (not refusals)
        if refusals:
            assert self._rows() == before
            return
        written = self._rows()[len(before) :]
        assert outcome.events == tuple(row.id for row in written)
        if written:
            assert outcome.position == written[-1].position
            self.asked.append(Asked(incident, command, circumstances, outcome))
        self._carry_on()

    def _carry_on(self) -> None:
        """Carry the live states over the events that are new."""
        carried = getattr(self, "carried", 0)
        for event in self.engine.log(after=carried):
            self.live[event.subject] = INCIDENT.evolve(self.live[event.subject], event)
            carried = event.position
        self.carried = carried


TestEngineMachine = EngineMachine.TestCase
TestEngineMachine.settings = settings(max_examples=60, stateful_step_count=25)
