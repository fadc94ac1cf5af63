from __future__ import annotations

import sys
import textwrap

import pytest

import mutants
from mutations import mutations

SOURCE = '''
"""A module."""

LIMIT: int = 3


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


def test_every_module_and_test_is_there():
    """What is planned exists, and no module stands twice."""
    some = mutants.targets()
    assert all(one.path.is_file() for part in some for one in part)
    assert all((mutants.ROOT / test).is_file() for part in some for one in part for test in one.tests)
    whole, sampled = ([one.module for one in part] for part in some)
    assert not set(whole) & set(sampled)
    assert {f"respond.workflow.incident.{name}" for name in ("guards", "lifecycle", "decide", "evolve")} <= set(whole)
