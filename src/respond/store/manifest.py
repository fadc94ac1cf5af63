"""The manifest: which bodies left the log, and which file holds each of them now."""

from __future__ import annotations

import attrs


@attrs.frozen(kw_only=True)
class Archived:
    """A range of positions whose bodies left the log for a file.  No two ranges share a position."""

    first: int
    last: int
    file: str
    """The name of the file, without its folder."""
    digest: bytes
    """The SHA-256 of the file."""
    reason: str
