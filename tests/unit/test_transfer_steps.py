"""Which events rows amount to: one small log for each rule."""

from __future__ import annotations

import pytest

from foreign import bring, counts, history, lines, mapping, memory, steps
from respond.transfer.steps import destination
from respond.workflow.incident.state import OPEN, STATES

ACTIVITIES = {"kind": "activities"}


@pytest.fixture
def told(tmp_path):
    """Return a function that imports rows of the case A and answers its steps."""

    def tell(*rows, **changes):
        store = memory()
        bring(store, tmp_path, lines(*[f"A,{row}" for row in rows]), mapping(**changes))
        return steps(store, "A")

    return tell


REPORTED = ("IncidentReported", "new", "reported")
ASSESSED = ("IncidentAssessed", "reported", "assessed")
LEVELLED = ("LevelAssigned", "assessed", "level_assigned")
STARTED = ("ResponseStarted", "level_assigned", "responding")


@pytest.mark.parametrize(
    ("row", "kind", "expected"),
    [
        ("0,New,3,T,a", "snapshots", [REPORTED, ASSESSED, LEVELLED]),
        ("0,New,,T,a", "snapshots", [REPORTED]),
        ("0,Work,3,T,a", "snapshots", [REPORTED, ASSESSED, LEVELLED, STARTED]),
        ("0,Done,,T,a", "snapshots", [REPORTED, ("IncidentResolved", "reported", "resolved")]),
        ("0,Wait,3,T,a", "snapshots", [REPORTED, ASSESSED, LEVELLED]),
        ("0,Seen,,T,a", "snapshots", [REPORTED, ASSESSED]),
        ("0,New,,T,a", "activities", [REPORTED]),
        ("0,Seen,3,T,a", "activities", [REPORTED, ASSESSED, LEVELLED]),
        ("0,Wait,,T,a", "activities", [REPORTED, ("StepRecorded", "reported", "reported")]),
        ("0,Work,,T,a", "activities", [REPORTED, ("ResponseStarted", "reported", "responding")]),
    ],
)
def test_the_first_row_reports_judges_and_steps(told, row, kind, expected):
    """The report comes first, then the assessment and the level, then the step that leads beyond them."""
    assert told(row, kind=kind) == expected


@pytest.mark.parametrize(
    ("kind", "row", "inferred"),
    [
        ("snapshots", "A,0,Work,3,T,a", [True, True, True, True]),
        ("snapshots", "A,0,New,3,T,a", [False, True, True]),
        ("activities", "A,0,New,,T,a", [False]),
        ("activities", "A,0,Seen,3,T,a", [True, False, True]),
        ("activities", "A,0,Work,,T,a", [True, False]),
    ],
)
def test_what_the_log_merely_implies_is_marked(tmp_path, kind, row, inferred):
    """An event that no row tells carries `inferred` in its source, any other one does not."""
    store = memory()
    bring(store, tmp_path, lines(row), mapping(kind=kind))
    assert [event.source.get("inferred", False) for event in history(store, "A")] == inferred


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("New,3", "Work,3", [STARTED]),
        ("New,3", "New,3", []),
        ("Work,3", "Wait,3", [("StepRecorded", "responding", "responding")]),
        ("Work,3", "Memo,3", [("StepRecorded", "responding", "responding")]),
        ("Done,3", "Memo,3", [("StepRecorded", "resolved", "resolved")]),
        ("Done,3", "Wait,3", [("IncidentReopened", "resolved", "responding")]),
        ("Closed,3", "Work,3", [("IncidentReopened", "reviewed", "responding")]),
        ("Void,3", "Work,3", [("IncidentReopened", "cancelled", "responding")]),
        ("Work,3", "Done,3", [("IncidentResolved", "responding", "resolved")]),
        ("Work,3", "Closed,3", [("IncidentReviewed", "responding", "reviewed")]),
        ("Work,3", "Void,3", [("IncidentCancelled", "responding", "cancelled")]),
        ("Work,3", "New,3", [("StepRecorded", "responding", "reported")]),
        ("Work,3", "Seen,3", [("IncidentAssessed", "responding", "responding")]),
        ("New,3", "Seen,3", [("IncidentAssessed", "level_assigned", "level_assigned")]),
        ("Work,3", "Work,2", [("LevelChanged", "", "")]),
        ("Work,3", "Work,", []),
        ("Work,", "Work,2", [("LevelAssigned", "responding", "responding")]),
        ("New,", "New,2", [ASSESSED, LEVELLED]),
        ("Work,3", "Done,1", [("LevelChanged", "", ""), ("IncidentResolved", "responding", "resolved")]),
        ("Done,3", "Work,1", [("IncidentReopened", "resolved", "responding"), ("LevelChanged", "", "")]),
    ],
)
def test_a_later_snapshot_tells_its_changes(told, before, after, expected):
    """What differs from the row before becomes an event, and nothing else does."""
    first = told(f"0,{before},T,a")
    assert told(f"0,{before},T,a", f"1,{after},T,a")[len(first) :] == expected


