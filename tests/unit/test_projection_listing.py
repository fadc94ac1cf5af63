"""Listing: rows, pages, filters and finding."""

from __future__ import annotations

from base64 import urlsafe_b64encode

import pytest

from incident_logs import IncidentLog, after
from lamp import Switched
from respond.domain.moments import Moment
from respond.errors import InvalidInput
from respond.projections.listing import LIMIT_MAX, Listing
from respond.workflow.incident import commands as c
from respond.workflow.incident import events as e

LONG = f"INC-{'9' * 5000}"
"""A number with more digits than Python turns into an integer."""


@pytest.fixture
def log():
    """Return a log of three incidents, the first in other states than the two after it."""
    log = IncidentLog()
    log.do(c.ReportIncident(category="network", title="Línea caída", team="desk", reference="R-1"), key="a")
    log.do(c.Assess(), key="a", at=after(1))
    log.do(c.AssignLevel(level=2, basis="x"), key="a", at=after(2))
    log.do(c.ChangeLevel(level=3, justification="y"), key="a", at=after(3))
    log.do(c.TakeCommand(commander="li.na"), key="a", at=after(4))
    log.do(c.AssignTeam(team="network"), key="a", at=after(5))
    early = Moment(at=after(2), precision="minute")
    log.do(c.ReportIncident(category="other", title="Fire"), key="b", at=after(6), occurred_at=early)
    log.do(c.ReportIncident(category="other", title="Flood", reference="R-1"), key="c", at=after(7), occurred_at=None)
    return log


def listed(events, **options):
    """Return the listing of *events*."""
    listing = Listing(**options)
    for event in events:
        listing.apply(event)
    return listing


def ids(page):
    """Return the ids on a page."""
    return [row.id for row in page.rows]


def test_row(log):
    """A row says where its incident stands."""
    row = listed(log.events).page().rows[-1]
    assert (row.id, row.number, row.reference) == ("a", "INC-1", "R-1")
    assert (row.title, row.category) == ("Línea caída", "network")
    assert (row.state, row.level, row.worst_level) == ("level_assigned", 3, 2)
    assert (row.commander, row.team, row.merged_into) == ("li.na", "network", None)
    assert (row.reported_at, row.updated_at) == (after(0), after(5))


def test_reported_at(log):
    """It was reported when that happened, or when it was recorded if nobody knows."""
    rows = listed(log.events).page().rows
    assert [(row.id, row.reported_at) for row in rows] == [("c", after(7)), ("b", after(2)), ("a", after(0))]


def test_merged(log):
    """A merged incident stays, and says into which."""
    log.do(c.Merge(into="a", reason="same"), key="b")
    log.do(c.Absorb(source="b", reason="same"), key="a")
    row = listed(log.events).get("b")
    assert (row.state, row.merged_into) == ("merged", "a")


def test_corrected(log):
    """A row follows the corrections of its report, and is found by the right reference alone."""
    changes = {"title": "Line down", "category": "other", "reference": "R-9", "occurred_at": "2026-11-20T08:00:00Z"}
    log.do(c.Correct(entry=log.events[0].id, changes=changes, reason="typo"), key="a")
    log.do(c.Correct(entry=log.events[2].id, changes={"basis": "z"}, reason="typo"), key="a")
    listing = listed(log.events)
    row = listing.get("a")
    assert (row.title, row.category, row.reference, row.reported_at) == ("Line down", "other", "R-9", after(-60))
    assert (listing.find("R-9"), listing.find("R-1")) == ("a", "c")


def test_reference_given_later(log):
    """A reference that a correction brings or takes away counts."""
    log.do(c.Correct(entry=log.events[6].id, changes={"reference": "R-2"}, reason="late"), key="b")
    log.record(e.EntryCorrected(entry=log.events[7].id, changes={"reference": None}, reason="none"), key="c")
    listing = listed(log.events)
    assert (listing.find("R-2"), listing.find("R-1")) == ("b", "a")


