"""The workflows and plans that an engine knows."""

from __future__ import annotations

import attrs
import pytest

from outline import OUTLINE
from respond.domain.references import Reference
from respond.engine.definitions import SHIPPED, Plans, Workflows
from respond.errors import InvalidPlan, InvalidWorkflow, PlanNotFound, WorkflowNotFound
from respond.plan.plan import Plan
from respond.workflow.incident import INCIDENT
from respond.workflow.plan_life import PLAN_LIFE
from respond.workflow.pool import POOL
from respond.workflow.warning import WARNING

PLAN = OUTLINE
SECOND = attrs.evolve(PLAN, version="2")
OTHER = attrs.evolve(PLAN, name="airport")


class TestPlans:
    """Plans by name and version."""

    def test_the_example_stands_in(self):
        """Without any plan the example is the default one, so that a first try needs none."""
        assert [plan.reference for plan in Plans()] == [Plan.example().reference]

    def test_the_first_is_the_default(self):
        """The first plan is the one that new incidents pin, and what was pinned by nobody is judged by."""
        plans = Plans([OTHER, PLAN])
        assert plans.default is plans.named(None) is plans.pinned(None) is OTHER

    def test_a_name_stands_for_its_last_version(self):
        """A name alone means the last of its versions that was given; with `@` the very version."""
        plans = Plans([PLAN, SECOND, OTHER])
        assert plans.named("service-company") is SECOND
        assert plans.named("service-company@1") is PLAN

    def test_the_same_plan_twice_is_one(self):
        """Giving the same content twice is no contradiction."""
        assert len(list(Plans([PLAN, OUTLINE]))) == 1

    def test_two_contents_under_one_name_are_refused(self):
        """Two plans with one name, one version and two contents contradict each other."""
        with pytest.raises(InvalidPlan, match="service-company@1; raise the version"):
            Plans([PLAN, attrs.evolve(PLAN, title="Changed")])

    def test_the_pinned_one_is_the_very_content(self):
        """A pin is kept by name, version and digest; the message says what is missing and what to do."""
        plans = Plans([PLAN])
        assert plans.pinned(PLAN.reference) is PLAN
        with pytest.raises(PlanNotFound, match="service-company@2 is pinned and was not given; open the engine"):
            plans.pinned(SECOND.reference)
        changed = Reference(PLAN.name, PLAN.version, "0" * 64)
        with pytest.raises(PlanNotFound, match=f"digest {PLAN.reference.digest[:12]}, pinned 000000000000"):
            plans.pinned(changed)


class TestWorkflows:
    """Workflows by the category of their streams."""

    def test_the_incident_is_always_there(self):
        """The workflows of incidents, warnings and plans need not be given, and may be."""
        assert list(Workflows()) == list(Workflows([INCIDENT])) == list(SHIPPED)
        assert list(Workflows())[:4] == [INCIDENT, WARNING, PLAN_LIFE, POOL]
        assert Workflows()["incident"] is Workflows().get("incident") is INCIDENT

    def test_two_for_one_category_are_refused(self):
        """A category belongs to one workflow: another one for it is refused."""
        with pytest.raises(InvalidWorkflow, match="incident@5 and accident@1 both claim the streams of 'incident'"):
            Workflows([attrs.evolve(INCIDENT, name="accident", version=1)])

    def test_the_newest_of_several_versions_stands_for_the_category(self):
        """Several versions of one workflow may be there, in whatever order they were given."""
        third = attrs.evolve(INCIDENT, version=99)
        known = Workflows([third, INCIDENT])
        assert known["incident"] is known.get("incident") is third
        assert list(known) == [INCIDENT, third, *SHIPPED[1:]]

    def test_an_unknown_category_is_named(self):
        """A category that no workflow claims is named, with those that are claimed."""
        assert Workflows().get("luggage") is None
        with pytest.raises(WorkflowNotFound, match="no workflow is registered for 'luggage'; registered are incident"):
            Workflows()["luggage"]
