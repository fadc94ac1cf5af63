"""What incidents are to each other: merges that are undone, splits, and relations, each written on both at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, get_args

import attrs
import pytest

from duties import clocks, every
from engines import codes, engine_on, responding
from play import PLAN
from respond.errors import IncidentNotFound, InvalidInput
from respond.plan.customer_care import CustomerCare
from respond.plan.obligations import Obligation
from respond.plan.organisation import Role
from respond.plan.spans import Span
from respond.store.memory import MemoryEventStore
from respond.testing.clocks import ManualClock
from respond.workflow.incident.commands import ReportIncident
from respond.workflow.incident.links import INVERSE, LinkKind, Relate
from respond.workflow.incident.state import Link

CARING = attrs.evolve(
    PLAN,
    name="caring",
    roles=(Role(id="agent", title="Agent"), Role(id="commander", title="Commander")),
    customer_care=CustomerCare(first_contact=Span(2, "hour"), apology=True, visit_within=Span(7, "day")),
    obligations=(
        Obligation(id="learn", title="Open an action item", act="open_action", due=clocks("told 60 min")),
        Obligation(id="brief", title="Brief", act="note_progress", due=clocks("told 30 min"), recurs=every("30 min")),
    ),
)
HEARD = attrs.evolve(
    CARING,
    name="heard",
    obligations=(
        Obligation(id="note", title="Take down each case", act="note_progress", due=clocks("case_opened 60 min")),
    ),
)
PART = ReportIncident(category="other", title="Smoke in shop 7", narrative="冒烟")


@pytest.fixture
def engine():
    """An engine whose plan makes promises to customers, and asks for action items and briefings."""
    clock = ManualClock()
    return engine_on(MemoryEventStore(clock=clock), clock, plans=(CARING, HEARD))


def answers(engine: Any, incident: Any) -> dict[str, Any]:
    """Return what an incident answers, but when it was touched last."""
    (row,) = (one for one in engine.incidents().rows if one.id == incident.id)
    review = incident.review(now=engine.clock())
    return {
        "state": incident.state(),
        "owed": incident.obligations(),
        "row": attrs.evolve(row, updated_at=row.reported_at),
        "duties": (review.peak_level, review.upward_duties),
        "levels": [(one.level, one.seconds) for one in review.level_times],
    }


class TestUndoMerge:
    """A merge that was a mistake leaves no trace but in the timelines."""

    def test_both_answer_as_before(self, engine):
        """State, duties, row, and what the review computes of levels are what they were; the figures too."""
        grave, slight = responding(engine, level=1), responding(engine, level=4)
        grave.register_affected("c-1")
        slight.register_affected("c-2")
        engine.clock.move(hours=1)
        before, figures = [answers(engine, one) for one in (grave, slight)], engine.statistics()
        grave.merge_into(slight, reason="the same smoke", actor="zhao.min")
        assert [answers(engine, one) for one in (grave, slight)] != before
        grave.undo_merge(reason="two fires", actor="zhao.min")
        assert [answers(engine, one) for one in (grave, slight)] == before
        assert attrs.evolve(engine.statistics(), last_position=0, events=0) == attrs.evolve(
            figures, last_position=0, events=0
        )

    def test_the_log_keeps_both_steps(self, engine):
        """Nothing is deleted: both timelines tell of the merge and of its undoing, each for itself."""
        first, second = engine.report(category="other", title="One"), engine.report(category="other", title="Two")
        first.note("Burnt cable", actor="li.na")
        first.merge_into(second, reason="the same")
        first.undo_merge(reason="not the same")
        told = [entry.text for entry in first.timeline(order="log").entries]
        assert told[-2:] == [
            f"Merged into {second.id}: the same",
            f"Merge into {second.id} undone: not the same",
        ]
        assert [entry.text for entry in second.timeline(order="log").entries][1:] == [
            f"Absorbed {first.id}: the same",
            f"{first.id} goes on by itself again: not the same",
        ]

    def test_what_the_other_did_for_the_customers_comes_back(self, engine):
        """A customer who was contacted while the incidents were one was contacted, and the rest is owed here again."""
        first, second = responding(engine), responding(engine)
        party = first.register_affected("c-1")
        first.merge_into(second, reason="the same")
        party.contact_party("telephone")
        first.undo_merge(reason="two fires")
        assert (party.incident(), set(first.parties()), set(second.parties())) == (first.id, {"c-1"}, set())
        done = {one.obligation for one in first.obligations() if one.done_at}
        assert "first_contact:c-1" in done
        assert [one.obligation for one in second.obligations() if ":" in one.obligation] == []
        party.apologise("li.na", "in person")

    def test_a_case_that_comes_back_was_opened_once(self, engine):
        """What was done for it before it was opened still counts: its return begins no clock anew."""
        first, second = responding(engine, plan="heard", plan_reason="asked for"), responding(engine)
        first.note("c-1 is on the line")
        engine.clock.move(minutes=5)
        first.register_affected("c-1")
        (before,) = (one for one in first.obligations() if one.obligation == "note")
        assert before.done_at is not None
        first.merge_into(second, reason="the same")
        first.undo_merge(reason="two fires")
        assert [one for one in first.obligations() if one.obligation == "note"] == [before]

    def test_no_clock_stood_still_meanwhile(self, engine):
        """An hour after the merge it owes just what it would owe had it never been merged."""
        merged, twin, other = (responding(engine) for _ in range(3))
        for one in (merged, twin):
            one.note("Called the supplier")
        merged.merge_into(other, reason="the same")
        engine.clock.move(minutes=60)
        merged.undo_merge(reason="two fires")
        owed, expected = (
            [(due.obligation, due.occurrence, due.since, due.due_at, due.dropped_at) for due in one.obligations()]
            for one in (merged, twin)
        )
        assert owed == expected

    def test_action_items_come_back(self, engine):
        """What was done about an action item meanwhile comes back with it; the other incident owes nothing for it."""
        first, second = responding(engine), responding(engine)
        first.resolve("New cable")
        due_at = engine.clock() + timedelta(days=9)
        item = first.open_action("Buy one", kind="prevent", owner="li.na", due_at=due_at, action="a-1")
        before, owed = second.state(), second.obligations()
        first.merge_into(second, reason="the same")
        item.complete_action(evidence="bought", actor="li.na")
        first.undo_merge(reason="two fires")
        assert [one.step for one in first.state().actions["a-1"].steps] == ["opened", "done"]
        assert (second.state(), second.obligations()) == (before, owed)

    def test_of_a_row_the_last_is_undone_first(self, engine):
        """The one in the middle is merged itself, and gives nothing back before it goes on by itself."""
        first, second, third = (responding(engine, level=level) for level in (1, 3, 4))
        first.merge_into(second, reason="the same")
        second.merge_into(third, reason="the same")
        assert codes(first.undo_merge, reason="no") == ["not-enabled"]
        second.undo_merge(reason="no")
        first.undo_merge(reason="no")
        assert [one.state().worst_level for one in (first, second, third)] == [1, 3, 4]

    def test_others_that_were_absorbed_stay(self, engine):
        """Of two that were merged into one, the level and the report of the other one still count."""
        first, second, third = (responding(engine, level=level) for level in (1, 2, 4))
        second.report_upward("initial", recipient="ministry", summary="x")
        for one in (first, second):
            one.merge_into(third, reason="the same")
        first.undo_merge(reason="no")
        state = third.state()
        assert (state.absorbed, state.worst_level, state.told_by_absorbed) == ((second.id,), 2, True)

    def test_again(self, engine):
        """Undone twice yields nothing; with the same command id it is the first outcome; merged anew it is merged."""
        first, second = responding(engine), responding(engine)
        first.register_affected("c-1")
        first.merge_into(second, reason="the same", command_id="m-1")
        outcome = first.undo_merge(reason="no", command_id="u-1")
        assert first.undo_merge(reason="no").events == ()
        again = first.undo_merge(reason="no", command_id="u-1")
        assert (again.replayed, again.events) == (True, outcome.events)
        assert first.merge_into(second, reason="the same", command_id="m-1").replayed
        first.merge_into(second, reason="it is")
        assert (first.state().merged_into, second.state().absorbed) == (second.id, (first.id,))

    def test_what_was_never_merged(self, engine):
        """There is nothing to undo; an incident that is not there is named."""
        incident = engine.report(category="other", title="One")
        assert codes(incident.undo_merge, reason="no") == ["not-enabled"]
        with pytest.raises(IncidentNotFound, match="there is no incident 'nobody'"):
            engine.undo_merge("nobody", reason="no")


class TestSplit:
    """What was one incident goes on as several."""

    def test_links_and_no_copies(self, engine):
        """Each part is an incident with a number of its own, and links lead both ways; the source keeps its events."""
        source = responding(engine)
        before = source.events()
        parts = source.split([PART, attrs.evolve(PART, title="Smoke in shop 9")], reason="two fires", actor="zhao.min")
        assert [part.state().title for part in parts] == ["Smoke in shop 7", "Smoke in shop 9"]
        assert source.state().links_of("split_into") == tuple(part.id for part in parts)
        assert [part.state().links_of("split_from") for part in parts] == [(source.id,)] * 2
        assert source.events()[: len(before)] == before
        assert (source.state().status, parts[0].state().status) == ("responding", "reported")
        assert engine.incident(parts[1].number).id == parts[1].id
        assert [entry.text for entry in parts[0].timeline().entries][1:] == [f"Split from {source.id}: two fires"]

    def test_all_or_nothing(self, engine):
        """One part that is refused lets none be written, and every reason is told."""
        source = engine.report(category="other", title="One")
        head = engine.store.head()
        wrong = [PART, attrs.evolve(PART, category="nothing"), attrs.evolve(PART, title=" ")]
        assert codes(source.split, wrong, reason=" ") == ["reason-missing", "category-unknown", "title-missing"]
        assert codes(source.split, [], reason="x") == ["part-missing"]
        assert engine.store.head() == head

    def test_again(self, engine):
        """With the same command id the same incidents are found."""
        source = engine.report(category="other", title="One")
        (first,) = source.split([PART], reason="two", command_id="s-1")
        (again,) = source.split([PART], reason="two", command_id="s-1")
        assert (again.id, again.outcome.replayed) == (first.id, True)

    def test_a_split_is_undone_by_a_merge(self, engine):
        """The part goes back into the incident that it came of."""
        source = responding(engine)
        (part,) = source.split([PART], reason="two")
        part.merge_into(source, reason="one after all")
        assert source.state().absorbed == (part.id,)


class TestRelate:
    """Each of two incidents says what the other is to it."""

    @pytest.mark.parametrize(
        ("kind", "inverse"),
        [("related", "related"), ("duplicate_of", "has_duplicate"), ("child_of", "parent_of"), ("causes", "caused_by")],
    )
    def test_both_ways(self, engine, kind, inverse):
        """The other one is told the inverse in the same step; taken back, neither is linked; twice yields nothing."""
        one, other = (engine.report(category="other", title=title) for title in ("One", "Two"))
        outcome = one.relate(kind, other.id, reason="same vendor")
        assert one.state().links == (Link(kind=kind, other=other.id, entry=outcome.events[0]),)
        assert other.review().links == (Link(kind=inverse, other=one.id, entry=outcome.events[1]),)
        assert other.relate(inverse, one.id).events == ()
        other.unrelate(inverse, one.id, reason="another vendor")
        assert (one.state().links, other.state().links) == ((), ())
        assert one.unrelate(kind, other.id, reason="another vendor").events == ()

    def test_every_kind_has_an_inverse(self):
        """What one is to the other is told from either side, of a split too."""
        kinds = get_args(LinkKind)
        assert tuple(INVERSE[INVERSE[kind]] for kind in kinds) == kinds

    def test_what_is_refused(self, engine):
        """Itself, a kind that is none, a contradiction, a second parent, and a child of a child."""
        first, second, third = (engine.report(category="other", title=title) for title in ("1", "2", "3"))
        assert codes(first.relate, "related", first.id) == ["link-to-itself"]
        assert codes(first.relate, "cousin_of", second.id) == ["link-kind-unknown"]
        assert codes(first.relate, "split_into", second.id) == ["link-kind-unknown"]
        first.relate("causes", second.id)
        assert codes(first.relate, "caused_by", second.id) == ["link-contradicts"]
        first.relate("child_of", second.id)
        assert codes(first.relate, "child_of", third.id) == ["link-above-and-below"]
        assert codes(third.relate, "child_of", first.id) == ["link-above-and-below"]
        assert codes(second.relate, "child_of", third.id) == ["link-above-and-below"]
        third.relate("child_of", second.id)  # the control: a parent has as many children as there are
        assert codes(first.unrelate, "related", third.id, reason="x") == ["link-unknown"]

    def test_a_long_reason(self, engine):
        """A reason of 100,000 bytes is kept as it is; a longer one is refused by name."""
        first, second = (engine.report(category="other", title=title) for title in ("1", "2"))
        reason = "𠮷é\N{RIGHT-TO-LEFT OVERRIDE} " * 9_090
        first.relate("related", second.id, reason=reason)
        assert second.events()[-1].data.reason == reason
        assert codes(first.unrelate, "related", second.id, reason="x" * 100_001) == ["text-too-long"]

    def test_half_a_link_is_refused(self, engine):
        """The command alone is none of the engine's."""
        incident = engine.report(category="other", title="One")
        with pytest.raises(
            InvalidInput, match="only in one step with what it belongs to: ask for that, or call relate"
        ):
            incident.execute(Relate(kind="related", other="x"))
