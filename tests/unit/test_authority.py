"""Authority: who may do what, by the rules of the plan or the host's own policy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

import attrs
import pytest

from engines import REPORTED, engine_on
from outline import OUTLINE
from play import incident_in
from respond.domain.events import Event, event_type
from respond.domain.money import Money
from respond.domain.references import Actor
from respond.engine.engine import Engine
from respond.errors import CommandRefused, Refusal
from respond.plan.authority import AuthorityRule
from respond.plan.plan import Plan
from respond.store.memory import MemoryEventStore
from respond.testing.conformance.samples import ManualClock
from respond.workflow.approvals import Approve
from respond.workflow.authority import Grant, Request
from respond.workflow.definition import NEW, Handler, Situation, Transition, command_type
from respond.workflow.incident import INCIDENT
from respond.workflow.incident import commands as c
from respond.workflow.incident.triage import Acknowledge
from respond.workflow.judge import Judge
from respond.workflow.workflow import Workflow

PLAN = OUTLINE
STEPS = AuthorityRule(
    id="steps",
    commands=("report", "assess", "assign_level", "start_response", "note", "take_command", "assign_role", "reopen"),
    roles=("anyone",),
)
ENTRIES = attrs.evolve(STEPS, commands=(*STEPS.commands, "retract", "fulfil", "report_upward", "cancel"))
CHEN = Actor("chen.yu", "commander")
LI = Actor("li.na", "commander")
WU = Actor("wu.bo", "responder")


def engine_with(*rules: AuthorityRule, plan: Plan = PLAN, **options: Any) -> Engine:
    """Return an engine on an empty log in memory whose plan has *rules*."""
    clock = ManualClock()
    return engine_on(
        MemoryEventStore(clock=clock), clock, plans=[attrs.evolve(plan, name="ruled", authority=rules)], **options
    )


def responding(engine: Engine, level: int = 3) -> Any:
    """Return an incident that wang.li reported, li.na assessed, chen.yu gave a level, and that people respond to."""
    incident = engine.report(**REPORTED)
    incident.assess(affected_customers=300, actor=LI)
    incident.assign_level(level, basis="regional", actor=CHEN)
    incident.start_response(actor=CHEN)
    return incident


def refused(call: Any, *arguments: Any, **circumstances: Any) -> tuple[Refusal, ...]:
    """Return why *call* is refused."""
    with pytest.raises(CommandRefused) as caught:
        call(*arguments, **circumstances)
    return caught.value.refusals


def codes(refusals: Iterable[Refusal]) -> list[str]:
    """Return the codes of *refusals*."""
    return [one.code for one in refusals]


def grant(incident: Any) -> Any:
    """Return what the last event of *incident* rests on."""
    return incident.events()[-1].body.get("authority")


class TestRules:
    """Roles, levels and directions."""

    def test_a_plan_without_rules_lets_all_pass(self):
        """Where the plan has no rule nobody is asked, and nothing is recorded."""
        incident = responding(engine_with())
        assert [event.body.get("authority") for event in incident.events()] == [None] * 4

    def test_what_no_rule_names_is_denied(self):
        """Once the plan has a rule, a command that none names is refused, whoever asks."""
        (found,) = refused(engine_with(STEPS).report(**REPORTED).cancel, "a drill", actor=CHEN)
        assert (found.code, found.text, found.transition) == (
            "not-authorised",
            "no rule of the plan lets anyone cancel",
            "",
        )

    def test_the_rule_is_recorded(self):
        """The event says by which rule it was allowed."""
        incident = engine_with(STEPS).report(**REPORTED)
        assert grant(incident) == {"rule": "steps"}

    def test_a_role_is_asked(self):
        """Only who acts in a role of the rule may; the refusal says which role that is."""
        ending = AuthorityRule(id="ending", commands=("resolve",), roles=("commander", "reviewer"))
        incident = responding(engine_with(STEPS, ending))
        for actor, had in ((None, "no role"), ("chen.yu", "no role"), (WU, "'responder'")):
            (found,) = refused(incident.resolve, "Restarted", actor=actor)
            assert found.text == f"rule 'ending' asks for commander or reviewer; the actor has {had}"
        incident.resolve("Restarted", actor="chen.yu", role="reviewer")
        assert grant(incident) == {"rule": "ending"}

    def test_the_worse_level_counts(self):
        """A rule for some levels covers the worse of the level that the incident has and of the one it gets."""
        mild = AuthorityRule(id="mild", commands=("change_level",), roles=("anyone",), levels=(3, 4))
        incident = responding(engine_with(STEPS, mild))
        incident.change_level(4, justification="it shrinks")
        (found,) = refused(incident.change_level, 2, justification="it spreads")
        assert found.text == "no rule of the plan lets anyone change_level (raise) at level 2; it has mild: anyone"

    def test_raising_and_lowering_are_two_things(self):
        """A rule for one direction does not cover the other."""
        raising = AuthorityRule(id="raising", commands=("change_level:raise",), roles=("responder",))
        lowering = AuthorityRule(id="lowering", commands=("change_level:lower",), roles=("commander",))
        incident = responding(engine_with(STEPS, raising, lowering))
        incident.change_level(1, justification="it spreads", actor=WU)
        assert grant(incident) == {"rule": "raising"}
        assert codes(refused(incident.change_level, 4, justification="over", actor=WU)) == ["not-authorised"]
        incident.change_level(4, justification="over", actor=CHEN)
        assert grant(incident) == {"rule": "lowering"}

    def test_every_reason_is_told_at_once(self):
        """The reasons of the rules and of the guards come together, and the log stays as it was."""
        ending = AuthorityRule(
            id="ending", commands=("resolve",), roles=("commander",), different_actor=("start_response",), n_of=2
        )
        engine = engine_with(STEPS, ending)
        incident = responding(engine, level=1)
        before = engine.store.head()
        found = refused(incident.resolve, " ", actor="chen.yu", role="reviewer")
        assert codes(found) == [
            "not-authorised",
            "same-actor",
            "approvals-missing",
            "upward-report-owed",
            "resolution-missing",
        ]
        asked = incident.explain("resolve", c.Resolve(resolution=" "), actor=Actor("chen.yu", "reviewer"))
        assert asked.refusals == found
        assert asked.denied == found[:3]
        assert engine.store.head() == before

    def test_a_command_without_a_step_is_denied_too(self):
        """What is neither allowed nor enabled is refused for both reasons."""
        incident = engine_with(STEPS).report(**REPORTED)
        assert codes(refused(incident.resolve, "Restarted", actor=CHEN)) == ["not-authorised", "not-enabled"]

    def test_what_was_done_already_asks_nobody(self):
        """A command that causes nothing any more needs no authority."""
        incident = responding(engine_with(STEPS))
        with_others = AuthorityRule(id="none", commands=("note",), roles=())
        assert incident.start_response(actor=WU).events == ()
        assert codes(refused(engine_with(with_others).report, **REPORTED)) == ["not-authorised"]

    def test_the_same_command_id_finds_what_was_allowed(self):
        """A retry is answered with the first outcome: it is decided where it was decided first."""
        ending = AuthorityRule(id="ending", commands=("resolve",), roles=("commander",))
        incident = responding(engine_with(STEPS, ending))
        first = incident.resolve("Restarted", actor=CHEN, command_id="end-1")
        assert incident.resolve("Restarted", actor=CHEN, command_id="end-1") == attrs.evolve(first, replayed=True)

    def test_watchers_ask_nobody(self):
        """To record that something falls due is nobody's authority: other rules bar it, not these."""
        incident = responding(engine_with(STEPS))
        due = c.RaiseDue(obligation="x", occurrence=1, rung=1, due_at=incident.engine.clock(), tell=())
        assert codes(refused(incident.execute, due)) == ["obligation-unknown", "not-due"]


