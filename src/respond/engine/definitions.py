"""The workflows and plans that an engine knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from respond.domain.events import Event, EventTypes
from respond.domain.references import Reference
from respond.errors import InvalidPlan, InvalidWorkflow, PlanNotFound, WorkflowNotFound
from respond.plan.composed import SPECIAL, composed, together
from respond.plan.plan import Plan
from respond.workflow.incident import INCIDENT
from respond.workflow.incident.plans import PlanActivated, PlanRebased
from respond.workflow.plan_life import PLAN_LIFE
from respond.workflow.warning import WARNING
from respond.workflow.workflow import Workflow


class Workflows:
    """Workflows by the category of their streams; those of incidents, warnings and plans are always among them."""

    def __init__(self, workflows: Iterable[Workflow] = ()) -> None:
        self._by_category: dict[str, Workflow] = {}
        self.event_types = EventTypes()
        for workflow in (INCIDENT, WARNING, PLAN_LIFE, *workflows):
            known = self._by_category.get(workflow.category)
            if known is not None and known.reference != workflow.reference:
                raise InvalidWorkflow(
                    f"{known.reference} and {workflow.reference} both claim the streams of {workflow.category!r}"
                )
            self._by_category[workflow.category] = workflow
            self.event_types = self.event_types.union(workflow.event_types)

    def __getitem__(self, category: str) -> Workflow:
        workflow = self._by_category.get(category)
        if workflow is None:
            known = ", ".join(self._by_category)
            raise WorkflowNotFound(f"no workflow is registered for {category!r}; registered are {known}")
        return workflow

    def get(self, category: str) -> Workflow | None:
        return self._by_category.get(category)

    def __iter__(self) -> Iterator[Workflow]:
        return iter(self._by_category.values())


class Plans:
    """Plans by name and version; the first is the one that new incidents pin.

    A special plan is taken together with the one that it is under, the last that was given of that name.
    """

    def __init__(self, plans: Iterable[Plan] = ()) -> None:
        self._plans: dict[tuple[str, str], Plan] = {}
        self._together: dict[tuple[Reference | None, tuple[Reference, ...]], Plan] = {}
        given = tuple(plans) or (Plan.example(),)
        by_name = {plan.name: plan for plan in given}
        for plan in given:
            whole = _whole(plan, by_name)
            known = self._plans.setdefault((plan.name, plan.version), whole)
            if known.reference != whole.reference:
                raise InvalidPlan(f"two plans with different content are called {plan.reference}; raise the version")
        self.by_reference: Mapping[Reference, Plan] = {plan.reference: plan for plan in self}

    @property
    def default(self) -> Plan:
        return next(iter(self._plans.values()))

    def named(self, name: str | None) -> Plan:
        """Return the plan called *name* or `name@version`; the default one when *name* is None."""
        if name is None:
            return self.default
        for plan in reversed(self._plans.values()):
            if name in (plan.name, str(plan.reference)):
                return plan
        raise PlanNotFound(f"no plan is called {name!r}; there are {', '.join(str(plan.reference) for plan in self)}")

    def pinned(self, reference: Reference | None) -> Plan:
        """Return the very plan that *reference* pins; the default one when nothing was pinned."""
        if reference is None:
            return self.default
        plan = self._plans.get((reference.name, reference.version))
        if plan is None:
            raise PlanNotFound(f"the plan {reference} is pinned and was not given; open the engine with it")
        if plan.reference.digest != reference.digest:
            raise PlanNotFound(
                f"the plan {reference} that was given has another content than the pinned one "
                f"(digest {plan.reference.digest[:12]}, pinned {reference.digest[:12]}); give the pinned content"
            )
        return plan

    def chosen(self, *, category: str, site: str | None = None, unit: str | None = None) -> Plan:
        """Return the plan for such an incident: the most special that covers it, the first of them; else the default.

        An on-site plan goes before a special one, and that before a general one.
        """
        fitting = [plan for plan in self if plan.fits(category=category, site=site, unit=unit)]
        return max(fitting, key=lambda plan: SPECIAL[plan.kind], default=self.default)

    def in_force(self, history: Sequence[Event]) -> Plan:
        """Return the plan that is in force after *history*: what it pins, rebased, with what was activated since.

        Raises `PlanNotFound`.
        """
        pinned = history[0].plan if history else None
        activated: list[Reference] = []
        for event in history:
            if type(event.data) is PlanRebased:
                pinned = event.data.plan
            elif type(event.data) is PlanActivated:
                activated.append(event.data.plan)
        return self._composed(pinned, tuple(activated)) if activated else self.pinned(pinned)

    def _composed(self, pinned: Reference | None, activated: tuple[Reference, ...]) -> Plan:
        key = (pinned, activated)
        if key not in self._together:
            plan = self.pinned(pinned)
            for one in activated:
                plan = together(plan, self.pinned(one))
            self._together[key] = plan
        return self._together[key]

    def __iter__(self) -> Iterator[Plan]:
        return iter(self._plans.values())


def _whole(plan: Plan, by_name: Mapping[str, Plan], below: tuple[str, ...] = ()) -> Plan:
    """Return *plan* with what it takes from the one that it is under; raises `InvalidPlan` without that."""
    if plan.under is None:
        return plan
    general = by_name.get(plan.under)
    if general is None:
        raise InvalidPlan(
            f"{plan.reference} is under the plan {plan.under!r}, which was not given; give both",
            place="under",
            value=plan.under,
            flaw="general-plan-missing",
        )
    if plan.name in below:
        raise InvalidPlan(f"{plan.name!r} is under itself, by way of {general.name!r}", place="under", value=plan.under)
    return composed(plan, _whole(general, by_name, (*below, plan.name)))
