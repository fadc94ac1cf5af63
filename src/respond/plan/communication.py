"""Who is told what, by whom, and how often."""

from __future__ import annotations

from typing import Literal

import attrs

from respond.plan.spans import Span
from respond.plan.titles import Part

AudienceKind = Literal["customers", "staff", "suppliers", "partners", "media", "public", "authorities", "superiors"]
INSIDE: frozenset[AudienceKind] = frozenset({"staff", "superiors"})
"""The kinds of people inside the organisation: they are told by notices; all others by statements only."""
PUBLIC: frozenset[AudienceKind] = frozenset({"media", "public"})
"""The kinds to which nobody speaks but those whom the plan names."""
Stage = Literal["first", "update", "resolved", "final"]


@attrs.frozen(kw_only=True)
class Audience(Part):
    """People or bodies who are told."""

    kind: AudienceKind
    channels: tuple[str, ...] = ()
    """The ids of the channels that reach them."""
    speakers: tuple[str, ...] = ()
    """The ids of the roles that may speak to them; whoever the rules of authority let when empty, but nobody to media
    and public."""
    approvers: tuple[str, ...] = ()
    """The ids of the roles that approve what is said; whoever the rules of authority let when empty."""
    levels: tuple[int, ...] = ()
    longest_silence: Span | None = None
    """How long they may be left without word while the incident is open; owed as `silence:` and the id."""
    source: str = ""
    """Where that figure comes from, when from outside."""

    @property
    def inside(self) -> bool:
        """Whether they are people inside the organisation."""
        return self.kind in INSIDE


@attrs.frozen(kw_only=True)
class Channel(Part):
    """A way to reach people."""

    medium: Literal["telephone", "message", "email", "meeting", "website", "social_media", "press", "platform", "other"]


@attrs.frozen(kw_only=True)
class KeyMessage(Part):
    """What is said at one stage, with the one voice of the organisation (统一口径)."""

    stage: Stage
    text: str
    categories: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class NoticeRule:
    """Lets some roles tell people inside, by some channels: a line of the communication matrix.

    It names one of audience, role and department.
    """

    id: str
    tellers: tuple[str, ...] = ()
    """The ids of the roles that tell; everybody when empty."""
    audience: str | None = None
    role: str | None = None
    department: str | None = None
    channels: tuple[str, ...] = ()
    """The ids of the channels; all of the plan when empty."""
    levels: tuple[int, ...] = ()
    """All when empty."""

    @property
    def addressees(self) -> tuple[str, ...]:
        """Whom it names: one of audience, role and department, unless it is wrong."""
        return tuple(one for one in (self.audience, self.role, self.department) if one is not None)
