"""Random histories of incidents, as the decider makes them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from incident_logs import AS_RECORDED, PLAN, START, IncidentLog
from respond.domain.events import Event
from respond.domain.moments import PRECISIONS, Moment
from respond.domain.money import Money
from respond.domain.streams import Realm
from respond.errors import CommandRefused
from respond.workflow.incident import commands as c
from respond.workflow.incident.corrections import CORRECTABLE, RETRACTABLE
from respond.workflow.incident.events import REPORT_KINDS, Attachment
from respond.workflow.incident.people import AssignRole, HandOverRole, ReleaseRole
from respond.workflow.incident.pins import EntryPinned, PinEntry, UnpinEntry
from respond.workflow.incident.triage import Acknowledge, Recategorise
from response_commands import drawn

PEOPLE = ("wang.li", "chen.yu", "li.na")
TEAMS = ("front desk", "network", "facilities")
words = st.sampled_from(["card terminals down", "店内断电", "line two is slow", "guest fell on the stairs", "x"])
counts = st.none() | st.integers(0, 5000)
values = words | st.integers(0, 9) | st.booleans() | st.just(Decimal("0.50"))
fields = st.dictionaries(st.sampled_from(["area", "calls", "open", "share"]), values)
roles = st.sampled_from(["assessor", "responder"])
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
    "report_upward": st.builds(c.ReportUpward, kind=st.sampled_from(REPORT_KINDS), recipient=recipients, summary=words),
    "note": st.builds(c.Note, text=words, fields=fields, attachments=st.lists(attachments, max_size=1).map(tuple)),
    "resolve": st.builds(c.Resolve, resolution=words),
    "reopen": st.builds(c.Reopen, reason=words),
    "close_review": st.builds(c.CloseReview, summary=words),
    "cancel": st.builds(c.Cancel, reason=words),
    "merge": st.builds(c.Merge, into=st.just("another"), reason=words),
    "acknowledge": st.builds(Acknowledge),
    "recategorise": st.builds(
        Recategorise, category=st.sampled_from([category.id for category in PLAN.categories]), reason=words
    ),
    "assign_role": st.builds(AssignRole, role=roles, person=st.sampled_from(PEOPLE)),
    "release_role": st.builds(ReleaseRole, role=roles, person=st.sampled_from(PEOPLE), reason=words),
    "hand_over_role": st.builds(
        HandOverRole,
        role=roles,
        from_person=st.sampled_from(PEOPLE),
        to_person=st.sampled_from(PEOPLE),
        briefing=words,
    ),
    "absorb": st.builds(
        c.Absorb,
        source=st.sampled_from(["other-1", "other-2"]),
        reason=words,
        worst_level=st.none() | st.integers(1, 4),
        reported_upward=st.booleans(),
    ),
    **drawn(words),
}
AMENDMENTS = ("correct", "retract")
ON_ENTRIES = (*AMENDMENTS, "pin_entry", "unpin_entry")
"""What speaks of an entry, and goes with it."""
AHEAD = ("assign_level", "start_response", "report_upward", "resolve", "close_review", "reopen")
ENDINGS = ("cancel", "merge")
WEIGHTS = {**dict.fromkeys(COMMANDS, 4), **dict.fromkeys(AHEAD, 16), **dict.fromkeys(ENDINGS, 1)}
"""How often each is drawn: steps ahead most often, so that histories get to the end of an incident's life."""
MINUTES = st.integers(0, 120)
PAUSES = st.sampled_from([timedelta(0), timedelta(minutes=1), timedelta(minutes=20)])
WHENS = st.sampled_from(["as recorded", "unknown", "coarse", "interval"])
PRECISION = st.sampled_from(PRECISIONS)
OFFSETS = st.sampled_from([None, 480])
INDEX = st.integers(0, 1000)
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
    "note": words,
    "outcome": words,
    "cause": words,
    "evidence": words,
    "decision": words,
}


@st.composite
def histories(
    draw: st.DrawFn,
    *,
    incidents: int = 1,
    steps: int = 30,
    amended: bool = True,
    retimed: bool = True,
    punctual: bool = False,
    realms: tuple[Realm, ...] = ("real",),
) -> list[Event]:
    """Draw the log of some incidents, each step one that the workflow allows.

    *amended* lets entries be corrected, retracted and pinned, *retimed* their times too.  *punctual* logs hold nothing
    but entries that are recorded the moment they happen; else some are late, intervals, coarse, or of unknown time.
    """
    log = IncidentLog()
    triggers = [name for name in (*COMMANDS, *ON_ENTRIES) if amended or name not in ON_ENTRIES]
    for _ in range(draw(st.integers(1, steps))):
        key, realm = f"i{draw(INDEX) % incidents}", realms[draw(INDEX) % len(realms)]
        history = log.of(key, realm)
        status = log.state(key, realm).status
        open_now = [name for name in triggers if log.workflow.table.candidates(status, name)]
        if not open_now:
            continue
        trigger = _one_of(draw, [name for name in open_now for _ in range(WEIGHTS.get(name, 4))])
        command = _command(draw, trigger, history, retimed)
        at = log.now + draw(PAUSES)
        occurred_at = AS_RECORDED if punctual else _moment(draw, at)
        try:
            log.do(command, at=at, occurred_at=occurred_at, key=key, actor=_one_of(draw, PEOPLE), realm=realm)
        except CommandRefused:
            continue
    return log.events


def _one_of(draw: st.DrawFn, choices: Sequence[Any]) -> Any:
    """Draw one of *choices*: an index, since strategies that are made anew for each step are slow to check."""
    return choices[draw(INDEX) % len(choices)]


def _moment(draw: st.DrawFn, recorded_at: datetime) -> Any:
    when = draw(WHENS)
    if when == "as recorded":
        return AS_RECORDED
    if when == "unknown":
        return None
    earlier = recorded_at - timedelta(minutes=draw(MINUTES))
    if when == "interval":
        return Moment(at=earlier, until=recorded_at)
    return Moment(at=earlier, precision=draw(PRECISION), offset_minutes=draw(OFFSETS))


def _command(draw: st.DrawFn, trigger: str, history: list[Event], retimed: bool) -> Any:
    if trigger in AMENDMENTS:
        return _amendment(draw, trigger, history, retimed)
    if trigger == "pin_entry":
        return PinEntry(entry=_one_of(draw, history).id, note=draw(words))
    if trigger == "unpin_entry":
        pinned = [event.data.entry for event in history if type(event.data) is EntryPinned]
        return UnpinEntry(entry=_one_of(draw, pinned or [history[0].id]), reason=draw(words))
    return draw(COMMANDS[trigger])


def _amendment(draw: st.DrawFn, trigger: str, history: list[Event], retimed: bool) -> Any:
    if trigger == "retract":
        facts = [event for event in history if isinstance(event.data, RETRACTABLE)]
        return c.Retract(entry=_one_of(draw, facts or history).id, reason=draw(words))
    event = _one_of(draw, [event for event in history if type(event.data) in CORRECTABLE])
    names = sorted(CORRECTABLE[type(event.data)] & {*CHANGES, *(["occurred_at"] if retimed else [])})
    changes = {}
    for name in sorted({_one_of(draw, names) for _ in range(draw(st.integers(1, 2)) if names else 0)}):
        right = Moment(event.recorded_at - timedelta(minutes=draw(MINUTES))).to_json()
        changes[name] = right if name == "occurred_at" else draw(CHANGES[name])
    return c.Correct(entry=event.id, changes=changes, reason=draw(words))
