"""Follow-up: where the action items of all incidents stand, and what the review of one tells of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import ClassVar

import attrs

from respond.domain.events import Event
from respond.domain.references import Reference
from respond.domain.streams import StreamId
from respond.plan.follow_up import action_date
from respond.plan.owed import Owed, Verdict, verdict
from respond.plan.plan import Plan
from respond.projections.document import Document
from respond.projections.entries import Citation, Entry
from respond.projections.knowledge import Clock, known
from respond.projections.state import state
from respond.workflow.action import ACTION, ACTION_CATEGORY
from respond.workflow.action.events import ActionKind
from respond.workflow.action.state import OPEN, ActionItem
from respond.workflow.incident.proposals import ProposalStepRecorded
from respond.workflow.incident.proposed import ProposalWord
from respond.workflow.incident.recognition import RecognitionRecorded


@attrs.frozen(kw_only=True)
class ActionStanding(Document):
    """Where one action item stands."""

    key: str
    incident: str
    """The id of the incident whose review asked for it."""
    kind: ActionKind
    text: str
    owner: str
    status: str
    due_at: datetime | None
    overdue: bool
    """Whether it is still to be done, and its date is past."""
    moved: int
    """How often its date was moved."""
    refused: int
    """How often it was refused."""
    reopened: int
    reason: str
    evidence: str
    method: str
    verified_by: str | None

    @classmethod
    def of(cls, key: str, item: ActionItem, now: datetime) -> ActionStanding:
        """Return where *item* stands *now*."""
        names = ("incident", "kind", "text", "owner", "status", "due_at", "moved", "reopened")
        told = {name: getattr(item, name) for name in (*names, "reason", "evidence", "method", "verified_by")}
        return cls(key=key, overdue=item.overdue(now), refused=len(item.refusals), **told)


@attrs.frozen(kw_only=True)
class ActionReviewed(Document):
    """What became of one action item, as the review of its incident tells."""

    standing: ActionStanding
    in_time: Verdict
    """What became of its last date."""
    dates: tuple[Verdict, ...]
    """What became of each of its dates."""
    citations: tuple[Citation, ...]


@attrs.frozen(kw_only=True)
class ProposalTold(Document):
    """A proposal to change a plan that the incident led to, and what became of it."""

    plan: str
    proposal: str
    """Its key in the life of the plan."""
    status: ProposalWord
    revision: Reference | None
    """The version into which it was accepted."""
    citations: tuple[Citation, ...]


@attrs.frozen(kw_only=True)
class Recognised(Document):
    """Somebody who did outstandingly well."""

    person: str
    text: str
    actor: str | None
    citation: Citation


def proposals(world: Iterable[Entry]) -> Iterator[ProposalTold]:
    """Yield what became of each proposal to change a plan."""
    found: dict[tuple[str, str], ProposalTold] = {}
    for entry in world:
        told = entry.reading
        if isinstance(told, ProposalStepRecorded):
            key = (told.plan, told.proposal)
            before = found[key].citations if key in found else ()
            found[key] = ProposalTold(
                plan=told.plan,
                proposal=told.proposal,
                status=told.step,
                revision=told.revision,
                citations=(*before, entry.citation),
            )
    yield from found.values()


def recognitions(world: Iterable[Entry]) -> Iterator[Recognised]:
    """Yield who did outstandingly well."""
    for entry in world:
        if isinstance(entry.reading, RecognitionRecorded):
            told = entry.reading
            yield Recognised(person=told.person, text=told.text, actor=entry.event.actor, citation=entry.citation)


class ActionList:
    """The action items of all incidents, kept up event by event.  Drills are never listed."""

    name: ClassVar[str] = "actions"
    version: ClassVar[int] = 1
    handles: ClassVar[frozenset[str] | None] = frozenset(declared.name for declared in ACTION.stream_types)

    def __init__(self) -> None:
        self._items: dict[str, ActionItem] = {}

    def apply(self, event: Event) -> None:
        """Take one event on; what is none of an action item changes nothing."""
        stream = StreamId(event.body["stream"])
        if stream.category == ACTION_CATEGORY and event.body["realm"] == "real":
            self._items[stream.key] = ACTION.evolve(self._items.get(stream.key, ACTION.initial), event)

    def standing(
        self,
        now: datetime,
        *,
        owner: str | None = None,
        kind: ActionKind | None = None,
        undone: bool = False,
        overdue: bool = False,
    ) -> tuple[ActionStanding, ...]:
        """Return where those stand that meet every filter, the first due first.

        *undone* leaves out what was done or dropped, *overdue* also what is not due yet.
        """
        found = (ActionStanding.of(key, item, now) for key, item in self._items.items())
        return tuple(
            sorted(
                (
                    one
                    for one in found
                    if (owner in (None, one.owner) and kind in (None, one.kind))
                    and (one.overdue or not overdue)
                    and (one.status in OPEN or not undone)
                ),
                key=lambda one: (one.due_at or now, one.key),
            )
        )


def reviewed(
    plan: Plan,
    owes: Iterable[Owed],
    actions: Mapping[str, Sequence[Event]],
    *,
    until: datetime,
    as_of: datetime | None = None,
    known_at: datetime | None = None,
    clock: Clock = "log",
) -> Iterator[ActionReviewed]:
    """Yield what became of each of *actions*, given by key with its events, in the order in which they were opened.

    *owes* is what the incident owes: the dates of its action items are among it.
    """
    dates = _verdicts(owes, until) if actions else {}
    for key, events in actions.items():
        seen = known(events, at=known_at, clock=clock).events
        item: ActionItem = state(ACTION, seen, as_of=as_of).value if seen else ACTION.initial
        if item.status == ACTION.initial.status:
            continue
        became = dates[action_date(plan.follow_up, key).id]
        yield ActionReviewed(
            standing=ActionStanding.of(key, item, until),
            in_time=became[-1],
            dates=became,
            citations=tuple(Citation(event.position, event.id) for event in seen),
        )


def _verdicts(owes: Iterable[Owed], until: datetime) -> Mapping[str, tuple[Verdict, ...]]:
    """Return what became of each of *owes* by *until*, by obligation."""
    found: dict[str, tuple[Verdict, ...]] = {}
    for one in owes:
        found[one.obligation] = (*found.get(one.obligation, ()), verdict(one, until))
    return found
