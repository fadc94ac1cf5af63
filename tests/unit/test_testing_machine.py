from __future__ import annotations

import re
import unittest
from datetime import timedelta

import attrs
import pytest
from hypothesis import Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, invariant, rule

import claims
import lamp
from machines import LIVES, live
from planting import with_evolver, with_guard, with_handler
from play import DUTIES, PLAN
from respond.domain.references import Actor
from respond.errors import InvalidInput
from respond.plan.authority import AuthorityRule
from respond.plan.plan import Plan
from respond.testing import WorkflowMachine, workflow_machine
from respond.testing.checks import CheckFailed
from respond.testing.failures import ONCE, Failure
from respond.testing.liveness import Liveness
from respond.testing.lives import Said, Step
from respond.workflow.definition import Handler, Transition, command_type, guard
from respond.workflow.incident import INCIDENT
from respond.workflow.plan_life import PLAN_LIFE
from respond.workflow.warning import WARNING


def program(error: BaseException) -> list[str]:
    """Return the program that a failure shows."""
    note = next(note for note in error.__notes__ if note.startswith("The shortest program"))
    return note.splitlines()[1:]


def planted(workflow, **options) -> type[WorkflowMachine]:
    """Return the machine of a workflow with a defect, with the invariants of the sound one."""
    return type("Rules", (claims.ClaimRules, workflow_machine(workflow, **options)), {})


OVERPAID = planted(claims.DEFECTS["a guard is missing"].plant(claims.CLAIM))
HOPELESS = claims.DEFECTS["a guard never agrees"].plant(claims.CLAIM)


def test_a_sound_workflow_passes():
    """The sound workflow keeps its rules."""
    live(planted(claims.CLAIM), 50)


@pytest.mark.parametrize("workflow", [INCIDENT, WARNING, PLAN_LIFE], ids=lambda one: one.name)
def test_the_shipped_workflows_pass(workflow):
    """The shipped workflows keep every check of the kit."""
    live(workflow_machine(workflow), 5)


def test_an_incident_under_authority_and_duties_passes():
    """A plan with rules of authority and obligations brings its roles and its spans into the lives."""
    plan = attrs.evolve(DUTIES, authority=(AuthorityRule(id="all", commands=("*",), roles=("liaison",)),))
    machine = workflow_machine(INCIDENT, plan, repeatable=["fulfil"])
    live(machine, 5)
    assert machine.liveness is not None
    assert Actor("bob", "liaison") in machine.liveness.actors
    assert {timedelta(minutes=1), timedelta(minutes=1, microseconds=1)} <= set(machine.liveness.spans)


def test_the_shortest_program_is_the_shortest():
    """What leads nowhere is left out, and values are as small as they can be."""
    with pytest.raises(AssertionError) as found:
        live(OVERPAID)
    assert program(found.value) == [
        "state = Rules()",
        "state.file(amount=1)",
        "state.examine(finding='sound', owed=0)",
        "state.approve()",
        "state.pay(amount=2)",
        "state.nobody_is_overpaid()",
        "state.teardown()",
    ]


def test_a_program_can_be_run_again():
    """The lines of a program are Python: the rules take the arguments that it shows."""
    state = OVERPAID()
    state.out_of_turn(command=claims.Approve(), by="ann")
    state.file(amount=1)
    state.examine(finding="sound", owed=0, by=Actor("ann", "clerk"))
    state.approve()
    state.wait(days=21)
    state.pay(amount=2)
    with pytest.raises(AssertionError):
        state.nobody_is_overpaid()
    assert (state.status, state.state.paid, len(state.log)) == ("approved", 2, 4)
    assert state.log[1].role == "clerk"
    assert state.plan.reference == Plan.example().reference


def test_a_wrong_state_must_refuse():
    """A handler that says yes to a command without a transition is found: nothing may be done out of turn."""
    state = workflow_machine(claims.CLAIM)()
    state.file(amount=1)
    with pytest.raises(CheckFailed, match=r"a wrong state refuses: Withdraw.* was accepted in 'filed'"):
        state.out_of_turn(command=claims.Withdraw())
    assert state.status == "withdrawn"


