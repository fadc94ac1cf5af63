from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from decimal import Decimal
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from respond.errors import InvalidPlan
from respond.plan.classification import Category, Level
from respond.plan.organisation import Role
from respond.plan.plan import Plan
from respond.plan.reader import plan_of

LARGEST = 4 * 1024 * 1024
"""How many bytes a plan file may have."""
SMALL = """
name = "small"
version = "1"

[[categories]]
id = "other"
title = "Other"

[[categories]]
id = "fire"
title = "Fire"
parent = "other"

[[levels]]
number = 1
title = "Grave"
owes_upward_report = true

[[levels]]
number = 2
title = "Light"

[[roles]]
id = "commander"
title = "Commander"
"""
CATEGORY = {"id": "other", "title": "Other"}
LEVEL = {"number": 1, "title": "Grave"}
DOCUMENT: dict[str, Any] = {"name": "small", "version": "1", "categories": [CATEGORY], "levels": [LEVEL]}


def written(folder: Path, text: str | bytes) -> Path:
    """Return the path of a file that holds *text*."""
    path = folder / "plan.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_the_shipped_example_is_a_plan():
    """The example has the ten kinds of incident, four levels of which two owe a report, and six roles."""
    plan = Plan.example()
    assert str(plan.reference) == "first-steps@1"
    assert [category.id for category in plan.categories] == [
        "service_quality",
        "customer_safety",
        "facility_failure",
        "technical_failure",
        "network",
        "human_error",
        "natural_disaster",
        "public_health",
        "policy_change",
        "other",
    ]
    assert [(level.number, level.owes_upward_report) for level in plan.levels] == [
        (1, True),
        (2, True),
        (3, False),
        (4, False),
    ]
    assert [role.id for role in plan.roles] == [
        "commander",
        "duty_officer",
        "assessor",
        "spokesperson",
        "responder",
        "reviewer",
    ]
    assert plan.category("network").parent == "technical_failure"


def test_a_plan_is_read_from_a_file(tmp_path):
    """Every key lands where it belongs; what is left out has its default."""
    assert Plan.load(written(tmp_path, SMALL)) == Plan(
        name="small",
        version="1",
        categories=(Category(id="other", title="Other"), Category(id="fire", title="Fire", parent="other")),
        levels=(Level(number=1, title="Grave", owes_upward_report=True), Level(number=2, title="Light")),
        roles=(Role(id="commander", title="Commander"),),
    )
    assert Plan.load(str(tmp_path / "plan.toml")).title == ""


@pytest.mark.parametrize(
    ("number", "title"),
    [(0, None), (1, "Grave"), (2, "Light"), (3, None), (-1, None), ("1", None), (True, None), (1.0, None)],
)
def test_a_level_is_found_by_its_number(number, title):
    """Levels are numbered from 1; any other number is no level, never one counted from the end."""
    level = plan_of(Plan, tomllib.loads(SMALL)).level(number)
    assert (level.title if level else None) == title


def test_categories_and_roles_are_found_by_id():
    """What the plan does not have is None."""
    plan = plan_of(Plan, tomllib.loads(SMALL))
    assert plan.category("fire").title == "Fire"
    assert plan.role("commander").title == "Commander"
    assert (plan.category("flood"), plan.role("king")) == (None, None)


RISK = {"id": "cut", "title": "Cut", "category": "other", "likelihood": 1, "impact": 1}


def refining(number: int) -> list[dict[str, str]]:
    """Return so many categories, each of which refines the next one, and the last the residual one."""
    names = [*map(str, range(number)), "other"]
    return [{"id": name, "title": name, "parent": parent} for name, parent in pairwise(names)]


