"""Watch deadlines: raise what falls due as an event, once in the log, whatever is killed and however many watch.

What is due is derived anew from the log each time.  A table keeps when to look next; a log without tables is looked
through whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Final

import attrs

from respond.domain.events import Event
from respond.domain.ids import derived_id
from respond.domain.moments import format_utc
from respond.engine.engine import Engine
from respond.errors import CommandRefused
from respond.plan.ladders import next_moment, rungs
from respond.plan.owed import Owed, Verdict, owed, verdict
from respond.plan.plan import Plan
from respond.workflow.incident import INCIDENT_CATEGORY
from respond.workflow.incident.commands import RaiseDue
from respond.workflow.incident.facts import facts_of
from respond.workflow.incident.state import OPEN, RESOLVED, Incident

if TYPE_CHECKING:
    from respond.engine.projecting import Projecting

WATCHER: Final = "respond.watch"
"""The actor of what a watcher raises."""
PAGE = 500
"""How many incidents are looked at before the next are asked for."""
_LIVE = (*OPEN, RESOLVED)


@attrs.frozen(kw_only=True)
class Due:
    """An occurrence of an obligation that is due, or nearly."""

    incident: str
    owed: Owed
    verdict: Verdict


@attrs.frozen(kw_only=True)
class Round:
    """What one round of a watcher did."""

    looked: int
    """How many incidents it looked at."""
    raised: int
    """How many rungs it raised; what another watcher raised is not counted."""


class Watch:
    """Watches the deadlines of one engine's incidents."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._tables = _tables(engine)

    def due(self, *, until: datetime | None = None) -> tuple[Due, ...]:
        """Return what is near, due and not done at *until*, now when it is None, the longest due first."""
        now = self.engine.clock() if until is None else until
        found = [
            Due(incident=incident, owed=one, verdict=said)
            for incident, plan, history in self._looked_at(now)
            for one in owed(plan, facts_of(plan, history))
            if (said := verdict(one, now)) in ("near", "missing")
        ]
        return tuple(sorted(found, key=lambda one: (one.owed.due_at or now, one.incident, one.owed.obligation)))

    def round(self) -> Round:
        """Raise every rung that is reached and was not raised yet; return what was done.

        An event has the same id whoever raises it.  Raises what `Engine.execute` raises.
        """
        now = self.engine.clock()
        looked = raised = 0
        for incident, plan, history in self._looked_at(now, settle=True):
            looked += 1
            raised += sum(self._raise(incident, command) for command in _reached(plan, history, now))
        return Round(looked=looked, raised=raised)

    def _raise(self, incident: str, command: RaiseDue) -> bool:
        """Return whether this watcher raised it; not when it is done, dropped or raised by now."""
        told = (command.obligation, str(command.occurrence), str(command.rung), format_utc(command.due_at))
        command_id = str(derived_id(incident, "raise", *told))
        try:
            outcome = self.engine.execute(
                INCIDENT_CATEGORY, incident, command, actor=WATCHER, command_id=command_id
            )
        except CommandRefused:  # others were faster: it is discharged, or its deadline moved
            return False
        return bool(outcome.events) and not outcome.replayed

    def _looked_at(self, now: datetime, *, settle: bool = False) -> Iterator[tuple[str, Plan, tuple[Event, ...]]]:
        """Yield the incidents that may owe something by *now*; what to look at later is kept once it was looked at."""
        if self._tables is None:
            for incident in self._live():
                history = self.engine.events(INCIDENT_CATEGORY, incident)
                yield incident, self.engine.plans.in_force(history), history
            return
        seen: set[Look] = set()
        while looks := [look for look in self._looks(self._tables, now, len(seen)) if look not in seen]:
            for look in looks:
                seen.add(look)
                history = self.engine.events(INCIDENT_CATEGORY, look.incident)
                plan = self.engine.plans.in_force(history)
                yield look.incident, plan, history
                if settle:
                    self._settle(self._tables, look, next_moment(plan, facts_of(plan, history), after=now))

    @staticmethod
    def _looks(tables: Projecting, now: datetime, seen: int) -> list[Look]:
        with tables.answering(TableDue) as asked:
            if asked is None:
                raise ProjectionBehind(TableDue.name, None, 0, "it cannot be brought up to date")
            return asked.projection.looks(asked.connection, until=now, limit=seen + PAGE)

    def _live(self) -> Iterator[str]:
        """Yield the ids of the incidents that may owe something."""
        for state in _LIVE:
            cursor: str | None = None
            while True:
                page = self.engine.incidents(state=state, after=cursor, limit=PAGE)
                yield from (row.id for row in page.rows)
                if page.next is None:
                    break
                cursor = page.next


def _reached(plan: Plan, history: tuple[Event, ...], now: datetime) -> Iterator[RaiseDue]:
    """Yield what is to be raised: each rung whose moment has come, of what is neither done nor due no more."""
    incident: Incident = INCIDENT.fold(history)
    for one in owed(plan, facts_of(plan, history), until=now):
        if one.due_at is None or verdict(one, now) not in ("open", "near", "missing"):
            continue
        for number, (at, rung) in enumerate(rungs(plan, one, incident.level), 1):
            ...
