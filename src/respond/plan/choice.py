"""Choice: which of several plans an incident runs under."""

from __future__ import annotations

from collections.abc import Iterable

from respond.plan.composed import SPECIAL
from respond.plan.plan import Plan


def chosen(plans: Iterable[Plan], *, category: str, site: str | None = None, unit: str | None = None) -> Plan:
    """Return the plan for such an incident: the most special of *plans* that fits it, the first of them.

    An on-site plan goes before a special one, and that before a general one.  The first of *plans* when none fits.
    """
    first, *others = plans
    fitting = [plan for plan in (first, *others) if plan.fits(category=category, site=site, unit=unit)]
    return max(fitting, key=lambda plan: SPECIAL[plan.kind], default=first)
