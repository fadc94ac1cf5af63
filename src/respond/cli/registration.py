"""What a user declares by `MODULE_OR_PATH:NAME`: workflows and projections; and entry points of installed packages."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import sys
from collections.abc import Iterable
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from respond.errors import InvalidInput
from respond.workflow.workflow import Workflow

if TYPE_CHECKING:
    from respond.projections.sql import TableProjection

GROUP = "respond.workflows"
"""The group of entry points that name workflows."""
_WORKFLOW = "--workflow"
_PROJECTION = "--projection"


def declared_workflows(names: Iterable[str]) -> list[Workflow]:
    """Return the workflows of installed packages, then those that *names* declare.

    Raises `InvalidInput` for a name without a colon, a module or a file that cannot be loaded, and a value that is no
    workflow.
    """
    found = [_entry_point(point) for point in entry_points(group=GROUP)]
    return found + [declared_workflow(name) for name in names]


def declared_workflow(name: str) -> Workflow:
    """Return the workflow that `MODULE_OR_PATH:NAME` declares; raises `InvalidInput`."""
    return _checked(_declared(name, "a workflow", _WORKFLOW), name)


def declared_projections(names: Iterable[str]) -> list[type[TableProjection]]:
    """Return the projections that *names* declare, each as `MODULE_OR_PATH:NAME`; raises `InvalidInput`."""
    return [_checked_projection(_declared(name, "a projection", _PROJECTION), name) for name in names]


def _declared(name: str, what: str, place: str) -> Any:
    where, colon, attribute = name.rpartition(":")
    if not (colon and where and attribute):
        raise InvalidInput(
            f"{name!r} does not name {what}; write package.module:NAME or path/to/file.py:NAME", place=place
        )
    module = _module(where, place)
    if not hasattr(module, attribute):
        raise InvalidInput(f"{where} has no {attribute!r}", place=place, value=name)
    return getattr(module, attribute)


def _entry_point(point: Any) -> Workflow:
    place = f"the entry point {point.name!r} of {GROUP}"
    try:
        value = point.load()
    except Exception as error:
        raise InvalidInput(f"{point.value} cannot be loaded: {error!r}", place=place) from error
    return _checked(value, f"{point.value} ({place})")


def _checked(value: object, name: str) -> Workflow:
    if not isinstance(value, Workflow):
        raise InvalidInput(f"{name} is a {type(value).__name__}, not a respond.Workflow", place=_WORKFLOW, value=name)
    return value


def _checked_projection(value: object, name: str) -> type[TableProjection]:
    from respond.projections.sql import TableProjection  # noqa: PLC0415 - help and wrong usage need no database

    if not (isinstance(value, type) and issubclass(value, TableProjection)):
        raise InvalidInput(f"{name} is not a class of TableProjection", place=_PROJECTION, value=name)
    return value


def _module(where: str, place: str) -> ModuleType:
    try:
        if where.endswith(".py"):
            return _file(Path(where), place)
        return importlib.import_module(where)
    except InvalidInput:
        raise
    except Exception as error:  # a user's module may raise anything while it is imported
        raise InvalidInput(f"{where} cannot be loaded: {error!r}", place=place, value=where) from error


def _file(path: Path, place: str) -> ModuleType:
    """Load a Python file once, under a name that only this file has; annotations are looked up by that name."""
    path = path.resolve()
    name = f"respond_workflow_{path.stem}_{hashlib.sha256(str(path).encode()).hexdigest()[:12]}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise InvalidInput(f"{path}: there is no such file", place=place, value=str(path))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
