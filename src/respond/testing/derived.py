"""Hypothesis strategies for values, derived from their types and from what their validators allow."""

from __future__ import annotations

import types
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from functools import cache
from itertools import combinations
from typing import Annotated, Any, Literal, NewType, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import attrs
from hypothesis import strategies as st

from respond.domain.canonical import SAFE_INTEGER
from respond.domain.moments import PRECISIONS, Moment
from respond.domain.money import Money
from respond.domain.payloads import hints_of
from respond.errors import InvalidInput
from respond.testing.clocks import START
from respond.testing.limits import Limits, limits_of

MEMBERS_MAX = 3
"""How many members a collection has, unless its validators ask for more."""
TEXT_MAX = 8
"""How long a text is, unless its validators allow more."""
AROUND = timedelta(days=30)
"""How far from `START` times lie, unless validators say otherwise."""
PLACES = 2
"""How many places a Decimal within bounds has, unless the bounds have more."""
_EVERYDAY = st.integers(0, 9) | st.integers(0, 99)
"""Numbers of the size that people meet, and most bounds lie among."""
_WORDS = ("a", "b", "c")
TEXTS = (
    *_WORDS,
    "",
    " ",
    "0",
    "Kö 中断",
    'it\'s "so", <b>100%</b> {x} \\n',
    "line one\nline two\ttabbed",
    " padded ",
    "e\u0301\u00e9\u0131\u05d0\ufeff\u2028\U0001f642\U0010ffff",
    "\0\x7f\x80",
    "null",
    "word " * 40,
)
"""What people write, and what programs stumble over; drawn where nothing is said of a text but its type."""
_ALPHABET = "".join(sorted({*"abcdefghijklmnopqrstuvwxyz", *"".join(TEXTS)}))
_UNKNOWN: Mapping[type, tuple[Any, ...]] = {str: ("", "a"), int: (0, -1, 99)}
"""What stands beside the names that a plan has, and means nothing to it."""
_CURRENCIES = ("EUR", "CNY", "USD")
_COLLECTIONS = {tuple, list, Sequence, Collection, Iterable, set, frozenset, AbstractSet}
_SETS = {set, frozenset, AbstractSet}
_MAPPINGS = {dict, Mapping}

Strategy = st.SearchStrategy[Any]
_FREE = Limits()
json_values: Strategy = st.recursive(
    st.none() | st.booleans() | st.integers(-SAFE_INTEGER, SAFE_INTEGER) | st.sampled_from(TEXTS),
    lambda inner: (
        st.lists(inner, max_size=MEMBERS_MAX) | st.dictionaries(st.sampled_from(TEXTS), inner, max_size=MEMBERS_MAX)
    ),
    max_leaves=5,
)
"""Whatever a record can hold."""


class Underivable(InvalidInput):
    """No values of this type can be made without help."""


