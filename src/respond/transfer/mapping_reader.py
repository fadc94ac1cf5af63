"""Read a mapping from TOML, and say where it is wrong."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_args

from respond.domain.moments import PRECISIONS, Ambiguous
from respond.errors import InvalidMapping
from respond.plan.files import read_file
from respond.transfer.csv import CsvFormat
from respond.transfer.mapping_parts import (
    CategoryColumn,
    LevelLookup,
    LogFormat,
    LogKind,
    OrderColumn,
    OrderType,
    StateLookup,
    UnknownLevel,
    UnknownState,
)
from respond.transfer.times import ISO, TimeColumn
from respond.transfer.toml import TomlTable

if TYPE_CHECKING:
    from respond.transfer.mapping import LogMapping

MappingT = TypeVar("MappingT", bound="LogMapping")
ValueT = TypeVar("ValueT")

FILE_MAX = 1024 * 1024
"""The largest mapping file, in bytes."""


def read_mapping(mapping: type[MappingT], path: Path) -> MappingT:
    """Return the mapping in the file at *path*; raises `InvalidMapping`."""
    return read_file(path, partial(mapping_of, mapping), bytes_max=FILE_MAX, invalid=InvalidMapping)


def mapping_of(mapping: type[MappingT], document: Mapping[str, Any]) -> MappingT:
    """Return the mapping that *document* describes; raises `InvalidMapping` that names the key."""
    top = TomlTable(document, "")
    form: LogFormat = top.choice("format", get_args(LogFormat))
    read = mapping(
        log=top.text("log"),
        format=form,
        kind=top.choice("kind", get_args(LogKind)),
        csv=_csv(top.table("csv")) if form == "csv" else CsvFormat(),
        case=top.text("case"),
        order=_order(top),
        time=_time(top.table("time", required=True)),
        opened=_time(top.table("opened")) if "opened" in top else None,
        state=_state(top.table("state", required=True)),
        level=_level(top.table("level")) if "level" in top else None,
        team=top.optional("team"),
        actor=top.optional("actor"),
        reporter=top.optional("reporter"),
        title=top.optional("title"),
        reference=top.optional("reference"),
        category=_category(top.table("category")) if "category" in top else None,
        assessment=top.table("assessment").texts(),
        key=top.list_of_text("key"),
        nulls=frozenset(top.list_of_text("nulls", empty=True)),
        future=top.list_of_text("future"),
    )
    top.refuse_the_rest()
    return read


def _csv(table: TomlTable) -> CsvFormat:
    form = CsvFormat(
        delimiter=table.text("delimiter", ","), quote=table.text("quote", '"'), encoding=table.text("encoding", "utf-8")
    )
    for name, sign in (("delimiter", form.delimiter), ("quote", form.quote)):
        if len(sign) != 1 or sign in "\r\n":
            raise table.invalid(name, "must be one character", sign)
    if form.delimiter == form.quote:
        raise table.invalid("quote", "must differ from the delimiter", form.quote)
    if not _is_text_encoding(form.encoding):
        reason = f"{form.encoding!r} is not known; write utf-8, cp1252, latin-1, utf-16 …"
        raise table.invalid("encoding", reason, form.encoding)
    table.refuse_the_rest()
    return form


def _is_text_encoding(name: str) -> bool:
    try:
        "".encode(name)
        codecs.getincrementaldecoder(name)
    except (LookupError, ValueError, TypeError):
        return False
    return True


def _order(top: TomlTable) -> tuple[OrderColumn, ...]:
    if top.peek("order") in (None, "file"):
        top.take("order", None)
        return ()
    order = []
    for table in top.tables("order", 'write "file", or one [[order]] table for each column'):
        order.append(OrderColumn(column=table.text("column"), type=table.choice("as", get_args(OrderType), "text")))
        table.refuse_the_rest()
    return tuple(order)


def _time(table: TomlTable) -> TimeColumn:
    time = TimeColumn(
        column=table.text("column"),
        format=table.text("format", ISO),
        zone=table.optional("zone"),
        ambiguous=table.choice("ambiguous", get_args(Ambiguous), "refuse"),
        precision=table.choice("precision", PRECISIONS, "second"),
    )
    table.refuse_the_rest()
    return time


def _state(table: TomlTable) -> StateLookup:
    columns = table.list_of_text("columns", required=True)
    state = StateLookup(
        columns=columns,
        targets=_targets(table, columns, _name, "a state, keep, or open"),
        unknown=table.choice("unknown", get_args(UnknownState), "refuse"),
    )
    table.refuse_the_rest()
    return state


def _level(table: TomlTable) -> LevelLookup:
    columns = table.list_of_text("columns", required=True)
    level = LevelLookup(
        columns=columns,
        targets=_targets(table, columns, _number, "the number of a level"),
        unknown=table.choice("unknown", get_args(UnknownLevel), "refuse"),
    )
    table.refuse_the_rest()
    return level


def _category(table: TomlTable) -> CategoryColumn:
    column = table.text("column")
    category = CategoryColumn(
        column=column, targets=table.table("map").texts(), fallback=table.text("fallback", "other")
    )
    table.refuse_the_rest()
    return category


def _name(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _number(value: object) -> int | None:
    return value if type(value) is int and value >= 1 else None


def _targets(
    table: TomlTable, columns: tuple[str, ...], read: Callable[[object], ValueT | None], word: str
) -> dict[tuple[str, ...], ValueT]:
    """Return the nested table `map` flat: one level of nesting for each of *columns*."""
    found: dict[tuple[str, ...], ValueT] = {}

    def walk(value: object, cells: tuple[str, ...]) -> None:
        name = ".".join(("map", *cells))
        if len(cells) == len(columns):
            target = read(value)
            if target is None:
                raise table.invalid(name, f"must be {word}, not {value!r}", value)
            found[cells] = target
            return
        if not isinstance(value, Mapping) or not value:
            reason = f"must be a table: the values of {columns[len(cells)]!r} and what they mean"
            raise table.invalid(name, reason, value)
        for cell, inner in value.items():
            walk(inner, (*cells, cell))

    walk(table.take("map", {}), ())
    return found
