"""Cases: where each incident of a foreign log stands while its rows pass by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from respond.domain.ids import hashed_id
from respond.domain.moments import Moment
from respond.domain.streams import StreamId
from respond.errors import Refusal
from respond.transfer.facts import Facts, Opening
from respond.workflow.incident.lifecycle import INCIDENT_CATEGORY
from respond.workflow.incident.state import REPORTED, Incident


def stream_of(log: str, case: str) -> StreamId:
    """Return the stream of the incident that *case* of the foreign log *log* becomes."""
    return StreamId.of(INCIDENT_CATEGORY, str(hashed_id("incident", log, case)))


Broken = tuple[str, Refusal]
"""The type of an event, and a rule that it broke."""


@attrs.frozen
class Pending:
    """A row that waits for its batch."""

    case: str
    number: int
    key: str
    """Its import key."""
    command_id: str
    time: Moment
    actor: str | None
    facts: Facts
    opening: Opening | None
    """What it says beside its facts, when it is the first of its case."""


@attrs.define
class Case:
    """What is known of one case so far."""

    stream: StreamId
    stored: int
    """The version of its stream before this import."""
    opening: Opening | None
    """What its first row says beside its facts; None once that row has passed."""
    before: Facts
    """The last row, with the last level that a row named; the first one itself as long as that has not passed."""
    incident: Incident = Incident()
    version: int = 0
    """How many events of its stream the rows so far account for, those that wait to be stored included."""
    standing: str = REPORTED
    """Where the rows alone say that it stands."""
    known_rows: int = 0
    """Rows of this file that were in the log already."""
    begins: int = 1
    """The version at which the first of these stands: more than 1 when the file has lost its beginning."""
    grew: bool = False
    """Whether this import added events to it."""
    rows_in_log: int | None = None
    """How many rows of this case the log holds from there on; known only once its stream had to be read."""
    broken: Mapping[str, Sequence[Broken]] = {}
    """Once its stream was read: the rules that its rows broke when they were recorded, by import key."""

    @property
    def was_read(self) -> bool:
        """Whether *incident* comes from the stream, because that holds other events than those of the rows."""
        return self.rows_in_log is not None

    @property
    def goes_on(self) -> bool:
        """Whether rows that are in the log already are still to come."""
        return self.rows_in_log is not None and self.known_rows < self.rows_in_log