class TestSubstitutes:
    """Who steps in for a role that stands empty."""

    PLAN = attrs.evolve(
        PLAN,
        roles=tuple(
            attrs.evolve(role, substitutes=("responder", "assessor")) if role.id == "reviewer" else role
            for role in PLAN.roles
        ),
    )
    ENDING = AuthorityRule(id="ending", commands=("resolve",), roles=("reviewer",))

    def responding(self) -> Any:
        """Return an incident under a plan in which reviewers have substitutes."""
        return responding(engine_with(STEPS, self.ENDING, plan=self.PLAN))

    @pytest.mark.parametrize("role", ["responder", "assessor", "reviewer"])
    def test_a_substitute_steps_in_for_an_empty_role(self, role):
        """As long as nobody holds the role, those who substitute for it may act, and who has it may."""
        assert self.responding().resolve("Restarted", actor=Actor("wu.bo", role)).events

    def test_a_filled_role_needs_no_substitute(self):
        """Once somebody holds the role, he acts."""
        incident = self.responding()
        incident.assign_role("reviewer", "li.na")
        assert codes(refused(incident.resolve, "Restarted", actor=WU)) == ["not-authorised"]
        incident.resolve("Restarted", actor=Actor("li.na", "reviewer"))

    def test_the_first_substitute_that_is_filled_goes_first(self):
        """A later substitute waits as long as an earlier one is held by somebody."""
        incident = self.responding()
        incident.assign_role("responder", "wu.bo")
        assert codes(refused(incident.resolve, "Restarted", actor=Actor("an.yu", "assessor"))) == ["not-authorised"]
        incident.resolve("Restarted", actor=WU)

    def test_the_commander_is_a_role_too(self):
        """Who took command holds the commander's role."""
        plan = attrs.evolve(
            PLAN,
            roles=tuple(
                attrs.evolve(role, substitutes=("responder",)) if role.id == "commander" else role
                for role in PLAN.roles
            ),
        )
        ending = AuthorityRule(id="ending", commands=("resolve",), roles=("commander",))
        incident = responding(engine_with(STEPS, ending, plan=plan))
        incident.take_command(actor=CHEN)
        assert codes(refused(incident.resolve, "Restarted", actor=WU)) == ["not-authorised"]


