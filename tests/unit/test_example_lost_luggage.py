from __future__ import annotations

import importlib.util
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import ModuleType

import pytest

from respond import CommandRefused, Engine, Money
from respond.audit.check import check
from respond.cli.registration import declared_workflow
from respond.store.memory import MemoryEventStore
from respond.workflow.diagram import mermaid, state_table
from respond.workflow.table import NOT_ENABLED

EXAMPLE = Path(__file__).parent.parent.parent / "examples" / "lost_luggage.py"
LOST = datetime(2026, 3, 1, 18, 40, tzinfo=UTC)
AGENT = {"actor": "mo.farah", "role": "agent"}
SUPERVISOR = {"actor": "li.na", "role": "supervisor"}
PAID = Money(Decimal("1200.00"), "EUR")


def loaded() -> ModuleType:
    """Return the example as a module."""
    spec = importlib.util.spec_from_file_location("lost_luggage", EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    sys.modules["lost_luggage"] = module  # attrs looks annotations up by the module's name
    spec.loader.exec_module(module)
    return module


desk = loaded()


class Days:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = LOST

    def __call__(self) -> datetime:
        return self.now

    def pass_days(self, days: int) -> None:
        """Move on by *days*."""
        self.now += timedelta(days=days)


@pytest.fixture
def days() -> Days:
    """Return the clock of the desk."""
    return Days()


@pytest.fixture(params=["memory", "sqlite_url", "postgresql_url", "mariadb_url"])
def engine(request, days):
    """Yield an engine that knows the desk, on each kind of store."""
    if request.param == "memory":
        yield Engine(MemoryEventStore(clock=days), workflows=[desk.WORKFLOW], plans=[desk.PLAN], clock=days)
        return
    url = request.getfixturevalue(request.param)
    with Engine.open(url, workflows=[desk.WORKFLOW], plans=[desk.PLAN], clock=days) as opened:
        yield opened


def lose(engine: Engine) -> None:
    """Report a violin missing."""
    engine.execute("bag", "BA-7", desk.ReportMissing(kind="instrument", tag="0125557777", flight="BA 117"), **AGENT)


def test_a_bag_lives_on_every_store(engine, days):
    """A bag that was written off and turned up is stored, folded, verified and checked like an incident."""
    lose(engine)
    days.pass_days(1)
    engine.execute("bag", "BA-7", desk.CallPassenger(summary="Still searching"), **AGENT)
    days.pass_days(20)
    engine.execute("bag", "BA-7", desk.WriteOff(compensation=PAID), **SUPERVISOR)
    days.pass_days(30)
    engine.execute("bag", "BA-7", desk.Trace(station="JFK"), **AGENT)
    engine.execute("bag", "BA-7", desk.Trace(station="LHR"), **AGENT)
    engine.execute("bag", "BA-7", desk.Deliver(receipt="R-1"), **AGENT)

    assert engine.state("bag", "BA-7") == desk.Bag(
        status="delivered",
        kind="instrument",
        tag="0125557777",
        missing_since=LOST,
        station="LHR",
        receipt="R-1",
        compensation=PAID,
        calls=1,
        resurfaced=True,
    )
    events = engine.events("bag", "BA-7")
    assert [event.data.to for event in events if hasattr(event.data, "to")] == [
        "missing",
        "written_off",
        "traced",
        "traced",
        "delivered",
    ]
    assert {event.definition for event in events if hasattr(event.data, "to")} == {desk.WORKFLOW.reference}
    assert events[0].plan == desk.PLAN.reference
    assert desk.WORKFLOW.fold(events) == engine.state("bag", "BA-7")

    totals = engine.replay()
    assert (totals.findings, totals.failures, totals.unregistered) == ((), (), {})
    assert totals.aggregates["bag"] == {"delivered": 1}
    report = check(engine.store, workflows=engine.workflows)
    assert (report.clean, report.deviations) == (True, {})


def test_a_refusal_says_what_stands_in_the_way(engine, days):
    """Who may not write a bag off yet is told why, before and instead of trying."""
    lose(engine)
    days.pass_days(3)
    with pytest.raises(CommandRefused) as caught:
        engine.execute("bag", "BA-7", desk.WriteOff(compensation=PAID), **AGENT)
    assert [refusal.code for refusal in caught.value.refusals] == ["supervisor-needed", "search-too-short"]
    (candidate,) = engine.explain("bag", "BA-7", "write_off").candidates
    assert [(verdict.code, verdict.passed, verdict.text) for verdict in candidate.verdicts] == [
        ("supervisor-needed", None, "depends on what the command says"),
        ("search-too-short", False, "the bag is searched for until 2026-03-22"),
    ]
    assert len(engine.events("bag", "BA-7")) == 1


@pytest.fixture
def memory(days):
    """Return an engine that knows the desk, in memory."""
    return Engine(MemoryEventStore(clock=days), workflows=[desk.WORKFLOW], plans=[desk.PLAN], clock=days)


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (desk.ReportMissing(kind="car", tag="0125557777", flight="x"), "kind-unknown"),
        (desk.ReportMissing(kind="other", tag="012555777", flight="x"), "tag-malformed"),
        (desk.ReportMissing(kind="other", tag="٠١٢٥٥٥٧٧٧٧", flight="x"), "tag-malformed"),
        (desk.Trace(station="JFK"), NOT_ENABLED),
    ],
)
def test_a_report_of_what_is_no_bag_is_refused(memory, command, code):
    """The kind is one of the desk's plan, the tag has ten digits, and there is a report first."""
    with pytest.raises(CommandRefused) as caught:
        memory.execute("bag", "BA-7", command, **AGENT)
    assert [refusal.code for refusal in caught.value.refusals] == [code]


