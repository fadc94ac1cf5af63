"""Payloads as JSON values and back, money, and the copies that a fold makes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Any
from uuid import UUID

import attrs
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from respond.domain.canonical import canonical
from respond.domain.moments import Moment
from respond.domain.money import Money
from respond.domain.payloads import corrected, from_data, from_input, reader, to_data
from respond.domain.values import replace
from respond.errors import InvalidInput, InvalidRecord, InvalidWorkflow

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
Scalar = str | int | bool | Decimal


class Colour(StrEnum):
    """A colour of bag."""

    RED = "red"
    BLUE = "blue"


class Size(IntEnum):
    """A size of bag."""

    SMALL = 1
    LARGE = 2


@attrs.frozen(kw_only=True)
class Bag:
    """A bag within a payload."""

    tag: str
    worth: Money | None = None


@attrs.frozen(kw_only=True)
class Everything:
    """A payload with a field of every kind."""

    title: str
    count: int = 0
    urgent: bool = False
    amount: Decimal = Decimal(0)
    when: Moment | None = None
    since: datetime | None = None
    day: date | None = None
    reference: UUID | None = None
    colour: Colour = Colour.RED
    palette: tuple[Colour, ...] = ()
    size: Size = Size.SMALL
    bags: tuple[Bag, ...] = ()
    tags: frozenset[str] = frozenset()
    fields: Mapping[str, Scalar | None] = attrs.field(factory=dict)
    from_: str | None = None


FULL = Everything(
    title="Kasse é",
    count=3,
    urgent=True,
    amount=Decimal("12.50"),
    when=Moment(NOON, precision="day"),
    since=NOON,
    day=date(2026, 11, 20),
    reference=UUID("01938c2f-0000-8000-8000-000000000001"),
    colour=Colour.BLUE,
    palette=(Colour.RED,),
    size=Size.LARGE,
    bags=(Bag(tag="a"), Bag(tag="b", worth=Money(Decimal("99.90"), "CNY"))),
    tags=frozenset({"x"}),
    fields={"shop": "12", "loss": Decimal("1.50"), "big": 2**60, "open": True, "staff": 4, "none": None},
    from_="reported",
)
FULL_DATA = {
    "title": "Kasse é",
    "count": 3,
    "urgent": True,
    "amount": {"$dec": "12.50"},
    "when": {"at": "2026-11-20T12:00:00.000000Z", "precision": "day"},
    "since": "2026-11-20T12:00:00.000000Z",
    "day": "2026-11-20",
    "reference": "01938c2f-0000-8000-8000-000000000001",
    "colour": "blue",
    "palette": ["red"],
    "size": 2,
    "bags": [{"tag": "a"}, {"tag": "b", "worth": {"amount": {"$dec": "99.90"}, "currency": "CNY"}}],
    "tags": ["x"],
    "fields": {
        "shop": "12",
        "loss": {"$dec": "1.50"},
        "big": {"$big": "1152921504606846976"},
        "open": True,
        "staff": 4,
        "none": None,
    },
    "from": "reported",
}
texts = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=10)
decimals = st.decimals(allow_nan=False, allow_infinity=False)
payloads = st.builds(
    Everything,
    title=texts,
    count=st.integers(-(2**53) + 1, 2**53 - 1),
    urgent=st.booleans(),
    amount=decimals,
    when=st.none() | st.datetimes(timezones=st.just(UTC)).map(Moment),
    since=st.none() | st.datetimes(timezones=st.just(UTC)),
    day=st.none() | st.dates(),
    reference=st.none() | st.uuids(),
    colour=st.sampled_from(Colour),
    palette=st.lists(st.sampled_from(Colour), max_size=2).map(tuple),
    size=st.sampled_from(Size),
    bags=st.lists(st.builds(Bag, tag=texts), max_size=2).map(tuple),
    tags=st.frozensets(texts, max_size=3),
    fields=st.dictionaries(
        texts.filter(lambda key: not key.startswith("$")), texts | decimals | st.integers() | st.booleans(), max_size=3
    ),
    from_=st.none() | texts,
)


def test_to_data() -> None:
    """A payload is stored as plain JSON values; a field that Python cannot name is stored under its own name."""
    assert to_data(FULL) == FULL_DATA
    assert canonical(to_data(FULL)) == canonical(FULL_DATA)
    assert from_data(Everything, FULL_DATA) == FULL


def test_sets_are_written_in_one_order() -> None:
    """A set is written in the order of its members, whatever order it is kept in: a retry writes the same bytes."""
    tags = ["zeta", "b", "ä", "B", "10", "9"]
    for order in (tags, tags[::-1], sorted(tags)):
        assert to_data(Everything(title="x", tags=frozenset(order)))["tags"] == ["10", "9", "B", "b", "zeta", "ä"]


def test_defaults_are_left_out() -> None:
    """Fields at their default are left out, and come back as the default."""
    assert to_data(Everything(title="x")) == {"title": "x"}
    assert from_data(Everything, {"title": "x"}) == Everything(title="x")


@given(payloads)
def test_through_a_body(payload: Everything) -> None:
    """Every payload comes back from the bytes of a body, by either reader."""
    stored = orjson.loads(canonical(to_data(payload)))
    assert from_data(Everything, stored) == payload
    assert reader(Everything)(stored) == payload
    assert from_input(Everything, stored) == payload


def test_stored_data_may_know_more() -> None:
    """What a newer writer added is ignored when stored data is read, and refused when people write it."""
    data = {"title": "x", "unknown": 1}
    assert from_data(Everything, data) == Everything(title="x")
    with pytest.raises(InvalidInput, match="unknown"):
        from_input(Everything, data)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({}, "title"),
        ({"title": 5}, "5 is not of type str at title"),
        ({"title": "x", "count": "3"}, "'3' is not of type int at count"),
        ({"title": "x", "count": True}, "True is not of type int at count"),
        ({"title": "x", "urgent": 1}, "1 is not of type bool at urgent"),
        ({"title": "x", "amount": "a lot"}, "'a lot' is not a decimal number.* at amount"),
        ({"title": "x", "amount": 1.5}, "1.5 is not a decimal number.* at amount"),
        ({"title": "x", "amount": False}, "False is not a decimal number.* at amount"),
        ({"title": "x", "when": "noon"}, "'noon' is not a time.* at when"),
        ({"title": "x", "day": "20.11.2026"}, "at day"),
        ({"title": "x", "reference": "7"}, "at reference"),
        ({"title": "x", "colour": "green"}, "'green' is not a valid Colour at colour"),
        ({"title": "x", "size": 3}, "3 is not a valid Size at size"),
        ({"title": "x", "bags": [{"tag": "a"}, {"tag": 5}]}, r"5 is not of type str at bags\[1\].tag"),
        ({"title": "x", "fields": {"a": 1.5}}, "1.5 is not one of the types"),
        ({"title": "x", "fields": {"a": [1]}}, "is not one of the types"),
        ("text", "Everything"),
    ],
)
def test_input_is_refused_with_its_place(data: Any, said: str) -> None:
    """What people wrote wrong is named with its place and value."""
    with pytest.raises(InvalidInput, match=said):
        from_input(Everything, data)


def test_all_faults_are_named() -> None:
    """Every wrong field is named at once, and the place that the caller gives comes first."""
    with pytest.raises(InvalidInput, match=r"^plan\.toml: .*count.*; .*urgent") as refused:
        from_input(Everything, {"title": "x", "count": "3", "urgent": "no"}, place="plan.toml")
    assert refused.value.place == "plan.toml"


@pytest.mark.parametrize(("written", "amount"), [("12.50", "12.50"), (12, "12"), ({"$dec": "0.10"}, "0.10")])
def test_decimals_as_people_write_them(written: Any, amount: str) -> None:
    """A decimal number may be text, a whole number, or the stored form; its digits are kept."""
    assert str(from_input(Everything, {"title": "x", "amount": written}).amount) == amount


def test_corrected() -> None:
    """A correction changes the named fields and checks them."""
    assert corrected(FULL, {"count": 4, "from": "seen"}) == attrs.evolve(FULL, count=4, from_="seen")
    with pytest.raises(InvalidInput, match="count"):
        corrected(FULL, {"count": "four"})


def test_money() -> None:
    """Money is an exact amount in a currency."""
    assert str(Money(Decimal("12.50"), "CNY")) == "12.50 CNY"


@pytest.mark.parametrize("amount", [1, 1.5, "1", None, Decimal("NaN"), Decimal("Infinity")])
def test_inexact_money(amount: Any) -> None:
    """An amount that is not a finite Decimal is refused."""
    with pytest.raises(InvalidRecord, match="amount"):
        Money(amount, "CNY")


@pytest.mark.parametrize("currency", ["", "cny", "CN", "CNYX", "¥", "CNY\n"])
def test_unknown_currency(currency: str) -> None:
    """A currency is written as three capital letters."""
    with pytest.raises(InvalidRecord, match="currency"):
        Money(Decimal(1), currency)


def test_replace() -> None:
    """A replaced value has the changes, and the old one keeps what it had."""

    @attrs.frozen(slots=False)
    class State:
        """Something that is folded."""

        name: str
        seen: timedelta = timedelta(0)

    old = State("a")
    new = replace(old, seen=timedelta(1))
    assert (new, old) == (State("a", timedelta(1)), State("a"))
    assert type(new) is State


class Plain:
    """A class that no log can hold."""


@attrs.frozen
class Within:
    """A payload within another."""

    span: timedelta


@pytest.mark.parametrize("kind", [timedelta, Plain, list[Plain], Colour | int, Within], ids=str)
def test_a_field_that_no_log_can_hold_is_named(kind):
    """The error tells of event, field and type, and which types there are."""
    payload = attrs.make_class("Paid", {"sound": attrs.field(type=int), "odd": attrs.field(type=kind)})
    with pytest.raises(InvalidWorkflow, match=r"^Paid\.odd: no log can hold a .*; an event holds text, int") as refused:
        from_data(payload, {})
    assert (refused.value.place, refused.value.value) == ("Paid.odd", kind)


def test_a_type_that_is_not_there_is_named():
    """A name that stands in an annotation only is told with its field."""
    payload = attrs.make_class("Paid", {"sound": attrs.field(type=int), "odd": attrs.field(type="list[Missing]")})
    with pytest.raises(InvalidWorkflow, match=r"^Paid\.odd: its type names 'Missing'"):
        from_data(payload, {})
