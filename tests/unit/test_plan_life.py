"""The life of a plan, and what a plan owes itself."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import attrs
import pytest

from engines import engine_on
from play import PLAN, START, Play
from respond.domain.references import Reference
from respond.errors import CommandRefused
from respond.plan.authority import AuthorityRule
from respond.plan.spans import Span
from respond.plan.upkeep import DrillRule, Revision, Risk
from respond.store.memory import MemoryEventStore
from respond.testing.conformance.samples import ManualClock
from respond.workflow.approvals import Approve
from respond.workflow.definition import TEXT_MAX
from respond.workflow.plan_life import PLAN_LIFE
from respond.workflow.plan_life import commands as c
from respond.workflow.plan_life.proposals import AcceptPlanChange, ProposePlanChange, RejectPlanChange
from respond.workflow.plan_life.state import PlanLife, overdue

KEPT = attrs.evolve(
    PLAN,
    revision=Revision(every=Span(1, "year")),
    drills=(DrillRule(id="desk", title="At the desk", every=Span(6, "month")),),
    risks=(
        Risk(id="fire", title="Fire", likelihood=2, impact=5, reassess_every=Span(1, "year")),
        Risk(
            id="flood",
            title="Flood",
            likelihood=1,
            impact=4,
            assessed_on=date(2025, 6, 1),
            reassess_every=Span(1, "year"),
        ),
        Risk(id="heat", title="Heat", likelihood=3, impact=1),
    ),
    authority=(
        AuthorityRule(id="all", commands=("*",), roles=("anyone",)),
        AuthorityRule(id="two", commands=("approve_plan",), roles=("anyone",), n_of=2),
    ),
)
FIRST = Reference("service-company", "1", "1" * 64)
SECOND = Reference("service-company", "2", "2" * 64)
ANOTHER = Reference("airport", "2", "2" * 64)
REVISE = c.RevisePlan(draft=SECOND, trigger="incident", because="i-1", changes=("The liaison's telephone changed.",))
PROPOSE = ProposePlanChange(proposal="p-1", text="Shorter")
LONGER = ProposePlanChange(proposal="p-2", text="Longer")
ROUTES: dict[str, tuple[object, ...]] = {
    "new": (),
    "drafted": (c.DraftPlan(draft=FIRST),),
    "approved": (c.DraftPlan(draft=FIRST), c.ApprovePlan(approved=FIRST)),
    "retired": (c.DraftPlan(draft=FIRST), c.RetirePlan(reason="the shops are sold")),
}
ANSWERS = ("accept_plan_change", "reject_plan_change")
"""What answers a proposal."""
COMMANDS: dict[str, Any] = {
    "draft_plan": c.DraftPlan(draft=SECOND),
    "approve_plan": c.ApprovePlan(approved=FIRST, note="from March"),
    "record_plan_drill": c.RecordPlanDrill(drill="desk", objectives_met=3, objectives=4),
    "evaluate_plan": c.EvaluatePlan(rating="adequate"),
    "revise_plan": REVISE,
    "retire_plan": c.RetirePlan(reason="another plan covers it"),
    "reassess_risk": c.ReassessRisk(risk="fire", likelihood=3, impact=5, strategy="transfer"),
    "propose_plan_change": LONGER,
    "accept_plan_change": AcceptPlanChange(proposal="p-1", revision=FIRST),
    "reject_plan_change": RejectPlanChange(proposal="p-1", reason="no room"),
    "approve": Approve(command="approve_plan"),
}
# Written by hand: - is refused, = stays, . was done already.
EXPECTED = """
command            new      drafted   approved  retired
draft_plan         drafted  =         -         -
approve_plan       -        approved  .         -
record_plan_drill  -        =         =         -
evaluate_plan      -        =         =         -
revise_plan        -        -         drafted   -
retire_plan        -        retired   retired   .
reassess_risk      -        =         =         -
propose_plan_change -       =         =         -
accept_plan_change -        =         =         -
reject_plan_change -        =         =         -
approve            -        =         =         -
"""
HEAD, *ROWS = [line.split() for line in EXPECTED.strip().splitlines()]
CELLS = [(state, row[0], cell) for row in ROWS for state, cell in zip(HEAD[1:], row[1:], strict=True)]


def plan_in(state: str, *, proposed: bool = False) -> Play:
    """Return a plan that stands at *state*; *proposed* with a proposal that was made before it was approved."""
    first, *rest = ROUTES[state] or (None,)
    steps = (first, *([PROPOSE] if proposed else []), *rest) if first else ()
    play = Play(PLAN_LIFE, plan=KEPT, key="service-company").do(*steps)
    assert play.state.status == state
    return play


def test_the_hand_written_table_is_full():
    """The table has every state and every command of the definition, once."""
    assert HEAD[1:] == ["new", *PLAN_LIFE.states]
    assert [row[0] for row in ROWS] == list(PLAN_LIFE.triggers)


@pytest.mark.parametrize(("state", "trigger", "cell"), CELLS)
def test_cell(state, trigger, cell):
    """A command leads where the table says, stays, was done already or is refused."""
    play, command = plan_in(state, proposed=trigger in ANSWERS), COMMANDS[trigger]
    known = len(play.history)
    if cell == "-":
        with pytest.raises(CommandRefused) as caught:
            play.do(command, actor="li.na")
        assert [one.code for one in caught.value.refusals] == ["not-enabled"]
        assert len(play.history) == known
    elif cell == ".":
        assert play.decide(command, "li.na") == ()
    else:
        play.do(command, actor="li.na")
        assert play.state.status == (state if cell == "=" else cell)
        assert PLAN_LIFE.table.verify(state, play.history[-1]) is None
        assert PLAN_LIFE.fold(play.history) == play.state


RISK = c.ReassessRisk(risk="fire", likelihood=1, impact=5, strategy="accept")
DRILL = c.RecordPlanDrill(drill="desk", objectives_met=1, objectives=1)
GUARDS = [
    ("drafted", c.DraftPlan(draft=ANOTHER), c.DraftPlan(draft=SECOND), "draft-not-of-this-plan"),
    ("approved", attrs.evolve(REVISE, draft=ANOTHER), REVISE, "draft-not-of-this-plan"),
    ("approved", attrs.evolve(REVISE, draft=attrs.evolve(FIRST, digest="3" * 64)), REVISE, "version-used"),
    ("approved", attrs.evolve(REVISE, trigger="whim"), REVISE, "trigger-unknown"),
    ("drafted", c.ApprovePlan(approved=SECOND), c.ApprovePlan(approved=FIRST), "not-the-draft"),
    (
        "drafted",
        c.ApprovePlan(approved=attrs.evolve(FIRST, digest="3" * 64)),
        c.ApprovePlan(approved=FIRST),
        "not-the-draft",
    ),
    ("drafted", c.EvaluatePlan(rating="fine"), c.EvaluatePlan(rating="inadequate"), "rating-unknown"),  # type: ignore[arg-type]
    (
        "drafted",
        c.EvaluatePlan(rating="adequate", tasks_done=("cake",)),
        c.EvaluatePlan(rating="adequate"),
        "task-unknown",
    ),
    ("drafted", attrs.evolve(RISK, risk="quake"), RISK, "risk-unknown"),
    ("drafted", ProposePlanChange(proposal="p-1", text="Longer"), LONGER, "proposal-taken"),
    ("drafted", ProposePlanChange(proposal="p-2", text=" "), LONGER, "proposal-empty"),
    ("drafted", ProposePlanChange(proposal="p-2", text="x" * (TEXT_MAX + 1)), LONGER, "text-too-long"),
    ("drafted", RejectPlanChange(proposal="p-2", reason="x"), COMMANDS["reject_plan_change"], "proposal-not-open"),
    (
        "drafted",
        AcceptPlanChange(proposal="p-1", revision=SECOND),
        COMMANDS["accept_plan_change"],
        "revision-not-of-this-plan",
    ),
    ("drafted", attrs.evolve(RISK, likelihood=0), RISK, "risk-out-of-range"),
    ("drafted", attrs.evolve(RISK, impact=6), RISK, "risk-out-of-range"),
    ("drafted", attrs.evolve(RISK, strategy="hope"), RISK, "risk-out-of-range"),
    ("drafted", attrs.evolve(DRILL, objectives_met=2), DRILL, "objectives-out-of-range"),
    ("drafted", attrs.evolve(DRILL, drill=" "), DRILL, "drill-missing"),
    ("drafted", c.RetirePlan(reason=""), c.RetirePlan(reason="sold"), "reason-missing"),
    ("drafted", Approve(command="retire_plan"), Approve(command="approve_plan"), "approval-unneeded"),
]


@pytest.mark.parametrize(("state", "wrong", "right", "code"), GUARDS)
def test_a_guard_refuses_and_lets_pass(state, wrong, right, code):
    """Each guard refuses what breaks its rule, and lets pass what keeps it."""
    play = plan_in(state, proposed=type(right) in (ProposePlanChange, AcceptPlanChange, RejectPlanChange))
    with pytest.raises(CommandRefused) as caught:
        play.decide(wrong, "li.na")
    assert [one.code for one in caught.value.refusals] == [code]
    assert len(play.decide(right, "li.na")) == 1


def test_every_guard_has_a_case():
    """No guard is left out above; an approval by nobody is a case of the incident's."""
    assert {guard.code for guard in PLAN_LIFE.guards} - {code for *_, code in GUARDS} == {"approver-missing"}
    assert all(guard.rule.startswith("Require ") for guard in PLAN_LIFE.guards)


