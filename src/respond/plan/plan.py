"""The contingency plan: frozen, named, versioned and hashed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self

import attrs

from respond.domain.canonical import digest
from respond.domain.payloads import to_data
from respond.domain.references import Reference
from respond.errors import InvalidPlan
from respond.plan.access import AccessRule
from respond.plan.activation import Activation
from respond.plan.authority import AuthorityRule
from respond.plan.calendars import EVERY_DAY, Calendar
from respond.plan.chains import refuse_unknown, refuse_unsound
from respond.plan.classification import Category, Facet, Level, ResponseLevel
from respond.plan.communication import Audience, Channel, KeyMessage, NoticeRule, Stage
from respond.plan.conditions import Condition
from respond.plan.contents import contents
from respond.plan.customer_care import CustomerCare
from respond.plan.extension import ExtensionField
from respond.plan.fields import refuse_misfits
from respond.plan.follow_up import FollowUp
from respond.plan.implied import implied
from respond.plan.measures import Measure
from respond.plan.obligations import Obligation
from respond.plan.organisation import Body, Department, Duty, Member, Role, TeamTemplate, Training
from respond.plan.promises import promise_of
from respond.plan.reader import SHIPPED, read_plan, shipped_plan
from respond.plan.resources import Partner, Resource
from respond.plan.uncounted import refuse_uncounted
from respond.plan.upkeep import DrillRule, Indicator, ReviewRules, Revision, Risk, Task

_SECTIONS = (
    "categories",
    "facets",
    "response_levels",
    "extension_fields",
    "roles",
    "departments",
    "bodies",
    "duties",
    "teams",
    "trainings",
    "roster",
    "authority",
    "access",
    "measures",
    "resources",
    "partners",
    "audiences",
    "channels",
    "key_messages",
    "notices",
    "obligations",
    "risks",
    "indicators",
    "tasks",
    "drills",
)
"""The sections whose parts have an id."""
DEPTH_MAX = 20
"""The most categories in one line, each of which refines the next; two are enough for people."""
NAME_MAX = 100
"""The most characters of a plan's name, and of its version."""
OTHER = "other"
"""The residual category that every plan has: reality is wider than any list."""


