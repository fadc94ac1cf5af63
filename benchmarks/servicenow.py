"""The ServiceNow log: where it is, what it holds, and how it is imported."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from databases import ROOT

from respond import Engine
from respond.transfer.importer import import_log
from respond.transfer.mapping import LogMapping
from respond.transfer.report import ImportReport

FILE = ROOT.parent / "shared" / "data" / "servicenow_incidents.csv.gz"
MAPPING = ROOT / "examples" / "servicenow.toml"
ROWS, INCIDENTS = 85_041, 14_874
LEVELS = {1: 179, 2: 223, 3: 14_018, 4: 454}
FOUND = {"rows": ROWS, "incidents": INCIDENTS, "state_changes": 38_266, "level_raises": 195, "level_lowers": 79}
"""What an independent count of the file says."""


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Engine]:
    """Yield an engine on the SQLite file at *path*."""
    with Engine.open(f"sqlite:///{path}") as engine:
        yield engine


def imported(engine: Engine) -> ImportReport:
    """Import the log and return what was found."""
    return import_log(FILE, LogMapping.load(MAPPING), engine.store, plan=engine.plans.default)


def as_counted(report: ImportReport) -> bool:
    """Return whether an import found what the independent count says."""
    return all(getattr(report, name) == value for name, value in FOUND.items())
