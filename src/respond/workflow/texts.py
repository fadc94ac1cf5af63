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
from respond.workflow.definition import (
    TEXT_MAX,
    Situation,
    inside,
    named_in,
    text_within,
    too_long,
    trigger_of,
)
from respond.workflow.workflow import Workflow

NOT_UNICODE: Final = "text-not-unicode"
_SURROGATE = re.compile("[\ud800-\udfff]")
_TEXTLESS: Final = frozenset({type(None), bool, int, datetime, Decimal, Moment})


def unfit(workflow: Workflow, situation: Situation) -> tuple[Refusal, ...]:
    """Return what is wrong with the texts of the command: too long, where no guard says so, or half characters."""
    flaws = flaws_of(named_in(situation.command))
    if not flaws:
        return ()
    candidates = workflow.table.candidates(situation.state.status, trigger_of(type(situation.command)))
    asked = {code for one in candidates for code in one.guards}
    return tuple(flaw for flaw in flaws if flaw.code not in asked)


def flaws_of(values: Mapping[str, Any]) -> tuple[Refusal, ...]:
    """Return what is wrong with the texts in *values*, which go by the names of their fields."""
    doubtful = {name: value for name, value in values.items() if not _plain(value)}
    if not doubtful:
        return ()
    reasons = {text_within.code: too_long(doubtful), NOT_UNICODE: _broken(doubtful)}
    return tuple(Refusal(code, reason) for code, reason in reasons.items() if reason is not None)


def _plain(value: Any) -> bool:
    """Return whether *value* needs no closer look: most are short texts of ASCII, or none."""
    if type(value) is str:
        return len(value) <= TEXT_MAX and value.isascii()
    return type(value) in _TEXTLESS or not (value or attrs.has(type(value)))


def _broken(values: Mapping[str, Any]) -> str | None:
    """Return which of *values* hold a lone surrogate, for which no encoding has bytes; None when none does."""
    names = [name for name, value in values.items() if any(map(_SURROGATE.search, inside(value, str)))]
    return f"{', '.join(names)}: a lone surrogate is half a character; write whole ones" if names else None
