from __future__ import annotations

from datetime import timedelta

import attrs
import pytest

from outline import OUTLINE
from respond.errors import InvalidPlan
from respond.plan.classification import Level
from respond.plan.follow_up import FollowUp
from respond.plan.organisation import Role
from respond.plan.spans import Span
from respond.plan.upkeep import DrillRule, Revision, Risk


@pytest.mark.parametrize(
    ("text", "count", "unit", "said"),
    [
        ("30 min", 30, "minute", "30 min"),
        ("1 minute", 1, "minute", "1 min"),
        ("30 minutes", 30, "minute", "30 min"),
        ("1 h", 1, "hour", "1 h"),
        ("2 hours", 2, "hour", "2 h"),
        ("1 day", 1, "day", "1 day"),
        ("3 days", 3, "day", "3 days"),
        ("1 week", 7, "day", "7 days"),
        ("2 weeks", 14, "day", "14 days"),
        ("1 working day", 1, "working_day", "1 working day"),
        ("5 working days", 5, "working_day", "5 working days"),
        ("6 months", 6, "month", "6 months"),
        ("1 year", 1, "year", "1 year"),
    ],
)
def test_a_span_is_read_and_written(text, count, unit, said):
    """One or several of a unit, in full or short; what is written is read as the same span."""
    span = Span.parse(text)
    assert (span.count, span.unit, str(span)) == (count, unit, said)
    assert Span.parse(said) == span


@pytest.mark.parametrize("text", ["", "h", "1", "1h", "1.5 h", "-1 h", "1 fortnight", "1 working  day", "1000000 min"])
def test_what_is_no_span_is_refused(text):
    """The message shows what was written."""
    with pytest.raises(InvalidPlan, match="is not a span of time") as refused:
        Span.parse(text)
    assert refused.value.value == text


@pytest.mark.parametrize(
    ("span", "elapsed"),
    [
        (Span(90, "minute"), timedelta(minutes=90)),
        (Span(2, "hour"), timedelta(hours=2)),
        (Span(1, "day"), None),
        (Span(1, "working_day"), None),
        (Span(1, "month"), None),
    ],
)
def test_only_minutes_and_hours_pass_on_every_clock_alike(span, elapsed):
    """Others are counted on a calendar."""
    assert span.elapsed == elapsed


@pytest.mark.parametrize(
    ("most", "unit"),
    [
        (52_596_000, "minute"),
        (876_600, "hour"),
        (36_525, "day"),
        (36_525, "working_day"),
        (1_200, "month"),
        (100, "year"),
    ],
)
def test_a_span_is_at_most_a_hundred_years(most, unit):
    """One more is refused, and so is none at all."""
    assert Span(most, unit).count == most
    for count in (most + 1, 0):
        with pytest.raises(InvalidPlan) as refused:
            Span(count, unit)
        assert (refused.value.flaw, refused.value.value) == ("span-invalid", count)


@pytest.mark.parametrize(
    ("place", "parts"),
    [
        ("levels[0].dwell", lambda span: {"levels": (Level(number=1, title="Light", dwell=span),)}),
        ("roles[1].shift", lambda span: {"roles": (Role(id="a", title="A"), Role(id="b", title="B", shift=span))}),
        (
            "risks[0].reassess_every",
            lambda span: {"risks": (Risk(id="r", title="R", likelihood=1, impact=1, reassess_every=span),)},
        ),
        ("drills[0].every", lambda span: {"drills": (DrillRule(id="d", title="D", every=span),)}),
        ("revision.every", lambda span: {"revision": Revision(every=span)}),
        ("revision.report_every", lambda span: {"revision": Revision(report_every=span)}),
        ("follow_up.near", lambda span: {"follow_up": FollowUp(near=span)}),
    ],
)
def test_working_days_are_refused_where_no_calendar_counts_them(place, parts):
    """A span that belongs to no obligation is named by its place; in days it is accepted, and may be left out."""
    days = parts(Span(3, "day"))
    assert all(getattr(attrs.evolve(OUTLINE, **days), name) == value for name, value in days.items())
    with pytest.raises(InvalidPlan, match="write days, such as '3 days'") as refused:
        attrs.evolve(OUTLINE, **parts(Span(3, "working_day")))
    assert (refused.value.place, refused.value.flaw, refused.value.value) == (
        place,
        "working-days-uncounted",
        "3 working days",
    )
