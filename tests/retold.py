"""Lives of incidents at random, in which people amend what they told, and the same lives told right the first time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

import attrs
from hypothesis import strategies as st

from plan_commands import TRIGGERS, Asker
from plan_strategies import WORKING, plans
from play import START, Play, recorded
from respond.domain.canonical import canonical
from respond.domain.events import Event
from respond.domain.moments import Moment
from respond.domain.payloads import to_data
from respond.errors import CommandRefused
from respond.plan.plan import Plan
from respond.store.codec import Codec
from respond.workflow.incident import INCIDENT
from respond.workflow.incident import commands as c
from respond.workflow.incident import events as e
from respond.workflow.incident.corrections import CORRECTABLE, RETRACTABLE
from respond.workflow.incident.ledger import IMPACT_START

AMENDMENTS = ("EntryCorrected", "EntryRetracted")
AHEAD = ("assess", "assign_level", "start_response", "resolve", "close_review", "reopen")
TOLD = ("assess", "note", "report_upward", "fulfil")
"""The commands whose entries may be retracted."""
_CODEC = Codec(INCIDENT.event_types)


@attrs.frozen
class Life:
    """An incident under a plan, as people told and amended it."""

    plan: Plan
    history: tuple[Event, ...]


@st.composite
def lives(draw: st.DrawFn, *, amendments: int = 6) -> Life:
    """Draw a life in which entries are corrected and retracted up to so often, at any time."""
    seeds = st.integers(0, 2**32 - 1)
    plan = attrs.evolve(draw(plans(sections=WORKING, full=True)), authority=())
    play = Play(plan=plan)
    first = Asker(draw(seeds), plan, (), play.state)
    with suppress(CommandRefused):
        play.do(first.command("report"), actor=first.person())
    for amends, seed in draw(st.lists(st.tuples(st.booleans(), seeds), min_size=4, max_size=24)):
        if play.history:
            asker = Asker(seed, plan, play.history, play.state)
            told = sum(event.type in AMENDMENTS for event in play.history)
            with suppress(CommandRefused):
                play.do(_amendment(asker) if amends and told < amendments else _step(asker), actor=asker.person())
    return Life(plan, play.history)


def _step(asker: Asker) -> Any:
    status = asker.state.status
    ahead = [name for name in AHEAD if INCIDENT.table.candidates(status, name)]
    rest = [name for name in TRIGGERS if name not in {"cancel", "correct", "retract", "raise_due"}]
    return asker.command(asker.one_of(ahead if ahead and asker.chance(0.4) else (*rest, *TOLD, *TOLD)))


# -- amending ----------------------------------------------------------------------------------------------------------


def _amendment(asker: Asker) -> Any:
    if asker.chance(0.3):
        return c.Retract(entry=asker.entry(RETRACTABLE).id, reason="a mistake")
    event = asker.entry((e.IncidentReported, e.IncidentAssessed, e.UpwardReportSent, e.ProgressNoted))
    if asker.chance(0.4):
        event = asker.entry(tuple(CORRECTABLE))
    names = sorted(CORRECTABLE.get(type(event.data), {"occurred_at"}) & {*_RIGHT})
    chosen = asker.some(names, at_least=1, most=min(3, len(names)))
    return c.Correct(entry=event.id, changes={name: _RIGHT[name](asker) for name in chosen}, reason="a mistake")


def _moment(asker: Asker) -> Any:
    if asker.chance(0.2):
        return None
    return Moment(START + timedelta(minutes=asker.random.randint(-60, 40))).to_json()


def _assessed(name: str) -> Callable[[Asker], Any]:
    return lambda asker: to_data(asker.command("assess")).get(name, {} if name == "fields" else None)


def _noted(asker: Asker) -> Any:
    began = (START - timedelta(minutes=asker.random.randint(0, 90))).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {**asker.fields(), IMPACT_START: asker.one_of((began, "yesterday"))}


_RIGHT: Mapping[str, Callable[[Asker], Any]] = {
    **dict.fromkeys(("occurred_at", "discovered_at", "began_at"), _moment),
    **{
        name: _assessed(name)
        for name in ("affected_customers", "injured", "dead", "sites", "loss", "spread", "critical_facility")
    },
    "facets": lambda asker: list(asker.impact().facets),
    "fields": lambda asker: _noted(asker) if asker.chance() else asker.fields(),
    "category": lambda asker: asker.one_of([one.id for one in asker.plan.categories]),
    "kind": lambda asker: asker.one_of(e.REPORT_KINDS),
    "recipient": lambda asker: asker.one_of(("a", "b", "board")),
    **dict.fromkeys(("text", "title", "reason", "summary", "basis", "briefing", "note"), Asker.text),
}


# -- told right --------------------------------------------------------------------------------------------------------


def told_right(history: Sequence[Event]) -> tuple[Event, ...]:
    """Return *history* as it had been told without a mistake: the right values at once, and nothing to take back."""
    return tuple(_CODEC.decode(recorded(canonical(body), body["version"])) for body in _bodies(history))


def _bodies(history: Sequence[Event]) -> Iterator[dict[str, Any]]:
    gone = {event.data.entry for event in history if event.type == "EntryRetracted"}
    right = _last_words(history)
    for event in history:
        if event.id in gone or event.type in AMENDMENTS:
            continue
        body, changes = dict(event.body), dict(right.get(event.id, {}))
        if "occurred_at" in changes:
            body["occurred_at"] = changes.pop("occurred_at")
        body["data"] = {**event.body["data"], **changes}
        yield {name: value for name, value in body.items() if value is not None}


def _last_words(history: Iterable[Event]) -> dict[str, dict[str, Any]]:
    """Return by entry the right values, the last word on each field."""
    found: dict[str, dict[str, Any]] = {}
    for event in history:
        if event.type == "EntryCorrected":
            found.setdefault(event.data.entry, {}).update(event.data.changes)
    return found
