"""What it costs to learn: the review of a long incident, and a search over many lessons, each beside a plain loop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import cycle
from random import Random
from statistics import median
from time import perf_counter
from typing import Any

import attrs
from grounds import TITLES, Database, Grounds
from harness import ROUNDS, Figure, spread
from our_writers import new_event

from respond import Engine, Plan
from respond.domain.streams import StreamId, exactly
from respond.engine.clock import system_clock
from respond.projections.terms import folded
from respond.store.memory import MemoryEventStore
from respond.store.records import Write
from respond.workflow.incident import INCIDENT, INCIDENT_CATEGORY

EVENTS = 500
LESSONS = 100_000
BATCH = 1000
REVIEW_MS, SEARCH_MS = 50, 100
MILLISECONDS = 1e3
_RANDOM = Random(5)
_WORDS = [f"{start}{number}" for number in range(250) for start in ("card", "power", "shop", "line", "gate", "desk")]
_SIGNS = "断停电源柜台网络支付凭证手工备用线路设备故障客户门店终端通报更新证书到期提醒演练预案"
_OFFICER = {"actor": "wang.li", "role": "duty_officer"}
_COMMANDER = {"actor": "chen.yu", "role": "commander"}
_TECHNICIAN = {"actor": "xu.bo", "role": "technical_lead"}
_CARE = {"actor": "sun.mei", "role": "customer_care"}
_AGENT = {"actor": "luo.dan", "role": "agent"}
QUERIES = ("card0", "card1 power2", "gate249", "断电", "备用线路", "柜台 shop3", "nothing at all")
"""Frequent and rare words, words together, Chinese of two signs and of four, both, and what is in none."""


def figures_of_learning(grounds: Grounds) -> Iterator[Figure]:
    """Yield what a review costs, then what a search does on each database."""
    yield _reviewing()
    texts = [_text() for _ in range(LESSONS)]
    for database in ("sqlite", "postgresql"):
        yield _searching(grounds, database, texts)


def _reviewing() -> Figure:
    """Return what the review of one long incident with its parties costs, under the plan of a company."""
    plan = Plan.shipped("service-company")
    with Engine(MemoryEventStore(clock=system_clock), plans=[plan]) as engine:
        incident = _long(engine)
        events = engine.events(INCIDENT_CATEGORY, incident.id)
        ours = [_milliseconds(incident.review) for _ in range(ROUNDS)]
        plain = [_milliseconds(lambda: INCIDENT.fold(engine.events(INCIDENT_CATEGORY, incident.id))) for _ in ours]
        review = incident.review()
    found = [(one.decision, one.citation.position) for one in review.response.decisions]
    notes = [(one.text, one.citation.position) for one in review.notes]
    told = [
        (getattr(event.data, "text", None) or event.data.decision, event.position)
        for event in events
        if event.type in ("ProgressNoted", "DecisionRecorded")
    ]
    return Figure(
        name=f"review of an incident with {EVENTS} events",
        value=median(ours),
        unit="ms",
        bar=REVIEW_MS,
        least=False,
        peer=f"{median(ours) / median(plain):,.1f} times reading and folding it, {median(plain):,.2f} ms",
        spread=spread(ours),
        correct=review.ground.events == EVENTS and sorted(found + notes) == sorted(told),
        why="the review does not tell each note and decision with its event",
    )


def _long(engine: Engine) -> Any:
    """Return an incident of which people noted, heard, decided, said, did and were told much, with many customers."""
    incident = engine.report(
        category="equipment_failure", title="Card terminals down", actor="wang.li", role="duty_officer"
    )
    incident.assess(affected_customers=300, spread="regional", actor="chen.yu", role="assessor")
    incident.assign_level(3, basis="regional", actor="chen.yu", role="commander")
    incident.start_response(**_COMMANDER)
    for step in cycle(_STEPS):
        left = EVENTS - incident.review().ground.events
        if left < _MOST:
            break
        step(incident, left)
    for number in range(left):
        incident.note(f"Shop {number} takes cards again", **_OFFICER)
    return incident


def _cared(incident: Any, number: int) -> None:
    party = incident.register_affected(f"c-{number}", **_AGENT)
    party.contact_party(channel="hotline", **_AGENT)
    party.listen(complaint="The card was kept", **_AGENT)
    party.apologise(by="chen.yu", form="by telephone", **_CARE)


def _said(incident: Any, number: int) -> None:
    word = f"word{number}"
    incident.draft_statement(word, audience="staff", channel="staff_group", text="Take cash", **_CARE)
    incident.approve_statement(word, actor="gao.ping", role="executive")
    incident.publish_statement(word, **_COMMANDER)


def _measured(incident: Any, number: int) -> None:
    measure = f"m{number}"
    incident.add_measure(measure, title="Bring a terminal", reason="It is near", by_role="technical_lead", **_COMMANDER)
    incident.start_measure(measure, **_TECHNICIAN)
    incident.complete_measure(measure, outcome="It works", **_TECHNICIAN)


def _heard(incident: Any, number: int) -> None:
    incident.receive_information(f"i{number}", text="No card is taken", source="shops", **_COMMANDER)
    incident.record_feedback(f"Shop {number} is thankful", source="shops", channel="telephone", **_COMMANDER)


def _judged(incident: Any, number: int) -> None:
    incident.assess(affected_customers=300 + number, spread="regional", actor="chen.yu", role="assessor")
    incident.record_decision(f"Send a technician to shop {number}", rationale="It is near", **_COMMANDER)
    incident.note(f"Shop {number} takes cards again", **_OFFICER)


_STEPS = (_cared, _said, _measured, _heard, _judged)
_MOST = 10
"""More events than any of these steps makes."""


def _searching(grounds: Grounds, database: Database, texts: list[str]) -> Figure:
    """Return what the slowest of several searches costs."""
    with grounds.empty(database) as url, Engine.open(url) as engine:
        keys = _fill(engine, texts)
        engine.lessons(limit=1)  # which builds the table
        wrong = [query for query in QUERIES if _found(engine, query) != _scanned(keys, texts, query)]
        ours = {query: [_milliseconds(partial(_found, engine, query)) for _ in range(ROUNDS)] for query in QUERIES}
        slowest = max(ours, key=lambda query: median(ours[query]))
        plain = [_milliseconds(lambda: _scanned(keys, texts, slowest)) for _ in range(ROUNDS)]
    return Figure(
        name=f"search over {LESSONS:,} lessons, {TITLES[database]}, the slowest of {len(QUERIES)}",
        value=median(ours[slowest]),
        unit="ms",
        bar=SEARCH_MS,
        least=False,
        peer=f"{slowest!r}; a loop over all texts takes {median(plain) / median(ours[slowest]):,.1f} times as long, "
        f"{median(plain):,.0f} ms",
        spread=spread(ours[slowest]),
        correct=not wrong,
        why=f"other lessons than a scan finds: {', '.join(wrong)}",
    )


def _fill(engine: Engine, texts: list[str]) -> list[str]:
    """Record a lesson of each text, many an append, and return their keys."""
    keys = [f"lesson{number}" for number in range(len(texts))]
    for start in range(0, len(texts), BATCH):
        engine.store.append(
            *(
                Write(StreamId.of("lesson", key), [_recorded(text)], exactly(0))
                for key, text in zip(keys[start : start + BATCH], texts[start : start + BATCH], strict=True)
            )
        )
    return keys


def _recorded(text: str) -> Any:
    data = {"from": "new", "to": "recorded", "text": text, "source": "the trade", "category": "other", "level": 2}
    return attrs.evolve(new_event(0), type="LessonRecorded", data=data)


def _text() -> str:
    """Return a lesson of ten words, the first ones of the list more often, and ten Chinese signs."""
    words = [_WORDS[int(len(_WORDS) * _RANDOM.random() ** 3)] for _ in range(10)]
    return f"{' '.join(words)} {''.join(_RANDOM.choices(_SIGNS, k=10))}"


def _found(engine: Engine, query: str) -> list[str]:
    return [row.lesson for row in engine.lessons(query).rows]


def _scanned(keys: list[str], texts: list[str], query: str) -> list[str]:
    """Return the newest 20 lessons in which each part of *query* stands, by a look at each text."""
    parts = folded(query).split()
    found = []
    for key, text in zip(reversed(keys), reversed(texts), strict=True):
        known = folded(text)
        words = known.split()
        if all(part in words if part.isascii() else part in words[-1] for part in parts):
            found.append(key)
    return found[:20]


def _milliseconds(work: Callable[[], object]) -> float:
    started = perf_counter()
    work()
    return (perf_counter() - started) * MILLISECONDS
