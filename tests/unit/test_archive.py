"""Archives as files: what they hold, how they prove it, and what is not taken for one."""

from __future__ import annotations

import gzip
import json
from hashlib import sha256
from pathlib import Path

import pytest

from respond.errors import ArchiveUnreadable, InvalidInput, StoreUnavailable
from respond.store import archive
from respond.store.archive import read_archive, write_archive
from respond.store.memory import MemoryEventStore
from respond.store.records import Recorded, Write, leaf_of
from respond.testing.conformance.samples import ONE, TWO, ManualClock, event, events

LOG = "memory"
ODD = 'Grüße 世界 \N{GRINNING FACE} "quoted" \\ \x01\n\u2028'


def rows() -> list[Recorded]:
    """Return four events, one with text of all kinds."""
    store = MemoryEventStore(clock=ManualClock(), log=LOG)
    store.append(Write(ONE, events(1, 2)))
    store.append(Write(TWO, [event("odd", data={"text": ODD}), event(4)]))
    return list(store.read_log())


def with_body(row: Recorded, body: bytes) -> Recorded:
    """Return *row* with another body and the leaf of that."""
    return row._replace(body=body, leaf=leaf_of(body, row.recorded_us, row.position))


def read(folder: Path, file: archive.ArchiveFile) -> dict[int, bytes]:
    """Return what a file holds."""
    return dict(read_archive(folder / file.name, log=LOG, digest=file.digest))


def test_a_file_holds_the_bodies_byte_for_byte(tmp_path):
    """What was written is read again, byte for byte, also a body that is not UTF-8."""
    written = [*rows(), with_body(rows()[3], b"\xff\x00 not JSON")]
    file = write_archive(tmp_path, LOG, written[:3] + written[4:])
    assert read(tmp_path, file) == {row.position: row.body for row in written[:3] + written[4:]}
    assert file.events == 4
    assert file.digest == sha256((tmp_path / file.name).read_bytes()).digest()
    assert file.size == (tmp_path / file.name).stat().st_size


def test_the_format_is_that_of_the_page(tmp_path):
    """The file is gzip over one JSON object a line, as the record format says; it needs no database to be read."""
    file = write_archive(tmp_path, LOG, rows())
    head, *lines = [json.loads(line) for line in gzip.decompress((tmp_path / file.name).read_bytes()).splitlines()]
    assert head == {"archive": 1, "log": LOG, "events": 4}
    row = rows()[2]
    assert lines[2] == {
        "position": 3,
        "recorded_at": row.recorded_us,
        "tenant": "default",
        "realm": "real",
        "stream": "incident-two",
        "version": 1,
        "id": row.id,
        "leaf": row.leaf.hex(),
        "body": (row.body or b"").decode(),
    }


def test_the_same_rows_make_the_same_file(tmp_path):
    """A run that broke off before the bodies left writes the same file again, and nothing else stays behind."""
    first, second = write_archive(tmp_path, LOG, rows()), write_archive(tmp_path, LOG, rows())
    assert first == second
    assert [path.name for path in tmp_path.iterdir()] == [first.name]
    assert write_archive(tmp_path, LOG, rows()[:3]).name != first.name


def test_a_file_is_not_written_again(tmp_path):
    """Nobody may write to an archive, and others than its owner may not read it."""
    file = write_archive(tmp_path, LOG, rows())
    assert (tmp_path / file.name).stat().st_mode & 0o777 == 0o400


def test_every_altered_byte_is_noticed(tmp_path):
    """A file whose digest is not that of the manifest is not read, wherever it was altered, cut or made longer."""
    file = write_archive(tmp_path, LOG, rows())
    path, raw = tmp_path / file.name, (tmp_path / file.name).read_bytes()
    path.chmod(0o600)
    altered = [raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :] for at in range(len(raw))]
    for other in (*altered, raw[:-1], raw + b"\0", b""):
        path.write_bytes(other)
        with pytest.raises(ArchiveUnreadable, match="its digest is another"):
            read(tmp_path, file)
    path.write_bytes(raw)
    assert len(read(tmp_path, file)) == 4  # the control


