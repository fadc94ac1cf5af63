from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamp import Dropped
from payload_strategies import payloads
from play import Play, recorded
from respond.domain.canonical import canonical
from respond.domain.events import EventTypes, event_type
from respond.domain.money import Money
from respond.errors import InvalidRecord, InvalidWorkflow, UnreadableEvent
from respond.store.codec import Codec
from respond.store.records import Recorded
from respond.workflow.incident import INCIDENT
from respond.workflow.incident import events as e

CODEC = Codec(INCIDENT.event_types)
PAYLOADS = [declared.payload for declared in INCIDENT.event_types]
GOLDEN = Path(__file__).parent.parent / "golden" / "incident-v1.jsonl"


def row(position: int = 1, **changes: Any) -> Recorded:
    """Return a stored row of a note, with *changes* to its body."""
    body = {
        "v": 1,
        "log": "test",
        "tenant": "default",
        "realm": "real",
        "stream": "incident-i-1",
        "version": position,
        "id": "00000000-0000-8000-8000-000000000001",
        "type": "ProgressNoted",
        "schema_version": 1,
        "subject": "i-1",
        "data": {"text": "Called"},
    }
    return recorded(canonical({**body, **changes}), position)


@given(st.one_of([payloads(kind) for kind in PAYLOADS]))
def test_what_is_encoded_decodes_to_the_same(payload):
    """Every event class survives storage, whatever its fields hold."""
    name, schema_version, data = CODEC.encode(payload)
    assert (name, schema_version) == (
        type(payload).__name__,
        2 if name in {"IncidentAssessed", "UpwardReportSent"} else 1,
    )
    event = CODEC.decode(row(type=name, schema_version=schema_version, data=data))
    assert event.data == payload
    assert canonical(CODEC.encode(event.data)[2]) == canonical(data)


@pytest.mark.parametrize("kind", PAYLOADS, ids=lambda kind: kind.__name__)
def test_a_strategy_draws_every_event(kind):
    """The control: the property above is about this class too."""

    @given(payloads(kind))
    def drawn(payload):
        assert type(payload) is kind

    drawn()


def test_an_event_knows_its_row():
    """The decoded event has the row's position and time, the stored body, and the payload."""
    event = CODEC.decode(row(7))
    assert (event.position, event.version, event.type, event.data) == (
        7,
        7,
        "ProgressNoted",
        e.ProgressNoted(text="Called"),
    )
    assert list(CODEC.decode_all([row(1), row(2)]))[1].position == 2


# -- old versions ------------------------------------------------------------------------------------------------------


def test_version_1_of_an_assessment_is_read():
    """Version 1 wrote `customers` and `note`; the other fields are as they were."""
    data = {
        "from": "reported",
        "to": "assessed",
        "customers": 300,
        "note": "14 shops",
        "loss": {"amount": {"$dec": "1.50"}, "currency": "CNY"},
    }
    event = CODEC.decode(row(type="IncidentAssessed", schema_version=1, data=data))
    assert event.data == e.IncidentAssessed(
        from_="reported",
        to="assessed",
        affected_customers=300,
        findings="14 shops",
        loss=Money(Decimal("1.50"), "CNY"),
    )
    assert event.schema_version == 1
    assert event.body["data"] == data


@pytest.mark.parametrize(("stage", "kind"), [(1, "initial"), (2, "follow_up"), (3, "final")])
def test_version_1_of_an_upward_report_is_read(stage, kind):
    """Version 1 numbered the stages of a report."""
    data = {"from": "responding", "to": "reported_upward", "stage": stage, "recipient": "HQ", "summary": "s"}
    event = CODEC.decode(row(type="UpwardReportSent", schema_version=1, data=data))
    assert event.data == e.UpwardReportSent(
        from_="responding", to="reported_upward", kind=kind, recipient="HQ", summary="s"
    )
    assert event.body["data"]["stage"] == stage


def test_a_breach_without_a_count_is_read():
    """Where a log does not say how many were missed right before it, there was none."""
    due_at = "2026-03-01T09:00:00.000000Z"
    data = {
        "previous": {"name": "strict", "version": "1", "digest": "0" * 64},
        "plan": {"name": "lax", "version": "1", "digest": "1" * 64},
        "breaches": [{"obligation": "call", "occurrence": 1, "due_at": due_at, "verdict": "missing"}],
    }
    [breach] = CODEC.decode(row(type="PlanRebased", data=data)).data.breaches
    assert (breach.obligation, breach.missed_before) == ("call", 0)


def test_the_golden_file_of_version_1_folds():
    """A stream that was stored by version 1 of the two events folds to the state that it always had."""
    rows = [recorded(line, position) for position, line in enumerate(GOLDEN.read_bytes().splitlines(), 1)]
    events = list(CODEC.decode_all(rows))
    assert [(event.type, event.schema_version) for event in events] == [
        ("IncidentReported", 1),
        ("IncidentAssessed", 1),
        ("LevelAssigned", 1),
        ("ResponseStarted", 1),
        ("UpwardReportSent", 1),
        ("UpwardReportSent", 1),
        ("UpwardReportSent", 1),
        ("IncidentResolved", 1),
    ]
    state = INCIDENT.fold(events)
    assert (state.status, state.level, state.worst_level) == ("resolved", 1, 1)
    assert (state.assessment.affected_customers, state.assessment.findings) == (300, "14 shops, card payments only")
    assert [told.report.kind for told in state.upward_reports] == ["initial", "follow_up", "final"]


