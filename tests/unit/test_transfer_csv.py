"""Reading CSV: rows as wide as the header, and messages that name the place."""

from __future__ import annotations

import csv

import pytest

from respond.errors import ImportRejected
from respond.transfer.csv import CsvFormat, read_csv
from respond.transfer.source import Limits, Source


def rows_of(path, text, required=("a", "b"), limits=None, **form):
    """Return the numbers and cells of a file with *text*."""
    file = path / "log.csv"
    file.write_text(text, newline="")
    with Source(file, limits) as source:
        return [(row.number, dict(row.cells)) for row in read_csv(source, CsvFormat(**form), required)]


def refused(path, text, **options):
    """Return the message with which *text* is refused."""
    with pytest.raises(ImportRejected) as error:
        rows_of(path, text, **options)
    return str(error.value)


def test_rows_are_numbered_from_one_and_blank_lines_are_none(tmp_path):
    """The header and blank lines have no number."""
    assert rows_of(tmp_path, "a,b\n1,2\n\n3,4\n\n") == [(1, {"a": "1", "b": "2"}), (2, {"a": "3", "b": "4"})]


def test_cells_are_kept_as_they_are(tmp_path):
    """Blanks, quotes, delimiters and line breaks inside quotes belong to the cell."""
    text = 'a,b\r\n" x ","say ""hi"", then\r\ngo"\r\n'
    assert rows_of(tmp_path, text) == [(1, {"a": " x ", "b": 'say "hi", then\r\ngo'})]


@pytest.mark.parametrize("separator", ["\u2028", "\x0b", "\x0c", "\x1c", "\x85"])
def test_only_line_feeds_end_lines(tmp_path, separator):
    """Characters that Python takes for line ends are text in a cell."""
    assert rows_of(tmp_path, f"a,b\n1{separator}2,3\n") == [(1, {"a": f"1{separator}2", "b": "3"})]


def test_delimiter_and_quote_can_be_named(tmp_path):
    """Another delimiter and another quote are read."""
    assert rows_of(tmp_path, "a;b\n'1;1';2\n", delimiter=";", quote="'") == [(1, {"a": "1;1", "b": "2"})]


@pytest.mark.parametrize(("delimiter", "written"), [(";", ";"), ("\t", "\\t"), ("|", "|")])
def test_the_wrong_delimiter_is_told_with_the_likely_one(tmp_path, delimiter, written):
    """A header of one column says how it was split, and what to write instead."""
    text = refused(tmp_path, f"a{delimiter}b\n1{delimiter}2\n")
    assert text.startswith("log.csv, header: has one column only")
    assert f'write delimiter = "{written}" under [csv]' in text


def test_a_header_without_any_delimiter_asks_for_one(tmp_path):
    """Nothing is proposed where nothing is likely."""
    assert "name the right delimiter under [csv]" in refused(tmp_path, "ab\n12\n")


def test_a_missing_column_is_named_with_the_nearest_one(tmp_path):
    """The message names the column, the nearest one that is there, and all of them."""
    text = refused(tmp_path, "state,priorty\n1,2\n", required=("state", "priority"))
    assert text == (
        "log.csv, header: the column 'priority', which the mapping names, is not there; "
        "did you mean 'priorty'? there are: state, priorty"
    )


def test_a_column_named_twice_is_refused(tmp_path):
    """Two columns of one name cannot be told apart."""
    assert "names the column 'a' twice" in refused(tmp_path, "a,b,a\n1,2,3\n")


def test_an_empty_file_is_refused(tmp_path):
    """A file without a header says so."""
    assert refused(tmp_path, "") == "log.csv: is empty; the first line must name the columns"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("3", "log.csv, row 2, column 'b': has 1 cells, the header names 2"),
        ("3,4,5", "log.csv, row 2: has 3 cells, the header names 2"),
    ],
)
def test_a_ragged_row_is_refused(tmp_path, row, message):
    """A row that is too short or too long names its number, and the column that is missing."""
    assert refused(tmp_path, f"a,b\n1,2\n{row}\n").startswith(message)


def test_an_oversized_cell_is_refused(tmp_path):
    """A cell has a bound; a quote that is never closed runs into it."""
    text = refused(tmp_path, 'a,b\n1,2\n1,"' + "x\n" * 100_000)
    assert text == "log.csv, row 2: a cell has more than 131,072 characters; often a quote that is never closed"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('a,b\n1,"2\n', "the file ends inside a quoted cell"),
        ("a,b\n1,2\r3,4\n", "a carriage return stands alone"),
        ('a,b\n1,"2"x\n', "',' expected after '\"'"),
    ],
)
def test_malformed_quotes_and_line_ends_are_refused(tmp_path, text, reason):
    """What cannot be split is refused with its row."""
    message = refused(tmp_path, text)
    assert message.startswith("log.csv, row 1: ")
    assert reason in message


@pytest.fixture
def process_limit():
    """The setter of the limit that all CSV readers of the process share; set back afterwards."""
    before = csv.field_size_limit()
    yield csv.field_size_limit
    csv.field_size_limit(before)


def test_a_cell_has_the_bound_of_the_limits(tmp_path, process_limit):
    """A cell is as long as the limits allow, whatever the limit that the process shares is above it."""
    process_limit(2**31)
    limits = Limits(field_max=10)
    assert rows_of(tmp_path, f"a,b\n1,{'x' * 10}\n", limits=limits) == [(1, {"a": "1", "b": "x" * 10})]
    text = refused(tmp_path, f"a,b\n1,2\n1,{'x' * 11}\n", limits=limits)
    assert text == "log.csv, row 2: a cell has more than 10 characters; often a quote that is never closed"


def test_a_lower_limit_of_the_process_is_named(tmp_path, process_limit):
    """A limit of the process below ours is not ours to change, and the message says where it comes from."""
    process_limit(10)
    text = refused(tmp_path, f"a,b\n1,{'x' * 11}\n")
    assert "a cell has more than 10 characters" in text
    assert "this process allows no more, see csv.field_size_limit" in text


def test_a_quote_that_is_never_closed_takes_no_more_than_a_row(tmp_path, process_limit):
    """Where the process has no limit, a row still has one: the rest of the file is not read into one cell."""
    process_limit(2**31)
    limits = Limits(line_max=100)
    assert len(rows_of(tmp_path, "a,b\n" + "1,2\n" * 100, limits=limits)) == 100
    text = refused(tmp_path, 'a,b\n1,"2\n' + "1,2\n" * 100, limits=limits)
    assert text == "log.csv, row 1: a row has more than 100 characters; often a quote that is never closed"


def test_too_many_columns_are_refused(tmp_path):
    """The number of columns has a bound."""
    text = refused(tmp_path, "a,b,c,d\n", limits=Limits(cells_max=3))
    assert "names 4 columns; at most 3 are read" in text
