"""The folder of archives: bodies that left the log, fetched from their files when somebody asks for them."""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Protocol, runtime_checkable

from respond.errors import ArchiveUnreadable, EventArchived, EventErased, InvalidInput
from respond.store.archive import read_archive
from respond.store.manifest import Archived
from respond.store.protocol import LogReader
from respond.store.records import Recorded, StoredBody, leaf_of

HELD_MAX = 256 * 1024 * 1024
"""How many bytes of bodies stay at hand: files overlap, and a log that is read in order goes from one to another."""


class ArchiveFolder:
    """Fetches the bodies of one log; safe to share between threads."""

    def __init__(self, log: LogReader, folder: Path | None) -> None:
        """Read files from *folder*; without one, say which file holds a body."""
        self._log = log
        self._folder = folder
        self._ranges: Sequence[Archived] = ()
        self._held = _Held()

    @property
    def reads(self) -> bool:
        """Whether there is a folder to read from."""
        return self._folder is not None

    def body_of(self, row: Recorded | StoredBody) -> bytes:
        """Return the body that left *row*; raises `EventArchived`, `EventErased` and `ArchiveUnreadable`."""
        found = self.range_of(row.position)
        if found is None:
            raise ArchiveUnreadable(
                f"position {row.position}: the body is missing, and no archive is known to hold it; run `respond check`"
            )
        if found.erased:
            raise EventErased(f"position {row.position}: the body was erased: {found.reason}")
        if self._folder is None:
            raise EventArchived(
                f"position {row.position}: the body is archived in {found.file}; name the folder of that file: "
                "--archives FOLDER, or archives= when the engine is opened"
            )
        body = self.bodies_in(found).get(row.position)
        if body is None or leaf_of(body, row.recorded_us, row.position) != row.leaf:
            raise ArchiveUnreadable(f"position {row.position}: {found.file} lacks its body; run `respond check`")
        return body

    def range_of(self, position: int) -> Archived | None:
        """Return the range that covers *position*; None when there is none."""
        found = _covering(self._ranges, position)
        if found is None:
            first = self._log.archived(position)
            if first is not None:  # and those behind it: most readers go on from here
                self._ranges = (first, *self._log.manifest(after=first.first))
            found = first
        return found

    def bodies_in(self, found: Archived) -> Mapping[int, bytes]:
        """Return the bodies in the file of a range by their positions; raises `ArchiveUnreadable`."""
        bodies = self._held.get(found.digest)
        if bodies is None:
            bodies = read_archive(self._path(found.file), log=self._log.log, digest=found.digest)
            self._held.put(found.digest, bodies)
        return bodies

    def _path(self, name: str) -> Path:
        if Path(name).name != name:
            raise ArchiveUnreadable(f"{name!r} is not the name of a file; run `respond check`")
        return Path(self._folder or ".") / name


def folder_at(path: str | Path | None) -> Path | None:
    """Return the folder at *path*; raises `InvalidInput` when there is none."""
    if path is not None and not Path(path).is_dir():
        raise InvalidInput("is not a folder; name the one that holds the archives", place=str(path))
    return None if path is None else Path(path)


@runtime_checkable
class Archiving(Protocol):
    """A store that knows where the bodies are that left it."""

    @property
    def archive(self) -> ArchiveFolder | None: ...


def archive_of(store: object) -> ArchiveFolder | None:
    """Return where the bodies are that left *store*; None when none ever leaves it."""
    return store.archive if isinstance(store, Archiving) else None


def ranges_of(log: LogReader) -> Iterator[Archived]:
    """Yield the whole manifest of *log*, in the order of positions."""
    after = -(2**63)
    while page := log.manifest(after=after):
        yield from page
        after = page[-1].first


def _covering(ranges: Sequence[Archived], position: int) -> Archived | None:
    """Return the range that covers *position*: the last that begins before it, or none."""
    index = bisect_right(ranges, position, key=lambda one: one.first) - 1
    if index < 0 or ranges[index].last < position:
        return None
    return ranges[index]


class _Held:
    """The files that were read last, up to a sum of bytes."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._files: OrderedDict[bytes, tuple[Mapping[int, bytes], int]] = OrderedDict()
        self._size = 0

    def get(self, digest: bytes) -> Mapping[int, bytes] | None:
        with self._lock:
            held = self._files.get(digest)
            if held is None:
                return None
            self._files.move_to_end(digest)
            return held[0]

    def put(self, digest: bytes, bodies: Mapping[int, bytes]) -> None:
        size = sum(map(len, bodies.values()))
        with self._lock:
            if digest in self._files:
                return
            self._files[digest] = (bodies, size)
            self._size += size
            while self._size > HELD_MAX and len(self._files) > 1:
                _, (_, gone) = self._files.popitem(last=False)
                self._size -= gone
