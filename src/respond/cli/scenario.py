"""The incident that `respond demo` plays: a fixed story, told step by step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import attrs

from respond.domain.moments import Moment
from respond.engine.handler import Outcome
from respond.workflow.incident import commands as c
from respond.workflow.incident.events import Attachment

DAY = datetime(2026, 3, 12, tzinfo=UTC)


def clock(hours: int, minutes: int, *, days: int = 0) -> datetime:
    """Return a time of the story."""
    return DAY + timedelta(days=days, hours=hours, minutes=minutes)


@attrs.frozen(kw_only=True)
class Step:
    """What someone does, and why the story tells it."""

    at: datetime
    """When it is recorded."""
    actor: str
    role: str
    tells: str
    command: object | Callable[[Sequence[Outcome]], object]
    """A command, or what makes one of the outcomes so far."""
    happened_at: datetime | None = None
    """When it happened, where that was earlier."""
    refused: bool = False
    """Whether the workflow refuses it; the story then shows why."""


KNOWN_AT = clock(9, 45)
"""When the story asks what could be known."""

_ASSESSED = 1
"""The step that a later one corrects."""

STEPS = (
    Step(
        at=clock(9, 2),
        actor="wang.li",
        role="duty_officer",
        tells="The duty officer reports that card terminals are down; it was noticed at 08:55.",
        command=c.ReportIncident(
            category="facility_failure",
            title="Card terminals down in 14 shops",
            narrative="Customers can pay in cash only.",
            discovered_at=Moment(clock(8, 55)),
            site="region north",
            channel="shop",
            team="shop-systems",
        ),
    ),
    Step(
        at=clock(9, 10),
        actor="chen.yu",
        role="assessor",
        tells="The impact is assessed.",
        command=c.Assess(affected_customers=120, spread="regional", findings="14 of 60 shops, since an update"),
    ),
    Step(
        at=clock(9, 12),
        actor="chen.yu",
        role="assessor",
        tells="It gets its first level; 1 is the worst.",
        command=c.AssignLevel(level=3, basis="few customers, cash works"),
    ),
    Step(
        at=clock(9, 15),
        actor="liu.fang",
        role="commander",
        tells="The response begins.",
        command=c.StartResponse(),
    ),
    Step(
        at=clock(9, 16),
        actor="liu.fang",
        role="commander",
        tells="One person commands at any instant.",
        command=c.TakeCommand(briefing="roll the update back, shop by shop"),
    ),
    Step(
        at=clock(9, 40),
        actor="liu.fang",
        role="commander",
        tells="More customers are hit than it seemed: the level is raised, with a justification.",
        command=c.ChangeLevel(level=2, justification="1,200 customers could not pay"),
    ),
    Step(
        at=clock(9, 42),
        actor="liu.fang",
        role="commander",
        tells="An early try to resolve it.  Level 2 owes a report upward, so the workflow refuses and says why.",
        command=c.Resolve(resolution="rolled back"),
        refused=True,
    ),
    Step(
        at=clock(9, 50),
        actor="liu.fang",
        role="commander",
        tells="The head office is told.",
        command=c.ReportUpward(
            kind="initial", recipient="head office", summary="Terminals down in 14 shops; rollback is under way."
        ),
    ),
    Step(
        at=clock(10, 5),
        actor="sun.jie",
        role="responder",
        tells="A note that comes late: what it tells happened at 09:20.",
        command=c.Note(
            text="The first shop works again after the rollback",
            attachments=(
                Attachment(
                    name="terminal.log",
                    media_type="text/plain",
                    size=48213,
                    sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                    uri="https://files.example.org/terminal.log",
                ),
            ),
        ),
        happened_at=clock(9, 20),
    ),
    Step(
        at=clock(10, 10),
        actor="chen.yu",
        role="assessor",
        tells="The first assessment was wrong.  It is corrected, and the original stays.",
        command=lambda outcomes: c.Correct(
            entry=outcomes[_ASSESSED].events[0],
            changes={"affected_customers": 1200},
            reason="the first count left six shops out",
        ),
    ),
    Step(
        at=clock(10, 40),
        actor="liu.fang",
        role="commander",
        tells="Service is restored.",
        command=c.Resolve(resolution="The update was rolled back in all shops"),
    ),
    Step(
        at=clock(11, 20),
        actor="wang.li",
        role="duty_officer",
        tells="Two shops fail again: it was not over.",
        command=c.Reopen(reason="two shops fail again"),
    ),
    Step(
        at=clock(11, 22),
        actor="zhao.min",
        role="commander",
        tells="Another commander takes over.",
        command=c.TakeCommand(briefing="two shops took the update again at 11:00"),
    ),
    Step(
        at=clock(11, 55),
        actor="zhao.min",
        role="commander",
        tells="Resolved for good.",
        command=c.Resolve(resolution="The update is blocked until it is mended"),
    ),
    Step(
        at=clock(12, 10),
        actor="zhao.min",
        role="commander",
        tells="The head office gets the final report; after the end it is a fact, and moves nothing.",
        command=c.ReportUpward(kind="final", recipient="head office", summary="Service is restored since 11:55."),
    ),
    Step(
        at=clock(15, 0, days=1),
        actor="chen.yu",
        role="reviewer",
        tells="The review is closed on the next day.",
        command=c.CloseReview(summary="Updates go to two shops first, for a day."),
    ),
)