@attrs.frozen
class Deriver:
    """Derives strategies; *named* knows what values fields of certain names have."""

    named: Mapping[str, Sequence[Any]] = attrs.field(factory=dict)
    """For a name of a text or number field, the values that mean something; others are drawn too."""

    def given(self, kind: type, overrides: Mapping[str, Strategy] = types.MappingProxyType({})) -> Strategy:
        """Return what draws the arguments of the attrs class *kind*; those with a default are left out at times.

        Raises `Underivable` that names the field, and `InvalidWorkflow` for a type that names what is not there.
        """
        hints = hints_of(kind)
        needed: dict[str, Strategy] = {}
        optional: dict[str, Strategy] = {}
        for field in attrs.fields(kind):
            if field.init:
                chosen = overrides.get(field.name)
                if chosen is None:
                    chosen = self._field(kind, field, hints.get(field.name, attrs.NOTHING))
                (needed if field.default is attrs.NOTHING else optional)[field.alias or field.name] = chosen
        return _arguments(needed, optional)

    def built(self, kind: type, overrides: Mapping[str, Strategy] = types.MappingProxyType({})) -> Strategy:
        """Return what draws instances of the attrs class *kind*; what it refuses is drawn anew."""
        given = self.given(kind, overrides)
        if not refusing(kind):
            return given.map(lambda arguments: kind(**arguments))
        return given.map(lambda arguments: _attempted(kind, arguments)).filter(lambda made: made is not _REFUSED)

    def of(self, kind: Any, limits: Limits = _FREE, name: str = "") -> Strategy:
        """Return what draws values of the type *kind* within *limits* for a field called *name*."""
        meant = kind.__supertype__ if isinstance(kind, NewType) else getattr(kind, "__value__", kind)
        if meant is not kind:  # a name for another type
            return self.of(meant, limits, name)
        origin, arguments = get_origin(kind), get_args(kind)
        if origin is Annotated:
            return self.of(arguments[0], limits, name)
        if origin is Literal:
            return st.sampled_from(arguments)
        if origin in (Union, types.UnionType):
            nothing = [st.none()] if limits.none and types.NoneType in arguments else []
            some = [one for one in arguments if one is not types.NoneType]
            return st.one_of(nothing + [self.of(one, limits, name) for one in some])
        if limits.options is not None:
            return _valid(st.sampled_from(limits.options))
        if origin is tuple and not arguments:  # tuple[()]
            return st.just(())
        if (origin or kind) in _COLLECTIONS:
            return self._collection(origin or kind, arguments, limits, name)
        if (origin or kind) in _MAPPINGS:
            return self._mapping(arguments, limits)
        if isinstance(kind, type):
            return self._scalar(kind, limits, name)
        raise Underivable(f"no values of the type {kind!r} can be derived")

    def _field(self, kind: type, field: attrs.Attribute[Any], hint: Any) -> Strategy:
        place = f"{kind.__name__}.{field.name}"
        if hint is attrs.NOTHING:
            raise Underivable("has no type; annotate it", place=place)
        try:
            return self.of(hint, limits_of(field.validator), field.name)
        except Underivable as error:
            raise Underivable(str(error).removeprefix(f"{error.place}: "), place=place, value=hint) from error
        except (TypeError, ValueError) as error:
            raise Underivable(f"no value keeps to its validators: {error}", place=place, value=hint) from error

    def _scalar(self, kind: type, limits: Limits, name: str) -> Strategy:
        if kind in _LEAVES:
            known = [one for one in self.named.get(name, ()) if type(one) is kind]
            if known and limits == _FREE:
                return st.sampled_from([*known, *_UNKNOWN[kind]])
            return _valid(_LEAVES[kind](limits))
        if issubclass(kind, Enum):
            return st.sampled_from(kind)
        if attrs.has(kind):
            return st.deferred(lambda: self.built(kind)) if _mentions(kind) else self.built(kind)
        raise Underivable(f"no values of the type {kind.__name__} can be derived")

    def _collection(self, kind: Any, arguments: tuple[Any, ...], limits: Limits, name: str) -> Strategy:
        of_members = limits_of(*limits.members)
        if kind is tuple and arguments and Ellipsis not in arguments:
            return st.tuples(*(self.of(one, of_members, name) for one in arguments))
        member = self.of(arguments[0], of_members, name) if arguments else json_values
        shortest, longest = _lengths(limits, MEMBERS_MAX)
        made: Callable[[Any], Any] = frozenset if kind in _SETS else list if kind is list else tuple
        unique = repr if kind in _SETS else None
        return st.lists(member, min_size=shortest, max_size=longest, unique_by=unique).map(made)

    def _mapping(self, arguments: tuple[Any, ...], limits: Limits) -> Strategy:
        key, value = arguments or (str, Any)
        of_keys = limits_of(*limits.keys)
        shortest, longest = _lengths(limits, MEMBERS_MAX)
        values = self.of(value, limits_of(*limits.members))
        return st.dictionaries(self.of(key, of_keys), values, min_size=shortest, max_size=longest)


@st.composite
def _arguments(draw: st.DrawFn, needed: Mapping[str, Strategy], optional: Mapping[str, Strategy]) -> dict[str, Any]:
    """Draw arguments: of the optional ones none, one, two or all, by a single choice, so that failures shrink well."""
    arguments = {name: draw(one) for name, one in needed.items()}
    if optional:
        for name in draw(_subsets(tuple(optional))):
            arguments[name] = draw(optional[name])
    return arguments


