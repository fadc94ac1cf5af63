"""Cases of the guards of the review, and the incidents that they stand on."""

from __future__ import annotations

import attrs

from guard_cases import Case
from play import Play
from respond.workflow.incident import commands as c
from respond.workflow.incident.measures import SkipMeasure
from respond.workflow.incident.people import AssignRole
from respond.workflow.incident.review import (
    EvaluateResponse,
    OpenReview,
    PublishReview,
    RecordFinding,
    RecordFix,
    SignReview,
)
from response import working

OPEN = OpenReview(participants=("li.na", "wu.bo"), absent=("he.na",), facilitator="zhao.min")
CAUSE = RecordFinding(kind="direct_cause", text="A certificate ran out", evidence=("the log of the gateway",))
JUDGED = EvaluateResponse(followed=True, adequate=False, effectiveness="partly_effective", text="Nobody had the keys")
FIX = RecordFix(kind="permanent", text="Certificates renew themselves")
SIGN = SignReview(note="as I remember it")
PUBLISH = PublishReview(readership="internal", place="wiki/reviews/17")


def over() -> Play:
    """Return an incident that chen.yu commanded, in which li.na was liaison, and that wang.li resolved."""
    play = working().do(AssignRole(role="liaison", person="li.na"))
    for measure in ("patch", "restore"):
        play.do(SkipMeasure(measure=measure, reason="it came back by itself"))
    return play.do(c.Resolve(resolution="Replaced"), actor="wang.li")


def opened() -> Play:
    """Return one whose review was opened."""
    return over().do(OPEN)


def closed() -> Play:
    """Return one whose review was closed."""
    return opened().do(c.CloseReview(summary="A certificate ran out"))


REVIEW_CASES = [
    Case(
        code="participant-missing",
        on=over,
        refused=attrs.evolve(OPEN, participants=()),
        passes=OPEN,
        text="name at least one who reviews, and leave no name blank",
    ),
    Case(
        code="participant-missing",
        on=over,
        refused=attrs.evolve(OPEN, absent=(" ",)),
        passes=OPEN,
        text="name at least one who reviews, and leave no name blank",
    ),
    Case(
        code="participant-twice",
        on=over,
        refused=attrs.evolve(OPEN, absent=("wu.bo",)),
        passes=attrs.evolve(OPEN, participants=("li.na", "wu.bo", "zhao.min")),
        text="named twice: wu.bo; each is present or absent",
    ),
    Case(
        code="facilitator-responded",
        on=over,
        refused=attrs.evolve(OPEN, facilitator="li.na"),
        passes=attrs.evolve(OPEN, facilitator=None),
        text="'li.na' took part in the response; let somebody facilitate who did not",
    ),
    Case(
        code="not-a-reviewer",
        on=opened,
        refused=SIGN,
        actor="he.na",
        passes=SIGN,
        other_actor="zhao.min",
        text="'he.na' did not review; these did: li.na, wu.bo, zhao.min",
    ),
    Case(
        code="not-a-reviewer",
        on=over,
        refused=SIGN,
        actor="wu.bo",
        passes=OPEN,
        text="no review was opened; open one, and say who reviews",
    ),
    Case(
        code="finding-kind-unknown",
        on=over,
        refused=attrs.evolve(CAUSE, kind="culprit"),
        passes=CAUSE,
        text="'culprit' is not one of trigger, direct_cause, indirect_cause, contributing_factor, nature, "
        "missed_signal, went_well, went_badly, lucky, made_worse, coordination, surprise, open_question",
    ),
    Case(
        code="finding-missing",
        on=over,
        refused=attrs.evolve(CAUSE, text="\n"),
        passes=CAUSE,
        text="text must not be blank",
    ),
    Case(
        code="effectiveness-unknown",
        on=over,
        refused=attrs.evolve(JUDGED, effectiveness="great"),
        passes=JUDGED,
        text="'great' is not one of effective, partly_effective, ineffective",
    ),
    Case(
        code="evaluation-missing",
        on=over,
        refused=attrs.evolve(JUDGED, text=""),
        passes=JUDGED,
        text="text must not be blank",
    ),
    Case(
        code="fix-kind-unknown",
        on=closed,
        refused=attrs.evolve(FIX, kind="half"),
        passes=FIX,
        text="'half' is not one of temporary, permanent",
    ),
    Case(code="fix-missing", on=over, refused=attrs.evolve(FIX, text=""), passes=FIX, text="text must not be blank"),
    Case(
        code="readership-unknown",
        on=closed,
        refused=attrs.evolve(PUBLISH, readership="everyone"),
        passes=PUBLISH,
        text="'everyone' is not one of internal, external",
    ),
    Case(
        code="place-missing",
        on=closed,
        refused=attrs.evolve(PUBLISH, place=""),
        passes=PUBLISH,
        text="place must not be blank",
    ),
]
