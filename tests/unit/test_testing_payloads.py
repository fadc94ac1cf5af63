from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal, NewType
from uuid import UUID

import attrs
import pytest
from attrs import validators as v
from hypothesis import given, settings
from hypothesis import strategies as st

import lamp
from play import PLAN, REPORT
from respond.domain.canonical import canonical
from respond.domain.moments import Moment
from respond.domain.money import Money
from respond.domain.payloads import from_data, to_data
from respond.errors import InvalidInput, InvalidWorkflow
from respond.testing.derived import Deriver, Underivable
from respond.testing.payloads import Payloads, commands_of, samples
from respond.testing.program import shown
from respond.testing.trial import Trial
from respond.workflow.definition import Handler, command_type
from respond.workflow.incident import INCIDENT
from respond.workflow.incident import commands as c
from respond.workflow.plan_life import PLAN_LIFE
from respond.workflow.warning import WARNING

Tag = NewType("Tag", str)
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Colour(Enum):
    """A colour."""

    RED = "red"
    BLUE = "blue"


@attrs.frozen(kw_only=True)
class Part:
    """A part of a command."""

    size: int = attrs.field(validator=v.ge(1))


@attrs.frozen(kw_only=True)
class Tree:
    """A value that holds others of its kind."""

    below: tuple[Tree, ...] = ()


def even(_: object, __: object, value: int) -> None:
    """Refuse odd numbers, in words that nobody can read off."""
    if value % 2:
        raise ValueError("odd")


def command_with(kind: Any, validator: Any = None, **options: Any) -> type:
    """Return a command class with one field of this type."""
    fields = {"field": attrs.field(type=kind, validator=validator, **options)}
    return command_type("install")(attrs.make_class("Install", fields, frozen=True, kw_only=True))


def workflow_with(command: type):
    """Return a workflow that takes *command*."""
    return lamp.made(
        handlers=(
            Handler(command=command, decide=lamp.switch, emits=(lamp.Switched,)),
            Handler(command=lamp.Flip, decide=lamp.switch, emits=(lamp.Switched,)),
        )
    )


def drawn(kind: Any, validator: Any = None, **options: Any) -> list[Any]:
    """Return values of a command's field."""
    command = command_with(kind, validator, **options)
    return [one.field for one in samples(commands_of(workflow_with(command))[command], 12)]


