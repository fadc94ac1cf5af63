"""What a run left behind: every acknowledged event once, at the place that was told, seen by whoever follows the log.

A figure of a run that left anything else behind is not printed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from operator import attrgetter

import attrs
from eventsourcing.persistence import ApplicationRecorder, Notification

from respond.audit.check import check
from respond.store.protocol import LogReader
from respond.store.records import Recorded
from respond.testing.conformance.tailing import Seen, faults

PAGE = 1000
SHOWN = 3
"""How many faults a line names."""


@attrs.frozen
class Verdict:
    """Whether a run did what it was measured for."""

    events: int = 0
    missed: int = 0
    """Acknowledged events that are not where they were told, and events that a follower did not see."""
    faults: tuple[str, ...] = ()

    @property
    def correct(self) -> bool:
        return not self.faults and self.missed == 0 < self.events

    @property
    def why(self) -> str:
        """The first things that are wrong."""
        if self.correct:
            return ""
        return "; ".join([f"missed {self.missed} of {self.events} events", *self.faults[:SHOWN]])


def all_of(verdicts: Iterable[Verdict]) -> Verdict:
    """Return one verdict over several runs; an empty run among them stays wrong."""
    found = list(verdicts)
    empty = [] if all(one.events for one in found) else ["a run wrote nothing"]
    return Verdict(
        sum(one.events for one in found),
        sum(one.missed for one in found),
        tuple(chain(empty, *(one.faults for one in found))),
    )


def judge(
    log: Sequence[Seen], told: Sequence[Seen], seen: Sequence[Seen] | None = None, *, said: Iterable[str] = ()
) -> Verdict:
    """Return the verdict on a *log*, of which writers were *told* the places and a follower has *seen* the events.

    *said* is what was found wrong already.
    """
    lost = len(set(told) - set(log))
    unseen = 0 if seen is None else len(set(log) - set(seen))
    found = [
        *said,
        *(f"told: {fault}" for fault in faults(sorted(told, key=attrgetter("position")), log)),
        *(() if seen is None else (f"followed: {fault}" for fault in faults(seen, log))),
        *(f"event {name} is in the log {count} times" for name, count in Counter(_ids(log)).items() if count > 1),
    ]
    return Verdict(len(log), lost + unseen, tuple(found))


def judge_store(
    store: LogReader,
    told: Sequence[Seen],
    seen: Sequence[Seen] | None = None,
    *,
    said: Iterable[str] = (),
    filled: int = 0,
) -> Verdict:
    """Return the verdict on a log of ours, all of it checked; up to position *filled* nobody was told of its events."""
    report = check(store)
    found = [f"{finding.code} at {finding.position}: {finding.text}" for finding in report.findings]
    log = [Seen(row.position - filled, row.id) for row in rows_of(store, filled)]
    if filled:
        told = [Seen(one.position - filled, one.id) for one in told]
    return judge(log, told, seen, said=[*said, *found])


def judge_peer(
    recorder: ApplicationRecorder,
    told: Sequence[Seen],
    seen: Sequence[Seen] | None = None,
    *,
    said: Iterable[str] = (),
) -> Verdict:
    """Return the verdict on the peer's log."""
    log, sparse = [], []
    versions: defaultdict[object, int] = defaultdict(int)
    for one in notifications(recorder):
        log.append(seen_at_peer(one))
        versions[one.originator_id] += 1
        if one.originator_version != versions[one.originator_id]:
            sparse.append(f"version {one.originator_version} of {one.originator_id} is not the next one")
    return judge(log, told, seen, said=[*said, *sparse])


def notifications(recorder: ApplicationRecorder, after: int = 0) -> Iterator[Notification]:
    """Yield the peer's log past position *after*."""
    while page := recorder.select_notifications(start=after + 1, limit=PAGE):
        yield from page
        after = int(page[-1].id)


def seen_at_peer(one: Notification) -> Seen:
    """Return where an event of the peer stands, by its aggregate and version: it has no other name."""
    return Seen(int(one.id), f"{one.originator_id}#{one.originator_version}")


def rows_of(store: LogReader, after: int) -> Iterator[Recorded]:
    """Yield the rows of our log past position *after*."""
    while page := store.read_log(after=after, limit=PAGE):
        yield from page
        after = page[-1].position


def _ids(log: Sequence[Seen]) -> Iterator[str]:
    return (row.id for row in log)
