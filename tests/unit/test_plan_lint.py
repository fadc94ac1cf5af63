"""Lint names each planted defect by its code and its line, and nothing else in the same place of a sound plan."""

from __future__ import annotations

import io
import re
import tomllib
from datetime import date
from pathlib import Path
from typing import get_args

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outline import OUTLINE
from plan_edits import edited_plan
from respond.cli.page import Page
from respond.cli.plan_page import show_plan
from respond.cli.plans import incident_flow
from respond.errors import InvalidPlan
from respond.plan.authority import AuthorityRule
from respond.plan.finding import CODES, ERRORS, READING, WARNINGS, Finding
from respond.plan.lint import lint
from respond.plan.lint_file import lint_file
from respond.plan.obligations import Clock, Fact, Obligation
from respond.plan.organisation import Role
from respond.plan.plan import Plan
from respond.plan.reader import SHIPPED, plan_of, shipped_plan
from respond.plan.spans import Span
from respond.plan.words import Words
from sound_plan import FLOW, SOUND, TODAY

NONE = ""
UNMEETABLE = """[[obligations]]
id = "resolve_first"
title = "Resolve first"
titles = {zh = "先解决"}
act = "resolve"
role = "director"
due = [{from = "told", within = "1 h"}]
before = ["assess"]

[[risks]]"""
DEADLOCK = """[[obligations]]
id = "command_first"
title = "Command first"
titles = {zh = "先指挥"}
act = "take_command"
role = "director"
due = [{from = "told", within = "1 h"}]
before = ["assess"]

[[obligations]]
id = "assess_first"
title = "Assess first"
titles = {zh = "先研判"}
act = "assess"
role = "director"
due = [{from = "told", within = "1 h"}]
before = ["take_command"]

[[risks]]"""
RULES = SOUND[SOUND.index("[[authority]]") : SOUND.index("[[measures]]")]
PLANTED: list[tuple[str, str, str, str]] = [
    ("authority-missing", RULES, NONE, "authority"),
    ("commander-missing", 'id = "commander"', 'id = "captain"', "roles"),
    ("working-days-uncounted", "number = 2\n", 'number = 2\ndwell = "1 working day"\n', "levels[1].dwell"),
    ("working-days-uncounted", 'id = "commander"\n', 'id = "commander"\nshift = "1 working day"\n', "roles[1].shift"),
    ("calendar-ended", 'zone = "Asia/Shanghai"', 'zone = "Asia/Shanghai"\nuntil = 2026-11-19', "calendars[0]"),
    ("calendar-ends", 'zone = "Asia/Shanghai"', 'zone = "Asia/Shanghai"\nuntil = 2026-11-20', "calendars[0]"),
    ("calendar-ends", 'zone = "Asia/Shanghai"', 'zone = "Asia/Shanghai"\nuntil = 2026-12-20', "calendars[0]"),
    (
        "calendar-ends",
        'zone = "Asia/Shanghai"',
        'zone = "Asia/Shanghai"\nuntil = 2025-01-01\nweek_until = 2026-12-01',
        "calendars[0]",
    ),
    (
        "calendar-ended",
        'zone = "Asia/Shanghai"',
        'zone = "Asia/Shanghai"\nuntil = 2026-01-01\nweek_until = 2025-12-01',
        "calendars[0]",
    ),
    ("calendar-unknown", "[review]", '[review]\ncalendar = "moon"', "review.calendar"),
    ("role-unknown", "[review]", '[review]\nrole = "captain"', "review.role"),
    # levels, categories, conditions
    ("level-unknown", "levels = [1]\nresources", "levels = [7]\nresources", "measures[0].levels[0]"),
    ("level-unknown", "required_from = 2", "required_from = 3", "roles[1].required_from"),
    ("level-overlap", "{below = 100}", "{below = 150}", "levels[1].when[0].affected_customers"),
    ("level-range-gap", "{from = 100}", "{from = 150}", "levels[0].when[0].affected_customers"),
    ("level-never-suggested", "{below = 100}", "{from = 200, below = 300}", "levels[1].when[0].affected_customers"),
    ("level-without-condition", "when = [{affected_customers = {below = 100}}]", NONE, "levels[1]"),
    ("condition-empty", "[{affected_customers = {below = 100}}]", "[{}]", "levels[1].when[0]"),
    ("category-unknown", 'category = "network"', 'category = "netwrk"', "risks[0].category"),
    ("category-unknown", 'covers = ["failure"]', 'covers = ["failure", "flood"]', "covers[1]"),
    ("category-unknown", 'id = "crew"', 'id = "crew"\ncategories = ["flood"]', "teams[0].categories[0]"),
    (
        "category-unused",
        '[[categories]]\nid = "other"',
        '[[categories]]\nid = "flood"\ntitle = "Flood"\ntitles = {zh = "洪水"}\n\n[[categories]]\nid = "other"',
        "categories[2]",
    ),
    ("category-uncovered", 'covers = ["failure"]', 'covers = ["other"]', "categories[0]"),
    (
        "category-deep",
        '[[categories]]\nid = "other"',
        '[[categories]]\nid = "a"\ntitle = "A"\ntitles = {zh = "甲"}\nparent = "network"\n[[categories]]\nid = "other"',
        "categories[2].parent",
    ),
    ("facet-unknown", 'facets = ["customers"]}', 'facets = ["customer"]}', "measures[1].when[0].facets[0]"),
    (
        "facet-unused",
        "[[categories]]",
        '[[facets]]\nid = "law"\ntitle = "Law"\ntitles = {zh = "法律"}\n\n[[categories]]',
        "facets[1]",
    ),
    ("response-level-unknown", 'response = "full"', 'response = "half"', "levels[0].response"),
    ("response-level-unused", 'response = "full"', NONE, "response_levels[0]"),
    ("field-unknown", 'fields = {area = "hall"}', 'fields = {aera = "hall"}', "levels[0].when[1].fields.aera"),
    ("field-type", 'fields = {area = "hall"}', "fields = {area = 4}", "levels[0].when[1].fields.area"),
    ("field-type", 'fields = {area = "hall"}', 'fields = {area = "roof"}', "levels[0].when[1].fields.area"),
    ("field-choices", 'kind = "text"', 'kind = "integer"', "extension_fields[0].choices"),
    # organisation
    ("role-unknown", 'substitutes = ["director"]', 'substitutes = ["directr"]', "roles[1].substitutes[0]"),
    ("role-unknown", 'roles = ["commander"]', 'roles = ["captain"]', "teams[0].roles[0]"),
    ("role-unknown", 'members = ["director"]', 'members = ["captain"]', "bodies[0].members[0]"),
    ("role-unknown", 'tell = ["director"]', 'tell = ["captain"]', "obligations[0].ladder[1].tell[0]"),
    ("role-unknown", 'speakers = ["director"]', 'speakers = ["captain"]', "audiences[0].speakers[0]"),
    ("role-unknown", '[{role = "commander", up_to', '[{role = "captain", up_to', "customer_care.limits[0].role"),
    ("role-unknown", 'roles = ["director"]', 'roles = ["captain"]', "authority[2].roles[0]"),
    ("role-unknown", "[revision]", '[[roster]]\nid = "ann"\nroles = ["captain"]\n\n[revision]', "roster[0].roles[0]"),
    (
        "role-unknown",
        "[revision]",
        '[[tasks]]\nid = "buy"\ntitle = "Buy"\nrole = "captain"\ndue_on = 2027-01-01\n\n[revision]',
        "tasks[0].role",
    ),
    ("role-unknown", 'overseen_by = "director"', 'overseen_by = "captain"', "revision.overseen_by"),
    ("duty-without-role", 'role = "director"\nphase', 'role = "captain"\nphase', "duties[0].role"),
    ("body-without-head", 'head = "commander"', 'head = "captain"', "bodies[0].head"),
    ("body-without-head", "required_from = 2", "required_from = 2\nreads_only = true", "bodies[0].head"),
    ("department-unknown", 'department = "service"', 'department = "sales"', "roles[1].department"),
    ("training-unknown", 'training = ["command"]', 'training = ["fire"]', "roles[1].training[0]"),
    ("substitute-cycle", "rank = 1\n", 'rank = 1\nsubstitutes = ["commander"]\n', "roles[0].substitutes"),
    ("role-without-substitute", 'substitutes = ["director"]', NONE, "roles[1]"),
    (
        "role-unused",
        "[[departments]]",
        '[[roles]]\nid = "guest"\ntitle = "Guest"\ntitles = {zh = "客人"}\n\n[[departments]]',
        "roles[2]",
    ),
    ("contact-missing", 'contact = "extension 7"', NONE, "departments[0]"),
    ("contact-unverified", "contact_verified_on = 2026-09-01", NONE, "departments[0].contact"),
    ("contact-unverified", "2026-09-01", "2025-09-01", "departments[0].contact"),
    # authority
    ("command-unknown", '"close_review"]', '"close_reveiw"]', "authority[1].commands[2]"),
    ("command-unknown", 'before = ["resolve"]', 'before = ["resolved"]', "obligations[0].before[0]"),
    ("command-without-rule", '"assess", ', NONE, "authority"),
    ("command-without-rule", '"change_level:raise", ', NONE, "authority"),
    ("rule-without-role", 'roles = ["director"]\n', NONE, "authority[2]"),
    ("overseer-acts", "rank = 1\n", "rank = 1\nreads_only = true\n", "authority[0].roles[1]"),
    ("n-of-too-many", "n_of = 2", "n_of = 3", "authority[1].n_of"),
    ("n-of-too-many", "n_of = 2", "n_of = 0", "authority[1].n_of"),
    (
        "held-by-nobody",
        'roles = ["commander", "director"]\n\n',
        'roles = ["commander", "director"]\nheld = true\n\n',
        "authority[0].commands[0]",
    ),
    (
        "held-by-nobody",
        'commands = ["change_level:lower"]\nroles = ["director"]',
        'commands = ["change_level:lower"]\nroles = ["director"]\nheld = true',
        "authority[2].roles[0]",
    ),
    (
        "break-glass-unreviewed",
        '[review]\nlevels = [1, 2]\nparticipants = ["commander"]',
        NONE,
        "authority[1].break_glass",
    ),
    (
        "lowering-easier",
        'commands = ["change_level:lower"]\nroles = ["director"]',
        'commands = ["change_level:lower"]\nroles = ["director", "helper"]',
        "authority",
    ),
    # measures and resources
    ("measure-unknown", 'after = ["contain"]', 'after = ["contian"]', "measures[1].after[0]"),
    ("measure-cycle", 'resources = ["routers"]', 'resources = ["routers"]\nafter = ["repair"]', "measures[0].after"),
    ("measure-without-role", 'role = "commander"\nafter', "after", "measures[1]"),
    ("measure-unreachable", 'categories = ["network"]\n', 'categories = ["other"]\n', "measures[0]"),
    (
        "measure-unreachable",
        "levels = [1]\nresources",
        'levels = [1]\nwhen = [{categories = ["other"]}]\nresources',
        "measures[0]",
    ),
    ("measure-after-never", 'after = ["contain"]', 'after = ["contain"]\nlevels = [2]', "measures[1].after[0]"),
    ("resource-unknown", 'resources = ["routers"]', 'resources = ["cables"]', "measures[0].resources[0]"),
    ("partner-unknown", 'partner = "vendor"', 'partner = "vender"', "resources[0].partner"),
    ("partner-expired", "2027-12-31", "2026-11-19", "partners[0].agreement_until"),
    ("agreement-undated", 'agreement = "Contract 17"', NONE, "partners[0]"),
    (
        "partner-expired",
        'agreement = "Contract 17"\nagreement_until = 2027-12-31',
        "agreement_until = 2026-11-19",
        "partners[0].agreement_until",
    ),
    ("inspection-overdue", "2026-10-01", "2025-10-01", "resources[0].inspected_on"),
    ("inspection-overdue", "inspected_on = 2026-10-01", NONE, "resources[0].inspected_on"),
    # communication and care
    ("channel-unknown", 'channels = ["telephone"]\nspeakers = ["d', 'channels = ["fax"]\nspeakers = ["d', NONE),
    ("audience-without-channel", 'channels = ["telephone"]\nspeakers = ["d', 'speakers = ["d', "audiences[0]"),
    ("audience-without-speaker", 'speakers = ["commander"]', NONE, "audiences[1]"),
    ("media-without-speaker", 'kind = "media"', 'kind = "staff"', "audiences"),
    ("key-message-missing", 'stage = "resolved"', 'stage = "first"', "key_messages"),
    ("recipient-unknown", 'recipient = "head_office"', 'recipient = "office"', "obligations[0].recipient"),
    ("audience-unknown", 'audience = "head_office"', 'audience = "office"', "notices[0].audience"),
    ("notice-addressee", 'audience = "head_office"\n', NONE, "notices[0]"),
    ("notice-addressee", 'audience = "head_office"', 'audience = "head_office"\nrole = "commander"', "notices[0]"),
    ("notice-outside", 'audience = "head_office"', 'audience = "press"', "notices[0].audience"),
    ("channel-unfit", 'channels = ["telephone"]\nspeakers = ["commander"]', 'speakers = ["commander"]', NONE),
    ("stage-without-statement", 'report = "initial"', 'report = "initial"\nstage = "first"', "obligations[0].stage"),
    ("compensation-currencies", '"500 CNY"', '"500 EUR"', "customer_care.limits"),
    ("amount-invalid", '"500 CNY"', '"-500 CNY"', "customer_care.limits[0].up_to"),
    ("amount-invalid", '"500 CNY"', '"499.999 CNY"', "customer_care.limits[0].up_to"),
    ("compensation-missing", ', {role = "director", up_to = "5000 CNY"}', NONE, "customer_care.limits"),
    ("compensation-reversed", '"500 CNY"', '"50000 CNY"', "customer_care.limits[0].up_to"),
    (
        "compensation-twice",
        '{role = "director", up_to',
        '{role = "commander", up_to = "1 CNY"}, {role = "director", up_to',
        "customer_care.limits[1].role",
    ),
    # obligations
    ("obligation-unknown", 'of = "final_report"', 'of = "last_report"', "obligations[2].due[0].of"),
    ("obligation-unknown", 'of = "final_report", ', NONE, "obligations[2].due[0].of"),
    ("obligation-unmeetable", "[[risks]]", UNMEETABLE, "obligations[3].before"),
    ("obligation-bars-itself", 'before = ["resolve"]', 'before = ["report_upward"]', "obligations[0].before"),
    ("obligation-deadlock", "[[risks]]", DEADLOCK, "obligations[4].before"),
    ("gate-without-effect", 'before = ["resolve"]', 'before = ["resolve", "assess"]', "obligations[0].before[1]"),
    (
        "obligation-without-role",
        'role = "commander"\nlevels = [1]\ndue = [{from = "l',
        'levels = [1]\ndue = [{from = "l',
        NONE,
    ),
    ("calendar-unknown", 'calendar = "office"', 'calendar = "ofice"', "obligations[1].calendar"),
    ("calendar-unnamed", 'calendar = "office"', NONE, "obligations[1]"),
    ("state-unknown", 'until = ["reviewed"]', 'until = ["revewed"]', "obligations[2].recurs.until[0]"),
    ("report-incomplete", 'recipient = "head_office"\n', NONE, "obligations[0]"),
    ("report-incomplete", 'act = "close_review"\n', 'act = "close_review"\nreport = "final"\n', "obligations[2]"),
    ("report-final-first", 'within = "9 days"', 'within = "30 min"', "obligations[1].due"),
    ("report-without-initial", 'report = "initial"', 'report = "follow_up"', "obligations[0]"),
    (
        "clock-never-starts",
        '{from = "discharged", of = "final_report", within = "10 days"}, {from = "response_ended", within = "20 days"}',
        '{from = "previous_report", within = "10 days"}',
        NONE,
    ),
    ("near-always", 'near = "1 day"', 'near = "9 days"', "obligations[1].near"),
    ("rung-never", 'before = "10 min"', 'before = "1 h"', "obligations[0].ladder[0]"),
    (
        "rung-never",
        'tell = ["director"], levels = [1]',
        'tell = ["director"], levels = [2]',
        "obligations[0].ladder[1]",
    ),
    ("rung-never", 'before = "10 min"', 'before = "10 min", after = "1 h"', "obligations[0].ladder[0]"),
    (
        "ladder-without-higher-rank",
        '{tell = ["director"]',
        '{after = "1 h", tell = ["commander"]',
        "obligations[0].ladder",
    ),
    # upkeep, sections, languages
    ("risk-out-of-range", "likelihood = 3", "likelihood = 6", "risks[0].likelihood"),
    ("risk-unassessed", "assessed_on = 2026-05-01", NONE, "risks[0].assessed_on"),
    ("risk-unassessed", "2026-05-01", "2025-05-01", "risks[0].assessed_on"),
    ("indicator-always", "suggests = {from = 5}", "suggests = {}", "indicators[0].suggests"),
    ("indicator-always", "prepares = {from = 3}", "prepares = {}", "indicators[0].prepares"),
    ("prepares-late", "prepares = {from = 3}", "prepares = {from = 5}", "indicators[0].prepares"),
    ("prepares-late", 'preparations = ["a spare line"]', NONE, "indicators[0].prepares"),
    ("drill-rare", '"6 months"', '"18 months"', "drills[0].every"),
    ("revision-rare", "[revision]", '[revision]\nevery = "2 years"', "revision.every"),
    ("section-missing", '[revision]\napprovers = ["director"]\noverseen_by = "director"', NONE, "revision"),
    ("title-missing", '\ntitles = {zh = "媒体"}', NONE, "audiences[0].titles"),
    ("title-missing", '\ntitles = {zh = "健全"}', NONE, "title"),
    # what is refused when it is read
    ("unknown-key", 'response = "full"', 'respons = "full"', "levels[0].respons"),
    ("duplicate-key", 'title = "Grave"', 'title = "Grave"\ntitle = "Bad"', "levels[0].title"),
    ("key-missing", 'phase = "respond"', NONE, "duties[0].phase"),
    ("value-invalid", "likelihood = 3", 'likelihood = "3"', "risks[0].likelihood"),
    ("value-empty", 'id = "cut"', 'id = ""', "risks[0].id"),
    ("span-invalid", '"6 months"', '"-6 months"', "drills[0].every"),
    ("name-invalid", 'name = "sound"', 'name = "sound@2"', "name"),
    ("name-invalid", 'name = "sound"', 'name = "sound "', "name"),
    ("name-invalid", 'name = "sound"', f'name = "{"x" * 101}"', "name"),
    ("name-invalid", 'name = "sound"', 'name = "so\\u202eund"', "name"),
    ("name-invalid", 'version = "1"', 'version = "1@2"', "version"),
    ("name-invalid", 'version = "1"', 'version = "1\\n"', "version"),
    ("zone-unknown", "Asia/Shanghai", "Asia/Shangai", "calendars[0].zone"),
    ("profile-missing", 'version = "1"', 'version = "1"\nprofiles = ["law@1"]', "profiles[0]"),
    ("calendar-missing", 'zone = "Asia/Shanghai"', NONE, "calendars[0]"),
    (
        "condition-impossible",
        "affected_customers = {below = 100}",
        'loss = {below = "0.00 CNY"}',
        "levels[1].when[0].loss.below",
    ),
    (
        "value-invalid",
        "affected_customers = {below = 100}",
        'loss = {below = "1e9999999 CNY"}',
        "levels[1].when[0].loss.below",
    ),
    ("condition-impossible", "{below = 100}", "{from = 100, below = 100}", "levels[1].when[0].affected_customers"),
    (
        "deadline-cycle",
        'from = "previous_report", within',
        'from = "discharged", of = "review", within',
        "obligations[1].due[0].of",
    ),
    ("id-twice", 'id = "lowering"', 'id = "working"', "authority[2].id"),
    ("level-gap", "number = 2", "number = 3", "levels[1].number"),
    ("category-other-missing", 'id = "other"', 'id = "others"', "categories"),
    ("category-cycle", 'title = "Failure"', 'title = "Failure"\nparent = "network"', "categories[0].parent"),
    ("not-toml", 'name = "sound"', "name = sound", NONE),
]
"""The code, what is written in the sound plan, what stands there instead, and the place that is told."""


