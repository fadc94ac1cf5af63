"""The review: who sits, what is found, what is to be done about it, by whom and when, and what is learnt."""

from __future__ import annotations

from typing import Any

from respond.cli.scenario.people import (
    CARE,
    COMMANDER,
    LIAISON,
    REVIEWER,
    SECOND_COMMANDER,
    TECHNICAL_LEAD,
)
from respond.cli.scenario.step import INCIDENT, Person, Step, clock
from respond.workflow.action import ACTION_CATEGORY
from respond.workflow.action import commands as a
from respond.workflow.incident import commands as c
from respond.workflow.incident.recognition import RecordRecognition
from respond.workflow.incident.review import (
    EvaluateResponse,
    OpenReview,
    PublishReview,
    RecordFinding,
    RecordFix,
    SignReview,
)
from respond.workflow.incident.reviewed import FindingKind
from respond.workflow.lesson import LESSON_CATEGORY, RecordLesson

TWO_SHOPS = "two-shops-first"
"""The key of the lesson, and of the action item that follows from it."""
REVIEW_CLOCK = "review_major"

_PAUSED = (
    REVIEWER.does(
        "13 12:30",
        "The review waits for the supplier, and its clock stands still.",
        c.PauseClock(obligation=REVIEW_CLOCK, reason="the supplier's log comes on Monday"),
    ),
    REVIEWER.does(
        "16 01:30",
        "The log is there, and the clock runs on.",
        c.ResumeClock(obligation=REVIEW_CLOCK, reason="the supplier's log came"),
    ),
)


def _found(kind: FindingKind, text: str, *evidence: str) -> Step:
    return REVIEWER.does("17 02:10", "", RecordFinding(kind=kind, text=text, evidence=evidence, confidence="high"))


_SAT = (
    COMMANDER.does(
        "17 02:00",
        "Who commanded does not lead the review.",
        OpenReview(participants=(REVIEWER.id, COMMANDER.id), facilitator=COMMANDER.id),
        refused=True,
    ),
    REVIEWER.does(
        "17 02:05",
        "Somebody leads it who took no part.",
        OpenReview(
            participants=(REVIEWER.id, COMMANDER.id, SECOND_COMMANDER.id, TECHNICAL_LEAD.id, CARE.id),
            absent=("pan.lei",),
            facilitator=REVIEWER.id,
        ),
    ),
    _found("trigger", "An update of the card terminals was rolled out to 20 shops at once", "the supplier's log"),
    _found("direct_cause", "The update broke the keys of the terminals", "without it the same terminal works"),
    _found("indirect_cause", "Updates go to all shops of a region in one night", "the roll-out's calendar"),
    _found("contributing_factor", "A rollback did not bar the next roll-out", "the supplier's log"),
    _found("nature", "A fault of a supplier's change, not an attack"),
    _found("missed_signal", "3 % of the payments failed for 15 minutes before anybody called a shop"),
    _found("made_worse", "Shops restarted terminals, which took the update then"),
    _found("went_well", "Shops took cash within half an hour"),
    _found("went_badly", "Customers heard nothing for an hour and twenty minutes on the first day"),
    _found("lucky", "It was no Saturday"),
    _found("coordination", "The partner's agents came within 20 minutes"),
    _found("open_question", "Why did the supplier's own test not see the broken keys?"),
    _found("surprise", "The spare terminals had taken the update too"),
    REVIEWER.does(
        "17 02:30",
        "Was the plan followed, was it good enough, and did it work?",
        EvaluateResponse(
            followed=True,
            adequate=False,
            effectiveness="partly_effective",
            text="the plan restores service, and bars nothing that brings the fault back",
        ),
    ),
    TECHNICAL_LEAD.does("17 02:40", "", RecordFix(kind="temporary", text="The update is blocked")),
    TECHNICAL_LEAD.does("17 02:41", "", RecordFix(kind="permanent", text="A new update, tried in two shops")),
    REVIEWER.does(
        "17 02:50",
        "Who did outstandingly well is named.",
        RecordRecognition(person="pan.lei", text="had every shop take cash within 20 minutes"),
    ),
)


def _action(person: Person, at: str, tells: str, key: str, command: object, **more: Any) -> Step:
    return person.does(at, tells, command, category=ACTION_CATEGORY, key=key, **more)


