"""Loans of a library, for tests of the testing kit: a book is lent for four weeks, and renewed twice at most."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import attrs
from hypothesis.stateful import invariant

from planting import Defect, evolved, guarded, handled, stepping, telling
from respond.domain.events import Event, event_type
from respond.domain.values import replace
from respond.workflow.definition import NEW, Handler, Situation, Transition, command_type, guard
from respond.workflow.workflow import Workflow

ZONE, WEEKS, A_DAY = ZoneInfo("Asia/Shanghai"), timedelta(weeks=4), Decimal("0.10")


@event_type()
@attrs.frozen(kw_only=True)
class BookMoved:
    """It came, was lost, found or sold."""

    from_: str
    to: str


@event_type()
@attrs.frozen(kw_only=True)
class BookLent:
    """A member took it, or keeps it longer."""

    from_: str
    to: str
    due_at: datetime


@event_type()
@attrs.frozen(kw_only=True)
class BookReturned:
    """It came back; days late cost a fine."""

    from_: str
    to: str
    fine: Decimal


@attrs.frozen(kw_only=True, slots=False)
class Book:
    """A book."""

    status: str = NEW
    due_at: datetime | None = None
    renewals: int = 0
    fines: Decimal = Decimal(0)


Acquire, Lend, Renew, Return, Lose, Find, Sell = (
    command_type(name)(attrs.make_class(name.title(), {}, frozen=True, kw_only=True))
    for name in ("acquire", "lend", "renew", "return", "lose", "find", "sell")
)


def closing(now: datetime) -> datetime:
    """Return the end of the day four weeks later, where the library is."""
    return datetime.combine(now.astimezone(ZONE).date() + WEEKS + timedelta(days=1), time.min, ZONE)


def lent(book: Book, event: Event) -> Book:
    """Count how often it was renewed."""
    renewals = book.renewals + 1 if event.data.from_ == "lent" else 0
    return replace(book, status=event.data.to, due_at=event.data.due_at, renewals=renewals)


def returned(book: Book, event: Event) -> Book:
    """Add the fine; nobody has it any more."""
    return replace(book, status=event.data.to, due_at=None, renewals=0, fines=book.fines + event.data.fine)


def put(book: Book, event: Event) -> Book:
    """Take where it is; nobody has it any more."""
    return replace(book, status=event.data.to, due_at=None, renewals=0)


@guard("renewed-twice", reads="state")
def seldom(situation: Situation) -> str | None:
    """Require fewer than two renewals."""
    return None if situation.state.renewals < 2 else "it was renewed twice"


@guard("overdue", reads="state")
def punctual(situation: Situation) -> str | None:
    """Require that it is not due yet."""
    return None if situation.now < situation.state.due_at else "it is overdue"


def _lend(situation: Situation) -> Any:
    yield BookLent(**situation.step, due_at=closing(situation.now))


def _return(situation: Situation) -> Any:
    late = max(timedelta(0), situation.now - situation.state.due_at)
    yield BookReturned(**situation.step, fine=-(-late // timedelta(days=1)) * A_DAY)


LOANS = Workflow(
    name="loans",
    version=1,
    category="book",
    states=("shelved", "lent", "lost", "sold"),
    finals=("sold",),
    transitions=(
        Transition("acquire", NEW, "shelved"),
        Transition("lend", "shelved", "lent"),
        Transition("renew", "lent", None, guards=("renewed-twice", "overdue")),
        Transition("return", "lent", "shelved"),
        Transition("lose", "lent", "lost"),
        Transition("find", "lost", "shelved"),
        Transition("sell", "shelved", "sold"),
    ),
    guards=(seldom, punctual),
    initial=Book(),
    handlers=(
        *(Handler(command=one, decide=telling(BookMoved), emits=(BookMoved,)) for one in (Acquire, Lose, Find, Sell)),
        *(Handler(command=one, decide=_lend, emits=(BookLent,)) for one in (Lend, Renew)),
        Handler(command=Return, decide=_return, emits=(BookReturned,)),
    ),
    evolvers={BookMoved: put, BookLent: lent, BookReturned: returned},
)
SPANS = (timedelta(hours=7), timedelta(days=1), WEEKS, WEEKS + timedelta(hours=7))
"""Seven hours after a life begins, at nine in the morning in UTC, the day ends in Shanghai."""


class LoanRules:
    """What holds of every book."""

    @invariant()
    def nobody_renews_a_third_time(self) -> None:
        """Between lending and return are two renewals at most."""
        assert self.state.renewals <= 2

    @invariant()
    def nobody_renews_what_is_overdue(self) -> None:
        """What is renewed was not due yet."""
        pairs = zip(self.log, self.log[1:], strict=False)
        lendings = [(one, two) for one, two in pairs if {one.type, two.type} == {"BookLent"}]
        assert all(two.recorded_at < one.data.due_at for one, two in lendings)

    @invariant()
    def a_loan_lasts_four_weeks(self) -> None:
        """A book is due when the same day of the week ends in Shanghai, four weeks later."""
        if self.state.due_at is not None:
            days = self.state.due_at.astimezone(ZONE).date() - self.log[-1].recorded_at.astimezone(ZONE).date()
            assert days == WEEKS + timedelta(days=1)

    @invariant()
    def what_is_shelved_is_in_nobodys_hands(self) -> None:
        """A book on the shelf is not due."""
        assert self.status != "shelved" or (self.state.due_at is None and self.state.renewals == 0)

    @invariant()
    def what_comes_back_is_shelved(self) -> None:
        """A book that was returned is on the shelf."""
        assert not self.log or self.log[-1].type != "BookReturned" or self.status == "shelved"

    @invariant()
    def fines_add_up(self) -> None:
        """The fines are the sum of what returns cost."""
        assert self.state.fines == sum(one.data.fine for one in self.log if one.type == "BookReturned")


# -- defects ----------------------------------------------------------------------------------------------------------


def by_utc(situation: Any) -> Iterator[Any]:
    """Take the day that it is in Greenwich."""
    day = situation.now.date() + WEEKS + timedelta(days=1)
    yield BookLent(**situation.step, due_at=datetime.combine(day, time.min, ZONE))


def remembered(book: Any, event: Any) -> Any:
    """Keep who had it when it was lost."""
    return replace(book, status=event.data.to)


def by_the_wall(book: Any, event: Any) -> Any:
    """Take the time of the machine on which it is folded."""
    return replace(lent(book, event), due_at=datetime.now(UTC) + WEEKS)  # noqa: TID251 - the defect


DEFECTS = {
    "a guard is inverted": Defect(
        finder="an invariant",
        told="nobody_renews_what_is_overdue",
        plant=guarded("overdue", lambda now: None if now.now >= now.state.due_at else "it is not overdue"),
    ),
    "a bound is off by one": Defect(
        finder="an invariant",
        told="nobody_renews_a_third_time",
        plant=guarded("renewed-twice", lambda now: None if now.state.renewals <= 2 else "it was renewed twice"),
    ),
    "a deadline is met one instant too late": Defect(
        finder="an invariant",
        told="nobody_renews_what_is_overdue",
        plant=guarded("overdue", lambda now: None if now.now <= now.state.due_at else "it is overdue"),
    ),
    "a day is that of another zone": Defect(
        finder="an invariant", told="a_loan_lasts_four_weeks", plant=handled(Lend, decide=by_utc)
    ),
    "a fold reads the clock on the wall": Defect(
        finder="a check", told="replay equals live", plant=evolved(BookLent, by_the_wall)
    ),
    "a transition leads to the wrong state": Defect(
        finder="an invariant",
        told="what_comes_back_is_shelved",
        plant=stepping("return", Transition("return", "lent", "lost")),
    ),
    "what comes back is not reset": Defect(
        finder="an invariant",
        told="what_is_shelved_is_in_nobodys_hands",
        plant=evolved(BookMoved, remembered),
    ),
    "a fine is forgotten": Defect(
        finder="an invariant",
        told="fines_add_up",
        plant=evolved(BookReturned, put),
    ),
}
