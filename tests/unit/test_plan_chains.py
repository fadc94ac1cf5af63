from __future__ import annotations

from pathlib import Path

import attrs
import pytest

from outline import OUTLINE
from respond.errors import InvalidPlan
from respond.plan.obligations import Clock, Obligation
from respond.plan.plan import Plan
from respond.plan.spans import Span

PLAN = OUTLINE
HOUR = Span(1, "hour")


def waits(name: str, *others: str) -> Obligation:
    """Return an obligation whose clocks start when *others* are discharged, or the incident is known of."""
    clocks = [Clock(from_="discharged", of=other, within=HOUR) for other in others]
    due = (*clocks, Clock(from_="aware", within=HOUR))
    return Obligation(id=name, title=name, act="fulfil", due=due)


@pytest.mark.parametrize(
    ("obligations", "place", "flaw", "value"),
    [
        ([waits("a", "a")], "obligations[0].due[0].of", "deadline-cycle", "a"),
        ([waits("a", "b"), waits("b", "a")], "obligations[0].due[0].of", "deadline-cycle", "b"),
        (
            [waits("z"), waits("a", "z", "b"), waits("b", "c"), waits("c", "a")],
            "obligations[1].due[1].of",
            "deadline-cycle",
            "b",
        ),
        # what waits for a circle is in none
        (
            [waits("z", "a"), waits("a", "b"), waits("b", "a")],
            "obligations[1].due[0].of",
            "deadline-cycle",
            "b",
        ),
        ([waits("a", "b")], "obligations[0].due[0].of", "obligation-unknown", "b"),
        ([attrs.evolve(waits("a"), calendar="cn")], "obligations[0].calendar", "calendar-unknown", "cn"),
        ([attrs.evolve(waits("a"), due=())], "obligations[0].due", "value-empty", None),
        (
            [attrs.evolve(waits("a"), due=(Clock(from_="discharged", within=HOUR),))],
            "obligations[0].due[0].of",
            "obligation-unknown",
            None,
        ),
        (
            [waits("a"), attrs.evolve(waits("b"), due=(Clock(from_="aware", of="a", within=HOUR),))],
            "obligations[1].due[0].of",
            "obligation-unknown",
            "a",
        ),
    ],
)
def test_clocks_that_cannot_run_are_refused(obligations, place, flaw, value):
    """A circle of deadlines, a name that leads nowhere and an obligation without a clock make no plan."""
    with pytest.raises(InvalidPlan) as refused:
        attrs.evolve(PLAN, obligations=tuple(obligations))
    assert (refused.value.place, refused.value.flaw, refused.value.value) == (place, flaw, value)


def test_chains_that_end_are_accepted():
    """The control: obligations may wait for one another, two of them for the same one."""
    chain = (waits("a"), waits("b", "a"), waits("c", "a", "b"), waits("d", "b", "c"))
    assert attrs.evolve(PLAN, obligations=chain).obligations == chain


def test_two_calendars_of_one_name_are_refused(tmp_path: Path):
    """An obligation names its calendar by the name alone."""
    calendars = '[[calendars]]\nname = "cn"\nversion = "2026"\n' * 2
    with pytest.raises(InvalidPlan) as refused:
        written(tmp_path, calendars)
    assert (refused.value.key, refused.value.flaw) == ("calendars[1].name", "id-twice")


def test_a_shipped_calendar_is_found_by_its_name(tmp_path: Path):
    """A plan names a calendar that comes with respond, and its digest covers the days of it."""
    plan = written(tmp_path, '[[calendars]]\nname = "cn"\nversion = "2026"\n')
    assert plan.calendars[0].zone == "Asia/Shanghai"
    assert plan.reference.digest != attrs.evolve(plan, calendars=()).reference.digest


def written(folder: Path, more: str) -> Plan:
    """Return a small plan, read from a file, with *more* in it."""
    path = folder / "plan.toml"
    path.write_text(
        'name = "small"\nversion = "1"\n'
        'categories = [{id = "other", title = "Other"}]\nlevels = [{number = 1, title = "Grave"}]\n' + more
    )
    return Plan.load(path)
