from __future__ import annotations

import contextlib
import io
import json
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from command_line import CommandLine
from respond.cli import main
from respond.cli.scenario import DRILLED, STEPS

EXAMPLES = Path(__file__).parent.parent.parent / "examples"


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    """Return the document of a demo."""
    with contextlib.redirect_stdout(io.StringIO()) as said:
        assert main(["demo", "--json"]) == 0
    return json.loads(said.getvalue())


@pytest.mark.parametrize("database", ["sqlite_url", "postgresql_url", "mariadb_url"])
def test_the_demo_plays_an_incident_through_its_whole_life(request, capsys, database):
    """Every step of the story happens as told, the refused ones too, and the log answers what it should."""
    cli = CommandLine(request.getfixturevalue(database), capsys)
    told = cli.ask("demo")
    assert [bool(step["refusals"]) for step in told["steps"]] == [step.refused for step in (*STEPS, *DRILLED)]
    assert told["warning"]["state"] == "converted"
    assert told["warning"]["incident"] == told["id"]
    assert (told["show"]["state"], told["show"]["warning"]) == ("reviewed", "payments-north")
    assert (told["known"]["state"], told["known"]["level"]) == ("responding", 1)
    assert told["review"]["peak_level"]["level"] == 1
    assert told["replay"]["states"]["reviewed"] == 1
    assert told["check"]["clean"] is True
    assert cli.ask("show", told["number"], "--plan", "service-company") == told["show"]
    assert cli.ask("drill", "review", "spring-2026", "--plan", "service-company") == told["drill"]


REFUSED = [
    ("commit_stock", ["stock-short"]),
    ("start_measure", ["measure-out-of-order"]),
    ("publish_statement", ["statement-not-approved"]),
    ("resolve", ["not-authorised", "upward-report-owed", "owed-before-resolve", "mandatory-measure-open"]),
    ("offer_compensation", ["over-every-limit"]),
    ("accept_compensation", ["approval-missing"]),
    ("waive", ["approvals-missing"]),
    ("open_review", ["facilitator-responded"]),
    ("close_review", ["not-authorised", "same-actor"]),
    ("verify_action", ["not-authorised", "same-person"]),
]


def test_the_demo_shows_why_a_step_is_refused(told):
    """Each refused step names every reason: stock, order, authority, what is owed, and the second pair of eyes."""
    refused = [(step["command"], step["refusals"]) for step in told["steps"] if step["refusals"]]
    assert [(command, [one["code"] for one in reasons]) for command, reasons in refused] == REFUSED


def test_the_demo_shows_the_suggestion_beside_the_choice(told):
    """The plan suggests a warning from 5 % on, and a level with its grounds; a person chooses, also against it."""
    steps = told["steps"]
    signals = [step["suggested"] for step in steps if step["command"] == "record_signal"]
    assert signals == [[], ["failed_payments"]]
    levels = [(step["level"], step["suggested"], step["because"]) for step in steps if step["level"] is not None]
    grounds = ["affected_customers 120 (from 100, below 1000)"]
    assert levels == [(2, 2, grounds), (1, 2, grounds)]


def test_the_outage_lasts_two_days(told):
    """It is resolved on the first day, taken up again on the second, and resolved for good."""
    at = {one["name"]: one["at"][:16] for one in told["review"]["milestones"]}
    lasted = [at[name] for name in ("reported", "resolved_first", "reopened", "resolved_last", "reviewed")]
    assert lasted == [
        "2026-03-12T09:02",
        "2026-03-12T10:50",
        "2026-03-13T08:20",
        "2026-03-13T09:38",
        "2026-03-17T07:00",
    ]
    assert told["show"]["reopened"] == 1


def test_the_response_takes_nine_measures(told):
    """Nine measures, one skipped and one unplanned, by a team of the plan; a rumour is refuted."""
    review, show = told["review"], told["show"]
    measures = review["response"]["measures"]
    assert sorted(one["status"] for one in measures) == ["done"] * 8 + ["skipped"]
    assert [one["measure"] for one in measures if one["status"] == "skipped"] == ["bring_spares"]
    assert [key for key, one in show["measures"].items() if one["added"] is not None] == ["runners"]
    assert review["response"]["measures_left"] == []
    assert show["course"]["team"] == "facility_team"
    told_of = [(one["kind"], one["status"]) for one in review["response"]["information"]]
    assert told_of == [("rumour", "refuted")]
    assert sorted(one["status"] for one in review["response"]["hypotheses"]) == ["confirmed", "rejected"]


