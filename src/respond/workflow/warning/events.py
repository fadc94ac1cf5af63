"""What may be recorded about a warning.  Stored format: change a class only with an upcaster and a golden file."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import attrs

from respond.domain.events import event_type

Credibility = Literal["low", "medium", "high"]
CREDIBILITIES: tuple[Credibility, ...] = ("low", "medium", "high")


@event_type()
@attrs.frozen(kw_only=True)
class SignalRecorded:
    """Something was observed that may announce an incident."""

    from_: str
    to: str
    source: str
    """Where it comes from: customers, a monitor, a newspaper, staff."""
    metric: str
    value: int | Decimal
    credibility: Credibility = "medium"
    text: str = ""
    suggested: tuple[str, ...] = ()
    """The ids of the plan's indicators for which this value suggests a warning."""


@event_type()
@attrs.frozen(kw_only=True)
class WarningRaised:
    """Someone warned."""

    from_: str
    to: str
    category: str
    title: str
    basis: str
    suggested: tuple[str, ...] = ()
    """The ids of the indicators that suggested it at that time."""


@event_type()
@attrs.frozen(kw_only=True)
class WarningConfirmed:
    """Someone with authority holds the warning to be right."""

    from_: str
    to: str
    basis: str


@event_type()
@attrs.frozen(kw_only=True)
class PreparationMade:
    """Something was made ready."""

    preparation: str
    note: str = ""


@event_type()
@attrs.frozen(kw_only=True)
class WarningLifted:
    """The danger is over, or was none."""

    from_: str
    to: str
    reason: str


@event_type()
@attrs.frozen(kw_only=True)
class WarningConverted:
    """It happened: an incident was reported that goes back to this warning."""

    from_: str
    to: str
    incident: str
    """The id of the incident."""
