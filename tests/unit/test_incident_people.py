"""People: roles that are filled, handed over and stand empty, and what should worry whoever commands."""

from __future__ import annotations

from datetime import timedelta

import attrs
import pytest

from engines import engine_on, responding
from play import PLAN, START, Play, incident_in
from respond.errors import CommandRefused
from respond.plan.obligations import Clock, Obligation
from respond.plan.organisation import Role
from respond.plan.owed import owed
from respond.plan.spans import Span
from respond.store.memory import MemoryEventStore
from respond.testing.conformance.samples import ManualClock
from respond.workflow.incident import commands as c
from respond.workflow.incident import events as e
from respond.workflow.incident.facts import facts_of
from respond.workflow.incident.people import AssignRole, HandOverRole, ReleaseRole, RoleAssigned, RoleHandedOver
from respond.workflow.incident.staffing import concerns, stand_ins, vacancies
from respond.workflow.incident.triage import Acknowledge

STAFF = attrs.evolve(
    PLAN,
    name="staff",
    roles=(
        Role(id="commander", title="Commander", required_from=3, shift=Span(8, "hour")),
        Role(id="liaison", title="Liaison", required_from=2, holders=1, substitutes=("runner", "commander")),
        Role(id="runner", title="Runner", shift=Span(2, "hour"), training=("first_aid", "driving")),
    ),
    obligations=(
        Obligation(
            id="staffed", title="Fill the roles", act="fill_roles", due=(Clock(from_="told", within=Span(1, "hour")),)
        ),
    ),
)
WU_LIAISON = AssignRole(role="liaison", person="wu.bo")
WU_OVER = HandOverRole(role="liaison", from_person="wu.bo", to_person="li.na", briefing="all is told")
WU_OFF = ReleaseRole(role="liaison", person="wu.bo", reason="shift over")


def responding_at(level: int) -> Play:
    """Return an incident that people respond to at *level*."""
    return Play(plan=STAFF).do(
        c.ReportIncident(category="other", title="x"),
        c.Assess(),
        c.AssignLevel(level=level, basis="x"),
        c.StartResponse(),
    )


def empty(play: Play) -> list[str]:
    """Return the roles that stand empty."""
    return [role.id for role in vacancies(STAFF, play.state)]


class TestHolders:
    """Who holds a role."""

    def test_a_role_is_filled_handed_over_and_given_up(self):
        """Each step leaves those who hold the role, since when, and by which entry."""
        play = responding_at(2).do(WU_LIAISON)
        (held,) = play.state.roles
        assert (held.person, held.since, held.entry) == ("wu.bo", START + timedelta(minutes=4), play.history[-1].id)
        play.do(WU_OVER)
        assert (play.state.holders("liaison"), play.state.roles[0].since) == (("li.na",), START + timedelta(minutes=5))
        play.do(attrs.evolve(WU_OFF, person="li.na"))
        assert play.state.holders("liaison") == ()

    def test_a_role_that_was_given_up_is_taken_again(self):
        """After a release the same person may be assigned again, and is not taken for the holder meanwhile."""
        play = responding_at(2).do(WU_LIAISON, WU_OFF)
        assert play.decide(WU_OFF) == ()
        play.do(WU_LIAISON)
        assert play.state.holders("liaison") == ("wu.bo",)
        assert play.decide(WU_LIAISON) == ()
        play.do(WU_OFF)
        assert play.state.holders("liaison") == ()

    def test_a_hand_over_is_done_only_by_itself(self):
        """That the successor holds the role in another way does not make the hand-over done."""
        play = responding_at(2).do(WU_LIAISON, WU_OVER)
        assert play.decide(WU_OVER) == ()
        with pytest.raises(CommandRefused, match="role-not-held"):
            play.do(attrs.evolve(WU_OVER, from_person="an.yu"))
        other = responding_at(2).do(AssignRole(role="liaison", person="li.na"))
        with pytest.raises(CommandRefused, match="role-not-held"):
            other.do(WU_OVER)

    def test_a_hand_over_back_and_forth(self):
        """Each hand-over is a step of its own, however often the role goes to and fro."""
        back = attrs.evolve(WU_OVER, from_person="li.na", to_person="wu.bo")
        play = responding_at(2).do(WU_LIAISON, WU_OVER, back, WU_OVER)
        assert play.state.holders("liaison") == ("li.na",)
        assert len(play.history) == 8

    def test_what_was_handed_over_is_not_released(self):
        """Who handed the role over cannot be relieved of it."""
        with pytest.raises(CommandRefused, match="role-not-held"):
            responding_at(2).do(WU_LIAISON, WU_OVER, WU_OFF)

    def test_reality_that_repeats_itself_folds_to_one_holder(self):
        """A foreign log may give a role twice, or hand it to one who holds it."""
        play = responding_at(2).record(
            RoleAssigned(role="runner", person="wu.bo"),
            RoleAssigned(role="runner", person="wu.bo"),
            RoleAssigned(role="runner", person="li.na"),
            RoleHandedOver(role="runner", from_person="wu.bo", to_person="li.na", briefing="?"),
        )
        assert play.state.holders("runner") == ("li.na",)

    def test_the_commander_holds_the_role_of_the_commander(self):
        """There is one commander, and only taking command makes him."""
        play = responding_at(2).do(c.TakeCommand(commander="chen.yu"), c.TakeCommand(commander="li.na"))
        assert play.state.holders("commander") == ("li.na",)


