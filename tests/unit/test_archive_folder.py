"""Where the bodies are that left a log: looked up in the manifest, fetched from their files."""

from __future__ import annotations

import attrs
import pytest

from respond.errors import ArchiveUnreadable, EventArchived, InvalidInput, UnreadableEvent
from respond.store import archive_folder
from respond.store.archive import write_archive
from respond.store.archive_folder import ArchiveFolder, archive_of, folder_at, ranges_of
from respond.store.codec import Codec
from respond.store.manifest import Archived
from respond.store.memory import MemoryEventStore
from respond.store.records import Recorded, Write, stored_body
from respond.testing.conformance.samples import ONE, ManualClock, events
from respond.workflow.incident import INCIDENT

LOG = "memory"


@attrs.define
class Manifest:
    """A log whose manifest can be anything, and that counts how often it is asked."""

    ranges: list[Archived]
    log: str = LOG
    asked: int = 0
    page: int = 1000

    def archived(self, position):
        self.asked += 1
        before = [one for one in self.ranges if one.first <= position]
        return before[-1] if before and before[-1].last >= position else None

    def manifest(self, *, after=0, limit=1000):
        self.asked += 1
        return [one for one in self.ranges if one.first > after][: min(limit, self.page)]


def rows(count: int = 12) -> list[Recorded]:
    """Return events as a store keeps them."""
    store = MemoryEventStore(clock=ManualClock(), log=LOG)
    store.append(Write(ONE, events(*range(count))))
    return list(store.read_log())


def archived(folder, *ranges: tuple[int, int], size: int = 12) -> Manifest:
    """Return the manifest of a log whose *ranges* left, each for a file of its own."""
    listed = []
    for first, last in ranges:
        file = write_archive(folder, LOG, rows(size)[first - 1 : last])
        listed.append(Archived(first=first, last=last, file=file.name, digest=file.digest, reason="x"))
    return Manifest(listed)


def gone(row: Recorded) -> Recorded:
    """Return *row* without its body."""
    return row._replace(body=None)


def test_bodies_come_from_their_files(tmp_path):
    """Each body is the one that left, from whichever file, in whatever order it is asked for, of rows of both kinds."""
    folder = ArchiveFolder(archived(tmp_path, (2, 4), (5, 5), (9, 12)), tmp_path)
    for position in (2, 12, 3, 5, 9, 2):
        row = rows()[position - 1]
        assert folder.body_of(gone(row)) == row.body
        assert folder.body_of(stored_body(gone(row))) == row.body


def test_without_a_folder_the_file_is_named(tmp_path):
    """Who did not name the folder is told which file to look for, and how to name its folder."""
    manifest = archived(tmp_path, (2, 4))
    with pytest.raises(
        EventArchived, match=rf"position 3: the body is archived in {manifest.ranges[0].file}.*archives="
    ):
        ArchiveFolder(manifest, None).body_of(gone(rows()[2]))


@pytest.mark.parametrize("position", [1, 5, 8])
def test_what_the_manifest_does_not_cover_is_no_archive(tmp_path, position):
    """A body that is missing beside the ranges, or between them, is damage and called so."""
    folder = ArchiveFolder(archived(tmp_path, (2, 4), (9, 12)), tmp_path)
    assert folder.range_of(position) is None
    with pytest.raises(ArchiveUnreadable, match="no archive is known to hold it"):
        folder.body_of(gone(rows()[position - 1]))


def test_a_body_that_does_not_fit_its_leaf_is_not_given_out(tmp_path):
    """A row that was altered after its body left does not get that body back."""
    folder = ArchiveFolder(archived(tmp_path, (2, 4)), tmp_path)
    for change in ({"leaf": b"\1" * 32}, {"recorded_us": 1}):
        with pytest.raises(ArchiveUnreadable, match="position 3"):
            folder.body_of(gone(rows()[2])._replace(**change))


def test_a_file_that_lacks_a_body_is_told_of(tmp_path):
    """A manifest that promises more than its file holds is noticed."""
    manifest = archived(tmp_path, (2, 4))
    manifest.ranges[0] = attrs.evolve(manifest.ranges[0], last=6)
    with pytest.raises(ArchiveUnreadable, match="lacks its body"):
        ArchiveFolder(manifest, tmp_path).body_of(gone(rows()[5]))


