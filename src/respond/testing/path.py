"""Paths: sequences of commands that enter each state, take each transition, or each pair of transitions in a row.

    @pytest.mark.parametrize("path", paths(WORKFLOW, "transitions"))
    def test_every_transition(path):
        trial = path.play()
        ...

They are the same in every run.  What no command that was tried can reach is among them too, and fails when it is
played; what is meant to be out of reach is named as *impossible*.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Literal, get_args

import attrs

from respond.domain.references import Actor
from respond.errors import InvalidInput
from respond.plan.plan import Plan
from respond.testing.clocks import ManualClock
from respond.testing.offers import Offering, Samples
from respond.testing.options import names_in, workflow_in
from respond.testing.outline import outline
from respond.testing.search import Abstraction, Arrived, Edge, Node, Refused, Search, edges_of
from respond.testing.standing import Sent, Standing, Step, Walk, command_id_at
from respond.testing.steps import program_of
from respond.testing.trial import Trial
from respond.workflow.workflow import Workflow

Cover = Literal["shortest", "transitions", "pairs"]
"""`shortest`: each state, by the shortest way; `transitions`: each transition; `pairs`: each two in a row."""


class NotReached(AssertionError):
    """No command that was tried reaches what a path is for; or one does that was said to be impossible."""


@attrs.frozen(kw_only=True, eq=False)
class Path:
    """Steps that lead to a goal: a state, a transition, or two in a row."""

    name: str
    """The goal; pytest shows it as the id of the test."""
    workflow: Workflow
    plans: tuple[Plan, ...]
    steps: tuple[tuple[Step, Standing], ...] = ()
    """What is sent, or waited for, and where it leads."""
    against: str = ""
    """Why it cannot be played; empty when it can."""

    @property
    def __name__(self) -> str:  # what pytest takes for the id of a test
        return self.name

    def __repr__(self) -> str:
        return f"<path {self.name}: {self.against or f'{len(self.steps)} steps'}>"

    @property
    def reached(self) -> bool:
        """Whether it leads to its goal."""
        return not self.against

    def program(self) -> str:
        """Return the steps as a program that people read."""
        return program_of(self.workflow, self.steps)

    def play(self) -> Trial:
        """Return a trial that went this way on a real engine; raises `NotReached` when there is none."""
        if self.against:
            raise NotReached(f"{self.name}: {self.against}" + (f"\n\n{self.program()}" if self.steps else ""))
        clock = ManualClock()
        trial = Trial(self.workflow, plans=self.plans, clock=clock)
        for step, expected in self.steps:
            if isinstance(step, Sent):
                trial.send(step.command, actor=step.actor, command_id=command_id_at(len(trial.log)))
            else:
                clock.move(seconds=step.span.total_seconds())
            if trial.state != expected.state:
                raise AssertionError(f"{self.name}: the engine leads to {trial.state}, the search to {expected.state}")
        return trial


def paths(
    workflow: Workflow,
    cover: Cover = "transitions",
    *,
    plan: Plan | None = None,
    plans: Iterable[Plan] = (),
    payloads: Samples | None = None,
    impossible: Iterable[str] = (),
    abstraction: Abstraction = outline,
    actors: Iterable[Actor | str | None] = (None,),
    ticks: Iterable[timedelta] = (),
    states_max: int = 2_000,
) -> list[Path]:
    """Return one path for each state, transition or pair of *workflow*, in the order of its definition.

    The shortest are sought, breadth first, among *states_max* abstract states; *payloads*, *actors*, *ticks* and
    *abstraction* are as for `exhaust`.  A path that no sample reaches fails when it is played.  Those named in
    *impossible* are left out, unless they can be reached after all.  Raises `InvalidInput` for an unknown name there.
    """
    goals = _goals(workflow_in(workflow), cover)
    declared = frozenset(names_in("impossible", impossible, list(goals), f"path of {cover}"))
    walk = Walk(workflow, plan=plan, plans=plans)
    offers = Offering.of(workflow, plan=walk.begin().plan, payloads=payloads, actors=actors, ticks=ticks)
    search = Search(walk, offers, abstraction, states_max=states_max, with_edge=cover == "pairs")
    found, tried = _searched(search, cover, set(goals.values()))
    made: list[Path] = []
    for name, goal in goals.items():
        node = found.get(goal)
        if node is not None:
            against = "it was said to be impossible" if name in declared else ""
        elif name in declared:
            continue
        else:
            against = tried.against(goal, search, offers.ticks)
        way = () if node is None else node.way()
        made.append(Path(name=name, workflow=workflow, plans=walk.plans, steps=way, against=against))
    return made


Goal = str | Edge | tuple[Edge, Edge]
"""A state, a transition, or two in a row."""


def _goals(workflow: Workflow, cover: Cover) -> dict[str, Goal]:
    """Return what there is to reach, by name; raises `InvalidInput` for another word than those of `Cover`."""
    edges = edges_of(workflow)
    match cover:
        case "shortest":
            return {state: state for state in workflow.states}
        case "transitions":
            return {str(edge): edge for edge in edges}
        case "pairs":
            pairs = ((first, last) for first in edges for last in edges if first.dest == last.source)
            return {f"{first}-{last.trigger}-{last.dest}": (first, last) for first, last in pairs}
        case _:
            raise InvalidInput(f"{cover!r} is not one of {', '.join(get_args(Cover))}", place="cover")


def _reached(node: Node, cover: Cover) -> Goal | None:
    """Return the goal that the last step to *node* reached."""
    if cover == "shortest":
        return node.standing.status
    before = None if node.parent is None else node.parent.edge
    if cover == "transitions" or node.taken is None:
        return node.taken
    return None if before is None else (before, node.taken)


def _searched(search: Search, cover: Cover, goals: set[Goal]) -> tuple[dict[Goal, Node], _Tried]:
    """Search until every goal is reached, or nothing is left; return the first way to each that was found."""
    found: dict[Goal, Node] = {}
    tried = _Tried()
    for event in search.run():
        if isinstance(event, Refused):
            tried.take(event)
        elif isinstance(event, Arrived):
            goal = _reached(event.node, cover)
            if goal is not None and goal in goals:
                found.setdefault(goal, event.node)
                if len(found) == len(goals):
                    break
    return found, tried


@attrs.frozen
class _Attempt:
    """A trigger that was refused in a state, and the transition that was taken last."""

    source: str
    before: Edge | None
    trigger: str

    def misses(self, goal: Goal, edges: Iterable[Edge]) -> bool:
        """Return whether it would have reached *goal*, had it been allowed."""
        if isinstance(goal, tuple) and self.before != goal[0]:
            return False
        ends = [edge for edge in edges if edge.dest == goal] if isinstance(goal, str) else [goal]
        lasts = [end[1] if isinstance(end, tuple) else end for end in ends]
        return any((last.source, last.trigger) == (self.source, self.trigger) for last in lasts)


@attrs.define
class _Tried:
    """What was refused, and why."""

    refused: dict[_Attempt, Counter[str]] = attrs.field(factory=dict)

    def take(self, refused: Refused) -> None:
        node = refused.node
        attempt = _Attempt(node.standing.status, node.edge, refused.trigger)
        self.refused.setdefault(attempt, Counter()).update(refused.codes)

    def against(self, goal: Goal, search: Search, ticks: Sequence[timedelta]) -> str:
        """Return what stood against *goal*, and how far was searched."""
        edges = edges_of(search.walk.workflow)
        codes: Counter[str] = Counter()
        for attempt, found in self.refused.items():
            if attempt.misses(goal, edges):
                codes += found
        told = ", ".join(f"{code} ({count})" for code, count in codes.most_common())
        idle = sum(count for where, count in search.idle.items() if _Attempt(*where).misses(goal, edges))
        stood = []
        if told:
            stood.append(f"against it stood {told}")
        if idle:
            stood.append(f"what was accepted caused nothing ({idle})")
        why = ", and ".join(stood) or "nothing was tried that could reach it"
        return f"not reached: {why}; {_extent(search, ticks)}"


def _extent(search: Search, ticks: Sequence[timedelta]) -> str:
    """Return how far was searched: only the first standing of an abstract state is stepped on from, at its time."""
    count = len(search.visited)
    searched = f"{count} abstract {'state was' if count == 1 else 'states were'} searched"
    if not search.complete:
        return f"{searched}, and there are more"
    if not ticks:
        return f"{searched}, which are all" if count > 1 else f"{searched}, and there is no other"
    spans = " or ".join(str(tick) for tick in ticks)
    return (
        f"{searched}, all that the abstraction tells apart; time was moved by {spans} from the first standing of each, "
        "again only where that led to another of them: give a longer tick, or an abstraction that tells times apart"
    )