class TestHeld:
    """Rules for whoever holds the role in this incident, whatever role an actor claims."""

    ENDING = AuthorityRule(id="ending", commands=("resolve",), roles=("commander", "reviewer"), held=True)

    def responding(self, *rules: AuthorityRule, **options: Any) -> Any:
        """Return an incident under *rules*, or the one of this class."""
        return responding(engine_with(STEPS, *(rules or [self.ENDING]), **options))

    def test_a_claim_is_not_enough(self):
        """Who says that he is the commander, and is not, may not; the refusal says who is."""
        incident = self.responding()
        (found,) = refused(incident.resolve, "Restarted", actor=CHEN)
        assert found.code == "not-authorised"
        assert found.text == (
            "rule 'ending' asks for a holder of commander or reviewer; "
            "the actor has 'commander' and does not hold it: nobody does"
        )
        incident.take_command(actor=LI)
        (found,) = refused(incident.resolve, "Restarted", actor=CHEN)
        assert found.text.endswith("the actor has 'commander' and does not hold it: li.na does")
        incident.resolve("Restarted", actor=LI)
        assert grant(incident) == {"rule": "ending"}

    def test_a_role_is_given_and_handed_over(self):
        """Who was assigned the role may act in it, and no more once he handed it over."""
        giving = AuthorityRule(id="giving", commands=("hand_over_role",), roles=("anyone",))
        incident = self.responding(self.ENDING, giving)
        reviewers = [Actor("an.yu", "reviewer"), Actor("wu.bo", "reviewer")]

        def allowed() -> list[bool]:
            asked = c.Resolve(resolution="Restarted")
            return [incident.explain("resolve", asked, actor=one).allowed for one in reviewers]

        assert allowed() == [False, False]
        incident.assign_role("reviewer", "an.yu", actor=CHEN)
        assert allowed() == [True, False]
        incident.hand_over_role("reviewer", "an.yu", "wu.bo", briefing="all is said", actor=CHEN)
        assert allowed() == [False, True]

    @pytest.mark.parametrize(
        "actor", [None, "li.na", Actor("li.na", "responder"), Actor("an.yu", "commander", "li.na")]
    )
    def test_the_holder_acts_himself_and_says_so(self, actor):
        """The holder in another role, or in none, is refused, and so is whoever claims to act for him."""
        incident = self.responding()
        incident.take_command(actor=LI)
        assert codes(refused(incident.resolve, "Restarted", actor=actor)) == ["not-authorised"]

    def test_a_substitute_holds_the_role_that_steps_in(self):
        """A substitute acts for an empty role when he holds his own."""
        ending = attrs.evolve(TestSubstitutes.ENDING, held=True)
        incident = self.responding(ending, plan=TestSubstitutes.PLAN)
        assert codes(refused(incident.resolve, "Restarted", actor=WU)) == ["not-authorised"]
        incident.assign_role("responder", "wu.bo", actor=CHEN)
        incident.resolve("Restarted", actor=WU)

    def test_anyone_is_whoever_holds_a_role(self):
        """With `anyone` each holder of some role may, in that role."""
        incident = self.responding(attrs.evolve(self.ENDING, roles=("anyone",)))
        assert codes(refused(incident.resolve, "Restarted", actor=WU)) == ["not-authorised"]
        incident.assign_role("responder", "wu.bo", actor=CHEN)
        incident.resolve("Restarted", actor=WU)

    def test_approvals_come_from_holders(self):
        """An approval counts as long as whoever gave it holds the role."""
        incident = self.responding(attrs.evolve(self.ENDING, n_of=2))
        incident.take_command(actor=LI)
        assert codes(refused(incident.approve, "resolve", actor=Actor("an.yu", "reviewer"))) == ["not-authorised"]
        incident.assign_role("reviewer", "an.yu", actor=CHEN)
        incident.approve("resolve", actor=Actor("an.yu", "reviewer"))
        incident.resolve("Restarted", actor=LI)
        other = self.responding(attrs.evolve(self.ENDING, n_of=2))
        other.take_command(actor=LI)
        other.approve("resolve", actor=LI)
        other.take_command(actor=CHEN)
        assert codes(refused(other.resolve, "Restarted", actor=CHEN)) == ["approvals-missing"]

    def test_in_need_the_glass_is_broken(self):
        """To break the glass spares holding the role as it spares the role."""
        incident = self.responding(attrs.evolve(self.ENDING, break_glass=True))
        incident.resolve("Restarted", actor=CHEN, break_glass="nobody took command")
        assert grant(incident) == {"rule": "ending", "break_glass": "nobody took command"}

    def test_where_no_role_is_held_nobody_may(self):
        """Nobody holds a role of something that has none."""
        rule = AuthorityRule(id="offering", commands=("offer_amends",), roles=("commander",), held=True)
        engine = engine_with(rule, workflows=[AMENDS])
        assert codes(refused(engine.execute, "amends", "a-1", yuan("1"), actor=CHEN)) == ["not-authorised"]


