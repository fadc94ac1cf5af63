"""What may be asked of a warning."""

from __future__ import annotations

from decimal import Decimal

import attrs

from respond.errors import InvalidInput
from respond.workflow.definition import command_type
from respond.workflow.warning.events import Credibility


@command_type("record_signal")
@attrs.frozen(kw_only=True)
class RecordSignal:
    """Tell what was observed."""

    source: str
    metric: str
    value: int | Decimal
    credibility: Credibility = "medium"
    text: str = ""

    def __attrs_post_init__(self) -> None:
        given: object = self.value
        if type(given) is not int and not (isinstance(given, Decimal) and given.is_finite()):
            message = f"{given!r} is not a number that can be compared; give an integer or a finite Decimal"
            raise InvalidInput(message, place="value", value=given)


@command_type("raise_warning")
@attrs.frozen(kw_only=True)
class RaiseWarning:
    """Warn."""

    category: str
    title: str
    basis: str


@command_type("confirm_warning")
@attrs.frozen(kw_only=True)
class ConfirmWarning:
    """Hold the warning to be right."""

    basis: str


@command_type("prepare")
@attrs.frozen(kw_only=True)
class Prepare:
    """Tell that something was made ready."""

    preparation: str
    note: str = ""


@command_type("lift_warning")
@attrs.frozen(kw_only=True)
class LiftWarning:
    """Say that the danger is over."""

    reason: str


@command_type("convert_warning")
@attrs.frozen(kw_only=True)
class ConvertWarning:
    """Say which incident came of it."""

    incident: str
