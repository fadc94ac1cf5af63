from __future__ import annotations

import enum
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import attrs
import pytest
from hypothesis.stateful import invariant

from boxes import box_of, command_of
from machines import live
from respond.domain.moments import Moment
from respond.domain.money import Money
from respond.testing import Trial, exhaust, paths, workflow_machine
from respond.testing.program import written


class Kind(enum.Enum):
    """What was eaten."""

    MEAL = "meal"
    DRINK = "drink"


class Step(enum.IntEnum):
    """How far it is."""

    FIRST = 1


class Tone(enum.StrEnum):
    """How it is said."""

    LOUD = "loud"


class Days(enum.Flag):
    """When it is open."""

    MONDAY = enum.auto()
    TUESDAY = enum.auto()
    FRIDAY = enum.auto()


class Bits(enum.IntFlag):
    """What is set; other bits are kept."""

    LOW = 1


Spaced = enum.Enum("Spaced", {"a b": 1})


@attrs.frozen
class Line:
    """A line of a bill."""

    kind: Kind
    day: date = date(2026, 3, 1)

    class Size(enum.Enum):
        """How large it is."""

        SMALL = 1


VALUES = [
    (Kind.MEAL, "Kind.MEAL"),
    (Step.FIRST, "Step.FIRST"),
    (Tone.LOUD, "Tone.LOUD"),
    (Days.MONDAY, "Days.MONDAY"),
    (Days.MONDAY | Days.FRIDAY, "Days.MONDAY | Days.FRIDAY"),
    (Days(0), "Days(0)"),
    (Bits(9), "Bits(9)"),
    (Spaced(1), "Spaced(1)"),
    (Line.Size.SMALL, "Line.Size.SMALL"),
    (date(2026, 11, 1), "date(2026, 11, 1)"),
    (time(9, 30), "time(9, 30)"),
    (time(9, tzinfo=UTC), "time(9, 0, tzinfo=UTC)"),
    (time(9, tzinfo=timezone(timedelta(hours=8))), "time(9, 0, tzinfo=timezone(timedelta(seconds=28800)))"),
    (datetime(2026, 11, 1, tzinfo=UTC), "datetime(2026, 11, 1, tzinfo=UTC)"),
    (timedelta(hours=36), "timedelta(hours=36)"),
    ([Kind.MEAL, (date(2026, 1, 2),)], "[Kind.MEAL, (date(2026, 1, 2),)]"),
    ({Kind.MEAL: {Tone.LOUD: time(8)}}, "{Kind.MEAL: {Tone.LOUD: time(8, 0)}}"),
    (frozenset({Kind.MEAL, Kind.DRINK}), "frozenset({Kind.DRINK, Kind.MEAL})"),
    ({Step.FIRST}, "{Step.FIRST}"),
    (set(), "set()"),
    (Line(Kind.DRINK, date(2026, 1, 2)), "Line(kind=Kind.DRINK, day=date(2026, 1, 2))"),
    (Line(Kind.DRINK), "Line(kind=Kind.DRINK)"),
    (Money(Decimal(1), "EUR"), "Money(amount=Decimal('1'), currency='EUR')"),
    (Moment(datetime(2026, 3, 1, tzinfo=UTC)), "Moment(at=datetime(2026, 3, 1, tzinfo=UTC))"),
    (UUID(int=1), "UUID('00000000-0000-0000-0000-000000000001')"),
]


@pytest.mark.parametrize(("value", "text"), VALUES, ids=[text for _, text in VALUES])
def test_a_value_that_is_written_is_read_by_python(value, text):
    """What is written is Python, with the imports that everybody would write, and means the same value."""
    assert written(value) == text
    assert eval(text, dict(globals())) == value


@pytest.mark.parametrize(
    "kind", [Kind, Days, date, Line, frozenset[Kind], dict[Kind, date], tuple[Kind, date]], ids=str
)
def test_the_programs_of_the_kit_can_be_pasted(kind):
    """The program of a failure, of a path and of an exhausted search run again as they are printed."""
    workflow = box_of(kind)

    class Rules(workflow_machine(workflow)):
        @invariant()
        def it_stays_new(self) -> None:
            """Fail at the first step."""
            assert self.status == "new"

    with pytest.raises(AssertionError) as found:
        live(Rules, 10)
    note = next(one for one in found.value.__notes__ if "shortest" in one)
    names: dict[str, Any] = {**globals(), "Rules": Rules, "Trial": Trial, "WORKFLOW": workflow}
    names |= {one.__name__: one for one in (command_of(workflow, "fill"), command_of(workflow, "seal"))}
    with pytest.raises(AssertionError):
        exec(note.partition("\n")[2], dict(names))
    for path in paths(workflow):
        exec(path.program(), dict(names))
    with pytest.raises(AssertionError) as found:
        exhaust(workflow, invariant=_is_new)
    program = "".join(str(found.value).partition("trial = ")[1:])
    exec(program, names)
    assert names["trial"].status == "filled"


def _is_new(standing: Any) -> None:
    assert standing.status == "new"