def linted(folder: Path, text: str) -> tuple[Finding, ...]:
    """Return what lint finds in a file with *text*."""
    path = folder / "plan.toml"
    path.write_text(text, encoding="utf-8")
    return lint_file(path, today=TODAY, flow=FLOW)


def line_with(text: str, old: str) -> range:
    """Return the lines of *text* where the first *old* stands, and the one around each end."""
    start = text[: text.index(old)].count("\n") + 1
    return range(start, start + old.count("\n") + 1)


def test_a_sound_plan_has_no_findings(tmp_path):
    """The control: lint finds nothing in the plan in which every case below plants one defect."""
    assert linted(tmp_path, SOUND) == ()


@pytest.mark.parametrize(
    ("code", "old", "new", "place"), PLANTED, ids=[f"{code} {place or old[:20]}" for code, old, _, place in PLANTED]
)
def test_each_planted_defect_is_named(tmp_path, code, old, new, place):
    """A defect is found by its code, in its place and at a line of the file, and the text says what to write."""
    assert old in SOUND
    text = SOUND.replace(old, new, 1)
    findings = [one for one in linted(tmp_path, text) if one.code == code]
    assert findings
    first = next((one for one in findings if one.place == place), None) if place else findings[0]
    assert first is not None, findings
    assert first.severity == ("warning" if code in WARNINGS else "error")
    if code != "not-toml":
        assert re.search(
            r"write|add|leave|did you mean|verify|renew|inspect|must|bar a later|the keys here|stands twice|give|let",
            first.text,
        ), first.text
        missing = code in {"section-missing", "media-without-speaker", "authority-missing", "commander-missing"}
        assert missing or first.line in range(1, text.count("\n") + 2)