def test_what_was_tried_for_a_final_state_is_told():
    """A dead end says which commands were tried, and why they were refused."""
    machine = workflow_machine(HOPELESS, payloads=claims.FITTING)
    with pytest.raises(CheckFailed) as found:
        live(machine)
    assert "no way was found from 'paid' to closed or withdrawn" in str(found.value)
    assert "close in 'paid': Close() is refused: it is always too soon [too-soon]" in str(found.value)
    live(workflow_machine(HOPELESS, finals=("paid", "closed", "withdrawn")), 15)
    live(workflow_machine(HOPELESS, finals=()), 15)


def test_a_final_state_may_need_patience_and_asides():
    """The search for a final state waits, and does what a guard asks for on the way."""
    state = workflow_machine(claims.CLAIM)()
    state.file(amount=3)
    state.examine(finding="doubtful", owed=0)
    liveness = attrs.evolve(state.liveness, finals=("closed",))
    liveness.check(state.trial)
    assert state.status == "examined"


def test_the_test_case_is_what_pytest_runs():
    """`TestCase` of a machine is a `unittest.TestCase` that shows the shortest program."""
    case = OVERPAID.TestCase
    assert issubclass(case, unittest.TestCase)
    assert Phase.shrink not in case.settings.phases
    case.settings = settings(case.settings, max_examples=LIVES, derandomize=True, database=None, print_blob=True)
    with pytest.raises(AssertionError) as found:
        case("runTest").runTest()
    assert program(found.value)[-2] == "state.nobody_is_overpaid()"
    assert any("@reproduce_failure" in note for note in found.value.__notes__)


def test_rules_of_ones_own():
    """Whoever inherits may add rules; one that takes what another returned leaves shortening to Hypothesis."""

    class More(workflow_machine(claims.CLAIM)):
        seen = 0

        @rule(number=st.integers(0, 3))
        def look(self, number):
            """Look at it."""
            type(self).seen += 1
            assert number != 3 or len(self.log) < 2

    with pytest.raises(AssertionError) as found:
        live(More)
    assert program(found.value)[-2] == "state.look(number=3)"
    assert len(program(found.value)) == 5
    assert More.seen

    class Bundled(workflow_machine(claims.CLAIM)):
        numbers = Bundle("numbers")

        @rule(target=numbers, number=st.integers(0, 3))
        def make(self, number):
            """Return a number."""
            return number

        @rule(number=numbers)
        def use(self, number):
            """Use one."""
            assert number != 3

    assert not Bundled.shortens()
    with pytest.raises(AssertionError) as found:
        live(Bundled, phases=[Phase.generate], stateful_step_count=10)
    assert any("state.use(number=numbers_0)" in note for note in found.value.__notes__)


def test_what_may_be_done_again_is_said():
    """A command may be done again at once where the test says so, and only then."""
    workflow = with_handler(claims.CLAIM, claims.Approve, done=lambda _: False)
    for repeatable, fails in (((), True), (["approve"], False)):
        state = workflow_machine(workflow, repeatable=repeatable)()
        state.file(amount=1)
        state.examine(finding="sound", owed=1)
        if fails:
            with pytest.raises(CheckFailed, match=r"repeatable=\['approve'\]"):
                state.approve()
        else:
            state.approve()


def test_names_that_the_machine_needs_are_left_to_it():
    """A command whose name the machine has for something else gets a rule of another name; so does the one who asks."""

    @command_type("log")
    @attrs.frozen(kw_only=True)
    class Log:
        """Flip it, and say who asked."""

        by: str

    workflow = lamp.made(
        states=("off", "on"),
        finals=(),
        transitions=(
            Transition("install", "new", "off"),
            Transition("log", "off", "on"),
            Transition("log", "on", "off"),
        ),
        guards=(),
        handlers=(
            Handler(command=lamp.Install, decide=lamp.switch, emits=(lamp.Switched,)),
            Handler(command=Log, decide=lamp.switch, emits=(lamp.Switched,)),
        ),
    )
    machine = workflow_machine(workflow, actors=["ann"])
    live(machine, 20)
    state = machine()
    state.install()
    state.send_log(by="the field", by_="ann")
    assert (state.status, state.log[-1].actor) == ("on", "ann")


