"""The machine that every generated one inherits: one aggregate, the checks after each step, and how a failure reads."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property, lru_cache, wraps
from typing import Any, ClassVar, cast

import attrs
from hypothesis import Phase, currently_in_test_context, event, settings
from hypothesis import settings as Settings  # noqa: N812 - the class of them
from hypothesis import strategies as st
from hypothesis.errors import HypothesisException, StopTest
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from respond.domain.events import Event
from respond.domain.references import Actor
from respond.errors import CommandRefused, InvalidRecord
from respond.plan.plan import Plan
from respond.testing import checks
from respond.testing.afresh import AFRESH
from respond.testing.clocks import ManualClock
from respond.testing.failures import Failure
from respond.testing.liveness import Liveness
from respond.testing.payloads import Payloads
from respond.testing.program import arguments_of
from respond.testing.trial import Trial
from respond.workflow.authority import Policy
from respond.workflow.definition import trigger_of
from respond.workflow.workflow import Workflow

ASIDE = 2
"""How often a rule is drawn that says nothing else, beside the weights of others."""
STEPS_LEAST, STEPS_A_STATE = 12, 4
"""How many steps a life has at most: so many for each state, and never fewer than the first."""
_OPENS = "dict("


@attrs.frozen
class Said:
    """What a rule was told: the arguments of its call, and what they mean."""

    arguments: Mapping[str, Any]
    command: Any = None
    actor: Actor | None = None
    simpler: Callable[[], Iterator[Said]] = attrs.field(default=lambda: iter(()), eq=False)
    """Yields what could have been said instead."""
    only_in: Collection[str] = attrs.field(default=(), eq=False)
    """The states that it is said in, any when empty: a command that is out of turn here is in turn elsewhere."""

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Write the arguments in the program that shows a failure."""
        del cycle
        printer.text(f"{_OPENS}{arguments_of(self.arguments)})")


@attrs.frozen(eq=False)
class Step:
    """A rule of Hypothesis, and what it was called with; equal to one that is written alike."""

    rule: Any
    data: Mapping[str, Any]

    @cached_property
    def _line(self) -> tuple[str, str]:
        said = self.data.get("said")
        return self.rule.function.__name__, _weight(said)[1] if isinstance(said, Said) else repr(self.data)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Step) and self._line == other._line

    def __hash__(self) -> int:
        return hash(self._line)

    def open(self, machine: WorkflowMachine) -> bool:
        """Return whether it can be taken where *machine* stands."""
        said = self.data.get("said")
        fits = not isinstance(said, Said) or not said.only_in or machine.status in said.only_in
        return fits and all(holds(machine) for holds in self.rule.preconditions)

    def simpler(self) -> Iterator[Step]:
        """Yield steps that are written shorter, or equally long and earlier in the alphabet, the simplest first."""
        said = self.data.get("said")
        if isinstance(said, Said):
            others = {_weight(one): one for one in said.simpler()}
            yield from (Step(self.rule, {"said": others[key]}) for key in sorted(others) if key < _weight(said))


_AFTER_LETTERS = {ord(digit): ord(digit) + 0x2000 for digit in "0123456789"}


def _weight(said: Said) -> tuple[int, str]:
    """Return how simple it is: shorter first, then by the alphabet, with digits after letters."""
    text = arguments_of(said.arguments)
    return len(text), text.translate(_AFTER_LETTERS)