@pytest.mark.parametrize(
    ("kind", "validator", "holds"),
    [
        (int, [v.ge(3), v.lt(6)], lambda one: one in {3, 4, 5}),
        (int, v.and_(v.gt(3), v.le(5)), lambda one: one in {4, 5}),
        (int, v.ge(10**9), lambda one: one >= 10**9),
        (int, v.in_([1, 7]), lambda one: one in {1, 7}),
        (int, [v.in_([1, 7]), v.in_([7, 8])], lambda one: one == 7),
        (int, v.in_(range(5)), lambda one: one in range(5)),
        (str, v.in_({"low", "high"}), lambda one: one in {"low", "high"}),
        (str, v.max_len(2), lambda one: len(one) <= 2),
        (str, v.max_len(0), lambda one: one == ""),
        (str, v.min_len(30), lambda one: len(one) >= 30),
        (str, [v.min_len(2), v.max_len(3)], lambda one: 2 <= len(one) <= 3),
        (str, v.matches_re("[a-c]{2}"), lambda one: re.fullmatch("[a-c]{2}", one)),
        (str, v.matches_re("[a-c]{2}", func=re.match), lambda one: re.match("[a-c]{2}", one)),
        (str, v.matches_re("[A]", re.IGNORECASE, re.search), lambda one: "a" in one.lower()),
        (str, [v.matches_re("a+"), v.max_len(3)], lambda one: one in {"a", "aa", "aaa"}),
        (str, v.instance_of(str), lambda one: type(one) is str),
        (str | None, v.optional(v.min_len(1)), lambda one: one is None or one),
        (str | None, v.min_len(1), lambda one: one),
        (int | None, v.optional([v.ge(1), v.le(2)]), lambda one: one in {None, 1, 2}),
        (str | None, v.optional(v.in_(["x"])), lambda one: one in {None, "x"}),
        (str | None, v.instance_of(str), lambda one: type(one) is str),
        (Decimal, [v.gt(0), v.le(Decimal("0.5"))], lambda one: 0 < one <= Decimal("0.5")),
        (Decimal, None, Decimal.is_finite),
        (float, [v.gt(0.0), v.lt(1.0)], lambda one: 0 < one < 1),
        (datetime, v.ge(NOON), lambda one: one >= NOON and one.tzinfo is not None),
        (datetime, v.lt(NOON), lambda one: one < NOON),
        (date, v.gt(NOON.date()), lambda one: one > NOON.date()),
        (timedelta, [v.ge(timedelta(1)), v.le(timedelta(2))], lambda one: timedelta(1) <= one <= timedelta(2)),
        (tuple[int, ...], v.deep_iterable(v.ge(5), v.min_len(2)), lambda one: len(one) >= 2 and min(one) >= 5),
        (tuple[str, int], None, lambda one: (type(one[0]), type(one[1])) == (str, int)),
        (list[int], v.max_len(1), lambda one: type(one) is list and len(one) <= 1),
        (Sequence[bool], None, lambda one: all(type(member) is bool for member in one)),
        (frozenset[str], v.min_len(2), lambda one: type(one) is frozenset and len(one) >= 2),
        (
            Mapping[str, int],
            v.deep_mapping(v.in_(["k"]), v.ge(8), v.min_len(1)),
            lambda one: set(one) == {"k"} and one["k"] >= 8,
        ),
        (Literal["a", 1], None, lambda one: one in ("a", 1)),
        (Colour, None, lambda one: type(one) is Colour),
        (Tag, v.max_len(1), lambda one: type(one) is str and len(one) <= 1),
        (Annotated[int, "counted"], v.ge(9), lambda one: one >= 9),
        (int | str, None, lambda one: type(one) in {int, str}),
        (Part, None, lambda one: one.size >= 1),
        (Tree, None, lambda one: type(one) is Tree),
        (Money, None, lambda one: type(one) is Money),
        (Moment | None, None, lambda one: one is None or type(one) is Moment),
        (UUID, None, lambda one: type(one) is UUID),
        (Any, None, lambda one: canonical(one) is not None),
        (int, even, lambda one: one % 2 == 0),
    ],
)
def test_values_keep_to_type_and_validators(kind, validator, holds):
    """What is drawn has the field's type, passes its validators, and takes more than one value where it can."""
    found = drawn(kind, validator)
    assert found
    assert all(holds(one) for one in found)
    only = {"[7, 8]", "max_len", "in_ validator with options ['x']"}
    assert len({repr(one) for one in found}) > 1 or any(hint in str(validator) for hint in only) or kind is int


def test_all_allowed_values_turn_up():
    """A small range is drawn in full, None and both bounds included."""
    assert set(drawn(int | None, v.optional([v.ge(1), v.le(3)]))) == {None, 1, 2, 3}


def test_a_default_is_left_out_at_times():
    """A field with a default is drawn, and left at its default too."""
    found = drawn(str, v.matches_re("x|[yz]{3}"), default="x")
    assert "x" in found
    assert set(found) - {"x"}


def test_names_of_the_plan_are_drawn():
    """A field that is called like a section of the plan draws what the plan has there, and other text too."""
    found = {one.category for one in samples(commands_of(INCIDENT, PLAN)[c.ReportIncident], 60)}
    known = {category.id for category in PLAN.categories}
    assert found & known
    assert found - known
    assert {1, 2, 3, 4} & {one.level for one in samples(commands_of(INCIDENT, PLAN)[c.AssignLevel], 60)}


@pytest.mark.parametrize("workflow", [INCIDENT, WARNING, PLAN_LIFE], ids=lambda one: one.name)
def test_every_shipped_command_is_derived(workflow):
    """Commands of the shipped workflows need no help, and go through storage and back."""
    strategies = commands_of(workflow)
    assert set(strategies) == {handler.command for handler in workflow.handlers}
    for kind, strategy in strategies.items():
        for command in samples(strategy, 5):
            assert type(command) is kind
            assert from_data(kind, to_data(command)) == command
            assert kind(**shown(command)) == command


