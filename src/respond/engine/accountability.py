"""Accountability: the one reader and writer of the restricted part of a log, in which people are named.

It stands in the log under a tenant of its own, which no engine, projection, subscription or publisher of an ordinary
tenant ever reads.  Whoever opens it has to be given it on purpose.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from respond.domain.ids import derived_id, uuid7
from respond.domain.streams import DEFAULT_TENANT, is_restricted, restricted
from respond.engine.circumstances import circumstances_of
from respond.engine.clock import system_clock, system_random
from respond.engine.definitions import Plans, Workflows
from respond.engine.handler import Ask, Handler, Outcome
from respond.engine.reader import Reader
from respond.errors import InvalidInput, NotFound
from respond.plan.plan import Plan
from respond.projections.accountable import AccountabilityView, accountability_view
from respond.store.protocol import EventStore
from respond.workflow.accountability import ACCOUNTABILITY, ACCOUNTABILITY_CATEGORY
from respond.workflow.accountability import commands as c
from respond.workflow.accountability.events import AppealOutcome, Responsibility
from respond.workflow.accountability.state import AccountabilityCase
from respond.workflow.authority import Policy


class Accountability:
    """The cases of accountability of one tenant.

    Every command takes, besides what it names, the circumstances of `Engine.execute`, and raises `CommandRefused` with
    every reason.  A case is about one person and names the incident by its id alone; the incident learns nothing of it.
    """

    def __init__(
        self,
        store: EventStore,
        *,
        plans: Iterable[Plan] = (),
        clock: Callable[[], datetime] = system_clock,
        random: Callable[[int], bytes] = system_random,
        policy: Policy | None = None,
    ) -> None:
        """Read and write *store*, which is of a restricted tenant; raises `InvalidInput` for any other."""
        if not is_restricted(store.tenant):
            raise InvalidInput(
                f"is no restricted tenant; open the store of {restricted(store.tenant)!r}",
                place="tenant",
                value=store.tenant,
            )
        self.store = store
        self.clock = clock
        self.random = random
        workflows, known = Workflows(shipped=(ACCOUNTABILITY,)), Plans.of(plans)
        self._handler = Handler(store, workflows=workflows, plans=known, clock=clock, random=random, policy=policy)
        self._reader = Reader(store, self._handler.codec, workflows, known)

    @classmethod
    def open(
        cls,
        database: Any,
        *,
        tenant: str = DEFAULT_TENANT,
        plans: Iterable[Plan] = (),
        clock: Callable[[], datetime] = system_clock,
        random: Callable[[int], bytes] = system_random,
        policy: Policy | None = None,
        **options: Any,
    ) -> Self:
        """Return the accountability of *tenant* in *database*; the others as for `Engine.open`."""
        from respond.store.sql import SqlEventStore  # noqa: PLC0415 - a log in memory needs no database library

        plans = Plans.of(plans)
        store = SqlEventStore.open(database, clock=clock, tenant=restricted(tenant), **options)
        return cls(store, plans=plans, clock=clock, random=random, policy=policy)

    def close(self) -> None:
        """Give back every connection; closing twice does nothing."""
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # -- commands ------------------------------------------------------------------------------------------------------

    def execute(self, key: str, command: object, *, command_id: str | None = None, **circumstances: Any) -> Outcome:
        """Carry out *command* on the case with this *key*."""
        asked = circumstances_of(command_id=command_id, **circumstances)
        return self._handler.handle([Ask(category=ACCOUNTABILITY_CATEGORY, key=key, command=command)], asked)

    def open_case(
        self, incident: str, question: str, *, key: str | None = None, command_id: str | None = None, **who: Any
    ) -> str:
        """Ask who is to answer for something in the incident with this id, and return the key of the case."""
        command_id = command_id or str(uuid7(self.clock(), self.random(10)))
        key = key or str(derived_id(command_id, ACCOUNTABILITY_CATEGORY))
        self.execute(key, c.OpenAccountability(incident=incident, question=question), command_id=command_id, **who)
        return key

    def determine(
        self,
        key: str,
        person: str,
        *,
        in_role: str,
        responsibility: Responsibility,
        basis: str,
        handling: str,
        **who: Any,
    ) -> Outcome:
        """Find who is responsible, in which role, on what basis, and what should follow."""
        command = c.DetermineResponsibility(
            person=person, role=in_role, responsibility=responsibility, basis=basis, handling=handling
        )
        return self.execute(key, command, **who)

    def notify(self, key: str, channel: str, *, text: str = "", **who: Any) -> Outcome:
        """Tell that the person was told, and of the right to appeal."""
        return self.execute(key, c.NotifyPerson(channel=channel, text=text), **who)

    def appeal(self, key: str, grounds: str, **who: Any) -> Outcome:
        """Appeal; the person concerned does, or somebody on their behalf."""
        return self.execute(key, c.Appeal(grounds=grounds), **who)

    def decide_appeal(
        self, key: str, outcome: AppealOutcome, *, reason: str, handling: str = "", **who: Any
    ) -> Outcome:
        """Decide on the appeal; whoever determined it may not."""
        return self.execute(key, c.DecideAppeal(outcome=outcome, reason=reason, handling=handling), **who)

    def close_case(self, key: str, reason: str, **who: Any) -> Outcome:
        """Close the case."""
        return self.execute(key, c.CloseAccountability(reason=reason), **who)

    # -- questions -----------------------------------------------------------------------------------------------------

    def case(self, key: str) -> AccountabilityCase:
        """Return where a case stands; raises `NotFound`."""
        state: AccountabilityCase = self._reader.state_at(ACCOUNTABILITY_CATEGORY, key).value
        return state

    def view(self, incident: str) -> AccountabilityView:
        """Return the cases about the incident with this id, with names; raises `NotFound` when there are none."""
        events = tuple(self._handler.codec.decode_all(self.store.read_subject(incident)))
        if not events:
            raise NotFound(f"there is no case of accountability about {incident!r}")
        return accountability_view(incident, events)
