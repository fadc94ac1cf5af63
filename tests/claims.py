"""A workflow of seven states for tests of the testing kit: a claim of a customer is examined, approved and paid."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, Literal

import attrs
from attrs import validators as v
from hypothesis import strategies as st
from hypothesis.stateful import invariant

from planting import Defect, evolved, guarded, handled, with_guard, with_handler
from respond.domain.events import Event, event_type
from respond.domain.values import replace
from respond.workflow.definition import NEW, Handler, Situation, Transition, command_type, guard, not_blank
from respond.workflow.workflow import Workflow

SECOND_THOUGHTS = timedelta(days=14)
"""How long after the last payment a claim stays open."""

# -- events ------------------------------------------------------------------------------------------------------------


@event_type()
@attrs.frozen(kw_only=True)
class ClaimFiled:
    """A customer claims an amount."""

    from_: str
    to: str
    amount: int


@event_type()
@attrs.frozen(kw_only=True)
class ClaimExamined:
    """Someone looked at it."""

    from_: str
    to: str
    finding: str
    owed: int


@event_type()
@attrs.frozen(kw_only=True)
class ClaimMoved:
    """It was approved, disputed, closed or withdrawn."""

    from_: str
    to: str
    why: str = ""


@event_type()
@attrs.frozen(kw_only=True)
class ClaimPaid:
    """A part was paid, or the rest."""

    from_: str
    to: str
    amount: int


# -- commands ----------------------------------------------------------------------------------------------------------


@command_type("file")
@attrs.frozen(kw_only=True)
class File:
    """Claim an amount."""

    amount: int = attrs.field(validator=[v.ge(1), v.le(1000)])


@command_type("examine")
@attrs.frozen(kw_only=True)
class Examine:
    """Say what is owed."""

    finding: Literal["sound", "doubtful"]
    owed: int = attrs.field(validator=[v.ge(0), v.le(1000)])


@command_type("approve")
@attrs.frozen(kw_only=True)
class Approve:
    """Let it be paid."""


@command_type("dispute")
@attrs.frozen(kw_only=True)
class Dispute:
    """Say that too little is owed."""

    why: str


@command_type("pay")
@attrs.frozen(kw_only=True)
class Pay:
    """Pay a part, or the rest."""

    amount: int = attrs.field(validator=[v.ge(0), v.le(1000)])


@command_type("close")
@attrs.frozen(kw_only=True)
class Close:
    """End it."""


@command_type("withdraw")
@attrs.frozen(kw_only=True)
class Withdraw:
    """Give it up."""

    why: str = ""


# -- the state ---------------------------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True, slots=False)
class Claim:
    """A claim."""

    status: str = NEW
    amount: int = 0
    owed: int = 0
    finding: str = ""
    paid: int = 0
    paid_at: datetime | None = None
    why: str = ""


def filed(claim: Claim, event: Event) -> Claim:
    """Take what is claimed."""
    return replace(claim, status=event.data.to, amount=event.data.amount)


def examined(claim: Claim, event: Event) -> Claim:
    """Take what is owed."""
    return replace(claim, status=event.data.to, owed=event.data.owed, finding=event.data.finding)


def moved(claim: Claim, event: Event) -> Claim:
    """Take where it went."""
    return replace(claim, status=event.data.to, why=event.data.why)


def paid(claim: Claim, event: Event) -> Claim:
    """Add what was paid."""
    at = event.happened_at
    return replace(claim, status=event.data.to, paid=claim.paid + event.data.amount, paid_at=at)


# -- guards ------------------------------------------------------------------------------------------------------------


@guard("owed-exceeds-claim")
def within_claim(situation: Situation) -> str | None:
    """Require that no more is owed than was claimed, nor less than was paid."""
    least, most = situation.state.paid, situation.state.amount
    return None if least <= situation.command.owed <= most else f"between {least} and {most} can be owed"


@guard("doubtful", reads="state")
def sound(situation: Situation) -> str | None:
    """Require that the claim was found sound."""
    return None if situation.state.finding == "sound" else "a doubtful claim is not approved"


@guard("overpaid")
def not_overpaid(situation: Situation) -> str | None:
    """Require that less is paid than is left, for the rest is another step."""
    rest = situation.state.owed - situation.state.paid
    return None if situation.command.amount < rest else f"{rest} is left to be paid"


@guard("rest-left")
def all_of_it(situation: Situation) -> str | None:
    """Require that the rest is paid."""
    rest = situation.state.owed - situation.state.paid
    return None if situation.command.amount == rest else f"{rest} is left to be paid"


@guard("too-soon", reads="state")
def thought_over(situation: Situation) -> str | None:
    """Require two weeks since the last payment."""
    until = situation.state.paid_at + SECOND_THOUGHTS
    return None if situation.now >= until else f"it stays open until {until:%Y-%m-%d}"


# -- deciding ----------------------------------------------------------------------------------------------------------


def _file(situation: Situation) -> Iterator[Any]:
    yield ClaimFiled(**situation.step, amount=situation.command.amount)


def _examine(situation: Situation) -> Iterator[Any]:
    yield ClaimExamined(**situation.step, finding=situation.command.finding, owed=situation.command.owed)


def _move(situation: Situation) -> Iterator[Any]:
    yield ClaimMoved(**situation.step, why=getattr(situation.command, "why", ""))


def _pay(situation: Situation) -> Iterator[Any]:
    yield ClaimPaid(**situation.step, amount=situation.command.amount)


def _examined_already(situation: Situation) -> bool:
    state, command = situation.state, situation.command
    return state.status == "examined" and (state.finding, state.owed) == (command.finding, command.owed)


DEFINITION: dict[str, Any] = {
    "name": "claim",
    "version": 1,
    "category": "claim",
    "states": ("filed", "examined", "approved", "disputed", "paid", "closed", "withdrawn"),
    "finals": ("closed", "withdrawn"),
    "transitions": (
        Transition("file", NEW, "filed"),
        Transition("examine", "filed", "examined", guards=("owed-exceeds-claim",)),
        Transition("examine", "examined", None, guards=("owed-exceeds-claim",)),
        Transition("examine", "disputed", "examined", guards=("owed-exceeds-claim",)),
        Transition("approve", "examined", "approved", guards=("doubtful",)),
        Transition("dispute", "approved", "disputed", guards=("why-missing",)),
        Transition("pay", "approved", "paid", guards=("rest-left",)),
        Transition("pay", "approved", None, guards=("overpaid",)),
        Transition("close", "paid", "closed", guards=("too-soon",)),
        Transition("withdraw", ("filed", "examined", "disputed"), "withdrawn"),
    ),
    "guards": (within_claim, sound, not_overpaid, all_of_it, thought_over, not_blank("why-missing", "why")),
    "initial": Claim(),
    "handlers": (
        Handler(command=File, decide=_file, emits=(ClaimFiled,)),
        Handler(command=Examine, decide=_examine, emits=(ClaimExamined,), done=_examined_already),
        Handler(command=Approve, decide=_move, emits=(ClaimMoved,), done=lambda one: one.state.status == "approved"),
        Handler(command=Dispute, decide=_move, emits=(ClaimMoved,)),
        Handler(command=Pay, decide=_pay, emits=(ClaimPaid,)),
        Handler(command=Close, decide=_move, emits=(ClaimMoved,), done=lambda one: one.state.status == "closed"),
        Handler(command=Withdraw, decide=_move, emits=(ClaimMoved,)),
    ),
    "evolvers": {ClaimFiled: filed, ClaimExamined: examined, ClaimMoved: moved, ClaimPaid: paid},
}


def made(**changes: Any) -> Workflow:
    """Return the sound workflow with *changes*."""
    return Workflow(**{**DEFINITION, **changes})


CLAIM = made()


class ClaimRules:
    """What holds of every claim."""

    @invariant()
    def payments_add_up(self) -> None:
        """What was paid is the sum of the payments."""
        assert self.state.paid == sum(event.data.amount for event in self.log if event.type == "ClaimPaid")

    @invariant()
    def nobody_is_overpaid(self) -> None:
        """No more is paid than was claimed."""
        assert self.state.paid <= self.state.amount

    @invariant()
    def nobody_is_paid_more_than_is_owed(self) -> None:
        """Once it is paid, no more was paid than was owed."""
        paid = sum(event.data.amount for event in self.log if event.type == "ClaimPaid")
        assert self.status != "paid" or paid <= self.state.owed

    @invariant()
    def it_stays_open_for_two_weeks(self) -> None:
        """A claim is closed two weeks after the last payment, and no earlier."""
        if self.status == "closed":
            assert self.log[-1].recorded_at - self.state.paid_at >= SECOND_THOUGHTS


# -- defects ----------------------------------------------------------------------------------------------------------


FITTING = {
    "examine": {"finding": st.just("sound"), "owed": lambda trial: st.integers(0, trial.state.amount)},
    "pay": {"amount": lambda trial: st.just(max(0, trial.state.owed - trial.state.paid))},
}
"""What lets the lives of claims get to their end: amounts that fit what was said before."""


def turns(every: int) -> Iterator[bool]:
    """Yield True each so many times."""
    return (turn % every == every - 1 for turn in itertools.count())


def impure() -> Callable[[Any], str | None]:
    """Return a guard that answers differently each third time."""
    turn = turns(3)
    return lambda _: "it is the third time" if next(turn) else None


def renumbered() -> Callable[[Any], Iterator[Any]]:
    """Return what decides otherwise each time that it is asked."""
    turn = itertools.count()

    def decide(situation: Any) -> Iterator[Any]:
        yield ClaimMoved(**situation.step, why=f"turn {next(turn)}")

    return decide


def crashing(claim: Any, event: Any) -> Any:
    """Fail on a dispute."""
    if event.data.to == "disputed":
        raise ZeroDivisionError
    return moved(claim, event)


def early(situation: Any) -> str | None:
    """Require two weeks, by the wrong comparison."""
    until = situation.state.paid_at + SECOND_THOUGHTS - timedelta(days=7)
    return None if situation.now >= until else "too soon"


def two_steps(situation: Any) -> Iterator[Any]:
    """Say a step that the workflow does not have."""
    yield ClaimMoved(from_=situation.state.status, to="paid")


DEFECTS = {
    "a guard is missing": Defect(
        finder="an invariant", told="nobody_is_overpaid", plant=guarded("overpaid", lambda _: None)
    ),
    "a guard asks the wrong field": Defect(
        finder="an invariant",
        told="nobody_is_paid_more_than_is_owed",
        plant=guarded("rest-left", lambda now: None if now.command.amount == now.state.owed else "not all"),
        options={"payloads": {"pay": {"amount": lambda trial: st.sampled_from([1, trial.state.owed])}}},
    ),
    "an update is lost": Defect(
        finder="an invariant",
        told="payments_add_up",
        plant=evolved(
            ClaimPaid,
            lambda claim, event: replace(paid(claim, event), paid=event.data.amount),
        ),
    ),
    "a span is compared with a shorter one": Defect(
        finder="an invariant",
        told="it_stays_open_for_two_weeks",
        plant=guarded("too-soon", early),
        options={"payloads": FITTING},
    ),
    "an event cannot be folded": Defect(
        finder="a check", told="ZeroDivisionError", plant=evolved(ClaimMoved, crashing)
    ),
    "the state does not follow": Defect(
        finder="a check",
        told="the state follows the transition",
        plant=evolved(ClaimExamined, lambda claim, _: replace(claim, finding="sound")),
    ),
    "a guard is not pure": Defect(
        finder="a check", told="pure", plant=lambda one: with_guard(one, "owed-exceeds-claim", impure())
    ),
    "a decision is not pure": Defect(
        finder="a check",
        told="the same command id causes nothing more",
        plant=lambda one: with_handler(one, Withdraw, decide=renumbered()),
    ),
    "an event tells a step that there is not": Defect(
        finder="a check",
        told="every step is one of the table",
        plant=handled(Dispute, decide=two_steps),
    ),
    "a command is never done": Defect(
        finder="a check",
        told="a command that says when it is done is done once it was carried out",
        plant=handled(Approve, done=lambda _: False),
    ),
    "a guard never agrees": Defect(
        finder="a check",
        told="a final state can still be reached",
        plant=guarded("too-soon", lambda _: "it is always too soon"),
        options={"payloads": FITTING},
    ),
}
