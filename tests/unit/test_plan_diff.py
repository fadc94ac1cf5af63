"""Two versions of a plan, compared in sentences; every difference has one."""

from __future__ import annotations

import tomllib

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outline import OUTLINE
from plan_edits import edited_plan
from respond.plan.diff import diff
from respond.plan.plan import Plan
from respond.plan.reader import plan_of, shipped_plan
from respond.plan.words import Words
from sound_plan import SOUND

BIG = Plan.load(shipped_plan("service-company"))


def read(*changes: tuple[str, str]) -> Plan:
    """Return the sound plan with some of its text changed."""
    text = SOUND
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return plan_of(Plan, tomllib.loads(text))


LADDER = (
    "The initial report to Head office: ladder is now 20 min before the deadline: tell Commander, "
    "at the deadline: tell Director, level 1 (was 10 min before the deadline: tell Commander)."
)
SENTENCES = [
    (
        "when = [{affected_customers = {from = 100}}, {fields",
        "when = [{affected_customers = {from = 1500}}, {fields",
        (
            "Level 1 (Grave) is now suggested from 1,500 affected customers, or Area = hall "
            "(was from 100 affected customers)."
        ),
    ),
    (
        'within = "1 h"',
        'within = "30 min"',
        "The initial report to Head office is due 30 min after a level was assigned (was 1 h).",
    ),
    ('[[trainings]]\nid = "command"', '[[trainings]]\nid = "lead"', "Training 'Command' was removed."),
    ('[[trainings]]\nid = "command"', '[[trainings]]\nid = "lead"', "Training 'Command' was added."),
    ('title = "Director"', 'title = "Boss"', "Role 'Director' is now called 'Boss'."),
    ('after = ["contain"]', "", "Measure 'Repair' no longer comes after 'Contain'."),
    ("levels = [1]\nresources", "levels = [2]\nresources", "Measure 'Contain' now is done at level 2."),
    ('before = ["resolve"]', "", "The initial report to Head office no longer bars 'resolve'."),
    ('resources = ["routers"]', "", "Measure 'Contain' no longer needs 'Routers'."),
    ("quantity = 4", "quantity = 5", "Resource 'Routers': quantity is now 5 (was 4)."),
    ('every = "6 months"', 'every = "1 year"', "Drill 'Dark shop': every is now 1 year (was 6 months)."),
    ("break_glass = true", "held = true\nbreak_glass = true", "Rule of authority 'ending': held is now yes (was no)."),
    ("break_glass = true", "", "Rule of authority 'ending': break glass is now no (was yes)."),
    ("[customer_care]", "[customer_care]\napology = true", "Customer care: apology is now yes (was no)."),
    (
        "[customer_care]\n",
        '[customer_care]\nfirst_contact = "2 h"\n',
        "Customer care: first contact is now 2 h (was nothing).",
    ),
    ('[revision]\napprovers = ["director"]\noverseen_by = "director"', "", "The revision was removed."),
    ('version = "1"\nzone', 'version = "2"\nzone', "Calendar 'office@1': version is now '2' (was '1')."),
    (
        "contact_verified_on = 2026-09-01",
        "contact_verified_on = 2026-10-01",
        "Department 'Service': contact verified on is now 2026-10-01 (was 2026-09-01).",
    ),
    ("suggests = {from = 5}", "suggests = {from = 9}", "Indicator 'Loss of packets': suggests is now from 9 (was 5)."),
    (
        '"5000 CNY"',
        '"6000 CNY"',
        (
            "Customer care: limits are now 500 CNY for 'Commander', 6,000 CNY for 'Director' "
            "(was 5,000 CNY for 'Director')."
        ),
    ),
    (
        'every = "5 days"',
        'every = "2 days"',
        "Obligation 'Review' is now owed again every 2 days until Reviewed (was 5).",
    ),
    ('every = "6 months"', 'every = "9 months"', "Drill 'Dark shop': every is now 9 months (was 6 months)."),
    ('before = "10 min"', 'before = "20 min"', LADDER),
    ('titles = {zh = "修复"}', 'titles = {zh = "修理"}', "Measure 'Repair' is now called '修理' in 'zh' (was '修复')."),
]


@pytest.mark.parametrize(("old", "new", "sentence"), SENTENCES, ids=[sentence for *_, sentence in SENTENCES])
def test_a_difference_is_a_sentence(old, new, sentence):
    """What changed is said in the words of the plan: titles, levels, spans and facts, not keys and ids."""
    assert sentence in [change.text for change in diff(read(), read((old, new)))]


def test_a_report_is_called_by_its_kind():
    """A kind of two words is written as people write it."""
    follow_up = ('report = "final"', 'report = "follow_up"')
    [change] = diff(read(follow_up), read(follow_up, ('titles = {zh = "终报"}', 'titles = {zh = "续报"}')))
    assert change.text.startswith("The follow-up report to Head office is now called")


def test_another_order_is_a_difference():
    """The order of the parts counts in the digest, so it is told."""
    plan = read()
    turned = attrs.evolve(plan, roles=plan.roles[::-1])
    assert [(one.kind, one.text) for one in diff(plan, turned)] == [
        ("moved", "The order of the roles is now 'Commander', 'Director'.")
    ]


@pytest.mark.parametrize("plan", [read(), BIG, OUTLINE], ids=["sound", "shipped", "outline"])
def test_equal_plans_have_no_difference(plan):
    """The control: a plan read twice has not changed."""
    assert diff(plan, attrs.evolve(plan)) == ()


@given(data=st.data())
def test_every_difference_has_a_sentence(data):
    """However a plan is edited: equal plans have no difference, and others have at least one, in words."""
    other = edited_plan(data.draw, BIG)
    changes = diff(BIG, other)
    assert bool(changes) is (other != BIG)
    assert all(change.text.endswith(".") for change in changes)


def test_an_obligation_reads_as_a_sentence():
    """An obligation is said whole, in English and in Chinese."""
    plan = read()
    assert Words(plan).obligation(plan.obligations[0]) == (
        "The initial report to Head office, due 1 h after a level was assigned, by Commander, at level 1, "
        "before it, nobody may: Resolve."
    )
    said = Words(plan, "zh").obligation(plan.obligations[0])
    for words in ("首报", "总部", "定级后 1 小时内", "指挥长"):
        assert words in said
