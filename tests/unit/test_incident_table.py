from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from play import DUTIES, START, Play, incident_in
from respond.errors import CommandRefused
from respond.workflow.approvals import Approve
from respond.workflow.diagram import REFUSED, STAYS, guard_table, mermaid, state_table
from respond.workflow.incident import INCIDENT
from respond.workflow.incident import commands as c
from respond.workflow.incident import events as e
from respond.workflow.incident.people import AssignRole, HandOverRole, ReleaseRole, RoleAssigned
from respond.workflow.incident.plans import ActivatePlan, RebasePlan
from respond.workflow.incident.triage import Acknowledge, Recategorise, SetResponseLevel
from respond.workflow.table import NOT_ENABLED

PAGE = Path(__file__).parent.parent.parent / "docs" / "reference" / "incident-workflow.md"

# Written by hand from what an incident means, not from the definition: - is refused, = stays, . was done already.
EXPECTED = """
command             new       reported   assessed        level_assigned  responding       reported_upward  resolved    reviewed    cancelled  merged
report              reported  -          -               -               -                -                -           -           -          -
assess              -         assessed   =               =               =                =                =           -           -          -
assign_level        -         -          level_assigned  -               =                =                -           -           -          -
change_level        -         -          -               =               =                =                -           -           -          -
start_response      -         -          -               responding      .                .                -           -           -          -
take_command        -         =          =               =               =                =                -           -           -          -
assign_team         -         =          =               =               =                =                -           -           -          -
report_upward       -         =          =               =               reported_upward  =                =           =           =          -
note                -         =          =               =               =                =                =           =           =          -
resolve             -         -          -               -               resolved         resolved         -           -           -          -
reopen              -         -          -               -               -                -                responding  responding  reported   -
close_review        -         -          -               -               -                -                reviewed    -           -          -
cancel              -         cancelled  cancelled       cancelled       cancelled        cancelled        -           -           -          -
merge               -         merged     merged          merged          merged           merged           merged      -           -          -
absorb              -         =          =               =               =                =                =           =           -          -
correct             -         =          =               =               =                =                =           =           =          =
retract             -         =          =               =               =                =                =           =           =          =
acknowledge         -         =          =               =               =                =                -           -           -          -
recategorise        -         =          =               =               =                =                =           -           -          -
set_response_level  -         -          =               =               =                =                -           -           -          -
assign_role         -         =          =               =               =                =                -           -           -          -
release_role        -         =          =               =               =                =                =           -           -          -
hand_over_role      -         =          =               =               =                =                -           -           -          -
activate_plan       -         =          =               =               =                =                -           -           -          -
rebase_plan         -         =          =               =               =                =                =           -           -          -
waive               -         =          =               =               =                =                =           =           -          -
pause_clock         -         =          =               =               =                =                =           -           -          -
resume_clock        -         =          =               =               =                =                =           =           -          -
fulfil              -         =          =               =               =                =                =           =           -          -
record_receipt      -         =          =               =               =                =                =           =           =          -
raise_due           -         =          =               =               =                =                =           =           -          -
approve             -         =          =               =               =                =                =           =           =          -
"""  # noqa: E501
HEAD, *ROWS = [line.split() for line in EXPECTED.strip().splitlines()]
CELLS = [(state, row[0], cell) for row in ROWS for state, cell in zip(HEAD[1:], row[1:], strict=True)]
WORDS = {"-": REFUSED, ".": REFUSED, "=": STAYS}

COMMANDS: dict[str, object] = {
    "report": c.ReportIncident(category="other", title="Another one"),
    "assess": c.Assess(affected_customers=7),
    "assign_level": c.AssignLevel(level=2, basis="one shop"),
    "change_level": c.ChangeLevel(level=2, justification="more customers"),
    "start_response": c.StartResponse(),
    "take_command": c.TakeCommand(commander="li.na"),
    "assign_team": c.AssignTeam(team="network"),
    "report_upward": c.ReportUpward(kind="initial", recipient="Regulator", summary="14 shops"),
    "note": c.Note(text="Called the supplier"),
    "resolve": c.Resolve(resolution="Replaced"),
    "reopen": c.Reopen(reason="It is back"),
    "close_review": c.CloseReview(summary="Done"),
    "cancel": c.Cancel(reason="False alarm"),
    "merge": c.Merge(into="i-9", reason="The same"),
    "absorb": c.Absorb(source="i-8", reason="The same"),
    "acknowledge": Acknowledge(),
    "recategorise": Recategorise(category="network", reason="The line is cut"),
    "set_response_level": SetResponseLevel(response="II", basis="One shop"),
    "assign_role": AssignRole(role="liaison", person="wu.bo"),
    "release_role": ReleaseRole(role="liaison", person="wu.bo", reason="Shift over"),
    "hand_over_role": HandOverRole(role="liaison", from_person="wu.bo", to_person="li.na", briefing="All is told"),
    "activate_plan": ActivatePlan(plan=DUTIES.reference, reason="Networks"),
    "rebase_plan": RebasePlan(plan=DUTIES.reference, reason="New telephone numbers"),
    "waive": c.Waive(obligation="visit", reason="The shops are closed"),
    "pause_clock": c.PauseClock(obligation="visit", reason="A storm"),
    "resume_clock": c.ResumeClock(obligation="visit"),
    "fulfil": c.Fulfil(obligation="visit"),
    "raise_due": c.RaiseDue(
        obligation="visit", occurrence=1, rung=1, due_at=START + timedelta(minutes=1), tell=("commander",)
    ),
    "approve": Approve(command="waive"),
}
UNDER_DUTIES = tuple(COMMANDS)[tuple(COMMANDS).index("acknowledge") :]
"""What the example plan, which has no duties, would not let anyone do."""
BEFORE: dict[str, object] = {
    "release_role": RoleAssigned(role="liaison", person="wu.bo"),
    "hand_over_role": RoleAssigned(role="liaison", person="wu.bo"),
    "resume_clock": e.ClockPaused(obligation="visit", reason="A storm"),
}
"""What must have happened before the command."""


