"""The commands of an incident's handle that are about resources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from respond.domain.money import Money
from respond.engine.handler import Outcome
from respond.engine.pool import Quantity, exact
from respond.workflow.incident.drawn import Drawn
from respond.workflow.incident.resources import RecordExpense, RequestResource, WithdrawRequest
from respond.workflow.incident.state import Incident


class _Handle(Protocol):
    def execute(self, /, command: object, **circumstances: Any) -> Outcome: ...

    def state(self, **when: Any) -> Incident: ...


class ResourceCommands:
    """What an incident asks for and spends; what it gets, pools tell: `Engine.pool`."""

    def request_resource(
        self: _Handle, /, resource: str, quantity: Quantity, *, purpose: str, **circumstances: Any
    ) -> Outcome:
        """Say what is needed, whether the plan knows it or not."""
        command = RequestResource(resource=resource, quantity=exact(quantity), purpose=purpose)
        return self.execute(command, **circumstances)

    def withdraw_request(
        self: _Handle, /, resource: str, quantity: Quantity, *, reason: str, **circumstances: Any
    ) -> Outcome:
        """Say that some of it is not needed after all."""
        command = WithdrawRequest(resource=resource, quantity=exact(quantity), reason=reason)
        return self.execute(command, **circumstances)

    def record_expense(self: _Handle, /, amount: Money, *, purpose: str, **circumstances: Any) -> Outcome:
        """Tell what was spent besides what pools tell."""
        return self.execute(RecordExpense(amount=amount, purpose=purpose), **circumstances)

    def resources(self: _Handle) -> Mapping[str, Drawn]:
        """Return what was asked for, what came and what went, by resource or pool."""
        return self.state().resources