LINE = {"position": 1, "recorded_at": 2, "leaf": leaf_of(b"{}", 2, 1).hex(), "body": "{}"}
HEAD = {"archive": 1, "log": LOG, "events": 1}


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [HEAD],
        [HEAD, LINE, LINE],
        [HEAD | {"events": 2}, LINE],
        [HEAD | {"archive": 2}, LINE],
        [HEAD | {"log": "another"}, LINE],
        [HEAD | {"events": "1"}, LINE],
        ["text", LINE],
        [HEAD, LINE | {"body": "{ }"}],
        [HEAD, LINE | {"position": 2}],
        [HEAD, LINE | {"recorded_at": 2**70}],
        [HEAD, {key: value for key, value in LINE.items() if key != "body"}],
        [HEAD, LINE | {"body": 7}],
        [HEAD, []],
    ],
)
def test_what_is_no_archive_of_this_log_is_not_read(tmp_path, lines):
    """A file with the right digest is still read with care: each line must fit its leaf, and the head their number."""
    raw = gzip.compress(b"\n".join(json.dumps(line).encode() for line in lines) + b"\n")
    (tmp_path / "file").write_bytes(raw)
    with pytest.raises(ArchiveUnreadable, match="is not an archive of this log"):
        read_archive(tmp_path / "file", log=LOG, digest=sha256(raw).digest())
    sound = gzip.compress(b"\n".join(json.dumps(line).encode() for line in [HEAD, LINE]) + b"\n")
    (tmp_path / "file").write_bytes(sound)
    assert read_archive(tmp_path / "file", log=LOG, digest=sha256(sound).digest()) == {1: b"{}"}  # the control


@pytest.mark.parametrize("raw", [b"", b"text", gzip.compress(b"{}", mtime=0)[:-6], gzip.compress(b"\xff\n", mtime=0)])
def test_what_is_no_gzip_is_not_read(tmp_path, raw):
    """A file that is no gzip, or breaks off, is not read."""
    (tmp_path / "file").write_bytes(raw)
    with pytest.raises(ArchiveUnreadable, match="is not an archive of this log"):
        read_archive(tmp_path / "file", log=LOG, digest=sha256(raw).digest())


def test_a_line_has_a_limit(tmp_path, monkeypatch):
    """A line beyond the longest that a body can make is not held in memory."""
    monkeypatch.setattr(archive, "_LINE_MAX", 100)
    raw = gzip.compress(json.dumps(HEAD).encode() + b"\n" + b" " * 1000)
    (tmp_path / "file").write_bytes(raw)
    with pytest.raises(ArchiveUnreadable):
        read_archive(tmp_path / "file", log=LOG, digest=sha256(raw).digest())


def test_a_file_has_a_limit(tmp_path, monkeypatch):
    """A file that is larger than any archive is not read."""
    file = write_archive(tmp_path, LOG, rows())
    monkeypatch.setattr(archive, "FILE_MAX", file.size - 1)
    with pytest.raises(ArchiveUnreadable, match="has more than"):
        read(tmp_path, file)


def test_a_missing_file_is_named(tmp_path):
    """A file that is not there is named, with what to do."""
    with pytest.raises(ArchiveUnreadable, match=r"lost.jsonl.gz: cannot be read: No such file.*bring the file back"):
        read_archive(tmp_path / "lost.jsonl.gz", log=LOG, digest=b"")


def test_a_missing_folder_is_named(tmp_path):
    """A folder that is not there is not made: a typo must not become the place of an archive."""
    with pytest.raises(InvalidInput, match="is not a folder"):
        write_archive(tmp_path / "archvies", LOG, rows())


def test_a_folder_that_cannot_be_written_is_told_of(tmp_path, monkeypatch):
    """When the disk refuses, the error says so, and no part of a file stays behind."""

    def refuse(file):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archive, "_settle", refuse)
    with pytest.raises(StoreUnavailable, match="No space left on device; nothing was archived"):
        write_archive(tmp_path, LOG, rows())
    assert list(tmp_path.iterdir()) == []


def test_what_was_written_is_read_back(tmp_path, monkeypatch):
    """A disk that keeps something else than was written is noticed before any body leaves."""
    monkeypatch.setattr(archive, "_content", lambda log, rows, make=archive._content: make(log, rows[:3]))
    with pytest.raises(ArchiveUnreadable, match="does not hold what was written"):
        write_archive(tmp_path, LOG, rows())