@pytest.mark.parametrize("name", ["../file", "/etc/passwd", "a/b", "..", ""])
def test_files_lie_in_the_folder(tmp_path, name):
    """A manifest cannot send a reader out of the folder."""
    manifest = archived(tmp_path, (2, 4))
    manifest.ranges[0] = attrs.evolve(manifest.ranges[0], file=name)
    with pytest.raises(ArchiveUnreadable):
        ArchiveFolder(manifest, tmp_path).body_of(gone(rows()[2]))


def test_a_reader_that_goes_on_asks_the_manifest_once_a_page(tmp_path):
    """A log read in order asks for its ranges page by page, not row by row."""
    manifest = archived(tmp_path, *((position, position) for position in range(1, 13)))
    folder = ArchiveFolder(manifest, tmp_path)
    for row in rows():
        folder.body_of(gone(row))
    assert manifest.asked == 2
    manifest.page, manifest.asked = 4, 0
    folder = ArchiveFolder(manifest, tmp_path)
    for row in rows():
        folder.body_of(gone(row))
    assert manifest.asked == 6


def test_what_left_meanwhile_is_found(tmp_path):
    """A range that came after the manifest was read is looked up again."""
    manifest = archived(tmp_path, (2, 4), (9, 12))
    late = manifest.ranges.pop()
    folder = ArchiveFolder(manifest, tmp_path)
    folder.body_of(gone(rows()[2]))
    assert folder.range_of(10) is None
    manifest.ranges.append(late)
    assert folder.body_of(gone(rows()[9])) == rows()[9].body


def test_few_files_stay_at_hand(tmp_path, monkeypatch):
    """Bodies stay in memory up to a limit; beyond it the file that was used longest ago goes, and can come again."""
    manifest = archived(tmp_path, (1, 4), (5, 8), (9, 12))
    folder = ArchiveFolder(manifest, tmp_path)
    size = sum(len(row.body or b"") for row in rows()[:4])
    monkeypatch.setattr(archive_folder, "HELD_MAX", 2 * size + size // 2)
    for position in (1, 5, 2, 9, 3):
        folder.body_of(gone(rows()[position - 1]))
    files = {one.file for one in manifest.ranges}
    for name in files:
        (tmp_path / name).unlink()
    assert folder.body_of(gone(rows()[0]))
    assert folder.body_of(gone(rows()[10]))
    with pytest.raises(ArchiveUnreadable, match="cannot be read"):
        folder.body_of(gone(rows()[5]))


def test_the_whole_manifest_is_paged_through(tmp_path):
    """All ranges are listed, however many pages they fill, from the smallest position on."""
    manifest = archived(tmp_path, (1, 4), (5, 8), (9, 12))
    manifest.ranges[0] = attrs.evolve(manifest.ranges[0], first=-5)
    manifest.page = 2
    assert [one.first for one in ranges_of(manifest)] == [-5, 5, 9]


def test_a_codec_reads_archives(tmp_path):
    """Who decodes gets archived events like any other, and without a folder an error that is told apart."""
    manifest = archived(tmp_path, (2, 4))
    row = gone(rows()[2])
    with pytest.raises(EventArchived):
        Codec(INCIDENT.event_types).decode(row)
    with pytest.raises(EventArchived, match=r"jsonl\.gz"):
        Codec(INCIDENT.event_types, ArchiveFolder(manifest, None)).decode(row)
    codec = Codec(INCIDENT.event_types, ArchiveFolder(manifest, tmp_path))
    for one in (row, stored_body(row)):
        with pytest.raises(UnreadableEvent, match="NoteAdded"):  # it was read: only its type is none of the incident's
            codec.decode(one)


def test_a_folder_is_there_or_none(tmp_path):
    """A folder that does not exist is refused; no folder at all is fine."""
    assert folder_at(None) is None
    assert folder_at(str(tmp_path)) == tmp_path
    with pytest.raises(InvalidInput, match="is not a folder"):
        folder_at(tmp_path / "none")


def test_a_log_in_memory_has_no_archive():
    """No body leaves a log in memory."""
    assert archive_of(MemoryEventStore(clock=ManualClock())) is None
    assert list(ranges_of(MemoryEventStore(clock=ManualClock()))) == []
