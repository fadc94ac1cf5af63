"""Whatever a released version stored can be read for ever, and says what it always said."""

from __future__ import annotations

import json
from collections.abc import Iterable

import attrs
import pytest

from golden_corpus import GOLDEN, LOG, TYPES, bodies, events, files, index, missing, pinned, unset_fields
from respond.domain.canonical import canonical
from respond.domain.events import EventTypes, event_type
from respond.domain.references import Reference
from respond.engine.definitions import SHIPPED
from respond.errors import UnreadableEvent
from respond.workflow.warning import WARNING

PAYLOADS = [declared.payload for declared in TYPES]


def stored() -> set[tuple[str, int]]:
    """Return the types and versions that the golden files hold."""
    return {(event.type, event.schema_version) for path in files() for event in events(path)}


@event_type(schema_version=2)
@attrs.frozen(kw_only=True)
class IncidentForgotten:
    """An event of which no golden file was made."""

    why: str


def test_every_version_of_every_event_is_there():
    """Each registered type, at each version that was ever stored, stands in a golden file."""
    assert missing(TYPES, stored()) == set()


def test_a_version_without_a_golden_file_is_found():
    """The control: a new type, and a new version of a known one, are both missed."""
    upcasters = {("IncidentForgotten", 1): lambda data: data}
    planted = EventTypes([*PAYLOADS, IncidentForgotten], {**TYPES.upcasters, **upcasters})
    assert missing(planted, stored()) == {("IncidentForgotten", 1), ("IncidentForgotten", 2)}
    assert missing(TYPES, stored() - {("IncidentAssessed", 1)}) == {("IncidentAssessed", 1)}


def test_every_field_is_there():
    """Each field of each class was stored once at least: one that is renamed is then missed."""
    assert unset_fields(TYPES, (event for path in files() for event in events(path))) == set()


def test_a_field_that_is_never_set_is_found():
    """The control: without one file some fields are missed."""
    some = (event for path in files() if "v1" in path.name for event in events(path))
    assert "IncidentAbsorbed.worst_level" in unset_fields(TYPES, some)


@pytest.mark.parametrize("path", files(), ids=lambda path: path.name)
def test_what_was_pinned_is_what_is_read(path):
    """No byte of a golden file changes, and no event says anything else in today's words than when it was pinned.

    When this fails, the code that reads old events changed its mind: mend that.  A new file is pinned by
    `python tests/golden_corpus.py`.
    """
    assert pinned(path) == index()[path.name]


def renamed(shipped: Iterable[Reference], named: Iterable[Reference]) -> set[str]:
    """Return the definitions that are *named* with a digest other than that of the shipped one of this version."""
    digests = {str(one): one.digest for one in shipped}
    return {str(one) for one in named if digests.get(str(one), one.digest) != one.digest}


def test_a_definition_that_was_stored_stays_as_it_was():
    """What the golden files name is what ships under that name and version, or is no longer the current version.

    When this fails, a workflow of the library was changed: raise its version.  An aggregate that names the old content
    could not be worked any more.
    """
    named = [event.definition for path in files() for event in events(path) if event.definition]
    assert len(set(named)) > len(SHIPPED)
    assert renamed([one.reference for one in SHIPPED], named) == set()


def test_a_definition_that_changed_under_its_version_is_found():
    """The control: another digest under a version that ships is named, and under a raised version it is not."""
    warning = WARNING.reference
    assert renamed([attrs.evolve(warning, digest="0" * 64)], [warning]) == {"warning@1"}
    assert renamed([attrs.evolve(warning, version="2", digest="0" * 64)], [warning]) == set()


def test_no_file_is_gone():
    """What was pinned is there."""
    assert {path.name for path in files()} == set(index())


def test_another_reading_is_noticed(monkeypatch):
    """The control: an upcaster that loses something changes what is pinned, and so does one byte."""
    path = GOLDEN / "incident-v1.jsonl"
    types = EventTypes(PAYLOADS, {**TYPES.upcasters, ("IncidentAssessed", 1): forgetful})
    told = [event.data for event in events(path, types)]
    assert told != [event.data for event in events(path)]
    monkeypatch.setattr("golden_corpus.events", lambda path: events(path, types))
    assert pinned(path) != index()[path.name]


def forgetful(data):
    """Forget what was found."""
    return {name: value for name, value in data.items() if name not in {"note", "customers"}}


@pytest.mark.parametrize("path", files(), ids=lambda path: path.name)
def test_bodies_are_canonical(path):
    """Each body is byte for byte what the record format asks for, so that any store can take it."""
    for body in bodies(path):
        decoded = json.loads(body)
        assert canonical(decoded) == body
        assert (decoded["v"], decoded["log"]) == (1, LOG)


def test_the_golden_archive_is_read():
    """An archive of format 1 is read for ever: it holds the bodies of the file that it was made of."""
    assert bodies(GOLDEN / "archive-1.jsonl.gz") == bodies(GOLDEN / "incident-v2-merged.jsonl")


def test_a_type_that_was_dropped_is_noticed():
    """The control: without a class for a stored type the corpus cannot be read."""
    gone = EventTypes([one for one in PAYLOADS if one.__name__ != "StepRecorded"], TYPES.upcasters)
    with pytest.raises(UnreadableEvent, match="StepRecorded"):
        list(events(GOLDEN / "incident-v2-merged.jsonl", gone))
