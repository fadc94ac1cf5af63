"""Decide what a command means, and explain what stands in its way.  Pure: no clock, no store, no log."""

from __future__ import annotations

from typing import Any

import attrs

from respond.domain.values import replace
from respond.errors import CommandRefused, InvalidWorkflow, Refusal
from respond.workflow import migration
from respond.workflow.amounts import unpayable
from respond.workflow.authority import Grant, authorise
from respond.workflow.definition import NEW, Guard, Situation, named_in, trigger_of
from respond.workflow.punctuality import untimely
from respond.workflow.table import NOT_ENABLED
from respond.workflow.texts import intricate, unfit
from respond.workflow.workflow import Workflow


@attrs.frozen
class Verdict:
    """What one guard says."""

    code: str
    passed: bool | None
    """None when the guard needs a command and none was given."""
    text: str = ""
    """The reason against the transition."""


@attrs.frozen
class Candidate:
    """A transition that the trigger could take."""

    source: str
    dest: str
    verdicts: tuple[Verdict, ...]

    @property
    def allowed(self) -> bool:
        """Whether no guard objects, as far as could be asked."""
        return all(verdict.passed is not False for verdict in self.verdicts)


@attrs.frozen
class Explanation:
    """What a trigger would do now, guard by guard."""

    trigger: str
    state: str
    done: bool
    """Whether the command was carried out already, so that it causes nothing."""
    candidates: tuple[Candidate, ...]
    enabled_in: tuple[str, ...]
    """The states in which the trigger has a transition."""
    denied: tuple[Refusal, ...] = ()
    """What is wrong with the time and the texts that it tells, and what the plan's rules of authority, or the host's
    policy, say."""

    @property
    def allowed(self) -> bool:
        return self.done or (not self.denied and any(candidate.allowed for candidate in self.candidates))

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        """Every reason against the command; none when it is allowed."""
        if self.allowed:
            return ()
        if not self.candidates:
            text = f"{self.trigger} is enabled in {', '.join(self.enabled_in)}, not in {self.state}"
            return (*self.denied, Refusal(NOT_ENABLED, text))
        barred = (
            Refusal(verdict.code, verdict.text, f"{candidate.source} -> {candidate.dest}")
            for candidate in self.candidates
            for verdict in candidate.verdicts
            if verdict.passed is False and not any(other.allowed for other in self.candidates)
        )
        return (*self.denied, *barred)


@attrs.frozen
class Decision:
    """What a command causes, and what it rests on."""

    payloads: tuple[Any, ...]
    """Those of its events; none when it was carried out already."""
    grant: Grant | None = None
    """None when nobody was asked for authority."""


def decide(workflow: Workflow, situation: Situation) -> tuple[Any, ...]:
    """Return the payloads of the events that the command causes; none when it was carried out already.

    Raises `CommandRefused` with every reason.
    """
    return decision(workflow, situation).payloads


def decision(workflow: Workflow, situation: Situation) -> Decision:
    """Return what the command causes, with what it rests on; raises what `decide` raises."""
    handler = workflow.handler(situation.command)
    if handler.done(situation):
        return Decision(())
    trigger = trigger_of(handler.command)
    dest = _dest(workflow, trigger, situation)
    authority = authorise(workflow, situation)
    if dest is None or isinstance(authority, tuple) or _malformed(workflow, situation):
        raise CommandRefused(trigger, situation.state.status, explain(workflow, trigger, situation).refusals)
    payloads = tuple(handler.decide(replace(situation, dest=dest)))
    for payload in payloads:
        if type(payload) not in handler.emits:
            raise InvalidWorkflow(
                f"{trigger} yields {type(payload).__name__}, which its handler does not list in emits"
            )
    return Decision(payloads, authority)


def explain(workflow: Workflow, trigger: str, situation: Situation) -> Explanation:
    """Return each transition that *trigger* could take from here, with what each guard says.

    Without a command in *situation*, guards that read one are left open.  Raises `WorkflowNotFound` for an unknown
    trigger.
    """
    handler = workflow.handler_for(trigger)
    state = situation.state.status
    if trigger == migration.MIGRATE:
        return _migration(workflow, situation)
    return Explanation(
        trigger=trigger,
        state=state,
        done=situation.command is not None and handler.done(situation),
        candidates=tuple(
            Candidate(
                source=state,
                dest=transition.dest or state,
                verdicts=tuple(_ask(workflow.guard_of[code], situation) for code in transition.guards),
            )
            for transition in workflow.table.candidates(state, trigger)
        ),
        enabled_in=workflow.table.sources(trigger),
        denied=_denied(workflow, situation),
    )


def _migration(workflow: Workflow, situation: Situation) -> Explanation:
    """Return what a migration would do, which is part of no definition: it is open wherever there is something."""
    state = situation.state.status
    verdicts = tuple(_ask(guard, situation) for guard in migration.GUARDS)
    return Explanation(
        trigger=migration.MIGRATE,
        state=state,
        done=situation.command is not None and migration.HANDLER.done(situation),
        candidates=() if state == NEW else (Candidate(state, migration.destination(situation), verdicts),),
        enabled_in=workflow.states,
        denied=_denied(workflow, situation),
    )


def _dest(workflow: Workflow, trigger: str, situation: Situation) -> str | None:
    """Return the state that *trigger* leads to; None when nothing leads on, or its guards object."""
    if trigger != migration.MIGRATE:
        return workflow.machine.dest(trigger, situation)
    return next((one.dest for one in _migration(workflow, situation).candidates if one.allowed), None)


def _denied(workflow: Workflow, situation: Situation) -> tuple[Refusal, ...]:
    if situation.command is None:
        return ()
    authority = authorise(workflow, situation)
    denied = authority if isinstance(authority, tuple) else ()
    return (*_malformed(workflow, situation), *denied)


def _malformed(workflow: Workflow, situation: Situation) -> tuple[Refusal, ...]:
    """Return what is wrong with the time, the texts and the money of the command, where no guard says so."""
    late = untimely(situation)
    told = intricate(named_in(situation.command))
    if not told:
        return late
    candidates = workflow.table.candidates(situation.state.status, trigger_of(type(situation.command)))
    asked = {code for one in candidates for code in one.guards}
    flaws = (*unfit(told), *unpayable(told, situation.plan))
    return (*late, *(flaw for flaw in flaws if flaw.code not in asked))


def _ask(guard: Guard, situation: Situation) -> Verdict:
    if situation.command is None and guard.reads == "command":
        return Verdict(guard.code, None, "depends on what the command says")
    reason = guard.check(situation)
    return Verdict(guard.code, reason is None, reason or "")
