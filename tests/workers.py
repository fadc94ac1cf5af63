"""People at work on an incident: what they ask for next, so that its life gets on; and now and then anything at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from plan_commands import TRIGGERS, Asker, pending
from plan_strategies import ids
from respond.domain.references import Reference
from respond.workflow.incident import INCIDENT
from respond.workflow.incident import commands as c
from spoken_commands import SAID

FORWARD = ("assess", "assign_level", "start_response", "resolve", "close_review")
BACK = ("reopen",)
OFTEN: Mapping[str, int] = {
    **dict.fromkeys(("assign_role", "change_level", "rebase_plan"), 12),
    "hand_over_role": 14,
    **dict.fromkeys(("waive", "fulfil", "report_upward", "take_command", "retract"), 6),
    **dict.fromkeys(("pause_clock", "resume_clock"), 6),
    "correct": 4,
    **dict.fromkeys(("cancel", "raise_due", "report", "pin_entry", "unpin_entry", *SAID), 1),
}
"""How often each is asked for beside the others, which are asked for twice."""
_USUAL = tuple(name for name in TRIGGERS for _ in range(OFTEN.get(name, 2)))
_STAFF = ("assign_role", "assign_role", "take_command")
_TRIGGER_OF: Mapping[str, str] = {"note_progress": "note", "fill_roles": "assign_role"}


@attrs.frozen
class Barred:
    """A command that was refused."""

    trigger: str
    codes: frozenset[str]


class Worker(Asker):
    """Somebody who knows how an incident stands, and what was refused last."""

    def next(self, known: Sequence[Reference], barred: Barred | None = None) -> Any:
        """Return a command: one that clears the way for what was *barred*, a step ahead, or anything else."""
        if barred is not None and self.chance(0.8):
            mend = self._mend(barred)
            if mend is not None:
                return mend
        if self.chance(0.15):
            return self.command(self._staff(), known)
        status = self.state.status
        ahead = [name for name in FORWARD if status in INCIDENT.table.sources(name) and not self._taken(name)]
        back = BACK if self.chance(0.2) else ()
        if ahead and self.chance(0.4):
            return self.command((*back, *ahead)[-1], known)
        enabled = [name for name in _USUAL if INCIDENT.table.candidates(status, name)]
        return self.command(self.one_of(enabled if enabled and self.chance(0.95) else _USUAL), known)

    def _staff(self) -> str:
        """Return what concerns the level, those who hold roles, or a clock that stands still."""
        if self.state.level is not None and self.chance(0.3):
            return "change_level"
        if self.state.paused and self.chance():
            return "resume_clock"
        return str(self.one_of(("hand_over_role", "hand_over_role", "release_role") if self.state.roles else _STAFF))

    def _taken(self, name: str) -> bool:
        """Return whether a step was taken that changes nothing when it is taken again."""
        return name in {"assess", "assign_level"} and self.state.status not in {"reported", "assessed"}

    def _mend(self, barred: Barred) -> Any:
        """Return what clears the way for a command, when that can be told."""
        if "upward-report-owed" in barred.codes:
            return c.ReportUpward(kind="initial", recipient=self.one_of(ids("audiences")), summary=self.text())
        if any(code.startswith("owed-before-") for code in barred.codes):
            return self._discharge(barred.trigger)
        return None

    def _discharge(self, trigger: str) -> Any:
        """Return what does, or waives, an obligation that bars *trigger*."""
        bars = {one.id: one for one in self.plan.obligations if trigger in one.before}
        left = [one for one in pending(self.plan, self.history, self.history[-1].recorded_at) if one[0] in bars]
        if not left:
            return None
        name, occurrence = self.one_of(left)
        one = bars[name]
        if one.waivable and self.chance():
            return c.Waive(obligation=name, occurrence=occurrence, reason=self.text())
        if one.act == "fulfil":
            return c.Fulfil(obligation=name, note=self.text())
        if one.act == "report_upward":
            recipient = one.recipient or self.one_of(ids("audiences"))
            return c.ReportUpward(kind=one.report or "initial", recipient=recipient, summary=self.text())
        trigger = _TRIGGER_OF.get(one.act, one.act)
        return self.command(trigger) if trigger in TRIGGERS else None
