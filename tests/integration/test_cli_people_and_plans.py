"""The commands of what a plan drives: triage, roles, obligations, approvals, warnings, and the plan's own life."""

from __future__ import annotations

import shlex

import pytest

from respond.plan.reader import shipped_plan

PLAN = ("--plan", "service-company")
CROWD = "affected_customers 120 (from 100, below 1000)"

LIFE = """
duty_officer  warning signal north --source staff --metric failed_payments_percent --value 7   -> watched
duty_officer  warning raise north --category equipment_failure --title "Payments fail" --basis "7 %"  -> raised
assessor      warning prepare north "Call the technical lead" --note "on the line"              -> raised
commander     warning confirm north --basis "two shops tell of it"                               -> confirmed
duty_officer  report --category equipment_failure --title Terminals --warning north --unit shops -> reported
assessor      acknowledge INC-5                                                                  -> reported
assessor      recategorise INC-5 system_failure --reason "it is the server"                      -> reported
assessor      assess INC-5 --affected-customers 120 --sites 14 --dead 0 --critical               -> assessed
assessor      level INC-5 2 --basis "over 100 customers"                                         -> level_assigned
commander     response-level INC-5 strong --basis "level 2"                                      -> level_assigned
commander     start INC-5                                                                        -> responding
commander     role assign INC-5 liaison he.na                                                    -> responding
commander     role assign INC-5 customer_care zhu.lin --trained comforting=2099-12-31            -> responding
commander     role hand-over INC-5 liaison he.na ma.jun --briefing "the head office waits"       -> responding
commander     role release INC-5 liaison ma.jun --reason "the shift is over"                     -> responding
liaison       report-up INC-5 --kind initial --recipient head_office --summary "it is bad"       -> reported_upward
liaison       receipt INC-5 #17 HO-7 --received-by tang.wei                                      -> reported_upward
commander     form-team INC-5 technical_team --member agent=gu.hui                               -> reported_upward
technical_lead measure start INC-5 contain_fault                                                 -> reported_upward
technical_lead measure tick INC-5 contain_fault 1                                                -> reported_upward
technical_lead measure complete INC-5 contain_fault --outcome "it holds"                         -> reported_upward
commander     measure skip INC-5 restore_service --reason "it came back"                         -> reported_upward
logistics     pool open generators --quantity 3                                                  -> open
logistics     pool add generators 2 --reason hired                                               -> open
treasurer     pool write-off generators 1 --reason "one is lent out"                             -> open
logistics     request INC-5 generators 3 --purpose "two shops are dark"                          -> reported_upward
logistics     request INC-5 generators 1 --withdraw "one shop has light"                         -> reported_upward
logistics     pool commit generators INC-5 2                                                     -> open
logistics     pool use generators INC-5 2 --note "shop 7"                                        -> open
logistics     pool consume generators INC-5 0.5 --cost "300 CNY"                                 -> open
logistics     pool return generators INC-5 1.5 --condition damaged                               -> open
logistics     pool inspect generators damaged --note "one leaks"                                 -> open
treasurer     expense INC-5 120 CNY --purpose "taxi"                                             -> reported_upward
treasurer     pool close generators --reason "sold"                                              -> closed
logistics     pool open counsellor                                                              -> open
logistics     pool renew counsellor 2099-12-31                                                  -> open
commander     resolve INC-5 --resolution "restarted"                                             -> resolved
executive     approve INC-5 waive --about "first_contact 1" --note "no addresses"                -> resolved
commander     waive INC-5 first_contact --reason "no addresses"                                  -> resolved
reviewer      fulfil INC-5 action_items --note "none is open"                                    -> resolved
reviewer      pause INC-5 review --reason "the supplier's log comes on Monday"                   -> resolved
reviewer      resume INC-5 review --reason "it came"                                             -> resolved
commander     plan life draft service-company                                                    -> drafted
executive     plan life approve service-company --note "in force at once"                        -> approved
commander     plan life drill service-company yearly_general --met 3 --objectives 4              -> approved
reviewer      plan life evaluate service-company adequate --findings "it works"                  -> approved
commander     plan life reassess service-company shop_on_fire --likelihood 2 --impact 5 --strategy avoid  -> approved
commander     plan life revise next.toml --trigger law --because "a law" --from service-company  -> drafted
executive     plan life approve next.toml                                                        -> approved
executive     plan life retire service-company --reason "merged with another"                    -> retired
assessor      warning signal south --source staff --metric storm_signal --value 1                -> watched
commander     warning lift south --reason "the storm turned"                                     -> lifted
"""
"""Who, in which role, carries out what, and the state that it leads to; each role is somebody else."""


