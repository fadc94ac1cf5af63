"""What always holds of plans, whatever stands in them."""

from __future__ import annotations

import copy
import io
import tomllib
from collections.abc import Iterator
from datetime import date, time
from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from plan_strategies import IDS, Maker, impacts, plans, read, toml_of
from respond.cli.page import Page
from respond.cli.plan_page import show_plan
from respond.cli.plans import incident_flow
from respond.errors import InvalidPlan
from respond.plan import composed as composing
from respond.plan import tables
from respond.plan.composed import composed, identity, together
from respond.plan.conditions import COUNTS, Bounds, Condition, Impact, MoneyBounds
from respond.plan.diff import diff
from respond.plan.finding import CODES
from respond.plan.lint import lint
from respond.plan.plan import Plan
from respond.plan.reader import plan_of
from respond.plan.words import Words
from respond.workflow.incident import events as e
from respond.workflow.incident import levels
from respond.workflow.incident.state import Incident, Judged

QUICK = settings(max_examples=1000, phases=[Phase.generate], database=None, derandomize=True)
"""For controls: a defect that was planted is to be found, and nothing else about it matters."""


# -- files -------------------------------------------------------------------------------------------------------------


@given(plans())
def test_a_plan_in_a_file_is_the_plan(plan):
    """Written as TOML and read again, a plan has the same content, digest and no difference."""
    again = read(toml_of(plan))
    assert again.reference == plan.reference
    assert again == plan
    assert diff(plan, again) == ()


@given(plans(), plans())
def test_plans_differ_exactly_when_there_is_a_difference_to_tell(old, new):
    """Whatever two plans hold, what differs is told in sentences, and only that."""
    changes = diff(old, new)
    assert bool(changes) == (old != new)
    assert all(change.text.endswith(".") for change in changes)


def document_of(plan: Plan) -> dict[str, Any]:
    """Return *plan* as a file has it."""
    return tomllib.loads(toml_of(plan), parse_float=Decimal)


