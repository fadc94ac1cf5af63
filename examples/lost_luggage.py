"""A workflow of one's own: the lost-luggage desk of an airport.

A bag is reported missing, traced, and delivered; or it is written off after three weeks, and reopened when it turns up
after all.  Everything here is built from the public names of `respond`; `python examples/lost_luggage.py` plays it, and
docs/explanation/workflow-kernel.md shows how the command line works with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import attrs

from respond import (
    NEW,
    CommandRefused,
    Engine,
    Event,
    Handler,
    Money,
    Plan,
    Situation,
    Transition,
    Workflow,
    command_type,
    event_type,
    guard,
    replace,
)

MISSING = "missing"
TRACED = "traced"
DELIVERED = "delivered"
WRITTEN_OFF = "written_off"

SEARCH = timedelta(days=21)
"""How long a bag is searched for before it may be written off."""

PLAN = Plan.load(Path(__file__).with_name("lost_luggage.toml"))


# -- events: what is recorded, in the past tense -----------------------------------------------------------------------


@event_type()
@attrs.frozen(kw_only=True)
class BagReportedMissing:
    """A passenger waited in vain."""

    from_: str
    to: str
    kind: str
    tag: str
    flight: str


@event_type()
@attrs.frozen(kw_only=True)
class BagTraced:
    """The bag was found at a station."""

    from_: str
    to: str
    station: str


@event_type()
@attrs.frozen(kw_only=True)
class BagDelivered:
    """The passenger has the bag."""

    from_: str
    to: str
    receipt: str


@event_type()
@attrs.frozen(kw_only=True)
class BagWrittenOff:
    """The search ended, and the passenger is paid."""

    from_: str
    to: str
    compensation: Money


@event_type()
@attrs.frozen(kw_only=True)
class PassengerCalled:
    """The passenger was told how the search stands; the bag stays where it is."""

    summary: str


# -- commands: what may be asked ---------------------------------------------------------------------------------------


@command_type("report_missing")
@attrs.frozen(kw_only=True)
class ReportMissing:
    """Tell that a bag did not arrive."""

    kind: str
    tag: str
    flight: str


@command_type("trace")
@attrs.frozen(kw_only=True)
class Trace:
    """Tell where the bag is."""

    station: str


@command_type("deliver")
@attrs.frozen(kw_only=True)
class Deliver:
    """Hand the bag over."""

    receipt: str


@command_type("write_off")
@attrs.frozen(kw_only=True)
class WriteOff:
    """End the search."""

    compensation: Money


@command_type("call_passenger")
@attrs.frozen(kw_only=True)
class CallPassenger:
    """Tell the passenger how it stands."""

    summary: str


# -- the state: folded from the events ---------------------------------------------------------------------------------


@attrs.frozen(kw_only=True, slots=False)
class Bag:
    """A bag, as the desk knows it."""

    status: str = NEW
    kind: str = ""
    tag: str = ""
    missing_since: datetime | None = None
    station: str | None = None
    receipt: str | None = None
    compensation: Money | None = None
    calls: int = 0
    resurfaced: bool = False
    """Whether it was written off once and turned up after all."""


def _reported(bag: Bag, event: Event) -> Bag:
    data: BagReportedMissing = event.data
    return replace(bag, status=data.to, kind=data.kind, tag=data.tag, missing_since=event.happened_at)


def _traced(bag: Bag, event: Event) -> Bag:
    resurfaced = bag.resurfaced or bag.status == WRITTEN_OFF
    return replace(bag, status=event.data.to, station=event.data.station, resurfaced=resurfaced)


def _delivered(bag: Bag, event: Event) -> Bag:
    return replace(bag, status=event.data.to, receipt=event.data.receipt)


def _written_off(bag: Bag, event: Event) -> Bag:
    return replace(bag, status=event.data.to, compensation=event.data.compensation)


def _called(bag: Bag, _: Event) -> Bag:
    return replace(bag, calls=bag.calls + 1)


# -- guards: what stands in the way ------------------------------------------------------------------------------------


@guard("kind-unknown")
def kind_known(situation: Situation) -> str | None:
    """Require a kind of bag that the plan has."""
    kind = situation.command.kind
    return None if situation.plan.category(kind) else f"{kind!r} is not a kind of bag in {situation.plan.reference}"


@guard("tag-malformed")
def tag_well_formed(situation: Situation) -> str | None:
    """Require a tag of ten digits."""
    tag = situation.command.tag
    return None if tag.isascii() and tag.isdigit() and len(tag) == 10 else f"{tag!r} is not a tag: it has ten digits"


@guard("station-missing")
def station_named(situation: Situation) -> str | None:
    """Require a station that is not blank."""
    return None if situation.command.station.strip() else "name the station"


@guard("receipt-missing")
def receipt_named(situation: Situation) -> str | None:
    """Require a receipt that is not blank."""
    return None if situation.command.receipt.strip() else "a bag is handed over against a receipt"


@guard("search-too-short", reads="state")
def searched_long_enough(situation: Situation) -> str | None:
    """Require three weeks of search."""
    until = situation.state.missing_since + SEARCH
    return None if situation.at >= until else f"the bag is searched for until {until:%Y-%m-%d}"


@guard("supervisor-needed")
def supervised(situation: Situation) -> str | None:
    """Require a supervisor."""
    role = situation.actor.role if situation.actor else None
    return None if role == "supervisor" else "only a supervisor writes a bag off"


# -- deciding: the events that a command causes ------------------------------------------------------------------------


def _report_missing(situation: Situation) -> Iterator[object]:
    command: ReportMissing = situation.command
    yield BagReportedMissing(
        from_=situation.state.status, to=situation.dest, kind=command.kind, tag=command.tag, flight=command.flight
    )


def _trace(situation: Situation) -> Iterator[object]:
    yield BagTraced(from_=situation.state.status, to=situation.dest, station=situation.command.station)


def _deliver(situation: Situation) -> Iterator[object]:
    yield BagDelivered(from_=situation.state.status, to=situation.dest, receipt=situation.command.receipt)


def _write_off(situation: Situation) -> Iterator[object]:
    command: WriteOff = situation.command
    yield BagWrittenOff(from_=situation.state.status, to=situation.dest, compensation=command.compensation)


def _call_passenger(situation: Situation) -> Iterator[object]:
    yield PassengerCalled(summary=situation.command.summary)


WORKFLOW = Workflow(
    name="lost-luggage",
    version=1,
    category="bag",
    states=(MISSING, TRACED, DELIVERED, WRITTEN_OFF),
    finals=(DELIVERED, WRITTEN_OFF),
    transitions=(
        Transition("report_missing", NEW, MISSING, guards=("kind-unknown", "tag-malformed")),
        Transition("trace", MISSING, TRACED, guards=("station-missing",)),
        Transition("trace", TRACED, None, guards=("station-missing",)),
        Transition("trace", WRITTEN_OFF, TRACED, guards=("station-missing",), reopens=True),
        Transition("deliver", TRACED, DELIVERED, guards=("receipt-missing",)),
        Transition("write_off", MISSING, WRITTEN_OFF, guards=("supervisor-needed", "search-too-short")),
        Transition("call_passenger", (MISSING, TRACED, WRITTEN_OFF), None),
    ),
    guards=(kind_known, tag_well_formed, station_named, receipt_named, searched_long_enough, supervised),
    initial=Bag(),
    handlers=(
        Handler(command=ReportMissing, decide=_report_missing, emits=(BagReportedMissing,)),
        Handler(
            command=Trace,
            decide=_trace,
            emits=(BagTraced,),
            done=lambda situation: (
                situation.state.status == TRACED and situation.state.station == situation.command.station
            ),
        ),
        Handler(
            command=Deliver,
            decide=_deliver,
            emits=(BagDelivered,),
            done=lambda situation: (
                situation.state.status == DELIVERED and situation.state.receipt == situation.command.receipt
            ),
        ),
        Handler(
            command=WriteOff,
            decide=_write_off,
            emits=(BagWrittenOff,),
            done=lambda situation: situation.state.status == WRITTEN_OFF,
        ),
        Handler(command=CallPassenger, decide=_call_passenger, emits=(PassengerCalled,)),
    ),
    evolvers={
        BagReportedMissing: _reported,
        BagTraced: _traced,
        BagDelivered: _delivered,
        BagWrittenOff: _written_off,
        PassengerCalled: _called,
    },
)


def main() -> None:
    """Lose a violin, write it off too early, and find it."""
    lost_at = datetime(2026, 3, 1, 18, 40, tzinfo=UTC)
    with Engine.open("sqlite://", workflows=[WORKFLOW], plans=[PLAN]) as engine:
        report = ReportMissing(kind="instrument", tag="0125557777", flight="BA 117")
        engine.execute("bag", "BA-7", report, actor="mo.farah", role="agent", at=lost_at)
        try:
            write_off = WriteOff(compensation=Money(Decimal("1200.00"), "EUR"))
            engine.execute("bag", "BA-7", write_off, actor="mo.farah", role="agent", at=lost_at + timedelta(days=3))
        except CommandRefused as refused:
            print(refused)
        engine.execute("bag", "BA-7", Trace(station="JFK"), actor="mo.farah", role="agent")
        engine.execute("bag", "BA-7", Deliver(receipt="R-1"), actor="mo.farah", role="agent")
        print(engine.state("bag", "BA-7"))


if __name__ == "__main__":
    main()
