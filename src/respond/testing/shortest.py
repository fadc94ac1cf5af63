"""The shortest program that fails in the same way: steps are left out, then made simpler, until nothing more can go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar

import attrs

StepT = TypeVar("StepT")

PLAYS = 1000
"""How many programs are played at most."""
SMALL = 6
"""Up to how many steps a stretch has that is tried at every place; longer ones are tried side by side."""


@attrs.define
class Shortening(Generic[StepT]):
    """Shortens programs, as long as *fails* says of what is left that it fails in the same way."""

    fails: Callable[[Sequence[StepT]], bool]
    simpler: Callable[[StepT], Iterable[StepT]]
    """Yields what could stand for a step and is simpler than it, the simplest first."""
    plays: int = PLAYS
    """How many programs may still be played."""
    _known: set[tuple[StepT, ...]] = attrs.field(init=False, factory=set)

    def of(self, steps: Sequence[StepT]) -> list[StepT]:
        """Return the shortest program that was found; *steps* when nothing can be left out."""
        known = list(steps)
        while True:
            shorter = self._simplified(self._cut(known))
            if shorter == known:
                return shorter
            known = shorter

    def _cut(self, steps: list[StepT]) -> list[StepT]:
        """Leave out stretches, long ones first."""
        size = len(steps) // 2
        while size:
            start = len(steps) - size
            while start >= 0:
                left = steps[:start] + steps[start + size :]
                if self._still(left):
                    steps = left
                    start = min(start, len(steps) - size)
                else:
                    start -= 1 if size <= SMALL else size
            size = min(size - 1 if size <= SMALL else size // 2, len(steps))
        return steps

    def _simplified(self, steps: list[StepT]) -> list[StepT]:
        for index in range(len(steps)):
            tried = True
            while tried:
                tried = False
                for other in self.simpler(steps[index]):
                    attempt = [*steps[:index], other, *steps[index + 1 :]]
                    if self._still(attempt):
                        steps, tried = attempt, True
                        break
        return steps

    def _still(self, steps: Sequence[StepT]) -> bool:
        key = tuple(steps)
        if self.plays <= 0 or key in self._known:
            return False
        self._known.add(key)
        self.plays -= 1
        return self.fails(steps)
