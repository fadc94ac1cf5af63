"""What may be recorded about a drill.  Stored format: change a class only with an upcaster and a golden file."""

from __future__ import annotations

import attrs

from respond.domain.events import event_type
from respond.plan.scenario import Scenario


@attrs.frozen(kw_only=True)
class Result:
    """What became of an objective, measured from what the drill recorded."""

    objective: str
    """Its id."""
    met: bool
    points: int
    """How much it counts; all of it when it is met, else nothing."""
    text: str
    """What was measured."""
    seconds: int | None = None
    """How long it took; None when it never came to it, or time is not what was asked."""
    entry: str | None = None
    """The id of the event that decided it."""


@event_type()
@attrs.frozen(kw_only=True)
class DrillPlanned:
    """A drill by a scenario was planned."""

    from_: str
    to: str
    scenario: Scenario
    """As it was then: a drill is played by what was planned, whatever becomes of the file."""


@event_type()
@attrs.frozen(kw_only=True)
class OrganisationInvited:
    """A department or a partner was asked to take part."""

    organisation: str
    partner: bool = False
    """Whether it is another organisation than our own."""
    note: str = ""


@event_type()
@attrs.frozen(kw_only=True)
class ParticipationRecorded:
    """Somebody took part."""

    organisation: str
    person: str
    role: str | None = None
    """The role of the plan that was rehearsed; None for who looked on."""


@event_type()
@attrs.frozen(kw_only=True)
class DrillStarted:
    """The drill began."""

    from_: str
    to: str
    incident: str
    """The id of the incident that is played."""
    pools: tuple[str, ...] = ()
    """The pools that were opened with the quantities of the plan: they hold nothing real."""


@event_type()
@attrs.frozen(kw_only=True)
class InjectGiven:
    """An inject of the scenario was brought in."""

    inject: str
    """Its id."""
    late_seconds: int = 0
    """How long after the moment that the scenario says."""


@event_type()
@attrs.frozen(kw_only=True)
class InjectSkipped:
    """An inject of the scenario was left out."""

    inject: str
    reason: str


@event_type()
@attrs.frozen(kw_only=True)
class DrillEnded:
    """The drill is over."""

    from_: str
    to: str
    note: str = ""


@event_type()
@attrs.frozen(kw_only=True)
class DrillEvaluated:
    """What was achieved was measured and judged."""

    from_: str
    to: str
    results: tuple[Result, ...]
    score: int
    """The points of the objectives that were met, in percent of all."""
    text: str = ""


@event_type()
@attrs.frozen(kw_only=True)
class PersonScored:
    """Somebody's part in the drill was judged."""

    person: str
    score: int
    """0 to 100."""
    training: str | None = None
    """The id of the training of the plan that it counts for."""
    note: str = ""


@event_type()
@attrs.frozen(kw_only=True)
class DrillFindingRecorded:
    """Something that the drill showed."""

    finding: str
    """Its key, in this drill."""
    text: str
    proposal: str = ""
    """What is to change in the plan; empty when nothing is proposed."""


@event_type()
@attrs.frozen(kw_only=True)
class DrillCancelled:
    """It is not held."""

    from_: str
    to: str
    reason: str
