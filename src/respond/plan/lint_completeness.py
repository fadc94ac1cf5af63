"""Lint: sections that must be there, and titles in every language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from respond.plan.contents import contents
from respond.plan.finding import Finding, found
from respond.plan.plan import Plan
from respond.plan.titles import Titled

COMMANDER = "commander"
"""The id of the role that whoever takes command fills."""

_WHOLE: Mapping[str, str] = {
    "roles": "who is responsible",
    "measures": "what is done",
    "channels": "how people are reached",
    "obligations": "what is owed by when",
    "review": "how incidents are reviewed",
    "revision": "when the plan is looked at again",
}
_PART: Mapping[str, str] = {"measures": "what is done"}


def sections(plan: Plan) -> Iterator[Finding]:
    """Yield the sections that a plan of its kind must have and lacks."""
    for section, what in (_PART if plan.under is not None else _WHOLE).items():
        if not getattr(plan, section):
            header = f"[{section}]" if section in {"review", "revision"} else f"[[{section}]]"
            yield found("section-missing", section, f"the plan does not say {what}; write {header}")
    if plan.under is None and not plan.authority:
        advice = "no rule says who may do what, so everybody may do everything; write [[authority]]"
        yield found("authority-missing", "authority", advice)
    if plan.under is None and plan.roles and plan.role(COMMANDER) is None:
        advice = (
            f"no role is {COMMANDER!r}, and whoever takes command fills that one; write it as the id of who commands"
        )
        yield found("commander-missing", "roles", advice)


def languages(plan: Plan) -> Iterator[Finding]:
    """Yield titles that are missing in a language that the plan otherwise has."""
    titled: list[tuple[str, Titled | Plan]] = [("", plan)] if plan.title else []
    titled += [(place, part) for place, part in contents(plan) if isinstance(part, Titled)]
    spoken = sorted({tag for _, part in titled for tag in part.titles})
    for place, part in titled:
        for tag in spoken:
            if tag not in part.titles:
                where = f"{place}.titles" if place else "title"
                yield found(
                    "title-missing", where, f'{part.title!r} has no title in {tag!r}; write titles = {{{tag} = "…"}}'
                )
