"""What every projection holds for every history that the decider can make."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import pairwise

import attrs
from hypothesis import given
from hypothesis import strategies as st

from incident_logs import PLAN, START, after
from respond.domain.canonical import canonical
from respond.plan.organisation import Role
from respond.projections.entries import entries, in_world_order
from respond.projections.listing import Listing
from respond.projections.replay import Replay, replay
from respond.projections.review import review
from respond.projections.state import state
from respond.projections.statistics import Statistics
from respond.projections.timeline import timeline
from respond.workflow.incident import INCIDENT
from respond.workflow.incident.events import CommandTransferred
from respond.workflow.incident.staffing import vacancies
from respond.workflow.incident.state import OPEN
from strategies import histories

STAFFED = attrs.evolve(
    PLAN, roles=tuple(Role(id=one, title=one, required_from=3) for one in ("commander", "assessor", "responder"))
)
ONE = histories().filter(bool)
LOGS = histories(incidents=3, steps=45, realms=("real", "real", "drill"))
THE_END = START + timedelta(days=3650)


@given(histories(), st.data())
def test_state_of_prefix(events, data):
    """A fold that stops anywhere and goes on from there ends where the whole fold ends."""
    cut = data.draw(st.integers(0, len(events)))
    assert INCIDENT.fold(events[cut:], INCIDENT.fold(events[:cut])) == state(INCIDENT, events).value


@given(histories(), st.integers(-1, 400))
def test_known_at_is_prefix(events, minutes):
    """What was known at a time is the fold of the events recorded by then, and names the last of them."""
    known_at = after(minutes)
    prefix = [event for event in events if event.recorded_at <= known_at]
    answer = state(INCIDENT, events, known_at=known_at)
    assert answer.value == INCIDENT.fold(prefix)
    assert answer.last_position == (prefix[-1].position if prefix else 0)
    assert prefix == events[: len(prefix)]


@given(histories(punctual=True, retimed=False))
def test_as_of_end_is_plain(events):
    """When everything was recorded as it happened, all that ever happened is what the log says."""
    assert state(INCIDENT, events, as_of=THE_END).value == state(INCIDENT, events).value


@given(histories(punctual=True, amended=False), st.integers(-1, 400))
def test_as_of_is_known_at_when_punctual(events, minutes):
    """When everything was recorded as it happened, what had happened is what was known."""
    at = after(minutes)
    assert state(INCIDENT, events, as_of=at).value == state(INCIDENT, events, known_at=at).value


@given(histories())
def test_timeline_cites_every_event_once(events):
    """Whatever the order, each event stands in the timeline exactly once."""
    for order in ("world", "log"):
        shown = timeline(events, order=order).entries
        assert sorted(entry.position for entry in shown) == [event.position for event in events]
        assert {entry.id for entry in shown} == {event.id for event in events}
    assert [entry.position for entry in shown] == sorted(entry.position for entry in shown)


def streams(events, realm="real"):
    """Return the events of each stream of *realm*, in the order in which the streams began."""
    found = {}
    for event in events:
        if event.body["realm"] == realm:
            found.setdefault(event.body["stream"], []).append(event)
    return found


def taken(projection, events):
    """Return *projection* after *events*."""
    for event in events:
        projection.apply(event)
    return projection


@given(LOGS)
def test_listing_is_the_fold(events):
    """Every row says what the fold of its incident says, and the newest report stands first."""
    rows = taken(Listing(), events).page(limit=1000).rows
    folded = [INCIDENT.fold(stream) for stream in streams(events).values()]
    assert [(row.id, row.state, row.title, row.category, row.reference) for row in reversed(rows)] == [
        (one.id, one.status, one.title, one.category, one.reference) for one in folded
    ]
    assert [(row.level, row.worst_level, row.commander, row.team, row.merged_into) for row in reversed(rows)] == [
        (one.level, one.worst_level, one.commander, one.team, one.merged_into) for one in folded
    ]
    firsts = [stream[0].position for stream in streams(events).values()]
    assert [row.number for row in reversed(rows)] == [f"INC-{position}" for position in firsts]


@given(LOGS, st.integers(1, 3), st.data())
def test_pages_hold_every_row_once(events, limit, data):
    """Page after page gives each incident of the first moment once, though others come in between."""
    cut = data.draw(st.integers(0, len(events)))
    listing = taken(Listing(), events[:cut])
    expected = [row.id for row in listing.page(limit=1000).rows]
    page = listing.page(limit=limit)
    found = [row.id for row in page.rows]
    taken(listing, events[cut:])
    while page.next is not None:
        page = listing.page(after=page.next, limit=limit)
        found += [row.id for row in page.rows]
    assert found == expected


@given(LOGS)
def test_statistics_are_the_folds(events):
    """The counts over the log are those of the folded incidents; drills are not among them."""
    figures = taken(Statistics(), events).figures()
    folded = [INCIDENT.fold(stream) for stream in streams(events).values()]
    real = [event for event in events if event.body["realm"] == "real"]
    assert (figures.events, figures.incidents) == (len(real), len(folded))
    assert figures.last_position == max((event.position for event in real), default=0)
    assert figures.states == Counter(one.status for one in folded)
    assert figures.levels == Counter(one.level for one in folded)
    assert figures.worst_levels == Counter(one.worst_level for one in folded)
    assert figures.categories == Counter(one.category for one in folded)
    assert figures.reopened == sum(one.reopened for one in folded)
    assert figures.reopened_incidents == sum(one.reopened > 0 for one in folded)
    changes = [event.data for event in real if event.type == "LevelChanged"]
    assert figures.raised == sum(change.to_level < change.from_level for change in changes)
    assert figures.lowered == sum(change.to_level > change.from_level for change in changes)


@given(LOGS, st.data())
def test_replay_is_the_folds(events, data):
    """A replay, in one go or in two, ends where each stream's own fold ends, and finds nothing that was not allowed."""
    cut = data.draw(st.integers(0, len(events)))
    whole, halves = replay(events, workflows=[INCIDENT]), Replay([INCIDENT]).take(events[:cut])
    taken(halves, events[cut:])
    for realm in ("real", "drill"):
        folded = {name: INCIDENT.fold(stream) for name, stream in streams(events, realm).items()}
        assert whole.states("incident", realm=realm) == halves.states("incident", realm=realm) == folded
    totals = whole.totals()
    assert totals == halves.totals()
    assert (totals.findings, totals.failures, totals.events) == ((), (), len(events))
    assert totals.states == taken(Statistics(), events).figures().states


