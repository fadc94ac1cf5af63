"""Authority: whether the plan, or the host's own policy, lets an actor carry out a command.  Pure: deny by default."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import attrs

from respond.domain.events import Event
from respond.domain.money import Money
from respond.domain.references import Actor
from respond.errors import Refusal
from respond.plan.authority import ANYONE, AuthorityRule
from respond.workflow.approvals import ApprovalGiven, Approve, asks_approval
from respond.workflow.definition import Situation, trigger_of
from respond.workflow.four_eyes import done, excluded, people, people_of
from respond.workflow.substitutes import fills
from respond.workflow.workflow import Workflow

_APPROVE = trigger_of(Approve)


@attrs.frozen(kw_only=True)
class Request:
    """A command that someone wants to carry out: what a policy judges."""

    command: str
    """The trigger."""
    variant: str = ""
    """`raise` or `lower` for a change of level; empty for most commands."""
    actor: Actor | None
    level: int | None
    """The worse of the level that it has and the one that the command gives it."""
    amount: Money | None = None
    situation: Situation = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class Grant:
    """What a command rests on; recorded in its events."""

    rule: str
    approvals: tuple[str, ...] = ()
    """The ids of the events that record the agreement of others."""
    break_glass: str = ""
    """Why someone without the role did it; empty when the rule allows it."""

    def to_json(self) -> Mapping[str, Any]:
        """Return the grant as it stands in the body of an event; what is empty is left out."""
        told = {"rule": self.rule, "approvals": list(self.approvals), "break_glass": self.break_glass}
        return {name: value for name, value in told.items() if value}


class Policy(Protocol):
    """A host's own judge of authority, in the place of the plan's rules.

    It must be pure: a decision is taken again when others wrote meanwhile, and when a command is sent twice.
    """

    def judge(self, request: Request) -> Grant | tuple[Refusal, ...]:
        """Return what allows *request*, or every reason against it."""
        ...


def authorise(workflow: Workflow, situation: Situation) -> Grant | tuple[Refusal, ...] | None:
    """Return what allows the command, every reason against it, or None where nobody is asked.

    Nobody is asked for a command of the engine's own, nor where the plan has no rules and the host no policy.
    """
    policy: Policy | None = situation.policy
    handler = workflow.handler(situation.command)
    if handler.automatic or (policy is None and not situation.plan.authority):
        return None
    levels = [one for one in (getattr(situation.state, "level", None), _level_of(situation.command)) if one is not None]
    request = Request(
        command=trigger_of(handler.command),
        variant=handler.variant(situation),
        actor=situation.actor,
        level=min(levels, default=None),
        amount=handler.amount(situation),
        situation=situation,
    )
    judged = policy.judge(request) if policy is not None else _by_plan(workflow, request)
    unclear = _unclear(workflow, situation.command)
    return (unclear, *(judged if isinstance(judged, tuple) else ())) if unclear else judged


def _unclear(workflow: Workflow, command: object) -> Refusal | None:
    """Return what is wrong with an approval of one of several things that does not say which; None when nothing is."""
    if not isinstance(command, Approve):
        return None
    trigger = command.command.partition(":")[0]
    fields = workflow.handler_of[trigger].about if trigger in workflow.handler_of else ()
    if bool(fields) == bool(command.about):
        return None
    what = f"of one {' '.join(fields)}; say which" if fields else f"of nothing that is called {command.about!r}"
    return Refusal("approval-unclear", f"{trigger} is {what}")


def _by_plan(workflow: Workflow, request: Request) -> Grant | tuple[Refusal, ...]:
    rules = [rule for rule in request.situation.plan.authority if _speaks_of(rule, request)]
    fitting = [rule for rule in rules if _covers(rule, request)]
    if not fitting:
        return (Refusal("not-authorised", _denied(rules, request)),)
    against = [(rule, _objections(workflow, rule, request)) for rule in fitting]
    for rule, objections in against:
        if not objections:
            return Grant(rule=rule.id, approvals=_approvals(workflow, rule, request))
    reasons = [one for _, objections in against for one in objections]
    glass = request.situation.break_glass.strip()
    if glass and request.actor:
        for rule, objections in against:
            if rule.break_glass and all(one.code == "not-authorised" for one in objections):
                return Grant(rule=rule.id, approvals=_approvals(workflow, rule, request), break_glass=glass)
        text = f"no rule of the plan lets {request.actor.id!r} {request.command} with break_glass"
        reasons.append(Refusal("break-glass-not-allowed", text))
    return tuple(dict.fromkeys(reasons))


def _speaks_of(rule: AuthorityRule, request: Request) -> bool:
    """Return whether *rule* names the command; who may carry out one that needs several may approve it too."""
    command = request.situation.command
    if isinstance(command, Approve) and asks_approval(rule, command.command):
        return True
    return rule.names(request.command, request.variant)


def _covers(rule: AuthorityRule, request: Request) -> bool:
    """Return whether *rule* speaks of such a case: this level and this amount."""
    if rule.levels and request.level not in rule.levels:
        return False
    if request.amount is None or rule.up_to is None:
        return True
    return rule.up_to.currency == request.amount.currency and request.amount.amount <= rule.up_to.amount


def _denied(rules: Iterable[AuthorityRule], request: Request) -> str:
    what = f"{request.command} ({request.variant})" if request.variant else request.command
    amount = f" of {request.amount}" if request.amount else ""
    level = "" if request.level is None else f" at level {request.level}"
    known = "; ".join(f"{rule.id}: {', '.join(rule.roles)}" for rule in rules)
    return f"no rule of the plan lets anyone {what}{amount}{level}" + (f"; it has {known}" if known else "")


def _objections(workflow: Workflow, rule: AuthorityRule, request: Request) -> tuple[Refusal, ...]:
    """Return what *rule* has against the actor."""
    return tuple(_objecting(workflow, rule, request))


def _objecting(workflow: Workflow, rule: AuthorityRule, request: Request) -> Iterator[Refusal]:
    situation, actor = request.situation, request.actor
    person, role = (None, None) if actor is None else (actor.id, actor.role)
    if not _fills(rule, person, role, situation):
        yield Refusal("not-authorised", _unfilled(rule, person, role, situation))
    if actor is None:
        if rule.different_actor or rule.not_in_chain or rule.n_of > 1:
            yield Refusal("actor-missing", f"rule {rule.id!r} asks who acts; name the actor")
        return
    mine = people(actor.id, actor.on_behalf_of)
    for barred, code, did in excluded(workflow, rule, situation.history, situation.command):
        for person in sorted(barred & mine):
            yield Refusal(code, f"{person!r} {did}; somebody else must do {request.command}")
    if rule.n_of == 1 or isinstance(situation.command, Approve):
        return
    agreed = 1 + len(_agreeing(workflow, rule, request))
    if agreed < rule.n_of:
        about = _about(workflow, situation.command)
        yield Refusal(
            "approvals-missing",
            f"rule {rule.id!r} asks for {rule.n_of} people; {agreed} agreed: let the others approve first"
            + (f", about {about!r}" if about else ""),
        )


def _fills(rule: AuthorityRule, person: str | None, role: str | None, situation: Situation) -> bool:
    """Return whether *role* is one of the rule's, or steps in for one that stands empty; held where the rule asks."""
    if rule.held and person not in _holders(situation.state, role):
        return False
    return ANYONE in rule.roles or fills(rule.roles, role, situation.plan, situation.state)