@pytest.mark.parametrize(
    ("rules", "codes"),
    [
        ('within = "9 working days"\ncalendar = "office"\nrole = "director"', []),
        ('within = "9 working days"\nrole = "director"', ["calendar-unnamed"]),
        ('within = "9 days"', ["obligation-without-role"]),
    ],
)
def test_a_review_that_is_owed_needs_what_an_obligation_needs(tmp_path, rules, codes):
    """With `within` the review is an obligation: somebody owes it, and its working days are counted on a calendar."""
    text = SOUND.replace("[review]", f"[review]\n{rules}")
    assert linted(tmp_path, text) == ()  # the plan's own obligation `review` stands in its place
    text = text.replace('id = "review"', 'id = "closing"')
    assert [(one.code, one.place) for one in linted(tmp_path, text)] == [(code, "review") for code in codes]


@pytest.mark.parametrize(
    ("code", "old", "new"),
    [
        ("amount-invalid", '"500 CNY"', '"0.50 CNY"'),
        ("amount-invalid", '"500 CNY"', '"0 CNY"'),
        ("break-glass-unreviewed", "[review]\nlevels = [1, 2]", "[review]"),
        ("break-glass-unreviewed", "[review]\nlevels = [1, 2]", "[review]\nlevels = [2]"),
        (
            "lowering-easier",
            'report_upward"]\nroles = ["commander", "director"]',
            'report_upward"]\nroles = ["commander"]',
        ),
    ],
)
def test_what_is_near_a_defect_is_none(tmp_path, code, old, new):
    """The controls: what is just as it should be has no finding."""
    assert old in SOUND
    text = SOUND.replace(old, new, 1)
    assert code not in [one.code for one in linted(tmp_path, text)]


