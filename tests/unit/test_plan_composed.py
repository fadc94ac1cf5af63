"""A special plan under a general one: what is added, what is replaced, and what they must share."""

from __future__ import annotations

import tomllib

import attrs
import pytest

from respond.errors import InvalidPlan
from respond.plan.composed import composed
from respond.plan.plan import Plan
from respond.plan.reader import plan_of

GENERAL = """
name = "company"
version = "4"
owner = "Service management"
purpose = "Keep people safe."
revision = {every = "1 year"}
calendars = [{name = "office", version = "1", zone = "Asia/Shanghai"}]
roles = [{id = "commander", title = "Commander"}, {id = "guide", title = "Guide"}]
measures = [
    {id = "tell", title = "Tell customers", role = "guide"},
    {id = "repair", title = "Repair", role = "commander"},
]

[[categories]]
id = "disaster"
title = "Disaster"

[[categories]]
id = "other"
title = "Other"

[[levels]]
number = 1
title = "Grave"

[[levels]]
number = 2
title = "Light"
"""
SPECIAL = """
name = "flood"
version = "1"
title = "Flood"
kind = "special"
under = "company"
purpose = "Get everybody out of the water."
calendars = [{name = "office", version = "2", zone = "Asia/Shanghai"}]
roles = [{id = "boatman", title = "Boatman"}]
measures = [
    {id = "leave", title = "Leave the shop", role = "boatman"},
    {id = "repair", title = "Pump and repair", role = "commander", after = ["leave"]},
]

[[categories]]
id = "flood"
title = "Flood"
parent = "disaster"

[[levels]]
number = 2
title = "Wet"
"""


def read(text: str) -> Plan:
    """Return the plan that *text* describes."""
    return plan_of(Plan, tomllib.loads(text))


def test_the_parts_of_the_special_plan_are_added_or_stand_in_for_those_of_the_same_id():
    """A part of the same id, number or name is replaced where it stood; new ones follow; the rest is the general's."""
    whole = composed(read(SPECIAL), read(GENERAL))
    assert [role.id for role in whole.roles] == ["commander", "guide", "boatman"]
    assert [(one.id, one.title, one.after) for one in whole.measures] == [
        ("tell", "Tell customers", ()),
        ("repair", "Pump and repair", ("leave",)),
        ("leave", "Leave the shop", ()),
    ]
    assert [level.title for level in whole.levels] == ["Grave", "Wet"]
    assert [(one.name, one.version) for one in whole.calendars] == [("office", "2")]
    assert whole.category("flood").parent == "disaster"
    assert whole.revision == read(GENERAL).revision


def test_the_whole_has_the_name_of_the_special_plan():
    """Name, version, kind and title are the special plan's; what it leaves out is told by the general one."""
    whole = composed(read(SPECIAL), read(GENERAL))
    assert (whole.name, whole.version, whole.kind, whole.title, whole.under) == ("flood", "1", "special", "Flood", None)
    assert (whole.owner, whole.purpose) == ("Service management", "Get everybody out of the water.")
    assert whole.covers == ("flood",)
    assert attrs.evolve(whole, covers=()).reference != read(GENERAL).reference


def test_a_special_plan_says_itself_what_it_covers():
    """What it covers by its own word counts, not what it brings."""
    assert composed(read(SPECIAL.replace('kind = "special"', 'covers = ["disaster"]')), read(GENERAL)).covers == (
        "disaster",
    )


@pytest.mark.parametrize(
    ("old", "new", "flaw", "place"),
    [
        ('under = "company"', 'under = "firm"', "general-plan-missing", "under"),
        ('under = "company"', 'under = "company"\nlanguage = "zh"', "language-differs", "language"),
        ('parent = "disaster"', 'parent = "storm"', "category-unknown", "categories[2].parent"),
        ("number = 2", "number = 4", "level-gap", "levels[2].number"),
    ],
)
def test_plans_that_do_not_belong_together_are_refused(old, new, flaw, place):
    """Another general plan, another language, a parent or a level that the whole lacks: refused with code and place."""
    assert old in SPECIAL
    with pytest.raises(InvalidPlan) as caught:
        composed(read(SPECIAL.replace(old, new)), read(GENERAL))
    assert (caught.value.flaw, caught.value.place) == (flaw, place)


def test_a_plan_that_is_under_none_must_be_whole():
    """The control: the same special plan is refused when it names no plan that has what it leaves out."""
    with pytest.raises(InvalidPlan):
        read(SPECIAL.replace('under = "company"', ""))
