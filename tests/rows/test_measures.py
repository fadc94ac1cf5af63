"""Rows 60 to 70: the response, as far as the plan and its clocks go."""

from __future__ import annotations

from datetime import UTC, datetime

from rehearsal import desk, found, levelled, owed, owes, plan, responding, text, typed, verdicts
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
    """Row 60: what is done is written down as measures, in an order that can be kept."""
    first, then = measure("contain"), measure("repair", 'after = ["contain"]')
    assert {"measure-cycle", "measure-unknown"}.isdisjoint(found(first + then))
    assert found(then)["measure-unknown"] == "measures[0].after[0]"
    assert "measure-cycle" in found(measure("contain", 'after = ["repair"]') + then)


def test_evacuation():
    """Row 62: getting people out is a kind of measure, with a list of steps."""
    drill = measure("leave", 'kind = "evacuate"', 'steps = ["Open the gates", "Count heads at the meeting point"]')
    shown = typed("plan", "show", "{it}", it=text(drill))["plan"]["measures"]
    assert [(one["kind"], len(one["steps"])) for one in shown] == [("evacuate", 2)]
    assert found(drill.replace("evacuate", "run"))["value-invalid"] == "measures[0].kind"


def test_conditional_measures():
    """Row 63: some measures are for grave incidents only, and one that no incident asks for is told."""
    spare = measure("spare_terminals", "levels = [1, 2]", 'categories = ["equipment_failure"]')
    assert "measure-unreachable" not in found(spare)
    other = 'when = [{ categories = ["system_failure"] }]\n'
    assert found(spare + other)["measure-unreachable"].startswith("measures[0]")


def measure(name: str, *keys: str) -> str:
    """Return a measure as TOML, with more of its *keys*."""
    return "\n".join((f'[[measures]]\nid = "{name}"\ntitle = "{name}"\nrole = "agent"', *keys, ""))
