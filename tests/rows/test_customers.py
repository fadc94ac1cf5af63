"""Rows 90 to 97: customers, as far as deadlines go."""

from __future__ import annotations

from rehearsal import desk, owed, owes, plan, refused, reported, responding, verdicts

CONCERNED = "when = [{ affected_customers = { from = 1 } }]"


def test_first_contact():
    """Row 90: customers who are concerned are contacted within a time; without any, nobody has to be."""
    engine = desk(plan(owes("contact", 'from = "assessed", within = "2 h"', CONCERNED)))
    incident = reported(engine)
    incident.assess(affected_customers=0)
    assert owed(incident) == {}
    incident.assess(affected_customers=12)
    engine.clock.move(hours=1)
    incident.fulfil("contact", note="All twelve called")
    assert verdicts(incident) == {"contact": "met"}


def test_apology():
    """Row 92: an incident that hurt customers is not closed before somebody apologised."""
    keys = (CONCERNED, 'before = ["close_review"]')
    incident = responding(desk(plan(owes("apology", 'from = "response_ended", within = "1 day"', *keys))))
    incident.resolve("New terminals")
    with refused("owed-before-close-review"):
        incident.close_review("Done")
    incident.fulfil("apology", note="Letter to all twelve")
    incident.close_review("Done")


def test_visit():
    """Row 95: customers are visited after it is over; the review waits for that, unless it is waived with a reason."""
    duty = owes("visit", 'from = "response_ended", within = "7 days"', 'before = ["close_review"]')
    engine = desk(plan(duty))
    visited, waived = responding(engine), responding(engine)
    for incident in (visited, waived):
        incident.resolve("New terminals")
        with refused("owed-before-close-review"):
            incident.close_review("Done")
    engine.clock.move(days=8)
    assert verdicts(visited) == {"visit": "missing"}
    visited.fulfil("visit", note="Content, 4 of 5")
    with refused("reason-missing"):
        waived.waive("visit", reason="")
    waived.waive("visit", reason="They asked not to be called again")
    for incident in (visited, waived):
        incident.close_review("Done")
    assert (verdicts(visited)["visit"], verdicts(waived)["visit"]) == ("late", "waived")
