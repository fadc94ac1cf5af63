"""Between records and typed events: which class a stored name stands for, and which upcasters lead there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import orjson

from respond.domain.events import Event, EventTypes, type_of
from respond.domain.payloads import reader, to_data
from respond.errors import EventErased, InvalidRecord, UnreadableEvent
from respond.store.archive_folder import ArchiveFolder
from respond.store.records import FORMAT_VERSION, Recorded, StoredBody, decoded, with_body

_Read = Callable[[Mapping[str, Any], type], Any]


class Codec:
    """Encodes payloads and decodes records of the event types it knows."""

    def __init__(self, event_types: EventTypes, archive: ArchiveFolder | None = None) -> None:
        """Take the bodies that left the log from *archive*."""
        self.event_types = event_types
        self._archive = archive
        self._current: dict[tuple[str, int], tuple[_Read, type]] = {
            (declared.name, declared.schema_version): (reader(declared.payload), declared.payload)
            for declared in event_types
        }

    def encode(self, payload: object) -> tuple[str, int, dict[str, Any]]:
        """Return the stored name, the schema version and the data of *payload*."""
        declared = type_of(type(payload))
        if declared.name not in self.event_types:
            raise InvalidRecord(f"{declared.name} belongs to no registered workflow", place="type")
        return declared.name, declared.schema_version, to_data(payload)

    def decode(self, record: Recorded | StoredBody) -> Event:
        """Return the typed event of *record*; raises `UnreadableEvent`."""
        try:
            body = orjson.loads(record.body)  # type: ignore[arg-type]
            read, kind = self._current[body["type"], body["schema_version"]]
            data = body["data"]
            if body["v"] == FORMAT_VERSION and type(data) is dict:
                return Event(record.position, record.recorded_us, body, read(data, kind))
        except Exception:  # noqa: BLE001, S110 - whatever it was, the careful way says it, or mends it
            pass
        return self._decode_with_care(record)

    def _decode_with_care(self, record: Recorded | StoredBody) -> Event:
        """Return the event of a record that is not in its current form, or say what is wrong with it."""
        if record.body is None and self._archive is not None:
            return self.decode(with_body(record, self._archive.body_of(record)))
        body = decoded(record)
        data = body.get("data")
        if type(data) is not dict:
            raise UnreadableEvent(f"position {record.position}: the data of {body.get('type')!r} is not a mapping")
        try:
            current = self._current.get((body["type"], body["schema_version"]))
            if current is None:
                payload = self._upcast(body)
            else:
                read, kind = current
                payload = read(data, kind)
        except UnreadableEvent as error:
            raise UnreadableEvent(f"position {record.position}: {error}") from error
        except Exception as error:
            raise UnreadableEvent(
                f"position {record.position}: the data of {body.get('type')!r} does not fit its class: {error!r}"
            ) from error
        return Event(record.position, record.recorded_us, body, payload)

    def decode_all(self, records: Iterable[Recorded | StoredBody]) -> Iterator[Event]:
        """Yield the typed events of *records*; what was erased is left out."""
        for record in records:
            try:
                event = self.decode(record)
            except EventErased:
                continue
            yield event

    def decode_stream(self, records: Sequence[Recorded | StoredBody]) -> tuple[Event, ...]:
        """Return the typed events of one stream, to go on from; raises `EventErased` when it was erased."""
        events = tuple(self.decode_all(records))
        if len(events) < len(records):
            raise EventErased(f"position {records[0].position}: the stream was erased, and does not go on")
        return events

    def _upcast(self, body: Mapping[str, Any]) -> Any:
        name, version, data = body["type"], body["schema_version"], body["data"]
        declared = self.event_types.get(name)
        if declared is None:
            raise UnreadableEvent(f"{name!r} is an event of no registered workflow; register the one it belongs to")
        if version > declared.schema_version:
            raise UnreadableEvent(
                f"{name} is stored in schema version {version}, this code knows up to {declared.schema_version}"
            )
        for step in range(version, declared.schema_version):
            data = self.event_types.upcasters[name, step](dict(data))
        read, kind = self._current[name, declared.schema_version]
        return read(data, kind)
