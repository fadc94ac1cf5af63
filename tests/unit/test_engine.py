"""The engine: circumstances, questions, and what it opens and closes."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from engines import REPORTED, engine_on, responding
from outline import OUTLINE
from respond.domain.ids import derived_id
from respond.domain.moments import Moment
from respond.domain.references import Actor
from respond.engine.circumstances import UNKNOWN
from respond.engine.engine import Engine
from respond.errors import (
    CommandRefused,
    IncidentNotFound,
    InvalidInput,
    InvalidMoment,
    InvalidPlan,
    InvalidRecord,
    NotFound,
    PlanNotFound,
    StoreError,
    WorkflowNotFound,
)
from respond.plan.plan import Plan
from respond.store.memory import MemoryEventStore
from respond.testing.conformance.samples import START, ManualClock
from respond.workflow.incident import commands as c
from rivals import REPORT, seeded


@pytest.fixture
def clock():
    """A clock that stands still."""
    return ManualClock()


@pytest.fixture
def engine(clock):
    """An engine on an empty log in memory."""
    return engine_on(MemoryEventStore(clock=clock), clock)


class TestReportId:
    """The id of an incident is made from the command id."""

    def test_a_retry_finds_the_same_incident(self, engine):
        """A report that is sent again with its command id makes no second incident."""
        first = engine.report(**REPORTED, command_id="mail 17")
        again = engine.report(**REPORTED, command_id="mail 17")
        assert first.id == again.id == str(derived_id("mail 17", "incident")) == Engine.incident_id("mail 17")
        assert (first.outcome.replayed, again.outcome.replayed) == (False, True)
        assert engine.store.head().position == 1

    def test_two_reports_are_two_incidents(self, engine):
        """Reports without a command id are different ones, at the same instant too."""
        assert engine.report(**REPORTED).id != engine.report(**REPORTED).id

    def test_an_empty_command_id_is_refused(self, engine):
        """An empty command id is a mistake of the caller, not a report without one."""
        with pytest.raises(InvalidRecord, match="command_id"):
            engine.report(**REPORTED, command_id="")


class TestWhen:
    """`at`: when it happened."""

    @pytest.mark.parametrize(
        ("at", "occurred_at"),
        [
            (None, Moment(START)),
            (UNKNOWN, None),
            (START - timedelta(hours=2), Moment(START - timedelta(hours=2))),
            ("2026-11-20T08:30:00+08:00", Moment(datetime.fromisoformat("2026-11-20T00:30:00Z"))),
            (Moment(START, precision="day"), Moment(START, precision="day")),
            (Moment(START, until=START + timedelta(hours=1)), Moment(START, until=START + timedelta(hours=1))),
            (START.astimezone(timezone(timedelta(hours=8))), Moment(START)),
        ],
        ids=["now", "unknown", "datetime", "text", "coarse", "interval", "another zone"],
    )
    def test_it_is_kept(self, engine, at, occurred_at):
        """A moment, a datetime, text with a zone, or nobody's knowledge is kept as it was told; nothing means now."""
        (event,) = engine.report(**REPORTED, at=at).events()
        assert event.occurred_at == occurred_at
        assert ("occurred_at" in event.body) == (occurred_at is not None)

    @pytest.mark.parametrize("at", [START.replace(tzinfo=None), "2026-11-20T08:30:00", "yesterday", 17, object()])
    def test_what_is_no_moment_is_refused(self, engine, at):
        """A time without a zone is refused, as is what is no time at all; nothing is written."""
        with pytest.raises(InvalidMoment):
            engine.report(**REPORTED, at=at)
        assert engine.store.head().position == 0

    @pytest.mark.parametrize("discovered_at", [START.replace(tzinfo=None), "08:30", UNKNOWN])
    def test_the_discovery_too(self, engine, discovered_at):
        """The time of discovery is held to the same."""
        with pytest.raises(InvalidMoment):
            engine.report(**REPORTED, discovered_at=discovered_at)


class TestActor:
    """`actor`, `role`, `on_behalf_of`: who acts."""

    @pytest.mark.parametrize(
        "given",
        [
            {"actor": "chen.yu", "role": "commander", "on_behalf_of": "wang.li"},
            {"actor": Actor("chen.yu", "commander", "wang.li")},
            {"actor": Actor("chen.yu", "responder"), "role": "commander", "on_behalf_of": "wang.li"},
        ],
        ids=["text", "actor", "both"],
    )
    def test_they_are_kept(self, engine, given):
        """An actor is text or an `Actor`; a role that is named beside it counts."""
        (event,) = engine.report(category="other", title="Smoke", **given).events()
        assert (event.actor, event.role, event.body["on_behalf_of"]) == ("chen.yu", "commander", "wang.li")

    def test_nobody_may_be_named(self, engine):
        """A command without an actor is recorded without one."""
        (event,) = engine.report(category="other", title="Smoke").events()
        assert (event.actor, event.role) == (None, None)

    @pytest.mark.parametrize("given", [{"role": "commander"}, {"on_behalf_of": "wang.li"}])
    def test_a_role_needs_an_actor(self, engine, given):
        """A role without an actor would be lost: it is refused."""
        with pytest.raises(InvalidInput, match="name the actor"):
            engine.report(category="other", title="Smoke", **given)

    @pytest.mark.parametrize("actor", ["", 17])
    def test_an_actor_is_text(self, engine, actor):
        """An actor that is empty or no text is refused."""
        with pytest.raises(InvalidRecord, match="actor"):
            engine.report(category="other", title="Smoke", actor=actor)


