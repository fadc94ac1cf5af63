"""Whatever becomes of incidents and of those who watch them, what falls due is raised once, and nothing is missed."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from respond.engine.watch import Watch
from respond.errors import CommandRefused
from respond.projections.looks import Looked
from respond.testing.conformance.samples import ManualClock
from respond.workflow.incident import INCIDENT
from respond.workflow.incident.events import ObligationRaised
from watching import WithoutIds, raised, reported, stores, thorough, to_be_raised, watched

STEP = st.tuples(
    st.sampled_from(
        (
            *("wait", "wait", "wait", "round", "round", "report"),
            *("assess", "level", "raise", "note", "fulfil", "waive", "pause", "resume", "resolve", "cancel"),
        )
    ),
    st.integers(0, 40),
)
STEPS = st.lists(STEP, min_size=5, max_size=20)
DID: dict[str, Any] = {
    "assess": lambda one: one.assess(affected_customers=300, spread="regional", actor="chen.yu"),
    "level": lambda one: one.assign_level(3, basis="regional", actor="chen.yu"),
    "raise": lambda one: one.change_level(1, justification="it spreads", actor="chen.yu"),
    "note": lambda one: one.note("briefed", actor="chen.yu"),
    "fulfil": lambda one: one.fulfil("inform", actor="chen.yu"),
    "waive": lambda one: one.waive("brief", occurrence=2, reason="all know", actor="chen.yu"),
    "pause": lambda one: one.pause_clock("inform", reason="the line is down", actor="chen.yu"),
    "resume": lambda one: one.resume_clock("inform", actor="chen.yu"),
    "resolve": lambda one: one.resolve("restarted", actor="chen.yu"),
    "cancel": lambda one: one.cancel("a drill of the neighbours", actor="chen.yu"),
}


class World:
    """A log, its clock and its watcher."""

    def __init__(self, url: str | None, stack: ExitStack) -> None:
        self.clock = ManualClock()
        self.engine = watched(stack.enter_context(stores(url, self.clock)), self.clock)
        self.watch = self.engine.watch()
        self.incidents = [reported(self.engine, plan="briefed"), reported(self.engine, plan="watched")]

    def act(self, what: str, number: int) -> None:
        """Let time pass, or let somebody do something."""
        if what == "wait":
            self.clock.move(minutes=number)
        elif what == "report":
            self.incidents.append(reported(self.engine, plan="watched"))
        elif what != "round":
            with suppress(CommandRefused):
                DID[what](self.incidents[number % len(self.incidents)])

    def step(self, what: str, number: int) -> list[Any]:
        """Do one step and return what is raised by now, and what is due."""
        self.act(what, number)
        self.watch.round()
        due = [(one.incident, one.owed, one.verdict) for one in self.watch.due().due]
        return [due, *(raised(self.engine, incident) for incident in self.incidents)]


@settings(max_examples=25)
@given(STEPS)
def test_the_table_changes_nothing(steps):
    """Looking at each incident each time, by a table, or by memory: the same is raised and due, step by step."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        plain, memory, table = (World(url, stack) for url in (None, None, f"sqlite:///{folder / 'log.db'}"))
        plain.watch = thorough(plain.engine)
        for what, number in steps:
            told = plain.step(what, number)
            assert memory.step(what, number) == told
            assert table.step(what, number) == told


# -- killed ------------------------------------------------------------------------------------------------------------

FATES = st.dictionaries(st.integers(0, 9), st.sampled_from(("kill", "kill", "other")), max_size=2)
"""At which point of its round a watcher is killed, or another one makes a whole round of its own."""
CUT_STEPS = st.lists(st.tuples(STEP, FATES), min_size=4, max_size=14)
CONTROL = settings(max_examples=1000, phases=[Phase.generate], database=None, derandomize=True)
WATCHERS = 3
Cut = tuple[tuple[str, int], Mapping[int, str]]


class Killed(BaseException):
    """A watcher is gone, wherever it was."""


class MortalLooks:
    """Looks whose keeper may be killed before and after each time that it asks for them, or keeps them."""

    def __init__(self, looks: Any, point: Callable[[], None]) -> None:
        self._kept, self._point = looks, point

    def __getattr__(self, name: str) -> Any:
        def call(*told: Any, **more: Any) -> Any:
            self._point()
            answer = getattr(self._kept, name)(*told, **more)
            self._point()
            return answer

        return call


