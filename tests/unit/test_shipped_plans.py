from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import get_args

import attrs
import pytest

from engines import engine_on
from respond.domain.money import Money
from respond.domain.payloads import from_data
from respond.domain.references import Actor
from respond.engine.definitions import Workflows
from respond.errors import PlanNotFound
from respond.plan.authority import ANYONE
from respond.plan.communication import AudienceKind
from respond.plan.composed import composed, identity
from respond.plan.conditions import Impact
from respond.plan.customer_care import CustomerCare
from respond.plan.lint_dates import about
from respond.plan.lint_file import lint_file
from respond.plan.measures import MeasureKind
from respond.plan.obligations import Obligation, Recurrence
from respond.plan.organisation import Phase
from respond.plan.plan import Plan
from respond.plan.reader import SHIPPED, read_calendar, read_profile
from respond.plan.resources import ResourceKind
from respond.plan.spans import Span
from respond.plan.titles import Titled
from respond.plan.upkeep import RevisionTrigger
from respond.store.memory import MemoryEventStore
from respond.testing.clocks import ManualClock

# Logs pin plans by their digest: a plan that was released never changes.  A change is a new version, and a new line.
DIGESTS = {
    "customer-service@1": "aa76ed3cc3e64d2bf9d426e7e8e73417ca7de413ead3263a7701886269bcdc57",
    "first-steps@1": "f661250810e560206429fa65d0e9495a5432fadd9a725e96d3f041b9bdf38bcf",
    "service-company-network@1": "7171aa42d16182611ee7fc8097e120bd2bc98260c90fb5e16959859b7069c2a3",
    "service-company-shop@1": "32679e4c81410a18ed7d5610bbf27f188e440bb0e3174e7137e002a065faf779",
    "service-company@2": "74d947684fdd10a7a8dde02cb2b97710da15885b7312ea0bfe206bc7be8e5a6d",
}
COMPLETE = ["customer-service@1", "service-company@2"]
ADDING = ["service-company-network@1", "service-company-shop@1"]
NEW = [*COMPLETE, *ADDING]
PROFILES = sorted(path.stem for path in (SHIPPED / "profiles").glob("*.toml"))
OPTIONAL = {"under", "sites", "units", "covers", "activation", "access", "roster", "tasks"}
"""What a plan that is for all and under none, and comes into force by decision, leaves empty; an example hides nothing
and knows neither people nor dates."""


def whole(name: str) -> Plan:
    """Return a shipped plan, with what it takes from the general one that it is under."""
    plan = Plan.shipped(name)
    return plan if plan.under is None else composed(plan, Plan.shipped(plan.under))


def parts(value: object, place: str = "") -> Iterator[tuple[str, object]]:
    """Yield *value* and every frozen value inside it, each with its place."""
    if isinstance(value, tuple):
        for index, one in enumerate(value):
            yield from parts(one, f"{place}[{index}]")
    elif attrs.has(type(value)):
        yield place, value
        for field in attrs.fields(type(value)):
            yield from parts(getattr(value, field.name), f"{place}.{field.name}".lstrip("."))


def homes(plan: Plan) -> Mapping[str, set[object]]:
    """Return what each key that refers to something may name, by the key."""
    ids = {
        section: {one.id for one in getattr(plan, section)}
        for section in (
            "categories",
            "facets",
            "response_levels",
            "roles",
            "departments",
            "trainings",
            "measures",
            "resources",
            "partners",
            "audiences",
            "channels",
            "obligations",
        )
    }
    roles = dict.fromkeys(
        ("role", "head", "members", "substitutes", "speakers", "approvers", "participants", "tell", "overseen_by"),
        ids["roles"],
    )
    categories = dict.fromkeys(("parent", "category", "categories", "covers"), ids["categories"])
    ids["obligations"] |= {one.id for one in plan.all_obligations}
    return {
        **roles,
        **categories,
        "roles": ids["roles"] | {ANYONE},
        "facets": ids["facets"],
        "levels": {level.number for level in plan.levels},
        "required_from": {level.number for level in plan.levels},
        "response": ids["response_levels"],
        "department": ids["departments"],
        "training": ids["trainings"],
        "after": ids["measures"],
        "resources": ids["resources"],
        "partner": ids["partners"],
        "channels": ids["channels"],
        "recipient": ids["audiences"],
        "of": ids["obligations"],
        "calendar": {calendar.name for calendar in plan.calendars},
    }


