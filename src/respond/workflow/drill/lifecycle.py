"""The life of a drill: planned, started, its injects given in order, ended, evaluated; or cancelled."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from respond.domain.events import Event
from respond.domain.values import replace
from respond.workflow.definition import NEW, Evolve, Handler, Situation, Transition
from respond.workflow.drill import commands as c
from respond.workflow.drill import events as e
from respond.workflow.drill.guards import GUARDS, SCORE_MAX
from respond.workflow.drill.state import CANCELLED, ENDED, EVALUATED, PLANNED, STARTED, STATES, Drill
from respond.workflow.workflow import Workflow

DRILL_CATEGORY = "drill"
"""The category of the streams of drills."""

# -- deciding ----------------------------------------------------------------------------------------------------------


def _plan(situation: Situation) -> Iterator[Any]:
    yield e.DrillPlanned(**situation.step, scenario=situation.command.scenario)


def _invite(situation: Situation) -> Iterator[Any]:
    command: c.Invite = situation.command
    yield e.OrganisationInvited(organisation=command.organisation, partner=command.partner, note=command.note)


def _participation(command: c.RecordParticipation) -> e.ParticipationRecorded:
    return e.ParticipationRecorded(organisation=command.organisation, person=command.person, role=command.role)


def _participate(situation: Situation) -> Iterator[Any]:
    yield _participation(situation.command)


def _start(situation: Situation) -> Iterator[Any]:
    yield e.DrillStarted(**situation.step, incident=situation.command.incident, pools=situation.command.pools)


def _give(situation: Situation) -> Iterator[Any]:
    drill: Drill = situation.state
    name: str = situation.command.inject
    inject = None if drill.scenario is None else drill.scenario.inject(name)
    due_at = None if inject is None else drill.due_at(inject)
    late = timedelta(0) if due_at is None else max(timedelta(0), situation.at - due_at)
    yield e.InjectGiven(inject=name, late_seconds=int(late.total_seconds()))


def _skip(situation: Situation) -> Iterator[Any]:
    yield e.InjectSkipped(inject=situation.command.inject, reason=situation.command.reason)


def _end(situation: Situation) -> Iterator[Any]:
    yield e.DrillEnded(**situation.step, note=situation.command.note)


def _evaluate(situation: Situation) -> Iterator[Any]:
    results: tuple[e.Result, ...] = situation.command.results
    scenario = situation.state.scenario
    most = sum(one.points for one in scenario.objectives) if scenario else 0
    score = SCORE_MAX * sum(one.points for one in results) // most if most else 0
    yield e.DrillEvaluated(**situation.step, results=results, score=score, text=situation.command.text)


def _person_scored(command: c.ScorePerson) -> e.PersonScored:
    return e.PersonScored(person=command.person, score=command.score, training=command.training, note=command.note)


def _score(situation: Situation) -> Iterator[Any]:
    yield _person_scored(situation.command)


def _finding(command: c.RecordDrillFinding) -> e.DrillFindingRecorded:
    return e.DrillFindingRecorded(finding=command.finding, text=command.text, proposal=command.proposal)


def _find(situation: Situation) -> Iterator[Any]:
    yield _finding(situation.command)


def _cancel(situation: Situation) -> Iterator[Any]:
    yield e.DrillCancelled(**situation.step, reason=situation.command.reason)


def _evaluated_already(situation: Situation) -> bool:
    return bool(situation.state.status == EVALUATED and situation.state.results == situation.command.results)


# -- folding -----------------------------------------------------------------------------------------------------------


def _evolver(change: Callable[[Drill, Event], Mapping[str, Any]]) -> Evolve:
    """Return what carries a drill over an event: *change* says which fields become what."""

    def evolve(drill: Drill, event: Event) -> Drill:
        ahead = max(timedelta(0), event.happened_at - event.recorded_at)
        return replace(drill, ahead=ahead, **change(drill, event))

    return evolve


def _moves(_: Drill, event: Event) -> Mapping[str, Any]:
    return {"status": event.data.to}


def _starts(_: Drill, event: Event) -> Mapping[str, Any]:
    data: e.DrillStarted = event.data
    return {"status": data.to, "incident": data.incident, "pools": data.pools, "started_at": event.happened_at}


def _evaluates(_: Drill, event: Event) -> Mapping[str, Any]:
    data: e.DrillEvaluated = event.data
    return {"status": data.to, "results": data.results, "score": data.score}


_EVOLVERS: Mapping[type, Evolve] = {
    e.DrillPlanned: _evolver(lambda _, event: {"status": event.data.to, "scenario": event.data.scenario}),
    e.OrganisationInvited: _evolver(
        lambda drill, event: {"invited": {**drill.invited, event.data.organisation: event.data.partner}}
    ),
    e.ParticipationRecorded: _evolver(lambda drill, event: {"participants": (*drill.participants, event.data)}),
    e.DrillStarted: _evolver(_starts),
    e.InjectGiven: _evolver(lambda drill, event: {"given": {**drill.given, event.data.inject: event.happened_at}}),
    e.InjectSkipped: _evolver(lambda drill, event: {"skipped": (*drill.skipped, event.data.inject)}),
    e.DrillEnded: _evolver(lambda _, event: {"status": event.data.to, "ended_at": event.happened_at}),
    e.DrillEvaluated: _evolver(_evaluates),
    e.PersonScored: _evolver(lambda drill, event: {"scores": (*drill.scores, event.data)}),
    e.DrillFindingRecorded: _evolver(
        lambda drill, event: {"findings": {**drill.findings, event.data.finding: event.data}}
    ),
    e.DrillCancelled: _evolver(_moves),
}

# -- the workflow ------------------------------------------------------------------------------------------------------

_SAID = ("text-too-long",)
_RUNNING = (PLANNED, STARTED)
_OVER = (ENDED, EVALUATED)
_INJECT = ("inject-before-drill", "inject-unknown", "inject-out-of-order")

DRILL = Workflow(
    name="drill",
    version=1,
    category=DRILL_CATEGORY,
    states=STATES,
    finals=(EVALUATED, CANCELLED),
    transitions=(
        Transition("plan_drill", NEW, PLANNED, guards=(*_SAID, "plan-other", "drill-rule-unknown")),
        Transition("invite", _RUNNING, None, guards=(*_SAID, "organisation-missing")),
        Transition(
            "record_participation",
            (STARTED, ENDED),
            None,
            guards=(*_SAID, "person-missing", "organisation-not-invited", "role-unknown"),
        ),
        Transition("start_drill", PLANNED, STARTED),
        Transition("give_inject", _RUNNING, None, guards=_INJECT),
        Transition("skip_inject", _RUNNING, None, guards=(*_SAID, "reason-missing", *_INJECT)),
        Transition("end_drill", STARTED, ENDED, guards=_SAID),
        Transition("evaluate_drill", ENDED, EVALUATED, guards=(*_SAID, "results-incomplete")),
        Transition(
            "score_person", _OVER, None, guards=(*_SAID, "score-out-of-range", "person-not-there", "training-unknown")
        ),
        Transition("record_drill_finding", (STARTED, *_OVER), None, guards=(*_SAID, "finding-missing")),
        Transition("cancel_drill", _RUNNING, CANCELLED, guards=(*_SAID, "reason-missing")),
    ),
    guards=GUARDS,
    initial=Drill(),
    handlers=(
        Handler(
            command=c.PlanDrill,
            decide=_plan,
            emits=(e.DrillPlanned,),
            done=lambda situation: situation.state.scenario == situation.command.scenario,
            accompanies=True,
        ),
        Handler(
            command=c.Invite,
            decide=_invite,
            emits=(e.OrganisationInvited,),
            done=lambda situation: (
                situation.state.invited.get(situation.command.organisation) is situation.command.partner
            ),
            accompanies=True,
        ),
        Handler(
            command=c.RecordParticipation,
            decide=_participate,
            emits=(e.ParticipationRecorded,),
            done=lambda situation: _participation(situation.command) in situation.state.participants,
            accompanies=True,
        ),
        Handler(
            command=c.StartDrill,
            decide=_start,
            emits=(e.DrillStarted,),
            done=lambda situation: situation.state.incident is not None,
            accompanies=True,
        ),
        Handler(
            command=c.GiveInject,
            decide=_give,
            emits=(e.InjectGiven,),
            done=lambda situation: situation.command.inject in situation.state.given,
            accompanies=True,
            automatic=True,
        ),
        Handler(
            command=c.SkipInject,
            decide=_skip,
            emits=(e.InjectSkipped,),
            done=lambda situation: situation.command.inject in situation.state.skipped,
            accompanies=True,
        ),
        Handler(
            command=c.EndDrill,
            decide=_end,
            emits=(e.DrillEnded,),
            done=lambda situation: situation.state.status in _OVER,
            accompanies=True,
        ),
        Handler(
            command=c.EvaluateDrill,
            decide=_evaluate,
            emits=(e.DrillEvaluated,),
            done=_evaluated_already,
            accompanies=True,
        ),
        Handler(
            command=c.ScorePerson,
            decide=_score,
            emits=(e.PersonScored,),
            done=lambda situation: _person_scored(situation.command) in situation.state.scores,
            accompanies=True,
        ),
        Handler(
            command=c.RecordDrillFinding,
            decide=_find,
            emits=(e.DrillFindingRecorded,),
            done=lambda situation: (
                situation.state.findings.get(situation.command.finding) == _finding(situation.command)
            ),
            accompanies=True,
        ),
        Handler(
            command=c.CancelDrill,
            decide=_cancel,
            emits=(e.DrillCancelled,),
            done=lambda situation: situation.state.status == CANCELLED,
            accompanies=True,
        ),
    ),
    evolvers=_EVOLVERS,
)