class Mortal:
    """Makes the rounds of a watcher, in which something happens at some points."""

    def __init__(self, watch: Watch, fate: Mapping[int, str], other: Watch) -> None:
        self.watch, self.fate, self.other = watch, fate, other
        self.points = count()

    def round(self) -> bool:
        """Return whether the watcher comes to the end of its round."""
        looks, act = self.watch._looks, self.watch._raise

        def cut(incident: str, command: Any) -> bool:
            self._point()
            did = act(incident, command)
            self._point()
            return did

        self.watch._looks = MortalLooks(looks, self._point)
        self.watch._raise = cut  # type: ignore[method-assign]
        try:
            self.watch.round()
        except Killed:
            return False
        self.watch._looks = looks
        del self.watch._raise
        return True

    def _point(self) -> None:
        what = self.fate.get(next(self.points))
        if what == "kill":
            raise Killed
        if what == "other":
            self.other.round()


class Guarded(World):
    """A log that several watchers watch, any of which may be killed; another one takes its place."""

    def __init__(self, url: str | None, stack: ExitStack, kind: type[Watch] = Watch) -> None:
        super().__init__(url, stack)
        self.kind = kind
        self.watches = [kind(self.engine) for _ in range(WATCHERS)]

    def cut(self, what: str, number: int, fate: Mapping[int, str]) -> bool:
        """Do one step, let a watcher make its round, and return whether it came to its end."""
        self.act(what, number)
        which = number % WATCHERS
        whole = Mortal(self.watches[which], fate, self.watches[which - 1]).round()
        if not whole:
            self.watches[which] = self.kind(self.engine)
        return whole

    def wrong(self, *, whole: bool) -> str | None:
        """Return what was raised twice or, after a *whole* round, missed."""
        for incident in self.incidents:
            found = Counter(raised(self.engine, incident))
            if any(number > 1 for number in found.values()):
                return f"raised twice: {found.most_common(1)}"
            if whole and incident.state().status != "cancelled":
                missed = set(to_be_raised(self.engine, incident, self.clock())) - set(found)
                if missed:
                    return f"missed: {sorted(missed)}"
        return None


def played(world: Guarded, steps: Sequence[Cut]) -> str | None:
    """Return what goes wrong first in *steps*, and in the round after them."""
    for (what, number), fate in (*steps, (("wait", 30), {})):
        found = world.wrong(whole=world.cut(what, number, fate))
        if found is not None:
            return found
    return None


def what_goes_wrong(steps: Sequence[Cut], *, table: bool, kind: type[Watch] = Watch) -> str | None:
    """Return what goes wrong on a log in memory, or on one with the *table* of when to look next."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = f"sqlite:///{folder / 'log.db'}" if table else None
        return played(Guarded(url, stack, kind), steps)


@settings(max_examples=100)
@given(CUT_STEPS)
def test_killed_watchers_raise_nothing_twice_and_miss_nothing(steps):
    """Several watch, each is killed or overtaken anywhere: what is due is raised once, by the next whole round."""
    assert what_goes_wrong(steps, table=False) is None


@settings(max_examples=10)
@given(CUT_STEPS)
def test_killed_watchers_of_a_table_do_so_too(steps):
    """So it is where they share a table of when to look next, which outlives them."""
    assert what_goes_wrong(steps, table=True) is None


class Hasty(Watch):
    """The control: a watcher that notes that it looked at incidents before it raises what it saw there."""

    def _asked(self, page, failed, ask):
        self._looks.settle([Looked(look, None, None) for look in page])
        return super()._asked(page, failed, ask)


def test_a_watcher_that_settles_first_is_found():
    """The control: killed after its note and before the event, it leaves what is due to nobody."""
    found = find(CUT_STEPS, lambda steps: what_goes_wrong(steps, table=True, kind=Hasty) is not None, settings=CONTROL)
    assert "missed" in str(what_goes_wrong(found, table=True, kind=Hasty))


def test_watchers_that_forget_are_found(monkeypatch: pytest.MonkeyPatch):
    """The control: where what was raised is forgotten, and each event has an id of its own, it is raised again."""
    monkeypatch.setitem(INCIDENT.evolvers, ObligationRaised, lambda state, _: state)
    find(
        CUT_STEPS, lambda steps: "twice" in str(what_goes_wrong(steps, table=False, kind=WithoutIds)), settings=CONTROL
    )


def test_a_watcher_that_raises_nothing_is_found(monkeypatch: pytest.MonkeyPatch):
    """The control: what nobody raises is missed."""
    monkeypatch.setattr(Watch, "_raise", lambda *_: False)
    find(CUT_STEPS, lambda steps: "missed" in str(what_goes_wrong(steps, table=False)), settings=CONTROL)
