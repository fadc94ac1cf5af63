"""Find imports of private modules and names in code that shows how respond is used.

Run by `make lint` as `python tests/public_imports.py examples`.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import respond
import respond.store

PACKAGES = {"store": set(respond.store.__all__), "testing": None}
"""The public packages beside `respond` itself, and their public names; None where each that has no underscore is."""
PUBLIC = {*respond.__all__, *PACKAGES}


def private_imports(path: Path) -> Iterator[str]:
    """Yield one line for each place in *path* that reaches past the public names."""
    for node in ast.walk(ast.parse(path.read_text(), path)):
        for name in _private_names(node):
            yield (
                f"{path}:{node.lineno}: {name} is private; "
                f"import public names from respond, {' or '.join(f'respond.{package}' for package in PACKAGES)}"
            )


def _private_names(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            yield from (one.name for one in names if one.name.startswith("respond.") and one.name[8:] not in PACKAGES)
        case ast.ImportFrom(module="respond", names=names):
            yield from (f"respond.{one.name}" for one in names if one.name not in PUBLIC)
        case ast.ImportFrom(module=str(module), names=names) if module.startswith("respond."):
            yield from (f"{module}.{one.name}" for one in names if not _is_public(module[8:], one.name))
        case ast.Attribute(value=ast.Name(id="respond"), attr=name) if name not in PUBLIC:
            yield f"respond.{name}"


def _is_public(package: str, name: str) -> bool:
    if package not in PACKAGES:
        return False
    names = PACKAGES[package]
    return not name.startswith("_") if names is None else name in names


def main(folders: list[str]) -> int:
    """Print every private import under *folders*; return 1 when there is one."""
    files = [path for folder in folders for path in sorted(Path(folder).rglob("*.py"))]
    found = [line for path in files for line in private_imports(path)]
    print("\n".join(found) if found else f"{len(files)} files import public names only")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
