"""What an incident on trial owes by the clock."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import attrs

from respond.domain.moments import format_utc
from respond.errors import InvalidInput
from respond.plan.owed import Owed, Verdict, owed, verdict
from respond.testing.trial import Trial
from respond.workflow.incident import INCIDENT_CATEGORY
from respond.workflow.incident.facts import facts_of

_DUE: tuple[Verdict, ...] = ("near", "missing")
_OPEN: tuple[Verdict, ...] = ("open", "near", "missing", "paused")


@attrs.frozen(kw_only=True)
class Dues:
    """Every occurrence of every obligation, and how it stands at a moment."""

    at: datetime
    owed: tuple[Owed, ...]

    @property
    def due(self) -> tuple[Owed, ...]:
        """What is near, or past due and not done."""
        return self._with(_DUE)

    @property
    def open(self) -> tuple[Owed, ...]:
        """What is not done yet, and counts."""
        return self._with(_OPEN)

    def lines(self) -> list[str]:
        """Return a line for each occurrence whose clock began."""
        found = [self._line(one) for one in self.owed if verdict(one, self.at) != "waiting"]
        return found or [f"nothing is owed at {format_utc(self.at)}"]

    def _with(self, verdicts: Iterable[Verdict]) -> tuple[Owed, ...]:
        return tuple(one for one in self.owed if verdict(one, self.at) in verdicts)

    def _line(self, one: Owed) -> str:
        due = "its clock stands still" if one.due_at is None else f"due {format_utc(one.due_at)}"
        return f"{one.obligation} {one.occurrence}: {verdict(one, self.at)}, {due}"


def dues(trial: Trial, named: Iterable[str] = (), *, until: datetime | None = None) -> Dues:
    """Return what *trial* owes at *until*, or by its clock.

    Raises `InvalidInput` when *named* holds what is no obligation of the plan in force, when the workflow is not that
    of incidents, and when *until* is past.
    """
    now = trial.clock()
    if trial.workflow.category != INCIDENT_CATEGORY:
        raise InvalidInput(f"{trial.workflow.reference} owes nothing: obligations are those of incidents", place="due")
    if until is not None and until < now:
        raise InvalidInput(f"is before now, {format_utc(now)}", place="until", value=until)
    plan = trial.plan
    for name in named:
        if plan.obligation(name) is None:
            known = ", ".join(one.id for one in plan.obligations) or "none"
            raise InvalidInput(f"{name!r} is not an obligation of {plan.reference}; it has {known}", place="due")
    at = now if until is None else until
    return Dues(at=at, owed=owed(plan, facts_of(plan, trial.log), until=at))