class TestVacancies:
    """Required roles that stand empty."""

    @pytest.mark.parametrize(("level", "roles"), [(4, []), (3, ["commander"]), (2, ["commander", "liaison"])])
    def test_the_level_says_what_is_required(self, level, roles):
        """The worse the level, the more roles must be filled."""
        assert empty(responding_at(level)) == roles

    def test_before_there_is_a_level_nothing_is_required(self):
        """Without a level nobody knows what is needed."""
        assert vacancies(STAFF, incident_in("assessed").state) == ()

    def test_they_are_filled(self):
        """Who commands and who was assigned fill them; who gave a role up leaves it empty."""
        play = responding_at(2).do(c.TakeCommand(commander="chen.yu"), WU_LIAISON)
        assert empty(play) == []
        assert empty(play.do(WU_OFF)) == ["liaison"]

    def test_substitutes_stand_in(self):
        """The holders of the first substitute that is filled stand in for an empty role."""
        play = responding_at(2).do(c.TakeCommand(commander="chen.yu"))
        assert stand_ins(STAFF, play.state, "liaison") == ("chen.yu",)
        play.do(AssignRole(role="runner", person="wu.bo"))
        assert stand_ins(STAFF, play.state, "liaison") == ("wu.bo",)
        assert stand_ins(STAFF, play.state, "runner") == stand_ins(STAFF, play.state, "juggler") == ()
        assert stand_ins(STAFF, play.do(WU_LIAISON).state, "liaison") == ()


class TestConcerns:
    """What should worry, and bars nothing."""

    def test_shifts_that_are_too_long(self):
        """Whoever holds a role longer than a shift is named, the commander too."""
        trained = {"first_aid": "2026-12-31", "driving": "2026-12-31"}
        play = responding_at(2).do(
            c.TakeCommand(commander="chen.yu"), AssignRole(role="runner", person="wu.bo", trained_until=trained)
        )
        ends = START + timedelta(hours=2, minutes=5)
        assert concerns(STAFF, play.state, ends - timedelta(microseconds=1)) == ()
        assert [(one.kind, one.person, one.since) for one in concerns(STAFF, play.state, ends)] == [
            ("shift-too-long", "wu.bo", ends)
        ]
        late = START + timedelta(hours=9)
        assert [one.role for one in concerns(STAFF, play.state, late)] == ["commander", "runner"]

    def test_training_that_is_not_in_force(self):
        """A holder without training, or with one that ran out, is named; the last day still counts."""
        until = {"first_aid": "2026-03-01"}
        play = responding_at(2).do(AssignRole(role="runner", person="wu.bo", trained_until=until))
        assert [one.training for one in concerns(STAFF, play.state, START)] == ["driving"]
        tomorrow = concerns(STAFF, play.state, START + timedelta(hours=16))
        assert [one.training for one in tomorrow if one.kind == "untrained"] == ["first_aid", "driving"]

    def test_a_role_that_the_plan_lost_worries_nobody(self):
        """A foreign log may tell a role that the plan does not have."""
        play = responding_at(2).record(RoleAssigned(role="juggler", person="wu.bo"))
        assert concerns(STAFF, play.state, START + timedelta(days=9)) == ()

    def test_corrections_count(self):
        """What was told wrong of time and training is read as corrected."""
        play = responding_at(2).do(c.TakeCommand(commander="chen.yu"), AssignRole(role="runner", person="wu.bo"))
        earlier = {"occurred_at": "2026-03-01T07:00:00Z"}
        trained = {"trained_until": {"first_aid": "2026-12-31", "driving": "2026-12-31"}}
        play.do(
            c.Correct(entry=play.entry("RoleAssigned"), changes={**earlier, **trained}, reason="typo"),
            c.Correct(entry=play.entry("CommandTransferred"), changes=earlier, reason="typo"),
        )
        assert play.state.roles[0].since == play.state.commands_since == START - timedelta(hours=1)
        assert concerns(STAFF, play.state, START) == ()
        recorded_at = {event.type: event.recorded_at for event in play.history}
        for name in ("RoleAssigned", "CommandTransferred"):
            play.do(c.Correct(entry=play.entry(name), changes={"occurred_at": None}, reason="nobody knows"))
        assert play.state.roles[0].since == recorded_at["RoleAssigned"]
        assert play.state.commands_since == recorded_at["CommandTransferred"]
        wrong = {"trained_until": {"first_aid": "soon"}}
        with pytest.raises(CommandRefused, match="correction-invalid"):
            play.do(c.Correct(entry=play.entry("RoleAssigned"), changes=wrong, reason="typo"))

    def test_the_handle_answers(self):
        """Vacancies and concerns are asked of the incident, as of now."""
        clock = ManualClock()
        incident = responding(engine_on(MemoryEventStore(clock=clock), clock, plans=[STAFF]), level=2)
        assert [role.id for role in incident.vacancies()] == ["commander", "liaison"]
        incident.take_command(actor="chen.yu")
        commands = {"actor": "chen.yu", "role": "commander"}
        incident.assign_role("liaison", "wu.bo", **commands)
        incident.hand_over_role("liaison", "wu.bo", "li.na", briefing="all is told", **commands)
        incident.release_role("liaison", "li.na", reason="shift over", **commands)
        assert [event.role for event in incident.events()][-3:] == ["commander"] * 3
        clock.now += timedelta(hours=8)
        assert [one.role for one in incident.concerns()] == ["commander"]
        assert incident.suggestion().level is None


