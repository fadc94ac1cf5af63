"""A table of a TOML file that people wrote: each value is taken once, by name and type, and the rest is refused."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from typing import Any

from respond.errors import InvalidMapping


class TomlTable:
    """One table, and where it stands in the file.  Every method raises `InvalidMapping` that names the key."""

    def __init__(self, body: Mapping[str, Any], place: str) -> None:
        self._body = body
        self._place = place
        self._taken: set[str] = set()

    def __contains__(self, name: object) -> bool:
        return name in self._body

    def invalid(self, name: str, message: str, value: object = None) -> InvalidMapping:
        return InvalidMapping(message, place=f"{self._place}.{name}" if self._place else name, value=value)

    def peek(self, name: str) -> Any:
        return self._body.get(name)

    def take(self, name: str, default: object) -> Any:
        self._taken.add(name)
        return self._body.get(name, default)

    def text(self, name: str, default: str | None = None) -> str:
        value = self.take(name, default)
        if value is None:
            raise self.invalid(name, "is missing")
        if not isinstance(value, str) or not value:
            raise self.invalid(name, f"must be text and not empty, not {value!r}", value)
        return value

    def optional(self, name: str) -> str | None:
        if name not in self:
            self._taken.add(name)
            return None
        return self.text(name)

    def choice(self, name: str, choices: Collection[Any], default: str | None = None) -> Any:
        value = self.text(name, default)
        if value not in choices:
            raise self.invalid(name, f"{value!r} is not one of {', '.join(choices)}", value)
        return value

    def list_of_text(self, name: str, *, required: bool = False, empty: bool = False) -> tuple[str, ...]:
        """Return a list of texts, each once; *empty* lets a text be empty."""
        value = self.take(name, [])
        if not isinstance(value, list) or any(not isinstance(one, str) or not (one or empty) for one in value):
            raise self.invalid(name, f'must be a list of texts, such as ["a", "b"], not {value!r}', value)
        if required and not value:
            raise self.invalid(name, "must name at least one column", value)
        if len(set(value)) != len(value):
            raise self.invalid(name, "names something twice", value)
        return tuple(value)

    def table(self, name: str, *, required: bool = False) -> TomlTable:
        value = self.take(name, None if required else {})
        if value is None:
            raise self.invalid(name, f"is missing; write a table [{name}]")
        if not isinstance(value, Mapping):
            raise self.invalid(name, f"must be a table [{name}], not {value!r}", value)
        return TomlTable(value, f"{self._place}.{name}" if self._place else name)

    def tables(self, name: str, advice: str) -> list[TomlTable]:
        value = self.take(name, [])
        if not isinstance(value, list) or not value or any(not isinstance(one, Mapping) for one in value):
            raise self.invalid(name, advice, value)
        return [TomlTable(one, f"{name}[{index}]") for index, one in enumerate(value)]

    def texts(self) -> dict[str, str]:
        """Return a table that holds nothing but texts."""
        return {name: self.text(name) for name in self._body}

    def refuse_the_rest(self) -> None:
        """Raise `InvalidMapping` for a key that nobody took."""
        for name in self._body:
            if name not in self._taken:
                near = difflib.get_close_matches(name, self._taken, n=1)
                hint = f"did you mean {near[0]}? " if near else ""
                known = ", ".join(sorted(self._taken))
                raise self.invalid(name, f"is not a key here; {hint}the keys are {known}", name)
