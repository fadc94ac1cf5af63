"""Texts: those of every command, and of who asks, are within bounds and whole.  Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import attrs

from respond.domain.moments import Moment
from respond.errors import Refusal
from respond.workflow.definition import TEXT_MAX, inside, text_within, too_long

NOT_UNICODE: Final = "text-not-unicode"
_SURROGATE = re.compile("[\ud800-\udfff]")
_TEXTLESS: Final = frozenset({type(None), bool, int, datetime, Decimal, Moment})


def intricate(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of *values* that need a closer look: few, for most are short texts of ASCII, or hold none."""
    return {name: value for name, value in values.items() if not _plain(value)}


def unfit(values: Mapping[str, Any]) -> tuple[Refusal, ...]:
    """Return what is wrong with the texts in *values*, which go by the names of their fields."""
    reasons = {text_within.code: too_long(values), NOT_UNICODE: _broken(values)}
    return tuple(Refusal(code, reason) for code, reason in reasons.items() if reason is not None)


def _plain(value: Any) -> bool:
    if type(value) is str:
        return len(value) <= TEXT_MAX and value.isascii()
    return type(value) in _TEXTLESS or not (value or attrs.has(type(value)))


def _broken(values: Mapping[str, Any]) -> str | None:
    """Return which of *values* hold a lone surrogate, for which no encoding has bytes; None when none does."""
    names = [name for name, value in values.items() if any(map(_SURROGATE.search, inside(value, str)))]
    return f"{', '.join(names)}: a lone surrogate is half a character; write whole ones" if names else None
