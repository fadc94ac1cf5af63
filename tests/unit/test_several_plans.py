"""Several plans: which one an incident runs under, and what happens when another comes into force."""

from __future__ import annotations

import attrs
import pytest

from engines import REPORTED, engine_on
from respond.domain.references import Reference
from respond.engine.definitions import Plans
from respond.errors import CommandRefused, InvalidPlan, PlanNotFound
from respond.plan.classification import Category
from respond.plan.composed import differences, together
from respond.plan.obligations import Clock, Obligation
from respond.plan.organisation import Role
from respond.plan.plan import Plan
from respond.plan.spans import Span
from respond.store.memory import MemoryEventStore
from respond.testing.conformance.samples import ManualClock
from respond.workflow.incident.plans import ActivatePlan, RebasePlan

GENERAL = Plan.example()
NETWORK = Plan(
    name="network",
    version="1",
    kind="special",
    under="service-company",
    covers=("technical_failure",),
    roles=(Role(id="engineer", title="Engineer"), Role(id="reviewer", title="Reviewer of networks")),
    obligations=(
        Obligation(id="trace", title="Trace it", act="fulfil", due=(Clock(from_="told", within=Span(1, "hour")),)),
    ),
)
HARBOUR = Plan(
    name="harbour",
    version="1",
    kind="on_site",
    under="network",
    sites=("Harbour mall",),
    units=("retail",),
    covers=("technical_failure", "facility_failure"),
    roles=(Role(id="porter", title="Porter"),),
)
SECOND = attrs.evolve(GENERAL, version="2", roles=GENERAL.roles[:-1])
FIRE = attrs.evolve(
    GENERAL,
    name="fire",
    version="1",
    roles=(Role(id="warden", title="Warden"), Role(id="commander", title="Chief")),
    categories=(*GENERAL.categories, Category(id="fire", title="Fire")),
    covers=("fire",),
)
PLANS = (GENERAL, NETWORK, HARBOUR, SECOND, FIRE)


@pytest.fixture
def engine():
    """An engine on an empty log in memory, with several plans."""
    clock = ManualClock()
    return engine_on(MemoryEventStore(clock=clock), clock, plans=PLANS)


class TestChoice:
    """Which plan a new incident pins."""

    @pytest.mark.parametrize(
        ("category", "where", "name"),
        [
            ("facility_failure", {}, "service-company@1"),
            ("technical_failure", {}, "network@1"),
            ("network", {}, "network@1"),
            ("network", {"site": "Harbour mall"}, "network@1"),
            ("network", {"site": "Harbour mall", "unit": "retail"}, "harbour@1"),
            ("facility_failure", {"site": "Harbour mall", "unit": "retail"}, "harbour@1"),
            ("network", {"site": "Airport", "unit": "retail"}, "network@1"),
            ("other", {"site": "Harbour mall", "unit": "retail"}, "service-company@1"),
            ("fire", {}, "fire@1"),
        ],
    )
    def test_the_most_special_that_fits(self, engine, category, where, name):
        """An on-site plan goes before a special one, and that before a general one, each where it is for the case."""
        incident = engine.report(category=category, title="Down", **where)
        assert str(incident.state().plan) == name

    def test_who_names_a_plan_gets_it(self, engine):
        """A plan that is named is taken, whatever else fits."""
        assert str(engine.report(category="network", title="Down", plan="fire").state().plan) == "fire@1"

    def test_what_fits_nowhere_gets_the_first(self, engine):
        """Where no plan is for the category, the first one says that it does not know it."""
        with pytest.raises(CommandRefused, match="is not a category of the plan service-company@1"):
            engine.report(category="earthquake", title="Shaking")


class TestWhole:
    """A special plan is taken together with the one that it is under."""

    def test_it_has_what_it_takes_from_above(self):
        """What it leaves out stands in the plan that it is under, and in the one above that; its digest covers both."""
        plans = Plans(PLANS)
        network, harbour = plans.named("network"), plans.named("harbour")
        assert network.role("reviewer").title == harbour.role("reviewer").title == "Reviewer of networks"
        assert {"engineer", "porter", "commander"} <= {role.id for role in harbour.roles}
        assert (len(harbour.levels), harbour.obligation("trace").title) == (4, "Trace it")
        assert network.reference.digest != NETWORK.reference.digest

    def test_the_last_version_of_the_one_above_counts(self):
        """Of several versions of the general plan, the one that was given last is meant."""
        assert Plans([GENERAL, NETWORK, SECOND]).named("network") == Plans([SECOND, NETWORK]).named("network")

    def test_plans_of_plans_are_the_same(self):
        """Plans that are whole are taken as they are."""
        plans = Plans(PLANS)
        assert list(Plans(plans)) == list(plans)

    def test_a_plan_whose_general_one_is_missing_is_refused(self):
        """What is under a plan that was not given is no whole plan."""
        with pytest.raises(InvalidPlan, match="network@1 is under the plan 'service-company', which was not given"):
            Plans([FIRE, NETWORK])

    def test_plans_under_each_other_are_refused(self):
        """A circle of plans has no whole."""
        with pytest.raises(InvalidPlan, match="'network' is under itself, by way of 'harbour'"):
            Plans([attrs.evolve(NETWORK, under="harbour"), HARBOUR])


