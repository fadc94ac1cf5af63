"""Mutation testing of what decides: each mutant is a module with one change, and the tests of that module must fail.

`python tests/mutants.py [MODULE ...]` runs what `mutants.toml` names, or these modules of it.  What a mutant came to is
kept in `build/mutants.jsonl` until its module or the tests of it change; what was killed stays dead where tests are
added.  The last line is the share that was killed.

The tests of a module are collected once and must pass as it is.  A mutant then runs in a fork of that process, where
the code of its function is exchanged, by the tests that run this code.  Where what changes belongs to no function, or
ran while the modules were imported, it runs by all tests, in a fork of a process that has imported nothing of
`respond`; and so it does where it survived and a test ran it while it was collected.
"""

from __future__ import annotations

import ast
import gc
import hashlib
import importlib.util
import json
import os
import pickle
import resource
import sys
import tempfile
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import _lru_cache_wrapper, cache, cached_property, partial
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from itertools import zip_longest
from math import ceil
from pathlib import Path
from types import CodeType
from typing import Any

import attrs
import pytest

from exchange import Exchange, Functions, Key, Loader, Ran, exchange, functions, key, running
from mutations import Mutation, mutations

ROOT = Path(__file__).parent.parent
SOURCES = ROOT / "src"
PLAN = ROOT / "tests" / "mutants.toml"
KEPT = ROOT / "build" / "mutants.jsonl"
LIBRARIES = ("alembic", "cattrs", "hypothesis.stateful", "orjson", "pytest", "rfc8785", "sqlalchemy", "transitions")
SECONDS = 60
"""How much of a processor a mutant may take by itself: one that turns in circles is killed."""
SAMPLE, SEED = 300, "1"
"""How many mutants stand for the modules that are only sampled."""
ARGUMENTS = ("-x", "-qq", "-p", "no:cacheprovider", "--assert=plain", "--no-header", "--tb=no")


@attrs.frozen
class Target:
    """A module whose mutants are run, and the tests that must fail."""

    module: str
    tests: tuple[str, ...]

    @property
    def path(self) -> Path:
        return SOURCES / f"{self.module.replace('.', '/')}.py"

    @cached_property
    def digest(self) -> str:
        return hashlib.sha256(self.path.read_bytes()).hexdigest()


@attrs.frozen
class Mutant:
    """One mutation of a target."""

    target: Target
    mutation: Mutation

    @property
    def key(self) -> str:
        return _digest(self.target.module, self.target.digest, self.mutation.name)

    def __str__(self) -> str:
        return f"{self.target.module.removeprefix('respond.')}: {self.mutation.name}"


def file_of(test: str) -> Path:
    """Return the file of *test*, which may name one function of it: `tests/unit/test_ids.py::test_order`."""
    return ROOT / test.partition("::")[0]


