"""Watch deadlines: raise what falls due as an event, once in the log, whatever is killed and however many watch.

What is due is derived anew from the log each time.  A table keeps when to look at which incident next; a log without
tables is looked through whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

import attrs

from respond.domain.events import Event
from respond.domain.ids import derived_id
from respond.domain.moments import format_utc
from respond.engine.engine import Engine
from respond.engine.projecting import Projecting
from respond.errors import CommandRefused, ProjectionBehind
from respond.plan.ladder import next_moment, rungs
from respond.plan.owed import Owed, Verdict, owed, verdict
from respond.plan.plan import Plan
from respond.projections.sql.due import Look, TableDue
from respond.store.sql.event_store import SqlEventStore
from respond.workflow.incident import INCIDENT, INCIDENT_CATEGORY
from respond.workflow.incident.commands import RaiseDue
from respond.workflow.incident.facts import facts_of
from respond.workflow.incident.state import OPEN, RESOLVED, Incident

WATCHER: Final = "respond.watch"
"""The actor of what a watcher raises."""
PAGE = 500
"""How many incidents are looked at before the next are asked for."""
_LIVE = (*OPEN, RESOLVED)
_RAISED: tuple[Verdict, ...] = ("open", "near", "missing")
"""What is raised: it is not done, and its clock runs."""


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
    """How many incidents it looked at, each time that it did."""
    raised: int
    """How many rungs it raised; what another watcher raised is not counted."""


@attrs.frozen
class _Seen:
    """An incident that was looked at."""

    incident: str
    plan: Plan
    history: tuple[Event, ...]

    def owed(self, until: datetime) -> tuple[Owed, ...]:
        return owed(self.plan, facts_of(self.plan, self.history), until=until)

    def reached(self, now: datetime) -> Iterator[RaiseDue]:
        """Yield what is to be raised: each rung whose moment has come and that nobody raised yet."""
        state: Incident = INCIDENT.fold(self.history)
        for one in self.owed(now):
            if one.due_at is None or verdict(one, now) not in _RAISED:
                continue
            for climb in rungs(self.plan, one, state.level):
                if climb.at <= now and (one.obligation, one.occurrence, climb.number, one.due_at) not in state.raised:
                    yield RaiseDue(
                        obligation=one.obligation,
                        occurrence=one.occurrence,
                        rung=climb.number,
                        due_at=one.due_at,
                        tell=climb.rung.tell,
                    )


class Watch:
    """Watches the deadlines of the incidents of one engine.

    Several may watch one log.  `round` is called again and again, by a loop, a scheduler or a test; the time is that of
    the engine's clock.
    """

    def __init__(self, engine: Engine) -> None:
        """Watch *engine*; in a database the table of when to look next is built when it is missing."""
        self.engine = engine
        self._tables: Projecting | None = None
        if isinstance(engine.store, SqlEventStore):
            self._tables = Projecting(engine.store, engine.reader.codec, clock=engine.clock, kinds=[TableDue])
            self._tables.build_missing([TableDue.name])

    def due(self, *, until: datetime | None = None) -> tuple[Due, ...]:
        """Return what is near, or due and not done, at *until*, now when it is None; the longest due first."""
        now = self.engine.clock() if until is None else until
        found = [
            Due(incident=seen.incident, owed=one, verdict=said)
            for page in self._pages(now)
            for seen, _ in page
            for one in seen.owed(now)
            if (said := verdict(one, now)) in ("near", "missing")
        ]
        return tuple(sorted(found, key=lambda one: (one.owed.due_at or now, one.incident, one.owed.obligation)))

    def round(self) -> Round:
        """Raise every rung that is reached and was not raised yet; return what was done.

        An incident that changed while it was looked at comes in the next round.
        An event has the same id whoever raises it.  Raises what `Engine.execute` raises, and `ProjectionBehind` when
        the table of when to look cannot be brought up to date.
        """
        now = self.engine.clock()
        looked = raised = 0
        for page in self._pages(now):
            settled: list[tuple[Look, datetime | None]] = []
            for seen, look in page:
                looked += 1
                raised += sum(self._raise(seen.incident, command) for command in seen.reached(now))
                if look is not None:
                    settled.append((look, next_moment(seen.owed(now), seen.plan, now)))
            self._settle(settled)
        return Round(looked=looked, raised=raised)

    def _raise(self, incident: str, command: RaiseDue) -> bool:
        """Return whether this watcher raised it; not when somebody else did, or it is done by now."""
        told = (command.obligation, str(command.occurrence), str(command.rung), format_utc(command.due_at))
        command_id = str(derived_id(incident, "\0".join(("raise", *told))))
        try:
            outcome = self.engine.execute(INCIDENT_CATEGORY, incident, command, actor=WATCHER, command_id=command_id)
        except CommandRefused:
            return False
        return bool(outcome.events) and not outcome.replayed

    def _pages(self, now: datetime) -> Iterator[Sequence[tuple[_Seen, Look | None]]]:
        """Yield the incidents that may owe something by *now*, page by page."""
        if self._tables is None:
            for incident in list(self._live()):
                yield [(self._seen(incident), None)]
            return
        last: Look | None = None
        while looks := self._looks(self._tables, now, last):
            yield [(self._seen(look.incident), look) for look in looks]
            last = looks[-1]

    def _seen(self, incident: str) -> _Seen:
        history = self.engine.events(INCIDENT_CATEGORY, incident)
        return _Seen(incident, self.engine.plans.in_force(history), history)

    def _looks(self, tables: Projecting, now: datetime, after: Look | None) -> list[Look]:
        with tables.answering(TableDue) as asked:
            if asked is None:
                raise ProjectionBehind(TableDue.name, None, self.engine.store.head().position, "nobody brings it on")
            return asked.projection.looks(asked.connection, until=now, after=after, limit=PAGE)

    def _settle(self, settled: Sequence[tuple[Look, datetime | None]]) -> None:
        """Keep when to look at each incident next."""
        if self._tables is None or not settled or not isinstance(self.engine.store, SqlEventStore):
            return
        with self._tables.answering(TableDue) as asked:
            table = None if asked is None else asked.projection
        if table is not None:
            with self.engine.store.transaction() as connection:
                table.settle(connection, settled)

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