@pytest.mark.parametrize("state", ["New", "Work", "Wait", "Done", "Closed"])
def test_an_activity_is_a_step_even_if_its_label_repeats(told, state):
    """The same activity again is a step that stays; it never leads backwards."""
    first = told(f"0,{state},3,T,a", **ACTIVITIES)
    (again,) = told(f"0,{state},3,T,a", f"1,{state},3,T,b", **ACTIVITIES)[len(first) :]
    status = first[-1][2]
    assert again == ("StepRecorded", status, status)


def test_an_empty_level_between_two_is_no_change(told):
    """A level that is left out for a while stays what it was."""
    assert told("0,Work,3,T,a", "1,Work,,T,a", "2,Work,3,T,a") == told("0,Work,3,T,a")
    assert told("0,Work,3,T,a", "1,Work,,T,a", "2,Work,2,T,a")[-1][0] == "LevelChanged"


def test_moves_between_teams_are_recorded_and_those_between_named_ones_counted(tmp_path):
    """A team that becomes empty is a change too, but no move between two teams."""
    store = memory()
    rows = [f"A,{n},Work,3,{team},a" for n, team in enumerate(["T", "U", "", "V", "V"])]
    report = bring(store, tmp_path, lines(*rows))
    moved = [(one.data.from_team, one.data.to_team) for one in history(store, "A") if one.type == "TeamAssigned"]
    assert moved == [("T", "U"), ("U", None), (None, "V")]
    assert report.team_moves == 1


def test_changed_texts_are_noted(tmp_path):
    """A new title, category or reference is noted with its field; the category of the plan follows the mapping."""
    store = memory()
    header = "case,at,state,level,team,by,kind,what"
    rows = lines("A,0,Work,3,T,a,net,Slow", "A,1,Work,3,T,a,shop,Slow", "A,2,Work,3,T,a,shop,", header=header)
    how = mapping(category={"column": "kind", "map": {"net": "network"}}, title="what")
    bring(store, tmp_path, rows, how)
    first, *_, last = history(store, "A")
    assert (first.data.category, first.data.title, first.data.reference) == ("network", "Slow", "A")
    assert (last.type, dict(last.data.fields)) == ("ProgressNoted", {"category": "shop"})


@pytest.mark.parametrize(
    ("word", "category"), [("net", "network"), ("facility_failure", "facility_failure"), ("x", "other")]
)
def test_a_category_is_mapped_known_or_the_fallback(tmp_path, word, category):
    """A cell is looked up in the mapping, then in the plan; else the fallback holds."""
    store = memory()
    how = mapping(category={"column": "kind", "map": {"net": "network"}})
    bring(store, tmp_path, lines(f"A,0,New,3,T,a,{word}", header="case,at,state,level,team,by,kind"), how)
    assert history(store, "A")[0].data.category == category


def test_the_assessment_keeps_its_fields(tmp_path):
    """Fields are text; when they change, the incident is assessed again."""
    store = memory()
    rows = lines(
        "A,0,Work,3,T,a,high", "A,1,Work,3,T,a,", "A,2,Work,3,T,a,low", header="case,at,state,level,team,by,area"
    )
    bring(store, tmp_path, rows, mapping(assessment={"spread": "area"}))
    told = [dict(one.data.fields) for one in history(store, "A") if one.type == "IncidentAssessed"]
    assert told == [{"spread": "high"}, {}, {"spread": "low"}]


