"""Whatever is said of an incident, by whomever: what always holds, told by a naive reading of the log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines import engine_on
from respond.domain.events import Event
from respond.errors import CommandRefused
from respond.plan.authority import AuthorityRule
from respond.plan.owed import verdict
from respond.store.memory import MemoryEventStore
from respond.testing.conformance.samples import ManualClock
from respond.workflow.incident import INCIDENT
from spoken import SPOKEN
from taken_out import without

_WRITING = ("draft_statement", "correct_statement")
PLAN = attrs.evolve(
    SPOKEN,
    name="voices",
    authority=(
        AuthorityRule(
            id="approving", commands=("approve_statement",), roles=("director", "commander"), different_actor=_WRITING
        ),
        AuthorityRule(
            id="voicing", commands=("approve_key_messages",), roles=("anyone",), different_actor=("set_key_messages",)
        ),
        AuthorityRule(
            id="rest",
            commands=(
                *("report", "assess", "assign_level", "start_response", "note", "notify"),
                *(*_WRITING, "set_key_messages", "publish_statement", "retract_statement"),
            ),
            roles=("anyone",),
        ),
    ),
)
PEOPLE = (
    ("li.na", "director"),
    ("zhao.min", "spokesperson"),
    ("he.na", "deputy"),
    ("wu.bo", "director"),
    ("an.yu", "runner"),
    ("wang.li", None),
)
KEYS = ("s1", "s2")
AUDIENCES = (("press", "wire"), ("callers", "sms"), ("press", "wire"), ("staff", "line"), ("city", "wire"))
STEPS = (
    "draft",
    "correct",
    "approve",
    "approve",
    "approve",
    "publish",
    "publish",
    "publish",
    "retract",
    "voice",
    "notify",
)
APT = {
    None: ("draft",),
    "draft": ("approve", "approve", "approve", "correct", "voice"),
    "approved": ("publish", "publish", "publish", "correct", "voice"),
    "published": ("correct", "voice", "retract", "notify"),
    "retracted": ("voice", "notify"),
}
"""What people do with a statement in each state when they do not err."""


@attrs.frozen
class Move:
    """What is asked next: the numbers pick from what there is."""

    pick: int
    key: str
    who: int
    about: int
    minutes: int
    errs: bool


MOVES = st.builds(
    Move,
    st.integers(0, 11),
    st.sampled_from(KEYS),
    st.integers(0, len(PEOPLE) - 1),
    st.integers(0, len(AUDIENCES) - 1),
    st.sampled_from((0, 5, 31, 125)),
    st.integers(0, 4).map(lambda number: number == 0),
)


class Voices:
    """People write, approve and publish what is said of one incident, err, and repeat themselves, while time passes."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.engine = engine_on(MemoryEventStore(clock=self.clock), self.clock, plans=(PLAN,))
        self.incident = self.engine.report(category="facility_failure", title="Terminals down", actor="wang.li")
        self.incident.assess(affected_customers=300)
        self.clock.move(minutes=7)
        self.incident.assign_level(2, basis="300 customers")
        self.incident.start_response()
        self.incident.set_key_messages("We know.", actor="zhao.min")
        self.incident.approve_key_messages(1, actor="li.na")
        self.done: Counter[str] = Counter()

    def make(self, move: Move) -> None:
        """Ask what *move* says, and see that a refusal tells reasons and leaves the log as it was."""
        self.clock.move(minutes=move.minutes)
        known = self.incident.state().said.statements.get(move.key)
        steps = STEPS if move.errs else APT[None if known is None else known.status]
        step = steps[move.pick % len(steps)]
        before = len(self.incident.events())
        reasons: tuple[Any, ...] | None = None
        try:
            self.ask(step, move)
        except CommandRefused as error:
            reasons = error.refusals
        caused = len(self.incident.events()) - before
        assert reasons is None or (reasons and not caused)
        self.done[step] += caused > 0

    def ask(self, step: str, move: Move) -> None:
        """Take a step."""
        actor, role = PEOPLE[move.who]
        by: dict[str, Any] = {"actor": actor, "role": role}
        audience, channel = AUDIENCES[move.about]
        soon = self.clock() + timedelta(hours=3)
        says: dict[str, Any] = {"text": f"word {move.pick}", "next_update_at": soon}
        content = dict.fromkeys(("cause", "effect", "measures", "recovery"), "told")
        version = len(self.incident.state().said.key_messages)
        asks: dict[str, Callable[[], Any]] = {
            "draft": lambda: self.incident.draft_statement(
                move.key, audience=audience, channel=channel, **says, **content, **by
            ),
            "correct": lambda: self.incident.correct_statement(move.key, reason="better", **says, **by),
            "approve": lambda: self.incident.approve_statement(move.key, **by),
            "publish": lambda: self.incident.publish_statement(move.key, **by),
            "retract": lambda: self.incident.retract_statement(move.key, reason="wrong", **by),
            "voice": lambda: (
                self.incident.approve_key_messages(version, **by)
                if move.pick % 2
                else self.incident.set_key_messages(f"line {move.pick}", **by)
            ),
            "notify": lambda: self.incident.notify("Take cash", audience=audience, channel=channel, **by),
        }
        asks[step]()

    def check(self) -> None:
        """See that all of it holds."""
        events = self.incident.events()
        assert INCIDENT.fold(events) == self.incident.state()
        assert wrongs(events) == []
        told = [event for event in events if event.type in ("StatementPublished", "NoticeGiven")]
        assert [one.citation.position for one in self.incident.told()] == [event.position for event in told]
        self.check_silence(events)

    def check_silence(self, events: Sequence[Event]) -> None:
        """See that each silence that was too long is one breach."""
        begun = {"press": "LevelAssigned", "callers": "IncidentReported", "staff": "IncidentReported"}
        limits = {"press": 120, "callers": 30, "staff": 60}
        now = self.clock()
        for name, kind in begun.items():
            since = next(event.happened_at for event in events if event.type == kind)
            words = [
                event.happened_at
                for event in events
                if event.type in ("StatementPublished", "NoticeGiven") and event.data.audience == name
            ]
            gaps: list[tuple[datetime, datetime]] = list(pairwise((since, *words, now)))
            naive = sum(end - begin > timedelta(minutes=limits[name]) for begin, end in gaps)
            breached = [
                one
                for one in self.incident.obligations()
                if one.obligation == f"silence:{name}" and verdict(one, now) in ("late", "missing")
            ]
            assert len(breached) == naive, name