def test_the_golden_file_is_canonical():
    """The golden bodies are byte for byte what the record format asks for, so that any store can take them."""
    for line in GOLDEN.read_bytes().splitlines():
        assert canonical(json.loads(line)) == line


@event_type(schema_version=3, name="Moved")
@attrs.frozen(kw_only=True)
class Moved:
    """An event that was changed twice."""

    metres: int


def test_upcasters_are_taken_step_by_step():
    """Each upcaster turns one version into the next; the stored mapping is never touched."""
    seen = []

    def from_1(data: dict[str, Any]) -> dict[str, Any]:
        seen.append(1)
        return {"centimetres": data.pop("inches") * 2}

    def from_2(data: dict[str, Any]) -> dict[str, Any]:
        seen.append(2)
        return {"metres": data["centimetres"] // 100}

    codec = Codec(EventTypes([Moved], {("Moved", 1): from_1, ("Moved", 2): from_2}))
    event = codec.decode(row(type="Moved", schema_version=1, data={"inches": 200}))
    assert (event.data, seen) == (Moved(metres=4), [1, 2])
    assert event.body["data"] == {"inches": 200}
    assert codec.decode(row(type="Moved", schema_version=2, data={"centimetres": 700})).data == Moved(metres=7)


# -- what cannot be read -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"type": "BagLost"}, "'BagLost' is an event of no registered workflow; register the one it belongs to"),
        ({"schema_version": 2}, "ProgressNoted is stored in schema version 2, this code knows up to 1"),
        ({"schema_version": 0}, "the data of 'ProgressNoted' does not fit its class: KeyError"),
        ({"schema_version": "1"}, "the data of 'ProgressNoted' does not fit its class: TypeError"),
        ({"data": []}, "the data of 'ProgressNoted' is not a mapping"),
        ({"data": "text"}, "the data of 'ProgressNoted' is not a mapping"),
        ({"data": None}, "the data of 'ProgressNoted' is not a mapping"),
        ({"data": {"attachments": 5}}, "the data of 'ProgressNoted' does not fit its class"),
        ({"data": {"attachments": [{"name": "x"}]}}, "the data of 'ProgressNoted' does not fit its class"),
        ({"type": "LevelAssigned", "data": {"from": "a", "to": "b"}}, "does not fit its class: KeyError('level')"),
        (
            {"type": "LevelAssigned", "data": {"from": "a", "to": "b", "level": "two"}},
            "does not fit its class: ValueError",
        ),
        (
            {
                "type": "IncidentReported",
                "data": {"discovered_at": "noon", "from": "a", "to": "b", "category": "c", "title": "t"},
            },
            "does not fit its class: InvalidMoment",
        ),
        (
            {
                "type": "IncidentAssessed",
                "schema_version": 2,
                "data": {"from": "a", "to": "b", "loss": {"amount": "x"}},
            },
            "does not fit its class",
        ),
        (
            {"type": "UpwardReportSent", "schema_version": 1, "data": {"from": "a", "to": "b", "stage": 4}},
            "does not fit its class: KeyError(4)",
        ),
    ],
)
def test_an_event_that_cannot_be_read_is_named_by_its_position(changes, message):
    """Whatever is wrong with a stored event, the error is one class, and says where it stands and what is wrong."""
    with pytest.raises(UnreadableEvent) as caught:
        CODEC.decode(row(41, **changes))
    assert str(caught.value).startswith("position 41: ")
    assert message in str(caught.value)
    assert str(caught.value).count("position") == 1


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (None, "the body is archived"),
        (b"{", "the body is not JSON"),
        (b"[]", "the body is not of record format 1"),
        (b'{"v":2}', "the body is not of record format 1"),
        (b'{"v":1}', "the data of None is not a mapping"),
        (b'{"v":1,"data":{}}', "the data of None does not fit its class: KeyError('type')"),
    ],
)
def test_a_damaged_body_is_named_by_its_position(body, message):
    """A body that is archived, no JSON, or of another format is told apart."""
    with pytest.raises(UnreadableEvent, match="position 41: ") as caught:
        CODEC.decode(row(41)._replace(body=body))
    assert message in str(caught.value)


def test_only_registered_events_are_written():
    """A payload that belongs to no registered workflow, or is no event, is refused before it is stored."""
    with pytest.raises(InvalidRecord, match="type: Dropped belongs to no registered workflow"):
        CODEC.encode(Dropped())
    with pytest.raises(InvalidWorkflow, match="str is not an event"):
        CODEC.encode("text")


def test_a_play_is_stored_like_a_log():
    """The control of these tests' own tool: what it folds went through canonical bytes."""
    play = Play().record(e.ProgressNoted(text="x", fields={"n": 2**60}))
    assert play.state.notes == 1
    assert orjson.loads(canonical(play.history[0].body))["data"]["fields"] == {"n": {"$big": str(2**60)}}
