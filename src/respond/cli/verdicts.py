"""Verdicts in words."""

from __future__ import annotations

from respond.cli.page import span_text
from respond.plan.labels import label
from respond.plan.owed import Owed, Verdict

_TOLD_LATE = {"en": "told late by", "zh": "补报迟于期限"}


def verdict_text(owed: Owed, said: Verdict, language: str) -> str:
    """Return what became of an occurrence, with the remark that it was told late, and by how much."""
    word = label("verdict", said, language)
    if owed.told_late_seconds is None or said not in ("met", "near_miss"):
        return word
    return f"{word} ({_TOLD_LATE[language]} {span_text(owed.told_late_seconds)})"
