"""What may be asked of a case of accountability."""

from __future__ import annotations

import attrs

from respond.workflow.accountability.events import AppealOutcome, Responsibility
from respond.workflow.definition import command_type


@command_type("open_accountability")
@attrs.frozen(kw_only=True)
class OpenAccountability:
    """Ask who is to answer for something in an incident."""

    incident: str
    question: str


@command_type("determine_responsibility")
@attrs.frozen(kw_only=True)
class DetermineResponsibility:
    """Find who is responsible, and what should follow."""

    person: str
    role: str
    responsibility: Responsibility
    basis: str
    handling: str


@command_type("notify_person")
@attrs.frozen(kw_only=True)
class NotifyPerson:
    """Tell that the person was told."""

    channel: str
    text: str = ""


@command_type("appeal")
@attrs.frozen(kw_only=True)
class Appeal:
    """Appeal against the determination."""

    grounds: str


@command_type("decide_appeal")
@attrs.frozen(kw_only=True)
class DecideAppeal:
    """Decide on the appeal."""

    outcome: AppealOutcome
    reason: str
    handling: str = ""


@command_type("close_accountability")
@attrs.frozen(kw_only=True)
class CloseAccountability:
    """Close the case."""

    reason: str
