"""Rows 60 to 70: the response."""

from __future__ import annotations

from datetime import UTC, datetime

from rehearsal import desk, found, levelled, owed, owes, plan, refused, responding, text, typed, verdicts
from respond.engine.watch import Watch


def test_cadence():
    """Row 68: progress is told again and again, at a pace that hangs on the level, until it is over."""
    duty = owes(
        "progress",
        'from = "level_assigned", within = "1 h"',
        "levels = [1, 2]",
        'recurs = { every = "1 h" }',
        act="note_progress",
    )
    engine = desk(plan(duty))
    incident = responding(engine)
    engine.clock.move(minutes=50)
    incident.note("Vendor called")
    engine.clock.move(minutes=70)
    assert [one.occurrence for one in incident.obligations()] == [1, 2]
    assert verdicts(incident) == {"progress": "missing"}
    assert [(one.incident, one.owed.obligation) for one in Watch(engine).due().due] == [(incident.id, "progress")]
    incident.note("Half of them work")
    incident.resolve("New terminals")
    assert verdicts(incident) == {"progress": "dropped"}
    assert owed(responding(engine, 3)) == {}


def test_hours_of_service():
    """Row 69: some duties run round the clock, others on working days only."""
    duties = owes("call_back", 'from = "told", within = "1 day"')
    duties += owes("write_back", 'from = "told", within = "1 working day"', 'calendar = "office"')
    calendar = '[[calendars]]\nname = "office"\nversion = "1"\nzone = "Asia/Shanghai"\nholidays = [2026-11-23]'
    incident = levelled(desk(plan(duties + calendar)))
    assert incident.events()[0].happened_at == datetime(2026, 11, 20, 9, tzinfo=UTC)  # a Friday
    due = {name: one.due_at for name, one in owed(incident).items()}
    assert due == {
        "call_back": datetime(2026, 11, 21, 9, tzinfo=UTC),
        "write_back": datetime(2026, 11, 24, 9, tzinfo=UTC),
    }


def test_order_of_measures():
    """Row 60: what is done is written down as measures, and done in an order that can be kept until it is contained."""
    first, then = measure("contain", 'kind = "contain"'), measure("repair", 'after = ["contain"]')
    assert {"measure-cycle", "measure-unknown"}.isdisjoint(found(first + then))
    assert found(then)["measure-unknown"] == "measures[0].after[0]"
    assert "measure-cycle" in found(measure("contain", 'after = ["repair"]') + then)
    incident = responding(desk(plan(first + then + measure("clean"))))
    with refused("measure-out-of-order"):
        incident.start_measure("repair")
    incident.start_measure("contain")
    incident.complete_measure("contain", outcome="It holds")
    incident.start_measure("repair")
    with refused("reason-missing"):
        incident.skip_measure("clean", reason="")
    incident.skip_measure("clean", reason="Nothing is dirty")
    assert [one.standing for one in incident.measures()] == ["done", "started", "skipped"]
    assert "contained" in {one.name for one in incident.review().milestones}


def test_getting_at_the_cause():
    """Row 61: service is restored and the cause removed, each a kind of measure; restored tells when."""
    kinds = measure("repair", 'kind = "restore"') + measure("mend", 'kind = "eliminate_cause"', 'after = ["repair"]')
    incident = responding(desk(plan(kinds)))
    incident.start_measure("repair")
    done = incident.complete_measure("repair", outcome="New terminals")
    incident.start_measure("mend")
    restored = [one.citation.id for one in incident.review().milestones if one.name == "restored"]
    assert restored == list(done.events)
    assert {one.measure.id: one.measure.kind for one in incident.measures()}["mend"] == "eliminate_cause"
    said = incident.mark_restored(note="All shops")
    assert [one.citation.id for one in incident.review().milestones if one.name == "restored"] == list(said.events)


def test_evacuation():
    """Row 62: people are got out by a list of steps, heads are counted, and help is asked for outside."""
    drill = measure("leave", 'kind = "evacuate"', 'steps = ["Open the gates", "Count heads at the meeting point"]')
    shown = typed("plan", "show", "{it}", it=text(drill))["plan"]["measures"]
    assert [(one["kind"], len(one["steps"])) for one in shown] == [("evacuate", 2)]
    assert found(drill.replace("evacuate", "run"))["value-invalid"] == "measures[0].kind"
    incident = responding(desk(plan(drill)))
    incident.start_measure("leave")
    with refused("measure-step-unknown"):
        incident.tick_step("leave", 3)
    incident.tick_step("leave", 1)
    assert [one.steps_open for one in incident.measures()] == [(2,)]
    with refused("count-implausible"):
        incident.record_head_count(expected=40, accounted_for=41)
    incident.record_head_count(place="Gate", expected=40, accounted_for=38)
    assert incident.state().effects.head_counts["Gate"].missing == 2
    incident.request_help("fire", source="Fire brigade", what="Two people are missing")
    assert incident.state().course.help["fire"].arrived is None
    incident.record_help_arrived("fire")
    assert incident.state().course.help["fire"].arrived is not None


