"""Cases of the guards of words."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import attrs

from guard_cases import Case
from play import START
from respond.domain.references import Actor
from respond.workflow.incident.messages import ApproveKeyMessages, SetKeyMessages
from respond.workflow.incident.notices import EvaluateCommunication, Notify, RecordFeedback, RecordObservation
from respond.workflow.incident.statements import (
    ApproveStatement,
    CorrectStatement,
    PublishStatement,
    RetractStatement,
)
from spoken import (
    DIRECTOR,
    INSIDE,
    MATRIX,
    MESSAGES,
    SPEAKER,
    TOLD,
    approved,
    drafted,
    open_to_words,
    published,
    reworded,
    voiced,
)

CORRECTED = CorrectStatement(statement="s1", text="In 15 shops.", reason="one more")
NOTICE = Notify(text="Take cash.", channel="line", audience="staff")
ANSWER = RecordFeedback(source="a shop", channel="hotline", text="Thanks")
POSTS = RecordObservation(metric="posts", value=Decimal(12), source="watch")
JUDGED = EvaluateCommunication(rating=4, text="Quick")
LATER = START + timedelta(hours=3)
AGENT = Actor(id="an.yu", role="runner")


def retracted():
    """Return an incident with a statement that was withdrawn."""
    return published().do(RetractStatement(statement="s1", reason="wrong"))


def uncited():
    """Return one with a statement to the press that was written before there were key messages."""
    return open_to_words().do(TOLD).do(MESSAGES, ApproveKeyMessages(version=1))


SPOKEN_CASES = [
    Case(
        code="message-missing",
        on=open_to_words,
        refused=SetKeyMessages(messages=("We know.", " ")),
        passes=MESSAGES,
        text="key messages need a message, and none may be blank",
    ),
    Case(
        code="stage-unknown",
        on=open_to_words,
        refused=attrs.evolve(MESSAGES, stage="later"),
        passes=attrs.evolve(MESSAGES, stage=None),
        text="'later' is not one of first, update, resolved, final",
    ),
    Case(
        code="key-messages-unknown",
        on=lambda: open_to_words().do(MESSAGES),
        refused=ApproveKeyMessages(version=2),
        passes=ApproveKeyMessages(version=1),
        text="there is no version 2 of the key messages; there is 1",
    ),
    Case(
        code="key-messages-unknown",
        on=open_to_words,
        refused=attrs.evolve(TOLD, key_messages=0),
        passes=TOLD,
        text="there is no version 0 of the key messages; there is none",
    ),
    Case(
        code="key-messages-superseded",
        on=lambda: open_to_words().do(MESSAGES, SetKeyMessages(messages=("It is over.",))),
        refused=ApproveKeyMessages(version=1),
        passes=ApproveKeyMessages(version=2),
        text="version 1 of the key messages was set anew; approve version 2",
    ),
    Case(
        code="statement-known",
        on=drafted,
        refused=attrs.evolve(TOLD, text="All is well."),
        passes=attrs.evolve(TOLD, statement="s2"),
        text="'s1' is a statement to 'press' already; take another key",
    ),
    Case(
        code="statement-unknown",
        on=drafted,
        refused=CorrectStatement(statement="s2", text="x", reason="x"),
        passes=CORRECTED,
        text="'s2' is no statement of this incident; it has s1",
    ),
    Case(
        code="statement-missing",
        on=voiced,
        refused=attrs.evolve(TOLD, statement="", text="\n"),
        passes=TOLD,
        text="statement and text must not be blank",
    ),
    Case(
        code="audience-unknown",
        on=voiced,
        refused=attrs.evolve(TOLD, audience="the moon"),
        passes=TOLD,
        text="'the moon' is not an audience of the plan spoken@1; it has press, city, callers, staff",
    ),
    Case(
        code="channel-unknown",
        on=open_to_words,
        refused=Notify(text="Run.", channel="drum", to_role="runner"),
        passes=Notify(text="Run.", channel="line", to_role="runner"),
        text="'drum' is not a channel of the plan spoken@1; it has wire, sms, line",
    ),
    Case(
        code="channel-unfit",
        on=voiced,
        refused=attrs.evolve(TOLD, channel="sms"),
        passes=TOLD,
        text="'sms' does not reach 'press'; these do: wire",
    ),
    Case(
        code="statement-incomplete",
        on=voiced,
        refused=attrs.evolve(TOLD, cause=" ", recovery="", next_update_at=None),
        passes=INSIDE,
        text="say cause, recovery, next_update_at; what is not known yet is told as such",
    ),
    Case(
        code="next-update-past",
        on=voiced,
        refused=TOLD,
        passes=TOLD,
        told_at=LATER,
        text="the next update was due at 2026-03-01T10:00:00.000000Z; say when the next one comes now",
    ),
    Case(
        code="key-messages-missing",
        on=uncited,
        refused=ApproveStatement(statement="s1"),
        passes=CORRECTED,
        actor=DIRECTOR,
        text="the statement rests on no key messages; version 1 is live: correct it",
    ),
    Case(
        code="key-messages-missing",
        on=lambda: open_to_words().do(TOLD),
        refused=ApproveStatement(statement="s1"),
        passes=MESSAGES,
        actor=DIRECTOR,
        text="the statement rests on no key messages; let a version be approved, then correct it",
    ),
    Case(
        code="key-messages-outdated",
        on=reworded,
        refused=PublishStatement(statement="s1"),
        passes=CORRECTED,
        actor=SPEAKER,
        text="the statement rests on version 1 of the key messages, and version 2 is live; correct it",
    ),
    Case(
        code="key-messages-outdated",
        on=lambda: open_to_words().do(MESSAGES, attrs.evolve(TOLD, key_messages=1)),
        refused=ApproveStatement(statement="s1"),
        passes=ApproveKeyMessages(version=1),
        actor=DIRECTOR,
        text="the statement rests on version 1 of the key messages, and none is live; correct it",
    ),
    Case(
        code="not-an-approver",
        on=drafted,
        refused=ApproveStatement(statement="s1"),
        passes=ApproveStatement(statement="s1"),
        actor=SPEAKER,
        other_actor=DIRECTOR,
        text="what 'press' are told is approved by director; the actor has 'spokesperson'",
    ),
    Case(
        code="not-a-speaker",
        on=approved,
        refused=PublishStatement(statement="s1"),
        passes=PublishStatement(statement="s1"),
        other_actor=Actor(id="he.na", role="deputy"),
        text="to 'press' speak spokesperson; the actor has no role",
    ),
    Case(
        code="not-a-speaker",
        on=lambda: voiced().do(attrs.evolve(TOLD, audience="city"), ApproveStatement(statement="s1")),
        refused=PublishStatement(statement="s1"),
        passes=CORRECTED,
        actor=SPEAKER,
        text="to 'city' speak nobody; the actor has 'spokesperson'",
    ),
    Case(
        code="statement-not-draft",
        on=retracted,
        refused=ApproveStatement(statement="s1"),
        passes=attrs.evolve(TOLD, statement="s2"),
        actor=DIRECTOR,
        text="'s1' is retracted, not draft",
    ),
    Case(
        code="statement-outdated",
        on=lambda: drafted().do(CORRECTED),
        refused=ApproveStatement(statement="s1", version=1),
        passes=ApproveStatement(statement="s1", version=2),
        actor=DIRECTOR,
        other_actor=DIRECTOR,
        text="'s1' stands at version 2, not 1; read that one",
    ),
    Case(
        code="statement-not-approved",
        on=lambda: published().do(CORRECTED),
        refused=PublishStatement(statement="s1"),
        passes=ApproveStatement(statement="s1"),
        actor=SPEAKER,
        other_actor=DIRECTOR,
        text="'s1' is draft, not approved",
    ),
    Case(
        code="statement-not-approved",
        on=approved,
        refused=PublishStatement(statement="s1"),
        passes=PublishStatement(statement="s1"),
        actor=SPEAKER,
        other_actor=SPEAKER,
        told_at=START,
        text="'s1' was approved at 2026-03-01T08:07:00.000000Z, after that",
    ),
    Case(
        code="statement-not-published",
        on=approved,
        refused=RetractStatement(statement="s1", reason="wrong"),
        passes=CORRECTED,
        text="'s1' was never published; correct it, or leave it",
    ),
    Case(
        code="statement-retracted",
        on=retracted,
        refused=CORRECTED,
        passes=attrs.evolve(TOLD, statement="s2"),
        text="'s1' is retracted, not draft or approved or published",
    ),
    Case(
        code="addressee-missing",
        on=open_to_words,
        refused=attrs.evolve(NOTICE, to_role="runner"),
        passes=NOTICE,
        text="name one of audience, role and department",
    ),
    Case(
        code="addressee-unknown",
        on=open_to_words,
        refused=Notify(text="Run.", channel="line", department="kitchen"),
        passes=Notify(text="Run.", channel="line", department="shops"),
        text="'kitchen' is not a department of the plan spoken@1; it has shops",
    ),
    Case(
        code="notice-missing",
        on=open_to_words,
        refused=attrs.evolve(NOTICE, text=""),
        passes=NOTICE,
        text="text must not be blank",
    ),
    Case(
        code="notice-outside",
        on=open_to_words,
        refused=Notify(text="All is well.", channel="sms", audience="callers"),
        passes=NOTICE,
        text="'callers' are customers, who are told by statements; draft one",
    ),
    Case(
        code="notice-not-planned",
        on=lambda: open_to_words(plan=MATRIX),
        refused=NOTICE,
        passes=NOTICE,
        actor=AGENT,
        other_actor=DIRECTOR,
        text="no line of the communication matrix allows that; it has to_staff: director by any channel",
    ),
    Case(
        code="notice-not-planned",
        on=lambda: open_to_words(3, plan=MATRIX),
        refused=Notify(text="Run.", channel="wire", to_role="runner"),
        passes=Notify(text="Run.", channel="line", to_role="runner"),
        text="no line of the communication matrix allows that; it has to_runners: anyone by line or sms",
    ),
    Case(
        code="feedback-missing",
        on=open_to_words,
        refused=attrs.evolve(ANSWER, source=" "),
        passes=ANSWER,
        text="source must not be blank",
    ),
    Case(
        code="count-not-positive",
        on=open_to_words,
        refused=attrs.evolve(ANSWER, count=0),
        passes=attrs.evolve(ANSWER, count=12),
        text="0 people say nothing; write how many said so",
    ),
    Case(
        code="observation-missing",
        on=open_to_words,
        refused=attrs.evolve(POSTS, metric=""),
        passes=POSTS,
        text="metric must not be blank",
    ),
    Case(
        code="value-not-finite",
        on=open_to_words,
        refused=attrs.evolve(POSTS, value=Decimal("NaN")),
        passes=attrs.evolve(POSTS, value=Decimal("-0.5")),
        text="NaN is no value; write a finite number",
    ),
    Case(
        code="rating-unexplained",
        on=open_to_words,
        refused=attrs.evolve(JUDGED, text=""),
        passes=JUDGED,
        text="text must not be blank",
    ),
    Case(
        code="rating-out-of-range",
        on=open_to_words,
        refused=attrs.evolve(JUDGED, rating=6),
        passes=JUDGED,
        text="6 is no rating; write 1, the worst, to 5",
    ),
]