PROBLEMS: list[tuple[dict[str, Any], str]] = [
    ({"name": None}, "name: is missing"),
    ({"version": None}, "version: is missing"),
    ({"name": ""}, "name: must not be empty"),
    ({"version": " "}, "version: must not be empty"),
    ({"version": 1}, "version: must be text, not 1"),
    ({"title": 5}, "title: must be text, not 5"),
    (
        {"titel": "x"},
        "titel: is not a key of a plan; did you mean title? the keys here are access, activation, audiences, authority",
    ),
    ({"categories": {"id": "other"}}, "categories: must be tables; write [[categories]]"),
    ({"levels": 4}, "levels: must be tables; write [[levels]]"),
    ({"roles": ["commander"]}, "roles[0]: must be a table"),
    ({"categories": None}, "categories: must hold the residual category 'other'"),
    ({"categories": [{"id": "fire", "title": "Fire"}]}, "categories: must hold the residual category 'other'"),
    ({"categories": [CATEGORY, {"id": "fire"}]}, "categories[1].title: is missing"),
    ({"categories": [CATEGORY, {"title": "Fire"}]}, "categories[1].id: is missing"),
    ({"categories": [CATEGORY, {"id": "", "title": "Fire"}]}, "categories[1].id: must not be empty"),
    ({"categories": [CATEGORY, {"id": "fire", "title": " "}]}, "categories[1].title: must not be empty"),
    ({"categories": [CATEGORY, {"id": 7, "title": "Fire"}]}, "categories[1].id: must be text, not 7"),
    ({"categories": [{**CATEGORY, "parent": 7}]}, "categories[0].parent: must be text, not 7"),
    ({"categories": [{**CATEGORY, "definition": True}]}, "categories[0].definition: must be text, not true"),
    (
        {"categories": [{**CATEGORY, "level": 1}]},
        "categories[0].level: is not a key of a plan; the keys here are definition, facets, id, parent, title",
    ),
    ({"categories": [CATEGORY, CATEGORY]}, "categories[1].id: 'other' stands twice"),
    ({"calendars": {"name": "office"}}, "calendars: must be tables; write [[calendars]]"),
    ({"categories": [{**CATEGORY, "parent": "fire"}]}, "categories[0].parent: 'fire' is not a category of the plan"),
    (
        {"categories": [{**CATEGORY, "parent": "other"}]},
        "categories[0].parent: 'other' refines itself, by way of 'other'",
    ),
    (
        {
            "categories": [
                CATEGORY,
                {"id": "a", "title": "A", "parent": "b"},
                {"id": "b", "title": "B", "parent": "c"},
                {"id": "c", "title": "C", "parent": "b"},
            ]
        },
        "categories[2].parent: 'b' refines itself, by way of 'c'",
    ),
    ({"levels": None}, "levels: must hold at least one level; write [[levels]]"),
    ({"levels": [{"title": "Grave"}]}, "levels[0].number: is missing"),
    ({"levels": [{"number": "1", "title": "Grave"}]}, "levels[0].number: must be an integer, not '1'"),
    ({"levels": [{"number": True, "title": "Grave"}]}, "levels[0].number: must be an integer, not true"),
    (
        {"levels": [{**LEVEL, "owes_upward_report": "yes"}]},
        "levels[0].owes_upward_report: must be true or false, not 'yes'",
    ),
    ({"levels": [{"number": 2, "title": "Light"}]}, "levels[0].number: is 2, must be 1: levels are numbered 1, 2, 3"),
    ({"levels": [LEVEL, {"number": 3, "title": "Light"}]}, "levels[1].number: is 3, must be 2"),
    ({"levels": [LEVEL, LEVEL]}, "levels[1].number: is 1, must be 2"),
    ({"roles": [{"id": "a", "title": "A"}, {"id": "a", "title": "B"}]}, "roles[1].id: 'a' stands twice"),
    ({"roles": [{"id": "a", "title": "A", "may": "all"}]}, "roles[0].may: is not a key of a plan"),
    ({"kind": "odd"}, "kind: 'odd' is not one of general, special"),
    ({"risks": [{**RISK, "assessed_on": "2026-03-12"}]}, "risks[0].assessed_on: must be a date, such as 2026-03-12"),
    (
        {"risks": [{**RISK, "assessed_on": datetime(2026, 3, 12, tzinfo=UTC)}]},
        "risks[0].assessed_on: must be a date, such as 2026-03-12",
    ),
    (
        {"categories": [CATEGORY, *refining(20)]},
        "categories[1].parent: '0' refines more than 19 categories, the most in one line; write fewer",
    ),
]


@pytest.mark.parametrize(("changes", "message"), PROBLEMS, ids=[message for _, message in PROBLEMS])
def test_an_error_names_its_key(changes, message):
    """Whatever is wrong with a plan is named with its key, the value, and what to write instead."""
    document = {key: value for key, value in {**DOCUMENT, **changes}.items() if value is not None}
    with pytest.raises(InvalidPlan) as caught:
        plan_of(Plan, document)
    assert str(caught.value).startswith(message)
    assert caught.value.place == message.split(":")[0]


def test_a_sound_document_is_a_plan():
    """The control: the document that every case above changes is accepted."""
    assert plan_of(Plan, DOCUMENT).levels == (Level(number=1, title="Grave"),)


def test_a_line_of_categories_has_an_end():
    """The control: the most that may refine each other are let through."""
    assert plan_of(Plan, {**DOCUMENT, "categories": [CATEGORY, *refining(19)]}).category("0").parent == "1"


