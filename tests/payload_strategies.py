"""Hypothesis strategies for payloads and commands, made from the types of their fields."""

from __future__ import annotations

import types
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import attrs
from hypothesis import strategies as st

from respond.domain.canonical import RESERVED_KEYS, SAFE_INTEGER
from respond.domain.moments import PRECISIONS, Moment
from respond.domain.money import Money

texts = st.text(max_size=8)
safe_integers = st.integers(-SAFE_INTEGER, SAFE_INTEGER)
decimals = st.decimals(allow_nan=False, allow_infinity=False, places=None)
instants = st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
keys = texts.filter(lambda key: key not in RESERVED_KEYS)
json_values = st.recursive(
    st.none() | st.booleans() | safe_integers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=5,
)
fields = st.dictionaries(keys, texts | st.integers() | st.booleans() | decimals, max_size=3)


@st.composite
def moments(draw: st.DrawFn) -> Moment:
    """Draw a point or an interval of any precision."""
    at = draw(instants)
    until = draw(st.none() | instants.filter(lambda later: later >= at) | st.just(at))
    offset = draw(st.none() | st.integers(-1439, 1439))
    return Moment(at, until, draw(st.sampled_from(PRECISIONS)), offset)


_LEAVES: dict[Any, st.SearchStrategy[Any]] = {
    str: texts,
    int: safe_integers,
    bool: st.booleans(),
    Decimal: decimals,
    Moment: moments(),
    Money: st.builds(Money, decimals, st.from_regex(r"[A-Z]{3}", fullmatch=True)),
    datetime: instants,
    date: st.dates(),
    UUID: st.uuids(),
    Any: json_values,
    types.NoneType: st.none(),
}


def payloads(kind: type) -> st.SearchStrategy[Any]:
    """Return what draws instances of the attrs class *kind*."""
    hints = get_type_hints(kind)
    return st.builds(kind, **{field.name: of_type(hints[field.name]) for field in attrs.fields(kind)})


def of_type(kind: Any) -> st.SearchStrategy[Any]:
    """Return what draws values of the type *kind*."""
    if kind in _LEAVES:
        return _LEAVES[kind]
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin in (Union, types.UnionType):
        if set(arguments) == {str, int, bool, Decimal}:
            return texts | st.integers() | st.booleans() | decimals
        return st.one_of([of_type(member) for member in arguments])
    if origin is tuple:
        return st.lists(of_type(arguments[0]), max_size=3).map(tuple)
    if origin in (dict, Mapping):
        return st.dictionaries(keys, of_type(arguments[1]), max_size=3)
    return payloads(kind)