class TestFind:
    """An incident by id, number or reference."""

    @pytest.fixture
    def known(self, engine):
        """The second of three incidents."""
        first, second, _ = (engine.report(**REPORTED, reference=f"HD-{number}") for number in (1, 2, 3))
        first.note("Vendor called")
        return second

    @pytest.mark.parametrize("name", ["INC-2", "inc-2", "HD-2"])
    def test_it_is_found(self, engine, known, name):
        """An incident answers to its number, whatever the case, and to the name that its source gave it."""
        assert engine.incident(name).id == known.id == engine.incident(known.id).id

    @pytest.mark.parametrize(
        "name",
        ["", "INC-0", "INC-4", "INC-999999999999999999", "INC-99999999999999999999", "HD-9", "x" * 300, "\0", "\ud800"],
    )
    def test_it_is_not_found(self, engine, known, name):
        """A name that no incident has is not found, whatever it is made of: `INC-4` is the number of a note."""
        with pytest.raises(IncidentNotFound, match="no incident has the id, the number or the reference"):
            engine.incident(name)

    def test_a_reference_of_two_is_refused(self, engine):
        """A reference that two incidents have names neither of them."""
        for _ in range(2):
            engine.report(**REPORTED, reference="HD-1")
        with pytest.raises(InvalidInput, match="'HD-1' is the reference of INC-1, INC-2"):
            engine.incident("HD-1")

    def test_a_corrected_reference_answers(self, engine):
        """A reference that was corrected is found under its right text only."""
        incident = engine.report(**REPORTED, reference="HD-1")
        incident.correct(incident.events()[0].id, {"reference": "HD-7"}, reason="mistyped")
        assert engine.incident("HD-7").id == incident.id
        with pytest.raises(IncidentNotFound):
            engine.incident("HD-1")

    def test_what_was_reported_later_is_found(self, engine, known):
        """The list catches up with the log whenever it is asked."""
        late = engine.report(**REPORTED, reference="HD-8")
        assert engine.incident("HD-8").id == late.id


class TestUnknown:
    """An incident that is not there."""

    @pytest.mark.parametrize(
        "ask",
        [
            lambda engine: engine.state("incident", "nobody"),
            lambda engine: engine.explain("incident", "nobody", "resolve"),
            lambda engine: engine.reader.timeline("nobody"),
            lambda engine: engine.reader.review("nobody"),
            lambda engine: engine.reader.number("nobody"),
            lambda engine: engine.incident("nobody"),
        ],
        ids=["state", "explain", "timeline", "review", "number", "incident"],
    )
    def test_it_is_not_found(self, engine, ask):
        """Every question about an incident that nobody reported names it."""
        engine.report(**REPORTED)
        with pytest.raises(IncidentNotFound, match="'nobody'"):
            ask(engine)

    def test_it_has_no_events(self, engine):
        """It has no events, as a stream that was never written."""
        assert engine.events("incident", "nobody") == ()

    def test_a_category_that_no_workflow_claims(self, engine):
        """A category that is not registered is named, with those that are."""
        with pytest.raises(WorkflowNotFound, match="no workflow is registered for 'luggage'; registered are incident"):
            engine.state("luggage", "7")
        with pytest.raises(WorkflowNotFound, match="'luggage'"):
            engine.execute("luggage", "7", REPORT)


