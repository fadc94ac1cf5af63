"""The streams of a log: dense versions, ids that stand once, events that decode and fold, projections that agree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from respond.audit.finding import Findings
from respond.audit.projected import Projected, Tables
from respond.domain.events import Event
from respond.engine.definitions import Plans, Workflows
from respond.errors import UnreadableEvent
from respond.store.codec import Codec
from respond.store.records import Recorded
from respond.workflow.incident import INCIDENT_CATEGORY
from respond.workflow.judge import Judge, Judges
from respond.workflow.workflow import Workflow


@attrs.define
class _Stream:
    """One stream, as far as it was read."""

    first: int
    """The position of its first event."""
    workflow: Workflow | None
    state: Any
    """None when the stream cannot be folded further, or nobody knows how."""
    judge: Judge | None = None
    """Who judges its steps; None before the first event that could be read."""
    sound: bool = True
    """Whether every row so far was: projections of damage are not compared."""
    version: object = 0


class Streams:
    """Follows every stream of a log at once; holds a version and a state for each."""

    def __init__(self, workflows: Workflows, plans: Plans, findings: Findings, tables: Tables | None = None) -> None:
        self._workflows = workflows
        self._judges = Judges(plans.every, workflows.versions)
        self._codec = Codec(workflows.event_types)
        self._findings = findings
        self._streams: dict[tuple[object, object, object], _Stream] = {}
        self._ids: dict[object, set[int | str]] = {}
        self._projected = Projected(findings, tables)
        self._unknown: set[str] = set()
        self._deviations: dict[str, list[int]] = {}

    def __len__(self) -> int:
        return len(self._streams)

    @property
    def deviations(self) -> Mapping[str, tuple[int, ...]]:
        """For each rule, the positions of the steps that broke it."""
        return {code: tuple(positions) for code, positions in sorted(self._deviations.items())}

    @property
    def plans_missing(self) -> Mapping[str, int]:
        """The plans that are pinned and were not given, and how many streams were judged by their table alone."""
        return self._judges.missing

    def follow(self, record: Recorded, *, sound: bool) -> None:
        """Judge *record* as the next event of its stream; *sound* says whether the row in itself is."""
        key = (record.tenant, record.realm, record.stream)
        stream = self._streams.get(key)
        if stream is None:
            stream = self._streams[key] = self._begin(record)
        due = stream.version + 1 if isinstance(stream.version, int) else None
        if due is not None and record.version != due:
            text = f"{record.stream!r} stands at version {record.version!r}, {due} is due"
            self._findings.add("version-gap", record.position, text)
        stream.version = record.version
        stream.sound = stream.sound and sound
        self._know(record)
        if stream.state is not None and stream.workflow is not None:
            stream.state = self._fold(stream.workflow, stream, record)

    def end(self, position: int) -> None:
        """Compare the projections with what was folded, at the end of the log at *position*."""
        for (tenant, realm, name), stream in self._streams.items():
            if stream.workflow is not None and stream.workflow.category == INCIDENT_CATEGORY:
                state = stream.state if stream.sound else None
                self._projected.compare(str(tenant), str(realm), str(name), stream.first, state)
        self._projected.finish(position)

    def _begin(self, record: Recorded) -> _Stream:
        category = str(record.stream).partition("-")[0]
        workflow = self._workflows.get(category)
        if workflow is None and category not in self._unknown:
            self._unknown.add(category)
            text = f"no workflow is registered for {category!r}: its events were not decoded"
            self._findings.add("workflow-unknown", record.position, text)
        return _Stream(record.position, workflow, None if workflow is None else workflow.initial)

    def _know(self, record: Recorded) -> None:
        """Remember the id, 16 bytes of it, and say when it was there already."""
        known = self._ids.setdefault(record.tenant, set())
        before = len(known)
        known.add(_compact(record.id))
        if len(known) == before:
            text = f"the id {record.id} stands at an earlier position too"
            self._findings.add("id-twice", record.position, text)

    def _fold(self, workflow: Workflow, stream: _Stream, record: Recorded) -> Any:
        """Return the state after *record*; None when it cannot be told."""
        if type(record.body) is not bytes:
            return None
        try:
            event = self._codec.decode(record)
        except UnreadableEvent as error:
            self._findings.add("event-unreadable", record.position, str(error))
            return None
        try:
            judge = self._judged(workflow, stream, event)
            after = workflow.evolve(stream.state, event)
            stream.judge = self._judges.after(judge, event, after)
            if stream.sound and workflow.category == INCIDENT_CATEGORY:
                self._projected.take(event)
        except Exception as error:  # noqa: BLE001 - an evolve is a user's code: whatever it raises is a finding
            self._findings.add("event-unfoldable", record.position, f"the event does not fold: {error!r}")
            return None
        return after

    def _judged(self, workflow: Workflow, stream: _Stream, event: Event) -> Judge:
        judge = stream.judge or self._judges.of(workflow.category, event)
        for deviation in judge.findings(stream.state, event):
            self._deviations.setdefault(deviation.code, []).append(event.position)
        return judge


def _compact(event_id: object) -> int | str:
    text = str(event_id)
    try:
        return int(text.replace("-", ""), 16)
    except ValueError:
        return text
