"""What the event store costs: each figure beside its bar and beside the peer, both measured in the same run.

Run it with `make bench-store`; it writes `build/bench-store.json`, takes a quarter of an hour, and ends with 1 when a
bar is missed.  `python benchmarks/store.py --only pg-16-threads` measures one row, `--help` names them all.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import attrs


@attrs.frozen
class Row:
    """One row of the table: the function that measures it, and its bars."""

    function: str
    """`module:name`; loaded when it is measured, so that the processes of a crew load what they need and no more."""
    options: Mapping[str, Any]


POSTGRESQL, SQLITE = "postgresql", "sqlite"
ROWS = {
    "pg-1-writer": Row("writing:one_writer", {"database": POSTGRESQL, "bar": 1.8}),
    "sqlite-1-writer": Row("writing:one_writer", {"database": SQLITE, "bar": 1.0}),
    "pg-8-processes": Row("writing:eight_processes", {"store_bar": 1.5, "engine_bar": 1.2, "p99_bar": 25}),
    "pg-16-threads": Row("writing:sixteen_threads", {"database": POSTGRESQL, "bar": 5, "p99_bar": 15}),
    "sqlite-16-threads": Row("writing:sixteen_threads", {"database": SQLITE, "bar": 2.2, "p99_bar": 12}),
    "pg-lone-leader": Row("writing:lone_leader", {"database": POSTGRESQL, "bar": 1.05}),
    "sqlite-lone-leader": Row("writing:lone_leader", {"database": SQLITE, "bar": 1.05}),
    "sqlite-4-threads": Row("writing:four_threads", {"database": SQLITE, "bar": 1.2}),
    "pg-conflicts": Row("writing:conflicts", {"database": POSTGRESQL, "bar": 0.8}),
    "sqlite-conflicts": Row("writing:conflicts", {"database": SQLITE, "bar": 0.8}),
    "pg-100-events": Row("writing:hundred_events", {"database": POSTGRESQL, "bar": 1.3}),
    "sqlite-100-events": Row("writing:hundred_events", {"database": SQLITE, "bar": 1.3}),
    "pg-read": Row("reading:whole_log", {"database": POSTGRESQL, "records_bar": 1.5, "events_bar": 1.0}),
    "sqlite-read": Row("reading:whole_log", {"database": SQLITE, "records_bar": 1.5, "events_bar": 1.0}),
    "pg-full": Row("growing:full_log", {"database": POSTGRESQL, "bar": 0.9}),
    "sqlite-full": Row("growing:full_log", {"database": SQLITE, "bar": 0.8}),
    "pg-async": Row("tasking:one_task", {"database": POSTGRESQL, "bar": 0.6}),
    "pg-16-tasks": Row("tasking:sixteen_tasks", {"database": POSTGRESQL, "bar": 2.5}),
    "pg-catch-up": Row("catching_up:projection", {"database": POSTGRESQL, "bar": 20_000}),
    "sqlite-catch-up": Row("catching_up:projection", {"database": SQLITE, "bar": 20_000}),
    "pg-delivery": Row("delivering:live_subscriber", {"database": POSTGRESQL, "idle_bar": 5, "load_bar": 20}),
}
"""By the name that `--only` takes."""


def main() -> int:
    """Measure what is asked for and return the exit status."""
    from contests import Length  # noqa: PLC0415 - the processes of a crew load this module again
    from databases import ROOT, settings  # noqa: PLC0415
    from grounds import Grounds  # noqa: PLC0415
    from harness import report  # noqa: PLC0415

    asked = _asked(attrs.asdict(Length()))
    names = asked.only or list(ROWS)
    length = Length(**{field.name: getattr(asked, field.name) for field in attrs.fields(Length)})
    print(*settings(), sep="\n")
    whole = names == list(ROWS) and length == Length()
    path = ROOT / "build" / ("bench-store.json" if whole else "bench-store-part.json")
    with tempfile.TemporaryDirectory(prefix="respond-bench-") as folder, Grounds(Path(folder)) as grounds:
        return report((figure for name in names for figure in _figures(name, grounds, length)), path)


def _asked(defaults: Mapping[str, Any]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=list(ROWS), metavar="ROW", help=", ".join(ROWS))
    for name, value in defaults.items():
        parser.add_argument(f"--{name}", type=type(value), default=value, help=f"{value} unless it says otherwise")
    return parser.parse_args()


def _figures(name: str, grounds: Any, length: Any) -> Iterator[Any]:
    """Yield the figures of a row; one that falls over yields what it fell over, and the others go on."""
    from harness import Figure  # noqa: PLC0415

    row = ROWS[name]
    module, function = row.function.split(":")
    try:
        if "database" in row.options:
            grounds.show_settings(row.options["database"])
        yield from getattr(import_module(module), function)(grounds, length, **row.options)
    except Exception as error:  # noqa: BLE001 - the other rows are still worth a figure
        bars = [bar for option, bar in row.options.items() if option.endswith("bar")]
        why = f"it fell over: {type(error).__name__}: {error}"
        yield Figure(name=name, value=None, unit="", bar=bars[0], correct=False, why=why)


if __name__ == "__main__":
    sys.exit(main())
