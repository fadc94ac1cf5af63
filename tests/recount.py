"""Count the three real logs a second time, from the rules of docs/reference/mapping.md alone.

It imports nothing of respond and shares no code with it: what the importer and this script agree on was computed twice.

    python tests/recount.py servicenow ../shared/data/servicenow_incidents.csv.gz
"""

from __future__ import annotations

import csv
import gzip
import json
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

OPEN = ["reported", "assessed", "level_assigned", "responding", "reported_upward"]
EARLY = OPEN[:3]
LEVELS_THAT_OWE_A_REPORT = {1, 2}

# Which event may go from where to where; the guards that read the state are asked in `verdict`.
MOVES = {
    "IncidentReported": [("new", "reported")],
    "IncidentAssessed": [("reported", "assessed")] + [(s, s) for s in (*OPEN[1:], "resolved")],
    "LevelAssigned": [("assessed", "level_assigned")] + [(s, s) for s in OPEN[3:]],
    "LevelChanged": [(s, s) for s in OPEN[2:]],
    "TeamAssigned": [(s, s) for s in OPEN],
    "ProgressNoted": [(s, s) for s in (*OPEN, "resolved", "reviewed", "cancelled")],
    "ResponseStarted": [("level_assigned", "responding")],
    "IncidentResolved": [("responding", "resolved"), ("reported_upward", "resolved")],
    "IncidentReopened": [("resolved", "responding"), ("reviewed", "responding"), ("cancelled", "reported")],
    "IncidentReviewed": [("resolved", "reviewed")],
    "IncidentCancelled": [(s, "cancelled") for s in OPEN],
}
OTHER_MOVES = [("responding", "reported_upward")] + [(s, "merged") for s in (*OPEN, "resolved")]
ANY_MOVE = {move for moves in (*MOVES.values(), OTHER_MOVES) for move in moves}

SERVICENOW_STATES = {
    "New": "reported",
    "Active": "responding",
    "Awaiting User Info": "responding",
    "Awaiting Problem": "responding",
    "Awaiting Vendor": "responding",
    "Awaiting Evidence": "responding",
    "Resolved": "resolved",
    "Closed": "reviewed",
}
VOLVO_STATES = {
    "Accepted/In Progress": "responding",
    "Queued/Awaiting Assignment": "open",
    "Completed/In Call": "resolved",
    "Completed/Resolved": "resolved",
    "Completed/Closed": "reviewed",
    "Completed/Cancelled": "cancelled",
    "Unmatched/Unmatched": "keep",
}
VOLVO_LEVELS = {"Major": 1, "High": 2, "Medium": 3, "Low": 4}
HELPDESK_STATES = {
    "Insert ticket": "reported",
    "Assign seriousness": "assessed",
    "Take in charge ticket": "responding",
    "Resolve ticket": "resolved",
    "Closed": "reviewed",
    "Wait": "open",
    "Require upgrade": "open",
    "Create SW anomaly": "open",
    "Schedule intervention": "open",
}


