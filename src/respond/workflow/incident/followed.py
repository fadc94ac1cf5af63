"""Followed: what an incident knows of the action items of its review; the rest stands in the stream of each."""

from __future__ import annotations

import attrs

from respond.plan.facts import ActionStep


@attrs.frozen(kw_only=True, slots=False)
class Followed:
    """An action item."""

    action: str
    """Its key."""
    owner: str = ""
    steps: tuple[ActionStep, ...] = ()
    """In the order in which they were recorded."""
