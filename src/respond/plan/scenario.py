"""Scenarios: what is played in a drill of a plan, when, and what is to be achieved, as data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Self

import attrs

from respond.domain.canonical import digest
from respond.domain.payloads import to_data
from respond.domain.references import Reference
from respond.errors import InvalidPlan
from respond.plan.files import read_file
from respond.plan.obligations import Act
from respond.plan.reader import FILE_MAX, SHIPPED, newest
from respond.plan.spans import Span
from respond.plan.tables import value_of
from respond.plan.titles import Part, Titled

SCENARIOS = SHIPPED / "scenarios"
"""Where the scenarios lie that come with respond."""
AT_ONCE = timedelta(0)


@attrs.frozen(kw_only=True)
class Observed:
    """A signal that comes in."""

    warning: str
    """The key of the warning that it may lead to."""
    source: str
    metric: str
    value: int | Decimal
    text: str = ""


@attrs.frozen(kw_only=True)
class Message:
    """What somebody is told."""

    to: str
    """The id of the role."""
    text: str
    """In the language of the scenario."""
    texts: Mapping[str, str] = attrs.field(factory=dict)
    """In other languages, by their tag."""


@attrs.frozen(kw_only=True)
class Inject(Part):
    """Something that is brought into a drill: a command on its incident, a signal, or a message."""

    after: Span | None = None
    """After the drill began; at once when None."""
    command: str | None = None
    """What is asked of the incident, by its trigger."""
    data: Mapping[str, str | int | bool | Decimal] = attrs.field(factory=dict)
    """The fields of the command."""
    role: str | None = None
    """In which role it is asked."""
    signal: Observed | None = None
    message: Message | None = None

    @property
    def offset(self) -> timedelta:
        """How long after the drill began it comes."""
        return AT_ONCE if self.after is None or self.after.elapsed is None else self.after.elapsed


@attrs.frozen(kw_only=True)
class Objective(Part):
    """What is to be achieved: an act in time, an obligation met, a measure done before another, a role filled in time.

    Spans count from an inject.
    """

    act: Act | None = None
    obligation: str | None = None
    measure: str | None = None
    """The id of a measure that is to be finished…"""
    before: str | None = None
    """…before this one begins."""
    role: str | None = None
    within: Span | None = None
    since: str | None = None
    """The id of the inject that the span counts from; the first one when None."""
    points: int = 1
    """How much it counts for the score."""


_INJECTED = ("command", "signal", "message")
_ACHIEVED = ("act", "obligation", "measure", "role")


@attrs.frozen(kw_only=True, slots=False)
class Scenario(Titled):
    """A scenario of a drill.  Its injects come in the order in which they are written."""

    name: str
    version: str
    plan: str
    """The name of the plan that is rehearsed."""
    rule: str | None = None
    """The id of the plan's drill rule that it serves."""
    description: str = ""
    descriptions: Mapping[str, str] = attrs.field(factory=dict)
    """In other languages, by their tag."""
    injects: tuple[Inject, ...] = ()
    objectives: tuple[Objective, ...] = ()

    def __attrs_post_init__(self) -> None:
        for section in ("injects", "objectives"):
            if not getattr(self, section):
                raise InvalidPlan(f"must hold one at least; write [[{section}]]", place=section, flaw="scenario-empty")
            _refuse_twice(section, [one.id for one in getattr(self, section)])
        before = AT_ONCE
        for index, inject in enumerate(self.injects):
            _refuse_unclear(inject, _INJECTED, f"injects[{index}]")
            if inject.after is not None and inject.after.elapsed is None:
                text = f"{inject.after} is counted on a calendar; write minutes or hours"
                raise InvalidPlan(text, place=f"injects[{index}].after", flaw="span-invalid")
            if inject.offset < before:
                text = f"comes before the inject above it; write the injects in their order: {inject.id!r} earlier"
                raise InvalidPlan(text, place=f"injects[{index}].after", flaw="inject-order")
            before = inject.offset
        for index, objective in enumerate(self.objectives):
            place = f"objectives[{index}]"
            _refuse_unclear(objective, _ACHIEVED, place)
            for field, asks in (("within", ("act", "role")), ("before", ("measure",))):
                asked = any(getattr(objective, one) is not None for one in asks)
                if asked is (getattr(objective, field) is None):
                    text = f"belongs to {' and '.join(asks)}, and to nothing else; {'add' if asked else 'leave out'} it"
                    raise InvalidPlan(text, place=f"{place}.{field}", flaw="objective-unclear")
            if objective.points < 1:
                raise InvalidPlan("must be 1 or more", place=f"{place}.points", value=objective.points)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Return the scenario in the TOML file at *path*; raises `InvalidPlan` that names file, key and line."""
        return read_file(
            Path(path), lambda document: value_of(cls, document, ""), bytes_max=FILE_MAX, invalid=InvalidPlan
        )

    @classmethod
    def shipped(cls, name: str) -> Self:
        """Return a scenario that ships with respond; raises `PlanNotFound` that lists them."""
        return cls.load(shipped_scenario(name))

    @cached_property
    def reference(self) -> Reference:
        """The scenario's name, version and the digest of its whole content."""
        return Reference(self.name, self.version, digest(to_data(self)))

    def inject(self, inject_id: str) -> Inject | None:
        """Return the inject with this id; None when there is none."""
        return next((one for one in self.injects if one.id == inject_id), None)


def shipped_scenario(name: str) -> Path:
    """Return where the newest scenario of this name lies that ships with respond, or the one of `name@version`.

    Raises `PlanNotFound` that lists them.
    """
    return newest(SCENARIOS, "scenario", name)


def _refuse_twice(section: str, ids: list[str]) -> None:
    for index, one in enumerate(ids):
        if one in ids[:index]:
            raise InvalidPlan(
                "stands twice; give another id", place=f"{section}[{index}].id", value=one, flaw="id-twice"
            )


def _refuse_unclear(part: Inject | Objective, fields: tuple[str, ...], place: str) -> None:
    told = [one for one in fields if getattr(part, one) is not None]
    if len(told) != 1:
        kind = "inject" if fields is _INJECTED else "objective"
        text = f"has {' and '.join(told) or 'none'} of {', '.join(fields)}; write one of them"
        raise InvalidPlan(text, place=place, flaw=f"{kind}-unclear")
