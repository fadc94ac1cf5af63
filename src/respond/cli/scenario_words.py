"""What is said of the incident that `respond demo` plays."""

from __future__ import annotations

from respond.cli.story import Step, clock
from respond.workflow.incident.messages import ApproveKeyMessages, SetKeyMessages
from respond.workflow.incident.statements import ApproveStatement, DraftStatement, PublishStatement

WORDS = (
    Step(
        at=clock(5, 0, days=4),
        actor="ding.rui",
        role="spokesperson",
        tells="What was learnt is told in one voice: these are the key messages.",
        command=SetKeyMessages(
            messages=("An update stopped our card terminals.", "Updates go to two shops first from now on."),
            stage="final",
        ),
    ),
    Step(
        at=clock(5, 5, days=4),
        actor="gao.ping",
        role="executive",
        tells="They are live once somebody else approved them.",
        command=ApproveKeyMessages(version=1),
    ),
    Step(
        at=clock(5, 10, days=4),
        actor="ding.rui",
        role="spokesperson",
        tells="An open account is drafted for the public.",
        command=DraftStatement(
            statement="account",
            audience="public",
            channel="website_notice",
            text="What happened to our card terminals, and what we change.",
            cause="an update broke the keys of the terminals",
            effect="customers had to pay cash",
            measures="the update was rolled back and is blocked",
            recovery="service is back in every shop",
        ),
    ),
    Step(
        at=clock(5, 15, days=4),
        actor="ding.rui",
        role="spokesperson",
        tells="Nothing is published that nobody approved.",
        command=PublishStatement(statement="account"),
        refused=True,
    ),
    Step(
        at=clock(5, 20, days=4),
        actor="gao.ping",
        role="executive",
        tells="Who did not write it approves it.",
        command=ApproveStatement(statement="account", version=1),
    ),
    Step(
        at=clock(5, 25, days=4),
        actor="ding.rui",
        role="spokesperson",
        tells="The spokesperson speaks to the public.",
        command=PublishStatement(statement="account"),
    ),
)
