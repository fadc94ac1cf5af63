"""What if: what another plan, or another version of it, would have asked of an incident that took its course."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import attrs

from respond.domain.events import Event
from respond.domain.references import Reference
from respond.plan.owed import Owed, Verdict, owed, verdict
from respond.plan.plan import Plan
from respond.projections.document import Document
from respond.workflow.incident import INCIDENT
from respond.workflow.incident.facts import facts_of
from respond.workflow.incident.levels import suggest


@attrs.frozen(kw_only=True)
class OwedOtherwise(Document):
    """An occurrence of an obligation that the two plans judge otherwise."""

    obligation: str
    occurrence: int
    verdict: Verdict | None
    """What became of it under the plan in force; None where that does not ask for it."""
    due_at: datetime | None
    other_verdict: Verdict | None
    """What would have become of it under the other plan, by what people did; None where that does not ask for it."""
    other_due_at: datetime | None


@attrs.frozen(kw_only=True)
class WhatIf(Document):
    """One incident under its plan and under another one."""

    id: str
    plan: Reference
    other: Reference
    level: int | None
    """The one that was given."""
    suggested: int | None
    """The level that the plan in force suggests, by what is known at the end."""
    other_suggested: int | None
    obligations: tuple[OwedOtherwise, ...]
    """Those that differ."""


def what_if(events: Sequence[Event], plan: Plan, other: Plan, now: datetime) -> WhatIf:
    """Return what *other* makes otherwise than *plan* of *events*, the stream of one incident, as seen *now*."""
    standing = INCIDENT.fold(events)
    return WhatIf(
        id=events[0].subject,
        plan=plan.reference,
        other=other.reference,
        level=standing.level,
        suggested=suggest(plan, standing).level,
        other_suggested=suggest(other, standing).level,
        obligations=tuple(_otherwise(_judged(events, plan, now), _judged(events, other, now), now)),
    )


_Judged = dict[tuple[str, int], Owed]


def _judged(events: Sequence[Event], plan: Plan, now: datetime) -> _Judged:
    return {(one.obligation, one.occurrence): one for one in owed(plan, facts_of(plan, events), until=now)}


def _otherwise(mine: _Judged, others: _Judged, now: datetime) -> Iterator[OwedOtherwise]:
    for name, occurrence in dict.fromkeys([*mine, *others]):
        before, after = mine.get((name, occurrence)), others.get((name, occurrence))
        told = OwedOtherwise(
            obligation=name,
            occurrence=occurrence,
            verdict=None if before is None else verdict(before, now),
            due_at=None if before is None else before.due_at,
            other_verdict=None if after is None else verdict(after, now),
            other_due_at=None if after is None else after.due_at,
        )
        if (told.verdict, told.due_at) != (told.other_verdict, told.other_due_at):
            yield told
