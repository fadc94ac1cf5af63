"""The order that a workflow allows, as plain data: plans know no workflow, and lint is told of one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property

import attrs


@attrs.frozen
class Step:
    """A command that leads from one state to another, or leaves it where it is."""

    command: str
    source: str
    dest: str
    reopens: bool = False
    """Whether it leads on from where it was over."""


@attrs.frozen(slots=False)
class Flow:
    """Every step that a workflow has."""

    steps: tuple[Step, ...]
    initial: str = "new"
    further: tuple[str, ...] = ()
    """The commands of other workflows that a plan has rules for."""
    unasked: frozenset[str] = frozenset()
    """The commands for which nobody is asked, and that so need no rule: the engine gives them by itself."""

    @cached_property
    def commands(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(step.command for step in self.steps))

    @cached_property
    def reopening(self) -> frozenset[str]:
        """The commands by which it is not over after all."""
        return frozenset(step.command for step in self.steps if step.reopens)

    @cached_property
    def states(self) -> frozenset[str]:
        return frozenset(state for step in self.steps for state in (step.source, step.dest))

    def walks(
        self, watched: frozenset[str], barred: Callable[[str, frozenset[str]], bool], *, asked: str = ""
    ) -> Iterator[tuple[str, frozenset[str]]]:
        """Yield each command of *watched*, and *asked*, that can be carried out, with those of *watched* before it.

        *barred* says of a command, after those of *watched* that were carried out, whether it is refused.
        """
        told = watched | {asked}
        steps = {
            source: [step for step in leaving if step.dest != source or step.command in told]
            for source, leaving in self._from.items()
        }
        waiting: list[tuple[str, frozenset[str]]] = [(self.initial, frozenset())]
        seen = set(waiting)
        while waiting:
            state, done = waiting.pop()
            for step in steps.get(state, ()):
                if barred(step.command, done):
                    continue
                if step.command in told:
                    yield step.command, done
                after = (step.dest, done | ({step.command} & watched))
                if after not in seen:
                    seen.add(after)
                    waiting.append(after)

    @cached_property
    def _from(self) -> dict[str, list[Step]]:
        found: dict[str, list[Step]] = {}
        for step in self.steps:
            found.setdefault(step.source, []).append(step)
        return found