class WorkflowMachine(RuleBasedStateMachine):
    """What every generated machine is; `workflow_machine` makes one of a workflow.

    After each rule the checks of `respond.testing.checks` were made; `state`, `status`, `log`, `clock` and `plan` are
    there for the invariants of the one who inherits.
    """

    workflow: ClassVar[Workflow]
    payloads: ClassVar[Payloads]
    liveness: ClassVar[Liveness | None]
    policy: ClassVar[Policy | None]
    given_plan: ClassVar[Plan | None]
    given_plans: ClassVar[Sequence[Plan]]
    repeatable: ClassVar[frozenset[str]]
    failure: ClassVar[Failure | None] = None
    """How the last life failed."""

    def __init_subclass__(cls) -> None:
        """Let `TestCase` do what `run` does."""
        super().__init_subclass__()
        if cls.shortens():
            case = cls.TestCase
            left = [one for one in case.settings.phases if one not in {Phase.shrink, Phase.explain}]
            steps = min(case.settings.stateful_step_count, max(STEPS_LEAST, STEPS_A_STATE * cls.breadth()))
            case.settings = settings(
                case.settings, phases=left, report_multiple_bugs=False, stateful_step_count=steps, backend=AFRESH
            )

            @wraps(case.runTest)
            def run_test(self: Any) -> None:
                __tracebackhide__ = True
                cls.run(self.settings)

            case.runTest = run_test  # type: ignore[method-assign]

    @classmethod
    def breadth(cls) -> int:
        """Return how many states the workflow has; 0 for the class that all machines inherit."""
        known: Workflow | None = getattr(cls, "workflow", None)
        return 0 if known is None else len(known.states)

    @classmethod
    def run(cls, settings: Settings | None = None) -> None:
        """Live many lives; raises the error of one that fails, with the shortest program that was found for it.

        Hypothesis is told not to shorten anything: it knows choices, where this knows steps, and leaves out whole
        stretches of a life that lead nowhere in a fraction of the time.
        """
        __tracebackhide__ = True
        cls.failure = None
        if cls.liveness is not None:
            cls.liveness.undecided.clear()
        try:
            run_state_machine_as_test(cls, settings=settings or cls.TestCase.settings)
        except Exception as error:
            if cls.failure is None:
                raise
            notes = [note for note in getattr(error, "__notes__", ()) if "@reproduce" in note]
            raise cls.failure.shown(cls, notes) from None

    def __init__(self) -> None:
        super().__init__()
        self.clock = ManualClock()
        self.trial = Trial(
            self.workflow, plan=self.given_plan, plans=self.given_plans, clock=self.clock, policy=self.policy
        )
        self.steps: list[Step] = []
        """What was done so far."""
        self.checked = True
        """Whether every check is made, and not the invariants alone."""
        self.strayed: Counter[str] = Counter()
        """How many commands were sent from each state that has no transition for them."""
        self._asked = 0

    @property
    def state(self) -> Any:
        """The folded state."""
        return self.trial.state

    @property
    def status(self) -> str:
        """Where the aggregate stands; `new` before its first event."""
        return self.trial.status

    @property
    def log(self) -> tuple[Event, ...]:
        """The events so far, oldest first."""
        return self.trial.log

    @property
    def plan(self) -> Plan:
        """The plan that is in force."""
        return self.trial.plan

    def ask(self, command: Any, actor: Actor | str | None = None, *, in_turn: bool = True) -> None:
        """Send *command* and make every check; *in_turn* when it has a transition from here."""
        __tracebackhide__ = True
        trigger = trigger_of(type(command))
        who = None if actor is None else Actor.of(actor)
        self._asked += 1
        self.strayed[self.status] += not in_turn
        if not self.checked:
            with suppress(CommandRefused, InvalidRecord):
                self.trial.send(command, actor=who, command_id=f"command {self._asked}")
            return
        asked = checks.Asked.of(self.trial, trigger, command, who, f"command {self._asked}")
        checks.foreseen(asked)
        try:
            events = self.trial.send(command, actor=who, command_id=asked.command_id)
        except CommandRefused as refusal:
            code = refusal.refusals[0].code if refusal.refusals else "no reason"
            _tell(f"{trigger} refused in {asked.explanation.state}: {code}")
            checks.refused(asked, refusal)
            if not in_turn:
                checks.out_of_turn(asked, refusal)
            return
        except InvalidRecord as error:
            _tell(f"{trigger} cannot be stored: {error.place}")
            checks.unstorable(asked, error)
            return
        if not in_turn:
            checks.out_of_turn(asked, None)
        checks.accepted(asked, events, repeatable=trigger in self.repeatable)
        _tell(f"{asked.explanation.state} --{trigger}--> {self.trial.status}")

    def finish(self) -> None:
        """Check what is stored, and that a final state can still be reached."""
        checks.stored(self.trial)
        if self.liveness is not None and not self.liveness.check(self.trial):
            _tell(f"not decided whether a final state can be reached from {self.status}")

    def teardown(self) -> None:
        """Finish a life that did not fail; keep one that did."""
        error = sys.exc_info()[1]
        if error is None:
            try:
                self.finish()
            except Exception as found:
                self._keep(found, at_end=True)
                raise
        else:
            self._keep(error)

    def check_invariants(self, settings: Any, output: Callable[[str], object], runtimes: Any) -> None:
        """Check every invariant; the program that shows a failure names the broken one only."""
        called: list[str] = []
        try:
            super().check_invariants(settings, called.append, runtimes)
        except BaseException:
            for line in called[-1:]:
                output(line)
            raise

    # -- failures ------------------------------------------------------------------------------------------------------

    @classmethod
    def shortens(cls) -> bool:
        """Return whether programs of this machine can be shortened: no rule of it takes what another one returned."""
        known = cls.setup_state()
        return not known.initializers and not any(one.bundles or one.targets for one in known.rules)

    def play(self, steps: Sequence[Step], output: Callable[[str], object] = lambda _: None) -> None:
        """Live through *steps*, each told to *output* before it is done; one that is not open is left out."""
        __tracebackhide__ = True
        self._hold(output)
        for step in steps:
            if step.open(self):
                output(self.line(step))
                step.rule.function(self, **step.data)
                self._hold(output)

    def line(self, step: Step) -> str:
        """Return *step* as a line of a program."""
        data = {name: self._written(one) for name, one in step.data.items()}
        return self._repr_step(step.rule, data, None)

    def _written(self, value: Any) -> str:
        return str(cast("Any", self)._pretty_print(value))  # noqa: SLF001 - Hypothesis' own way of writing values

    def _hold(self, output: Callable[[str], object]) -> None:
        """Check the invariants of the one who inherits."""
        __tracebackhide__ = True
        for one in self.invariants:
            if all(holds(self) for holds in one.preconditions):
                try:
                    one.function(self)
                except Exception:
                    output(f"state.{one.function.__name__}()")
                    raise

    def _keep(self, error: BaseException, *, at_end: bool = False) -> None:
        """Keep how this life failed, so that it can be shortened when it is shown."""
        control = (HypothesisException, StopTest, KeyboardInterrupt, SystemExit)
        if self.shortens() and isinstance(error, Exception) and not isinstance(error, control):
            type(self).failure = Failure(tuple(self.steps), error, at_end)

    # -- what Hypothesis looks for -------------------------------------------------------------------------------------

    @property
    def _rules_strategy(self) -> Any:
        """Where Hypothesis looks for the next rule: every enabled one, those that lead on more often than others.

        Left alone, Hypothesis switches some rules off in each run, and a life that needs all of its commands in turn
        would hardly ever be lived to its end.
        """
        if not self.shortens():
            return self._uniform
        enabled = [one for one in self.rules if all(holds(self) for holds in one.preconditions)]
        return _choice_of(tuple(enabled), self.status)

    @_rules_strategy.setter
    def _rules_strategy(self, uniform: Any) -> None:
        self._uniform = uniform

    def _repr_step(self, rule: Any, data: Mapping[str, str], result: Any) -> str:
        """Return a rule as a line of the program, with the arguments themselves instead of the value they are in."""
        said = data.get("said", "")
        if not said.startswith(_OPENS):
            return str(super()._repr_step(rule, data, result))
        return f"state.{rule.function.__name__}({said[len(_OPENS) : -1]})"


_MACHINE = st.runner()


@lru_cache(maxsize=1024)
def _choice_of(rules: tuple[Any, ...], status: str) -> Any:
    """Return what draws one of *rules* with its arguments, each as often as its weight at *status* says."""
    weights = [getattr(one.function, "weights", {}).get(status, ASIDE) for one in rules]
    return st.one_of([_called(one) for one, weight in zip(rules, weights, strict=True) for _ in range(weight)])


@st.composite
def _called(draw: st.DrawFn, rule: Any) -> tuple[Any, dict[str, Any]]:
    data = {name: draw(one) for name, one in rule.arguments_strategies.items()}
    draw(_MACHINE).steps.append(Step(rule, data))
    return rule, data


def _tell(what: str) -> None:
    """Let Hypothesis count how often *what* happens."""
    if currently_in_test_context():
        event(what)
