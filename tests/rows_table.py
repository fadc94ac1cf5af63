"""The rows of what contingency plans hold, and what serves each: `rows.toml` and the tests in `rows`.

Run it to write the page; a test compares.
"""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import attrs

TESTS = Path(__file__).parent
PAGE = TESTS.parent / "docs" / "reference" / "coverage.md"
START, END = "<!-- rows -->", "<!-- /rows -->"
OPEN = "open: the ledger of the response"
FOREIGN = "not the engine's"
KINDS = ("commands", "events", "guards", "acts", "sections", "findings", "answers")
_WORDS = {
    "commands": "command",
    "events": "event",
    "guards": "guard",
    "acts": "obligation",
    "sections": "plan",
    "findings": "lint",
    "answers": "answer",
}


@attrs.frozen(kw_only=True, slots=False)
class Row:
    """One row: served when it has a test, in part when something is left."""

    number: int
    words: str = ""
    """What the row is about, where no test says it."""
    test: str = ""
    """The module and the name of its test in `rows`."""
    parts: list[str] = attrs.field(factory=list)
    """What makes it work, by dotted names: without any one of them the test fails."""
    left: str = ""
    """What is still open of a row that is served in part."""
    foreign: bool = False
    """Whether it is nothing that an engine does."""
    commands: list[str] = attrs.field(factory=list)
    events: list[str] = attrs.field(factory=list)
    guards: list[str] = attrs.field(factory=list)
    acts: list[str] = attrs.field(factory=list)
    """The acts that discharge its obligations."""
    sections: list[str] = attrs.field(factory=list)
    """Sections and keys of a plan."""
    findings: list[str] = attrs.field(factory=list)
    """Codes of `respond plan lint`."""
    answers: list[str] = attrs.field(factory=list)
    """What tells it: a projection, a question, a command line."""

    @property
    def file(self) -> Path:
        return TESTS / "rows" / f"{self.test.partition('::')[0]}.py"

    @property
    def function(self) -> str:
        return self.test.partition("::")[2]

    @cached_property
    def matter(self) -> str:
        """What the row is about, as its test quotes it."""
        return quoted(self.file)[self.function].partition(": ")[2] if self.test else self.words

    @property
    def served(self) -> str:
        """What serves it, by kind."""
        named = [(_WORDS[kind], getattr(self, kind)) for kind in KINDS if getattr(self, kind)]
        return "; ".join(f"{kind} {', '.join(f'`{name}`' for name in names)}" for kind, names in named)

    def __str__(self) -> str:
        """Return the row as it stands in the documentation."""
        if not self.test:
            return f"| {self.number} | {self.matter} | {FOREIGN if self.foreign else OPEN} | |"
        served = f"{self.served}; {OPEN} ({self.left})" if self.left else self.served
        return f"| {self.number} | {self.matter} | {served} | `{self.test}` |"


@attrs.frozen(kw_only=True)
class Section:
    """Rows that belong together."""

    title: str
    rows: tuple[Row, ...]


def sections() -> tuple[Section, ...]:
    """Return the sections in their order."""
    read = tomllib.loads((TESTS / "rows.toml").read_text())
    return tuple(Section(title=one["title"], rows=tuple(Row(**row) for row in one["rows"])) for one in read["sections"])


def rows() -> tuple[Row, ...]:
    """Return all rows."""
    return tuple(row for section in sections() for row in section.rows)


def quoted(file: Path) -> dict[str, str]:
    """Return the docstrings of the tests in *file* by their names, each on one line without its full stop."""
    functions = (one for one in ast.parse(file.read_text()).body if isinstance(one, ast.FunctionDef))
    texts = ((one.name, ast.get_docstring(one) or "") for one in functions if one.name.startswith("test_"))
    return {name: " ".join(text.split()).removesuffix(".") for name, text in texts}


def filled(page: str) -> str:
    """Return *page* with the tables of today."""
    head, _, rest = page.partition(START)
    return "\n".join((head + START, "", *_lines(), "", END)) + rest.partition(END)[2]


def _lines() -> Iterator[str]:
    everything = rows()
    whole = sum(bool(row.test) and not row.left for row in everything)
    part = sum(bool(row.left) for row in everything)
    foreign = sum(row.foreign for row in everything)
    waiting = len(everything) - whole - part - foreign
    yield f"Of {len(everything)} rows {whole} are served, {part} in part; {waiting} are open; {foreign} are {FOREIGN}."
    for section in sections():
        yield from ("", f"## {section.title}", "", "| row | matter | served by | test |", "| --- | --- | --- | --- |")
        yield from map(str, section.rows)


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text()))
