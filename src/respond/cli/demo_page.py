"""The demo for people: the story by days, many steps alike as counts, and each answer under a heading."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

import attrs

from respond.cli.answer import Answer
from respond.cli.page import Page, counted
from respond.cli.played import Played
from respond.cli.scenario.plan import PLAN_NAME

_TIME = "time"


@attrs.frozen
class Part:
    """One answer of the demo, under a heading."""

    name: str
    heading: str
    answer: Answer


def show_story(page: Page, title: str, played: list[Played], parts: Iterable[Part], *, kept: bool) -> None:
    """Show what was played, day by day, and what the log answers; and how to ask it when the log is *kept*."""
    page.line(f"The story of {title}: no customer of the north can pay by card.  All times are UTC.")
    states: dict[str, str] = {}
    for day, steps in groupby(played, key=lambda one: one.step.at.date()):
        page.heading(f"== {day:%A}, {day.day} {day:%B} ==")
        _show_day(page, list(steps), states)
    for part in parts:
        page.heading(f"== {part.heading} ==")
        part.answer.show(page)
    if kept:
        page.line()
        page.line(f"All of it is kept: ask `respond review {title} --plan {PLAN_NAME}`, with the same --db.")


def _show_day(page: Page, steps: list[Played], states: dict[str, str]) -> None:
    for one in steps:
        moved = states.get(_about(one)) != one.state
        states[_about(one)] = one.state
        if one.step.tells:
            led = f"{one.trigger} -> {one.state}" if moved else one.trigger
            role = f" ({one.step.role})" if one.step.role else ""
            page.line(f"{one.step.at:%H:%M}  {one.step.actor}{role}: {one.step.tells} [{led}]")
            for line in _came_of_it(one):
                page.line(f"       {line}")
    alike = Counter(one.trigger for one in steps if not one.step.tells)
    if alike:
        page.line(
            f"besides: {', '.join(f'{trigger} {counted(times, _TIME)}' for trigger, times in alike.most_common())}"
        )


def _about(one: Played) -> str:
    return f"{one.step.category}-{one.step.key}"


def _came_of_it(one: Played) -> Iterator[str]:
    yield from (f"refused: {refusal.text} [{refusal.code}]" for refusal in one.refusals)
    if one.level is not None:
        yield f"a person chooses level {one.level}"
    if one.suggested:
        yield f"the plan suggests {_suggestion(one.suggested)}" + (f": {'; '.join(one.because)}" if one.because else "")


def _suggestion(suggested: Any) -> str:
    match suggested:
        case int():
            return f"level {suggested}"
        case str():
            return f"the response {suggested!r}"
        case _:
            return f"a warning, by {', '.join(suggested)}"
