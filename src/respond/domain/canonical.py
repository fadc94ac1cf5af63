"""Canonical JSON (RFC 8785) and the digests made from it."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

import orjson
import rfc8785

from respond.errors import InvalidRecord

SAFE_INTEGER = 2**53 - 1
"""The largest integer that every JSON reader keeps exactly (RFC 7493, section 2.2)."""

DIGITS_MAX = 4300
"""The most digits of a tagged integer: Python reads no longer ones from text, so that nobody can keep it busy."""
_BIG_MAX = 10**DIGITS_MAX - 1
DEPTH_MAX = 64
RESERVED_KEYS = frozenset({"$enc", "$dec", "$big"})
"""Keys that tag a value of another kind; a mapping that holds one holds nothing else."""

_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER


def canonical(value: object, *, sound: Collection[str] = ()) -> bytes:
    """Return the RFC 8785 form of *value*; what stands under the keys *sound* of a mapping is not looked at.

    Raises `InvalidRecord` for floats, integers beyond 2^53 - 1, lone surrogates, keys that are not text, a reserved key
    beside others, and nesting deeper than 64.  orjson sorts keys by code point and RFC 8785 by UTF-16 unit: the two
    agree on ASCII keys.
    """
    ascii_keys = _inspect(value, None, 0, sound)
    try:
        return orjson.dumps(value, option=_OPTIONS) if ascii_keys else rfc8785.dumps(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, rfc8785.CanonicalizationError) as error:
        raise InvalidRecord(f"cannot be written as canonical JSON: {error}") from error


def digest(value: object) -> str:
    """Return the SHA-256 of the canonical form of *value*, in hexadecimal."""
    return hashlib.sha256(canonical(value)).hexdigest()


def identical(one: object, other: object) -> bool:
    """Return whether two values are stored as the same bytes: to Python, True is 1 and the decimal 1 too."""
    return one == other and canonical(plain(one)) == canonical(plain(other))


def plain(value: object) -> Any:
    """Return *value* with Decimals and large integers as tagged text, and tuples as lists.

    Raises `InvalidRecord` for a Decimal that is no finite number, and for an integer of more than 4,300 digits.
    """
    match value:
        case bool() | None | str():
            return value
        case int():
            if -SAFE_INTEGER <= value <= SAFE_INTEGER:
                return value
            if not -_BIG_MAX <= value <= _BIG_MAX:
                raise InvalidRecord(f"{_shown(value)} cannot be stored; write it as text")
            return {"$big": str(value)}
        case Decimal():
            if not value.is_finite():
                raise InvalidRecord(f"{value} is not a finite number")
            return {"$dec": str(value)}
        case Mapping():
            return {key: plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case _:
            return value


def rich(value: Any) -> Any:
    """Return *value* with tagged text turned back into Decimals and large integers; the inverse of `plain`."""
    if type(value) is str:
        return value
    match value:
        case {"$dec": str(text)} if len(value) == 1:
            return Decimal(text)
        case {"$big": str(text)} if len(value) == 1:
            return int(text)
        case dict():
            return {key: rich(item) for key, item in value.items()}
        case list():
            return [rich(item) for item in value]
        case _:
            return value


_Place = tuple["_Place", str | int] | None
"""The way to a value: the place of what holds it, and its key or index there."""


def _inspect(value: object, place: _Place, depth: int, sound: Collection[str] = ()) -> bool:
    """Refuse what canonical JSON cannot hold; return whether every key is ASCII."""
    kind = type(value)
    if kind is dict:
        if depth >= DEPTH_MAX:
            raise _unfit(f"nested deeper than {DEPTH_MAX}", place, None)
        try:
            keys = "".join(value)  # type: ignore[arg-type]
        except TypeError:
            key = next(key for key in value if not isinstance(key, str))  # type: ignore[attr-defined]
            raise _unfit(f"the key {_shown(key)} is not text", place, key) from None
        if "$" in keys and len(value) > 1 and not RESERVED_KEYS.isdisjoint(value):  # type: ignore[arg-type]
            raise _unfit(f"holds one of {', '.join(sorted(RESERVED_KEYS))} beside other keys", place, None)
        ascii_keys = keys.isascii()
        for key, item in value.items():  # type: ignore[attr-defined]
            item_kind = type(item)
            if item_kind is str or (item_kind is int and -SAFE_INTEGER <= item <= SAFE_INTEGER) or key in sound:
                continue
            if not _inspect(item, (place, key), depth + 1):
                ascii_keys = False
        return ascii_keys
    if kind is str or kind is bool or value is None:
        return True
    if kind is int:
        if not -SAFE_INTEGER <= value <= SAFE_INTEGER:  # type: ignore[operator]
            raise _unfit(f"{_shown(value)} is beyond 2^53 - 1; write it as a tagged integer", place, value)
        return True
    if kind is list or kind is tuple:
        if depth >= DEPTH_MAX:
            raise _unfit(f"nested deeper than {DEPTH_MAX}", place, None)
        ascii_keys = True
        for index, item in enumerate(value):  # type: ignore[arg-type]
            if not _inspect(item, (place, index), depth + 1):
                ascii_keys = False
        return ascii_keys
    if kind is float:
        raise _unfit(f"{value!r} is a float; use Decimal or an integer", place, value)
    raise _unfit(f"{kind.__name__} cannot be written as JSON", place, value)


def _shown(value: object) -> str:
    """Return *value* for a message; Python does not print an integer of more than 4,300 digits."""
    if isinstance(value, int) and not -_BIG_MAX <= value <= _BIG_MAX:
        return f"an integer of more than {DIGITS_MAX:,} digits"
    return repr(value)


def _unfit(message: str, place: _Place, value: object) -> InvalidRecord:
    path = ""
    while place is not None:
        place, step = place
        path = f"[{step}]{path}" if isinstance(step, int) else f".{step}{path}"
    return InvalidRecord(message, place=path.lstrip("."), value=value)
