"""Stored text, made harmless for whoever shows it."""

from __future__ import annotations

import unicodedata

_BIDIRECTIONAL = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They let a line show another order than it has."""


def escaped(text: str) -> str:
    """Return *text* with every control character written out: a terminal obeys none of it.

    Line ends are written out too, so that stored text cannot pass for a line of ours.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_written_out(character) if _dangerous(character) else character for character in text)


def _dangerous(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} or character in _BIDIRECTIONAL


def _written_out(character: str) -> str:
    return character.encode("unicode_escape").decode()