class TestFourEyes:
    """Who may not do it, because of what he did."""

    ENDING = AuthorityRule(
        id="ending", commands=("resolve",), roles=("anyone",), different_actor=("assign_level", "merge", "nonsense")
    )

    def test_another_one_must_do_it(self):
        """Who did the one command may not do the other; commands that were never done exclude nobody."""
        incident = responding(engine_with(STEPS, self.ENDING))
        (found,) = refused(incident.resolve, "Restarted", actor=CHEN)
        assert (found.code, found.text) == ("same-actor", "'chen.yu' did assign_level; somebody else must do resolve")
        incident.resolve("Restarted", actor=LI)

    def test_the_last_one_counts(self):
        """Of a command that several did, the last one counts."""
        rule = attrs.evolve(self.ENDING, different_actor=("assess",))
        incident = responding(engine_with(STEPS, rule))
        incident.assess(affected_customers=400, actor=CHEN)
        assert codes(refused(incident.resolve, "Restarted", actor=CHEN)) == ["same-actor"]
        incident.resolve("Restarted", actor=LI)

    def test_what_was_taken_back_excludes_nobody(self):
        """Of facts that were retracted none counts: whoever told the one before it did it last."""
        rule = attrs.evolve(self.ENDING, different_actor=("assess",))
        incident = responding(engine_with(ENTRIES, rule))
        mistaken = incident.assess(affected_customers=400, actor=CHEN).events[0]
        incident.retract(mistaken, reason="another incident", actor=CHEN)
        assert codes(refused(incident.resolve, "Restarted", actor=LI)) == ["same-actor"]
        incident.resolve("Restarted", actor=CHEN)

    def test_a_step_that_was_taken_back_stands(self):
        """Retracting what one told does not undo the step that was taken with it, and excludes as before."""
        levelling = AuthorityRule(
            id="levelling", commands=("assign_level",), roles=("anyone",), different_actor=("assess",)
        )
        steps = attrs.evolve(ENTRIES, commands=tuple(one for one in ENTRIES.commands if one != "assign_level"))
        incident = engine_with(steps, levelling).report(**REPORTED)
        step = incident.assess(affected_customers=9, actor=LI).events[0]
        incident.retract(step, reason="a guess", actor=LI)
        assert codes(refused(incident.assign_level, 3, basis="few", actor=LI)) == ["same-actor"]
        incident.assess(affected_customers=300, actor=CHEN)
        incident.assign_level(3, basis="few", actor=LI)

    def test_a_step_is_remembered_beside_what_holds(self):
        """Where an earlier assessment holds again after a step was taken back, both who told are excluded."""
        rule = attrs.evolve(self.ENDING, commands=("assign_level",), different_actor=("assess",))
        steps = attrs.evolve(ENTRIES, commands=tuple(one for one in ENTRIES.commands if one != "assign_level"))
        incident = engine_with(steps, rule).report(**REPORTED)
        incident.assess(affected_customers=300, actor=LI)
        incident.cancel("a false alarm", actor=WU)
        incident.reopen("it burns after all", actor=WU)
        step = incident.assess(affected_customers=9, actor=CHEN).events[0]
        incident.retract(step, reason="a guess", actor=CHEN)
        for actor in (LI, CHEN):
            assert codes(refused(incident.assign_level, 3, basis="few", actor=actor)) == ["same-actor"]
        incident.assign_level(3, basis="few", actor=WU)

    def test_nobody_gets_round_it_on_behalf_of_another(self):
        """Both the actor and the one for whom he acts must be others, now and then."""
        incident = responding(engine_with(STEPS, self.ENDING))
        for actor in (Actor("an.yu", None, "chen.yu"), Actor("chen.yu", None, "an.yu")):
            assert codes(refused(incident.resolve, "Restarted", actor=actor)) == ["same-actor"]
        other = engine_with(STEPS, self.ENDING).report(**REPORTED)
        other.assess(injured=0)
        other.assign_level(3, basis="few", actor="chen.yu", on_behalf_of="li.na")
        other.start_response()
        assert codes(refused(other.resolve, "Restarted", actor=LI)) == ["same-actor"]

    def test_the_reporter_is_left_out(self):
        """A rule may exclude whoever reported the incident."""
        rule = AuthorityRule(id="waving", commands=("cancel",), roles=("anyone",), not_in_chain=True)
        incident = engine_with(STEPS, rule).report(**REPORTED)
        (found,) = refused(incident.cancel, "a drill", actor="wang.li")
        assert (found.code, found.text) == ("in-chain", "'wang.li' reported it; somebody else must do cancel")
        assert codes(refused(incident.cancel, "a drill", actor="li.na", on_behalf_of="wang.li")) == ["in-chain"]
        incident.cancel("a drill", actor="li.na")

    @pytest.mark.parametrize("rule", [{"different_actor": ("assess",)}, {"not_in_chain": True}, {"n_of": 2}])
    def test_nobody_cannot_be_told_from_others(self, rule):
        """Where the rule asks who acts, an actor must be named."""
        ending = AuthorityRule(id="ending", commands=("resolve",), roles=("anyone",), **rule)
        (found,) = refused(responding(engine_with(STEPS, ending)).resolve, "Restarted")
        assert (found.code, found.text) == ("actor-missing", "rule 'ending' asks who acts; name the actor")


