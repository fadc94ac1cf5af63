"""What an incident owes to the customers whom it hurt: promises, the end of the review, merges, and what is told."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import attrs
import pytest

from engines import engine_on, responding
from play import PLAN, incident_in
from respond.domain.money import Money
from respond.engine.async_engine import AsyncEngine
from respond.engine.engine import Engine
from respond.errors import CommandRefused, InvalidInput, NotFound
from respond.plan.customer_care import CompensationLimit, CustomerCare
from respond.plan.obligations import Rung
from respond.plan.organisation import Role
from respond.plan.owed import verdict
from respond.plan.spans import Span
from respond.store.memory import MemoryEventStore
from respond.testing.conformance.samples import ManualClock
from respond.workflow.incident.parties import RecordCaseStep
from respond.workflow.party.commands import RegisterAffected, Visit

CARING = attrs.evolve(
    PLAN,
    name="caring",
    roles=(Role(id="agent", title="Agent"), Role(id="commander", title="Commander")),
    customer_care=CustomerCare(
        first_contact=Span(2, "hour"),
        update_every=Span(4, "hour"),
        apology=True,
        visit_within=Span(7, "day"),
        limits=(CompensationLimit(role="agent", up_to=Money(Decimal(200), "CNY")),),
    ),
)


@pytest.fixture
def engine() -> Engine:
    """An engine whose plan promises everything."""
    clock = ManualClock()
    return engine_on(MemoryEventStore(clock=clock), clock, plans=(CARING,))


@pytest.fixture
def incident(engine):
    """An incident to which people respond."""
    return responding(engine)


def stands(incident: Any) -> dict[str, str]:
    """Return what became of the last occurrence of each promise."""
    now = incident.engine.clock()
    return {one.obligation: verdict(one, now) for one in incident.obligations() if ":" in one.obligation}


def refusal(ask: Any, *args: Any, **circumstances: Any) -> list[str]:
    """Return the codes with which *ask* is refused; nothing is written."""
    engine = ask.__self__.engine
    before = tuple(engine.reader.log())
    with pytest.raises(CommandRefused) as caught:
        ask(*args, **circumstances)
    assert tuple(engine.reader.log()) == before
    return [one.code for one in caught.value.refusals]


def finish(party: Any) -> None:
    """Do for *party* what is promised."""
    party.contact_party("telephone")
    party.apologise("li.na", "by telephone")
    party.settle_case("all is well")
    party.visit("satisfied")


class TestPromises:
    """What is owed to each party."""

    def test_each_party_is_owed_what_the_plan_promises(self, incident):
        """Nothing before a party is registered; then each promise, with its key."""
        assert stands(incident) == {}
        incident.register_affected("c-1")
        incident.register_affected("c-2", customers=40, group="shop 7")
        assert {key: case.customers for key, case in incident.state().cases.items()} == {"c-1": 1, "c-2": 40}
        assert stands(incident) == {
            f"{promise}:{key}": said
            for key in ("c-1", "c-2")
            for promise, said in {
                "first_contact": "open",
                "update": "waiting",
                "apology": "open",
                "settlement": "open",
                "visit": "waiting",
            }.items()
        }

    @pytest.mark.parametrize(("hours", "said"), [(2, "met"), (3, "late")])
    def test_first_contact(self, engine, incident, hours, said):
        """In time, or late; an attempt that reaches nobody does not count."""
        party = incident.register_affected("c-1")
        party.contact_party("telephone", "unreachable")
        engine.clock.move(hours=hours)
        assert stands(incident)["first_contact:c-1"] == ("open" if hours == 2 else "missing")
        party.contact_party("telephone")
        assert stands(incident)["first_contact:c-1"] == said

    def test_updates_begin_at_the_first_contact_and_end_with_the_case(self, engine, incident):
        """Every four hours; nothing is owed any more once the case is settled, and again when it is reopened."""
        party = incident.register_affected("c-1")
        party.contact_party("telephone")
        engine.clock.move(hours=3)
        party.contact_party("telephone")
        mine = [one for one in incident.obligations() if one.obligation == "update:c-1"]
        assert [verdict(one, engine.clock()) for one in mine] == ["met", "open"]
        party.settle_case("solved")
        assert stands(incident)["update:c-1"] == "dropped"
        engine.clock.move(hours=9)
        party.reopen_case("not solved")
        assert stands(incident)["update:c-1"] == "open"
        engine.clock.move(hours=5)
        assert stands(incident)["update:c-1"] == "missing"
        party.contact_party("telephone")
        mine = [one for one in incident.obligations() if one.obligation == "update:c-1"]
        assert [verdict(one, engine.clock()) for one in mine] == ["met", "late", "open"]
        incident.resolve("new terminals")
        assert stands(incident)["update:c-1"] == "dropped"

    def test_a_visit_is_due_after_the_end(self, engine, incident):
        """So many days after the response ended; for a case that was opened after that, after its opening."""
        early = incident.register_affected("c-1")
        incident.resolve("new terminals")
        engine.clock.move(days=5)
        incident.register_affected("c-2")
        engine.clock.move(days=3)
        assert (stands(incident)["visit:c-1"], stands(incident)["visit:c-2"]) == ("missing", "open")
        finish(early)
        assert stands(incident)["visit:c-1"] == "late"
        engine.clock.move(days=5)
        assert stands(incident)["visit:c-2"] == "missing"

    def test_the_clock_of_a_visit_waits_while_the_incident_is_reopened(self, engine, incident):
        """It runs from the last end."""
        incident.register_affected("c-1")
        incident.resolve("new terminals")
        engine.clock.move(days=5)
        incident.reopen("they failed again")
        engine.clock.move(days=5)
        assert stands(incident)["visit:c-1"] == "waiting"
        incident.resolve("a new server")
        assert stands(incident)["visit:c-1"] == "open"

    def test_a_case_that_is_reopened_is_owed_again(self, engine, incident):
        """First contact, settlement and visit; an apology that was made once was made."""
        party = incident.register_affected("c-1")
        incident.resolve("new terminals")
        finish(party)
        assert set(stands(incident).values()) <= {"met", "dropped"}
        engine.clock.move(hours=1)
        party.reopen_case("it was not paid")
        assert {name: said for name, said in stands(incident).items() if said == "open"} == {
            "first_contact:c-1": "open",
            "settlement:c-1": "open",
            "visit:c-1": "open",
        }
        finish(party)
        assert set(stands(incident).values()) <= {"met", "dropped", "waiting"}

    def test_a_visit_before_the_end_counts_unless_the_case_was_reopened(self, engine, incident):
        """What was done early was done; what was found wanting was not."""
        finish(incident.register_affected("c-1"))
        again = incident.register_affected("c-2")
        finish(again)
        again.reopen_case("it was not paid")
        again.settle_case("paid")
        engine.clock.move(hours=1)
        incident.resolve("new terminals")
        assert (stands(incident)["visit:c-1"], stands(incident)["visit:c-2"]) == ("met", "open")

    def test_what_is_due_is_told_to_watchers(self, engine, incident):
        """`due` lists a promise whose deadline passed, by its own title; what has no deadline is never due."""
        incident.register_affected("c-1")
        engine.clock.move(hours=3)
        told = [(one.obligation.id, one.obligation.titled("zh"), one.verdict) for one in engine.watch().due().due]
        assert told == [("first_contact:c-1", "首次联系客户 c-1", "missing")]
        assert engine.watch().round().failed == ()

    def test_a_ladder_tells_people_of_promises(self):
        """Each rung of the ladder of the customer care is raised for a promise with a deadline, once."""
        rungs = (Rung(tell=("agent",)), Rung(after=Span(1, "hour"), tell=("commander",)))
        plan = attrs.evolve(CARING, customer_care=attrs.evolve(CARING.customer_care, role="agent", ladder=rungs))
        clock = ManualClock()
        engine = engine_on(MemoryEventStore(clock=clock), clock, plans=(plan,))
        incident = responding(engine)
        incident.register_affected("c-1")
        watch = engine.watch()
        clock.move(hours=2)
        assert watch.round().raised == 1
        clock.move(hours=1)
        assert [watch.round().raised for _ in range(2)] == [1, 0]
        raised = [one.data for one in incident.events() if one.type == "ObligationRaised"]
        assert [(one.obligation, one.tell) for one in raised] == [
            ("first_contact:c-1", ("agent",)),
            ("first_contact:c-1", ("commander",)),
        ]
        assert plan.obligation("visit:c-1").role == "agent"

    def test_a_plan_that_promises_nothing_still_wants_cases_settled(self):
        """A settlement is owed to whoever was registered, whatever the plan says."""
        clock = ManualClock()
        bare = responding(engine_on(MemoryEventStore(clock=clock), clock, plans=(PLAN,)))
        bare.register_affected("c-1")
        assert stands(bare) == {"settlement:c-1": "open"}


class TestReview:
    """What the end of the review waits for."""

    def test_the_review_waits_for_each_promise(self, incident):
        """A settlement, an apology and a visit bar it, each by its id; the others do not."""
        party = incident.register_affected("c-1")
        incident.resolve("new terminals")
        with pytest.raises(CommandRefused, match="settlement:c-1, apology:c-1, visit:c-1"):
            incident.close_review("done")
        finish(party)
        incident.close_review("done")

    @pytest.mark.parametrize("left", ["settlement", "apology", "visit"])
    def test_each_can_be_waived_with_a_reason(self, incident, left):
        """A waiver names the promise and the party; one without a reason, or of a stranger, is none."""
        party = incident.register_affected("c-1")
        incident.resolve("new terminals")
        for name in {"settlement", "apology", "visit"} - {left}:
            incident.waive(f"{name}:c-1", reason="they moved away")
        assert refusal(incident.close_review, "done") == ["owed-before-close-review"]
        assert refusal(incident.waive, f"{left}:c-1", reason=" ") == ["reason-missing"]
        assert refusal(incident.waive, f"{left}:c-9", reason="x") == ["obligation-not-owed"]
        assert refusal(incident.waive, "song:c-1", reason="x") == ["obligation-unknown"]
        assert refusal(incident.fulfil, f"{left}:c-1") == ["obligation-not-fulfillable"]
        incident.waive(f"{left}:c-1", reason="they asked not to be called")
        incident.close_review("done")
        assert party.state().status == "registered"

    def test_closing_a_case_sheds_nothing(self, incident):
        """Nobody works on it any more, and the review waits all the same."""
        incident.register_affected("c-1").close_case("no address")
        incident.resolve("new terminals")
        assert refusal(incident.close_review, "done") == ["owed-before-close-review"]

    def test_after_the_end_nothing_new_begins(self, engine, incident):
        """What is still done for a party is kept; a case is opened only after the incident was reopened."""
        party = incident.register_affected("c-1")
        finish(party)
        incident.resolve("new terminals")
        incident.close_review("done")
        party.visit("dissatisfied")
        assert refusal(party.reopen_case, "not paid") == ["incident-reviewed"]
        before = len(tuple(engine.reader.log()))
        with pytest.raises(CommandRefused, match="incident-reviewed"):
            incident.register_affected("c-2")
        assert len(tuple(engine.reader.log())) == before
        incident.reopen("not over")
        party.reopen_case("not paid")

    def test_the_review_tells_what_was_done(self, engine, incident):
        """Each fact cites its event; figures add them up, by currency."""
        party = incident.register_affected("c-1", actor="li.na")
        engine.clock.move(hours=3)
        party.contact_party("telephone")
        engine.clock.move(hours=1)
        party.offer_compensation("money", Money(Decimal("150.50"), "CNY"), actor="li.na", role="agent")
        party.accept_compensation(1)
        year = Money(Decimal(40), "CNY")
        party.offer_compensation("extra_service", year, text="a year of support", actor="li.na", role="agent")
        party.reject_compensation(2, reason="no use")
        party.pay_compensation(1, reference="B-1")
        incident.register_affected("c-2", customers=40)
        party.settle_case("paid")
        party.visit("dissatisfied")
        first, second = incident.review().customers
        events = {event.id: event.type for event in engine.reader.log()}
        assert (first.party, first.status, first.contacted_in_time, first.satisfied) == (
            "c-1",
            "visited",
            "late",
            False,
        )
        cited = [first.registered, first.first_contact, first.settled, *(one.citation for one in first.offers)]
        assert [events[one.id] for one in cited] == [
            "PartyRegistered",
            "PartyContacted",
            "CaseSettled",
            "CompensationOffered",
            "CompensationOffered",
        ]
        assert [one.status for one in first.offers] == ["paid", "rejected"]
        assert (second.customers, second.first_contact, second.contacted_in_time) == (40, None, "open")
        figures = engine.care()
        assert (figures.parties, figures.customers, figures.reached, figures.satisfied_percent) == (2, 41, 1, 0)
        assert (figures.offers, figures.accepted, figures.rejected) == (2, 1, 1)
        assert figures.paid == figures.offered == {"CNY": Decimal("150.50")}
        assert incident.review(as_of=first.first_contact_at).customers[0].status == "contacted"

    def test_the_figures_of_care_are_kept_up(self, engine, incident, monkeypatch):
        """Asked again, only what was told of parties since is read."""
        incident.register_affected("c-1")
        assert engine.care().parties == 1
        codec, decoded = engine.reader.codec, []
        decode = codec.decode
        monkeypatch.setattr(codec, "decode", lambda row: decoded.append(decode(row)) or decoded[-1])
        incident.note("The vendor is on its way")
        party = incident.register_affected("c-2")
        decoded.clear()
        assert (engine.care().parties, [one.type for one in decoded]) == (2, ["PartyRegistered"])
        party.contact_party("telephone")
        decoded.clear()
        assert (engine.care().reached, [one.type for one in decoded]) == (1, ["PartyContacted"])

    def test_a_review_of_an_incident_without_parties_tells_of_none(self, incident):
        """The control."""
        assert incident.review().customers == ()


class TestMerge:
    """Parties go over with the incident that they were registered at."""

    def test_what_was_done_goes_over(self, engine, incident):
        """The survivor owes what is left, and the handle of the party works on."""
        other = responding(engine)
        party, done = incident.register_affected("c-1"), incident.register_affected("c-2")
        party.contact_party("telephone")
        finish(done)
        incident.merge_into(other, reason="the same")
        assert set(other.parties()) == {"c-1", "c-2"}
        assert (stands(other)["first_contact:c-1"], stands(other)["visit:c-2"]) == ("met", "met")
        other.resolve("new terminals")
        assert refusal(other.close_review, "done") == ["owed-before-close-review"]
        party.apologise("li.na", "in person")
        engine.party("c-1").settle_case("solved")
        party.visit("satisfied")
        assert party.incident() == other.id
        other.close_review("done")
        assert [one.party for one in other.review().customers] == ["c-1", "c-2"]

    def test_into_one_that_was_merged_too(self, engine, incident):
        """However long the chain is."""
        second, third = responding(engine), responding(engine)
        party = incident.register_affected("c-1")
        incident.merge_into(second, reason="the same")
        second.merge_into(third, reason="the same")
        party.contact_party("telephone")
        assert (party.incident(), stands(third)["first_contact:c-1"]) == (third.id, "met")

    def test_a_merge_into_a_reviewed_incident_leaves_no_case_behind(self, engine, incident):
        """One with a case that is not finished is not merged into one whose review is closed."""
        other = responding(engine)
        other.resolve("x")
        other.close_review("x")
        party = incident.register_affected("c-1")
        before = tuple(engine.reader.log())
        with pytest.raises(CommandRefused, match="absorbed-case-open"):
            incident.merge_into(other, reason="the same")
        assert tuple(engine.reader.log()) == before
        finish(party)
        incident.merge_into(other, reason="the same")


class TestTogether:
    """A party and its incident are written in one step."""

    def test_a_visit_to_an_unknown_party(self, engine, incident):
        """Refused with what both have against it; nobody finds a handle of a party that is not there."""
        assert refusal(incident.party("c-9").visit, "satisfied") == ["not-enabled", "party-unknown"]
        with pytest.raises(NotFound, match="no party 'c-9'"):
            engine.party("c-9")

    def test_a_party_of_another_incident(self, engine, incident):
        """A command that names the wrong incident is refused, and so is a key that is taken."""
        incident.register_affected("c-1").contact_party("telephone")
        other = responding(engine)
        before = tuple(engine.reader.log())
        with pytest.raises(CommandRefused, match="party-unknown"):
            engine.execute("party", "c-1", Visit(incident=other.id, outcome="satisfied"))
        with pytest.raises(CommandRefused, match="register_affected is enabled in new"):
            other.register_affected("c-1")
        with pytest.raises(CommandRefused, match="not-enabled"):
            engine.execute("party", "c-3", RegisterAffected(incident="nowhere"))
        assert tuple(engine.reader.log()) == before

    def test_nobody_records_a_step_alone(self, engine, incident):
        """The incident is told of a case only beside what happened to it."""
        with pytest.raises(InvalidInput, match="only in one step"):
            incident.execute(RecordCaseStep(party="c-1", step="registered"))

    def test_an_open_case_is_not_opened_anew(self):
        """What a case that nobody ended is told of its opening is known already; after an end it is news."""
        play = incident_in("responding").do(RecordCaseStep(party="c-1", step="registered"))
        again = RecordCaseStep(party="c-1", step="reopened")
        assert play.decide(again) == ()
        for end in ("settled", "visited", "closed"):
            play.do(RecordCaseStep(party="c-1", step=end))
            assert len(play.decide(again)) == 1
            play.do(again)
            assert play.decide(again) == ()

    def test_a_retry_under_another_plan(self):
        """What was offered under one plan was offered, also when the incident runs under a stricter one since."""
        clock = ManualClock()
        limits = (CompensationLimit(role="agent", up_to=Money(Decimal(1), "CNY")),)
        strict = attrs.evolve(CARING, name="strict", customer_care=attrs.evolve(CARING.customer_care, limits=limits))
        incident = responding(engine_on(MemoryEventStore(clock=clock), clock, plans=(CARING, strict)))
        party = incident.register_affected("c-1")
        party.contact_party("telephone")
        offer = {"amount": Money(Decimal(150), "CNY"), "actor": "li.na", "role": "agent", "command_id": "once"}
        first = party.offer_compensation("money", **offer)
        incident.rebase_plan("strict", reason="it costs too much")
        again = party.offer_compensation("money", **offer)
        assert (again.replayed, again.events) == (True, first.events)

    def test_a_second_time_nothing_is_written(self, engine, incident):
        """The same command, with or without its id, leaves neither stream longer."""
        party = incident.register_affected("c-1", command_id="once", actor="li.na")
        again = incident.register_affected("c-1", command_id="once", actor="li.na")
        assert (again.outcome.replayed, again.outcome.events) == (True, party.outcome.events)
        finish(party)
        known = tuple(engine.reader.log())
        incident.register_affected("c-1")
        party.apologise("li.na", "by telephone")
        party.visit("satisfied")
        assert tuple(engine.reader.log()) == known

    def test_a_key_is_made(self, engine, incident):
        """Without one, from the command id: a retry finds the same party."""
        made = incident.register_affected(command_id="once")
        assert incident.register_affected(command_id="once").key == made.key
        assert list(incident.parties()) == [made.key]

    def test_the_plan_of_the_incident_judges(self):
        """Also after a further plan was activated; the party pins the one that was there first, and is found again."""
        further = attrs.evolve(
            CARING, name="further", kind="special", covers=("network",), roles=(Role(id="guest", title="Guest"),)
        )
        clock = ManualClock()
        engine = engine_on(MemoryEventStore(clock=clock), clock, plans=(CARING, further))
        incident = responding(engine)
        incident.activate_plan("further", reason="it reaches the network")
        party = incident.register_affected("c-1")
        assert engine.events("party", "c-1")[0].plan == CARING.reference
        party.contact_party("telephone")
        too_much = Money(Decimal(201), "CNY")
        assert refusal(party.offer_compensation, "money", too_much, actor="li.na", role="agent") == ["over-every-limit"]
        assert engine.replay().plans_missing == {}

    def test_the_timeline_tells_it(self, incident):
        """In words, beside the story of the incident."""
        party = incident.register_affected("c-1")
        party.contact_party("telephone")
        party.listen(complaint="paid twice", remedy="the money back")
        said = [entry.text for entry in incident.timeline().entries]
        assert "Affected party registered, one customer" in said

    def test_awaited(self):
        """The same, to be awaited."""
        clock = ManualClock()
        inner = engine_on(MemoryEventStore(clock=clock), clock, plans=(CARING,))

        async def act() -> str:
            from respond.store.async_event_store import AsyncEventStore

            engine = AsyncEngine(AsyncEventStore(inner.store), plans=[CARING], clock=clock)
            incident = await engine.report(category="other", title="x")
            party = await incident.register_affected("c-1")
            await party.contact_party("telephone")
            again = await engine.party("c-1")
            assert (await engine.care()).reached == len(await incident.parties()) == 1
            assert (await incident.party("c-1")).key == again.key
            return (await again.state()).status

        assert asyncio.run(act()) == "contacted"
