"""The archive bundle (档案) of one incident: all that is known of it, with the events that it rests on, to be verified.

A bundle is three files: `bundle.json`, `bundle.md` for people, and `manifest.json` with the digests of both.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from respond.domain.canonical import canonical, plain
from respond.domain.events import Event
from respond.domain.streams import StreamId
from respond.engine.definitions import Workflows
from respond.engine.engine import Engine
from respond.errors import InvalidInput, RespondError
from respond.plan.owed import verdict
from respond.projections.document import document
from respond.projections.timeline import timeline
from respond.store.codec import Codec
from respond.store.records import Recorded, StoredBody, leaf_of
from respond.transfer.bundle_page import page
from respond.workflow.incident import INCIDENT_CATEGORY
from respond.workflow.party import PARTY_CATEGORY

FORMAT = "respond-bundle"
VERSION = 1
JSON_FILE, PAGE_FILE, MANIFEST_FILE = "bundle.json", "bundle.md", "manifest.json"


@attrs.frozen
class Flaw:
    """Something that is wrong with a bundle."""

    code: str
    place: str
    text: str


@attrs.frozen(kw_only=True)
class BundleReport:
    """What the verification of a bundle found."""

    number: str
    events: int
    leaves: str
    """The digest of all leaves: compare it with what was told when the bundle was made."""
    flaws: tuple[Flaw, ...]


def bundle(engine: Engine, name: str) -> dict[str, Any]:
    """Return the bundle of the incident *name* as JSON values; raises `IncidentNotFound`, `EventArchived`.

    It holds the incidents that were merged into it, its affected parties and its action items; nothing of
    accountability.  Parties stand in it by their keys.
    """
    incident = engine.incident(name)
    story = engine.reader.story(incident.id)
    rows = _rows(engine, story)
    head = engine.store.head()
    now = engine.clock()
    state = incident.state()
    return {
        "format": FORMAT,
        "v": VERSION,
        "log": engine.store.log,
        "tenant": engine.store.tenant,
        "incident": incident.id,
        "number": incident.number,
        "made_at": document(now),
        "head": {"position": head.position, "recorded_us": head.recorded_us},
        "plan": document(engine.plans.in_force(incident.events()).reference),
        "state": document(state),
        "timeline": incident.timeline().to_json(),
        "review": incident.review(now=now).to_json(),
        "obligations": [{**document(one), "verdict": verdict(one, now)} for one in incident.obligations()],
        "parties": {key: document(one) for key, one in engine.states(PARTY_CATEGORY, state.cases).items()},
        "actions": {key: document(one) for key, one in incident.actions().items()},
        "resources": document(state.resources),
        "events": [_told(row) for row in rows],
        "leaves": _digest_of(row.leaf for row in rows),
    }


def write_bundle(engine: Engine, name: str, folder: Path) -> dict[str, Any]:
    """Write the bundle of the incident *name* into *folder*, which must be empty or missing, and return it.

    Raises what `bundle` raises, and `InvalidInput`.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InvalidInput("is not an empty folder; name one that is, or is not there", place="out", value=str(folder))
    made = bundle(engine, name)
    files = {JSON_FILE: canonical(made), PAGE_FILE: page(made).encode("utf-8", "backslashreplace")}
    manifest = {"format": FORMAT, "v": VERSION, "files": {one: _sha256(raw) for one, raw in files.items()}}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for one, raw in {**files, MANIFEST_FILE: canonical({**manifest, "leaves": made["leaves"]})}.items():
            (folder / one).write_bytes(raw)
    except OSError as error:
        raise InvalidInput(f"cannot be written: {error.strerror}", place="out", value=str(folder)) from error
    return made


def verify_bundle(folder: Path) -> BundleReport:
    """Return what is wrong with the bundle in *folder*, without any database; raises `InvalidInput` for what is none.

    Each file has its digest, each event its leaf; versions are contiguous; what was folded is folded again.  That
    shows that nobody changed the bundle alone.  Who made all of it anew is found by comparing `leaves` with what was
    told when it was made, or with the log.
    """
    manifest, told = _read(folder, MANIFEST_FILE), _read(folder, JSON_FILE)
    flaws: list[Flaw] = []
    try:
        for found in (_files(folder, manifest), _leaves(manifest, told), _events(told), _answers(told)):
            flaws += found
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        flaws.append(Flaw("malformed", JSON_FILE, f"something is missing, or of another kind: {error!r}"))
    events = told.get("events")
    return BundleReport(
        number=str(told.get("number")),
        events=len(events) if isinstance(events, list) else 0,
        leaves=str(told.get("leaves")),
        flaws=tuple(flaws),
    )


