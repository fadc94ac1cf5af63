"""Obligation profiles: what a law or a standard asks of those whom it binds, to be merged into plans."""

from __future__ import annotations

import attrs

from respond.plan.calendars import Calendar
from respond.plan.communication import Audience
from respond.plan.obligations import Clock, Obligation
from respond.plan.titles import Titled


@attrs.frozen(kw_only=True)
class Profile(Titled):
    """Obligations of one law or standard, in one version."""

    name: str
    version: str
    language: str = "en"
    disclaimer: str = ""
    """What it is not: the profiles that ship with respond are examples, and no legal advice."""
    sources: tuple[str, ...] = ()
    """The texts that it rests on."""
    obligations: tuple[Obligation, ...] = ()
    """Of whichever plan names the profile; categories, levels and roles are those of that plan."""
    audiences: tuple[Audience, ...] = ()
    """The recipients of its reports; a plan that has one of the same id keeps its own."""
    calendars: tuple[Calendar, ...] = ()
    """The calendars that its deadlines are counted on; a plan that has one of the same name keeps its own."""

    def owed(self) -> tuple[Obligation, ...]:
        """Return its obligations as a plan holds them: their ids begin with the profile's name."""
        ids = {obligation.id: f"{self.name}.{obligation.id}" for obligation in self.obligations}
        return tuple(
            attrs.evolve(
                obligation,
                id=ids[obligation.id],
                due=tuple(_renamed(clock, ids) for clock in obligation.due),
            )
            for obligation in self.obligations
        )


def _renamed(clock: Clock, ids: dict[str, str]) -> Clock:
    return clock if clock.of is None else attrs.evolve(clock, of=ids.get(clock.of, clock.of))
