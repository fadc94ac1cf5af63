"""What a plan says, in words for people: conditions, clocks, obligations, in English and Chinese."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import attrs

from respond.domain.money import Money
from respond.plan.composed import identity
from respond.plan.conditions import COUNTS, Condition, MoneyBounds, Range
from respond.plan.labels import label
from respond.plan.obligations import Clock, Obligation, Recurrence, Rung
from respond.plan.plan import Plan
from respond.plan.spans import Span
from respond.plan.titles import Titled


@attrs.frozen
class Words:
    """Says what *plan* holds in *language*: in Chinese for `zh`, in English for any other."""

    plan: Plan
    language: str = "en"

    def phrase(self, key: str, **values: object) -> str:
        return phrases().get(self.language, phrases()["en"])[key].format(**values)

    def title(self, part: Any) -> str:
        """Return the title of a part; what it is known by when it has none."""
        return part.titled(self.language) if isinstance(part, Titled) else str(identity(part))

    def name(self, section: str, key: str) -> str:
        """Return the title of the part *key* of a section; *key* itself when there is none."""
        if section == "obligations":
            obligation = self.plan.obligation(key)
            return key if obligation is None else self.title(obligation)
        for part in getattr(self.plan, section):
            if getattr(part, "id", None) == key:
                return self.title(part)
        return key

    def names(self, section: str, keys: Iterable[str]) -> str:
        return self.phrase("comma").join(self.name(section, key) for key in keys)

    def span(self, span: Span) -> str:
        return f"{span.count} {label('unit', span.unit, self.language)}" if self.language == "zh" else str(span)

    def amount(self, value: object) -> str:
        return f"{value:,}" if isinstance(value, int) else _money(value) if isinstance(value, Money) else str(value)

    def range(self, bounds: Range | MoneyBounds) -> str:
        """Return a range: `from 100 to below 1,000`."""
        ends = {"start": self.amount(bounds.from_), "below": self.amount(bounds.below)}
        if bounds.from_ is None:
            return self.phrase("any") if bounds.below is None else self.phrase("below", **ends)
        return self.phrase("from" if bounds.below is None else "between", **ends)

    def condition(self, condition: Condition) -> str:
        """Return what a condition asks: `from 500 affected customers and a critical facility`."""
        said = [
            self.phrase(name, range=self.range(bounds))
            for name in (*COUNTS, "loss")
            if (bounds := getattr(condition, name)) is not None
        ]
        if condition.spread:
            said.append(self.phrase("spread", names=self.phrase("comma").join(condition.spread)))
        if condition.critical_facility is not None:
            said.append(self.phrase("critical" if condition.critical_facility else "not_critical"))
        if condition.categories:
            said.append(self.phrase("categories", names=self.names("categories", condition.categories)))
        if condition.facets:
            said.append(self.phrase("facets", names=self.names("facets", condition.facets)))
        said += [
            self.phrase("field", name=self.name("extension_fields", name), value=value)
            for name, value in condition.fields.items()
        ]
        return self.phrase("and").join(said) or self.phrase("always")

    def conditions(self, conditions: Iterable[Condition]) -> str:
        return self.phrase("or").join(map(self.condition, conditions)) or self.phrase("always")

    def levels(self, numbers: tuple[int, ...]) -> str:
        key = "level" if len(numbers) == 1 else "levels"
        return self.phrase(key, numbers=self.phrase("comma").join(map(str, numbers)))

    def clock(self, clock: Clock) -> str:
        """Return when a clock ends: `30 min after a level was assigned`."""
        span = self.span(clock.within)
        if clock.of is not None:
            return self.phrase("discharged", span=span, name=self.name("obligations", clock.of))
        fact = label("fact", clock.from_, self.language)
        return self.phrase("clock", span=span, fact=fact[0].lower() + fact[1:])

    def due(self, clocks: Iterable[Clock]) -> str:
        return self.phrase("or").join(map(self.clock, clocks))

    def recurrence(self, recurs: Recurrence) -> str:
        states = self.phrase("comma").join(label("state", state, self.language) for state in recurs.until)
        key = "recurs" if recurs.after == "discharge" else "on_schedule"
        return self.phrase(key, span=self.span(recurs.every), states=states)

    def rung(self, rung: Rung) -> str:
        """Return who is told when: `at the deadline: tell Commander, level 1`."""
        side, span = ("before", rung.before) if rung.before is not None else ("after", rung.after)
        when = self.phrase("rung_at") if span is None else self.phrase(f"rung_{side}", span=self.span(span))
        said = self.phrase("rung", when=when, names=self.names("roles", rung.tell))
        return self.phrase("comma").join([said, *([self.levels(rung.levels)] if rung.levels else [])])

    def duty(self, obligation: Obligation) -> str:
        """Return what is owed: `the initial report to Head office`, or the title."""
        if obligation.report is None or obligation.recipient is None:
            return self.title(obligation)
        report = label("report", obligation.report, self.language)
        recipient = self.name("audiences", obligation.recipient)
        return self.phrase("report", report=report[0].lower() + report[1:], recipient=recipient)

    def obligation(self, obligation: Obligation) -> str:
        """Return an obligation as a sentence."""
        said = [self.duty(obligation), self.phrase("due", clocks=self.due(obligation.due))]
        if obligation.role is not None:
            said.append(self.phrase("by", name=self.name("roles", obligation.role)))
        if obligation.levels:
            said.append(self.phrase("at_levels", levels=self.levels(obligation.levels)))
        if obligation.categories:
            said.append(self.phrase("for", names=self.names("categories", obligation.categories)))
        if obligation.when:
            said.append(self.phrase("when", conditions=self.conditions(obligation.when)))
        if obligation.recurs is not None:
            said.append(self.recurrence(obligation.recurs))
        if obligation.calendar is not None:
            said.append(self.phrase("calendar", name=obligation.calendar))
        if obligation.before:
            commands = self.phrase("comma").join(label("command", one, self.language) for one in obligation.before)
            said.append(self.phrase("bars", commands=commands))
        said += [self.phrase(key) for key, told in _told(obligation) if told]
        text = self.phrase("comma").join(said)
        return text[0].upper() + text[1:] + self.phrase("stop")


def _told(obligation: Obligation) -> tuple[tuple[str, bool], ...]:
    return (("pausable", obligation.pausable), ("unwaivable", not obligation.waivable))


def _money(money: Money) -> str:
    return f"{money.amount:,} {money.currency}"


@cache
def phrases() -> Mapping[str, Mapping[str, str]]:
    """Return every phrase, by language and key."""
    return tomllib.loads((Path(__file__).parent / "words.toml").read_text(encoding="utf-8"))
