"""The learning view names nobody, whatever happened and whatever was written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
from hypothesis import assume, given
from hypothesis import strategies as st

from respond.domain.events import Event
from respond.projections.document import document
from respond.projections.learning import labelled, learning_view
from respond.projections.review import review
from respond.projections.timeline import timeline
from respond.store.codec import Codec
from respond.store.records import StoredBody, leaf_of
from respond.workflow.incident import INCIDENT
from strategies import PEOPLE, PLAN, histories

NAMES = st.permutations(
    ["wang.li", "王丽", "O'Neil", "Ağa Şen", "a\\b", "chen.yu@example.org", "李 明", "x-17", "li.na*", "zoë"]
)
WORD = "card terminals down"


def renamed(events: list[Event], names: list[str]) -> tuple[Event, ...]:
    """Return *events* with other people in them, in the texts too."""
    told = dict(zip(PEOPLE, names, strict=False))
    text = f"{names[0]}说, {names[1]}, {names[2]}'s {names[0]}"

    def changed(value: Any) -> Any:
        match value:
            case dict():
                return {key: changed(one) for key, one in value.items()}
            case list():
                return [changed(one) for one in value]
            case str():
                return told.get(value, text if value == WORD else value)
        return value

    rows = []
    for event in events:
        raw = orjson.dumps(changed(orjson.loads(orjson.dumps(event.body))))
        rows.append(StoredBody(event.position, event.recorded_us, raw, leaf_of(raw, event.recorded_us, event.position)))
    return tuple(Codec(INCIDENT.event_types).decode_all(rows))


def texts(value: Any) -> Iterator[str]:
    """Yield every text in a document, keys included."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield key
            yield from texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from texts(one)
    elif isinstance(value, str):
        yield value


@given(histories(steps=25), NAMES)
def test_nobody_is_named(events, names):
    """No person of the log stands anywhere in it, and roles stand where people did."""
    assume(events)
    renamed_events = renamed(events, names)
    reviewed, told = review(renamed_events, plan=PLAN), timeline(renamed_events)
    roles = frozenset(role.id for role in PLAN.roles)
    view = document(learning_view(reviewed, told, renamed_events, roles))
    people = labelled(renamed_events, roles)
    assert set(people) >= {event.actor for event in renamed_events if event.actor}
    assert [text for text in texts(view) for name in people if name in text] == []
    assert any(name in text for text in texts(document(told)) for name in people)  # the control
