"""Replay: the whole log folded from its first event, for every workflow at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Self

import attrs

from respond.domain.events import Event
from respond.projections.document import Document
from respond.workflow.incident import INCIDENT_CATEGORY
from respond.workflow.table import Finding
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
    """Steps that the workflow would not have made, in log order."""
    findings_by_code: Mapping[str, int]
    failures: tuple[Failure, ...]
    """Events that do not fold."""
    unregistered: Mapping[str, int]
    """For every category of streams that no workflow claims, how many events were left aside."""


@attrs.define(eq=False)
class _Rules:
    """A workflow, with the steps that its table found in order before."""

    workflow: Workflow
    evolvers: Mapping[type, Any]
    sound: set[tuple[str, str, str]]


@attrs.define(eq=False)
class _Standing:
    """One aggregate, and where it stands."""

    rules: _Rules
    state: Any


class Replay:
    """Folds a log event by event; keeps one state for each stream, and no event."""

    name: ClassVar[str] = "replay"
    version: ClassVar[int] = 1
    handles: ClassVar[frozenset[str] | None] = None

    def __init__(self, workflows: Iterable[Workflow]) -> None:
        self._rules = {workflow.category: _Rules(workflow, workflow.evolvers, set()) for workflow in workflows}
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
            body, data = event.body, event.data
            self._events += 1
            self._last_position = event.position
            try:
                standing = standings.get((body["tenant"], body["realm"], body["stream"])) or self._begin(event)
                if standing is None:
                    continue
                rules, state = standing.rules, standing.state
                to = getattr(data, "to", None)
                if to is not None:
                    source = getattr(data, "from_", None)
                    if source != state.status or (body["type"], source, to) not in rules.sound:
                        self._verify(rules, state.status, event)
                evolver = rules.evolvers.get(type(data))
                standing.state = rules.workflow.evolve(state, event) if evolver is None else evolver(state, event)
            except Exception as error:  # noqa: BLE001  a damaged body, or a user's evolver; the rest of the log still counts
                self._fail(event, repr(error))
        return self

    def states(self, category: str, *, realm: str = "real") -> dict[str, Any]:
        """Return the state of every aggregate of *category*, by the name of its stream."""
        return {
            key[2]: standing.state
            for key, standing in self._standings.items()
            if key[1] == realm and standing.rules.workflow.category == category
        }

    def totals(self) -> Totals:
        """Return what was found up to the last event that was taken on."""
        aggregates: dict[str, Counter[str]] = {}
        levels: Counter[int | None] = Counter()
        drills = 0
        for (_, realm, _), standing in self._standings.items():
            category, state = standing.rules.workflow.category, standing.state
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
            unregistered=dict(sorted(self._unregistered.items())),
        )

    def _begin(self, event: Event) -> _Standing | None:
        body = event.body
        category = body["stream"].partition("-")[0]
        rules = self._rules.get(category)
        if rules is None:
            self._unregistered[category] += 1
            return None
        standing = _Standing(rules, rules.workflow.initial)
        self._standings[body["tenant"], body["realm"], body["stream"]] = standing
        return standing

    def _verify(self, rules: _Rules, status: str, event: Event) -> None:
        finding = rules.workflow.table.verify(status, event)
        if finding is not None:
            self._findings.append(finding)
        else:
            rules.sound.add((event.body["type"], status, event.data.to))

    def _fail(self, event: Event, text: str) -> None:
        self._failures.append(Failure(event.position, str(event.body.get("stream", "")), text))


def replay(events: Iterable[Event], *, workflows: Iterable[Workflow]) -> Replay:
    """Return the replay of *events*, the whole log in order, under *workflows*."""
    return Replay(workflows).take(events)
