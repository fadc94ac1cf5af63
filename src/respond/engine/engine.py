"""The engine: commands in, answers out, over one log."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import attrs

from respond.domain.events import Event
from respond.domain.ids import derived_id
from respond.domain.streams import DEFAULT_TENANT, Realm
from respond.engine.clock import system_clock, system_random
from respond.engine.definitions import Plans, Workflows
from respond.engine.desk import Desk
from respond.engine.handler import Outcome
from respond.engine.library import Libraries
from respond.engine.modes import Mode, check_mode, ordinary
from respond.engine.reader import Reader
from respond.errors import InvalidInput
from respond.plan.plan import Plan
from respond.projections.performance import RECURRENCE_DAYS, Performance
from respond.store.checkpoint import Patience
from respond.store.protocol import EventStore, Joinable
from respond.workflow.authority import Policy
from respond.workflow.drill import DRILL_CATEGORY
from respond.workflow.plan_life import PLAN_CATEGORY
from respond.workflow.workflow import Workflow

if TYPE_CHECKING:
    from respond.engine.drill import DrillEngine
    from respond.engine.projecting import Projecting
    from respond.engine.watch import Watch
    from respond.projections.board import Board
    from respond.projections.care import CareFigures
    from respond.projections.follow_up import ActionStanding
    from respond.projections.listing import Page
    from respond.projections.replay import Totals
    from respond.projections.sql import TableProjection
    from respond.projections.statistics import Figures
    from respond.store.sql.opening import Database
    from respond.workflow.drill.state import Drill


class Engine(Desk, Libraries):
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
        check_mode(projections)
        super().__init__(store, plans=plans, workflows=workflows, clock=clock, random=random, policy=policy)
        self.store = ordinary(store)
        self.reader: Reader = self._reader
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

        check_mode(projections)
        plans, workflows = Plans.of(plans), Workflows(workflows)  # a bad one must not leave an empty log behind
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
        """The projections in tables: to run, rebuild and wait for; raises `InvalidInput` where none can be run."""
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

    # -- questions -----------------------------------------------------------------------------------------------------

    def watch(self) -> Watch:
        """Return a watcher of deadlines: it tells what is due, and raises it, each time that it is asked."""
        from respond.engine.watch import Watch  # noqa: PLC0415 - it needs the engine

        return Watch(self)

    def drill(self, key: str) -> DrillEngine:
        """Return the drill called *key* on this log, with the plans and workflows of this engine; see `DrillEngine`.

        Raises `InvalidInput` for a key with a slash, or of more than 100 characters.
        """
        from respond.engine.drill import DrillEngine  # noqa: PLC0415 - who holds no drills needs none

        return DrillEngine(
            self.store,
            key,
            plans=self.plans,
            workflows=self.workflows,
            clock=self.clock,
            random=self.random,
            policy=self._policy,
        )

    def drills(self) -> dict[str, Drill]:
        """Return where the drills on this log stand, by key, in the order in which they were planned."""
        from respond.engine.drill_view import drills_in  # noqa: PLC0415 - as above

        return {key: self.drill(key).standing() for key in drills_in(self.store)}

    def record_drill(self, /, key: str, *, command_id: str | None = None, **circumstances: Any) -> Outcome:
        """Tell the life of the plan what the drill *key* showed, and propose there what its findings propose.

        Telling the same a second time yields nothing.  The life of the plan must have begun: `draft_plan`.
        *circumstances* and errors as for `execute`.
        """
        drill = self.drill(key)
        plan = drill.standing().scenario
        command_id = command_id or str(derived_id(drill.events(DRILL_CATEGORY, key)[-1].id, "record"))
        outcomes = [
            self.execute(
                PLAN_CATEGORY,
                "" if plan is None else plan.plan,
                command,
                command_id=str(derived_id(command_id, str(number))),
                **circumstances,
            )
            for number, command in enumerate((drill.for_plan(), *drill.proposals()))
        ]
        return attrs.evolve(
            outcomes[-1],
            events=tuple(event for outcome in outcomes for event in outcome.events),
            replayed=all(outcome.replayed or not outcome.events for outcome in outcomes),
        )

    def actions(self, /, **filters: Any) -> tuple[ActionStanding, ...]:
        """Return the action items of all incidents, the first due first; *filters* as for `ActionList.standing`."""
        with self.reader.folded() as folded:
            return folded.actions.standing(self.clock(), **filters)

    def figures(self, /, *, realm: Realm = "real", recurrence_days: int = RECURRENCE_DAYS) -> Performance:
        """Return how incidents were handled, by a fold of the whole log: times, duties, customers, money, recurrence.

        Drills are counted apart, with *realm* `drill`.  An incident recurs that is reported within *recurrence_days* of
        the one before of its category at its site.  Raises `InvalidInput`, `PlanNotFound`, `UnreadableEvent`.
        """
        return self.reader.performance(self.clock(), realm=realm, recurrence_days=recurrence_days)

    def care(self) -> CareFigures:
        """Return the figures over all affected parties, drills left out; asked again, it reads only what came since."""
        return self.reader.care()

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
