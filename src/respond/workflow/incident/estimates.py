"""What stands in the way of telling the impact of an incident, and who was told of it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from respond.domain.moments import Moment
from respond.domain.money import Money
from respond.workflow.definition import Situation, guard
from respond.workflow.punctuality import IN_THE_FUTURE, told_of_the_future


@guard("estimate-negative")
def estimate_plausible(situation: Situation) -> str | None:
    """Require estimates of 0 or more."""
    command = situation.command
    told = {name: getattr(command, name) for name in ("affected_customers", "injured", "dead", "sites", "loss")}
    amounts = {name: value.amount if isinstance(value, Money) else value for name, value in told.items()}
    below = [f"{name} is {told[name]}" for name, value in amounts.items() if value is not None and value < 0]
    return f"{', '.join(below)}; it must be 0 or more" if below else None


@guard(IN_THE_FUTURE)
def impact_is_past(situation: Situation) -> str | None:
    """Require that the impact began, and was discovered, not after now."""
    for name in ("discovered_at", "began_at"):
        moment: Moment | None = getattr(situation.command, name, None)
        reason = None if moment is None else told_of_the_future(moment.at, situation.now)
        if reason is not None:
            return f"{name}: {reason}"
    return None


@guard("facet-unknown")
def facets_known(situation: Situation) -> str | None:
    """Require facets of the plan, when it has any."""
    facets: object = situation.command.facets
    if isinstance(facets, str):
        return f"facets is the text {facets!r}; write a tuple of ids, such as ({facets!r},)"
    known = [facet.id for facet in situation.plan.facets]
    unknown = [facet for facet in situation.command.facets if facet not in known]
    if not known or not unknown:
        return None
    named = ", ".join(map(repr, unknown))
    return f"{named} is not a facet of the plan {situation.plan.reference}; it has {', '.join(known)}"


@guard("spread-unknown")
def spread_known(situation: Situation) -> str | None:
    """Require a spread that is not one which the plan names but for its case, blanks and hyphens."""
    return _misspelt(situation.command.spread, situation.plan.spreads, "a spread")


@guard("recipient-unknown")
def recipient_known(situation: Situation) -> str | None:
    """Require a recipient that is not one which the plan names but for its case, blanks and hyphens."""
    audiences = (audience.id for audience in situation.plan.audiences)
    owed = (one.recipient for one in situation.plan.obligations if one.recipient is not None)
    return _misspelt(situation.command.recipient, (*audiences, *owed), "a recipient")


GUARDS = (estimate_plausible, impact_is_past, facets_known, spread_known, recipient_known)


def _misspelt(told: object, names: Iterable[str], what: str) -> str | None:
    """Return the reason against a name that is one of *names* in another writing; others are names of their own."""
    known = list(dict.fromkeys(names))
    if not isinstance(told, str) or told in known:
        return None
    alike = next((name for name in known if _bare(name) == _bare(told)), None)
    return None if alike is None else f"{told!r} is not {what} of the plan, which writes {alike!r}"


def _bare(name: str) -> str:
    return re.sub(r"[\s_-]+", "", name).casefold()