def test_resources_run_short(told):
    """Two of the pools have less than was asked for, and help comes from outside."""
    resources = {one["resource"]: one for one in told["review"]["account"]["resources"]}
    short = {key: int(one["short"]["$dec"]) for key, one in resources.items()}
    assert short == {"repair_crew": 2, "service_agents": 10, "paper_forms": 0, "amends_fund": 0}
    assert list(told["show"]["course"]["help"]) == ["agents"]
    assert told["figures"]["costs"] == {"CNY": {"$dec": "4890.00"}}


def test_the_figures_tell_the_loss_and_both_days(told):
    """The loss is the last one judged; the second day's times are counted apart from the first."""
    assert told["figures"]["losses"] == {"CNY": {"$dec": "36000.00"}}
    times = {
        one["step"]: (one["first"]["median_seconds"], one["again"]["median_seconds"])
        for one in told["figures"]["times"]
    }
    assert {step: times[step] for step in ("contain", "restore", "resolve", "review")} == {
        "contain": (33 * 60, 71 * 60),
        "restore": (104 * 60, 75 * 60),
        "resolve": (108 * 60, 78 * 60),
        "review": (93 * 3600 + 22 * 60, None),
    }


def test_five_statements_are_made_and_one_is_retracted(told):
    """Five statements on key messages that somebody else approved; one is retracted, one is written anew."""
    statements = {one["statement"]: one for one in told["review"]["communication"]["statements"]}
    assert list(statements) == ["first_word", "count", "press_word", "over", "account"]
    assert [key for key, one in statements.items() if one["retracted_because"]] == ["count"]
    versions = {key: [version["key_messages"] for version in one["versions"]] for key, one in statements.items()}
    assert versions == {"first_word": [1, 2], "count": [2], "press_word": [2], "over": [3], "account": [4]}
    for one in statements.values():
        for version in one["versions"]:
            assert version["written_by"] != version["approved_by"]


def test_twelve_customers_are_cared_for(told):
    """Twelve parties are reached, apologised to and settled with; all are visited but the group: that is waived."""
    cared = told["review"]["customers"]
    assert len(cared) == 12
    assert sum(one["customers"] for one in cared) == 1200
    assert [one["party"] for one in cared if not one["apologies"] or one["settled"] is None] == []
    assert {one["contacted_in_time"] for one in cared} == {"met"}
    visited = {one["party"]: one["visited_in_time"] for one in cared}
    assert visited.pop("shoppers") == "waived"
    assert set(visited.values()) == {"met"}
    offers = {one["party"]: [offer["status"] for offer in one["offers"]] for one in cared}
    assert offers["c-106"] == ["rejected", "paid"]
    assert offers["c-104"] == ["paid", "paid"]
    assert told["figures"]["compensation"] == {"CNY": {"$dec": "35060.00"}}
    assert (told["figures"]["customers"]["satisfied"], told["figures"]["customers"]["dissatisfied"]) == (10, 1)


def test_the_review_leaves_nothing_to_fill_in(told):
    """Findings, action items of which one was refused, a lesson and a proposal; no field of the review stays blank."""
    review = told["review"]
    assert review["blanks"] == []
    assert len(review["learnt"]["findings"]) == 13
    customers = next(one for one in review["estimates"] if one["name"] == "affected_customers")
    assert (customers["first"], [one["now"] for one in customers["judged"] if one["corrected_by"]]) == (120, [1200])
    standing = [one["standing"] for one in review["actions"]]
    assert {one["key"]: (one["status"], one["refused"]) for one in standing} == {
        "two-shops-first": ("verified", 0),
        "word-in-time": ("verified", 0),
        "more-agents": ("opened", 1),
    }
    assert [one["lesson"] for one in review["learnt"]["lessons"]] == ["two-shops-first"]
    assert [(one["status"], one["revision"]["version"]) for one in review["proposals"]] == [("accepted", "3")]


