"""Proposals to change a plan and recognition: both ends know each other, and the review tells of them."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from engines import engine_on, responding
from play import PLAN
from respond.engine.engine import Engine
from respond.errors import CommandRefused, InvalidInput
from respond.store.memory import MemoryEventStore
from respond.testing.conformance.samples import ManualClock
from respond.workflow.incident.proposals import RecordProposalStep
from respond.workflow.plan_life import PLAN_CATEGORY
from respond.workflow.plan_life import commands as c
from respond.workflow.plan_life.proposals import AcceptPlanChange, ProposePlanChange, RejectPlanChange

NEXT = attrs.evolve(PLAN, version="7")


@pytest.fixture
def engine() -> Engine:
    """An engine whose plan has a life."""
    clock = ManualClock()
    engine = engine_on(MemoryEventStore(clock=clock), clock, plans=(PLAN,))
    live(engine, c.DraftPlan(draft=PLAN.reference))
    live(engine, c.ApprovePlan(approved=PLAN.reference))
    return engine


@pytest.fixture
def incident(engine):
    """An incident that is resolved."""
    incident = responding(engine)
    incident.resolve("new terminals")
    return incident


def live(engine: Engine, command: object) -> Any:
    """Carry *command* out on the life of the plan."""
    return engine.execute(PLAN_CATEGORY, PLAN.name, command, actor="chen.yu")


def refused(ask: Any) -> list[str]:
    """Return the codes with which *ask* is refused."""
    with pytest.raises(CommandRefused) as caught:
        ask()
    return [one.code for one in caught.value.refusals]


def stands(engine: Engine, incident: Any, key: str = "p-1") -> tuple[str, str]:
    """Return what became of a proposal, as its plan and its incident know it."""
    [known] = [one for one in incident.state().proposals if one.proposal == key]
    return engine.state(PLAN_CATEGORY, PLAN.name).proposals[key].status, known.status


class TestProposals:
    """From the proposal to the version that does it."""

    def test_accepted_into_a_version(self, engine, incident):
        """A version that was drafted after it; the incident and the review learn which."""
        key = incident.propose_plan_change("Two spare supplies", proposal="p-1", because=("finding-1",), actor="li.na")
        assert (key, stands(engine, incident)) == ("p-1", ("proposed", "proposed"))
        accept = AcceptPlanChange(proposal="p-1", revision=PLAN.reference, incident=incident.id)
        assert refused(lambda: live(engine, accept)) == ["revision-not-of-this-plan"]
        live(engine, c.RevisePlan(draft=NEXT.reference, trigger="incident", because=incident.id))
        accept = attrs.evolve(accept, revision=NEXT.reference)
        live(engine, accept)
        assert live(engine, accept).events == ()
        assert stands(engine, incident) == ("accepted", "accepted")
        [told] = incident.review().proposals
        assert (told.status, told.revision, len(told.citations)) == ("accepted", NEXT.reference, 2)
        proposal = engine.state(PLAN_CATEGORY, PLAN.name).proposals["p-1"]
        assert (proposal.incident, proposal.by, proposal.because) == (incident.id, "li.na", ("finding-1",))

    def test_rejected_with_a_reason(self, engine, incident):
        """Once; without a reason it is refused, and so is another word on it afterwards."""
        incident.propose_plan_change("Two spare supplies", proposal="p-1")
        reject = RejectPlanChange(proposal="p-1", reason=" ", incident=incident.id)
        assert refused(lambda: live(engine, reject)) == ["reason-missing"]
        live(engine, attrs.evolve(reject, reason="too dear"))
        assert stands(engine, incident) == ("rejected", "rejected")
        again = attrs.evolve(reject, reason="no room")
        assert refused(lambda: live(engine, again)) == ["proposal-not-open"]

    def test_both_ends_are_asked(self, engine, incident):
        """The incident that the proposal came of, and no other; a key is used once."""
        incident.propose_plan_change("Two spare supplies", proposal="p-1")
        other = responding(engine)
        assert refused(lambda: other.propose_plan_change("Three", proposal="p-1")) == ["proposal-taken"]
        for who in (other.id, None):
            reject = RejectPlanChange(proposal="p-1", reason="x", incident=who)
            assert "proposal-not-open" in refused(lambda reject=reject: live(engine, reject))
        assert incident.propose_plan_change("Two spare supplies", proposal="p-1") == "p-1"
        assert len(engine.state(PLAN_CATEGORY, PLAN.name).proposals) == 1

    def test_nobody_records_a_step_alone(self, incident):
        """The incident is told of a proposal only beside what is said of it to the plan."""
        with pytest.raises(InvalidInput, match="only in one step"):
            incident.execute(RecordProposalStep(plan=PLAN.name, proposal="p-1", step="proposed"))

    def test_one_that_came_of_no_incident(self, engine):
        """A drill may propose too."""
        live(engine, ProposePlanChange(proposal="p-2", text="Shorter", because=("drill-7",)))
        live(engine, RejectPlanChange(proposal="p-2", reason="short enough"))
        assert engine.state(PLAN_CATEGORY, PLAN.name).proposals["p-2"].reason == "short enough"


class TestRecognition:
    """Who did outstandingly well."""

    def test_it_stands_in_the_review(self, incident):
        """Until it is retracted; nobody recognises themselves, and nobody before the end."""
        outcome = incident.record_recognition("wu.bo", "stayed all night", actor="li.na")
        assert incident.record_recognition("wu.bo", "stayed all night", actor="li.na").events == ()
        assert [(one.person, one.actor) for one in incident.review().recognitions] == [("wu.bo", "li.na")]
        assert refused(lambda: incident.record_recognition("li.na", "I did", actor="li.na")) == ["own-recognition"]
        incident.retract(outcome.events[0], reason="it was li.na")
        assert incident.review().recognitions == ()
        incident.reopen("again")
        with pytest.raises(CommandRefused):
            incident.record_recognition("wu.bo", "x", actor="li.na")