def lets(commands: tuple[str, ...], *roles: str, **fields: bool) -> AuthorityRule:
    """Return a rule."""
    return AuthorityRule(id=commands[0], commands=commands, roles=roles, **fields)


def ruled(*rules: AuthorityRule) -> Plan:
    """Return the example under *rules*, with a role that nobody may hold."""
    plan = OUTLINE
    return attrs.evolve(plan, roles=(*plan.roles, Role(id="guest", title="Guest", holders=0)), authority=rules)


def held_by_nobody(*rules: AuthorityRule) -> list[str]:
    """Return where *rules* ask for a role that nobody can hold."""
    return [one.place for one in lint(ruled(*rules), flow=incident_flow()) if one.code == "held-by-nobody"]


def test_a_gate_is_judged_by_an_incident_that_goes_straight_on():
    """What is owed after the resolution bars no resolution: that an incident may go on again counts for nothing."""
    report = Obligation(
        id="final",
        title="Final report",
        act="report_upward",
        report="final",
        recipient="authority",
        due=(Clock(from_="response_ended", within=Span(1, "hour")),),
        before=("resolve",),
    )
    for before, places in ((("resolve",), ["obligations[0].before[0]"]), (("close_review",), [])):
        plan = attrs.evolve(OUTLINE, obligations=(attrs.evolve(report, before=before),))
        found = lint(plan, flow=incident_flow())
        assert [one.place for one in found if one.code == "gate-without-effect"] == places


