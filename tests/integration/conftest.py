from __future__ import annotations

import pytest

from command_line import CommandLine


@pytest.fixture(autouse=True)
def _no_settings_of_the_developer(monkeypatch):
    for name in ("RESPOND_DATABASE_URL", "RESPOND_PLAN", "RESPOND_WORKFLOWS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def cli(sqlite_url, capsys) -> CommandLine:
    """Return the command line on a SQLite file that does not exist yet."""
    return CommandLine(sqlite_url, capsys)
