from __future__ import annotations

import ast
import importlib.metadata
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import public_imports

ROOT = Path(__file__).parent.parent.parent
SOURCE = ROOT / "src" / "respond"
MODULES = sorted(path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*.py"))

FOREIGN = re.compile(
    r"pypi\.(?:org|python)|python[h]osted|anaconda\.(?:org|com)|registry\.npmjs|crates\.io|proxy\.golang"
    r"|--(?:extra-)?index-url|\bfile:///\w"
    r"|(?<![\w.~$}\])-])/(?:root|home|Users|work|workspace|mnt)/\w"
    r"|\b[A-Z]:\\Users\\"
)
DANGEROUS = {"dill", "marshal", "pickle", "shelve"}


def tracked_files() -> list[Path]:
    """Return the files that git holds or would add."""
    listing = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(listing, capture_output=True, text=True, check=True)
    return [path for name in done.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def foreign_places(text: str) -> list[str]:
    """Return what in *text* names a package registry's host or a path of one machine."""
    return [found.group() for found in FOREIGN.finditer(text)]


def dangerous_uses(text: str) -> Iterator[str]:
    """Yield what in a module's text turns data into code."""
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Import(names=names):
                yield from (one.name for one in names if one.name.partition(".")[0] in DANGEROUS)
            case ast.ImportFrom(module=str(module)) if module.partition(".")[0] in DANGEROUS:
                yield module
            case ast.Call(func=ast.Name(id="eval" | "exec" | "__import__" as name)):
                yield name


def long_functions(text: str) -> list[str]:
    """Return the functions of 50 lines and more, their docstrings not counted."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0]
            said = ast.get_docstring(node, clean=False) is not None
            described = (first.end_lineno or 0) - first.lineno + 1 if said else 0
            if (node.end_lineno or 0) - node.lineno + 1 - described >= 50:
                found.append(node.name)
    return found


def test_no_file_names_a_registry_or_a_machine():
    """No file of the project names a package registry's host or an absolute path of one machine."""
    found = {}
    for path in tracked_files():
        try:
            places = foreign_places(path.read_text(encoding="utf-8"))
        except UnicodeDecodeError:  # not text
            continue
        if places:
            found[path.relative_to(ROOT).as_posix()] = places
    assert found == {}


@pytest.mark.parametrize(
    "text",
    ["https://" + "pypi" + ".org/simple", "--index" + "-url x", "see /" + "home/someone/x", "'/" + "root/x'"],
)
def test_a_planted_host_or_path_is_found(text):
    """The control: a registry's host or a machine's path is seen."""
    assert foreign_places(text)


@pytest.mark.parametrize(
    "text", ["../shared/data/x", "sqlite:////tmp/x.db", "https://example.org/home/page", "src/home/x"]
)
def test_other_paths_are_left_alone(text):
    """Relative paths, temporary ones and addresses are no machine's."""
    assert foreign_places(text) == []


@pytest.mark.parametrize("name", MODULES)
def test_modules_are_small_and_say_their_role(name):
    """A module has at most 400 lines, functions under 50, a docstring, and turns no data into code."""
    text = (SOURCE / name).read_text()
    assert len(text.splitlines()) <= 400
    assert long_functions(text) == []
    assert ast.get_docstring(ast.parse(text))
    assert list(dangerous_uses(text)) == []


@pytest.mark.parametrize(
    "text", ["import pickle", "from marshal import loads", "import shelve as s", "eval('1')", "exec('')"]
)
def test_planted_code_from_data_is_found(text):
    """The control: pickle and its kin, eval and exec are seen."""
    assert list(dangerous_uses(text))


def test_a_planted_long_function_is_found():
    """The control: 50 lines are too many, and a docstring does not count."""
    body = "    pass\n"
    assert long_functions("def short():\n    '''One.\n\n    Two.\n    '''\n" + 48 * body) == []
    assert long_functions("def long():\n" + 49 * body) == ["long"]


def test_examples_import_public_names_only():
    """Examples show what users may rely on."""
    assert public_imports.main([str(ROOT / "examples")]) == 0


@pytest.mark.parametrize(
    "statement",
    [
        "from respond.store.memory import MemoryStore",
        "import respond.domain.ids",
        "from respond.store import Codec",
        "from respond import errors",
        "import respond\nrespond.errors",
        "from respond.testing.scenario import Scenario",
        "def later():\n    from respond.domain import ids",
    ],
)
def test_a_planted_private_import_is_found(statement, tmp_path, capsys):
    """The control: an example that reaches inside is named with its line, and lint fails."""
    (tmp_path / "shown.py").write_text(statement)
    assert public_imports.main([str(tmp_path)]) == 1
    assert f"shown.py:{len(statement.splitlines())}: respond." in capsys.readouterr().out


def test_public_imports_are_allowed(tmp_path):
    """`respond`, `respond.store`, their public names and `respond.testing` are what an example may import."""
    (tmp_path / "shown.py").write_text(
        "import respond\nfrom respond import StreamId, store, testing\nimport respond.testing\nrespond.NEW\n"
        "import respond.store\nfrom respond.store import ANY, SqlEventStore"
    )
    assert public_imports.main([str(tmp_path)]) == 0


@pytest.fixture
def planted(tmp_path):
    """Return a function that runs import-linter on a copy of the project with lines added to its modules."""

    def lint(lines: dict[str, str]) -> subprocess.CompletedProcess[str]:
        shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", tmp_path)
        for name, line in lines.items():
            path = tmp_path / "src" / "respond" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            for package in path.relative_to(tmp_path / "src").parents[:-1]:
                (tmp_path / "src" / package / "__init__.py").touch()
            path.write_text((path.read_text() if path.exists() else "") + f"\n{line}\n")
        program = "import sys; sys.path.insert(0, 'src'); "
        program += "from importlinter import cli; sys.exit(cli.lint_imports(no_cache=True))"
        return subprocess.run(
            [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
        )

    return lint


@pytest.mark.parametrize(
    ("lines", "contract"),
    [
        ({"domain/streams.py": "import respond.store.records"}, "Imports point down only"),
        ({"workflow/definition.py": "import respond.store.records"}, "Imports point down only"),
        ({"domain/streams.py": "from respond import ANY as Anything"}, "Nothing inside imports the public face"),
        ({"novelty/thing.py": "import respond.errors"}, "Imports point down only"),
        ({"workflow/lint.py": "import transitions"}, "Only workflow/machine.py knows transitions"),
        ({"store/memory.py": "import sqlalchemy.orm"}, "SQL, its migrations and drivers"),
        ({"cli/main.py": "import psycopg"}, "SQL, its migrations and drivers"),
        ({"engine/progress.py": "import rich.progress"}, "Only the command line"),
        ({"plan/plan.py": "import hypothesis"}, "Only respond.testing needs"),
    ],
)
def test_a_planted_import_against_the_layers_fails_lint(planted, lines, contract):
    """The control: each contract breaks when a module imports what it may not."""
    done = planted(lines)
    assert done.returncode == 1, done.stdout + done.stderr
    assert re.search(f"{re.escape(contract)}.* BROKEN", done.stdout)


def test_imports_where_they_belong_pass_lint(planted):
    """Each door is open for the module that it was made for."""
    done = planted(
        {
            "store/sql/schema.py": "import sqlalchemy, psycopg, pymysql, alembic, respond.store.records",
            "projections/sql/board.py": "import sqlalchemy",
            "cli/main.py": "import click, rich",
            "testing/strategies.py": "import hypothesis, pytest",
            "workflow/machine.py": "import transitions",
        }
    )
    assert done.returncode == 0, done.stdout + done.stderr


def required_distributions() -> dict[str, importlib.metadata.Distribution]:
    """Return what is installed with respond and all of its extras, by name."""
    found: dict[str, importlib.metadata.Distribution] = {}
    todo = [Requirement("respond-engine[all]")]
    while todo:
        wanted = todo.pop()
        distribution = importlib.metadata.distribution(wanted.name)
        found[distribution.metadata["Name"].lower()] = distribution
        for text in distribution.requires or ():
            requirement = Requirement(text)
            extras = wanted.extras or {""}
            needed = requirement.marker is None or any(
                requirement.marker.evaluate({"extra": extra}) for extra in extras
            )
            if needed and (requirement.extras or requirement.name.lower() not in found):
                todo.append(requirement)
    return found


def test_nothing_that_users_install_is_under_the_gpl():
    """Every distribution that respond and its extras bring names a licence, never the GPL or AGPL (LGPL is fine)."""
    licences = {}
    for name, distribution in required_distributions().items():
        about = distribution.metadata
        classifiers = [line for line in about.get_all("Classifier", []) if line.startswith("License ::")]
        named = about.get("License-Expression") or about.get("License") or ""
        files = [distribution.read_text(f"licenses/{file}") or "" for file in about.get_all("License-File", [])]
        licences[name] = " ".join([named, *classifiers]).strip() or " ".join(files)
    assert {"respond-engine", "sqlalchemy", "attrs", "click", "psycopg", "pymysql", "hypothesis"} <= licences.keys()
    assert [name for name, licence in licences.items() if not licence] == []
    assert {name: licence for name, licence in licences.items() if re.search(r"(?<!L)\bA?GPL|Affero", licence)} == {}
