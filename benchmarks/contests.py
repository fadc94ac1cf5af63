"""Contests: teams that take turns on fresh databases, round by round, followed and judged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from itertools import chain
from statistics import median, quantiles

import attrs
from checking import Verdict, all_of
from crowds import Work
from following import Follower
from harness import Duel, Figure, rate, spread
from teams import Team

WARM_SECONDS = 0.05
"""How long a team works before any clock runs: connections are opened, statements prepared."""
MILLISECONDS = 1e3
Enter = Callable[[], AbstractContextManager[Mapping[str, Team]]]
"""Yields the teams of a round, by name, on empty databases of their own."""


@attrs.frozen(kw_only=True)
class Length:
    """How long is measured."""

    rounds: int = 7
    pieces: int = 4
    """How often the sides take turns within a round."""
    seconds: float = 0.4
    """Of a piece."""
    filled: int = 1_000_000
    """Events of the log that is called full."""
    read: int = 50_000
    """Events of the log that is read as a whole."""


@attrs.define
class Score:
    """What one team reached, a value a round."""

    rates: list[float] = attrs.field(factory=list)
    p50: list[float] = attrs.field(factory=list)
    p99: list[float] = attrs.field(factory=list)
    """The milliseconds that 99 of 100 calls stayed under."""
    growth: list[float] = attrs.field(factory=list)
    """The rate of the last piece beside the first: what a log costs that grew from nothing."""
    verdicts: list[Verdict] = attrs.field(factory=list)

    def add(self, pieces: Sequence[Work], verdict: Verdict) -> None:
        """Add a round."""
        latencies = list(chain.from_iterable(piece.latencies for piece in pieces))
        cuts = quantiles(latencies, n=100)
        self.rates.append(sum(piece.events for piece in pieces) / sum(piece.seconds for piece in pieces))
        self.p50.append(cuts[49] * MILLISECONDS)
        self.p99.append(cuts[98] * MILLISECONDS)
        self.growth.append(pieces[-1].rate / pieces[0].rate)
        self.verdicts.append(verdict)


@attrs.define
class Contest:
    """What all teams reached."""

    scores: defaultdict[str, Score] = attrs.field(factory=lambda: defaultdict(Score))

    def round(self, teams: Mapping[str, Team], length: Length, follower: Follower | None) -> None:
        """Let *teams* take turns, then judge what they wrote."""
        if follower is not None:
            follower.begin({name: (team.url, team.side.ours) for name, team in teams.items()})
        for team in teams.values():
            team.work(WARM_SECONDS)
        works: dict[str, list[Work]] = {name: [] for name in teams}
        for piece in range(length.pieces):
            for name in list(teams) if piece % 2 == 0 else reversed(list(teams)):
                works[name].append(teams[name].work(length.seconds))
        seen = {} if follower is None else follower.end()
        for name, team in teams.items():
            self.scores[name].add(works[name], team.verdict(seen.get(name)))

    @property
    def verdict(self) -> Verdict:
        """The verdict on all rounds of all teams."""
        return all_of(chain.from_iterable(score.verdicts for score in self.scores.values()))

    def ratio(self, name: str, ours: str, theirs: str, *, bar: float, peer: str = "the peer", unit: str) -> Figure:
        """Return how many times as fast as the team *theirs* the team *ours* is."""
        mine, other = self.scores[ours], self.scores[theirs]
        figure = Duel(tuple(mine.rates), tuple(other.rates)).figure(
            name, bar=bar, what="events", peer=peer, correct=self.verdict.correct
        )
        others = [
            f"; {other} {rate(score.rates)}" for other, score in self.scores.items() if other not in {ours, theirs}
        ]
        last = f"last piece of a round beside its first {median(mine.growth):.2f} (theirs {median(other.growth):.2f})"
        return attrs.evolve(
            figure, unit=unit, peer=f"{figure.peer}{''.join(others)}; {last}; {self._missed()}", why=self.verdict.why
        )

    def middle(self, name: str, ours: str, theirs: str, *, bar: float) -> Figure:
        """Return how long the median call of the team *ours* takes, beside that of *theirs*."""
        mine, other = self.scores[ours].p50, self.scores[theirs].p50
        ratios = [one / another for one, another in zip(mine, other, strict=True)]
        return Figure(
            name=name,
            value=median(ratios),
            unit="times as long",
            bar=bar,
            least=False,
            peer=f"p50 {median(mine):.2f} ms; {theirs} p50 {median(other):.2f} ms; {self._missed()}",
            spread=spread(ratios),
            correct=self.verdict.correct,
            why=self.verdict.why,
        )

    def slowest(self, name: str, ours: str, *, bar: float) -> Figure:
        """Return the milliseconds that 99 of 100 calls of the team *ours* stay under."""
        mine = self.scores[ours]
        others = [
            f"{other} p50 {median(score.p50):.2f}, p99 {median(score.p99):.2f}"
            for other, score in self.scores.items()
            if other != ours
        ]
        return Figure(
            name=name,
            value=median(mine.p99),
            unit="ms",
            bar=bar,
            least=False,
            peer=f"p50 {median(mine.p50):.2f} ms; {'; '.join(others)}",
            spread=spread(mine.p99),
            correct=self.verdict.correct,
            why=self.verdict.why,
        )

    def _missed(self) -> str:
        return f"missed {self.verdict.missed} of {self.verdict.events:,}"


def contest(enter: Enter, length: Length, *, follower: Follower | None = None) -> Contest:
    """Return what the teams reach in all rounds."""
    held = Contest()
    for _ in range(length.rounds):
        with enter() as teams:
            held.round(teams, length, follower)
    return held
