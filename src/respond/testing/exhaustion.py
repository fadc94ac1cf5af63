"""Exhaust a workflow: visit every abstract state once, breadth first, and hold an invariant against each step there.

    def severe_is_reported_up(standing):
        state = standing.state
        assert standing.status != "resolved" or state.level > 1 or state.reported_upward

    def test_rules():
        assert exhaust(WORKFLOW, 12, invariant=severe_is_reported_up).complete

Each abstract state is spoken for by the first standing that was found of it.  `complete` says that nothing was left to
try from any of them; it is a proof as far as standings that the abstraction sorts together behave alike, and as far as
the payloads go.  `representatives` asks more standings of each, and shows where they do not behave alike.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from datetime import timedelta
from typing import Any

import attrs

from respond.domain.references import Actor
from respond.errors import InvalidInput
from respond.plan.plan import Plan
from respond.testing.offers import Offering, Samples
from respond.testing.outline import outline
from respond.testing.search import Abstraction, Arrived, Edge, Node, Refused, Search, edges_of
from respond.testing.standing import Standing, Walk
from respond.workflow.workflow import Workflow

Invariant = Callable[[Standing], Any]
"""Raises `AssertionError`, or returns False, where it does not hold."""


class InvariantBroken(AssertionError):
    """An invariant does not hold; the text is the shortest program that the search found to get there."""

    def __init__(self, name: str, reason: str, node: Node) -> None:
        told = f": {reason}" if reason else ""
        super().__init__(f"{name} does not hold after {node.depth} steps{told}\n\n{node.program()}")
        self.standing = node.standing
        """Where it does not hold."""
        self.steps = tuple(step for step, _ in node.way())
        """What leads there."""


@attrs.frozen(kw_only=True)
class Blurred:
    """An abstract state whose standings do not behave alike: one of them can go where another cannot."""

    state: Hashable
    differs: tuple[str, ...]
    """The triggers that lead elsewhere from some of them."""


@attrs.frozen(kw_only=True)
class Exhausted:
    """What a search visited."""

    workflow: str
    """The definition."""
    states: int
    """How many abstract states were visited."""
    complete: bool
    """Whether there are no others: every step was tried from each."""
    deepest: int
    """How many steps lead to the farthest."""
    taken: int
    """How many steps were taken."""
    refused: Mapping[str, int]
    """For each code how many steps it stood against."""
    statuses: Mapping[str, int]
    """For each state of the workflow how many abstract states it has."""
    never: tuple[Edge, ...]
    """The transitions that no step took."""
    blurred: tuple[Blurred, ...] = ()
    """The abstract states whose standings do not behave alike, as far as more than one was asked."""

    def __str__(self) -> str:
        covered = "all that there are" if self.complete else "not all that there are"
        text = (
            f"{self.workflow}: {self.states:,} abstract states, {covered}; the farthest is {self.deepest} steps away; "
            f"{self.taken:,} steps taken, {sum(self.refused.values()):,} reasons against others"
        )
        untaken = f"; never taken: {', '.join(map(str, self.never))}" if self.never else ""
        return text + untaken + (f"; {len(self.blurred)} of them blurred" if self.blurred else "")


def exhaust(
    workflow: Workflow,
    depth: int | None = None,
    *,
    plan: Plan | None = None,
    plans: Iterable[Plan] = (),
    payloads: Samples | None = None,
    abstraction: Abstraction = outline,
    invariant: Invariant | None = None,
    actors: Iterable[Actor | str | None] = (None,),
    ticks: Iterable[timedelta] = (),
    representatives: int = 1,
    states_max: int = 100_000,
) -> Exhausted:
    """Try every step from every abstract state up to *depth* steps away, and return what was visited.

    *payloads* are samples of commands by trigger or class; of a command that it leaves out some are drawn.  *actors*
    send each, and each of *ticks* is a step in which time passes.  Raises `InvariantBroken` with the shortest program
    to a standing where *invariant* does not hold.
    """
    if representatives < 1:
        raise InvalidInput(f"{representatives} is not a number of standings", place="representatives")
    walk = Walk(workflow, plan=plan, plans=plans)
    offers = Offering.of(workflow, plan=walk.begin().plan, payloads=payloads, actors=actors, ticks=ticks)
    search = Search(walk, offers, abstraction, depth=depth, states_max=states_max, representatives=representatives)
    seen = _Seen()
    for event in search.run():
        seen.take(event)
        if invariant is not None and not isinstance(event, Refused):
            _hold(invariant, event.node if isinstance(event, Arrived) else event)
    return Exhausted(
        workflow=str(workflow.reference),
        states=len(search.visited),
        complete=search.complete,
        deepest=search.deepest,
        taken=seen.taken,
        refused=dict(seen.refused.most_common()),
        statuses=dict(Counter(node.standing.status for node in search.visited.values())),
        never=tuple(edge for edge in edges_of(workflow) if edge not in seen.edges),
        blurred=seen.blurred(),
    )


@attrs.define
class _Seen:
    """What a search told so far."""

    taken: int = 0
    refused: Counter[str] = attrs.field(factory=Counter)
    edges: set[Edge] = attrs.field(factory=set)
    _ways: defaultdict[Hashable, list[set[tuple[str, Hashable]]]] = attrs.field(factory=lambda: defaultdict(list))
    """For each abstract state, where else each standing of it could go."""

    def take(self, event: Node | Arrived | Refused) -> None:
        if isinstance(event, Refused):
            self.refused.update(event.codes)
        elif isinstance(event, Node):
            self._ways[event.key].append(set())
        elif event.node.parent is not None:
            self.taken += 1
            edge = event.node.taken
            if event.node.key != event.node.parent.key:
                self._ways[event.node.parent.key][-1].add((edge.trigger if edge else "", event.node.key))
            if edge is not None:
                self.edges.add(edge)

    def blurred(self) -> tuple[Blurred, ...]:
        found = ((key, set().union(*ways) - ways[0].intersection(*ways)) for key, ways in self._ways.items())
        return tuple(
            Blurred(state=key, differs=tuple(sorted({trigger or "time passes" for trigger, _ in differing})))
            for key, differing in found
            if differing
        )


def _hold(invariant: Invariant, node: Node) -> None:
    name = getattr(invariant, "__name__", "the invariant")
    try:
        held = invariant(node.standing)
    except AssertionError as error:
        raise InvariantBroken(name, str(error).partition("\n")[0], node) from error
    if held is False:
        raise InvariantBroken(name, "", node)
