"""The clock and the source of randomness: the only module that asks the machine for either."""

from __future__ import annotations

import os
from datetime import UTC, datetime


def system_clock() -> datetime:
    """Return the time now, in UTC."""
    return datetime.now(UTC)


def system_random(size: int) -> bytes:
    """Return *size* bytes that nobody can guess."""
    return os.urandom(size)