def tables_in(value: Any, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each table of a document, with its path; those whose keys people choose are left out."""
    if isinstance(value, dict):
        yield place, value
        for key, one in value.items():
            if key not in {"titles", "fields"}:
                yield from tables_in(one, f"{place}.{key}" if place else key)
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from tables_in(one, f"{place}[{index}]")


def at(document: Any, path: str) -> Any:
    """Return what stands at *path*; raises `LookupError` when nothing does."""
    for step in path.replace("[", ".[").split(".") if path else ():
        document = document[int(step[1:-1])] if step.startswith("[") else document[step]
    return document


SPOILS = ("unknown", "missing", "wrong")
WRONG = time(12, 30)
"""No key of a plan holds a time of day."""


@st.composite
def spoilt(draw: st.DrawFn) -> tuple[dict[str, Any], str, str]:
    """Draw the document of a plan in which one key is wrong, the path of that key, and in what way it is."""
    document = document_of(draw(plans()))
    place, table = draw(st.sampled_from(list(tables_in(document))))
    how = draw(st.sampled_from(SPOILS))
    key = draw(st.sampled_from(sorted(table))) if how != "unknown" and table else "nonsense"
    if how == "missing" and table:
        del table[key]
    else:
        table[key] = WRONG
    return document, f"{place}.{key}" if place else key, how


@given(spoilt())
def test_an_error_names_a_key_that_is_there_or_the_one_that_is_missing(case):
    """What cannot be read is refused at a path of the document, or at the key that it lacks."""
    document, path, how = case
    error = refused(document)
    if error is None:
        assert how == "missing"
        return
    place, _, key = error.key.rpartition(".")
    assert error.flaw in CODES
    assert how != "wrong" or error.key == path
    if error.flaw == "key-missing":
        assert key not in at(document, place)
    elif error.flaw not in {"level-gap", "category-other-missing"}:
        at(document, error.key)


def refused(document: dict[str, Any]) -> InvalidPlan | None:
    """Return why *document* cannot be read."""
    try:
        plan_of(Plan, copy.deepcopy(document))
    except InvalidPlan as error:
        return error
    return None


def test_an_error_at_the_wrong_place_is_found(monkeypatch):
    """The control: a reader that forgets the number of a part names a place that is not there."""
    listed = tables._listed
    monkeypatch.setattr(tables, "_listed", lambda *told: ((one, f"{told[2]}[7]") for one, _ in listed(*told)))

    def misplaced(case: tuple[dict[str, Any], str, str]) -> bool:
        error = refused(case[0])
        return error is not None and case[2] == "wrong" and error.key != case[1]

    find(spoilt(), misplaced, settings=QUICK)


# -- what is said of them ----------------------------------------------------------------------------------------------


@settings(max_examples=60)
@given(plans(), plans(name="special", under="drawn"), st.booleans())
def test_lint_says_something_of_every_plan(general, special, with_flow):
    """Lint never fails on a plan that can be read; its codes are listed, and its places are in the plan."""
    for plan in (general, special, composed(special, general)):
        document = document_of(plan)
        for finding in lint(plan, today=date(2026, 11, 20), flow=incident_flow() if with_flow else None):
            assert finding.code in CODES
            assert finding.text
            if "missing" not in finding.code:
                found_at(document, finding.place)


def found_at(document: Any, place: str) -> None:
    """Pass when *place*, or the table that should hold its last key, stands in *document*."""
    try:
        at(document, place)
    except LookupError:
        at(document, place.rpartition(".")[0])


@settings(max_examples=30)
@given(plans(), st.sampled_from(["en", "zh"]))
def test_every_plan_can_be_shown(plan, language):
    """Whatever a plan holds and lacks, there is a page of it."""
    written = io.StringIO()
    show_plan(Page(written), plan, Words(plan, language))
    assert written.getvalue().strip()


# -- composite plans ---------------------------------------------------------------------------------------------------


def parts_of(plan: Plan) -> Iterator[tuple[str, Any]]:
    """Yield each part of *plan*, with its section."""
    for field in attrs.fields(Plan):
        value = getattr(plan, field.name)
        for part in value if isinstance(value, tuple) else ():
            if attrs.has(type(part)):
                yield field.name, part


def lost(special: Plan, general: Plan) -> list[Any]:
    """Return what the composed plan holds otherwise than it should."""
    whole = list(parts_of(composed(special, general)))
    mine = {(section, identity(part)) for section, part in parts_of(special)}
    theirs = [one for one in parts_of(general) if (one[0], identity(one[1])) not in mine]
    wanted = [*parts_of(special), *theirs]
    return [one for one in wanted if one not in whole] + [one for one in whole if one not in wanted]


@given(plans(name="special", under="drawn"), plans())
def test_a_composed_plan_keeps_every_part(special, general):
    """Each part of the special plan is in the whole, and each of the general one that it does not replace."""
    assert lost(special, general) == []
    whole = composed(special, general)
    assert (whole.name, whole.version, whole.kind, whole.under) == ("special", "1", "special", None)
    assert read(toml_of(whole)).reference == whole.reference


def test_a_part_that_is_lost_is_found(monkeypatch):
    """The control: where the general plan goes before the special one, parts of that are lost."""
    merged = composing._merged
    monkeypatch.setattr(composing, "_merged", lambda mine, theirs: merged(theirs, mine))
    find(st.tuples(plans(name="special", under="drawn"), plans()), lambda both: bool(lost(*both)), settings=QUICK)


@given(plans(), plans(name="further"))
def test_plans_that_are_in_force_together_are_a_plan(first, further):
    """What one plan or the other holds is in force, under the name of the first."""
    both = together(first, further)
    known = {(section, identity(part)) for plan in (first, further) for section, part in parts_of(plan)}
    assert {(section, identity(part)) for section, part in parts_of(both)} == known
    assert all(one in list(parts_of(both)) for one in parts_of(first))


# -- conditions --------------------------------------------------------------------------------------------------------


def inside(bounds: Bounds, value: int) -> bool:
    """Return whether *value* is one of those that *bounds* hold, listed one by one."""
    start = -1000 if bounds.from_ is None else bounds.from_
    return value in range(start, 1000 if bounds.below is None else bounds.below)


@given(st.integers(0, 2**32), st.integers(-20, 30))
def test_bounds_hold_what_lies_between_them(seed, value):
    """From the first, below the second."""
    bounds = Maker(seed).bounds(Bounds)
    assert bounds.hold(value) == inside(bounds, value)


@given(st.integers(0, 2**32))
def test_bounds_of_money_hold_amounts_in_their_currency(seed):
    """An amount in another currency lies in no range, also in one without an end."""
    maker = Maker(seed)
    bounds, amount = maker.money_bounds(), maker.money()
    ends = [end for end in (bounds.from_, bounds.below) if end is not None]
    cents = [int(end.amount * 100) for end in ends]
    low = cents[0] if bounds.from_ is not None else 0
    high = cents[-1] if bounds.below is not None else 10**9
    same = {end.currency for end in ends} == {amount.currency}
    assert bounds.hold(amount) == (same and int(amount.amount * 100) in range(low, high))


@given(st.integers(0, 2**32))
def test_bounds_that_hold_nothing_are_refused(seed):
    """No range is made that no value is in: the first must be the smaller one, in the same currency."""
    maker = Maker(seed)
    low, high = maker.random.randint(0, 5), maker.random.randint(0, 5)
    one, other = maker.money(), maker.money()
    assert makes(Bounds, low, high) == (low < high)
    assert makes(MoneyBounds, one, other) == (one.currency == other.currency and one.amount < other.amount)


def makes(kind: type, start: object, below: object) -> bool:
    """Return whether a *kind* has these ends; one that has not is refused as impossible."""
    try:
        kind(from_=start, below=below)
    except InvalidPlan as error:
        return error.flaw != "condition-impossible"
    return True


def fits(condition: Condition, impact: Impact) -> bool:
    """Return whether *condition* holds, by a naive reading of what it says."""
    asked: list[bool] = []
    for name in COUNTS:
        bounds, known = getattr(condition, name), getattr(impact, name)
        if bounds is not None:
            asked.append(known is not None and inside(bounds, known))
    if condition.loss is not None:
        asked.append(impact.loss is not None and condition.loss.hold(impact.loss))
    if condition.spread:
        asked.append(any(impact.spread == one for one in condition.spread))
    if condition.critical_facility is not None:
        asked.append(impact.critical_facility == condition.critical_facility)
    if condition.categories:
        asked.append(any(one in condition.categories for one in [impact.category, *impact.ancestors]))
    if condition.facets:
        asked.append(any(one in condition.facets for one in impact.facets))
    for name, value in condition.fields.items():
        asked.append(name in impact.fields and (repr(impact.fields[name]) == repr(value)))
    return all(asked)


def assessed(impact: Impact) -> Incident:
    """Return an incident of which *impact* is known."""
    known = {
        name: getattr(impact, name) for name in (*COUNTS, "facets", "loss", "spread", "critical_facility", "fields")
    }
    assessment = e.IncidentAssessed(from_="reported", to="assessed", **known)
    return Incident(category=impact.category, assessments=(Judged(entry="one", assessment=assessment),))


def worst_fitting(plan: Plan, impact: Impact) -> int | None:
    """Return the worst level for which a condition holds."""
    parents = {one.id: one.parent for one in plan.categories}
    above: list[str] = []
    while (parent := parents.get([impact.category, *above][-1])) is not None:
        above.append(parent)
    facets = impact.facets or next((one.facets for one in plan.categories if one.id == impact.category), ())
    known = attrs.evolve(impact, ancestors=tuple(above), facets=facets)
    return min((one.number for one in plan.levels if any(fits(each, known) for each in one.when)), default=None)


@given(plans(sections=("facets",)), impacts())
def test_the_suggested_level_is_the_worst_for_which_a_condition_holds(plan, impact):
    """What speaks for it are words for what the condition names; where nothing holds, nothing is suggested."""
    suggestion = levels.suggest(plan, assessed(impact))
    assert suggestion.level == worst_fitting(plan, impact)
    assert (suggestion.level is None) <= (suggestion.because == ())


def test_a_suggestion_that_forgets_what_a_category_refines_is_found(monkeypatch):
    """The control: conditions on categories hold for those that refine them too."""
    impact_of = levels.impact_of
    monkeypatch.setattr(levels, "impact_of", lambda *told: attrs.evolve(impact_of(*told), ancestors=()))

    def wrong(case: tuple[Plan, Impact]) -> bool:
        return bool(levels.suggest(case[0], assessed(case[1])).level != worst_fitting(*case))

    find(st.tuples(plans(sections=()), impacts()), wrong, settings=QUICK)


@pytest.mark.parametrize("section", [*IDS, "customer_care", "review", "revision", "calendars"])
def test_drawn_plans_hold_something_in_every_section(section):
    """The control: each section is drawn, and left out now and then where a plan may lack it."""
    find(plans(), lambda plan: bool(getattr(plan, section)), settings=QUICK)
