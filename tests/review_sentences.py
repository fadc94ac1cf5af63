"""What each event of the review and of a lesson says, in one line."""

from __future__ import annotations

from respond.workflow.incident.reviewed import (
    FindingRecorded,
    FixRecorded,
    LessonDrawn,
    ResponseEvaluated,
    ReviewOpened,
    ReviewPublished,
    ReviewSigned,
)
from respond.workflow.lesson import LessonRecorded, LessonRevised, LessonWithdrawn

REVIEW_SENTENCES = [
    (ReviewOpened(participants=("li.na", "wu.bo")), "Review opened with li.na, wu.bo"),
    (
        ReviewOpened(participants=("li.na",), absent=("he.na",), facilitator="zhao.min"),
        "Review opened with li.na; absent: he.na; facilitated by zhao.min",
    ),
    (
        FindingRecorded(kind="went_well", text="The shops took cash"),
        "Found, went well (medium confidence): The shops took cash",
    ),
    (
        FindingRecorded(kind="direct_cause", text="A certificate", evidence=("a log", "a mail"), confidence="high"),
        "Found, direct cause (high confidence): A certificate; a log, a mail",
    ),
    (
        ResponseEvaluated(followed=True, adequate=False, effectiveness="partly_effective", text="No keys"),
        "Response judged partly effective; procedures followed, not adequate: No keys",
    ),
    (
        ResponseEvaluated(followed=False, adequate=True, effectiveness="ineffective", text="Too late"),
        "Response judged ineffective; procedures not followed, adequate: Too late",
    ),
    (FixRecorded(kind="permanent", text="They renew themselves"), "Permanent fix: They renew themselves"),
    (ReviewSigned(person="li.na"), "Review signed by li.na"),
    (ReviewSigned(person="li.na", note="but for the times"), "Review signed by li.na: but for the times"),
    (ReviewPublished(readership="external", place="example.org/17"), "Review published, external: example.org/17"),
    (LessonDrawn(lesson="keys"), "Lesson keys drawn"),
    (
        LessonRecorded(from_="new", to="recorded", text="Watch certificates", tags=("tls", "keys"), incident="i-1"),
        "Lesson (tls, keys): Watch certificates",
    ),
    (
        LessonRecorded(from_="new", to="recorded", text="Watch certificates", source="the Bank"),
        "Lesson from the Bank: Watch certificates",
    ),
    (LessonRevised(text="Renew them", reason="clearer"), "Lesson revised: Renew them (clearer)"),
    (LessonWithdrawn(from_="recorded", to="withdrawn", reason="it was wrong"), "Lesson withdrawn: it was wrong"),
]
