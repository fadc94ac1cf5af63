"""What may be asked of an incident over HTTP: a model for each command; the workflow decides the rest."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

TEXT_MAX = 10_000


class Command(BaseModel):
    """The fields of a command; one that has none takes an empty object."""

    model_config = ConfigDict(extra="forbid")


class Assess(Command):
    """Judge the impact."""

    affected_customers: int | None = None
    injured: int | None = None
    spread: str | None = None
    findings: str = Field(default="", max_length=TEXT_MAX)


class AssignLevel(Command):
    """Give the first level."""

    level: int
    basis: str = Field(max_length=TEXT_MAX)


class ChangeLevel(Command):
    """Raise or lower the level."""

    level: int
    justification: str = Field(max_length=TEXT_MAX)


class TakeCommand(Command):
    """Take over command."""

    commander: str | None = None
    briefing: str = Field(default="", max_length=TEXT_MAX)


class AssignTeam(Command):
    """Hand the incident to a team."""

    team: str


class Note(Command):
    """Note progress."""

    text: str = Field(max_length=TEXT_MAX)


class Resolve(Command):
    """Say that service is restored."""

    resolution: str = Field(max_length=TEXT_MAX)


class Reason(Command):
    """Why it is reopened, or cancelled."""

    reason: str = Field(max_length=TEXT_MAX)


class CloseReview(Command):
    """Close the review."""

    summary: str = Field(max_length=TEXT_MAX)


COMMANDS: dict[str, type[Command]] = {
    "assess": Assess,
    "assign_level": AssignLevel,
    "change_level": ChangeLevel,
    "start_response": Command,
    "take_command": TakeCommand,
    "assign_team": AssignTeam,
    "note": Note,
    "resolve": Resolve,
    "reopen": Reason,
    "close_review": CloseReview,
    "cancel": Reason,
}
"""By the name in the URL, which is also that of the method of an incident."""
