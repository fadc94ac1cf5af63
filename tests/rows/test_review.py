"""Rows 104 to 110: the review, as far as the log tells it."""

from __future__ import annotations

from datetime import timedelta

from rehearsal import desk, owed, owes, plan, refused, responding, verdicts


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


def test_candour():
    """Row 107: a review asks what went well, what went badly and where luck helped."""
    incident = responding(desk())
    assert {"went_well", "went_badly", "lucky"} <= {blank.name for blank in incident.review().blanks}


def test_improvements():
    """Row 108: what is to be improved is due a time after the review is closed."""
    duties = owes("review", 'from = "response_ended", within = "3 days"', act="close_review")
    duties += owes("improve", 'from = "discharged", of = "review", within = "30 days"')
    engine = desk(plan(duties))
    incident = responding(engine)
    incident.resolve("New terminals")
    engine.clock.move(days=1)
    assert verdicts(incident)["improve"] == "waiting"
    incident.close_review("A certificate ran out")
    assert owed(incident)["improve"].due_at == engine.clock() + timedelta(days=30)
    incident.fulfil("improve", note="Certificates are watched")
    assert verdicts(incident)["improve"] == "met"
