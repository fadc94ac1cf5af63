"""Drills: played by a scenario on the engine's own code, measured from what they record, and apart from reality."""

from __future__ import annotations

import asyncio
import itertools
from datetime import timedelta

import attrs
import pytest

from drilling import PLAN, SCENARIO, TRAINER, answered, engine_for_drills, played, started
from engines import codes
from play import Play
from respond.domain.references import Actor
from respond.domain.streams import StreamId
from respond.engine.async_engine import AsyncEngine
from respond.engine.drill import DrillClock
from respond.errors import IncidentNotFound, InvalidInput, NotFound, PlanNotFound
from respond.plan.ladder import rungs
from respond.plan.scenario import Inject, Objective
from respond.plan.spans import Span
from respond.store.async_event_store import AsyncEventStore
from respond.testing.clocks import START
from respond.workflow.drill import DRILL
from respond.workflow.drill.commands import (
    CancelDrill,
    EndDrill,
    EvaluateDrill,
    GiveInject,
    Invite,
    PlanDrill,
    RecordDrillFinding,
    RecordParticipation,
    ScorePerson,
    SkipInject,
    StartDrill,
)
from respond.workflow.drill.events import Result
from respond.workflow.plan_life.commands import DraftPlan

REVIEWER = {"actor": "zhao.min", "role": "reviewer"}


@pytest.fixture
def engine():
    """An engine without a drill."""
    return engine_for_drills()


