"""Small foreign logs for the tests of imports."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from outline import OUTLINE
from respond.domain.events import Event
from respond.store.codec import Codec
from respond.store.memory import MemoryEventStore
from respond.store.protocol import EventStore
from respond.transfer.cases import stream_of
from respond.transfer.importer import import_log
from respond.transfer.mapping import LogMapping
from respond.transfer.mapping_reader import mapping_of
from respond.transfer.report import ImportReport
from respond.workflow.incident import INCIDENT

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
MAPPING = """
log = "tickets"
format = "csv"
kind = "snapshots"
case = "case"
team = "team"
actor = "by"

[time]
column = "at"
zone = "UTC"

[state]
columns = ["state"]

[state.map]
"New" = "reported"
"Seen" = "assessed"
"Work" = "responding"
"Wait" = "open"
"Memo" = "keep"
"Done" = "resolved"
"Closed" = "reviewed"
"Void" = "cancelled"

[level]
columns = ["level"]

[level.map]
"1" = 1
"2" = 2
"3" = 3
"4" = 4
"""
HEADER = "case,at,state,level,team,by"
COUNTS = (
    "rows",
    "incidents",
    "events",
    "state_changes",
    "level_raises",
    "level_lowers",
    "team_moves",
    "reopened_after_resolved",
    "reopened_after_closed",
    "deviations",
    "deviations_by_code",
    "duplicates",
)


def document(**changes: Any) -> dict[str, Any]:
    """Return the small mapping as TOML parses it, with *changes*; a key that is None is taken out."""
    body = {**tomllib.loads(MAPPING), **changes}
    return {name: value for name, value in body.items() if value is not None}


def mapping(**changes: Any) -> LogMapping:
    """Return the small mapping with *changes*."""
    return mapping_of(LogMapping, document(**changes))


def lines(*rows: str, header: str = HEADER) -> str:
    """Return a CSV file: in each row the time is given as minutes after midnight."""
    return "\n".join([header, *[_timed(row) for row in rows]]) + "\n"


def _timed(row: str) -> str:
    case, minute, *rest = row.split(",")
    return ",".join([case, f"2026-02-03T{int(minute) // 60:02}:{int(minute) % 60:02}:00", *rest])


def memory() -> MemoryEventStore:
    """Return an empty log."""
    return MemoryEventStore(clock=lambda: NOW)


def bring(
    store: EventStore, folder: Path, text: str | bytes, how: LogMapping | None = None, **options: Any
) -> ImportReport:
    """Import a file that holds *text*."""
    path = folder / options.pop("name", "tickets.csv")
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return import_log(path, how or mapping(), store, plan=OUTLINE, **options)


def history(store: EventStore, case: str, log: str = "tickets") -> list[Event]:
    """Return the events of a case."""
    return list(Codec(INCIDENT.event_types).decode_all(store.read_stream(stream_of(log, case))))


def steps(store: EventStore, case: str) -> list[tuple[str, str, str]]:
    """Return the type of each event of a case, and where it came from and went to."""
    return [(one.type, getattr(one.data, "from_", ""), getattr(one.data, "to", "")) for one in history(store, case)]


def counts(report: ImportReport) -> dict[str, Any]:
    """Return what an import counted, as the independent script counts it."""
    return {name: getattr(report, name) for name in COUNTS}