def steps() -> list[tuple[str, list[str], str]]:
    """Return the role, the words and the state of each line."""
    lines = (line.rpartition("->") for line in LIFE.strip().splitlines())
    return [(line.split()[0], shlex.split(line)[1:], state.strip()) for line, _, state in lines]


def test_each_command_leads_on(cli, tmp_path, monkeypatch):
    """Every command does what its line says, under a plan that denies by default."""
    monkeypatch.chdir(tmp_path)
    shipped = shipped_plan("service-company").read_text()
    (tmp_path / "next.toml").write_text(shipped.replace('version = "2"', 'version = "3"', 1))
    for role, words, state in steps():
        done = cli.ask(*words, "--role", role, "--actor", f"{role}.person", *PLAN)
        assert done["state"] == state, words
        assert set(done) == {"id", "number", "state", "position", "version", "events", "replayed"}
    state = cli.ask("show", "INC-5")
    assert (state["category"], state["response_level"], state["waived"]) == (
        "system_failure",
        "strong",
        [["first_contact", 1]],
    )
    assert [(one["role"], one["person"]) for one in state["roles"]] == [
        ("customer_care", "zhu.lin"),
        ("agent", "gu.hui"),
    ]
    assert state["assessments"][0]["assessment"]["critical_facility"] is True
    assert list(state["receipts"].values()) == ["HO-7"]
    assert {name: told["$dec"] for name, told in state["resources"]["generators"].items()} == {
        "requested": "2",
        "committed": "2",
        "used": "2",
        "returned": "1.5",
        "consumed": "0.5",
    }
    needs = {one["resource"]: one for one in cli.ask("needs", "INC-5", *PLAN)["needs"]}
    assert (needs["generators"]["committed"], needs["generators"]["available"]) == ({"$dec": "0.5"}, None)
    stock = {one["pool"]: one for one in cli.ask("pool", "list", *PLAN)["pools"]}
    assert (stock["generators"]["state"], stock["generators"]["damaged"]) == ("closed", {"$dec": "1.5"})
    assert stock["counsellor"]["agreement_until"] == "2099-12-31"
    revised = cli.ask("timeline", "plan-service-company", *PLAN)["entries"][5]["data"]
    assert (revised["because"], revised["changes"]) == ("a law", ["The plan: version is now '3' (was '2')."])


def test_what_the_plan_suggests_is_shown_before_a_person_decides(cli):
    """The level with what speaks for it, and once there is one the response; nothing where no condition holds."""
    cli.ask("report", "--category", "other", "--title", "A", *PLAN)
    assert cli.ask("suggest", "INC-1", *PLAN)["level"] == {"level": None, "because": []}
    assert cli.text("suggest", "INC-1", *PLAN).splitlines()[-2:] == [
        "level     none: no condition of the plan holds",
        "response  none: no condition of the plan holds",
    ]
    cli.ask("assess", "INC-1", "--affected-customers", "120", "--role", "assessor", *PLAN)
    assert cli.ask("suggest", "INC-1", *PLAN)["level"] == {"level": 2, "because": [CROWD]}
    cli.ask("level", "INC-1", "1", "--basis", "b", "--role", "assessor", *PLAN)
    told = cli.ask("suggest", "INC-1", *PLAN)
    assert (told["number"], told["response"]["response"], told["response"]["because"]) == ("INC-1", "full", ["level 1"])
    assert cli.text("suggest", "INC-1", *PLAN).splitlines() == [
        "INC-1 is level_assigned, at level 1",
        f"level     2, by {CROWD}",
        "response  full, by level 1",
    ]


def test_who_does_what_is_listed(cli):
    """Who holds each role, which required ones stand empty, and whose training is not in force."""
    cli.ask("report", "--category", "other", "--title", "A", *PLAN)
    cli.ask("assess", "INC-1", "--affected-customers", "120", "--role", "assessor", *PLAN)
    cli.ask("level", "INC-1", "2", "--basis", "b", "--role", "assessor", *PLAN)
    empty = [one["role"] for one in cli.ask("role", "list", "INC-1", *PLAN)["vacancies"]]
    assert {"commander", "customer_care"} <= set(empty)
    cli.ask("start", "INC-1", "--role", "commander", *PLAN)
    cli.ask("command", "INC-1", "--role", "commander", "--actor", "zhou.min", *PLAN)
    cli.ask("role", "assign", "INC-1", "customer_care", "zhu.lin", "--role", "commander", *PLAN)
    told = cli.ask("role", "list", "INC-1", *PLAN)
    assert [(one["role"], one["person"]) for one in told["holders"]] == [
        ("commander", "zhou.min"),
        ("customer_care", "zhu.lin"),
    ]
    assert [(one["role"], one["kind"]) for one in told["concerns"]] == [("customer_care", "untrained")]
    assert {"commander", "customer_care"}.isdisjoint(one["role"] for one in told["vacancies"])
    page = cli.text("role", "list", "INC-1", "--language", "zh", *PLAN)
    assert "zhu.lin" in page
    assert "现场总指挥" in page or "指挥" in page


