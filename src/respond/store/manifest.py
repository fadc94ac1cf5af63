"""The manifest: which bodies left the log, and which file holds each of them now."""

from __future__ import annotations

import attrs

ERASED = "erased"
"""Stands in the place of a file where bodies left for good."""


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

    @property
    def erased(self) -> bool:
        """Whether no file has the bodies: they are gone."""
        return self.file == ERASED
