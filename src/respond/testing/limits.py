"""What the validators of an attrs field allow, read off them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import attrs
from attrs import validators

_AND: Any = type(validators.and_())
_OPTIONAL: Any = type(validators.optional(validators.in_(())))
_IN: Any = type(validators.in_(()))
_INSTANCE: Any = type(validators.instance_of(int))
_NUMBER: Any = type(validators.ge(0))
_LONGEST: Any = type(validators.max_len(0))
_SHORTEST: Any = type(validators.min_len(0))
_MATCHES: Any = type(validators.matches_re(""))
_ITERABLE: Any = type(validators.deep_iterable(validators.instance_of(int)))
_MAPPING: Any = type(validators.deep_mapping(validators.instance_of(int), validators.instance_of(int)))


@attrs.frozen(kw_only=True)
class Limits:
    """What a value must keep to."""

    least: Any = None
    """The smallest value; None when there is none."""
    above: Any = None
    """What the value must be larger than."""
    most: Any = None
    below: Any = None
    options: Sequence[Any] | None = None
    """The only values that are allowed; None when any is."""
    shortest: int = 0
    longest: int | None = None
    patterns: tuple[re.Pattern[str], ...] = ()
    """What a text must hold a match of."""
    members: tuple[Any, ...] = ()
    """The validators of the members of a collection, or of the values of a mapping."""
    keys: tuple[Any, ...] = ()
    """The validators of the keys of a mapping."""
    none: bool = True
    """Whether None is let through."""
    opaque: bool = False
    """Whether there is a validator that cannot be read off, so that a drawn value may be refused."""


def limits_of(*given: Callable[..., Any] | None) -> Limits:
    """Return what all of these validators together allow."""
    found: dict[str, list[Any]] = {}
    for validator in given:
        for name, value in _read(validator):
            found.setdefault(name, []).append(value)
    options = found.get("options")
    return Limits(
        least=max(found.get("least", ()), default=None),
        above=max(found.get("above", ()), default=None),
        most=min(found.get("most", ()), default=None),
        below=min(found.get("below", ()), default=None),
        options=None if options is None else [one for one in options[0] if all(one in more for more in options)],
        shortest=max(found.get("shortest", ()), default=0),
        longest=min(found.get("longest", ()), default=None),
        patterns=tuple(found.get("patterns", ())),
        members=tuple(found.get("members", ())),
        keys=tuple(found.get("keys", ())),
        none=all(map(_lets_none_through, given)),
        opaque="opaque" in found,
    )


def _lets_none_through(validator: Any) -> bool:
    kind = type(validator)
    if kind is _AND:
        return all(map(_lets_none_through, validator._validators))  # noqa: SLF001 - see below
    if kind is _IN:
        return None in validator.options
    if kind is _INSTANCE:
        return isinstance(None, validator.type)
    return kind not in {_NUMBER, _LONGEST, _SHORTEST, _MATCHES, _ITERABLE, _MAPPING}


_COMPARED = {">=": "least", ">": "above", "<=": "most", "<": "below"}
_ANCHORED = {"fullmatch": r"\A(?:{})\Z", "match": r"\A(?:{})", "search": "{}"}


def _read(validator: Any) -> Iterator[tuple[str, Any]]:
    """Yield the limits of one validator by the name of their field; `opaque` for one that tells nothing."""
    kind = type(validator)
    if validator is None or kind is _INSTANCE:
        return
    if kind is _AND:
        for one in validator._validators:  # noqa: SLF001 - attrs shows the parts of `and_` under no other name
            yield from _read(one)
    elif kind is _OPTIONAL:
        parts = validator.validator
        for one in parts if isinstance(parts, tuple) else (parts,):
            yield from _read(one)
    elif kind is _IN:
        yield "options", sorted(validator.options, key=repr)  # of a set, another order in each process
    elif kind is _NUMBER:
        yield _COMPARED[validator.compare_op], validator.bound
    elif kind is _LONGEST:
        yield "longest", validator.max_length
    elif kind is _SHORTEST:
        yield "shortest", validator.min_length
    elif kind is _MATCHES:
        pattern = validator.pattern
        yield "patterns", re.compile(_ANCHORED[validator.match_func.__name__].format(pattern.pattern), pattern.flags)
    elif kind is _ITERABLE:
        yield "members", validator.member_validator
        yield from _read(validator.iterable_validator)
    elif kind is _MAPPING:
        yield "keys", validator.key_validator
        yield "members", validator.value_validator
        yield from _read(validator.mapping_validator)
    else:
        yield "opaque", True