def stage(state: str, trigger: str) -> tuple[Play, object]:
    """Return an incident at *state*, and a command for *trigger* that no guard has anything against."""
    if trigger in UNDER_DUTIES:
        play = Play(plan=DUTIES).take(incident_in(state))
        if state != "new" and trigger in BEFORE:
            play.record(BEFORE[trigger])
        return play, COMMANDS[trigger]
    play = incident_in(state)
    if trigger == "record_receipt":
        told = e.UpwardReportSent(from_=state, to=state, kind="initial", recipient="HQ")
        entry = "none" if state == "new" else play.record(told).entry("UpwardReportSent")
        return play, c.RecordReceipt(report=entry, receipt="R-1")
    if trigger == "assign_level" and state in ("responding", "reported_upward"):
        play = incident_in("assessed").record(e.ResponseStarted(from_="assessed", to="responding"))
        if state == "reported_upward":
            play.do(c.ReportUpward(kind="initial", recipient="HQ", summary="14 shops"))
    if trigger == "correct":
        entry = play.entry("IncidentReported") if state != "new" else "none"
        return play, c.Correct(entry=entry, changes={"title": "Card terminals"}, reason="typo")
    if trigger == "retract":
        entry = "none"
        if state != "new":
            # A note is a fact that can be withdrawn; reality may tell one in any state.
            entry = play.record(e.ProgressNoted(text="wrong")).entry("ProgressNoted")
        return play, c.Retract(entry=entry, reason="wrong incident")
    return play, COMMANDS[trigger]


def test_the_hand_written_table_is_full():
    """The table of this test has every state and every command of the definition, once."""
    assert HEAD[1:] == ["new", *INCIDENT.states]
    assert [row[0] for row in ROWS] == list(INCIDENT.triggers)
    assert len(CELLS) == 10 * 32


@pytest.mark.parametrize(("state", "trigger", "cell"), CELLS)
def test_cell(state, trigger, cell):
    """A command leads where the table says, stays, was done already, or is not enabled; explain says the same."""
    play, command = stage(state, trigger)
    known = len(play.history)
    explanation = play.explain(trigger, command, "wang.li")
    if cell == "-":
        with pytest.raises(CommandRefused) as caught:
            play.do(command, actor="wang.li")
        assert [refusal.code for refusal in caught.value.refusals] == [NOT_ENABLED]
        assert caught.value.refusals == explanation.refusals
        assert (caught.value.command, caught.value.state) == (trigger, state)
        assert not explanation.allowed
        assert state not in explanation.enabled_in
        assert len(play.history) == known
    elif cell == ".":
        assert play.decide(command) == ()
        assert explanation.done
        assert explanation.allowed
        assert explanation.candidates == ()
    else:
        play.do(command, actor="wang.li")
        assert explanation.allowed
        assert not explanation.done
        assert explanation.refusals == ()
        assert state in explanation.enabled_in
        assert play.state.status == (state if cell == "=" else cell)
        assert len(play.history) == known + 1
        assert INCIDENT.table.verify(state, play.history[-1]) is None


@pytest.mark.parametrize(("state", "trigger", "cell"), CELLS)
def test_printed_cell(state, trigger, cell):
    """The printed table shows in each cell what the hand-written one holds."""
    head, _, *rows = [[part.strip() for part in line.strip("| ").split("|")] for line in printed().splitlines()]
    row = next(row for row in rows if row[0] == f"**{state}**")
    assert row[head.index(trigger)] == WORDS.get(cell, cell)


def printed() -> str:
    """Return the state table as it stands in the page."""
    return section("state-table")


def section(name: str) -> str:
    """Return what stands in the page between the marks of *name*."""
    text = PAGE.read_text(encoding="utf-8")
    return text.split(f"<!-- {name} -->\n\n", 1)[1].split(f"\n<!-- /{name} -->", 1)[0]


@pytest.mark.parametrize(("name", "draw"), [("state-table", state_table), ("guard-table", guard_table)])
def test_the_page_holds_what_is_generated(name, draw):
    """docs/reference/incident-workflow.md prints the tables exactly as the definition gives them."""
    assert section(name) == draw(INCIDENT)


def test_the_page_holds_the_diagram():
    """docs/reference/incident-workflow.md draws the diagram exactly as the definition gives it."""
    assert section("diagram") == f"```mermaid\n{mermaid(INCIDENT)}```\n"


def test_every_guard_of_the_page_says_its_rule():
    """No guard of the incident is printed without a rule."""
    assert [guard.code for guard in INCIDENT.guards if not guard.rule.startswith("Require ")] == []
