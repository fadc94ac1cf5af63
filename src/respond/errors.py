"""Every error that respond raises, on one page.

The text of an error names the place and the value, then what to write instead.  `code` is stable: programs and tests
rely on it, never on the text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import attrs


class RespondError(Exception):
    """The root of every error that respond raises."""

    code: ClassVar[str] = "error"
    retryable: ClassVar[bool] = False
    """Whether the same call may succeed when it is made again."""

    def as_dict(self) -> dict[str, Any]:
        """Return the error as plain data, for logs and `--json`."""
        return {"code": self.code, "message": str(self)}


# -- what the caller wrote ---------------------------------------------------------------------------------------------


class InvalidInput(RespondError, ValueError):
    """A value cannot be accepted; nothing was done."""

    code = "invalid-input"

    def __init__(self, message: str, *, place: str = "", value: object = None) -> None:
        super().__init__(f"{place}: {message}" if place else message)
        self.place = place
        self.value = value

    def as_dict(self) -> dict[str, Any]:
        return {**super().as_dict(), "place": self.place}


class InvalidRecord(InvalidInput):
    """An event cannot be stored: a float, an integer beyond 2^53, a lone surrogate, NUL in an index, too large."""

    code = "invalid-record"


class InvalidMoment(InvalidInput):
    """A time is naive, ambiguous, does not exist on the clock, or lies outside the years 1 to 9999."""

    code = "invalid-moment"


class InvalidCircumstances(InvalidInput):
    """A text of the circumstances, such as the actor's id, is too long or broken; `refusals` lists every reason."""

    code = "invalid-circumstances"

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        super().__init__("; ".join(f"{one.text} [{one.code}]" for one in refusals), place="circumstances")
        self.refusals = tuple(refusals)


class InvalidDocument(InvalidInput):
    """A document that people write in a file cannot be read; the message names the file, the key and its line."""

    code = "invalid-document"

    def __init__(
        self,
        message: str,
        *,
        place: str = "",
        value: object = None,
        flaw: str = "value-invalid",
        key: str = "",
        line: int | None = None,
    ) -> None:
        super().__init__(message, place=place, value=value)
        self.flaw = flaw
        """What is wrong, by a stable code."""
        self.key = key or place
        """The path of the key, such as `levels[1].number`."""
        self.line = line
        """Its line, where there is a file."""
        self.others: tuple[Self, ...] = ()
        """What else is wrong with the document, as far as reading found it."""

    def as_dict(self) -> dict[str, Any]:
        return {**super().as_dict(), "flaw": self.flaw, "key": self.key, "line": self.line}


class InvalidPlan(InvalidDocument):
    """A contingency plan cannot be read; the message names the file, the key and its line."""

    code = "invalid-plan"


class InvalidWorkflow(InvalidInput):
    """A workflow definition contradicts itself."""

    code = "invalid-workflow"

    def __init__(self, message: str, *, place: str = "", value: object = None, findings: Sequence[Any] = ()) -> None:
        super().__init__(message, place=place, value=value)
        self.findings = tuple(findings)
        """What lint says of the definition, warnings too; none where something else is wrong."""

    def as_dict(self) -> dict[str, Any]:
        told = [{"code": one.code, "place": one.place, "text": one.text} for one in self.findings]
        return {**super().as_dict(), "findings": told}


class InvalidMapping(InvalidDocument):
    """A mapping file for an import cannot be read; the message names the file, the key and its line."""

    code = "invalid-mapping"


class ImportRejected(InvalidInput):
    """A foreign log cannot be read further; the message names the file, the row and the column."""

    code = "import-rejected"

    def __init__(self, message: str, *, place: str = "", value: object = None, row: int | None = None) -> None:
        super().__init__(message, place=place, value=value)
        self.row = row
        """The last row that was stored, when some were: the import can be run again from there."""

    def as_dict(self) -> dict[str, Any]:
        return {**super().as_dict(), "row": self.row}


# -- what the workflow says --------------------------------------------------------------------------------------------


@attrs.frozen
class Refusal:
    """One reason why a command is refused."""

    code: str
    text: str
    transition: str = ""
    """The transition that the reason bars, as `source -> dest`; empty when it bars the command altogether."""


class CommandRefused(RespondError):
    """The workflow does not allow the command now; `refusals` lists every reason."""

    code = "refused"

    def __init__(self, command: str, state: str, refusals: Sequence[Refusal]) -> None:
        reasons = "; ".join(f"{refusal.text} [{refusal.code}]" for refusal in refusals)
        super().__init__(f"{command} is refused in state {state!r}: {reasons}")
        self.command = command
        self.state = state
        self.refusals = tuple(refusals)

    def as_dict(self) -> dict[str, Any]:
        return {
            **super().as_dict(),
            "command": self.command,
            "state": self.state,
            "refusals": [attrs.asdict(refusal) for refusal in self.refusals],
        }


class AccessDenied(RespondError):
    """The plan shows this to another role, or to nobody."""

    code = "access-denied"


class NotFound(RespondError, LookupError):
    """Nothing goes by that name here."""

    code = "not-found"


class IncidentNotFound(NotFound):
    """No incident has this id, number or reference."""

    code = "incident-not-found"


class PlanNotFound(NotFound):
    """The plan that an incident pins is not among the plans that were given."""

    code = "plan-not-found"


class WorkflowNotFound(NotFound):
    """No workflow is registered under this name, or none for this category of stream."""

    code = "workflow-not-found"


