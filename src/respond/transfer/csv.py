"""CSV: one row at a time, every row as wide as the header."""

from __future__ import annotations

import csv
import difflib
from collections.abc import Collection, Iterator, Sequence

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
    reader = csv.reader(source.lines(form.encoding), delimiter=form.delimiter, quotechar=form.quote, strict=True)
    header = _header(source, reader, form, required)
    width = len(header)
    for cells in _records(source, reader):
        if len(cells) != width:
            if not cells:
                continue
            raise _ragged(source, header, cells)
        source.row += 1
        yield Row(source.row, dict(zip(header, cells, strict=True)))


def _records(source: Source, reader: Iterator[list[str]]) -> Iterator[list[str]]:
    """Yield the records of *reader*, its errors translated."""
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _malformed(source, error) from error
        yield cells


def _malformed(source: Source, error: csv.Error) -> ImportRejected:
    text = str(error)
    if "field larger than field limit" in text:
        text = f"a cell has more than {csv.field_size_limit():,} characters; often a quote that is never closed"
    elif "unexpected end of data" in text:
        text = "the file ends inside a quoted cell; close the quote, or fetch the whole file"
    elif "new-line character" in text:
        text = "a carriage return stands alone in an unquoted cell; end lines with LF or CRLF"
    return source.rejected(text, place=source.at(source.row + 1))


def _header(source: Source, reader: Iterator[list[str]], form: CsvFormat, required: Collection[str]) -> Sequence[str]:
    header = next(_records(source, reader), None)
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
