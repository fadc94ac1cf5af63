"""What the testing kit costs: each figure beside its bar.

Run it with `make bench-testing`; it writes `build/bench-testing.json`, and ends with 1 when a bar is missed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from statistics import median
from time import perf_counter

from databases import ROOT, settings
from harness import Figure, report
from hypothesis import settings as profile
from hypothesis.stateful import invariant

import claims
from planting import with_evolver
from respond.domain.values import replace
from respond.testing import WorkflowMachine, workflow_machine
from respond.testing.settings import CI

ROUNDS = 5
LIVES = 100
FIRST = ["state.file(amount=2)", "state.examine(finding='sound', owed=2)", "state.approve()", "state.pay(amount=1)"]
"""How the shortest program of the planted failure begins."""


def main() -> int:
    """Measure everything and return the exit status."""
    print(*settings(), sep="\n")
    return report(_figures(), ROOT / "build" / "bench-testing.json")


def _figures() -> Iterator[Figure]:
    yield _lives()
    yield _failure()


def _lives() -> Figure:
    """Measure how long a hundred lives of a sound workflow of seven states take."""
    seconds = [_seconds(Sound)[0] for _ in range(ROUNDS)]
    return Figure(
        name=f"{LIVES} lives of a workflow of seven states",
        value=median(seconds),
        unit="s",
        bar=3.0,
        least=False,
        spread=f"[{min(seconds):.2f} .. {max(seconds):.2f}] in {ROUNDS} rounds",
        peer=_loop(),
    )


def _failure() -> Figure:
    """Measure how long it takes until a planted failure is reported with its shortest program."""
    found = [_seconds(Broken) for _ in range(ROUNDS)]
    seconds = [one for one, _ in found]
    wrong = next((program for _, program in found if program[1:5] != FIRST), None)
    return Figure(
        name="a planted failure, reported under the profile ci",
        value=max(seconds),
        unit="s at worst",
        bar=5.0,
        least=False,
        spread=f"[{min(seconds):.2f} .. {max(seconds):.2f}] in {ROUNDS} rounds",
        peer=_loop(),
        correct=wrong is None,
        why=f"the program was {wrong}",
    )


def _seconds(machine: type[WorkflowMachine]) -> tuple[float, list[str]]:
    """Return how long a run takes, and the program that it shows."""
    program: list[str] = []
    started = perf_counter()
    try:
        machine.run(profile(machine.TestCase.settings, database=None, max_examples=LIVES))
    except AssertionError as error:
        program = next(note for note in error.__notes__ if "shortest" in note).splitlines()[1:]
    return perf_counter() - started, program


def _loop() -> str:
    """Return what a plain loop takes now: it tells how busy the machine is."""
    started = perf_counter()
    for _ in range(10_000_000):
        pass
    return f"an empty loop of ten million turns takes {perf_counter() - started:.2f} s"


def _lost(claim: claims.Claim, event: object) -> claims.Claim:
    """Take the last payment for all of them."""
    return replace(claim, status=event.data.to, paid=event.data.amount, paid_at=event.happened_at)


profile.register_profile("ci", CI)
profile.load_profile("ci")


class Sound(workflow_machine(claims.CLAIM)):
    """A sound workflow."""


class Broken(workflow_machine(with_evolver(claims.CLAIM, claims.ClaimPaid, _lost))):
    """A lost update, and the rule that it breaks."""

    @invariant()
    def payments_add_up(self) -> None:
        """Check that what was paid is the sum of the payments."""
        assert self.state.paid == sum(event.data.amount for event in self.log if event.type == "ClaimPaid")


if __name__ == "__main__":
    sys.exit(main())
