from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import respond
import respond.store
import respond.testing

PACKAGES = [respond, respond.store, respond.testing]
HEAVY = ["alembic", "hypothesis", "psycopg", "pymysql", "pysqlite3", "pytest", "sqlalchemy", "sqlite3", "transitions"]


def loaded_by(statement: str) -> set[str]:
    """Return the top-level modules that a fresh interpreter holds after *statement*."""
    program = (
        f"import sys, json\n{statement}\nprint(json.dumps(sorted({{name.partition('.')[0] for name in sys.modules}})))"
    )
    bare = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}  # it loads sqlite3
    done = subprocess.run([sys.executable, "-c", program], env=bare, capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


@pytest.mark.parametrize(
    "statement",
    ["import respond, respond.store", "from respond.store import EventStore, Write", "import respond.testing"],
)
def test_importing_respond_loads_no_database_driver_or_test_tool(statement):
    """Importing is light: what a name needs is loaded when that name is used."""
    loaded = loaded_by(statement)
    assert "respond" in loaded
    assert loaded.isdisjoint(HEAVY)


@pytest.mark.parametrize("module", ["sqlite3", "sqlalchemy"])
def test_a_loaded_module_is_seen(module):
    """The control: what a statement does load is found."""
    assert module in loaded_by(f"import respond, {module}")


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.__name__)
def test_public_names_are_sorted_and_few(package):
    """`__all__` is sorted, holds nothing twice, and at most 25 names."""
    names = package.__all__
    constants = [name for name in names if name.isupper()]
    classes = [name for name in names if name[0].isupper() and not name.isupper()]
    functions = [name for name in names if name.islower()]
    assert names == [*sorted(constants), *sorted(classes), *sorted(functions)]
    assert len(set(names)) == len(names) <= 25


@pytest.mark.parametrize(("package", "name"), [(one.__name__, name) for one in PACKAGES for name in one.__all__])
def test_every_public_name_resolves_at_first_use(package, name):
    """A public name is not there before it is used, and then it is what its home calls by that name."""
    program = (
        f"import {package} as package; assert {name!r} in dir(package); assert {name!r} not in vars(package)\n"
        f"value = package.{name}; assert vars(package)[{name!r}] is value is not None"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_an_unknown_name_is_an_attribute_error():
    """A name that is not public is refused by name, and `hasattr` says no."""
    with pytest.raises(AttributeError, match="'respond' has no attribute 'Nothing'"):
        respond.Nothing  # noqa: B018
    with pytest.raises(AttributeError, match=r"'respond\.store' has no attribute 'Nothing'"):
        respond.store.Nothing  # noqa: B018
    assert not hasattr(respond, "store_of_nothing")


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.__name__)
def test_dir_shows_the_public_names(package):
    """`dir` of a package shows every public name, for people and for completion."""
    assert set(package.__all__) <= set(dir(package))


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.__name__)
def test_type_checkers_see_what_runs(package):
    """The imports for type checkers, the homes and `__all__` name the same things in the same places."""
    tree = ast.parse(Path(package.__file__).read_text())
    seen = {
        alias.name: node.module
        for block in tree.body
        if isinstance(block, ast.If)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.asname is None
    }
    assert seen == package._HOMES
    assert sorted(seen) == sorted(package.__all__)
