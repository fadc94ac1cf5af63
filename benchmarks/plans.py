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
from harness import Figure, report


def main() -> int:
    """Measure everything and return the exit status."""
    print(*settings(), sep="\n")
    with tempfile.TemporaryDirectory(prefix="respond-bench-") as folder:
        return report(_figures(Path(folder)), ROOT / "build" / "bench-plans.json")


def _figures(folder: Path) -> Iterator[Figure]:
    yield linting.figure(folder)


if __name__ == "__main__":
    sys.exit(main())
