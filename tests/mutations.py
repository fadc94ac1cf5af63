"""Mutations: a module's source with one thing changed, the way that slips of the hand change it.

mutmut changes no function that is decorated and nothing outside of functions: no guard, and no table of transitions.
What people read (docstrings, texts with a blank) and types (annotations, `Literal`) are left alone: tests go by codes.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy

import attrs

_SWAPPED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.FloorDiv: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}


@attrs.frozen
class Mutation:
    """One change of a module."""

    name: str
    """Where it is, and what becomes of what: the same whatever else changes in the module."""
    line: int
    source: str
    node: int
    """Which of the nodes that can be changed, and which of its changes."""
    change: int

    @property
    def tree(self) -> ast.Module:
        """The module with the change."""
        tree = ast.parse(self.source)
        node, _ = _mutable(tree)[self.node]
        _changes(node)[self.change]()
        return ast.fix_missing_locations(tree)


def mutations(source: str) -> Iterator[Mutation]:
    """Yield every mutation of *source*, one after the other, in its order."""
    seen: Counter[str] = Counter()
    for index, (node, place) in enumerate(_mutable(ast.parse(source))):
        for number in range(len(_changes(node))):
            changed = deepcopy(node)
            _changes(changed)[number]()
            name = f"{place}: {_shown(node)} -> {_shown(changed)}"
            seen[name] += 1
            twice = f" ({seen[name]})" if seen[name] > 1 else ""
            yield Mutation(name + twice, getattr(node, "lineno", 0), source, index, number)


def _mutable(tree: ast.Module) -> list[tuple[ast.AST, str]]:
    """Return what can be changed, each with the names of the functions and classes around it."""
    found: list[tuple[ast.AST, str]] = []

    def visit(node: ast.AST, place: str) -> None:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            place = f"{place}.{node.name}".lstrip(".")
        found.append((node, place or "module"))
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns", "decorator_list") or isinstance(node, (ast.Import, ast.ImportFrom)):
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST) and not _read_by_people(child):
                    visit(child, place)

    visit(tree, "")
    return found


def _read_by_people(node: ast.AST) -> bool:
    text = node.value if isinstance(node, ast.Expr) else node
    spoken = isinstance(text, ast.Constant) and isinstance(text.value, str) and " " in text.value
    spoken = spoken or (isinstance(text, ast.Subscript) and _shown(text.value) == "Literal")
    return spoken or isinstance(text, ast.JoinedStr) or (isinstance(node, ast.Expr) and isinstance(text, ast.Constant))


def _changes(node: ast.AST) -> list[Callable[[], None]]:
    """Return what can be done to *node*: functions that change it in place."""
    match node:
        case ast.Compare(ops=[op]) if type(op) in _SWAPPED:
            return [lambda: setattr(node, "ops", [_SWAPPED[type(op)]()])]
        case ast.BoolOp(op=op) | ast.BinOp(op=op) | ast.AugAssign(op=op) if type(op) in _SWAPPED:
            return [lambda: setattr(node, "op", _SWAPPED[type(op)]())]
        case ast.UnaryOp(op=ast.Not()):
            return [lambda: setattr(node, "op", ast.UAdd()) or _bare(node)]
        case ast.Constant(value=bool() as value):
            return [lambda: setattr(node, "value", not value)]
        case ast.Constant(value=int() as value):
            return [lambda: setattr(node, "value", value + 1)]
        case ast.Constant(value=str() as value) if value:
            return [lambda: setattr(node, "value", f"{value}X")]
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return []
        case ast.If() | ast.IfExp() | ast.While():
            return [lambda: setattr(node, "test", ast.UnaryOp(ast.Not(), node.test))]
        case ast.comprehension(ifs=[_, *_]):
            return [lambda: setattr(node, "ifs", [])]
        case ast.Return(value=value) if value is not None and not _is_none(value):
            return [lambda: setattr(node, "value", ast.Constant(None))]
        case ast.Expr(value=ast.Call() | ast.Yield() | ast.YieldFrom()):
            return [lambda: setattr(node, "value", ast.Constant(None))]
        case ast.Call(keywords=[*keywords]) if keywords:
            return [_without(node, one) for one in keywords if one.arg is not None]
    return []


def _bare(node: ast.UnaryOp) -> None:
    """Let `not x` be whether x holds."""
    node.op, node.operand = ast.Not(), ast.UnaryOp(ast.Not(), node.operand)


def _without(call: ast.Call, keyword: ast.keyword) -> Callable[[], None]:
    return lambda: call.keywords.remove(keyword)


def _is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _shown(node: ast.AST) -> str:
    """Return *node* as it is written, in one line that is not too long."""
    if isinstance(node, ast.comprehension):
        text = f"for {ast.unparse(node.target)} in {ast.unparse(node.iter)}{' if ...' * bool(node.ifs)}"
    elif isinstance(node, (ast.If, ast.While)):
        text = f"if {ast.unparse(node.test)}"
    else:
        text = ast.unparse(node)
    line = " ".join(text.split())
    return line if len(line) <= 100 else f"{line[:60]}...{line[-37:]}"