def _open(at: str, tells: str, key: str, owner: Person, due_at: str, kind: Any, text: str) -> Step:
    command = a.OpenAction(incident=INCIDENT, kind=kind, text=text, owner=owner.id, due_at=clock(due_at))
    return _action(REVIEWER, at, tells, key, command)


_ACTIONS = (
    _open(
        "17 03:00",
        "Findings lead to action items, each with an owner and a date.",
        TWO_SHOPS,
        TECHNICAL_LEAD,
        "24 08:00",
        "prevent",
        "Let every update run in two shops for a day before others get it",
    ),
    _open("17 03:01", "", "word-in-time", CARE, "23 08:00", "process", "Keep a word to customers ready for each stage"),
    _open("17 03:02", "", "more-agents", LIAISON, "31 08:00", "mitigate", "Agree on ten more agents with a partner"),
    _action(TECHNICAL_LEAD, "17 03:10", "", TWO_SHOPS, a.AcceptAction(incident=INCIDENT)),
    _action(CARE, "17 03:11", "", "word-in-time", a.AcceptAction(incident=INCIDENT)),
    _action(
        LIAISON,
        "17 03:12",
        "One of them is refused: that is kept, with the reason.",
        "more-agents",
        a.RefuseAction(incident=INCIDENT, reason="agreements with partners are made by logistics"),
    ),
    _action(
        REVIEWER,
        "17 03:20",
        "Somebody else takes it.",
        "more-agents",
        a.AssignAction(incident=INCIDENT, owner="luo.bin", reason="logistics keeps the agreements"),
    ),
)

_CLOSED = (
    REVIEWER.does(
        "17 04:00",
        "What was learnt goes where others find it.",
        RecordLesson(
            text="An update goes to two shops first, for a day; and a rollback bars the next roll-out.",
            tags=("supplier", "update", "terminals"),
            category="equipment_failure",
            level=1,
            site="region north",
            incident=INCIDENT,
        ),
        category=LESSON_CATEGORY,
        key=TWO_SHOPS,
    ),
    *(
        person.does("17 05:00", "", SignReview())
        for person in (REVIEWER, COMMANDER, SECOND_COMMANDER, TECHNICAL_LEAD, CARE)
    ),
    SECOND_COMMANDER.does(
        "17 06:00", "Who resolved it does not close its review.", c.CloseReview(summary="All went well."), refused=True
    ),
    REVIEWER.does(
        "17 07:00", "Somebody else does.", c.CloseReview(summary="Updates go to two shops first, for a day.")
    ),
    REVIEWER.does(
        "17 07:30",
        "All who work here can read it.",
        PublishReview(readership="internal", place="https://wiki.example.org/reviews/terminals"),
    ),
)

_FOLLOWED_UP = (
    _action(
        CARE,
        "19 08:00",
        "An action item is done before its date.",
        "word-in-time",
        a.CompleteAction(incident=INCIDENT, evidence="four drafts, in the folder of the hotline"),
    ),
    _action(
        CARE,
        "19 08:10",
        "Its owner does not verify it.",
        "word-in-time",
        a.VerifyAction(incident=INCIDENT, method="read"),
        refused=True,
    ),
    _action(
        REVIEWER,
        "19 09:00",
        "Somebody else looks at it.",
        "word-in-time",
        a.VerifyAction(incident=INCIDENT, method="read", note="fits each stage"),
    ),
    _action(
        TECHNICAL_LEAD,
        "20 08:00",
        "The lesson is carried out.",
        TWO_SHOPS,
        a.CompleteAction(incident=INCIDENT, evidence="rule in the roll-out tool"),
    ),
    _action(REVIEWER, "20 09:00", "", TWO_SHOPS, a.VerifyAction(incident=INCIDENT, method="a trial roll-out")),
    REVIEWER.does(
        "20 09:30",
        "What level 1 wants done within a week is done; one action item stays open until the end of the month.",
        c.Fulfil(obligation="action_items_major", note="two of three verified, the third is assigned anew"),
    ),
)

REVIEW = (*_PAUSED, *_SAT, *_ACTIONS, *_CLOSED, *_FOLLOWED_UP)