@attrs.frozen(kw_only=True, slots=False)
class Plan:
    """A contingency plan in one version."""

    name: str
    version: str
    title: str = ""
    titles: Mapping[str, str] = attrs.field(factory=dict)
    """In other languages than its own, by their tag."""
    language: str = "en"
    """The language of its titles and texts."""
    kind: Literal["general", "special", "on_site"] = "general"
    """What it is in a system of plans (GB/T 29639: 综合, 专项, 现场处置)."""
    under: str | None = None
    """The name of the plan that a special or an on-site plan adds to: what it leaves out stands there."""
    owner: str = ""
    """Who interprets it."""
    purpose: str = ""
    scope: str = ""
    sites: tuple[str, ...] = ()
    """The sites that it is for; all when empty."""
    units: tuple[str, ...] = ()
    """The parts of the organisation that it is for; all when empty."""
    covers: tuple[str, ...] = ()
    """The categories that it is for, with those that refine them; all that it holds when empty."""
    activation: Activation | None = None
    """When it comes into force by itself besides another plan; by decision only when None."""
    profiles: tuple[str, ...] = ()
    """The obligation profiles whose obligations it holds besides its own, each as `name@version`."""

    categories: tuple[Category, ...] = ()
    """With one that is `other`."""
    facets: tuple[Facet, ...] = ()
    levels: tuple[Level, ...] = ()
    """Ordered from 1, without gaps."""
    response_levels: tuple[ResponseLevel, ...] = ()
    """The strongest first."""
    extension_fields: tuple[ExtensionField, ...] = ()

    roles: tuple[Role, ...] = ()
    """One with the id `commander`: whoever takes command fills that one, whatever it is called elsewhere."""
    departments: tuple[Department, ...] = ()
    bodies: tuple[Body, ...] = ()
    duties: tuple[Duty, ...] = ()
    teams: tuple[TeamTemplate, ...] = ()
    trainings: tuple[Training, ...] = ()
    roster: tuple[Member, ...] = ()
    """Who can be called."""
    authority: tuple[AuthorityRule, ...] = ()
    """Who may do what.  What no rule names nobody may do; but without any rule at all everybody may do everything."""
    access: tuple[AccessRule, ...] = ()
    """Who is shown what.  Whom no rule names sees nothing; but without any rule at all everybody sees everything."""

    measures: tuple[Measure, ...] = ()
    resources: tuple[Resource, ...] = ()
    partners: tuple[Partner, ...] = ()
    audiences: tuple[Audience, ...] = ()
    channels: tuple[Channel, ...] = ()
    key_messages: tuple[KeyMessage, ...] = ()
    """The drafts of what is said with one voice (统一口径), by stage."""
    notices: tuple[NoticeRule, ...] = ()
    """The communication matrix: who tells whom inside, by which channel; everybody may tell everybody when empty."""
    customer_care: CustomerCare | None = None
    obligations: tuple[Obligation, ...] = ()
    calendars: tuple[Calendar, ...] = ()

    risks: tuple[Risk, ...] = ()
    indicators: tuple[Indicator, ...] = ()
    review: ReviewRules | None = None
    follow_up: FollowUp | None = None
    tasks: tuple[Task, ...] = ()
    """What is to be done so that it can be carried out."""
    drills: tuple[DrillRule, ...] = ()
    revision: Revision | None = None

    def __attrs_post_init__(self) -> None:
        for key in ("name", "version"):
            _names(key, getattr(self, key))
        for section in _SECTIONS:
            _unique(section, [part.id for part in getattr(self, section)])
        parents = {category.id: category.parent for category in self.categories}
        if OTHER not in parents and self.under is None:
            raise InvalidPlan(
                f"must hold the residual category {OTHER!r}", place="categories", flaw="category-other-missing"
            )
        for index, category in enumerate(self.categories if self.under is None else ()):
            _refines(parents, category, f"categories[{index}].parent")
        if not self.levels and self.under is None:
            raise InvalidPlan("must hold at least one level; write [[levels]]", place="levels", flaw="level-gap")
        for index, level in enumerate(self.levels if self.under is None else ()):
            if level.number != index + 1:
                raise InvalidPlan(
                    f"is {level.number}, must be {index + 1}: levels are numbered 1, 2, 3 … in order, 1 is the worst",
                    place=f"levels[{index}].number",
                    value=level.number,
                    flaw="level-gap",
                )
        refuse_uncounted(self)
        _unique("calendars", [calendar.name for calendar in self.calendars], key="name")
        if self.under is None:
            refuse_misfits(self, self.extension_fields)
            calendars = {calendar.name for calendar in self.calendars}
            refuse_unsound(self.obligations, calendars, implied=implied(self))
            refuse_unknown(None if self.review is None else self.review.calendar, calendars, "review.calendar")

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Return the plan in the TOML file at *path*; raises `InvalidPlan` that names the file and the key."""
        return read_plan(cls, Path(path))

    @classmethod
    def example(cls) -> Self:
        """Return a small plan that ships with respond, for first steps: under it everybody may do everything."""
        return cls.load(SHIPPED / "first-steps@1.toml")

    @classmethod
    def shipped(cls, name: str) -> Self:
        """Return a plan that ships with respond, as an example: the newest of this name, or the one of `name@version`.

        Raises `PlanNotFound` that lists them.
        """
        return cls.load(shipped_plan(name))

    @cached_property
    def reference(self) -> Reference:
        """The plan's name, version and the digest of its whole content."""
        return Reference(self.name, self.version, digest(self.to_json()))

    def to_json(self) -> dict[str, Any]:
        """Return the plan as plain data.

        What stands at its default is left out, so that a field that a later version adds changes no digest.
        """
        return to_data(self)

    @cached_property
    def _categories(self) -> Mapping[str, Category]:
        return {category.id: category for category in self.categories}

    @cached_property
    def all_obligations(self) -> tuple[Obligation, ...]:
        """Its own obligations, then those that its other sections imply."""
        return (*self.obligations, *implied(self))

    @cached_property
    def _obligations(self) -> Mapping[str, Obligation]:
        return {obligation.id: obligation for obligation in self.all_obligations}

    @cached_property
    def _calendars(self) -> Mapping[str, Calendar]:
        return {calendar.name: calendar for calendar in self.calendars}

    @cached_property
    def _measures(self) -> Mapping[str, Measure]:
        return {measure.id: measure for measure in self.measures}

    @cached_property
    def spreads(self) -> frozenset[str]:
        """How far an incident reaches, in the words of the plan's conditions."""
        conditions = (part for _, part in contents(self) if isinstance(part, Condition))
        return frozenset(spread for condition in conditions for spread in condition.spread)

    @cached_property
    def _audiences(self) -> Mapping[str, Audience]:
        return {audience.id: audience for audience in self.audiences}

    @cached_property
    def _roles(self) -> Mapping[str, Role]:
        return {role.id: role for role in self.roles}

    def category(self, category_id: str) -> Category | None:
        return self._categories.get(category_id)

    def ancestors(self, category_id: str) -> tuple[str, ...]:
        """Return the ids of the categories that this one refines, the nearest first."""
        line: dict[str, None] = {}
        found = self.category(category_id)
        while found is not None and found.parent is not None and found.parent not in line:
            line[found.parent] = None
            found = self.category(found.parent)
        return tuple(line)

    def facets_of(self, category_id: str) -> tuple[str, ...]:
        """Return the facets that an incident of this kind has unless its assessment says otherwise."""
        found = self.category(category_id)
        return found.facets if found else ()

    def fits(self, *, category: str, site: str | None = None, unit: str | None = None) -> bool:
        """Return whether it is for such an incident: its categories, its sites, its units."""
        mine = self.covers or tuple(one.id for one in self.categories)
        return (
            not {category, *self.ancestors(category)}.isdisjoint(mine)
            and (not self.sites or site in self.sites)
            and (not self.units or unit in self.units)
        )

    def obligation(self, obligation_id: str) -> Obligation | None:
        """Return the obligation with this id: its own, an implied one, a promise: `visit:c-7`, `action:a-7`."""
        return self._obligations.get(obligation_id) or promise_of(self, obligation_id)

    def calendar_of(self, obligation: Obligation) -> Calendar:
        """Return the calendar on which the days of *obligation* are counted."""
        return self._calendars[obligation.calendar] if obligation.calendar else EVERY_DAY

    def measure(self, measure_id: str) -> Measure | None:
        return self._measures.get(measure_id)

    def role(self, role_id: str) -> Role | None:
        return self._roles.get(role_id)

    def audience(self, audience_id: str) -> Audience | None:
        return self._audiences.get(audience_id)

    def drafts(self, category: str, stage: Stage | None = None) -> tuple[KeyMessage, ...]:
        """Return the key messages for incidents of this kind, of one *stage* or of all."""
        kinds = {category, *self.ancestors(category)}
        return tuple(
            one
            for one in self.key_messages
            if stage in (None, one.stage) and (not one.categories or not kinds.isdisjoint(one.categories))
        )

    def level(self, number: object) -> Level | None:
        """Return the level with this number; None for any other value, `True` and `"1"` included."""
        return self.levels[number - 1] if type(number) is int and 1 <= number <= len(self.levels) else None


