"""Permits to build, for tests of the testing kit: applied for, granted by a reviewer, refused, appealed, built upon."""

from __future__ import annotations

from typing import Any

import attrs
from attrs import validators as v
from hypothesis.stateful import invariant

from planting import Defect, evolved, guarded, stepping, telling
from play import PLAN
from respond.domain.events import Event, event_type
from respond.domain.values import replace
from respond.plan.authority import ANYONE, AuthorityRule
from respond.workflow.definition import NEW, Handler, Situation, Transition, command_type, guard
from respond.workflow.workflow import Workflow

_FLOORS = attrs.field(validator=[v.ge(1), v.le(9)])
GRANTS = AuthorityRule(id="grants", commands=("grant", "grant_small"), roles=("reviewer",))
OTHERS = AuthorityRule(id="others", commands=("apply", "refuse", "appeal", "build", "finish"), roles=(ANYONE,))
UNDER = attrs.evolve(PLAN, name="permits", authority=(GRANTS, OTHERS))
"""Only a reviewer grants."""


@event_type()
@attrs.frozen(kw_only=True)
class PermitMoved:
    """It was refused, appealed or given up."""

    from_: str
    to: str


@event_type()
@attrs.frozen(kw_only=True)
class PermitAsked:
    """Someone wants to build."""

    from_: str
    to: str
    floors: int


@event_type(schema_version=2)
@attrs.frozen(kw_only=True)
class PermitGranted:
    """It may be built so high; version 1 did not say how high, and meant three floors."""

    from_: str
    to: str
    floors_max: int


@event_type()
@attrs.frozen(kw_only=True)
class FloorBuilt:
    """One more floor stands."""


@command_type("apply")
@attrs.frozen(kw_only=True)
class Apply:
    """Ask for a permit."""

    floors: int = _FLOORS


Grant, GrantSmall, Refuse, Appeal, Build, Finish = (
    command_type(name)(attrs.make_class(name.title().replace("_", ""), {}, frozen=True, kw_only=True))
    for name in ("grant", "grant_small", "refuse", "appeal", "build", "finish")
)


@attrs.frozen(kw_only=True, slots=False)
class Permit:
    """A permit."""

    status: str = NEW
    floors: int = 0
    floors_max: int = 0
    built: int = 0
    appeals: int = 0


def asked(permit: Permit, event: Event) -> Permit:
    """Take what is wanted."""
    return replace(permit, status=event.data.to, floors=event.data.floors)


def granted(permit: Permit, event: Event) -> Permit:
    """Take how high it may be."""
    return replace(permit, status=event.data.to, floors_max=event.data.floors_max)


def moved(permit: Permit, event: Event) -> Permit:
    """Take where it went; an appeal is counted."""
    appeals = permit.appeals + (event.data.to == "asked")
    return replace(permit, status=event.data.to, appeals=appeals)


def built(permit: Permit, _: Event) -> Permit:
    """Count the floors."""
    return replace(permit, built=permit.built + 1)


@guard("too-high", reads="state")
def low(situation: Situation) -> str | None:
    """Require that another floor was granted."""
    return None if situation.state.built < situation.state.floors_max else "no other floor was granted"


@guard("not-small", reads="state")
def small(situation: Situation) -> str | None:
    """Require three floors at most."""
    return None if situation.state.floors <= 3 else "that is no small house"


@guard("appealed-twice", reads="state")
def patient(situation: Situation) -> str | None:
    """Require fewer than two appeals."""
    return None if situation.state.appeals < 2 else "two appeals were heard"


def _apply(situation: Situation) -> Any:
    yield PermitAsked(**situation.step, floors=situation.command.floors)


def _grant(situation: Situation) -> Any:
    yield PermitGranted(**situation.step, floors_max=situation.state.floors)


def _build(_: Situation) -> Any:
    yield FloorBuilt()


PERMITS = Workflow(
    name="permits",
    version=1,
    category="permit",
    states=("asked", "granted", "refused", "finished"),
    finals=("refused", "finished"),
    transitions=(
        Transition("apply", NEW, "asked"),
        Transition("grant", "asked", "granted"),
        Transition("grant_small", "asked", "granted", guards=("not-small",)),
        Transition("refuse", "asked", "refused"),
        Transition("appeal", "refused", "asked", guards=("appealed-twice",), reopens=True),
        Transition("build", "granted", None, guards=("too-high",)),
        Transition("finish", "granted", "finished"),
    ),
    guards=(low, small, patient),
    initial=Permit(),
    handlers=(
        Handler(command=Apply, decide=_apply, emits=(PermitAsked,)),
        *(Handler(command=one, decide=_grant, emits=(PermitGranted,)) for one in (Grant, GrantSmall)),
        *(Handler(command=one, decide=telling(PermitMoved), emits=(PermitMoved,)) for one in (Refuse, Appeal, Finish)),
        Handler(command=Build, decide=_build, emits=(FloorBuilt,)),
    ),
    evolvers={PermitAsked: asked, PermitGranted: granted, PermitMoved: moved, FloorBuilt: built},
    upcasters={("PermitGranted", 1): lambda data: {**data, "floors_max": 3}},
)


