"""Implied obligations: what sections of a plan promise by when, as obligations like all others.

One function a section.  The id of each is the section, a colon and the id of the part, or the section alone where it
has no parts; an obligation of the plan's own with that id stands in its place.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from respond.plan.obligations import Clock, Obligation, Recurrence, Rung

if TYPE_CHECKING:
    from respond.plan.plan import Plan


REVIEW_DUTY = "review"
"""The id of the obligation to close the review."""


def implied(plan: Plan) -> tuple[Obligation, ...]:
    """Return the obligations that the sections of *plan* imply, but those that it writes itself."""
    own = {obligation.id for obligation in plan.obligations}
    return tuple(one for section in _SECTIONS for one in section(plan) if one.id not in own)


def measure_duty(measure_id: str) -> str:
    """Return the id of the obligation to begin a measure."""
    return f"measure:{measure_id}"


def _measures(plan: Plan) -> Iterator[Obligation]:
    """Yield for each measure with `within` the duty to begin it so soon after the response starts, or to skip it."""
    for measure in plan.measures:
        if measure.within is not None:
            yield Obligation(
                id=measure_duty(measure.id),
                title=measure.title,
                titles=measure.titles,
                act="start_measure",
                measure=measure.id,
                role=measure.role,
                levels=measure.levels,
                categories=measure.categories,
                when=measure.when,
                due=(Clock(from_="response_started", within=measure.within),),
                on_lowering="drop",
                until=("resolved",),
                ladder=(Rung(tell=(measure.role,)),) if measure.role else (),
            )


def silence_duty(audience_id: str) -> str:
    """Return the id of the obligation not to leave an audience without word."""
    return f"silence:{audience_id}"


def _audiences(plan: Plan) -> Iterator[Obligation]:
    """Yield for each audience with `longest_silence` the duty to tell it something so often while it is open."""
    for audience in plan.audiences:
        if audience.longest_silence is not None:
            titles = {
                "en": f"Word to {audience.titled('en')}",
                "zh": f"向{audience.titled('zh')}通报",
            }
            yield Obligation(
                id=silence_duty(audience.id),
                title=titles.get(plan.language, titles["en"]),
                titles=titles,
                act="tell_audience",
                recipient=audience.id,
                role=next(iter(audience.speakers), None),
                levels=audience.levels,
                due=(Clock(from_="told", within=audience.longest_silence),),
                recurs=Recurrence(every=audience.longest_silence),
                on_lowering="drop",
                ladder=(Rung(tell=audience.speakers),) if audience.speakers else (),
                source=audience.source,
            )


def _review(plan: Plan) -> Iterator[Obligation]:
    """Yield the duty to close the review so soon after the response ended."""
    rules = plan.review
    if rules is not None and rules.within is not None:
        yield Obligation(
            id=REVIEW_DUTY,
            title="Close the review",
            titles={"zh": "完成复盘"},
            act="close_review",
            role=rules.role,
            levels=rules.levels,
            due=(Clock(from_="response_ended", within=rules.within),),
            calendar=rules.calendar,
            pausable=True,
            ladder=(Rung(tell=(rules.role,)),) if rules.role else (),
            source=rules.source,
        )


_SECTIONS = (_measures, _audiences, _review)
