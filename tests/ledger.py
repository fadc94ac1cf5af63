"""What the callers of appends were told, and whether the log keeps it."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from respond.audit.check import check
from respond.errors import OutcomeUnknown
from respond.store.records import Appended, Recorded
from respond.testing.conformance.concurrency import whole_log
from respond.testing.conformance.stores import TestedStore
from respond.testing.conformance.tailing import holes
from ticker import TICKER, Batch


@attrs.frozen
class Place:
    """Where an append was told that its events are."""

    first: int
    last: int

    @classmethod
    def of(cls, appended: Appended) -> Place:
        return cls(appended.first, appended.last)


@attrs.define
class Ledger:
    """What each append was told; one that was asked and told nothing may be in the log, or not, but not in half."""

    asked: set[Batch] = attrs.field(factory=set)
    acknowledged: dict[Batch, Place] = attrs.field(factory=dict)
    refused: dict[Batch, str] = attrs.field(factory=dict)
    """The code of the last error, of those that were not acknowledged later."""

    def ask(self, batch: Batch) -> None:
        self.asked.add(batch)

    def acknowledge(self, batch: Batch, place: Place) -> None:
        self.acknowledged[batch] = place
        self.refused.pop(batch, None)

    def refuse(self, batch: Batch, code: str) -> None:
        self.refused[batch] = code

    def faults(self, store: TestedStore) -> list[str]:
        """Return where the log in *store* is not what callers were told; nothing when all is well."""
        log = whole_log(store)
        positions = {row.id: row.position for row in log}
        return [
            *self._lost(positions),
            *self._torn(positions),
            *self._back(positions),
            *self._unknown(log),
            *holes(log),
            *(f"check: {finding.text} [{finding.code}]" for finding in check(store, workflows=[TICKER]).findings),
        ]

    def _lost(self, positions: dict[str, int]) -> Iterator[str]:
        for batch, place in self.acknowledged.items():
            found = [positions.get(event_id) for event_id in batch.ids]
            if found != list(range(place.first, place.last + 1)):
                yield f"lost: {batch} was acknowledged at {place}, and is at {found}"

    def _torn(self, positions: dict[str, int]) -> Iterator[str]:
        for batch in self.asked:
            found = [event_id for event_id in batch.ids if event_id in positions]
            if found and len(found) < len(batch.ids):
                yield f"torn: of {batch} only {found} are there"

    def _back(self, positions: dict[str, int]) -> Iterator[str]:
        """Yield what was refused, and is there all the same; only an unknown outcome may turn out so."""
        for batch, code in self.refused.items():
            if code != OutcomeUnknown.code and any(event_id in positions for event_id in batch.ids):
                yield f"back: {batch} was refused with {code}, and is there"

    def _unknown(self, log: list[Recorded]) -> Iterator[str]:
        known = {event_id for batch in self.asked for event_id in batch.ids}
        return (f"unasked: {row.id} at {row.position}" for row in log if row.id not in known)
