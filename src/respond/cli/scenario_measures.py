"""What is done, known and decided in the incident that `respond demo` plays."""

from __future__ import annotations

from respond.cli.story import Step, clock
from respond.workflow.incident.decisions import RecordDecision, RejectedOption
from respond.workflow.incident.measures import CompleteMeasure, SkipMeasure, StartMeasure, TickStep
from respond.workflow.incident.situation import (
    ConfirmHypothesis,
    RaiseHypothesis,
    ReceiveInformation,
    RefuteInformation,
)
from respond.workflow.incident.unplanned import AddMeasure

MEASURES = (
    Step(
        at=clock(9, 21),
        actor="sun.jie",
        role="responder",
        tells="The first measure of the plan is begun in time.",
        command=StartMeasure(measure="contain_fault"),
    ),
    Step(
        at=clock(9, 22),
        actor="sun.jie",
        role="responder",
        tells="Service is restored only once the fault is contained.",
        command=StartMeasure(measure="restore_service"),
        refused=True,
    ),
    Step(
        at=clock(9, 24),
        actor="sun.jie",
        role="responder",
        tells="A step of the checklist is ticked off.",
        command=TickStep(measure="contain_fault", step=1, note="the roll-out is stopped"),
    ),
    Step(
        at=clock(9, 26),
        actor="pan.lei",
        role="site_manager",
        tells="The shops take cash meanwhile.",
        command=StartMeasure(measure="keep_core_service"),
    ),
    Step(
        at=clock(9, 34),
        actor="sun.jie",
        role="responder",
        tells="It does not spread any more.",
        command=CompleteMeasure(measure="contain_fault", outcome="no further shop takes the update"),
    ),
    Step(
        at=clock(9, 36),
        actor="sun.jie",
        role="responder",
        tells="Now service is restored, shop by shop.",
        command=StartMeasure(measure="restore_service"),
    ),
    Step(
        at=clock(9, 44),
        actor="liu.fang",
        role="commander",
        tells="A measure of the plan would not help: it is skipped, with a reason.",
        command=SkipMeasure(measure="bring_spares", reason="the spare terminals took the same update"),
    ),
    Step(
        at=clock(9, 46),
        actor="lin.tao",
        role="agent",
        tells="A rumour is taken on, as what it is.",
        command=ReceiveInformation(
            information="charged_twice",
            text="Customers were charged twice",
            kind="rumour",
            source="a post on a social network",
            confidence="low",
        ),
    ),
    Step(
        at=clock(9, 48),
        actor="sun.jie",
        role="responder",
        tells="A cause is suspected.",
        command=RaiseHypothesis(
            hypothesis="update",
            cause="The update of the terminals breaks their keys",
            evidence="every shop that fails took it",
            confidence="high",
        ),
    ),
    Step(
        at=clock(9, 52),
        actor="liu.fang",
        role="commander",
        tells="A decision is kept with what spoke for it, and why the other way was left.",
        command=RecordDecision(
            decision="Roll the update back in all shops",
            rationale="works in the first shop within 10 minutes",
            options=("Roll back", "Wait for the supplier"),
            rejected=(RejectedOption(option="Wait for the supplier", reason="he names no time"),),
        ),
    ),
    Step(
        at=clock(10, 12),
        actor="chen.yu",
        role="assessor",
        tells="The rumour is refuted.",
        command=RefuteInformation(information="charged_twice", evidence="the bank's list of bookings shows none"),
    ),
    Step(
        at=clock(10, 14),
        actor="chen.yu",
        role="assessor",
        tells="The suspected cause is confirmed.",
        command=ConfirmHypothesis(hypothesis="update", evidence="without it the same terminal works"),
    ),
    Step(
        at=clock(10, 20),
        actor="liu.fang",
        role="commander",
        tells="Something is done that the plan does not ask for.",
        command=AddMeasure(
            measure="runners",
            title="Runners bring change to the shops",
            reason="the tills run out of coins",
            kind="continue_service",
            role="logistics",
        ),
    ),
    Step(
        at=clock(10, 21),
        actor="pan.lei",
        role="site_manager",
        tells="The runners go.",
        command=StartMeasure(measure="runners"),
    ),
    Step(
        at=clock(10, 44),
        actor="pan.lei",
        role="site_manager",
        tells="They are done.",
        command=CompleteMeasure(measure="runners", outcome="12 shops got coins"),
    ),
    Step(
        at=clock(10, 46),
        actor="sun.jie",
        role="responder",
        tells="The last mandatory measure is done: now it may be resolved.",
        command=CompleteMeasure(measure="restore_service", outcome="every terminal takes cards"),
    ),
    Step(
        at=clock(10, 47),
        actor="pan.lei",
        role="site_manager",
        tells="Cash is no longer the only way.",
        command=CompleteMeasure(measure="keep_core_service"),
    ),
    Step(
        at=clock(11, 30),
        actor="sun.jie",
        role="responder",
        tells="What only works again is not over: the cause is removed.",
        command=StartMeasure(measure="remove_cause"),
    ),
    Step(
        at=clock(11, 40),
        actor="pan.lei",
        role="site_manager",
        tells="People who have worked since the morning are relieved.",
        command=StartMeasure(measure="care_for_people"),
    ),
    Step(
        at=clock(11, 50),
        actor="sun.jie",
        role="responder",
        tells="No terminal can take the update any more.",
        command=CompleteMeasure(measure="remove_cause", outcome="the update is blocked at the supplier's server"),
    ),
    Step(
        at=clock(12, 30),
        actor="pan.lei",
        role="site_manager",
        tells="The staff is looked after, also when the incident is over.",
        command=CompleteMeasure(measure="care_for_people", outcome="two late shifts were taken over"),
    ),
)
