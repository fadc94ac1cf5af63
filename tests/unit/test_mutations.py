from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import pytest

import mutants
from exchange import exchange, functions, key
from mutations import mutations

SOURCE = '''
"""A module."""

from typing import Literal

LIMIT: int = 3
Answer = Literal["late", "early"]


def late(now, due, *, strict=True):
    """Say whether it is late."""
    if strict and now >= due + LIMIT:
        return "late"
    raise ValueError("it is not late at all")
'''


def test_what_can_slip_is_changed():
    """Comparisons, connections, conditions, constants, results and arguments are changed; what people read is not."""
    assert [one.name for one in mutations(SOURCE)] == [
        "module: 3 -> 4",
        "late: True -> False",
        "late: if strict and now >= due + LIMIT -> if not (strict and now >= due + LIMIT)",
        "late: strict and now >= due + LIMIT -> strict or now >= due + LIMIT",
        "late: now >= due + LIMIT -> now > due + LIMIT",
        "late: due + LIMIT -> due - LIMIT",
        "late: return 'late' -> return None",
        "late: 'late' -> 'lateX'",
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = not y", "x = not not y"),
        ("x = [one for one in y if one]", "x = [one for one in y]"),
        ("f(1, by=y)", "f(1)"),
        ("x = y if z else 0", "x = y if not z else 0"),
        ("x = y is None", "x = y is not None"),
        ("g(y)", "None"),
    ],
)
def test_a_change_is_one_change(before, after):
    """Each mutation differs from the module in one place."""
    import ast

    assert ast.unparse(ast.parse(after)) in {ast.unparse(one.tree) for one in mutations(before)}


def test_a_mutation_keeps_its_name():
    """A mutation is called alike wherever it stands, so that a reason given for it holds; twins are numbered."""
    names = [one.name for one in mutations(SOURCE)]
    assert [one.name for one in mutations("import os\n\n" + SOURCE)] == names
    assert [one.name for one in mutations("x = 1\ny = 1")] == ["module: 1 -> 2", "module: 1 -> 2 (2)"]