def _unfilled(rule: AuthorityRule, person: str | None, role: str | None, situation: Situation) -> str:
    """Return which role *rule* asks for, and what the actor has instead."""
    asked = f"{'a holder of ' if rule.held else ''}{' or '.join(rule.roles) or 'nobody'}"
    holders = _holders(situation.state, role)
    had = "no role" if role is None else repr(role)
    if rule.held and role is not None and person not in holders:
        had += f" and does not hold it: {', '.join(holders) or 'nobody'} does"
    return f"rule {rule.id!r} asks for {asked}; the actor has {had}"


def _holders(state: Any, role: str | None) -> tuple[str, ...]:
    """Return who holds *role*; nobody where no role is held at all."""
    if role is None or not hasattr(state, "holders"):
        return ()
    holders: tuple[str, ...] = state.holders(role)
    return holders


def _approves(rule: AuthorityRule, person: str | None, role: str | None, situation: Situation) -> bool:
    """Return whether an approval in *role* counts for *rule*: a role of its own, or one that the plan lets approve."""
    rules = (rule, *(one for one in situation.plan.authority if _APPROVE in one.commands))
    return any(_fills(one, person, role, situation) for one in rules)


def _agreeing(workflow: Workflow, rule: AuthorityRule, request: Request) -> tuple[Event, ...]:
    """Return the approvals of people with the role that were given since what they approve was last carried out.

    One of each person; none of the actor, nor of anyone whom the rule excludes, nor one that was withdrawn.  To retract
    what was carried out gives no approval back.  Where the command is about one of several things, an approval of
    another one does not count, nor one that was given before this one was changed.
    """
    history, command, actor = request.situation.history, request.situation.command, request.actor
    about, changes = _about(workflow, command), workflow.handler(command).unsettled_by
    spent = {name: _last(workflow, history, (name, *changes), command) for name in _names(request)}
    withdrawn = workflow.retracted(history)
    counted = people(actor.id, actor.on_behalf_of) if actor else people()
    counted = counted.union(*(barred for barred, _, _ in excluded(workflow, rule, history, command)))
    found = []
    for event in history[min(spent.values()) :]:
        if type(event.data) is not ApprovalGiven or event.version <= spent.get(event.data.command, event.version):
            continue
        approvers = people_of(event)
        able = event.data.about == about and event.id not in withdrawn
        able = able and _approves(rule, event.actor, event.role, request.situation)
        if able and approvers and approvers.isdisjoint(counted):
            counted |= approvers
            found.append(event)
    return tuple(found)


def _last(workflow: Workflow, history: Sequence[Event], triggers: Iterable[str], command: object) -> int:
    """Return the version of the last event that one of *triggers* caused about what *command* is about; 0 for none."""
    found = (next(done(workflow, history, trigger, command), None) for trigger in triggers)
    return max((event.version for event in found if event is not None), default=0)


def _about(workflow: Workflow, command: object) -> str:
    """Return which one of several things *command* is about, as an approval names it; empty where there is one only."""
    return " ".join(str(getattr(command, field)) for field in workflow.handler(command).about)


def _names(request: Request) -> tuple[str, ...]:
    return (request.command, f"{request.command}:{request.variant}") if request.variant else (request.command,)


def _approvals(workflow: Workflow, rule: AuthorityRule, request: Request) -> tuple[str, ...]:
    return tuple(event.id for event in _agreeing(workflow, rule, request)) if rule.n_of > 1 else ()


def _level_of(command: object) -> int | None:
    level = getattr(command, "level", None)
    return level if type(level) is int else None
