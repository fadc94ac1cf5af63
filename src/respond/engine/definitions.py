"""The workflows and plans that an engine knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import attrs

from respond.domain.events import Event, EventTypes
from respond.domain.references import Reference
from respond.errors import InvalidPlan, PlanNotFound, WorkflowNotFound
from respond.plan.choice import chosen
from respond.plan.composed import all_together, composed
from respond.plan.plan import Plan
from respond.workflow.accountability import ACCOUNTABILITY
from respond.workflow.action import ACTION
from respond.workflow.definition import Handler, trigger_of
from respond.workflow.drill import DRILL
from respond.workflow.incident import INCIDENT
from respond.workflow.incident.commands import ReportIncident
from respond.workflow.incident.events import PlanActivated, PlanRebased
from respond.workflow.lesson import LESSON
from respond.workflow.migration import governing
from respond.workflow.party import PARTY
from respond.workflow.plan_life import PLAN_LIFE
from respond.workflow.pool import POOL
from respond.workflow.versions import Versions, by_category
from respond.workflow.warning import WARNING
from respond.workflow.workflow import Workflow

SHIPPED: tuple[Workflow, ...] = (INCIDENT, WARNING, PLAN_LIFE, POOL, PARTY, ACTION, ACCOUNTABILITY, LESSON, DRILL)
"""The workflows that every engine knows."""


class Workflows:
    """Workflows by the category of their streams; those that are *shipped* are among them.

    Of one workflow there may be several versions.  Raises `InvalidWorkflow` when two claim one category, when two
    with different content have one name and version, and when the newest cannot fold what another one records.
    """

    def __init__(self, workflows: Iterable[Workflow] = (), *, shipped: Iterable[Workflow] = SHIPPED) -> None:
        self.versions: Mapping[str, Versions] = by_category((*shipped, *workflows))
        """The versions of each workflow, by category."""
        self.event_types = EventTypes()
        for workflow in self:
            self.event_types = self.event_types.union(workflow.stream_types)

    def __getitem__(self, category: str) -> Workflow:
        """Return the newest version of the workflow of *category*: it folds all of its streams."""
        return self._versions(category).newest

    def get(self, category: str) -> Workflow | None:
        versions = self.versions.get(category)
        return None if versions is None else versions.newest

    def deciding(self, category: str, history: Sequence[Event]) -> Workflow:
        """Return the definition that decides for an aggregate of *category* with this *history*.

        That is the version which the history names; the newest for what is new, and where that version is not
        registered.  Raises `InvalidWorkflow` when it is registered with another content than the history names.
        """
        return self._versions(category).deciding(governing(history))

    def handler_of(self, category: str, command: object) -> Handler:
        """Return the handler of *command* in the newest version that has one; raises `WorkflowNotFound`."""
        return self._with(category, trigger_of(type(command))).handler(command)

    def handler_for(self, category: str, trigger: str) -> Handler:
        """Return the handler of *trigger* in the newest version that has one; raises `WorkflowNotFound`."""
        return self._with(category, trigger).handler_for(trigger)

    def _with(self, category: str, trigger: str) -> Workflow:
        """Return the newest version that has *trigger*, the newest of all where none has."""
        having = [one for one in self._versions(category) if trigger in one.handler_of]
        return having[-1] if having else self[category]

    def _versions(self, category: str) -> Versions:
        versions = self.versions.get(category)
        if versions is None:
            known = ", ".join(self.versions)
            raise WorkflowNotFound(f"no workflow is registered for {category!r}; registered are {known}")
        return versions

    def __iter__(self) -> Iterator[Workflow]:
        """Yield every version of every workflow, the newest last."""
        return (workflow for versions in self.versions.values() for workflow in versions)


class Plans:
    """Plans by name and version; the first is the one that new incidents pin.

    A special plan is taken together with the one that it is under: for new incidents with the last that was given of
    that name, for those that pinned it with an earlier one, with that.
    """

    def __init__(self, plans: Iterable[Plan] = ()) -> None:
        self._plans: dict[tuple[str, str], Plan] = {}
        self._parts: dict[Reference, tuple[Reference, ...]] = {}
        self._together: dict[tuple[Reference | None, tuple[Reference, ...]], Plan] = {}
        every: dict[Reference, Plan] = {}
        own: dict[Reference, Plan] = {}
        self.given: tuple[Plan, ...] = tuple(plans) or (Plan.example(),)
        """As they were given: a special plan without what it is under."""
        given = self.given
        by_name: dict[str, list[Plan]] = {}
        for plan in given:
            by_name.setdefault(plan.name, []).append(plan)
        for plan in given:
            wholes = tuple(_wholes(plan, by_name))
            for whole, parts in wholes:
                every.setdefault(whole.reference, whole)
                self._parts.setdefault(whole.reference, parts)
            first = wholes[0][0]
            known = self._plans.setdefault((plan.name, plan.version), first)
            if known.reference != first.reference:
                raise InvalidPlan(f"two plans with different content are called {plan.reference}; raise the version")
            own.setdefault(plan.reference, first)
        self.every: tuple[Plan, ...] = tuple(every.values())
        """Every plan that an aggregate may pin: a special plan once for each version of the one that it is under."""
        self.by_reference: Mapping[Reference, Plan] = {**own, **every}
        """Every plan by what pins it; a special plan also by the digest of what it says itself."""

    @classmethod
    def of(cls, plans: Iterable[Plan]) -> Plans:
        """Return *plans* as they are when they are known already."""
        return plans if isinstance(plans, Plans) else cls(plans)

    def parts(self, reference: Reference) -> tuple[Reference, ...]:
        """Return the plans whose content *reference* pins, as their own lives name them: itself, what it is under, ...

        Raises `PlanNotFound` for one that was not given.
        """
        return self._parts[self.pinned(reference).reference]

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
        found = self.by_reference.get(reference)
        if found is not None:
            return found
        plan = self._plans.get((reference.name, reference.version))
        if plan is None:
            raise PlanNotFound(f"the plan {reference} is pinned and was not given; open the engine with it")
        under = " and of those that it is under" if len(self._parts[plan.reference]) > 1 else ""
        raise PlanNotFound(
            f"the plan {reference} that was given has another content than the pinned one "
            f"(digest {plan.reference.digest[:12]}, pinned {reference.digest[:12]}); give the pinned content{under}"
        )

    def chosen(self, *, category: str, site: str | None = None, unit: str | None = None) -> Plan:
        """Return the plan for such an incident: the most special that fits it, the first of them; else the default."""
        return chosen(self, category=category, site=site, unit=unit)

    def asked(self, command: object, name: str | None) -> tuple[object, Plan | None]:
        """Return *command*, and the plan called *name* if one is named; raises `PlanNotFound`.

        A report goes under the one that is chosen for it, else it says which one is passed over.
        """
        named = None if name is None else self.named(name)
        if not isinstance(command, ReportIncident):
            return command, named
        choice = self.chosen(category=command.category, site=command.site, unit=command.unit)
        if named is None or named.reference == choice.reference:
            return command, choice
        return attrs.evolve(command, passed_over=choice.reference), named

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

    def pinning(self, plan: Plan) -> Reference:
        """Return what an aggregate pins that begins under *plan*: of several together the one that was there first."""
        for (pinned, _), together in self._together.items():
            if together is plan:
                return self.pinned(pinned).reference
        return plan.reference

    def _composed(self, pinned: Reference | None, activated: tuple[Reference, ...]) -> Plan:
        key = (pinned, activated)
        if key not in self._together:
            self._together[key] = all_together(self.pinned(pinned), map(self.pinned, activated))
        return self._together[key]

    def __iter__(self) -> Iterator[Plan]:
        return iter(self._plans.values())


def _wholes(
    plan: Plan, by_name: Mapping[str, Sequence[Plan]], below: tuple[str, ...] = ()
) -> Iterator[tuple[Plan, tuple[Reference, ...]]]:
    """Yield *plan* with what it takes from the one that it is under, the last version first, and the parts of it.

    Raises `InvalidPlan` without that one.
    """
    if plan.under is None:
        yield plan, (plan.reference,)
        return
    generals = by_name.get(plan.under)
    if generals is None:
        raise InvalidPlan(
            f"{plan.reference} is under the plan {plan.under!r}, which was not given; give both",
            place="under",
            value=plan.under,
            flaw="general-plan-missing",
        )
    if plan.name in below:
        text = f"{plan.name!r} is under itself, by way of {plan.under!r}"
        raise InvalidPlan(text, place="under", value=plan.under)
    for general in reversed(generals):
        for above, parts in _wholes(general, by_name, (*below, plan.name)):
            yield composed(plan, above), (plan.reference, *parts)
