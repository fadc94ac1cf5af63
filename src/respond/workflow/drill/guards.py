"""What stands in the way of a step of a drill.  Each code is stable; the text is for people."""

from __future__ import annotations

from respond.workflow.definition import Situation, guard, not_blank, text_within
from respond.workflow.drill.commands import EvaluateDrill, RecordParticipation
from respond.workflow.drill.state import PLANNED, Drill

SCORE_MAX = 100


@guard("inject-before-drill", reads="state")
def drill_started(situation: Situation) -> str | None:
    """Require that the drill began."""
    return "the drill has not begun; start it first" if situation.state.status == PLANNED else None


@guard("inject-unknown")
def inject_known(situation: Situation) -> str | None:
    """Require an inject of the scenario."""
    drill: Drill = situation.state
    scenario, name = drill.scenario, situation.command.inject
    if scenario is not None and scenario.inject(name) is not None:
        return None
    known = ", ".join(one.id for one in scenario.injects) if scenario is not None else "none"
    return f"{name!r} is not an inject of the scenario; it has {known}"


@guard("inject-out-of-order")
def inject_next(situation: Situation) -> str | None:
    """Require the inject that comes next."""
    drill: Drill = situation.state
    waiting, name = [one.id for one in drill.waiting()], situation.command.inject
    if name not in waiting or waiting[0] == name:
        return None
    return f"{waiting[0]!r} comes before {name!r}; give it, or skip it with a reason"


@guard("plan-other")
def plan_fits(situation: Situation) -> str | None:
    """Require the plan that the scenario is for."""
    plan, wanted = situation.plan, situation.command.scenario.plan
    return None if plan.name == wanted else f"the scenario is for the plan {wanted!r}, not for {plan.reference}"


@guard("drill-rule-unknown")
def rule_known(situation: Situation) -> str | None:
    """Require a drill rule of the plan, when the scenario names one."""
    rule, known = situation.command.scenario.rule, [one.id for one in situation.plan.drills]
    if rule is None or rule in known:
        return None
    return f"{rule!r} is not a drill of the plan; it has {', '.join(known) or 'none'}"


@guard("organisation-not-invited")
def organisation_invited(situation: Situation) -> str | None:
    """Require an organisation that was invited."""
    command: RecordParticipation = situation.command
    known = situation.state.invited
    if command.organisation in known:
        return None
    return f"{command.organisation!r} was not invited; invited are {', '.join(known) or 'none'}"


@guard("role-unknown")
def role_known(situation: Situation) -> str | None:
    """Require a role of the plan, when one is named."""
    role = situation.command.role
    if role is None or situation.plan.role(role) is not None:
        return None
    return f"{role!r} is not a role of the plan; it has {', '.join(one.id for one in situation.plan.roles)}"


@guard("results-incomplete")
def results_complete(situation: Situation) -> str | None:
    """Require a result of each objective, once."""
    command: EvaluateDrill = situation.command
    scenario = situation.state.scenario
    wanted = [] if scenario is None else [one.id for one in scenario.objectives]
    told = [one.objective for one in command.results]
    return None if told == wanted else f"results of {', '.join(told) or 'none'}; the objectives are {', '.join(wanted)}"


@guard("score-out-of-range")
def score_in_range(situation: Situation) -> str | None:
    """Require a score of 0 to 100."""
    score = situation.command.score
    return None if 0 <= score <= SCORE_MAX else f"{score} is not a score; write 0 to {SCORE_MAX}"


@guard("person-not-there")
def took_part(situation: Situation) -> str | None:
    """Require somebody who took part."""
    person = situation.command.person
    if any(one.person == person for one in situation.state.participants):
        return None
    return f"{person!r} did not take part; record the participation first"


@guard("training-unknown")
def training_known(situation: Situation) -> str | None:
    """Require a training of the plan, when one is named."""
    training, known = situation.command.training, [one.id for one in situation.plan.trainings]
    if training is None or training in known:
        return None
    return f"{training!r} is not a training of the plan; it has {', '.join(known) or 'none'}"


GUARDS = (
    drill_started,
    inject_known,
    inject_next,
    plan_fits,
    rule_known,
    organisation_invited,
    role_known,
    results_complete,
    score_in_range,
    took_part,
    training_known,
    text_within,
    not_blank("organisation-missing", "organisation"),
    not_blank("person-missing", "person"),
    not_blank("reason-missing", "reason"),
    not_blank("finding-missing", "finding", "text"),
)
