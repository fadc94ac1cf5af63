"""The recorder: one row of a case becomes the events that the log keeps of it."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from respond.domain.events import Event
from respond.domain.ids import event_ids
from respond.domain.moments import format_utc, parse_utc
from respond.errors import ImportRejected, Refusal
from respond.plan.plan import Plan
from respond.store.codec import Codec
from respond.store.protocol import EventStore
from respond.store.records import NewEvent, Recorded
from respond.transfer.cases import Broken, Case, Pending
from respond.transfer.facts import Facts, Opening
from respond.transfer.mapping import LogMapping
from respond.transfer.report import Tally
from respond.transfer.source import Source
from respond.transfer.steps import Step, destination, first_steps, late_steps, next_steps, noted_steps
from respond.workflow.judge import Judge
from respond.workflow.workflow import Workflow


class Recorder:
    """Turns rows into events, carries each case over them, and counts what it sees."""

    def __init__(
        self,
        source: Source,
        mapping: LogMapping,
        store: EventStore,
        plan: Plan,
        workflow: Workflow,
        tally: Tally,
    ) -> None:
        self._source = source
        self._mapping = mapping
        self._store = store
        self._plan = plan
        self._workflow = workflow
        self._tally = tally
        self._codec = Codec(workflow.stream_types)
        self._judge = Judge(workflow, plan)

    def record(self, case: Case, row: Pending, known: Recorded | None) -> list[NewEvent]:
        """Return the events to add for *row*; none when it tells nothing new, or *known* says that it is in the log.

        Raises `ImportRejected` when the log holds the case under other keys.
        """
        before, case.before = case.before, row.facts
        if row.facts.level is None and before.level is not None:
            case.before = attrs.evolve(row.facts, level=before.level)
        opening, case.opening = case.opening, None
        self._count(case, before, row.facts)
        if known is not None:
            self._recognise(case, row, known, opening, before)
            return []
        steps = self._steps(case, opening, before, row.facts)
        if not steps:
            return []
        if not (case.was_read or case.grew) and case.version != case.stored:
            if not case.known_rows:
                raise self._other_keys(row)
            self._read(case)
            steps = self._steps(case, opening, before, row.facts)
        case.grew = True
        self._tally.late += case.goes_on
        events = self._events(row, steps, opening)
        self._carry(case, row, steps)
        return events

    def _steps(self, case: Case, opening: Opening | None, before: Facts, facts: Facts) -> Sequence[Step]:
        kind = self._mapping.kind
        if opening is not None:
            return list(first_steps(facts, opening, kind))
        if case.goes_on:
            return list(late_steps(facts, before, case.incident, kind))
        steps = list(next_steps(facts, before, case.incident, kind))
        if not steps and case.was_read:  # people brought the incident there; a row without trace would be late one day
            steps = list(noted_steps(facts, before))
        return steps

    def _count(self, case: Case, before: Facts, facts: Facts) -> None:
        tally = self._tally
        if facts.unknown:
            tally.unknown_states[facts.label] += 1
        standing = destination(facts.target, case.standing)
        tally.state_changes += facts.label != before.label
        tally.team(before.team, facts.team)
        tally.level(before.level, facts.level)
        tally.standing(case.standing, standing)
        case.standing = standing

    def _carry(self, case: Case, row: Pending, steps: Sequence[Step]) -> None:
        """Judge *steps* and carry the incident over them."""
        evolvers, subject = self._workflow.evolvers, case.stream.key
        for index, (payload, _) in enumerate(steps):
            kind = type(payload)
            for refusal in self._judge.broken(case.incident, payload, row.time.at):
                self._deviation(row, kind.__name__, refusal)
            body = {"id": f"{row.command_id}/{index}", "subject": subject, "actor": row.actor}
            case.incident = evolvers[kind](case.incident, Event(0, 0, body, payload))
        case.version += len(steps)

    def _deviation(self, row: Pending, event: str, refusal: Refusal) -> None:
        self._tally.deviation(refusal, row=row.number, case=row.case, event=event)

    def _recognise(self, case: Case, row: Pending, known: Recorded, opening: Opening | None, before: Facts) -> None:
        """Carry the case over a row that is in the log already, and count again what was wrong with it."""
        if not case.known_rows:
            case.begins = known.version
        case.known_rows += 1
        if not case.was_read and known.version != case.version + 1:
            self._read(case)
        if not case.was_read:
            self._carry(case, row, self._steps(case, opening, before, row.facts))
            return
        for event, refusal in case.broken.get(row.key, ()):
            self._deviation(row, event, refusal)

    def _read(self, case: Case) -> None:
        """Take the incident from its stream, which holds other events than those of the rows so far."""
        incident = self._workflow.initial
        broken: dict[str, list[Broken]] = {}
        for event in self._codec.decode_all(self._store.read_stream(case.stream)):
            if "key" in event.source and event.version >= case.begins:
                refusals = self._judge.broken(incident, event.data, parse_utc(event.source["recorded_at"]))
                found = broken.setdefault(event.source["key"], [])
                found.extend((event.type, refusal) for refusal in refusals)
            incident = self._workflow.evolve(incident, event)
        case.incident, case.version = incident, case.stored
        case.rows_in_log, case.broken = len(broken), broken

    def _other_keys(self, row: Pending) -> ImportRejected:
        return self._source.rejected(
            f"the case {row.case!r} of the log {self._mapping.log!r} is stored already, and not with this row first: "
            "its rows were changed, or it was imported under another mapping; use that mapping, or another log name",
            place=self._source.at(row.number, self._mapping.case),
            value=row.case,
        )

    def _events(self, row: Pending, steps: Sequence[Step], opening: Opening | None) -> list[NewEvent]:
        """Return the events of *steps*; the first one is the report when the row has an *opening*."""
        source = {
            "log": self._mapping.log,
            "case": row.case,
            "row": row.number,
            "key": row.key,
            "recorded_at": format_utc(row.time.at),
            "state": row.facts.label,
        }
        events = []
        ids = event_ids(row.command_id, len(steps))
        for own_id, (payload, inferred) in zip(ids, steps, strict=True):
            name, schema_version, data = self._codec.encode(payload)
            events.append(
                NewEvent(
                    id=own_id,
                    type=name,
                    schema_version=schema_version,
                    data=data,
                    occurred_at=(opening.opened if opening else None) or row.time,
                    actor=opening.reporter if opening else row.actor,
                    command_id=row.command_id,
                    definition=self._workflow.reference if "to" in data else None,
                    plan=self._plan.reference if opening else None,
                    source={**source, "inferred": True} if inferred else source,
                )
            )
            opening = None
        return events
