"""Cases: what the log tells of one affected customer, as the facts that the promises to this customer rest on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from respond.domain.values import replace
from respond.plan.facts import CaseStep, Done, Facts, Happened, StateEntered, Step
from respond.plan.obligations import Act, Fact

ACTS: Mapping[Step, Act] = {
    "contacted": "contact_party",
    "apologised": "apologise",
    "settled": "settle",
    "visited": "visit",
}
"""What discharges obligations, by the step that tells it."""
OPENS: tuple[Step, ...] = ("registered", "reopened")
"""The steps that open a case."""
SETTLES: tuple[Step, ...] = ("settled", "closed")
"""The steps after which nobody works on a case."""
ENDED = frozenset({"resolved", "reviewed"})
"""The states in which the response has ended."""


def of_case(facts: Facts, steps: Sequence[CaseStep]) -> Facts:
    """Return *facts* with the case as what began and what was done: anew each time that it was reopened."""
    return _told(facts, {"case_opened": tuple(one for one in steps if one.step in OPENS)}, _done(steps))


def first_of_case(facts: Facts, steps: Sequence[CaseStep]) -> Facts:
    """Return *facts* with the case as what began once: done once is done."""
    return _told(facts, {"case_opened": tuple(steps[:1])}, _done(steps))


def while_open(facts: Facts, steps: Sequence[CaseStep]) -> Facts:
    """Return *facts* of the case from the first contact on, in the state `settled` while nobody works on it."""
    story: list[tuple[datetime, str, str | None, bool | None]] = [
        *((one.at, one.entry, one.state, None) for one in facts.states),
        *((one.at, one.entry, None, one.step in OPENS) for one in steps if one.step in (*OPENS, *SETTLES)),
    ]
    states: list[StateEntered] = []
    state, works = "", True
    for at, entry, entered, opens in sorted(story, key=lambda one: one[0]):
        state, works = entered or state, works if opens is None else opens
        states.append(StateEntered(at=at, entry=entry, state=state if works else "settled"))
    first = tuple(one for one in steps if one.step == "contacted")[:1]
    return replace(_told(facts, {"case_opened": first}, _done(steps)), states=tuple(states))


def of_end(facts: Facts, steps: Sequence[CaseStep]) -> Facts:
    """Return *facts* with the end of the response as it is for this customer.

    It ended when the response did; for a case that was opened after that, when it was opened.  A visit before the end
    does not count for a case that was reopened before the end too.
    """
    begun = steps[0].at
    late = (one for one in steps if one.step in OPENS and _ended(facts, one.at))
    ends = [*(one for one in facts.facts.get("response_ended", ()) if one.at >= begun), *late]
    ends.sort(key=lambda one: one.at)
    first = ends[0].at if ends else None
    early = [place for place, one in enumerate(steps) if one.step == "reopened" and (first is None or one.at < first)]
    told: dict[Fact, tuple[Happened, ...]] = {
        "response_ended": tuple(ends),
        "reopened": facts.facts.get("reopened", ()),
    }
    return _told(facts, told, _done(steps[early[-1] :] if early else steps))


def _ended(facts: Facts, at: datetime) -> bool:
    """Return whether the response had ended *at*."""
    entered = [one.state for one in facts.states if one.at <= at]
    return bool(entered) and entered[-1] in ENDED


def _done(steps: Iterable[CaseStep]) -> list[Done]:
    return [Done(at=one.at, entry=one.entry, act=ACTS[one.step]) for one in steps if one.step in ACTS]


def _told(facts: Facts, told: Mapping[Fact, tuple[Happened, ...]], done: Iterable[Done]) -> Facts:
    return replace(facts, facts=told, done=tuple(done))
