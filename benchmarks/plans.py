"""What a plan and all that follows from it costs: each figure beside its bar and beside a plain loop of the same run.

Run it with `make bench-plans`; it writes `build/bench-plans.json`, and ends with 1 when a bar is missed.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import linting
from databases import ROOT, settings
from harness import Figure, write


def main() -> int:
    """Measure everything and return the exit status."""
    for line in settings():
        print(line)
    measured: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="respond-bench-") as folder:
        for figure in _figures(Path(folder)):
            print(figure.line(), flush=True)
            measured.append(figure)
    write(measured, ROOT / "build" / "bench-plans.json")
    missed = [figure.name for figure in measured if not figure.met]
    print(f"{len(measured) - len(missed)} of {len(measured)} bars met")
    return 1 if missed else 0


def _figures(folder: Path) -> Iterator[Figure]:
    yield linting.figure(folder)


if __name__ == "__main__":
    sys.exit(main())
