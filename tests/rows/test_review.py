"""Rows 104 to 110: the review, as far as the log tells it."""

from __future__ import annotations

from rehearsal import desk, owes, plan, refused, responding, verdicts


def test_summary():
    """Row 104: a review is computed from what was recorded, leaves blanks for people, and closes with a summary."""
    incident = responding(desk())
    incident.resolve("New terminals")
    with refused("summary-missing"):
        incident.close_review("")
    assert {"root_causes", "lessons"} <= {blank.name for blank in incident.review().blanks}
    incident.close_review("A certificate ran out")
    assert incident.review().summary == "A certificate ran out"


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
