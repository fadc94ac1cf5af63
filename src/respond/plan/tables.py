"""Turn a TOML table into the frozen value that it describes, and say where it is wrong."""

from __future__ import annotations

import difflib
import types
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

import attrs

from respond.domain.money import Money
from respond.errors import InvalidInput, InvalidPlan
from respond.plan.spans import Span

ValueT = TypeVar("ValueT")

_WORDS: dict[type, str] = {str: "text", int: "an integer", bool: "true or false", date: "a date, such as 2026-03-12"}
_NOT_BLANK = frozenset({"id", "name", "title", "version"})


def value_of(kind: type[ValueT], body: object, place: str) -> ValueT:
    """Return the *kind*, a frozen attrs class, that the table *body* describes.

    Raises `InvalidPlan` that names the key by its path: a value of another type, a key that is missing or unknown.
    """
    if not isinstance(body, Mapping):
        raise InvalidPlan("must be a table", place=place, value=body)
    target: type = kind
    fields = fields_of(target)
    refuse_unknown(body, fields, place)
    content: dict[str, Any] = {}
    for key, field in fields.items():
        where = f"{place}.{key}" if place else key
        if key in body:
            content[field.name] = _read(field.type, body[key], where)
            if key in _NOT_BLANK and not str(body[key]).strip():
                raise InvalidPlan("must not be empty", place=where, value=body[key], flaw="value-empty")
        elif field.default is attrs.NOTHING:
            raise InvalidPlan(f"is missing; write {key} = …", place=where, flaw="key-missing")
    try:
        return kind(**content)
    except InvalidInput as error:
        if not place:
            raise
        flaw = error.flaw if isinstance(error, InvalidPlan) else "value-invalid"
        raise InvalidPlan(str(error), place=place, value=error.value, flaw=flaw) from error


@cache
def fields_of(kind: type) -> Mapping[str, attrs.Attribute[Any]]:
    """Return the fields of *kind* by the keys under which plans write them."""
    return {field.name.rstrip("_"): field for field in attrs.fields(attrs.resolve_types(kind))}


def refuse_unknown(body: Mapping[str, Any], known: Mapping[str, Any], place: str) -> None:
    """Raise `InvalidPlan` for the first key of *body* that is not among *known*."""
    for key in body:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {near[0]}? " if near else ""
            raise InvalidPlan(
                f"is not a key of a plan; {hint}the keys here are {', '.join(sorted(known))}",
                place=f"{place}.{key}" if place else key,
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
        return tuple(_read(arguments[0], one, at) for one, at in _listed(arguments[0], value, place))
    if origin is not None and issubclass(origin, Mapping):
        if not isinstance(value, Mapping):
            raise InvalidPlan(f"must be a table, not {value!r}", place=place, value=value)
        return {key: _read(arguments[1], one, f"{place}.{key}") for key, one in value.items()}
    if kind in _WRITTEN:
        return _WRITTEN[kind](value, place)
    if attrs.has(kind):
        return value if isinstance(value, kind) else value_of(kind, value, place)
    if type(value) is not kind:
        raise InvalidPlan(f"must be {_WORDS[kind]}, not {_shown(value)}", place=place, value=value)
    return value


def _listed(kind: Any, value: object, place: str) -> Iterator[tuple[object, str]]:
    if not isinstance(value, list):
        how = f"must be tables; write [[{place}]]" if attrs.has(kind) else f"must be a list, not {_shown(value)}"
        raise InvalidPlan(how, place=place, value=value)
    for index, one in enumerate(value):
        yield one, f"{place}[{index}]"


def _scalar(options: list[Any], value: object, place: str) -> object:
    if type(value) not in options or (isinstance(value, Decimal) and not value.is_finite()):
        words = ", ".join(_WORDS.get(option, "a decimal number") for option in options)
        raise InvalidPlan(f"must be one of {words}, not {_shown(value)}", place=place, value=value)
    return value


def _choice(choices: tuple[Any, ...], value: object, place: str) -> object:
    if value not in choices or type(value) is not type(choices[0]):
        raise InvalidPlan(f"{_shown(value)} is not one of {', '.join(map(str, choices))}", place=place, value=value)
    return value


def _span(value: object, place: str) -> Span:
    try:
        return Span.parse(value if isinstance(value, str) else _shown(value))
    except InvalidPlan as error:
        raise InvalidPlan(str(error), place=place, value=value, flaw="span-invalid") from error


def _money(value: object, place: str) -> Money:
    amount, _, currency = value.partition(" ") if isinstance(value, str) else ("", "", "")
    try:
        return Money(Decimal(amount), currency)
    except (InvalidOperation, InvalidInput) as error:
        message = f'must be an amount and its currency as text, such as "5000.00 CNY", not {_shown(value)}'
        raise InvalidPlan(message, place=place, value=value) from error


def _date(value: object, place: str) -> date:
    if not isinstance(value, date) or isinstance(value, datetime):
        message = f"must be a date, such as 2026-03-12 without quotes, not {_shown(value)}"
        raise InvalidPlan(message, place=place, value=value)
    return value


_WRITTEN: Mapping[Any, Callable[[object, str], Any]] = {Span: _span, Money: _money, date: _date}


def _shown(value: object) -> str:
    """Return *value* as TOML has it, near enough for a message."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, Decimal) else repr(value)
