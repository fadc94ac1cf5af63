"""How commands and values are written down in the program that shows a failure: short, and as Python."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum, Flag
from typing import Any, cast

import attrs

from respond.domain.references import Actor

_UNITS = ("days", "hours", "minutes", "seconds", "microseconds")


def shown(command: Any) -> dict[str, Any]:
    """Return the arguments that make *command*, those at their default left out."""
    arguments = {}
    for field in attrs.fields(type(command)):
        value = getattr(command, field.name)
        if field.init and not _is_default(field, value):
            arguments[field.alias or field.name] = value
    return arguments


def written(value: Any) -> str:
    """Return *value* as it is written in Python, arguments at their default left out.

    Its classes are called by their own names, as `from datetime import date, datetime` brings them.
    """
    if isinstance(value, Enum):
        return _member(value)
    if isinstance(value, datetime):
        place = "" if value.tzinfo is None else ", tzinfo=UTC"
        at = value if value.tzinfo is None else value.astimezone(UTC)
        parts = [at.year, at.month, at.day, at.hour, at.minute, at.second, at.microsecond]
        while len(parts) > 3 and not parts[-1]:
            parts.pop()
        return f"datetime({', '.join(map(str, parts))}{place})"
    if isinstance(value, timedelta):
        return f"timedelta({arguments_of(units(value))})"
    if isinstance(value, date | time):
        return repr(value).replace("datetime.timezone.utc", "UTC").replace("datetime.", "")
    if attrs.has(type(value)):
        return f"{_name(type(value))}({arguments_of(shown(value))})"
    if type(value) is tuple:
        return f"({', '.join(map(written, value))}{',' if len(value) == 1 else ''})"
    if type(value) is list:
        return f"[{', '.join(map(written, value))}]"
    if type(value) is dict:
        return "{" + ", ".join(f"{written(key)}: {written(one)}" for key, one in value.items()) + "}"
    if type(value) in (set, frozenset) and value:
        members = f"{{{', '.join(sorted(map(written, value)))}}}"
        return members if type(value) is set else f"frozenset({members})"
    return repr(value)


def _member(value: Enum) -> str:
    """Return a member of an enumeration by its name, a flag by the names of its parts."""
    kind = type(value)
    parts = list(value) if isinstance(value, Flag) else [value]
    names = [str(one.name) for one in parts]
    whole = not isinstance(value, Flag) or (names and value.value == sum(one.value for one in parts))
    if not whole or not all(map(str.isidentifier, names)):
        return f"{_name(kind)}({written(value.value)})"
    return " | ".join(f"{_name(kind)}.{name}" for name in names)


def _name(kind: type) -> str:
    """Return what *kind* is called within the module, or the function, that defines it."""
    return kind.__qualname__.rpartition("<locals>.")[2]


def arguments_of(values: Mapping[str, Any]) -> str:
    """Return keyword arguments as they are written in a call."""
    return ", ".join(f"{name}={written(value)}" for name, value in values.items())


def units(span: timedelta) -> dict[str, int]:
    """Return *span* as arguments of a `timedelta`: one unit where it is a whole number of them."""
    for name in _UNITS:
        count, rest = divmod(span, timedelta(**{name: 1}))
        if not rest:
            return {name: count}
    raise AssertionError(span)  # every span is a number of microseconds


def said_by(actor: Actor | None) -> str | Actor | None:
    """Return who acts, in short: the id where there is no more to tell."""
    return actor.id if actor is not None and actor == Actor(actor.id) else actor


def _is_default(field: attrs.Attribute[Any], value: Any) -> bool:
    default = field.default
    if isinstance(default, attrs.Factory):  # type: ignore[arg-type]
        factory = cast("Any", default)
        return not factory.takes_self and bool(factory.factory() == value)
    return default is not attrs.NOTHING and type(default) is type(value) and bool(default == value)


def simpler_commands(command: Any, others: Sequence[Any]) -> Iterator[Any]:
    """Yield commands like *command* with one field at its default, at what one of *others* has there, or smaller."""
    kind = type(command)
    yield from others
    for field in attrs.fields(kind):
        if field.init:
            known = getattr(command, field.name)
            values = [getattr(one, field.name) for one in others]
            if type(known) is int:
                values += [known // 2, known - 1]
            if field.default is not attrs.NOTHING and not _is_default(field, known):
                values.append(_default_of(field))
            for value in values:
                with suppress(TypeError, ValueError):
                    yield attrs.evolve(command, **{field.alias or field.name: value})


def _default_of(field: attrs.Attribute[Any]) -> Any:
    default: Any = field.default
    return default.factory() if isinstance(default, attrs.Factory) else default  # type: ignore[arg-type]
