"""The course of the incident: warned of, reported, levelled, resolved, taken up again and resolved for good."""

from __future__ import annotations

from decimal import Decimal

from respond.cli.scenario.people import (
    ASSESSOR,
    COMMANDER,
    DUTY_OFFICER,
    LIAISON,
    MONITOR,
    SECOND_COMMANDER,
    TECHNICAL_LEAD,
)
from respond.cli.scenario.step import clock
from respond.domain.moments import Moment
from respond.domain.money import Money
from respond.workflow.incident import commands as c
from respond.workflow.incident.course import ReviseActionPlan, SetActionPlan
from respond.workflow.incident.events import Attachment
from respond.workflow.incident.people import AssignRole, HandOverRole
from respond.workflow.incident.teams import FormTeam
from respond.workflow.incident.triage import Acknowledge, SetResponseLevel
from respond.workflow.warning import WARNING_CATEGORY
from respond.workflow.warning import commands as w

WARNING = "payments-north"
"""The key of the warning with which it begins."""


def _signal(per_cent: int) -> w.RecordSignal:
    return w.RecordSignal(source=MONITOR.id, metric="failed_payments_percent", value=per_cent, credibility="high")


_OF_WARNING = {"category": WARNING_CATEGORY, "key": WARNING}

WARNED = (
    MONITOR.does(
        "12 08:40",
        "A monitor sees 3 % of the payments fail in the north. The plan prepares from 2.5 % and warns from 5 %.",
        _signal(3),
        **_OF_WARNING,
    ),
    MONITOR.does("12 08:48", "Now it is 7 %: the plan suggests a warning.", _signal(7), **_OF_WARNING),
    DUTY_OFFICER.does(
        "12 08:50",
        "A person decides: the duty officer warns.",
        w.RaiseWarning(
            category="equipment_failure", title="Card payments fail in the north", basis="7 % since 08:48, and rising"
        ),
        **_OF_WARNING,
    ),
    ASSESSOR.does(
        "12 08:53",
        "What the plan wants ready for such a warning is made ready.",
        w.Prepare(preparation="Call the technical lead", note="on the line since 08:52"),
        **_OF_WARNING,
    ),
    COMMANDER.does(
        "12 08:55",
        "Somebody else than who warned holds it to be right.",
        w.ConfirmWarning(basis="two shops tell of it by telephone"),
        **_OF_WARNING,
    ),
)

