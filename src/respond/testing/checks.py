"""What holds of every command of every workflow: the checks that a generated machine makes after each step.

Each raises a `CheckFailed` that names the check, in a sentence, and tells what it saw.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

import attrs

from respond.domain.canonical import canonical, plain
from respond.domain.events import Event
from respond.domain.payloads import to_data
from respond.domain.values import replace
from respond.errors import CommandRefused, IdempotencyConflict, InvalidRecord
from respond.testing.copies import copied
from respond.testing.program import written
from respond.testing.trial import Trial
from respond.workflow.decider import Explanation, Verdict, decide, explain
from respond.workflow.definition import Handler, Situation
from respond.workflow.table import NOT_ENABLED

NUL = rb"\u0000"
"""What no index takes, as canonical JSON writes it; a command may name another aggregate by it."""
_DEFAULT_DONE = attrs.fields_dict(Handler)["done"].default


class CheckFailed(AssertionError):
    """A check that holds of every workflow does not hold of this one."""

    def __init__(self, check: str, what: str) -> None:
        super().__init__(f"{check}: {what}")
        self.check = check


@attrs.frozen
class Asked:
    """A command, and how things stood when it was asked."""

    trial: Trial
    trigger: str
    command: Any
    actor: Any
    command_id: str
    before: tuple[Event, ...]
    situation: Situation
    explanation: Explanation
    dest: str | None
    """The state that the machine chose; None when it chose none."""
    held: Any
    """The state as it was, which no change in place reaches."""

    @classmethod
    def of(cls, trial: Trial, trigger: str, command: Any, actor: Any, command_id: str) -> Asked:
        """Look at how things stand, before *command* is carried out."""
        situation = trial.situation(command, actor=actor)
        explanation = explain(trial.workflow, trigger, situation)
        dest = trial.workflow.machine.dest(trigger, situation)
        return cls(
            trial, trigger, command, actor, command_id, trial.log, situation, explanation, dest, copied(trial.state)
        )

    @property
    def what(self) -> str:
        """The command as it is written."""
        return written(self.command)

    @property
    def handler(self) -> Handler:
        return self.trial.workflow.handler_of[self.trigger]


def foreseen(asked: Asked) -> None:
    """Check that guards answer as they promise, and that the table and the machine choose the same step."""
    __tracebackhide__ = True
    if asked.explanation.done:
        return
    for candidate in asked.explanation.candidates:
        for verdict in candidate.verdicts:
            _answered(asked, verdict)
    allowed = [one.dest for one in asked.explanation.candidates if one.allowed]
    chosen = allowed[0] if allowed else None
    if chosen != asked.dest:
        _broken(
            "the table equals the machine",
            f"{asked.what} in {asked.explanation.state!r} leads to {asked.dest!r} by the machine, and to {chosen!r} "
            "by the table; a guard that answers differently when it is asked again is not pure",
        )


def _answered(asked: Asked, verdict: Verdict) -> None:
    """Check that a guard returns None or a text, and answers alike without a command where it reads the state only."""
    __tracebackhide__ = True
    if verdict.passed is False and not (verdict.text and isinstance(verdict.text, str)):
        _broken(
            "a guard returns None or a text",
            f"{verdict.code} objects to {asked.what} without a text; return None where nothing stands against it, else "
            "the text of the reason, and never a bool",
        )
    guard = asked.trial.workflow.guard_of[verdict.code]
    if guard.reads == "command":
        return
    try:
        reason = guard.check(replace(asked.situation, command=None))
    except Exception as error:  # noqa: BLE001 - whatever a guard does with a command that is not there
        told = f"raises {error!r}"
    else:
        if (reason is None, reason or "") == (verdict.passed, verdict.text):
            return
        told = f"says {reason!r}"
    _broken(
        "a guard reads what it says",
        f"{verdict.code} says that it reads the state only, and without a command it {told}, where it says "
        f"{verdict.text or None!r} of {asked.what}; look at the command no more, or leave reads='state' out",
    )


def refused(asked: Asked, refusal: CommandRefused) -> None:
    """Check that `explain` told of the refusal, and that nothing was written."""
    __tracebackhide__ = True
    told_of = asked.explanation.refusals
    if any(asked.handler.companions(asked.trial.stream.key, asked.command)):  # explain knows nothing of their reasons
        agrees = set(told_of) <= set(refusal.refusals)
    else:
        agrees = told_of == refusal.refusals
    if not agrees:
        told = ", ".join(one.code for one in told_of) or "nothing"
        codes = ", ".join(one.code for one in refusal.refusals)
        _broken("explain agrees with decide", f"{asked.what} is refused for {codes}, and explain told of {told}")
    _unchanged(asked, "a refused command leaves the log alone")


def unstorable(asked: Asked, error: InvalidRecord) -> None:
    """Check that nothing was written of a command whose events no log can hold, and that this is for what it says."""
    __tracebackhide__ = True
    _unchanged(asked, "what cannot be stored leaves the log alone")
    try:
        said = canonical(to_data(asked.command))
    except InvalidRecord:
        return
    if NUL not in said:
        _broken(
            "what a command says can be stored",
            f"{asked.what} can be stored, and what its handler makes of it cannot: {error}",
        )


def out_of_turn(asked: Asked, refusal: CommandRefused | None) -> None:
    """Check that a command that has no transition from here is refused, or was carried out already."""
    __tracebackhide__ = True
    if refusal is None and not asked.explanation.done:
        _broken("a wrong state refuses", f"{asked.what} was accepted in {asked.explanation.state!r}")
    if refusal is not None and NOT_ENABLED not in {one.code for one in refusal.refusals}:
        codes = ", ".join(one.code for one in refusal.refusals)
        _broken("a wrong state refuses", f"{asked.what} is refused for {codes}, and not because of the state")
    _unchanged(asked, "a wrong state refuses")


def accepted(asked: Asked, events: Sequence[Event], *, repeatable: bool = False) -> None:
    """Check what an accepted command caused: its events, where they lead, and that it can be sent again.

    One that is *repeatable* may be done again at once, although its handler says when it is done.
    """
    __tracebackhide__ = True
    if not asked.explanation.allowed:
        codes = ", ".join(one.code for one in asked.explanation.refusals)
        _broken("explain agrees with decide", f"{asked.what} was accepted, and explain told of {codes}")
    if asked.explanation.done:
        _unchanged(asked, "what was carried out already causes nothing")
        return
    _kept(asked, events)
    _shaped(asked, events)
    _untouched(asked, events)
    _steps(asked, events)
    _folds(asked)
    _again(asked)
    if events and not repeatable:
        _done(asked)


def _kept(asked: Asked, events: Sequence[Event]) -> None:
    """Check that the events are stored one after the other, and are read back as they were written."""
    __tracebackhide__ = True
    for version, event in enumerate(events, start=len(asked.before) + 1):
        if event.version != version:
            _broken("versions are dense", f"event {version} has version {event.version}")
        stored, read = event.body["data"], plain(to_data(event.data))
        if read != stored:
            other = [name for name in {**stored, **read} if stored.get(name) != read.get(name)]
            _broken(
                "what is stored is read back",
                f"of {event.type} {', '.join(f'{name}={stored.get(name)!r}' for name in other)} was stored, and "
                f"{', '.join(f'{name}={read.get(name)!r}' for name in other)} would be of what is read, "
                f"{written(event.data)}; look at the converters of its fields",
            )


def _shaped(asked: Asked, events: Sequence[Event]) -> None:
    """Check that the events were folded to a state of the class of the initial one."""
    __tracebackhide__ = True
    kind, state = type(asked.trial.workflow.initial), asked.trial.state
    if type(state) is not kind:
        _broken(
            "an evolver returns the state",
            f"after {asked.what} the folded state is {written(state)}, and must be of the class {kind.__name__}, as "
            f"the initial one is; the evolver of {events[-1].type} must return replace(state, ...)",
        )


def _untouched(asked: Asked, events: Sequence[Event]) -> None:
    """Check that the state that was there before is as it was."""
    __tracebackhide__ = True
    state = asked.situation.state
    if state == asked.held:
        return
    for field in attrs.fields(type(state)):
        now, before = getattr(state, field.name), getattr(asked.held, field.name)
        if now != before:
            _broken(
                "an event leaves the state before it alone",
                f"{asked.what} made {written(now)} of the {field.name} {written(before)} of the state that was there "
                f"before; {f'the evolver of {events[-1].type}' if events else 'its handler'} must leave it alone",
            )


def _steps(asked: Asked, events: Sequence[Event]) -> None:
    """Check that each event is a step of the table, and that the state follows."""
    __tracebackhide__ = True
    workflow, status = asked.trial.workflow, asked.explanation.state
    for event in events:
        finding = workflow.table.verify(status, event)
        if finding is not None:
            _broken("every step is one of the table", f"{asked.what} wrote {written(event.data)}: {finding.text}")
        status = getattr(event.data, "to", status)
    if asked.trial.status != asked.dest:
        wrong = f"look at the evolver of {events[-1].type}" if events else "its handler yields no event that says so"
        _broken(
            "the state follows the transition",
            f"{asked.what} leads from {asked.explanation.state!r} to {asked.dest!r}, and the folded state stands at "
            f"{asked.trial.status!r}; {wrong}",
        )


def _folds(asked: Asked) -> None:
    __tracebackhide__ = True
    replayed = asked.trial.workflow.fold(asked.trial.log)
    if replayed != asked.trial.state:
        _broken("replay equals live", f"{written(replayed)} is replayed, {written(asked.trial.state)} is live")


def _again(asked: Asked) -> None:
    """Check that the command, sent again, causes nothing: with its id always, and without where it says when."""
    __tracebackhide__ = True
    trial, log = asked.trial, asked.trial.log
    check = "the same command id causes nothing more"
    try:
        trial.send(retold(asked.command), actor=asked.actor, command_id=asked.command_id)
    except (CommandRefused, IdempotencyConflict) as error:
        decided = decide(trial.workflow, asked.situation)
        _broken(
            check,
            f"{asked.what} wrote {_told(asked.trial.log[len(asked.before) :])}, and decided again it would write "
            f"{', '.join(map(written, decided)) or 'nothing'}: {error}",
        )
    if trial.log != log:
        _broken(check, f"{asked.what} wrote {_told(trial.log[len(log) :])} the second time")


def retold(command: Any) -> Any:
    """Return a command that is equal to *command*, with sets whose members come in another order where they can."""
    sets = {
        field.alias: type(value)(sorted(value, key=repr, reverse=True))
        for field in attrs.fields(type(command))
        if isinstance(value := getattr(command, field.name), (set, frozenset))
    }
    return attrs.evolve(command, **sets) if sets else command


def _done(asked: Asked) -> None:
    """Check that the handler says that the command was carried out, where it says so of any."""
    __tracebackhide__ = True
    situation = asked.trial.situation(asked.command, actor=asked.actor)
    if asked.handler.done is not _DEFAULT_DONE and not asked.handler.done(situation):
        _broken(
            "a command that says when it is done is done once it was carried out",
            f"{asked.what} was carried out, and `done` of its handler says no; where it may be done again at once, "
            f"write workflow_machine(..., repeatable=[{asked.trigger!r}])",
        )


def _told(events: Sequence[Event]) -> str:
    return ", ".join(written(event.data) for event in events) or "nothing"


def stored(trial: Trial) -> None:
    """Check that the state is the one that is folded from what is stored."""
    __tracebackhide__ = True
    replayed = trial.replay()
    if replayed != trial.state:
        _broken("replay equals live", f"{written(replayed)} is replayed, {written(trial.state)} is live")


def _unchanged(asked: Asked, check: str) -> None:
    __tracebackhide__ = True
    after = asked.trial.rows
    if len(after) != len(asked.before) or asked.trial.log != asked.before:
        _broken(check, f"{asked.what} left {len(after)} events where {len(asked.before)} were")


def _broken(check: str, what: str) -> NoReturn:
    __tracebackhide__ = True
    raise CheckFailed(check, what)