class PermitRules:
    """What holds of every permit."""

    @invariant()
    def only_reviewers_grant(self) -> None:
        """Whoever granted it is a reviewer."""
        assert all(one.role == "reviewer" for one in self.log if one.type == "PermitGranted")

    @invariant()
    def nothing_is_built_without_a_permit(self) -> None:
        """No more floors stand than were granted."""
        assert self.state.built <= self.state.floors_max

    @invariant()
    def two_appeals_are_heard(self) -> None:
        """There is no third appeal."""
        assert sum(one.data.to == "asked" for one in self.log if one.type == "PermitMoved") <= 2

    @invariant()
    def what_was_granted_is_not_refused(self) -> None:
        """A permit that was granted is taken from nobody."""
        types = [one.type for one in self.log]
        assert self.status != "refused" or "PermitGranted" not in types

    @invariant()
    def an_old_grant_is_for_three_floors(self) -> None:
        """What was granted when an event did not say how high is read as three floors."""
        old = {"from": "asked", "to": "granted"}
        assert self.workflow.upcasters["PermitGranted", 1](old) == {**old, "floors_max": 3}

    @invariant()
    def what_was_wanted_is_known(self) -> None:
        """The state keeps what was asked for first."""
        wanted = [one.data.floors for one in self.log if one.type == "PermitAsked"]
        assert [self.state.floors] == (wanted or [0])


# -- defects ----------------------------------------------------------------------------------------------------------


def forgetful(permit: Any, event: Any) -> Any:
    """Make a permit anew, with what the event says."""
    return Permit(status=event.data.to, floors_max=event.data.floors_max, appeals=permit.appeals)


DEFECTS = {
    "authority is not asked on one way": Defect(
        finder="an invariant",
        told="only_reviewers_grant",
        plant=lambda one: one,
        options={
            "plan": attrs.evolve(
                UNDER,
                authority=(
                    attrs.evolve(GRANTS, commands=("grant",)),
                    attrs.evolve(OTHERS, commands=(*OTHERS.commands, "grant_small")),
                ),
            )
        },
    ),
    "a fold loses a field": Defect(
        finder="an invariant",
        told="what_was_wanted_is_known",
        plant=evolved(PermitGranted, forgetful),
    ),
    "an old event gets the wrong default": Defect(
        finder="an invariant",
        told="an_old_grant_is_for_three_floors",
        plant=lambda one: attrs.evolve(one, upcasters={("PermitGranted", 1): lambda data: {**data, "floors_max": 0}}),
    ),
    "a count begins anew": Defect(
        finder="an invariant",
        told="two_appeals_are_heard",
        plant=evolved(PermitMoved, lambda permit, event: replace(permit, status=event.data.to)),
    ),
    "more is built than was granted": Defect(
        finder="an invariant",
        told="nothing_is_built_without_a_permit",
        plant=guarded("too-high", lambda now: None if now.state.built <= now.state.floors_max else "high enough"),
    ),
    "a permit that is used is refused": Defect(
        finder="an invariant",
        told="what_was_granted_is_not_refused",
        plant=stepping("refuse", Transition("refuse", ("asked", "granted"), "refused")),
    ),
    "a transition is missing": Defect(
        finder="a check",
        told="a final state can still be reached",
        plant=stepping("refuse", Transition("refuse", "granted", "refused")),
        options={"plan": attrs.evolve(UNDER, authority=(OTHERS,))},
    ),
    "a dead end": Defect(
        finder="the definition",
        told="dead-end",
        plant=lambda one: attrs.evolve(
            one,
            states=(*one.states, "resting"),
            transitions=(*one.transitions, Transition("finish", "refused", "resting", reopens=True)),
        ),
    ),
    "nothing leads on to a state": Defect(
        finder="the definition",
        told="state-unreachable",
        plant=stepping("finish", Transition("finish", "granted", None)),
    ),
}
