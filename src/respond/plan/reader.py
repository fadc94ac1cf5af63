"""Read a plan from TOML, and say where it is wrong."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from respond.errors import InvalidPlan
from respond.plan.files import read_file
from respond.plan.parts import Category, Level, Role

if TYPE_CHECKING:
    from respond.plan.plan import Plan

PlanT = TypeVar("PlanT", bound="Plan")

FILE_MAX = 4 * 1024 * 1024
"""The largest plan file, in bytes."""

_TYPES: dict[object, type] = {str: str, int: int, bool: bool, str | None: str}
_WORDS = {str: "text", int: "an integer", bool: "true or false"}
_TABLES = {"categories": Category, "levels": Level, "roles": Role}


def read_plan(plan: type[PlanT], path: Path) -> PlanT:
    """Return the plan in the file at *path*; raises `InvalidPlan`."""
    return read_file(path, partial(plan_of, plan), bytes_max=FILE_MAX, invalid=InvalidPlan)


def plan_of(plan: type[PlanT], document: dict[str, Any]) -> PlanT:
    """Return the plan that the mapping *document* describes; raises `InvalidPlan` that names the key."""
    _known("", document, {"name", "version", "title", *_TABLES})
    for name in ("name", "version"):
        if name not in document:
            raise InvalidPlan("is missing", place=name)
        _text(document[name], name)
    content: dict[str, Any] = {name: document[name] for name in ("name", "version")}
    content["title"] = _typed(document.get("title", ""), str, "title")
    for name, row in _TABLES.items():
        rows = document.get(name, [])
        if not isinstance(rows, list):
            raise InvalidPlan(f"must be tables; write [[{name}]]", place=name, value=rows)
        content[name] = tuple(_row(row, f"{name}[{index}]", body) for index, body in enumerate(rows))
    return plan(**content)


def _row(row: type, place: str, body: object) -> Any:
    if not isinstance(body, dict):
        raise InvalidPlan("must be a table", place=place, value=body)
    fields = attrs.fields_dict(attrs.resolve_types(row))
    _known(place, body, set(fields))
    for name, field in fields.items():
        if name not in body:
            if field.default is attrs.NOTHING:
                raise InvalidPlan("is missing", place=f"{place}.{name}")
            continue
        _typed(body[name], _TYPES[field.type], f"{place}.{name}")
        if name in ("id", "title"):
            _text(body[name], f"{place}.{name}")
    return row(**body)


def _typed(value: object, kind: type, place: str) -> object:
    if type(value) is not kind:
        raise InvalidPlan(f"must be {_WORDS[kind]}, not {value!r}", place=place, value=value)
    return value


def _text(value: object, place: str) -> None:
    _typed(value, str, place)
    if not str(value).strip():
        raise InvalidPlan("must not be empty", place=place, value=value)


def _known(place: str, body: dict[str, Any], names: set[str]) -> None:
    for name in body:
        if name not in names:
            raise InvalidPlan(
                f"is not a key of a plan; the keys here are {', '.join(sorted(names))}",
                place=f"{place}.{name}" if place else name,
            )
