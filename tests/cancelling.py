"""Tasks that are cancelled while they wait, at the wait that a test names; see the suite of stores for asyncio."""

from __future__ import annotations

from respond.testing.conformance.cancelling import CancelledAt, cancelled_at

__all__ = ["CancelledAt", "cancelled_at"]