def dangling(plan: Plan) -> list[str]:
    """Return the references of *plan* that lead nowhere."""
    known = homes(plan)
    found = []
    for place, part in parts(plan):
        for field in attrs.fields(type(part)):
            value = getattr(part, field.name)
            named = value if isinstance(value, tuple) else () if value is None else (value,)
            refers = field.name in known and all(isinstance(one, str | int) for one in named)
            if refers and not isinstance(part, Recurrence):
                found += [f"{place}.{field.name}: {one}" for one in named if one not in known[field.name]]
    return found


@pytest.mark.parametrize("name", DIGESTS)
def test_a_shipped_plan_never_changes(name):
    """Its digest stands here: logs pin it."""
    plan = Plan.shipped(name)
    assert (str(plan.reference), plan.reference.digest) == (name, DIGESTS[name])


def test_every_shipped_plan_is_pinned_here():
    """A plan that is added has its digest above."""
    assert sorted(path.stem for path in SHIPPED.glob("*.toml")) == sorted(DIGESTS)


def test_a_shipped_plan_is_found_by_name():
    """The newest version answers to the name alone, any version to `name@version`."""
    assert str(Plan.shipped("service-company").reference) == "service-company@2"
    assert Plan.shipped("first-steps@1").reference == Plan.example().reference
    assert str(Plan.shipped("customer-service").reference) == "customer-service@1"


@pytest.mark.parametrize("name", ["service", "service-company@3", "", "../shipped/service-company@2"])
def test_a_plan_that_does_not_ship_is_named(name):
    """Whoever asks for another one is told which there are."""
    with pytest.raises(PlanNotFound) as caught:
        Plan.shipped(name)
    assert str(caught.value) == f"no plan {name!r} ships with respond; it comes with {', '.join(sorted(DIGESTS))}"


@pytest.mark.parametrize("name", DIGESTS)
def test_a_shipped_plan_survives_the_round_trip(name):
    """What is stored of a plan is the whole plan."""
    plan = Plan.shipped(name)
    assert from_data(Plan, plan.to_json()) == plan


@pytest.mark.parametrize("name", DIGESTS)
def test_every_reference_leads_somewhere(name):
    """Whatever a plan names is in the plan: roles, categories, levels, measures, recipients and all others."""
    assert dangling(whole(name)) == []


@pytest.mark.parametrize(
    ("section", "change"),
    [
        ("obligations", {"role": "king"}),
        ("obligations", {"recipient": "moon"}),
        ("obligations", {"levels": (1, 5)}),
        ("measures", {"after": ("nothing",)}),
        ("measures", {"resources": ("gold",)}),
        ("roles", {"department": "navy"}),
        ("audiences", {"channels": ("pigeon",)}),
    ],
)
def test_a_planted_dangling_reference_is_found(section, change):
    """The control: a name that the plan does not hold is seen."""
    plan = Plan.shipped("service-company@2")
    first, *rest = getattr(plan, section)
    planted = attrs.evolve(plan, **{section: (attrs.evolve(first, **change), *rest)})
    assert len(dangling(planted)) == 1


@pytest.mark.parametrize("name", DIGESTS)
def test_everything_has_a_chinese_title(name):
    """Whatever has a title has one in Chinese, in Chinese characters; so has the plan."""
    plan = Plan.shipped(name)
    titled = [(place, part.titles.get("zh", "")) for place, part in parts(plan) if isinstance(part, Titled | Plan)]
    assert len(titled) > 25
    assert [place for place, zh in titled if not any("一" <= sign <= "鿿" for sign in zh)] == []


