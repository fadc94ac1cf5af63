"""How an incident was dealt with, besides measures: kinds, plans, roles, duties, resources, and how it was noticed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import pairwise

import attrs

from respond.domain.money import Money
from respond.domain.references import Reference
from respond.plan.owed import Owed, Verdict, verdict
from respond.plan.plan import Plan
from respond.projections import tenures as t
from respond.projections.document import Document
from respond.projections.entries import Citation, Entry
from respond.workflow.incident import events as e
from respond.workflow.incident.drawn import ExpenseRecorded
from respond.workflow.incident.resources import RequestWithdrawn, ResourceMoved, ResourceRequested
from respond.workflow.incident.staffing import required
from respond.workflow.incident.state import Incident
from respond.workflow.incident.triage import IncidentRecategorised, ResponseLevelSet

_PROGRESS = (e.ProgressNoted,)
"""The entries that tell of progress."""


@attrs.frozen(kw_only=True)
class Detection(Document):
    """How the incident was noticed, as its report says now."""

    reporter: str | None
    channel: str | None
    warning: str | None
    """The key of the warning that it came of."""
    at: datetime
    citation: Citation


@attrs.frozen(kw_only=True)
class Turn(Document):
    """A step to another category, plan or response level."""

    to: str
    because: str
    at: datetime
    citation: Citation


@attrs.frozen(kw_only=True)
class DutyReviewed(Document):
    """One occurrence of an obligation, and what became of it."""

    obligation: str
    occurrence: int
    verdict: Verdict
    due_at: datetime | None
    done_at: datetime | None
    late_seconds: int | None
    """How long after the deadline it was done; None unless it was late."""
    because_of: str | None
    """The id of the entry at which its clock began."""
    done_by: str | None
    """The id of the entry that discharged it."""


@attrs.frozen(kw_only=True)
class Silence(Document):
    """The longest time in which nobody told of progress, from the report until the incident was over."""

    seconds: int
    since: datetime
    until: datetime
    citations: tuple[Citation, ...]
    """What it began with, and what ended it."""


@attrs.frozen(kw_only=True)
class ResourceReviewed(Document):
    """What the incident asked for of a resource, and what became of it."""

    resource: str
    requested: Decimal
    committed: Decimal
    used: Decimal
    returned: Decimal
    consumed: Decimal
    short: Decimal
    """How much more was asked for than was ever committed."""
    citations: tuple[Citation, ...]


@attrs.frozen(kw_only=True)
class Cost(Document):
    """What was spent in one currency."""

    total: Money
    citations: tuple[Citation, ...]


@attrs.frozen(kw_only=True)
class Account(Document):
    """How an incident was dealt with, besides measures."""

    detection: Detection | None
    categories: tuple[Turn, ...]
    """That of the report, and each change."""
    plans: tuple[Turn, ...]
    """Those that were activated, or put in the place of another."""
    response_levels: tuple[Turn, ...]
    response_mismatches: tuple[t.Tenure, ...]
    """When the response was another one than that to which the level leads; the holder names it."""
    roles: tuple[t.RoleTenure, ...]
    roles_empty: tuple[t.Tenure, ...]
    """When a role, the holder, stood empty that the plan requires at the level of then."""
    roles_never_filled: tuple[str, ...]
    """The roles that the plan requires at the worst level and that nobody ever held."""
    duties: tuple[DutyReviewed, ...]
    receipts: tuple[Turn, ...]
    """Of upward reports: what recipients call them, by the id of the report's entry in `because`."""
    silence: Silence | None
    """None when nobody told of progress, or the report is not known."""
    resources: tuple[ResourceReviewed, ...]
    costs: tuple[Cost, ...]


def account(world: Sequence[Entry], standing: Incident, plan: Plan, owes: Iterable[Owed], until: datetime) -> Account:
    """Return how it was dealt with by the entries in *world*, in the order of what happened, and what it *owes*."""
    holding = [entry for entry in world if entry.retracted_by is None]
    closed = [one for one in t.statuses(world, now=until) if one.holder in t.CLOSED]
    roles = t.roles(holding, closed, now=until)
    held = {one.role for one in roles} | ({"commander"} if standing.commander else set())
    return Account(
        detection=next(_detections(holding), None),
        categories=tuple(_categories(holding)),
        plans=tuple(_plans(holding)),
        response_levels=tuple(_responses(holding)),
        response_mismatches=t.mismatches(holding, plan, closed, now=until),
        roles=roles,
        roles_empty=t.vacancies(holding, plan, closed, now=until),
        roles_never_filled=tuple(one.id for one in required(plan, standing.worst_level) if one.id not in held),
        duties=tuple(_duties(owes, until)),
        receipts=tuple(_receipts(holding)),
        silence=_silence(holding, closed, until),
        resources=tuple(_resources(holding, standing)),
        costs=tuple(_costs(holding)),
    )