def servicenow(path):
    """Yield (case, all cells, what the row says) for each row."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        for cells in csv.DictReader(file):
            row = {name: "" if cell == "?" else cell for name, cell in cells.items()}
            yield (
                row["number"],
                tuple(cells.values()),
                {
                    "label": row["incident_state"],
                    "target": SERVICENOW_STATES[row["incident_state"]],
                    "level": int(row["priority"][0]),
                    "team": row["assignment_group"],
                    "fields": (row["impact"], row["urgency"]),
                    "texts": (row["category"], row["number"]),
                },
            )


def events_of(path):
    """Yield (case, the attributes of an event) for each event of an XES file."""
    with gzip.open(path) as file:
        for _, element in ET.iterparse(file):
            if not element.tag.endswith("}trace"):
                continue
            name = next(child.get("value") for child in element if child.get("key") == "concept:name")
            for event in element:
                if event.tag.endswith("}event"):
                    yield name, {child.get("key"): child.get("value") for child in event}
            element.clear()


def volvo(path):
    """Yield (case, all cells, what the row says) for each event."""
    for case, cells in events_of(path):
        label = f"{cells['concept:name']}/{cells['lifecycle:transition']}"
        yield (
            case,
            tuple(sorted(cells.items())),
            {
                "label": label,
                "target": VOLVO_STATES.get(label, "open" if label.startswith("Accepted/") else None),
                "level": VOLVO_LEVELS[cells["impact"]],
                "team": cells["org:group"],
                "fields": (cells["impact"], cells["product"]),
                "texts": (),
            },
        )


def helpdesk(path):
    """Yield (case, all cells, what the row says) for each event."""
    for case, cells in events_of(path):
        label = cells["concept:name"]
        yield (
            case,
            tuple(sorted(cells.items())),
            {
                "label": label,
                "target": HELPDESK_STATES.get(label, "keep"),
                "level": None,
                "team": cells["workgroup"],
                "fields": (cells["seriousness_2"],),
                "texts": (),
            },
        )


LOGS = {"servicenow": (servicenow, False), "volvo": (volvo, True), "helpdesk": (helpdesk, True)}


def led_to(target, state):
    """Return where an incident in *state* stands after a step to *target*."""
    if target == "keep":
        return state
    if target == "open":
        return state if state in OPEN else "responding"
    if target == "assessed":
        return "assessed" if state == "reported" else state
    if target == "responding" and state == "reported_upward":
        return state
    if target in EARLY and state in EARLY:
        return EARLY[max(EARLY.index(target), EARLY.index(state))]
    return target


def step(target, state):
    """Return the event of a step, and where it leads; an assessment is none of these."""
    dest = led_to(target, state)
    if dest == state:
        return "StepRecorded", dest
    if dest == "responding":
        return ("ResponseStarted" if state in EARLY else "IncidentReopened"), dest
    return {"resolved": "IncidentResolved", "reviewed": "IncidentReviewed", "cancelled": "IncidentCancelled"}.get(
        dest, "StepRecorded"
    ), dest


class Incident:
    """One case: what its rows amount to, event by event."""

    def __init__(self, activities):
        self.activities = activities
        self.state, self.standing = "new", "reported"
        self.level = self.worst = None
        self.row = None
        self.events = 0
        self.codes = Counter()

    def record(self, event, dest=None):
        """Count an event and what is wrong with it, and go to *dest*."""
        dest = dest or self.state
        self.events += 1
        self.codes.update(self.verdict(event, dest))
        self.state = dest

    def verdict(self, event, dest):
        """Return the codes of the rules that the event breaks."""
        move = (self.state, dest)
        if event == "StepRecorded":
            return [] if self.state == dest or move in ANY_MOVE else ["not-enabled"]
        if move not in MOVES[event]:
            return ["not-enabled"]
        if event == "IncidentResolved" and self.worst in LEVELS_THAT_OWE_A_REPORT:
            return ["upward-report-owed"]
        if event == "LevelAssigned" and self.state != "assessed" and self.level is not None:
            return ["level-assigned-already"]
        if event == "LevelChanged" and self.level is None:
            return ["level-unassigned"]
        return []

    def judge(self, row, before, *, assesses):
        """Record the assessment and the level of a row."""
        if assesses or row["fields"] != (before["fields"] if before else ("",) * len(row["fields"])):
            self.record("IncidentAssessed", led_to("assessed", self.state))
        level = row["level"]
        if level is None or level == self.level:
            return
        if self.level is None:
            if self.state == "reported":
                self.record("IncidentAssessed", "assessed")
            self.record("LevelAssigned", "level_assigned" if self.state in EARLY else self.state)
        else:
            self.record("LevelChanged")
        self.level = level
        self.worst = min(level, self.worst or level)

    def first(self, row):
        """Record the first row."""
        self.record("IncidentReported", "reported")
        assesses = row["target"] == "assessed"
        self.judge(row, None, assesses=assesses)
        moves = led_to(row["target"], self.state) != self.state
        if not assesses and (moves or (self.activities and row["target"] != "reported")):
            self.record(*step(row["target"], self.state))

    def later(self, row, before):
        """Record a later row."""
        steps = self.activities or row["label"] != before["label"]
        assesses = steps and row["target"] == "assessed"
        reopens = steps and self.state not in OPEN and led_to(row["target"], self.state) in OPEN
        if reopens:
            self.record(*step(row["target"], self.state))
        self.judge(row, before, assesses=assesses)
        if row["team"] != before["team"]:
            self.record("TeamAssigned")
        if any(text and text != old for text, old in zip(row["texts"], before["texts"], strict=True)):
            self.record("ProgressNoted")
        if steps and not assesses and not reopens:
            self.record(*step(row["target"], self.state))

    def take(self, row, totals):
        """Record a row, and count in *totals* what its row alone tells."""
        before, self.row = self.row, row
        standing = led_to(row["target"], self.standing)
        if before is None:
            self.standing = standing
            return self.first(row)
        totals["state_changes"] += row["label"] != before["label"]
        totals["team_moves"] += bool(row["team"] and before["team"] and row["team"] != before["team"])
        if row["level"] is not None and before["level"] is not None:
            totals["level_raises"] += row["level"] < before["level"]
            totals["level_lowers"] += row["level"] > before["level"]
        totals["reopened_after_resolved"] += self.standing == "resolved" and standing in OPEN
        totals["reopened_after_closed"] += self.standing == "reviewed" and standing != "reviewed"
        self.standing = standing
        return self.later(row, before)


def recount(log, path):
    """Return the counts of the log at *path*."""
    read, activities = LOGS[log]
    names = ("rows", "duplicates", "state_changes", "level_raises", "level_lowers", "team_moves")
    totals = dict.fromkeys((*names, "reopened_after_resolved", "reopened_after_closed"), 0)
    incidents, seen = {}, set()
    for case, cells, row in read(path):
        totals["rows"] += 1
        if (case, cells) in seen:
            totals["duplicates"] += 1
            continue
        seen.add((case, cells))
        incidents.setdefault(case, Incident(activities)).take(row, totals)
    codes = sum((incident.codes for incident in incidents.values()), Counter())
    return {
        **totals,
        "incidents": len(incidents),
        "events": sum(incident.events for incident in incidents.values()),
        "deviations": codes.total(),
        "deviations_by_code": dict(sorted(codes.items())),
        "states": dict(Counter(incident.state for incident in incidents.values())),
        "levels": dict(Counter(incident.level for incident in incidents.values() if incident.level)),
    }


if __name__ == "__main__":
    print(json.dumps(recount(sys.argv[1], Path(sys.argv[2])), indent=2))
