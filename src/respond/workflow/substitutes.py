"""Substitutes: who fills a role of the plan, or steps in for one that stands empty.  Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from respond.plan.organisation import Role
from respond.plan.plan import Plan


def fills(roles: Iterable[str], role: str | None, plan: Plan, state: Any) -> bool:
    """Return whether *role* is one of *roles*, or steps in for one of them that stands empty."""
    wanted = tuple(roles)
    if role is None:
        return False
    known = (plan.role(one) for one in wanted)
    return role in wanted or any(_steps_in(role, one, state) for one in known if one is not None)


def _steps_in(substitute: str, role: Role, state: Any) -> bool:
    """Return whether *substitute* stands in for *role*: neither it nor an earlier substitute is held by anyone."""
    if substitute not in role.substitutes or not hasattr(state, "holders"):
        return False
    earlier = role.substitutes[: role.substitutes.index(substitute)]
    return not any(state.holders(one) for one in (role.id, *earlier))
