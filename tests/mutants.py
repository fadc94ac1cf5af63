"""Mutation testing of what decides: each mutant is a module with one change, and the tests of that module must fail.

`python tests/mutants.py [MODULE ...]` runs what `mutants.toml` names, or these modules of it.  What a mutant came to is
kept in `build/mutants.jsonl` until its module or its tests change.  The last line is the share that was killed.

Each mutant runs in a fork of a process that has imported every library and nothing of `respond`.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import json
import os
import random
import resource
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import Any

import attrs

from mutations import Mutation, mutations

ROOT = Path(__file__).parent.parent
SOURCES = ROOT / "src"
PLAN = ROOT / "tests" / "mutants.toml"
KEPT = ROOT / "build" / "mutants.jsonl"
LIBRARIES = ("alembic", "cattrs", "hypothesis.stateful", "orjson", "pytest", "rfc8785", "sqlalchemy", "transitions")
SECONDS = 60
"""How much of a processor a mutant may take: one that turns in circles is killed."""
SAMPLE, SEED = 300, 1
"""How many mutants stand for the modules that are only sampled."""
ARGUMENTS = ("-x", "-q", "-p", "no:cacheprovider", "--assert=plain", "--no-header", "--tb=no")


@attrs.frozen
class Target:
    """A module whose mutants are run, and the tests that must fail."""

    module: str
    tests: tuple[str, ...]

    @property
    def path(self) -> Path:
        return SOURCES / f"{self.module.replace('.', '/')}.py"

    @property
    def digest(self) -> str:
        """What the outcome of a mutant hangs on, as far as it is asked: the module and its tests."""
        parts = [self.path.read_bytes(), *((ROOT / one).read_bytes() for one in self.tests)]
        return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


@attrs.frozen
class Mutant:
    """One mutation of a target."""

    target: Target
    mutation: Mutation

    @property
    def key(self) -> str:
        return hashlib.sha256(f"{self.target.digest} {self.mutation.name}".encode()).hexdigest()

    def __str__(self) -> str:
        return f"{self.target.module.removeprefix('respond.')}: {self.mutation.name}"


class _Loader(SourceFileLoader):
    """Loads a tree in the place of what the file says."""

    def __init__(self, name: str, path: str, tree: ast.Module) -> None:
        super().__init__(name, path)
        self.tree = tree

    def get_code(self, fullname: str) -> CodeType:
        return compile(self.tree, self.get_filename(fullname), "exec")


@attrs.frozen
class _Finder(MetaPathFinder):
    mutant: Mutant

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """Return where the mutant is loaded from; None for every other module."""
        if name != self.mutant.target.module:
            return None
        file = str(self.mutant.target.path)
        return importlib.util.spec_from_file_location(name, file, loader=_Loader(name, file, self.mutant.mutation.tree))


def targets() -> tuple[list[Target], list[Target]]:
    """Return the modules whose mutants all run, and those of which a sample runs."""
    plan = tomllib.loads(PLAN.read_text(encoding="utf-8"))
    whole, sampled = (
        [Target(f"respond.{name}", tuple(tests)) for name, tests in plan[part].items()] for part in ("whole", "sampled")
    )
    return whole, sampled


def planned(names: Sequence[str]) -> list[Mutant]:
    """Return the mutants of the modules that are *names*; of all, those that are sampled among them, when none is."""
    whole, sampled = targets()
    if names:
        return list(_mutants(one for one in (*whole, *sampled) if one.module.removeprefix("respond.") in names))
    some = list(_mutants(sampled))
    chosen = random.Random(SEED).sample(range(len(some)), min(SAMPLE, len(some)))
    return [*_mutants(whole), *(some[index] for index in sorted(chosen))]


def _mutants(some: Iterable[Target]) -> Iterator[Mutant]:
    for target in some:
        yield from (Mutant(target, one) for one in mutations(target.path.read_text(encoding="utf-8")))


def killed(mutant: Mutant | None, tests: Sequence[str]) -> bool:
    """Run *tests*, one file after the other, with *mutant* in the place of its module; return whether one fails."""
    if mutant is not None:
        sys.meta_path.insert(0, _Finder(mutant))
    import pytest

    for test in tests:
        status = pytest.main([*ARGUMENTS, test])
        if status == pytest.ExitCode.NO_TESTS_COLLECTED:
            raise SystemExit(f"no test is in {test}")
        if status != pytest.ExitCode.OK:
            return True
    return False


def forked(work: Callable[[], bool]) -> int:
    """Do *work* in a child that says nothing, and return its process id; its status is 1 when *work* says so."""
    child = os.fork()
    if child:
        return child
    os.setpgid(0, 0)
    quiet = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(quiet, stream)
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    try:
        os._exit(work())
    except BaseException:  # noqa: BLE001 - a mutant that cannot even be imported is dead
        os._exit(1)


def run(mutants: Sequence[Mutant], workers: int) -> dict[str, bool]:
    """Return by key which mutants were killed; what is known already is not run again."""
    KEPT.parent.mkdir(exist_ok=True)
    known = (
        {one["key"]: one["killed"] for one in map(json.loads, KEPT.read_text().splitlines())} if KEPT.exists() else {}
    )
    left = [one for one in mutants if one.key not in known]
    running: dict[int, Mutant] = {}
    began = time.monotonic()
    with KEPT.open("a", encoding="utf-8") as kept:
        while left or running:
            while left and len(running) < workers:
                mutant = left.pop(0)
                running[forked(lambda mutant=mutant: killed(mutant, mutant.target.tests))] = mutant
            child, status = os.wait()
            mutant = running.pop(child)
            known[mutant.key] = status != 0
            kept.write(json.dumps({"key": mutant.key, "killed": status != 0, "name": str(mutant)}) + "\n")
            kept.flush()
            if len(left) % 50 == 0:
                print(f"{len(left)} left after {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return known


def report(mutants: Sequence[Mutant], known: dict[str, bool], reasons: dict[str, str]) -> None:
    """Print how many of each module were killed, the survivors that nobody gave a reason for, and the score."""
    counted: dict[str, Counter[bool]] = {}
    for one in mutants:
        counted.setdefault(one.target.module, Counter())[known[one.key]] += 1
    for module, counts in counted.items():
        print(f"{100 * counts[True] / counts.total():5.1f} % of {counts.total():4d}  {module}")
    survivors = [one for one in mutants if not known[one.key]]
    for one in survivors:
        if str(one) not in reasons:
            print(f"survived, line {one.mutation.line}: {one}")
    explained = sum(str(one) in reasons for one in survivors)
    print(f"{len(mutants)} mutants, {len(survivors)} survived, {explained} of them with a reason")
    print(f"score {100 * (1 - len(survivors) / max(1, len(mutants))):.1f}")


def main(names: Sequence[str]) -> None:
    """Run what is planned, and say what it came to."""
    os.environ["HYPOTHESIS_PROFILE"] = "ci"
    for library in LIBRARIES:
        importlib.import_module(library)
    mutants = planned(names)
    for tests in dict.fromkeys(one.target.tests for one in mutants):
        if os.waitpid(forked(lambda tests=tests: killed(None, tests)), 0)[1]:
            raise SystemExit(f"these tests fail, or are slow, where nothing is changed: {' '.join(tests)}")
    known = run(mutants, int(os.environ.get("WORKERS", "2")))
    report(mutants, known, tomllib.loads(PLAN.read_text(encoding="utf-8")).get("survivors", {}))


if __name__ == "__main__":
    main(sys.argv[1:])
