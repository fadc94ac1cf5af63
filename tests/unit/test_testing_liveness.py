from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import attrs
import pytest

from planting import telling, with_guard
from respond.domain.events import Event, event_type
from respond.domain.values import replace
from respond.testing import Trial, workflow_machine
from respond.testing.checks import CheckFailed
from respond.testing.liveness import TRIES, UNDECIDED, Liveness
from respond.workflow.definition import NEW, Handler, Situation, Transition, command_type, guard
from respond.workflow.workflow import Workflow


@event_type()
@attrs.frozen(kw_only=True)
class BoxMoved:
    """It was opened, or closed."""

    from_: str
    to: str


@event_type()
@attrs.frozen(kw_only=True)
class ThingAdded:
    """One more thing lies in it."""


@event_type()
@attrs.frozen(kw_only=True)
class BoxSigned:
    """Someone put a name on it."""

    who: str


OpenBox, AddThing, SignBox, CloseBox = (
    command_type(trigger)(attrs.make_class(name, {}, frozen=True, kw_only=True))
    for trigger, name in (("open", "OpenBox"), ("add", "AddThing"), ("sign", "SignBox"), ("close", "CloseBox"))
)


@attrs.frozen(kw_only=True, slots=False)
class Box:
    """A box that is closed when it is ready."""

    status: str = NEW
    opened_at: datetime | None = None
    things: int = 0
    signers: frozenset[str] = frozenset()


def _moved(box: Box, event: Event) -> Box:
    return replace(box, status=event.data.to, opened_at=box.opened_at or event.happened_at)


def _signed(situation: Situation) -> Iterator[Any]:
    yield BoxSigned(who=situation.actor.id if situation.actor else "")


@guard("not-ready", reads="state")
def ready(_: Situation) -> str | None:
    """Require what a test says."""
    return None


BOX = Workflow(
    name="box",
    version=1,
    category="box",
    states=("open", "closed"),
    finals=("closed",),
    transitions=(
        Transition("open", NEW, "open"),
        Transition("add", "open", None),
        Transition("sign", "open", None),
        Transition("close", "open", "closed", guards=("not-ready",)),
    ),
    guards=(ready,),
    initial=Box(),
    handlers=(
        Handler(command=OpenBox, decide=telling(BoxMoved), emits=(BoxMoved,)),
        Handler(command=AddThing, decide=lambda _: [ThingAdded()], emits=(ThingAdded,)),
        Handler(command=SignBox, decide=_signed, emits=(BoxSigned,)),
        Handler(command=CloseBox, decide=telling(BoxMoved), emits=(BoxMoved,)),
    ),
    evolvers={
        BoxMoved: _moved,
        ThingAdded: lambda box, _: replace(box, things=box.things + 1),
        BoxSigned: lambda box, event: replace(box, signers=box.signers | {event.data.who}),
    },
)
KEPT = attrs.evolve(
    BOX,
    transitions=tuple(one for one in BOX.transitions if one.trigger in {"open", "close"}),
    handlers=tuple(one for one in BOX.handlers if one.command in {OpenBox, CloseBox}),
    evolvers={BoxMoved: _moved},
)
"""A box that nothing is put into."""


def needing(check: Callable[[Situation], bool], workflow: Workflow = BOX) -> Workflow:
    """Return the workflow of a box that is closed when *check* says so."""
    return with_guard(workflow, "not-ready", lambda now: None if check(now) else "it is not ready")


def liveness_of(workflow: Workflow, **options: Any) -> Liveness:
    """Return the search that a machine of *workflow* makes."""
    found = workflow_machine(workflow, **options).liveness
    assert found is not None
    return found


def year(now: Situation) -> bool:
    """Whether it was kept for a year."""
    return bool(now.at >= now.state.opened_at + timedelta(days=365))


FOUR_EYES = needing(lambda now: len(now.state.signers - {""}) >= 2)


@pytest.mark.parametrize(
    ("workflow", "options"),
    [
        pytest.param(needing(lambda now: now.state.things >= 5), {}, id="five things"),
        pytest.param(needing(lambda now: now.state.things >= 30), {}, id="thirty things"),
        pytest.param(FOUR_EYES, {"actors": ["ann", "bob"]}, id="two signers"),
        pytest.param(FOUR_EYES, {"actors": [None, "bob", "ann"]}, id="two signers among three"),
        pytest.param(needing(year), {}, id="a year"),
        pytest.param(needing(year, KEPT), {"spans": [timedelta(hours=1)]}, id="a year in hours"),
        pytest.param(needing(lambda now: now.state.things >= 3 and year(now)), {}, id="three things and a year"),
    ],
)
def test_a_final_state_may_need_a_lot(workflow, options):
    """Many facts, other people or a long time: what leads to a final state in the end raises no alarm."""
    assert liveness_of(workflow, **options).check(Trial(workflow))


def test_what_no_search_settles_is_not_decided():
    """Where new places keep turning up, the search says so, raises no alarm, and is not made again and again."""
    workflow = needing(lambda now: now.state.things >= 10_000)
    liveness = liveness_of(workflow)
    for _ in range(UNDECIDED + 2):
        assert not liveness.check(Trial(workflow))
    assert UNDECIDED * TRIES <= liveness.tried < (UNDECIDED + 1) * TRIES
    assert liveness.check(Trial(needing(lambda _: True))) is False
    liveness.undecided.clear()
    assert liveness.check(Trial(needing(lambda _: True)))


@pytest.mark.parametrize(
    "options", [{}, {"actors": [f"number {one}" for one in range(40)]}], ids=["nobody", "forty people"]
)
def test_a_guard_that_never_agrees_is_found(options):
    """When no new place turns up, nothing leads on, however long one waits; the report says what could be told."""
    workflow = needing(lambda _: False, KEPT)
    with pytest.raises(CheckFailed) as found:
        liveness_of(workflow, **options).check(Trial(workflow))
    told = str(found.value)
    assert "no way was found from 'new' to closed" in told
    assert "is refused: it is not ready [not-ready]" in told
    assert all(remedy in told for remedy in ("finals=()", "spans=[", "payloads={", "actors=["))
