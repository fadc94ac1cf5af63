"""Reading the bytes of a foreign file, within its budgets."""

from __future__ import annotations

import gzip

import pytest

from respond.errors import ImportRejected
from respond.transfer.csv import CsvFormat, read_csv
from respond.transfer.source import Limits, Source


def rows_of(path, *, form=None, limits=None, required=("a",)):
    """Return the cells of the rows of a CSV file."""
    with Source(path, limits) as source:
        return [dict(row.cells) for row in read_csv(source, form or CsvFormat(), required)]


def read_until_refused(path, **options):
    """Return the rows that were read, and the error that ended it."""
    read = []
    with Source(path, options.pop("limits", None)) as source:
        rows = read_csv(source, options.pop("form", CsvFormat()), ["a"])
        with pytest.raises(ImportRejected) as refused:
            read.extend(rows)
    return read, refused.value


@pytest.fixture
def file(tmp_path):
    """Return a function that writes a file and answers its path."""

    def write(data, name="log.csv"):
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return write


def many(count):
    """Return a CSV file of *count* rows."""
    return b"a,b\n" + b"".join(b"%d,%s\n" % (number, b"x" * (number % 97)) for number in range(count))


@pytest.mark.parametrize("name", ["log.csv", "log.csv.gz"])
def test_gzip_is_told_by_its_first_bytes(file, name):
    """A gzip file is read whatever its name says, and a plain one too."""
    assert rows_of(file(gzip.compress(b"a,b\n1,2\n"), name)) == [{"a": "1", "b": "2"}]
    assert rows_of(file(b"a,b\n1,2\n")) == [{"a": "1", "b": "2"}]


def test_a_file_that_is_not_there_is_named(tmp_path):
    """A missing file is refused with its name and the system's reason."""
    with pytest.raises(ImportRejected, match=r"missing\.csv: cannot be opened: No such file"):
        Source(tmp_path / "missing.csv")


def test_a_folder_is_no_file(tmp_path):
    """A folder is refused, not read."""
    with pytest.raises(ImportRejected, match="cannot be opened: Is a directory"):
        Source(tmp_path)


def test_gz_that_is_none_is_refused(file):
    """A file that ends with .gz and is plain is refused rather than guessed at."""
    with pytest.raises(ImportRejected, match="is not gzip"):
        Source(file(b"a,b\n1,2\n", "log.csv.gz"))


def test_a_truncated_gzip_gives_its_whole_rows_first(file):
    """Every whole row before the cut is read, and the message names the last one."""
    whole = gzip.compress(many(20_000))
    rows, error = read_until_refused(file(whole[: len(whole) // 2], "log.csv.gz"))
    assert 0 < len(rows) < 20_000
    assert str(error) == f"log.csv.gz, after row {len(rows)}: the gzip file is cut off; fetch the whole file"


def test_a_damaged_gzip_is_refused(file):
    """A flipped byte in the middle is seen, at the latest by the checksum."""
    whole = bytearray(gzip.compress(many(20_000)))
    whole[len(whole) // 2] ^= 0xFF
    rows, error = read_until_refused(file(bytes(whole), "log.csv.gz"))
    assert "damaged" in str(error) or "not utf-8" in str(error) or "cells, the header names" in str(error)
    assert len(rows) <= 20_000


def test_a_wrong_checksum_is_refused_after_the_last_row(file):
    """The rows are all there, and the file is damaged nevertheless."""
    whole = bytearray(gzip.compress(many(100)))
    whole[-6] ^= 0xFF
    rows, error = read_until_refused(file(bytes(whole), "log.csv.gz"))
    assert len(rows) == 100
    assert "after row 100: the gzip file is damaged (CRC check failed" in str(error)


def test_more_bytes_than_allowed_are_refused(file):
    """The number of decompressed bytes has a bound, and the message says which."""
    with pytest.raises(ImportRejected, match="holds more than 100,000 bytes after decompression"):
        rows_of(file(many(20_000)), limits=Limits(bytes_max=100_000))


def test_a_decompression_bomb_is_refused(file):
    """A file that unpacks to more than 200 times its size is refused, and only a part of it was unpacked."""
    path = file(gzip.compress(b"a\n" + b"0" * 200 + b"\n" * 50_000_000), "bomb.csv.gz")
    with Source(path) as source:
        with pytest.raises(ImportRejected, match="more than 200 times its size"):
            list(read_csv(source, CsvFormat(), ["a"]))
        assert source.bytes_done < source.bytes_total


def test_the_same_bomb_passes_when_it_is_allowed(file):
    """The control: it is the ratio that was refused."""
    path = file(gzip.compress(b"a\n" + b"\n" * 5_000_000), "bomb.csv.gz")
    assert rows_of(path, limits=Limits(ratio_max=2000)) == []


def test_an_undecodable_byte_names_row_and_offset(file):
    """The message names the row after which the byte stands, its offset and the encoding."""
    data = b"a,b\n1,x\n2,y\n3,\xe9\n4,z\n"
    rows, error = read_until_refused(file(data))
    assert [row.cells["a"] for row in rows] == ["1", "2"]
    assert str(error).startswith("log.csv, after row 2: byte 0xe9 at offset 14 is not utf-8; name the encoding")


@pytest.mark.parametrize("filler", [0, 65_520, 65_530, 65_536, 200_000])
def test_the_offset_is_right_wherever_chunks_end(file, filler):
    """The byte's offset does not depend on how the file was cut into chunks, multi-byte characters included."""
    before = b"a\n" + ("é" * (filler // 2)).encode()[:131_000] + b"\n" * (filler // 3) + "1\n€\n".encode()
    _, error = read_until_refused(file(before + b"\xff\n"))
    assert f"byte 0xff at offset {len(before):,} is not utf-8" in str(error)


def test_a_character_that_the_file_cuts_off_is_refused(file):
    """Half a character at the end is no text."""
    _, error = read_until_refused(file(b"a\n1\n\xe2\x82"))
    assert "after row 1: byte 0xe2 at offset 4 is not utf-8" in str(error)


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "utf-16", "utf-8-sig", "utf-8"])
def test_the_mapping_may_name_the_encoding(file, encoding):
    """A file is read in the encoding that is named; a byte order mark is no text."""
    data = "a,b\né,ü\n".encode(encoding)
    if encoding == "utf-8":
        data = b"\xef\xbb\xbf" + data
    assert rows_of(file(data), form=CsvFormat(encoding=encoding)) == [{"a": "é", "b": "ü"}]


def test_an_endless_line_is_refused(file):
    """A line has a bound, so that a file without line feeds does not fill the memory."""
    with pytest.raises(ImportRejected, match="a line has more than 1,000 characters"):
        rows_of(file(b"a\n" + b"x" * 100_000), limits=Limits(line_max=1000))


def test_closing_twice_does_nothing(file):
    """A source may be closed again."""
    source = Source(file(b"a\n"))
    source.close()
    source.close()
    assert source.bytes_total == 2
