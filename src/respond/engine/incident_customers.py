"""What the handle of an incident does for the customers whom it hurt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from respond.domain.ids import derived_id, uuid7
from respond.engine.party import PartyHandle
from respond.workflow.incident import INCIDENT_CATEGORY
from respond.workflow.party import PARTY_CATEGORY
from respond.workflow.party.commands import RegisterAffected
from respond.workflow.party.state import Party

if TYPE_CHECKING:
    from respond.engine.desk import Desk


class CustomerCommands:
    """Registers affected parties, and finds them."""

    engine: Desk
    id: str

    def register_affected(
        self,
        /,
        party: str | None = None,
        *,
        customers: int = 1,
        group: str = "",
        reference: str | None = None,
        command_id: str | None = None,
        **circumstances: Any,
    ) -> PartyHandle:
        """Register a customer whom the incident hurt, or a number of *customers*, and return the handle of the case.

        *party* is its key: an opaque id of yours, never a name, and used once in the log; made from the command id when
        it is None.  *group* says which customers they are when there are many.
        """
        command_id = command_id or str(uuid7(self.engine.clock(), self.engine.random(10)))
        key = party or str(derived_id(command_id, "party"))
        handle = PartyHandle(self.engine, key, self.id)
        command = RegisterAffected(incident=handle.incident(), customers=customers, group=group, reference=reference)
        outcome = handle.execute(command, command_id=command_id, **circumstances)
        return PartyHandle(self.engine, key, self.id, outcome)

    def party(self, /, key: str) -> PartyHandle:
        """Return the handle of a party of this incident; a command for one that is not there is refused."""
        return PartyHandle(self.engine, key, self.id)

    def parties(self) -> Mapping[str, Party]:
        """Return where the case of each affected party stands, by its key; with those of incidents merged into it."""
        state = self.engine.state(INCIDENT_CATEGORY, self.id)
        return self.engine.states(PARTY_CATEGORY, state.cases)
