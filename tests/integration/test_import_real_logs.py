"""The three real logs: what the importer finds is what the rules say, on every database."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from foreign import COUNTS, counts
from outline import OUTLINE
from recount import recount
from respond.audit.check import check
from respond.engine.engine import Engine
from respond.store.sql import SqlEventStore
from respond.transfer.importer import import_log
from respond.transfer.mapping import LogMapping

ROOT = Path(__file__).parent.parent.parent
NOW = datetime(2026, 11, 20, tzinfo=UTC)
FILES = {
    "servicenow": "servicenow_incidents.csv.gz",
    "volvo": "volvo_incidents.xes.gz",
    "helpdesk": "helpdesk.xes.gz",
}
README = {
    "servicenow": {
        "rows": 85_041,
        "incidents": 14_874,
        "state_changes": 38_266,
        "reopened_after_resolved": 187,
        "reopened_after_closed": 6,
        "level_raises": 195,
        "level_lowers": 79,
        "team_moves": 10_853,
        "duplicates": 0,
    },
    "volvo": {"rows": 65_533, "incidents": 7_554, "team_moves": 9_454, "level_raises": 0, "duplicates": 0},
    "helpdesk": {"rows": 21_348, "incidents": 4_580, "duplicates": 127},
}
"""What the README beside the logs says of them."""
FINAL_LEVELS = {"servicenow": {1: 179, 2: 223, 3: 14_018, 4: 454}}
FINAL_STATES = {"servicenow": {"reviewed": 14_874}}
IMPORT_TWICE = """
import json, sys
from datetime import UTC, datetime
from pathlib import Path
from respond.plan.plan import Plan
from respond.store.sql import SqlEventStore
from respond.transfer.importer import import_log
from respond.transfer.mapping import LogMapping

mapping = LogMapping.load(sys.argv[3])
with SqlEventStore.open(sys.argv[1], clock=lambda: datetime(2026, 11, 20, tzinfo=UTC)) as store:
    reports = [import_log(sys.argv[2], mapping, store, plan=Plan.example()).as_dict() for _ in range(2)]
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
print(json.dumps({"reports": reports, "peak_kib": int(status["VmHWM"].split()[0])}))
"""
"""A process of its own, because its peak memory is measured."""


@cache
def recounted(path):
    """Return what the independent script counts."""
    log = next(log for log, name in FILES.items() if name == path.name)
    return recount(log, path)


@pytest.mark.parametrize("log", FILES)
def test_a_real_log_becomes_what_the_rules_say(log, sqlite_url, shared_data):
    """Importer, README and independent script agree; a second import adds nothing; replay and check find the same."""
    path, mapping = shared_data / FILES[log], ROOT / "examples" / f"{log}.toml"
    arguments = [sys.executable, "-c", IMPORT_TWICE, sqlite_url, path, mapping]
    told = json.loads(subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, check=True).stdout)
    first, second = ({name: report[name] for name in COUNTS} for report in told["reports"])
    assert README[log].items() <= first.items()
    expected = recounted(path)
    assert first == {name: expected[name] for name in COUNTS}
    assert second == {**first, "events": 0}
    assert 30 * 1024 < told["peak_kib"] <= 300 * 1024
    with Engine.open(sqlite_url, clock=lambda: NOW) as engine:
        replay = engine.replay()
        checked = check(engine.store, plans=engine.plans)
    assert (replay.events, replay.incidents) == (first["events"], first["incidents"])
    assert dict(replay.findings_by_code) == first["deviations_by_code"]
    assert len(replay.findings) == first["deviations"] > 0
    assert {code: len(places) for code, places in checked.deviations.items()} == first["deviations_by_code"]
    assert replay.plans_missing == checked.plans_missing == {}
    assert {state: count for state, count in replay.states.items() if count} == expected["states"]
    assert {level: count for level, count in replay.levels.items() if level and count} == expected["levels"]
    assert FINAL_STATES.get(log, expected["states"]) == expected["states"]
    assert FINAL_LEVELS.get(log, expected["levels"]) == expected["levels"]


@pytest.mark.parametrize(
    "log",
    [
        pytest.param("servicenow", marks=pytest.mark.matrix),
        pytest.param("volvo", marks=pytest.mark.matrix),
        "helpdesk",
    ],
)
@pytest.mark.parametrize("database", ["postgresql_url", "mariadb_url"])
def test_a_real_log_is_counted_alike_on_a_server(log, database, request, shared_data):
    """PostgreSQL and MariaDB give what SQLite gives."""
    path = shared_data / FILES[log]
    expected = recounted(path)
    url = request.getfixturevalue(database)
    with SqlEventStore.open(url, clock=lambda: NOW) as store:
        report = import_log(path, LogMapping.load(ROOT / "examples" / f"{log}.toml"), store, plan=OUTLINE)
        assert store.head().position == report.events
    assert counts(report) == {name: expected[name] for name in COUNTS}


def test_the_independent_script_shares_no_code(shared_data):
    """The script that counts again loads nothing of respond."""
    program = (
        "import sys; sys.path.insert(0, 'tests'); from pathlib import Path; from recount import recount;"
        "print(recount('helpdesk', Path(sys.argv[1]))['duplicates']);"
        "print([name for name in sys.modules if name.startswith('respond')])"
    )
    path = str(shared_data / FILES["helpdesk"])
    done = subprocess.run([sys.executable, "-c", program, path], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "127\n[]\n"
