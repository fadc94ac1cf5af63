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
from respond.plan.organisation import Role
from respond.workflow.approvals import ApprovalGiven, Approve, asks_approval
from respond.workflow.definition import Situation, trigger_of
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
    return policy.judge(request) if policy is not None else _by_plan(workflow, request)


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
    role = None if actor is None else actor.role
    if not _fills(rule, role, situation):
        had = "no role" if role is None else repr(role)
        yield Refusal(
            "not-authorised", f"rule {rule.id!r} asks for {' or '.join(rule.roles) or 'nobody'}; the actor has {had}"
        )
    if actor is None:
        if rule.different_actor or rule.not_in_chain or rule.n_of > 1:
            yield Refusal("actor-missing", f"rule {rule.id!r} asks who acts; name the actor")
        return
    mine = _people(actor.id, actor.on_behalf_of)
    for barred, code, did in _excluded(workflow, rule, situation.history):
        for person in sorted(barred & mine):
            yield Refusal(code, f"{person!r} {did}; somebody else must do {request.command}")
    agreed = 1 + len(_agreeing(workflow, rule, request))
    if agreed < rule.n_of and not isinstance(situation.command, Approve):
        yield Refusal(
            "approvals-missing",
            f"rule {rule.id!r} asks for {rule.n_of} people; {agreed} agreed: let the others approve first",
        )


def _fills(rule: AuthorityRule, role: str | None, situation: Situation) -> bool:
    """Return whether *role* is one of the rule's, or steps in for one that stands empty."""
    if ANYONE in rule.roles:
        return True
    if role is None:
        return False
    wanted = (situation.plan.role(one) for one in rule.roles)
    return role in rule.roles or any(_steps_in(role, one, situation.state) for one in wanted if one is not None)


def _approves(rule: AuthorityRule, role: str | None, situation: Situation) -> bool:
    """Return whether an approval in *role* counts for *rule*: a role of its own, or one that the plan lets approve."""
    rules = (rule, *(one for one in situation.plan.authority if _APPROVE in one.commands))
    return any(_fills(one, role, situation) for one in rules)


def _steps_in(substitute: str, role: Role, state: Any) -> bool:
    """Return whether *substitute* stands in for *role*: neither it nor an earlier substitute is held by anyone."""
    if substitute not in role.substitutes or not hasattr(state, "holders"):
        return False
    earlier = role.substitutes[: role.substitutes.index(substitute)]
    return not any(state.holders(one) for one in (role.id, *earlier))


def _people(*ids: str | None) -> frozenset[str]:
    """Return who acts: the actor, and the one on whose behalf he does."""
    return frozenset(one for one in ids if one is not None)


def _people_of(event: Event) -> frozenset[str]:
    return _people(event.actor, event.body.get("on_behalf_of"))


def _excluded(
    workflow: Workflow, rule: AuthorityRule, history: Sequence[Event]
) -> Iterator[tuple[frozenset[str], str, str]]:
    """Yield whom *rule* excludes, with the code and with what they did."""
    for trigger in rule.different_actor:
        last = _last(workflow, history, trigger.partition(":")[0])
        if last is not None:
            yield _people_of(last), "same-actor", f"did {trigger}"
    if rule.not_in_chain and history:
        yield _people_of(history[0]), "in-chain", "reported it"


def _agreeing(workflow: Workflow, rule: AuthorityRule, request: Request) -> tuple[Event, ...]:
    """Return the approvals of people with the role that were given since the command was last carried out.

    One of each person; none of the actor, nor of anyone whom the rule excludes.
    """
    history, actor = request.situation.history, request.actor
    last = _last(workflow, history, request.command)
    counted = _people(actor.id, actor.on_behalf_of) if actor else _people()
    counted = counted.union(*(barred for barred, _, _ in _excluded(workflow, rule, history)))
    found = []
    for event in history if last is None else history[last.version :]:
        if type(event.data) is not ApprovalGiven or not _approves(rule, event.role, request.situation):
            continue
        people = _people_of(event)
        if event.data.command in _names(request) and people and people.isdisjoint(counted):
            counted |= people
            found.append(event)
    return tuple(found)


def _names(request: Request) -> tuple[str, ...]:
    return (request.command, f"{request.command}:{request.variant}") if request.variant else (request.command,)


def _approvals(workflow: Workflow, rule: AuthorityRule, request: Request) -> tuple[str, ...]:
    return tuple(event.id for event in _agreeing(workflow, rule, request)) if rule.n_of > 1 else ()


def _last(workflow: Workflow, history: Sequence[Event], trigger: str) -> Event | None:
    """Return the last event that *trigger* may have caused; None for one that the workflow does not have."""
    if trigger not in workflow.handler_of:
        return None
    names = workflow.events_of(trigger)
    return next((event for event in reversed(history) if event.type in names), None)


def _level_of(command: object) -> int | None:
    level = getattr(command, "level", None)
    return level if type(level) is int else None
