"""What holds for every life of a pool and of the incidents that draw on it."""

from __future__ import annotations

from decimal import Decimal

import attrs
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from engines import REPORTED, engine_on
from play import PLAN
from respond.errors import CommandRefused
from respond.plan.resources import Resource
from respond.store.memory import MemoryEventStore
from respond.testing.conformance.samples import ManualClock
from respond.workflow.pool import POOL, POOL_CATEGORY
from respond.workflow.pool import commands as c
from respond.workflow.pool.state import Pool
from respond.workflow.versions import by_category

RESOURCES = (Resource(id="pump", title="Pumps", kind="material", quantity=6),)
KEYS = ("pump", "pump-north")
QUANTITIES = st.decimals(min_value=0, max_value=4, places=1)
INCIDENTS = st.integers(0, 1)


class Pools(RuleBasedStateMachine):
    """Two pools and two incidents; what is refused leaves the log as it was."""

    def __init__(self) -> None:
        super().__init__()
        clock = ManualClock()
        plan = attrs.evolve(PLAN, resources=RESOURCES)
        self.engine = engine_on(MemoryEventStore(clock=clock), clock, plans=[plan])
        self.incidents: list[str] = []

    @initialize()
    def begin(self) -> None:
        """Open the pools and report the incidents."""
        self.incidents = [self.engine.report(**REPORTED).id for _ in range(2)]
        for key in KEYS:
            self.engine.pool(key).open(resource="pump")

    def ask(self, key: str, command: object) -> None:
        """Carry out *command*; when it is refused, nothing is written."""
        before = len(tuple(self.engine.log()))
        try:
            self.engine.execute(POOL_CATEGORY, key, command)
        except CommandRefused:
            assert len(tuple(self.engine.log())) == before

    @rule(key=st.sampled_from(KEYS), incident=INCIDENTS, quantity=QUANTITIES)
    def commit(self, key: str, incident: int, quantity: Decimal) -> None:
        """Promise."""
        self.ask(key, c.CommitStock(incident=self.incidents[incident], quantity=quantity))

    @rule(key=st.sampled_from(KEYS), incident=INCIDENTS, quantity=QUANTITIES)
    def use(self, key: str, incident: int, quantity: Decimal) -> None:
        """Put to use."""
        self.ask(key, c.UseStock(incident=self.incidents[incident], quantity=quantity))

    @rule(
        key=st.sampled_from(KEYS),
        incident=INCIDENTS,
        quantity=QUANTITIES,
        condition=st.sampled_from(("usable", "damaged")),
    )
    def give_back(self, key: str, incident: int, quantity: Decimal, condition: str) -> None:
        """Return."""
        self.ask(key, c.ReturnStock(incident=self.incidents[incident], quantity=quantity, condition=condition))

    @rule(key=st.sampled_from(KEYS), incident=INCIDENTS, quantity=QUANTITIES)
    def consume(self, key: str, incident: int, quantity: Decimal) -> None:
        """Use up."""
        self.ask(key, c.ConsumeStock(incident=self.incidents[incident], quantity=quantity))

    @rule(key=st.sampled_from(KEYS), quantity=QUANTITIES)
    def write_off(self, key: str, quantity: Decimal) -> None:
        """Lose."""
        self.ask(key, c.WriteOffStock(quantity=quantity, reason="lost"))

    @rule(key=st.sampled_from(KEYS), quantity=QUANTITIES)
    def add(self, key: str, quantity: Decimal) -> None:
        """Buy."""
        self.ask(key, c.AddStock(quantity=quantity, reason="bought"))

    @rule(incident=INCIDENTS)
    def cancel(self, incident: int) -> None:
        """End an incident, or begin it anew."""
        handle = self.engine.incident(self.incidents[incident])
        if handle.state().status == "cancelled":
            handle.reopen(reason="after all")
        else:
            handle.cancel(reason="a false alarm")

    def pools(self) -> dict[str, Pool]:
        """Return the pools, each folded from its events."""
        return self.engine.states(POOL_CATEGORY, KEYS)

    @invariant()
    def never_more_promised_than_there_is(self) -> None:
        """Nothing is negative, and what is in use is committed."""
        for pool in self.pools().values():
            assert pool.available >= 0 <= pool.damaged
            assert all(0 <= one.used <= one.committed for one in pool.commitments.values())

    @invariant()
    def nothing_gets_lost(self) -> None:
        """What was there and came equals what is there and went."""
        for key, pool in self.pools().items():
            events = [event.data for event in self.engine.pool(key).events()]
            came = sum(one.quantity for one in events if type(one).__name__ in {"PoolOpened", "StockAdded"})
            went = sum(one.quantity for one in events if type(one).__name__ in {"StockWrittenOff", "StockConsumed"})
            assert came - went == pool.quantity + pool.damaged

    @invariant()
    def both_streams_agree(self) -> None:
        """What a pool says that an incident holds, the incident says too; replay equals both."""
        pools = self.pools()
        for incident in self.incidents:
            drawn = self.engine.incident(incident).resources()
            for key, pool in pools.items():
                held = drawn[key].held if key in drawn else 0
                assert pool.of(incident).committed == held
        if self.incidents:
            assert not self.engine.replay().failures
            assert all(POOL.fold(self.engine.pool(key).events()) == pool for key, pool in pools.items())


TestPools = Pools.TestCase
TestPools.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)


def test_without_the_guard_it_is_found():
    """The control: a pool that does not look at what is free promises more than there is."""
    loose = attrs.evolve(POOL.guard_of["stock-short"], check=lambda _: None)
    workflow = attrs.evolve(POOL, guards=tuple(loose if one.code == "stock-short" else one for one in POOL.guards))
    clock = ManualClock()
    engine = engine_on(MemoryEventStore(clock=clock), clock, plans=[attrs.evolve(PLAN, resources=RESOURCES)])
    engine.workflows.versions.update(by_category([workflow]))
    incident = engine.report(**REPORTED).id
    engine.pool("pump").open()
    engine.pool("pump").commit(incident, 7)
    assert engine.pool("pump").state().available < 0
