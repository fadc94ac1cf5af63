"""Blanks: the fields of a review that no event can fill, each until people have told it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import attrs

from respond.projections.findings import BrokenGlass
from respond.projections.learnt import Learnt
from respond.projections.milestones import Milestone
from respond.workflow.incident.ledger import IMPACT_START
from respond.workflow.incident.reviewed import FixKind
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

    def fixed(self, kind: FixKind) -> bool:
        """Return whether a fix of this kind was told."""
        return any(one.kind == kind for one in self.learnt.fixes)


_Filled = Callable[[Draft], bool]
_FIELDS: tuple[tuple[Blank, _Filled], ...] = (
    (
        Blank(IMPACT_START, "When did customers begin to feel it?"),
        lambda told: any(one.name == IMPACT_START for one in told.milestones),
    ),
    (Blank("missed_signals", "What could have warned us earlier?"), lambda told: told.found("missed_signal")),
    (Blank("trigger", "What set it off?"), lambda told: told.found("trigger")),
    (
        Blank("root_causes", "Which causes lie behind it, and what shows it?"),
        lambda told: told.found("direct_cause", "indirect_cause", "contributing_factor"),
    ),
    (Blank("nature", "What kind of event was it in the end?"), lambda told: told.found("nature")),
    (Blank("narrative", "How did it come about, and go on?"), lambda told: bool(told.standing.narrative)),
    (Blank("made_worse", "What did we do that made it worse?"), lambda told: told.found("made_worse")),
    (Blank("went_well", "What went well?"), lambda told: told.found("went_well")),
    (Blank("went_badly", "What went badly?"), lambda told: told.found("went_badly")),
    (Blank("lucky", "Where were we lucky?"), lambda told: told.found("lucky")),
    (Blank("coordination", "How did departments work together?"), lambda told: told.found("coordination")),
    (Blank("open_questions", "What do we still not know?"), lambda told: told.found("open_question")),
    (
        Blank("surprises", "What surprised us, and what should we have known sooner?"),
        lambda told: told.found("surprise"),
    ),
    (Blank("lessons", "What was learned?"), lambda told: bool(told.learnt.lessons)),
    (
        Blank("action_items", "What will be done about it, by whom, until when?"),
        lambda told: bool(told.standing.actions),
    ),
    (
        Blank("plan_adequacy", "Was the plan followed, and was it good enough?"),
        lambda told: told.learnt.evaluation is not None,
    ),
    (Blank("resolution", "How was it resolved?"), lambda told: bool(told.standing.resolution)),
    (Blank("temporary_fix", "What holds for now?"), lambda told: told.fixed("temporary")),
    (Blank("permanent_fix", "What holds for good?"), lambda told: told.fixed("permanent")),
    (Blank("reviewers", "Who reviewed it?"), lambda told: told.learnt.held is not None),
    (
        Blank("facilitator", "Who led the review, and took no part in the response?"),
        lambda told: told.learnt.held is not None and told.learnt.held.facilitator is not None,
    ),
    (
        Blank("signatures", "Who stands by it, and who of the reviewers has not signed?"),
        lambda told: told.learnt.held is not None and not told.learnt.held.unsigned,
    ),
    (Blank("publication", "Where can it be read?"), lambda told: bool(told.learnt.publications)),
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
