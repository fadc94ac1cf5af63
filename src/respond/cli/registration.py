"""The workflows that a user declares: `MODULE_OR_PATH:NAME`, and the entry points of installed packages."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import sys
from collections.abc import Iterable
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from respond.errors import InvalidInput
from respond.workflow.workflow import Workflow

GROUP = "respond.workflows"
"""The group of entry points that name workflows."""
_PLACE = "--workflow"


def declared_workflows(names: Iterable[str]) -> list[Workflow]:
    """Return the workflows of installed packages, then those that *names* declare.

    Raises `InvalidInput` for a name without a colon, a module or a file that cannot be loaded, and a value that is no
    workflow.
    """
    found = [_entry_point(point) for point in entry_points(group=GROUP)]
    return found + [declared_workflow(name) for name in names]


def declared_workflow(name: str) -> Workflow:
    """Return the workflow that `MODULE_OR_PATH:NAME` declares; raises `InvalidInput`."""
    where, colon, attribute = name.rpartition(":")
    if not (colon and where and attribute):
        raise InvalidInput(
            f"{name!r} does not name a workflow; write package.module:NAME or path/to/file.py:NAME", place=_PLACE
        )
    module = _module(where)
    if not hasattr(module, attribute):
        raise InvalidInput(f"{where} has no {attribute!r}", place=_PLACE, value=name)
    return _checked(getattr(module, attribute), name)


def _entry_point(point: Any) -> Workflow:
    place = f"the entry point {point.name!r} of {GROUP}"
    try:
        value = point.load()
    except Exception as error:
        raise InvalidInput(f"{point.value} cannot be loaded: {error!r}", place=place) from error
    return _checked(value, f"{point.value} ({place})")


def _checked(value: object, name: str) -> Workflow:
    if not isinstance(value, Workflow):
        raise InvalidInput(f"{name} is a {type(value).__name__}, not a respond.Workflow", place=_PLACE, value=name)
    return value


def _module(where: str) -> ModuleType:
    try:
        if where.endswith(".py"):
            return _file(Path(where))
        return importlib.import_module(where)
    except InvalidInput:
        raise
    except Exception as error:  # a user's module may raise anything while it is imported
        raise InvalidInput(f"{where} cannot be loaded: {error!r}", place=_PLACE, value=where) from error


def _file(path: Path) -> ModuleType:
    """Load a Python file once, under a name that only this file has; annotations are looked up by that name."""
    path = path.resolve()
    name = f"respond_workflow_{path.stem}_{hashlib.sha256(str(path).encode()).hexdigest()[:12]}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise InvalidInput(f"{path}: there is no such file", place=_PLACE, value=str(path))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
