"""What a user declares by `MODULE_OR_PATH:NAME`: workflows and projections; and entry points of installed packages."""

from __future__ import annotations

import ast
import hashlib
import importlib
import importlib.util
import sys
import traceback
from collections.abc import Iterable, Mapping
from contextlib import suppress
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import attrs

from respond.errors import InvalidInput, InvalidWorkflow
from respond.workflow.workflow import Workflow

if TYPE_CHECKING:
    from respond.projections.sql import TableProjection

GROUP = "respond.workflows"
"""The group of entry points that name workflows."""
_WORKFLOW = "--workflow"
_PROJECTION = "--projection"
_TARGET = "TARGET"


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


@attrs.frozen(kw_only=True)
class Definition:
    """A workflow that a target names, or what stands in the way of making it."""

    name: str
    """The target, with the name in its module."""
    file: Path | None
    """None for a module without a file."""
    line: int | None
    """Where the name is given, or where making the workflow failed."""
    workflow: Workflow | None
    refused: InvalidWorkflow | None = None


def definitions_in(target: str) -> list[Definition]:
    """Return the workflows that *target* names, `MODULE_OR_PATH` for all of a module or `MODULE_OR_PATH:NAME` for one.

    One that contradicts itself stops its module: it is returned with what lint says of it, behind those that come
    before it; what comes after it is not known.  Raises `InvalidInput` when there is no such module, no such name, or
    no workflow.
    """
    where, colon, attribute = target.rpartition(":")
    if not colon:
        where, attribute = target, ""
    _look_here()
    try:
        module = _module(where, _TARGET)
    except InvalidWorkflow as refused:
        if not refused.findings:
            raise
        file, line, known = _raised_at(refused, where)
        stopped = Definition(name=where, file=file, line=line, workflow=None, refused=refused)
        return [*([] if attribute else _in_module(known, where, file)), stopped]
    if attribute and not hasattr(module, attribute):
        raise InvalidInput(f"{where} has no {attribute!r}", place=_TARGET, value=target)
    file = Path(module.__file__) if module.__file__ else None
    known = {attribute: _checked(getattr(module, attribute), target)} if attribute else vars(module)
    found = _in_module(known, where, file)
    if not found:
        raise InvalidInput(f"{where} holds no workflow", place=_TARGET, value=target)
    return found


def _look_here() -> None:
    """Let modules of the current folder be found, as `python -m` does."""
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)


def _in_module(names: Mapping[str, object], where: str, file: Path | None) -> list[Definition]:
    """Return the workflows among the *names* of a module."""
    lines = _lines_of(file)
    return [
        Definition(name=f"{where}:{name}", file=file, line=lines.get(name), workflow=value)
        for name, value in names.items()
        if isinstance(value, Workflow)
    ]


def _raised_at(error: BaseException, where: str) -> tuple[Path | None, int | None, Mapping[str, object]]:
    """Return the file of the module *where*, the line that led to *error*, and the names given before it.

    None, and no names, when nobody knows.
    """
    file = Path(where).resolve() if where.endswith(".py") else None
    with suppress(Exception):  # to look for a module is to import the package that it is in
        spec = None if file else importlib.util.find_spec(where)
        file = Path(spec.origin) if spec is not None and spec.origin else file
    steps = traceback.walk_tb(error.__traceback__)
    reached = [(frame.f_globals, line) for frame, line in steps if Path(frame.f_code.co_filename) == file]
    if not reached:
        return None, None, {}
    names, line = reached[-1]
    return file, line, names


def _lines_of(file: Path | None) -> dict[str, int]:
    """Return the line at which each name of a module is given."""
    if file is None or file.suffix != ".py":
        return {}
    found: dict[str, int] = {}
    for node in ast.parse(file.read_bytes()).body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        found |= {target.id: node.lineno for target in targets if isinstance(target, ast.Name)}
    return found


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
