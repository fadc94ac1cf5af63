"""Import a foreign log: rows become events, in batches that are stored whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from respond.domain.ids import event_ids, timed_text
from respond.domain.streams import StreamId, exactly
from respond.engine.bulk import rare_collections
from respond.errors import ImportRejected, StoreError
from respond.plan.plan import Plan
from respond.store.protocol import EventStore
from respond.store.records import NewEvent, Recorded, Write
from respond.transfer.cases import Case, Pending, stream_of
from respond.transfer.csv import read_csv
from respond.transfer.facts import FactsReader, check_mapping
from respond.transfer.mapping import LogMapping
from respond.transfer.order import ordered
from respond.transfer.recorder import Recorder
from respond.transfer.report import Deviation, ImportReport, Tally
from respond.transfer.rows import Identity, Row
from respond.transfer.source import Limits, Source
from respond.transfer.xes import read_xes
from respond.workflow.incident import INCIDENT
from respond.workflow.workflow import Workflow

BATCH = 800
"""How many rows are stored in one append."""
_BATCH_BYTES = 2 * 1024**2
"""How many bytes of mapped cells are stored in one append: a row becomes up to seven events."""

Progress = Callable[[int, int, int], None]
"""Called with the rows read, the bytes of the file read, and the bytes it has."""


def import_log(
    path: str | Path,
    mapping: LogMapping,
    store: EventStore,
    *,
    plan: Plan,
    workflow: Workflow = INCIDENT,
    dry_run: bool = False,
    progress: Progress | None = None,
    on_deviation: Callable[[Deviation], None] | None = None,
    batch: int = BATCH,
    limits: Limits | None = None,
) -> ImportReport:
    """Add the events of the log at *path* to *store*, and return what was found.

    Rows that are in the log already add nothing, so an import that was cut short goes on where it stopped.  Raises
    `InvalidMapping`; `ImportRejected` that names file, row and column, with every whole row before it stored and `row`
    naming the last of them; `StoreError` with a note that says the same.  With *dry_run* nothing is written.
    *on_deviation* gets every deviation; the report lists the first ones.
    """
    check_mapping(mapping, plan, workflow)
    with Source(path, limits) as source:
        tally = Tally(on_deviation=on_deviation)
        work = _Import(source, mapping, store, plan, workflow, tally, dry_run=dry_run, progress=progress, batch=batch)
        with rare_collections():
            return work.run()


def check_log(
    path: str | Path, mapping: LogMapping, *, plan: Plan, workflow: Workflow = INCIDENT, limits: Limits | None = None
) -> None:
    """Raise what `import_log` would raise at the mapping, a gzip checksum, the header or the first record.

    It needs no store, so that a wrong name leaves no trace.
    """
    check_mapping(mapping, plan, workflow)
    with Source(path, limits) as source:
        source.verify()
        next(_records(source, mapping), None)


def _records(source: Source, mapping: LogMapping) -> Iterator[Row]:
    return read_xes(source) if mapping.format == "xes" else read_csv(source, mapping.csv, mapping.columns)


class _Import:
    def __init__(
        self,
        source: Source,
        mapping: LogMapping,
        store: EventStore,
        plan: Plan,
        workflow: Workflow,
        tally: Tally,
        *,
        dry_run: bool,
        progress: Progress | None,
        batch: int,
    ) -> None:
        self._source = source
        self._mapping = mapping
        self._store = store
        self._dry_run = dry_run
        self._progress = progress
        self._batch = batch
        self._reader = FactsReader(mapping, plan, source)
        self._identity = Identity(mapping.log, mapping.columns)
        self._seen: set[str] = set()
        """The cases that a row was read of; the first row of some may still wait."""
        self._cases: dict[str, Case] = {}
        self._pending: list[Pending] = []
        self._pending_bytes = 0
        self._writes: dict[StreamId, tuple[int, list[NewEvent]]] = {}
        """For each stream that the batch writes to, the version it stands at and the events to add."""
        self._stored_row: int | None = None
        self._tally = tally
        self._recorder = Recorder(source, mapping, store, plan, workflow, tally)

    def run(self) -> ImportReport:
        """Read every row, and store batch after batch."""
        self._source.verify()
        try:
            for row in ordered(_records(self._source, self._mapping), self._mapping, self._source):
                self._add(row)
            self._flush()
        except ImportRejected as error:
            self._flush()
            error.row = self._stored_row
            if error.row:
                error.add_note(self._how_far("mend the file and import it again"))
            raise
        return self._tally.report(dry_run=self._dry_run)

    def _add(self, row: Row) -> None:
        self._tally.rows += 1
        case = self._reader.case(row)
        key = self._identity.key(case, row.cells)
        if key is None:
            self._tally.duplicates += 1
            return
        size = self._identity.size
        if size > self._source.limits.row_max:
            raise self._source.rejected(
                f"the mapped cells take {size:,} bytes, at most {self._source.limits.row_max:,} are read; "
                "map fewer columns, or shorten the cells",
                place=self._source.at(row.number),
            )
        facts, time = self._reader.read(row), self._reader.time(row)
        opening = None
        if case not in self._seen:
            opening = self._reader.opening(row, case)
            self._seen.add(case)
        command_id = timed_text(time.at, self._mapping.log, case, key)
        actor = self._reader.actor(row)
        self._pending.append(Pending(case, row.number, key, command_id, time, actor, facts, opening))
        self._pending_bytes += size
        if len(self._pending) >= self._batch or self._pending_bytes > _BATCH_BYTES:
            self._flush()

    # -- a batch -------------------------------------------------------------------------------------------------------

    def _flush(self) -> None:
        pending, self._pending, self._pending_bytes = self._pending, [], 0
        if not pending:
            return
        last = self._stored_row
        try:
            self._meet(pending)
            known = self._known(pending)
            for one in pending:
                case = self._cases[one.case]
                events = self._recorder.record(case, one, known.get(one.command_id))
                if events:
                    self._writes.setdefault(case.stream, (case.version - len(events), []))[1].extend(events)
                last = one.number
        except ImportRejected:
            self._append(last)
            raise
        self._append(last)
        if self._progress is not None:
            self._progress(self._tally.rows, self._source.bytes_done, self._source.bytes_total)

    def _meet(self, pending: Iterable[Pending]) -> None:
        """Look up the streams of the cases whose first row is here."""
        new = {stream_of(self._mapping.log, one.case): one for one in pending if one.opening is not None}
        if not new:
            return
        versions = self._store.versions(new)
        for stream, one in new.items():
            self._cases[one.case] = Case(stream, versions[stream], one.opening, one.facts)
        self._tally.incidents += len(new)

    def _known(self, pending: Iterable[Pending]) -> Mapping[str, Recorded]:
        """Return, by command id, the first event of each row that is in the log already."""
        ids = {event_ids(one.command_id, 1)[0]: one.command_id for one in pending if self._cases[one.case].stored}
        if not ids:
            return {}
        return {ids[found]: record for found, record in self._store.known(ids).items()}

    def _append(self, last: int | None) -> None:
        writes, self._writes = self._writes, {}
        added = sum(len(events) for _, events in writes.values())
        if writes and not self._dry_run:
            try:
                appended = self._store.append(
                    *(Write(stream, events, exactly(version)) for stream, (version, events) in writes.items())
                )
            except StoreError as error:
                error.add_note(self._how_far("run the import again"))
                raise
            if appended.replayed:  # another import of the same file was faster
                added = 0
        self._tally.events += added
        if not self._dry_run:
            self._stored_row = last

    def _how_far(self, advice: str) -> str:
        stored = f"up to row {self._stored_row}" if self._stored_row else "up to no row"
        return f"{self._source.path.name} is stored {stored}; {advice} to go on"
