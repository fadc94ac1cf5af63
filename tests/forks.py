"""Processes for tests: each begins as a copy of one that has imported what they need, and holds nothing of any test."""

from __future__ import annotations

import multiprocessing
import os
import sys
from multiprocessing import forkserver
from unittest.mock import patch

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(
    [
        "pytest",
        "sqlalchemy.dialects.mysql.pymysql",
        "sqlalchemy.dialects.postgresql.psycopg",
        "respond.cli.program",
        "respond.store.sql",
        "async_stores",
        "engine_suite",
        "servers",
        "writers",
    ]
)


def ensure_running() -> None:
    """Start the process that others are copies of, unless it runs."""
    with patch.dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path)):  # where these modules are
        forkserver.ensure_running()