class TestApprovals:
    """Several must agree."""

    ENDING = AuthorityRule(id="ending", commands=("resolve",), roles=("commander", "reviewer"), n_of=3)

    def test_the_others_approve_before(self):
        """As many people as the rule asks for must agree; the event cites their approvals."""
        incident = responding(engine_with(STEPS, self.ENDING))
        incident.approve("resolve", actor=LI)
        (found,) = refused(incident.resolve, "Restarted", actor=CHEN)
        assert (found.code, found.text) == (
            "approvals-missing",
            "rule 'ending' asks for 3 people; 2 agreed: let the others approve first",
        )
        incident.approve("resolve", note="by telephone", actor=Actor("an.yu", "reviewer"))
        assert grant(incident) == {"rule": "ending"}
        incident.resolve("Restarted", actor=CHEN)
        approvals = [event.id for event in incident.events() if event.type == "ApprovalGiven"]
        assert grant(incident) == {"rule": "ending", "approvals": approvals}

    def test_an_approval_is_spent_once(self):
        """After the command was carried out, it needs new approvals."""
        incident = responding(engine_with(STEPS, attrs.evolve(self.ENDING, n_of=2)))
        incident.approve("resolve", actor=LI)
        incident.resolve("Restarted", actor=CHEN)
        incident.reopen("two shops")
        assert codes(refused(incident.resolve, "Replaced", actor=CHEN)) == ["approvals-missing"]
        incident.approve("resolve", actor=LI)
        incident.resolve("Replaced", actor=CHEN)

    def test_taking_back_gives_no_approval_back(self):
        """An approval is spent by the command that was carried out, also when its entry is retracted afterwards."""
        rule = AuthorityRule(id="telling", commands=("report_upward",), roles=("commander",), n_of=2)
        steps = attrs.evolve(ENTRIES, commands=tuple(one for one in ENTRIES.commands if one != "report_upward"))
        incident = responding(engine_with(steps, rule))
        incident.approve("report_upward", actor=LI)
        told = incident.report_upward("initial", recipient="HQ", summary="14 shops", actor=CHEN).events[0]
        incident.retract(told, reason="wrong office", actor=CHEN)
        again = {"recipient": "HQ", "summary": "all is well", "actor": CHEN}
        assert codes(refused(incident.report_upward, "initial", **again)) == ["approvals-missing"]

    @pytest.mark.parametrize(
        "approver",
        [
            CHEN,
            Actor("chen.yu", "reviewer"),
            Actor("an.yu", "commander", "chen.yu"),
            Actor("chen.yu", "commander", "an.yu"),
        ],
    )
    def test_one_person_counts_once(self, approver):
        """Whoever carries it out counts once, in whatever role, and for whomever he acts."""
        incident = responding(engine_with(STEPS, attrs.evolve(self.ENDING, n_of=2)))
        incident.approve("resolve", actor=approver)
        assert codes(refused(incident.resolve, "Restarted", actor=CHEN)) == ["approvals-missing"]

    def test_acting_for_another_is_one_person(self):
        """An actor and the one for whom he acts are not two who agree."""
        incident = responding(engine_with(STEPS, attrs.evolve(self.ENDING, n_of=2)))
        assert codes(refused(incident.resolve, "Restarted", actor=Actor("chen.yu", "commander", "li.na"))) == [
            "approvals-missing"
        ]

    def test_an_approval_twice_is_one(self):
        """Approving again adds nobody."""
        incident = responding(engine_with(STEPS, self.ENDING))
        incident.approve("resolve", actor=LI)
        incident.approve("resolve", note="as I said", actor=LI)
        assert codes(refused(incident.resolve, "Restarted", actor=CHEN)) == ["approvals-missing"]

    def test_who_may_not_do_it_may_not_approve_it(self):
        """An approval asks for the role of the rule, and for what else it excludes."""
        rule = attrs.evolve(self.ENDING, n_of=2, not_in_chain=True)
        incident = responding(engine_with(STEPS, rule))
        assert codes(refused(incident.approve, "resolve", actor=WU)) == ["not-authorised"]
        assert codes(refused(incident.approve, "resolve", actor=Actor("wang.li", "reviewer"))) == ["in-chain"]

    def test_whoever_is_excluded_later_agrees_no_more(self):
        """An approval of someone who then did what four eyes are about does not count."""
        rule = attrs.evolve(self.ENDING, n_of=2, different_actor=("assess",))
        incident = responding(engine_with(STEPS, rule))
        an = Actor("an.yu", "commander")
        incident.approve("resolve", actor=an)
        incident.assess(affected_customers=400, actor=an)
        assert codes(refused(incident.resolve, "Restarted", actor=CHEN)) == ["approvals-missing"]
        incident.approve("resolve", actor=LI)
        incident.resolve("Restarted", actor=CHEN)

    def test_a_rule_may_let_others_approve(self):
        """A rule that names `approve` lets its roles approve as well; one for everything does not make them count."""
        lawyers = AuthorityRule(id="lawyers", commands=("approve",), roles=("assessor",))
        two = attrs.evolve(self.ENDING, n_of=2)
        incident = responding(engine_with(STEPS, two, lawyers))
        incident.approve("resolve", actor=Actor("an.yu", "assessor"))
        incident.resolve("Restarted", actor=CHEN)
        everything = AuthorityRule(id="all", commands=("*",), roles=("responder",))
        other = responding(engine_with(everything, STEPS, two))
        other.approve("resolve", actor=WU)
        assert codes(refused(other.resolve, "Restarted", actor=CHEN))[-1:] == ["approvals-missing"]

    def test_a_direction_is_approved(self):
        """What needs approval in one direction is approved by its name, with or without the direction."""
        lowering = AuthorityRule(id="lowering", commands=("change_level:lower",), roles=("anyone",), n_of=2)
        for name in ("change_level:lower", "change_level"):
            incident = responding(engine_with(STEPS, lowering))
            incident.approve(name, actor=LI)
            incident.change_level(4, justification="over", actor=CHEN)
        incident = responding(engine_with(STEPS, lowering))
        assert codes(refused(incident.approve, "change_level:raise", actor=LI)) == [
            "not-authorised",
            "approval-unneeded",
        ]


