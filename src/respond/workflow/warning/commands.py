"""What may be asked of a warning."""

from __future__ import annotations

import attrs

from respond.workflow.definition import command_type
from respond.workflow.warning.events import Credibility


@command_type("record_signal")
@attrs.frozen(kw_only=True)
class RecordSignal:
    """Tell what was observed."""

    source: str
    metric: str
    value: int
    credibility: Credibility = "medium"
    text: str = ""


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
