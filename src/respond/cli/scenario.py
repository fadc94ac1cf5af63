"""The incident that `respond demo` plays: a fixed story, told step by step."""

from __future__ import annotations

from respond.cli.scenario_customers import CUSTOMERS, UNVISITED
from respond.cli.scenario_measures import MEASURES
from respond.cli.scenario_words import WORDS
from respond.cli.story import Step, clock
from respond.domain.moments import Moment
from respond.workflow.approvals import Approve
from respond.workflow.incident import commands as c
from respond.workflow.incident.events import Attachment
from respond.workflow.incident.people import AssignRole, HandOverRole
from respond.workflow.incident.triage import Acknowledge, SetResponseLevel
from respond.workflow.warning import WARNING_CATEGORY
from respond.workflow.warning import commands as w

PLAN = "service-company@2"
"""The shipped plan that the story runs under."""
WARNING = "payments-north"
"""The key of the warning with which it begins."""
KNOWN_AT = clock(9, 45)
"""When the story asks what could be known."""

_WARNING = (
    Step(
        at=clock(8, 40),
        actor="payments.monitor",
        tells="A monitor sees 3 % of the payments fail in the north.  The plan prepares from 2.5 % and warns from 5 %.",
        category=WARNING_CATEGORY,
        key=WARNING,
        command=w.RecordSignal(
            source="payments.monitor", metric="failed_payments_percent", value=3, credibility="high"
        ),
    ),
    Step(
        at=clock(8, 48),
        actor="payments.monitor",
        tells="Now it is 7 %: the plan suggests a warning.",
        category=WARNING_CATEGORY,
        key=WARNING,
        command=w.RecordSignal(
            source="payments.monitor", metric="failed_payments_percent", value=7, credibility="high"
        ),
    ),
    Step(
        at=clock(8, 50),
        actor="wang.li",
        role="duty_officer",
        tells="A person decides: the duty officer warns.",
        category=WARNING_CATEGORY,
        key=WARNING,
        command=w.RaiseWarning(
            category="equipment_failure", title="Card payments fail in the north", basis="7 % since 08:48, and rising"
        ),
    ),
    Step(
        at=clock(8, 53),
        actor="chen.yu",
        role="assessor",
        tells="What the plan wants ready for such a warning is made ready.",
        category=WARNING_CATEGORY,
        key=WARNING,
        command=w.Prepare(preparation="Call the technical lead", note="on the line since 08:52"),
    ),
    Step(
        at=clock(8, 55),
        actor="liu.fang",
        role="commander",
        tells="Somebody else than who warned holds it to be right.",
        category=WARNING_CATEGORY,
        key=WARNING,
        command=w.ConfirmWarning(basis="two shops tell of it by telephone"),
    ),
)