def test_events_keep_times_people_and_pins(tmp_path):
    """The report is of its own time and reporter; every event keeps row, key, source state and the log's own time."""
    store = memory()
    header = "case,at,state,level,team,by,since,caller"
    rows = lines("A,65,Work,3,T,ann,2026-02-03T01:00:00,cleo", "A,66,Done,3,T,bob,,", header=header)
    how = mapping(opened={"column": "since", "zone": "Europe/Rome", "precision": "minute"}, reporter="caller")
    bring(store, tmp_path, rows, how)
    events = history(store, "A")
    assert [event.actor for event in events] == ["cleo", "ann", "ann", "ann", "bob"]
    assert events[0].body["occurred_at"] == {
        "at": "2026-02-03T00:00:00.000000Z",
        "precision": "minute",
        "offset_minutes": 60,
    }
    assert events[1].body["occurred_at"] == {"at": "2026-02-03T01:05:00.000000Z", "precision": "second"}
    assert [event.plan is not None for event in events] == [True, False, False, False, False]
    assert all(str(event.definition) == "incident@5" for event in events)
    source = dict(events[-1].source)
    assert len(source.pop("key")) == 64
    assert source == {
        "log": "tickets",
        "case": "A",
        "row": 2,
        "state": "Done",
        "recorded_at": "2026-02-03T01:06:00.000000Z",
    }


@pytest.mark.parametrize(
    ("rows", "codes"),
    [
        (["0,New,3", "1,Work,3", "2,Done,3", "3,Closed,3", "4,Work,3"], {}),
        (["0,New,3", "1,Done,3"], {"not-enabled": 1}),
        (["0,Work,3", "1,Closed,3"], {"not-enabled": 1}),
        (["0,Work,3", "1,New,3"], {"not-enabled": 1}),
        (["0,Work,2", "1,Done,2"], {"upward-report-owed": 1}),
        (["0,Work,1", "1,Work,4", "2,Done,4"], {"upward-report-owed": 1}),
        (["0,Work,3", "1,Done,3", "2,Done,2"], {"not-enabled": 1}),
        (["0,Void,", "1,Work,"], {"not-enabled": 1}),
    ],
)
def test_what_the_workflow_would_refuse_is_recorded_and_reported(tmp_path, rows, codes):
    """A deviation is counted by its rule, and the step is in the log all the same."""
    store = memory()
    report = bring(store, tmp_path, lines(*[f"A,{row},T,a" for row in rows]))
    assert report.deviations_by_code == codes
    assert report.deviations == sum(codes.values()) == len(report.listed)
    assert report.events == len(history(store, "A"))


def test_a_deviation_names_row_rule_from_and_to(tmp_path):
    """What is reported says where it stands in the file and what it broke."""
    report = bring(memory(), tmp_path, lines("A,0,New,3,T,a", "B,1,New,1,T,a", "B,2,Work,1,T,a", "B,3,Done,1,T,a"))
    (listed,) = report.listed
    assert (listed.row, listed.case, listed.code) == (4, "B", "upward-report-owed")
    assert (listed.event, listed.from_state, listed.to_state) == ("IncidentResolved", "responding", "resolved")
    assert listed.text == "level 1 owes an upward report, and none was sent"


def test_reopening_is_counted_by_where_it_starts(tmp_path):
    """From resolved to an open state, and from reviewed to any other one."""
    states = ["Work", "Done", "Wait", "Done", "Closed", "Done", "Closed", "Closed", "Work", "Void", "Work"]
    report = bring(memory(), tmp_path, lines(*[f"A,{n},{state},3,T,a" for n, state in enumerate(states)]))
    assert (report.reopened_after_resolved, report.reopened_after_closed) == (1, 2)
    assert counts(report)["state_changes"] == 9


@pytest.mark.parametrize("status", STATES)
def test_where_a_step_leads(status):
    """`keep` moves nothing, `open` reopens only what is over, and nothing leads back before the response began."""
    over = status not in OPEN
    assert destination("keep", status) == status
    assert destination("open", status) == ("responding" if over else status)
    assert destination("assessed", status) == ("assessed" if status == "reported" else status)
    assert destination("level_assigned", "responding") == "level_assigned"
    assert destination("reported", "assessed") == "assessed"
    assert destination("responding", "reported_upward") == "reported_upward"
    assert destination("resolved", status) == "resolved"