class TestActivation:
    """A further plan comes into force."""

    def test_it_adds_its_parts(self, engine):
        """Roles, obligations and categories of the further plan hold from then on; the pinned plan stays the first."""
        incident = engine.report(**REPORTED)
        incident.activate_plan("fire", reason="it burns")
        assert incident.state().activated == (FIRE.reference,)
        assert str(incident.state().plan) == "service-company@1"
        incident.assign_role("warden", "li.na")
        incident.recategorise("fire", reason="it burns")
        assert incident.state().category == "fire"

    def test_what_differs_is_recorded(self, engine):
        """Where both hold a part under one id with other content, the first plan's counts, and the event says so."""
        incident = engine.report(**REPORTED)
        incident.activate_plan("fire", reason="it burns")
        assert incident.events()[-1].data.differences == ("roles commander",)
        assert engine.plans.in_force(incident.events()).role("commander").title == "Commander"

    def test_the_more_special_plan_counts(self, engine):
        """A special plan counts where it says something else than the general one, in whatever order they came."""
        network = engine.plans.named("network")
        incident = engine.report(**REPORTED)
        incident.activate_plan("network", reason="the line is cut")
        assert incident.events()[-1].data.differences == ("roles reviewer",)
        assert engine.plans.in_force(incident.events()).role("reviewer").title == "Reviewer of networks"
        assert together(network, GENERAL).roles[-1:] == together(GENERAL, network).roles[-1:]
        assert [one.obligation for one in incident.obligations()] == ["trace"]

    def test_activating_twice_is_done_already(self, engine):
        """The same plan once more causes nothing; the pinned one is refused."""
        incident = engine.report(**REPORTED)
        incident.activate_plan("fire", reason="it burns")
        assert incident.activate_plan("fire", reason="it burns").events == ()
        with pytest.raises(CommandRefused, match="plan-in-force"):
            incident.activate_plan("service-company@1", reason="again")

    def test_it_asks_nobody_who_is_not_there(self, engine):
        """A plan that the engine was not given is refused, by name and as a command, and the incident goes on."""
        incident = engine.report(**REPORTED)
        with pytest.raises(PlanNotFound, match="no plan is called 'flood'"):
            incident.activate_plan("flood", reason="water")
        unknown = Reference("flood", "1", "0" * 64)
        for command in (ActivatePlan(plan=unknown, reason="water"), RebasePlan(plan=unknown, reason="water")):
            with pytest.raises(CommandRefused, match="plan-unknown"):
                incident.execute(command)
        assert incident.assess(injured=0).events


class TestRebase:
    """Another version comes into force."""

    def test_it_is_explicit(self, engine):
        """An incident stays with the version that it pinned until somebody says otherwise; what was activated stays."""
        incident = engine.report(**REPORTED)
        incident.activate_plan("fire", reason="it burns")
        incident.assign_role("reviewer", "li.na")
        incident.rebase_plan("service-company@2", reason="there are no reviewers any more")
        rebased = incident.events()[-1].data
        assert (rebased.previous, rebased.plan) == (GENERAL.reference, SECOND.reference)
        assert (incident.state().plan, incident.state().activated) == (SECOND.reference, (FIRE.reference,))
        with pytest.raises(CommandRefused, match="role-not-in-plan"):
            incident.assign_role("reviewer", "wu.bo")
        incident.assign_role("warden", "wu.bo")
        assert incident.review().plan == SECOND.reference

    def test_twice_is_done_already(self, engine):
        """The version in force is in force already."""
        incident = engine.report(**REPORTED)
        assert incident.rebase_plan("service-company@1", reason="again").events == ()

    def test_the_same_command_id_finds_it(self, engine):
        """A retry is decided under the plan that was in force then."""
        incident = engine.report(**REPORTED)
        first = incident.rebase_plan("service-company@2", reason="new", command_id="rebase-1")
        again = incident.rebase_plan("service-company@2", reason="new", command_id="rebase-1")
        assert again == attrs.evolve(first, replayed=True)


def test_plans_that_agree_differ_in_nothing():
    """The control: a plan and itself, and plans with other ids, have no differences."""
    assert differences(GENERAL, GENERAL) == ()
    assert differences(GENERAL, attrs.evolve(FIRE, roles=FIRE.roles[:1])) == ()