@cache
def _subsets(names: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    some = [(), *((one,) for one in names), *combinations(names, 2), names]
    return st.sampled_from(list(dict.fromkeys(some)))


# -- classes -----------------------------------------------------------------------------------------------------------

_REFUSED = object()


def refusing(kind: type) -> bool:
    """Return whether *kind* may refuse arguments for reasons that cannot be read off."""
    fields = attrs.fields(kind)
    return hasattr(kind, "__attrs_post_init__") or any(limits_of(field.validator).opaque for field in fields)


def _attempted(kind: type, arguments: Mapping[str, Any]) -> Any:
    try:
        return kind(**arguments)
    except (TypeError, ValueError):
        return _REFUSED


def _mentions(kind: type, seen: frozenset[type] = frozenset()) -> bool:
    """Return whether values of *kind* may hold others of *kind*."""
    if kind in seen:
        return True
    hints = get_type_hints(kind) if attrs.has(kind) else {}
    return any(_mentions(one, seen | {kind}) for hint in hints.values() for one in _classes(hint))


def _classes(hint: Any) -> Iterable[type]:
    if isinstance(hint, type) and attrs.has(hint):
        yield hint
    for argument in get_args(hint):
        yield from _classes(argument)


# -- scalars -----------------------------------------------------------------------------------------------------------


def _valid(strategy: Strategy) -> Strategy:
    """Return *strategy*; raises what Hypothesis has against it, which comes with the first draw else."""
    strategy.validate()
    return strategy


def _lengths(limits: Limits, more: int) -> tuple[int, int]:
    """Return the smallest and the largest length, which is *more* where no validator says it; raises `ValueError`."""
    longest = limits.shortest + more if limits.longest is None else limits.longest
    if longest < limits.shortest:
        raise ValueError(f"it has {limits.shortest} members at least, and {longest} at most")
    return limits.shortest, longest


def _bounds(limits: Limits, step: Any) -> tuple[Any, Any]:
    """Return the smallest and the largest value; *step* lies between an excluded bound and its neighbour."""
    least = limits.least if limits.above is None else limits.above + step
    most = limits.most if limits.below is None else limits.below - step
    if limits.above is not None and limits.least is not None:
        least = max(limits.least, least)
    if limits.below is not None and limits.most is not None:
        most = min(limits.most, most)
    return least, most


def _texts(limits: Limits) -> Strategy:
    if limits.patterns:
        drawn = st.from_regex(limits.patterns[0], alphabet=st.characters(codec="utf-8"))
        for pattern in limits.patterns[1:]:
            drawn = drawn.filter(pattern.search)
        most = limits.longest
        return drawn.filter(lambda text: limits.shortest <= len(text) and (most is None or len(text) <= most))
    if limits.longest is None and not limits.shortest:
        return st.sampled_from(TEXTS)
    shortest, longest = _lengths(limits, TEXT_MAX)
    words = [word * max(limits.shortest, 1) for word in _WORDS] if longest else [""]
    return st.sampled_from(words) | st.text(_ALPHABET, min_size=shortest, max_size=longest)


def _integers(limits: Limits) -> Strategy:
    least, most = _bounds(limits, 1)
    if least is not None and most is not None:
        return st.integers(least, most)
    first, sign = (least, 1) if most is None else (most, -1)
    if first is None:
        return _EVERYDAY | st.integers(-SAFE_INTEGER, SAFE_INTEGER)
    return _EVERYDAY.map(lambda number: first + sign * number) | st.integers(
        -SAFE_INTEGER if least is None else least, SAFE_INTEGER if most is None else most
    )


def _decimals(limits: Limits) -> Strategy:
    told = {name: getattr(limits, name) for name in ("least", "above", "most", "below")}
    given = {name: bound for name, bound in told.items() if bound is not None}
    if not given:
        return st.integers(0, 99).map(Decimal) | st.decimals(allow_nan=False, allow_infinity=False)
    bounds: dict[str, Any] = {name: Decimal(bound) for name, bound in given.items()}
    exact = attrs.evolve(limits, **bounds)
    places = max(PLACES, *(-int(Decimal(str(bound)).as_tuple().exponent) for bound in given.values()))
    least, most = _bounds(exact, Decimal(1).scaleb(-places))
    if least is not None and most is not None and least > most:  # between two neighbours of so many places
        places += 1
        least, most = _bounds(exact, Decimal(1).scaleb(-places))
    return st.decimals(least, most, allow_nan=False, allow_infinity=False, places=places)


def _floats(limits: Limits) -> Strategy:
    least, most = _bounds(limits, 0)
    return st.floats(
        least,
        most,
        exclude_min=least is not None and limits.above == least,
        exclude_max=most is not None and limits.below == most,
        allow_nan=False,
        allow_infinity=False,
    )


def _instants(limits: Limits) -> Strategy:
    least, most = _bounds(limits, timedelta(microseconds=1))
    first = (most - 2 * AROUND if most is not None else START - AROUND) if least is None else least
    last = (first + 2 * AROUND) if most is None else most
    return st.timedeltas(first - START, last - START).map(lambda span: START + span)


def _dates(limits: Limits) -> Strategy:
    least, most = _bounds(limits, timedelta(days=1))
    first = (most - 2 * AROUND if most is not None else (START - AROUND).date()) if least is None else least
    return st.dates(first, (first + 2 * AROUND) if most is None else most)


def _spans(limits: Limits) -> Strategy:
    least, most = _bounds(limits, timedelta(microseconds=1))
    return st.timedeltas(timedelta(0) if least is None else least, AROUND if most is None else most)


@st.composite
def _moments(draw: st.DrawFn) -> Moment:
    """Draw a point most often, or an interval, of any precision."""
    at = draw(_instants(_FREE))
    if draw(st.sampled_from((True, True, False))):
        return Moment(at)
    until = draw(st.none() | st.timedeltas(timedelta(0), AROUND).map(lambda span: at + span))
    return Moment(at, until, draw(st.sampled_from(PRECISIONS)), draw(st.none() | st.integers(-1439, 1439)))


_AMOUNTS = st.integers(0, 99).map(Decimal) | st.decimals(0, 1_000_000, places=2)
_LEAVES: dict[Any, Callable[[Limits], Strategy]] = {
    str: _texts,
    int: _integers,
    float: _floats,
    Decimal: _decimals,
    datetime: _instants,
    date: _dates,
    timedelta: _spans,
    bool: lambda _: st.booleans(),
    Moment: lambda _: _moments(),
    Money: lambda _: st.builds(Money, _AMOUNTS, st.sampled_from(_CURRENCIES)),
    UUID: lambda _: st.uuids(),
    Any: lambda _: json_values,
    types.NoneType: lambda _: st.none(),
}
