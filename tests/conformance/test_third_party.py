"""Stores of others, written with public names alone, keep the promise; each that is broken on purpose does not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

import broken_stores
from async_journal_store import AsyncJournals
from journal_store import Journals
from respond.testing.store_conformance import AsyncStoreConformance, StoreConformance

ROOT = Path(__file__).parent.parent.parent


class TestJournal(StoreConformance):
    """A file of lines, which every process opens for itself."""

    turns = 16
    subscribed_turns = 8

    @pytest.fixture
    def store_factory(self, tmp_path) -> Journals:
        return Journals(tmp_path / "journal")


class TestAsyncJournal(AsyncStoreConformance):
    """The same file for asyncio, each call in a thread."""

    turns = 16
    subscribed_turns = 8

    @pytest.fixture
    def async_store_factory(self, tmp_path) -> AsyncJournals:
        return AsyncJournals(tmp_path / "journal")


def test_each_broken_store_fails(tmp_path):
    """Of each journal that is broken, every test that is named for it fails."""
    wanted = {(name, test) for name, tests in broken_stores.FOUND.items() for test in tests}
    nodes = [f"{broken_stores.__file__}::{name}::{test}" for name, test in sorted(wanted)]
    report = tmp_path / "report.xml"
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-n0",
        "--timeout=120",
        f"--junitxml={report}",
        *nodes,
    ]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    failed = {
        (case.get("classname", "").rpartition(".")[2], case.get("name", "").partition("[")[0])
        for case in ET.parse(report).iter("testcase")
        if case.find("failure") is not None
    }
    assert failed == wanted, done.stdout[-3000:]
