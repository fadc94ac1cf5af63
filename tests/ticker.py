"""A workflow whose events tell which append they belong to: what the writers of the fault tests append."""

from __future__ import annotations

from typing import Any

import attrs

from respond.domain.events import event_type
from respond.domain.ids import hashed_id
from respond.domain.streams import StreamId
from respond.store.records import NewEvent, Write
from respond.workflow.definition import NEW, Handler, Situation, Transition, command_type
from respond.workflow.workflow import Workflow

LONG = "x" * 5000
"""More than a page of SQLite: such a body stands on pages of its own."""


@event_type()
@attrs.frozen(kw_only=True)
class Ticked:
    """A writer appended one event more."""

    writer: str
    append: int
    note: str = ""


@attrs.frozen(kw_only=True, slots=False)
class Ticker:
    """Something that ticks."""

    status: str = NEW


@command_type("tick")
@attrs.frozen(kw_only=True)
class Tick:
    """Tick once more."""

    writer: str
    append: int


def _tick(situation: Situation) -> list[Any]:
    return [Ticked(writer=situation.command.writer, append=situation.command.append)]


def _ticks(state: Any, _: object) -> Any:
    return attrs.evolve(state, status="ticking")


TICKER = Workflow(
    name="ticker",
    version=1,
    category="ticker",
    states=("ticking",),
    finals=("ticking",),
    transitions=(Transition("tick", (NEW, "ticking"), "ticking", reopens=True),),
    guards=(),
    initial=Ticker(),
    handlers=(Handler(command=Tick, decide=_tick, emits=(Ticked,)),),
    evolvers={Ticked: _ticks},
)


@attrs.frozen(order=True)
class Batch:
    """The events of one append: the same writer and number, the same events."""

    writer: str
    number: int

    @property
    def writes(self) -> tuple[Write, ...]:
        """One event; then three in two streams, which must not be torn; then one with a long body; and so on."""
        own, shared = StreamId.of("ticker", self.writer), StreamId.of("ticker", "shared")
        first, second, third = (self._event(index) for index in range(3))
        match self.number % 3:
            case 0:
                return (Write(own, [first]),)
            case 1:
                return (Write(own, [first, second]), Write(shared, [third]))
            case _:
                return (Write(own, [self._event(0, note=LONG)]),)

    @property
    def ids(self) -> list[str]:
        """The ids of its events, in the order in which the log has them."""
        return [event.id for write in self.writes for event in write.events]

    def _event(self, index: int, note: str = "") -> NewEvent:
        event_id = str(hashed_id("ticker", self.writer, str(self.number), str(index)))
        return NewEvent(id=event_id, type="Ticked", data={"writer": self.writer, "append": self.number, "note": note})
