"""A recorded log as a test reads it: a file of bodies, an archive, a database, or a store that is open."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from respond.domain.moments import Moment, to_microseconds
from respond.engine.clock import system_clock
from respond.errors import InvalidInput
from respond.store.paging import pages
from respond.store.protocol import LogReader
from respond.store.records import StoredBody, stored_body

Source = str | Path | LogReader
"""The path of a file, the URL of a database, or a store."""
_GZIP = b"\x1f\x8b"
_LEAF = b""


def bodies_in(source: Source) -> Iterator[StoredBody]:
    """Yield the bodies in *source* in the order of the log.

    A file holds a body a line (docs/reference/record-format), or is an archive, gzipped or not.  A line that is a bare
    body tells no position and no time of recording: its place in the file stands for the one, the time at which it
    happened for the other.  Raises `InvalidInput` for a file that is neither, `WrongDatabase`, `StoreUnavailable`.
    """
    if isinstance(source, Path) or (isinstance(source, str) and "://" not in source):
        yield from _in_file(Path(source))
    elif isinstance(source, str):
        from respond.store.sql import SqlEventStore  # noqa: PLC0415 - a file needs no database library

        with SqlEventStore.open(source, clock=system_clock, create=False, durability="ignore") as store:
            yield from _in_store(store)
    else:
        yield from _in_store(source)


def _in_store(store: LogReader) -> Iterator[StoredBody]:
    for page in pages(lambda after: store.read_log(after=after)):
        yield from map(stored_body, page)


def _in_file(path: Path) -> Iterator[StoredBody]:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InvalidInput(f"cannot be read: {error.strerror}", place=str(path)) from error
    latest = 0
    lines = (gzip.decompress(raw) if raw.startswith(_GZIP) else raw).splitlines()
    for number, line in enumerate(filter(bytes.strip, lines), start=1):
        read = _read(path, number, line)
        if "body" in read:
            yield StoredBody(read["position"], read["recorded_at"], read["body"].encode(), bytes.fromhex(read["leaf"]))
        elif "v" in read:
            latest = max(latest, _happened_us(read))
            yield StoredBody(number, latest, line, _LEAF)
        elif "archive" not in read:
            raise InvalidInput("is neither a body nor a line of an archive", place=f"{path}:{number}")


def _read(path: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        read = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise InvalidInput(f"is not JSON: {error}", place=f"{path}:{number}") from error
    return read if isinstance(read, dict) else {}


def _happened_us(body: dict[str, Any]) -> int:
    told = body.get("occurred_at")
    return 0 if told is None else to_microseconds(Moment.from_json(told).at)
