"""What is known, suspected and decided: a rumour that is refuted, two causes, and a decision."""

from __future__ import annotations

from respond.cli.scenario.people import AGENT, ASSESSOR, COMMANDER, TECHNICAL_LEAD
from respond.workflow.incident.decisions import RecordDecision, RejectedOption
from respond.workflow.incident.situation import (
    ConfirmHypothesis,
    RaiseHypothesis,
    ReceiveInformation,
    RefuteInformation,
    RejectHypothesis,
)

KNOWLEDGE = (
    TECHNICAL_LEAD.does(
        "12 09:25",
        "A cause is suspected.",
        RaiseHypothesis(hypothesis="network", cause="The payment network is down", confidence="low"),
    ),
    TECHNICAL_LEAD.does(
        "12 09:32",
        "It is not that one.",
        RejectHypothesis(hypothesis="network", evidence="other merchants' payments go through"),
    ),
    AGENT.does(
        "12 09:46",
        "A rumour is taken on, as what it is.",
        ReceiveInformation(
            information="charged_twice",
            text="Customers were charged twice",
            kind="rumour",
            source="a post on a social network",
            confidence="low",
        ),
    ),
    TECHNICAL_LEAD.does(
        "12 09:48",
        "Another cause is suspected.",
        RaiseHypothesis(
            hypothesis="update",
            cause="The update of the terminals breaks their keys",
            evidence="every shop that fails took it",
            confidence="high",
        ),
    ),
    COMMANDER.does(
        "12 09:52",
        "A decision is kept with what spoke for it, and why the other way was left.",
        RecordDecision(
            decision="Roll the update back in all shops",
            rationale="works in the first shop within 10 minutes",
            options=("Roll back", "Wait for the supplier"),
            rejected=(RejectedOption(option="Wait for the supplier", reason="he names no time"),),
        ),
    ),
    ASSESSOR.does(
        "12 10:12",
        "The rumour is refuted.",
        RefuteInformation(information="charged_twice", evidence="the bank's list of bookings shows none"),
    ),
    ASSESSOR.does(
        "12 10:14",
        "The suspected cause is confirmed.",
        ConfirmHypothesis(hypothesis="update", evidence="without it the same terminal works"),
    ),
)
