"""The golden corpus: bodies as every version stored them, and what today's code makes of each, pinned.

`python tests/golden_corpus.py` pins the files of `tests/golden` that the index does not know yet, and changes no other.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import attrs

from respond.domain.canonical import digest
from respond.domain.events import Event, EventTypes
from respond.domain.payloads import to_data
from respond.engine.definitions import Workflows
from respond.store.archive import read_archive
from respond.store.codec import Codec
from respond.store.records import StoredBody, leaf_of

GOLDEN = Path(__file__).parent / "golden"
INDEX = GOLDEN / "index.json"
LOG = "golden"
TYPES = Workflows().event_types
"""The event types of every workflow that comes with respond."""


def bodies(path: Path) -> list[bytes]:
    """Return the bodies in a golden file."""
    if path.suffix == ".gz":
        return list(read_archive(path, log=LOG, digest=sha256(path.read_bytes()).digest()).values())
    return path.read_bytes().splitlines()


def events(path: Path, event_types: EventTypes = TYPES) -> Iterator[Event]:
    """Yield the events of a golden file as today's code reads them."""
    codec = Codec(event_types)
    for position, body in enumerate(bodies(path), 1):
        yield codec.decode(StoredBody(position, 0, body, leaf_of(body, 0, position)))


def pinned(path: Path) -> dict[str, Any]:
    """Return what is pinned of a file: its bytes, and for each event what it says in today's words."""
    told = [
        f"{event.type} {event.schema_version} {digest([type(event.data).__name__, to_data(event.data)])}"
        for event in events(path)
    ]
    return {"sha256": sha256(path.read_bytes()).hexdigest(), "events": told}


def files() -> list[Path]:
    """Return the golden files of bodies, in the order of their names."""
    return sorted([*GOLDEN.glob("*.jsonl"), *GOLDEN.glob("*.jsonl.gz")])


def index() -> dict[str, Any]:
    """Return what was pinned."""
    return dict(json.loads(INDEX.read_text()))


def missing(event_types: EventTypes, stored: Iterable[tuple[str, int]]) -> set[tuple[str, int]]:
    """Return the types and versions that are registered, and that no golden file holds."""
    registered = {
        (declared.name, version) for declared in event_types for version in range(1, declared.schema_version + 1)
    }
    return registered - set(stored)


def unset_fields(event_types: EventTypes, found: Iterable[Event]) -> set[str]:
    """Return the fields of registered classes that no golden event of the current version sets."""
    unset = {(declared.payload, field.name) for declared in event_types for field in attrs.fields(declared.payload)}
    for event in found:
        declared = event_types.get(event.type)
        if declared is not None and event.schema_version == declared.schema_version:
            unset -= {(declared.payload, name) for name in said_in(event)}
    return {f"{payload.__name__}.{name}" for payload, name in unset}


def said_in(event: Event) -> list[str]:
    """Return the names of the fields that the stored data of *event* sets."""
    names = [field.name for field in attrs.fields(type(event.data))]
    return [name for name in names if name.rstrip("_") in event.body["data"]]


def main() -> int:
    """Pin what is new."""
    known = index() if INDEX.exists() else {}
    new = {path.name: pinned(path) for path in files() if path.name not in known}
    INDEX.write_text(json.dumps({**known, **new}, indent=1, sort_keys=True) + "\n")
    print(f"pinned {', '.join(sorted(new)) or 'nothing'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
