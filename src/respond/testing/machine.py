"""A state machine for Hypothesis, generated from a workflow: whoever inherits it tests rules with a few lines."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import timedelta
from functools import cache
from keyword import iskeyword
from typing import Any

import attrs
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from respond.domain.references import Actor
from respond.plan.plan import Plan
from respond.testing import options
from respond.testing.actors import actors_of
from respond.testing.liveness import Liveness
from respond.testing.lives import Said, WorkflowMachine
from respond.testing.payloads import Overrides, Payloads, samples
from respond.testing.program import said_by, shown, simpler_commands, units
from respond.testing.spans import spans_of
from respond.testing.trial import Trial
from respond.workflow.authority import Policy
from respond.workflow.definition import NEW
from respond.workflow.workflow import Workflow

RULES = ("out_of_turn", "wait")
"""The rules that every machine has beside those of its commands."""


SHARE = 8
"""How often the commands are drawn that lead on from a state, all together, and how often those that stay."""
ATTEMPTS = 5
"""How many commands, or who asks, are drawn for one that is allowed; the last is sent even if it is not."""
OUT_OF_TURN = 3
"""How many commands without a transition are sent from each state of a life, of how many of each kind."""


def workflow_machine(
    workflow: Workflow,
    plan: Plan | None = None,
    payloads: Overrides | None = None,
    *,
    plans: Sequence[Plan] = (),
    actors: Iterable[Actor | str | None] | None = None,
    spans: Iterable[timedelta] | None = None,
    policy: Policy | None = None,
    finals: Sequence[str] | None = None,
    repeatable: Iterable[str] = (),
) -> type[WorkflowMachine]:
    """Return a state machine of Hypothesis that lives through *workflow* under *plan*, to be inherited in a test.

    It has a rule for each command, enabled where the definition has a transition for it; `out_of_turn` sends commands
    from wrong states; `wait` moves the clock.  *payloads* says what draws commands or their fields, *plans* what other
    plans are known, *actors* who asks (nobody, and people in each role of the plan), *spans* how long it waits
    (everyday spans, and those of the plan's obligations), *finals* which states can always be reached (those of the
    definition; none for no such check), *repeatable* which commands may be done again at once although their handler
    says when they are done.  Raises `InvalidInput` for an option that cannot be meant, and for a field that cannot be
    derived.
    """
    options.workflow_in(workflow)
    whole = Plan.example() if plan is None else options.plan_in(plan)
    drawn = Payloads(workflow, whole, payloads)
    drawn.check()
    people = actors_of(whole) if actors is None else options.people_in(actors)
    waits = spans_of(whole) if spans is None else options.waits_in(spans)
    states = f"state of {workflow.reference}"
    ends = workflow.finals if finals is None else options.names_in("finals", finals, workflow.states, states)
    again = options.names_in("repeatable", repeatable, workflow.triggers, f"command of {workflow.reference}")
    named = {_rule_name(trigger, workflow.triggers): trigger for trigger in workflow.triggers}
    rules = {
        **{name: _in_turn(workflow, drawn, people, trigger, name) for name, trigger in named.items()},
        "out_of_turn": _out_of_turn(workflow, drawn, people[0]),
        "wait": _wait(waits),
    }
    members = {
        "__doc__": f"The lives of {workflow.reference} under {whole.reference}.",
        "workflow": workflow,
        "payloads": drawn,
        "liveness": Liveness(drawn, people, sorted(waits, reverse=True), ends) if ends else None,
        "policy": policy,
        "given_plan": whole,
        "given_plans": options.plans_in(plans),
        "repeatable": frozenset(again),
        **rules,
    }
    return type(f"{_title(workflow.name)}Machine", (WorkflowMachine,), members)


def _rule_name(trigger: str, triggers: Collection[str]) -> str:
    """Return what the rule of *trigger* is called: the trigger, unless Python or a machine needs that name."""
    name = trigger
    while hasattr(WorkflowMachine, name) or name in RULES or iskeyword(name) or (name != trigger and name in triggers):
        name = f"send_{name}"
    return name


def _in_turn(workflow: Workflow, payloads: Payloads, actors: Sequence[Actor | None], trigger: str, name: str) -> Any:
    """Return the rule *name* that sends a command for *trigger* where the definition has a transition for it."""
    kind = workflow.handler_for(trigger).command
    by = _by(kind)
    sources = frozenset(workflow.table.sources(trigger))

    def send(self: WorkflowMachine, said: Said | None = None, **arguments: Any) -> None:
        __tracebackhide__ = True
        if said is None:
            actor = arguments.pop(by, None)
            self.ask(kind(**arguments), actor)
        else:
            self.ask(said.command, said.actor)

    def told(command: Any, actor: Actor | None) -> Said:
        def simpler() -> Iterator[Said]:
            if actor != actors[0]:
                yield told(command, actors[0])
            yield from (told(one, actor) for one in simpler_commands(command, payloads.known_samples(trigger)))

        return Said(shown(command) | ({} if actor is None else {by: said_by(actor)}), command, actor, simpler)

    drawn = _drawn(payloads, trigger, st.sampled_from(actors), told)
    made = _rule(send, name, f"Send {kind.__name__}.", lambda self: self.status in sources, drawn)
    send.weights = {state: _weight(workflow, state, trigger) for state in sources}  # type: ignore[attr-defined]
    return made


def _weight(workflow: Workflow, state: str, trigger: str) -> int:
    """Return how often *trigger* is drawn in *state*: what ends a life least often, as long as something leads on."""
    groups: dict[str, list[str]] = {}
    for one in workflow.triggers:
        dests = {step.dest for step in workflow.table.candidates(state, one)}
        if dests:
            moves = dests - {None, state}
            kind = "stays" if not moves else "ends" if moves <= set(workflow.finals) else "leads on"
            groups.setdefault(kind, []).append(one)
    kind = next(name for name, members in groups.items() if trigger in members)
    if kind == "ends" and "leads on" in groups:
        return 1
    return max(1, SHARE // len(groups[kind]))


@st.composite
def _drawn(
    draw: st.DrawFn, payloads: Payloads, trigger: str, actors: Any, told: Callable[[Any, Actor | None], Said]
) -> Said:
    """Draw a command and who asks, and again what is objected to, so that lives get on."""
    trial = draw(_MACHINE).trial
    commands = payloads.of(trigger, trial)
    command, actor = draw(commands), draw(actors)
    for _ in range(ATTEMPTS - 1):
        explanation = trial.explain(trigger, command, actor=actor)
        if explanation.allowed:
            break
        if explanation.denied:
            actor = draw(actors)
        if not any(one.allowed for one in explanation.candidates):
            command = draw(commands)
    return told(command, actor)


_MACHINE = st.runner()
"""The machine that draws; made once, as every strategy should be that is drawn from often."""


def _out_of_turn(workflow: Workflow, payloads: Payloads, actor: Actor | None) -> Any:
    """Return the rule that sends a command that has no transition from here."""
    new = Trial(workflow, plan=payloads.plan)
    everywhere = frozenset.intersection(*(frozenset(workflow.table.sources(one)) for one in workflow.triggers))

    @cache
    def told(trigger: str) -> list[Said]:
        states = {NEW, *workflow.states}.difference(workflow.table.sources(trigger))
        return [_told_whole(command, actor, states) for command in samples(payloads.of(trigger, new), OUT_OF_TURN)]

    @cache
    def wrong(status: str) -> Any:
        left = [trigger for trigger in workflow.triggers if status not in workflow.table.sources(trigger)]
        return st.sampled_from(left).map(told).filter(bool).flatmap(st.sampled_from)

    def out_of_turn(
        self: WorkflowMachine, said: Said | None = None, *, command: Any = None, by: Actor | str | None = None
    ) -> None:
        self.ask(*((command, by) if said is None else (said.command, said.actor)), in_turn=False)

    return _rule(
        out_of_turn,
        "out_of_turn",
        "Send a command from a state that has no transition for it.",
        lambda self: self.strayed[self.status] < OUT_OF_TURN and self.status not in everywhere,
        _MACHINE.flatmap(lambda self: wrong(self.status)),
    )


def _told_whole(command: Any, actor: Actor | None, states: Collection[str]) -> Said:
    arguments = {"command": command} | ({} if actor is None else {"by": said_by(actor)})
    return Said(arguments, command, actor, only_in=states)


def _wait(spans: Sequence[timedelta]) -> Any:
    """Return the rule that moves the clock; it is always enabled, so that no life gets stuck."""

    def wait(self: WorkflowMachine, said: Said | None = None, **span: float) -> None:
        self.clock.move(**(span if said is None else said.arguments))

    def told(span: timedelta) -> Said:
        return Said(units(span), simpler=lambda: (told(one) for one in spans))

    drawn = st.sampled_from(spans).map(told)
    return _rule(wait, "wait", "Let time pass.", lambda _: True, drawn)


def _rule(function: Any, name: str, doc: str, enabled: Callable[[Any], bool], said: Any) -> Any:
    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    return precondition(enabled)(rule(said=said)(function))


def _by(kind: type) -> str:
    """Return the argument that says who asks: `by`, or another word where the command has a field of that name."""
    return "by_" if "by" in attrs.fields_dict(kind) else "by"


def _title(name: str) -> str:
    return "".join(part.title() for part in name.replace("-", " ").replace("_", " ").split())