_RESPONSE = (
    Step(
        at=clock(9, 2),
        actor="wang.li",
        role="duty_officer",
        tells="It happened: card terminals are down, noticed at 08:55.  The warning turns into the incident.",
        command=c.ReportIncident(
            category="equipment_failure",
            title="Card terminals down in 14 shops",
            narrative="Customers can pay in cash only.",
            discovered_at=Moment(clock(8, 55)),
            site="region north",
            channel="shop",
            team="shop-systems",
            warning=WARNING,
        ),
    ),
    Step(
        at=clock(9, 5),
        actor="wang.li",
        role="duty_officer",
        tells="The report is taken up.",
        command=Acknowledge(),
    ),
    Step(
        at=clock(9, 10),
        actor="chen.yu",
        role="assessor",
        tells="The impact is assessed.",
        name="assessed",
        command=c.Assess(
            affected_customers=120, sites=14, spread="regional", findings="14 of 60 shops, since an update"
        ),
    ),
    Step(
        at=clock(9, 12),
        actor="chen.yu",
        role="assessor",
        tells="It gets its first level; 1 is the worst.  The plan suggests one, a person chooses.",
        command=c.AssignLevel(level=2, basis="over 100 customers in one region; cash works"),
    ),
    Step(
        at=clock(9, 13),
        actor="liu.fang",
        role="commander",
        tells="How much is set in motion is a decision of its own.",
        command=SetResponseLevel(response="strong", basis="as the plan has it for level 2"),
    ),
    Step(
        at=clock(9, 15),
        actor="liu.fang",
        role="commander",
        tells="The response begins.",
        command=c.StartResponse(),
    ),
    Step(
        at=clock(9, 16),
        actor="liu.fang",
        role="commander",
        tells="One person commands at any instant.",
        command=c.TakeCommand(briefing="roll the update back, shop by shop"),
    ),
    Step(
        at=clock(9, 17),
        actor="liu.fang",
        role="commander",
        tells="Roles that the plan requires at this level are filled.",
        command=AssignRole(role="duty_officer", person="wang.li"),
    ),
    Step(
        at=clock(9, 18),
        actor="liu.fang",
        role="commander",
        tells="Who reports upward is named.",
        command=AssignRole(role="liaison", person="he.na"),
    ),
    Step(
        at=clock(9, 19),
        actor="liu.fang",
        role="commander",
        tells="Customer care is in hands whose training ran out: people are told of it, and nothing is barred.",
        command=AssignRole(role="customer_care", person="zhu.lin", trained_until={"comforting": "2026-01-31"}),
    ),
    Step(
        at=clock(9, 40),
        actor="liu.fang",
        role="commander",
        tells="More customers are hit than it seemed: the level is raised, with a justification.",
        command=c.ChangeLevel(level=1, justification="1,200 customers could not pay"),
    ),
    Step(
        at=clock(9, 42),
        actor="sun.jie",
        role="responder",
        tells="An early try to resolve it, refused with every reason: role, reports, an open measure.",
        command=c.Resolve(resolution="rolled back"),
        refused=True,
    ),
    Step(
        at=clock(9, 50),
        actor="he.na",
        role="liaison",
        tells="The head office is told, 8 minutes late.",
        name="told the head office",
        command=c.ReportUpward(
            kind="initial", recipient="head_office", summary="Terminals down in 14 shops; rollback is under way."
        ),
    ),
    Step(
        at=clock(9, 58),
        actor="he.na",
        role="liaison",
        tells="The head office has it.",
        command=lambda outcomes: c.RecordReceipt(
            report=outcomes["told the head office"].events[0], receipt="HO-2026-0312-07", received_by="tang.wei"
        ),
    ),
    Step(
        at=clock(10, 5),
        actor="sun.jie",
        role="responder",
        tells="A note that comes late: what it tells happened at 09:20.",
        command=c.Note(
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
        happened_at=clock(9, 20),
    ),
    Step(
        at=clock(10, 8),
        actor="liu.fang",
        role="commander",
        tells="At level 1 progress is noted every half hour.",
        command=c.Note(text="Nine shops work again"),
    ),
    Step(
        at=clock(10, 10),
        actor="chen.yu",
        role="assessor",
        tells="The first assessment was wrong.  It is corrected, and the original stays.",
        command=lambda outcomes: c.Correct(
            entry=outcomes["assessed"].events[0],
            changes={"affected_customers": 1200, "sites": 20},
            reason="the first count left six shops out",
        ),
    ),
    Step(
        at=clock(10, 24),
        actor="liu.fang",
        role="commander",
        tells="Level 1 asks for more people.",
        command=AssignRole(role="spokesperson", person="ding.rui", trained_until={"press_work": "2026-09-30"}),
    ),
    Step(
        at=clock(10, 26),
        actor="liu.fang",
        role="commander",
        tells="With the lawyer every required role is filled.",
        command=AssignRole(role="legal", person="wu.xin"),
    ),
    Step(
        at=clock(10, 28),
        actor="he.na",
        role="liaison",
        tells="Level 1 owes the authority a report too; it goes out at the last moment.",
        command=c.ReportUpward(
            kind="initial", recipient="local_authority", summary="Card payments fail in 20 shops; nobody is in danger."
        ),
    ),
    Step(
        at=clock(10, 30),
        actor="liu.fang",
        role="commander",
        tells="Customer care is handed over, with a briefing.",
        command=HandOverRole(
            role="customer_care",
            from_person="zhu.lin",
            to_person="lin.tao",
            briefing="80 customers are called back, 40 wait; nobody was promised money",
            trained_until={"comforting": "2026-11-30"},
        ),
    ),
    Step(
        at=clock(10, 36),
        actor="liu.fang",
        role="commander",
        tells="Progress again.",
        command=c.Note(text="All shops but two work again"),
    ),
    Step(
        at=clock(10, 50),
        actor="liu.fang",
        role="commander",
        tells="Service is restored.",
        command=c.Resolve(resolution="The update was rolled back in all shops"),
    ),
    Step(
        at=clock(11, 20),
        actor="wang.li",
        role="duty_officer",
        tells="Two shops fail again: it was not over.",
        command=c.Reopen(reason="two shops fail again"),
    ),
    Step(
        at=clock(11, 22),
        actor="zhao.min",
        role="commander",
        tells="Another commander takes over.",
        command=c.TakeCommand(briefing="two shops took the update again at 11:00"),
    ),
    Step(
        at=clock(11, 45),
        actor="he.na",
        role="liaison",
        tells="The head office gets its follow-up report; the note on progress that was due at 11:50 never comes.",
        command=c.ReportUpward(
            kind="follow_up", recipient="head_office", summary="Two shops failed again; the update is being blocked."
        ),
    ),
    Step(
        at=clock(11, 55),
        actor="zhao.min",
        role="commander",
        tells="Resolved for good.",
        command=c.Resolve(resolution="The update is blocked until it is mended"),
    ),
)

_RECOVERY = (
    Step(
        at=clock(12, 10),
        actor="he.na",
        role="liaison",
        tells="The head office gets the final report; after the end it is a fact, and moves nothing.",
        command=c.ReportUpward(kind="final", recipient="head_office", summary="Service is restored since 11:55."),
    ),
    Step(
        at=clock(2, 0, days=1),
        actor="he.na",
        role="liaison",
        tells="The authority gets its final report too.",
        command=c.ReportUpward(
            kind="final", recipient="local_authority", summary="Over since 11:55; the update stays blocked."
        ),
    ),
    Step(
        at=clock(3, 0, days=1),
        actor="zhao.min",
        role="commander",
        tells="Visits are to be waived.  The plan wants two people for that, and one alone is refused.",
        command=c.Waive(obligation=UNVISITED, reason="customers who paid in a shop left no address"),
        refused=True,
    ),
    Step(
        at=clock(3, 10, days=1),
        actor="gao.ping",
        role="executive",
        tells="The executive agrees beforehand.",
        command=Approve(command="waive", about=f"{UNVISITED} 1", note="the voucher is offered in every shop instead"),
    ),
    Step(
        at=clock(3, 15, days=1),
        actor="zhao.min",
        role="commander",
        tells="Four eyes: now the visits are waived.",
        command=c.Waive(obligation=UNVISITED, reason="customers who paid in a shop left no address"),
    ),
    Step(
        at=clock(6, 0, days=1),
        actor="xu.mei",
        role="reviewer",
        tells="The review waits for the supplier, and its clock stands still.",
        command=c.PauseClock(obligation="review_major", reason="the supplier's log comes on Monday"),
    ),
    Step(
        at=clock(1, 30, days=4),
        actor="xu.mei",
        role="reviewer",
        tells="The log is there, and the clock runs on.",
        command=c.ResumeClock(obligation="review_major", reason="the supplier's log came"),
    ),
    Step(
        at=clock(6, 0, days=4),
        actor="zhao.min",
        role="commander",
        tells="Who resolved it does not close its review.",
        command=c.CloseReview(summary="All went well."),
        refused=True,
    ),
    Step(
        at=clock(7, 0, days=4),
        actor="xu.mei",
        role="reviewer",
        tells="Somebody else does.",
        command=c.CloseReview(summary="Updates go to two shops first, for a day."),
    ),
)

STEPS = tuple(sorted((*_WARNING, *_RESPONSE, *MEASURES, *CUSTOMERS, *WORDS, *_RECOVERY), key=lambda step: step.at))