class TestLife:
    """From the planning to the findings."""

    def test_planned(self, engine):
        """What is played is what was planned, whatever becomes of the file; twice yields nothing."""
        drill = engine.drill("spring")
        drill.prepare(SCENARIO, **TRAINER)
        assert drill.prepare(SCENARIO, **TRAINER).events == ()
        standing = engine.drill("spring").standing()
        assert (standing.status, standing.scenario) == ("planned", SCENARIO)
        assert codes(drill.prepare, attrs.evolve(SCENARIO, version="2"), **TRAINER) == ["not-enabled"]

    def test_planned_under_another_plan(self, engine):
        """The plan must be at hand, and the drill rule be one of it."""
        with pytest.raises(PlanNotFound, match="no plan is called 'elsewhere'"):
            engine.drill("a").prepare(attrs.evolve(SCENARIO, plan="elsewhere"), **TRAINER)
        assert codes(engine.drill("a").prepare, attrs.evolve(SCENARIO, rule="x"), **TRAINER) == ["drill-rule-unknown"]

    def test_participants(self, engine):
        """Departments and partners are invited; who takes part is recorded by organisation and role."""
        drill = started(engine)
        drill.invite("Fire brigade", partner=True, **TRAINER)
        drill.record_participation("Fire brigade", "wu.bo", **TRAINER)
        drill.record_participation("IT", "li.na", plays="technical_lead", **TRAINER)
        assert drill.standing().invited == {"IT": False, "Fire brigade": True}
        assert [(one.person, one.role) for one in drill.standing().participants] == [
            ("wu.bo", None),
            ("li.na", "technical_lead"),
        ]
        stranger = codes(drill.record_participation, "Press", " ", plays="singer", **TRAINER)
        assert stranger == ["person-missing", "organisation-not-invited", "role-unknown"]

    def test_injects_in_order(self, engine):
        """None before the drill began, none out of order, none that is not in the scenario; one may be left out."""
        drill = engine.drill("spring")
        drill.prepare(SCENARIO, **TRAINER)
        assert codes(drill.give, "call", **TRAINER) == ["inject-before-drill"]
        assert codes(drill.give, "press", **TRAINER) == ["inject-before-drill", "inject-out-of-order"]
        drill.start(**TRAINER)
        assert codes(drill.give, "press", **TRAINER) == ["inject-out-of-order"]
        assert codes(drill.give, "flood", **TRAINER) == ["inject-unknown"]
        drill.give(**TRAINER)
        assert drill.give("call", **TRAINER).events == ()
        drill.skip("signal", reason="no time", **TRAINER)
        assert drill.skip("signal", reason="no time", **TRAINER).events == ()
        drill.time.move(timedelta(hours=2))
        drill.give("press", **TRAINER)
        assert drill.standing().waiting() == ()
        assert drill.events("drill", "spring")[-1].data.late_seconds == 3600

    def test_an_inject_is_one_step(self, engine):
        """What an inject asks is carried out with it, in the role that it names; if that is refused, neither is."""
        wrong = Inject(id="again", title="Again", command="report", data={"category": "x", "title": "Smoke"})
        drill = engine.drill("spring")
        drill.prepare(attrs.evolve(SCENARIO, injects=(wrong,), objectives=SCENARIO.objectives[2:3]), **TRAINER)
        drill.start(**TRAINER)
        head = engine.store.head()
        assert codes(drill.give, **TRAINER) == ["category-unknown"]
        assert engine.store.head() == head
        other = started(engine, "summer")
        other.give(**TRAINER)
        assert other.played().events()[0].role == "agent"
        other.give(**TRAINER)
        assert other.state("warning", "w").signals[-1].value == 3

    def test_results(self, engine):
        """Objectives are measured from the drill's own events, and the score weighs them."""
        drill = played(engine)
        drill.evaluate(text="Nobody answered the press", **TRAINER)
        standing = drill.standing()
        assert [(one.objective, one.met, one.seconds) for one in standing.results] == [
            ("ack", True, 300),
            ("led", True, 300),
            ("levelled", True, 300),
            ("order", True, 300),
            ("voice", False, None),
        ]
        assert (standing.status, standing.score) == ("evaluated", 83)
        assert drill.evaluate(text="again", **TRAINER).events == ()
        assert drill.course().entries[-1].text == (
            "Evaluated: 4 of 5 objectives met, score 83: Nobody answered the press"
        )

    @pytest.mark.parametrize(
        ("objective", "minutes", "met"),
        [
            (Objective(id="x", title="X", act="acknowledge", within=Span(15, "minute")), 15, True),
            (Objective(id="x", title="X", act="acknowledge", within=Span(15, "minute")), 16, False),
            (Objective(id="x", title="X", obligation="acknowledge"), 15, True),
            (Objective(id="x", title="X", obligation="acknowledge"), 16, False),
            (Objective(id="x", title="X", role="commander", within=Span(10, "minute")), 10, True),
            (Objective(id="x", title="X", role="commander", within=Span(10, "minute")), 11, False),
            (Objective(id="x", title="X", measure="restore_service", before="contain_fault"), 5, False),
            (Objective(id="x", title="X", act="acknowledge", within=Span(9, "hour"), since="press"), 5, False),
        ],
    )
    def test_an_objective_on_the_border(self, engine, objective, minutes, met):
        """In time is in time to the minute, and a minute later is not."""
        drill = engine.drill("spring")
        drill.prepare(attrs.evolve(SCENARIO, objectives=(objective,)), **TRAINER)
        drill.start(**TRAINER)
        drill.give(**TRAINER)
        drill.time.move(timedelta(minutes=minutes - 5))
        answered(drill)
        assert [one.met for one in drill.results()] == [met]

    @pytest.mark.parametrize(
        ("objective", "met", "text"),
        [
            ({"measure": "contain_fault", "before": "restore_service"}, True, "restore_service begun after it"),
            ({"measure": "restore_service", "before": "contain_fault"}, False, "contain_fault begun before it"),
            ({"measure": "contain_fault", "before": "bring_spares"}, True, "bring_spares not begun"),
            ({"measure": "bring_spares", "before": "contain_fault"}, False, "bring_spares was not finished"),
            ({"obligation": "first_contact"}, False, "first_contact 1 waived"),
        ],
    )
    def test_a_result_says_why(self, engine, objective, met, text):
        """The order of two measures is told as it was; an obligation that was waived was not met."""
        drill = engine.drill("spring")
        drill.prepare(attrs.evolve(SCENARIO, objectives=(Objective(id="x", title="X", **objective),)), **TRAINER)
        drill.start(**TRAINER)
        drill.give(**TRAINER)
        answered(drill)
        incident = drill.played()
        incident.approve("waive", about="first_contact 1", actor="wu.bo", role="commander")
        incident.waive("first_contact", reason="Nobody is in", actor="chen.yu", role="commander")
        drill.time.move(timedelta(minutes=1))
        incident.complete_measure("restore_service", outcome="It runs", actor="chen.yu", role="duty_officer")
        [result] = drill.results()
        assert (result.met, result.text.split(", ")[-1]) == (met, text)

    def test_each_objective_has_one_result(self):
        """What leaves an objective out, tells it twice or tells another is refused, and the score with it."""
        play, trainer = Play(DRILL, plan=PLAN, key="spring"), Actor(TRAINER["actor"], role=TRAINER["role"])
        play.do(PlanDrill(scenario=SCENARIO), StartDrill(incident="i-1"), EndDrill(), actor=trainer)
        full = tuple(Result(objective=one.id, met=True, points=one.points, text="") for one in SCENARIO.objectives)
        for wrong in ((), full[:-1], (*full, full[0]), (*full[:-1], attrs.evolve(full[-1], objective="x"))):
            assert codes(play.decide, EvaluateDrill(results=wrong), trainer) == ["results-incomplete"]
        assert play.do(EvaluateDrill(results=full), actor=trainer).state.score == 100

    def test_what_comes_after_the_end_does_not_count(self, engine):
        """Who answers when the drill is over has not answered in it."""
        drill = started(engine)
        drill.give(**TRAINER)
        drill.time.move(timedelta(minutes=1))
        drill.end(**TRAINER)
        answered(drill)
        assert [one.met for one in drill.results()] == [False] * 5

    def test_a_drill_nobody_answers(self, engine):
        """Everything is missed, and each result says so; nothing fails for want of events."""
        drill = started(engine)
        drill.end(note="a fire alarm, a real one", **TRAINER)
        drill.evaluate(**TRAINER)
        assert drill.standing().score == 0
        with pytest.raises(IncidentNotFound, match="'spring' was not reported yet"):
            drill.played()

    def test_scores_and_findings(self, engine):
        """People are scored, which may count for a training; findings propose what is to change in the plan."""
        drill = played(engine)
        drill.record_participation("IT", "li.na", plays="technical_lead", **TRAINER)
        drill.evaluate(**TRAINER)
        drill.score_person("li.na", 90, training="first_aid", **TRAINER)
        assert set(drill.training()["li.na"]) == {"first_aid"}
        wrong = codes(drill.score_person, "wu.bo", 101, training="singing", **TRAINER)
        assert wrong == ["score-out-of-range", "person-not-there", "training-unknown"]
        drill.record_finding("press", "Nobody spoke", proposal="Name a second spokesperson", **TRAINER)
        told = drill.for_plan()
        assert (told.objectives_met, told.objectives) == (4, 5)
        assert told.findings == "Nobody spoke: Name a second spokesperson"

    def test_what_a_drill_proposes(self, engine):
        """Each finding with a proposal proposes a change of the real plan, once; a finding told anew proposes anew."""
        drill = played(engine)
        drill.record_finding("press", "Nobody spoke", proposal="Name a second spokesperson", **TRAINER)
        drill.record_finding("calm", "All kept calm", **TRAINER)
        drill.evaluate(**TRAINER)
        assert codes(engine.record_drill, "spring", **REVIEWER) == ["not-enabled"]
        engine.execute("plan", PLAN.name, DraftPlan(draft=PLAN.reference), **REVIEWER)
        outcome = engine.record_drill("spring", **REVIEWER)
        drilled, proposed = engine.events("plan", PLAN.name)[1:]
        assert outcome.events == (drilled.id, proposed.id)
        assert (drilled.data.objectives_met, proposed.body["realm"]) == (4, "real")
        life = engine.state("plan", PLAN.name)
        assert [(key, one.text, one.status) for key, one in life.proposals.items()] == [
            ("spring/press", "Name a second spokesperson", "proposed")
        ]
        finding = next(event for event in drill.events("drill", "spring") if event.type == "DrillFindingRecorded")
        assert proposed.data.because == ("spring", finding.id)
        again = engine.record_drill("spring", **REVIEWER)
        assert (again.events, again.replayed) == (outcome.events, True)
        drill.record_finding("press", "Nobody spoke", proposal="Train a second one", **TRAINER)
        engine.record_drill("spring", **REVIEWER)
        assert list(engine.state("plan", PLAN.name).proposals) == ["spring/press", "spring/press/2"]

    @pytest.mark.parametrize(
        "command",
        [
            PlanDrill(scenario=SCENARIO),
            Invite(organisation="IT"),
            RecordParticipation(organisation="IT", person="li.na"),
            StartDrill(incident="i-1"),
            GiveInject(inject="call"),
            SkipInject(inject="call", reason="no time"),
            EndDrill(),
            EvaluateDrill(results=()),
            ScorePerson(person="li.na", score=90),
            RecordDrillFinding(finding="press", text="Nobody spoke"),
            CancelDrill(reason="rain"),
        ],
        ids=lambda command: type(command).__name__,
    )
    def test_no_step_is_asked_of_the_log_alone(self, engine, command):
        """A drill is prepared, played and judged by its own calls, which know what else belongs to the step."""
        with pytest.raises(InvalidInput, match="goes only in one step with what it belongs to"):
            engine.execute("drill", "spring", command, **TRAINER)

    def test_cancelled(self, engine):
        """A drill that is not held says why, and gives no inject."""
        drill = started(engine)
        assert codes(drill.cancel, reason=" ", **TRAINER) == ["reason-missing"]
        drill.cancel(reason="A real incident", **TRAINER)
        assert codes(drill.give, "call", **TRAINER) == ["not-enabled"]

    def test_authority(self, engine):
        """The plan says who holds a drill; people in it have the authority that they would have."""
        drill = engine.drill("spring")
        assert codes(drill.prepare, SCENARIO, actor="a", role="agent") == ["not-authorised"]
        drill = started(engine)
        drill.give(**TRAINER)
        assert codes(drill.played().assess, injured=1, actor="a", role="agent") == ["not-authorised"]

    def test_the_review_of_a_drill(self, engine):
        """State, timeline, review and duties of what was played come from the same code as in reality."""
        incident = played(engine).played()
        assert incident.review().level == incident.state().level == 3
        assert incident.timeline().entries[0].text.startswith("Reported: Drill: smoke 𠮷")
        assert "acknowledge" in {one.obligation for one, said in incident.verdicts() if said == "met"}
        assert incident.engine.incident(incident.number).id == incident.id


