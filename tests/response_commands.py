"""Random commands of the response: for an incident under a random plan, and as Hypothesis draws them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from plan_strategies import IDS, ids
from respond.domain.references import Reference
from respond.workflow.incident import course, decisions, effects, holds, measures, situation, teams, unplanned
from respond.workflow.incident.plans import ActivateDuePlan
from respond.workflow.incident.taken import CONFIDENCES, INFORMATION_KINDS

if TYPE_CHECKING:
    from plan_commands import Asker

_KEYS = ("one", "two", "three")
_STEP = 3


def _measure(asker: Asker) -> str:
    return str(asker.one_of((*ids("measures"), *_KEYS)))


def _plan(asker: Asker) -> dict[str, Any]:
    return {"objectives": (asker.text(),), "measures": asker.some(ids("measures"))}


ASKED_FOR: Mapping[str, Callable[[Asker], Any]] = {
    "start_measure": lambda a: measures.StartMeasure(measure=_measure(a)),
    "tick_step": lambda a: measures.TickStep(measure=_measure(a), step=a.random.randint(0, _STEP)),
    "complete_measure": lambda a: measures.CompleteMeasure(measure=_measure(a), outcome=a.text()),
    "skip_measure": lambda a: measures.SkipMeasure(measure=_measure(a), reason=a.text()),
    "add_measure": lambda a: unplanned.AddMeasure(
        measure=_measure(a), title=a.text(), reason=a.text(), after=a.some(ids("measures")), mandatory=a.chance(0.2)
    ),
    "mark_contained": lambda a: effects.MarkContained(note=a.text()),
    "mark_restored": lambda a: effects.MarkRestored(note=a.text()),
    "record_head_count": lambda a: effects.RecordHeadCount(
        place=a.one_of(_KEYS), expected=a.random.randint(0, 9), accounted_for=a.random.randint(0, 9)
    ),
    "raise_hypothesis": lambda a: situation.RaiseHypothesis(
        hypothesis=a.one_of(_KEYS), cause=a.text(), confidence=a.one_of((*CONFIDENCES, "total"))
    ),
    "confirm_hypothesis": lambda a: situation.ConfirmHypothesis(hypothesis=a.one_of(_KEYS), evidence=a.text()),
    "reject_hypothesis": lambda a: situation.RejectHypothesis(hypothesis=a.one_of(_KEYS), evidence=a.text()),
    "receive_information": lambda a: situation.ReceiveInformation(
        information=a.one_of(_KEYS), text=a.text(), kind=a.one_of((*INFORMATION_KINDS, "truth")), source=a.person()
    ),
    "confirm_information": lambda a: situation.ConfirmInformation(information=a.one_of(_KEYS), evidence=a.text()),
    "refute_information": lambda a: situation.RefuteInformation(information=a.one_of(_KEYS), evidence=a.text()),
    "record_decision": lambda a: decisions.RecordDecision(
        decision=a.text(),
        rationale=a.text(),
        options=("stay", "go"),
        rejected=(decisions.RejectedOption(option=a.one_of(("stay", "fly")), reason=a.text()),),
    ),
    "set_action_plan": lambda a: course.SetActionPlan(**_plan(a)),
    "revise_action_plan": lambda a: course.ReviseActionPlan(**_plan(a), reason=a.text()),
    "request_help": lambda a: course.RequestHelp(help=a.one_of(_KEYS), source=a.person(), what=a.text()),
    "record_help_arrived": lambda a: course.RecordHelpArrived(help=a.one_of(_KEYS), note=a.text()),
    "form_team": lambda a: teams.FormTeam(
        team=a.one_of(ids("teams")), members={role: a.person() for role in a.some(IDS["roles"], at_least=1)}
    ),
    "put_on_hold": lambda a: holds.PutOnHold(reason=a.text()),
    "resume": lambda a: holds.Resume(note=a.text()),
    "activate_due_plan": lambda _: ActivateDuePlan(plan=Reference("nowhere", "1", "0" * 64)),
}
"""By trigger, what makes a command."""


def drawn(words: st.SearchStrategy[str]) -> dict[str, st.SearchStrategy[Any]]:
    """Return commands of the response in these *words*, by trigger, for a plan that has no measures of its own."""
    keys = st.sampled_from(_KEYS)
    return {
        "add_measure": st.builds(
            unplanned.AddMeasure,
            measure=keys,
            title=words,
            reason=words,
            kind=st.sampled_from(["contain", "restore", "other"]),
            mandatory=st.booleans(),
        ),
        "start_measure": st.builds(measures.StartMeasure, measure=keys),
        "complete_measure": st.builds(measures.CompleteMeasure, measure=keys, outcome=words),
        "skip_measure": st.builds(measures.SkipMeasure, measure=keys, reason=words),
        "raise_hypothesis": st.builds(
            situation.RaiseHypothesis, hypothesis=keys, cause=words, confidence=st.sampled_from(CONFIDENCES)
        ),
        "reject_hypothesis": st.builds(situation.RejectHypothesis, hypothesis=keys, evidence=words),
        "receive_information": st.builds(
            situation.ReceiveInformation,
            information=keys,
            text=words,
            source=words,
            kind=st.sampled_from(INFORMATION_KINDS),
        ),
        "refute_information": st.builds(situation.RefuteInformation, information=keys, evidence=words),
        "record_decision": st.builds(decisions.RecordDecision, decision=words, rationale=words),
        "put_on_hold": st.builds(holds.PutOnHold, reason=words),
        "resume": st.builds(holds.Resume, note=words),
        "mark_contained": st.builds(effects.MarkContained, note=words),
        "mark_restored": st.builds(effects.MarkRestored, note=words),
    }