@pytest.mark.parametrize("name", DIGESTS)
def test_a_shipped_plan_is_marked_as_an_example(name):
    """Nobody takes one for advice."""
    plan = Plan.shipped(name)
    assert plan.title.endswith("(example)")
    assert "示例" in plan.titles["zh"]
    assert "An example, not advice" in (SHIPPED / f"{name}.toml").read_text()


@pytest.mark.parametrize("name", COMPLETE)
def test_a_complete_plan_has_every_section(name):
    """Nothing that a plan may hold is missing, nor any kind of it."""
    plan = Plan.shipped(name)
    assert {field.name for field in attrs.fields(Plan) if not getattr(plan, field.name)} <= OPTIONAL
    assert all(getattr(plan.customer_care, field.name) for field in attrs.fields(CustomerCare))
    assert {one.kind for one in plan.resources} == set(get_args(ResourceKind))
    assert {one.kind for one in plan.audiences} == set(get_args(AudienceKind))
    assert {one.phase for one in plan.duties} == set(get_args(Phase))
    assert {one.kind for one in plan.measures} >= set(get_args(MeasureKind)) - {"other"}
    assert {one.stage for one in plan.key_messages} == {"first", "update", "resolved", "final"}
    assert {one.partner is None for one in plan.resources} == {True, False}
    assert {one.report for one in plan.obligations} >= {"initial", "follow_up", "final"}
    assert {"drill", "incident", "law", "command_body", "risk", "yearly"} <= set(plan.revision.triggers)
    assert set(get_args(RevisionTrigger)) >= set(plan.revision.triggers)
    assert all(one.rank for one in plan.roles)
    assert all(one.definition for one in (*plan.categories, *plan.facets, *plan.levels, *plan.response_levels))
    assert all(one.steps and one.instructions for one in plan.measures)


@pytest.mark.parametrize("name", COMPLETE)
def test_categories_have_two_levels(name):
    """A kind of incident refines at most one other that refines none."""
    plan = Plan.shipped(name)
    tops = {category.id for category in plan.categories if category.parent is None}
    below = {category.parent for category in plan.categories if category.parent is not None}
    assert below <= tops
    assert len(below) >= 5


IMPACTS = [
    *(Impact(affected_customers=number) for number in range(1200)),
    *(Impact(injured=number) for number in range(5)),
    *(Impact(dead=number) for number in range(3)),
    *(Impact(sites=number) for number in range(30)),
    *(Impact(loss=Money(Decimal(thousands * 1000), "CNY")) for thousands in range(1100)),
    *(Impact(critical_facility=value) for value in (True, False)),
]


@pytest.mark.parametrize("name", DIGESTS)
def test_levels_leave_no_gap_and_do_not_overlap(name):
    """One thing that is known fits the conditions of exactly one level, or the plan does not look at it."""
    plan = whole(name)
    fits = [
        (impact, [level.number for level in plan.levels if any(one.holds(impact) for one in level.when)])
        for impact in IMPACTS
    ]
    assert [(impact, levels) for impact, levels in fits if len(levels) > 1] == []
    assert {1, 2, 3, 4} == {number for _, levels in fits for number in levels}
    assert all(levels for impact, levels in fits if impact.affected_customers is not None)
    assert all(levels for impact, levels in fits if impact.injured is not None)


@pytest.mark.parametrize("name", DIGESTS)
def test_raising_the_level_only_adds_duties(name):
    """What is owed at a level is owed at every worse one, by the same duty or by one that asks for it more often."""
    duties = whole(name).all_obligations
    for mild in duties:
        for level in range(1, max(mild.levels, default=0)):
            assert any(level in one.levels and demands(one, mild) for one in duties), (mild.id, level)


