"""The plan and the incidents that tests of words stand on."""

from __future__ import annotations

from datetime import timedelta

import attrs

from play import PLAN, START, Play
from respond.domain.references import Actor
from respond.plan.authority import AuthorityRule
from respond.plan.communication import Audience, Channel, KeyMessage, NoticeRule
from respond.plan.organisation import Department, Role
from respond.plan.spans import Span
from respond.workflow.incident import commands as c
from respond.workflow.incident.messages import ApproveKeyMessages, SetKeyMessages
from respond.workflow.incident.statements import ApproveStatement, DraftStatement, PublishStatement

SPOKEN = attrs.evolve(
    PLAN,
    name="spoken",
    roles=(
        *(one for one in PLAN.roles if one.id != "spokesperson"),
        Role(id="spokesperson", title="Spokesperson", substitutes=("deputy",)),
        Role(id="deputy", title="Deputy"),
        Role(id="director", title="Director"),
        Role(id="runner", title="Runner"),
    ),
    departments=(Department(id="shops", title="Shops"),),
    channels=tuple(Channel(id=one, title=one, medium="other") for one in ("wire", "sms", "line")),
    audiences=(
        Audience(
            id="press",
            title="Press",
            kind="media",
            channels=("wire",),
            speakers=("spokesperson",),
            approvers=("director",),
            levels=(1, 2),
            longest_silence=Span(2, "hour"),
        ),
        Audience(id="city", title="City", kind="public", channels=("wire",)),
        Audience(
            id="callers", title="Callers", kind="customers", channels=("sms",), longest_silence=Span(30, "minute")
        ),
        Audience(id="staff", title="Staff", kind="staff", channels=("line",), longest_silence=Span(1, "hour")),
    ),
    key_messages=(
        KeyMessage(id="hello", title="First word", stage="first", text="We know."),
        KeyMessage(id="hurt", title="First word", stage="first", text="We care.", categories=("network",)),
        KeyMessage(id="sorry", title="Last word", stage="final", text="We learnt."),
    ),
)
"""The example, with those who are told, and who speak."""
MATRIX = attrs.evolve(
    SPOKEN,
    name="matrix",
    notices=(
        NoticeRule(id="to_staff", tellers=("director",), audience="staff"),
        NoticeRule(id="to_runners", role="runner", channels=("line", "sms"), levels=(3,)),
    ),
)
"""One with a communication matrix."""
FOUR_EYES = attrs.evolve(
    SPOKEN,
    name="four_eyes",
    authority=(
        AuthorityRule(
            id="approving",
            commands=("approve_statement",),
            roles=("anyone",),
            different_actor=("draft_statement", "correct_statement"),
        ),
        AuthorityRule(
            id="voicing",
            commands=("approve_key_messages",),
            roles=("anyone",),
            different_actor=("set_key_messages",),
        ),
        AuthorityRule(
            id="rest",
            commands=(
                *("report", "assess", "assign_level", "start_response"),
                *("set_key_messages", "draft_statement", "correct_statement", "publish_statement"),
            ),
            roles=("anyone",),
        ),
    ),
)
"""One in which nobody approves his own words."""

MESSAGES = SetKeyMessages(messages=("We know.", "We act."), stage="first")
TOLD = DraftStatement(
    statement="s1",
    audience="press",
    channel="wire",
    text="Cards are not taken in 14 shops.",
    cause="not known yet",
    effect="customers pay cash",
    measures="technicians are on site",
    recovery="by noon",
    next_update_at=START + timedelta(hours=2),
)
INSIDE = DraftStatement(statement="in", audience="staff", channel="line", text="Take cash.")
DIRECTOR = Actor(id="li.na", role="director")
SPEAKER = Actor(id="zhao.min", role="spokesperson")


def open_to_words(level: int = 2, plan=SPOKEN) -> Play:
    """Return an incident at *level* that people respond to; its last event is at 08:03."""
    return Play(plan=plan).do(
        c.ReportIncident(category="facility_failure", title="Card terminals down"),
        c.Assess(affected_customers=300),
        c.AssignLevel(level=level, basis="x"),
        c.StartResponse(),
    )


def voiced(plan=SPOKEN) -> Play:
    """Return one with live key messages."""
    return open_to_words(plan=plan).do(MESSAGES, actor="wang.li").do(ApproveKeyMessages(version=1), actor="li.na")


def drafted() -> Play:
    """Return one with a draft to the press."""
    return voiced().do(TOLD, actor="wang.li")


def approved() -> Play:
    """Return one with an approved statement to the press; it was approved at 08:07."""
    return drafted().do(ApproveStatement(statement="s1"), actor=DIRECTOR)


def published() -> Play:
    """Return one with a statement that the press was told."""
    return approved().do(PublishStatement(statement="s1"), actor=SPEAKER)


def reworded() -> Play:
    """Return one in which other key messages became live after the statement was approved."""
    return approved().do(SetKeyMessages(messages=("It is over.",)), ApproveKeyMessages(version=2))