def _digest(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


@cache
def asked(tests: Sequence[str]) -> frozenset[str]:
    """Return the digests of all that the files of *tests* hold, but what they import.

    What was killed stays dead where tests are added; what survived may not.
    """
    found = set()
    for test in tests:
        for node in ast.parse(file_of(test).read_bytes()).body:
            if isinstance(node, ast.ClassDef):
                found |= {_digest(test, node.name, ast.dump(member)) for member in node.body}
                node.body = []
            if not isinstance(node, (ast.Import, ast.ImportFrom)):
                found.add(_digest(test, ast.dump(node)))
    return frozenset(found)


@attrs.frozen
class _Finder(MetaPathFinder):
    mutant: Mutant

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """Return where the mutant is loaded from; None for every other module."""
        if name != self.mutant.target.module:
            return None
        file = str(self.mutant.target.path)
        return importlib.util.spec_from_file_location(name, file, loader=Loader(name, file, self.mutant.mutation.tree))


def targets() -> tuple[list[Target], list[Target]]:
    """Return the modules whose mutants all run, and those of which a sample runs."""
    plan = tomllib.loads(PLAN.read_text(encoding="utf-8"))
    return tuple(
        [Target(f"respond.{name}", tuple(group["tests"])) for group in plan[part] for name in group["modules"]]
        for part in ("whole", "sampled")
    )


def planned(names: Sequence[str]) -> list[Mutant]:
    """Return the mutants of the modules that are *names*; of all, those that are sampled among them, when none is."""
    whole, sampled = targets()
    if names:
        return list(_mutants(one for one in (*whole, *sampled) if one.module.removeprefix("respond.") in names))
    return [*_mutants(whole), *drawn(_mutants(sampled))]


def drawn(some: Iterable[Mutant]) -> list[Mutant]:
    """Return the sample of *some*: a change of one module leaves the draw of the others as it was."""
    chosen = sorted(some, key=lambda one: _digest(SEED, str(one)))[:SAMPLE]
    return sorted(chosen, key=str)


def _mutants(some: Iterable[Target]) -> Iterator[Mutant]:
    for target in some:
        yield from (Mutant(target, one) for one in mutations(target.path.read_text(encoding="utf-8")))


def killed(mutant: Mutant, tests: Iterable[str]) -> bool:
    """Run *tests*, one file after the other, with *mutant* in the place of its module; return whether one fails."""
    sys.meta_path.insert(0, _Finder(mutant))
    return any(pytest.main([*ARGUMENTS, test]) != pytest.ExitCode.OK for test in tests)


def forked(work: Callable[[], int], *, seconds: int = SECONDS) -> int:
    """Do *work* in a child that says nothing, and return its process id; what *work* returns is its status."""
    child = os.fork()
    if child:
        return child
    os.setpgid(0, 0)
    quiet = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(quiet, stream)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    try:
        os._exit(work())
    except BaseException:  # noqa: BLE001 - a mutant that cannot even be imported is dead
        os._exit(1)


@attrs.frozen
class Trial:
    """What is done to know whether a mutant is killed, and the tests that must still be asked when it is not."""

    mutant: Mutant
    work: Callable[[], int]
    left: tuple[str, ...] = ()
    seconds: int = SECONDS


@attrs.define
class Known:
    """What is known of mutants, by key, kept in a file: those that are killed, and those that are not by some tests."""

    workers: int
    outcomes: dict[str, list[dict[str, Any]]] = attrs.field(init=False)
    tests: dict[str, frozenset[str]] = attrs.field(init=False)
    """What was asked, by its digest."""

    def __attrs_post_init__(self) -> None:
        self.read()

    def read(self) -> None:
        """Take in what other processes have kept."""
        self.outcomes, self.tests = {}, {}
        for line in KEPT.read_text(encoding="utf-8").splitlines() if KEPT.exists() else []:
            one = json.loads(line)
            if "asked" in one:
                self.tests[one["tests"]] = frozenset(one["asked"])
            else:
                self.outcomes.setdefault(one["key"], []).append(one)

    def killed(self, mutant: Mutant) -> bool:
        """Return whether a test fails."""
        parts = asked(mutant.target.tests)
        return any(one["killed"] and self.tests[one["tests"]] <= parts for one in self.outcomes.get(mutant.key, ()))

    def left(self, mutant: Mutant) -> tuple[str, ...]:
        """Return the tests that were not asked yet; none when it is dead."""
        if self.killed(mutant):
            return ()
        parts = asked(mutant.target.tests)
        survived = [one for one in self.outcomes.get(mutant.key, ()) if self.tests[one["tests"]] == parts]
        return tuple(survived[-1]["left"]) if survived else mutant.target.tests

    def run(self, trials: Iterable[Trial]) -> None:
        """Make the *trials*, each in a child, some at a time, and keep what they say."""
        waiting, tried = iter(trials), dict[int, Trial]()
        while True:
            while len(tried) < self.workers and (one := next(waiting, None)):
                tried[forked(one.work, seconds=one.seconds)] = one
            if not tried:
                return
            child, status = os.wait()
            self._keep(tried.pop(child), dead=status != 0)

    def _keep(self, trial: Trial, *, dead: bool) -> None:
        parts = asked(trial.mutant.target.tests)
        tests = _digest(*sorted(parts))
        KEPT.parent.mkdir(exist_ok=True)
        with KEPT.open("a", encoding="utf-8") as kept:
            if tests not in self.tests:
                self.tests[tests] = parts
                kept.write(json.dumps({"tests": tests, "asked": sorted(parts)}) + "\n")
            outcome = {"key": trial.mutant.key, "name": str(trial.mutant), "tests": tests, "killed": dead}
            outcome["left"] = () if dead else trial.left
            self.outcomes.setdefault(trial.mutant.key, []).append(outcome)
            kept.write(json.dumps(outcome) + "\n")


@attrs.define
class Collected:
    """A pytest plugin that, instead of running the tests of modules once, runs them for each of their mutants."""

    mutants: Sequence[Mutant]
    known: Known
    ran: Ran
    """What ran while the tests were collected."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run the tests where nothing is changed; then the mutants that can be made here."""
        sys.settrace(None)
        sources = {one.target: _compiled(one.target, one.target.path.read_bytes()) for one in self.mutants}
        tests = {str(file_of(test)): test for target in sources for test in target.tests}
        empty = tests.keys() - {str(item.path) for item in session.items}
        strange = [target.module for target, source in sources.items() if key(source) not in self.ran]
        if empty or strange:
            raise pytest.UsageError(f"no test is in {empty}; none imports {strange}")
        found, caches = functions(_files(self.mutants)), list(_caches())
        gc.freeze()
        session.config._tmp_path_factory.getbasetemp()  # one for all children
        covered, seconds = self._control(session, caches)
        print(f"control: {len(covered)} tests pass: {' '.join(tests.values())}", file=sys.stderr, flush=True)
        trials = self._trials(session, sources, tests, found, covered)
        self.known.run(attrs.evolve(one, seconds=5 + 3 * ceil(seconds)) for one in trials)
        return True

    def _control(self, session: pytest.Session, caches: Iterable[Any]) -> tuple[dict[str, set[Key]], float]:
        """Return what each test runs where the *caches* are empty, and how much of a processor all took; all must pass.

        In a cache it would find what a test before it ran.
        """
        reader, writer = os.pipe()

        def control() -> int:
            covered = {}
            for item in session.items:
                for one in caches:
                    one.cache_clear()
                with running(_files(self.mutants)) as seen:
                    if _fails(session, [item]):
                        raise AssertionError(item.nodeid)
                covered[item.nodeid] = set(seen)
            with os.fdopen(writer, "wb") as told:
                pickle.dump((covered, time.process_time()), told)
            return 0

        child = forked(control, seconds=10 * SECONDS)
        os.close(writer)
        with os.fdopen(reader, "rb") as told:
            data = told.read()
        if os.waitpid(child, 0)[1]:
            raise pytest.UsageError("these tests fail, or are slow, where nothing is changed")
        return pickle.loads(data)

    def _trials(
        self,
        session: pytest.Session,
        sources: Mapping[Target, CodeType],
        tests: Mapping[str, str],
        found: Functions,
        covered: Mapping[str, set[Key]],
    ) -> Iterator[Trial]:
        """Yield the trials of what can be made here: by tests that run what changes, and did not do so before."""
        elsewhere = {one for one, importers in self.ran.items() if not importers <= tests.keys()}
        for mutant in self.mutants:
            new = _compiled(mutant.target, mutant.mutation.tree)
            made = exchange(sources[mutant.target], new, elsewhere, found)
            if made is not None:
                before = self.ran.get(made.old, set())
                items = [
                    one for one in session.items if made.changed in covered[one.nodeid] and str(one.path) not in before
                ]
                work = partial(_fails_with, made, session, items)
                yield Trial(mutant, work, mutant.target.tests if before else ())


def _caches() -> Iterator[Any]:
    """Yield the functions that keep their results."""
    for one in gc.get_objects():
        if type(one) is _lru_cache_wrapper and one.__wrapped__.__code__.co_filename.startswith(str(SOURCES)):
            yield one


def _files(mutants: Iterable[Mutant]) -> set[str]:
    return {str(one.target.path) for one in mutants}


def _compiled(target: Target, source: bytes | ast.Module) -> CodeType:
    return compile(source, str(target.path), "exec", dont_inherit=True)


def _fails_with(made: Exchange, session: pytest.Session, items: Sequence[pytest.Item]) -> bool:
    made.make()
    return _fails(session, items)


def _fails(session: pytest.Session, items: Sequence[pytest.Item]) -> bool:
    """Run *items* until one fails; return whether one does."""
    for item, following in zip_longest(items, items[1:]):
        item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.testsfailed:
            return True
    return False


def collect(tests: Sequence[str], mutants: Sequence[Mutant], known: Known) -> int:
    """Collect *tests* and try what can be tried of *mutants*; return what pytest says of the rest."""
    os.dup2(2, 1)
    with tempfile.TemporaryDirectory() as folder, running(_files(mutants)) as ran:
        plugin = Collected(mutants, known, ran)
        return int(pytest.main([*ARGUMENTS, "-s", f"--basetemp={folder}/tests", *tests], plugins=[plugin]))


def run(mutants: Sequence[Mutant], workers: int) -> Known:
    """Return what becomes of *mutants*; what is known already is not run again."""
    known = Known(workers)
    for tests in dict.fromkeys(one.target.tests for one in mutants if known.left(one)):
        some = [one for one in mutants if one.target.tests == tests and known.left(one)]
        child = os.fork()
        if child == 0:
            try:
                os._exit(collect(tests, some, known))
            finally:
                os._exit(2)
        if os.waitpid(child, 0)[1]:
            raise SystemExit(f"these tests cannot be run: {' '.join(tests)}")
        known.read()
        alone = [one for one in some if known.left(one)]
        print(f"{len(some)} mutants, {len(alone)} of them in a process of their own", file=sys.stderr, flush=True)
        known.run(Trial(one, partial(killed, one, known.left(one))) for one in alone)
    return known


def report(mutants: Sequence[Mutant], known: Known, reasons: dict[str, str]) -> None:
    """Print how many of each module were killed, the survivors that nobody gave a reason for, and the score."""
    counted: dict[str, Counter[bool]] = {}
    for one in mutants:
        counted.setdefault(one.target.module, Counter())[known.killed(one)] += 1
    for module, counts in counted.items():
        print(f"{100 * counts[True] / counts.total():5.1f} % of {counts.total():4d}  {module}")
    survivors = [one for one in mutants if not known.killed(one)]
    for one in survivors:
        if str(one) not in reasons:
            print(f"survived, line {one.mutation.line}: {one}")
    explained = [one for one in survivors if str(one) in reasons]
    print(f"{len(mutants)} mutants, {len(survivors)} survived, {len(explained)} of them with a reason")
    print(f"score {100 * (1 - len(survivors) / max(1, len(mutants))):.1f}")


def main(names: Sequence[str]) -> None:
    """Run what is planned, and say what it came to."""
    os.environ["HYPOTHESIS_PROFILE"] = "ci"
    for library in LIBRARIES:
        importlib.import_module(library)
    mutants = planned(names)
    known = run(mutants, int(os.environ.get("WORKERS", "2")))
    report(mutants, known, tomllib.loads(PLAN.read_text(encoding="utf-8")).get("survivors", {}))


if __name__ == "__main__":
    main(sys.argv[1:])
