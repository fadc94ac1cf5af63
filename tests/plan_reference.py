"""The tables of the plan format's page, from the classes: run it to write them, a test compares."""

from __future__ import annotations

import ast
import inspect
import re
import sys
import textwrap
import types
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

import attrs

from respond.domain.money import Money
from respond.plan.finding import ERRORS, READING, WARNINGS
from respond.plan.plan import Plan
from respond.plan.spans import Span
from respond.plan.tables import fields_of

PAGE = Path(__file__).parent.parent / "docs" / "reference" / "plan-format.md"
WORDS = {
    str: "text",
    int: "integer",
    bool: "`true` or `false`",
    date: "date",
    Span: "span of time",
    Money: "amount",
    Decimal: "decimal number",
}


def kinds(kind: type = Plan, seen: list[type] | None = None) -> list[type]:
    """Return every class whose tables a plan holds, the outer one first."""
    found = [] if seen is None else seen
    if kind not in found:
        found.append(kind)
        for field in fields_of(kind).values():
            for inner in tables_in(field.type):
                kinds(inner, found)
    return found


def tables_in(kind: Any) -> Iterator[type]:
    """Yield the classes of tables in a type."""
    if attrs.has(kind) and kind not in WORDS:
        yield kind
    for argument in get_args(kind):
        yield from tables_in(argument)


def value_words(kind: Any) -> str:
    """Return what is written for a type, in words."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in {Union, types.UnionType}:
        return " or ".join(value_words(one) for one in arguments if one is not types.NoneType)
    if origin is Literal:
        return " ".join(f"`{one}`" for one in arguments)
    if origin is tuple:
        inner = value_words(arguments[0])
        return f"list of {inner}" if not attrs.has(arguments[0]) or arguments[0] in WORDS else f"tables: {inner}"
    if inspect.isclass(origin) and issubclass(origin, Mapping):
        return f"table of {value_words(arguments[1])}"
    if kind in WORDS:
        return WORDS[kind]
    return f"[{title(kind)}](#{title(kind).lower().replace(' ', '-')})"


def title(kind: type) -> str:
    """Return the heading of a class: `Upward report` for UpwardReport."""
    return re.sub(r"(?<!^)([A-Z])", lambda found: " " + found[1].lower(), kind.__name__)


def meanings(kind: type) -> Mapping[str, str]:
    """Return what the class says of each of its fields, and of those that it inherits."""
    said: dict[str, str] = {}
    for owner in reversed(kind.__mro__[:-1]):
        body = ast.parse(textwrap.dedent(inspect.getsource(owner))).body[0].body  # type: ignore[attr-defined]
        for index, statement in enumerate(body):
            if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                after = body[index + 1] if index + 1 < len(body) else None
                text = (
                    after.value.value if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) else ""
                )
                said[statement.target.id] = " ".join(str(text).split()).replace("|", "\\|")
    return said


def table_of(kind: type) -> str:
    """Return the section of a class."""
    said = meanings(kind)
    rows = [
        f"| `{key}` | {value_words(field.type)}{', required' if field.default is attrs.NOTHING else ''} "
        f"| {said.get(field.name, '')} |"
        for key, field in fields_of(kind).items()
    ]
    promise = " ".join((inspect.getdoc(kind) or "").split())
    return "\n".join([f"### {title(kind)}", "", promise, "", "| key | value | meaning |", "| --- | --- | --- |", *rows])


def keys() -> str:
    """Return the tables of all keys."""
    return "\n\n".join(table_of(kind) for kind in kinds())


def codes() -> str:
    """Return the table of all codes of lint."""
    rows = [
        f"| `{code}` | {severity} | {meaning} |"
        for severity, known in (("refused", READING), ("error", ERRORS), ("warning", WARNINGS))
        for code, meaning in known.items()
    ]
    return "\n".join(["| code | | what is wrong |", "| --- | --- | --- |", *rows])


def filled(text: str) -> str:
    """Return the page *text* with its tables as the classes have them."""
    for name, made in (("keys", keys()), ("codes", codes())):
        before, start, rest = text.partition(f"<!-- {name}: tests/plan_reference.py writes this -->\n")
        _, end, after = rest.partition(f"<!-- end of {name} -->")
        assert start
        assert end
        text = f"{before}{start}\n{made}\n\n{end}{after}"
    return text


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text()))
    sys.exit(0)