class TestBreakGlass:
    """Acting in need, without the role."""

    STARTING = AuthorityRule(
        id="starting", commands=("resolve",), roles=("commander",), different_actor=("assess",), break_glass=True
    )

    def test_it_is_flagged(self):
        """Where the rule lets it pass, the event says that the glass was broken and why, and the review asks."""
        incident = responding(engine_with(STEPS, self.STARTING))
        incident.resolve("Restarted", actor=WU, break_glass="nobody answers")
        assert grant(incident) == {"rule": "starting", "break_glass": "nobody answers"}
        review = incident.review()
        (found,) = review.broken_glass
        assert (found.type, found.rule, found.reason) == ("IncidentResolved", "starting", "nobody answers")
        assert (found.actor, found.role, found.citation.id) == ("wu.bo", "responder", incident.events()[-1].id)
        assert "broken_glass" in [blank.name for blank in review.blanks]

    def test_whoever_has_the_role_breaks_nothing(self):
        """The control: with the role nothing is flagged, and the review asks nothing."""
        incident = responding(engine_with(STEPS, self.STARTING))
        incident.resolve("Restarted", actor=CHEN, break_glass="just in case")
        assert grant(incident) == {"rule": "starting"}
        assert incident.review().broken_glass == ()
        assert "broken_glass" not in [blank.name for blank in incident.review().blanks]

    @pytest.mark.parametrize("why", ["", " "])
    def test_it_needs_a_reason(self, why):
        """Without a reason the glass stays whole."""
        incident = responding(engine_with(STEPS, self.STARTING))
        assert codes(refused(incident.resolve, "Restarted", actor=WU, break_glass=why)) == ["not-authorised"]

    def test_only_where_the_rule_allows_it(self):
        """Other rules are not broken, and what no rule names is not either."""
        rule = attrs.evolve(self.STARTING, break_glass=False)
        incident = responding(engine_with(STEPS, rule))
        found = refused(incident.resolve, "Restarted", actor=WU, break_glass="nobody answers")
        assert codes(found) == ["not-authorised", "break-glass-not-allowed"]
        assert found[1].text == "no rule of the plan lets 'wu.bo' resolve with break_glass"
        assert codes(refused(incident.cancel, "a drill", actor=WU, break_glass="need")) == ["not-authorised"]

    def test_it_spares_the_role_alone(self):
        """Four eyes stay four eyes, and somebody must act."""
        incident = responding(engine_with(STEPS, self.STARTING))
        assessor = Actor("li.na", "responder")
        found = refused(incident.resolve, "Restarted", actor=assessor, break_glass="nobody answers")
        assert codes(found) == ["not-authorised", "same-actor", "break-glass-not-allowed"]
        assert "actor-missing" in codes(refused(incident.resolve, "Restarted", break_glass="nobody answers"))

    def test_explain_breaks_it_too(self):
        """What would pass with a broken glass is explained so."""
        incident = responding(engine_with(STEPS, self.STARTING))
        command = c.Resolve(resolution="Restarted")
        assert not incident.explain("resolve", command, actor=WU).allowed
        assert incident.explain("resolve", command, actor="wu.bo", role="responder", break_glass="need").allowed


