"""Who is told what, by whom, and how often."""

from __future__ import annotations

from typing import Literal

import attrs

from respond.plan.spans import Span
from respond.plan.titles import Part

AudienceKind = Literal["customers", "staff", "suppliers", "partners", "media", "public", "authorities", "superiors"]


@attrs.frozen(kw_only=True)
class Audience(Part):
    """People or bodies who are told."""

    kind: AudienceKind
    channels: tuple[str, ...] = ()
    """The ids of the channels that reach them."""
    speakers: tuple[str, ...] = ()
    """The ids of the roles that may speak to them."""
    approvers: tuple[str, ...] = ()
    """The ids of the roles that approve what is said; nobody needs to when empty."""
    levels: tuple[int, ...] = ()
    longest_silence: Span | None = None
    """How long they may be left without word while the incident is open."""
    source: str = ""
    """Where that figure comes from, when from outside."""


@attrs.frozen(kw_only=True)
class Channel(Part):
    """A way to reach people."""

    medium: Literal["telephone", "message", "email", "meeting", "website", "social_media", "press", "platform", "other"]


@attrs.frozen(kw_only=True)
class KeyMessage(Part):
    """What is said at one stage, with the one voice of the organisation (统一口径)."""

    stage: Literal["first", "update", "resolved", "final"]
    text: str
    categories: tuple[str, ...] = ()
