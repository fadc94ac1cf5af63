"""The documentation holds: links resolve, and what stands in a fence can be run.

On one page, `python` fences run in order in one interpreter, and the lines of `console` fences that begin with
`$ respond` run in order in one folder; `# exits 1` after a command names another exit status than 0.  So do those that
begin with `$ python -m pytest`; what stands below such a line must be in what it prints, in this order, `...` left
aside.  A `python NAME` fence is written to the file of that name in the same folder, a `diff NAME` fence changes it.
`toml` and `json` fences must parse.  A fence of another kind, `text` or `sql` say, is only read.
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

from forks import FORKS
from respond.cli import main

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
    """Run the commands of a page, compare their exit statuses, and write its files on the way."""
    for block in blocks:
        if block.kind != "console":
            write_file(block, folder)
            continue
        for number, line in enumerate(block.text.splitlines(), block.line + 1):
            if line.startswith(("$ respond ", "$ python -m pytest ")):
                expected = int(found.group(1)) if (found := EXITS.search(line)) else 0
                command = shlex.split(EXITS.sub("", line[2:]), comments=True)
                if command[0] == "respond":
                    status, said = respond(command[1:], folder)
                else:
                    status, said = python(command[1:], folder)
                    shown = block.text.splitlines()[number - block.line :]
                    assert untold(shown, said) == [], f"{page}:{number}: {line}\n{said}"
                assert status == expected, f"{page}:{number}: {line}\n{said}"


def respond(arguments: list[str], folder: Path) -> tuple[int | None, str]:
    """Run a command in a process of its own that need not import everything anew; return its status and its words."""
    words = folder.parent / "words"
    process = FORKS.Process(target=_speaking_to, args=(words, arguments, folder))
    process.start()
    process.join()
    return process.exitcode, words.read_text()


def _speaking_to(words: Path, arguments: list[str], folder: Path) -> None:
    with words.open("w") as file:
        os.dup2(file.fileno(), sys.stdout.fileno())
        os.dup2(file.fileno(), sys.stderr.fileno())
    os.chdir(folder)
    sys.exit(main(arguments))


def python(arguments: list[str], folder: Path) -> tuple[int, str]:
    """Run the interpreter; return its status and what it printed."""
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, f"{done.stdout}{done.stderr}"


def write_file(block: Fence, folder: Path) -> None:
    """Write the file that a fence names, or change it."""
    kind, _, name = block.kind.partition(" ")
    file = folder / name
    if kind == "python":
        file.write_text(block.text)
        return
    old, new = ("".join(f"{line[1:]}\n" for line in block.text.splitlines() if line[0] in {" ", sign}) for sign in "-+")
    text = file.read_text()
    assert text.count(old) == 1, f"{name} does not hold this once:\n{old}"
    file.write_text(text.replace(old, new))


def untold(shown: list[str], printed: str) -> list[str]:
    """Return what a page shows below a command and no line that the command printed begins with, in this order."""
    lines = (line.strip().removeprefix("E").strip() for line in printed.splitlines())
    wanted = itertools.takewhile(lambda line: not line.startswith("$ "), shown)
    told = (one for one in map(str.strip, wanted) if one not in {"", "..."})
    return [one for one in told if not any(line.startswith(one) for line in lines)]


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
    named = {"python", "diff"}
    if console := [one for one in found if one.kind == "console" or (" " in one.kind and one.kind.split()[0] in named)]:
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
        "```python test_it.py\ndef test_it(): assert 0\n```\n\n```console\n$ python -m pytest test_it.py\n```\n",
        "```python test_it.py\ndef test_it(): pass\n```\n\n```console\n$ python -m pytest test_it.py\n2 passed\n```\n",
        "```python one.py\nx = 1\n```\n\n```diff one.py\n-x = 2\n+x = 3\n```\n",
    ],
)
def test_a_planted_broken_snippet_is_found(text, desk):
    """The control: Python that fails, TOML and JSON that do not parse, and a command that ends otherwise are seen."""
    with pytest.raises((AssertionError, ValueError)):
        run_page("planted.md", text, desk)