@event_type()
@attrs.frozen(kw_only=True)
class AmendsOffered:
    """Money was offered to a customer."""

    from_: str
    to: str
    amount: Money


@command_type("offer_amends")
@attrs.frozen(kw_only=True)
class OfferAmends:
    """Offer money to a customer."""

    amount: Money


@attrs.frozen(kw_only=True)
class Amends:
    """What was offered."""

    status: str = NEW
    level: int | None = None


def offered(situation: Situation) -> Iterator[AmendsOffered]:
    """Say what is offered."""
    yield AmendsOffered(from_=situation.state.status, to=situation.dest, amount=situation.command.amount)


def taken(state: Amends, event: Event) -> Amends:
    """Go where the event says."""
    return attrs.evolve(state, status=event.data.to)


AMENDS = Workflow(
    name="amends",
    version=1,
    category="amends",
    states=("offered",),
    finals=(),
    transitions=(Transition("offer_amends", NEW, "offered"),),
    initial=Amends(),
    handlers=(
        Handler(
            command=OfferAmends,
            decide=offered,
            emits=(AmendsOffered,),
            amount=lambda situation: situation.command.amount,
        ),
    ),
    evolvers={AmendsOffered: taken},
)


def yuan(amount: str) -> OfferAmends:
    """Return the command that offers so much."""
    return OfferAmends(amount=Money(Decimal(amount), "CNY"))


class TestAmounts:
    """How much money a rule covers, for a workflow of the user's own."""

    RULES = (
        AuthorityRule(id="small", commands=("offer_amends",), roles=("anyone",), up_to=Money(Decimal(500), "CNY")),
        AuthorityRule(id="large", commands=("offer_amends",), roles=("commander",), up_to=Money(Decimal(9000), "CNY")),
    )

    @pytest.mark.parametrize(
        ("amount", "actor", "rule"),
        [("500", WU, "small"), ("500.01", CHEN, "large"), ("9000", CHEN, "large"), ("12", CHEN, "small")],
    )
    def test_the_first_rule_that_covers_it_counts(self, amount, actor, rule):
        """An amount up to that of the rule is covered."""
        engine = engine_with(*self.RULES, workflows=[AMENDS])
        engine.execute("amends", "a-1", yuan(amount), actor=actor)
        assert engine.events("amends", "a-1")[0].body["authority"] == {"rule": rule}

    @pytest.mark.parametrize(
        ("command", "actor", "text"),
        [
            (yuan("500.01"), WU, "rule 'large' asks for commander; the actor has 'responder'"),
            (
                yuan("9000.01"),
                CHEN,
                "no rule of the plan lets anyone offer_amends of 9000.01 CNY; it has small: anyone; large: commander",
            ),
            (
                OfferAmends(amount=Money(Decimal(1), "EUR")),
                CHEN,
                "no rule of the plan lets anyone offer_amends of 1 EUR; it has small: anyone; large: commander",
            ),
        ],
    )
    def test_more_is_refused(self, command, actor, text):
        """A larger amount, or one in another currency, is not covered."""
        engine = engine_with(*self.RULES, workflows=[AMENDS])
        (found,) = refused(engine.execute, "amends", "a-1", command, actor=actor)
        assert (found.code, found.text) == ("not-authorised", text)
        assert engine.store.head().position == 0

    def test_a_state_without_roles_knows_no_substitutes(self):
        """Substitutes step in where it can be told that a role stands empty."""
        plan = TestSubstitutes.PLAN
        rule = AuthorityRule(id="offering", commands=("offer_amends",), roles=("reviewer",))
        engine = engine_with(rule, plan=plan, workflows=[AMENDS])
        assert codes(refused(engine.execute, "amends", "a-1", yuan("1"), actor=WU)) == ["not-authorised"]


