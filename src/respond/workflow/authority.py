"""Authority: whether the plan, or the host's own policy, lets an actor carry out a command.  Pure: deny by default."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

import attrs

from respond.domain.events import Event
from respond.domain.money import Money
from respond.domain.references import Actor
from respond.errors import Refusal
from respond.plan.authority import ANYONE, AuthorityRule
from respond.workflow.definition import Situation, trigger_of
from respond.workflow.workflow import Workflow

APPROVAL = "ApprovalGiven"
"""The event that records an approval."""


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
    """Return what allows the command, None when the plan has no rules, or every reason against it."""
    policy: Policy | None = situation.policy
    if policy is None and not situation.plan.authority:
        return None
    handler = workflow.handler(situation.command)
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
    rules = [rule for rule in request.situation.plan.authority if rule.names(request.command, request.variant)]
    fitting = [rule for rule in rules if _covers(rule, request)]
    if not fitting:
        return (Refusal("not-authorised", _denied(rules, request)),)
    against: list[Refusal] = []
    for rule in fitting:
        found = list(_objections(workflow, rule, request))
        if not found:
            return Grant(rule=rule.id, approvals=_approvals(workflow, rule, request))
        against += found
    glass = request.situation.break_glass
    if glass and (broken := next((rule for rule in fitting if rule.break_glass), None)):
        return Grant(rule=broken.id, break_glass=glass)
    return tuple(dict.fromkeys(against))


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


def _objections(workflow: Workflow, rule: AuthorityRule, request: Request) -> Iterator[Refusal]:
    """Yield what *rule* has against the actor."""
    situation, actor = request.situation, request.actor
    if not _has_role(rule, actor, situation):
        role = "no role" if actor is None or actor.role is None else repr(actor.role)
        yield Refusal(
            "not-authorised", f"rule {rule.id!r} asks for {' or '.join(rule.roles) or 'nobody'}; the actor has {role}"
        )
    if actor is None and (rule.different_actor or rule.not_in_chain or rule.n_of > 1):
        yield Refusal("actor-missing", f"rule {rule.id!r} asks who acts; name the actor")
        return
    people = {actor.id, actor.on_behalf_of} - {None} if actor else set()
    for trigger in rule.different_actor:
        last = _last(workflow, situation.history, trigger)
        if last is not None and last.actor in people:
            yield Refusal("same-actor", f"{last.actor!r} did {trigger}; somebody else must do {request.command}")
    reporter = situation.history[0].actor if situation.history else None
    if rule.not_in_chain and reporter in people:
        yield Refusal("in-chain", f"{reporter!r} reported it; somebody else must do {request.command}")
    agreed = {event.actor for event in _agreeing(workflow, rule, request)} | people
    if len(agreed) < rule.n_of:
        yield Refusal(
            "approvals-missing",
            f"rule {rule.id!r} asks for {rule.n_of} people; {len(agreed)} agreed: let the others approve first",
        )


def _has_role(rule: AuthorityRule, actor: Actor | None, situation: Situation) -> bool:
    if ANYONE in rule.roles:
        return True
    if actor is None or actor.role is None:
        return False
    return actor.role in rule.roles or any(
        actor.role in role.substitutes and not situation.state.holders(role.id)
        for role in map(situation.plan.role, rule.roles)
        if role is not None and hasattr(situation.state, "holders")
    )


def _agreeing(workflow: Workflow, rule: AuthorityRule, request: Request) -> list[Event]:
    """Return the approvals of people with the role that were given since the command was last carried out."""
    history = request.situation.history
    last = _last(workflow, history, request.command)
    return [
        event
        for event in history
        if event.type == APPROVAL
        and event.data.command == request.command
        and (last is None or event.version > last.version)
        and (ANYONE in rule.roles or event.role in rule.roles)
        and event.actor is not None
    ]


def _approvals(workflow: Workflow, rule: AuthorityRule, request: Request) -> tuple[str, ...]:
    if rule.n_of == 1:
        return ()
    return tuple(event.id for event in _agreeing(workflow, rule, request))


def _last(workflow: Workflow, history: Iterable[Event], trigger: str) -> Event | None:
    """Return the last event that *trigger* may have caused; None for one that the workflow does not have."""
    if trigger not in workflow.handler_of:
        return None
    names = workflow.events_of(trigger)
    return next((event for event in reversed(tuple(history)) if event.type in names), None)


def _level_of(command: object) -> int | None:
    level = getattr(command, "level", None)
    return level if type(level) is int else None
