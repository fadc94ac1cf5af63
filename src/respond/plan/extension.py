"""Extension fields: what an organisation wants to know of its incidents besides, typed."""

from __future__ import annotations

from typing import Literal

import attrs

from respond.plan.titles import Part


@attrs.frozen(kw_only=True)
class ExtensionField(Part):
    """A field that an assessment or a note may fill."""

    kind: Literal["text", "integer", "decimal", "yes_no"]
    choices: tuple[str, ...] = ()
    """The texts that it may hold; any when empty."""
    required: bool = False
    """Whether an assessment must fill it."""
