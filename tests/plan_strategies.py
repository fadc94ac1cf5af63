"""How random plans stand in a file; the plans themselves are those of `respond.testing`."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import attrs

from respond.domain.money import Money
from respond.plan.plan import Plan
from respond.plan.reader import plan_of
from respond.plan.spans import Span
from respond.plan.tables import fields_of
from respond.testing.drawn_plans import (
    ASKED,
    IDS,
    LEVELS_MAX,
    REFERRED,
    SECTIONS,
    WORKING,
    Maker,
    ids,
    impacts,
    plans,
    seeded_plan,
)

__all__ = [
    "ASKED",
    "IDS",
    "LEVELS_MAX",
    "REFERRED",
    "SECTIONS",
    "WORKING",
    "Maker",
    "ids",
    "impacts",
    "plans",
    "read",
    "seeded_plan",
    "toml_of",
]

# -- files -------------------------------------------------------------------------------------------------------------


def toml_of(plan: Plan) -> str:
    """Return *plan* as the text of a file."""
    return "".join(f"{key} = {text}\n" for key, text in _rows(plan))


def read(text: str) -> Plan:
    """Return the plan that stands in *text*."""
    return plan_of(Plan, tomllib.loads(text, parse_float=Decimal))


def _rows(value: Any) -> list[tuple[str, str]]:
    told = ((key, field, getattr(value, field.name)) for key, field in fields_of(type(value)).items())
    return [(key, _text(one)) for key, field, one in told if one is not None and one != field.default]


def _text(value: Any) -> str:
    match value:
        case bool() | str():
            return json.dumps(value, ensure_ascii=False)
        case Span() | Money():
            return f'"{value}"'
        case tuple():
            return f"[{', '.join(map(_text, value))}]"
        case Mapping():
            return _table([(json.dumps(key), _text(one)) for key, one in value.items()])
        case _ if attrs.has(type(value)):
            return _table(_rows(value))
    return str(value)


def _table(rows: list[tuple[str, str]]) -> str:
    return f"{{{', '.join(f'{key} = {text}' for key, text in rows)}}}"