def test_commands_that_nobody_may_carry_out_are_told_together():
    """One finding names them all, so that it hides no other; a command that is none is told beside the ones like it."""
    found = lint(ruled(lets(("assess", "resolv", "fly"), "anyone")), flow=incident_flow())
    [nobodys] = [one for one in found if one.code == "command-without-rule"]
    assert {"report", "resolve"} <= set(re.findall(r"\w+", nobodys.text))
    assert "assess" not in re.findall(r"\w+", nobodys.text)
    near, far = (one.text for one in found if one.code == "command-unknown")
    assert near == "'resolv' is not a command; did you mean resolve?"
    assert len(far) < 200


def test_a_gate_may_be_owed_from_what_another_one_discharges():
    """What is owed once another report was made bars the review until it is made itself."""
    hour = Span(1, "hour")
    told = {"act": "report_upward", "recipient": "authority"}
    clock = Clock(from_="told", within=hour)
    first = Obligation(id="first", title="First", report="initial", due=(clock,), **told)
    last = Obligation(id="last", title="Last", report="final", due=(clock,), before=("close_review",), **told)
    for due, codes in ((Clock(from_="discharged", of="first", within=hour), []), (clock, [])):
        found = lint(attrs.evolve(OUTLINE, obligations=(first, attrs.evolve(last, due=(due,)))), flow=incident_flow())
        assert [one.code for one in found if one.place.startswith("obligations[1].before")] == codes


