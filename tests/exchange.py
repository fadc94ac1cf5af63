"""Put a change in the place of what a module says: as it is imported, or where the code of a function stands already.

What ran before the tests did (a module, a class, a function that a table is made with) has left its mark elsewhere:
such code is not exchanged.
"""

from __future__ import annotations

import ast
import gc
import sys
import threading
from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import SourceFileLoader
from types import CodeType, FrameType, FunctionType

import attrs

Key = tuple[str, str, int, bytes]
Functions = dict[Key, list[FunctionType]]
Ran = dict[Key, set[str]]
"""What ran, and the modules whose import led to it."""


def key(code: CodeType) -> Key:
    """Return what tells *code* from any other."""
    return code.co_filename, code.co_qualname, code.co_firstlineno, code.co_linetable


def functions(files: Container[str]) -> Functions:
    """Return every function that *files* have made so far, by its code."""
    found: Functions = {}
    for one in gc.get_objects():
        if type(one) is FunctionType and one.__code__.co_filename in files:
            found.setdefault(key(one.__code__), []).append(one)
    return found


@attrs.frozen
class Exchange:
    """A change of one module that can be made without importing it again."""

    functions: Sequence[FunctionType]
    code: CodeType
    old: Key
    """That of the functions."""
    changed: Key
    """Where the change is: in the functions, or in what they define."""

    def make(self) -> None:
        """Let the functions have the code."""
        for one in self.functions:
            one.__code__ = self.code


def exchange(old: CodeType, new: CodeType, ran: Container[Key], found: Functions) -> Exchange | None:
    """Return how the module *old* becomes *new*; None when what changes *ran* already, or is not one function."""
    paths = list(_changes(old, new))
    if len(paths) != 1:
        return None
    before, after = next((pair for pair in paths[0] if key(pair[0]) not in ran), (old, new))
    some = found.get(key(before), ())
    if not some or len(before.co_freevars) != len(after.co_freevars):
        return None
    return Exchange(some, after, key(before), key(paths[0][-1][0]))


def _changes(old: CodeType, new: CodeType) -> Iterator[list[tuple[CodeType, CodeType]]]:
    """Yield each code that differs, after all that it is defined in."""
    if _bare(old) != _bare(new):
        yield [(old, new)]
        return
    for before, after in zip(_defined(old), _defined(new), strict=True):
        for path in _changes(before, after):
            yield [(old, new), *path]


def _defined(code: CodeType) -> list[CodeType]:
    return [one for one in code.co_consts if isinstance(one, CodeType)]


def _bare(code: CodeType) -> CodeType:
    """Return *code* without what it defines."""
    return code.replace(co_consts=tuple(None if isinstance(one, CodeType) else one for one in code.co_consts))


@contextmanager
def running(files: Container[str]) -> Iterator[Ran]:
    """Note which code of *files* runs meanwhile."""
    seen: Ran = {}

    def called(frame: FrameType, event: str, argument: object) -> None:
        if frame.f_code.co_filename in files:
            seen.setdefault(key(frame.f_code), set()).add(_importer(frame))

    before = sys.gettrace()
    sys.settrace(called)
    threading.settrace(called)
    try:
        yield seen
    finally:
        sys.settrace(before)
        threading.settrace(before)


def _importer(frame: FrameType | None) -> str:
    """Return the file of the module whose import led to *frame*."""
    while frame is not None and frame.f_code.co_name != "<module>":
        frame = frame.f_back
    return "" if frame is None else frame.f_code.co_filename


class Loader(SourceFileLoader):
    """Loads a tree in the place of what the file says."""

    def __init__(self, name: str, path: str, tree: ast.Module) -> None:
        super().__init__(name, path)
        self.tree = tree

    def get_code(self, fullname: str) -> CodeType:
        return compile(self.tree, self.get_filename(fullname), "exec", dont_inherit=True)
