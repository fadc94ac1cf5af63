"""Exit statuses, and which error leads to which."""

from __future__ import annotations

from respond.errors import (
    AccessDenied,
    CommandRefused,
    IdempotencyConflict,
    LogsDiffer,
    NotFound,
    PlanNotFound,
    ProjectionDiffers,
    ProjectionFailed,
    RespondError,
    StoreError,
    UnreadableEvent,
    WorkflowNotFound,
)

DONE = 0
BAD_NEWS = 1
"""The question was understood, and the answer is one that nobody hopes for."""
WRONG_USAGE = 2
UNREACHED = 3
"""The store could not be reached, read or written."""
DEFECT = 70
"""respond itself is wrong; the traceback goes to standard error."""
INTERRUPTED = 130
UNREAD = 141
"""Whoever read the output went away."""


def status_of(error: RespondError) -> int:
    """Return the exit status that *error* leads to."""
    match error:
        case PlanNotFound() | WorkflowNotFound() | IdempotencyConflict():
            return WRONG_USAGE
        case (
            CommandRefused()
            | AccessDenied()
            | NotFound()
            | UnreadableEvent()
            | LogsDiffer()
            | ProjectionDiffers()
            | ProjectionFailed()
        ):
            return BAD_NEWS
        case StoreError():
            return UNREACHED
        case _:
            return WRONG_USAGE
