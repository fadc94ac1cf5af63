"""Plans at random, with every section that plans have."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from random import Random
from typing import Any, Literal, Union, get_args, get_origin

import attrs
from hypothesis import strategies as st

from respond.domain.money import Money
from respond.plan.authority import ANYONE, AuthorityRule
from respond.plan.calendars import WEEK, Calendar
from respond.plan.classification import Category, Level
from respond.plan.conditions import COUNTS, Bounds, Condition, Impact, MoneyBounds, Range
from respond.plan.extension import ExtensionField
from respond.plan.follow_up import FollowUp
from respond.plan.lint_names import NAMES
from respond.plan.obligations import Clock, Obligation, Recurrence, Rung
from respond.plan.organisation import Role
from respond.plan.plan import OTHER, Plan
from respond.plan.spans import Span
from respond.plan.tables import fields_of
from respond.plan.upkeep import DrillRule, ReviewRules, Revision, Risk
from respond.workflow.incident import INCIDENT
from respond.workflow.incident.state import COMMANDER, STATES

LEVELS_MAX = 4
IDS: Mapping[str, tuple[str, ...]] = {
    "categories": ("fault", "network", "complaint", OTHER),
    "roles": (COMMANDER, "director", "clerk", "deputy"),
    "audiences": ("board", "ministry", "press"),
    "obligations": ("first", "second", "third", "fourth"),
    "calendars": ("office", "shop"),
    "extension_fields": ("area", "calls", "open", "share"),
}
"""What the parts of some sections are called; those of others are `a`, `b` and `c`."""
ASKED = (*INCIDENT.triggers, "change_level:raise", "change_level:lower", "*")
"""What rules of authority may name."""

_WORDS = ("Card terminals", "断网", 'She said "no"', "C:\\tmp\t#1", "two\nlines", "x")
_VALUES = ("hall", "yard", 0, 1, 3, True, False, Decimal("0.50"))
_KINDS = {"area": "text", "calls": "integer", "open": "yes_no", "share": "decimal"}
_FITTING = {"area": ("hall", "yard"), "calls": (0, 1, 3), "open": (True, False), "share": (Decimal("0.50"),)}
_FILLED = tuple((name, value) for name in IDS["extension_fields"] for value in _VALUES)
_FACTS = tuple(one for one in get_args(fields_of(Clock)["from"].type) if one != "discharged")
_SEEDS = st.integers(0, 2**32 - 1)


class Maker:
    """Makes parts of plans at random, each field by its type; what they name, the plan may lack."""

    def __init__(self, seed: int | str) -> None:
        self.random = Random(seed)  # noqa: S311 - repeatable, and nobody's secret

    def part(self, kind: type, /, **given: Any) -> Any:
        """Return a *kind* with every field made that is not *given*."""
        if kind in {Bounds, Range}:
            return self.bounds(kind)
        if kind is MoneyBounds:
            return self.money_bounds()
        if kind is Condition:
            return self.condition()
        fields = (field for field in fields_of(kind).values() if field.name not in given)
        return kind(**given, **{field.name: self.field(kind, field) for field in fields})

    def field(self, kind: type, field: attrs.Attribute[Any]) -> Any:
        """Return what may stand in *field* of a *kind*."""
        if (kind, field.name) in _FIELDS:
            return _FIELDS[kind, field.name](self)
        named: Callable[[], Any] | None = None
        if (kind, field.name) in NAMES:
            named = partial(self.one_of, ids(NAMES[kind, field.name][0]))
        elif field.name in {"levels", "required_from"}:
            named = partial(self.random.randint, 1, LEVELS_MAX)
        return self.value(field.type, named)

    def value(self, kind: Any, named: Callable[[], Any] | None = None) -> Any:
        """Return a value of the type of a field; *named* makes the names or numbers in it."""
        origin, arguments = get_origin(kind), get_args(kind)
        if origin in (Union, types.UnionType):
            within = next(one for one in arguments if one is not types.NoneType)
            return self.value(within, named) if self.chance() else None
        if origin is Literal:
            return self.one_of(arguments)
        if origin is tuple:
            found = [self.value(arguments[0], named) for _ in range(self.one_of((0, 0, 1, 2)))]
            return tuple(one for index, one in enumerate(found) if one not in found[:index])
        if origin is not None:
            return {"zh": self.one_of(_WORDS)} if self.chance() else {}
        if named is not None:
            return named()
        return _SCALARS[kind](self) if kind in _SCALARS else self.part(kind)

    def section(self, name: str) -> Any:
        """Return what may stand in a section of a plan."""
        field = fields_of(Plan)[name]
        kind = get_args(field.type)[0] if get_origin(field.type) is tuple else None
        if kind is None or not attrs.has(kind):
            return self.field(Plan, field)
        if kind is ExtensionField:
            return tuple(self.extension_field(one) for one in self.some(ids(name)))
        return tuple(self.part(kind, id=one) for one in self.some(ids(name)))

    def extension_field(self, name: str) -> ExtensionField:
        """Return the field called *name*, of the kind that conditions ask of it."""
        choices = self.one_of(((), ("hall", "yard"))) if name == "area" else ()
        made: ExtensionField = self.part(ExtensionField, id=name, kind=_KINDS[name], choices=choices)
        return made

    def categories(self) -> tuple[Category, ...]:
        """Return categories that refine none that comes after them."""
        found: list[Category] = []
        for name in (*self.some(IDS["categories"][:-1]), OTHER):
            parent = self.one_of((None, *(one.id for one in found[-1:])))
            found.append(self.part(Category, id=name, parent=parent))
        return tuple(found)

    def levels(self) -> tuple[Level, ...]:
        """Return levels from 1."""
        return tuple(self.part(Level, number=number + 1) for number in range(self.random.randint(1, LEVELS_MAX)))

    def calendars(self) -> tuple[Calendar, ...]:
        """Return calendars, with some days off and some that make up for them."""
        return tuple(self.calendar(name) for name in self.some(IDS["calendars"]))

    def calendar(self, name: str) -> Calendar:
        """Return the calendar called *name*."""
        days = self.random.sample([date(2026, 11, 16) + timedelta(days=one) for one in range(60)], 4)
        return Calendar(
            name=name,
            version="1",
            zone=self.one_of(("UTC", "Asia/Shanghai", "America/New_York")),
            working_week=tuple(self.random.sample(WEEK, self.random.randint(1, 7))),
            holidays=tuple(days[:2]),
            workdays=tuple(days[2:]),
        )

    def obligations(self, calendars: Sequence[str]) -> tuple[Obligation, ...]:
        """Return obligations on *calendars*; each may wait for one before it."""
        found: list[Obligation] = []
        for name in self.some(IDS["obligations"]):
            before = [one.id for one in found]
            made = self.part(
                Obligation,
                id=name,
                due=tuple(self.clock(before) for _ in range(self.one_of((1, 1, 2)))),
                calendar=self.one_of((None, *calendars)),
                report=self.one_of((None, None, "initial", "follow_up", "final")),
            )
            found.append(made if made.report is None else attrs.evolve(made, act="report_upward"))
        return tuple(found)

    def clock(self, before: Sequence[str]) -> Clock:
        """Return a clock that may start at the discharge of one of the obligations *before*."""
        if before and self.chance(0.3):
            return Clock(from_="discharged", within=self.soon(), of=self.one_of(before))
        return Clock(from_=self.one_of(_FACTS), within=self.soon())

    def rung(self) -> Rung:
        """Return a rung before, at or after the deadline."""
        when = self.one_of(({}, {"before": self.soon()}, {"after": self.soon()}))
        made: Rung = self.part(Rung, **{"before": None, "after": None, **when})
        return made

    def condition(self) -> Condition:
        """Return a condition that names one thing or two, so that it holds now and then."""
        fields = fields_of(Condition)
        named = {self.one_of(("categories", "facets", *fields)) for _ in range(self.one_of((1, 1, 2)))}
        return Condition(**{key: self.field(Condition, fields[key]) for key in sorted(named)})

    def impact(self) -> Impact:
        """Return an impact of which some is known."""
        category, *ancestors = self.some(IDS["categories"], at_least=1, most=3)
        return Impact(
            category=category,
            ancestors=tuple(ancestors),
            facets=self.some(ids("facets"), most=2),
            **{name: self.random.randint(0, 9) for name in self.some(COUNTS)},
            loss=self.one_of((None, self.money())),
            spread=self.one_of((None, "local", "regional")),
            critical_facility=self.one_of((None, True, False)),
            fields=dict(self.some(_FILLED, most=2)),
        )

    def bounds(self, kind: type[Range]) -> Range:
        """Return a range that some whole number is in."""
        start = self.random.randint(0, 8)
        below = start + self.random.randint(1, 6)
        made: Range = self.one_of((kind(from_=start), kind(below=below), kind(from_=start, below=below)))
        return made

    def money_bounds(self) -> MoneyBounds:
        """Return a range of amounts that some amount is in."""
        start = self.money()
        below = Money(start.amount + Decimal(self.random.randint(1, 90_000)) / 100, start.currency)
        made = (MoneyBounds(from_=start), MoneyBounds(below=below), MoneyBounds(from_=start, below=below))
        return made[self.random.randrange(len(made))]

    def money(self) -> Money:
        return Money(Decimal(self.random.randint(0, 200_000)) / 100, self.one_of(("CNY", "EUR")))

    def soon(self) -> Span:
        """Return a span that is mostly one of minutes."""
        return Span(self.random.randint(1, 90), "minute") if self.chance(0.7) else self.span()

    def span(self) -> Span:
        unit, most = self.one_of((("hour", 30), ("day", 9), ("working_day", 9), ("month", 3), ("year", 2)))
        return Span(self.random.randint(1, most), unit)

    def plain(self, span: Span | None) -> Span | None:
        """Return *span* in days where it counts working days: only obligations name a calendar."""
        return Span(span.count, "day") if span is not None and span.unit == "working_day" else span

    def day(self) -> date:
        return date(2024, 1, 1) + timedelta(days=self.random.randrange(1800))

    def one_of(self, choices: Sequence[Any]) -> Any:
        return choices[self.random.randrange(len(choices))]

    def some(self, choices: Sequence[Any], *, at_least: int = 0, most: int | None = None) -> tuple[Any, ...]:
        """Return some of *choices*, in their order."""
        number = self.random.randint(at_least, len(choices) if most is None else most)
        chosen = self.random.sample(range(len(choices)), number)
        return tuple(choices[index] for index in sorted(chosen))

    def chance(self, share: float = 0.5) -> bool:
        return self.random.random() < share


def ids(section: str) -> tuple[str, ...]:
    """Return the ids that the parts of *section* may have."""
    return IDS.get(section, ("a", "b", "c"))


_SCALARS: Mapping[Any, Callable[[Maker], Any]] = {
    str: lambda maker: maker.one_of(_WORDS),
    int: lambda maker: maker.random.randint(1, 5),
    bool: Maker.chance,
    date: Maker.day,
    Span: Maker.span,
    Money: Maker.money,
}
_FIELDS: Mapping[tuple[type, str], Callable[[Maker], Any]] = {
    (ReviewRules, "calendar"): lambda _: None,  # its days are plain ones, and the calendars are drawn apart
    (Condition, "spread"): lambda maker: maker.some(("local", "regional"), most=1),
    (Condition, "fields"): lambda maker: {
        one: maker.one_of(_FITTING[one]) for one in maker.some(IDS["extension_fields"], most=1)
    },
    (ExtensionField, "required"): lambda maker: maker.chance(0.1),
    (Level, "dwell"): lambda maker: maker.plain(maker.one_of((None, maker.soon()))),
    (Role, "shift"): lambda maker: maker.plain(maker.one_of((None, maker.span()))),
    (Risk, "reassess_every"): lambda maker: maker.plain(maker.one_of((None, maker.span()))),
    (DrillRule, "every"): lambda maker: maker.plain(maker.span()),
    (Revision, "every"): lambda maker: maker.plain(maker.span()),
    (Revision, "report_every"): lambda maker: maker.plain(maker.one_of((None, maker.span()))),
    (FollowUp, "near"): lambda maker: maker.plain(maker.one_of((None, maker.soon()))),
    (Role, "holders"): lambda maker: maker.one_of((None, 1, 2)),
    (AuthorityRule, "commands"): lambda maker: maker.some(ASKED, at_least=1, most=8),
    (AuthorityRule, "roles"): lambda maker: maker.some((ANYONE, *IDS["roles"]), at_least=1),
    (AuthorityRule, "levels"): lambda maker: maker.one_of(((), (), (1,), (2, 3))),
    (AuthorityRule, "different_actor"): lambda maker: maker.some(ASKED, most=1),
    (AuthorityRule, "not_in_chain"): lambda maker: maker.chance(0.2),
    (AuthorityRule, "held"): lambda maker: maker.chance(0.2),
    (AuthorityRule, "n_of"): lambda maker: maker.one_of((1, 1, 1, 2, 3)),
    (Recurrence, "every"): lambda maker: maker.one_of((Span(maker.random.randint(60, 120), "minute"), maker.span())),
    (Recurrence, "until"): lambda maker: maker.some(STATES, most=3),
    (Rung, "tell"): lambda maker: maker.some(IDS["roles"], at_least=1, most=2),
    (Obligation, "near"): lambda maker: maker.one_of((None, maker.soon())),
    (Obligation, "before"): lambda maker: maker.some(("start_response", "resolve", "close_review"), most=1),
    (Obligation, "ladder"): lambda maker: tuple(maker.rung() for _ in range(maker.one_of((0, 1, 2, 3)))),
    (Obligation, "when"): lambda maker: (maker.condition(),) if maker.chance(0.2) else (),
    (Obligation, "levels"): lambda maker: maker.some((1, 2, 3, 4), at_least=1, most=3) if maker.chance(0.4) else (),
    (Obligation, "categories"): lambda maker: maker.some(IDS["categories"], most=2) if maker.chance(0.2) else (),
    (Obligation, "act"): lambda maker: maker.one_of(("fulfil", *get_args(fields_of(Obligation)["act"].type))),
}


_APART = frozenset({"name", "version", "kind", "language", "under", "profiles"})
REFERRED = ("categories", "levels", "calendars", "obligations")
SECTIONS = tuple(one for one in fields_of(Plan) if one not in {*_APART, *REFERRED})
WORKING = ("response_levels", "extension_fields", "roles", "authority")
"""The sections on which the lives of incidents rest, besides those that every plan has."""


@st.composite
def plans(
    draw: st.DrawFn, *, name: str = "drawn", sections: Sequence[str] = SECTIONS, under: str = "", full: bool = False
) -> Plan:
    """Draw a plan that can be read, with some of *sections*; a special one when it is *under* another.

    Each section comes from a number of its own and is left out at 0, unless the plan is to be *full*: what fails
    shrinks to the sections that matter.
    """
    numbers = st.integers(1 if full else 0, 2**32 - 1)
    return seeded_plan({section: draw(numbers) for section in (*REFERRED, *sections)}, name=name, under=under)


def seeded_plan(seeds: Mapping[str, int], *, name: str = "drawn", under: str = "") -> Plan:
    """Return the plan that comes from a number for each of its sections; one at 0 is left out."""
    sections = [section for section in seeds if section not in REFERRED]
    makers = {section: Maker(f"{section} {seed}") for section, seed in seeds.items() if seed}
    content = {section: makers[section].section(section) for section in sections if section in makers}
    content["categories"] = Maker(f"{seeds['categories']}").categories()
    content["levels"] = Maker(f"{seeds['levels']}").levels()
    content["calendars"] = makers["calendars"].calendars() if "calendars" in makers else ()
    if "obligations" in makers:
        content["obligations"] = makers["obligations"].obligations([one.name for one in content["calendars"]])
    if under:
        content |= {"kind": "special", "under": under}
    return Plan(name=name, version="1", **content)


def impacts() -> st.SearchStrategy[Impact]:
    """Return what draws an impact of which some is known."""
    return _SEEDS.map(lambda seed: Maker(seed).impact())
