"""What the main job costs: each figure beside its bar, and beside the peer or a raw loop of the same run.

Run it with `make bench`; it writes `build/bench-main.json`, takes some minutes, and ends with 1 when a bar is missed.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import commands
import deciding
import memory
from commands import OurSide, PeerSide
from databases import ROOT, postgresql_server, postgresql_settings, settings, sqlite_settings, two_postgresql
from harness import Figure, report
from importing import Importing
from peer import on_postgresql, on_sqlite
from replaying import Replaying
from servicenow import opened

from respond import Engine

IMPORTS = 5


def main() -> int:
    """Measure everything and return the exit status."""
    print(*settings(), sep="\n")
    with tempfile.TemporaryDirectory(prefix="respond-bench-") as folder:
        return report(_figures(Path(folder)), ROOT / "build" / "bench-main.json")


def _figures(folder: Path) -> Iterator[Figure]:
    yield deciding.figure()
    yield from _sqlite(folder)
    yield from _postgresql()
    importing = Importing(folder)
    yield importing.figure(rounds=IMPORTS)
    with opened(importing.last) as engine, on_sqlite(str(folder / "peer-replay.db")) as application:
        replaying = Replaying(engine, application)
        replaying.prepare()
        yield from replaying.figures()
    yield from memory.figures(folder)


def _sqlite(folder: Path) -> Iterator[Figure]:
    with Engine.open(f"sqlite:///{folder / 'ours.db'}") as engine, on_sqlite(str(folder / "peer.db")) as application:
        print(sqlite_settings(engine.store, application))  # type: ignore[arg-type]
        yield from commands.figures("SQLite", OurSide(engine), PeerSide(application), bars=(1.0, 5))


def _postgresql() -> Iterator[Figure]:
    with postgresql_server() as server, two_postgresql(server) as (ours, theirs):
        print(postgresql_settings(ours))
        with Engine.open(ours) as engine, on_postgresql(theirs) as application:
            yield from commands.figures("PostgreSQL", OurSide(engine), PeerSide(application), bars=(1.7, 8))


if __name__ == "__main__":
    sys.exit(main())
