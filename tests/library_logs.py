"""Logs of lessons for tests: what is written in them in English and Chinese, and how they are built."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from play import Play
from respond.domain.events import Event
from respond.errors import CommandRefused
from respond.workflow.lesson import LESSON, RecordLesson, ReviseLesson, WithdrawLesson

WORDS = (
    "card",
    "Cards",
    "terminal",
    "ATM",
    "\uff21\uff34\uff2d",
    "power",
    "the",
    "a",
    "north",
    "断电",
    "停电",
    "电源",
    "柜台",
    "断",
    "Straße",
)
TEXTS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=5).flatmap(
    lambda words: st.sampled_from([" ", "", ", "]).map(lambda gap: gap.join(words))
)
TAGS = st.lists(st.sampled_from(["tls", "Power", "电力"]), unique=True, max_size=2).map(tuple)
CATEGORIES = st.sampled_from([None, "other", "facility_failure"])
LEVELS = st.sampled_from([None, 1, 2])
_WRITTEN = {"text": TEXTS, "tags": TAGS, "category": CATEGORIES, "level": LEVELS}
STEPS = st.one_of(
    st.builds(RecordLesson, **_WRITTEN, source=st.just("the Bank")),
    st.builds(ReviseLesson, **_WRITTEN, reason=st.just("clearer")),
    st.just(WithdrawLesson(reason="wrong")),
)
LIVES = st.lists(st.tuples(st.integers(0, 4), STEPS), max_size=20)


def log_of(lives: Sequence[tuple[int, Any]]) -> list[Event]:
    """Return the log of lessons, told by number, of which these commands were asked; refused ones are left out."""
    plays: dict[int, Play] = {}
    log: list[Event] = []
    for number, command in lives:
        play = plays.setdefault(number, Play(LESSON, key=f"l-{number}"))
        known = len(play.history)
        try:
            play.do(command)
        except CommandRefused:
            continue
        log += (event._replace(position=len(log) + place) for place, event in enumerate(play.history[known:], 1))
    return log
