"""An event-sourced incident workflow engine.

The names below are the public ones; each is loaded from its home when it is first used, so that `import respond` loads
no database, driver or test tool.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from respond.domain.moments import Moment
    from respond.domain.streams import ANY, NO_STREAM, STREAM_EXISTS, StreamId, exactly
    from respond.errors import CommandRefused, Refusal, RespondError

__all__ = [
    "ANY",
    "NO_STREAM",
    "STREAM_EXISTS",
    "CommandRefused",
    "Moment",
    "Refusal",
    "RespondError",
    "StreamId",
    "exactly",
]

_HOMES = {
    "ANY": "respond.domain.streams",
    "NO_STREAM": "respond.domain.streams",
    "STREAM_EXISTS": "respond.domain.streams",
    "CommandRefused": "respond.errors",
    "Moment": "respond.domain.moments",
    "Refusal": "respond.errors",
    "RespondError": "respond.errors",
    "StreamId": "respond.domain.streams",
    "exactly": "respond.domain.streams",
}


def __getattr__(name: str) -> Any:
    """Load a public name from its home; raises `AttributeError` for any other."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'respond' has no attribute {name!r}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names beside those of the module itself."""
    return sorted({*globals(), *__all__})
