"""The contingency plan: kinds of incident, levels, and roles.  Frozen, named, versioned and hashed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any, Self

import attrs

from respond.domain.canonical import digest
from respond.domain.references import Reference
from respond.errors import InvalidPlan

OTHER = "other"
"""The residual category that every plan has: reality is wider than any list."""


@attrs.frozen(kw_only=True)
class Category:
    """A kind of incident."""

    id: str
    title: str
    definition: str = ""
    parent: str | None = None
    """The id of the category that this one refines."""


@attrs.frozen(kw_only=True)
class Level:
    """How bad an incident is; 1 is the worst."""

    number: int
    title: str
    definition: str = ""
    owes_upward_report: bool = False
    """Whether an incident that ever was at this level must be reported upward before it is resolved."""


@attrs.frozen(kw_only=True)
class Role:
    """What someone may be in an incident."""

    id: str
    title: str


@attrs.frozen(kw_only=True, slots=False)
class Plan:
    """A contingency plan in one version."""

    name: str
    version: str
    title: str = ""
    categories: tuple[Category, ...]
    levels: tuple[Level, ...]
    """Ordered from 1, without gaps."""
    roles: tuple[Role, ...] = ()

    def __attrs_post_init__(self) -> None:
        _unique("categories", [category.id for category in self.categories])
        _unique("roles", [role.id for role in self.roles])
        known = {category.id for category in self.categories}
        if OTHER not in known:
            raise InvalidPlan(f"must hold the residual category {OTHER!r}", place="categories")
        for category in self.categories:
            if category.parent is not None and category.parent not in known - {category.id}:
                raise InvalidPlan(f"{category.parent!r} is not another category", place=f"categories.{category.id}.parent")
        if not self.levels or [level.number for level in self.levels] != list(range(1, len(self.levels) + 1)):
            raise InvalidPlan("must be numbered 1, 2, 3 … in this order; 1 is the worst", place="levels")

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Return the plan in the TOML file at *path*; raises `InvalidPlan` that names the file and the key."""
        from respond.plan.reader import read_plan

        return read_plan(cls, Path(path))

    @classmethod
    def example(cls) -> Self:
        """Return the plan that ships with respond: a company that serves customers in shops and online."""
        with resources.as_file(resources.files("respond.plan") / "examples" / "service-company.toml") as path:
            return cls.load(path)

    @cached_property
    def reference(self) -> Reference:
        """The plan's name, version and the digest of its whole content."""
        return Reference(self.name, self.version, digest(self.to_json()))

    def to_json(self) -> dict[str, Any]:
        """Return the plan as plain data."""
        return attrs.asdict(self)

    @cached_property
    def _categories(self) -> Mapping[str, Category]:
        return {category.id: category for category in self.categories}

    @cached_property
    def _roles(self) -> Mapping[str, Role]:
        return {role.id: role for role in self.roles}

    def category(self, category_id: str) -> Category | None:
        return self._categories.get(category_id)

    def role(self, role_id: str) -> Role | None:
        return self._roles.get(role_id)

    def level(self, number: int) -> Level | None:
        return self.levels[number - 1] if 1 <= number <= len(self.levels) else None


def _unique(place: str, ids: list[str]) -> None:
    for index, one in enumerate(ids):
        if one in ids[:index]:
            raise InvalidPlan(f"{one!r} stands twice", place=place, value=one)
