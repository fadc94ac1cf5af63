"""Payloads and commands as JSON values, and back.

Two readers: a fast one for what we stored ourselves, and a strict one for what people write, which says every place
that is wrong.  A field whose name ends with `_` because Python keeps the word (`from_`) is stored without it.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import attrs
import cattrs
from cattrs.errors import StructureHandlerNotFoundError
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override
from cattrs.v import format_exception, transform_error

from respond.domain.canonical import canonical, plain, rich
from respond.domain.moments import Moment, format_utc, parse_utc
from respond.errors import InvalidInput, InvalidWorkflow

PayloadT = TypeVar("PayloadT")

_SCALARS = {str, int, bool, Decimal}
_STORED = (
    "an event holds text, int, bool, Decimal, Money, Moment, datetime, date, UUID, enumerations, attrs classes, and "
    "lists, tuples, sets and mappings of them; write a span of time as a number of seconds"
)


def to_data(payload: object) -> dict[str, Any]:
    """Return *payload* as the mapping that a body stores; fields at their default are left out."""
    kind: type = type(payload)
    data: dict[str, Any] = _unstructure_hook(kind)(payload)
    return data


def as_told(payload: object) -> dict[str, Any]:
    """Return *payload* as a mapping, each value as what it is and not as what its field says: to find what is wrong."""
    kind: Any = type(payload)
    fields = attrs.fields(kind)
    return {field.name.rstrip("_"): _FAST.unstructure(getattr(payload, field.name)) for field in fields}


def from_data(payload: type[PayloadT], data: Mapping[str, Any]) -> PayloadT:
    """Return the payload that `to_data` wrote; keys that the class does not have are ignored.

    Raises whatever the hooks raise when the data does not fit.
    """
    kind: type = payload
    value: PayloadT = reader(kind)(data, kind)
    return value


@cache
def reader(payload: type) -> Callable[[Mapping[str, Any], type], Any]:
    """Return the function that `from_data` calls, for loops that look it up once.

    Raises `InvalidWorkflow` that names the field whose values no log can hold.
    """
    try:
        return _FAST.get_structure_hook(payload)
    except (StructureHandlerNotFoundError, NameError) as error:
        for name, kind in hints_of(payload).items() if attrs.has(payload) else ():
            if not _readable(kind):
                place = f"{payload.__name__}.{name}"
                raise InvalidWorkflow(f"no log can hold a {kind!r}; {_STORED}", place=place, value=kind) from error
        raise


def _readable(kind: Any) -> bool:
    try:
        _FAST.get_structure_hook(kind)
    except StructureHandlerNotFoundError:
        return False
    return True


def hints_of(kind: type) -> dict[str, Any]:
    """Return the types of the fields of *kind*; raises `InvalidWorkflow` for one that names what is not there."""
    try:
        return get_type_hints(kind, include_extras=True)
    except NameError as error:
        told = {field.name: str(field.type) for field in attrs.fields(kind) if str(error.name) in str(field.type)}
        place = ".".join([kind.__name__, *list(told)[:1]])
        raise InvalidWorkflow(
            f"its type names {error.name!r}, which is not there when it is read; define or import it in the module "
            f"{kind.__module__}, and not under `if TYPE_CHECKING` alone",
            place=place,
        ) from error


def from_input(kind: type[PayloadT], data: object, *, place: str = "") -> PayloadT:
    """Return what people wrote as a *kind*; raises `InvalidInput` that lists every field that is wrong."""
    return _structured(_STRICT, kind, data, place or kind.__name__)


def _structured(converter: cattrs.Converter, kind: type[PayloadT], data: object, place: str) -> PayloadT:
    try:
        return converter.structure(data, kind)
    except Exception as error:
        places = transform_error(error, format_exception=_reason)
        reasons = "; ".join(place.replace(" @ $.", " at ").replace(" @ $", "") for place in places)
        raise InvalidInput(reasons, place=place, value=data) from error


def _reason(error: BaseException, kind: type | None) -> str:
    """Return what *error* says where it names the value; the converter's own words else."""
    return str(error) if isinstance(error, ValueError) else format_exception(error, kind)


def corrected(payload: PayloadT, changes: Mapping[str, Any], *, strict: bool = False) -> PayloadT:
    """Return *payload* with *changes*, given as stored data; raises `InvalidInput`.

    *strict* is for changes that people write now: a moment among them holds no key that moments do not have.
    """
    kind = type(payload)
    return _structured(_STRICT if strict else _CORRECTING, kind, {**to_data(payload), **changes}, kind.__name__)


