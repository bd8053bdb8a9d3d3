"""What the text of the user's code tells without running it: that it parses, and which names it can have."""

import ast
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from cnninspect.errors import ModelError, RequestError, unknown_name
from cnninspect.loading.python_source import FoundCode, shown

#: With one of these in it, a module may have names that its text doesn't show.
_DYNAMIC: Final = frozenset({"*", "__getattr__", "__dict__", "exec", "globals", "locals", "setattr", "vars"})
_SHOWN_NAMES: Final = 12


def check_text(found: FoundCode, attribute: str) -> None:
    """Check that the code parses, and that it names ``attribute`` if its text tells.

    Raises:
        RequestError: Nothing in it has that name.
        ModelError: It is not Python.
    """
    if found.file is None or found.file.suffix != ".py":
        return
    tree = _parse(found, found.file)
    named = set(_names(tree))
    first = attribute.partition(".")[0]
    if first not in named and not named & _DYNAMIC:
        raise missing(found.place, first, (name for statement in tree.body for name in _defined(statement)))


def missing(place: str, attribute: str, defined: Iterable[str]) -> RequestError:
    """The error for a name that ``place`` does not have."""
    public = sorted({name for name in defined if not name.startswith("_")})
    see = (
        f"it defines {', '.join(public[:_SHOWN_NAMES])}{' …' * (len(public) > _SHOWN_NAMES)}"
        if public
        else "it defines no class and no function"
    )
    return RequestError(
        f"nothing in {place!r} is called {attribute!r}", hint=unknown_name("name", attribute, public, see=see).hint
    )


def _parse(found: FoundCode, file: Path) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the import gives them, once
        try:
            tree = ast.parse(file.read_bytes(), str(file))
            compile(tree, str(file), "exec")
        except OSError as error:
            raise RequestError(f"can't read {found.place!r}: {error.strerror}") from error
        except SyntaxError as error:
            what = f"{type(error).__name__}: {error.msg}\n  at {shown(file)}:{error.lineno or 1}"
            raise ModelError(f"{found.place!r} can't be imported: {what}") from error
        except (ValueError, RecursionError, MemoryError) as error:  # null bytes; nested too deep to be read
            raise ModelError(f"{found.place!r} can't be imported: {error}\n  at {shown(file)}") from error
    return tree


def _names(tree: ast.AST) -> Iterator[str]:
    """Every word of the code that could be, or could make, a name of the module."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.Attribute(attr=name):
                yield name
            case ast.AsyncFunctionDef(name=name) | ast.alias(asname=str(name)):
                yield name
            case ast.alias(name=name):
                yield name.partition(".")[0]
            case ast.Global(names=names):
                yield from names
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
                yield name
            case ast.ExceptHandler(name=str(name)):
                yield name


def _defined(statement: ast.stmt) -> Iterator[str]:
    """The classes, functions and variables that a statement of a module defines."""
    match statement:
        case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
            yield name
        case ast.Assign(targets=targets):
            yield from (target.id for target in targets if isinstance(target, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()):
            yield name
        case ast.If(body=body) | ast.Try(body=body) | ast.With(body=body):
            yield from (name for each in body for name in _defined(each))
