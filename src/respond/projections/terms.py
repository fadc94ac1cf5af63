"""Terms: what a text is searched by, the same on every database.

Scripts with blanks between words are searched by words, others, as Chinese, by any characters that follow each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from hashlib import sha256
from typing import Self
from unicodedata import normalize

import attrs

from respond.errors import InvalidInput

_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\U0010ffff"
"""Thai, Lao, Burmese, Khmer, and all that comes from the radicals of Chinese on."""
_RUN = re.compile(rf"(?:(?![\W_])[{_UNSPACED}])+")
_WORD = re.compile(rf"(?:(?![\W_])[^{_UNSPACED}])+")
_LONGEST = 80
"""How long a term may be: MariaDB indexes no longer word than 84 characters."""


def folded(text: str) -> str:
    """Return *text* for comparison: whatever the case, and full width as half width."""
    return normalize("NFKC", normalize("NFKC", text).casefold())


def words_in(text: str) -> frozenset[str]:
    """Return the words in folded *text*."""
    return frozenset(_WORD.findall(text))


def runs_in(text: str) -> frozenset[str]:
    """Return the runs of characters in folded *text* that are written without blanks."""
    return frozenset(_RUN.findall(text))


def pairs_in(runs: Iterable[str]) -> Iterator[str]:
    """Yield each two characters in *runs* that follow each other."""
    return (run[place : place + 2] for run in runs for place in range(len(run) - 1))


def terms_of(text: str) -> frozenset[str]:
    """Return the terms of *text*: its words, and of what is written without blanks each character and each pair."""
    known = folded(text)
    runs = runs_in(known)
    return words_in(known).union(*runs, pairs_in(runs))


def indexed(terms: Iterable[str], mark: str = "w") -> str:
    """Return *terms* as an index of any database takes them: ASCII letters and digits, with blanks between.

    *mark*, a letter, keeps terms of different kinds apart.
    """
    return " ".join(sorted(_plain(term, mark) for term in terms))


def _plain(term: str, mark: str) -> str:
    """Return *term* in at least three characters, none of which an index drops, and never one of its stop words."""
    plain = f"z{mark}{term}" if term.isascii() and term.isalnum() else f"y{mark}{term.encode(errors='replace').hex()}"
    return plain if len(plain) <= _LONGEST else f"x{mark}{sha256(plain.encode()).hexdigest()}"


@attrs.frozen(slots=False)
class Query:
    """What people look for: every word, and everything that is written without blanks as it stands."""

    words: frozenset[str]
    runs: frozenset[str]

    @classmethod
    def of(cls, text: str) -> Self:
        """Return what *text* looks for; raises `InvalidInput` when it holds neither a letter nor a digit."""
        known = folded(text)
        query = cls(words_in(known), runs_in(known))
        if not (query.words or query.runs):
            raise InvalidInput(f"{text!r} holds nothing to look for; write a word", place="query", value=text)
        return query

    @cached_property
    def terms(self) -> frozenset[str]:
        """The terms that a text has in which all of it stands, and perhaps others."""
        alone = (run for run in self.runs if len(run) == 1)
        return self.words.union(alone, pairs_in(self.runs))

    def fits(self, text: str) -> bool:
        """Return whether all of it stands in *text*."""
        known = folded(text)
        return self.words <= words_in(known) and all(any(run in one for one in runs_in(known)) for run in self.runs)
