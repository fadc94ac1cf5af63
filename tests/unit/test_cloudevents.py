"""CloudEvents: what others read in ours, with the SDK of the specification as the judge."""

from __future__ import annotations

import json
import re

import orjson
import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_binary, from_structured
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from hypothesis import given
from hypothesis import strategies as st

from respond.domain.moments import Moment
from respond.domain.streams import StreamId
from respond.errors import UnreadableEvent
from respond.integrations.cloudevents import (
    STRUCTURED_TYPE,
    attribute_headers,
    cloud_event,
    data_of,
    http_headers,
    structured,
)
from respond.store.memory import MemoryEventStore
from respond.store.records import NewEvent, Recorded, Write
from respond.testing.conformance.samples import START, ManualClock, event, id_of

NAME = re.compile(r"[a-z0-9]{1,20}")
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=40)


def recorded(new: NewEvent, *, tenant: str = "default", stream: str = "incident-one") -> Recorded:
    """Return *new* as a log keeps it."""
    store = MemoryEventStore(clock=ManualClock(), tenant=tenant, log="log-1")
    store.append(Write(StreamId(stream), [new]))
    return store.read_all()[0]


def test_the_mapping() -> None:
    """Every attribute stands where the reference says."""
    row = recorded(
        event(
            "a",
            type="FireReported",
            schema_version=3,
            subject="incident seven",
            data={"floor": 4},
            occurred_at=Moment(START, until=START, precision="minute", offset_minutes=480),
            actor="wang.li",
            role="duty officer",
            on_behalf_of="chen.yu",
            correlation_id="c1",
            causation_id="c2",
            command_id="c3",
        )
    )
    assert cloud_event(row, log="log 1/ä") == {
        "specversion": "1.0",
        "id": id_of("a"),
        "source": "urn:respond:log%201%2F%C3%A4:default",
        "type": "FireReported",
        "subject": "incident seven",
        "time": "2026-11-20T09:00:00.000000Z",
        "datacontenttype": "application/json",
        "dataschema": "urn:respond:schema:FireReported:3",
        "sequence": "0000000000000000001",
        "partitionkey": "incident-one",
        "stream": "incident-one",
        "streamversion": 1,
        "realm": "real",
        "tenant": "default",
        "recordedat": "2026-11-20T09:00:00.000000Z",
        "actor": "wang.li",
        "role": "duty officer",
        "onbehalfof": "chen.yu",
        "correlationid": "c1",
        "causationid": "c2",
        "commandid": "c3",
        "data": {"floor": 4},
    }


@pytest.mark.parametrize(
    ("occurred_at", "time"),
    [
        (None, "2026-11-20T09:00:00.000000Z"),
        (Moment.of("2026-11-19T10:00:00+08:00"), "2026-11-19T02:00:00.000000Z"),
        (Moment(START.replace(hour=1), precision="hour"), "2026-11-20T01:00:00.000000Z"),
    ],
    ids=["unknown", "exact", "to the hour"],
)
def test_time(occurred_at, time) -> None:
    """The time is when it happened, else when the log took it."""
    assert cloud_event(recorded(event("a", occurred_at=occurred_at)), log="x")["time"] == time


def test_absent_is_left_out() -> None:
    """What nobody said is not an attribute: no attribute is null or empty."""
    made = cloud_event(recorded(event("a", actor="")), log="x")
    assert not {"actor", "role", "onbehalfof", "correlationid", "causationid", "commandid"} & made.keys()
    assert all(value not in (None, "") for value in made.values())


def test_sequences_sort_as_text() -> None:
    """The sequence of a later event sorts behind that of an earlier one, as text."""
    row = recorded(event("a"))
    places = [1, 9, 10, 99, 2**31, 2**53, 2**63 - 1]
    made = [cloud_event(attrs_at(row, place), log="x")["sequence"] for place in places]
    assert made == sorted(made)
    assert len({len(one) for one in made}) == 1


def attrs_at(row: Recorded, position: int) -> Recorded:
    """Return *row* as if it stood at *position*."""
    return row._replace(position=position)


def test_an_archived_event() -> None:
    """An event whose body is archived cannot be told; the error says where it stands."""
    with pytest.raises(UnreadableEvent, match="position 1"):
        cloud_event(recorded(event("a"))._replace(body=None), log="x")


@given(type_=TEXT, subject=TEXT, stream=TEXT, tenant=TEXT, log=TEXT, actor=TEXT, data=st.dictionaries(TEXT, TEXT))
def test_others_read_it(type_, subject, stream, tenant, log, actor, data) -> None:
    """Whatever a name holds, the SDK reads the event from each of its forms, and finds the same in all of them."""
    row = recorded(event("a", type=type_, subject=subject, actor=actor, data=data), tenant=tenant, stream=stream)
    made = cloud_event(row, log=log)
    document = structured(made)
    read = JSONFormat().read(CloudEvent, document)
    assert read.get_data() == data == made["data"]
    assert (read.get_id(), read.get_source(), read.get_type()) == (made["id"], made["source"], made["type"])
    for name, value in made.items():
        if name != "data":
            assert NAME.fullmatch(name)
            assert type(value) in (str, int)
            assert not re.search("[\x00-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]", str(value))
            assert not isinstance(value, int) or abs(value) < 2**31
    message = HTTPMessage({"content-type": STRUCTURED_TYPE}, document)
    assert from_structured(message, JSONFormat()).get_attributes() == read.get_attributes()
    binary = from_binary(HTTPMessage(http_headers(made), data_of(made)), JSONFormat())
    assert binary.get_attributes() == {
        name: str(value) if isinstance(value, int) else value for name, value in read.get_attributes().items()
    }
    assert binary.get_data() == data
    assert all(re.fullmatch(r"[\x21-\x7e]+", value) for value in attribute_headers(made).values())


def test_headers() -> None:
    """In binary mode HTTP has the type of the data under its own name; NATS keeps it beside the others."""
    made = cloud_event(recorded(event("a", subject='say "50 %" ü')), log="x")
    assert http_headers(made)["content-type"] == attribute_headers(made)["ce-datacontenttype"] == "application/json"
    assert "ce-datacontenttype" not in http_headers(made)
    assert attribute_headers(made)["ce-subject"] == "say%20%2250%20%25%22%20%C3%BC"
    assert json.loads(data_of(made)) == made["data"] == orjson.loads(structured(made))["data"]