def test_the_plan_is_revised_and_rehearsed(told):
    """A drill of the plan misses one of six objectives, the life of the plan is told, and the revision is in force."""
    drill, plan = told["drill"], told["plan"]
    assert (drill["state"], drill["score"]) == ("evaluated", 87)
    assert [one["objective"] for one in drill["results"] if not one["met"]] == ["one_voice"]
    assert [one["proposal"] for one in drill["findings"]] == ["Call the deputy spokesperson at the same time"]
    assert (plan["state"], plan["in_force"]["version"], plan["draft"]) == ("approved", "3", None)
    assert list(plan["drills"]) == ["yearly_general"]


def test_the_drill_touches_no_figure(told):
    """Figures, board and pools tell of the one incident that was real."""
    assert told["figures"]["incidents"] == 1
    assert told["replay"]["incidents"] == 1


VERDICTS = {
    "acknowledge": ["met"],
    "assign_level": ["met"],
    "start_response": ["met"],
    "assess": ["met"],
    "take_command": ["met"],
    "head_office_initial": ["late"],
    "progress_major": ["met", "met", "late", "dropped"],
    "progress_serious": ["met", "dropped"],
    "fill_roles": ["met"],
    "authority_initial": ["near_miss"],
    "first_contact": ["met"],
    "head_office_follow_up": ["met", "dropped"],
    "authority_follow_up": ["dropped"],
    "head_office_final": ["met"],
    "review_major": ["met"],
    "authority_final": ["met"],
    "silence:affected_customers": ["met", "missing", "met", "late"],
    "silence:head_office": ["met", "met", "dropped"],
    "silence:staff": ["met", "met", "dropped"],
    "silence:press": ["met", "dropped"],
    "silence:public": ["met", "dropped"],
    "silence:suppliers": ["dropped"],
    "silence:partners": ["dropped"],
    "silence:local_authority": ["met", "dropped"],
    "open_account": ["met"],
    "review": ["met"],
    "action_items_major": ["met"],
    "action_items": ["open"],
    "action:two-shops-first": ["met"],
    "action:word-in-time": ["met"],
    "action:more-agents": ["open"],
    "measure:contain_fault": ["met"],
    "measure:keep_core_service": ["met"],
    "measure:answer_calls": ["met"],
    "measure:watch_opinion": ["met"],
    "measure:bring_spares": ["met"],
    "measure:care_for_people": ["met"],
}
"""Written by hand from the plan and the story; what is owed to customers is counted below."""
PROMISED = {
    "first_contact": {"met": 13},
    "update": {"met": 6, "dropped": 12},
    "apology": {"met": 12},
    "settlement": {"met": 13},
    "visit": {"met": 11, "waived": 1},
}
"""By promise: the case that was taken up again is owed a first contact and a settlement anew."""


def test_the_demo_tells_what_was_owed(told):
    """Each obligation has its deadline and its verdict: one report is late, one is just in time, visits are waived."""
    rows = told["obligations"]["obligations"]
    dated = [row["due_at"] for row in rows if row["due_at"] is not None]
    assert dated == sorted(dated)
    verdicts: dict[str, list[str]] = {}
    promised: dict[str, Counter[str]] = {}
    for row in rows:
        promise, colon, _ = row["obligation"].partition(":")
        if colon and promise in PROMISED:
            promised.setdefault(promise, Counter())[row["verdict"]] += 1
        else:
            verdicts.setdefault(row["obligation"], []).append(row["verdict"])
    assert verdicts == VERDICTS
    assert promised == PROMISED
    late = next(row for row in rows if row["verdict"] == "late")
    assert (late["due_at"][11:16], late["done_at"][11:16]) == ("09:42", "09:50")


