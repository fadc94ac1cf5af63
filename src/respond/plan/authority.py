"""Authority: who may do what; deny by default once a plan has a rule."""

from __future__ import annotations

import attrs

from respond.domain.money import Money

ANYONE = "anyone"
"""Stands for every actor, also one without a role."""


@attrs.frozen(kw_only=True)
class AuthorityRule:
    """Lets some roles carry out some commands.

    A command is allowed when one rule that names it allows it, for the level of the incident as it is or becomes.
    """

    id: str
    commands: tuple[str, ...]
    """The triggers; `change_level:raise` and `change_level:lower` name one direction, `*` every command."""
    roles: tuple[str, ...] = ()
    """The ids of the roles, substitutes included while the role stands empty; `anyone` for every actor, also without
    one."""
    held: bool = False
    """Whether the actor must hold the role in this incident: have taken command, or been given it.  Else the host
    vouches for the role that he claims."""
    levels: tuple[int, ...] = ()
    """All when empty."""
    up_to: Money | None = None
    """The largest amount that it covers."""
    different_actor: tuple[str, ...] = ()
    """The commands whose actor may not be this one: four eyes."""
    not_in_chain: bool = False
    """Whether whoever reported the incident is excluded."""
    n_of: int = 1
    """How many different people must agree: the others by `approve` before."""
    break_glass: bool = False
    """Whether someone without the role may do it in need; the event is flagged and the review asks about it."""

    def names(self, command: str, variant: str = "") -> bool:
        """Return whether it speaks of *command*, done in this *variant*: `raise` or `lower` for `change_level`."""
        return any(one in ("*", command, f"{command}:{variant}") for one in self.commands)
