"""Row 5: the peak memory of an import and of a replay, each in a process of its own.

Run as a script it is that process: `python benchmarks/memory.py import FILE`, or `replay FILE`.
"""

from __future__ import annotations

import re
import resource
import subprocess
import sys
from pathlib import Path

from harness import Figure
from servicenow import INCIDENTS, as_counted, imported, opened

KIB = 1024
_PEAK = re.compile(r"VmHWM:\s+(\d+) kB")


def figures(folder: Path) -> list[Figure]:
    """Return the peaks; the replay reads what the import wrote."""
    path = folder / "memory.db"
    return [_figure(work, path) for work in ("import", "replay")]


def _figure(work: str, path: Path) -> Figure:
    command = [sys.executable, __file__, work, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return Figure(
        name=f"peak memory of the {work} of the ServiceNow log",
        value=float(done.stdout) / KIB if done.stdout else None,
        unit="MiB",
        bar=300,
        least=False,
        peer="resident set of a process that does nothing else, Python and libraries included",
        correct=done.returncode == 0,
    )


def _peak() -> int:
    """Return the peak of this process in KiB.  `ru_maxrss` of a child would count what its parent held at the fork."""
    status = Path("/proc/self/status")
    found = _PEAK.search(status.read_text()) if status.exists() else None
    return int(found[1]) if found else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _run(work: str, path: Path) -> bool:
    with opened(path) as engine:
        if work == "import":
            return as_counted(imported(engine))
        return engine.replay().incidents == INCIDENTS


if __name__ == "__main__":
    right = _run(sys.argv[1], Path(sys.argv[2]))
    print(_peak())
    sys.exit(0 if right else 1)
