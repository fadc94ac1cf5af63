"""Lint: spans against spans, and dates against today."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from respond.plan.spans import Span, Unit

YEAR = Span(1, "year")
_ABOUT: Mapping[Unit, timedelta] = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "working_day": timedelta(days=1.4),
    "month": timedelta(days=365.25 / 12),
    "year": timedelta(days=365.25),
}


def about(span: Span) -> timedelta:
    """Return how long *span* is, more or less: months and years differ, and working days lie apart."""
    return span.count * _ABOUT[span.unit]


def rarer_than_yearly(span: Span) -> bool:
    """Return whether what comes each *span* may leave out a year."""
    return about(span) > timedelta(days=366)


def passed(since: date, span: Span, today: date | None) -> bool:
    """Return whether *span* after *since* lies before *today*; nothing has passed when today is not told."""
    return today is not None and today - since > about(span) + timedelta(days=1)