class Opaque:
    """A class that nobody can make up."""


@pytest.mark.parametrize("kind", [Opaque, bytes, tuple[Opaque, ...], Opaque | None, complex])
def test_a_type_that_cannot_be_derived_is_named(kind):
    """The error names command, field and type, and says what to write."""
    command = command_with(kind)
    with pytest.raises(Underivable, match=r"^Install\.field: .*(Opaque|bytes|complex)") as refused:
        commands_of(workflow_with(command))
    assert '{"install": {"field": st.just(...)}}' in str(refused.value)
    given_ = {"install": {"field": st.just(Opaque())}}
    assert isinstance(samples(commands_of(workflow_with(command), overrides=given_)[command])[0].field, Opaque)


def test_a_command_that_refuses_everything_is_named():
    """A class whose own check refuses whatever is drawn is named, instead of a rule that never runs."""

    def refuse(*_: object) -> None:
        raise ValueError("never")

    command = command_with(str, refuse)
    with pytest.raises(InvalidInput, match="Install: refuses whatever is drawn"):
        commands_of(workflow_with(command))


def test_overrides_by_command_and_by_field():
    """A strategy stands for a whole command, by trigger or by class, or for one of its fields."""
    whole = commands_of(INCIDENT, PLAN, {"report": st.just(REPORT)})
    assert samples(whole[c.ReportIncident]) == (REPORT,)
    by_field = commands_of(INCIDENT, PLAN, {c.ReportIncident: {"title": st.just("T")}})
    assert {one.title for one in samples(by_field[c.ReportIncident])} == {"T"}
    assert len(samples(by_field[c.ReportIncident])) > 1


def test_an_override_may_ask_the_trial():
    """A function is told how the trial stands, each time anew."""
    trial = Trial(INCIDENT, plan=PLAN)
    entries = {"retract": {"entry": lambda trial: st.sampled_from([event.id for event in trial.log] or ["none"])}}
    payloads = Payloads(INCIDENT, PLAN, entries)
    assert payloads.moves("retract")
    assert not payloads.moves("report")
    assert {one.entry for one in samples(payloads.of("retract", trial))} == {"none"}
    (event,) = trial.send(REPORT)
    assert {one.entry for one in samples(payloads.of("retract", trial))} == {event.id}
    assert payloads.of("report", trial) is payloads.of("report", trial)


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        ({"xyz": st.just(1)}, "payloads: 'xyz' is no command of incident@5; write one of report, assess"),
        ({"asses": st.just(1)}, r"'asses' is no command of incident@5; did you mean assess\?"),
        ({lamp.Flip: st.just(1)}, "payloads: 'Flip' is no command of incident@5"),
        ([1], r"payloads: \[1\] does not fit; write a mapping by trigger or class"),
        ({"resolve": {"no_field": st.just(1)}}, "'no_field' is no field of Resolve; write one of resolution"),
        ({"resolve": {"resolution": "text"}}, "payloads of Resolve: 'text' draws nothing"),
        ({"resolve": 7}, "7 draws nothing"),
    ],
)
def test_a_wrong_override_is_refused(overrides, said):
    """An override that names nothing, or draws nothing, is refused with what to write instead."""
    with pytest.raises(InvalidInput, match=said):
        Payloads(INCIDENT, PLAN, overrides)


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({"resolution": lambda _: "text"}, "payloads of Resolve.resolution: the function answers 'text', which draws"),
        (lambda _: c.Resolve(resolution="x"), r"payloads of Resolve: .*return a strategy, such as st.just\(Resolve"),
        (st.just(REPORT), r"payloads of Resolve: ReportIncident\(.*is no Resolve; write Resolve\(...\)"),
        (lambda _: st.just(7), "payloads of Resolve: 7 is no Resolve"),
    ],
)
def test_what_draws_something_else_is_refused(chosen, said):
    """A function that answers no strategy, and a strategy that draws another command, are refused when asked."""
    with pytest.raises(InvalidInput, match=said):
        samples(Payloads(INCIDENT, PLAN, {"resolve": chosen}).of("resolve", Trial(INCIDENT, plan=PLAN)))


