"""Faults in the system calls of a process that runs already: strace looks on, and lets one call fail or kill."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import attrs

from servers import missing

WRITES = ("pwrite64", "fsync", "fdatasync", "ftruncate", "unlink")
"""What SQLite calls to change files, and to be sure that they are changed."""
MARK = "rmdir"
PATIENCE = 60
"""Seconds after which a process counts as hung."""


@attrs.frozen
class Injection:
    """What becomes of the *nth* call of one kind."""

    call: str
    nth: int
    action: str
    """`signal=KILL`, or `error=` and a name; the call is not carried out then."""
    lasting: bool = False
    """Whether all later calls of the kind meet the same."""

    @property
    def option(self) -> str:
        return f"inject={self.call}:{self.action}:when={self.nth}{'+' if self.lasting else ''}"


@attrs.frozen
class Trace:
    """What a process called while it was looked at."""

    output: Path

    def calls(self) -> list[Counter[str]]:
        """Return how often each call was made, between one `mark` and the next."""
        parts: list[Counter[str]] = []
        for call in re.findall(r"^\d+ +(\w+)\(", self.output.read_text(), flags=re.MULTILINE):
            if call == MARK:
                parts.append(Counter())
            else:
                parts[-1][call] += 1
        return parts

    def struck(self) -> bool:
        """Return whether a call failed on purpose, or killed."""
        text = self.output.read_text()
        return "(INJECTED)" in text or "killed by SIGKILL" in text


def mark() -> None:
    """Mark the trace of this process: a call that changes nothing, and that SQLite never makes."""
    with suppress(FileNotFoundError):
        Path("/no/such/folder").rmdir()


@contextmanager
def traced(pid: int, output: Path, *injections: Injection) -> Iterator[Trace]:
    """Look on at the process *pid* from its next call on; it must have ended, or end, when this does."""
    strace = shutil.which("strace")
    if strace is None:
        missing("no strace; install the Debian package strace")
    options = ["-f", "-o", str(output), "-e", f"trace={','.join((*WRITES, MARK))}", "-p", str(pid)]
    for injection in injections:
        options += ["-e", injection.option]
    with subprocess.Popen([strace, *options], stderr=subprocess.PIPE, text=True) as tracer:
        try:
            said = tracer.stderr.readline()
            if "attached" not in said:
                missing(f"strace cannot look on at a process: {said.strip()}")
            yield Trace(output)
            tracer.communicate(timeout=PATIENCE)
        except BaseException:
            tracer.kill()
            raise