def test_find(log):
    """An incident is found by id, by number in any case, and by the only reference."""
    listing = listed(log.events)
    assert [listing.find(name) for name in ("b", "INC-7", "inc-8", "INC-2", "INC-99", "INC-007", "x", LONG)] == [
        "b", "b", "c", None, None, None, None, None,
    ]  # fmt: skip


def test_find_ambiguous(log):
    """A reference that several incidents have is refused, with the numbers that are meant."""
    with pytest.raises(InvalidInput, match="'R-1' is the reference of INC-1, INC-8; give one of these numbers"):
        listed(log.events).find("R-1")


def test_get_unknown(log):
    """An id that no incident has gets no row."""
    assert listed(log.events).get("x") is None


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, ["c", "b", "a"]),
        ({"state": "reported"}, ["c", "b"]),
        ({"level": 3}, ["a"]),
        ({"level": 2}, []),
        ({"category": "network"}, ["a"]),
        ({"text": "LÍNEA"}, ["a"]),
        ({"text": "inc-7"}, ["b"]),
        ({"text": "r-1"}, ["c", "a"]),
        ({"text": "F", "category": "other", "state": "reported"}, ["c", "b"]),
    ],
)
def test_filters(log, filters, found):
    """A row stands on the page when it meets every filter."""
    assert ids(listed(log.events).page(**filters)) == found


def test_pages(log):
    """Pages follow each other by cursor, and the last one has none."""
    listing = listed(log.events)
    first = listing.page(limit=2)
    assert ids(first) == ["c", "b"]
    log.do(c.ReportIncident(category="other", title="New"), key="d")
    listing.apply(log.events[-1])
    second = listing.page(after=first.next, limit=2)
    assert (ids(second), second.next) == (["a"], None)


def test_no_page_after_the_last_match(log):
    """A page that holds the last match has no cursor, though other rows follow."""
    assert listed(log.events).page(limit=2, state="reported").next is None


@pytest.mark.parametrize("limit", [0, -1, LIMIT_MAX + 1])
def test_limit(log, limit):
    """A limit outside 1 to 1,000 is refused."""
    with pytest.raises(InvalidInput, match=f"limit: {limit} is not between 1 and 1000"):
        listed(log.events).page(limit=limit)


def cursor_of(digits):
    """Return what a cursor with this position looks like."""
    return urlsafe_b64encode(b"before:" + digits.encode()).rstrip(b"=").decode()


@pytest.mark.parametrize("cursor", ["", "x", "é", "YmVmb3JlOjA", "YmVmb3JlOi0x", "!!!!", cursor_of("9" * 5000)])
def test_cursor(log, cursor):
    """A cursor that no page gave is refused."""
    with pytest.raises(InvalidInput, match="is not a cursor; give the `next` of a page"):
        listed(log.events).page(after=cursor)


def test_realms_stay_apart(log):
    """A drill is not in the list of real incidents, and the other way round."""
    log.do(c.ReportIncident(category="other", title="Drill"), key="a", realm="drill")
    log.do(c.Assess(), key="a", realm="drill")
    assert (len(listed(log.events)), listed(log.events).get("a").state) == (3, "level_assigned")
    assert ids(listed(log.events, realm="drill").page()) == ["a"]


def test_strangers_are_not_listed(log):
    """An incident that nobody reported, and a stream of another category, get no row."""
    log.record(e.ProgressNoted(text="x"), key="unreported")
    events = [*log.events, _in_stream(log.events[0], "desk-a")]
    assert len(listed(events)) == 3


def test_handles():
    """The list asks for the events of incidents and for no others."""
    assert {"IncidentReported", "EntryCorrected"} <= Listing.handles
    assert Switched.__name__ not in Listing.handles


def test_json(log):
    """A page is written with its rows and the cursor."""
    written = listed(log.events).page(limit=1).to_json()
    assert (written["rows"][0]["id"], written["rows"][0]["level"], bool(written["next"])) == ("c", None, True)


def _in_stream(event, stream):
    return type(event)(event.position, event.recorded_us, {**event.body, "stream": stream}, event.data)