@attrs.frozen
class NightShift:
    """A host's own policy: at night only one person may do anything."""

    person: str

    def judge(self, request: Request) -> Grant | tuple[Refusal, ...]:
        """Return what allows the command, or why not."""
        if request.actor is not None and request.actor.id == self.person:
            return Grant(rule=f"night {request.command} {request.variant}".strip())
        return (Refusal("asleep", "everybody else is asleep"),)


class TestPolicy:
    """The host's own judge."""

    def test_it_stands_in_the_place_of_the_rules(self):
        """The host's policy decides, whatever the plan says, and what it says is recorded."""
        engine = engine_with(STEPS, policy=NightShift("wang.li"))
        incident = engine.report(**REPORTED)
        assert grant(incident) == {"rule": "night report"}
        incident.assess(injured=0, actor="wang.li")
        incident.assign_level(3, basis="few", actor="wang.li")
        incident.change_level(2, justification="more", actor="wang.li")
        assert grant(incident) == {"rule": "night change_level raise"}
        assert refused(incident.note, "hello", actor=CHEN) == (Refusal("asleep", "everybody else is asleep"),)

    def test_it_is_asked_without_rules(self):
        """A plan without rules lets all pass, the policy does not."""
        assert codes(refused(engine_with(policy=NightShift("li.na")).report, **REPORTED)) == ["asleep"]

    def test_explain_asks_it_too(self):
        """Explaining asks it as deciding does."""
        incident = engine_with(policy=NightShift("wang.li")).report(**REPORTED)
        assert codes(incident.explain("acknowledge", Acknowledge(), actor=CHEN).refusals) == ["asleep"]
        assert incident.explain("acknowledge", Acknowledge(), actor="wang.li").allowed


def test_an_approval_asks_for_an_actor():
    """An approval by nobody is refused by rule and guard."""
    incident = responding(engine_with(STEPS, TestApprovals.ENDING))
    assert codes(refused(incident.execute, Approve(command="resolve"))) == [
        "not-authorised",
        "actor-missing",
        "approver-missing",
    ]


def test_reality_asks_nobody():
    """What a foreign log tells is judged by the rules of the workflow, not by who may do what."""
    plan = attrs.evolve(PLAN, name="ruled", authority=(AuthorityRule(id="none", commands=("note",), roles=()),))
    play = incident_in("responding")
    judge, state = Judge(INCIDENT, plan), INCIDENT.initial
    for event in play.history:
        assert judge.findings(state, event) == ()
        state = INCIDENT.evolve(state, event)


class TestDirections:
    """What is said of raising a level is not said of lowering it."""

    EVERY = attrs.evolve(STEPS, commands=(*STEPS.commands, "change_level:raise", "approve", "retract"))

    def lowering(self, **fields: Any) -> Any:
        """Return an incident at level 2 under a plan whose rule for lowering has *fields*."""
        rule = AuthorityRule(id="low", commands=("change_level:lower",), roles=("anyone",), **fields)
        return responding(engine_with(self.EVERY, rule), level=2)

    def test_who_raised_may_not_lower(self):
        """Whoever lowered last is not barred by `change_level:raise`."""
        incident = self.lowering(different_actor=("change_level:raise",))
        incident.change_level(1, justification="worse", actor=LI)
        with pytest.raises(CommandRefused) as refused:
            incident.change_level(2, justification="better", actor=LI)
        assert [one.code for one in refused.value.refusals] == ["same-actor"]
        incident.change_level(2, justification="better", actor=WU)
        incident.change_level(3, justification="better still", actor=WU)
        with pytest.raises(CommandRefused):
            incident.change_level(4, justification="better still", actor=LI)

    def test_a_raise_spends_no_approval_of_a_lowering(self):
        """The approval of one direction holds until that was done."""
        incident = self.lowering(n_of=2)
        incident.approve("change_level:lower", actor=LI)
        incident.change_level(1, justification="worse", actor=CHEN)
        incident.change_level(2, justification="better", actor=WU)
        with pytest.raises(CommandRefused) as refused:
            incident.change_level(3, justification="better", actor=WU)
        assert [one.code for one in refused.value.refusals] == ["approvals-missing"]

    def test_an_approval_without_a_direction_is_spent_by_either(self):
        """It approved a change, and there was one."""
        incident = self.lowering(n_of=2)
        incident.approve("change_level", actor=LI)
        incident.change_level(1, justification="worse", actor=CHEN)
        with pytest.raises(CommandRefused):
            incident.change_level(2, justification="better", actor=WU)

    def test_an_approval_may_be_withdrawn(self):
        """Until it is spent, whoever gave it may think again."""
        incident = self.lowering(n_of=2)
        incident.approve("change_level:lower", actor=LI)
        incident.retract(incident.events()[-1].id, reason="second thoughts", actor=LI)
        with pytest.raises(CommandRefused) as refused:
            incident.change_level(3, justification="better", actor=WU)
        assert [one.code for one in refused.value.refusals] == ["approvals-missing"]
