"""Erase what is recorded of an affected party: its bodies leave by the one door, and no file takes them."""

from __future__ import annotations

from respond.domain.streams import StreamId, indexed
from respond.engine.definitions import Workflows
from respond.errors import InvalidInput, NotFound
from respond.store.archive import ArchiveFile
from respond.store.codec import Codec
from respond.store.manifest import ERASED
from respond.store.sql.door import Door
from respond.store.sql.event_store import SqlEventStore
from respond.transfer.archive import readers_of
from respond.workflow.party import PARTY, PARTY_CATEGORY


def erase_party(store: SqlEventStore, key: str, *, reason: str) -> int:
    """Let the bodies of the party with this *key* go for good, and return how many went; none when they are gone.

    Rows and leaves stay, the manifest says why.  Raises `NotFound`, `InvalidInput` for a case that is not closed, that
    a projection or a publisher has not read, or of which a file holds bodies, `StoreReadOnly` for an account that does
    not own the tables, and `VersionConflict` when the party moved on meanwhile.
    """
    if not reason.strip():
        raise InvalidInput("must say why; write a reason", place="reason")
    indexed(reason, "reason")
    door = Door(store)
    door.check_owner()
    stream = StreamId.of(PARTY_CATEGORY, key)
    rows = store.read_stream(stream)
    if not rows:
        raise NotFound(f"there is no {PARTY_CATEGORY} {key!r}")
    gone = [found for row in rows if row.body is None and (found := store.archived(row.position)) is not None]
    if gone and all(one.erased for one in gone):
        return 0
    if gone:
        raise InvalidInput(f"is archived in {gone[0].file}; that file is its only place", place="key", value=key)
    status = PARTY.fold(Codec(Workflows().event_types).decode_all(rows)).status
    if status not in PARTY.finals:
        raise InvalidInput(f"is {status}; close the case first", place="key", value=key)
    behind = [one.name for one in readers_of(store) if one.position < rows[-1].position]
    if behind:
        raise InvalidInput(f"was not read yet by {', '.join(behind)}; let it read on", place="key", value=key)
    nowhere = ArchiveFile(name=ERASED, digest=bytes(32), size=0, events=len(rows))
    door.take_out([row.position for row in rows], nowhere, reason, versions={stream: rows[-1].version})
    return len(rows)
