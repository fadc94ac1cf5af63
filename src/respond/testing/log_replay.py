"""Replay a recorded log through a changed workflow: which streams stay the same, and where it would refuse.

    found = replay_log("production.jsonl", WORKFLOW, plans=PLANS)
    assert found.same, found

The events are folded as the workflow folds them, and each step is asked of its transitions and guards, in the
situation in which it was taken.  A guard that reads the command is asked where the command can be told from the event:
every field of its class is a field of the event, or *commands* makes it.  The others are listed as not asked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

import attrs

from respond.domain.events import Event
from respond.errors import Refusal, UnreadableEvent
from respond.plan.plan import Plan
from respond.store.codec import Codec
from respond.store.records import StoredBody, decoded
from respond.testing.recheck import Recheck, Recorded
from respond.testing.recorded_log import Source, bodies_in
from respond.workflow.workflow import Workflow

Verdict = Literal["same", "refused", "unknown_state", "unreadable"]
"""What became of a stream.

`same`: every step would be taken again.  `refused`: one would not.  `unknown_state`: it ends in a state that the
workflow does not have.  `unreadable`: an event cannot be read, and the stream was left there.
"""
_SHOWN = 20


@attrs.frozen(kw_only=True)
class RefusedStep:
    """A step of the log that the workflow would refuse."""

    version: int
    """Of the stream."""
    type: str
    """Of the event."""
    refusals: tuple[Refusal, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        """Every code, each once."""
        return tuple(dict.fromkeys(one.code for one in self.refusals))


@attrs.define(kw_only=True)
class StreamReplay:
    """What became of one stream."""

    tenant: str
    realm: str
    stream: str
    status: str
    """Where it ends."""
    known: bool
    """Whether the workflow has that state."""
    events: int = 0
    refused: list[RefusedStep] = attrs.field(factory=list)
    unreadable: str = ""
    """Why its next event cannot be read; empty when all can."""

    @property
    def verdict(self) -> Verdict:
        if self.unreadable:
            return "unreadable"
        if not self.known:
            return "unknown_state"
        return "refused" if self.refused else "same"

    def __str__(self) -> str:
        told = [f"would refuse version {one.version}, {one.type}: {', '.join(one.codes)}" for one in self.refused]
        if not self.known:
            told.append(f"ends in an unknown state, {self.status!r}")
        if self.unreadable:
            told.append(f"cannot be read past version {self.events}: {self.unreadable}")
        return f"{self.stream}: {'; '.join(told) or 'same'}"


@attrs.frozen(kw_only=True)
class Replayed:
    """What became of a log."""

    workflow: str
    streams: tuple[StreamReplay, ...]
    others: Mapping[str, int]
    """For each other category how many events of it were passed over."""
    unread: int = 0
    """How many bodies were passed over that are archived or damaged: nobody knows their stream."""
    not_asked: Mapping[str, int]
    """For each guard how often it could not be asked: it reads a command that cannot be told."""
    plans_missing: Mapping[str, int]
    """The plans that were pinned and not given, and how many steps were held against the table alone for that."""

    @property
    def same(self) -> bool:
        """Whether there is a stream, and every one stays the same."""
        return bool(self.streams) and not self.differing

    @property
    def differing(self) -> tuple[StreamReplay, ...]:
        """The streams that do not."""
        return tuple(one for one in self.streams if one.verdict != "same")

    def __str__(self) -> str:
        counted = Counter(one.verdict for one in self.streams)
        verdicts = ", ".join(f"{count} {verdict}" for verdict, count in counted.most_common())
        lines = [f"{self.workflow}: {verdicts or 'no stream of it'}"]
        lines += [f"  {one}" for one in self.differing[:_SHOWN]]
        if len(self.differing) > _SHOWN:
            lines.append(f"  and {len(self.differing) - _SHOWN} more")
        if self.not_asked:
            lines.append(f"  guards not asked: {_counted(self.not_asked)}")
        if self.unread:
            lines.append(f"  bodies not read: {self.unread}")
        if self.plans_missing:
            lines.append(f"  plans not given: {_counted(self.plans_missing)}")
        return "\n".join(lines)


def replay_log(
    source: Source,
    workflow: Workflow,
    *,
    plans: Iterable[Plan] = (),
    commands: Mapping[type, Callable[[Event], Any]] | None = None,
) -> Replayed:
    """Return what becomes of each stream of *workflow* in *source* when its rules are asked.

    *plans* are those that the log pins.  *commands* makes, by the class of an event's payload, the command that caused
    it.  Raises what `bodies_in` raises.
    """
    codec = Codec(workflow.event_types)
    recheck = Recheck(workflow, plans, commands or {})
    streams: dict[tuple[str, str, str], _Followed] = {}
    others: Counter[str] = Counter()
    unread = 0
    for row in bodies_in(source):
        try:
            body = decoded(row)
        except UnreadableEvent:
            unread += 1
            continue
        category = str(body["stream"]).partition("-")[0]
        if category != workflow.category:
            others[category] += 1
            continue
        key = (body["tenant"], body["realm"], body["stream"])
        if key not in streams:
            streams[key] = _Followed(workflow, recheck, key)
        streams[key].follow(codec, row)
    return Replayed(
        workflow=str(workflow.reference),
        streams=tuple(one.replay for one in streams.values()),
        others=dict(sorted(others.items())),
        unread=unread,
        not_asked=dict(sorted(recheck.not_asked.items())),
        plans_missing=dict(sorted(recheck.plans_missing.items())),
    )


class _Followed:
    """One stream, followed event by event."""

    def __init__(self, workflow: Workflow, recheck: Recheck, key: tuple[str, str, str]) -> None:
        self._workflow = workflow
        self._recheck = recheck
        self._past = Recorded(state=workflow.initial, history=())
        tenant, realm, stream = key
        self.replay = StreamReplay(tenant=tenant, realm=realm, stream=stream, status="new", known=True)

    def follow(self, codec: Codec, row: StoredBody) -> None:
        """Ask the rules about the next event, and fold it; do nothing once an event could not be read."""
        if self.replay.unreadable:
            return
        try:
            event = codec.decode(row)
        except UnreadableEvent as error:
            self.replay.unreadable = str(error)
            return
        refusals = self._recheck.refusals(self._past, event)
        if refusals:
            self.replay.refused.append(RefusedStep(version=event.version, type=event.type, refusals=refusals))
        self._past = self._past.then(self._workflow, event)
        self.replay.events += 1
        self.replay.status = str(self._past.state.status)
        self.replay.known = self.replay.status in self._workflow.states


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} ({count})" for name, count in counts.items())
