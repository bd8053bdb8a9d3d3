"""What of a notebook is run: its imports, the definitions of its classes and functions, and plain constants.

A constant is plain if its value is made of literals, names that are known by then and their attributes
(``nn.ReLU``), arithmetic, tuples, lists, sets and dicts; one that is plain may be changed in a plain way
(``config["width"] = 64``). ``try`` and ``if`` count where all inside them does. Everything else is left out, calls
above all: nothing trains, loads or prints. A name to which something that is left out would give another value is not
known from there on: a wrong figure is worse than none.
"""

import __future__

import ast
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from cnninspect.loading.notebook import CodeCell, LeftOut, bound

_DEFINITIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
_PLAIN: Final = (
    ast.Constant, ast.Tuple, ast.List, ast.Set, ast.Dict, ast.UnaryOp, ast.BinOp, ast.BoolOp, ast.Compare, ast.IfExp,
    ast.Subscript, ast.Slice, ast.Starred, ast.JoinedStr, ast.FormattedValue, ast.Attribute, ast.Name,
    ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop,
)  # fmt: skip
#: Methods that change what they are called on.
_CHANGING: Final = frozenset((
    "add", "append", "clear", "discard", "extend", "insert", "pop", "popitem", "remove", "reverse", "setdefault",
    "sort", "update",
))  # fmt: skip


class Part(NamedTuple):
    """Statements of one cell that are run, and the names that are not known any more after them."""

    cell: CodeCell
    tree: ast.Module
    forgotten: frozenset[str]


class Selection(NamedTuple):
    """What is run of a notebook.

    Attributes:
        parts: In their order.
        names: Those that have a value in the end; ``None``: an import of ``*`` gives more.
        left_out: All else.
        unread: Cells that are not Python.
    """

    parts: tuple[Part, ...]
    names: frozenset[str] | None
    left_out: tuple[LeftOut, ...]
    unread: tuple[CodeCell, ...]

    @property
    def defined(self) -> frozenset[str]:
        """The names that have a value in the end and are not imported."""
        imports = ast.Import | ast.ImportFrom
        own = (each for part in self.parts for each in part.tree.body if not isinstance(each, imports))
        names = frozenset(name for each in own for name in bound(each))
        return names if self.names is None else names & self.names


def select(cells: Iterable[CodeCell]) -> Selection:
    """What is run of these cells."""
    known: set[str] = set()
    parts: list[Part] = []
    left_out: list[LeftOut] = []
    unread: list[CodeCell] = []
    for cell in cells:
        left_out += cell.left_out
        if cell.tree is None:
            unread.append(cell)
            continue
        for statement in cell.tree.body:
            kept, gone = is_kept(statement, known), set(_taken_out(cell, statement))
            if kept:
                known |= set(bound(statement))
            elif not _is_text(statement):
                left_out.append(found := _left_out(cell, statement))
                gone |= found.names
            tree = ast.Module([statement] * kept, [])
            parts.append(Part(cell, tree, frozenset(gone & known)))
            known -= gone
    has_star = any(_has_star(part.tree) for part in parts)
    return Selection(tuple(parts), None if has_star else frozenset(known), tuple(left_out), tuple(unread))


def _taken_out(cell: CodeCell, statement: ast.stmt) -> Iterator[str]:
    """The names that lines which are no Python, within a statement, would give a value."""
    for each in cell.left_out:
        if statement.lineno <= each.line <= (statement.end_lineno or statement.lineno):
            yield from each.names


def is_kept(statement: ast.stmt, known: set[str]) -> bool:
    """Is it an import, a definition, or a plain constant of names that are ``known``?"""
    match statement:
        case ast.Assign(targets=targets, value=value):
            return _is_value(value, known) and all(_is_target(each, known) for each in targets)
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            return _is_value(value, known) and _is_target(target, known)
        case ast.AugAssign(target=target, value=value):
            return _is_value(value, known) and _is_value(target, known) and _is_target(target, known)
        case ast.If(test=test, body=body, orelse=others):
            return _is_value(test, known) and _all_kept([*body, *others], known)
        case ast.Try(body=body, handlers=handlers, orelse=others, finalbody=last):
            caught = [each for handler in handlers for each in handler.body]
            return _all_kept([*body, *caught, *others, *last], known)
        case ast.Pass():
            return True
    return isinstance(statement, _DEFINITIONS) or type(statement).__name__ == "TypeAlias"


def _all_kept(statements: Iterable[ast.stmt], known: set[str]) -> bool:
    inside = set(known)
    for each in statements:
        if not (is_kept(each, inside) or _is_text(each)):
            return False
        inside |= set(bound(each))
    return True


def _is_value(value: ast.expr, known: set[str]) -> bool:
    """Is it plain, or a function without a name?"""
    if isinstance(value, ast.Lambda):
        return True
    nodes = list(ast.walk(value))
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    return names <= known and all(isinstance(node, _PLAIN) for node in nodes)


def _is_target(target: ast.expr, known: set[str]) -> bool:
    """A name, several, or a place in a constant that is known: ``config["width"]``."""
    match target:
        case ast.Name():
            return True
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return all(isinstance(part, ast.Name) for part in parts)
        case ast.Subscript():
            return not any(isinstance(node, ast.Attribute) for node in ast.walk(target)) and _is_value(target, known)
    return False


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _has_star(tree: ast.Module) -> bool:
    return any(isinstance(node, ast.ImportFrom) and node.names[0].name == "*" for node in ast.walk(tree))


def _changed(statement: ast.AST) -> Iterator[str]:
    """The names whose values a statement changes in place: ``config.update(…)``, ``config["width"] = int(…)``."""
    for node in ast.walk(statement):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)) if method in _CHANGING:
                yield name
            case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store() | ast.Del()):
                yield name


def _left_out(cell: CodeCell, statement: ast.stmt) -> LeftOut:
    text = cell.text.split("\n")[statement.lineno - 1].strip()
    return LeftOut(cell.number, statement.lineno, text, frozenset((*bound(statement), *_changed(statement))))


def future_flags(tree: ast.Module) -> int:
    """What ``from __future__ import …`` says to the compiler, in this part and in all after it."""
    names = [
        each.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module == "__future__"
        for each in node.names
    ]
    return sum(getattr(__future__, name).compiler_flag for name in names if name in __future__.all_feature_names)