@pytest.mark.parametrize(
    ("commands", "code"),
    [
        ([desk.Trace(station=" ")], "station-missing"),
        ([desk.Trace(station="JFK"), desk.Deliver(receipt="")], "receipt-missing"),
        ([desk.Deliver(receipt="R-1")], NOT_ENABLED),
        ([desk.Trace(station="JFK"), desk.WriteOff(compensation=PAID)], NOT_ENABLED),
        ([desk.Trace(station="JFK"), desk.Deliver(receipt="R-1"), desk.CallPassenger(summary="x")], NOT_ENABLED),
    ],
)
def test_a_step_out_of_turn_is_refused(memory, commands, code):
    """A bag is delivered from where it was traced, and not written off once it was."""
    lose(memory)
    *before, last = commands
    for command in before:
        memory.execute("bag", "BA-7", command, **SUPERVISOR)
    with pytest.raises(CommandRefused) as caught:
        memory.execute("bag", "BA-7", last, **SUPERVISOR)
    assert [refusal.code for refusal in caught.value.refusals] == [code]


@pytest.mark.parametrize(
    "commands",
    [
        [desk.Trace(station="JFK")],
        [desk.Trace(station="JFK"), desk.Deliver(receipt="R-1")],
        [desk.WriteOff(compensation=PAID)],
    ],
)
def test_a_repeated_command_causes_nothing(memory, days, commands):
    """What was done is not done twice."""
    lose(memory)
    days.pass_days(21)
    for command in commands:
        memory.execute("bag", "BA-7", command, **SUPERVISOR)
    assert memory.execute("bag", "BA-7", commands[-1], **SUPERVISOR).events == ()


def test_the_command_line_can_load_it():
    """`--workflow examples/lost_luggage.py:WORKFLOW` finds the same definition."""
    assert declared_workflow(f"{EXAMPLE}:WORKFLOW").reference == desk.WORKFLOW.reference


def test_it_is_drawn_like_any_workflow():
    """The table and the diagram show how a bag is reopened."""
    assert "| **written_off** | refused | traced | refused | refused | stays |" in state_table(desk.WORKFLOW)
    assert "written_off --> traced: trace" in mermaid(desk.WORKFLOW)


def test_the_example_plays(capsys):
    """Run as a program, it shows a refusal and where the bag stands in the end."""
    desk.main()
    shown = capsys.readouterr().out
    assert "only a supervisor writes a bag off [supervisor-needed]" in shown
    assert "Bag(status='delivered', kind='instrument'" in shown
