"""The commands of an incident's handle that are about resources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from respond.domain.money import Money
from respond.engine.executing import Executing
from respond.engine.handler import Outcome
from respond.engine.pool import Quantity, exact
from respond.projections.needs import Need, named, needs
from respond.workflow.incident.drawn import Drawn
from respond.workflow.incident.resources import RecordExpense, RequestResource, WithdrawRequest
from respond.workflow.pool import POOL_CATEGORY


class ResourceCommands(Executing):
    """What an incident asks for and spends; what it gets, pools tell: `Engine.pool`."""

    def request_resource(self, /, resource: str, quantity: Quantity, *, purpose: str, **circumstances: Any) -> Outcome:
        """Say what is needed, whether the plan knows it or not."""
        command = RequestResource(resource=resource, quantity=exact(quantity), purpose=purpose)
        return self.execute(command, **circumstances)

    def withdraw_request(self, /, resource: str, quantity: Quantity, *, reason: str, **circumstances: Any) -> Outcome:
        """Say that some of it is not needed after all."""
        command = WithdrawRequest(resource=resource, quantity=exact(quantity), reason=reason)
        return self.execute(command, **circumstances)

    def record_expense(self, /, amount: Money, *, purpose: str, **circumstances: Any) -> Outcome:
        """Tell what was spent besides what pools tell."""
        return self.execute(RecordExpense(amount=amount, purpose=purpose), **circumstances)

    def resources(self) -> Mapping[str, Drawn]:
        """Return what was asked for, what came and what went, by resource or pool."""
        _, incident = self._standing()
        return incident.resources

    def needs(self) -> tuple[Need, ...]:
        """Return what it needs by its measures and by what was asked for, what came, and what pools can still give."""
        plan, incident = self._standing()
        return needs(plan, incident, self.engine.states(POOL_CATEGORY, named(plan, incident)))
