"""What people read: titles in the plan's own language and in others."""

from __future__ import annotations

from collections.abc import Mapping

import attrs


@attrs.frozen(kw_only=True)
class Titled:
    """Something with a title."""

    title: str
    """In the language of the plan."""
    titles: Mapping[str, str] = attrs.field(factory=dict)
    """In other languages, by their tag: `zh`, `en`."""

    def titled(self, language: str) -> str:
        """Return the title in *language*, or in that of the plan when there is none."""
        return self.titles.get(language, self.title)


@attrs.frozen(kw_only=True)
class Part(Titled):
    """Something that a plan names by an id, which is stored in events."""

    id: str
