"""Which streams are finished: nothing was recorded about them for long, and nobody who goes on needs their bodies."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

import attrs

from respond.domain.moments import to_microseconds
from respond.domain.references import Reference
from respond.domain.streams import StreamId
from respond.engine.definitions import Workflows
from respond.store.codec import Codec
from respond.store.paging import pages
from respond.store.protocol import EventStore
from respond.store.records import Recorded
from respond.workflow.incident import INCIDENT_CATEGORY
from respond.workflow.incident.state import Incident
from respond.workflow.versions import Versions

TOGETHER = "together"
"""Held back because it belongs to an incident that is not finished: that one's timeline tells of both."""
UNREAD = "unread"
"""Held back because a projection or a publisher has not read it yet."""


@attrs.frozen(kw_only=True)
class Finished:
    """A stream whose bodies may leave."""

    stream: StreamId
    first: int
    """The position of its first event."""
    version: int
    size: int
    """The sum of its bodies, in bytes."""


@attrs.frozen(kw_only=True)
class Selection:
    """The streams that are finished, in the order of their first events."""

    finished: tuple[Finished, ...]
    held_back: Mapping[str, int]
    """How many others are finished too, by the reason why they stay."""
    unread_to: int
    """Up to which position whoever follows the log must read before all that stays unread may leave; 0 when all has."""


@attrs.define
class _Followed:
    """One stream, as far as it was read."""

    versions: Versions | None
    state: Any
    first: int
    key: str
    size: int = 0
    version: int = 0
    last: int = 0
    recorded_us: int = 0
    definition: Reference | None = None
    """The last that an event named: it says which states are final."""
    whole: bool = True
    """Whether every body is there and could be folded."""
    subjects: set[str] = attrs.field(factory=set)
    """The incidents that it belongs to, beside itself."""

    def is_finished(self, before_us: int | None) -> bool:
        return (
            self.whole
            and self.versions is not None
            and self.state.status in self.versions.under(self.definition).finals
            and (before_us is None or self.recorded_us < before_us)
        )


def finished_streams(
    store: EventStore,
    workflows: Workflows,
    codec: Codec,
    *,
    before: datetime | None,
    named: Collection[StreamId] = (),
    read_up_to: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Selection:
    """Read the log once and return the streams that are finished.

    A stream is, when it is in a final state and nothing was recorded of it since *before*; of *named* ones only those
    are looked at.  It is held back when it belongs to an incident that is not finished, and when its last event lies
    past *read_up_to*.
    """
    streams = _followed(store, workflows, codec, progress)
    before_us = None if before is None else to_microseconds(before)
    chosen = {
        stream: one for stream, one in streams.items() if (not named or stream in named) and one.is_finished(before_us)
    }
    unread: dict[StreamId, _Followed] = {}
    if read_up_to is not None:
        unread = {stream: one for stream, one in chosen.items() if one.last > read_up_to}
        chosen = {stream: one for stream, one in chosen.items() if stream not in unread}
    read = len(chosen)
    _keep_together(chosen, streams)
    finished = [
        Finished(stream=stream, first=one.first, version=one.version, size=one.size) for stream, one in chosen.items()
    ]
    held = {UNREAD: len(unread), TOGETHER: read - len(finished)}
    return Selection(
        finished=tuple(sorted(finished, key=lambda one: one.first)),
        held_back={reason: number for reason, number in held.items() if number},
        unread_to=max((one.last for one in unread.values()), default=0),
    )


def _followed(
    store: EventStore, workflows: Workflows, codec: Codec, progress: Callable[[int], None] | None
) -> dict[StreamId, _Followed]:
    streams: dict[StreamId, _Followed] = {}
    for page in pages(lambda after: store.read_all(after=after)):
        for row in page:
            stream = StreamId(row.stream, row.realm)  # type: ignore[arg-type]
            one = streams.get(stream)
            if one is None:
                versions = workflows.versions.get(stream.category)
                state = None if versions is None else versions.newest.initial
                one = streams[stream] = _Followed(versions, state, row.position, stream.key)
            _follow(one, row, codec)
        if progress is not None:
            progress(page[-1].position)
    return streams


def _follow(one: _Followed, row: Recorded, codec: Codec) -> None:
    one.last, one.recorded_us, one.version = row.position, row.recorded_us, row.version
    one.size += len(row.body or b"")
    if row.subject != one.key:
        one.subjects.add(row.subject)
    one.whole = one.whole and row.body is not None
    if one.versions is None or not one.whole:
        return
    try:
        event = codec.decode(row)
        one.state = one.versions.newest.evolve(one.state, event)
        one.definition = event.definition or one.definition
    except Exception:  # noqa: BLE001 - an evolve is a user's code: what cannot be folded is not known to be finished
        one.whole = False


def _keep_together(chosen: dict[StreamId, _Followed], streams: Mapping[StreamId, _Followed]) -> None:
    """Take out of *chosen* what belongs to an incident that stays, until nothing does."""
    while True:
        staying = [
            stream
            for stream, one in chosen.items()
            if any(_stays(incident, chosen, streams) for incident in _owners(stream, one))
        ]
        if not staying:
            return
        for stream in staying:
            del chosen[stream]


def _owners(stream: StreamId, one: _Followed) -> Iterable[StreamId]:
    """Return the incidents whose timelines tell of *stream* too."""
    keys = set(one.subjects)
    if isinstance(one.state, Incident) and one.state.merged_into is not None:
        keys.add(one.state.merged_into)
    return [StreamId.of(INCIDENT_CATEGORY, key, stream.realm) for key in keys]


def _stays(incident: StreamId, chosen: Mapping[StreamId, _Followed], streams: Mapping[StreamId, _Followed]) -> bool:
    """Return whether *incident* has bodies, and they stay."""
    one = streams.get(incident)
    return one is not None and one.size > 0 and incident not in chosen
