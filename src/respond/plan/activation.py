"""When a plan comes into force besides another one by itself."""

from __future__ import annotations

import attrs

from respond.plan.conditions import Condition, Impact


@attrs.frozen(kw_only=True)
class Activation:
    """The plan comes into force by itself for an incident that it fits; by decision only when it does not say this."""

    levels: tuple[int, ...] = ()
    """At these levels; at all, and before there is one, when empty."""
    when: tuple[Condition, ...] = ()
    """When one of these holds; always when empty."""

    def holds(self, level: int | None, impact: Impact) -> bool:
        """Return whether it is so at *level*, as far as *impact* is known."""
        at_level = not self.levels or level in self.levels
        return at_level and (not self.when or any(condition.holds(impact) for condition in self.when))
