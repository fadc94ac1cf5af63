"""What is done: the measures of the plan in their order, one skipped, and one that the plan does not ask for."""

from __future__ import annotations

from respond.cli.scenario.people import (
    CARE,
    COMMANDER,
    FIRST_CARE,
    SITE_MANAGER,
    SPOKESPERSON,
    STAFF_CARE,
    TECHNICAL_LEAD,
)
from respond.workflow.incident.effects import MarkContained, MarkRestored
from respond.workflow.incident.measures import CompleteMeasure, SkipMeasure, StartMeasure, TickStep
from respond.workflow.incident.unplanned import AddMeasure

MEASURES = (
    TECHNICAL_LEAD.does(
        "12 09:21", "The first measure of the plan is begun in time.", StartMeasure(measure="contain_fault")
    ),
    TECHNICAL_LEAD.does(
        "12 09:22",
        "Service is restored only once the fault is contained.",
        StartMeasure(measure="restore_service"),
        refused=True,
    ),
    TECHNICAL_LEAD.does(
        "12 09:24",
        "A step of the checklist is ticked off.",
        TickStep(measure="contain_fault", step=1, note="the roll-out is stopped"),
    ),
    SITE_MANAGER.does("12 09:26", "The shops take cash meanwhile.", StartMeasure(measure="keep_core_service")),
    TECHNICAL_LEAD.does(
        "12 09:34",
        "It is contained, as it seems.",
        CompleteMeasure(measure="contain_fault", outcome="no further shop takes the update"),
    ),
    TECHNICAL_LEAD.does("12 09:35", "It does not spread any more.", MarkContained(note="14 shops, and no other")),
    TECHNICAL_LEAD.does("12 09:36", "Now service is restored, shop by shop.", StartMeasure(measure="restore_service")),
    COMMANDER.does(
        "12 09:44",
        "A measure of the plan would not help: it is skipped, with a reason.",
        SkipMeasure(measure="bring_spares", reason="the spare terminals took the same update"),
    ),
    FIRST_CARE.does("12 09:54", "More agents are put on the telephones.", StartMeasure(measure="answer_calls")),
    SITE_MANAGER.does(
        "12 10:00", "People who will work late are looked after.", StartMeasure(measure="care_for_people")
    ),
    COMMANDER.does(
        "12 10:13",
        "Over 1,000 customers: the plan wants public opinion watched.",
        StartMeasure(measure="watch_opinion"),
    ),
    COMMANDER.does(
        "12 10:20",
        "Something is done that the plan does not ask for.",
        AddMeasure(
            measure="runners",
            title="Runners bring change to the shops",
            reason="the tills run out of coins",
            kind="continue_service",
            role="logistics",
        ),
    ),
    SITE_MANAGER.does("12 10:21", "The runners go.", StartMeasure(measure="runners")),
    SITE_MANAGER.does(
        "12 10:44", "The runners are back.", CompleteMeasure(measure="runners", outcome="12 shops got coins")
    ),
    TECHNICAL_LEAD.does(
        "12 10:46",
        "The last mandatory measure is done: now it may be resolved.",
        CompleteMeasure(measure="restore_service", outcome="every terminal takes cards"),
    ),
    SITE_MANAGER.does("12 10:47", "Cash is no longer the only way.", CompleteMeasure(measure="keep_core_service")),
    TECHNICAL_LEAD.does(
        "13 08:30",
        "What only works again is not over: the cause is removed.",
        StartMeasure(measure="remove_cause"),
    ),
    TECHNICAL_LEAD.does(
        "13 09:30",
        "No terminal can take the update any more.",
        CompleteMeasure(measure="remove_cause", outcome="the update is blocked at the supplier's server"),
    ),
    TECHNICAL_LEAD.does("13 09:31", "It is contained again.", MarkContained(note="no shop takes the update any more")),
    TECHNICAL_LEAD.does("13 09:35", "Customers are served again.", MarkRestored(note="all six shops take cards")),
    STAFF_CARE.does(
        "13 10:30",
        "The staff is looked after, also when the incident is over.",
        CompleteMeasure(measure="care_for_people", outcome="two late shifts were taken over"),
    ),
    CARE.does(
        "13 10:40",
        "The telephones are quiet.",
        CompleteMeasure(measure="answer_calls", outcome="1,140 calls, the longest wait was 7 minutes"),
    ),
    SPOKESPERSON.does(
        "13 10:45",
        "So is public opinion.",
        CompleteMeasure(measure="watch_opinion", outcome="31 posts answered from the key messages"),
    ),
)
