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
from respond.domain.moments import format_utc, from_microseconds
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
from respond.workflow.incident.plans import ActivateDuePlan, comes_into_force
from respond.workflow.incident.state import Incident

if TYPE_CHECKING:
    from respond.engine.definitions import Plans
    from respond.engine.handler import Outcome
    from respond.engine.reader import Reader
    from respond.store.protocol import EventStore

WATCHER: Final = "respond.watch"
"""The actor of what a watcher raises."""
PAGE = 100
"""How many incidents are read at once."""
RUNGS_MAX = 50
"""How many rungs of one incident are raised in a round: the others wait for the next, and nobody else for them."""
_RAISABLE = frozenset(INCIDENT.table.sources("raise_due"))
"""The states in which an incident is watched."""
_ACTIVATING = frozenset(INCIDENT.table.sources("activate_due_plan"))
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
    activated: int = 0
    """How many plans it let come into force that do so by themselves."""
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


class Watched(Protocol):
    """What a watcher works on: an engine, or a drill's inside."""

    @property
    def store(self) -> EventStore:
        """Where the incidents lie."""

    @property
    def reader(self) -> Reader:
        """Who reads them."""

    @property
    def plans(self) -> Plans:
        """The plans that may be in force."""

    @property
    def clock(self) -> Callable[[], datetime]:
        """What time it is."""

    @property
    def execute(self) -> Callable[..., Outcome]:
        """Carries out commands."""


@attrs.frozen
class _Done:
    """What was done in an incident."""

    raised: int = 0
    activated: int = 0


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

    def wants(self, plan: Plan) -> bool:
        """Return whether *plan* is to come into force by itself."""
        return self.state.status in _ACTIVATING and comes_into_force(plan, self.plan, self.state)

    def _recurs(self, one: Owed) -> bool:
        obligation = self.plan.obligation(one.obligation)
        return obligation is not None and obligation.recurs is not None

    def due(self, now: datetime, until: datetime) -> list[Due]:
        """Return what is due at *until*, as it stands *now*."""
        return [
            Due(incident=self.look.incident, obligation=obligation, owed=one, verdict=verdict(one, now))
            for one in self.owed(until)
            if verdict(one, until) in _DUE and (obligation := self.plan.obligation(one.obligation))
        ]

    def reached(self, found: Sequence[Owed], now: datetime) -> list[RaiseDue]:
        """Return what is to be raised, in the order in which it was reached.

        Of what recurs each rung is raised for the last occurrence that reached it: a watcher that was away tells
        nobody of a hundred that nobody can do any more.
        """
        climbs = [
            (climb, one, one.due_at)
            for one in found
            if one.due_at is not None and verdict(one, now) in _UNDONE
            for climb in rungs(self.plan, one, self.state.level)
            if climb.at <= now
        ]
        recurring = {one.obligation for one in found if self._recurs(one)}
        last = {(one.obligation, climb.number): one.occurrence for climb, one, _ in climbs}
        return [
            RaiseDue(
                obligation=one.obligation,
                occurrence=one.occurrence,
                rung=climb.number,
                due_at=due_at,
                tell=climb.rung.tell,
            )
            for climb, one, due_at in sorted(climbs, key=lambda one: one[0].at)
            if one.obligation not in recurring or last[one.obligation, climb.number] == one.occurrence
            if (one.obligation, one.occurrence, climb.number, due_at) not in self.state.raised
        ]


class Watch:
    """Watches the incidents of one engine: their deadlines, and plans that come into force by themselves.

    Safe to share between threads.

    Several may watch one log.  `round` is called again and again, by a loop, a scheduler or a test; the time is that of
    the engine's clock.
    """

    def __init__(self, engine: Watched) -> None:
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
        """Let plans come into force that do so by themselves, and raise every rung that is reached and was not yet.

        The rungs of one incident are raised in the order of time.  Of what recurs each rung is raised for the last
        occurrence that reached it.  The rungs of one incident beyond `RUNGS_MAX` come in the next round.

        An incident that changes meanwhile comes in the next round, and so does one that cannot be read, or whose plan
        is missing: it keeps nobody from the others.  An event has the same id whoever raises it.  Raises
        `StoreUnavailable`.
        """
        now = self.engine.clock()
        failed: dict[str, Failed] = {}
        with self._lock:
            self._looks.build()
            passes = [self._pass(now, failed)]
            while passes[-1].activated:  # what the plan that came into force asks for is looked at too
                passes.append(self._pass(now, failed))
        return Round(
            looked=passes[0].looked,
            raised=sum(one.raised for one in passes),
            activated=sum(one.activated for one in passes),
            failed=tuple(failed.values()),
        )

    def next_at(self, until: datetime) -> datetime | None:
        """Return the first moment from now up to *until* at which there may be something to raise; None for none."""
        now = self.engine.clock()
        with self._lock:
            moments = (from_microseconds(look.moment) for page in self._pages("next", until) for look in page)
            return next((at for at in moments if at > now), None)

    def _pass(self, now: datetime, failed: dict[str, Failed]) -> Round:
        """Look once at every incident in which something may be to be done."""
        looked = raised = activated = 0
        for page in self._pages("next", now):
            settled: list[Looked] = []
            for look, answer in self._asked(page, failed, partial(self._look_at, now=now)):
                done, found = answer or (_Done(), Looked(look, None, None))
                looked += 1
                raised += done.raised
                activated += done.activated
                if found is not None:
                    settled.append(found)
            self._looks.settle(settled)
        return Round(looked=looked, raised=raised, activated=activated)

    def _look_at(self, seen: _Seen, now: datetime) -> tuple[_Done, Looked | None]:
        """Do what is to be done in an incident; return how much that was, and what was found where nothing was.

        Where a plan comes into force, deadlines are those of another plan: they come when it is looked at again.
        """
        activated = sum(self._activate(seen.look.incident, one) for one in self.engine.plans if seen.wants(one))
        if activated:
            return _Done(activated=activated), None
        found = seen.owed(now)
        commands = seen.reached(found, now)[:RUNGS_MAX]
        if commands:
            return _Done(raised=sum(self._raise(seen.look.incident, command) for command in commands)), None
        since = [one.near_at or one.due_at for one in found if verdict(one, now) in _DUE]
        return _Done(), Looked(seen.look, next_moment(found, seen.plan, now), min(filter(None, since), default=None))

    def _activate(self, incident: str, plan: Plan) -> bool:
        told = ("activate", plan.name, plan.version, plan.reference.digest)
        return self._ask(incident, ActivateDuePlan(plan=plan.reference), *told)

    def _raise(self, incident: str, command: RaiseDue) -> bool:
        told = (command.obligation, str(command.occurrence), str(command.rung), format_utc(command.due_at))
        return self._ask(incident, command, "raise", *told)

    def _ask(self, incident: str, command: object, *told: str) -> bool:
        """Return whether this watcher did it; not when somebody else did, or there is nothing to do by now."""
        command_id = str(derived_id(incident, "\0".join(told)))
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


def _looks_of(engine: Watched) -> Looks:
    if not isinstance(engine.store, Joinable):
        return MemoryLooks(engine.store)
    from respond.engine.table_looks import TableLooks  # noqa: PLC0415 - a log in memory needs no database

    store: Any = engine.store
    return TableLooks(store, engine.reader.codec, engine.clock)