@pytest.mark.parametrize("fact", [fact for fact in get_args(Fact) if fact != "discharged"])
def test_a_gate_may_be_owed_from_any_fact(fact):
    """Whatever its clock starts at, what is owed then can bar the review."""
    clock = Clock(from_=fact, within=Span(1, "hour"))
    gate = Obligation(id="gate", title="Gate", act="fulfil", due=(clock,), before=("close_review",))
    found = lint(attrs.evolve(OUTLINE, obligations=(gate,)), flow=incident_flow())
    assert [one.code for one in found if one.place.startswith("obligations[0].before")] == []


def test_how_many_must_agree_is_told():
    """Asked for more than there are, it says how many; asked for nobody, that one is the least."""
    for n_of, roles, said in ((1, ("guest",), "write 0 at most"), (0, ("guest",), "write at least 1")):
        rule = attrs.evolve(lets(("resolve",), *roles), n_of=n_of)
        [text] = [one.text for one in lint(ruled(rule), flow=incident_flow()) if one.code == "n-of-too-many"]
        assert said in text


@pytest.mark.parametrize(
    ("date_written", "said"),
    [("", "was never assessed"), ("assessed_on = 2025-05-01", "was assessed last on 2025-05-01")],
)
def test_when_a_risk_was_assessed_is_told(tmp_path, date_written, said):
    """Whoever is to assess it reads when that was done last."""
    found = linted(tmp_path, SOUND.replace("assessed_on = 2026-05-01", date_written))
    assert [said in one.text for one in found if one.code == "risk-unassessed"] == [True]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('facets = ["customers"]}', 'facets = ["customer"]}', "'customer' is not a facet of the plan; did you mean"),
        (
            'category = "network"',
            'category = "netwrk"',
            "'netwrk' is not a category of the plan; did you mean network?",
        ),
        ('audience = "head_office"', 'audience = "x"', "'x' is not an audience of the plan; write one of press, "),
        ('response = "full"', 'response = "ful"', "'ful' is not a response level of the plan; did you mean full?"),
    ],
)
def test_a_name_of_nothing_is_told_with_what_it_should_name(tmp_path, old, new, said):
    """The text says what is missing in the words of people."""
    assert any(one.text.startswith(said) for one in linted(tmp_path, SOUND.replace(old, new, 1)))


