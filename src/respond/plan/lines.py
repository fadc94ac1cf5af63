"""Where each key of a TOML document stands: tomllib tells values, and no lines."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping

import attrs

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_INLINE_BLANK = re.compile(r"[ \t]*")
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"""(?:"{0,2})'
    r"|'''.*?'''(?:'{0,2})"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR = re.compile(r"[^,\]}#\r\n]+")
_ESCAPE = re.compile(r'\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([btnfr"\\]))')
_ESCAPED = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "\\": "\\"}


@attrs.frozen
class Key:
    """A key where it is written, by its path, such as `levels[1].number`."""

    path: str
    line: int
    defined: bool
    """Whether the whole key is written here; else it is only the way to another."""


DEPTH_MAX = 20
"""The most tables, lists and parts of a key within each other."""


class TooDeep(ValueError):
    """Tables, lists or the parts of a key lie within each other more than `DEPTH_MAX` deep."""

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line} is nested more than {DEPTH_MAX} deep")
        self.line = line


def lines_of(text: str) -> Mapping[str, int]:
    """Return the line where each key and each item of an array of the TOML document *text* is written first.

    Raises `ValueError` for text that is not TOML, where it cannot be read on.
    """
    lines: dict[str, int] = {}
    for key in keys_of(text):
        lines.setdefault(key.path, key.line)
    return lines


def line_of(lines: Mapping[str, int], place: str) -> int | None:
    """Return the line of the key at *place*, or of the nearest table around it that is written."""
    while place:
        if place in lines:
            return lines[place]
        place = place[: max(place.rfind("."), place.rfind("["), 0)]
    return None


def keys_of(text: str) -> Iterator[Key]:
    """Yield every key of the TOML document *text* as it is written.

    Raises `ValueError` where that is not TOML, and `TooDeep` where it is deeper than any document that is read.
    """
    return _Scanner(text).document()


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0
        self._ends = [found.start() for found in re.finditer("\n", text)]
        self._items: dict[str, int] = {}
        """How many tables each array of tables has so far."""

    def document(self) -> Iterator[Key]:
        table = ""
        self._skip(_BLANK)
        while self._at < len(self._text):
            if self._text[self._at] == "[":
                yield from (header := list(self._header()))
                table = header[-1].path
            else:
                yield from self._pair(table)
            self._skip(_BLANK)

    def _header(self) -> Iterator[Key]:
        line, brackets = self._line(), 2 if self._text.startswith("[[", self._at) else 1
        self._at += brackets
        *before, last = self._parts()
        self._expect("]" * brackets)
        path = ""
        for part in before:
            path = self._inside(_under(path, part))
            yield Key(path, line, defined=False)
        path = _under(path, last)
        if brackets == 1:
            yield Key(path, line, defined=True)
            return
        yield Key(path, line, defined=False)
        self._items[path] = self._items.get(path, 0) + 1
        yield Key(self._inside(path), line, defined=True)

    def _pair(self, path: str) -> Iterator[Key]:
        line = self._line()
        *before, last = self._parts()
        for part in before:
            path = _under(path, part)
            yield Key(path, line, defined=False)
        path = _under(path, last)
        yield Key(path, line, defined=True)
        self._expect("=")
        self._skip(_INLINE_BLANK)
        yield from self._value(path)

    def _value(self, path: str) -> Iterator[Key]:
        match self._text[self._at : self._at + 1]:
            case "[" | "{" as opening:
                self._depth += 1
                if self._depth > DEPTH_MAX:
                    raise TooDeep(self._line())
                yield from self._array(path) if opening == "[" else self._inline_table(path)
                self._depth -= 1
            case '"' | "'":
                self._take(_STRING)
            case _:
                self._take(_SCALAR)

    def _array(self, path: str) -> Iterator[Key]:
        self._at += 1
        self._skip(_BLANK)
        index = 0
        while not self._taken("]"):
            item = f"{path}[{index}]"
            yield Key(item, self._line(), defined=True)
            yield from self._value(item)
            index += 1
            self._skip(_BLANK)
            if not self._taken(","):
                self._expect("]")
                return
            self._skip(_BLANK)

    def _inline_table(self, path: str) -> Iterator[Key]:
        self._at += 1
        self._skip(_BLANK)
        while not self._taken("}"):
            yield from self._pair(path)
            self._skip(_BLANK)
            if not self._taken(","):
                self._expect("}")
                return
            self._skip(_BLANK)

    def _parts(self) -> list[str]:
        """Return the parts of a dotted key."""
        parts = []
        while True:
            self._skip(_INLINE_BLANK)
            if self._text[self._at : self._at + 1] in {'"', "'"}:
                parts.append(_unquoted(self._take(_STRING)))
            else:
                parts.append(self._take(_BARE_KEY))
            self._skip(_INLINE_BLANK)
            if not self._taken("."):
                return parts
            if len(parts) == DEPTH_MAX:
                raise TooDeep(self._line())

    def _inside(self, path: str) -> str:
        """Return the path of the last table when *path* is an array of tables."""
        return f"{path}[{self._items[path] - 1}]" if path in self._items else path

    def _line(self) -> int:
        return bisect_right(self._ends, self._at - 1) + 1

    def _skip(self, blank: re.Pattern[str]) -> None:
        found = blank.match(self._text, self._at)
        self._at = found.end() if found else self._at

    def _take(self, what: re.Pattern[str]) -> str:
        found = what.match(self._text, self._at)
        if found is None:
            raise ValueError(f"line {self._line()} is not TOML")
        self._at = found.end()
        return found[0]

    def _taken(self, sign: str) -> bool:
        taken = self._text.startswith(sign, self._at)
        self._at += len(sign) if taken else 0
        return taken

    def _expect(self, sign: str) -> None:
        self._skip(_INLINE_BLANK)
        if not self._taken(sign):
            raise ValueError(f"line {self._line()} is not TOML: {sign} is missing")


def _under(path: str, part: str) -> str:
    return f"{path}.{part}" if path else part


def _unquoted(text: str) -> str:
    if text.startswith("'"):
        return text[1:-1]
    return _ESCAPE.sub(lambda found: _ESCAPED[found[3]] if found[3] else chr(int(found[1] or found[2], 16)), text[1:-1])