@pytest.mark.parametrize("name", NEW)
def test_one_progress_clock_runs_at_each_level(name):
    """At each level one duty asks for word on how it goes on, the more often the worse the level is."""
    told = {one.levels: about(one.recurs.every) for one in whole(name).obligations if one.act == "note_progress"}
    levels = sorted(level for levels in told for level in levels)
    assert levels == sorted(set(levels))
    assert [told[key] for key in sorted(told)] == sorted(told.values())


def demands(one: Obligation, other: Obligation) -> bool:
    """Return whether who does *one* does all that *other* asks for, and not later."""
    same = ("act", "report", "recipient", "measure", "categories", "when", "before", "role")
    alike = one.act == other.act == "note_progress" or all(getattr(one, key) == getattr(other, key) for key in same)
    facts = [clock.from_ for clock in one.due] == [clock.from_ for clock in other.due]
    return alike and facts and all(short <= long for short, long in zip(spans(one), spans(other), strict=True))


def spans(obligation: Obligation) -> list[timedelta]:
    """Return how long *obligation* leaves at most."""
    every = [] if obligation.recurs is None else [obligation.recurs.every]
    return [about(span) for span in (*(clock.within for clock in obligation.due), *every)]


def test_a_planted_duty_of_mild_levels_only_is_found():
    """The control: what is owed at level 3 only is not demanded at level 2."""
    mild, *_ = (one for one in Plan.shipped("service-company").obligations if one.id == "progress_ordinary")
    rare = attrs.evolve(mild, levels=(2,), recurs=Recurrence(every=Span(5, "hour")))
    assert demands(mild, mild)
    assert not demands(rare, mild)


@pytest.mark.parametrize("name", NEW)
def test_every_command_has_a_rule(name):
    """A plan with rules denies what none names: no command of a workflow is left out."""
    plan = whole(name)
    named = {command.partition(":")[0] for rule in plan.authority for command in rule.commands}
    asked = {
        trigger
        for workflow in Workflows()
        for trigger, handler in workflow.handler_of.items()
        if not (handler.automatic or (workflow.category == "incident" and handler.accompanies))
    }
    assert asked - named == set()


@pytest.mark.parametrize("name", NEW)
def test_grave_decisions_ask_for_more(name):
    """Fewer may lower than raise, a waiver needs two, nobody closes, confirms or approves what is their own."""
    rules = whole(name).authority

    def of(command: str) -> list:
        return [rule for rule in rules if command in rule.commands]

    raising = {role for rule in of("change_level:raise") for role in rule.roles}
    lowering = {role for rule in of("change_level:lower") for role in rule.roles}
    assert lowering < raising
    assert not any(rule.break_glass for rule in of("change_level:lower"))
    assert any(rule.break_glass for rule in of("change_level:raise"))
    assert {(rule.n_of, rule.not_in_chain, rule.break_glass) for rule in of("waive")} == {(2, True, False)}
    assert {rule.different_actor for rule in of("close_review")} == {("resolve",)}
    assert {rule.different_actor for rule in of("confirm_warning")} == {("raise_warning",)}
    assert {rule.different_actor for rule in of("approve_plan")} == {("draft_plan", "revise_plan")}
    assert [rule.roles for rule in of("report")] == [(ANYONE,)]


@pytest.mark.parametrize("name", ADDING)
def test_a_plan_under_another_only_adds_to_it(name):
    """It replaces nothing of the general plan, and brings measures, obligations and drills of its own."""
    plan = Plan.shipped(name)
    general = Plan.shipped(plan.under)
    for section in ("categories", "levels", "roles", "measures", "resources", "authority", "audiences", "obligations"):
        theirs = {identity(part): part for part in getattr(general, section)}
        assert all(theirs.get(identity(part), part) == part for part in getattr(plan, section)), section
    assert plan.measures
    assert plan.obligations
    assert plan.drills
    assert plan.kind in {"special", "on_site"}


