"""Blanks: the fields of a review that no event can fill, each until people have told it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import attrs

from respond.projections.findings import BrokenGlass
from respond.projections.learnt import Learnt
from respond.projections.milestones import Milestone
from respond.workflow.incident.ledger import IMPACT_START
from respond.workflow.incident.state import Incident


@attrs.frozen
class Blank:
    """Something that no event can tell: people fill it in."""

    name: str
    question: str


@attrs.frozen(kw_only=True)
class Draft:
    """What is told so far."""

    milestones: Iterable[Milestone]
    standing: Incident
    learnt: Learnt
    broken_glass: tuple[BrokenGlass, ...]

    def found(self, *kinds: str) -> bool:
        """Return whether something of one of these kinds was found."""
        return not self.learnt.kinds().isdisjoint(kinds)


_Filled = Callable[[Draft], bool]
_FIELDS: tuple[tuple[Blank, _Filled], ...] = (
    (
        Blank(IMPACT_START, "When did customers begin to feel it?"),
        lambda told: any(one.name == IMPACT_START for one in told.milestones),
    ),
    (Blank("trigger", "What set it off?"), lambda told: told.found("trigger")),
    (
        Blank("root_causes", "Which causes lie behind it, and what shows it?"),
        lambda told: told.found("direct_cause", "indirect_cause", "contributing_factor"),
    ),
    (Blank("nature", "What kind of event was it in the end?"), lambda told: told.found("nature")),
    (Blank("went_well", "What went well?"), lambda told: told.found("went_well")),
    (Blank("went_badly", "What went badly?"), lambda told: told.found("went_badly", "made_worse")),
    (Blank("lucky", "Where were we lucky?"), lambda told: told.found("lucky")),
    (Blank("coordination", "How did departments work together?"), lambda told: told.found("coordination")),
    (Blank("lessons", "What was learned?"), lambda told: bool(told.learnt.lessons)),
    (
        Blank("action_items", "What will be done about it, by whom, until when?"),
        lambda told: bool(told.standing.actions),
    ),
    (
        Blank("plan_adequacy", "Was the plan followed, and was it good enough?"),
        lambda told: told.learnt.evaluation is not None,
    ),
    (
        Blank("permanent_fix", "What holds for good?"),
        lambda told: any(one.kind == "permanent" for one in told.learnt.fixes),
    ),
    (Blank("reviewers", "Who reviewed it?"), lambda told: told.learnt.held is not None),
    (
        Blank("broken_glass", "Was it right to act without the role, and who says so afterwards?"),
        lambda told: not told.broken_glass,
    ),
    (Blank("summary", "What happened, in one paragraph?"), lambda told: bool(told.standing.review_summary)),
)
"""Each field in the order of the page, and whether it is filled."""


def blanks(told: Draft) -> Iterator[Blank]:
    """Yield what waits for people."""
    return (blank for blank, filled in _FIELDS if not filled(told))