def test_conditional_measures():
    """Row 63: some measures are for grave incidents only, and are begun at once there."""
    spare = measure("spare_terminals", "levels = [1, 2]", 'categories = ["equipment_failure"]', 'within = "30 min"')
    assert "measure-unreachable" not in found(spare)
    other = 'when = [{ categories = ["system_failure"] }]\n'
    assert found(spare + other)["measure-unreachable"].startswith("measures[0]")
    engine = desk(plan(spare))
    light, grave = (responding(engine, level, category="equipment_failure") for level in (3, 2))
    assert light.measures() == ()
    with refused("measure-not-asked"):
        light.start_measure("spare_terminals")
    assert [one.measure.id for one in grave.measures()] == ["spare_terminals"]
    assert verdicts(grave) == {"measure:spare_terminals": "open"}
    engine.clock.move(minutes=31)
    assert [one.overdue for one in grave.measures()] == [True]
    assert verdicts(grave) == {"measure:spare_terminals": "missing"}
    assert Watch(engine).round().raised == 1
    grave.start_measure("spare_terminals")
    assert verdicts(grave) == {"measure:spare_terminals": "late"}


def test_technical_help():
    """Row 64: a technical failure is analysed, its root is named, and technical help comes from outside."""
    repair = measure("roll_back", 'categories = ["technical_failure"]', 'kind = "contain"')
    incident = responding(desk(plan(repair)), category="system_failure")
    incident.start_measure("roll_back")
    incident.raise_hypothesis("update", cause="The update", confidence="high")
    with refused("help-missing"):
        incident.request_help("crew", source="", what="Two people")
    incident.request_help("crew", source="The supplier", what="Two people")
    incident.confirm_hypothesis("update", evidence="Without it all works")
    incident.complete_measure("roll_back")
    assert [one.standing for one in incident.measures()] == ["done"]
    assert responding(incident.engine).measures() == ()
    told = incident.review().response
    assert [one.status for one in told.hypotheses] == ["confirmed"]
    assert [one.told.source for one in told.help] == ["The supplier"]


def test_health():
    """Row 65: a case of illness has its own measures, an authority that is told, and service at a distance."""
    ill = measure("isolate", 'kind = "contain"', 'categories = ["other"]')
    ill += measure("by_telephone", 'kind = "continue_service"', 'categories = ["other"]')
    tell = owes(
        "health", 'from = "told", within = "2 h"', 'report = "initial"', 'recipient = "health"', act="report_upward"
    )
    audience = '[[audiences]]\nid = "health"\ntitle = "Health authority"\nkind = "authorities"\n'
    engine = desk(plan(ill + tell + audience))
    incident = responding(engine)
    assert [one.measure.id for one in incident.measures()] == ["isolate", "by_telephone"]
    assert responding(engine, category="system_failure").measures() == ()
    incident.report_upward("initial", recipient="health", summary="Two are ill")
    assert verdicts(incident) == {"health": "met"}


def test_urgency():
    """Row 66: what is urgent comes first."""
    plain, urgent = measure("count_stock"), measure("stop_leak", "priority = 1")
    incident = responding(desk(plan(plain + urgent)))
    assert [one.measure.id for one in incident.measures()] == ["stop_leak", "count_stock"]
    incident.add_measure("lead_out", title="Lead people out", reason="There is smoke", priority=0)
    assert [one.measure.id for one in incident.measures()] == ["lead_out", "stop_leak", "count_stock"]


def test_another_course():
    """Row 67: when things change another course is taken, with a reason, and the first one stays readable."""
    incident = responding(desk())
    with refused("action-plan-missing"):
        incident.revise_action_plan(objectives=("Open by noon",), reason="It spreads")
    incident.set_action_plan(objectives=("Open by ten",))
    with refused("action-plan-set"):
        incident.set_action_plan(objectives=("Open by noon",))
    incident.revise_action_plan(objectives=("Open by noon",), reason="It spreads")
    assert incident.state().course.objectives == ("Open by noon",)
    assert [one.told.objectives for one in incident.review().response.action_plans] == [
        ("Open by ten",),
        ("Open by noon",),
    ]


def test_own_people():
    """Row 70: care for one's own people is a kind of measure, which goes on when the incident is over."""
    care = measure("relieve", 'kind = "staff_care"')
    assert "value-invalid" in found(care.replace("staff_care", "wellness"))
    incident = responding(desk(plan(care)))
    incident.start_measure("relieve")
    incident.resolve("New terminals")
    incident.complete_measure("relieve", outcome="Two shifts were taken over")
    assert [(one.kind, one.status) for one in incident.review().response.measures] == [("staff_care", "done")]


def measure(name: str, *keys: str) -> str:
    """Return a measure as TOML, with more of its *keys*."""
    return "\n".join((f'[[measures]]\nid = "{name}"\ntitle = "{name}"\nrole = "agent"', *keys, ""))
