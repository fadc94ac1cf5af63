"""CSV: one row at a time, every row as wide as the header."""

from __future__ import annotations

import csv
import difflib
from collections.abc import Collection, Iterator, Sequence
from typing import Self

import attrs

from respond.errors import ImportRejected
from respond.transfer.rows import Row
from respond.transfer.source import Source

_DELIMITERS = ";\t|,"


@attrs.frozen(kw_only=True)
class CsvFormat:
    """How a CSV file is written."""

    delimiter: str = ","
    quote: str = '"'
    encoding: str = "utf-8"


def read_csv(source: Source, form: CsvFormat, required: Collection[str]) -> Iterator[Row]:
    """Yield the rows of *source*; a blank line is none.

    Raises `ImportRejected` when the header lacks a column of *required* or names one twice, when a row is wider or
    narrower than the header, and for every fault of the bytes underneath.
    """
    lines = _Lines(source, form.encoding)
    reader = csv.reader(lines, delimiter=form.delimiter, quotechar=form.quote, strict=True)
    records = _records(source, lines, reader)
    header = _header(source, records, form, required)
    width = len(header)
    for cells in records:
        if len(cells) != width:
            if not cells:
                continue
            raise _ragged(source, header, cells)
        source.row += 1
        yield Row(source.row, dict(zip(header, cells, strict=True)))


class _Lines:
    """The lines of a file, counted until a row is whole: a quote that is never closed must not take the whole file."""

    def __init__(self, source: Source, encoding: str) -> None:
        self.size = 0
        self._source = source
        self._lines = source.lines(encoding)
        self._row_max = source.limits.line_max

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.size += len(line)
        if self.size > self._row_max:
            text = f"a row has more than {self._row_max:,} characters; often a quote that is never closed"
            raise self._source.rejected(text, place=self._source.at(self._source.row + 1))
        return line


def _records(source: Source, lines: _Lines, reader: Iterator[list[str]]) -> Iterator[list[str]]:
    """Yield the records of *reader*, its errors translated, with no cell that is too long."""
    field_max = source.limits.field_max
    while True:
        lines.size = 0
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _malformed(source, error) from error
        if lines.size > field_max and max(map(len, cells), default=0) > field_max:
            raise source.rejected(_too_long(field_max), place=source.at(source.row + 1))
        yield cells


def _malformed(source: Source, error: csv.Error) -> ImportRejected:
    text = str(error)
    if "field larger than field limit" in text:
        text = _too_long(source.limits.field_max)
        if csv.field_size_limit() < source.limits.field_max:
            text = f"{_too_long(csv.field_size_limit())}; this process allows no more, see csv.field_size_limit"
    elif "unexpected end of data" in text:
        text = "the file ends inside a quoted cell; close the quote, or fetch the whole file"
    elif "new-line character" in text:
        text = "a carriage return stands alone in an unquoted cell; end lines with LF or CRLF"
    return source.rejected(text, place=source.at(source.row + 1))


def _too_long(most: int) -> str:
    return f"a cell has more than {most:,} characters; often a quote that is never closed"


def _header(source: Source, records: Iterator[list[str]], form: CsvFormat, required: Collection[str]) -> Sequence[str]:
    header = next(records, None)
    if not header:
        raise source.rejected("is empty; the first line must name the columns", place=source.path.name)
    place = f"{source.path.name}, header"
    if len(header) == 1 and len(required) > 1:
        raise source.rejected(_wrong_delimiter(header[0], form), place=place, value=header[0])
    if len(header) > source.limits.cells_max:
        reason = f"names {len(header):,} columns; at most {source.limits.cells_max:,} are read"
        raise source.rejected(reason, place=place)
    twice = next((name for index, name in enumerate(header) if name in header[:index]), None)
    if twice is not None:
        raise source.rejected(f"names the column {twice!r} twice; rename one of them", place=place, value=twice)
    for column in required:
        if column not in header:
            raise source.rejected(missing_column(column, header), place=place, value=column)
    return header


def missing_column(column: str, header: Collection[str]) -> str:
    """Return the sentence that says which column is missing, and what stands there instead."""
    near = difflib.get_close_matches(column, header, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"the column {column!r}, which the mapping names, is not there; {hint}there are: {', '.join(header)}"


def _wrong_delimiter(header: str, form: CsvFormat) -> str:
    likely = max((sign for sign in _DELIMITERS if sign != form.delimiter), key=header.count)
    hint = f'write delimiter = "{likely.encode("unicode_escape").decode()}" under [csv] in the mapping'
    if likely not in header:
        hint = "name the right delimiter under [csv] in the mapping"
    return f"has one column only, {header[:80]!r}, when it is split at {form.delimiter!r}; {hint}"


def _ragged(source: Source, header: Sequence[str], cells: Sequence[str]) -> ImportRejected:
    extra = len(cells) > len(header)
    column = None if extra else header[len(cells)]
    return source.rejected(
        f"has {len(cells)} cells, the header names {len(header)}; "
        "quote the cells that hold the delimiter, or mend the row",
        place=source.at(source.row + 1, column),
        value=cells[len(header)] if extra else None,
    )