# -- what the log holds ------------------------------------------------------------------------------------------------


class UnreadableEvent(RespondError):
    """A stored event cannot be turned into its class: unknown type or version, or a body that does not fit."""

    code = "unreadable-event"


class EventArchived(UnreadableEvent):
    """The body of a stored event left the log for a file; the message names it.  Name its folder to read it."""

    code = "event-archived"


class EventErased(EventArchived):
    """The body of an event was erased: nobody has it any more."""

    code = "event-erased"


class ArchiveUnreadable(UnreadableEvent):
    """A file that bodies left the log for is missing, was altered, or does not hold what the manifest says."""

    code = "archive-unreadable"


class LogsDiffer(RespondError):
    """Two databases that should hold the same log do not; the message names the first place."""

    code = "logs-differ"

    def __init__(self, message: str, *, position: int) -> None:
        super().__init__(message)
        self.position = position

    def as_dict(self) -> dict[str, Any]:
        return {**super().as_dict(), "position": self.position}


# -- what the store says -----------------------------------------------------------------------------------------------


class StoreError(RespondError):
    """The store could not do what was asked; nothing was written."""

    code = "store-error"


class VersionConflict(StoreError):
    """The stream moved on since it was read; load it again and decide anew."""

    code = "version-conflict"
    retryable = True

    def __init__(self, stream: object, expected: object, actual: int | None) -> None:
        found = "moved on" if actual is None else f"is at version {actual}"
        super().__init__(f"{stream} {found}, the writer expected {expected}; load it again and decide anew")
        self.stream = stream
        self.expected = expected
        self.actual = actual


class IdempotencyConflict(StoreError):
    """Event ids are already in the log with another content, or only some of them are; nothing was written."""

    code = "idempotency-conflict"

    def __init__(self, ids: Mapping[str, str]) -> None:
        reasons = "; ".join(f"{event_id}: {reason}" for event_id, reason in ids.items())
        super().__init__(f"these event ids cannot be appended: {reasons}; use new ids for new events")
        self.ids = dict(ids)


class ClockSkew(StoreError):
    """The log is ahead of the clock by more than is allowed; mend the clock, or allow the skew explicitly."""

    code = "clock-skew"


class CheckpointLost(StoreError):
    """Another runner took over, or the checkpoint was moved or paused; roll back what rests on it, and claim again."""

    code = "checkpoint-lost"


class WrongIsolation(StoreError):
    """A transaction runs at another isolation level than READ COMMITTED."""

    code = "wrong-isolation"


class HeadHeld(StoreError):
    """The caller is in a transaction of the log that is still open; another append would wait for itself."""

    code = "head-held"


class ProjectionFailed(StoreError):
    """A read model that is kept within the append could not take the events on; nothing was written."""

    code = "projection-failed"


class ProjectionDiffers(StoreError):
    """The tables of a projection do not hold what a fold of the log says; they do not answer."""

    code = "projection-differs"

    def __init__(self, name: str, build: str, position: int, differences: Sequence[str]) -> None:
        super().__init__(
            f"{name} {build}: at position {position} its tables differ from a fold of the log, first in: "
            f"{'; '.join(differences)}; mend its `apply` or its `fold`, raise its version, and rebuild it"
        )
        self.differences = list(differences)


class ProjectionBehind(StoreError):
    """A projection did not reach a position in time; ask again, or look whether anything runs it."""

    code = "projection-behind"
    retryable = True

    def __init__(self, name: str, position: int | None, wanted: int, why: str) -> None:
        at = "has no tables that answer" if position is None else f"is at position {position}"
        super().__init__(f"{name} {at}, {wanted} was waited for: {why}; see `respond projection list`")
        self.name = name
        self.position = position
        self.wanted = wanted


class UnsafeSettings(StoreError):
    """The database is set to lose or to damage what was acknowledged; set it as the message says."""

    code = "unsafe-settings"


class StoreUnavailable(StoreError):
    """The database cannot be reached, read or written."""

    code = "store-unavailable"
    retryable = True


class StoreBusy(StoreUnavailable):
    """Another writer held a lock for too long, or a deadlock was broken; try again."""

    code = "store-busy"


class StoreReadOnly(StoreUnavailable):
    """The database does not accept writes: a read-only file, folder, role or standby."""

    code = "store-read-only"
    retryable = False


class StoreFull(StoreUnavailable):
    """The disk or the database is full; what was acknowledged is kept."""

    code = "store-full"


class OutcomeUnknown(StoreUnavailable):
    """The connection was lost, or the disk failed, at a commit; append again with the same ids to learn the outcome."""

    code = "outcome-unknown"


class WrongDatabase(StoreError):
    """The database is not a respond log: another program's, or not a database at all."""

    code = "wrong-database"


class DatabaseMissing(WrongDatabase):
    """There is no database at that place; run `respond db init` to make one."""

    code = "database-missing"


class SchemaTooNew(WrongDatabase):
    """The database was made by a newer respond; upgrade the library."""

    code = "schema-too-new"


class SchemaTooOld(WrongDatabase):
    """The database was made by an older respond; run `respond db upgrade`."""

    code = "schema-too-old"


# -- what the world outside says ---------------------------------------------------------------------------------------


class TargetUnavailable(RespondError):
    """Where events are published to cannot be reached; nothing is given up, they are published when it is back."""

    code = "target-unavailable"
    retryable = True
