"""Accountability stands apart: its steps, who may take them, and that nobody without the right ever sees it."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from engines import engine_on, responding, seeded
from play import PLAN, Play
from respond.audit.check import check
from respond.domain.references import Actor
from respond.domain.streams import restricted
from respond.engine.accountability import Accountability
from respond.engine.definitions import Plans, Workflows
from respond.engine.engine import Engine
from respond.errors import CommandRefused, InvalidInput, NotFound
from respond.store.memory import MemoryEventStore
from respond.store.subscription import Subscription
from respond.testing.conformance.samples import ManualClock
from respond.workflow.accountability import ACCOUNTABILITY
from respond.workflow.accountability import commands as c
from respond.workflow.definition import TEXT_MAX

JUDGE, OTHER, PERSON = Actor("zhou.min"), Actor("he.ping"), Actor("li.na")
OPEN = c.OpenAccountability(incident="i-1", question="Who switched it off?")
DETERMINE = c.DetermineResponsibility(
    person="li.na", role="responder", responsibility="responsible", basis="rule 7", handling="a warning"
)
NOTIFY = c.NotifyPerson(channel="in person")
APPEAL = c.Appeal(grounds="I was told to")
DECIDE = c.DecideAppeal(outcome="changed", reason="the order stands in the log", handling="training")
CLOSE = c.CloseAccountability(reason="settled")
STEPS = (
    ("opened", OPEN, JUDGE),
    ("determined", DETERMINE, JUDGE),
    ("notified", NOTIFY, JUDGE),
    ("appealed", APPEAL, PERSON),
    ("decided", DECIDE, OTHER),
    ("closed", CLOSE, OTHER),
)
# Written by hand: - is refused, . was done already.
EXPECTED = """
command                   new     opened      determined  notified  appealed  decided  closed
open_accountability       opened  .           -           -         -         -        -
determine_responsibility  -       determined  .           -         -         -        -
notify_person             -       -           notified    .         -         -        -
appeal                    -       -           -           appealed  .         -        -
decide_appeal             -       -           -           -         decided   .        -
close_accountability      -       closed      -           closed    -         closed   .
"""
HEAD, *ROWS = [line.split() for line in EXPECTED.strip().splitlines()]


def case_at(state: str) -> Play:
    """Return a case that stands at *state*."""
    play = Play(ACCOUNTABILITY, key="k-1")
    for reached, command, actor in STEPS[: HEAD[1:].index(state)]:
        play.do(command, actor=actor)
        assert play.state.status == reached
    return play


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_every_cell(row):
    """Each command in each state enters the state that the table names, is refused, or was done already."""
    command, actor = next((one, who) for _, one, who in STEPS if one.__respond_trigger__ == row[0])
    for state, cell in zip(HEAD[1:], row[1:], strict=True):
        play = case_at(state)
        if cell == "-":
            with pytest.raises(CommandRefused):
                play.decide(command, actor)
        elif cell == ".":
            assert play.decide(command, actor) == ()
        else:
            assert play.do(command, actor=actor).state.status == cell


@pytest.mark.parametrize(
    ("state", "command", "actor", "codes"),
    [
        ("new", c.OpenAccountability(incident=" ", question=""), JUDGE, ["accountability-unnamed"]),
        (
            "opened",
            attrs.evolve(DETERMINE, basis="", responsibility="maybe"),
            JUDGE,
            ["determination-incomplete", "responsibility-unknown"],
        ),
        ("opened", DETERMINE, PERSON, ["own-case"]),
        ("opened", DETERMINE, None, ["own-case"]),
        ("determined", c.NotifyPerson(channel=" "), JUDGE, ["channel-missing"]),
        ("notified", APPEAL, OTHER, ["not-the-person"]),
        ("notified", c.Appeal(grounds="词" * TEXT_MAX), PERSON, ["text-too-long"]),
        ("appealed", DECIDE, JUDGE, ["same-judge"]),
        ("appealed", DECIDE, Actor("wu.bo", on_behalf_of="zhou.min"), ["same-judge"]),
        ("appealed", DECIDE, PERSON, ["own-case"]),
        ("appealed", c.DecideAppeal(outcome="changed", reason="x"), OTHER, ["handling-missing"]),
        ("decided", CLOSE, PERSON, ["own-case"]),
    ],
)
def test_refusals(state, command, actor, codes):
    """Each with its code."""
    with pytest.raises(CommandRefused) as caught:
        case_at(state).decide(command, actor)
    assert [one.code for one in caught.value.refusals] == codes


@pytest.mark.parametrize(
    ("state", "command", "actor"),
    [
        ("opened", attrs.evolve(OPEN, question="Who was there?"), JUDGE),
        ("determined", attrs.evolve(DETERMINE, basis="rule 8"), JUDGE),
        ("notified", attrs.evolve(NOTIFY, channel="by post"), JUDGE),
        ("notified", attrs.evolve(NOTIFY, text="You may appeal."), JUDGE),
        ("appealed", attrs.evolve(APPEAL, grounds="I was not there"), PERSON),
        ("decided", attrs.evolve(DECIDE, outcome="dismissed"), OTHER),
        ("decided", attrs.evolve(DECIDE, handling="a warning"), OTHER),
        ("decided", attrs.evolve(DECIDE, reason="nobody saw it"), OTHER),
        ("closed", attrs.evolve(CLOSE, reason="she left"), OTHER),
    ],
)
def test_a_step_that_says_something_else_was_not_done_already(state, command, actor):
    """Whoever takes a step again in other words is refused, and not told that it was done."""
    with pytest.raises(CommandRefused) as caught:
        case_at(state).decide(command, actor)
    assert [one.code for one in caught.value.refusals] == ["not-enabled"]


def test_what_holds_after_an_appeal():
    """Dismissed, it stands; changed, the handling is another; upheld, nobody is responsible."""
    for outcome, holds in (
        ("dismissed", ("responsible", "a warning")),
        ("changed", ("responsible", "training")),
        ("upheld", ("not_responsible", "")),
    ):
        decide = c.DecideAppeal(outcome=outcome, reason="x", handling="training")
        play = case_at("appealed").do(decide, actor=OTHER)
        assert (play.state.responsibility, play.state.handling) == holds
        assert play.decide(decide, OTHER) == ()


# -- apart from the incident -------------------------------------------------------------------------------------------


@pytest.fixture
def engine() -> Engine:
    """An engine on a log in memory."""
    clock = ManualClock()
    return engine_on(MemoryEventStore(clock=clock), clock, plans=(PLAN,))


@pytest.fixture
def kept(engine) -> Accountability:
    """The accountability of the same log, with one case about one incident."""
    incident = responding(engine)
    incident.resolve("new terminals", actor="li.na")
    store: Any = engine.store
    kept = Accountability(store.for_tenant(restricted("default")), plans=(PLAN,), clock=engine.clock, random=seeded(7))
    key = kept.open_case(incident.id, "Who switched it off?", actor="zhou.min")
    kept.determine(
        key,
        "li.na",
        in_role="responder",
        responsibility="responsible",
        basis="SECRET-BASIS",
        handling="a warning",
        actor="zhou.min",
    )
    return kept


def test_the_reader_of_it_sees_it(engine, kept):
    """With names, by the id of the incident; of another incident there is nothing."""
    [row] = engine.incidents().rows
    [told] = kept.view(row.id).cases
    assert (told.person, told.basis, told.determined_by) == ("li.na", "SECRET-BASIS", ("zhou.min",))
    assert len(told.citations) == 2
    with pytest.raises(NotFound):
        kept.view("i-9")


def test_no_answer_of_an_engine_shows_it(engine, kept):
    """Not the log, the timeline, the review, the learning view, a subscription, the state, nor a replay."""
    [row] = engine.incidents().rows
    incident = engine.incident(row.id)
    answers = (
        [event.body for event in engine.log()],
        incident.timeline().to_json(),
        incident.review().to_json(),
        incident.learning_view().to_json(),
        [one.body for one in engine.store.read_all(after=0)],
        [one.body for one in engine.store.read_subject(row.id)],
        list(Subscription(engine.store, live=False)),
        engine.statistics().to_json(),
        engine.figures().to_json(),
    )
    assert all("SECRET" not in str(answer) and "accountability" not in str(answer) for answer in answers)
    assert engine.events("accountability", "k-1") == ()
    assert engine.replay().events == len(tuple(engine.log()))
    control = [one.body for one in engine.store.read_log(after=0)]
    assert "SECRET-BASIS" in str(control)


def test_each_part_refuses_what_belongs_to_the_other(engine, kept):
    """An engine neither writes nor opens the restricted part, and that part holds nothing else."""
    with pytest.raises(InvalidInput, match="restricted part"):
        engine.execute("accountability", "k-2", OPEN, actor="zhou.min")
    with pytest.raises(InvalidInput, match="Accountability"):
        Engine(kept.store)
    with pytest.raises(InvalidInput, match="restricted tenant"):
        Accountability(engine.store)


def test_an_auditor_checks_it_all_the_same(engine, kept):
    """The check of the whole log reads every tenant and finds nothing wrong."""
    del kept
    found = check(engine.store, workflows=Workflows(), plans=Plans((PLAN,)))
    assert found.findings == ()