def test_the_demo_says_titles_in_chinese_when_asked(told, cli, tmp_path, capsys):
    """With --language zh obligations, verdicts, roles and heads are told in Chinese; nothing else differs.

    So two demos have the same ids and times: the story has its own clock.
    """
    chinese = cli.ask("demo", "--language", "zh")
    late = next(row for row in chinese["obligations"]["obligations"] if row["verdict"] == "late")
    assert (late["title"], late["verdict_title"]) == ("向总部首报", "迟报")
    assert [one["title"] for one in chinese["staffing"]["vacancies"]] == ["发言人", "法律顾问"]
    assert chinese["raised"]["raised"][0]["title"] == "向总部首报"
    assert chinese["timeline"] == told["timeline"]
    page = CommandLine(f"sqlite:///{tmp_path / 'other.db'}", capsys).text("demo", "--language", "zh")
    for part in ("截止时间", "漏报", "培训已失效", "通知对象", "回访客户 12 名"):
        assert part in page


def test_the_demo_tells_who_was_missing(told):
    """At the time of asking two required roles stand empty, and one holder's training ran out."""
    staffing = told["staffing"]
    assert [one["role"] for one in staffing["vacancies"]] == ["spokesperson", "legal"]
    assert [(one["kind"], one["person"]) for one in staffing["concerns"]] == [("untrained", "zhu.lin")]


def test_a_watcher_raises_what_falls_due_on_the_way(told):
    """Each rung is raised at its very moment, once, and by nobody but the watcher."""
    raised = [(one["at"][8:16], one["obligation"], one["rung"]) for one in told["raised"]["raised"]]
    assert raised == [
        ("12T09:32", "head_office_initial", 1),
        ("12T09:42", "head_office_initial", 2),
        ("12T10:00", "silence:affected_customers", 1),
        ("12T10:20", "authority_initial", 1),
        ("12T10:25", "fill_roles", 1),
        ("13T08:50", "progress_major", 1),
        ("13T09:05", "progress_major", 2),
        ("13T09:14", "silence:affected_customers", 1),
    ]
    by = {entry["actor"] for entry in told["timeline"]["entries"] if entry["type"] == "ObligationRaised"}
    assert by == {"respond.watch"}


def test_the_demo_touches_no_database_that_has_events(cli):
    """A database with events is refused as wrong usage and stays as it is."""
    cli.ask("report", "--category", "other", "--title", "A")
    assert "wants an empty database" in cli.refusal("demo", status=2)["message"]
    assert cli.ask("status")["position"] == 1


def test_the_demo_without_a_database_leaves_nothing(tmp_path, monkeypatch, capsys):
    """Without --db the demo plays on a temporary file, even where the environment names a database, and removes it.

    The page tells the story by days, why a step is refused, and every answer under a heading.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("RESPOND_DATABASE_URL", f"sqlite:///{tmp_path / 'real.db'}")
    assert main(["demo"]) == 0
    page = capsys.readouterr().out
    for part in (
        "INC-12 is reviewed",
        "== Friday, 13 March ==",
        "09:38  zhao.min (commander): Resolved for good. [resolve -> resolved]",
        "the plan suggests level 2: affected_customers 120",
        "the plan suggests the response 'strong': level 2",
        "[upward-report-owed]",
        "besides: register_affected 11 times",
        "8 done, 1 skipped",
        "Visit 12 customers",
        "11 Met, 1 Waived",
        "A spokesperson before the reporter has waited 15 minutes  not met",
        "nothing is wrong",
    ):
        assert part in page
    assert "All of it is kept" not in page
    assert len(page.splitlines()) < 900
    assert list(tmp_path.iterdir()) == []


def test_the_demo_imports_a_foreign_log_when_asked(cli, shared_data):
    """With a log and its mapping the demo imports it after the story, and replays and checks both."""
    told = cli.ask("demo", "--log", shared_data / "helpdesk.xes.gz", "--mapping", EXAMPLES / "helpdesk.toml")
    assert (told["import"]["rows"], told["import"]["duplicates"]) == (21348, 127)
    assert told["replay"]["incidents"] == told["import"]["incidents"] + 1
    assert told["check"]["clean"] is True


def test_a_log_without_a_mapping_is_wrong_usage(cli, tmp_path):
    """--log and --mapping belong together."""
    assert cli.refusal("demo", "--log", "x.csv", status=2)["message"] == "--log and --mapping belong together"
    assert list(tmp_path.iterdir()) == []
