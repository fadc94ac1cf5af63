"""Nothing that is withheld stands anywhere in a view, whatever was recorded, corrected or retracted."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from datetime import timedelta
from random import Random
from typing import Any

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from rehearsal import desk, plan, responding
from respond import CommandRefused
from respond.domain.events import Event
from respond.plan.access import MATTERS, AccessRule, Matter
from respond.projections.redaction import Redaction, mark_of
from taken_out import without

PRESS = """
[[channels]]
id = "wire"
title = "Wire"
medium = "press"

[[audiences]]
id = "press"
title = "Press"
kind = "media"
channels = ["wire"]
speakers = ["agent"]
"""
KEYS = ("a", "b")
ROLE = "agent"


class Life:
    """An incident in which every text is told once, so that it is known where it may stand."""

    def __init__(self, random: Random, shown: frozenset[Matter]) -> None:
        rule = AccessRule(id="some", roles=(ROLE,), shows=tuple(sorted(shown)))
        self.engine = desk(attrs.evolve(plan(PRESS), access=(rule,)))
        self.random = random
        self.secrets: dict[tuple[Any, ...], list[str]] = defaultdict(list)
        """What was told, by its matter and by what makes it public."""
        self.public: set[tuple[Any, ...]] = set()
        self.people = ("wang.li", "chen.yu", "zhao.min", "qian.fei")
        self.incident = responding(self.engine)
        self.party = self.incident.register_affected("c-1", group=self.text("customers"))

    def text(self, *matter: Any) -> str:
        """Return a text that stands nowhere else."""
        told = f"secret-{sum(map(len, self.secrets.values()))}-told"
        self.secrets[matter].append(told)
        return told

    def hidden(self, shown: frozenset[Matter]) -> Iterator[str]:
        """Yield the texts that somebody who is shown these matters may not read."""
        for matter, texts in self.secrets.items():
            if matter[0] not in shown and matter not in self.public:
                yield from texts

    def step(self) -> None:
        """Do something; what is refused tells nothing."""
        secrets = {matter: [*texts] for matter, texts in self.secrets.items()}
        events = len(tuple(self.engine.log()))
        steps = (self.suspect, self.rule, self.hear, self.check, self.draft, self.correct, self.publish, self.voice)
        more = (self.approve, self.note, self.listen, self.call, self.settle, self.find, self.amend, self.finish)
        with suppress(CommandRefused):
            self.random.choice((*steps, *more, self.pin, self.unpin, self.correct_pin))()
        if len(tuple(self.engine.log())) == events:
            self.secrets = defaultdict(list, secrets)

    def by(self) -> dict[str, str]:
        return {"actor": self.random.choice(self.people), "role": ROLE}

    def key(self) -> str:
        return self.random.choice(KEYS)

    def suspect(self) -> None:
        self.incident.raise_hypothesis(self.key(), cause=self.text("causes"), evidence=self.text("causes"), **self.by())

    def rule(self) -> None:
        say = self.random.choice([self.incident.confirm_hypothesis, self.incident.reject_hypothesis])
        say(self.key(), evidence=self.text("causes"), **self.by())

    def hear(self) -> None:
        key = self.key()
        text, source = self.text("rumours", key), self.text("rumours", key)
        self.incident.receive_information(key, text=text, kind="rumour", source=source, **self.by())

    def check(self) -> None:
        key = self.key()
        if self.random.random() < 0.5:
            self.incident.refute_information(key, evidence=self.text("rumours", key), **self.by())
        else:
            self.incident.confirm_information(key, evidence=self.text("rumours", key), **self.by())
            self.public.add(("rumours", key))

    def words(self, *matter: Any) -> dict[str, Any]:
        soon = self.engine.clock() + timedelta(hours=1)
        told = {name: self.text(*matter) for name in ("text", "cause", "effect", "measures", "recovery")}
        return {"next_update_at": soon, **told, **self.by()}

    def draft(self) -> None:
        key = self.key()
        self.incident.draft_statement(key, audience="press", channel="wire", **self.words("drafts", key, 1))

    def correct(self) -> None:
        key = self.key()
        known = self.incident.state().said.statements.get(key)
        version = 1 if known is None else known.version + 1
        reason = self.text("drafts", key, version)
        self.incident.correct_statement(key, reason=reason, **self.words("drafts", key, version))

    def publish(self) -> None:
        key = self.key()
        self.incident.approve_statement(key, **self.by())
        self.incident.publish_statement(key, **self.by())
        self.public.add(("drafts", key, self.incident.state().said.statements[key].version))

    def voice(self) -> None:
        version = len(self.incident.state().said.key_messages) + 1
        self.incident.set_key_messages(self.text("drafts", version), stage="first", **self.by())

    def approve(self) -> None:
        version = len(self.incident.state().said.key_messages)
        self.incident.approve_key_messages(version, **self.by())
        self.public.add(("drafts", version))

    def note(self) -> None:
        self.incident.note(self.text("notes"), fields={"area": self.text("notes")}, **self.by())

    def listen(self) -> None:
        self.party.listen(complaint=self.text("customers"), need=self.text("customers"), **self.by())

    def call(self) -> None:
        self.party.contact_party("telephone", text=self.text("customers"), **self.by())

    def settle(self) -> None:
        self.party.settle_case(self.text("customers"), **self.by())

    def find(self) -> None:
        self.incident.record_finding("cause", self.text("causes"), evidence=(self.text("causes"),), **self.by())

    def amend(self) -> None:
        fields = {"ProgressNoted": ("notes", "text"), "HypothesisRaised": ("causes", "cause")}
        mine = [event for event in self.incident.events() if event.type in fields]
        if not mine:
            return
        event = self.random.choice(mine)
        matter, field = fields[event.type]
        if matter == "notes" and self.random.random() < 0.4:
            self.incident.retract(event.id, reason=self.text(matter), **self.by())
        else:
            reason = self.text(matter)
            self.incident.correct(event.id, {field: self.text(matter)}, reason=reason, **self.by())

    def pin(self) -> None:
        """Pin an entry, or a pin of one, and say why in words that belong to the same matter."""
        matters = {"ProgressNoted": "notes", "HypothesisRaised": "causes"}
        event = self.random.choice(self.incident.events())
        told = self.pinned(event)
        if told.type in matters:
            self.incident.pin_entry(event.id, note=self.text(matters[told.type]), **self.by())

    def unpin(self) -> None:
        for entry in self.incident.state().pinned[:1]:
            self.incident.unpin_entry(entry, reason=self.text(self.matter(entry)), **self.by())

    def correct_pin(self) -> None:
        for pin in [event for event in self.incident.events() if event.type == "EntryPinned"][-1:]:
            matter = self.matter(pin.data.entry)
            self.incident.correct(pin.id, {"note": self.text(matter)}, reason=self.text(matter), **self.by())

    def matter(self, entry: str) -> str:
        """Return what the entry that is pinned belongs to."""
        event = next(event for event in self.incident.events() if event.id == entry)
        return "notes" if self.pinned(event).type == "ProgressNoted" else "causes"

    def pinned(self, event: Event) -> Event:
        """Return what *event* pins, or what that pins; itself when it is no pin."""
        known = {one.id: one for one in self.incident.events()}
        while event.type == "EntryPinned":
            event = known[event.data.entry]
        return event

    def finish(self) -> None:
        if self.random.random() < 0.3:
            with suppress(CommandRefused):
                self.incident.resolve("New terminals", **self.by())
            self.incident.close_review("Done", **self.by())
            self.public.add(("causes",))


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32), st.frozensets(st.sampled_from(MATTERS)), st.integers(1, 40))
def test_nothing_that_is_withheld_is_told(seed, shown, steps):
    """Neither state nor timeline nor review holds a text of what a role is not shown, and what is left out is named."""
    life = Life(Random(seed), shown)
    for _ in range(steps):
        life.step()
    view = life.incident.view(ROLE)
    told = json.dumps(view.to_json())
    assert [text for text in life.hidden(shown) if text in told] == []
    assert view.withholds == tuple(matter for matter in MATTERS if matter not in shown)
    assert {event.id for event in view.withheld} == _telling(life.engine.log(), set(life.hidden(shown)))
    assert "people" in shown or not [person for person in life.people if person in told]


def test_the_control():
    """Somebody who is shown everything reads every text, and without the redaction so does everybody."""
    life = Life(Random(7), frozenset(MATTERS))
    for _ in range(60):
        life.step()
    told = json.dumps(life.incident.view(ROLE).to_json())
    texts = [text for matter, every in life.secrets.items() if matter[0] != "drafts" for text in every]
    assert len(texts) > 20
    assert [text for text in texts if text not in told] == []
    blind = Life(Random(7), frozenset())
    blind.note()
    assert mark_of("notes") in json.dumps(blind.incident.view(ROLE).to_json())
    with without(f"{Redaction.__module__}.Redaction._of"):
        assert any(text in json.dumps(blind.incident.view(ROLE).to_json()) for text in blind.hidden(frozenset()))


def _telling(events: Iterable[Event], hidden: Collection[str]) -> set[str]:
    """Return the ids of the events that tell one of the texts that are *hidden*."""
    return {event.id for event in events if any(f'"{text}"' in json.dumps(event.body["data"]) for text in hidden)}