def _detections(holding: Iterable[Entry]) -> Iterator[Detection]:
    for entry in holding:
        if isinstance(entry.reading, e.IncidentReported):
            told = entry.reading
            yield Detection(
                reporter=entry.event.actor,
                channel=told.channel,
                warning=told.warning,
                at=entry.happened_at if told.discovered_at is None else told.discovered_at.at,
                citation=entry.citation,
            )


def _turn(entry: Entry, to: str, because: str) -> Turn:
    return Turn(to=to, because=because, at=entry.happened_at, citation=entry.citation)


def _categories(holding: Iterable[Entry]) -> Iterator[Turn]:
    for entry in holding:
        match entry.reading:
            case e.IncidentReported(category=category):
                yield _turn(entry, category, "")
            case IncidentRecategorised(to_category=category, reason=reason):
                yield _turn(entry, category, reason)


def _plans(holding: Iterable[Entry]) -> Iterator[Turn]:
    for entry in holding:
        match entry.reading:
            case (
                e.PlanActivated(plan=Reference() as plan, reason=reason)
                | e.PlanRebased(plan=Reference() as plan, reason=reason)
            ):
                yield _turn(entry, str(plan), reason)


def _responses(holding: Iterable[Entry]) -> Iterator[Turn]:
    for entry in holding:
        match entry.reading:
            case ResponseLevelSet(to_response=response, basis=basis):
                yield _turn(entry, response, basis)
            case e.ResponseLevelReached(to_response=response, because=because):
                yield _turn(entry, response, ", ".join(because))


def _receipts(holding: Iterable[Entry]) -> Iterator[Turn]:
    for entry in holding:
        match entry.reading:
            case e.UpwardReportReceived(report=report, receipt=receipt):
                yield _turn(entry, receipt, report)


def _duties(owes: Iterable[Owed], until: datetime) -> Iterator[DutyReviewed]:
    for one in owes:
        became = verdict(one, until)
        late = became == "late" and one.done_at is not None and one.due_at is not None
        yield DutyReviewed(
            obligation=one.obligation,
            occurrence=one.occurrence,
            verdict=became,
            due_at=one.due_at,
            done_at=one.done_at,
            late_seconds=int((one.done_at - one.due_at).total_seconds())
            if late and one.done_at and one.due_at
            else None,
            because_of=one.entry,
            done_by=one.done_by,
        )


def _silence(holding: Sequence[Entry], closed: Sequence[t.Tenure], until: datetime) -> Silence | None:
    told = [(one.happened_at, one.citation) for one in holding if isinstance(one.reading, _PROGRESS)]
    begun = next((one for one in holding if isinstance(one.reading, e.IncidentReported)), None)
    if begun is None or not told:
        return None
    end, ended = (closed[0].since, closed[0].began_by) if closed else (until, None)
    moments: dict[datetime, Citation | None] = {
        **{at: citation for at, citation in told if begun.happened_at <= at <= end},
        begun.happened_at: begun.citation,
        end: ended,
    }
    return max(
        (
            Silence(
                seconds=int((after - before).total_seconds()),
                since=before,
                until=after,
                citations=tuple(filter(None, (moments[before], moments[after]))),
            )
            for before, after in pairwise(sorted(moments))
        ),
        key=lambda one: one.seconds,
        default=None,
    )


def _resources(holding: Iterable[Entry], standing: Incident) -> Iterator[ResourceReviewed]:
    cited: dict[str, list[Citation]] = {}
    for entry in holding:
        match entry.reading:
            case (
                ResourceRequested(resource=resource)
                | RequestWithdrawn(resource=resource)
                | ResourceMoved(pool=resource)
            ):
                cited.setdefault(resource, []).append(entry.citation)
    for resource, drawn in standing.resources.items():
        yield ResourceReviewed(
            resource=resource,
            requested=drawn.requested,
            committed=drawn.committed,
            used=drawn.used,
            returned=drawn.returned,
            consumed=drawn.consumed,
            short=drawn.short,
            citations=tuple(cited.get(resource, ())),
        )


def _costs(holding: Iterable[Entry]) -> Iterator[Cost]:
    spent: dict[str, list[tuple[Decimal, Citation]]] = {}
    for entry in holding:
        match entry.reading:
            case ExpenseRecorded(amount=Money() as cost) | ResourceMoved(cost=Money() as cost):
                spent.setdefault(cost.currency, []).append((cost.amount, entry.citation))
    for currency, told in sorted(spent.items()):
        total = Money(sum((amount for amount, _ in told), Decimal(0)), currency)
        yield Cost(total=total, citations=tuple(citation for _, citation in told))
