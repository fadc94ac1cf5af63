"""Who may do what, told a second time: a naive reading of a plan's rules over the history of an aggregate."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from respond.domain.events import Event
from respond.domain.money import Money
from respond.domain.references import Actor
from respond.plan.authority import AuthorityRule
from respond.plan.plan import Plan
from respond.workflow.definition import trigger_of
from respond.workflow.incident import INCIDENT
from respond.workflow.incident.state import COMMANDER
from respond.workflow.workflow import Workflow


def holders(history: Sequence[Event]) -> dict[str, set[str]]:
    """Return who holds which role after *history*."""
    found: dict[str, set[str]] = {}
    for event in history:
        data = event.data
        match event.type:
            case "CommandTransferred":
                found[COMMANDER] = {data.to_commander}
            case "RoleAssigned":
                found.setdefault(data.role, set()).add(data.person)
            case "RoleReleased":
                found.setdefault(data.role, set()).discard(data.person)
            case "RoleHandedOver":
                found.setdefault(data.role, set()).discard(data.from_person)
                found[data.role].add(data.to_person)
    return {role: people for role, people in found.items() if people}


def taken_back(history: Sequence[Event]) -> set[str]:
    """Return the ids of the entries that were retracted."""
    return {event.data.entry for event in history if event.type == "EntryRetracted"}


def level_of(history: Sequence[Event]) -> int | None:
    """Return the level after *history*."""
    told = [getattr(event.data, "to_level", getattr(event.data, "level", None)) for event in history]
    return next((one for one in reversed(told) if one is not None), None)


def allowing(
    plan: Plan,
    history: Sequence[Event],
    command: Any,
    actor: Actor | None,
    break_glass: str = "",
    *,
    workflow: Workflow = INCIDENT,
    amount: Money | None = None,
) -> set[str] | None:
    """Return the ids of the rules that let *actor* do it, for that *amount*; None where nobody is asked."""
    if not plan.authority or trigger_of(type(command)) in {"raise_due", "activate_due_plan"}:
        return None
    case = _Case(plan, history, command, actor, workflow)
    return {
        rule.id
        for rule in plan.authority
        if case.speaks(rule)
        and _covers(rule, amount)
        and case.enough(rule)
        and (case.fills(rule, *case.claim) or (rule.break_glass and break_glass.strip() and actor))
    }


def _covers(rule: AuthorityRule, amount: Money | None) -> bool:
    """Return whether *rule* goes up to *amount*."""
    most = rule.up_to
    return amount is None or most is None or (most.currency == amount.currency and most.amount >= amount.amount)


class _Case:
    def __init__(
        self, plan: Plan, history: Sequence[Event], command: Any, actor: Actor | None, workflow: Workflow
    ) -> None:
        self.plan, self.history, self.command, self.workflow = plan, history, command, workflow
        self.trigger = trigger_of(type(command))
        self.claim = (None, None) if actor is None else (actor.id, actor.role)
        self.me = set() if actor is None else {actor.id} | ({actor.on_behalf_of} - {None})
        self.level = level_of(history)
        self.names = {self.trigger}
        if self.trigger == "change_level":
            lowers = self.level is not None and command.level > self.level
            self.names.add(f"change_level:{'lower' if lowers else 'raise'}")

    def speaks(self, rule: AuthorityRule) -> bool:
        """Return whether *rule* names the command, at this level."""
        told = [one for one in (self.level, getattr(self.command, "level", None)) if one is not None]
        if rule.levels and (not told or min(told) not in rule.levels):
            return False
        if self.trigger == "approve" and rule.n_of > 1 and self._asks(rule):
            return True
        return bool({"*", *self.names} & set(rule.commands))

    def _asks(self, rule: AuthorityRule) -> bool:
        """Return whether the approved command is one of those of *rule*, in one direction at least."""
        wanted = self.command.command
        sides = {f"{wanted}:raise", f"{wanted}:lower"} if ":" not in wanted else {wanted.partition(":")[0]}
        return bool({"*", wanted, *sides} & set(rule.commands))

    def fills(self, rule: AuthorityRule, person: str | None, role: str | None) -> bool:
        """Return whether *role* is one of the rule's, or steps in for one that stands empty, and *person* holds it.

        Roles are held in incidents only: elsewhere nobody holds one, and nobody steps in.
        """
        held = holders(self.history)
        if rule.held and person not in held.get(role or "", set()):
            return False
        if "anyone" in rule.roles or role in rule.roles:
            return True
        return self.workflow is INCIDENT and steps_in(self.plan, rule.roles, role, held)

    def enough(self, rule: AuthorityRule) -> bool:
        """Return whether the right people act, and enough of them."""
        barred = self._barred(rule)
        if not self.me and (rule.different_actor or rule.not_in_chain or rule.n_of > 1):
            return False
        if self.me & barred:
            return False
        if self.trigger == "approve":
            return bool(self.command.about) == bool(_fields(self.command.command.partition(":")[0]))
        return 1 + self._approved(rule, barred) >= rule.n_of

    def _barred(self, rule: AuthorityRule) -> set[str]:
        found: set[str] = set()
        for name in rule.different_actor:
            did = [one for one in self.history if told(one, name, self.workflow) and self._about_mine(one)]
            holding = [place for place, one in enumerate(did) if one.id not in taken_back(self.history)]
            for place, event in enumerate(did):
                if place in holding[-1:] or (place > max(holding, default=-1) and stepped(event)):
                    found |= people_of(event)
        return found | (people_of(self.history[0]) if rule.not_in_chain and self.history else set())

    def _about_mine(self, event: Event) -> bool:
        """Return whether *event* is about the one of several things that the command is about, if it is about one."""
        mine = {name: getattr(self.command, name) for name in _fields(self.trigger)}
        return all(getattr(event.data, name, value) == value for name, value in mine.items())

    def _approved(self, rule: AuthorityRule, barred: set[str]) -> int:
        number, counted = 0, self.me | barred
        for place, event in enumerate(self.history):
            if event.type != "ApprovalGiven" or event.id in taken_back(self.history):
                continue
            ends = {event.data.command}
            if self.trigger.endswith("_statement"):
                ends |= {"draft_statement", "correct_statement"}
            later = [one for one in self.history[place:] if self._about_mine(one)]
            spent = any(told(one, name, self.workflow) for one in later for name in ends)
            about = " ".join(str(getattr(self.command, name)) for name in _fields(self.trigger))
            named = event.data.command in self.names and event.data.about == about
            if named and not spent and self._approver(rule, event):
                people = people_of(event)
                if people and not people & counted:
                    number, counted = number + 1, counted | people
        return number

    def _approver(self, rule: AuthorityRule, approval: Event) -> bool:
        rules = [rule, *(one for one in self.plan.authority if "approve" in one.commands)]
        return any(self.fills(one, approval.actor, approval.role) for one in rules)


def _fields(trigger: str) -> tuple[str, ...]:
    """Return the fields that say which of several things *trigger* is about."""
    if trigger == "approve_key_messages":
        return ("version",)
    kinds = {
        "waive": ("obligation", "occurrence"),
        "measure": ("measure",),
        "correct": ("entry",),
        "retract": ("entry",),
        "statement": ("statement",),
        "compensation": ("offer",),
    }
    return () if trigger in {"add_measure", "offer_compensation"} else kinds.get(trigger.rpartition("_")[2], ())


def steps_in(plan: Plan, roles: Sequence[str], role: str | None, held: Collection[str]) -> bool:
    """Return whether *role* steps in for one of *roles*, where only the roles that are *held* are filled."""
    for wanted in plan.roles:
        order = [wanted.id, *wanted.substitutes]
        if wanted.id in roles and role in wanted.substitutes:
            earlier = order[: 1 + wanted.substitutes.index(role)]
            if not any(one in held for one in earlier):
                return True
    return False


def told(event: Event, name: str, workflow: Workflow = INCIDENT) -> bool:
    """Return whether *event* tells that *name* was done: a trigger, with or without a direction."""
    trigger, _, side = name.partition(":")
    if trigger not in workflow.triggers or event.type not in workflow.events_of(trigger):
        return False
    return not side or (side == "lower") == (event.data.to_level > event.data.from_level)


def stepped(event: Event) -> bool:
    """Return whether *event* led from one state to another."""
    told = event.body["data"]
    return "to" in told and told["to"] != told["from"]


def people_of(event: Event) -> set[str]:
    """Return who did it, and for whom."""
    return {one for one in (event.actor, event.body.get("on_behalf_of")) if one is not None}


def rules_of(events: Sequence[Event]) -> Iterator[str]:
    """Yield the rules that *events* say they rest on."""
    for event in events:
        authority = event.body.get("authority")
        if authority is not None:
            yield authority["rule"]
