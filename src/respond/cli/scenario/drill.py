"""The drill: the same plan rehearsed two weeks later, by the scenario that ships for it; who acts, and how fast."""

from __future__ import annotations

from datetime import timedelta

import attrs

from respond.cli.scenario.people import (
    ASSESSOR,
    COMMANDER,
    DUTY_OFFICER,
    EXECUTIVE,
    LIAISON,
    SECOND_COMMANDER,
    SPOKESPERSON,
    TECHNICAL_LEAD,
)
from respond.cli.scenario.step import Person, clock
from respond.workflow.incident import commands as c
from respond.workflow.incident.measures import CompleteMeasure, StartMeasure
from respond.workflow.incident.people import AssignRole
from respond.workflow.incident.triage import Acknowledge

DRILL = "spring-2026"
"""The key of the drill."""
SCENARIO = "terminals-down"
"""The shipped scenario that it is played by."""
BEGINS = clock("26 02:00")
LEADER = SECOND_COMMANDER
PARTNER = "Payment provider"
ABSENT = "joins by telephone when it is asked"
PLAYERS = (
    ("Service management", COMMANDER),
    ("Public relations", SPOKESPERSON),
    ("Technology", TECHNICAL_LEAD),
    ("Management", EXECUTIVE),
)
"""Who takes part, of which department, in the role that the person has."""


@attrs.frozen
class Reaction:
    """What somebody does, so long after an inject was brought in."""

    inject: str
    minutes: int
    person: Person
    command: object

    @property
    def after(self) -> timedelta:
        return timedelta(minutes=self.minutes)


REACTIONS = (
    Reaction("call", 3, DUTY_OFFICER, Acknowledge()),
    Reaction("call", 6, ASSESSOR, c.Assess(affected_customers=400, spread="regional", findings="shops call in")),
    Reaction("call", 8, ASSESSOR, c.AssignLevel(level=2, basis="over 100 customers")),
    Reaction("call", 9, COMMANDER, c.StartResponse()),
    Reaction("queues", 2, COMMANDER, c.TakeCommand(briefing="bar the next roll-out first")),
    Reaction("queues", 4, TECHNICAL_LEAD, StartMeasure(measure="contain_fault")),
    Reaction("complaints", 2, LIAISON, c.ReportUpward(kind="initial", recipient="head_office", summary="A drill")),
    Reaction(
        "complaints", 6, TECHNICAL_LEAD, CompleteMeasure(measure="contain_fault", outcome="rolled back, and barred")
    ),
    Reaction("reporter", 22, COMMANDER, AssignRole(role="spokesperson", person=SPOKESPERSON.id)),
    Reaction("supplier", 5, TECHNICAL_LEAD, StartMeasure(measure="restore_service")),
    Reaction("supplier", 25, TECHNICAL_LEAD, CompleteMeasure(measure="restore_service", outcome="all shops")),
    Reaction("supplier", 30, COMMANDER, c.Resolve(resolution="the certificate is renewed")),
)
VERDICT = "Quick and in order; the reporter waited too long."
FINDING = ("voice", "The spokesperson was reached 22 minutes after the reporter called")
PROPOSAL = "Call the deputy spokesperson at the same time"
SCORES = ((COMMANDER, 90, "incident_command"), (SPOKESPERSON, 60, None))
"""What is judged of whom from 0 to 100, and for which training it counts."""
