"""Snapshots: folded states that were kept to save reading.  A cache: one that does not fit is as good as none."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol, runtime_checkable

import attrs

from respond.domain.streams import StreamId


@attrs.frozen(kw_only=True)
class Snapshot:
    """The state of one stream after some of its events."""

    version: int
    """How many events were folded."""
    position: int
    """The position of the last of them."""
    definition: str
    """The digest of the workflow that folded them."""
    state_schema: str
    """The digest of what the state is made of, and of the code that makes it."""
    state: bytes
    """The state, in a form that whoever keeps it knows."""


class Snapshots(Protocol):
    """Where the snapshots of one tenant are kept, one for each stream."""

    every: int
    """After how many further events another one is worth its while."""

    def load(self, streams: Collection[StreamId]) -> Mapping[StreamId, Snapshot]:
        """Return the snapshots of those of *streams* that have one; raises `StoreUnavailable`."""
        ...

    def keep(self, stream: StreamId, snapshot: Snapshot) -> None:
        """Keep *snapshot* unless there is a later one of the same kind; raises `StoreUnavailable`."""
        ...


@runtime_checkable
class Snapshotting(Protocol):
    """A store that may keep snapshots."""

    @property
    def snapshots(self) -> Snapshots | None: ...


def snapshots_of(store: object) -> Snapshots | None:
    """Return where *store* keeps snapshots; None when it keeps none."""
    return store.snapshots if isinstance(store, Snapshotting) else None


class MemorySnapshots:
    """Snapshots that are gone with the process."""

    def __init__(self, every: int) -> None:
        self.every = every
        self._kept: dict[StreamId, Snapshot] = {}

    def load(self, streams: Collection[StreamId]) -> Mapping[StreamId, Snapshot]:
        """Return the snapshots of those of *streams* that have one."""
        return {stream: self._kept[stream] for stream in streams if stream in self._kept}

    def keep(self, stream: StreamId, snapshot: Snapshot) -> None:
        """Keep *snapshot* unless there is a later one of the same kind."""
        known = self._kept.get(stream)
        if known is None or is_better(snapshot, known):
            self._kept[stream] = snapshot


def is_better(snapshot: Snapshot, known: Snapshot) -> bool:
    """Return whether *snapshot* is worth more than the *known* one: later, or of another kind."""
    kinds = [(one.definition, one.state_schema) for one in (snapshot, known)]
    return kinds[0] != kinds[1] or snapshot.version > known.version