def _names(key: str, value: str) -> None:
    """Raise `InvalidPlan` unless a reference, name@version, can hold *value* and be read again."""
    if "@" in value or value != value.strip() or not value.isprintable() or len(value) > NAME_MAX:
        raise InvalidPlan(
            f"must hold no @, no blank at its ends, no line break, and at most {NAME_MAX} characters; write another",
            place=key,
            value=value,
            flaw="name-invalid",
        )


def _unique(place: str, ids: list[str], *, key: str = "id") -> None:
    seen: set[str] = set()
    for index, one in enumerate(ids):
        if one in seen:
            raise InvalidPlan(
                f"{one!r} stands twice; write another {key}",
                place=f"{place}[{index}].{key}",
                value=one,
                flaw="id-twice",
            )
        seen.add(one)


def _refines(parents: Mapping[str, str | None], category: Category, place: str) -> None:
    """Raise `InvalidPlan` unless the parents of *category* are categories and end at one without a parent."""
    line = [category.id]
    parent = category.parent
    while parent is not None:
        if parent not in parents:
            raise InvalidPlan(
                f"{parent!r} is not a category of the plan; add it, or write another",
                place=place,
                value=parent,
                flaw="category-unknown",
            )
        if parent == category.id:
            raise InvalidPlan(
                f"{category.id!r} refines itself, by way of {line[-1]!r}; leave one parent out",
                place=place,
                value=parent,
                flaw="category-cycle",
            )
        if parent in line:
            return
        if len(line) == DEPTH_MAX:
            raise InvalidPlan(
                f"{category.id!r} refines more than {DEPTH_MAX - 1} categories, the most in one line; write fewer",
                place=place,
                value=category.id,
                flaw="category-too-deep",
            )
        line.append(parent)
        parent = parents[parent]