def wrongs(events: Sequence[Event]) -> list[str]:
    """Return what was published against the rules, by reading the log once from its first event."""
    return [
        reason
        for place, event in enumerate(events)
        if event.type == "StatementPublished"
        for reason in _wrong(events[:place], event)
    ]


def _wrong(before: Sequence[Event], event: Event) -> Iterator[str]:
    told = event.data
    kinds = {one.id: one.kind for one in PLAN.audiences}
    versions = [
        one
        for one in before
        if one.type in ("StatementDrafted", "StatementCorrected") and one.data.statement == told.statement
    ]
    approvals = [one for one in before if one.type == "StatementApproved" and one.data.statement == told.statement]
    live = [one.data.version for one in before if one.type == "KeyMessagesApproved"][-1:]
    if not approvals or approvals[-1].position < versions[-1].position:
        yield "not approved"
    elif approvals[-1].actor in {one.actor for one in (versions[0], versions[-1])}:
        yield "approved by its author"
    if kinds[told.audience] != "staff" and [versions[-1].data.key_messages] != live:
        yield "not on the live key messages"
    if kinds[told.audience] in ("media", "public") and (
        told.audience != "press" or event.role not in ("spokesperson", "deputy")
    ):
        yield "not by a speaker"


def played(moves: Sequence[Move]) -> Voices:
    """Return what came of *moves*."""
    voices = Voices()
    for move in moves:
        voices.make(move)
    return voices


SAID = st.lists(MOVES, min_size=12, max_size=30)


@settings(max_examples=20)
@given(SAID)
def test_words(moves):
    """Nothing is published but approved text of the live version by who may; refusals write nothing; replay is live."""
    played(moves).check()


def move(pick: int, who: int, *, errs: bool = False) -> Move:
    """Return a move about the statement to the press."""
    return Move(pick=pick, key="s1", who=who, about=0, minutes=5, errs=errs)


DRAFTED, APPROVED, PUBLISHED = move(0, 1), move(0, 0), move(0, 1)
CONTROLS = {
    "wording.speaker_asked": (DRAFTED, APPROVED, move(0, 4)),
    "wording.key_messages_live": (DRAFTED, APPROVED, move(4, 1), move(9, 0), PUBLISHED),
    "statements.approved_by_then": (DRAFTED, move(5, 1, errs=True)),
}
"""What is found, by the part that is asleep."""


@pytest.mark.parametrize("part", CONTROLS)
def test_a_guard_that_sleeps_is_found(part):
    """The control: without the guard something is published that the naive reading finds, and with it nothing is."""
    assert wrongs(played(CONTROLS[part]).incident.events()) == []
    with without(f"respond.workflow.incident.{part}"):
        assert wrongs(played(CONTROLS[part]).incident.events())


def test_lives_get_far():
    """In most lives something is published, and in a good share corrected, retracted and refused a second voice."""
    random, found = Random(7), Counter[str]()
    for _ in range(20):
        moves = [
            Move(
                pick=random.randrange(12),
                key=random.choice(KEYS),
                who=random.randrange(len(PEOPLE)),
                about=random.randrange(len(AUDIENCES)),
                minutes=random.choice((0, 5, 31)),
                errs=random.random() < 0.2,
            )
            for _ in range(30)
        ]
        found.update(set(played(moves).done))
    assert min(found[step] for step in ("publish", "correct", "voice")) >= 10, found
    assert min(found[step] for step in ("retract", "notify")) >= 3, found
