"""What may be asked of a drill; a `DrillEngine` asks it."""

from __future__ import annotations

import attrs

from respond.plan.scenario import Scenario
from respond.workflow.definition import command_type
from respond.workflow.drill.events import Result


@command_type("plan_drill")
@attrs.frozen(kw_only=True)
class PlanDrill:
    """Plan a drill by a scenario."""

    scenario: Scenario


@command_type("invite")
@attrs.frozen(kw_only=True)
class Invite:
    """Ask a department or a partner to take part."""

    organisation: str
    partner: bool = False
    note: str = ""


@command_type("record_participation")
@attrs.frozen(kw_only=True)
class RecordParticipation:
    """Tell that somebody took part."""

    organisation: str
    person: str
    role: str | None = None


@command_type("start_drill")
@attrs.frozen(kw_only=True)
class StartDrill:
    """Begin."""

    incident: str
    pools: tuple[str, ...] = ()


@command_type("give_inject")
@attrs.frozen(kw_only=True)
class GiveInject:
    """Bring an inject in; what it asks is asked in the same step."""

    inject: str


@command_type("skip_inject")
@attrs.frozen(kw_only=True)
class SkipInject:
    """Leave an inject out."""

    inject: str
    reason: str


@command_type("end_drill")
@attrs.frozen(kw_only=True)
class EndDrill:
    """Say that it is over."""

    note: str = ""


@command_type("evaluate_drill")
@attrs.frozen(kw_only=True)
class EvaluateDrill:
    """Judge what was achieved."""

    results: tuple[Result, ...]
    text: str = ""


@command_type("score_person")
@attrs.frozen(kw_only=True)
class ScorePerson:
    """Judge somebody's part."""

    person: str
    score: int
    training: str | None = None
    note: str = ""


@command_type("record_drill_finding")
@attrs.frozen(kw_only=True)
class RecordDrillFinding:
    """Tell what the drill showed, and propose a change of the plan."""

    finding: str
    text: str
    proposal: str = ""


@command_type("cancel_drill")
@attrs.frozen(kw_only=True)
class CancelDrill:
    """Say that it is not held."""

    reason: str
