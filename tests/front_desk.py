"""A workflow of a user, with public names only: a front desk that keeps lost property."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from respond import NEW, Event, Handler, Situation, Transition, Workflow, command_type, event_type, guard, replace


@event_type()
@attrs.frozen(kw_only=True)
class PropertyFound:
    """Someone handed something in."""

    from_: str
    to: str
    what: str


@event_type()
@attrs.frozen(kw_only=True)
class PropertyReturned:
    """Its owner has it again."""

    from_: str
    to: str
    owner: str


@command_type("find")
@attrs.frozen(kw_only=True)
class Find:
    """Hand something in."""

    what: str


@command_type("give_back")
@attrs.frozen(kw_only=True)
class GiveBack:
    """Give it back to its owner."""

    owner: str


@attrs.frozen(kw_only=True, slots=False)
class Property:
    """Where a lost thing is."""

    status: str = NEW
    what: str = ""
    owner: str | None = None


@guard("owner-unnamed")
def owner_named(situation: Situation) -> str | None:
    """Refuse to give it to nobody."""
    return None if situation.command.owner.strip() else "say who the owner is"


def _find(situation: Situation) -> Iterator[PropertyFound]:
    yield PropertyFound(from_=situation.state.status, to=situation.dest, what=situation.command.what)


def _give_back(situation: Situation) -> Iterator[PropertyReturned]:
    yield PropertyReturned(from_=situation.state.status, to=situation.dest, owner=situation.command.owner)


def _found(state: Property, event: Event) -> Property:
    return replace(state, status=event.data.to, what=event.data.what)


def _returned(state: Property, event: Event) -> Property:
    return replace(state, status=event.data.to, owner=event.data.owner)


DESK = Workflow(
    name="front-desk",
    version=1,
    category="desk",
    states=("kept", "returned"),
    finals=("returned",),
    transitions=(
        Transition("find", NEW, "kept"),
        Transition("give_back", "kept", "returned", guards=("owner-unnamed",)),
    ),
    guards=(owner_named,),
    initial=Property(),
    handlers=(
        Handler(command=Find, decide=_find, emits=(PropertyFound,)),
        Handler(command=GiveBack, decide=_give_back, emits=(PropertyReturned,)),
    ),
    evolvers={PropertyFound: _found, PropertyReturned: _returned},
)
NOT_A_WORKFLOW = "desk"
