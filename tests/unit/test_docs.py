"""The documentation holds: links resolve, and what stands in a fence can be run.

On one page, `python` fences run in order in one interpreter, and the lines of `console` fences that begin with
`$ respond` run in order in one folder; `# exits 1` after a command names another exit status than 0.  `toml` and `json`
fences must parse.  A fence of another kind, `text` or `sql` say, is only read.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest
from markdown_it import MarkdownIt

ROOT = Path(__file__).parent.parent.parent
EXITS = re.compile(r"\s+# exits (\d)$")


@attrs.frozen
class Fence:
    """One fenced block: its kind, its text, and the line where it begins."""

    kind: str
    text: str
    line: int


def pages() -> list[str]:
    """Return the Markdown files that git holds or would add."""
    listing = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md"]
    done = subprocess.run(listing, capture_output=True, text=True, check=True)
    return sorted(name for name in done.stdout.split("\0") if name and (ROOT / name).is_file())


def fences(text: str) -> list[Fence]:
    """Return the fenced blocks of a page."""
    tokens = MarkdownIt().parse(text)
    return [
        Fence(token.info.strip(), token.content, token.map[0] + 1)
        for token in tokens
        if token.type == "fence" and token.map is not None
    ]


def anchors(text: str) -> set[str]:
    """Return the anchors that a page's headings make."""
    tokens = MarkdownIt().parse(text)
    headings = [after.content for token, after in itertools.pairwise(tokens) if token.type == "heading_open"]
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(page: Path) -> Iterator[str]:
    """Yield the links of *page* that lead to no file, or to no heading of it."""
    inline = [token for token in MarkdownIt().parse(page.read_text()) if token.type == "inline"]
    for token in (child for parent in inline for child in parent.children or ()):
        target = str(token.attrGet("href") or token.attrGet("src") or "")
        if not target or re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        if not file.exists() or (anchor and anchor not in anchors(file.read_text())):
            yield target


def unlisted(index: str) -> set[str]:
    """Return the pages of `docs` that an index leaves out."""
    listed = set(re.findall(r"\]\(([^)#]+)\)", index))
    return {name for page in pages() if (name := page.removeprefix("docs/")) != page} - listed - {"README.md"}


@pytest.fixture
def desk(tmp_path) -> Path:
    """Return a folder like the project's root: the examples are there, and the real logs beside it."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "examples").symlink_to(ROOT / "examples")
    (folder / "build").mkdir()
    (tmp_path / "shared").symlink_to(ROOT.parent / "shared")
    return folder


def run_python(page: str, blocks: list[Fence], folder: Path) -> None:
    """Run the Python of a page, each block at its own line so that a traceback names the page's."""
    program = ""
    for block in blocks:
        program += "\n" * (block.line - program.count("\n")) + block.text
    script = folder / "page.py"
    script.write_text(program)
    done = subprocess.run([sys.executable, script], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{page}, the lines of page.py are its own:\n{done.stderr}"


def run_console(page: str, blocks: list[Fence], folder: Path) -> None:
    """Run the `respond` commands of a page and compare their exit statuses."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    for block in blocks:
        for number, line in enumerate(block.text.splitlines(), block.line + 1):
            if line.startswith("$ respond "):
                expected = int(found.group(1)) if (found := EXITS.search(line)) else 0
                command = shlex.split(EXITS.sub("", line[2:]), comments=True)
                done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
                assert done.returncode == expected, f"{page}:{number}: {line}\n{done.stdout}{done.stderr}"


def run_page(page: str, text: str, folder: Path) -> None:
    """Run and parse every fence of a page."""
    found = fences(text)
    for block in found:
        if block.kind == "toml":
            tomllib.loads(block.text)
        elif block.kind == "json":
            json.loads(block.text)
    if python := [block for block in found if block.kind == "python"]:
        run_python(page, python, folder)
    if console := [block for block in found if block.kind == "console"]:
        run_console(page, console, folder)


@pytest.mark.parametrize("page", pages())
def test_links_resolve(page):
    """Every link inside the project leads to a file and a heading that exist."""
    assert list(broken_links(ROOT / page)) == []


@pytest.mark.parametrize("page", pages())
def test_snippets_run(page, desk):
    """Every snippet of a page says its kind, and runs or parses."""
    text = (ROOT / page).read_text()
    assert [f"line {block.line}" for block in fences(text) if not block.kind] == []
    run_page(page, text, desk)


def test_the_index_lists_every_page():
    """Every page of the documentation stands in its index; one that is taken out of it is missed."""
    index = (ROOT / "docs" / "README.md").read_text()
    assert unlisted(index) == set()
    assert unlisted(index.replace("(glossary.md)", "(words.md)")) == {"glossary.md"}


@pytest.mark.parametrize("target", ["missing.md", "page.md#no-such-heading", "#no-such-heading"])
def test_a_planted_broken_link_is_found(target, tmp_path):
    """The control: a link to a file or a heading that does not exist is seen; a good one is not."""
    page = tmp_path / "page.md"
    page.write_text(f"# A heading, here\n\n[a]({target}) [b](page.md#a-heading-here) [c](https://example.org/x)\n")
    assert list(broken_links(page)) == [target]


@pytest.mark.parametrize(
    "text",
    [
        "```python\nkept = 1\n```\n\n```python\nassert kept == 2\n```\n",
        "```toml\nkey = \n```\n",
        "```json\n{\n```\n",
        "```console\n$ respond no-such-command\n```\n",
    ],
)
def test_a_planted_broken_snippet_is_found(text, desk):
    """The control: Python that fails, TOML and JSON that do not parse, and a command that ends otherwise are seen."""
    with pytest.raises((AssertionError, ValueError)):
        run_page("planted.md", text, desk)
