"""The engine: commands in, answers out, over one log."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import takewhile
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import attrs

from respond.domain.events import Event
from respond.domain.ids import derived_id, uuid7
from respond.domain.moments import Moment
from respond.domain.references import Actor
from respond.domain.streams import DEFAULT_TENANT, StreamId
from respond.engine.circumstances import When, circumstances_of
from respond.engine.clock import system_clock, system_random
from respond.engine.definitions import Plans, Workflows
from respond.engine.handler import ATTEMPTS, Ask, Handler, Outcome
from respond.engine.incident import IncidentHandle
from respond.engine.reader import Reader
from respond.errors import CommandRefused, IncidentNotFound, InvalidInput
from respond.plan.plan import Plan
from respond.store.checkpoint import Patience
from respond.store.protocol import EventStore, Joinable
from respond.workflow.authority import Policy
from respond.workflow.decider import Explanation, explain
from respond.workflow.incident import INCIDENT_CATEGORY
from respond.workflow.incident.commands import Absorb, Merge, ReportIncident
from respond.workflow.incident.events import IncidentMerged
from respond.workflow.incident.guards import MERGE_OUTDATED
from respond.workflow.incident.state import Incident
from respond.workflow.warning import WARNING_CATEGORY
from respond.workflow.warning.commands import ConvertWarning
from respond.workflow.workflow import Workflow

if TYPE_CHECKING:
    from respond.engine.projecting import Mode, Projecting
    from respond.engine.watch import Watch
    from respond.projections.board import Board
    from respond.projections.listing import Page
    from respond.projections.replay import Totals
    from respond.projections.sql import TableProjection
    from respond.projections.statistics import Figures
    from respond.store.sql.opening import Database


class Engine:
    """Carries out commands and answers questions over one log.

    Safe to share between threads.  Use it as a context manager, or close it: it closes its store.
    """

    def __init__(
        self,
        store: EventStore,
        *,
        plans: Iterable[Plan] = (),
        workflows: Iterable[Workflow] = (),
        clock: Callable[[], datetime] = system_clock,
        random: Callable[[int], bytes] = system_random,
        policy: Policy | None = None,
        projections: Mode = "memory",
        tables: Iterable[type[TableProjection]] = (),
        patience: Patience | None = None,
    ) -> None:
        """Answer over all incidents from tables unless *projections* is `memory`; *tables* are projections of yours.

        *policy* judges who may do what, in the place of the rules of the plans.
        *patience* says how often an event that fails in one of them is tried again, and what happens then.
        """
        self.store = store
        self.workflows = Workflows(workflows)
        self.plans = Plans(plans)
        self.clock = clock
        self.random = random
        self._policy = policy
        self._handler = Handler(
            store, workflows=self.workflows, plans=self.plans, clock=clock, random=random, policy=policy
        )
        self.reader = Reader(store, self._handler.codec, self.workflows, self.plans)
        self._kinds = tuple(tables)
        self._patience = patience
        self._projections: Projecting | None = None
        if projections != "memory":
            self.reader.tables = self.projections

    @classmethod
    def open(
        cls,
        database: Database,
        *,
        plans: Iterable[Plan] = (),
        workflows: Iterable[Workflow] = (),
        clock: Callable[[], datetime] = system_clock,
        random: Callable[[int], bytes] = system_random,
        tenant: str = DEFAULT_TENANT,
        policy: Policy | None = None,
        projections: Mode = "memory",
        tables: Iterable[type[TableProjection]] = (),
        patience: Patience | None = None,
        **options: Any,
    ) -> Self:
        """Return an engine on *database*, a URL or the host's own engine; an empty database gets its schema.

        With *projections* `inline` each append brings the tables of the list, the statistics and *tables* up to date,
        and those that were never built are built now; with `catch_up` somebody else runs them: `engine.projections`.
        *policy* and *patience* as for `Engine`; *options* go to `SqlEventStore.open`.  Raises `WrongDatabase` when the
        database holds something else, and `StoreUnavailable`.
        """
        from respond.store.sql import SqlEventStore  # noqa: PLC0415 - a log in memory needs no database library

        plans, workflows = Plans(plans), Workflows(workflows)  # a bad one must not leave an empty log behind
        store = SqlEventStore.open(database, clock=clock, tenant=tenant, **options)
        try:
            engine = cls(
                store,
                plans=plans,
                workflows=workflows,
                clock=clock,
                random=random,
                policy=policy,
                projections=projections,
                tables=tables,
                patience=patience,
            )
            if projections == "inline":
                engine.projections.keep_inline()
        except BaseException:
            store.close()
            raise
        return engine

    @property
    def projections(self) -> Projecting:
        """The projections in tables: to run, rebuild and wait for; raises `InvalidInput` for a log without tables."""
        if self._projections is None:
            from respond.engine.projecting import Projecting  # noqa: PLC0415 - nor does one without tables

            self._projections = Projecting(
                self.store, self._handler.codec, clock=self.clock, kinds=self._kinds, patience=self._patience
            )
        return self._projections

    def close(self) -> None:
        """Give back every connection; closing twice does nothing."""
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def transaction(self, connection: object) -> Iterator[Engine]:
        """Lend an engine whose commands join the transaction that is open on *connection*, one of SQLAlchemy's.

        They are decided at once and written when the block ends; they are in the log when the caller commits, which
        should follow at once: until then no other writer gets on.  Positions are not settled before that.  Questions
        over all incidents see what waits: as long as nothing does, tables that are up to date within the transaction
        answer, then memory.  Raises `InvalidInput` for a connection of another kind or without a transaction,
        `WrongDatabase`, `WrongIsolation`, and at the end of the block `VersionConflict` when another writer was faster:
        roll back and begin again then.
        """
        if not isinstance(self.store, Joinable):
            raise InvalidInput("this log has no transactions that could be joined", place="connection")
        store = self.store.in_transaction(connection)
        joined = type(self)(
            store,
            plans=self.plans,
            workflows=self.workflows,
            clock=self.clock,
            random=self.random,
            policy=self._policy,
        )
        if self.reader.tables is not None:
            joined.reader.tables = self.projections.within(store)
        yield joined
        store.flush()

    # -- commands ------------------------------------------------------------------------------------------------------

    def execute(
        self,
        category: str,
        key: str,
        command: object,
        *,
        actor: Actor | str | None = None,
        role: str | None = None,
        on_behalf_of: str | None = None,
        at: When = None,
        plan: str | None = None,
        command_id: str | None = None,
        correlation_id: str | None = None,
        causation_id: str | None = None,
        break_glass: str = "",
    ) -> Outcome:
        """Carry out *command* on the aggregate *key* of *category*.

        *at* is when it happened: now when it is None, `UNKNOWN` when nobody knows.  The same *command_id* a second time
        answers with the first outcome when the command causes the same, whatever actor and *at* say; one
        that caused nothing left no trace and is decided anew.  *break_glass* says why the actor does in need what his
        role does not allow; where the plan lets that pass, the event is flagged.  Raises `CommandRefused` with every
        reason, `VersionConflict` when others kept writing, `IdempotencyConflict`, `InvalidInput`, `PlanNotFound`,
        `WorkflowNotFound`, `StoreUnavailable`.
        """
        if isinstance(command, (Merge, Absorb)):
            raise InvalidInput("a merge is written to both incidents in one step; call merge", place="command")
        chosen = None if plan is None else self.plans.named(plan)
        asks = [Ask(category=category, key=key, command=command, plan=chosen)]
        circumstances = circumstances_of(
            actor=actor,
            role=role,
            on_behalf_of=on_behalf_of,
            at=at,
            command_id=command_id,
            correlation_id=correlation_id,
            causation_id=causation_id,
            break_glass=break_glass,
        )
        if isinstance(command, ReportIncident) and command.warning is not None:
            asks.append(Ask(category=WARNING_CATEGORY, key=command.warning, command=ConvertWarning(incident=key)))
        return self._handler.handle(asks, circumstances)

    def report(
        self,
        /,
        *,
        category: str,
        title: str,
        narrative: str = "",
        discovered_at: Moment | datetime | str | None = None,
        began_at: Moment | datetime | str | None = None,
        site: str | None = None,
        unit: str | None = None,
        channel: str | None = None,
        team: str | None = None,
        reference: str | None = None,
        warning: str | None = None,
        plan: str | None = None,
        command_id: str | None = None,
        **circumstances: Any,
    ) -> IncidentHandle:
        """Report an incident and return its handle; *circumstances* as for `execute`.

        It runs under the plan named *plan*, else under the one of the engine that is the most special for its category,
        site and unit.  With *warning*, the key of one, the warning turns into this incident in the same step.  The
        incident's id is made from the command id: a retry with the same *command_id* finds the same incident.
        """
        if command_id is None:
            command_id = str(uuid7(self.clock(), self.random(10)))
        incident_id = self.incident_id(command_id)
        command = ReportIncident(
            category=category,
            title=title,
            narrative=narrative,
            discovered_at=Moment.of(discovered_at),
            began_at=Moment.of(began_at),
            site=site,
            unit=unit,
            channel=channel,
            team=team,
            reference=reference,
            warning=warning,
        )
        chosen = self.plans.chosen(category=category, site=site, unit=unit) if plan is None else self.plans.named(plan)
        outcome = self.execute(
            INCIDENT_CATEGORY,
            incident_id,
            command,
            plan=str(chosen.reference),
            command_id=command_id,
            **circumstances,
        )
        return IncidentHandle(self, incident_id, outcome)

    @staticmethod
    def incident_id(command_id: str) -> str:
        """Return the id of the incident that the command *command_id* reports."""
        return str(derived_id(command_id, "incident"))

    def merge(self, /, source: str, into: str, *, reason: str, **circumstances: Any) -> Outcome:
        """Merge the incident *source* into *into*, in one atomic step over both; *circumstances* as for `execute`.

        The duties of *source* go over to *into*.
        Raises `IncidentNotFound` when one of the two is not there, and what `execute` raises.
        """
        asked = circumstances_of(**circumstances)
        streams = {StreamId.of(INCIDENT_CATEGORY, key): key for key in (source, into)}
        for stream, version in self.store.versions(streams).items():
            if version == 0:
                raise IncidentNotFound(f"there is no incident {streams[stream]!r}; merge takes the ids of two")
        for _ in range(ATTEMPTS - 1):
            try:
                return self._handler.handle(self._halves(source, into, reason), asked)
            except CommandRefused as refused:
                if all(one.code != MERGE_OUTDATED for one in refused.refusals):
                    raise
        return self._handler.handle(self._halves(source, into, reason), asked)

    def _halves(self, source: str, into: str, reason: str) -> list[Ask]:
        """Return both halves of a merge: the one that goes on is told what the other one's duties rest on."""
        history = self._handler.load(StreamId.of(INCIDENT_CATEGORY, source))
        # A merge that is sent again is told as it was told first.
        before = tuple(takewhile(lambda event: type(event.data) is not IncidentMerged, history))
        merged: Incident = self.workflows[INCIDENT_CATEGORY].fold(before)
        merge = Merge(into=into, reason=reason, at_version=before[-1].version)
        absorb = Absorb(
            source=source, reason=reason, worst_level=merged.worst_level, reported_upward=merged.reported_upward
        )
        return [
            Ask(category=INCIDENT_CATEGORY, key=source, command=merge),
            Ask(category=INCIDENT_CATEGORY, key=into, command=absorb),
        ]

    # -- questions -----------------------------------------------------------------------------------------------------

    def incident(self, name: str) -> IncidentHandle:
        """Return the handle of the incident with this id, number (`INC-17`) or foreign reference.

        Raises `IncidentNotFound`.  An incident that was merged answers under its old id.
        """
        return IncidentHandle(self, self.reader.find(name))

    def explain(
        self,
        category: str,
        key: str,
        trigger: str,
        command: object = None,
        *,
        actor: Actor | str | None = None,
        role: str | None = None,
        on_behalf_of: str | None = None,
        at: When = None,
        break_glass: str = "",
    ) -> Explanation:
        """Return what stands in the way of *trigger* now, guard by guard; its own guards stay open without *command*.

        Authority is asked with a *command* only.  The circumstances are as for `execute`.  Raises `IncidentNotFound`,
        and `WorkflowNotFound` for an unknown category or trigger.
        """
        workflow = self.workflows[category]
        history = self._handler.load(StreamId.of(category, key))
        if not history and category == INCIDENT_CATEGORY:
            raise IncidentNotFound(f"there is no incident {key!r}")
        asked = circumstances_of(actor=actor, role=role, on_behalf_of=on_behalf_of, at=at, break_glass=break_glass)
        situation = self._handler.situation(
            workflow, history, command=command, actor=asked.actor, break_glass=asked.break_glass
        )
        told = asked.occurred_at
        return explain(workflow, trigger, situation if told is None else attrs.evolve(situation, at=told.at))

    def state(self, /, category: str, key: str, **when: Any) -> Any:
        """Return the state of an aggregate, now or as `Reader.state_at` says."""
        return self.reader.state_at(category, key, **when).value

    def states(self, category: str, keys: Iterable[str]) -> dict[str, Any]:
        """Return the states of many aggregates by key, all read at once; one without events is left out."""
        return self.reader.states(category, keys)

    def watch(self) -> Watch:
        """Return a watcher of deadlines: it tells what is due, and raises it, each time that it is asked."""
        from respond.engine.watch import Watch  # noqa: PLC0415 - it needs the engine

        return Watch(self)

    def events(self, category: str, key: str) -> tuple[Event, ...]:
        """Return the events of an aggregate, oldest first."""
        return self._handler.load(StreamId.of(category, key))

    def incidents(self, /, *, after: str | None = None, limit: int = 50, **filters: Any) -> Page:
        """Return a page of incidents, newest first; see `respond.projections.listing`."""
        return self.reader.incidents(after=after, limit=limit, **filters)

    def board(self, *, limit: int = 20) -> Board:
        """Return the open incidents by state and level, at most *limit* rows for each state."""
        return self.reader.board(limit=limit)

    def statistics(self) -> Figures:
        """Return the figures over the whole log, drills left out."""
        return self.reader.statistics()

    def replay(self, *, check_leaves: bool = False, progress: Callable[[int], None] | None = None) -> Totals:
        """Fold the whole log from its first event and return totals and findings; see `Reader.replay`."""
        return self.reader.replay(check_leaves=check_leaves, progress=progress)

    def log(self, *, after: int = 0) -> Iterator[Event]:
        """Yield every real event past position *after*, in log order, page by page; see `Reader.log`."""
        return self.reader.log(after=after)