def test_a_name_that_a_rule_would_take_is_left_to_its_command():
    """Of `wait` and `send_wait` both have a rule: the clock's `wait` stays, and no command is lost."""

    def sent(trigger: str) -> Handler:
        command = command_type(trigger)(attrs.make_class(trigger.title(), (), frozen=True))
        return Handler(command=command, decide=lamp.switch, emits=(lamp.Switched,))

    workflow = lamp.made(
        states=("off", "on"),
        finals=(),
        guards=(),
        transitions=(
            Transition("install", "new", "off"),
            Transition("wait", "off", "on"),
            Transition("send_wait", "on", "off"),
        ),
        handlers=(
            Handler(command=lamp.Install, decide=lamp.switch, emits=(lamp.Switched,)),
            *map(sent, ("wait", "send_wait")),
        ),
    )
    state = workflow_machine(workflow)()
    state.install()
    state.send_send_wait()
    assert state.status == "on"
    state.send_wait()
    state.wait(days=1)
    assert (state.status, len(state.log)) == ("off", 3)


@pytest.mark.parametrize(
    ("option", "given", "said"),
    [
        ("plan", "first-steps", "plan: 'first-steps' does not fit; give a Plan, such as Plan.load(path)"),
        ("plans", ["first-steps"], "plans[0]: 'first-steps' does not fit; give a Plan"),
        ("actors", "ann", "actors: 'ann' is no list; write ['ann']"),
        ("actors", [5], "actors[0]: 5 does not fit; write a name, Actor"),
        ("actors", [], "actors: no one would ask; write [None]"),
        ("spans", [5], "spans[0]: 5 does not fit; write a span, such as timedelta(days=1)"),
        ("spans", [], "spans: a life without a pause may get stuck; write [timedelta(minutes=1)]"),
        ("spans", [-timedelta(1)], "spans[0]: datetime.timedelta(days=-1) would turn the clock back; write datetime"),
        ("finals", ["payed"], "finals: 'payed' is no state of claim@1; did you mean paid?"),
        ("finals", "paid", "finals: 'paid' is no list; write ['paid']"),
        ("repeatable", ["filee"], "repeatable: 'filee' is no command of claim@1; did you mean file?"),
        ("repeatable", "file", "repeatable: 'file' is no list; write ['file']"),
    ],
)
def test_an_option_that_cannot_be_meant_is_refused(option, given, said):
    """What names nothing, or is no list, is refused before anything is lived, with what to write instead."""
    with pytest.raises(InvalidInput, match=re.escape(said)) as refused:
        workflow_machine(claims.CLAIM, **{option: given})
    assert refused.value.place.startswith(option)


def test_what_is_no_workflow_is_refused():
    """The name of a workflow is not the workflow."""
    with pytest.raises(InvalidInput, match="workflow: 'claim' does not fit; give a Workflow"):
        workflow_machine("claim")


def test_payloads_plans_and_actors_are_those_that_were_given():
    """What is given to the factory is what the lives are made of."""
    strict = attrs.evolve(PLAN, name="strict", authority=(AuthorityRule(id="r", commands=("*",), roles=("reviewer",)),))
    amounts, roles = set(), set()

    class Watched(
        workflow_machine(
            claims.CLAIM,
            strict,
            {"file": {"amount": st.just(7)}, "pay": {"amount": lambda trial: st.just(trial.state.owed)}},
        )
    ):
        @invariant()
        def watch(self):
            """Keep what was done."""
            amounts.update(event.data.amount for event in self.log if event.type in {"ClaimFiled", "ClaimPaid"})
            roles.update(event.role for event in self.log)
            assert self.plan.reference == strict.reference

    live(Watched, 40)
    assert 7 in amounts
    assert roles == {"reviewer"}
    with pytest.raises(InvalidInput, match="no command"):
        workflow_machine(claims.CLAIM, payloads={"fly": st.just(1)})


