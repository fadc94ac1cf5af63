"""Replay: the whole log folded from its first event, for every workflow at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Self

import attrs

from respond.domain.events import Event
from respond.plan.plan import Plan
from respond.projections.document import Document
from respond.workflow.incident import INCIDENT_CATEGORY
from respond.workflow.judge import Judge, Judges
from respond.workflow.table import Finding
from respond.workflow.versions import by_category
from respond.workflow.workflow import Workflow

_Key = tuple[str, str, str]
"""Tenant, realm, and name of a stream."""


@attrs.frozen
class Failure:
    """An event that does not fold; the state stayed as it was."""

    position: int
    stream: str
    text: str


@attrs.frozen(kw_only=True)
class Totals(Document):
    """What a replay found."""

    events: int
    streams: int
    incidents: int
    """Real ones; drills are counted apart."""
    drills: int
    states: Mapping[str, int]
    """How many real incidents stand in each state."""
    levels: Mapping[int | None, int]
    """How many real incidents have each level; None where none was assigned."""
    aggregates: Mapping[str, Mapping[str, int]]
    """For every category of streams, how many real aggregates stand in each state."""
    last_position: int
    findings: tuple[Finding, ...]
    """Rules of the workflow that steps broke, in log order; a step may break several."""
    findings_by_code: Mapping[str, int]
    failures: tuple[Failure, ...]
    """Events that do not fold."""
    plans_missing: Mapping[str, int]
    """For every plan that is pinned and was not given, how many aggregates were judged by their table alone."""
    unregistered: Mapping[str, int]
    """For every category of streams that no workflow claims, how many events were left aside."""
    archived: int = 0
    """How many events were left aside because their bodies are archived, and nobody named the folder."""


@attrs.define(eq=False)
class _Standing:
    """One aggregate, who judges it, and where it stands."""

    workflow: Workflow
    judge: Judge
    state: Any


class Replay:
    """Folds a log event by event; keeps one state for each stream, and no event."""

    name: ClassVar[str] = "replay"
    version: ClassVar[int] = 1
    handles: ClassVar[frozenset[str] | None] = None

    def __init__(self, workflows: Iterable[Workflow], plans: Iterable[Plan] = ()) -> None:
        """Judge each step by the plans of *plans* in force at it; what pins none, by the first of them."""
        self._versions = by_category(workflows)
        self._judges = Judges(plans, self._versions)
        self._standings: dict[_Key, _Standing] = {}
        self._events = 0
        self._last_position = 0
        self._findings: list[Finding] = []
        self._failures: list[Failure] = []
        self._unregistered: Counter[str] = Counter()

    def apply(self, event: Event) -> None:
        """Take one event on."""
        self.take((event,))

    def take(self, events: Iterable[Event]) -> Self:
        """Take *events*, given in log order, on; what does not fold is kept as a failure."""
        standings = self._standings
        for event in events:
            self._last_position, _, body, data = event
            self._events += 1
            try:
                standing = standings.get((body["tenant"], body["realm"], body["stream"])) or self._begin(event)
                if standing is None:
                    continue
                workflow, judge, state = standing.workflow, standing.judge, standing.state
                found = judge.findings(state, event)
                if found:
                    self._findings += found
                evolver = workflow.evolvers.get(type(data))
                standing.state = workflow.evolve(state, event) if evolver is None else evolver(state, event)
                if evolver is None or type(data) in workflow.replanning:
                    standing.judge = self._judges.after(judge, event, standing.state)
            except Exception as error:  # noqa: BLE001  a damaged body, or a user's evolver; the rest of the log still counts
                self._fail(event, repr(error))
        return self

    def states(self, category: str, *, realm: str = "real") -> dict[str, Any]:
        """Return the state of every aggregate of *category*, by the name of its stream."""
        return {
            key[2]: standing.state
            for key, standing in self._standings.items()
            if key[1] == realm and standing.workflow.category == category
        }

    def totals(self) -> Totals:
        """Return what was found up to the last event that was taken on."""
        aggregates: dict[str, Counter[str]] = {}
        levels: Counter[int | None] = Counter()
        drills = 0
        for (_, realm, _), standing in self._standings.items():
            category, state = standing.workflow.category, standing.state
            incident = category == INCIDENT_CATEGORY
            if realm != "real":
                drills += incident
                continue
            aggregates.setdefault(category, Counter())[state.status] += 1
            if incident:
                levels[state.level] += 1
        states = aggregates.get(INCIDENT_CATEGORY, Counter())
        return Totals(
            events=self._events,
            streams=len(self._standings),
            incidents=states.total(),
            drills=drills,
            states=dict(sorted(states.items())),
            levels=dict(sorted(levels.items(), key=lambda item: (item[0] is None, item[0] or 0))),
            aggregates={category: dict(sorted(counts.items())) for category, counts in sorted(aggregates.items())},
            last_position=self._last_position,
            findings=tuple(self._findings),
            findings_by_code=dict(sorted(Counter(finding.code for finding in self._findings).items())),
            failures=tuple(self._failures),
            plans_missing=self._judges.missing,
            unregistered=dict(sorted(self._unregistered.items())),
        )

    def _begin(self, event: Event) -> _Standing | None:
        body = event.body
        category = body["stream"].partition("-")[0]
        versions = self._versions.get(category)
        if versions is None:
            self._unregistered[category] += 1
            return None
        workflow = versions.newest
        standing = _Standing(workflow, self._judges.of(category, event), workflow.initial)
        self._standings[body["tenant"], body["realm"], body["stream"]] = standing
        return standing

    def _fail(self, event: Event, text: str) -> None:
        self._failures.append(Failure(event.position, str(event.body.get("stream", "")), text))


def replay(events: Iterable[Event], *, workflows: Iterable[Workflow], plans: Iterable[Plan] = ()) -> Replay:
    """Return the replay of *events*, the whole log in order, under *workflows* and *plans*."""
    return Replay(workflows, plans).take(events)
