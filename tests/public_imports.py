"""Find imports of private modules and names in code that shows how respond is used.

Run by `make lint` as `python tests/public_imports.py examples`.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import respond

TESTING = "respond.testing"


def private_imports(path: Path) -> Iterator[str]:
    """Yield one line for each place in *path* that reaches past `respond` and `respond.testing`."""
    for node in ast.walk(ast.parse(path.read_text(), path)):
        for name in _private_names(node):
            yield f"{path}:{node.lineno}: {name} is private; import public names from respond or respond.testing"


def _private_names(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            yield from (one.name for one in names if one.name.startswith("respond.") and one.name != TESTING)
        case ast.ImportFrom(module="respond", names=names):
            public = {*respond.__all__, "testing"}
            yield from (f"respond.{one.name}" for one in names if one.name not in public)
        case ast.ImportFrom(module=str(module), names=names) if module.startswith("respond.") and module != TESTING:
            yield from (f"{module}.{one.name}" for one in names)
        case ast.ImportFrom(module="respond.testing", names=names):
            yield from (f"respond.testing.{one.name}" for one in names if one.name.startswith("_"))
        case ast.Attribute(value=ast.Name(id="respond"), attr=name) if name not in {*respond.__all__, "testing"}:
            yield f"respond.{name}"


def main(folders: list[str]) -> int:
    """Print every private import under *folders*; return 1 when there is one."""
    files = [path for folder in folders for path in sorted(Path(folder).rglob("*.py"))]
    found = [line for path in files for line in private_imports(path)]
    print("\n".join(found) if found else f"{len(files)} files import public names only")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
