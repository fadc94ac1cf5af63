"""Copy a log from one database to another of any kind, unchanged, and show that both are the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice, zip_longest

import attrs

from respond.errors import LogsDiffer, WrongDatabase
from respond.store.archive_folder import ranges_of
from respond.store.manifest import Archived
from respond.store.protocol import PAGE
from respond.store.records import BATCH_MAX, Head, Recorded
from respond.store.sql.door import Door
from respond.store.sql.event_store import SqlEventStore
from respond.store.sql.receiving import Receiver

Progress = Callable[[str, int, int], None]
"""Called with what is being done, `copying` or `comparing`, how far it has come, and how far there is to go."""
_BEFORE_ALL = -(2**63)
_FIRST_PAGE = 100
"""How many rows are read before it is known how large they are."""


@attrs.frozen(kw_only=True)
class CopyReport:
    """What a copy did."""

    log: str
    """The id of the log."""
    head: Head
    """The end of both logs: that of the source when the copy began."""
    resumed_after: int
    """The last position that the target held before."""
    copied: int
    """How many events were added to the target."""
    archived: int
    """How many ranges of the manifest were added to the target."""
    compared: int
    """How many events are the same in both, byte for byte: all of them."""
    source_position: int
    """Where the source ended after the copy: further on when it was written meanwhile."""


def copy_log(
    source: SqlEventStore, target: SqlEventStore, *, page: int = PAGE, progress: Progress | None = None
) -> CopyReport:
    """Copy what *target* lacks of the log in *source*, up to where that ends now, and compare both to the last byte.

    Positions, ids, times, bodies, leaves and manifest stay what they are.  The source may be written meanwhile.  A copy
    that broke off is taken up by the next one.  Raises `WrongDatabase` when the target holds another log; `LogsDiffer`
    when it holds something else of this one, or is written by others; `UnreadableEvent` for a damaged row;
    `StoreUnavailable`.
    """
    if source.log != target.log:
        raise WrongDatabase(f"the target holds the log {target.log}, not {source.log}; name an empty database")
    tell = progress or _tell_nobody
    end, before = source.head(), target.head()
    _check_continues(source, target, before, end)
    receiver = Receiver(target)
    reached = before
    for rows in _pages(source, before.position, end.position, page):
        reached = receiver.receive(rows, reached)
        tell("copying", reached.position, end.position)
    if reached != end:
        raise LogsDiffer(
            f"the source ends at position {end.position}, at {end.recorded_us}, and its last row is "
            f"{reached.position}, at {reached.recorded_us}; run `respond check` on it",
            position=reached.position + 1,
        )
    archived, compared = 0, None
    while compared is None:
        archived += _copy_manifest(source, target, end)
        try:
            compared = _compare(source, target, end, page, tell)
        except LogsDiffer:
            if not any(_missing_ranges(source, target, end)):
                raise  # else bodies left the source while it was copied, and now they leave the target too
    return CopyReport(
        log=source.log,
        head=end,
        resumed_after=before.position,
        copied=end.position - before.position,
        archived=archived,
        compared=compared,
        source_position=source.head().position,
    )


def _check_continues(source: SqlEventStore, target: SqlEventStore, before: Head, end: Head) -> None:
    """Raise `LogsDiffer` unless the target can be the beginning of the source; all of it is compared in the end."""
    if before.position > end.position:
        raise LogsDiffer(
            f"the target goes on to position {before.position}, the source ends at {end.position}; "
            "name them the other way round, or an empty target",
            position=end.position + 1,
        )
    if before.position == end.position and before != end:
        raise _differing(end.position)
    after = before.position - 1
    if before.position and list(source.read_log(after=after, limit=1)) != list(target.read_log(after=after, limit=1)):
        raise _differing(before.position)


def _pages(source: SqlEventStore, after: int, end: int, page: int) -> Iterator[list[Recorded]]:
    """Yield the rows past *after* up to *end*, about 16 MiB of bodies at a time; raises `LogsDiffer` for a gap."""
    limit = min(page, _FIRST_PAGE)
    while after < end:
        rows = [row for row in source.read_log(after=after, limit=limit) if row.position <= end]
        for due, row in enumerate(rows, after + 1):
            if row.position != due:
                raise LogsDiffer(
                    f"position {due} is missing in the source, or hidden from this account; run `respond check` on it",
                    position=due,
                )
        if not rows:
            return
        yield rows
        after = rows[-1].position
        limit = _limit_after(rows, page)


def _limit_after(rows: Sequence[Recorded], page: int) -> int:
    """Return how many rows like *rows* may be held at once."""
    size = sum(len(row.body or b"") for row in rows) // len(rows) + 1
    return max(1, min(page, BATCH_MAX // size))


def _missing_ranges(source: SqlEventStore, target: SqlEventStore, end: Head) -> Iterator[Archived]:
    """Yield the ranges of the source's manifest that the target lacks, up to *end*."""
    known = {one.first for one in ranges_of(target)}
    return (one for one in ranges_of(source) if one.last <= end.position and one.first not in known)


def _copy_manifest(source: SqlEventStore, target: SqlEventStore, end: Head) -> int:
    """Let bodies leave the target as they left the source, up to *end*; return how many ranges that were."""
    door, missing, added = Door(target), _missing_ranges(source, target, end), 0
    while ranges := list(islice(missing, PAGE)):
        door.follow(ranges)
        added += len(ranges)
    return added


def _compare(source: SqlEventStore, target: SqlEventStore, end: Head, page: int, tell: Progress) -> int:
    """Return how many rows up to *end* are the same in both; raises `LogsDiffer` at the first that is not."""
    after, compared, limit = _BEFORE_ALL, 0, min(page, _FIRST_PAGE)
    while True:
        ours = [row for row in source.read_log(after=after, limit=limit) if row.position <= end.position]
        theirs = target.read_log(after=after, limit=limit)
        for one, other in zip_longest(ours, theirs):
            if one != other:
                raise _differing(min(row.position for row in (one, other) if row is not None))
        if not ours:
            break
        after, compared, limit = ours[-1].position, compared + len(ours), _limit_after(ours, page)
        tell("comparing", after, end.position)
    _compare_manifests(ranges_of(source), ranges_of(target), end)
    if (head := target.head()) != end:
        raise LogsDiffer(
            f"the target ends at position {head.position}, at {head.recorded_us}, the copy at {end.position}, at "
            f"{end.recorded_us}: another program writes to it",
            position=end.position + 1,
        )
    return compared


def _compare_manifests(ours: Iterator[Archived], theirs: Iterator[Archived], end: Head) -> None:
    for one, other in zip_longest((one for one in ours if one.last <= end.position), theirs):
        if one != other:
            place = min(row.first for row in (one, other) if row is not None)
            raise LogsDiffer(f"the manifests differ from position {place} on", position=place)


def _differing(position: int) -> LogsDiffer:
    return LogsDiffer(
        f"position {position} is not the same in both; run `respond check` on each, begin again with an empty target",
        position=position,
    )


def _tell_nobody(_what: str, _done: int, _end: int) -> None:
    """Tell nobody."""
