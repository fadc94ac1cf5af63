"""The manifest beside the rows: what left is read from its file, or told of as unread."""

from __future__ import annotations

import attrs

from respond.audit.finding import Findings, Unread
from respond.errors import ArchiveUnreadable
from respond.store.archive_folder import ArchiveFolder, archive_of, ranges_of
from respond.store.manifest import Archived
from respond.store.protocol import LogReader
from respond.store.records import Recorded


@attrs.define
class _File:
    """What was met of one file."""

    first: int
    last: int
    events: int = 0
    unreadable: bool = False


class Archives:
    """Follows the manifest of a log from row to row, in the order of positions."""

    def __init__(self, log: LogReader, findings: Findings) -> None:
        self._log = log
        self._folder = archive_of(log) or ArchiveFolder(log, None)
        self._findings = findings
        self._ranges = ranges_of(log)
        self._range = self._next_range(after=0)
        self._unread: dict[str, _File] = {}
        self.events = 0
        """How many rows have an archived body."""

    @property
    def unread(self) -> tuple[Unread, ...]:
        """What was not read, file by file."""
        return tuple(Unread(name, one.first, one.last, one.events) for name, one in self._unread.items())

    def follow(self, record: Recorded) -> tuple[Recorded, bool]:
        """Return *record* with its body, wherever that is, and whether the body is archived and stays unread."""
        while self._range is not None and self._range.last < record.position:
            self._range = self._next_range(after=self._range.last)
        if record.body is not None:
            self._check_is_uncovered(record)
            return record, False
        found = self._folder.range_of(record.position)
        if found is None:
            return record, False
        self.events += 1
        body = None if found.erased else self._body(found, record.position)
        if body is not None:
            return record._replace(body=body), False
        self._note(found, record.position).events += 1
        return record, True

    def end(self, position: int) -> None:
        """Judge what the manifest says of positions behind the last one."""
        while self._range is not None:
            if self._range.last > position:
                text = f"the manifest covers positions up to {self._range.last}, the log ends at {position}"
                self._findings.add("manifest-range", self._range.first, text)
            self._range = self._next_range(after=self._range.last)

    def _next_range(self, *, after: int) -> Archived | None:
        """Return the next range, and judge it beside the one that ended at *after*."""
        found = next(self._ranges, None)
        if found is not None and not after < found.first <= found.last:
            text = f"the manifest covers positions {found.first} to {found.last}, and others up to {after}"
            self._findings.add("manifest-range", found.first, text)
        return found

    def _body(self, found: Archived, position: int) -> bytes | None:
        """Return the body from its file; None, once told why, when that cannot be read or lacks it."""
        if not self._folder.reads or self._is_unreadable(found):
            return None
        try:
            body = self._folder.bodies_in(found).get(position)
        except ArchiveUnreadable as error:
            self._findings.add("archive-unreadable", position, str(error))
            self._note(found, position).unreadable = True
            return None
        if body is None:
            self._findings.add("archive-unreadable", position, f"{found.file} lacks the body of position {position}")
        return body

    def _check_is_uncovered(self, record: Recorded) -> None:
        if self._range is None or record.position < self._range.first:
            return
        now = self._log.read_log(after=record.position - 1, limit=1)  # it may have left since the page was read
        if now and now[0].body is not None:
            text = f"the manifest says that the body left for {self._range.file}, and it is here"
            self._findings.add("archived-body", record.position, text)

    def _is_unreadable(self, found: Archived) -> bool:
        """Return whether the file was found to be unreadable: it is told of once, however many events it holds."""
        one = self._unread.get(found.file)
        return one is not None and one.unreadable

    def _note(self, found: Archived, position: int) -> _File:
        one = self._unread.setdefault(found.file, _File(position, position))
        one.last = position
        return one
