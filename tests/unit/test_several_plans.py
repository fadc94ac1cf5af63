"""Several plans: which one an incident runs under, and what happens when another comes into force."""

from __future__ import annotations

from itertools import permutations

import attrs
import pytest

from engines import REPORTED, engine_on
from outline import OUTLINE
from respond.audit.check import check
from respond.domain.references import Reference
from respond.engine.definitions import Plans
from respond.errors import CommandRefused, InvalidPlan, PlanNotFound
from respond.plan.classification import Category
from respond.plan.composed import differences, together
from respond.plan.obligations import Clock, Obligation
from respond.plan.organisation import Role
from respond.plan.plan import Plan
from respond.plan.spans import Span
from respond.projections.replay import replay
from respond.projections.review import review
from respond.store.memory import MemoryEventStore
from respond.testing.conformance.samples import ManualClock
from respond.workflow.incident import INCIDENT
from respond.workflow.incident.plans import ActivatePlan, RebasePlan
from respond.workflow.plan_life.commands import ApprovePlan, DraftPlan

GENERAL = OUTLINE
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
SILENT = attrs.evolve(
    GENERAL,
    version="3",
    levels=tuple(attrs.evolve(level, owes_upward_report=False) for level in GENERAL.levels),
)
"""Owes no upward report."""
PLANS = (GENERAL, NETWORK, HARBOUR, SILENT, SECOND, FIRE)


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

    def test_who_names_another_plan_says_why(self, engine):
        """A plan that is named is taken, whatever else fits; the review lists what was passed over, and why."""
        told = {"category": "network", "title": "Down", "plan": "fire"}
        with pytest.raises(CommandRefused) as caught:
            engine.report(**told, plan_reason=" ")
        (refusal,) = caught.value.refusals
        assert (refusal.code, refusal.text) == (
            "plan-reason-missing",
            "category, site and unit choose the plan network@1; leave fire@1 out, or say why it is that one",
        )
        incident = engine.report(**told, plan_reason="the server room burns")
        assert str(incident.state().plan) == "fire@1"
        (deviation,) = incident.review().deviations
        assert (deviation.code, deviation.citation.position) == ("plan-passed-over", 1)
        assert deviation.text == "reported under fire@1, not under network@1: the server room burns"

    def test_who_names_the_chosen_plan_needs_no_reason(self, engine):
        """It is the one that the incident would run under anyway: nothing was passed over."""
        incident = engine.report(category="network", title="Down", plan="network")
        assert incident.events()[0].data.passed_over is None
        assert incident.review().deviations == ()

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


FLOOD = attrs.evolve(NETWORK, name="flood", under="fire", covers=("fire",), obligations=())
LATER = attrs.evolve(FIRE, version="2", roles=(*FIRE.roles, Role(id="diver", title="Diver")))


class TestVersionsOfTheOneAbove:
    """A special plan pins what it was taken together with."""

    @pytest.mark.parametrize("order", list(permutations((FIRE, LATER, FLOOD))), ids=lambda order: order[0].name)
    def test_an_incident_keeps_what_it_pinned(self, order):
        """Whatever versions are given later and in which order, an old incident is read under what it pinned."""
        clock = ManualClock()
        store = MemoryEventStore(clock=clock)
        old = engine_on(store, clock, plans=[FIRE, FLOOD]).report(**REPORTED, plan="flood", plan_reason="asked for")
        engine = engine_on(store, clock, plans=order, seed=1)
        assert engine.incident(old.id).state().plan == old.state().plan
        assert engine.plans.in_force(old.events()).role("diver") is None
        engine.incident(old.id).assess(injured=0)
        later = engine.report(**REPORTED, plan="flood", plan_reason="asked for")
        last = [plan.version for plan in order if plan.name == "fire"][-1]
        assert (engine.plans.in_force(later.events()).role("diver") is not None) == (last == "2")
        totals = engine.replay()
        assert (totals.findings, totals.plans_missing, totals.failures) == ((), {}, ())
        assert check(store, plans=order).plans_missing == {}

    def test_what_is_not_given_is_missed(self):
        """The control: without the version that was pinned the answer names the plan."""
        clock = ManualClock()
        store = MemoryEventStore(clock=clock)
        old = engine_on(store, clock, plans=[FIRE, FLOOD]).report(**REPORTED, plan="flood", plan_reason="asked for")
        engine = engine_on(store, clock, plans=[LATER, FLOOD], seed=1)
        with pytest.raises(PlanNotFound, match="the pinned content and of those that it is under"):
            engine.incident(old.id).assess(injured=0)
        assert engine.replay().plans_missing == {"flood@1": 1}

    def test_an_auditor_finds_the_parts(self, engine):
        """What an incident pins leads to the plans by whose digests their own lives approve them."""
        incident = engine.report(**REPORTED, plan="harbour", plan_reason="asked for")
        parts = engine.plans.parts(incident.state().plan)
        assert parts == (HARBOUR.reference, NETWORK.reference, SECOND.reference)
        assert incident.state().plan not in parts
        assert engine.plans.parts(GENERAL.reference) == (GENERAL.reference,)

    def test_a_special_plan_is_activated_by_its_own_digest_too(self, engine):
        """The digest that its own life knows means the plan with what it is under; that is what is recorded."""
        incident = engine.report(**REPORTED)
        incident.execute(ActivatePlan(plan=NETWORK.reference, reason="the line is cut"))
        assert incident.state().activated == (engine.plans.named("network").reference,)
        assert incident.execute(ActivatePlan(plan=NETWORK.reference, reason="again")).events == ()


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


