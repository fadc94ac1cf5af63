"""Rows 101 to 103: the end of the response."""

from __future__ import annotations

import pytest

from rehearsal import BASE, desk, owes, plan, refused, responding, verdicts
from respond import CommandRefused


def test_resolve():
    """Row 101: it is resolved when somebody says how, and when what the plan asks before is done."""
    base = BASE.replace("number = 2", "number = 2\nowes_upward_report = true")
    duty = owes("cause_removed", 'from = "response_started", within = "1 day"', 'before = ["resolve"]')
    must = '[[measures]]\nid = "repair"\ntitle = "Repair"\nrole = "agent"\nmandatory = true\n'
    incident = responding(desk(plan(duty + must, base=base)))
    for code in ("upward-report-owed", "owed-before-resolve", "mandatory-measure-open", "resolution-missing"):
        with refused(code):
            incident.resolve(" ")
    incident.fulfil("cause_removed", note="Certificate renewed, and a reminder set")
    incident.report_upward("initial", recipient="head_office", summary="14 shops")
    incident.start_measure("repair")
    incident.complete_measure("repair", outcome="New certificate")
    incident.resolve("Certificate renewed")
    assert (incident.state().status, incident.state().resolution) == ("resolved", "Certificate renewed")


def test_reopen():
    """Row 102: the service is watched for a time after it is back; when it breaks again, the incident goes on."""
    engine = desk(plan(owes("watch", 'from = "response_ended", within = "2 days"')))
    incident = responding(engine)
    incident.resolve("Restarted")
    engine.clock.move(hours=5)
    with refused("reason-missing"):
        incident.reopen("")
    incident.reopen("Down again in two shops")
    assert (incident.state().status, incident.state().reopened) == ("responding", 1)
    assert verdicts(incident) == {"watch": "waiting"}
    incident.resolve("Replaced")
    assert verdicts(incident) == {"watch": "open"}
    incident.fulfil("watch")
    assert verdicts(incident) == {"watch": "met"}


def test_customers_confirm():
    """Row 103: each customer says that it is really over before the review closes, or that is waived with a reason."""
    incident = responding(desk())
    content, silent = incident.register_affected("c-1"), incident.register_affected("c-2")
    content.contact_party("telephone")
    incident.resolve("New terminals")
    with refused("solution-missing"):
        content.settle_case(" ")
    content.settle_case("The shop sells again, says the shop")
    with pytest.raises(CommandRefused, match="settlement:c-2") as caught:
        incident.close_review("Done")
    assert "settlement:c-1" not in str(caught.value)
    with refused("reason-missing"):
        incident.waive("settlement:c-2", reason="")
    incident.waive("settlement:c-2", reason="The shop does not answer the telephone")
    incident.close_review("Done")
    assert {key: party.status for key, party in incident.parties().items()} == {
        "c-1": "settled",
        "c-2": silent.state().status,
    }
    [event] = [one for one in incident.events() if one.type == "ObligationWaived"]
    assert event.data.reason == "The shop does not answer the telephone"