class TestClock:
    """Hours are played in a moment, or as they pass."""

    def test_hours_in_a_moment(self, engine):
        """The clock of the drill moves to each inject, and that of the log stays; who comes later goes on."""
        drill = started(engine)
        drill.play(**TRAINER)
        given = drill.standing().given
        assert [given[one] - START for one in ("call", "signal", "press")] == [
            timedelta(0),
            timedelta(minutes=10),
            timedelta(hours=1),
        ]
        assert engine.clock() == START
        assert engine.drill("spring").clock() == START + timedelta(hours=1)

    def test_in_real_time(self, engine):
        """Whoever waits is told how long, rung by rung; the drill then is not ahead."""
        drill = started(engine)
        waited = []

        def wait(span):
            waited.append(span)
            engine.clock.move(seconds=span.total_seconds())

        drill.play(wait=wait, **TRAINER)
        assert (sum(waited, timedelta(0)), drill.time.ahead) == (timedelta(hours=1), timedelta(0))
        assert drill.standing().given["signal"] == START + timedelta(minutes=10)

    def test_a_clock_that_never_stands_still(self):
        """A clock that goes on between two looks at it ends a drill all the same."""
        ticking = engine_for_drills()
        drill = started(ticking)
        ticks = itertools.count()
        drill.time.base = lambda: START + timedelta(milliseconds=next(ticks))
        drill.play(**TRAINER)
        assert drill.standing().waiting() == ()

    def test_whoever_does_not_wait_goes_on_ahead(self, engine):
        """Where no time passes, each inject is given at once."""
        drill = started(engine)
        waited = []
        drill.play(wait=waited.append, **TRAINER)
        assert set(drill.standing().given.values()) == {START}
        assert len(waited) == 2

    def test_ladders(self, engine):
        """Each rung is raised at its moment by the clock of the drill, once, and nobody outside is reminded of it."""
        drill = started(engine)
        drill.play(**TRAINER)
        incident = drill.played()
        raised = [event for event in incident.events() if event.type == "ObligationRaised"]
        plan = engine.plans.default
        climbs = sorted(
            climb.at for one in incident.obligations() for climb in rungs(plan, one, None) if climb.at <= drill.clock()
        )
        assert climbs
        assert [event.happened_at for event in raised] == climbs
        assert drill.raise_due() == 0
        assert engine.watch().round().raised == 0
        assert all(event.body["realm"] == "drill" for event in raised)

    def test_never_back(self):
        """A drill never goes back in time."""
        with pytest.raises(InvalidInput, match="never goes back"):
            DrillClock(lambda: START).move(timedelta(seconds=-1))


