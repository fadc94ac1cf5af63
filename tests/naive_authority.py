"""Who may do what, told a second time: a naive reading of a plan's rules over an incident's history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from respond.domain.events import Event
from respond.domain.references import Actor
from respond.plan.authority import AuthorityRule
from respond.plan.plan import Plan
from respond.workflow.definition import trigger_of
from respond.workflow.incident import INCIDENT
from respond.workflow.incident.state import COMMANDER


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


def level_of(history: Sequence[Event]) -> int | None:
    """Return the level after *history*."""
    told = [getattr(event.data, "to_level", getattr(event.data, "level", None)) for event in history]
    return next((one for one in reversed(told) if one is not None), None)


def allowing(
    plan: Plan, history: Sequence[Event], command: Any, actor: Actor | None, break_glass: str = ""
) -> set[str] | None:
    """Return the ids of the rules that let *actor* do it; None where nobody is asked."""
    if not plan.authority or trigger_of(type(command)) == "raise_due":
        return None
    case = _Case(plan, history, command, actor)
    return {
        rule.id
        for rule in plan.authority
        if case.speaks(rule)
        and case.enough(rule)
        and (case.fills(rule, actor and actor.role) or (rule.break_glass and break_glass.strip() and actor))
    }


class _Case:
    def __init__(self, plan: Plan, history: Sequence[Event], command: Any, actor: Actor | None) -> None:
        self.plan, self.history, self.command = plan, history, command
        self.trigger = trigger_of(type(command))
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

    def fills(self, rule: AuthorityRule, role: str | None) -> bool:
        """Return whether *role* is one of the rule's, or steps in for one that stands empty."""
        if "anyone" in rule.roles or role in rule.roles:
            return True
        held = holders(self.history)
        for wanted in self.plan.roles:
            order = [wanted.id, *wanted.substitutes]
            if wanted.id in rule.roles and role in wanted.substitutes:
                earlier = order[: 1 + wanted.substitutes.index(role)]
                if not any(one in held for one in earlier):
                    return True
        return False

    def enough(self, rule: AuthorityRule) -> bool:
        """Return whether the right people act, and enough of them."""
        barred = self._barred(rule)
        if not self.me and (rule.different_actor or rule.not_in_chain or rule.n_of > 1):
            return False
        if self.me & barred:
            return False
        return self.trigger == "approve" or 1 + self._approved(rule, barred) >= rule.n_of

    def _barred(self, rule: AuthorityRule) -> set[str]:
        found: set[str] = set()
        for name in rule.different_actor:
            names = _events_of(name.partition(":")[0])
            for event in [one for one in self.history if one.type in names][-1:]:
                found |= _people(event)
        return found | (_people(self.history[0]) if rule.not_in_chain and self.history else set())

    def _approved(self, rule: AuthorityRule, barred: set[str]) -> int:
        names = _events_of(self.trigger)
        carried_out = [place for place, event in enumerate(self.history, 1) if event.type in names]
        number, counted = 0, self.me | barred
        for event in self.history[carried_out[-1] if carried_out else 0 :]:
            if event.type == "ApprovalGiven" and event.data.command in self.names and self._approver(rule, event.role):
                people = _people(event)
                if people and not people & counted:
                    number, counted = number + 1, counted | people
        return number

    def _approver(self, rule: AuthorityRule, role: str | None) -> bool:
        rules = [rule, *(one for one in self.plan.authority if "approve" in one.commands)]
        return any(self.fills(one, role) for one in rules)


def _events_of(trigger: str) -> frozenset[str]:
    return INCIDENT.events_of(trigger) if trigger in INCIDENT.triggers else frozenset()


def _people(event: Event) -> set[str]:
    return {one for one in (event.actor, event.body.get("on_behalf_of")) if one is not None}


def rules_of(events: Sequence[Event]) -> Iterator[str]:
    """Yield the rules that *events* say they rest on."""
    for event in events:
        authority = event.body.get("authority")
        if authority is not None:
            yield authority["rule"]
