"""Where aggregates stand, folded from the last snapshot on; from the first event when there is none that fits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import orjson

from respond.domain.canonical import digest
from respond.domain.payloads import from_data, to_data
from respond.domain.streams import StreamId
from respond.engine.state_schema import state_schema
from respond.errors import StoreError, StoreReadOnly
from respond.store.codec import Codec
from respond.store.protocol import EventStore
from respond.store.records import Recorded
from respond.store.snapshot import Snapshot, Snapshots
from respond.workflow.workflow import Workflow


@attrs.frozen
class Stands:
    """Where an aggregate stands, and the position of its last event."""

    value: Any
    position: int


@attrs.frozen
class _Key:
    """What a snapshot must be of to be taken."""

    definition: str
    state_schema: str | None


class SnapshotReader:
    """Reads states by way of *snapshots*, and adds to these as it goes.

    It is a cache and nothing more: whatever is wrong with a snapshot, or with keeping one, is no error.
    """

    def __init__(self, store: EventStore, codec: Codec, snapshots: Snapshots) -> None:
        self._store = store
        self._codec = codec
        self._snapshots = snapshots
        self._keys: dict[str, _Key] = {}
        self._may_keep = True

    def state_of(self, workflow: Workflow, stream: StreamId) -> Stands | None:
        """Return where the aggregate stands; None when it has no events."""
        key = self._key(workflow)
        known = self._known(stream) if key.state_schema is not None else None
        if known is not None and (known.definition, known.state_schema) == (key.definition, key.state_schema):
            stands = self._from(known, workflow, stream, key)
            if stands is not None:
                return stands
        rows = self._store.read_stream(stream)
        return self._folded(workflow, stream, rows, None, key) if rows else None

    def _from(self, known: Snapshot, workflow: Workflow, stream: StreamId, key: _Key) -> Stands | None:
        """Return where the aggregate stands, from the *known* snapshot on; None when that does not fit the log."""
        try:
            rows = self._store.read_stream(stream, after=known.version - 1)
            if not rows or rows[0].position != known.position:
                return None
            value = _unpacked(known.state, rows[0].leaf, type(workflow.initial))
            return self._folded(workflow, stream, rows[1:], Stands(value, known.position), key)
        except Exception:  # noqa: BLE001 - whatever was wrong with it, the whole fold says what is wrong with the log
            return None

    def _folded(
        self, workflow: Workflow, stream: StreamId, rows: Sequence[Recorded], start: Stands | None, key: _Key
    ) -> Stands:
        """Fold *rows* on *start*, and keep a snapshot when they were many."""
        value = workflow.fold(self._codec.decode_all(rows), None if start is None else start.value)
        if not rows:
            return Stands(value, 0 if start is None else start.position)
        if len(rows) >= self._snapshots.every:
            self._keep(value, type(workflow.initial), stream, rows[-1], key)
        return Stands(value, rows[-1].position)

    def _keep(self, value: Any, kind: type, stream: StreamId, last: Recorded, key: _Key) -> None:
        packed = _packed(value, kind, last.leaf) if self._may_keep and key.state_schema is not None else None
        if packed is None:
            return
        snapshot = Snapshot(
            version=last.version,
            position=last.position,
            definition=key.definition,
            state_schema=str(key.state_schema),
            state=packed,
        )
        try:
            self._snapshots.keep(stream, snapshot)
        except StoreReadOnly:
            self._may_keep = False  # an account that may only read: asking again and again helps nobody
        except Exception:  # noqa: BLE001 - the state was folded, and that is what was asked for
            return

    def _known(self, stream: StreamId) -> Snapshot | None:
        try:
            return self._snapshots.load([stream]).get(stream)
        except StoreError:
            return None

    def _key(self, workflow: Workflow) -> _Key:
        key = self._keys.get(workflow.category)
        if key is None:
            key = self._keys[workflow.category] = _Key(workflow.reference.digest, state_schema(workflow))
        return key


def _packed(value: Any, kind: type, leaf: bytes) -> bytes | None:
    """Return a state as bytes, with the *leaf* of the last event in it and a digest over all.

    None for a state that is no data, or would be another one when it is read again.
    """
    try:
        data = {"leaf": leaf.hex(), "state": to_data(value)}
        packed = orjson.dumps({"digest": digest(data), **data})  # canonical JSON would sort measures and the like
        same = _unpacked(packed, leaf, kind) == value
    except Exception:  # noqa: BLE001 - a state of the user's own may be anything
        return None
    return packed if same else None


def _unpacked(raw: bytes, leaf: bytes, kind: type) -> Any:
    """Return the state in *raw*; raises when it was altered, or folded to another event than that of *leaf*."""
    data = orjson.loads(raw)
    said = data.pop("digest")
    if said != digest(data) or data["leaf"] != leaf.hex():
        raise ValueError("the snapshot does not fit")
    return from_data(kind, data["state"])
