"""The figures of how incidents were handled: times by level, duties, customers, money, resources, recurrence."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from rehearsal import desk, owes, plan, reported, responding
from respond.domain.money import Money
from respond.engine.engine import Engine
from respond.errors import InvalidInput

REST = "\n".join(
    (
        owes("judge", 'from = "told", within = "1 h"', act="assess"),
        '[customer_care]\nfirst_contact = "2 h"\n',
        '[[resources]]\nid = "pump"\ntitle = "Pump"\nkind = "material"\nquantity = 3\n',
        '[[resources]]\nid = "tent"\ntitle = "Tent"\nkind = "material"\nquantity = 3\n',
        '[[measures]]\nid = "drain"\ntitle = "Drain"\nkind = "contain"\nresources = ["pump", "tent"]\n',
    )
)


@pytest.fixture
def engine() -> Engine:
    """An engine whose plan owes, promises and needs something."""
    return desk(plan(REST))


def handled(engine: Engine, *, minutes: int = 30, **told: Any) -> Any:
    """Return an incident at level 2 that took so many *minutes* to assess and twice as many to resolve."""
    incident = reported(engine, **told)
    engine.clock.move(minutes=minutes)
    incident.assess(affected_customers=300, loss=Money(Decimal("100.50"), "CNY"), actor="chen.yu")
    incident.assign_level(2, basis="300 customers", actor="chen.yu")
    incident.start_response(actor="chen.yu")
    engine.clock.move(minutes=minutes)
    incident.resolve("replaced")
    return incident


def times(engine: Engine, step: str, level: int | None = 2) -> Any:
    """Return how long *step* took at *level*."""
    [found] = [one for one in engine.figures().times if (one.step, one.level) == (step, level)]
    return found


def test_nothing():
    """Of no incidents there are no times, no shares and no sums."""
    found = desk().figures()
    assert (found.incidents, found.times, found.duties, found.other_percent, found.losses) == (0, (), (), None, {})


def test_times_are_told_by_the_worst_level(engine):
    """Each step with its median and its 90th percentile by the nearest rank, and from what to what it was measured."""
    for minutes in (10, 20, 30, 40):
        handled(engine, minutes=minutes)
    worse = handled(engine, minutes=5)
    worse.reopen("again")
    worse.change_level(1, justification="spreads")
    assert (times(engine, "assess").first.median_seconds, times(engine, "assess").first.percentile_90_seconds) == (
        1200,
        2400,
    )
    assert times(engine, "assess", 1).first.median_seconds == 300
    assert times(engine, "resolve").first.count == 4
    assert "nearest rank" in times(engine, "resolve").first.rank
    assert "reopening" in times(engine, "resolve").first.definition


def test_repeated_times_and_time_on_hold_stand_apart(engine):
    """A second resolution counts from the reopening; what of a time was on hold is told beside it."""
    incident = handled(engine)
    engine.clock.move(hours=5)
    incident.reopen("again")
    engine.clock.move(minutes=10)
    incident.put_on_hold("the supplier sleeps")
    engine.clock.move(minutes=20)
    incident.resume()
    incident.resolve("a new one")
    found = times(engine, "resolve")
    assert (found.first.median_seconds, found.again.median_seconds, found.again.count) == (3600, 1800, 1)
    assert (found.on_hold_seconds, engine.figures().on_hold_seconds) == (1200, 1200)


def restored(engine: Engine, incident: Any, measure: str, minutes: int) -> None:
    """Let a measure of so many *minutes* contain the incident and serve customers again."""
    incident.add_measure(measure, title="Spare terminals", reason="closest", kind="restore")
    incident.start_measure(measure)
    engine.clock.move(minutes=minutes)
    incident.mark_contained()
    incident.complete_measure(measure)


def test_what_a_reopening_asks_anew_counts_again(engine):
    """The next day's measure and words leave the first day's times as they were, and are counted from the reopening."""
    incident = responding(engine)
    restored(engine, incident, "spare", 40)
    incident.resolve("replaced")
    engine.clock.move(minutes=10)
    incident.close_review("done")
    engine.clock.move(hours=24)
    incident.reopen("again")
    before = {step: times(engine, step) for step in ("contain", "restore", "resolve", "review")}
    assert {one.first.median_seconds for one in before.values()} == {2400, 600}
    assert {one.again.count for one in before.values()} == {0}
    restored(engine, incident, "others", 20)
    incident.resolve("a new one")
    engine.clock.move(minutes=5)
    incident.close_review("done again")
    for step, again in (("contain", 1200), ("restore", 1200), ("resolve", 1200), ("review", 300)):
        found = times(engine, step)
        assert found.first == before[step].first
        assert (found.again.median_seconds, found.again.count) == (again, 1)


def test_a_first_time_after_a_reopening_counts_from_there(engine):
    """What was never told before the reopening is no repeat; nor does the time between count."""
    incident = responding(engine)
    incident.resolve("replaced")
    engine.clock.move(hours=24)
    incident.reopen("again")
    engine.clock.move(minutes=20)
    incident.mark_restored()
    found = times(engine, "restore")
    assert (found.first.median_seconds, found.first.count, found.again.count) == (1200, 1, 0)


def test_a_false_alarm_that_was_none_begins_nothing_anew(engine):
    """Customers wait from the report: a reopening counts only behind a resolution."""
    incident = reported(engine)
    engine.clock.move(minutes=10)
    incident.cancel("a false alarm")
    engine.clock.move(minutes=50)
    incident.reopen("it was none")
    incident.assess(affected_customers=300, actor="chen.yu")
    incident.assign_level(2, basis="300 customers", actor="chen.yu")
    incident.start_response(actor="chen.yu")
    engine.clock.move(minutes=30)
    incident.mark_restored()
    incident.resolve("replaced")
    for step in ("restore", "resolve"):
        found = times(engine, step)
        assert (found.first.median_seconds, found.first.count, found.again.count) == (5400, 1, 0)


def test_duties_customers_and_money(engine):
    """On-time shares of what was due, a promise by its name; losses, compensation and costs by currency."""
    handled(engine)
    incident = handled(engine, minutes=90)
    party, other = incident.register_affected("c-1"), incident.register_affected("c-2")
    party.contact_party("telephone")
    engine.clock.move(hours=3)
    other.contact_party("telephone")
    party.offer_compensation("money", Money(Decimal("20.00"), "CNY"), actor="li.na")
    party.accept_compensation(1)
    party.pay_compensation(1, reference="B-1")
    party.settle_case("paid")
    party.visit("satisfied")
    incident.record_expense(Money(Decimal("9.50"), "EUR"), purpose="taxi")
    found = engine.figures()
    kept = {one.obligation: (one.verdicts, one.on_time_percent) for one in found.duties}
    assert kept["judge"] == ({"met": 1, "late": 1}, 50)
    assert kept["first_contact"] == ({"met": 1, "late": 1}, 50)
    assert (found.losses, found.compensation, found.costs) == (
        {"CNY": Decimal("201.00")},
        {"CNY": Decimal("20.00")},
        {"EUR": Decimal("9.50")},
    )
    assert found.customers.satisfied_percent == 100


def test_resources_are_held_against_the_plan(engine):
    """Row 77's question: what measures needed and what came, what was spent unplanned, what lay idle."""
    incident = responding(engine)
    engine.pool("pump").open()
    engine.pool("tent").open()
    incident.request_resource("pump", Decimal(3), purpose="water")
    engine.pool("pump").commit(incident.id, 2)
    engine.pool("pump").use(incident.id, 2)
    engine.pool("pump").consume(incident.id, 1, cost=Money(Decimal(300), "CNY"))
    found = engine.figures()
    pump, tent = found.resources
    assert (pump.planned, pump.drawn, pump.unused, pump.used, pump.consumed, pump.short) == (1, 1, 0, 2, 1, 1)
    assert (tent.planned, tent.drawn, tent.unused) == (1, 0, 1)
    assert found.costs == {"CNY": Decimal(300)}


def test_recurrence_and_the_residual_category(engine):
    """The same category at the same site within so many days; a known site, and neither another one nor later."""
    for site, days in (("s-1", 0), ("s-1", 30), ("s-2", 0), ("s-1", 91), (None, 1), (None, 1)):
        engine.clock.move(days=days)
        handled(engine, site=site)
    handled(engine, site="s-1", category="technical_failure")
    handled(engine).reopen("x")
    found = engine.figures()
    assert (found.recurred, engine.figures(recurrence_days=92).recurred) == (1, 2)
    assert (found.incidents, found.other, found.other_percent) == (8, 7, 87)
    with pytest.raises(InvalidInput, match="recurrence_days"):
        engine.figures(recurrence_days=0)


def test_false_alarms_and_merged_ones_are_counted_apart(engine):
    """They are in no time, no share and no sum."""
    handled(engine)
    reported(engine).cancel("a drill")
    reported(engine).merge_into(reported(engine), reason="the same")
    found = engine.figures()
    assert (found.incidents, found.cancelled, found.merged) == (2, 1, 1)
    assert engine.figures(realm="drill").incidents == 0