def test_an_error_in_a_file_names_the_file_and_the_key(tmp_path):
    """Who has many plans is told which one is wrong."""
    path = written(tmp_path, SMALL.replace("number = 2", "number = 5"))
    with pytest.raises(InvalidPlan) as caught:
        Plan.load(path)
    assert str(caught.value).startswith(f"{path}: levels[1].number: is 5, must be 2")
    assert caught.value.place == str(path)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b'name = "a\n', "is not TOML: "),
        (b'name = "\xff"\n', "is not TOML: no UTF-8 (at line 1)"),
        (b"a = " + b"[" * 5000 + b"]" * 5000, "nests tables, lists or keys more than 20 deep"),
        (b"#" * (LARGEST + 1), f"has more than {LARGEST:,} bytes, the most that are read"),
    ],
    ids=["not TOML", "not UTF-8", "nested too deeply", "too large"],
)
def test_a_file_that_is_no_plan_is_refused(tmp_path, text, reason):
    """Damaged, foreign and endless files are refused with their path, before they cost memory."""
    path = written(tmp_path, text)
    with pytest.raises(InvalidPlan) as caught:
        Plan.load(path)
    assert str(caught.value).startswith(f"{path}: {reason}")


MEASURED = """[[levels.when]]
affected_customers = {from = 100, below = 10}
"""
WRONG: list[tuple[str, str, str, int, str]] = [
    ('title = "Fire"', 'title = "Fire"\ntitle = "Fires"', "duplicate-key", 12, "categories[1].title"),
    ("[[roles]]", '[[roles]]\nid = "commander"\nid = "x"', "duplicate-key", 25, "roles[0].id"),
    ('parent = "other"', 'parant = "other"', "unknown-key", 12, "categories[1].parant"),
    ("number = 2", "number = 3", "level-gap", 20, "levels[1].number"),
    ('title = "Light"', 'title = "Light"\ndwell = "-2 h"', "span-invalid", 22, "levels[1].dwell"),
    ('title = "Light"', 'title = "Light"\ndwell = -2', "span-invalid", 22, "levels[1].dwell"),
    (
        'title = "Light"',
        f'title = "Light"\n{MEASURED}',
        "condition-impossible",
        23,
        "levels[1].when[0].affected_customers",
    ),
    (
        'title = "Light"',
        'title = "Light"\nwhen = [{dead = {below = 0}}]',
        "condition-impossible",
        22,
        "levels[1].when[0].dead.below",
    ),
    (
        'title = "Light"',
        'title = "Light"\nwhen = [{loss = {from = "5 CNY", below = "9 EUR"}}]',
        "condition-impossible",
        22,
        "levels[1].when[0].loss",
    ),
    (
        'title = "Light"',
        'title = "Light"\n\n[[calendars]]\nname = "x"\nversion = "1"\nzone = "Mars/Olympus"',
        "zone-unknown",
        26,
        "calendars[0].zone",
    ),
    ('id = "fire"', 'id = "other"', "id-twice", 10, "categories[1].id"),
    ('parent = "other"', 'parent = "flood"', "category-unknown", 12, "categories[1].parent"),
    ('title = "Light"', "", "key-missing", 19, "levels[1].title"),
]


@pytest.mark.parametrize(("old", "new", "flaw", "line", "key"), WRONG, ids=[f"{row[2]} {row[4]}" for row in WRONG])
def test_an_error_in_a_file_has_its_code_its_key_and_its_line(tmp_path, old, new, flaw, line, key):
    """Each fault of a file is told by a stable code, the path of its key, and the line, which ends the message."""
    assert old in SMALL
    with pytest.raises(InvalidPlan) as caught:
        Plan.load(written(tmp_path, SMALL.replace(old, new, 1)))
    assert (caught.value.flaw, caught.value.key, caught.value.line) == (flaw, key, line)
    assert str(caught.value).endswith(f"(at line {line})")
    assert caught.value.as_dict()["line"] == line


def test_a_condition_that_some_value_meets_is_read(tmp_path):
    """The control: the same conditions with the smaller end first, and a zone that exists, are accepted."""
    right = MEASURED.replace("from = 100, below = 10", "from = 10, below = 100")
    calendar = '[[calendars]]\nname = "x"\nversion = "1"\nzone = "Asia/Shanghai"\n'
    loss = 'when = [{loss = {from = "5 CNY", below = "9 CNY"}, dead = {below = 1}}]'
    plan = Plan.load(
        written(
            tmp_path,
            SMALL.replace("owes_upward_report = true", f"owes_upward_report = true\n{loss}").replace(
                'title = "Light"', f'title = "Light"\n{right}'
            )
            + calendar,
        )
    )
    assert [len(level.when) for level in plan.levels] == [1, 1]
    assert [calendar.zone for calendar in plan.calendars] == ["Asia/Shanghai"]


