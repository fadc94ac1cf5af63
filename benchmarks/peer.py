"""The peer: pyeventsourcing at its defaults, with an incident that tells the same and asks the same of a command."""

# ruff: noqa: ARG002 - the peer records every parameter of a decorated method

from __future__ import annotations

from typing import Any
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from sqlalchemy.engine import make_url

LEVELS = (1, 2, 3, 4)
RESPONDING = "responding"
WORKING = ("level_assigned", RESPONDING, "reported_upward")


class Refused(Exception):
    """The rules do not allow the command."""


class PeerIncident(Aggregate):
    """An incident, as the peer's own documentation writes an aggregate."""

    @event("Reported")
    def __init__(
        self, category: str, title: str, to: str, actor: str, occurred_at: str, source: dict[str, Any]
    ) -> None:
        self.category = category
        self.title = title
        self.status = to
        self.level: int | None = None
        self.worst_level: int | None = None
        self.team: str | None = None
        self.commander: str | None = None
        self.notes = 0

    @event("Moved")
    def moved(self, from_: str, to: str, actor: str, occurred_at: str, source: dict[str, Any]) -> None:
        self.status = to

    @event("LevelSet")
    def level_set(self, to: str, level: int, basis: str, actor: str, occurred_at: str, source: dict[str, Any]) -> None:
        self.status = to
        self.level = level
        self.worst_level = level if self.worst_level is None else min(level, self.worst_level)

    @event("TeamAssigned")
    def team_assigned(
        self, from_team: str | None, to_team: str | None, actor: str, occurred_at: str, source: dict[str, Any]
    ) -> None:
        self.team = to_team

    @event("CommandTaken")
    def command_taken(self, commander: str, actor: str, occurred_at: str, source: dict[str, Any]) -> None:
        self.commander = commander

    @event("Noted")
    def noted(self, text: str, actor: str, occurred_at: str, source: dict[str, Any]) -> None:
        self.notes += 1

    def note(self, text: str, actor: str, occurred_at: str) -> None:
        """Note progress, by the rules that our own workflow asks."""
        if self.status in {"new", "merged"} or not text.strip():
            raise Refused(text)
        self.noted(text=text, actor=actor, occurred_at=occurred_at, source={})

    def change_level(self, level: int, justification: str, actor: str, occurred_at: str) -> None:
        """Change the level, by the rules that our own workflow asks."""
        if self.status not in WORKING or level not in LEVELS or self.level is None or not justification.strip():
            raise Refused(justification)
        if level != self.level:
            self.level_set(
                to=self.status, level=level, basis=justification, actor=actor, occurred_at=occurred_at, source={}
            )


class Peer(Application[UUID]):
    """The peer's application; what it does not set is at its default."""


def on_sqlite(path: str) -> Peer:
    """Return the peer on a SQLite file."""
    return Peer({"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": path})


def on_postgresql(url: str, **settings: str) -> Peer:
    """Return the peer on the PostgreSQL database at *url*; *settings* are those of its own environment."""
    parsed = make_url(url)
    return Peer(
        {
            "PERSISTENCE_MODULE": "eventsourcing.postgres",
            "POSTGRES_DBNAME": parsed.database or "",
            "POSTGRES_HOST": parsed.host or str(parsed.query.get("host", "127.0.0.1")),
            "POSTGRES_PORT": str(parsed.port or 5432),
            "POSTGRES_USER": parsed.username or "postgres",
            "POSTGRES_PASSWORD": parsed.password or "none",
            **settings,
        }
    )
