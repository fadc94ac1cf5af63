"""What an incident keeps of its words: the key messages by version, and the statements."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

import attrs

from respond.plan.communication import Stage
from respond.workflow.incident.marks import Mark

StatementStatus = Literal["draft", "approved", "published", "retracted"]


@attrs.frozen(kw_only=True)
class KeyMessages:
    """A version of the key messages (统一口径)."""

    messages: tuple[str, ...]
    stage: Stage | None = None
    drafted: Mark
    approved: Mark | None = None


@attrs.frozen(kw_only=True)
class Wording:
    """What a statement says."""

    text: str
    key_messages: int | None = None
    """The version of the key messages that it rests on; a command that leaves it out means the live one."""
    cause: str = ""
    effect: str = ""
    measures: str = ""
    recovery: str = ""
    """When service is expected back, in words."""
    next_update_at: datetime | None = None
    """When more is said."""


@attrs.frozen(kw_only=True, slots=False)
class Statement:
    """A statement, as it stands."""

    audience: str
    channel: str
    status: StatementStatus = "draft"
    version: int = 1
    """Of its wording; each correction makes the next."""
    wording: Wording
    drafted: Mark
    """When this version was written."""
    approved: Mark | None = None
    """When this version was approved."""
    published: Mark | None = None
    """When a version of it was published last."""
    retracted: Mark | None = None


@attrs.frozen(kw_only=True, slots=False)
class Said:
    """The words of an incident."""

    key_messages: tuple[KeyMessages, ...] = ()
    """Version 1, 2, …"""
    statements: Mapping[str, Statement] = attrs.field(factory=dict)
    """By key."""
    noted: tuple[str, ...] = ()
    """The entries of notices, feedback, observations and evaluations, those that were retracted left out."""

    @property
    def live(self) -> int | None:
        """The version of the key messages that counts: the last that was approved."""
        return next((number for number in range(len(self.key_messages), 0, -1) if self.version(number).approved), None)

    def version(self, number: int) -> KeyMessages:
        """Return the key messages of version *number*, from 1."""
        return self.key_messages[number - 1]

    def has_version(self, number: int) -> bool:
        return 1 <= number <= len(self.key_messages)
