"""The clock, the source of randomness, and a name: the only module that asks the machine for any of them."""

from __future__ import annotations

import os
import socket
from datetime import UTC, datetime


def system_clock() -> datetime:
    """Return the time now, in UTC."""
    return datetime.now(UTC)


def system_random(size: int) -> bytes:
    """Return *size* bytes that nobody can guess."""
    return os.urandom(size)


def runner_name() -> str:
    """Return a name for one runner of a projection or a publisher: where it runs, and which of all it is."""
    return f"{socket.gethostname()[:128]} {os.getpid()} {system_random(6).hex()}"
