"""The figures of how incidents were handled are those of a second count."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from incident_logs import IncidentLog
from performance_recount import recount
from respond.domain.canonical import plain
from respond.errors import CommandRefused
from respond.projections.episodes import episode
from respond.projections.performance import performance
from respond.workflow.incident import commands as c
from respond.workflow.incident.effects import MarkContained, MarkRestored
from respond.workflow.incident.measures import CompleteMeasure, SkipMeasure, StartMeasure
from respond.workflow.incident.unplanned import AddMeasure
from strategies import PLAN, histories


def by_incident(events: list[Any]) -> list[list[Any]]:
    """Return the real events of each incident."""
    found: dict[str, list[Any]] = {}
    for event in events:
        if event.body["realm"] == "real":
            found.setdefault(event.body["stream"], []).append(event)
    return list(found.values())


KINDS = ("contain", "restore", "other")
KEYS = tuple(f"{kind}-{number}" for kind in KINDS for number in (1, 2))
SAID = {"contained": MarkContained(), "restored": MarkRestored()}
WORK = st.sampled_from(
    [*SAID, *((act, key) for act in (StartMeasure, CompleteMeasure, SkipMeasure) for key in KEYS), "cancel"]
)
LIVES = st.lists(
    st.tuples(st.lists(st.tuples(WORK, st.integers(0, 90)), max_size=8), st.booleans()), min_size=1, max_size=4
)
"""Stretches of work: what is done in each, how many minutes later, and whether it is reviewed."""


def lived(stretches: Sequence[tuple[Any, bool]]) -> list[Any]:
    """Return the log of an incident that lived through these *stretches*, each but the first after a reopening."""
    log = IncidentLog()

    def tries(command: Any, minutes: int = 7) -> None:
        with suppress(CommandRefused):
            log.do(command, at=log.now + timedelta(minutes=minutes))

    log.do(c.ReportIncident(category="other", title="x"))
    for work, reviewed in stretches:
        tries(c.Reopen(reason="again"))
        for command in (c.Assess(), c.AssignLevel(level=4, basis="few"), c.StartResponse()):
            tries(command)
        for key in KEYS:
            tries(AddMeasure(measure=key, title=key, reason="closest", kind=key.partition("-")[0]), 0)
        for act, minutes in work:
            if act == "cancel":
                tries(c.Cancel(reason="nothing"), minutes)
                tries(c.Reopen(reason="something"), minutes)
            elif act in SAID:
                tries(SAID[act], minutes)
            else:
                kind, measure = act
                told = {"reason": "no need"} if kind is SkipMeasure else {}
                tries(kind(measure=measure, **told), minutes)
        tries(c.Resolve(resolution="mended"))
        if reviewed:
            tries(c.CloseReview(summary="seen"))
    return log.events


@given(histories(incidents=4, steps=45, realms=("real", "real", "drill")))
def test_a_second_count_agrees(events):
    """Whatever happened, was late, was corrected or retracted: counts, losses, and each time at each level."""
    agrees(events)


@given(LIVES)
def test_a_second_count_of_what_was_reopened_agrees(stretches):
    """Whatever was done and said before and after each reopening: the first times, and the repeated ones."""
    agrees(lived(stretches))


def agrees(events: list[Any]) -> None:
    """Require that the figures of the real *events* are those of the second count."""
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
