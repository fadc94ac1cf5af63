"""What may be recorded of a case of accountability.

Stored format: change a class only with an upcaster and a golden file.  These events stand in the restricted part of
the log: no answer about an incident reads them.
"""

from __future__ import annotations

from typing import Literal

import attrs

from respond.domain.events import event_type

Responsibility = Literal["responsible", "partly_responsible", "not_responsible"]
RESPONSIBILITIES: tuple[Responsibility, ...] = ("responsible", "partly_responsible", "not_responsible")
AppealOutcome = Literal["upheld", "changed", "dismissed"]
APPEAL_OUTCOMES: tuple[AppealOutcome, ...] = ("upheld", "changed", "dismissed")
"""The determination falls; the recommended handling changes; both stand."""


@event_type()
@attrs.frozen(kw_only=True)
class AccountabilityOpened:
    """Somebody asks who is to answer for something in an incident."""

    from_: str
    to: str
    incident: str
    """The id of the incident."""
    question: str


@event_type()
@attrs.frozen(kw_only=True)
class ResponsibilityDetermined:
    """Somebody with authority found who is responsible, and what should follow."""

    from_: str
    to: str
    person: str
    """The id of the person."""
    role: str
    """The role in which they acted."""
    responsibility: Responsibility
    basis: str
    """The facts and the rules that it rests on."""
    handling: str
    """What is recommended."""


@event_type()
@attrs.frozen(kw_only=True)
class PersonNotified:
    """The person was told of the determination, and of the right to appeal."""

    from_: str
    to: str
    channel: str
    text: str = ""


@event_type()
@attrs.frozen(kw_only=True)
class DeterminationAppealed:
    """The person appeals."""

    from_: str
    to: str
    grounds: str


@event_type()
@attrs.frozen(kw_only=True)
class AppealDecided:
    """Somebody other than who determined it decided on the appeal."""

    from_: str
    to: str
    outcome: AppealOutcome
    reason: str
    handling: str = ""
    """What is recommended instead, of one that changes it."""


@event_type()
@attrs.frozen(kw_only=True)
class AccountabilityClosed:
    """The case is over."""

    from_: str
    to: str
    reason: str
