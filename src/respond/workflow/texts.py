"""Texts: those of every command are within bounds and whole, whatever its guards ask.  Pure."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import attrs

from respond.domain.moments import Moment
from respond.errors import Refusal
from respond.workflow.definition import TEXT_MAX, Situation, inside, text_within, trigger_of
from respond.workflow.workflow import Workflow

NOT_UNICODE: Final = "text-not-unicode"
_SURROGATE = re.compile("[\ud800-\udfff]")
_TEXTLESS: Final = frozenset({type(None), bool, int, datetime, Decimal, Moment})


def unfit(workflow: Workflow, situation: Situation) -> tuple[Refusal, ...]:
    """Return what is wrong with the texts of the command: too long, where no guard says so, or half characters."""
    if not _doubtful(situation.command):
        return ()
    reasons = {NOT_UNICODE: _broken(situation.command)}
    candidates = workflow.table.candidates(situation.state.status, trigger_of(type(situation.command)))
    if not any(text_within.code in one.guards for one in candidates):
        reasons = {text_within.code: text_within.check(situation), **reasons}
    return tuple(Refusal(code, reason) for code, reason in reasons.items() if reason is not None)


def _doubtful(command: Any) -> bool:
    """Return whether the texts of *command* need a closer look: most are short, and of ASCII."""
    for field in attrs.fields(type(command)):
        value = getattr(command, field.name)
        if type(value) is str:
            if len(value) > TEXT_MAX or not value.isascii():
                return True
        elif type(value) not in _TEXTLESS and (value or attrs.has(type(value))):
            return True
    return False


def _broken(command: Any) -> str | None:
    """Return which texts hold a lone surrogate, for which no encoding has bytes; None when none does."""
    names = [
        field.name.rstrip("_")
        for field in attrs.fields(type(command))
        if any(_SURROGATE.search(text) for text in inside(getattr(command, field.name), str))
    ]
    return f"{', '.join(names)}: a lone surrogate is half a character; write whole ones" if names else None