def test_other_plans_come_into_force(cli, tmp_path):
    """An incident goes over to the next version, and takes a further plan on; the log keeps both, with the reasons."""
    shipped = shipped_plan("service-company").read_text()
    (tmp_path / "next.toml").write_text(shipped.replace('version = "2"', 'version = "3"', 1))
    plans = (*PLAN, "--plan", str(tmp_path / "next.toml"), "--plan", "customer-service")
    who = ("--role", "executive", "--actor", "bo")
    cli.ask("report", "--category", "other", "--title", "A", *PLAN)
    cli.ask("plan", "rebase", "INC-1", "service-company@3", "--reason", "it is in force today", *who, *plans)
    cli.ask("plan", "activate", "INC-1", "customer-service", "--reason", "the hotline is down", *who, *plans)
    entries = cli.ask("timeline", "INC-1", *plans)["entries"]
    assert [(one["type"], one["data"]["reason"]) for one in entries[1:]] == [
        ("PlanRebased", "it is in force today"),
        ("PlanActivated", "the hotline is down"),
    ]
    state = cli.ask("show", "INC-1", *plans)
    assert (state["plan"]["version"], [one["name"] for one in state["activated"]]) == ("3", ["customer-service"])
    refused = cli.refusal("plan", "rebase", "INC-1", "nothing", "--reason", "r", *who, *plans, status=2)
    assert refused["code"] == "plan-not-found"


def test_a_warning_is_shown(cli):
    """The page and the document tell what suggests it, and what the plan still wants made ready."""
    for _, words, _ in steps()[:3]:
        cli.ask(*words, "--role", "duty_officer", *PLAN)
    told = cli.ask("warning", "show", "north", *PLAN)
    assert (told["suggested"], told["prepared"]) == (["failed_payments"], ["Call the technical lead"])
    assert told["to_prepare"] == ["Have spare terminals loaded", "Tell the shops to keep change ready"]
    page = cli.text("warning", "show", "north", *PLAN)
    assert "warning-north is raised" in page
    assert "Have spare terminals loaded" in page


def test_what_a_plan_owes_itself_is_listed(cli):
    """A plan that was never rehearsed owes its drills; once it was drilled, they are not overdue."""
    cli.ask("plan", "life", "draft", "service-company", "--role", "commander", "--actor", "a")
    before = cli.ask("plan", "life", "overdue", "service-company")
    drills = [one["of"] for one in before["overdue"] if one["what"] == "drill"]
    assert (before["state"], drills) == ("drafted", ["yearly_general", "half_yearly_on_site"])
    cli.ask("plan", "life", "drill", "service-company", "yearly_general", "--role", "commander")
    after = cli.ask("plan", "life", "overdue", "service-company")
    assert "yearly_general" not in [one["of"] for one in after["overdue"]]
    assert "half_yearly_on_site" in cli.text("plan", "life", "overdue", "service-company")


@pytest.mark.parametrize(("reason", "allowed"), [("", False), ("nobody else is here", True)])
def test_the_glass_is_broken_with_a_reason(cli, reason, allowed):
    """Without the role a response is started only with --break-glass, and the review asks about it."""
    cli.ask("report", "--category", "other", "--title", "A", *PLAN)
    cli.ask("assess", "INC-1", "--affected-customers", "20", "--role", "assessor", *PLAN)
    cli.ask("level", "INC-1", "3", "--basis", "b", "--role", "assessor", *PLAN)
    start = ("start", "INC-1", "--role", "agent", "--break-glass", reason, *PLAN)
    if not allowed:
        assert cli.refusal(*start, status=1)["refusals"][0]["code"] == "not-authorised"
        return
    assert cli.ask(*start)["state"] == "responding"
    assert cli.ask("review", "INC-1", *PLAN)["broken_glass"][0]["reason"] == reason