class TestFillingRoles:
    """When the roles that the level requires are filled, a duty is done."""

    @staticmethod
    def done(play: Play) -> list[int]:
        """Return at which entries, counted from 1, the roles were filled."""
        ids = [event.id for event in play.history]
        return [ids.index(one.entry) + 1 for one in facts_of(STAFF, play.history).done if one.act == "fill_roles"]

    def test_by_the_last_one_who_comes(self):
        """The one who fills the last empty role does it, the commander or another."""
        play = responding_at(2).do(WU_LIAISON)
        assert self.done(play) == []
        assert self.done(play.do(c.TakeCommand(commander="chen.yu"))) == [6]
        assert [one.done_at for one in owed(STAFF, facts_of(STAFF, play.history))] == [START + timedelta(minutes=5)]

    def test_by_the_level_when_all_are_there(self):
        """Where the roles are filled before there is a level, or none is required, the level does it."""
        assert self.done(responding_at(4)) == [3]
        early = Play(plan=STAFF).do(
            c.ReportIncident(category="other", title="x"), c.TakeCommand(commander="chen.yu"), WU_LIAISON, c.Assess()
        )
        assert self.done(early.do(c.AssignLevel(level=2, basis="x"))) == [5]

    def test_again_when_one_was_empty_meanwhile(self):
        """A role that stood empty and is filled again counts again; a hand-over leaves none empty."""
        play = responding_at(2).do(c.TakeCommand(commander="chen.yu"), WU_LIAISON, WU_OVER)
        assert self.done(play) == [6]
        play.do(attrs.evolve(WU_OFF, person="li.na"), WU_LIAISON)
        assert self.done(play) == [6, 9]

    def test_a_worse_level_asks_for_more(self):
        """When the level is raised, the roles are filled once the further ones are."""
        play = responding_at(3).do(c.TakeCommand(commander="chen.yu"), c.ChangeLevel(level=1, justification="x"))
        assert self.done(play) == [5]
        assert self.done(play.do(WU_LIAISON)) == [5, 7]


def test_an_incident_is_taken_up_again_after_a_reopening():
    """Acknowledging is done once, and once more after each reopening."""
    play = responding_at(4).do(c.Resolve(resolution="x"))
    assert not play.state.acknowledged
    play.do(c.Reopen(reason="again"))
    assert play.do(Acknowledge()).state.acknowledged
    assert play.decide(Acknowledge()) == ()
    play.do(c.Resolve(resolution="y"), c.Reopen(reason="and again"))
    assert len(play.decide(Acknowledge())) == 1


def test_a_withdrawn_fulfilment_counts_no_more():
    """Who said by mistake that a duty is done takes it back, and the notes stay as they are."""
    play = responding_at(4).do(c.Note(text="x"))
    play.record(e.ObligationFulfilled(obligation="staffed"))
    assert len(play.state.fulfilled) == 1
    play.do(c.Retract(entry=play.entry("ObligationFulfilled"), reason="a mistake"))
    assert (play.state.fulfilled, play.state.notes) == ((), 1)