def _converter(*, strict: bool) -> cattrs.Converter:
    converter = cattrs.Converter(
        detailed_validation=strict, forbid_extra_keys=strict, unstruct_collection_overrides={AbstractSet: _in_order}
    )
    converter.register_structure_hook(Moment, lambda value, _: Moment.from_json(value))
    converter.register_structure_hook(datetime, lambda value, _: parse_utc(value))
    converter.register_structure_hook(date, lambda value, _: date.fromisoformat(value))
    converter.register_structure_hook(UUID, lambda value, _: UUID(value))
    converter.register_structure_hook(Decimal, lambda value, _: _decimal(value))
    converter.register_unstructure_hook(Moment, lambda value: value.to_json())
    converter.register_unstructure_hook(datetime, format_utc)
    converter.register_unstructure_hook(date, lambda value: value.isoformat())
    converter.register_unstructure_hook(UUID, str)
    converter.register_unstructure_hook(Decimal, plain)
    converter.register_unstructure_hook(str, _text)
    converter.register_structure_hook_func(_is_scalar_union, _one_of if strict else lambda value, _: rich(value))
    converter.register_unstructure_hook_func(_is_scalar_union, plain)
    if strict:
        for scalar in (str, int, bool):
            converter.register_structure_hook(scalar, _exactly)
    else:
        converter.register_structure_hook_func(_is_stored_as_it_is, lambda value, _: value)

    def structure(kind: type) -> Any:
        made: Any = make_dict_structure_fn(
            kind,
            converter,
            _cattrs_detailed_validation=strict,
            _cattrs_forbid_extra_keys=strict,
            **_renames(kind),
        )
        return _of_mappings(made) if strict else made

    def unstructure(kind: type) -> Any:
        return make_dict_unstructure_fn(kind, converter, _cattrs_omit_if_default=True, **_renames(kind))

    converter.register_structure_hook_factory(_is_payload, structure)
    converter.register_unstructure_hook_factory(_is_payload, unstructure)
    return converter


def _of_mappings(structure: Callable[[Any, type], Any]) -> Callable[[Any, type], Any]:
    """Return *structure* for those who write anything but a mapping."""

    def checked(value: Any, kind: type) -> Any:
        if not isinstance(value, Mapping):
            names = ", ".join(field.name.rstrip("_") for field in attrs.fields(kind))
            raise ValueError(f"{value!r} is not a {kind.__name__}; give its {names}")  # noqa: TRY004 - cattrs names it
        return structure(value, kind)

    return checked


def _in_order(items: Iterable[Any]) -> list[Any]:
    """Return the members of a set in one order: a retry, in whatever process, must write the same bytes."""
    return sorted(items, key=canonical)


def _text(value: object) -> object:
    """Return *value* as text and nothing more: a member of a text enumeration is stored as its value.

    What is no text at all is left for a strict reader to name.
    """
    return str.__str__(value) if isinstance(value, str) else value


def _is_payload(kind: Any) -> bool:
    return attrs.has(kind) and kind is not Moment


def _renames(kind: type) -> dict[str, Any]:
    return {
        field.name: override(rename=field.name.rstrip("_")) for field in attrs.fields(kind) if field.name.endswith("_")
    }


def _is_scalar_union(kind: Any) -> bool:
    if get_origin(kind) not in (Union, types.UnionType):
        return False
    members = set(get_args(kind)) - {types.NoneType}
    return len(members) > 1 and members <= _SCALARS


def _is_stored_as_it_is(kind: Any) -> bool:
    """Whether *kind* is a scalar or None, and the scalar is one that JSON keeps: nothing is to be done to read it."""
    if get_origin(kind) not in (Union, types.UnionType):
        return False
    members = set(get_args(kind))
    scalars = members - {types.NoneType}
    return scalars != members and len(scalars) == 1 and scalars <= {str, int, bool}


def _one_of(value: Any, kind: Any) -> Any:
    scalar = rich(value)
    if type(scalar) not in get_args(kind):
        names = ", ".join(member.__name__ for member in get_args(kind))
        raise ValueError(f"{value!r} is not one of the types {names}")
    return scalar


def _exactly(value: Any, kind: type) -> Any:
    if issubclass(kind, Enum):  # the members are text or numbers too
        return kind(value)
    if type(value) is not kind:
        raise ValueError(f"{value!r} is not of type {kind.__name__}")
    return value


def _decimal(value: Any) -> Decimal:
    match rich(value):
        case Decimal() as number:
            return number
        case str() as text:
            with suppress(InvalidOperation):
                return Decimal(text)
        case int() as whole if not isinstance(whole, bool):
            return Decimal(whole)
    raise ValueError(f'{value!r} is not a decimal number; write it as text, such as "12.50"')


_FAST = _converter(strict=False)
_STRICT = _converter(strict=True)
_STRICT.register_structure_hook(Moment, lambda value, _: Moment.from_json(value, strict=True))
_CORRECTING = _converter(strict=True)
"""For corrections in a log: a moment that was taken once is read as it was."""


@cache
def _unstructure_hook(kind: type) -> Callable[[Any], Any]:
    return _FAST.get_unstructure_hook(kind)
