"""Rows 98 to 100: reports to superiors and authorities."""

from __future__ import annotations

from datetime import timedelta

from rehearsal import desk, owed, owes, plan, refused, reported, responding, verdicts
from respond.workflow.plan_life.commands import ApprovePlan, DraftPlan, EvaluatePlan


def upward(kind: str, due: str, recipient: str = "head_office", *keys: str) -> str:
    """Return an obligation to report as TOML."""
    return owes(
        f"{recipient}_{kind}", due, f'report = "{kind}"', f'recipient = "{recipient}"', *keys, act="report_upward"
    )


def test_reports_upward():
    """Row 98: superiors get a first, follow-up and final report, each with its deadline, and receipts are kept."""
    duties = upward("initial", 'from = "level_assigned", within = "30 min"')
    duties += upward(
        "follow_up", 'from = "previous_report", within = "2 h"', "head_office", 'recurs = { every = "2 h" }'
    )
    duties += upward("final", 'from = "response_ended", within = "24 h"', "head_office", 'before = ["close_review"]')
    engine = desk(plan(duties))
    incident = responding(engine)
    with refused("initial-report-missing"):
        incident.report_upward("follow_up", recipient="head_office", summary="Half of them work")
    engine.clock.move(minutes=20)
    incident.report_upward("initial", recipient="head_office", summary="14 shops cannot take cards")
    incident.record_receipt(incident.events()[-1].id, "HQ-2026-81", received_by="Zhou Jun")
    engine.clock.move(hours=3)
    assert verdicts(incident)["head_office_follow_up"] == "missing"
    incident.report_upward("follow_up", recipient="head_office", summary="Half of them work")
    incident.resolve("New terminals")
    with refused("owed-before-close-review"):
        incident.close_review("Done")
    incident.report_upward("final", recipient="head_office", summary="All shops sell again")
    told = {(one.obligation, one.occurrence): one for one in incident.obligations()}
    first, follow_up = told["head_office_initial", 1], told["head_office_follow_up", 1]
    assert (first.done_at < first.due_at, follow_up.done_at > follow_up.due_at) == (True, True)
    assert verdicts(incident)["head_office_final"] == "met"
    assert list(incident.state().receipts.values()) == ["HQ-2026-81"]


def test_recipients_by_kind():
    """Row 100: some kinds of incident are reported to an authority of their own, and shared with partners."""
    when = 'categories = ["technical_failure"]'
    word = owes("partners", 'from = "aware", within = "2 h"', 'recipient = "suppliers"', when, act="tell_audience")
    suppliers = '[[audiences]]\nid = "suppliers"\ntitle = "Suppliers"\nkind = "partners"\nchannels = ["letter"]\n'
    letter = '[[channels]]\nid = "letter"\ntitle = "Letter"\nmedium = "email"\n'
    report = upward("initial", 'from = "aware", within = "1 h"', "network_office", when)
    engine = desk(plan(report + word + suppliers + letter))
    incident = reported(engine, "system_failure")
    assert verdicts(incident) == {"network_office_initial": "open", "partners": "open"}
    incident.report_upward("initial", recipient="network_office", summary="The till software hangs")
    assert verdicts(incident) == {"network_office_initial": "met", "partners": "open"}
    with refused("notice-outside"):
        incident.notify("The till software hangs", audience="suppliers", channel="letter")
    incident.set_key_messages("The till software hangs.")
    incident.approve_key_messages(1)
    told = {"cause": "not known yet", "effect": "no cards", "measures": "technicians", "recovery": "by noon"}
    soon = engine.clock() + timedelta(hours=1)
    incident.draft_statement("s1", audience="suppliers", channel="letter", text="No", next_update_at=soon, **told)
    incident.approve_statement("s1")
    incident.publish_statement("s1")
    assert verdicts(incident)["partners"] == "met"
    assert [(one.audience, one.by_way_of) for one in incident.told()][-1] == ("suppliers", "statement")
    assert owed(reported(engine, "equipment_failure")) == {}


def test_reports_on_the_plan():
    """Row 99: departments report regularly on carrying out a plan; who told what stands in its log, late ones too."""
    engine = desk(plan('[revision]\nreport_every = "3 months"\n'))
    reference = engine.plans.default.reference
    engine.execute("plan", "desk", DraftPlan(draft=reference))
    engine.execute("plan", "desk", ApprovePlan(approved=reference))
    engine.clock.move(days=93)
    assert [one.what for one in engine.upkeep()[0].overdue] == ["report"]
    for actor, told in (("sun.wei", "Spare terminals bought"), ("li.na", "Nobody was trained yet")):
        engine.execute("plan", "desk", EvaluatePlan(rating="adequate", findings=told), actor=actor)
    told = [(event.actor, event.data.findings) for event in engine.events("plan", "desk")[2:]]
    assert told == [("sun.wei", "Spare terminals bought"), ("li.na", "Nobody was trained yet")]
    assert engine.upkeep()[0].overdue == ()
