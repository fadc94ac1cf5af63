"""Commands that belong together: what is asked of another aggregate in the same step, or neither is carried out."""

from __future__ import annotations

from decimal import Decimal

import attrs
import pytest

from engines import REPORTED, engine_on
from outline import OUTLINE
from respond.domain.events import event_type
from respond.domain.money import Money
from respond.domain.streams import StreamId
from respond.domain.values import replace
from respond.errors import CommandRefused, IdempotencyConflict, InvalidInput
from respond.plan.customer_care import CompensationLimit, CustomerCare
from respond.store.memory import MemoryEventStore
from respond.testing.conformance.samples import ManualClock
from respond.workflow.definition import NEW, Companion, Handler, Transition, command_type, not_blank
from respond.workflow.incident import INCIDENT_CATEGORY
from respond.workflow.incident.commands import Note
from respond.workflow.workflow import Workflow

SECOND = attrs.evolve(OUTLINE, version="2")


@attrs.frozen(kw_only=True, slots=False)
class Sighting:
    """Something that a neighbour saw of an incident."""

    status: str = NEW
    incident: str = ""


@event_type()
@attrs.frozen(kw_only=True)
class Seen:
    """A neighbour saw it."""

    from_: str
    to: str
    incident: str
    by: str
    plan: str


@command_type("sight")
@attrs.frozen(kw_only=True)
class Sight:
    """Tell what a neighbour saw."""

    incident: str
    by: str
    text: str


SIGHTING = Workflow(
    name="sighting",
    version=1,
    category="sighting",
    states=("seen",),
    finals=("seen",),
    transitions=(Transition("sight", NEW, "seen", guards=("by-missing",)),),
    guards=(not_blank("by-missing", "by"),),
    initial=Sighting(),
    handlers=(
        Handler(
            command=Sight,
            decide=lambda situation: [
                Seen(
                    **situation.step,
                    incident=situation.command.incident,
                    by=situation.command.by,
                    plan=str(situation.plan.reference),
                )
            ],
            emits=(Seen,),
            companions=lambda key, command: [
                Companion(INCIDENT_CATEGORY, command.incident, Note(text=f"{key}: {command.text}"))
            ],
        ),
    ),
    evolvers={Seen: lambda state, event: replace(state, status=event.data.to, incident=event.data.incident)},
    subject=lambda situation: situation.command.incident,
)


@pytest.fixture
def engine():
    """An engine that knows sightings, and two versions of its plan."""
    clock = ManualClock()
    plans = (OUTLINE, SECOND)
    return engine_on(MemoryEventStore(clock=clock), clock, workflows=[SIGHTING], plans=plans)


@pytest.fixture
def incident(engine):
    """An incident of that engine, under the second version of the plan."""
    return engine.report(**REPORTED, plan="service-company@2", plan_reason="asked for")


def sight(engine, incident, key="s-1", by="a neighbour", text="smoke", **circumstances):
    """Tell that somebody saw *incident*."""
    return engine.execute("sighting", key, Sight(incident=incident.id, by=by, text=text), **circumstances)


def test_both_are_written_in_one_step(engine, incident):
    """The command and its companion stand side by side in the log, each in its stream."""
    outcome = sight(engine, incident)
    assert set(outcome.versions) == {StreamId.of("sighting", "s-1"), StreamId.of("incident", incident.id)}
    assert [event.type for event in engine.reader.log()] == ["IncidentReported", "Seen", "ProgressNoted"]
    assert incident.state().notes == 1


def test_either_refuses_both_with_every_reason(engine, incident):
    """Nothing is written, and the reasons against both commands are told at once."""
    with pytest.raises(CommandRefused) as refused:
        sight(engine, incident, by=" ", actor="li.na", role="nobody")
    assert [one.code for one in refused.value.refusals] == ["by-missing", "role-unknown"]
    engine.merge(incident.id, engine.report(**REPORTED).id, reason="the same")
    before = tuple(engine.reader.log())
    with pytest.raises(CommandRefused) as refused:
        sight(engine, incident)
    assert (refused.value.command, refused.value.refusals[0].code) == ("note", "not-enabled")
    assert tuple(engine.reader.log()) == before


def test_the_plan_of_the_incident_judges_both(engine, incident):
    """What the step begins pins the plan that is in force for the incident, not the engine's first."""
    sight(engine, incident)
    (seen,) = engine.reader.events("sighting", "s-1")
    assert (seen.data.plan, seen.plan) == ("service-company@2", SECOND.reference)
    incident.rebase_plan("service-company@1", reason="withdrawn")
    sight(engine, incident, key="s-2")
    assert engine.reader.events("sighting", "s-2")[0].data.plan == "service-company@1"


def test_a_retry_is_decided_under_the_plan_of_then(engine, incident):
    """The same command id finds both halves, also after the plan changed; another text is a conflict."""
    first = sight(engine, incident, command_id="once")
    incident.rebase_plan("service-company@1", reason="withdrawn")
    again = sight(engine, incident, command_id="once")
    assert (again.events, again.replayed) == (first.events, True)
    with pytest.raises(IdempotencyConflict):
        sight(engine, incident, text="fire", command_id="once")


def test_a_retry_is_decided_under_the_plan_of_then_where_the_incident_was_told_nothing():
    """Nor does another plan make another command of one of which the incident keeps no word."""
    clock, limit = ManualClock(), CompensationLimit(role="director", up_to=Money(Decimal(50), "CNY"))
    limited = attrs.evolve(SECOND, customer_care=CustomerCare(limits=(limit,)))
    engine = engine_on(MemoryEventStore(clock=clock), clock, plans=[OUTLINE, limited])
    incident = engine.report(**REPORTED, plan=str(OUTLINE.reference), plan_reason="drawn")
    party = incident.register_affected("c-1", actor="chen.yu")
    party.contact_party("line", actor="chen.yu")
    offer = {"amount": Money(Decimal(90), "CNY"), "actor": "chen.yu", "command_id": "once"}
    first = party.offer_compensation("money", **offer)
    incident.rebase_plan(str(limited.reference), reason="we have limits now")
    again = party.offer_compensation("money", **offer)
    assert (again.events, again.replayed) == (first.events, True)


def test_its_events_are_about_the_incident(engine, incident):
    """They stand in the story of the incident; the control: without a subject an aggregate is about itself."""
    sight(engine, incident)
    assert [event.type for event in engine.reader.story(incident.id)] == ["IncidentReported", "Seen", "ProgressNoted"]
    alone = attrs.evolve(SIGHTING, subject=lambda _: None)
    other = engine_on(engine.store, engine.clock, workflows=[alone], plans=engine.plans, seed=1)
    sight(other, incident, key="s-2")
    assert "s-2" in {event.subject for event in engine.reader.log()}
    assert [event.type for event in engine.reader.story(incident.id)].count("Seen") == 1


def test_what_only_accompanies_is_not_asked_alone(engine, incident):
    """A command that is one half of a step is refused without the other; the control: without that mark it passes."""
    (handler,) = SIGHTING.handlers
    half = attrs.evolve(SIGHTING, handlers=(attrs.evolve(handler, accompanies=True),))
    strict = engine_on(engine.store, engine.clock, workflows=[half], plans=engine.plans, seed=1)
    with pytest.raises(InvalidInput, match="sight goes only in one step"):
        sight(strict, incident)
    assert sight(engine, incident).events
