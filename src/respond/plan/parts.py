"""What a plan is made of: kinds of incident, levels, and roles."""

from __future__ import annotations

import attrs


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
