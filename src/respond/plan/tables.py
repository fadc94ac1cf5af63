"""Turn a TOML table into the frozen value that it describes, and say where it is wrong."""

from __future__ import annotations

import difflib
import re
import types
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

import attrs

from respond.domain.money import Money
from respond.errors import InvalidInput, InvalidPlan
from respond.plan.shown import shown
from respond.plan.spans import Span

ValueT = TypeVar("ValueT")

_WORDS: dict[type, str] = {str: "text", int: "an integer", bool: "true or false", date: "a date, such as 2026-03-12"}
PARTS_MAX = 5_000
"""The most parts of one section, and the most items of one list."""
INTEGER_MAX = 2**53
"""No whole number of a plan reaches it: beyond it, programs differ."""

_AMOUNT = re.compile(r"(-?[0-9]{1,15}(?:\.[0-9]{1,6})?) ([A-Z]{3})")
_NOT_BLANK = frozenset({"id", "name", "title", "version"})


def value_of(kind: type[ValueT], body: object, place: str) -> ValueT:
    """Return the *kind*, a frozen attrs class, that the table *body* describes.

    Raises `InvalidPlan` that names the key by its path: a value of another type, a key that is missing or unknown.
    """
    if not isinstance(body, Mapping):
        raise InvalidPlan("must be a table", place=place, value=body)
    target: type = kind
    fields = fields_of(target)
    flaws = [*_unknown(body, fields, place)]
    content: dict[str, Any] = {}
    for key, field in fields.items():
        try:
            if key in body:
                content[field.name] = _field(field.type, key, body[key], _inside(place, key))
        except InvalidPlan as error:
            flaws += (error, *error.others)
        if key not in body and field.default is attrs.NOTHING:
            flaws.append(InvalidPlan(f"is missing; write {key} = …", place=_inside(place, key), flaw="key-missing"))
    _refuse(flaws)
    try:
        return kind(**content)
    except InvalidInput as error:
        if not place:
            raise
        flaw = error.flaw if isinstance(error, InvalidPlan) else "value-invalid"
        text = str(error).removeprefix(f"{error.place}: ")
        raise InvalidPlan(text, place=_inside(place, error.place), value=error.value, flaw=flaw) from error


def _field(kind: Any, key: str, value: object, place: str) -> Any:
    read = _read(kind, value, place)
    if key in _NOT_BLANK and not str(value).strip():
        raise InvalidPlan("must not be empty", place=place, value=value, flaw="value-empty")
    return read


def _inside(place: str, key: str) -> str:
    return f"{place}.{key}" if place and key else place or key


def _refuse(flaws: list[InvalidPlan]) -> None:
    """Raise the first of *flaws* that tells of the others; nothing when there is none."""
    if flaws:
        first, *others = flaws
        first.others = tuple(others)
        raise first


@cache
def fields_of(kind: type) -> Mapping[str, attrs.Attribute[Any]]:
    """Return the fields of *kind* by the keys under which plans write them."""
    return {field.name.rstrip("_"): field for field in attrs.fields(attrs.resolve_types(kind))}


def refuse_many(count: int, place: str) -> None:
    """Raise `InvalidPlan` for a section or a list of more than `PARTS_MAX`, at the first that is one too many."""
    if count > PARTS_MAX:
        message = f"is one of {count:,}, the most are {PARTS_MAX:,}; write fewer, or split the plan"
        raise InvalidPlan(message, place=f"{place}[{PARTS_MAX}]", value=count, flaw="too-many")


def _unknown(body: Mapping[str, Any], known: Mapping[str, Any], place: str) -> Iterator[InvalidPlan]:
    for key in [one for one in body if one not in known][:PARTS_MAX]:
        near = difflib.get_close_matches(key[:80], known, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        yield InvalidPlan(
            f"is not a key of a plan; {hint}the keys here are {', '.join(sorted(known))}",
            place=_inside(place, key),
            flaw="unknown-key",
        )


def _read(kind: Any, value: object, place: str) -> Any:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        options = [one for one in arguments if one is not types.NoneType]
        return _read(options[0], value, place) if len(options) == 1 else _scalar(options, value, place)
    if origin is Literal:
        return _choice(arguments, value, place)
    if origin is tuple:
        return _items(arguments[0], value, place)
    if origin is not None and issubclass(origin, Mapping):
        if not isinstance(value, Mapping):
            raise InvalidPlan(f"must be a table, not {shown(value)}", place=place, value=value)
        return {key: _read(arguments[1], one, f"{place}.{key}") for key, one in value.items()}
    if kind in _WRITTEN:
        return _WRITTEN[kind](value, place)
    if attrs.has(kind):
        return value if isinstance(value, kind) else value_of(kind, value, place)
    if type(value) is not kind:
        raise InvalidPlan(f"must be {_WORDS[kind]}, not {shown(value)}", place=place, value=value)
    _refuse_huge(value, place)
    return value


def _items(kind: Any, value: object, place: str) -> tuple[Any, ...]:
    items: list[Any] = []
    flaws: list[InvalidPlan] = []
    for one, at in _listed(kind, value, place):
        try:
            items.append(_read(kind, one, at))
        except InvalidPlan as error:
            flaws += (error, *error.others)
    _refuse(flaws)
    return tuple(items)


def _listed(kind: Any, value: object, place: str) -> Iterator[tuple[object, str]]:
    if not isinstance(value, list):
        how = f"must be tables; write [[{place}]]" if attrs.has(kind) else f"must be a list, not {shown(value)}"
        raise InvalidPlan(how, place=place, value=value)
    refuse_many(len(value), place)
    for index, one in enumerate(value):
        yield one, f"{place}[{index}]"


def _scalar(options: list[Any], value: object, place: str) -> object:
    if type(value) not in options or (isinstance(value, Decimal) and not value.is_finite()):
        words = ", ".join(_WORDS.get(option, "a decimal number") for option in options)
        raise InvalidPlan(f"must be one of {words}, not {shown(value)}", place=place, value=value)
    _refuse_huge(value, place)
    return value


def _refuse_huge(value: object, place: str) -> None:
    if isinstance(value, int) and abs(value) >= INTEGER_MAX:
        message = f"{shown(value)} is beyond what programs agree on; write a smaller number"
        raise InvalidPlan(message, place=place, value=value)


def _choice(choices: tuple[Any, ...], value: object, place: str) -> object:
    if value not in choices or type(value) is not type(choices[0]):
        raise InvalidPlan(f"{shown(value)} is not one of {', '.join(map(str, choices))}", place=place, value=value)
    return value


def _span(value: object, place: str) -> Span:
    try:
        return Span.parse(value if isinstance(value, str) else shown(value))
    except InvalidPlan as error:
        raise InvalidPlan(str(error), place=place, value=value, flaw="span-invalid") from error


def _money(value: object, place: str) -> Money:
    written = _AMOUNT.fullmatch(value) if isinstance(value, str) else None
    if written is None:
        message = f'must be an amount and its currency as text, such as "5000.00 CNY", not {shown(value)}'
        raise InvalidPlan(message, place=place, value=value)
    return Money(Decimal(written[1]), written[2])


def _date(value: object, place: str) -> date:
    if not isinstance(value, date) or isinstance(value, datetime):
        message = f"must be a date, such as 2026-03-12 without quotes, not {shown(value)}"
        raise InvalidPlan(message, place=place, value=value)
    return value


_WRITTEN: Mapping[Any, Callable[[object, str], Any]] = {Span: _span, Money: _money, date: _date}
