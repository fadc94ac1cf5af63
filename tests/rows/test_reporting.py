"""Rows 49 to 53: the first report."""

from __future__ import annotations

from datetime import timedelta

from rehearsal import desk, lets, owed, owes, plan, refused, reported, responding, verdicts


def test_report():
    """Row 49: a report says of what kind it is and what happened; when it was discovered starts the first clock."""
    duty = owes("take_up", 'from = "discovered", within = "30 min"', act="acknowledge")
    engine = desk(plan(duty))
    with refused("title-missing"):
        reported(engine, title=" ")
    found_at = engine.clock() - timedelta(minutes=40)
    incident = reported(engine, discovered_at=found_at)
    assert (owed(incident)["take_up"].since, verdicts(incident)) == (found_at, {"take_up": "missing"})
    incident.acknowledge(actor="chen.yu")
    assert verdicts(incident) == {"take_up": "late"}
    assert "take_up" in owed(reported(engine, began_at=engine.clock() - timedelta(hours=1)))


def test_course_and_impact():
    """Row 50: a report tells the course of things; how far the impact goes is judged, first and again."""
    incident = reported(desk(), narrative="At 08:50 the terminals of the harbour shops went dark, then all others")
    incident.assess(affected_customers=40)
    incident.assess(affected_customers=300)
    assert incident.state().narrative.startswith("At 08:50")
    [estimate] = incident.review().estimates
    assert (estimate.name, estimate.first, estimate.final) == ("affected_customers", 40, 300)


def test_anyone_reports():
    """Row 51: anyone may report, without a role and without a name, whoever else needs authority."""
    engine = desk(plan(lets("report", "anyone") + lets("assess", "duty_officer")))
    incident = reported(engine, actor=None)
    assert incident.state().reporter is None
    with refused("not-authorised"):
        incident.assess(affected_customers=3)


def test_kinds_of_information():
    """Row 52: what people are told is a fact, a claim or a rumour, from a source, and checked."""
    incident = responding(desk())
    with refused("information-kind-unknown"):
        incident.receive_information("hurt", text="Someone was hurt", kind="gossip", source="A caller")
    with refused("information-missing"):
        incident.receive_information("hurt", text="Someone was hurt", source=" ")
    incident.receive_information("hurt", text="Someone was hurt", kind="rumour", source="A caller", confidence="low")
    incident.receive_information("dark", text="14 shops are dark", kind="claim", source="The vendor")
    with refused("evidence-missing"):
        incident.refute_information("hurt", evidence="")
    incident.refute_information("hurt", evidence="The shop says nobody was")
    incident.confirm_information("dark", evidence="All 14 answered")
    told = {one.key: (one.kind, one.source, one.status) for one in incident.review().response.information}
    assert told == {"hurt": ("rumour", "A caller", "refuted"), "dark": ("claim", "The vendor", "confirmed")}
    assert incident.state().information["hurt"].confidence == "low"


def test_late_reports():
    """Row 53: what was recorded late, and what was never reported upward, is counted after each incident."""
    engine = desk(plan(owes("head_office", 'from = "told", within = "1 h"', *UPWARD, act="report_upward")))
    incident = responding(engine)
    engine.clock.move(hours=5)
    incident.note("Vendor called", at=engine.clock() - timedelta(hours=4))
    [late] = incident.review().late_entries
    assert (late.type, late.delay_seconds) == ("ProgressNoted", 4 * 3600)
    assert verdicts(incident) == {"head_office": "missing"}
    incident.report_upward("initial", recipient="head_office", summary="14 shops cannot take cards")
    assert verdicts(incident) == {"head_office": "late"}


UPWARD = ('report = "initial"', 'recipient = "head_office"')
