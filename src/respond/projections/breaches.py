"""Breaches in a review: what stood when the plan changed, and what was told only after its deadline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Literal

import attrs

from respond.plan.owed import Owed
from respond.projections.document import Document
from respond.projections.entries import Citation, Entry
from respond.workflow.incident import events as e


@attrs.frozen(kw_only=True)
class StoodBreach(Document):
    """An occurrence that was late or missing when another plan came into force: that does not undo it."""

    obligation: str
    occurrence: int
    due_at: datetime
    verdict: Literal["late", "missing"]
    missed_before: int
    citation: Citation
    """The change of the plan."""


@attrs.frozen(kw_only=True)
class ToldLate(Document):
    """An occurrence that was discharged in time by what was told only after the deadline."""

    obligation: str
    occurrence: int
    due_at: datetime
    done_at: datetime
    late_seconds: int
    """How long after the deadline it was told."""
    citation: Citation
    """What discharged it."""


def stood(world: Iterable[Entry]) -> Iterator[StoodBreach]:
    """Yield what was late or missing each time that another plan came into force."""
    for entry in world:
        if isinstance(entry.reading, e.PlanActivated | e.PlanRebased):
            for one in entry.reading.breaches:
                yield StoodBreach(
                    obligation=one.obligation,
                    occurrence=one.occurrence,
                    due_at=one.due_at,
                    verdict=one.verdict,
                    missed_before=one.missed_before,
                    citation=entry.citation,
                )


def told_late(owes: Iterable[Owed], world: Iterable[Entry]) -> Iterator[ToldLate]:
    """Yield those of *owes* that were done in time by an entry of *world* that was told after the deadline."""
    cited: Mapping[str, Citation] = {entry.event.id: entry.citation for entry in world}
    for one in owes:
        citation = cited.get(one.done_by or "")
        if one.told_late_seconds is not None and citation and one.done_at and one.due_at:
            yield ToldLate(
                obligation=one.obligation,
                occurrence=one.occurrence,
                due_at=one.due_at,
                done_at=one.done_at,
                late_seconds=one.told_late_seconds,
                citation=citation,
            )
