"""References: which definition or plan was in force, and who acted."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import attrs

from respond.errors import InvalidRecord


@attrs.frozen(cache_hash=True)
class Reference:
    """A definition or a plan, pinned by name, version and the digest of its content."""

    name: str
    version: str
    digest: str

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "version": self.version, "digest": self.digest}

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Reference:
        return _reference(body["name"], body["version"], body["digest"])


@lru_cache(maxsize=256)
def _reference(name: str, version: str, digest: str) -> Reference:
    """Return one reference for all events that pin the same: a log holds few of them, many times."""
    return Reference(name, version, digest)


@attrs.frozen
class Actor:
    """Who acted, by an opaque id, in which role, and for whom; names live outside the log."""

    id: str
    role: str | None = None
    on_behalf_of: str | None = None

    def __attrs_post_init__(self) -> None:
        given: object = self.id
        if not isinstance(given, str) or not given:
            raise InvalidRecord("must be text and not empty", place="actor", value=given)

    @classmethod
    def of(cls, value: Actor | str) -> Actor:
        return value if isinstance(value, Actor) else cls(value)