@pytest.mark.parametrize("name", ADDING)
def test_lint_finds_nothing_in_a_plan_under_another(name):
    """With the general plan it is sound, on a day soon after its inspections."""
    general = Plan.shipped("service-company")
    path = SHIPPED / f"{name}.toml"
    assert lint_file(path, today=date(2026, 11, 20), generals={general.name: general}) == ()


FIGURES = {
    "dora@1": {
        "initial": ["4 h after classified", "24 h after aware"],
        "intermediate": ["72 h after discharged"],
        "final": ["1 month after previous_report"],
    },
    "gdpr@1": {"notification": ["72 h after aware"]},
    "iso-10002@1": {"acknowledged": ["15 min after told"]},
    "network-security@1": {
        "initial": ["4 h after aware"],
        "initial_infrastructure": ["1 h after aware"],
        "to_state": ["30 min after discharged"],
    },
    "production-accident@1": {
        "initial": ["1 h after told"],
        "to_city": ["2 h after discharged"],
        "to_province": ["2 h after discharged"],
        "to_state": ["2 h after discharged"],
        "casualties": ["30 days after occurred", "30 days after discovered"],
    },
    "public-health@1": {
        "initial": ["2 h after aware"],
        "to_government": ["2 h after discharged"],
        "to_city": ["2 h after discharged"],
    },
}
"""Written by hand from the texts that the profiles cite."""


@pytest.mark.parametrize("name", FIGURES)
def test_a_profile_says_what_its_source_says(name):
    """The figures are those of the texts that it cites."""
    profile = read_profile(SHIPPED / "profiles" / f"{name}.toml")
    told = {one.id: [f"{clock.within} after {clock.from_}" for clock in one.due] for one in profile.obligations}
    assert {key: told[key] for key in FIGURES[name]} == FIGURES[name]


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_is_marked_and_cited(name):
    """Each says in its head and by a key that it is an example and no legal advice, and cites a source a duty."""
    path = SHIPPED / "profiles" / f"{name}.toml"
    profile = read_profile(path)
    assert f"{profile.name}@{profile.version}" == name
    assert path.read_text().startswith("# EXAMPLE, NOT LEGAL ADVICE.")
    assert profile.disclaimer.startswith("An example, not legal advice")
    assert profile.title.endswith("(example)")
    assert profile.sources
    assert all(one.source for one in profile.obligations)
    assert all("zh" in part.titles for _, part in parts(profile) if isinstance(part, Titled))


def test_every_profile_has_its_figures_here():
    """A profile that is added is compared with its source above."""
    assert sorted(FIGURES) == PROFILES


@pytest.mark.parametrize("path", sorted((SHIPPED / "calendars").glob("*.toml")), ids=lambda path: path.stem)
def test_a_shipped_calendar_is_read(path):
    """Each bears its name and version, and lists only days that change something."""
    calendar = read_calendar(path)
    assert f"{calendar.name}@{calendar.version}" == path.stem
    week = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    assert all(week[day.weekday()] in calendar.working_week for day in calendar.holidays)
    assert all(week[day.weekday()] not in calendar.working_week for day in calendar.workdays)


@pytest.mark.parametrize("level", [1, 2, 3, 4])
@pytest.mark.parametrize("name", COMPLETE)
def test_whoever_was_hit_is_owed_a_word(name, level):
    """At each level customers who were hit are owed a first contact before the review is closed, registered or not."""
    clock, who = ManualClock(), Actor("zhao.min", "commander")
    with engine_on(MemoryEventStore(clock=clock), clock, plans=[Plan.shipped(name)]) as engine:
        incident = engine.report(category="other", title="Queues in one shop", plan=name.partition("@")[0], actor=who)
        incident.assess(affected_customers=500, actor=who)
        incident.assign_level(level, basis="seen", actor=who)
        assert [one.done_at for one in incident.obligations() if one.obligation == "first_contact"] == [None]
        assert incident.parties() == {}
    duty = Plan.shipped(name).obligation("first_contact")
    assert (duty.act, duty.before) == ("contact_party", ("close_review",))
