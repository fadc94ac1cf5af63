"""Levels: what the plan suggests, what is chosen, and how long it holds."""

from __future__ import annotations

from datetime import timedelta

import attrs
import pytest

from play import PLAN, START, Play
from respond.domain.moments import Moment
from respond.errors import CommandRefused
from respond.plan.conditions import Bounds, Condition
from respond.plan.plan import Plan
from respond.plan.spans import Span
from respond.workflow.incident import commands as c
from respond.workflow.incident import events as e
from respond.workflow.incident.levels import suggest
from respond.workflow.incident.triage import Recategorise

CONDITIONS = {
    1: (Condition(dead=Bounds(from_=1)), Condition(affected_customers=Bounds(from_=1000), spread=("regional",))),
    2: (
        Condition(affected_customers=Bounds(from_=100)),
        Condition(categories=("technical_failure",), sites=Bounds(from_=5)),
    ),
    3: (Condition(facets=("law",)), Condition(critical_facility=True), Condition(fields={"vendor": "Acme"})),
}
JUDGING = attrs.evolve(
    PLAN,
    name="judging",
    categories=tuple(
        attrs.evolve(one, facets=("law",)) if one.id == "policy_change" else one for one in PLAN.categories
    ),
    levels=tuple(attrs.evolve(one, when=CONDITIONS.get(one.number, ())) for one in PLAN.levels),
)


def assessed(category: str = "other", plan: Plan = JUDGING, **assessment: object) -> Play:
    """Return an incident that was assessed."""
    return Play(plan=plan).do(c.ReportIncident(category=category, title="x"), c.Assess(**assessment))


class TestSuggestion:
    """What the plan suggests, and why."""

    @pytest.mark.parametrize(
        ("category", "assessment", "level", "because"),
        [
            ("other", {}, None, ()),
            ("other", {"affected_customers": 99}, None, ()),
            ("other", {"affected_customers": 100}, 2, ("affected_customers 100 (from 100)",)),
            ("other", {"affected_customers": 2000}, 2, ("affected_customers 2000 (from 100)",)),
            (
                "other",
                {"affected_customers": 2000, "spread": "regional"},
                1,
                ("affected_customers 2000 (from 1000)", "spread regional"),
            ),
            ("other", {"dead": 1, "affected_customers": 5}, 1, ("dead 1 (from 1)",)),
            ("network", {"sites": 14}, 2, ("sites 14 (from 5)", "category network")),
            ("policy_change", {}, 3, ("facet law",)),
            ("policy_change", {"facets": ("customers",)}, None, ()),
            ("other", {"facets": ("law", "customers")}, 3, ("facet law",)),
            ("other", {"critical_facility": True}, 3, ("critical facility",)),
            ("other", {"critical_facility": False}, None, ()),
            ("other", {"fields": {"vendor": "Acme"}}, 3, ("vendor Acme",)),
        ],
    )
    def test_the_worst_level_with_a_condition_that_holds(self, category, assessment, level, because):
        """The worst level counts, with what spoke for it; what is unknown speaks for nothing."""
        found = suggest(JUDGING, assessed(category, **assessment).state)
        assert (found.level, found.because) == (level, because)

    def test_before_an_assessment_the_category_speaks(self):
        """The facets of the category are known before anyone assessed."""
        play = Play(plan=JUDGING).do(c.ReportIncident(category="policy_change", title="x"))
        assert suggest(JUDGING, play.state).level == 3

    def test_another_category_speaks_otherwise(self):
        """After a change of the category, the new one counts."""
        play = assessed("network", sites=14)
        play.do(Recategorise(category="human_error", reason="a wrong switch"))
        assert suggest(JUDGING, play.state).level is None

    def test_a_category_that_the_plan_lost_speaks_for_nothing(self):
        """A foreign log may tell a category that nobody knows."""
        play = Play(plan=JUDGING).record(e.IncidentReported(from_="new", to="reported", category="7", title="x"))
        assert suggest(JUDGING, play.state).level is None


