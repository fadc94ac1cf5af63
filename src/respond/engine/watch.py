"""Watch deadlines: raise what falls due as an event, once in the log, whatever is killed and however many watch.

What is due is derived anew from the log each time.  A table keeps when to look at which incident next; without one,
memory does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

import attrs

from respond.domain.events import Event
from respond.domain.ids import derived_id
from respond.domain.moments import format_utc
from respond.domain.streams import StreamId
from respond.errors import CommandRefused, EventArchived, InvalidInput, StoreUnavailable, VersionConflict
from respond.plan.ladder import next_moment, rungs
from respond.plan.obligations import Obligation
from respond.plan.owed import Owed, Verdict, owed, verdict
from respond.plan.plan import Plan
from respond.projections.looks import By, Look, Looked, MemoryLooks
from respond.store.protocol import Joinable
from respond.store.records import StoredBody
from respond.workflow.incident import INCIDENT, INCIDENT_CATEGORY
from respond.workflow.incident.commands import RaiseDue
from respond.workflow.incident.facts import facts_of
from respond.workflow.incident.state import Incident

if TYPE_CHECKING:
    from respond.engine.engine import Engine

WATCHER: Final = "respond.watch"
"""The actor of what a watcher raises."""
PAGE = 100
"""How many incidents are read at once."""
_RAISABLE = frozenset(INCIDENT.table.sources("raise_due"))
"""The states in which an incident is watched."""
_UNDONE: tuple[Verdict, ...] = ("open", "near", "missing")
_DUE: tuple[Verdict, ...] = ("near", "missing")

AnswerT = TypeVar("AnswerT")


@attrs.frozen(kw_only=True)
class Due:
    """An occurrence of an obligation that is due, or nearly."""

    incident: str
    obligation: Obligation
    owed: Owed
    verdict: Verdict
    """As seen now."""


@attrs.frozen
class Failed:
    """An incident that could not be looked at; the others were."""

    incident: str
    error: Exception


@attrs.frozen(kw_only=True)
class Outlook:
    """What is due."""

    due: tuple[Due, ...]
    """The longest due first."""
    failed: tuple[Failed, ...] = ()


@attrs.frozen(kw_only=True)
class Round:
    """What one round of a watcher did."""

    looked: int
    """How many incidents it looked at."""
    raised: int
    """How many rungs it raised; what another watcher raised is not counted."""
    failed: tuple[Failed, ...] = ()
    """Each is looked at again in the next round."""


class Looks(Protocol):
    """Keeps when to look at which incident: never the truth, and never too late."""

    def build(self) -> None:
        """Make ready to keep what is found."""
        ...

    def looks(self, by: By, *, until: datetime, after: Look | None, limit: int) -> Sequence[Look]:
        """Return which incidents to look at up to *until*, the most urgent first, those behind *after*."""
        ...

    def settle(self, looked: Sequence[Looked]) -> None:
        """Keep what was found in incidents, unless they changed since."""
        ...


@attrs.frozen
class _Seen:
    """An incident that is looked at."""

    look: Look
    plan: Plan
    history: tuple[Event, ...]
    state: Incident

    def owed(self, until: datetime) -> tuple[Owed, ...]:
        """Return what it owes; nothing in a state in which nobody can do anything about it."""
        if self.state.status not in _RAISABLE:
            return ()
        return owed(self.plan, facts_of(self.plan, self.history), until=until)

    def due(self, now: datetime, until: datetime) -> list[Due]:
        """Return what is due at *until*, as it stands *now*."""
        return [
            Due(incident=self.look.incident, obligation=obligation, owed=one, verdict=verdict(one, now))
            for one in self.owed(until)
            if verdict(one, until) in _DUE and (obligation := self.plan.obligation(one.obligation))
        ]

    def reached(self, found: Sequence[Owed], now: datetime) -> list[RaiseDue]:
        """Return what is to be raised, in the order in which it was reached."""
        climbs = [
            (climb, one, one.due_at)
            for one in found
            if one.due_at is not None and verdict(one, now) in _UNDONE
            for climb in rungs(self.plan, one, self.state.level)
            if climb.at <= now
        ]
        return [
            RaiseDue(
                obligation=one.obligation,
                occurrence=one.occurrence,
                rung=climb.number,
                due_at=due_at,
                tell=climb.rung.tell,
            )
            for climb, one, due_at in sorted(climbs, key=lambda one: one[0].at)
            if (one.obligation, one.occurrence, climb.number, due_at) not in self.state.raised
        ]


class Watch:
    """Watches the deadlines of the incidents of one engine; safe to share between threads.

    Several may watch one log.  `round` is called again and again, by a loop, a scheduler or a test; the time is that of
    the engine's clock.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._lock = engine.store.new_lock()
        self._looks = _looks_of(engine)

    def due(self, *, until: datetime | None = None) -> Outlook:
        """Return what is near, or due and not done: now, or when nothing more is done up to *until*; writes nothing.

        It is quick where a watcher makes its rounds.  Raises `InvalidInput` when *until* is past.
        """
        now = self.engine.clock()
        until = now if until is None else until
        if until < now:
            raise InvalidInput(f"is before now, {format_utc(now)}", place="until", value=format_utc(until))
        found: dict[str, list[Due]] = {}
        failed: dict[str, Failed] = {}
        ask = partial(_Seen.due, now=now, until=until)
        with self._lock:
            for page in (*self._pages("next", until), *self._pages("due", until)):
                unseen = [look for look in page if look.incident not in found]
                found.update((look.incident, due or []) for look, due in self._asked(unseen, failed, ask))
        every = (one for due in found.values() for one in due)
        return Outlook(
            due=tuple(sorted(every, key=lambda one: (one.owed.due_at or now, one.incident, one.owed.obligation))),
            failed=tuple(failed.values()),
        )

    def round(self) -> Round:
        """Raise every rung that is reached and was not raised yet, those of one incident in the order of time.

        An incident that changes meanwhile comes in the next round, and so does one that cannot be read, or whose plan
        is missing: it keeps nobody from the others.  An event has the same id whoever raises it.  Raises
        `StoreUnavailable`.
        """
        now = self.engine.clock()
        looked = raised = 0
        failed: dict[str, Failed] = {}
        with self._lock:
            self._looks.build()
            for page in self._pages("next", now):
                settled: list[Looked] = []
                for look, answer in self._asked(page, failed, partial(self._look_at, now=now)):
                    count, found = answer or (0, Looked(look, None, None))
                    looked += 1
                    raised += count
                    if found is not None:
                        settled.append(found)
                self._looks.settle(settled)
        return Round(looked=looked, raised=raised, failed=tuple(failed.values()))

    def _look_at(self, seen: _Seen, now: datetime) -> tuple[int, Looked | None]:
        """Raise what is reached in an incident; return how much that was, and what was found where nothing was."""
        found = seen.owed(now)
        commands = seen.reached(found, now)
        if commands:
            return sum(self._raise(seen.look.incident, command) for command in commands), None
        since = [one.near_at or one.due_at for one in found if verdict(one, now) in _DUE]
        return 0, Looked(seen.look, next_moment(found, seen.plan, now), min(filter(None, since), default=None))

    def _raise(self, incident: str, command: RaiseDue) -> bool:
        """Return whether this watcher raised it; not when somebody else did, or it is done by now."""
        told = (command.obligation, str(command.occurrence), str(command.rung), format_utc(command.due_at))
        command_id = str(derived_id(incident, "\0".join(("raise", *told))))
        try:
            outcome = self.engine.execute(INCIDENT_CATEGORY, incident, command, actor=WATCHER, command_id=command_id)
        except (CommandRefused, VersionConflict):
            return False
        return bool(outcome.events) and not outcome.replayed

    def _pages(self, by: By, until: datetime) -> Iterator[Sequence[Look]]:
        last: Look | None = None
        while page := self._looks.looks(by, until=until, after=last, limit=PAGE):
            yield page
            last = page[-1]

    def _asked(
        self, page: Sequence[Look], failed: dict[str, Failed], ask: Callable[[_Seen], AnswerT]
    ) -> Iterator[tuple[Look, AnswerT | None]]:
        """Yield what *ask* answers of each incident; None of one whose events left the log for an archive.

        One that cannot be looked at is told in *failed*.
        """
        streams = {StreamId.of(INCIDENT_CATEGORY, look.incident): look for look in page}
        found = self.engine.store.read_streams(streams)
        for stream, look in streams.items():
            try:
                answer = ask(self._seen(look, found.get(stream, ())))
            except EventArchived:
                answer = None
            except StoreUnavailable:
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, the others are watched
                failed[look.incident] = Failed(look.incident, error)
                continue
            yield look, answer

    def _seen(self, look: Look, rows: Sequence[StoredBody]) -> _Seen:
        history = tuple(self.engine.reader.codec.decode_all(rows))
        return _Seen(look, self.engine.plans.in_force(history), history, INCIDENT.fold(history))


def _looks_of(engine: Engine) -> Looks:
    if not isinstance(engine.store, Joinable):
        return MemoryLooks(engine.store)
    from respond.engine.table_looks import TableLooks  # noqa: PLC0415 - a log in memory needs no database

    store: Any = engine.store
    return TableLooks(store, engine.reader.codec, engine.clock)
