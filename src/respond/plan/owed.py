"""What is owed: each occurrence of each obligation, with its deadline and what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import attrs

Verdict = Literal["waiting", "paused", "open", "near", "met", "near_miss", "late", "missing", "waived", "dropped"]
"""What became of an occurrence, as seen at a moment.

`waiting`: no clock runs yet.  `paused`: its clock stands still.  `open`: not done and not due; `near` when the deadline
is as near as the obligation says.  `met`: done in time; `near_miss` when that was near the deadline.  `late` (迟报): done
after the deadline.  `missing` (漏报): not done, and past due.  `waived`.  `dropped`: no longer owed, and not due before.
"""


@attrs.frozen(kw_only=True)
class Owed:
    """One occurrence of an obligation."""

    obligation: str
    """Its id."""
    occurrence: int
    """From 1."""
    since: datetime | None
    """When the clock that counts began; None while none runs."""
    fact: str | None
    """The fact at which it began."""
    entry: str | None
    """The id of the event that tells that fact."""
    due_at: datetime | None
    """The deadline; None while no clock runs, or it stands still."""
    near_at: datetime | None = None
    """From when on it is near."""
    done_at: datetime | None = None
    done_by: str | None = None
    """The id of the event that discharged it."""
    waived_by: str | None = None
    """The id of the event that waived it."""
    dropped_at: datetime | None = None
    """When it ceased to be owed, undone."""
    dropped_by: str | None = None
