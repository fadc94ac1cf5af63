"""Plans with one thing in them changed, somewhere, for properties that hold of every plan."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import attrs
from hypothesis import assume
from hypothesis import strategies as st

from respond.domain.money import Money
from respond.errors import InvalidPlan
from respond.plan.contents import is_table
from respond.plan.plan import Plan
from respond.plan.spans import Span


def edited_plan(draw: Any, plan: Plan) -> Plan:
    """Return *plan* with one thing changed; it can still be read."""
    section = draw(st.sampled_from([field.name for field in attrs.fields(Plan)]))
    try:
        return attrs.evolve(plan, **{section: edited(draw, getattr(plan, section))})
    except InvalidPlan:
        assume(False)
        raise


def edited(draw: Any, value: Any) -> Any:
    """Return *value* with one thing in it changed, somewhere below; the value itself where nothing can be."""
    match value:
        case bool():
            return not value
        case str():
            return value + "x"
        case int():
            return value + 1
        case Span():
            return Span(value.count + 1, value.unit)
        case Money():
            return Money(value.amount + 1, value.currency)
        case date():
            return value + timedelta(days=1)
        case tuple() if value and draw(st.booleans()):
            index = draw(st.integers(0, len(value) - 1))
            return (*value[:index], edited(draw, value[index]), *value[index + 1 :])
        case tuple():
            return draw(st.sampled_from([value[1:], value[::-1], value[:-1]]))
        case Mapping():
            return {**value, "fr": "x"}
        case _ if is_table(value):
            name = draw(st.sampled_from([field.name for field in attrs.fields(type(value))]))
            return attrs.evolve(value, **{name: edited(draw, getattr(value, name))})
    return value
