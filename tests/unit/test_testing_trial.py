from __future__ import annotations

from datetime import timedelta

import attrs
import pytest

import lamp
from play import PLAN, REPORT
from respond.domain.references import Actor
from respond.errors import CommandRefused, IdempotencyConflict
from respond.plan.authority import AuthorityRule
from respond.plan.plan import Plan
from respond.testing.clocks import START, ManualClock, SequentialIds
from respond.testing.trial import Trial
from respond.workflow.incident import INCIDENT
from respond.workflow.incident import commands as c

LAMP = lamp.made()


def test_a_trial_begins_new():
    """Before the first command there is no event, and the state is the initial one."""
    trial = Trial(LAMP)
    assert (trial.status, trial.state, trial.log, trial.rows) == ("new", LAMP.initial, (), ())
    assert trial.clock() == START
    assert trial.plan.reference == Plan.example().reference


def test_sending_returns_the_new_events():
    """What a command causes is returned, stands at the end of the log, and is folded."""
    trial = Trial(LAMP)
    (installed,) = trial.send(lamp.Install(), actor="ann", role="electrician", command_id="one")
    (switched,) = trial.send(lamp.Flip(), actor=Actor("bob"))
    assert trial.log == (installed, switched)
    assert [event.version for event in trial.log] == [1, 2]
    assert (installed.data, installed.actor, installed.role) == (
        lamp.Switched(from_="new", to="off"),
        "ann",
        "electrician",
    )
    assert installed.command_id == "one"
    assert trial.status == "on"
    assert trial.replay() == trial.state
    assert [row.id for row in trial.rows] == [event.id for event in trial.log]


def test_a_refused_command_leaves_the_log_alone():
    """A refusal says every reason, and nothing is written."""
    trial = Trial(LAMP)
    with pytest.raises(CommandRefused) as refused:
        trial.send(lamp.Flip())
    assert [one.code for one in refused.value.refusals] == ["not-enabled"]
    assert refused.value.refusals == trial.explain("flip", lamp.Flip()).refusals
    assert trial.log == ()


def test_the_same_command_id_causes_nothing_more():
    """A command that is sent again with its id causes nothing; another one with that id is a conflict."""
    trial = Trial(INCIDENT)
    assert trial.send(REPORT, command_id="one")
    assert trial.send(REPORT, command_id="one") == ()
    with pytest.raises(IdempotencyConflict):
        trial.send(c.Cancel(reason="a drill"), command_id="one")
    assert len(trial.log) == 1


def test_the_plan_and_the_clock_are_those_that_were_given():
    """A trial pins the plan that it is given, and tells the time of its clock."""
    rule = AuthorityRule(id="r", commands=("*",), roles=("commander",))

    strict = attrs.evolve(PLAN, name="strict", authority=(rule,))
    clock = ManualClock(START + timedelta(days=1))
    trial = Trial(INCIDENT, plan=strict, plans=[PLAN], clock=clock, key="i-1")
    with pytest.raises(CommandRefused, match="asks for commander"):
        trial.send(REPORT, actor="ann")
    (event,) = trial.send(REPORT, actor="ann", role="commander")
    assert (event.plan, trial.plan.reference, event.recorded_at) == (strict.reference, strict.reference, clock.now)
    assert trial.plans.default.reference == strict.reference
    assert event.stream.key == "i-1"
    late = START - timedelta(hours=1)
    (told,) = trial.send(c.Note(text="late"), actor="ann", role="commander", at=late)
    assert told.happened_at == late


def test_a_fork_goes_its_own_way():
    """What happens to a fork does not happen to the trial: events, time and ids are apart."""
    trial = Trial(LAMP)
    trial.send(lamp.Install())
    fork = trial.fork()
    fork.clock.move(hours=1)
    fork.send(lamp.Flip())
    assert (trial.status, len(trial.log), trial.clock()) == ("off", 1, START)
    assert (fork.status, len(fork.log), fork.clock()) == ("on", 2, START + timedelta(hours=1))
    trial.send(lamp.Flip())
    assert [event.data for event in trial.log] == [event.data for event in fork.log]
    assert trial.store.head().position == 2
    assert trial.replay() == fork.replay()


def test_two_runs_are_the_same_to_the_byte():
    """Ids and time come from the kit: the same commands make the same rows."""
    one, two = Trial(LAMP), Trial(LAMP)
    for trial in (one, two):
        trial.send(lamp.Install())
        trial.send(lamp.Flip())
    assert one.rows == two.rows


def test_a_changed_workflow_may_share_its_category():
    """A trial knows its workflow alone, so that a variant of a shipped one can be tried."""
    changed = attrs.evolve(INCIDENT, version=99)
    assert Trial(changed).send(REPORT)[0].definition == changed.reference


def test_sequential_ids_count():
    """Each call gives the next number, and a copy goes on where it is."""
    ids = SequentialIds()
    assert [ids(2), ids(2), ids(10)] == [b"\0\1", b"\0\2", bytes(9) + b"\3"]
    with pytest.raises(OverflowError):
        SequentialIds(255)(1)
