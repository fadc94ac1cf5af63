"""An archive: a file of bodies that left the log, each with its leaf.  Stored format: docs/reference/record-format."""

from __future__ import annotations

import gzip
import io
import os
import tempfile
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

import attrs
import orjson

from respond.errors import ArchiveUnreadable, InvalidInput, StoreUnavailable
from respond.store.records import BODY_MAX, Recorded, leaf_of

FORMAT = 1
"""The version of the format of archives."""
FILE_MAX = 256 * 1024 * 1024
"""The largest file that is read, in bytes."""
_LINE_MAX = 8 * BODY_MAX
"""The longest line: a body of nothing but characters that JSON writes as six, and its place."""


@attrs.frozen(kw_only=True)
class ArchiveFile:
    """A file of bodies, as it lies in its folder."""

    name: str
    digest: bytes
    """The SHA-256 of the file."""
    size: int
    """In bytes."""
    events: int


def write_archive(folder: Path, log: str, rows: Sequence[Recorded]) -> ArchiveFile:
    """Write the bodies of *rows* to a new file in *folder*, safe on the disk and read back when this returns.

    The name holds the digest, so that the same rows make the same file.  Raises `InvalidInput` when *folder* is none,
    and `StoreUnavailable` when it cannot be written.
    """
    if not folder.is_dir():
        raise InvalidInput("is not a folder; make it first", place=str(folder))
    raw = _content(log, rows)
    digest = sha256(raw).digest()
    name = f"archive-{rows[0].position:012}-{digest.hex()[:16]}.jsonl.gz"
    try:
        _write(folder, name, raw)
    except OSError as error:
        raise StoreUnavailable(f"{folder / name}: cannot be written: {error.strerror}; nothing was archived") from error
    found = read_archive(folder / name, log=log, digest=digest)
    if found != {row.position: row.body for row in rows}:
        raise ArchiveUnreadable(f"{folder / name}: does not hold what was written; nothing was archived")
    return ArchiveFile(name=name, digest=digest, size=len(raw), events=len(rows))


def read_archive(path: Path, *, log: str, digest: bytes) -> Mapping[int, bytes]:
    """Return the bodies in a file by their positions; raises `ArchiveUnreadable`.

    Nothing of the file is looked at before its digest is that of the manifest.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(FILE_MAX + 1)
    except OSError as error:
        raise ArchiveUnreadable(f"{path}: cannot be read: {error.strerror}; bring the file back") from error
    if len(raw) > FILE_MAX:
        raise ArchiveUnreadable(f"{path}: has more than {FILE_MAX} bytes")
    if sha256(raw).digest() != digest:
        raise ArchiveUnreadable(f"{path}: is not the file that the manifest names: its digest is another")
    try:
        return dict(_bodies(raw, log))
    except Exception as error:
        raise ArchiveUnreadable(f"{path}: is not an archive of this log: {error!r}") from error


def _content(log: str, rows: Sequence[Recorded]) -> bytes:
    """Return the file as bytes, the same for the same rows."""
    head = {"archive": FORMAT, "log": log, "events": len(rows)}
    lines = [orjson.dumps(head), *(orjson.dumps(_line(row)) for row in rows), b""]
    return gzip.compress(b"\n".join(lines), mtime=0)


def _line(row: Recorded) -> dict[str, Any]:
    place = {
        "position": row.position,
        "recorded_at": row.recorded_us,
        "tenant": row.tenant,
        "realm": row.realm,
        "stream": row.stream,
        "version": row.version,
        "id": row.id,
        "leaf": row.leaf.hex(),
    }
    body = row.body or b""
    try:
        return place | {"body": body.decode()}
    except UnicodeDecodeError:  # no canonical body, and yet its leaf fits
        return place | {"body_base64": b64encode(body).decode()}


def _write(folder: Path, name: str, raw: bytes) -> None:
    """Write the file under its name in one step, and to the disk with its folder."""
    handle, made = tempfile.mkstemp(dir=folder, prefix=".", suffix=".partial")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(raw)
            _settle(file)
        Path(made).chmod(0o400)  # what is archived is never written again
        Path(made).replace(folder / name)
    except BaseException:
        with suppress(OSError):
            Path(made).unlink()
        raise
    listing = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(listing)
    finally:
        os.close(listing)


def _settle(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _bodies(raw: bytes, log: str) -> Iterator[tuple[int, bytes]]:
    """Yield position and body of each line; raises whatever does not fit."""
    with gzip.GzipFile(fileobj=io.BytesIO(raw)) as lines:
        head = orjson.loads(lines.readline(_LINE_MAX))
        if (head["archive"], head["log"]) != (FORMAT, log):
            raise ValueError(f"it is of format {head['archive']!r} and of log {head['log']!r}")
        for _ in range(head["events"]):
            line = orjson.loads(lines.readline(_LINE_MAX))
            body = line["body"].encode() if "body" in line else b64decode(line["body_base64"], validate=True)
            if leaf_of(body, line["recorded_at"], line["position"]).hex() != line["leaf"]:
                raise ValueError(f"the leaf of position {line['position']} does not fit")
            yield line["position"], body
        if lines.read(1):
            raise ValueError("there is more behind its last event")
