"""The stock of a medicine on a ward, for tests of the testing kit: received, given to patients, counted, withheld."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import attrs
from attrs import validators as v
from hypothesis import strategies as st
from hypothesis.stateful import invariant

from planting import UNASKED, Defect, evolved, guarded, handled, stepping, telling, with_evolver, with_handler
from respond.domain.events import Event, event_type
from respond.domain.values import replace
from respond.workflow.definition import NEW, Handler, Situation, Transition, command_type, guard
from respond.workflow.workflow import Workflow


@event_type()
@attrs.frozen(kw_only=True)
class StockMoved:
    """The stock was opened, withheld, released or closed."""

    from_: str
    to: str


@event_type()
@attrs.frozen(kw_only=True)
class MedicineReceived:
    """A delivery came."""

    delivery: str
    quantity: Decimal


@event_type()
@attrs.frozen(kw_only=True)
class MedicineGiven:
    """A patient got some."""

    quantity: Decimal


@command_type("receive")
@attrs.frozen(kw_only=True)
class Receive:
    """Take a delivery."""

    delivery: str = attrs.field(validator=v.in_(["d1", "d2", "d3"]))
    quantity: Decimal = attrs.field(validator=[v.instance_of(Decimal), v.ge(Decimal(0)), v.le(Decimal(99))])


@command_type("give")
@attrs.frozen(kw_only=True)
class Give:
    """Give some to a patient."""

    quantity: Decimal = attrs.field(validator=[v.instance_of(Decimal), v.ge(Decimal(0))])


Open, Withhold, Release, Close = (
    command_type(name)(attrs.make_class(name.title(), {}, frozen=True, kw_only=True))
    for name in ("open", "withhold", "release", "close")
)


@attrs.frozen(kw_only=True, slots=False)
class Stock:
    """What is there, and which deliveries it came with."""

    status: str = NEW
    on_hand: Decimal = Decimal(0)
    deliveries: tuple[tuple[str, Decimal], ...] = ()


def received(stock: Stock, event: Event) -> Stock:
    """Add a delivery."""
    delivery, quantity = event.data.delivery, event.data.quantity
    return replace(stock, on_hand=stock.on_hand + quantity, deliveries=(*stock.deliveries, (delivery, quantity)))


def handed(stock: Stock, event: Event) -> Stock:
    """Take away what was given."""
    return replace(stock, on_hand=stock.on_hand - event.data.quantity)


@guard("not-enough")
def enough(situation: Situation) -> str | None:
    """Require that it is there."""
    return None if situation.command.quantity <= situation.state.on_hand else "there is less"


@guard("not-empty", reads="state")
def empty(situation: Situation) -> str | None:
    """Require that nothing is left."""
    return "something is left" if situation.state.on_hand else None


def _received_already(situation: Situation) -> bool:
    return situation.command.delivery in {delivery for delivery, _ in situation.state.deliveries}


def _receive(situation: Situation) -> Any:
    yield MedicineReceived(delivery=situation.command.delivery, quantity=situation.command.quantity)


def _give(situation: Situation) -> Any:
    yield MedicineGiven(quantity=situation.command.quantity)


WARD = Workflow(
    name="ward",
    version=1,
    category="stock",
    states=("open", "withheld", "closed"),
    finals=("closed",),
    transitions=(
        Transition("open", NEW, "open"),
        Transition("receive", ("open", "withheld"), None),
        Transition("give", "open", None, guards=("not-enough",)),
        Transition("withhold", "open", "withheld"),
        Transition("release", "withheld", "open"),
        Transition("close", "open", "closed", guards=("not-empty",)),
    ),
    guards=(enough, empty),
    initial=Stock(),
    handlers=(
        *(
            Handler(command=one, decide=telling(StockMoved), emits=(StockMoved,))
            for one in (Open, Withhold, Release, Close)
        ),
        Handler(command=Receive, decide=_receive, emits=(MedicineReceived,), done=_received_already),
        Handler(command=Give, decide=_give, emits=(MedicineGiven,)),
    ),
    evolvers={
        StockMoved: lambda stock, event: replace(stock, status=event.data.to),
        MedicineReceived: received,
        MedicineGiven: handed,
    },
)
OPTIONS = {
    "payloads": {"give": {"quantity": lambda trial: st.just(trial.state.on_hand) | st.decimals(0, 9, places=2)}},
    "finals": (),
}
"""What is left is given now and then, so that some lives get to their end; that all could is not asked here."""


class WardRules:
    """What holds of every stock."""

    @invariant()
    def there_is_no_less_than_nothing(self) -> None:
        """Nobody gets what is not there."""
        assert self.state.on_hand >= 0

    @invariant()
    def the_books_balance(self) -> None:
        """What is there is what came, less what was given: to the last digit."""
        came = sum(one.data.quantity for one in self.log if one.type == "MedicineReceived")
        assert self.state.on_hand == came - sum(one.data.quantity for one in self.log if one.type == "MedicineGiven")

    @invariant()
    def a_delivery_comes_once(self) -> None:
        """No delivery is counted twice."""
        deliveries = [one.data.delivery for one in self.log if one.type == "MedicineReceived"]
        assert len(deliveries) == len(set(deliveries))

    @invariant()
    def nothing_is_given_while_it_is_withheld(self) -> None:
        """What is withheld is given to nobody."""
        status = NEW
        for one in self.log:
            assert (one.type, status) != ("MedicineGiven", "withheld")
            status = getattr(one.data, "to", status)

    @invariant()
    def what_is_closed_is_empty(self) -> None:
        """A stock that is closed holds nothing."""
        assert self.status != "closed" or not self.state.on_hand


# -- defects ----------------------------------------------------------------------------------------------------------


@event_type()
@attrs.frozen(kw_only=True)
class MedicineWeighed:
    """A patient got some, so much by the scales."""

    quantity: float


def as_a_float(situation: Any) -> Iterator[Any]:
    """Say a quantity as no log can keep it."""
    yield MedicineWeighed(quantity=float(situation.command.quantity))


def in_floats(stock: Any, event: Any) -> Any:
    """Add as a pocket calculator does."""
    return replace(received(stock, event), on_hand=Decimal(float(stock.on_hand) + float(event.data.quantity)))


def in_place(stock: Any, event: Any) -> Any:
    """Add a delivery to the list that the last state has."""
    after = received(stock, event)
    stock.deliveries.append((event.data.delivery, event.data.quantity))
    return replace(after, deliveries=stock.deliveries)


DEFECTS = {
    "a counter falls below nothing": Defect(
        finder="an invariant",
        told="there_is_no_less_than_nothing",
        plant=guarded("not-enough", lambda _: None),
    ),
    "a quantity goes through floats": Defect(
        finder="an invariant", told="the_books_balance", plant=evolved(MedicineReceived, in_floats)
    ),
    "an event holds what no log can": Defect(
        finder="a check",
        told="what a command says can be stored",
        plant=lambda one: with_handler(
            with_evolver(one, MedicineWeighed, handed), Give, decide=as_a_float, emits=(MedicineWeighed,)
        ),
    ),
    "a command is carried out twice": Defect(
        finder="an invariant",
        told="a_delivery_comes_once",
        plant=handled(Receive, done=UNASKED),
    ),
    "a command is known by the wrong key": Defect(
        finder="an invariant",
        told="a_delivery_comes_once",
        plant=handled(Receive, done=lambda now: (now.command.delivery, now.command.quantity) in now.state.deliveries),
    ),
    "a fold changes the state that it was given": Defect(
        finder="a check",
        told="an event leaves the state before it alone",
        plant=lambda one: attrs.evolve(with_evolver(one, MedicineReceived, in_place), initial=Stock(deliveries=[])),
    ),
    "a transition too many": Defect(
        finder="an invariant",
        told="nothing_is_given_while_it_is_withheld",
        plant=stepping("give", Transition("give", ("open", "withheld"), None, guards=("not-enough",))),
    ),
    "a guard is asked on one way only": Defect(
        finder="an invariant",
        told="what_is_closed_is_empty",
        plant=stepping(
            "close",
            Transition("close", "open", "closed", guards=("not-empty",)),
            Transition("close", "withheld", "closed"),
        ),
    ),
}
