"""Labels: what the words of the library are called for people, in English and Chinese."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

LabelKind = Literal[
    "state",
    "command",
    "event",
    "report",
    "phase",
    "resource",
    "measure",
    "verdict",
    "act",
    "fact",
    "audience",
    "medium",
    "stage",
    "plan",
    "strategy",
    "revision",
    "credibility",
    "field",
    "unit",
    "weekday",
    "shift",
    "recurrence",
    "relevelling",
    "matter",
]
Labels = Mapping[str, Mapping[str, Mapping[str, str]]]


def label(kind: LabelKind, key: str, language: str = "en") -> str:
    """Return what *key* is called in *language*: in English where that is missing, the key itself where all are.

    The keys of a user's own workflow have no labels here.
    """
    names = labels()[kind].get(key, {})
    return names.get(language) or names.get("en", key)


@cache
def labels() -> Labels:
    """Return every label, by kind, key and language."""
    return tomllib.loads((Path(__file__).parent / "labels.toml").read_text(encoding="utf-8"))
