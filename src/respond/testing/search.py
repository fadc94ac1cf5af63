"""Search: every step from every abstract state, breadth first, each state visited once.

Concrete states without end are sorted into abstract ones by an abstraction.  The first standing that is found of each
speaks for all of them.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Hashable, Iterable, Iterator

import attrs

from respond.errors import CommandRefused, InvalidInput
from respond.testing.standing import Sent, Standing, Step, Walk
from respond.testing.steps import program_of
from respond.workflow.definition import trigger_of
from respond.workflow.workflow import Workflow

Abstraction = Callable[[Standing], Hashable]
"""Returns the abstract state that a standing belongs to."""
Offers = Callable[[Standing], Iterable[Step]]
"""Returns the steps that are tried from a standing."""


@attrs.frozen
class Edge:
    """A transition of the definition, from one of its sources."""

    source: str
    trigger: str
    dest: str

    def __str__(self) -> str:
        return f"{self.source}-{self.trigger}-{self.dest}"


def edges_of(workflow: Workflow) -> tuple[Edge, ...]:
    """Return every transition of *workflow* from each of its sources, in the order of the definition."""
    steps = ((source, one) for one in workflow.transitions for source in one.sources)
    return tuple(dict.fromkeys(Edge(source, one.trigger, one.dest or source) for source, one in steps))


@attrs.frozen(eq=False)
class Node:
    """A standing, and the shortest way to it that was found."""

    standing: Standing
    depth: int = 0
    """How many steps lead to it."""
    parent: Node | None = None
    step: Step | None = None
    edge: Edge | None = None
    """The transition that was taken last."""
    key: Hashable = None
    """Its abstract state."""

    @property
    def taken(self) -> Edge | None:
        """The transition that the last step took; None where time passed."""
        return self.edge if isinstance(self.step, Sent) else None

    def way(self) -> tuple[tuple[Step, Standing], ...]:
        """Return the steps that lead to it, each with where it leads."""
        return tuple((node.step, node.standing) for node in self._line() if node.step is not None)

    def program(self) -> str:
        """Return them as a program that people read."""
        return program_of(self.standing.workflow, self.way())

    def _line(self) -> list[Node]:
        line = [self]
        while line[-1].parent is not None:
            line.append(line[-1].parent)
        return line[::-1]


@attrs.frozen(eq=False)
class Refused:
    """A step that was refused."""

    node: Node
    trigger: str
    codes: tuple[str, ...]


@attrs.frozen(eq=False)
class Arrived:
    """A step that was taken."""

    node: Node
    new: bool
    """Whether its abstract state was not visited before."""


@attrs.define
class Search:
    """One search; it can be left at any time, and its figures tell how far it came."""

    walk: Walk
    offers: Offers
    abstraction: Abstraction
    depth: int | None = None
    """How many steps lead away from the beginning at most; no bound when None."""
    states_max: int | None = None
    """How many abstract states are visited at most; no bound when None."""
    with_edge: bool = False
    """Whether what was entered by another transition counts as another abstract state."""
    representatives: int = 1
    """How many standings of each abstract state are stepped on from."""
    visited: dict[Hashable, Node] = attrs.field(init=False, factory=dict)
    left: int = attrs.field(init=False, default=0)
    """How many standings wait to be stepped on from."""
    full: bool = attrs.field(init=False, default=False)
    """Whether one more was found, and there was no room for it."""
    deepest: int = attrs.field(init=False, default=0)
    """How many steps lead to the abstract state that is the farthest."""
    idle: Counter[tuple[str, Edge | None, str]] = attrs.field(init=False, factory=Counter)
    """How often a command caused nothing: by the state, the transition that was taken before, and the trigger."""
    _found: Counter[Hashable] = attrs.field(init=False, factory=Counter)

    @property
    def complete(self) -> bool:
        """Whether every step was tried from every abstract state that can be reached."""
        return not self.left and not self.full

    def run(self) -> Iterator[Node | Arrived | Refused]:
        """Yield each standing before it is stepped on from, and each step from it, taken or refused."""
        first = self._first()
        waiting = deque([first])
        while waiting:
            node = waiting.popleft()
            if self.depth is not None and node.depth >= self.depth:
                continue
            yield node
            for step in self.offers(node.standing):
                taken = self._take(node, step)
                if taken is None:
                    continue
                yield taken
                if isinstance(taken, Arrived) and self._speaks(taken):
                    waiting.append(taken.node)
            self.left -= 1

    def _first(self) -> Node:
        begin = self.walk.begin()
        first = Node(begin, key=self._key(begin, None))
        self.visited[first.key] = first
        self._found[first.key] = self.left = 1
        return first

    def _speaks(self, arrived: Arrived) -> bool:
        """Return whether to step on from where *arrived* leads."""
        key = arrived.node.key
        self._found[key] += 1
        wanted = key in self.visited and self._found[key] <= self.representatives
        self.left += wanted
        return wanted

    def _take(self, node: Node, step: Step) -> Arrived | Refused | None:
        trigger = trigger_of(type(step.command)) if isinstance(step, Sent) else ""
        try:
            after = self.walk.take(node.standing, step)
        except CommandRefused as refused:
            return Refused(node, trigger, tuple(one.code for one in refused.refusals))
        if after is node.standing:
            self.idle[node.standing.status, node.edge, trigger] += 1
            return None
        edge = Edge(node.standing.status, trigger, after.status) if trigger else node.edge
        led = Node(after, node.depth + 1, node, step, edge, self._key(after, edge))
        known = led.key in self.visited
        new = not known and (self.states_max is None or len(self.visited) < self.states_max)
        if new:
            self.visited[led.key] = led
            self.deepest = led.depth
        self.full = self.full or not (known or new)
        return Arrived(led, new)

    def _key(self, standing: Standing, edge: Edge | None) -> Hashable:
        key = self.abstraction(standing)
        try:
            hash(key)
        except TypeError as error:
            raise InvalidInput(
                "must return a hashable value, a tuple for one", place="abstraction", value=key
            ) from error
        return (key, edge) if self.with_edge else key
