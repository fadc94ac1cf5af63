"""Notifiers: how people learn of something.  A notification has a key; what comes again with it is the same one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import attrs

from respond.domain.streams import indexed
from respond.errors import InvalidInput

TEXT_MAX = 16 * 1024
"""The longest text, in characters."""


@attrs.frozen(kw_only=True)
class Notification:
    """What somebody is to learn.  The key is made from what gave rise to it, so that who repeats it repeats the key."""

    key: str
    audience: str
    """Who is to learn it: an actor, a role, or a group, by an opaque id."""
    subject: str
    """What it is about: the incident's id."""
    text: str
    channel: str | None = None
    """By which way; the notifier's own choice when None."""
    event_id: str | None = None
    """The event that tells why."""

    def __attrs_post_init__(self) -> None:
        for place in ("key", "audience", "subject"):
            indexed(getattr(self, place), place)
        if not self.text or len(self.text) > TEXT_MAX:
            raise InvalidInput(f"must hold 1 to {TEXT_MAX} characters", place="text", value=len(self.text))


class Notifier(Protocol):
    """Brings notifications to people.

    `notify` is called at least once for each key, and again with the same content after any doubt: when it raised, or
    when the caller ended before it could keep that it returned.  The receiver drops repeats by the key.
    """

    def notify(self, notification: Notification) -> None:
        """Hand *notification* over; return when it is safe, and raise when it may not be."""
        ...


@attrs.frozen
class CallableNotifier:
    """Calls a function with each notification."""

    function: Callable[[Notification], object]

    def notify(self, notification: Notification) -> None:
        """Call the function; what it raises is raised."""
        self.function(notification)


@attrs.define
class MemoryNotifier:
    """Keeps what it was told, each key once, as a receiver does: for tests and rehearsals."""

    received: dict[str, Notification] = attrs.field(factory=dict)
    calls: int = 0
    """How often it was called, repeats included."""

    def notify(self, notification: Notification) -> None:
        """Keep *notification* unless its key is known; raises `InvalidInput` when a key comes with another content."""
        self.calls += 1
        known = self.received.setdefault(notification.key, notification)
        if known != notification:
            raise InvalidInput(
                "came with another content before; make the key from all that makes it another notification",
                place=notification.key,
                value=notification,
            )
