"""Follow-up: by when each action item is to be done, and who is told when it is not.

The id of what is owed is made of the key of the action item: `action:a-7`.  A date that is moved before it has come is
another date; one that is moved afterwards was missed, and a new one begins.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from respond.plan.courses import Occurrence, Start
from respond.plan.facts import ActionStep, Done, Facts, StateEntered, Waived
from respond.plan.obligations import Promise, Rung
from respond.plan.spans import Span
from respond.plan.terms import ENDS, Change

ACTION = "action"
"""What the ids of the dates of action items begin with."""
OWNER = "owner"
"""Who is told on a rung: whoever owns the action item."""


@attrs.frozen(kw_only=True)
class FollowUp:
    """How action items are followed up."""

    near: Span | None = None
    """How long before its date the owner is reminded; only at the date when None."""
    tell: tuple[str, ...] = ()
    """The ids of the roles that are told, besides the owner, when it is not done by its date."""


def action_date(follow_up: FollowUp | None, key: str) -> Promise:
    """Return what is owed of the action item with this *key*: that it is done by its date."""
    rules = follow_up or FollowUp()
    reminder = () if rules.near is None else (Rung(before=rules.near, tell=(OWNER,)),)
    return Promise(
        id=f"{ACTION}:{key}",
        title=f"Carry out the action item {key}",
        titles={"zh": f"落实改进事项 {key}"},
        act="complete_action",
        due=(),
        near=rules.near,
        waivable=False,
        ladder=(*reminder, Rung(tell=(OWNER, *rules.tell))),
    )


def action_dates(facts: Facts, steps: Sequence[ActionStep]) -> tuple[Occurrence, ...]:
    """Return each date of an action item that took *steps*, and what became of it.

    Nothing is owed any more of an incident that was cancelled or merged into another one.
    """
    found: list[Occurrence] = []
    for one in steps:
        last = found[-1] if found else None
        if last is None or not last.open:
            if one.step in ("opened", "reopened"):
                found.append(_dated(len(found) + 1, one))
        elif one.step == "done":
            last.done = _done(one)
        elif one.step == "dropped":
            last.waived = Waived(at=one.at, entry=one.entry, obligation="")
        elif one.step == "rescheduled" and last.passed(one.at):
            last.done = _done(one)
            found.append(_dated(len(found) + 1, one))
        elif one.step == "rescheduled":
            last.due_at = one.due_at
    ended = facts.states[-1] if facts.states else None
    if found and ended is not None and ended.state in ENDS:
        _drop(found[-1], ended)
    return tuple(found)


def _dated(number: int, step: ActionStep) -> Occurrence:
    return Occurrence(number, start=Start(step.at, "action_opened", step.entry), due_at=step.due_at)


def _done(step: ActionStep) -> Done:
    return Done(at=step.at, entry=step.entry, act="complete_action")


def _drop(occurrence: Occurrence, ended: StateEntered) -> None:
    if occurrence.open and not occurrence.passed(ended.at):
        occurrence.dropped = Change(ended.at, False, "reopened", ended.entry)
