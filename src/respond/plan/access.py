"""Access: what of an incident is shown to whom; deny by default once a plan has a rule."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, get_args

import attrs

from respond.plan.authority import ANYONE

Matter = Literal["people", "customers", "causes", "rumours", "drafts", "notes"]
"""What may be withheld.

`people`: who did what, by name; else their roles stand there.  `customers`: what affected parties said and were told.
`causes`: what is suspected and found, until the review is closed.  `rumours`: what people are told, until it is
confirmed.  `drafts`: statements that are not published, and key messages that are not approved.  `notes`.
"""
MATTERS: tuple[Matter, ...] = get_args(Matter)


@attrs.frozen(kw_only=True)
class AccessRule:
    """Shows some roles an incident: its course, and of what may be withheld as much as it says."""

    id: str
    roles: tuple[str, ...]
    """Their ids; `anyone` for everybody, also without a role.  The host vouches for the role that somebody claims."""
    shows: tuple[Matter, ...] = ()


def shown_to(rules: Iterable[AccessRule], role: str | None) -> frozenset[Matter] | None:
    """Return what *rules* show to *role* besides the course of an incident; None when they show it nothing at all."""
    every = tuple(rules)
    mine = [rule for rule in every if ANYONE in rule.roles or role in rule.roles]
    if not every:
        return frozenset(MATTERS)
    return frozenset(matter for rule in mine for matter in rule.shows) if mine else None
