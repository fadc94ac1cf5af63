"""Row 1 and 3: one command through the engine, and many streams loaded and folded at once.

Both sides write the same incidents: five events each before the clock runs, then a note and a change of the level, each
a command of its own (load, decide, append).  Afterwards every stream has seven events.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from time import perf_counter
from uuid import UUID

import attrs
from harness import ROUNDS, Figure, duel
from peer import Peer, PeerIncident

from respond import Engine
from respond.audit.check import check
from respond.domain.moments import format_utc
from respond.workflow.incident import INCIDENT_CATEGORY
from respond.workflow.incident.commands import ChangeLevel, Note

PIECE, PIECES = 10, 15
"""New incidents a piece, and pieces a round."""
INCIDENTS = PIECE * PIECES * ROUNDS
LOADED = 1000
EVENTS = 7
TEXT = "The vendor was called and looks for the fault; shops work with paper slips until noon."
BASIS = "regional, under 1,000 customers"
WHY = "it spreads to the whole region"


@attrs.define
class OurSide:
    """Our engine."""

    engine: Engine
    ids: list[str] = attrs.field(factory=list)

    def act(self) -> tuple[int, float]:
        """Return how many commands were carried out on new incidents, and the seconds."""
        engine = self.engine
        new = [self._prepared() for _ in range(PIECE)]
        started = perf_counter()
        for incident_id in new:
            engine.execute(INCIDENT_CATEGORY, incident_id, Note(text=TEXT), actor="wang.li")
            engine.execute(INCIDENT_CATEGORY, incident_id, ChangeLevel(level=2, justification=WHY), actor="wang.li")
        seconds = perf_counter() - started
        self.ids += new
        return 2 * PIECE, seconds

    def load(self) -> tuple[int, float]:
        """Return how many streams were read, all in one call, and the seconds."""
        started = perf_counter()
        states = self.engine.states(INCIDENT_CATEGORY, self.ids[:LOADED])
        seconds = perf_counter() - started
        _require([(state.status, state.level, state.notes) for state in states.values()])
        return LOADED, seconds

    def correct(self) -> bool:
        """Return whether the log is sound and every incident stands where it should."""
        report = check(self.engine.store)  # type: ignore[arg-type]
        states = [self.engine.incident(incident_id).state() for incident_id in self.ids]
        _require([(state.status, state.level, state.notes) for state in states])
        return report.clean and not report.deviations and report.events == EVENTS * len(self.ids)

    def _prepared(self) -> str:
        incident = self.engine.report(category="facility_failure", title="Card terminals down", actor="wang.li")
        incident.assess(affected_customers=300, spread="regional", actor="wang.li")
        incident.assign_level(3, basis=BASIS, actor="wang.li")
        incident.start_response(actor="wang.li")
        incident.take_command("chen.yu", actor="wang.li")
        return incident.id


@attrs.define
class PeerSide:
    """The peer's application."""

    application: Peer
    ids: list[UUID] = attrs.field(factory=list)

    def act(self) -> tuple[int, float]:
        """Return how many commands were carried out on new incidents, and the seconds."""
        application = self.application
        new = [self._prepared() for _ in range(PIECE)]
        started = perf_counter()
        for incident_id in new:
            incident = application.repository.get(incident_id)
            incident.note(TEXT, "wang.li", _now())
            application.save(incident)
            incident = application.repository.get(incident_id)
            incident.change_level(2, WHY, "wang.li", _now())
            application.save(incident)
        seconds = perf_counter() - started
        self.ids += new
        return 2 * PIECE, seconds

    def load(self) -> tuple[int, float]:
        """Return how many streams were read, one by one: the peer has no other way; and the seconds."""
        started = perf_counter()
        states = [self.application.repository.get(incident_id) for incident_id in self.ids[:LOADED]]
        seconds = perf_counter() - started
        _require([(state.status, state.level, state.notes) for state in states])
        return LOADED, seconds

    def correct(self) -> bool:
        """Return whether every incident stands where it should."""
        states = [self.application.repository.get(incident_id) for incident_id in self.ids]
        _require([(state.status, state.level, state.notes) for state in states])
        return all(state.version == EVENTS for state in states)

    def _prepared(self) -> UUID:
        told = {"actor": "wang.li", "occurred_at": _now(), "source": {}}
        incident = PeerIncident(category="facility_failure", title="Card terminals down", to="reported", **told)
        self.application.save(incident)
        for step in (
            lambda: incident.moved(from_="reported", to="assessed", **told),
            lambda: incident.level_set(to="level_assigned", level=3, basis=BASIS, **told),
            lambda: incident.moved(from_="level_assigned", to="responding", **told),
            lambda: incident.command_taken(commander="chen.yu", **told),
        ):
            step()
            self.application.save(incident)
        return incident.id


def figures(backend: str, ours: OurSide, theirs: PeerSide, *, bars: tuple[float, float]) -> list[Figure]:
    """Return both rows on one database."""
    commands = duel(ours.act, theirs.act, pieces=PIECES)
    correct = ours.correct() and theirs.correct() and len(ours.ids) == len(theirs.ids) == INCIDENTS
    loads = duel(ours.load, theirs.load, pieces=2)
    return [
        commands.figure(
            f"engine, one command (load, decide, append), {backend}",
            bar=bars[0],
            what="commands",
            peer="repository.get, command, app.save",
            correct=correct,
        ),
        loads.figure(
            f"load and fold {LOADED:,} streams of {EVENTS} at once, {backend}",
            bar=bars[1],
            what="streams",
            peer="repository.get, one by one",
            correct=correct,
        ),
    ]


def _require(stands: Sequence[tuple[str, int | None, int]]) -> None:
    if set(stands) != {("responding", 2, 1)}:
        raise AssertionError(f"some incidents stand elsewhere: {set(stands)}")


def _now() -> str:
    return format_utc(datetime.now(UTC))
