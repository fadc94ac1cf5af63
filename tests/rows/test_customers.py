"""Rows 90 to 97: customers, as far as deadlines go."""

from __future__ import annotations

from rehearsal import BASE, desk, found, owed, owes, plan, refused, reported, responding, verdicts

CONCERNED = "when = [{ affected_customers = { from = 1 } }]"
CONTRADICTIONS = {"compensation-currencies", "compensation-reversed", "compensation-twice"}
RANKED = BASE
for rank, role in enumerate(("commander", "agent"), 1):
    RANKED = RANKED.replace(f'id = "{role}"', f'id = "{role}"\nrank = {rank}')


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


def test_limits_of_amends():
    """Row 93: up to how much each role may offer is written down, in one currency and by rank."""
    limits = '[customer_care]\nlimits = [{{ role = "agent", up_to = "{}" }}, {{ role = "commander", up_to = "{}" }}]\n'
    assert CONTRADICTIONS.isdisjoint(found(limits.format("200 CNY", "5000 CNY"), base=RANKED))
    assert "compensation-currencies" in found(limits.format("200 CNY", "5000 EUR"), base=RANKED)
    assert "compensation-reversed" in found(limits.format("5000 CNY", "200 CNY"), base=RANKED)
