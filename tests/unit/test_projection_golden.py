"""Events as version 1 of the record format stored them, through every projection."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from incident_logs import PLAN
from respond.domain.canonical import canonical
from respond.domain.moments import Moment, to_microseconds
from respond.projections.entries import entries
from respond.projections.listing import Listing
from respond.projections.projection import Projection
from respond.projections.replay import Replay, replay
from respond.projections.review import review
from respond.projections.state import state
from respond.projections.statistics import Statistics
from respond.projections.timeline import timeline
from respond.store.codec import Codec
from respond.store.records import Recorded, leaf_of
from respond.workflow.incident import INCIDENT

GOLDEN = Path(__file__).parent.parent / "golden"
WHOLE_LIFE = GOLDEN / "incident-v1-whole-life.jsonl"


def stored(path):
    """Return the events of a golden file, each recorded a minute after it happened, as a store would return them."""
    rows, recorded_us = [], 0
    for position, line in enumerate(path.read_bytes().splitlines(), 1):
        body = json.loads(line)
        if "occurred_at" in body:
            happened_at = Moment.from_json(body["occurred_at"]).at
            recorded_us = max(recorded_us, to_microseconds(happened_at + timedelta(minutes=1)))
        names = ("tenant", "realm", "stream", "version", "id", "type", "subject")
        columns = {name: body[name] for name in names}
        leaf = leaf_of(line, recorded_us, position)
        rows.append(Recorded(position=position, recorded_us=recorded_us, body=line, leaf=leaf, **columns))
    return list(Codec(INCIDENT.event_types).decode_all(rows))


@pytest.fixture
def events():
    """Return an incident from its report to its closed review; two of its event types are of schema version 1."""
    return stored(WHOLE_LIFE)


def test_the_file_is_canonical():
    """Each line is byte for byte a body of record format 1."""
    for line in WHOLE_LIFE.read_bytes().splitlines():
        body = json.loads(line)
        assert (canonical(body), body["v"]) == (line, 1)


def test_the_file_holds_old_versions(events):
    """The file keeps version 1 of the two events that moved on; the other events of a life are there too."""
    old = {event.type for event in events if event.schema_version < INCIDENT.event_types.get(event.type).schema_version}
    assert old == {"IncidentAssessed", "UpwardReportSent"}
    missing = {declared.name for declared in INCIDENT.event_types} - {event.type for event in events}
    files = (
        "incident-v3-under-a-plan.jsonl",
        "incident-v4-breaches.jsonl",
        "incident-v4-response.jsonl",
        "incident-v5-words.jsonl",
        "resources-v1.jsonl",
        "customers-of-an-incident.jsonl",
        "action-items-of-an-incident.jsonl",
        "proposals-of-an-incident.jsonl",
        "review-v1.jsonl",
        "links-of-incidents.jsonl",
        "pins-of-an-incident.jsonl",
    )
    later = {json.loads(line)["type"] for name in files for line in (GOLDEN / name).read_bytes().splitlines()}
    assert missing - later == set()


def test_state(events):
    """It folds to the state that it always had."""
    folded = state(INCIDENT, events).value
    assert (folded.status, folded.level, folded.worst_level, folded.reopened) == ("reviewed", 2, 2, 2)
    assert (folded.assessment.affected_customers, folded.assessment.findings) == (2050, "half of the shops")
    assert [told.report.kind for told in folded.upward_reports] == ["initial", "final"]
    assert (folded.commander, folded.team, folded.notes, folded.absorbed) == ("chen.yu", "network", 1, ("b",))


def test_entries_and_timeline(events):
    """Old entries read in today's words, and the correction of one in today's fields applies."""
    assert entries(events)[14].reading.affected_customers == 2050
    texts = [entry.text for entry in timeline(events, order="log").entries]
    assert texts[9] == "Initial report sent to ministry: 34 shops cannot take cards"
    assert texts[14].startswith("Assessed (affected_customers=2050, loss=30000.00 CNY)")
    assert len(texts) == len(events)


def test_review(events):
    """The review computes from old events what it computes from new ones."""
    found = review(events, plan=PLAN)
    assert [(one.name, one.first) for one in found.estimates][:1] == [("affected_customers", 300)]
    assert [one.kind for one in found.upward_reports] == ["initial", "final"]
    assert (found.deviations, found.upward_reports_missing) == ((), ())
    assert found.to_json()["summary"] == "A cut fibre stopped card payment for 50 minutes."


def test_statistics_and_listing(events):
    """The log's read models take the old events on."""
    statistics, listing = Statistics(), Listing()
    for event in events:
        statistics.apply(event)
        listing.apply(event)
    assert statistics.figures().acknowledge.median_seconds == 5 * 60
    assert statistics.figures().resolve.median_seconds == 90 * 60
    row = listing.get("a")
    assert (row.number, row.state, row.level, row.team, row.reference) == ("INC-1", "reviewed", 2, "network", "T-2031")


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("incident-*.jsonl")), ids=lambda path: path.stem)
def test_every_golden_file_goes_through_every_projection(path):
    """Whatever golden file is added, each projection takes it on and says the same."""
    events = stored(path)
    folded = INCIDENT.fold(events)
    statistics, listing = Statistics(), Listing()
    for event in events:
        statistics.apply(event)
        listing.apply(event)
    found = replay(events, workflows=[INCIDENT])
    assert state(INCIDENT, events).value == folded
    assert found.states("incident") == {events[0].body["stream"]: folded}
    assert found.totals().failures == ()
    assert statistics.figures().states == {folded.status: 1}
    assert listing.page().rows[0].state == folded.status
    assert review(events, plan=PLAN).status == folded.status
    assert len(timeline(events).entries) == len(events)


@pytest.mark.parametrize("projection", [Statistics(), Listing(), Replay([INCIDENT])], ids=lambda one: one.name)
def test_projections_read_no_more_than_they_handle(projection: Projection, events):
    """What is taken on event by event has a name, a version, and says which events it reads."""
    assert (bool(projection.name), projection.version) == (True, 1)
    for event in events:
        assert projection.handles is None or event.type in projection.handles
        projection.apply(event)
