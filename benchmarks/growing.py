"""The row of the table that appends to a log of a million events, beside one that was empty."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import attrs
from checking import Verdict, judge, judge_store, rows_of
from contests import Length, contest
from crowds import Work, alone
from filling import fill_store
from grounds import TITLES, Database, Grounds
from harness import Figure
from our_writers import Writer
from sides import STORE, Side, opened_store
from teams import Team, threads

from respond.store.sql import SqlEventStore
from respond.testing.conformance.tailing import Seen


@attrs.frozen(kw_only=True)
class Full:
    """One writer on a log that is filled up to a position and stays for all rounds."""

    side: Side = STORE
    url: str
    store: SqlEventStore
    writer: Writer
    filled: int

    def work(self, seconds: float) -> Work:
        return alone(self.writer, seconds)

    def verdict(self, seen: Sequence[Seen] | None) -> Verdict:  # noqa: ARG002 - one writer needs no follower
        """Return the verdict on what came after the log was full; the whole of it is judged once, at the end."""
        told = [Seen(one.position - self.filled, one.id) for one in self.writer.told]
        return judge([Seen(row.position - self.filled, row.id) for row in rows_of(self.store, self.filled)], told)

    def whole(self) -> Verdict:
        """Return the verdict on the whole log."""
        return judge_store(self.store, self.writer.told, filled=self.filled)


def full_log(grounds: Grounds, length: Length, *, database: Database, bar: float) -> Iterator[Figure]:
    """Measure one writer on a full log beside one that begins with an empty log each round."""
    with grounds.empty(database) as url, opened_store(url) as store:
        filled = fill_store(store, length.filled)
        full = Full(url=url, store=store, writer=STORE.writer(store, "after"), filled=filled)

        @contextmanager
        def enter() -> Iterator[dict[str, Team]]:
            with grounds.empty(database) as empty, threads(STORE, empty, 1) as team:
                yield {"full": full, "empty": team}

        held = contest(enter, length)
        held.scores["full"].verdicts.append(full.whole())
    name = f"{TITLES[database]}, one event, a log of {filled:,} events against an empty one"
    yield held.ratio(name, "full", "empty", bar=bar, peer="the empty log", unit="times as fast")