class TestExplain:
    """What stands in the way."""

    def test_it_answers_guard_by_guard(self, engine):
        """An explanation names every guard; with a command it also says what the command lacks."""
        incident = responding(engine, level=1)
        open_questions = incident.explain("resolve")
        assert [(one.code, one.passed) for one in open_questions.candidates[0].verdicts] == [
            ("role-unknown", None),
            ("upward-report-owed", False),
            ("owed-before-resolve", True),
            ("mandatory-measure-open", True),
            ("resolution-missing", None),
            ("earlier-than-last", None),
        ]
        asked = incident.explain("resolve", c.Resolve(resolution=" "), actor=Actor("chen.yu", "magician"))
        assert [refusal.code for refusal in asked.refusals] == [
            "role-unknown",
            "upward-report-owed",
            "resolution-missing",
        ]
        incident.report_upward("initial", recipient="ministry", summary="14 shops")
        assert incident.explain("resolve", c.Resolve(resolution="Restarted"), actor="chen.yu").allowed

    def test_it_answers_for_the_time_that_the_command_tells(self, engine, clock):
        """What is refused because it happened too early is explained by the same time; unknown is now."""
        incident = responding(engine, level=3)
        earlier = clock.now - timedelta(minutes=1)
        worse = c.ChangeLevel(level=2, justification="more shops")
        (refusal,) = incident.explain("change_level", worse, at=earlier).refusals
        assert refusal.code == "earlier-than-last"
        with pytest.raises(CommandRefused, match=r"is before .*, when the level was set last"):
            incident.execute(worse, at=earlier)
        for at in (None, UNKNOWN, clock.now):
            assert incident.explain("change_level", worse, at=at).allowed

    def test_it_writes_nothing(self, engine):
        """Explaining is a question: the log stays as it was."""
        incident = engine.report(**REPORTED)
        incident.explain("assess", c.Assess(injured=0))
        assert engine.store.head().position == 1

    def test_an_unknown_trigger_is_named(self, engine):
        """A trigger that the workflow does not have is named, with those that it has."""
        incident = engine.report(**REPORTED)
        with pytest.raises(WorkflowNotFound, match="'explode' is not a command of incident@5; the commands are report"):
            incident.explain("explode")

    def test_it_needs_the_pinned_plan(self, clock):
        """An explanation is judged by the plan that the incident pins, or not at all."""
        store = MemoryEventStore(clock=clock)
        incident = engine_on(store, clock, plans=[OUTLINE]).report(**REPORTED)
        plan = Plan(name="other", version="1", categories=OUTLINE.categories, levels=OUTLINE.levels)
        with pytest.raises(PlanNotFound, match="service-company@1 is pinned and was not given"):
            engine_on(store, clock, plans=[plan]).explain("incident", incident.id, "assess")


class TestPlanOfReport:
    """Which plan a new incident pins."""

    PLAN = OUTLINE
    OTHER = Plan(name="airport", version="3", categories=PLAN.categories, levels=PLAN.levels[:2], roles=PLAN.roles)

    @pytest.mark.parametrize(
        ("name", "pinned"), [(None, PLAN), ("airport", OTHER), ("airport@3", OTHER), ("service-company", PLAN)]
    )
    def test_it_is_the_first_or_the_one_that_is_named(self, clock, name, pinned):
        """A report pins the first plan that the engine was given, or the one that it names."""
        engine = engine_on(MemoryEventStore(clock=clock), clock, plans=[self.PLAN, self.OTHER])
        assert engine.report(**REPORTED, plan=name, plan_reason="asked for").state().plan == pinned.reference

    @pytest.mark.parametrize("name", ["", "hospital", "airport@4"])
    def test_another_name_is_not_found(self, clock, name):
        """A plan that the engine was not given is not found; the message names those that it was."""
        engine = engine_on(MemoryEventStore(clock=clock), clock, plans=[self.PLAN, self.OTHER])
        with pytest.raises(PlanNotFound, match="there are service-company@1, airport@3"):
            engine.report(**REPORTED, plan=name, plan_reason="asked for")


class TestOpenAndClose:
    """What an engine opens, it closes."""

    def test_it_can_be_used_again_after_closing_twice(self, tmp_path):
        """Closing twice does nothing; what was written is there when the log is opened again."""
        url = f"sqlite:///{tmp_path / 'log.db'}"
        with Engine.open(url, clock=ManualClock(), random=seeded()) as engine:
            incident = engine.report(**REPORTED)
        engine.close()
        with Engine.open(url, clock=ManualClock(), random=seeded(1)) as engine:
            assert engine.incident(incident.id).state().title == REPORTED["title"]

    def test_a_closed_engine_says_so(self, tmp_path):
        """An engine that was closed does not open the log again behind the caller's back."""
        engine = Engine.open(f"sqlite:///{tmp_path / 'log.db'}", clock=ManualClock())
        engine.close()
        with pytest.raises(StoreError, match="the store is closed; open it again"):
            engine.report(**REPORTED)

    def test_bad_definitions_leave_no_log_behind(self, tmp_path):
        """When the plans contradict each other, no database is made."""
        one = OUTLINE
        other = Plan(name=one.name, version=one.version, categories=one.categories, levels=one.levels)
        with pytest.raises(InvalidPlan, match="two plans with different content are called service-company@1"):
            Engine.open(f"sqlite:///{tmp_path / 'log.db'}", plans=[one, other], clock=ManualClock())
        assert list(tmp_path.iterdir()) == []

    def test_the_block_that_raises_closes_it_too(self, clock):
        """Leaving the block by an error closes the store and lets the error through."""
        closed = []
        store = MemoryEventStore(clock=clock)
        store.close = lambda: closed.append(True)
        with pytest.raises(NotFound), engine_on(store, clock) as engine:
            engine.incident("nobody")
        assert closed == [True]
