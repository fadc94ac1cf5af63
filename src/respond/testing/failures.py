"""Failures of generated lives: how one life failed, and the shortest program that fails like it."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import attrs

from respond.testing.checks import CheckFailed
from respond.testing.shortest import Shortening

if TYPE_CHECKING:
    from respond.testing.lives import Step, WorkflowMachine

TRIES_AT_END = 30_000
"""How many commands are tried to shorten a program whose end cannot be reached: each play searches for the end."""
SHORTEST = "The shortest program that fails like this:"
ONCE = (
    "The program that failed like this; it does not when it is played again, so something in it is not pure, or "
    "changes what all lives share:"
)


@attrs.frozen(eq=False)
class Failure:
    """A life that failed, and how."""

    steps: tuple[Step, ...]
    error: Exception
    at_end: bool = False
    """Whether it was found when the life was over."""
    signature: tuple[Any, ...] = attrs.field(init=False)
    """What tells it from another failure."""

    @signature.default
    def _signature(self) -> tuple[Any, ...]:
        return signature_of(self.error)

    def shown(self, kind: type[WorkflowMachine], notes: Sequence[str]) -> Exception:
        """Return the error of the shortest program that fails alike, which it tells with *notes*.

        It is played with the invariants alone first, where one of them failed.  When no program fails alike again it
        is the error of the life itself, with the steps of that.
        """
        error, told = self.error, [ONCE, *self._program(kind)]
        for checked in dict.fromkeys((self.at_end or isinstance(self.error, CheckFailed), True)):
            if again := self._shortest(kind, checked=checked):
                error, told = again[0], [SHORTEST, *again[1]]
                break
        for note in ("\n".join([*told, "state.teardown()"]), *notes):
            error.add_note(note)
        return error

    def _shortest(self, kind: type[WorkflowMachine], *, checked: bool) -> tuple[Exception, list[str]] | None:
        """Return how the shortest program fails, with its lines; None when none fails alike."""
        tried = 0 if kind.liveness is None else kind.liveness.tried

        def alike(steps: Sequence[Step]) -> bool:
            if kind.liveness is not None and kind.liveness.tried > tried + TRIES_AT_END:
                return False
            error, _ = self._played(kind, steps, checked=checked)
            return error is not None and signature_of(error) == self.signature

        if not alike(self.steps):
            return None
        shorter = Shortening(alike, lambda step: step.simpler()).of(self.steps)
        error, lines = self._played(kind, shorter, checked=checked)
        return None if error is None else (error, lines)

    def _played(
        self, kind: type[WorkflowMachine], steps: Sequence[Step], *, checked: bool
    ) -> tuple[Exception | None, list[str]]:
        """Return how a life of *steps* fails, and its lines; only one that failed at its end is looked at there."""
        machine, lines = kind(), [_first(kind)]
        machine.checked = checked
        if kind.liveness is not None:
            kind.liveness.undecided.clear()
        try:
            machine.play(steps, lines.append)
            if self.at_end:
                machine.finish()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
            return error, lines
        return None, lines

    def _program(self, kind: type[WorkflowMachine]) -> list[str]:
        machine = kind()
        return [_first(kind), *map(machine.line, self.steps)]


def signature_of(error: BaseException) -> tuple[Any, ...]:
    """Return what tells one failure from another: the kind, the place, and the check."""
    frames = traceback.extract_tb(error.__traceback__)
    place = (frames[-1].filename, frames[-1].lineno) if frames else None
    return type(error), place, getattr(error, "check", "")


def _first(kind: type[WorkflowMachine]) -> str:
    return f"state = {kind.__name__}()"
