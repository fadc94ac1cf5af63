"""What the ledger of the response costs: each figure beside its bar and beside a plainer way of the same run.

Run it with `make bench-ledger`; it writes `build/bench-ledger.json`, and ends with 1 when a bar is missed.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import committing
import learning
from databases import ROOT, settings
from grounds import Grounds
from harness import Figure, report


def main() -> int:
    """Measure everything and return the exit status."""
    print(*settings(), sep="\n")
    with tempfile.TemporaryDirectory(prefix="respond-bench-") as folder:
        return report(_figures(Path(folder)), ROOT / "build" / "bench-ledger.json")


def _figures(folder: Path) -> Iterator[Figure]:
    with Grounds(folder) as grounds:
        yield from committing.figures_of_commitments(grounds)
        yield from learning.figures_of_learning(grounds)


if __name__ == "__main__":
    sys.exit(main())
