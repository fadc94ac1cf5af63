"""Rounds, figures and how they are printed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import attrs

ROUNDS = 7
"""How many rates are taken of each side."""


@attrs.frozen(kw_only=True)
class Figure:
    """One measured figure beside its bar; a figure of a run that went wrong does not meet any."""

    name: str
    value: float | None
    """None when it could not be measured."""
    unit: str
    bar: float
    least: bool = True
    """Whether the value must reach the bar; otherwise it must not exceed it."""
    peer: str = ""
    """What stands beside it: the peer's figure, or that of a raw loop over the driver."""
    spread: str = ""
    correct: bool = True
    """Whether what was measured did the right thing."""
    why: str = ""
    """What was wrong with it, when something was."""

    @property
    def quotable(self) -> float | None:
        """The value of a run that was correct."""
        return self.value if self.correct else None

    @property
    def sign(self) -> str:
        """How the value stands to the bar when it is met."""
        return ">=" if self.least else "<="

    @property
    def met(self) -> bool:
        """Whether the bar is met by a run that was correct."""
        if self.quotable is None:
            return False
        return self.quotable >= self.bar if self.least else self.quotable <= self.bar

    def to_json(self) -> dict[str, Any]:
        """Return the figure as the files in `build` hold it; what was wrong has no value."""
        said = {
            "name": self.name,
            "value": None if self.quotable is None else round(self.quotable, 3),
            "unit": self.unit,
            "bar": self.bar,
            "sign": self.sign,
            "met": self.met,
            "peer": self.peer,
            "spread": self.spread,
        }
        return said if self.correct else {**said, "why": self.why}

    def line(self) -> str:
        """Return the figure as people read it."""
        bar = f"(bar {self.sign} {self.bar:,g})"
        if self.quotable is None:
            return f"WRONG  {self.name}: no figure {bar}\n       {self.why}"
        verdict = "met" if self.met else "MISSED"
        return f"{verdict:6} {self.name}: {self.quotable:,.2f} {self.unit} {bar} {self.spread}\n       {self.peer}"


@attrs.frozen
class Duel:
    """Rates of two sides, round by round."""

    ours: tuple[float, ...]
    theirs: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """The median of the ratios of the rounds: what slows a round slows both sides of it."""
        return median(self.ratios)

    @property
    def ratios(self) -> tuple[float, ...]:
        return tuple(ours / theirs for ours, theirs in zip(self.ours, self.theirs, strict=True))

    def figure(self, name: str, *, bar: float, what: str, peer: str, correct: bool) -> Figure:
        """Return how many times as fast as the peer we are."""
        return Figure(
            name=name,
            value=self.ratio,
            unit="times the peer",
            bar=bar,
            peer=f"{rate(self.ours)} {what} beside {rate(self.theirs)} of {peer}",
            spread=spread(self.ratios),
            correct=correct,
        )


Side = Callable[[], tuple[int, float]]
"""Does a piece of work; returns how much was done, and the seconds that it took."""


def duel(ours: Side, theirs: Side, *, rounds: int = ROUNDS, pieces: int = 1) -> Duel:
    """Return the rates that both sides reach in *rounds* rounds of *pieces* pieces each.

    The sides take turns piece by piece, and the one that begins changes: what else the machine does hits both.
    """
    rates: dict[Side, list[float]] = {ours: [], theirs: []}
    for _ in range(rounds):
        done = {ours: [0, 0.0], theirs: [0, 0.0]}
        for piece in range(pieces):
            for side in (ours, theirs) if piece % 2 == 0 else (theirs, ours):
                amount, seconds = side()
                done[side][0] += amount
                done[side][1] += seconds
        for side, (amount, seconds) in done.items():
            rates[side].append(amount / seconds)
    return Duel(tuple(rates[ours]), tuple(rates[theirs]))


def rate(values: Sequence[float]) -> str:
    """Return the median of rates with their spread, as people read it."""
    return f"{median(values):,.0f}/s [{min(values):,.0f} .. {max(values):,.0f}]"


def spread(values: Sequence[float]) -> str:
    """Return the smallest and the largest of *values*."""
    return f"[{min(values):,.2f} .. {max(values):,.2f}] in {len(values)} rounds"


def report(figures: Iterable[Figure], path: Path) -> int:
    """Print the figures as they come, write them to *path*, and return the exit status."""
    started = perf_counter()
    measured = []
    for figure in figures:
        print(figure.line(), flush=True)
        measured.append(figure)
    write(measured, path)
    missed = [figure.name for figure in measured if not figure.met]
    print(f"{len(measured) - len(missed)} of {len(measured)} bars met, in {perf_counter() - started:.0f} s")
    return 1 if missed else 0


def write(figures: Sequence[Figure], path: Path) -> None:
    """Write the figures for programs to read."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps([figure.to_json() for figure in figures], indent=1) + "\n")