def test_a_mutant_takes_the_place_of_its_module(tmp_path, monkeypatch):
    """What is imported is the mutant, and only of that module."""
    (tmp_path / "clock_edge.py").write_text(textwrap.dedent(SOURCE))
    (tmp_path / "clock_face.py").write_text("FACE = 12\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(mutants, "SOURCES", tmp_path)
    target = mutants.Target("clock_edge", ())
    (strict,) = (one for one in mutations(SOURCE) if "now > due" in one.name)
    monkeypatch.setattr(sys, "meta_path", [mutants._Finder(mutants.Mutant(target, strict)), *sys.meta_path])
    import clock_edge
    import clock_face

    assert clock_face.FACE == 12
    with pytest.raises(ValueError, match="not late"):
        clock_edge.late(6, 3)
    assert clock_edge.late(7, 3) == "late"


COUNTS = """
LIMIT = 3
TABLE = {"odd": lambda count: count % 2 == 1}


def few(count):
    return all(one < LIMIT for one in range(count))


def made(count):
    return count + 1


MADE = made(1)
"""


def exchanged(name):
    """Make the change called *name* where the module was executed; return the module, None when it cannot be made."""
    module = {}
    source = compile(COUNTS, name, "exec")
    exec(source, module)
    (tree,) = (one.tree for one in mutations(COUNTS) if one.name == name)
    ran = {key(source), key(module["made"].__code__)}
    made = exchange(source, compile(tree, name, "exec"), ran, functions([name]))
    if made is None:
        return None
    made.make()
    return module


def test_the_code_of_a_function_is_exchanged_where_it_stands():
    """So it is where the change is in what the function defines, and in a function that a table holds."""
    assert exchanged("few: one < LIMIT -> one <= LIMIT")["few"](4) is True
    assert exchanged("few: return all((one < LIMIT for one in range(count))) -> return None")["few"](4) is None
    assert exchanged("module: count % 2 == 1 -> count % 2 != 1")["TABLE"]["odd"](1) is False


def test_what_ran_already_is_not_exchanged():
    """What a module computed as it was imported would not follow."""
    assert exchanged("module: 3 -> 4") is None
    assert exchanged("made: count + 1 -> count - 1") is None


def tried(folder, tests, source=SOURCE):
    """Run all mutants of a small module by *tests*; return the process that did."""
    (folder / "clock_edge.py").write_text(textwrap.dedent(source))
    (folder / "test_edge.py").write_text(tests)
    script = f"""
import pathlib, mutants
mutants.ROOT = mutants.SOURCES = pathlib.Path({str(folder)!r})
mutants.KEPT = mutants.ROOT / "kept.jsonl"
target = mutants.Target("clock_edge", ("test_edge.py",))
some = list(mutants._mutants([target]))
mutants.report(some, mutants.run(some, 1), {{}})
"""
    paths = os.pathsep.join([str(mutants.ROOT / "tests"), str(folder)])
    environment = {**os.environ, "PYTHONPATH": paths, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(
        [sys.executable, "-c", script], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_mutants_are_run(tmp_path):
    """What the tests do not ask survives, and is named; what is constant and what a function does are both tried."""
    run = tried(tmp_path, "import clock_edge\n\ndef test_late():\n    assert clock_edge.late(7, 3) == 'late'\n")
    assert "control: 1 tests pass" in run.stderr
    assert run.stdout.splitlines() == [
        " 50.0 % of    8  clock_edge",
        "survived, line 6: clock_edge: module: 3 -> 4",
        "survived, line 12: clock_edge: late: strict and now >= due + LIMIT -> strict or now >= due + LIMIT",
        "survived, line 12: clock_edge: late: now >= due + LIMIT -> now > due + LIMIT",
        "survived, line 12: clock_edge: late: due + LIMIT -> due - LIMIT",
        "8 mutants, 4 survived, 0 of them with a reason",
        "score 50.0",
    ]


def test_what_was_killed_stays_dead_where_tests_are_added(tmp_path):
    """Only what survived is tried again; where a test is changed, everything is."""
    first = "import clock_edge\n\ndef test_late():\n    assert clock_edge.late(7, 3) == 'late'\n"
    second = "\nclass TestMore:\n    def test_edge(self):\n        assert clock_edge.late(6, 3) == 'late'\n"
    assert "8 mutants, 2 of them in a process of their own" in tried(tmp_path, first).stderr
    assert tried(tmp_path, first).stderr == ""
    run = tried(tmp_path, first + second)
    assert "4 mutants, 1 of them in a process of their own" in run.stderr
    assert run.stdout.splitlines()[-1] == "score 75.0"
    assert "8 mutants, " in tried(tmp_path, f"import clock_edge\n{second}").stderr


def test_a_test_that_found_a_result_in_a_cache_is_asked_too(tmp_path):
    """The first test calls the function, the second one knows what it returns."""
    source = "from functools import cache\n\n@cache\ndef half(count):\n    return count // 2\n"
    first = "import clock_edge\n\ndef test_runs():\n    clock_edge.half(6)\n"
    second = "\ndef test_half():\n    assert clock_edge.half(6) == 3\n"
    assert tried(tmp_path, first + second, source).stdout.splitlines()[-1] == "score 100.0"
    assert tried(tmp_path, first, source).stdout.splitlines()[-1] == "score 0.0"


@pytest.mark.parametrize(
    "tests",
    [
        "import clock_edge\n\ndef test_late():\n    assert clock_edge.late(5, 3)\n",
        "import clock_edge, nothing_of_this_name\n\ndef test_late():\n    assert clock_edge.late(7, 3)\n",
        "import clock_edge\n",
        "def test_late():\n    assert True\n",
    ],
    ids=["failing", "not collected", "empty", "of something else"],
)
def test_tests_that_tell_nothing_are_an_error(tmp_path, tests):
    """Tests that fail where nothing is changed, or never import the module, kill nothing."""
    run = tried(tmp_path, tests)
    assert run.returncode == 1
    assert "these tests cannot be run: test_edge.py" in run.stderr
    assert not (tmp_path / "kept.jsonl").exists()


def test_every_module_and_test_is_there():
    """All of the workflows and of the plan is planned, once."""
    some = mutants.targets()
    assert all(one.path.is_file() for part in some for one in part)
    assert all(mutants.file_of(test).is_file() for part in some for one in part for test in one.tests)
    modules = sorted(one.module for part in some for one in part)
    parts = [path for part in ("plan", "workflow") for path in (mutants.SOURCES / "respond" / part).rglob("*.py")]
    paths = [path.relative_to(mutants.SOURCES).with_suffix("") for path in parts if path.name != "__init__.py"]
    assert modules == sorted(".".join(path.parts) for path in paths)
    whole = {one.module for one in some[0]}
    assert {f"respond.workflow.incident.{name}" for name in ("guards", "lifecycle", "decide", "evolve")} <= whole
