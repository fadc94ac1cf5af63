"""The table of faults in the documentation is the one that the tests follow."""

from __future__ import annotations

from pathlib import Path

import pytest

import fault_run
import fault_sizes
from fault_report import Settings, markdown, promises

PAGE = Path(__file__).parent.parent.parent / "docs" / "explanation" / "faults.md"


def test_the_page_has_the_table():
    """The page has every fault with its promise and its sizes, as the tests have them."""
    assert "\n".join(promises()) in PAGE.read_text()


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
    """A journal remembers what ran on the same code and tests, the last time of each part."""
    journal = fault_run.Journal(tmp_path / "journal")
    assert journal.read("now") == {}
    for one in (part("a", passed=False), part("b", state="before"), part("a"), part("c")):
        journal.add(one)
    assert journal.read("now") == {"a": part("a"), "c": part("c")}


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