@pytest.mark.parametrize(
    ("state", "trigger"), [("new", "draft_plan"), ("approved", "revise_plan"), ("drafted", "retire_plan")]
)
def test_a_repeated_command_causes_nothing(state, trigger):
    """What was done already is done, and is no error."""
    assert plan_in(state).do(COMMANDS[trigger]).decide(COMMANDS[trigger]) == ()


def test_a_revision_is_approved_in_the_place_of_the_version_in_force():
    """The version in force stays in force until the next one is approved; the reason for the revision is kept."""
    play = plan_in("approved").do(REVISE)
    assert (play.state.draft, play.state.in_force) == (SECOND, FIRST)
    revised = play.history[-1].data
    assert (revised.previous, revised.trigger, revised.because) == (FIRST, "incident", "i-1")
    play.do(c.ApprovePlan(approved=SECOND))
    assert (play.state.draft, play.state.in_force) == (None, SECOND)


def test_a_risk_has_a_score():
    """Likelihood times impact."""
    play = plan_in("approved").do(COMMANDS["reassess_risk"])
    assert play.state.risks["fire"].score == 15


def test_what_is_known_of_its_upkeep():
    """The last drill, evaluation and assessment of each risk are remembered."""
    play = plan_in("approved").do(COMMANDS["record_plan_drill"], COMMANDS["evaluate_plan"])
    assert play.state.drills == {"desk": START + timedelta(minutes=2)}
    assert (play.state.rating, play.state.evaluated_at) == ("adequate", START + timedelta(minutes=3))


