"""How incidents were handled, in figures."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import click

from respond.cli.answer import Answer
from respond.cli.options import Question
from respond.cli.page import Page, counted, span_text
from respond.cli.session import Session
from respond.engine.engine import Engine
from respond.projections.performance import RECURRENCE_DAYS, Performance, ResourceUse


@click.command("figures", cls=Question)
@click.option("--drills", is_flag=True, help="Count the drills instead of what was real.")
@click.option(
    "--recurrence-days",
    type=click.IntRange(min=1),
    default=RECURRENCE_DAYS,
    show_default=True,
    help="Within how many days an incident of the same category at the same site is the same trouble again.",
)
def figures(session: Session, *, drills: bool, recurrence_days: int) -> Answer:
    """Tell how incidents were handled: times by level, duties in time, customers, money, resources, recurrence."""
    with session.engine() as engine:
        return figured(engine, drills=drills, recurrence_days=recurrence_days)


def figured(engine: Engine, *, drills: bool = False, recurrence_days: int = RECURRENCE_DAYS) -> Answer:
    """Return how the incidents of a log were handled, in figures, as an answer."""
    found = engine.figures(realm="drill" if drills else "real", recurrence_days=recurrence_days)
    return Answer(document=found.to_json(), show=lambda page: _show(page, found))


def _show(page: Page, found: Performance) -> None:
    page.line(f"{counted(found.incidents, 'incident')}; {found.cancelled} cancelled, {found.merged} merged")
    customers = found.customers
    page.pairs(
        [
            ("work on hold", span_text(found.on_hold_seconds)),
            ("residual category", _share(found.other, found.other_percent)),
            ("came again", f"{counted(found.recurred, 'time')} within {found.recurrence_days} days"),
            ("satisfied customers", _share(customers.satisfied, customers.satisfied_percent)),
            ("losses", _money(found.losses)),
            ("compensation", _money(found.compensation)),
            ("costs", _money(found.costs)),
        ]
    )
    _show_times(page, found)
    _show_duties(page, found)
    if found.resources:
        page.heading("resources, against the plan")
        page.table(
            ("resource", "planned", "drawn", "unplanned", "unused", "used", "consumed", "short"),
            [
                (
                    one.resource,
                    one.planned,
                    one.drawn,
                    one.unplanned,
                    one.unused,
                    *map(str, (one.used, one.consumed, one.short)),
                )
                for one in found.resources
            ],
        )


def _show_times(page: Page, found: Performance) -> None:
    page.heading("how long it took, by the worst level")
    page.table(
        ("step", "level", "times", "median", "90th percentile", "again", "median", "on hold"),
        [
            (
                one.step,
                one.level,
                one.first.count,
                _span(one.first.median_seconds),
                _span(one.first.percentile_90_seconds),
                one.again.count or None,
                _span(one.again.median_seconds),
                span_text(one.on_hold_seconds),
            )
            for one in found.times
        ],
    )


def _show_duties(page: Page, found: Performance) -> None:
    page.heading("what was owed")
    page.table(
        ("obligation", "on time", "what became of it"),
        [
            (
                one.obligation,
                None if one.on_time_percent is None else f"{one.on_time_percent} %",
                ", ".join(f"{count} {said}" for said, count in one.verdicts.items()),
            )
            for one in found.duties
        ],
    )


def _amounts(one: ResourceUse) -> tuple[str, ...]:
    return str(one.used), str(one.consumed), str(one.short)


def _share(count: int, percent: int | None) -> str | None:
    return None if percent is None else f"{count} ({percent} %)"


def _money(sums: Mapping[str, Decimal]) -> str:
    return ", ".join(f"{amount} {currency}" for currency, amount in sums.items())


def _span(seconds: int | None) -> str | None:
    return None if seconds is None else span_text(seconds)


COMMANDS = (figures,)