def resolved(engine, *plans):
    """Return an incident of level 1 that was resolved without an upward report, rebased to each of *plans* before."""
    incident = engine.report(**REPORTED)
    incident.assess(affected_customers=9000)
    incident.assign_level(1, basis="many")
    incident.start_response()
    for plan in plans:
        incident.rebase_plan(plan, reason="as it stands now")
    incident.resolve(resolution="restarted")
    return incident


class TestJudging:
    """An audit asks of each step what the plan asked that was in force at it."""

    def test_what_the_new_version_allows_is_no_deviation(self, engine):
        """Nothing is found in a log whose every command was allowed."""
        incident = resolved(engine, "service-company@3")
        assert engine.replay().findings == ()
        assert check(engine.store, plans=PLANS).deviations == {}
        assert incident.review().deviations == ()

    def test_what_the_plan_forbids_that_was_in_force_is_found(self, engine):
        """The control: the very same log, read where the new version asks what the first one asked, is found wrong."""
        incident = resolved(engine, "service-company@3")
        strict = [plan for plan in PLANS if plan is not SILENT]
        same = attrs.evolve(SILENT, levels=GENERAL.levels)
        silent = Reference(same.name, same.version, SILENT.reference.digest)
        object.__setattr__(same, "reference", silent)
        found = replay(engine.reader.log(), workflows=[INCIDENT], plans=[*strict, same]).totals()
        assert found.findings_by_code == {"upward-report-owed": 1}
        assert review(incident.events(), plan=same, plans=strict).deviations[0].code == "upward-report-owed"

    def test_a_step_before_the_change_is_judged_by_what_was_in_force_then(self, engine):
        """A later version excuses nothing that came before it."""
        incident = resolved(engine, "service-company@3")
        incident.rebase_plan("service-company@1", reason="the new one was withdrawn")
        assert engine.replay().findings == ()

    def test_an_activated_plan_that_was_not_given_leaves_the_table_to_judge(self, engine):
        """The answer says which plan is missing, and steps after its activation are judged by the table alone."""
        incident = engine.report(**REPORTED)
        incident.activate_plan("fire", reason="it burns")
        events = tuple(engine.reader.log())
        known = replay(events, workflows=[INCIDENT], plans=PLANS).totals()
        unknown = replay(events, workflows=[INCIDENT], plans=[GENERAL]).totals()
        assert (known.plans_missing, unknown.plans_missing) == ({}, {"fire@1": 1})
        assert incident.id


def test_plans_that_agree_differ_in_nothing():
    """The control: a plan and itself, and plans with other ids, have no differences."""
    assert differences(GENERAL, GENERAL) == ()
    assert differences(GENERAL, attrs.evolve(FIRE, roles=FIRE.roles[:1])) == ()


def test_upkeep_of_every_plan(engine):
    """Each plan that was given is listed with where its life stands, the special ones by themselves."""
    engine.execute("plan", "fire", DraftPlan(draft=FIRE.reference))
    engine.execute("plan", "fire", ApprovePlan(approved=FIRE.reference))
    told = {str(one.plan): (one.state, [due.what for due in one.overdue]) for one in engine.upkeep()}
    assert list(told) == [str(plan.reference) for plan in PLANS]
    assert (told["fire@1"], told["network@1"]) == (("approved", []), ("new", ["approval"]))
