"""Archive a log: finished streams leave it for files, their rows and leaves stay."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import attrs

from respond.domain.streams import StreamId, indexed
from respond.engine.definitions import Workflows
from respond.errors import StoreError, UnreadableEvent, VersionConflict
from respond.store.archive import ArchiveFile, write_archive
from respond.store.archive_folder import folder_at
from respond.store.checkpoint import RETIRED, Checkpoint
from respond.store.codec import Codec
from respond.store.records import Recorded, leaf_of
from respond.store.sql.checkpoints import Checkpoints
from respond.store.sql.door import Door, taken_by_another
from respond.store.sql.event_store import SqlEventStore
from respond.store.sql.schema import tables
from respond.transfer.finished import Finished, finished_streams
from respond.workflow.workflow import Workflow

EVENTS_MAX = 10_000
"""How many events leave for one file, in one transaction: appends wait for it."""
SIZE_MAX = 32 * 1024 * 1024
"""How many bytes of bodies leave for one file; a stream is never divided."""

Progress = Callable[[str, int, int], None]
"""Called with what is being done, `reading` or `archiving`, how far it has come, and how far there is to go."""


@attrs.frozen(kw_only=True)
class ArchiveReport:
    """What left the log, or would leave it."""

    streams: int
    events: int
    size: int
    """The sum of the bodies, in bytes."""
    files: tuple[ArchiveFile, ...]
    unused: tuple[str, ...]
    """The names of files that were written and that this run let nothing leave for; another one may have."""
    held_back: Mapping[str, int]
    """How many finished streams stay, by reason: `together`, `unread`, `moved`."""
    behind: tuple[Checkpoint, ...]
    """Whose place in the log holds back what is `unread`."""
    dry_run: bool


@attrs.define
class _Tally:
    """What has left so far."""

    streams: int = 0
    events: int = 0
    size: int = 0
    moved: int = 0
    files: list[ArchiveFile] = attrs.field(factory=list)
    unused: list[str] = attrs.field(factory=list)

    def add(self, batch: Collection[Finished]) -> None:
        """Count a batch."""
        self.streams += len(batch)
        self.events += sum(one.version for one in batch)
        self.size += sum(one.size for one in batch)


def archive_log(
    store: SqlEventStore,
    folder: str | Path,
    *,
    workflows: Iterable[Workflow] = (),
    before: datetime | None = None,
    named: Collection[StreamId] = (),
    reason: str = "finished",
    dry_run: bool = False,
    progress: Progress | None = None,
) -> ArchiveReport:
    """Let the bodies of finished streams of the store's tenant leave for files in *folder*.

    Finished are those in a final state of their workflow of which nothing was recorded since *before*, or of the
    *named* ones those in a final state.  Each file is on the disk and was read back before its bodies leave, all of
    them or none; no file is deleted, for another run may have written the same one.  Raises `StoreReadOnly` for an
    account that does not own the tables, `InvalidInput` when *folder* is none, `UnreadableEvent` for a body that its
    leaf does not fit, `StoreUnavailable`, and `StoreError` when another run takes the same bodies at the same time.
    """
    place = folder_at(folder) or Path()
    indexed(reason, "reason")
    known, door, tell = Workflows(workflows), Door(store), progress or _tell_nobody
    if not dry_run:
        door.check_owner()
    end, readers = store.head().position, readers_of(store)
    selection = finished_streams(
        store,
        known,
        Codec(known.event_types),
        before=before,
        named=named,
        read_up_to=min((one.position for one in readers), default=None),
        progress=lambda position: tell("reading", position, end),
    )
    total, tally = sum(one.version for one in selection.finished), _Tally()
    for batch in _batches(selection.finished):
        left = batch if dry_run else _take_out(store, door, place, batch, reason, tally)
        tally.add(left)
        tell("archiving", tally.events, total)
    held_back = {**selection.held_back, **({"moved": tally.moved} if tally.moved else {})}
    return ArchiveReport(
        streams=tally.streams,
        events=tally.events,
        size=tally.size,
        files=tuple(tally.files),
        unused=tuple(tally.unused),
        held_back=held_back,
        behind=tuple(one for one in readers if one.position < selection.unread_to),
        dry_run=dry_run,
    )


def readers_of(store: SqlEventStore) -> list[Checkpoint]:
    """Return the place of every projection and publisher that still follows the log."""
    checkpoints = Checkpoints(tables(store.prefix, store.schema), store.tenant)
    with store.reading() as connection:
        return [one for one in checkpoints.listed(connection) if one.status != RETIRED]


def _batches(finished: Sequence[Finished]) -> Iterator[list[Finished]]:
    """Yield whole streams, as many as fit one file."""
    batch: list[Finished] = []
    events = size = 0
    for one in finished:
        if batch and (events + one.version > EVENTS_MAX or size + one.size > SIZE_MAX):
            yield batch
            batch, events, size = [], 0, 0
        batch.append(one)
        events, size = events + one.version, size + one.size
    if batch:
        yield batch


def _take_out(
    store: SqlEventStore, door: Door, folder: Path, batch: Sequence[Finished], reason: str, tally: _Tally
) -> Sequence[Finished]:
    """Let the bodies of *batch* leave for one file, and return what left: a stream that moved on meanwhile stays."""
    while batch:
        rows = _rows(store, batch)
        file = write_archive(folder, store.log, rows)
        try:
            door.take_out(
                [row.position for row in rows], file, reason, versions={one.stream: one.version for one in batch}
            )
        except VersionConflict as conflict:
            tally.unused.append(file.name)  # never deleted: it is named by its content, and others may rely on it
            batch = [one for one in batch if one.stream != conflict.stream]
            tally.moved += 1
            continue
        except StoreError as error:
            error.add_note(f"{folder / file.name} was written and stays; another run may need it")
            raise
        tally.files.append(file)
        break
    return batch


def _rows(store: SqlEventStore, batch: Iterable[Finished]) -> list[Recorded]:
    """Return the rows of *batch* in the order of the log.

    Raises `UnreadableEvent` for a body that is not sound, and `StoreError` for one that left since it was chosen.
    """
    rows = [row for one in batch for row in store.read_stream(one.stream, limit=one.version)]
    for row in rows:
        found = store.archived(row.position) if row.body is None else None
        if found is not None:
            raise taken_by_another(row.position, found)
        if row.body is None or leaf_of(row.body, row.recorded_us, row.position) != row.leaf:
            raise UnreadableEvent(
                f"position {row.position}: the leaf does not fit the body; run `respond check` before anything leaves"
            )
    return sorted(rows, key=lambda row: row.position)


def _tell_nobody(_what: str, _done: int, _end: int) -> None:
    """Tell nobody."""
