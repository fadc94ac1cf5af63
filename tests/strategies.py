"""Random histories of incidents, as the decider makes them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from incident_logs import AS_RECORDED, PLAN, START, IncidentLog
from respond.domain.events import Event
from respond.domain.moments import PRECISIONS, Moment
from respond.domain.money import Money
from respond.errors import CommandRefused
from respond.workflow.incident import commands as c
from respond.workflow.incident.corrections import CORRECTABLE, RETRACTABLE
from respond.workflow.incident.events import REPORT_KINDS, Attachment

PEOPLE = ("wang.li", "chen.yu", "li.na")
TEAMS = ("front desk", "network", "facilities")
words = st.sampled_from(["card terminals down", "店内断电", "line two is slow", "guest fell on the stairs", "x"])
counts = st.none() | st.integers(0, 5000)
values = words | st.integers(0, 9) | st.booleans() | st.just(Decimal("0.50"))
fields = st.dictionaries(st.sampled_from(["area", "calls", "open", "share"]), values)
recipients = st.sampled_from(["ministry", "board"])
amounts = st.builds(Money, amount=st.decimals(0, 10_000, places=2), currency=st.just("CNY"))
attachments = st.builds(
    Attachment,
    name=st.just("photo.jpg"),
    media_type=st.just("image/jpeg"),
    size=st.integers(0, 10_000),
    sha256=st.just("ab" * 32),
    uri=st.just("s3://evidence/photo.jpg"),
)

COMMANDS: dict[str, st.SearchStrategy[Any]] = {
    "report": st.builds(
        c.ReportIncident,
        category=st.sampled_from([category.id for category in PLAN.categories]),
        title=words,
        narrative=words,
        discovered_at=st.none() | st.integers(0, 90).map(lambda minutes: Moment(START - timedelta(minutes=minutes))),
        team=st.none() | st.sampled_from(TEAMS),
        reference=st.none() | st.sampled_from(["R-1", "R-2", "R-3"]),
    ),
    "assess": st.builds(
        c.Assess, affected_customers=counts, injured=counts, loss=st.none() | amounts, findings=words, fields=fields
    ),
    "assign_level": st.builds(c.AssignLevel, level=st.integers(1, 4), basis=words),
    "change_level": st.builds(c.ChangeLevel, level=st.integers(1, 4), justification=words),
    "start_response": st.builds(c.StartResponse),
    "take_command": st.builds(c.TakeCommand, commander=st.sampled_from(PEOPLE), briefing=words),
    "assign_team": st.builds(c.AssignTeam, team=st.sampled_from(TEAMS)),
    "report_upward": st.builds(
        c.ReportUpward, kind=st.sampled_from(REPORT_KINDS), recipient=recipients, summary=words
    ),
    "note": st.builds(c.Note, text=words, fields=fields, attachments=st.lists(attachments, max_size=1).map(tuple)),
    "resolve": st.builds(c.Resolve, resolution=words),
    "reopen": st.builds(c.Reopen, reason=words),
    "close_review": st.builds(c.CloseReview, summary=words),
    "cancel": st.builds(c.Cancel, reason=words),
    "merge": st.builds(c.Merge, into=st.just("another"), reason=words),
    "absorb": st.builds(c.Absorb, source=st.sampled_from(["other-1", "other-2"]), reason=words),
}
AMENDMENTS = ("correct", "retract")
ENDINGS = ("cancel", "merge")
"""Drawn less often, so that histories get past the beginning."""
CHANGES = {
    "category": st.sampled_from([category.id for category in PLAN.categories]),
    "title": words,
    "narrative": words,
    "reference": st.sampled_from(["R-4", "R-5"]),
    "affected_customers": st.integers(0, 5000),
    "findings": words,
    "basis": words,
    "justification": words,
    "briefing": words,
    "recipient": recipients,
    "summary": words,
    "text": words,
    "resolution": words,
    "reason": words,
}


@st.composite
def histories(
    draw: st.DrawFn,
    *,
    incidents: int = 1,
    steps: int = 24,
    amended: bool = True,
    retimed: bool = True,
    punctual: bool = False,
    realms: tuple[str, ...] = ("real",),
) -> list[Event]:
    """Draw the log of some incidents, each step one that the workflow allows.

    *amended* lets entries be corrected and retracted, *retimed* their times too.  *punctual* logs hold nothing but
    entries that are recorded the moment they happen; else some are late, intervals, coarse, or of unknown time.
    """
    log = IncidentLog()
    triggers = [name for name in (*COMMANDS, *AMENDMENTS) if amended or name not in AMENDMENTS]
    for _ in range(draw(st.integers(1, steps))):
        key, realm = draw(st.sampled_from([f"i{number}" for number in range(incidents)])), draw(st.sampled_from(realms))
        status = log.workflow.fold(log.of(key, realm)).status
        open_now = [name for name in triggers if log.workflow.table.candidates(status, name)]
        if not open_now:
            continue
        trigger = draw(st.sampled_from([name for name in open_now for _ in range(1 if name in ENDINGS else 4)]))
        amendment = trigger in AMENDMENTS
        history = log.of(key, realm)
        command = draw(_amendment(trigger, history, retimed=retimed) if amendment else COMMANDS[trigger])
        at = log.now + draw(st.sampled_from([timedelta(0), timedelta(minutes=1), timedelta(minutes=20)]))
        occurred_at = AS_RECORDED if punctual else draw(_moments(at))
        try:
            log.do(command, at=at, occurred_at=occurred_at, key=key, actor=draw(st.sampled_from(PEOPLE)), realm=realm)
        except CommandRefused:
            continue
    return log.events


def _moments(recorded_at: Any) -> st.SearchStrategy[Any]:
    earlier = st.integers(0, 120).map(lambda minutes: recorded_at - timedelta(minutes=minutes))
    precisions, offsets = st.sampled_from(PRECISIONS), st.sampled_from([None, 480])
    coarse = st.builds(Moment, at=earlier, precision=precisions, offset_minutes=offsets)
    interval = st.builds(Moment, at=earlier, until=st.just(recorded_at))
    return st.just(AS_RECORDED) | st.none() | coarse | interval


def _amendment(trigger: str, history: list[Event], *, retimed: bool) -> st.SearchStrategy[Any]:
    if trigger == "retract":
        facts = [event for event in history if isinstance(event.data, RETRACTABLE)]
        return st.sampled_from(facts or history).flatmap(
            lambda event: st.builds(c.Retract, entry=st.just(event.id), reason=words)
        )
    steps = [event for event in history if type(event.data) in CORRECTABLE]
    return st.sampled_from(steps).flatmap(lambda event: _correction(event, retimed=retimed))


def _correction(event: Event, *, retimed: bool) -> st.SearchStrategy[Any]:
    right = {name: CHANGES[name] for name in sorted(CORRECTABLE[type(event.data)] & CHANGES.keys())}
    if retimed:
        right["occurred_at"] = st.integers(0, 120).map(
            lambda minutes: Moment(event.recorded_at - timedelta(minutes=minutes)).to_json()
        )
    names = st.lists(st.sampled_from(sorted(right)), min_size=1, max_size=2, unique=True) if right else st.just([])
    changes = names.flatmap(lambda chosen: st.fixed_dictionaries({name: right[name] for name in chosen}))
    return st.builds(c.Correct, entry=st.just(event.id), changes=changes, reason=words)