def due(life: PlanLife, now: datetime) -> dict[str, datetime | None]:
    """Return what of the plan is overdue, by name."""
    return {one.of: one.due_at for one in overdue(KEPT, life, now)}


APPROVED_AT = START + timedelta(minutes=1)
FLOOD = datetime(2026, 6, 1, tzinfo=UTC)
DRILLED = APPROVED_AT.replace(month=9)
REVISED = APPROVED_AT.replace(year=2027)


class TestOverdue:
    """What should have been done by now."""

    def test_what_was_never_done(self):
        """A plan that was never approved is overdue, and its drills are; a risk that was never assessed is at once."""
        assert due(PlanLife(), START) == {"service-company": None, "desk": None, "fire": None}
        assert due(plan_in("approved").state, START) == {"fire": None}

    @pytest.mark.parametrize(("of", "at"), [("flood", FLOOD), ("desk", DRILLED), ("service-company", REVISED)])
    def test_it_is_overdue_from_its_day_on(self, of, at):
        """A revision counts from the approval, a drill from that or the last one, a risk from its assessment."""
        life = plan_in("approved").state
        assert of not in due(life, at - timedelta(microseconds=1))
        assert due(life, at)[of] == at

    def test_what_was_done_counts_anew(self):
        """A drill, a reassessment and an approval each begin a new span."""
        play = plan_in("approved").do(
            COMMANDS["record_plan_drill"],
            RISK,
            attrs.evolve(RISK, risk="flood"),
            REVISE,
            c.ApprovePlan(approved=SECOND),
        )
        assert due(play.state, DRILLED + timedelta(seconds=59)) == {}
        assert set(due(play.state, DRILLED + timedelta(minutes=1))) == {"desk"}
        assert set(due(play.state, REVISED + timedelta(minutes=5))) == {"desk", "fire", "flood", "service-company"}

    def test_a_report_on_its_execution_is_owed_regularly(self):
        """From the approval on, then from the last evaluation; not where the plan does not ask for it."""
        telling = attrs.evolve(PLAN, revision=Revision(report_every=Span(1, "month")))
        play = plan_in("approved")
        at = datetime(2026, 4, 1, 8, 1, tzinfo=UTC)
        assert [one.due_at for one in overdue(telling, play.state, at) if one.what == "report"] == [at]
        assert overdue(telling, play.do(COMMANDS["evaluate_plan"]).state, at) == ()

    def test_a_retired_plan_owes_nothing(self):
        """Nobody revises what is out of force."""
        assert overdue(KEPT, plan_in("retired").state, REVISED) == ()

    def test_a_plan_without_upkeep_owes_nothing(self):
        """Where the plan names no revision, drills or risks, nothing is overdue."""
        assert overdue(PLAN, plan_in("approved").state, REVISED) == ()


def test_two_approve_a_plan_where_it_says_so():
    """A plan is approved by as many as it asks for, none of them its author."""
    clock = ManualClock()
    plan = attrs.evolve(
        KEPT,
        authority=(
            AuthorityRule(id="writing", commands=("draft_plan", "revise_plan"), roles=("anyone",)),
            AuthorityRule(
                id="approving",
                commands=("approve_plan",),
                roles=("anyone",),
                n_of=2,
                different_actor=("draft_plan", "revise_plan"),
            ),
        ),
    )
    engine = engine_on(MemoryEventStore(clock=clock), clock, plans=[plan])
    engine.execute("plan", "service-company", c.DraftPlan(draft=FIRST), actor="li.na")
    with pytest.raises(CommandRefused, match="same-actor"):
        engine.execute("plan", "service-company", Approve(command="approve_plan"), actor="li.na")
    engine.execute("plan", "service-company", Approve(command="approve_plan"), actor="an.yu")
    with pytest.raises(CommandRefused, match="same-actor"):
        engine.execute("plan", "service-company", c.ApprovePlan(approved=FIRST), actor="li.na")
    engine.execute("plan", "service-company", c.ApprovePlan(approved=FIRST), actor="wu.bo")
    assert engine.state("plan", "service-company").in_force == FIRST