def test_a_file_of_the_largest_size_is_read(tmp_path):
    """The control: the limit itself is allowed."""
    filled = SMALL + "#" * (LARGEST - len(SMALL))
    assert Plan.load(written(tmp_path, filled)).name == "small"


def test_a_missing_file_is_named(tmp_path):
    """A path that leads nowhere, or to a folder, is refused with the reason."""
    with pytest.raises(InvalidPlan, match=r"nowhere\.toml: cannot be read: No such file or directory"):
        Plan.load(tmp_path / "nowhere.toml")
    with pytest.raises(InvalidPlan, match="cannot be read: Is a directory"):
        Plan.load(tmp_path)


def digest_of(folder: Path, text: str) -> str:
    """Return the digest of the plan that *text* describes."""
    return Plan.load(written(folder, text)).reference.digest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('name = "small"', 'name = "smaller"'),
        ('version = "1"', 'version = "2"'),
        ('version = "1"', 'version = "1"\ntitle = "Small"'),
        ('title = "Fire"', 'title = "Fires"'),
        ('parent = "other"', 'definition = "Flames."'),
        ("owes_upward_report = true", "owes_upward_report = false"),
        ('title = "Light"', 'title = "Light"\nowes_upward_report = true'),
        ('id = "commander"', 'id = "leader"'),
    ],
)
def test_the_digest_changes_with_the_content(tmp_path, old, new):
    """Whatever the plan says is in its digest."""
    assert old in SMALL
    assert digest_of(tmp_path, SMALL.replace(old, new, 1)) != digest_of(tmp_path, SMALL)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('name = "small"\nversion = "1"', 'version = "1"\nname = "small"'),
        ('id = "fire"\ntitle = "Fire"', '# burning\ntitle = "Fire"   \nid = "fire"'),
        ('title = "Light"', 'title = "Light"\nowes_upward_report = false'),
        ('name = "small"', "name = 'small'"),
    ],
)
def test_the_digest_does_not_depend_on_the_writing(tmp_path, old, new):
    """The order of keys, comments, blanks, quotes and spelled-out defaults change nothing."""
    assert old in SMALL
    assert digest_of(tmp_path, SMALL.replace(old, new, 1)) == digest_of(tmp_path, SMALL)


def test_the_example_is_read_from_the_package():
    """The example ships inside the package, so that a plan is at hand wherever respond is installed."""
    text = (resources.files("respond.plan") / "shipped" / "first-steps@1.toml").read_text(encoding="utf-8")
    assert plan_of(Plan, tomllib.loads(text)).reference == Plan.example().reference


def test_a_condition_asks_for_a_decimal_number(tmp_path):
    """A decimal field may be asked for its value, which is exact however many digits it has."""
    number = "0.1234567890123456789"
    text = SMALL + '[[extension_fields]]\nid = "share"\ntitle = "Share"\nkind = "decimal"\n'
    path = tmp_path / "plan.toml"
    path.write_text(text.replace("[[levels]]", f"[[levels]]\nwhen = [{{fields = {{share = {number}}}}}]", 1))
    [condition] = Plan.load(path).levels[0].when
    assert condition.fields == {"share": Decimal(number)}


@pytest.mark.parametrize("number", ["nan", "inf", "-inf"])
def test_a_condition_asks_for_no_endless_number(tmp_path, number):
    """What TOML calls a number and is none is refused at its key."""
    path = tmp_path / "plan.toml"
    path.write_text(SMALL.replace("[[levels]]", f"[[levels]]\nwhen = [{{fields = {{share = {number}}}}}]", 1))
    with pytest.raises(InvalidPlan, match="must be one of text") as refused:
        Plan.load(path)
    assert refused.value.key == "levels[0].when[0].fields.share"


def test_how_far_an_incident_may_reach_is_in_the_words_of_its_conditions():
    """Every word that a condition of the plan asks for, from wherever in the plan it stands; and no other."""
    text = SMALL.replace(
        "number = 2\n", 'number = 2\nwhen = [{spread = ["regional", "street"]}, {affected_customers = {from = 1}}]\n'
    )
    assert plan_of(Plan, tomllib.loads(text)).spreads == {"regional", "street"}
    assert plan_of(Plan, tomllib.loads(SMALL)).spreads == frozenset()
