"""Each key of a TOML document is found at its line: generated documents, against tomllib and against their writer."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from respond.plan.lines import keys_of, line_of, lines_of

NAMES = st.sampled_from(["id", "title", "number", "from", "a-b", "7", "with blank", "#", "=", "级别", 'quo"te', "]"])
SCALARS = st.sampled_from(
    [
        "1",
        "-3.5",
        "true",
        "2026-03-12",
        "2026-03-12 09:00:00",
        '"text"',
        '"# no comment = [x] \\" \\u7ea7"',
        "'literal \\'",
        '""',
        '"""one\ntwo = 2\n[three]\n\\""" four"""',
        '"""""two quotes"""""',
        "'''\nliteral\n[a]\n'''",
    ]
)
BREAKS = st.sampled_from(["", "\n", " # a comment, [x]\n", "\n\n  "])


@st.composite
def values(draw: Any, depth: int = 2) -> Any:
    """Draw a value: text as it is written, a list, or a dict for an inline table."""
    kind = draw(st.sampled_from(["scalar", "scalar", "array", "table"])) if depth else "scalar"
    if kind == "scalar":
        return draw(SCALARS)
    if kind == "array":
        items = draw(st.lists(st.tuples(values(depth=depth - 1), BREAKS), max_size=3))
        return items, draw(st.booleans()), draw(BREAKS)
    return draw(st.dictionaries(NAMES, values(depth=depth - 1), max_size=3))


bodies = st.dictionaries(NAMES, values(), max_size=4)
tables = st.lists(st.tuples(st.sampled_from(["table", "array", "under", "dotted"]), NAMES, bodies, BREAKS), max_size=6)


class Writer:
    """Writes a TOML document and remembers at which line each key went in."""

    def __init__(self) -> None:
        self.text = ""
        self.lines: dict[str, int] = {}

    def put(self, text: str) -> None:
        self.text += text

    def note(self, path: str) -> None:
        self.lines.setdefault(path, self.text.count("\n") + 1)

    def pairs(self, path: str, body: dict[str, Any]) -> None:
        for key, value in body.items():
            self.note(under(path, key))
            self.put(f"{json.dumps(key)} = ")
            self.value(under(path, key), value)
            self.put(" # end\n")

    def value(self, path: str, value: Any) -> None:
        if isinstance(value, str):
            self.put(value)
        elif isinstance(value, dict):
            self.put("{ ")
            for index, (key, one) in enumerate(value.items()):
                self.put(", " if index else "")
                self.note(under(path, key))
                self.put(f"{json.dumps(key)}= ")
                self.value(under(path, key), one)
            self.put(" }")
        else:
            items, comma, last = value
            self.put("[")
            for index, (one, space) in enumerate(items):
                self.put("," if index else "")
                self.put(space)
                self.note(f"{path}[{index}]")
                self.value(f"{path}[{index}]", one)
            self.put(("," if comma and items else "") + last + "]")


def under(path: str, key: str) -> str:
    """Return the path of *key* in the table at *path*."""
    return f"{path}.{key}" if path else key


def written(top: dict[str, Any], sections: list[tuple[str, str, dict[str, Any], str]]) -> Writer:
    """Return a document with *top* and with each of the sections under a name of its own."""
    writer = Writer()
    writer.pairs("", {f"top {key}": value for key, value in top.items()})
    for number, (kind, name, body, space) in enumerate(sections):
        writer.put(space if space.endswith("\n") else space + "\n")
        section = f"{name}{number}"
        quoted = json.dumps(section)
        writer.note(section)
        if kind == "table":
            writer.put(f"[{quoted}]\n")
            writer.pairs(section, body)
        elif kind == "dotted":
            writer.note(f"{section}.inner")
            writer.put(f"[ {quoted} . inner ]\n")
            for key in body:
                writer.note(f"{section}.inner.x{key}")
                writer.note(f"{section}.inner.x{key}.y")
                writer.put(f"{json.dumps('x' + key)} .y = ")
                writer.value(f"{section}.inner.x{key}.y", body[key])
                writer.put("\n")
        else:
            for index in range(2):
                writer.note(f"{section}[{index}]")
                writer.put(f"[[{quoted}]]\n")
                writer.pairs(f"{section}[{index}]", {} if kind == "under" else body)
                if kind == "under":
                    writer.note(f"{section}[{index}].part")
                    writer.note(f"{section}[{index}].part[0]")
                    writer.put(f"[[{quoted}.part]]\n")
                    writer.pairs(f"{section}[{index}].part[0]", body)
    return writer


def paths(value: Any, path: str = "") -> Iterator[str]:
    """Yield the path of every key and item of what tomllib read."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield under(path, key)
            yield from paths(one, under(path, key))
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield f"{path}[{index}]"
            yield from paths(one, f"{path}[{index}]")


@given(top=bodies, sections=tables)
def test_every_key_is_found_at_its_line(top, sections):
    """The keys are those that tomllib reads, each at the line where it was written."""
    writer = written(top, sections)
    assert set(lines_of(writer.text)) == set(paths(tomllib.loads(writer.text)))
    assert lines_of(writer.text) == writer.lines


@given(text=st.text(alphabet="[]{}=\"'#,.\\\nab 1", max_size=40))
def test_text_that_is_not_toml_ends_too(text):
    """Whatever tomllib reads is followed to its end; anything else ends with the keys so far or with ValueError."""
    try:
        read = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        try:
            list(keys_of(text))
        except ValueError:
            return
    else:
        assert set(lines_of(text)) == set(paths(read))


@pytest.mark.parametrize("escape", [*"btnfr\\", '"', "u7ea7", "U00007ea7"])
def test_an_escaped_key_is_read(escape):
    """Each escape that TOML has stands for its character in a key too."""
    text = f'a = 1\n"x\\{escape}y" = 2\n'
    assert list(lines_of(text).values()) == [1, 2]
    assert len({key.path for key in keys_of(text)} & {"a", *paths(tomllib.loads(text))}) == 2


def test_an_inline_table_may_go_over_several_lines():
    """TOML 1.1 lets it; where the reader of TOML does not, a key that stands twice in it is found all the same."""
    assert lines_of("a = {\n b = 1, # one\n c = 2,\n}\nd = 3\n") == {"a": 1, "a.b": 2, "a.c": 3, "d": 5}


def test_a_line_that_is_off_by_one_would_be_seen():
    """The control: the same document with a line before it has every key one line further down."""
    text = "a = 1\n[[b]]\nc = [\n 1,\n 2]\n"
    assert lines_of(text) == {"a": 1, "b": 2, "b[0]": 2, "b[0].c": 3, "b[0].c[0]": 4, "b[0].c[1]": 5}
    assert lines_of("\n" + text) == {path: line + 1 for path, line in lines_of(text).items()}


@pytest.mark.parametrize(
    ("place", "line"),
    [("b[0].c[1]", 5), ("b[0].d", 2), ("b[0].c[9].x", 3), ("b[7]", 2), ("e.f", None), ("", None)],
)
def test_a_key_that_is_missing_is_sought_around(place, line):
    """What is not written has the line of the table around it; what is nowhere has none."""
    assert line_of(lines_of("a = 1\n[[b]]\nc = [\n 1,\n 2]\n"), place) == line
