"""Guards that are comparisons: what they say, and what is decided of them without a single value."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dimmer import COMMANDS, Colour, Dim, Dimmed, comparisons, dimmer
from lamp import made
from play import PLAN, START
from respond.domain.money import Money
from respond.errors import CommandRefused, InvalidWorkflow
from respond.plan.finding import Finding
from respond.workflow.alternatives import Alternatives
from respond.workflow.comparison import Comparison
from respond.workflow.decider import decide
from respond.workflow.definition import Guard, Situation, Transition, compares
from respond.workflow.lint import lint

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def two_ways(first: tuple[Guard, ...], second: tuple[Guard, ...]) -> tuple[Finding, ...]:
    """Return the findings of a workflow that dims to `low` when *first* agree, and to `high` when *second* do."""
    guards = tuple(dict.fromkeys((*first, *second)))
    workflow = dimmer(
        Transition("dim", "on", "low", guards=[one.code for one in first]),
        Transition("dim", "on", "high", guards=[one.code for one in second]),
        guards=guards,
    )
    return lint(workflow)


def codes(first: Guard, second: Guard) -> list[str]:
    """Return the codes of the findings of two transitions with one guard each; of the refusal where there is one."""
    try:
        return [one.code for one in two_ways((first,), (second,))]
    except InvalidWorkflow as refused:
        return [one.code for one in refused.findings]


def low(op: Any, value: Any, field: str = "command.percent") -> Guard:
    """Return the guard of the first way."""
    return compares("low", field, op, value)


def high(op: Any, value: Any, field: str = "command.percent") -> Guard:
    """Return the guard of the second way."""
    return compares("high", field, op, value)


class TestGuard:
    """A comparison as a guard."""

    @pytest.mark.parametrize(
        ("guard", "command", "said"),
        [
            (low("<", 10), Dim(percent=10), "percent is 10, and must be < 10"),
            (low(">=", 10), Dim(percent=10), None),
            (low("==", "loud", "command.mood"), Dim(), "mood is 'calm', and must be == 'loud'"),
            (low("in", [1, 2], "command.level"), Dim(level=3), "level is 3, and must be in (1, 2)"),
            (low("!=", Colour.WARM, "command.colour"), Dim(), "colour is 'warm', and must be != 'warm'"),
            (low("<", 5, "command.tint"), Dim(), "tint is None, and must be < 5"),
            (low("not in", (5, 6), "command.tint"), Dim(), None),
            (low(">", 5, "command.price.amount"), Dim(), "price.amount is None, and must be > 5"),
            (low("<=", 5, "command.price.amount"), Dim(price=Money(Decimal(5), "EUR")), None),
            (low("<", NOON, "command.at"), Dim(at=NOON), f"at is {NOON.isoformat()}, and must be < {NOON.isoformat()}"),
        ],
    )
    def test_it_compares_the_field(self, guard, command, said):
        """It agrees where the comparison holds; else it names the field, its value and what it must be."""
        situation = Situation(state=Dimmed(), command=command, plan=PLAN, at=START, now=START)
        assert guard.check(situation) == said

    def test_a_machine_asks_it_like_any_other(self):
        """The workflow refuses by it, with its code and text; one of the state is known without a command."""
        guard = compares("worn-out", "state.times", "<", 3)
        workflow = dimmer(Transition("dim", "on", "low", guards=("worn-out",)), guards=(guard,))
        assert (guard.reads, guard.rule) == ("state", "Require state.times < 3.")
        situation = Situation(state=Dimmed(status="on", times=3), command=Dim(), plan=PLAN, at=START, now=START)
        with pytest.raises(CommandRefused, match=r"times is 3, and must be < 3 \[worn-out\]"):
            decide(workflow, situation)
        assert [one.to for one in decide(workflow, attrs.evolve(situation, state=Dimmed(status="on")))] == ["low"]

    def test_what_it_compares_is_part_of_the_digest(self):
        """Another constant is another definition; the same values in another order are the same one."""

        def digest(op: Any, value: Any) -> str:
            return dimmer(Transition("dim", "on", "low", guards=("low",)), guards=(low(op, value),)).reference.digest

        assert digest("<", 10) != digest("<", 11)
        assert digest("<", 10) != digest("<=", 10)
        assert digest("in", [3, 1, 2, 1]) == digest("in", {2, 3, 1})

    def test_other_guards_stand_in_the_digest_as_before(self):
        """A guard that is code is told by its rev alone, as in every definition that a log names already."""
        assert made().to_json()["guards"] == {"power": 1}

    @pytest.mark.parametrize(
        ("field", "op", "value", "says"),
        [
            ("percent", "<", 1, "percent: is not a field; write command.NAME or state.NAME"),
            ("command.", "<", 1, "is not a field"),
            ("plan.name", "==", "x", "is not a field"),
            ("command.percent", "=", 1, "'=' is not one of ==, !=, <"),
            ("command.percent", "in", 5, "in 5 compares nothing; write a tuple of values"),
            ("command.percent", "in", (), "compares nothing"),
            ("command.percent", "==", (1,), "write one value"),
            ("command.note", "in", "abc", "write a tuple of values"),
            ("command.percent", "<", 0.5, "0.5 cannot be compared exactly; write a Decimal"),
            ("command.percent", "<", object, "cannot be compared exactly; write a number"),
            ("command.note", "<", "m", "'m' has no order; write ==, !=, in or not in"),
            ("command.slow", ">", False, "False has no order"),
            ("command.tint", "<", None, "None has no order"),
            ("command.at", "<", datetime(2026, 1, 1), "has no zone; write tzinfo=UTC"),  # noqa: DTZ001
            ("command.share", "<", Decimal("NaN"), "NaN is not a finite number"),
        ],
    )
    def test_what_cannot_be_compared_is_refused(self, field, op, value, says):
        """A comparison that means nothing is refused where it is written, with what to write instead."""
        with pytest.raises(InvalidWorkflow) as caught:
            compares("low", field, op, value)
        assert says in str(caught.value)


class TestTwoWays:
    """Two transitions of one command from one state, with one comparison each."""

    @pytest.mark.parametrize(
        ("first", "second"),
        [
            (low("<", 10), high(">=", 10)),
            (low("<", 10), high(">", 9)),
            (low("==", 1), high("!=", 1)),
            (low("in", (1, 2)), high("not in", (1, 2))),
            (low("<=", Decimal("0.5"), "command.share"), high(">", Decimal("0.5"), "command.share")),
            (low("<", 2, "command.level"), high(">", 1, "command.level")),
            (low("<=", 1, "command.level"), high("in", (2, 3), "command.level")),
            (low("==", "calm", "command.mood"), high("==", "loud", "command.mood")),
            (low("==", "E14", "command.socket"), high("==", "E27", "command.socket")),
            (low("==", True, "command.slow"), high("==", False, "command.slow")),
            (low("==", Colour.WARM, "command.colour"), high("==", Colour.COLD, "command.colour")),
            (low("==", "", "command.note"), high("!=", "", "command.note")),
            (low("==", None, "command.tint"), high("!=", None, "command.tint")),
            (low("<", NOON, "command.at"), high(">=", NOON, "command.at")),
            (low("<", date(2026, 3, 1), "command.on"), high(">", date(2026, 2, 28), "command.on")),
            (low("==", False, "state.worn"), high("==", True, "state.worn")),
        ],
    )  # fmt: skip
    def test_what_is_disjoint_and_complete_has_no_finding(self, first, second):
        """Where the two share out every value that the field may hold, there is nothing to say."""
        assert codes(first, second) == []

    @pytest.mark.parametrize(
        ("first", "second", "code", "point"),
        [
            (low("<", 10), high(">=", 11), "guards-gap", "command.percent = 10"),
            (low("<", 10), high(">", 5), "guards-overlap", "command.percent = 6"),
            (low("<", 5, "command.tint"), high(">=", 5, "command.tint"), "guards-gap", "command.tint = None"),
            (low(">=", 0, "command.tint"), high("!=", 7, "command.tint"), "guards-overlap", "command.tint = 0"),
            (
                low("<", Decimal("0.5"), "command.share"),
                high(">", Decimal("0.5"), "command.share"),
                "guards-gap",
                "command.share = 0.5",
            ),
            (
                low("<", Decimal("0.2"), "command.share"),
                high(">", Decimal("0.1"), "command.share"),
                "guards-overlap",
                "command.share = 0.15",
            ),
            (low("==", "a", "command.note"), high("==", "b", "command.note"), "guards-gap", "command.note = 'other'"),
            (low("==", 1, "command.level"), high("==", 3, "command.level"), "guards-gap", "command.level = 2"),
        ],
    )
    def test_a_gap_and_an_overlap_are_shown_by_a_value(self, first, second, code, point):
        """What both take, and what neither takes, is named with a value."""
        assert [one.code for one in two_ways((first,), (second,)) if point in one.text] == [code]

    @pytest.mark.parametrize(
        ("first", "second", "code"),
        [
            (low("<", 10), high("<", 5), "transition-shadowed"),
            (low(">=", 1, "command.level"), high("==", 2, "command.level"), "transition-shadowed"),
            (low("<", 1, "command.level"), high("==", 2, "command.level"), "transition-impossible"),
            (low("==", "x", "command.nothing"), high("==", 2), "guard-field-unknown"),
            (low("==", "x", "state.nothing"), high("==", 2), "guard-field-unknown"),
            (low("==", "x"), high("==", 2), "guard-constant-unfit"),
            (low("==", "sad", "command.mood"), high("==", "calm", "command.mood"), "guard-constant-unfit"),
            (low("<", Decimal("0.5")), high("==", 2), "guard-constant-unfit"),
            (low("==", 1, "command.slow"), high("==", 2), "guard-constant-unfit"),
            (low("<", 1, "state.status"), high("==", 2), "guard-constant-unfit"),
        ],
    )
    def test_what_can_never_be_is_refused(self, first, second, code):
        """A transition that is never taken, and a comparison that means nothing, refuse the definition."""
        with pytest.raises(InvalidWorkflow) as caught:
            two_ways((first,), (second,))
        assert code in [one.code for one in caught.value.findings]

    def test_what_cannot_be_known_is_left_alone(self):
        """Nothing is said of a field whose type says nothing, nor of guards that are code."""
        assert codes(low("<", 5, "command.anything"), high("<", 9, "command.anything")) == []
        opaque = Guard("opaque", lambda _: None)
        assert two_ways((low("<", 5), opaque), (high("<", 9),)) == ()

    def test_what_code_may_keep_out_takes_nothing_away(self):
        """A transition that asks code too leaves its values to those behind it, unless they ask the same code."""
        opaque = Guard("opaque", lambda _: None)
        assert two_ways((low("<", 10), opaque), (high("<", 5),)) == ()
        with pytest.raises(InvalidWorkflow, match=r"\[transition-shadowed\]"):
            two_ways((low("<", 10), opaque), (high("<", 5), opaque))

    def test_a_way_otherwise_is_no_overlap(self):
        """A transition behind another one that asks only what that asks too takes the rest, and leaves no gap."""
        assert two_ways((low("<", 5),), ()) == ()
        both = compares("both", "command.level", "<", 3)
        assert two_ways((both, low("<", 5)), (both,)) == ()

    def test_what_all_ask_is_no_gap(self):
        """A condition that every transition shares refuses the command, whatever the choice between them."""
        both = compares("both", "command.level", "<", 3)
        assert two_ways((both, low("<", 5)), (both, high(">=", 5))) == ()

    def test_the_status_is_the_state_that_is_left(self):
        """A comparison of the status is decided for each source: here the second step is never open."""
        with pytest.raises(InvalidWorkflow, match=r"asks state.status == 'low', which nothing meets"):
            two_ways((low("<", 5),), (high("==", "low", "state.status"),))


@given(st.lists(st.lists(comparisons(), max_size=3), min_size=1, max_size=3), st.lists(comparisons(), max_size=2))
def test_what_is_decided_is_what_trying_every_value_finds(avoided, must):
    """A point is found exactly when one of all commands in range meets what must be and nothing that is avoided."""
    asked = [must, *avoided]
    guards = {
        f"{way} {number}": Guard(f"{way} {number}", lambda _: None, comparison=one)
        for way, group in enumerate(asked)
        for number, one in enumerate(group)
    }
    steps = [
        Transition("dim", "on", "low", guards=[code for code in guards if code.startswith(f"{way} ")])
        for way in range(len(asked))
    ]
    group = Alternatives("on", steps, guards, command=Dim, state=Dimmed)
    found = group.point(group.all[0].comparisons, group.all[1:])

    def fits(command: Dim) -> bool:
        def holds(one: Comparison) -> bool:
            return one.holds(one.value_in(command))

        return all(map(holds, must)) and not any(all(map(holds, one)) for one in avoided)

    assert group.misread == ()
    assert (found is not None) == any(map(fits, COMMANDS))
    if found is not None:
        assert fits(Dim(**{field.partition(".")[2]: value for field, value in found.items()}))


def test_many_fields_are_decided_quickly():
    """The search remembers what failed: twelve fields with three ranges each are no half million of tries."""
    kind = attrs.make_class("Wide", {f"f{number}": attrs.field(type=int) for number in range(12)}, frozen=True)
    guards = {f"g{number}": compares(f"g{number}", f"command.f{number}", "!=", 0) for number in range(12)}
    other = {f"h{number}": compares(f"h{number}", f"command.f{number}", "==", 0) for number in range(12)}
    steps = [
        Transition("dim", "on", "low", guards=list(guards)),
        *(Transition("dim", "on", "high", guards=(code,)) for code in other),
    ]
    group = Alternatives("on", steps, {**guards, **other}, command=kind, state=Dimmed)
    assert group.gap() is None
