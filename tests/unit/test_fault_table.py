"""The table of faults in the documentation is the one that the tests follow."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import fault_run
import fault_sizes
from fault_report import Settings, markdown, promises

PAGE = Path(__file__).parent.parent.parent / "docs" / "explanation" / "faults.md"


def test_the_page_has_the_table():
    """The page has every fault with its promise and its sizes, as the tests have them."""
    assert "\n".join(promises()) in PAGE.read_text()


def test_every_fault_is_tried():
    """Each fault of the table is one that a test asks its size of, and tells of."""
    written = "".join(path.read_text() for path in (Path(__file__).parent.parent / "faults").glob("test_*.py"))
    told = set(re.findall(r'told\(\s*"([\w-]+)"', written))
    sized = set(re.findall(r'size_of\(\s*"([\w-]+)"', written))
    assert (set(fault_sizes.FAULTS) - told, set(fault_sizes.FAULTS) - sized) == (set(), set())


def test_the_page_counts_what_happened():
    """No row of the results counts what did not happen: a cut that was not made is none."""
    assert "None" not in PAGE.read_text()


def test_sizes(monkeypatch):
    """A run is short unless it is told; an unknown size is refused."""
    monkeypatch.delenv(fault_sizes.VARIABLE, raising=False)
    assert fault_sizes.size_of("power-cut") == 3
    monkeypatch.setenv(fault_sizes.VARIABLE, "long")
    assert fault_sizes.size_of("power-cut") == 200
    monkeypatch.setenv(fault_sizes.VARIABLE, "huge")
    with pytest.raises(ValueError, match="short, quick, long"):
        fault_sizes.size_of("power-cut")


def part(test, *, state="now", passed=True):
    """Return a part that has run."""
    return fault_run.Part(test=test, state=state, passed=passed, seconds=1.5, told=[])


def test_journal(tmp_path):
    """A journal remembers what ran on what is there now, the last time of each part."""
    journal = fault_run.Journal(tmp_path / "journal")
    assert journal.read("now") == {}
    for one in (part("a", passed=False), part("b", state="before"), part("a"), part("c")):
        journal.add(one)
    assert journal.read("now") == {"a": part("a"), "c": part("c")}


FILES = {
    "src/respond/__init__.py": True,
    "src/respond/store/group.py": True,
    "src/respond/cli/program.py": False,
    "src/respond/plan/plan.py": False,
    "tests/conftest.py": True,
    "tests/faults/test_crowd.py": True,
    "tests/crowd.py": True,
    "tests/rivals.py": True,
    "tests/lamp.py": False,
    "tests/unit/test_plan.py": False,
}
"""Files of a project, and whether its fault tests see them."""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Return a project in which a fault test imports a module, and that another one."""
    for name in FILES:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    (tmp_path / "tests" / "faults" / "test_crowd.py").write_text("import os\nfrom crowd import follow\n")
    (tmp_path / "tests" / "crowd.py").write_text("import rivals\n")
    monkeypatch.setattr(fault_run, "ROOT", tmp_path)
    return tmp_path


@pytest.mark.parametrize(("name", "seen"), FILES.items())
def test_state(project, name, seen):
    """What the fault tests see is told by its content, whether git knows it or not; what they cannot see is not."""
    before = fault_run.state()
    with (project / name).open("a") as file:
        file.write("# changed\n")
    assert (fault_run.state() != before) is seen


def test_state_of_new_files(project):
    """A file that comes or goes changes the state; what Python keeps for itself does not."""
    before = fault_run.state()
    kept = project / "src" / "respond" / "__pycache__"
    kept.mkdir()
    (kept / "group.pyc").write_text("")
    assert fault_run.state() == before
    (project / "src" / "respond" / "store" / "new.py").write_text("")
    assert fault_run.state() != before


def test_what_is_imported():
    """The fault tests import nothing of what they are said not to see, but the type of a plan."""
    seen = fault_run.tests()
    assert {"conftest.py", "ledger.py", "servers.py", "test_crowd.py"} <= {path.name for path in seen}
    names = {name for path in seen for name in fault_run.imported(path)}
    packages = tuple(f"respond.{name}" for name in fault_run.UNSEEN)
    assert [name for name in names if name.startswith(packages)] == ["respond.plan.plan"]


def test_long_run_goes_on(tmp_path, monkeypatch, capsys):
    """A long run skips what is done, runs again what failed, and begins nothing when the time is up."""
    ran, answers = [], {"a": False, "b": True, "c": True}

    def run(state, arguments, *, extent):
        ran.append(arguments[0])
        return part(arguments[0], passed=answers[arguments[0]])

    monkeypatch.setattr(fault_run, "FOLDER", tmp_path)
    monkeypatch.setattr(fault_run, "run", run)
    monkeypatch.setattr(fault_run, "state", lambda: "now")
    monkeypatch.setattr(fault_run, "collected", lambda: list(answers))
    assert fault_run.run_long(0) == 2
    assert ran == []
    assert fault_run.run_long(10) == 1
    assert ran == ["a", "b", "c"]
    answers["a"] = True
    assert fault_run.run_long(10) == 0
    assert ran == ["a", "b", "c", "a"]
    assert "[2/3] b: done already" in capsys.readouterr().out
    assert "0 tests failed, 0 are left" in (tmp_path / "long.md").read_text()


def test_result():
    """A result names what was tried, what was counted, what failed and what is left, beside what it ran on."""
    settings = Settings(commit="1234567", machine="2 cores", python="3.11", databases="SQLite", packages="psycopg")
    fault = fault_sizes.FAULTS["clock"].fault
    told = [{"fault": fault, "case": "sqlite", "rounds": 1000, "counted": {"rounds_that_lost": 2}, "seconds": 61.2}]
    text = markdown("long", settings, told, seconds=90.0, failed=["one"], left=["two"])
    assert text.startswith("Commit 1234567; 2 cores; Python 3.11; SQLite;\n")
    assert f"| {fault} | sqlite | 1,000 | 2 rounds that lost | 61 |" in text
    assert "1 tests failed, 1 are left for the next run.\n* failed: one\n* left: two\n" in text
