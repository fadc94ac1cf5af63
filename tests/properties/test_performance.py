"""The figures of how incidents were handled are those of a second count."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given

from performance_recount import recount
from respond.domain.canonical import plain
from respond.projections.episodes import episode
from respond.projections.performance import performance
from strategies import PLAN, histories


def by_incident(events: list[Any]) -> list[list[Any]]:
    """Return the real events of each incident."""
    found: dict[str, list[Any]] = {}
    for event in events:
        if event.body["realm"] == "real":
            found.setdefault(event.body["stream"], []).append(event)
    return list(found.values())


@given(histories(incidents=4, steps=45, realms=("real", "real", "drill")))
def test_a_second_count_agrees(events):
    """Whatever happened, was late, was corrected or retracted: counts, losses, and each time at each level."""
    streams = by_incident(events)
    now = max((event.recorded_at for event in events), default=None)
    if now is None:
        return
    now += timedelta(hours=1)
    found = performance((episode(one, PLAN, (), now) for one in streams), now)
    again = recount([(event.position, event.recorded_at, plain(event.body)) for event in stream] for stream in streams)
    times = {
        (one.step, one.level, which): (spread.count, spread.median_seconds, spread.percentile_90_seconds)
        for one in found.times
        for which, spread in ((False, one.first), (True, one.again))
        if spread.count and one.step in {"acknowledge", "assess", "contain", "restore", "resolve", "review"}
    }
    assert (found.incidents, found.cancelled, found.other) == (
        again["incidents"],
        again["cancelled"],
        again["other"],
    )
    assert times == again["times"]
    assert found.losses == again["losses"]