class TestAwaited:
    """The same drill, to be awaited."""

    def test_played(self, engine):
        """Time passes, injects are given, people act, and what came of it is what the plain drill tells."""

        async def play():
            awaited = AsyncEngine(AsyncEventStore(engine.store), plans=engine.plans, clock=engine.clock)
            drill = await awaited.drill("spring")
            await drill.prepare(SCENARIO, **TRAINER)
            await drill.start(**TRAINER)
            acted, waited = [], []

            async def then(inject):
                acted.append(inject.id)
                if inject.id == "call":
                    await (await drill.played()).acknowledge(actor="chen.yu", role="duty_officer")

            async def wait(span):
                waited.append(span)
                drill.time.move(span)

            outcomes = await drill.play(wait=wait, then=then, **TRAINER)
            await drill.pool("generators").state()
            await drill.end(**TRAINER)
            with pytest.raises(InvalidInput, match="is not the key of a drill"):
                await awaited.drill("a/b")
            return len(outcomes), acted, sum(waited, timedelta(0)), (await drill.results())[0].met

        assert asyncio.run(play()) == (3, ["call", "signal", "press"], timedelta(hours=1), True)
        assert engine.drill("spring").standing().status == "ended"
        assert list(engine.log()) == []

    def test_hours_in_a_moment(self, engine):
        """Where nobody waits, the clock of the drill is moved."""
        started(engine)

        async def play():
            awaited = AsyncEngine(AsyncEventStore(engine.store), plans=engine.plans, clock=engine.clock)
            drill = await awaited.drill("spring")
            await drill.play(**TRAINER)
            return drill.clock() - engine.clock(), hasattr(drill, "store"), isinstance(drill, AsyncEngine)

        assert asyncio.run(play()) == (timedelta(hours=1), False, False)