class TestHeld:
    """Rules for whoever holds a role, and how one comes to hold it."""

    FILLING = ("take_command", "assign_role")
    FREE = lets(FILLING, "anyone")

    def test_roles_that_somebody_can_fill(self):
        """The control: where anyone may fill roles, each can be asked for; the commander may give the others."""
        asked = lets(("resolve", "approve"), "commander", "reviewer", held=True)
        assert held_by_nobody(self.FREE, asked) == []
        giving = lets(("assign_role",), "commander", held=True)
        assert held_by_nobody(lets(("take_command",), "anyone"), giving, asked) == []
        assert held_by_nobody(lets(("take_command",), "anyone"), lets(("assign_role",), "anyone", held=True)) == []

    def test_roles_that_only_their_holders_may_give(self):
        """Where only who holds a role may take command and give roles, nobody ever does, unless the glass is broken."""
        asked = lets(("resolve",), "anyone", "reviewer", held=True)
        closed = lets(self.FILLING, "commander", held=True)
        assert held_by_nobody(closed, asked) == ["authority[0].roles[0]", "authority[1].roles[1]"]
        assert held_by_nobody(attrs.evolve(closed, break_glass=True), asked) == []
        circle = (lets(("take_command",), "reviewer", held=True), lets(("assign_role",), "commander", held=True))
        assert held_by_nobody(*circle) == ["authority[0].roles[0]", "authority[1].roles[0]"]

    def test_a_substitute_that_somebody_can_hold(self):
        """A role that nobody can hold is asked for in vain, unless a substitute of it can be held."""
        plan = ruled(self.FREE, lets(("resolve",), "guest", held=True))
        for substitutes, places in (((), ["authority[1].roles[0]"]), (("reviewer",), [])):
            roles = tuple(
                attrs.evolve(role, substitutes=substitutes) if role.id == "guest" else role for role in plan.roles
            )
            found = lint(attrs.evolve(plan, roles=roles), flow=incident_flow())
            assert [one.place for one in found if one.code == "held-by-nobody"] == places

    def test_commands_without_holders(self):
        """Nobody holds a role when an incident is reported, in a warning, or in the life of a plan."""
        early = lets(("report", "raise_warning", "approve_plan", "resolve", "*"), "commander", held=True)
        assert held_by_nobody(self.FREE, early) == [f"authority[1].commands[{number}]" for number in range(3)]

    @pytest.mark.parametrize("held", [True, False])
    def test_everything_leaves_the_report_out(self, held):
        """A rule for every command lets nobody report when it asks who holds a role."""
        found = lint(ruled(lets(("*",), "anyone", held=held)), flow=incident_flow())
        assert any("no rule names report," in one.text for one in found) == held


def test_every_code_has_a_planted_defect():
    """No code is left without a defect that leads to it, but those that are tested with several files."""
    planted = {code for code, *_ in PLANTED}
    assert len(planted) >= 30
    assert set(CODES) - planted == {
        "too-large",
        "too-many",
        "too-deep",
        "category-too-deep",
        "language-differs",
        "general-plan-missing",
    }
    assert not set(READING) & set(ERRORS) | set(ERRORS) & set(WARNINGS)


def test_the_line_is_that_of_the_key(tmp_path):
    """A finding in a file tells the line where its key stands, or the table around it when the key is missing."""
    text = SOUND.replace('category = "network"', 'category = "netwrk"').replace('contact = "extension 7"\n', "")
    lines = text.splitlines()
    found = {one.code: one for one in linted(tmp_path, text)}
    assert lines[found["category-unknown"].line - 1] == 'category = "netwrk"'
    assert lines[found["contact-missing"].line - 1] == "[[departments]]"


def test_dates_are_judged_on_a_day_only_when_one_is_told():
    """Without a day no agreement is expired; without a workflow no command is unknown."""
    plan = OUTLINE
    assert {one.code for one in lint(plan)} == {one.code for one in lint(plan, today=TODAY, flow=FLOW)}


def test_a_file_that_is_not_there_is_bad_input(tmp_path):
    """A path that leads nowhere is no finding of a plan."""
    with pytest.raises(InvalidPlan, match="cannot be read"):
        lint_file(tmp_path / "nowhere.toml", today=TODAY)


