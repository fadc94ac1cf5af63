"""Streams: whose events, how many of them, and what a writer expects to find."""

from __future__ import annotations

from typing import Literal, assert_never

import attrs

from respond.errors import InvalidRecord

Realm = Literal["real", "drill"]
REALMS: tuple[Realm, ...] = ("real", "drill")
DEFAULT_TENANT = "default"
_RESTRICTED = ".accountability"

NAME_MAX = 255
"""The longest text, in characters, that an indexed column takes."""


def indexed(value: object, place: str, *, maximum: int = NAME_MAX) -> str:
    """Return *value* when a column can index it on every database; raises `InvalidRecord` that names *place*."""
    if not isinstance(value, str) or not value:
        raise InvalidRecord("must be text and not empty", place=place, value=value)
    if len(value) > maximum:
        raise InvalidRecord(f"has {len(value)} characters, at most {maximum} fit", place=place, value=value)
    if "\0" in value:
        raise InvalidRecord("holds a NUL character, which no index takes", place=place, value=value)
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise InvalidRecord("holds a lone surrogate", place=place, value=value) from error
    return value


@attrs.frozen(order=True)
class StreamId:
    """The name of one aggregate's stream: its category, a hyphen, and the aggregate's id; apart for each realm."""

    name: str
    realm: Realm = "real"

    def __attrs_post_init__(self) -> None:
        indexed(self.name, "stream")
        if self.realm not in REALMS:
            raise InvalidRecord(f"{self.realm!r} is not one of {', '.join(REALMS)}", place="realm", value=self.realm)

    @classmethod
    def of(cls, category: str, key: str, realm: Realm = "real") -> StreamId:
        """Return the stream of the aggregate *key* of *category*; a category holds no hyphen."""
        if not category or "-" in category:
            raise InvalidRecord(f"{category!r} is not a category: it must hold text without a hyphen", place="category")
        return cls(f"{category}-{key}", realm)

    @property
    def category(self) -> str:
        """The kind of aggregate."""
        return self.name.partition("-")[0]

    @property
    def key(self) -> str:
        """The aggregate's id."""
        return self.name.partition("-")[2]

    def __str__(self) -> str:
        return self.name if self.realm == "real" else f"{self.name} ({self.realm})"


@attrs.frozen
class ExpectedVersion:
    """What a writer expects of a stream: a named condition, or a number of events."""

    kind: Literal["any", "no_stream", "stream_exists", "exactly"]
    version: int = 0

    def __str__(self) -> str:
        return f"version {self.version}" if self.kind == "exactly" else self.kind.upper()

    def fits(self, version: int) -> bool:
        """Return whether a stream of *version* events meets the expectation."""
        match self.kind:
            case "any":
                return True
            case "no_stream":
                return version == 0
            case "stream_exists":
                return version > 0
            case "exactly":
                return version == self.version
            case _:
                assert_never(self.kind)


ANY = ExpectedVersion("any")
NO_STREAM = ExpectedVersion("no_stream")
STREAM_EXISTS = ExpectedVersion("stream_exists")


def exactly(version: int) -> ExpectedVersion:
    """Return the expectation that the stream holds exactly *version* events; 0 means that it is empty."""
    if version < 0:
        raise InvalidRecord(f"{version} is not a version: it must be 0 or more", place="expected", value=version)
    return ExpectedVersion("exactly", version)


def restricted(tenant: str) -> str:
    """Return the tenant under which the restricted part of *tenant* stands."""
    return f"{tenant}{_RESTRICTED}"


def is_restricted(tenant: str) -> bool:
    """Return whether *tenant* is the restricted part of another."""
    return tenant.endswith(_RESTRICTED)
