"""A lamp that can be dimmed, for tests of guards that are comparisons: one command, and fields of many types."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Literal

import attrs
from hypothesis import strategies as st

from lamp import Install, Switched, moved, switch
from respond.domain.money import Money
from respond.workflow.comparison import Comparison
from respond.workflow.definition import NEW, Guard, Handler, Transition, command_type
from respond.workflow.workflow import Workflow


class Colour(Enum):
    """The colour of the light."""

    WARM = "warm"
    COLD = "cold"


@attrs.frozen(kw_only=True, slots=False)
class Dimmed:
    """A lamp, and how often it was dimmed."""

    status: str = NEW
    times: int = 0

    @property
    def worn(self) -> bool:
        """Whether it was dimmed often."""
        return self.times > 100


@command_type("dim")
@attrs.frozen(kw_only=True)
class Dim:
    """Dim it."""

    percent: int = 0
    level: int = attrs.field(default=1, validator=[attrs.validators.ge(1), attrs.validators.le(3)])
    share: Decimal = Decimal(0)
    tint: int | None = None
    note: str = ""
    mood: Literal["calm", "loud"] = "calm"
    socket: str = attrs.field(default="E27", validator=attrs.validators.in_(("E14", "E27")))
    slow: bool = False
    colour: Colour = Colour.WARM
    price: Money | None = None
    on: date = date(2026, 1, 1)
    at: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    anything: Any = None


def dimmer(*steps: Transition, guards: tuple[Guard, ...], version: int = 1) -> Workflow:
    """Return a workflow with *steps* beside the one that installs the lamp and the one that throws it away."""
    return Workflow(
        name="dimmer",
        version=version,
        category="dimmer",
        states=("on", "low", "high"),
        finals=("low", "high"),
        transitions=(
            Transition("install", NEW, "on"),
            Transition("install", "on", "low"),
            Transition("install", "low", "high", reopens=True),
            *steps,
        ),
        guards=guards,
        initial=Dimmed(),
        handlers=(
            Handler(command=Install, decide=switch, emits=(Switched,)),
            Handler(command=Dim, decide=switch, emits=(Switched,)),
        ),
        evolvers={Switched: moved},
    )


FIELDS = {"percent": range(-2, 6), "level": range(1, 4), "tint": [None, *range(-2, 6)], "slow": [False, True]}
"""For each field of the command the values that are tried; the constants lie well within."""


@st.composite
def comparisons(draw: st.DrawFn) -> Comparison:
    """Draw a comparison of one of the fields with a value or two."""
    name = draw(st.sampled_from(sorted(FIELDS)))
    constant = st.booleans() if name == "slow" else st.integers(0, 3)
    if name == "level":
        constant = st.integers(1, 3)
    ops = ["==", "!=", "in", "not in"] if name == "slow" else ["==", "!=", "<", "<=", ">", ">=", "in", "not in"]
    op = draw(st.sampled_from(ops))
    value = tuple(draw(st.lists(constant, min_size=1, max_size=2))) if "in" in op else draw(constant)
    return Comparison(f"command.{name}", op, value)


def tried() -> list[Dim]:
    """Return a command for every combination of the values that are tried."""
    return [
        Dim(percent=percent, level=level, tint=tint, slow=slow)
        for percent, level, tint, slow in itertools.product(
            FIELDS["percent"], FIELDS["level"], FIELDS["tint"], FIELDS["slow"]
        )
    ]


COMMANDS = tried()