def test_a_file_that_is_too_large_is_a_finding(tmp_path):
    """Ten megabytes are refused before they cost memory."""
    assert [one.code for one in linted(tmp_path, "#" * 10_000_000)] == ["too-large"]


SPECIAL = """
name = "storm"
version = "1"
kind = "special"
under = "sound"

[[measures]]
id = "shelter"
title = "Shelter"
titles = {zh = "避险"}
role = "commander"

[[measures]]
id = "repair"
title = "Repair after a storm"
titles = {zh = "灾后修复"}
role = "commander"
after = ["shelter"]
"""


@pytest.mark.parametrize(
    ("old", "new", "code", "line"),
    [
        ("", "", None, None),
        ('after = ["shelter"]', 'after = ["flee"]', "measure-unknown", 18),
        ('role = "commander"\n\n', 'role = "captain"\n\n', "role-unknown", 11),
        ('under = "sound"', 'under = "loud"', "general-plan-missing", 5),
        ('kind = "special"', 'kind = "special"\nlanguage = "zh"', "language-differs", 5),
    ],
)
def test_a_special_plan_is_judged_with_its_general_one(tmp_path, old, new, code, line):
    """What it takes from the general plan is known; findings have the places and lines of the special plan's file."""
    general, special = tmp_path / "general.toml", tmp_path / "special.toml"
    general.write_text(SOUND, encoding="utf-8")
    special.write_text(SPECIAL.replace(old, new, 1), encoding="utf-8")
    findings = lint_file(special, today=TODAY, flow=FLOW, generals={"sound": Plan.load(general)})
    assert [(one.code, one.line) for one in findings] == ([(code, line)] if code else [])


def test_what_the_general_plan_lacks_is_left_to_its_own_lint(tmp_path):
    """Whoever writes a special plan is told of no section that the general plan should have."""
    general = plan_of(Plan, tomllib.loads(SOUND[: SOUND.index("[revision]")]))
    assert [(one.code, one.place) for one in lint(general, today=TODAY, flow=FLOW)] == [("section-missing", "revision")]
    special = tmp_path / "special.toml"
    special.write_text(SPECIAL, encoding="utf-8")
    assert lint_file(special, today=TODAY, flow=FLOW, generals={"sound": general}) == ()


PROFILE = """
name = "law"
version = "1"
title = "Law"

[[obligations]]
id = "tell"
title = "Tell the court"
act = "report_upward"
report = "initial"
recipient = "court"
due = [{from = "aware", within = "1 h"}]
"""


def test_what_a_profile_brings_must_fit_the_plan(tmp_path):
    """An error in it is told where the plan names the profile; of warnings, such as a missing title, there is none."""
    (tmp_path / "law@1.toml").write_text(PROFILE, encoding="utf-8")
    text = SOUND.replace('version = "1"', 'version = "1"\nprofiles = ["law@1"]', 1)
    [finding] = linted(tmp_path, text)
    assert (finding.code, finding.place) == ("recipient-unknown", "profiles")
    assert finding.text.startswith("obligations[3].recipient: 'court' is not an audience of the plan")
    assert finding.line in line_with(text, "profiles")


SHIPPED_PLANS = sorted(path.stem for path in SHIPPED.glob("*.toml"))


@pytest.mark.parametrize("name", SHIPPED_PLANS)
def test_lint_finds_nothing_in_a_shipped_plan(name):
    """The plans that ship are sound, for a year after their inspections, whatever the workflow has."""
    general = Plan.load(shipped_plan("service-company"))
    path, day = SHIPPED / f"{name}.toml", date(2027, 11, 21)
    assert lint_file(path, today=day, generals={general.name: general}) == ()
    codes = {one.code for one in lint_file(path, today=day, flow=FLOW, generals={general.name: general})}
    assert codes <= {"command-unknown", "state-unknown"}


def test_lint_says_what_an_outline_lacks():
    """A plan of categories, levels and roles is no whole one, and lint says so."""
    assert {one.code for one in lint(OUTLINE)} == {
        "section-missing",
        "authority-missing",
        "level-without-condition",
        "role-unused",
    }


@given(data=st.data())
def test_every_plan_can_be_judged_and_shown(data):
    """However a plan is edited, lint answers with codes that are known, and the page can be written."""
    plan = plan_of(Plan, tomllib.loads(SOUND))
    for _ in range(data.draw(st.integers(1, 4))):
        plan = edited_plan(data.draw, plan)
    findings = lint(plan, today=TODAY, flow=FLOW)
    assert {one.code for one in findings} <= set(CODES)
    assert all(one.text and one.place for one in findings)
    stream = io.StringIO()
    show_plan(Page(stream), plan, Words(plan, data.draw(st.sampled_from(["en", "zh"]))))
    assert stream.getvalue()
