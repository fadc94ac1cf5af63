"""Facts and obligations for tests, written short: minutes from a start, and spans as plans write them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs

from outline import OUTLINE
from respond.plan.calendars import Calendar
from respond.plan.conditions import Impact
from respond.plan.facts import Done, Facts, Happened, Known, LevelSet, Paused, StateEntered, Waived
from respond.plan.obligations import Clock, Obligation, Recurrence
from respond.plan.owed import Owed, owed, verdict
from respond.plan.plan import Plan
from respond.plan.spans import Span

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
"""A Monday."""
PLAN = OUTLINE


def minute(number: float) -> datetime:
    """Return the time so many minutes after the start."""
    return START + timedelta(minutes=number)


def at(text: str) -> datetime:
    """Return the UTC time that *text* names."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def minutes(when: datetime | None) -> float | None:
    """Return how many minutes after the start *when* is."""
    return None if when is None else (when - START) / timedelta(minutes=1)


def clocks(text: str) -> tuple[Clock, ...]:
    """Return the clocks of *text*: `aware 24 h, discharged:other 4 h`."""
    found = []
    for part in text.split(", "):
        fact, _, within = part.partition(" ")
        name, _, of = fact.partition(":")
        found.append(Clock(from_=name, of=of or None, within=Span.parse(within)))  # type: ignore[arg-type]
    return tuple(found)


def duty(due: str = "aware 60 min", **fields: Any) -> Obligation:
    """Return an obligation that a person fulfils, unless *fields* say otherwise."""
    given: dict[str, Any] = {"id": "duty", "title": "Duty", "act": "fulfil", "due": clocks(due)} | fields
    if isinstance(given.get("near"), str):
        given["near"] = Span.parse(given["near"])
    return Obligation(**given)


def every(span: str, **fields: Any) -> Recurrence:
    """Return the recurrence of this *span*."""
    return Recurrence(every=Span.parse(span), **fields)


def plan(*obligations: Obligation, calendars: Iterable[Calendar] = ()) -> Plan:
    """Return a plan with these *obligations*."""
    return attrs.evolve(PLAN, obligations=obligations, calendars=tuple(calendars))


@attrs.define
class Story:
    """What happens to an incident, told in any order."""

    facts: dict[str, list[Happened]] = attrs.field(factory=dict)
    told: dict[str, list[Any]] = attrs.field(factory=dict)

    def fact(self, name: str, *when: float | datetime) -> Story:
        for one in when:
            self.facts.setdefault(name, []).append(Happened(at=_when(one), entry=f"{name}@{one}"))
        return self

    def done(self, when: float | datetime, act: str = "fulfil", *, entry: str = "", **fields: Any) -> Story:
        fields.setdefault("obligation", "duty" if act == "fulfil" else None)
        return self._tell("done", Done(at=_when(when), entry=entry or f"{act}@{when}", act=act, **fields))  # type: ignore[arg-type]

    def report(self, when: float | datetime, kind: str, recipient: str = "city") -> Story:
        return self.done(when, "report_upward", entry=f"{kind}@{when}", report=kind, recipient=recipient)

    def level(self, when: float | datetime, level: int) -> Story:
        self.fact("level_assigned", when)
        return self._tell("levels", LevelSet(at=_when(when), entry=f"level_assigned@{when}", level=level))

    def state(self, when: float | datetime, state: str) -> Story:
        return self._tell("states", StateEntered(at=_when(when), entry=f"{state}@{when}", state=state))

    def resolved(self, when: float | datetime) -> Story:
        return self.fact("response_ended", when).state(when, "resolved")

    def reopened(self, when: float | datetime) -> Story:
        return self.fact("reopened", when).state(when, "responding")

    def known(self, when: float | datetime, **impact: Any) -> Story:
        return self._tell("known", Known(at=_when(when), entry=f"known@{when}", impact=Impact(**impact)))

    def waived(self, when: float, obligation: str = "duty", occurrence: int = 1) -> Story:
        waived = Waived(at=_when(when), entry=f"waived@{when}", obligation=obligation, occurrence=occurrence)
        return self._tell("waived", waived)

    def paused(self, when: float, until: float | None = None, obligation: str = "duty") -> Story:
        resumed = None if until is None else _when(until)
        return self._tell(
            "paused", Paused(at=_when(when), entry=f"paused@{when}", obligation=obligation, until=resumed)
        )

    def _tell(self, name: str, what: Happened) -> Story:
        self.told.setdefault(name, []).append(what)
        return self

    def whole(self) -> Facts:
        """Return the facts in the order in which they happened."""
        return Facts(
            facts={name: _sorted(those) for name, those in self.facts.items()},  # type: ignore[misc]
            **{name: _sorted(those) for name, those in self.told.items()},
        )


def owes(
    obligation: Obligation, story: Story, *, until: float | None = None, calendars: Iterable[Calendar] = ()
) -> tuple[Owed, ...]:
    """Return the occurrences of *obligation* in *story*."""
    return owed(plan(obligation, calendars=calendars), story.whole(), until=None if until is None else minute(until))


def dues(found: Iterable[Owed]) -> list[float | None]:
    """Return the deadlines of *found*, in minutes from the start."""
    return [minutes(one.due_at) for one in found]


def verdicts(found: Iterable[Owed], now: float | datetime) -> list[str]:
    """Return what became of each of *found* by *now*."""
    return [verdict(one, _when(now)) for one in found]


def _when(when: float | datetime) -> datetime:
    return when if isinstance(when, datetime) else minute(when)


def _sorted(those: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(sorted(those, key=lambda one: one.at))