def test_an_unreachable_command_is_told_by_liveness():
    """Payloads that no guard ever lets pass do not make an empty test that is green: it says what was refused."""

    @guard("never")
    def never(_):
        """Require the impossible."""
        return "it cannot be"

    workflow = claims.made(
        transitions=(Transition("file", "new", "filed", guards=("never",)), *claims.DEFINITION["transitions"][1:]),
        guards=(*claims.DEFINITION["guards"], never),
    )
    with pytest.raises(CheckFailed, match=r"file in 'new': File\(amount=1\) is refused: it cannot be \[never\]"):
        live(workflow_machine(workflow), 5)


def told(machine: type[WorkflowMachine]) -> tuple[CheckFailed, list[str]]:
    """Return the check that fails in a life of *machine*, and the note with a program."""
    with pytest.raises(CheckFailed) as found:
        live(machine)
    return found.value, next(note for note in found.value.__notes__ if "program" in note).splitlines()


@pytest.mark.parametrize("other", [None, {"status": "examined"}], ids=["None", "a dict"])
def test_an_evolver_that_returns_something_else_is_named(other):
    """An evolver returns a state of the class of the initial one; what it returned instead is told, with a program."""
    workflow = with_evolver(claims.CLAIM, claims.ClaimExamined, lambda *_: other)
    error, lines = told(workflow_machine(workflow))
    assert f"the folded state is {other!r}, and must be of the class Claim, as the initial one is" in str(error)
    assert "the evolver of ClaimExamined must return replace(state, ...)" in str(error)
    assert lines[2:4] == ["state.file(amount=1)", "state.examine(finding='sound', owed=0)"]


def test_what_fails_only_once_is_shown_with_its_own_steps():
    """When no program fails alike again, the error of the life is told, with the steps of that life."""
    machine = workflow_machine(claims.CLAIM)
    file = next(one for one in machine.setup_state().rules if one.function.__name__ == "file")
    steps = (Step(file, {"said": Said({"amount": 7}, claims.File(amount=7))}),)
    error = CheckFailed("a check", "it failed once")
    assert Failure(steps, error).shown(machine, ["@reproduce_failure(...)"]) is error
    note, other = error.__notes__
    assert note.splitlines() == [ONCE, "state = ClaimMachine()", "state.file(amount=7)", "state.teardown()"]
    assert other == "@reproduce_failure(...)"


@pytest.mark.parametrize("chosen", [1, 2, 3])
def test_what_is_not_pure_is_shown_with_a_program(chosen):
    """A guard that answers differently each third time may fail otherwise when it is asked again; its check is told."""
    machine = seed(chosen)(workflow_machine(with_guard(claims.CLAIM, "owed-exceeds-claim", claims.impure())))
    with pytest.raises(CheckFailed) as found:
        machine.run(settings(machine.TestCase.settings, max_examples=LIVES, database=None))
    assert any("program" in note and "state.examine(" in note for note in found.value.__notes__)


def test_the_end_is_looked_at_only_where_a_life_failed_at_its_end(monkeypatch):
    """Programs that fail on their way are shortened without searching for a final state at the end of each."""
    searched, shown = [], []
    monkeypatch.setattr(Liveness, "check", lambda self, trial: searched.append(trial) or True)
    sought = Failure.shown

    def counting(self, kind, notes):
        before = len(searched)
        error = sought(self, kind, notes)
        shown.append(len(searched) - before)
        return error

    monkeypatch.setattr(Failure, "shown", counting)
    told(workflow_machine(with_evolver(claims.CLAIM, claims.ClaimExamined, lambda claim, _: claim)))
    assert shown == [0]
