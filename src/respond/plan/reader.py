"""Read a plan from TOML, and say where it is wrong."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, TypeVar

import attrs

from respond.errors import InvalidPlan
from respond.plan.plan import Category, Level, Plan, Role

PlanT = TypeVar("PlanT", bound=Plan)

FILE_MAX = 4 * 1024 * 1024
"""The largest plan file, in bytes."""

_TYPES: dict[str, type] = {"str": str, "int": int, "bool": bool, "str | None": str}
_WORDS = {str: "text", int: "an integer", bool: "true or false"}


def read_plan(plan: type[PlanT], path: Path) -> PlanT:
    """Return the plan in the file at *path*; raises `InvalidPlan`."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InvalidPlan(f"cannot be read: {error.strerror}", place=str(path)) from error
    if len(raw) > FILE_MAX:
        raise InvalidPlan(f"has {len(raw)} bytes, at most {FILE_MAX} are read", place=str(path))
    try:
        document = tomllib.loads(raw.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidPlan(f"is not TOML: {error}", place=str(path)) from error
    try:
        return plan_of(plan, document)
    except InvalidPlan as error:
        raise InvalidPlan(str(error), place=str(path), value=error.value) from error


def plan_of(plan: type[PlanT], document: dict[str, Any]) -> PlanT:
    """Return the plan that the mapping *document* describes; raises `InvalidPlan` that names the key."""
    scalars = {name: document[name] for name in ("name", "version", "title") if name in document}
    tables = {"categories": Category, "levels": Level, "roles": Role}
    _known("", document, {"name", "version", "title", *tables})
    for name in ("name", "version"):
        if not isinstance(scalars.get(name), str) or not scalars[name]:
            raise InvalidPlan("must be text and not empty", place=name, value=scalars.get(name))
    if not isinstance(scalars.get("title", ""), str):
        raise InvalidPlan("must be text", place="title", value=scalars["title"])
    for name, row in tables.items():
        rows = document.get(name, [])
        if not isinstance(rows, list):
            raise InvalidPlan(f"must be tables; write [[{name}]]", place=name, value=rows)
        scalars[name] = tuple(_row(row, f"{name}[{index}]", body) for index, body in enumerate(rows))
    return plan(**scalars)


def _row(row: type, place: str, body: object) -> Any:
    if not isinstance(body, dict):
        raise InvalidPlan("must be a table", place=place, value=body)
    fields = attrs.fields_dict(row)
    _known(place, body, set(fields))
    for name, field in fields.items():
        if name not in body:
            if field.default is attrs.NOTHING:
                raise InvalidPlan("is missing", place=f"{place}.{name}")
            continue
        kind = _TYPES[str(field.type)]
        if type(body[name]) is not kind:
            raise InvalidPlan(f"must be {_WORDS[kind]}, not {body[name]!r}", place=f"{place}.{name}", value=body[name])
    return row(**body)


def _known(place: str, body: dict[str, Any], names: set[str]) -> None:
    for name in body:
        if name not in names:
            raise InvalidPlan(
                f"is not a key of a plan; the keys here are {', '.join(sorted(names))}",
                place=f"{place}.{name}" if place else name,
            )