def _rows(engine: Engine, story: Iterable[Event]) -> list[Recorded]:
    """Return the rows of *story*, in log order."""
    wanted = {event.position for event in story}
    subjects = dict.fromkeys(event.subject for event in story)
    found = {row.position: row for subject in subjects for row in engine.store.read_subject(subject)}
    return [found[position] for position in sorted(wanted)]


def _told(row: Recorded) -> dict[str, Any]:
    return {
        "position": row.position,
        "recorded_us": row.recorded_us,
        "leaf": row.leaf.hex(),
        "body": (row.body or b"").decode(),
    }


def _digest_of(leaves: Iterable[bytes]) -> str:
    return hashlib.sha256(b"".join(leaves)).hexdigest()


def _sha256(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def _read(folder: Path, name: str) -> dict[str, Any]:
    """Return the JSON object in a file of the bundle; raises `InvalidInput` when it is none."""
    try:
        told = json.loads((folder / name).read_bytes())
    except (OSError, ValueError) as error:
        raise InvalidInput("is no bundle: it cannot be read", place=name, value=str(folder)) from error
    if not isinstance(told, Mapping) or (told.get("format"), told.get("v")) != (FORMAT, VERSION):
        raise InvalidInput(f"is no bundle of version {VERSION}", place=name, value=str(folder))
    return dict(told)


def _files(folder: Path, manifest: Mapping[str, Any]) -> Iterator[Flaw]:
    for name in (JSON_FILE, PAGE_FILE):
        path = folder / name
        if not path.is_file() or _sha256(path.read_bytes()) != manifest["files"].get(name):
            yield Flaw("file-differs", name, "it is missing, or is not the one that the manifest tells of")


def _leaves(manifest: Mapping[str, Any], told: Mapping[str, Any]) -> Iterator[Flaw]:
    if manifest["leaves"] != told["leaves"]:
        yield Flaw("leaves-differ", MANIFEST_FILE, "the manifest tells another digest of all leaves")


def _events(told: Mapping[str, Any]) -> Iterator[Flaw]:
    versions: dict[str, int] = {}
    last = 0
    leaves = []
    for one in told["events"]:
        place = f"#{one['position']}"
        raw = one["body"].encode()
        leaf = leaf_of(raw, one["recorded_us"], one["position"])
        leaves.append(leaf)
        if leaf.hex() != one["leaf"]:
            yield Flaw("leaf-differs", place, "the event is not the one that its leaf stands for")
        if one["position"] <= last:
            yield Flaw("order-differs", place, "the events are not in the order of the log")
        last = one["position"]
        body = json.loads(raw)
        stream = body["stream"]
        versions[stream] = versions.get(stream, 0) + 1
        if body["version"] != versions[stream]:
            yield Flaw("version-missing", place, f"version {versions[stream]} of {stream} is not here")
    if last > told["head"]["position"]:
        yield Flaw("head-passed", JSON_FILE, "an event stands behind the head of the log at which the bundle was made")
    if _digest_of(leaves) != told["leaves"]:
        yield Flaw("leaves-differ", JSON_FILE, "the digest of all leaves is another")


def _answers(told: Mapping[str, Any]) -> Iterator[Flaw]:
    """Yield what the events tell otherwise than the bundle."""
    workflows = Workflows()
    rows = [
        StoredBody(one["position"], one["recorded_us"], one["body"].encode(), bytes.fromhex(one["leaf"]))
        for one in told["events"]
    ]
    try:
        events = tuple(Codec(workflows.event_types).decode_all(rows))
    except RespondError as error:
        yield Flaw("event-unreadable", JSON_FILE, str(error))
        return
    name = StreamId.of(INCIDENT_CATEGORY, told["incident"]).name
    own = [event for event in events if event.body["stream"] == name]
    if _written(document(workflows[INCIDENT_CATEGORY].fold(own))) != _written(told["state"]):
        yield Flaw("state-differs", "state", "the events fold to another state")
    if _written(timeline(events).to_json()) != _written(told["timeline"]):
        yield Flaw("timeline-differs", "timeline", "the events tell another timeline")


def _written(value: Any) -> bytes:
    return canonical(plain(value))
