"""What the handles have in common of what belongs to an incident and has a stream of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from respond.domain.events import Event
from respond.engine.handler import Outcome
from respond.workflow.approvals import Approve
from respond.workflow.decider import Explanation
from respond.workflow.incident import INCIDENT_CATEGORY
from respond.workflow.incident.state import Incident

if TYPE_CHECKING:
    from respond.engine.desk import Desk


class Belonging:
    """One aggregate that an incident led to.

    Every command takes, besides what it names, the circumstances of `Engine.execute`; returns an `Outcome`; is judged
    by the plan of the incident, which is told of it in the same step; and raises `CommandRefused` with every reason.
    """

    # Without the slash, mypy would not take the signatures over for the handle that is awaited.

    category: ClassVar[str]
    """The category of its stream."""

    def __init__(self, engine: Desk, key: str, incident: str | None = None, outcome: Outcome | None = None) -> None:
        self.engine = engine
        self.key = key
        self.outcome = outcome
        """What the first command led to, when this handle began it."""
        self._incident = incident

    def __repr__(self) -> str:
        return f"<{self.category} {self.key}>"

    def execute(self, /, command: object, **circumstances: Any) -> Outcome:
        """Carry out any command of its workflow."""
        return self.engine.execute(self.category, self.key, command, **circumstances)

    def approve(self, /, command: str, *, about: str = "", note: str = "", **circumstances: Any) -> Outcome:
        """Agree that *command* be carried out, where a rule of the plan asks for several people.

        *about* is the number of the offer that it is about, of a party.
        """
        return self.execute(Approve(command=command, about=about, note=note), **circumstances)

    def incident(self) -> str:
        """Return the id of the incident that it belongs to now: the one that goes on, after a merge.

        Raises `NotFound` when it was never begun.
        """
        key: str = self._incident or self.engine.state(self.category, self.key).incident
        while (into := self._merged_into(key)) is not None:
            key = into
        return key

    def _merged_into(self, key: str) -> str | None:
        state: Incident | None = self.engine.states(INCIDENT_CATEGORY, [key]).get(key)
        return None if state is None else state.merged_into

    def explain(self, /, trigger: str, command: object = None, **who: Any) -> Explanation:
        """Return what stands in the way of *trigger* now, guard by guard."""
        return self.engine.explain(self.category, self.key, trigger, command, **who)

    def events(self) -> tuple[Event, ...]:
        """Return its events, oldest first."""
        return self.engine.events(self.category, self.key)