@given(ONE)
def test_nobody_commands_beside_another(events):
    """There is one commander at any instant, and none while the incident is closed; so with teams and levels."""
    found = review(events, plan=PLAN)
    closed = [one for one in found.statuses if one.holder in ("resolved", "reviewed", "cancelled", "merged")]
    for tenures in (found.commanders, found.teams, found.level_tenures, found.statuses):
        for one, following in pairwise(tenures):
            assert one.until is not None
            assert one.since <= one.until <= following.since
    for one in (*found.commanders, *found.teams, *found.level_tenures):
        for pause in closed:
            ends_before = one.until is not None and one.until <= pause.since
            begins_after = pause.until is not None and pause.until <= one.since
            assert ends_before or begins_after


@given(histories(punctual=True, amended=False).filter(bool))
def test_who_commands_last_commands_now(events):
    """While an incident is open, whoever took command last holds it, once closed nobody; so with the level."""
    folded, found = INCIDENT.fold(events), review(events, plan=PLAN)
    for tenures, holder in ((found.commanders, folded.commander), (found.level_tenures, folded.level)):
        lasting = [one.holder for one in tenures if one.until is None]
        assert lasting == ([holder] if folded.status in OPEN and holder is not None else [])


@given(histories(punctual=True, amended=False).filter(bool))
def test_what_stands_empty_last_is_vacant_now(events):
    """While an incident is open, the roles that stand empty are those that the state finds vacant."""
    folded, found = INCIDENT.fold(events), review(events, plan=STAFFED).account
    lasting = {one.holder for one in found.roles_empty if one.until is None}
    assert lasting == ({role.id for role in vacancies(STAFFED, folded)} if folded.status in OPEN else set())


@given(histories(retimed=False).filter(bool))
def test_the_last_to_happen_is_the_last_to_be_told(events):
    """Whatever is told late, the state and the review name one commander and one level."""
    folded, world = INCIDENT.fold(events), in_world_order(entries(events))
    commanders = [entry.reading.to_commander for entry in world if isinstance(entry.reading, CommandTransferred)]
    levels = [step.level for step in review(events, plan=PLAN).levels]
    assert commanders[-1:] == ([] if folded.commander is None else [folded.commander])
    assert levels[-1:] == ([] if folded.level is None else [folded.level])


@given(ONE)
def test_statistics_agree_with_the_review(events):
    """Both take the same times from the same entries; the statistics count none below 0."""
    figures, found = taken(Statistics(), events).figures(), review(events, plan=PLAN)
    seconds = {one.name: max(0, one.seconds) for one in found.durations}
    assert figures.acknowledge.median_seconds == seconds.get("acknowledge")
    stands_resolved = INCIDENT.fold(events).status in ("resolved", "reviewed")
    assert figures.resolve.median_seconds == (seconds["resolve_last"] if stands_resolved else None)


@given(ONE)
def test_review_cites_what_is_there(events):
    """Whatever was recorded, the review can be made, written, and cites none but the events of the log."""
    known_ids = {event.id: event.position for event in events}
    written = review(events, plan=PLAN).to_json()
    assert canonical(written)
    for citation in citations(written):
        assert known_ids[citation["id"]] == citation["position"]


def citations(written):
    """Yield every citation in a document."""
    if isinstance(written, dict):
        if written.keys() == {"position", "id"}:
            yield written
        written = list(written.values())
    for item in written if isinstance(written, list) else ():
        yield from citations(item)
