"""What makes a row itself, and in which order rows come."""

from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foreign import mapping
from respond.errors import ImportRejected
from respond.transfer.order import ordered
from respond.transfer.rows import Identity, Row
from respond.transfer.source import Source


def test_the_key_is_the_documented_hash():
    """The key is the SHA-256 of log, case and mapped cells in the order of their columns, with the ordinal."""
    identity = Identity("log", ["b", "a", "c"])
    keys = [identity.key("C", {"a": "1", "b": "é", "x": str(number)}) for number in range(2)]
    array = json.dumps(["log", "C", "1", "é", None], separators=(",", ":"), ensure_ascii=False).encode()
    assert keys == [hashlib.sha256(array + b"#%d" % number).hexdigest() for number in range(2)]


def test_an_exact_duplicate_has_no_key():
    """A row that equals an earlier one of its case in every cell is none; in another case it is one."""
    identity = Identity("log", ["a"])
    row = {"a": "1", "x": "2"}
    assert identity.key("C", row) is not None
    assert identity.key("C", dict(row)) is None
    assert identity.key("C", {"a": "1", "x": "3"}) is not None
    assert identity.key("C", row) is None
    assert identity.key("D", row) is not None


def test_a_cell_that_is_missing_is_not_an_empty_one():
    """An attribute that is not there and one that is empty make two rows."""
    identity = Identity("log", ["a"])
    assert len({identity.key("C", {"a": ""}), identity.key("C", {})}) == 2


ROWS = st.lists(st.tuples(st.sampled_from("CD"), st.fixed_dictionaries({"a": st.sampled_from("12"), "x": st.text()})))


@given(rows=ROWS, more=ROWS)
def test_keys_are_unique_and_an_appended_row_changes_none(rows, more):
    """For any rows, no two share a key, and what follows never changes the keys before."""
    short, long = (
        [identity.key(case, cells) for case, cells in given_rows]
        for identity, given_rows in ((Identity("log", ["a"]), rows), (Identity("log", ["a"]), rows + more))
    )
    told = [key for key in long if key is not None]
    assert long[: len(rows)] == short
    assert len(set(told)) == len(told)


def put_in_order(tmp_path, rows, order, run=20_000):
    """Return *rows* in the order that a mapping with *order* asks."""
    path = tmp_path / "log.csv"
    path.touch()
    with Source(path) as source:
        return list(ordered(rows, mapping(order=order, nulls=["?"]), source, run=run))


def test_numbers_and_times_are_compared_as_such(tmp_path):
    """Columns are compared by their type, the first one first; an empty cell comes before all others."""
    cells = [("10", "09:00:00"), ("9", "10:00:00"), ("9", "09:00:00"), ("?", "23:00:00"), ("10", "09:00:00")]
    rows = [Row(number, {"n": n, "at": f"2026-01-01T{at}"}) for number, (n, at) in enumerate(cells, 1)]
    order = [{"column": "n", "as": "number"}, {"column": "at", "as": "time"}]
    assert [row.number for row in put_in_order(tmp_path, rows, order)] == [4, 3, 2, 1, 5]


@given(texts=st.lists(st.sampled_from(["", "a", "b", "c", "é"])), run=st.integers(1, 4))
def test_order_does_not_depend_on_how_many_rows_fit_in_memory(tmp_path_factory, texts, run):
    """For any rows, sorting in runs through temporary files gives what sorting at once gives."""
    folder = tmp_path_factory.mktemp("order")
    rows = [Row(number, {"k": text}) for number, text in enumerate(texts, 1)]
    order = [{"column": "k"}]
    expected = sorted(rows, key=lambda row: (row.cells["k"], row.number))
    assert put_in_order(folder, rows, order, run) == put_in_order(folder, rows, order) == expected


@pytest.mark.parametrize(
    ("kind", "text", "reason"),
    [
        ("number", "ten", "log.csv, row 1, column 'k': 'ten' is not a number"),
        ("number", "nan", "log.csv, row 1, column 'k': 'nan' is not a number"),
        ("time", "noon", "log.csv, row 1, column 'k': 'noon' is not an ISO 8601 time"),
    ],
)
def test_a_cell_that_cannot_be_ordered_is_refused(tmp_path, kind, text, reason):
    """What is no number or no time is refused with its place."""
    with pytest.raises(ImportRejected) as error:
        put_in_order(tmp_path, [Row(1, {"k": text})], [{"column": "k", "as": kind}])
    assert str(error.value).startswith(reason)
