"""What every projection over the log promises."""

from __future__ import annotations

from typing import ClassVar, Protocol

from respond.domain.events import Event


class Projection(Protocol):
    """A read model that takes the events of the log one by one, in log order, each once."""

    name: ClassVar[str]
    """Stable: a checkpoint is kept under it."""
    version: ClassVar[int]
    """Raised when the same events give another answer, so that whoever kept the old one rebuilds it."""
    handles: ClassVar[frozenset[str] | None]
    """The names of the events that it reads; None when it reads all.  Any other event may be left out."""

    def apply(self, event: Event) -> None:
        """Take one event on; an event that is none of its business changes nothing."""
        ...
