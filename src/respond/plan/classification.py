"""What kinds of incident there are, and how bad they can be."""

from __future__ import annotations

import attrs

from respond.plan.conditions import Condition
from respond.plan.spans import Span
from respond.plan.titles import Part, Titled


@attrs.frozen(kw_only=True)
class Category(Part):
    """A kind of incident."""

    definition: str = ""
    parent: str | None = None
    """The id of the category that this one refines."""
    facets: tuple[str, ...] = ()
    """The facets that an incident of this kind has unless its assessment says otherwise."""


@attrs.frozen(kw_only=True)
class Facet(Part):
    """A side of an incident that cuts across the categories: operations, public relations, customers, law."""

    definition: str = ""


@attrs.frozen(kw_only=True)
class Level(Titled):
    """How bad an incident is; 1 is the worst."""

    number: int
    definition: str = ""
    owes_upward_report: bool = False
    """Whether an incident that ever was at this level must be reported upward before it is resolved."""
    when: tuple[Condition, ...] = ()
    """The plan suggests this level when one of these holds."""
    response: str | None = None
    """The id of the response level that goes with it."""
    dwell: Span | None = None
    """How long an incident stays at this level at least before it is lowered."""
    source: str = ""
    """Where its figures come from, when from outside."""


@attrs.frozen(kw_only=True)
class ResponseLevel(Part):
    """How much is set in motion; apart from how bad the incident is (GB/T 29639-2020, 1.2)."""

    definition: str = ""
    automatic: tuple[Condition, ...] = ()
    """The response begins by itself, once an assessment or another category makes one of these hold."""
