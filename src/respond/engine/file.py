"""The file of an incident: its events, and those of what belongs to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import chain
from typing import Any

import attrs

from respond.domain.events import Event
from respond.projections.ground import Ground, ground
from respond.projections.knowledge import Clock, known


@attrs.frozen(kw_only=True)
class File:
    """The events of an incident, and by their keys those of what belongs to it."""

    events: tuple[Event, ...]
    parties: Mapping[str, tuple[Event, ...]]
    actions: Mapping[str, tuple[Event, ...]]
    lessons: Mapping[str, tuple[Event, ...]]
    altered: tuple[int, ...] = ()
    """The positions at which the log does not hold what was recorded, as far as the rows were looked at."""

    def every(self) -> Iterator[Event]:
        """Yield all of them."""
        streams = (*self.parties.values(), *self.actions.values(), *self.lessons.values())
        return chain(self.events, chain.from_iterable(streams))

    def ground(self, *, known_at: datetime | None = None, clock: Clock = "log", **_: Any) -> Ground:
        """Return the ground of a review of what was known of it then, whatever of that is shown."""
        return ground(known(self.every(), at=known_at, clock=clock).events)