class TestChoice:
    """A person decides; suggestion, choice and basis are recorded."""

    def test_the_grounds_are_recorded_beside_the_choice(self):
        """The event keeps what was chosen and why, and what the plan suggested at that time and why."""
        play = assessed(affected_customers=300).do(c.AssignLevel(level=3, basis="all of them at one shop"))
        assigned = play.history[-1].data
        assert (assigned.level, assigned.basis) == (3, "all of them at one shop")
        assert (assigned.suggested, assigned.because) == (2, ("affected_customers 300 (from 100)",))
        play.do(c.Assess(affected_customers=50), c.ChangeLevel(level=4, justification="fewer"))
        assert (play.history[-1].data.suggested, play.history[-1].data.because) == (None, ())

    def test_the_worst_level_so_far_is_remembered(self):
        """Lowering the level does not make it forgotten."""
        play = assessed().do(c.AssignLevel(level=1, basis="x"), c.ChangeLevel(level=4, justification="y"))
        assert (play.state.level, play.state.worst_level) == (4, 1)


class TestDwell:
    """How long an incident stays at a level before it is lowered."""

    PLAN = attrs.evolve(
        PLAN, levels=tuple(attrs.evolve(one, dwell=Span(1, "hour") if one.number == 2 else None) for one in PLAN.levels)
    )

    def levelled(self) -> Play:
        """Return an incident that was given level 2 at 08:02."""
        return assessed(plan=self.PLAN).do(c.AssignLevel(level=2, basis="x"))

    @pytest.mark.parametrize(("minutes", "codes"), [(61, ["level-too-young"]), (62, [])])
    def test_it_is_not_lowered_before(self, minutes, codes):
        """The span begins with the level, and ends to the minute."""
        play = self.levelled()
        told = START + timedelta(minutes=minutes)
        explanation = play.explain("change_level", c.ChangeLevel(level=3, justification="y"), at=told)
        assert [one.code for one in explanation.refusals] == codes

    def test_it_may_be_raised_at_once(self):
        """It is never too early to raise a level, and one without a dwell is left when people like."""
        play = self.levelled().do(c.ChangeLevel(level=1, justification="y"), c.ChangeLevel(level=3, justification="z"))
        assert play.state.level == 3

    def test_it_begins_anew_with_the_level(self):
        """An incident that comes back to the level stays again."""
        play = self.levelled().do(c.ChangeLevel(level=1, justification="y"), c.ChangeLevel(level=2, justification="z"))
        with pytest.raises(CommandRefused, match=r"for 1 h at least: until 2026-03-01T09:04:00\.000000Z"):
            play.do(c.ChangeLevel(level=3, justification="w"))

    def test_a_time_that_is_corrected_back_ends_no_dwell(self):
        """The level dwells from when it was told, however early it is said to have been given afterwards."""
        play = self.levelled()
        changes = {"occurred_at": Moment(START - timedelta(hours=1)).to_json()}
        play.do(c.Correct(entry=play.entry("LevelAssigned"), changes=changes, reason="clock"))
        assert play.refused(c.ChangeLevel(level=3, justification="y")) == ["level-too-young"]

    def test_a_time_that_is_corrected_on_counts(self):
        """The level dwells from when it was really given, where that is later."""
        play = self.levelled().do(c.Note(text="x"), c.Note(text="y"))
        changes = {"occurred_at": Moment(START + timedelta(minutes=4)).to_json()}
        play.do(c.Correct(entry=play.entry("LevelAssigned"), changes=changes, reason="clock"))
        assert play.refused(c.ChangeLevel(level=3, justification="y"), START + timedelta(minutes=63))
        assert not play.refused(c.ChangeLevel(level=3, justification="y"), START + timedelta(minutes=64))

    @pytest.mark.parametrize("level", ["3", None, True])
    def test_a_level_of_the_wrong_kind_is_no_lowering(self, level):
        """What is no number is refused as an unknown level, and breaks nothing."""
        with pytest.raises(CommandRefused, match="is not a level of the plan"):
            self.levelled().do(c.ChangeLevel(level=level, justification="y"))
