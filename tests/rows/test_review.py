"""Rows 104 to 110: the review, as far as the log tells it."""

from __future__ import annotations

from datetime import timedelta

from rehearsal import desk, owed, owes, plan, refused, responding, verdicts
from respond.workflow.incident.decisions import RejectedOption


def test_summary():
    """Row 104: departments review an incident and say its causes; facts are computed, and a summary ends it."""
    incident = responding(desk())
    incident.resolve("New terminals")
    with refused("facilitator-responded"):
        incident.open_review(participants=("shops", "payments"), facilitator="chen.yu")
    incident.open_review(participants=("shops", "payments"), facilitator="zhao.min")
    assert {"root_causes", "lessons"} <= {blank.name for blank in incident.review().blanks}
    incident.record_finding("direct_cause", "A certificate ran out", evidence=(incident.events()[0].id,))
    with refused("summary-missing"):
        incident.close_review("")
    incident.close_review("A certificate ran out")
    review = incident.review()
    assert (review.summary, review.learnt.held.participants) == ("A certificate ran out", ("shops", "payments"))
    assert [(one.text, one.cites[0].id) for one in review.learnt.findings] == [
        ("A certificate ran out", incident.events()[0].id)
    ]
    assert "root_causes" not in {blank.name for blank in review.blanks}


def test_effectiveness():
    """Row 105: after the response it is judged whether the plan was followed, was good enough, and how it worked."""
    incident = responding(desk())
    incident.resolve("New terminals")
    with refused("effectiveness-unknown"):
        incident.evaluate_response(followed=True, adequate=True, effectiveness="great", text="All went well")
    incident.evaluate_response(
        followed=True, adequate=False, effectiveness="partly_effective", text="Nobody had the keys"
    )
    review = incident.review()
    judged = review.learnt.evaluation
    assert (judged.followed, judged.adequate, judged.effectiveness) == (True, False, "partly_effective")
    assert "plan_adequacy" not in {blank.name for blank in review.blanks}


def test_departments():
    """Row 109: what was found of how departments worked together is told apart."""
    incident = responding(desk())
    incident.resolve("New terminals")
    with refused("finding-kind-unknown"):
        incident.record_finding("quarrel", "Nobody called the shops")
    incident.record_finding("coordination", "Nobody called the shops", evidence=("the list of calls",))
    (found,) = incident.review().learnt.findings
    assert (found.kind, found.evidence) == ("coordination", ("the list of calls",))


def test_review_in_time():
    """Row 106: a review is closed within a time after each incident."""
    engine = desk(plan(owes("review", 'from = "response_ended", within = "3 days"', act="close_review")))
    incident = responding(engine)
    incident.resolve("New terminals")
    engine.clock.move(days=4)
    assert verdicts(incident) == {"review": "missing"}
    incident.close_review("A certificate ran out")
    assert verdicts(incident) == {"review": "late"}


def test_decisions():
    """Row 110: a review tells the decisions that were taken, who took them and what they rested on."""
    incident = responding(desk())
    incident.change_level(1, justification="It is in the evening news", actor="zhao.min")
    steps = incident.review().levels
    assert [(one.level, one.reason, one.actor) for one in steps] == [
        (2, "300 customers", "chen.yu"),
        (1, "It is in the evening news", "zhao.min"),
    ]
    assert [one.citation.id for one in steps] == [
        one.id for one in incident.events() if one.type in {"LevelAssigned", "LevelChanged"}
    ]
    wait = RejectedOption(option="Wait", reason="The shops are full")
    with refused("option-unknown"):
        incident.record_decision("Roll back", rationale="It works in one shop", rejected=(wait,))
    incident.record_decision(
        "Roll back", rationale="It works in one shop", options=("Roll back", "Wait"), rejected=(wait,), actor="zhao.min"
    )
    incident.assess(affected_customers=4000)
    (decision,) = incident.review().response.decisions
    assert (decision.actor, decision.rejected) == ("zhao.min", (wait,))
    assert (decision.known.level, decision.known.affected_customers) == (1, 300)


def test_candour():
    """Row 107: a review asks what went well, what went badly and where luck helped, and tells the answers."""
    incident = responding(desk())
    asked = ("went_well", "went_badly", "lucky")
    assert set(asked) <= {blank.name for blank in incident.review().blanks}
    incident.resolve("New terminals")
    for kind in asked:
        incident.record_finding(kind, f"What {kind}")
    review = incident.review()
    assert [(one.kind, one.text) for one in review.learnt.findings] == [(kind, f"What {kind}") for kind in asked]
    assert set(asked).isdisjoint({blank.name for blank in review.blanks})


def test_improvements():
    """Row 108: what is to be improved is asked of somebody by a date, and somebody else finds that it was done."""
    engine = desk()
    incident = responding(engine)
    incident.resolve("New terminals")
    due_at = engine.clock() + timedelta(days=30)
    item = incident.open_action("Watch certificates", kind="detect", owner="li.na", due_at=due_at, action="watch")
    assert owed(incident)["action:watch"].due_at == due_at
    engine.clock.move(days=31)
    assert [one.key for one in engine.actions(overdue=True)] == ["watch"]
    assert verdicts(incident)["action:watch"] == "missing"
    item.complete_action("An alarm 30 days ahead", actor="li.na")
    with refused("same-person"):
        item.verify_action("test", actor="li.na")
    item.verify_action("test", actor="chen.yu")
    [told] = incident.review().actions
    assert (told.standing.status, told.in_time) == ("verified", "late")


def test_recognition():
    """Row 122: the review says who did outstandingly well, and what for; nobody says it of themselves."""
    incident = responding(desk())
    incident.resolve("New terminals")
    with refused("own-recognition"):
        incident.record_recognition("li.na", "I stayed", actor="li.na")
    incident.record_recognition("li.na", "Stayed until the last shop was open", actor="chen.yu")
    assert [(one.person, one.actor) for one in incident.review().recognitions] == [("li.na", "chen.yu")]
