"""Liveness: whether a final state can still be reached from where a trial stands, by commands that were drawn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from heapq import heappop, heappush
from itertools import count, islice
from typing import Any

import attrs

from respond.domain.references import Actor
from respond.testing.checks import CheckFailed
from respond.testing.clocks import ManualClock
from respond.testing.payloads import Payloads
from respond.testing.program import said_by, written
from respond.testing.trial import Trial
from respond.workflow.workflow import Workflow

WAITS = 2
"""How often in a row the search lets time pass."""
TRIES = 1000
"""How many commands are tried before the search gives up."""
_LINES = 8
"""How many refusals the report of a search shows."""
BREADTH = 4
"""How many commands of a kind are followed from one place."""
_HOPELESS = 1000
"""Stands for the reasons against a command whose guards fail."""
_WAIT = "(wait)"
_MOVE, _STAY, _PAUSE = range(3)
"""Kinds of steps, in the order in which they are tried."""


@attrs.frozen
class _Node:
    """Where the search stands, and how many steps it took."""

    trial: Trial
    steps: int = 0
    waits: int = 0
    """How often time passed since the last command."""


@attrs.define
class Liveness:
    """Searches for a way to a final state: along the shortest path first, aside of it where guards object."""

    payloads: Payloads
    actors: Sequence[Actor | None]
    spans: Sequence[timedelta]
    finals: Sequence[str]
    distances: Mapping[str, int] = attrs.field(init=False)
    tried: int = attrs.field(init=False, default=0)
    """How many commands all searches tried so far."""

    def __attrs_post_init__(self) -> None:
        self.distances = distances(self.payloads.workflow, self.finals)

    def check(self, trial: Trial) -> None:
        """Raise `CheckFailed` that says what was tried when no final state can be reached from *trial*."""
        if not self.finals or trial.status in self.finals:
            return
        search = _Search(self)
        arrived = search.arrives(trial.fork())
        self.tried += search.tries
        if not arrived:
            raise CheckFailed(
                "a final state can still be reached",
                f"no way was found from {trial.status!r} to {' or '.join(self.finals)}\n{search.report()}",
            )


@attrs.define
class _Search:
    """One search, best first."""

    live: Liveness
    tries: int = 0
    _heap: list[Any] = attrs.field(factory=list)
    _order: Iterator[int] = attrs.field(factory=count)
    _seen: list[tuple[str, Any, Any]] = attrs.field(factory=list)
    _refused: dict[tuple[str, str], str] = attrs.field(factory=dict)

    def arrives(self, trial: Trial) -> bool:
        self._add(_Node(trial))
        while self._heap and self.tries < TRIES:
            node, trigger, dest = heappop(self._heap)[-1]
            for found in self._followed(node, trigger, dest):
                if found.status in self.live.finals:
                    return True
                self._add(_Node(found, node.steps + 1, node.waits + 1 if trigger == _WAIT else 0))
        return False

    def report(self) -> str:
        """Return what was tried, the refusals nearest to a final state first."""
        far = len(self.live.distances)
        ranked = sorted(self._refused.items(), key=lambda one: self.live.distances.get(one[0][0], far))
        lines = [f"  {trigger} in {status!r}: {text}" for (status, trigger), text in ranked[:_LINES]]
        left = len(ranked) - len(lines)
        more = [f"  and {left} more"] if left > 0 else []
        return "\n".join([f"{self.tries} commands were tried, among them:", *lines, *more])

    def _add(self, node: _Node) -> None:
        """Plan every step from *node*, unless the search was there before."""
        trial = node.trial
        place = (trial.status, trial.state, trial.clock())
        if place in self._seen:
            return
        self._seen.append(place)
        workflow, far = trial.workflow, len(self.live.distances) + 1
        here = self.live.distances.get(trial.status, far)
        for trigger in workflow.triggers:
            for dest in dict.fromkeys(one.dest for one in workflow.table.candidates(trial.status, trigger)):
                kind = _STAY if dest in (None, trial.status) else _MOVE
                there = here if dest is None else self.live.distances.get(dest, far)
                self._plan(node, kind, there, trigger, dest)
        if isinstance(trial.clock, ManualClock) and node.waits < WAITS:
            self._plan(node, _PAUSE, here, _WAIT, None)

    def _plan(self, node: _Node, kind: int, distance: int, trigger: str, dest: str | None) -> None:
        rank = (node.steps + distance + kind, kind, next(self._order))
        heappush(self._heap, (*rank, (node, trigger, dest)))

    def _followed(self, node: _Node, trigger: str, dest: str | None) -> Iterator[Trial]:
        """Yield the trials that a step leads to."""
        if trigger == _WAIT:
            for span in self.live.spans:
                fork = node.trial.fork()
                if isinstance(fork.clock, ManualClock):
                    fork.clock.now += span
                yield fork
            return
        for command, actor in islice(self._allowed(node.trial, trigger, dest or node.trial.status), BREADTH):
            fork = node.trial.fork()
            try:
                fork.send(command, actor=actor)
            except Exception as error:  # noqa: BLE001 - it is found, and shown, where a life comes by
                self._fails(fork.status, trigger, command, error)
            else:
                yield fork

    def _allowed(self, trial: Trial, trigger: str, dest: str) -> Iterator[tuple[Any, Actor | None]]:
        """Yield commands for *trigger* that lead to *dest* now, and who says them.

        The actor with the fewest reasons against him is looked for first, then the command.
        """
        commands, actors = self.live.payloads.samples_of(trigger, trial), self.live.actors
        if not commands:
            self._refused[trial.status, trigger] = "nothing could be drawn for it"
            return
        actor = min(actors, key=lambda one: self._reasons(trial, trigger, commands[0], one, dest))
        for command in commands:
            if self._reasons(trial, trigger, command, actor, dest) == 0:
                yield command, actor

    def _reasons(self, trial: Trial, trigger: str, command: Any, actor: Actor | None, dest: str) -> int:
        """Return how many reasons there are against it, and keep them for the report."""
        self.tries += 1
        try:
            explanation = trial.explain(trigger, command, actor=actor)
        except Exception as error:  # noqa: BLE001 - a guard that fails lets nothing pass
            self._fails(trial.status, trigger, command, error)
            return _HOPELESS
        first = next((one.dest for one in explanation.candidates if one.allowed), None)
        if explanation.allowed and not explanation.done and first == dest:
            return 0
        reasons = explanation.refusals
        if reasons:
            by = "" if actor is None else f" by {written(said_by(actor))}"
            told = "; ".join(f"{one.text} [{one.code}]" for one in reasons[:3])
            self._refused.setdefault((trial.status, trigger), f"{written(command)}{by} is refused: {told}")
        return len(reasons) or 1

    def _fails(self, status: str, trigger: str, command: Any, error: Exception) -> None:
        self._refused.setdefault((status, trigger), f"{written(command)} fails: {error!r}")


def distances(workflow: Workflow, finals: Sequence[str]) -> dict[str, int]:
    """Return for each state from which *finals* can be reached the least number of steps, guards left aside."""
    found = dict.fromkeys(finals, 0)
    frontier = set(finals)
    while frontier:
        nearer = {
            source: found[step.dest] + 1
            for step in workflow.transitions
            if step.dest in frontier
            for source in step.sources
            if source not in found
        }
        found |= nearer
        frontier = set(nearer)
    return found
