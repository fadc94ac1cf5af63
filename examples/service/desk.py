"""The incident desk: its own table of tickets, and the log of incidents, in one database and in one transaction."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self

import attrs
from sqlalchemy import Column, DateTime, MetaData, Row, String, Table, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext import asyncio as sqlalchemy

from respond import AsyncEngine

METADATA = MetaData()
TICKETS = Table(
    "tickets",
    METADATA,
    Column("incident_id", String(36), primary_key=True),
    Column("caller", String(100), nullable=False),
    Column("callback", String(40), nullable=False),
    Column("opened_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
"""What the desk keeps of a call beside the incident: who called, and where to call back."""


@attrs.frozen(kw_only=True)
class Opened:
    """A ticket and its incident."""

    incident_id: str
    number: str
    replayed: bool
    """Whether an earlier request with the same key opened it."""


class Desk:
    """Opens tickets and works incidents."""

    def __init__(self, database: sqlalchemy.AsyncEngine, engine: AsyncEngine) -> None:
        self._database = database
        self.engine = engine

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, *, lock_timeout: float = 5.0) -> AsyncIterator[Self]:
        """Yield a desk on the PostgreSQL database at *url*; its tables and those of the log are made when missing.

        The desk's own transactions wait for locks as the desk says, here as long as those of the log.
        """
        waiting = {"options": f"-c lock_timeout={round(lock_timeout * 1000)}"}
        database = sqlalchemy.create_async_engine(url, pool_size=10, max_overflow=10, connect_args=waiting)
        try:
            async with await AsyncEngine.open(database, create=True, lock_timeout=lock_timeout) as engine:
                async with database.begin() as connection:
                    await connection.run_sync(METADATA.create_all)
                yield cls(database, engine)
        finally:
            await database.dispose()

    async def open_ticket(self, *, key: str, actor: str, caller: str, callback: str, **report: Any) -> Opened:
        """Write a ticket and report its incident: both, or neither; the same *key* again finds what it opened.

        The ticket comes first: of two requests with one key the second waits there for the first.  What is appended
        to the log is written last, when the block ends: until then nobody waits for it.
        """
        incident_id = self.engine.incident_id(key)
        ticket = insert(TICKETS).values(incident_id=incident_id, caller=caller, callback=callback)
        async with self._database.begin() as connection:
            await connection.execute(ticket.on_conflict_do_nothing(index_elements=[TICKETS.c.incident_id]))
            async with self.engine.transaction(connection) as engine:
                incident = await engine.report(command_id=key, actor=actor, **report)
        number = await (await self.engine.incident(incident_id)).number()
        return Opened(incident_id=incident_id, number=number, replayed=incident.outcome.replayed)

    async def ticket(self, incident_id: str) -> Row[Any] | None:
        """Return the ticket of an incident, None when it came in by another way."""
        async with self._database.connect() as connection:
            return (await connection.execute(select(TICKETS).where(TICKETS.c.incident_id == incident_id))).first()
