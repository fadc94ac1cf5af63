"""The review with what people told for it, and how the incident was dealt with besides measures."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import attrs
import pytest

from play import START
from respond import Engine, Money, Plan
from respond.plan.classification import ResponseLevel
from respond.plan.obligations import Clock, Obligation
from respond.plan.organisation import Role
from respond.plan.spans import Span
from respond.projections.account import Account
from respond.projections.learnt import Learnt
from respond.projections.response import Response
from respond.projections.review import Review
from respond.store.memory import MemoryEventStore
from respond.testing.clocks import ManualClock

PAGE = Path(__file__).parent.parent.parent / "docs" / "reference" / "review.md"
EXAMPLE = Plan.example()
PLAN = attrs.evolve(
    EXAMPLE,
    name="reviewing",
    roles=(
        *EXAMPLE.roles,
        Role(id="liaison", title="Liaison", required_from=3),
        Role(id="legal", title="Legal", required_from=2),
    ),
    response_levels=(ResponseLevel(id="I", title="All"), ResponseLevel(id="II", title="Some")),
    levels=tuple(attrs.evolve(one, response="II") for one in EXAMPLE.levels),
    obligations=(
        Obligation(
            id="review",
            title="Close the review",
            act="close_review",
            due=(Clock(from_="response_ended", within=Span(1, "hour")),),
        ),
    ),
)


@pytest.fixture
def clock():
    """Return a clock that stands still until it is moved."""
    return ManualClock(START)


@pytest.fixture
def incident(clock):
    """Return an incident that was resolved after three hours."""
    engine = Engine(MemoryEventStore(clock=clock), plans=[PLAN], clock=clock)
    incident = engine.report(category="facility_failure", title="Terminals down", channel="hotline", actor="wang.li")
    incident.assess(affected_customers=300)
    incident.assign_level(2, basis="regional", actor="chen.yu")
    clock.move(minutes=10)
    incident.set_response_level("I", basis="the news ask")
    incident.assign_role("liaison", "he.na")
    incident.start_response()
    incident.report_upward("initial", recipient="HQ", summary="14 shops")
    clock.move(minutes=50)
    incident.recategorise("other", reason="not the terminals")
    incident.note("The supplier is on the line")
    incident.hand_over_role("liaison", "he.na", "wu.bo", briefing="all is told")
    incident.set_response_level("II", basis="quiet")
    incident.request_resource("generators", 3, purpose="light")
    incident.record_expense(Money(Decimal("9.50"), "CNY"), purpose="taxi")
    incident.record_expense(Money(Decimal(3), "CNY"), purpose="tea")
    clock.move(hours=2)
    incident.resolve("New certificates")
    return incident


def test_how_it_was_dealt_with(incident, clock):
    """Kinds, responses, roles, duties, resources and silence are computed, each with its events."""
    clock.move(hours=2)
    incident.close_review("A certificate")
    told = incident.review(now=clock()).account
    assert (told.detection.reporter, told.detection.channel) == ("wang.li", "hotline")
    assert [(one.to, one.because) for one in told.categories] == [
        ("facility_failure", ""),
        ("other", "not the terminals"),
    ]
    assert [one.to for one in told.response_levels] == ["I", "II"]
    assert [(one.holder, one.seconds) for one in told.response_mismatches] == [("I, not II", 3000)]
    assert [(one.role, one.held.holder, one.held.seconds, one.briefing) for one in told.roles] == [
        ("liaison", "he.na", 3000, ""),
        ("liaison", "wu.bo", 7200, "all is told"),
    ]
    assert told.roles_never_filled == ("legal",)
    assert [(one.holder, one.seconds, one.ended_by is None) for one in told.roles_empty] == [
        ("legal", 10800, False),
        ("liaison", 600, False),
    ]
    (duty,) = told.duties
    assert (duty.obligation, duty.verdict, duty.late_seconds) == ("review", "late", 3600)
    assert duty.done_by == incident.events()[-1].id
    assert (told.silence.seconds, told.silence.since) == (7200, START + timedelta(hours=1))
    types = {one.id: one.type for one in incident.events()}
    assert [types[one.id] for one in told.silence.citations] == ["ProgressNoted", "IncidentResolved"]
    assert [(one.resource, one.requested, one.short) for one in told.resources] == [("generators", 3, 3)]
    (cost,) = told.costs
    assert (str(cost.total.amount), len(cost.citations)) == ("12.50", 2)


def test_required_roles_that_stood_empty(incident, clock):
    """A role stands empty until somebody has it and from its release on, where the level asks for it, while open."""

    def empty(role: str) -> list[tuple[int, bool]]:
        told = incident.review(now=clock()).account
        return [(one.seconds, one.until is None) for one in told.roles_empty if one.holder == role]

    incident.reopen("It is back")
    clock.move(minutes=5)
    assert empty("liaison") == [(600, False)]
    incident.assign_role("liaison", "li.na")
    incident.release_role("liaison", "wu.bo", reason="asleep")
    assert empty("liaison") == [(600, False)]
    incident.release_role("liaison", "li.na", reason="asleep too")
    clock.move(minutes=7)
    assert empty("liaison") == [(600, False), (420, True)]
    incident.change_level(4, justification="small")
    clock.move(minutes=7)
    assert empty("liaison") == [(600, False), (420, False)]
    assert empty("legal") == [(10800, False), (720, False)]


def test_what_people_told(incident):
    """Findings cite entries, blanks close one by one, and what was retracted is told no more."""
    assert {"trigger", "reviewers", "lessons"} <= {one.name for one in incident.review().blanks}
    assessed = incident.events()[1]
    incident.open_review(participants=("li.na",), absent=("he.na",), facilitator="zhao.min")
    incident.record_finding(
        "trigger", "A certificate", evidence=(assessed.id, "a log"), confidence="high", actor="li.na"
    )
    incident.record_finding("lucky", "It was night")
    incident.evaluate_response(followed=True, adequate=False, effectiveness="effective", text="No keys")
    incident.record_fix("permanent", "They renew themselves")
    incident.sign_review(actor="li.na")
    lesson = incident.record_lesson("Watch them", tags=("tls",))
    lesson.revise("Renew them", reason="clearer")
    incident.close_review("A certificate")
    incident.publish_review("internal", "wiki/17")
    review = incident.review()
    told = review.learnt
    assert told.findings[0].cites[0].id == assessed.id
    assert (told.findings[0].evidence, told.findings[0].actor) == ((assessed.id, "a log"), "li.na")
    assert (told.held.absent, told.held.unsigned) == (("he.na",), ("zhao.min",))
    assert [one.person for one in told.signatures] == ["li.na"]
    assert (told.evaluation.effectiveness, told.evaluation.adequate) == ("effective", False)
    assert [(one.text, one.status) for one in told.lessons] == [("Renew them", "recorded")]
    assert [(one.readership, one.place) for one in told.publications] == [("internal", "wiki/17")]
    left = {one.name for one in review.blanks}
    assert left.isdisjoint({"trigger", "lucky", "plan_adequacy", "permanent_fix", "reviewers", "lessons", "summary"})
    incident.retract(told.findings[1].citation.id, reason="it was day")
    assert "lucky" in {one.name for one in incident.review().blanks}


@pytest.mark.parametrize(
    ("blank", "tell"),
    [
        *(
            (blank, lambda incident, kind=kind: incident.record_finding(kind, "x"))
            for blank, kind in {
                "missed_signals": "missed_signal",
                "made_worse": "made_worse",
                "went_badly": "went_badly",
                "open_questions": "open_question",
                "surprises": "surprise",
            }.items()
        ),
        ("temporary_fix", lambda incident: incident.record_fix("temporary", "Cash")),
        ("permanent_fix", lambda incident: incident.record_fix("permanent", "They renew themselves")),
        ("narrative", lambda incident: incident.correct(incident.events()[0].id, {"narrative": "At nine"}, reason="x")),
    ],
)
def test_each_blank_waits_for_its_own_answer(incident, blank, tell):
    """What was found of one kind fills the blank of that kind, and no other."""
    before = [one.name for one in incident.review().blanks]
    assert blank in before
    tell(incident)
    assert [one.name for one in incident.review().blanks] == [name for name in before if name != blank]


def test_the_review_itself_waits_for_people(incident):
    """It waits for somebody who leads it, for the signature of each who sat, and for a place where it can be read."""

    def left() -> set[str]:
        return {one.name for one in incident.review().blanks} & {
            "reviewers",
            "facilitator",
            "signatures",
            "publication",
        }

    incident.open_review(participants=("li.na",))
    assert left() == {"facilitator", "signatures", "publication"}
    incident.open_review(participants=("li.na",), facilitator="zhao.min")
    incident.sign_review(actor="li.na")
    assert left() == {"signatures", "publication"}
    incident.sign_review(actor="zhao.min")
    incident.close_review("A certificate")
    incident.publish_review("internal", "wiki/17")
    assert left() == set()
    incident.reopen("It is back")
    assert "resolution" in {one.name for one in incident.review().blanks}


def test_what_was_known_then(incident, clock):
    """A review as it was known before tells neither the finding nor what the lesson says since."""
    lesson = incident.record_lesson("Watch them")
    then = clock()
    clock.move(hours=1)
    incident.record_finding("lucky", "It was night")
    lesson.revise("Renew them", reason="clearer")
    told = incident.review(known_at=then).learnt
    assert (told.findings, [one.text for one in told.lessons]) == ((), ["Watch them"])


def test_a_reopened_incident_has_another_review(incident):
    """Who sat and signed is told no more; what was found is."""
    incident.open_review(participants=("li.na",))
    incident.sign_review(actor="li.na")
    incident.record_finding("lucky", "It was night")
    incident.reopen("It is back")
    told = incident.review().learnt
    assert (told.held, told.signatures, len(told.findings)) == (None, (), 1)


def test_the_page_names_each_field():
    """The page of the review names each field of the document, and none that is not there."""
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    named = {name for row in rows for name in re.findall(r"`([a-z_.]+)`", row.split("|")[3].split("(")[0])}
    parts = {"account": Account, "learnt": Learnt, "response": Response}
    fields = {field.name for field in attrs.fields(Review)} - set(parts)
    inside = {f"{part}.{field.name}" for part, kind in parts.items() for field in attrs.fields(kind)}
    assert {name for name in named if "." not in name} == fields
    assert {name for name in inside if not name.startswith("learnt.findings")} <= named | {"learnt.findings"}
    assert {name for name in named if "." in name} <= inside
