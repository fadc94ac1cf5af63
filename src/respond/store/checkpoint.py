"""Checkpoints: how far a projection or a publisher has read, who is at work on it, and what it gave up on."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

import attrs

from respond.domain.moments import to_microseconds
from respond.errors import InvalidInput

RUNNING: Final = "running"
PAUSED: Final = "paused"
"""A person, or a policy after a failure, stopped it: nobody can claim it until it is resumed."""
RETIRED: Final = "retired"
"""Another one answers in its place; what it made waits to be removed."""

WAIT_MAX_SECONDS = 600.0
"""The longest lease, and the longest wait before a retry.  One that would end later was written by a wrong clock."""

_DOUBLINGS_MAX = 64


@attrs.frozen(kw_only=True)
class Checkpoint:
    """One reader of the log and its place; times are microseconds since 1970."""

    tenant: str
    name: str
    version: int
    """Of the reader's own code: another version has a checkpoint of its own."""
    status: str
    position: int
    owner: str | None
    lease_until: int
    fence: int
    """Grows with each change of hands; who holds an older one can no longer write."""
    attempts: int
    """How often the event after `position` has failed."""
    retry_at: int
    error: str | None
    started_at: int
    updated_at: int

    def is_free(self, owner: str, now: datetime) -> bool:
        """Return whether *owner* may claim it: no other has a lease that goes on, but by a clock that went back."""
        left = self.lease_until - to_microseconds(now)
        return self.owner in {None, owner} or not 0 < left <= microseconds(WAIT_MAX_SECONDS)

    def is_due(self, now: datetime) -> bool:
        """Return whether a retry may begin; one that is further off than any wait is due: the clock went back."""
        return not 0 < self.retry_at - to_microseconds(now) <= microseconds(WAIT_MAX_SECONDS)


@attrs.frozen(kw_only=True)
class Patience:
    """How often an event that fails is tried again, how long apart, and what happens then."""

    attempts: int = 5
    first_seconds: float = 1.0
    """How long to wait after the first failure; twice as long after each that follows."""
    longest_seconds: float = 60.0
    then: Literal["pause", "skip"] = "pause"
    """Stop until a person resumes, or keep the event as a dead letter and go on with the next."""

    def __attrs_post_init__(self) -> None:
        if self.attempts < 1:
            raise InvalidInput("must be 1 or more", place="attempts", value=self.attempts)
        if not 0 < self.first_seconds <= self.longest_seconds <= WAIT_MAX_SECONDS:
            raise InvalidInput(
                f"wait first_seconds, then longer up to longest_seconds, at most {WAIT_MAX_SECONDS:.0f}",
                place="patience",
                value=(self.first_seconds, self.longest_seconds),
            )
        if self.then not in {"pause", "skip"}:
            raise InvalidInput(f"{self.then!r} is not one of pause, skip", place="then", value=self.then)

    def wait_seconds(self, attempts: int) -> float:
        """Return how long to wait after the failure that is number *attempts*."""
        doublings = min(attempts - 1, _DOUBLINGS_MAX)
        return min(self.longest_seconds, self.first_seconds * 2.0**doublings)


@attrs.frozen(kw_only=True)
class DeadLetter:
    """An event that a projection or a publisher gave up on; the event itself stays in the log."""

    tenant: str
    name: str
    version: int
    position: int
    id: str
    type: str
    error: str
    attempts: int
    failed_at: int


def microseconds(seconds: float) -> int:
    """Return *seconds* as whole microseconds."""
    return round(seconds * 1_000_000)
