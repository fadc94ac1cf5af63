"""Runs the whole table of faults and prints what was tried: `make test-faults`, `make test-faults-long`.

The long run goes part by part, one test each, and keeps a journal of the parts that passed: run again, it goes on where
it stopped, as long as what the tests see has not changed.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import attrs

from fault_report import Settings, markdown
from fault_sizes import TOLD_VARIABLE, VARIABLE

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "build" / "faults"
TESTS = "tests/faults"
CODE = "src/respond"
UNSEEN = {"cli", "plan", "transfer"}
"""The packages of the code that no fault can see: the tests carry out nothing of them."""
MINUTES = 140
"""How long a run begins new parts, unless it is told."""


@attrs.frozen(kw_only=True)
class Part:
    """One part of the table, and what came of it."""

    test: str
    state: str
    """Of what it sees, when it ran."""
    passed: bool
    seconds: float
    told: list[dict[str, Any]]


@attrs.frozen
class Journal:
    """What parts came to, in a file that outlives the run."""

    path: Path

    def read(self, state: str) -> dict[str, Part]:
        """Return the parts that ran on what they see now, by their test."""
        if not self.path.exists():
            return {}
        parts = [Part(**json.loads(line)) for line in self.path.read_text().splitlines()]
        return {part.test: part for part in parts if part.state == state}

    def add(self, part: Part) -> None:
        """Keep *part*."""
        with self.path.open("a") as file:
            file.write(json.dumps(attrs.asdict(part)) + "\n")


def main() -> int:
    """Run what is asked; return 0 when all passed, 1 when something failed, 2 when parts are left for the next run."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("extent", choices=["quick", "long"])
    asked.add_argument("--minutes", type=float, default=MINUTES, help="begin no part of a long run after so many")
    asked.add_argument("--workers", type=int, default=2, help="of a quick run")
    chosen = asked.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    if chosen.extent == "quick":
        part = run("quick", [TESTS, "-n", str(chosen.workers)], extent="quick")
        return report("quick", {TESTS: part}, left=[])
    return run_long(chosen.minutes)


def run_long(minutes: float) -> int:
    """Run the parts that are not done yet, until the time is up."""
    journal, now, started = Journal(FOLDER / "long.jsonl"), state(), perf_counter()
    tests = collected()
    done = {test: part for test, part in journal.read(now).items() if part.passed and test in tests}
    for number, test in enumerate(tests, start=1):
        head = f"[{number}/{len(tests)}] {test}"
        if test in done:
            print(f"{head}: done already, in {done[test].seconds:.0f} s")
        elif perf_counter() - started < minutes * 60:
            print(head, flush=True)
            part = run(now, [test], extent="long")
            journal.add(part)
            done[test] = part
    return report("long", done, left=[test for test in tests if test not in done])


def run(state_: str, arguments: Sequence[str], *, extent: str) -> Part:
    """Run tests in a process of their own; show what they say when they fail."""
    with tempfile.TemporaryDirectory(prefix="respond-faults-") as name:
        told = Path(name) / "told"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--timeout", "0", *arguments]
        started = perf_counter()
        done = subprocess.run(command, cwd=ROOT, env=environment(extent, told), check=False)
        lines = told.read_text().splitlines() if told.exists() else []
        return Part(
            test=arguments[0],
            state=state_,
            passed=done.returncode == 0,
            seconds=perf_counter() - started,
            told=[json.loads(line) for line in lines],
        )


def environment(extent: str, told: Path) -> dict[str, str]:
    """Return the environment of a run: as in CI, where nothing may be skipped."""
    return {**os.environ, "CI": "true", VARIABLE: extent, TOLD_VARIABLE: str(told)}


def collected() -> list[str]:
    """Return every test of the table."""
    command = [sys.executable, "-m", "pytest", TESTS, "--collect-only", "-q"]
    asked = {**os.environ, VARIABLE: "long"}
    found = subprocess.run(command, cwd=ROOT, env=asked, text=True, stdout=subprocess.PIPE, check=False)
    tests = [line for line in found.stdout.splitlines() if "::" in line]
    if found.returncode or not tests:
        raise SystemExit(found.stdout)
    return tests


def report(extent: str, parts: dict[str, Part], *, left: Sequence[str]) -> int:
    """Print the table and write it to files; return the exit status."""
    failed = [part.test for part in parts.values() if not part.passed]
    settings = Settings.now(commit=_git("describe", "--always", "--dirty"))
    told = [line for part in parts.values() for line in part.told]
    seconds = sum(part.seconds for part in parts.values())
    text = markdown(extent, settings, told, seconds=seconds, failed=failed, left=left)
    (FOLDER / f"{extent}.md").write_text(text)
    document = {"extent": extent, "settings": attrs.asdict(settings), "told": told, "failed": failed, "left": left}
    (FOLDER / f"{extent}.json").write_text(json.dumps(document, indent=2) + "\n")
    print(text)
    return 1 if failed else 2 if left else 0


def state() -> str:
    """Return what stands for the content of all that the tests see, committed or not."""
    digest = hashlib.sha256()
    for path in sorted({*code(), *tests()}):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.relative_to(ROOT)} {content}\n".encode())
    return digest.hexdigest()[:16]


def code() -> Iterator[Path]:
    """Yield the files of the code that a fault can see."""
    for path in (ROOT / CODE).rglob("*"):
        parts = path.relative_to(ROOT / CODE).parts
        if path.is_file() and parts[0] not in UNSEEN and "__pycache__" not in parts:
            yield path


def tests() -> set[Path]:
    """Return the fault tests, and the modules beside them that they import, however far."""
    found: set[Path] = set()
    left = [ROOT / "tests" / "conftest.py", *(ROOT / TESTS).glob("*.py")]
    while left:
        path = left.pop()
        if path not in found:
            found.add(path)
            left += filter(Path.exists, (ROOT / "tests" / f"{name}.py" for name in imported(path)))
    return found


def imported(path: Path) -> Iterator[str]:
    """Yield the names of the modules that the one in *path* imports."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        match node:
            case ast.Import(names=names):
                yield from (one.name for one in names)
            case ast.ImportFrom(module=str(module)):
                yield module


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
