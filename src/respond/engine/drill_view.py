"""The view of a log that one drill has: it can append and read nothing but streams of that drill."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from types import TracebackType
from typing import Any, Self, cast

import attrs

from respond.domain.streams import Realm, StreamId
from respond.errors import InvalidInput
from respond.store.paging import pages
from respond.store.protocol import PAGE, EventStore
from respond.store.records import Appended, Head, Recorded, StoredBody, Write, stored_body
from respond.workflow.drill import DRILL_CATEGORY

KEY_MAX = 100
"""The longest key of a drill, in characters: it stands in the names of all its streams."""


class DrillView:
    """An event store in which the streams of a drill go by the names that they would have in reality.

    `incident-7` is the stream `incident-spring/7` of the realm of drills, where `spring` is the key of the drill.  No
    name leads to a stream of another drill, and none to reality.  By type it is no `EventStore`, as its tenant cannot
    be set: an engine, which would show a drill as reality, takes none.  `as_store` is for the drill itself.
    """

    def __init__(self, inner: EventStore, drill: str) -> None:
        if not drill or "/" in drill or len(drill) > KEY_MAX:
            text = f"is not the key of a drill; write 1 to {KEY_MAX} characters without a slash"
            raise InvalidInput(text, place="drill", value=drill)
        self._inner = inner
        self._drill = drill
        self.log = inner.log

    @property
    def tenant(self) -> str:
        """Whose log it is."""
        return self._inner.tenant

    def as_store(self) -> EventStore:
        """Return itself to what a drill is made of."""
        return cast("EventStore", self)

    def append(self, *writes: Write, require: Mapping[StreamId, int] | None = None) -> Appended:
        """Append all *writes* to streams of the drill; see `EventStore.append`."""
        inside = [self._written(write) for write in writes]
        required = {self._inside(stream): version for stream, version in (require or {}).items()}
        appended = self._inner.append(*inside, require=required or None)
        versions = {write.stream: appended.versions[self._inside(write.stream)] for write in writes}
        return attrs.evolve(appended, versions=versions)

    def read_stream(self, stream: StreamId, *, after: int = 0, limit: int | None = None) -> Sequence[Recorded]:
        """Return the events of *stream* past version *after*, oldest first."""
        return [self._seen(row) for row in self._inner.read_stream(self._inside(stream), after=after, limit=limit)]

    def read_streams(
        self, streams: Collection[StreamId], *, after: Mapping[StreamId, int] | None = None
    ) -> Mapping[StreamId, Sequence[StoredBody]]:
        """Return the events of many streams at once, past the versions in *after*; see `EventStore.read_streams`."""
        inside = {self._inside(stream): stream for stream in streams}
        past = {self._inside(stream): version for stream, version in (after or {}).items()}
        found = self._inner.read_streams(tuple(inside), after=past)
        return {inside[stream]: rows for stream, rows in found.items()}

    def read_subject(
        self, subject: str, *, realm: Realm = "real", after: int = 0, limit: int | None = None
    ) -> Sequence[Recorded]:
        """Return the events about *subject* in the drill, past position *after*, in log order."""
        if realm != "real":
            return []
        rows = self._inner.read_subject(subject, realm="drill", after=after)
        return [self._seen(row) for row in rows if self._owns(row)][:limit]

    def read_all(self, *, after: int = 0, limit: int = PAGE, realm: Realm | None = None) -> Sequence[Recorded]:
        """Return up to *limit* events of the drill past position *after*, in log order."""
        if realm == "drill":
            return []
        found: list[Recorded] = []
        while len(found) < limit and (page := self._inner.read_all(after=after, limit=PAGE, realm="drill")):
            found += [self._seen(row) for row in page if self._owns(row)]
            after = page[-1].position
        return found[:limit]

    def read_bodies(self, *, after: int = 0, limit: int = PAGE, realm: Realm | None = None) -> Sequence[StoredBody]:
        """Return what `read_all` does, without the columns that repeat the body."""
        return [stored_body(row) for row in self.read_all(after=after, limit=limit, realm=realm)]

    def versions(self, streams: Iterable[StreamId]) -> Mapping[StreamId, int]:
        """Return the version of each of *streams*; 0 for one that has no events."""
        inside = {self._inside(stream): stream for stream in streams}
        return {inside[stream]: version for stream, version in self._inner.versions(tuple(inside)).items()}

    def known(self, ids: Iterable[str]) -> Mapping[str, Recorded]:
        """Return those of *ids* that the drill recorded, with their records."""
        return {one: self._seen(row) for one, row in self._inner.known(ids).items() if self._owns(row)}

    @contextmanager
    def exclusively(self, streams: Collection[StreamId]) -> Iterator[EventStore]:
        """Lend a view that keeps out all others who ask the same for one of *streams*; see `EventStore.exclusively`."""
        with self._inner.exclusively([self._inside(stream) for stream in streams]) as store:
            yield DrillView(store, self._drill).as_store()

    def head(self) -> Head:
        """Return the end of the log, of which the drill is a part."""
        return self._inner.head()

    def new_lock(self) -> AbstractContextManager[Any]:
        """Return a lock that its holder may keep while it asks this store."""
        return self._inner.new_lock()

    def close(self) -> None:
        """Leave the log open: it is another's."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _inside(self, stream: StreamId) -> StreamId:
        """Return where *stream* lies in the log."""
        key = self._drill if stream.category == DRILL_CATEGORY else f"{self._drill}/{stream.key}"
        return StreamId.of(stream.category, key, "drill")

    def _written(self, write: Write) -> Write:
        """Return *write* as it goes into the log: what is about its own stream keeps the name that it has here."""
        key = write.stream.key
        events = [event if event.subject else attrs.evolve(event, subject=key) for event in write.events]
        return Write(self._inside(write.stream), events, write.expected)

    def _seen(self, row: Recorded) -> Recorded:
        """Return *row* under the name that its stream has here."""
        category, _, key = row.stream.partition("-")
        return row._replace(realm="real", stream=f"{category}-{key.removeprefix(f'{self._drill}/')}")

    def _owns(self, row: Recorded) -> bool:
        """Return whether *row* is one of this drill's."""
        category, _, key = row.stream.partition("-")
        owned = key == self._drill if category == DRILL_CATEGORY else key.startswith(f"{self._drill}/")
        return row.realm == "drill" and owned


def drills_in(store: EventStore) -> Iterator[str]:
    """Yield the keys of the drills in *store*, in the order in which they were planned."""
    for page in pages(lambda after: store.read_all(after=after, realm="drill")):
        for row in page:
            category, _, key = row.stream.partition("-")
            if category == DRILL_CATEGORY and row.version == 1:
                yield key
