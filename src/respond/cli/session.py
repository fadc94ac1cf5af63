"""A session: what every command is told about database, plans, workflows and the one who asks."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from respond.cli.registration import declared_projections, declared_workflows
from respond.domain.references import Actor
from respond.engine.accountability import Accountability
from respond.engine.circumstances import UNKNOWN
from respond.engine.clock import system_clock
from respond.engine.definitions import Plans, Workflows
from respond.engine.engine import Engine
from respond.errors import DatabaseMissing, InvalidInput
from respond.plan.plan import Plan
from respond.plan.reader import shipped_plan
from respond.store.memory import MemoryEventStore
from respond.workflow.workflow import Workflow

if TYPE_CHECKING:
    from respond.store.sql import SqlEventStore

UNKNOWN_TIME = "unknown"
"""What people write for `--at` when nobody knows."""


def plan_path(name: str, shipped: Callable[[str], Path] = shipped_plan) -> Path:
    """Return the file called *name*, or where the plan, or whatever *shipped* finds, of that name lies that ships.

    Raises `PlanNotFound` when it is neither.
    """
    path = Path(name)
    if path.exists() or path.suffix == ".toml" or len(path.parts) > 1:
        return path
    return shipped(name)


@attrs.frozen(kw_only=True)
class Session:
    """The options that commands share."""

    db: str
    plan_files: tuple[str, ...] = ()
    workflow_names: tuple[str, ...] = ()
    archives: str | None = None
    """The folder of the files that bodies left the log for."""
    projection_names: tuple[str, ...] = ()
    actor_id: str | None = None
    """The login name when None."""
    role: str | None = None
    at: str | None = None
    command_id: str | None = None
    break_glass: str = ""

    def engine(self, *, create: bool | None = False) -> Engine:
        """Open the engine; with *create* None an empty database gets a log, with True any does.

        It answers over all incidents from tables where somebody has built them.
        """
        plans, workflows = Plans(self.plans()), Workflows(self.workflows())  # before a file is made
        tables = declared_projections(self.projection_names)
        return Engine.open(
            self.db,
            plans=plans,
            workflows=workflows,
            projections="catch_up",
            tables=tables,
            create=create,
            archives=self.archives,
        )

    def accountability(self) -> Accountability:
        """Open the restricted part of the log."""
        return Accountability.open(self.db, plans=Plans(self.plans()), create=False, archives=self.archives)

    def rehearsal(self) -> Engine:
        """Open the engine for what is only tried: on an empty log in memory where the database holds nothing yet."""
        from respond.store.sql import schema_state  # noqa: PLC0415 - help and wrong usage need no database

        try:
            nothing = schema_state(self.db).kind == "empty"
        except DatabaseMissing:
            nothing = True
        if not nothing:
            return self.engine()
        return Engine(MemoryEventStore(clock=system_clock), plans=self.plans(), workflows=self.workflows())

    def store(self, **options: Any) -> SqlEventStore:
        """Open the log alone, for those who ask no plan; *options* as for `SqlEventStore.open`."""
        from respond.store.sql import SqlEventStore  # noqa: PLC0415 - help and wrong usage need no database

        return SqlEventStore.open(self.db, clock=system_clock, create=False, archives=self.archives, **options)

    def plans(self) -> list[Plan]:
        """Return the plans that were named: files, or plans that ship."""
        return [Plan.load(plan_path(name)) for name in self.plan_files]

    def workflows(self) -> list[Workflow]:
        return declared_workflows(self.workflow_names)

    @property
    def actor(self) -> Actor:
        """Who asks; raises `InvalidInput` when that was not told and the machine does not know."""
        if self.actor_id is not None:
            return Actor(self.actor_id, self.role)
        try:
            return Actor(getpass.getuser(), self.role)
        except (KeyError, OSError) as error:
            raise InvalidInput("you have no login name; say who acts", place="--actor") from error

    @property
    def circumstances(self) -> dict[str, Any]:
        """What `Engine.execute` takes besides the command."""
        at = UNKNOWN if self.at == UNKNOWN_TIME else self.at
        told = {"command_id": self.command_id, "break_glass": self.break_glass}
        return {"actor": self.actor, "at": at, **told}
