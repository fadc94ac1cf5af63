"""Answers for people: lines, pairs and tables, with stored text made harmless."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import IO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from respond.domain.escaping import escaped
from respond.domain.moments import Moment, format_utc

_UNWRAPPED = 1_000_000
"""Columns of a page that no terminal shows: a program that reads it wants one line for each row."""

_NARROW = 20
"""The longest text that a terminal shows on one line: a time, to the second."""

Cell = str | int | float | Moment | datetime | None


def cell_text(value: Cell) -> str:
    """Return what a cell shows; nothing for None, and times in UTC to the second where that loses nothing."""
    match value:
        case None:
            return ""
        case Moment():
            return cell_text(value.at)
        case datetime():
            return format_utc(value).replace(".000000Z", "Z")
        case float():
            return f"{value:,.1f}"
        case _:
            return escaped(str(value))


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """Return a number and what it counts, in the singular or the plural."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def span_text(seconds: int) -> str:
    """Return a span of time as days, hours, minutes and seconds."""
    return f"{'-' if seconds < 0 else ''}{timedelta(seconds=abs(seconds))}"


class Page:
    """Writes to standard output, or another stream."""

    def __init__(self, stream: IO[str] | None = None) -> None:
        self._stream = stream or sys.stdout
        width = None if self._stream.isatty() else _UNWRAPPED
        self._console = Console(file=self._stream, width=width, markup=False, highlight=False, emoji=False)

    def line(self, text: str = "") -> None:
        """Write one line."""
        self._print(Text(escaped(text)))

    def heading(self, text: str) -> None:
        """Write a heading, with a blank line before it."""
        self._print(Text())
        self._print(Text(escaped(text), style="bold"))

    def pairs(self, rows: Iterable[tuple[str, Cell]]) -> None:
        """Write names and their values; a name without a value is left out."""
        table = Table.grid(padding=(0, 2))
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold")
        for name, value in rows:
            if value not in {None, ""}:
                table.add_row(Text(escaped(name)), Text(cell_text(value)))
        if table.row_count:
            self._print(table)

    def table(self, heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
        """Write a table under *heads*."""
        table = Table(box=None, pad_edge=False, header_style="bold")
        texts = [[cell_text(value) for value in row] for row in rows]
        for index, head in enumerate(heads):
            narrow = all(len(row[index]) <= _NARROW for row in texts)
            table.add_column(head, overflow="fold", no_wrap=narrow)
        for row in texts:
            table.add_row(*map(Text, row))
        self._print(table)

    def _print(self, what: Text | Table) -> None:
        if self._stream.isatty():
            self._console.print(what)
            return
        with self._console.capture() as captured:
            self._console.print(what, soft_wrap=isinstance(what, Text))
        for line in captured.get().splitlines():  # a table fills its columns up with blanks
            self._stream.write(line.rstrip() + "\n")
