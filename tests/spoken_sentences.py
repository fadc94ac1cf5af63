"""What each event about words reads like in a timeline."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from respond.workflow.incident.messages import KeyMessagesApproved, KeyMessagesSet
from respond.workflow.incident.notices import (
    CommunicationEvaluated,
    FeedbackReceived,
    NoticeGiven,
    ObservationRecorded,
)
from respond.workflow.incident.statements import (
    StatementApproved,
    StatementCorrected,
    StatementDrafted,
    StatementPublished,
    StatementRetracted,
)

SPOKEN_SENTENCES = [
    (
        KeyMessagesSet(version=1, messages=("We know.", "We act."), stage="first"),
        "Key messages set, version 1, first: We know.; We act.",
    ),
    (KeyMessagesSet(version=2, messages=("Over.",)), "Key messages set, version 2: Over."),
    (KeyMessagesApproved(version=2), "Key messages approved, version 2"),
    (
        StatementDrafted(
            statement="s1",
            audience="press",
            channel="wire",
            text="14 shops",
            next_update_at=datetime(2026, 3, 1, 9, tzinfo=UTC),
        ),
        "Statement s1 to press by wire drafted: 14 shops; more at 2026-03-01T09:00:00.000000Z",
    ),
    (
        StatementCorrected(statement="s1", version=2, reason="one more", text="15 shops"),
        "Statement s1 corrected, version 2: 15 shops (one more)",
    ),
    (StatementApproved(statement="s1", version=2), "Statement s1 approved, version 2"),
    (
        StatementPublished(statement="s1", version=2, audience="press", channel="wire", key_messages=1, stage="first"),
        "Statement s1, version 2, published to press by wire, on key messages 1",
    ),
    (
        StatementPublished(statement="s2", version=1, audience="staff", channel="line"),
        "Statement s2, version 1, published to staff by line",
    ),
    (StatementRetracted(statement="s1", reason="wrong"), "Statement s1 retracted: wrong"),
    (NoticeGiven(text="Take cash", channel="line", audience="staff"), "staff told by line: Take cash"),
    (
        NoticeGiven(text="Run", channel="line", to_role="runner", people=("wu.bo", "an.yu")),
        "runner (wu.bo, an.yu) told by line: Run",
    ),
    (FeedbackReceived(source="a shop", channel="hotline", text="Thanks"), "Feedback from a shop by hotline: Thanks"),
    (
        FeedbackReceived(source="callers", channel="survey", text="Too late", count=12),
        "Feedback from callers by survey, 12 times: Too late",
    ),
    (ObservationRecorded(metric="posts", value=Decimal(180), source="a watch"), "Observed: posts 180 (a watch)"),
    (CommunicationEvaluated(rating=4, text="Quick"), "Communication rated 4 of 5: Quick"),
]
