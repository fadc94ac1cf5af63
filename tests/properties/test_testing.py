"""What the testing kit draws holds for every workflow that is shipped."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from respond.domain.payloads import from_data, to_data
from respond.errors import CommandRefused, InvalidRecord
from respond.store.codec import Codec
from respond.testing import Trial, commands, histories, logs
from respond.testing.program import shown, simpler_commands
from respond.testing.settings import CI
from respond.workflow.incident import INCIDENT
from respond.workflow.plan_life import PLAN_LIFE
from respond.workflow.warning import WARNING

BUDGET = settings(CI, max_examples=30)
WORKFLOWS = pytest.mark.parametrize("workflow", [INCIDENT, WARNING, PLAN_LIFE], ids=lambda one: one.name)


@WORKFLOWS
def test_a_command_is_made_of_what_is_shown(workflow):
    """What a program shows of a command makes that command again, and so does what is stored of it."""

    @BUDGET
    @given(commands(workflow))
    def holds(command):
        assert type(command)(**shown(command)) == command
        assert from_data(type(command), to_data(command)) == command
        assert all(type(one) is type(command) for one in simpler_commands(command, [command]))

    holds()


@WORKFLOWS
def test_a_history_is_one_that_the_engine_allows(workflow):
    """A history verifies step by step, and each row of a log of such histories is read as it was written."""

    @BUDGET
    @given(histories(workflow), logs(workflow, steps=4))
    def holds(history, rows):
        status = workflow.initial.status
        for event in history:
            assert workflow.table.verify(status, event) is None
            status = getattr(event.data, "to", status)
        assert workflow.fold(history).status == status
        codec = Codec(workflow.event_types)
        assert [event.id for event in codec.decode_all(rows)] == [row.id for row in rows]

    holds()


@WORKFLOWS
def test_a_fork_lives_like_the_trial(workflow):
    """The same commands on a trial and on its fork cause the same rows, to the byte."""

    @BUDGET
    @given(st.lists(commands(workflow), max_size=6), st.integers(0, 6))
    def holds(asked, forked):
        trial = Trial(workflow)
        send(trial, asked[:forked])
        fork = trial.fork()
        send(trial, asked[forked:])
        assert fork.rows == trial.rows[: len(fork.rows)]
        send(fork, asked[forked:])
        assert fork.rows == trial.rows
        assert fork.replay() == fork.state == trial.state

    holds()


def send(trial: Trial, asked: list) -> None:
    """Send commands, refused ones too."""
    for command in asked:
        try:
            trial.send(command)
        except (CommandRefused, InvalidRecord):
            continue