FIRST_DAY = (
    DUTY_OFFICER.does(
        "12 09:02",
        "It happened: card terminals are down, noticed at 08:55. The warning turns into the incident.",
        c.ReportIncident(
            category="equipment_failure",
            title="Card terminals down in 14 shops",
            narrative="Customers can pay in cash only.",
            began_at=Moment(clock("12 08:35")),
            discovered_at=Moment(clock("12 08:55")),
            site="region north",
            channel="shop",
            team="shop-systems",
            warning=WARNING,
        ),
    ),
    DUTY_OFFICER.does("12 09:05", "The report is taken up.", Acknowledge()),
    ASSESSOR.does(
        "12 09:10",
        "The impact is assessed.",
        c.Assess(
            affected_customers=120,
            sites=14,
            spread="regional",
            loss=Money(Decimal("36000.00"), "CNY"),
            findings="14 of 60 shops, since an update",
        ),
        name="assessed",
    ),
    ASSESSOR.does(
        "12 09:12",
        "It gets its first level; 1 is the worst. The plan suggests one, a person chooses.",
        c.AssignLevel(level=2, basis="over 100 customers in one region; cash works"),
    ),
    COMMANDER.does(
        "12 09:13",
        "How much is set in motion is a decision of its own.",
        SetResponseLevel(response="strong", basis="as the plan has it for level 2"),
    ),
    COMMANDER.does("12 09:15", "The response begins.", c.StartResponse()),
    COMMANDER.does(
        "12 09:16",
        "One person commands at any instant.",
        c.TakeCommand(briefing="roll the update back, shop by shop"),
    ),
    *(
        COMMANDER.does("12 09:17", "", AssignRole(role=role, person=person, trained_until={"first_aid": "2027-01-31"}))
        for role, person in (("site_manager", "pan.lei"), ("responder", "ma.chao"))
    ),
    COMMANDER.does(
        "12 09:17",
        "The plan's team for facilities is formed; who is in it has the role.",
        FormTeam(
            team="facility_team",
            members={
                "technical_lead": "sun.jie",
                "site_manager": "pan.lei",
                "responder": "ma.chao",
                "logistics": "luo.bin",
            },
        ),
    ),
    COMMANDER.does(
        "12 09:17",
        "Roles that the plan requires at this level are filled.",
        AssignRole(role="duty_officer", person="wang.li"),
    ),
    COMMANDER.does("12 09:18", "Who reports upward is named.", AssignRole(role="liaison", person="he.na")),
    COMMANDER.does(
        "12 09:19",
        "Customer care is in hands whose training ran out: people are told of it, and nothing is barred.",
        AssignRole(role="customer_care", person="zhu.lin", trained_until={"comforting": "2026-01-31"}),
    ),
    COMMANDER.does(
        "12 09:20",
        "What is to be achieved, and by which measures.",
        SetActionPlan(objectives=("Customers can pay by card today",), measures=("contain_fault", "restore_service")),
    ),
    COMMANDER.does(
        "12 09:40",
        "More customers are hit than it seemed: the level is raised, with a justification.",
        c.ChangeLevel(level=1, justification="1,200 customers could not pay"),
    ),
    TECHNICAL_LEAD.does(
        "12 09:42",
        "An early try to resolve it, refused with every reason: role, reports, an open measure.",
        c.Resolve(resolution="rolled back"),
        refused=True,
    ),
    LIAISON.does(
        "12 09:50",
        "The head office is told, 8 minutes late.",
        c.ReportUpward(
            kind="initial", recipient="head_office", summary="Terminals down in 14 shops; rollback is under way."
        ),
        name="told the head office",
    ),
    LIAISON.does(
        "12 09:58",
        "The head office has it.",
        lambda outcomes: c.RecordReceipt(
            report=outcomes["told the head office"].events[0], receipt="HO-2026-0312-07", received_by="tang.wei"
        ),
    ),
    TECHNICAL_LEAD.does(
        "12 10:05",
        "A note that comes late: what it tells happened at 09:20.",
        c.Note(
            text="The first shop works again after the rollback",
            attachments=(
                Attachment(
                    name="terminal.log",
                    media_type="text/plain",
                    size=48213,
                    sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                    uri="https://files.example.org/terminal.log",
                ),
            ),
        ),
        happened_at=clock("12 09:20"),
    ),
    COMMANDER.does("12 10:08", "At level 1 progress is noted every half hour.", c.Note(text="Nine shops work again")),
    ASSESSOR.does(
        "12 10:10",
        "The first assessment was wrong. It is corrected, and the original stays.",
        lambda outcomes: c.Correct(
            entry=outcomes["assessed"].events[0],
            changes={"affected_customers": 1200, "sites": 20},
            reason="the first count left six shops out",
        ),
    ),
    COMMANDER.does(
        "12 10:24",
        "Level 1 asks for more people.",
        AssignRole(role="spokesperson", person="ding.rui", trained_until={"press_work": "2026-09-30"}),
    ),
    COMMANDER.does(
        "12 10:26", "With the lawyer every required role is filled.", AssignRole(role="legal", person="wu.xin")
    ),
    LIAISON.does(
        "12 10:28",
        "Level 1 owes the authority a report too; it goes out at the last moment.",
        c.ReportUpward(
            kind="initial", recipient="local_authority", summary="Card payments fail in 20 shops; nobody is in danger."
        ),
    ),
    COMMANDER.does(
        "12 10:30",
        "Customer care is handed over, with a briefing.",
        HandOverRole(
            role="customer_care",
            from_person="zhu.lin",
            to_person="lin.tao",
            briefing="80 customers are called back, 40 wait; nobody was promised money",
            trained_until={"comforting": "2026-11-30"},
        ),
    ),
    COMMANDER.does("12 10:36", "Progress again.", c.Note(text="All shops but two work again")),
    COMMANDER.does(
        "12 10:50",
        "Service is restored, as it seems.",
        c.Resolve(resolution="The update was rolled back in all shops"),
    ),
)

SECOND_DAY = (
    DUTY_OFFICER.does(
        "13 08:20",
        "Six shops fail again: it was not over.",
        c.Reopen(reason="six shops took the update again at night"),
    ),
    SECOND_COMMANDER.does(
        "13 08:22",
        "Another commander takes over.",
        c.TakeCommand(briefing="the night's roll-out brought the update back"),
    ),
    SECOND_COMMANDER.does(
        "13 08:24",
        "Another course is taken, and why.",
        ReviseActionPlan(
            objectives=("Customers can pay by card today", "The update cannot come back"),
            measures=("restore_service", "remove_cause"),
            reason="rolling back is undone by the next roll-out",
        ),
    ),
    LIAISON.does(
        "13 08:45",
        "The head office gets its follow-up report. The note on progress that is due at 08:50 is forgotten.",
        c.ReportUpward(
            kind="follow_up", recipient="head_office", summary="Six shops failed again; the update is being blocked."
        ),
    ),
    SECOND_COMMANDER.does(
        "13 09:10",
        "The watcher has asked, and at 09:05 the executive: the note comes late.",
        c.Note(text="Four of six shops work again"),
    ),
    SECOND_COMMANDER.does(
        "13 09:38", "Resolved for good.", c.Resolve(resolution="The update is blocked until it is mended")
    ),
)

REPORTED_UP = (
    LIAISON.does(
        "13 12:10",
        "The head office gets the final report; after the end it is a fact, and moves nothing.",
        c.ReportUpward(kind="final", recipient="head_office", summary="Service is restored since 09:38."),
    ),
    LIAISON.does(
        "16 02:00",
        "The authority gets its final report too.",
        c.ReportUpward(
            kind="final", recipient="local_authority", summary="Over since 13 March; the update stays blocked."
        ),
    ),
)