class TestApart:
    """What a drill does stays in it."""

    def test_streams(self, engine):
        """Every stream of a drill lies in the realm of drills under the drill's key; reality has none of them."""
        drill = played(engine)
        rows = engine.store.read_all()
        assert {row.realm for row in rows} == {"drill"}
        assert {StreamId(row.stream).category for row in rows} == {"drill", "incident", "pool", "warning"}
        assert [row.stream for row in rows if "spring" not in row.stream] == []
        assert list(engine.log()) == []
        with pytest.raises(IncidentNotFound):
            engine.incident(drill.played().id)

    def test_pools_hold_drill_stock(self, engine):
        """The pools of a drill hold what the plan says; the real pool, and that of another drill, keep theirs."""
        logistics = {"actor": "zhao.min", "role": "logistics"}
        engine.pool("generators").open(quantity=1, **logistics)
        drill, other = started(engine), started(engine, "summer")
        drill.give(**TRAINER)
        incident = drill.played()
        incident.request_resource("generators", 4, purpose="light", **logistics)
        drill.pool("generators").commit(incident.id, 4, **logistics)
        assert codes(drill.pool("generators").commit, incident.id, 1, **logistics) == ["stock-short"]
        free = [desk.pool("generators").stock().available for desk in (engine, drill, other)]
        assert free == [1, 0, 4]

    def test_drills_do_not_meet(self, engine):
        """Two drills on one log know nothing of each other, even where one's key begins the other's."""
        first, second = played(engine, "spring"), started(engine, "spring-2")
        with pytest.raises(IncidentNotFound):
            second.incident(first.played().id)
        assert list(engine.drills()) == ["spring", "spring-2"]

    @pytest.mark.parametrize("command", [StartDrill(incident="x"), EndDrill()])
    def test_an_engine_holds_no_drill(self, engine, command):
        """The commands of a drill are none of the engine's: they go nowhere but through the drill."""
        with pytest.raises(InvalidInput, match="only in one step with what it belongs to"):
            engine.execute("drill", "spring", command)
        assert engine.store.head().position == 0

    @pytest.mark.parametrize("key", ["", "a/b", "x" * 101])
    def test_a_key_that_is_none(self, engine, key):
        """The key stands in the names of streams: a slash or too many characters are refused."""
        with pytest.raises(InvalidInput, match="is not the key of a drill"):
            engine.drill(key)

    def test_no_such_drill(self, engine):
        """A drill that nobody planned is not found."""
        with pytest.raises(NotFound, match="there is no drill 'spring'; plan it first"):
            engine.drill("spring").standing()

    def test_a_retry_finds_the_same_incident(self, engine):
        """With one command id a start has one outcome."""
        drill = engine.drill("spring")
        drill.prepare(SCENARIO, **TRAINER)
        first = drill.start(command_id="s-1", **TRAINER)
        again = drill.start(command_id="s-1", **TRAINER)
        assert (again.replayed, again.events) == (True, first.events[:1])
        assert drill.start(**TRAINER).events == ()
        assert len(drill.pools()) == sum(one.quantity is not None for one in PLAN.resources)

    def test_a_retry_ahead_of_the_log(self, engine):
        """Where the drill is ahead of the clock of the log, a command is found by its id all the same."""
        drill = started(engine)
        drill.give(**TRAINER)
        drill.time.move(timedelta(hours=2))
        who = {"actor": "chen.yu", "role": "duty_officer", "command_id": "once"}
        told = drill.played().acknowledge(**who)
        again = drill.played().acknowledge(**who)
        assert (again.replayed, again.events) == (True, told.events)
