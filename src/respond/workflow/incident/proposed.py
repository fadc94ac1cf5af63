"""What an incident knows of the proposals to change a plan that it led to; the rest stands in the life of the plan."""

from __future__ import annotations

from typing import Literal

import attrs

from respond.domain.references import Reference

ProposalWord = Literal["proposed", "accepted", "rejected"]


@attrs.frozen(kw_only=True)
class Proposed:
    """A proposal, and what became of it."""

    plan: str
    """The name of the plan."""
    proposal: str
    """Its key."""
    status: ProposalWord
    revision: Reference | None = None
    """The version into which it was accepted."""