@given(st.data())
@settings(max_examples=2)
def test_samples_are_the_same_within_a_test(data):
    """Samples can be taken inside a test of Hypothesis, and are the same ones there."""
    strategy = st.integers(0, 1000)
    assert samples(strategy, 5) == SAMPLED
    assert len(set(SAMPLED)) == 5


SAMPLED = samples(st.integers(0, 1000), 5)


def test_nothing_to_sample():
    """A strategy that draws nothing has no samples."""
    assert samples(st.nothing()) == ()
    assert samples(st.integers().filter(lambda _: False)) == ()
    assert samples(st.sampled_from("ab"), 9) == ("a", "b")


def test_what_is_shown_leaves_defaults_out():
    """A command is shown by the arguments that make it, those at their default left out."""
    assert shown(REPORT) == {"category": "facility_failure", "title": "Card terminals down"}
    assert shown(c.Assess(facets=("x",))) == {"facets": ("x",)}


def test_a_value_within_a_value_says_where_it_fails():
    """A part that cannot be derived is named by its own class."""

    @attrs.frozen
    class Outer:
        inner: Opaque

    with pytest.raises(Underivable, match=r"Outer\.inner"):
        Deriver().built(Outer)


@pytest.mark.parametrize(
    ("kind", "validator", "told"),
    [
        (int, [v.ge(5), v.le(3)], "no value keeps to its validators"),
        (str, v.in_(()), "no value keeps to its validators"),
        (list[int], [v.min_len(3), v.max_len(2)], "it has 3 members at least, and 2 at most"),
        (datetime, v.ge(datetime(2026, 1, 1)), "offset-naive"),  # noqa: DTZ001 - that is what is wrong
        (None, None, "has no type; annotate it"),
    ],
    ids=["bounds", "options", "lengths", "naive", "untyped"],
)
def test_a_field_that_no_value_fits_is_named(kind, validator, told):
    """What validators contradict, and what has no type, is told with its place, and not by Hypothesis at a draw."""
    field = attrs.field(validator=validator) if kind is None else attrs.field(type=kind, validator=validator)
    command = command_type("install")(attrs.make_class("Install", {"field": field}, frozen=True))
    with pytest.raises(Underivable, match=rf"^Install\.field: .*{told}.*payloads="):
        commands_of(workflow_with(command))


def test_a_type_that_is_not_there_is_named():
    """A name that stands in an annotation only is told with its field."""
    command = command_type("install")(attrs.make_class("Install", {"field": attrs.field(type="Missing")}, frozen=True))
    with pytest.raises(InvalidWorkflow, match=r"^Install\.field: its type names 'Missing'"):
        commands_of(workflow_with(command))


@pytest.mark.parametrize(
    ("validator", "least", "most"),
    [
        ([v.ge(Decimal("0.001")), v.le(Decimal("0.004"))], "0.001", "0.004"),
        ([v.gt(0), v.lt(Decimal("0.01"))], "0.001", "0.009"),
        ([v.gt(Decimal("0.1")), v.le(1)], "0.11", "1"),
        ([v.ge(0.125), v.le(0.126)], "0.125", "0.126"),
    ],
)
def test_decimals_have_the_places_of_their_bounds(validator, least, most):
    """Bounds with more places than two leave values between them."""
    command = command_with(Decimal, validator)
    drawn = {one.field for one in samples(commands_of(workflow_with(command))[command], 20)}
    assert drawn
    assert all(Decimal(least) <= one <= Decimal(most) for one in drawn)


@pytest.mark.parametrize("validator", [None, v.ge(0), v.gt(9), v.le(100)], ids=["free", "ge", "gt", "le"])
def test_numbers_of_everyday_size_are_drawn(validator):
    """Without two bounds, a good share of the numbers lies where most limits of rules do."""
    command = command_with(int, validator)
    drawn = [one.field for one in samples(commands_of(workflow_with(command))[command], 200)]
    assert sum(10 <= one <= 99 for one in drawn) > 20
