"""Liveness: whether a final state can still be reached from where a trial stands, by commands that were drawn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import chain, count, islice, product
from typing import Any, Literal

import attrs

from respond.domain.references import Actor
from respond.testing.checks import CheckFailed
from respond.testing.clocks import ManualClock
from respond.testing.payloads import SAMPLES, Payloads
from respond.testing.program import said_by, written
from respond.testing.trial import Trial
from respond.workflow.workflow import Workflow

WAITS = 2
"""How often in a row the search lets time pass."""
FAR = timedelta(days=3653)
"""The longest span that the search waits at once, beside those it is given."""
IDLE = 600
"""How many commands are tried without coming to a new place until nothing leads on."""
TRIES = 1200
"""How many commands are tried at most; where new places keep turning up, nothing is decided then."""
UNDECIDED = 2
"""How many searches from one state may stay undecided; more would only take time."""
_LINES = 8
"""How many refusals the report of a search shows."""
_ASIDE = 2
"""How much farther each other command of a kind leads."""
_HOPELESS = 1000
"""Stands for the reasons against a command whose guards fail."""
_MOVE, _STAY, _PAUSE = range(3)
"""Kinds of steps, in the order in which they are tried."""
_REMEDIES = """\
where a final state can be reached all the same, tell the machine how, in workflow_machine(...):
  payloads={"trigger": {"field": st.just(...)}} for values that guards let pass, spans=[timedelta(days=...)] for pauses,
  actors=["ann", "bob"] for who asks, and finals=() to leave this check out"""


@attrs.define
class Liveness:
    """Searches for a way to a final state: along the shortest path first, aside of it where guards object."""

    payloads: Payloads
    actors: Sequence[Actor | None]
    spans: Sequence[timedelta]
    finals: Sequence[str]
    distances: Mapping[str, int] = attrs.field(init=False)
    pauses: Sequence[timedelta] = attrs.field(init=False)
    """How long the search waits: the longest of *spans*, longer ones up to `FAR`, and the others of *spans*."""
    tried: int = attrs.field(init=False, default=0)
    """How many commands all searches tried so far."""
    undecided: Counter[str] = attrs.field(init=False, factory=Counter)
    """How many searches from each state were left undecided."""

    def __attrs_post_init__(self) -> None:
        self.distances = distances(self.payloads.workflow, self.finals)
        given = sorted(self.spans, reverse=True)
        self.pauses = (*given[:1], *reversed([longer for one in given[:1] for longer in _longer(one)]), *given[1:])

    def check(self, trial: Trial) -> bool:
        """Return whether it was decided that a final state can be reached from *trial*.

        Raises `CheckFailed` that says what was tried when nothing that was drawn leads on to one.
        """
        if not self.finals or trial.status in self.finals:
            return True
        if self.undecided[trial.status] >= UNDECIDED:
            return False
        search = _Search(self)
        outcome = search.outcome(trial.fork())
        self.tried += search.tries
        self.undecided[trial.status] += outcome == "undecided"
        if outcome == "stuck":
            raise CheckFailed(
                "a final state can still be reached",
                f"no way was found from {trial.status!r} to {' or '.join(self.finals)}\n{search.report()}\n{_REMEDIES}",
            )
        return outcome == "arrives"


@attrs.define(eq=False)
class _Step:
    """A kind of step from one place, and where it leads: one trial at a time, None for commands that are refused."""

    kind: int
    distance: int
    """How far it is to a final state afterwards."""
    cost: int
    """What the way to the next trial costs."""
    waits: int
    """How often time passed since the last command."""
    paused: bool
    """Whether time passes on the way."""
    turns: Iterator[Trial | None]


@attrs.define
class _Places:
    """Places that were seen; not all can be hashed."""

    _known: dict[int, list[Any]] = attrs.field(factory=dict)

    def new(self, *place: Hashable) -> bool:
        """Return whether *place* was not seen before."""
        try:
            key = hash(place)
        except TypeError:
            key = hash(place[0])
        known = self._known.setdefault(key, [])
        if place in known:
            return False
        known.append(place)
        return True


@attrs.define
class _Search:
    """One search, best first: ways on which time passes take half of it at most, so that they crowd out no other."""

    live: Liveness
    tries: int = 0
    _ways: tuple[list[Any], list[Any]] = attrs.field(factory=lambda: ([], []))
    """Steps of ways on which no time passes, and of those on which it does."""
    _spent: list[int] = attrs.field(factory=lambda: [0, 0])
    """How many commands were tried on each."""
    _order: Iterator[int] = attrs.field(factory=count)
    _seen: _Places = attrs.field(factory=_Places)
    _seen_timeless: _Places = attrs.field(factory=_Places)
    _new_at: int = 0
    """How many commands were tried when the last new place turned up, its times left aside."""
    _refused: dict[tuple[str, str], str] = attrs.field(factory=dict)

    def outcome(self, trial: Trial) -> Literal["arrives", "stuck", "undecided"]:
        """Return whether a way to a final state was found, there is none, or new places kept turning up."""
        self._add(trial)
        while any(self._ways):
            if self.tries - self._new_at >= IDLE:
                return "stuck"
            if self.tries >= TRIES:
                return "undecided"
            step, before = self._next(), self.tries
            for found in islice(step.turns, 1):
                if found is not None:
                    if found.status in self.live.finals:
                        return "arrives"
                    self._add(found, step)
                self._push(step, 1 if step.kind == _PAUSE else _ASIDE)
            self._spent[step.paused] += self.tries - before
        return "stuck"

    def report(self) -> str:
        """Return what was tried, the refusals nearest to a final state first."""
        far = len(self.live.distances)
        ranked = sorted(self._refused.items(), key=lambda one: self.live.distances.get(one[0][0], far))
        lines = [f"  {trigger} in {status!r}: {text}" for (status, trigger), text in ranked[:_LINES]]
        left = len(ranked) - len(lines)
        more = [f"  and {left} more"] if left > 0 else []
        return "\n".join([f"{self.tries} commands were tried, among them:", *lines, *more])

    def _next(self) -> _Step:
        """Return the step that is looked at next."""
        still, paused = self._ways
        waits = paused and (not still or (paused[0] < still[0] and self._spent[True] <= self._spent[False]))
        found: _Step = heappop(paused if waits else still)[-1]
        return found

    def _push(self, step: _Step, cost: int = 0) -> None:
        step.cost += cost
        rank = (step.cost + step.distance + step.kind, step.kind, next(self._order))
        heappush(self._ways[step.paused], (*rank, step))

    def _add(self, trial: Trial, by: _Step | None = None) -> None:
        """Plan every step from where *trial* stands, unless the search was there before."""
        if not self._seen.new(trial.status, trial.clock(), trial.state):
            return
        if self._seen_timeless.new(trial.status, _timeless(trial.state)):
            self._new_at = self.tries
        cost, paused = (0, False) if by is None else (by.cost + 1, by.paused)
        waits = by.waits if by is not None and by.kind == _PAUSE else 0
        workflow, far = trial.workflow, len(self.live.distances) + 1
        here = self.live.distances.get(trial.status, far)
        for trigger in workflow.triggers:
            for dest in dict.fromkeys(one.dest for one in workflow.table.candidates(trial.status, trigger)):
                kind = _STAY if dest in (None, trial.status) else _MOVE
                there = here if dest is None else self.live.distances.get(dest, far)
                turns = self._led(trial, trigger, dest or trial.status)
                self._push(_Step(kind, there, cost, 0, paused, turns))
        if isinstance(trial.clock, ManualClock) and waits < WAITS:
            self._push(_Step(_PAUSE, here, cost, waits + 1, True, self._later(trial)))

    def _later(self, trial: Trial) -> Iterator[Trial | None]:
        """Yield *trial* after each pause."""
        for span in self.live.pauses:
            fork = trial.fork()
            if isinstance(fork.clock, ManualClock):
                fork.clock.now += span
            yield fork

    def _led(self, trial: Trial, trigger: str, dest: str) -> Iterator[Trial | None]:
        """Yield where the commands for *trigger* lead that lead to *dest*."""
        for allowed in self._allowed(trial, trigger, dest):
            if allowed is None:
                yield None
                continue
            command, actor = allowed
            fork = trial.fork()
            try:
                fork.send(command, actor=actor)
                _ = fork.status
            except Exception as error:  # noqa: BLE001 - it is found, and shown, where a life comes by
                self._fails(trial.status, trigger, command, error)
            else:
                yield fork

    def _allowed(self, trial: Trial, trigger: str, dest: str) -> Iterator[tuple[Any, Actor | None] | None]:
        """Yield commands for *trigger* that lead to *dest* now, and who says them; None after so many refusals.

        Those with the fewest reasons against them ask first, and of them those who did least so far.
        """
        commands = self.live.payloads.samples_of(trigger, trial)
        if not commands:
            self._refused[trial.status, trigger] = "nothing could be drawn for it"
            return
        acted = Counter(event.actor for event in trial.log)
        against = {one: self._reasons(trial, trigger, commands[0], one, dest) for one in self.live.actors}
        ranked = sorted(against, key=lambda one: (against[one], acted[None if one is None else one.id]))
        least = [one for one in ranked if against[one] == against[ranked[0]]]
        refused = 0
        for command, actor in chain(_mixed(commands, least), _mixed(commands, ranked[len(least) :])):
            asked = command is commands[0]
            reasons = against[actor] if asked else self._reasons(trial, trigger, command, actor, dest)
            if reasons == 0:
                yield command, actor
            else:
                refused += 1
                if refused % SAMPLES == 0:
                    yield None

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


def _longer(span: timedelta) -> Iterator[timedelta]:
    """Yield spans that double from *span* on, and the longest."""
    while timedelta(0) < span < FAR:
        span = min(2 * span, FAR)
        yield span


def _mixed(commands: Sequence[Any], actors: Sequence[Actor | None]) -> Iterator[tuple[Any, Actor | None]]:
    """Yield each command with each of *actors*, the first of both first."""
    pairs = product(range(len(commands)), range(len(actors)))
    return ((commands[one], actors[other]) for one, other in sorted(pairs, key=sum))


def _timeless(state: Any) -> Any:
    """Return what *state* holds without its times, which differ wherever one waited."""
    if not attrs.has(type(state)):
        return state
    values = (getattr(state, field.name) for field in attrs.fields(type(state)))
    return tuple(None if isinstance(value, datetime) else value for value in values)
